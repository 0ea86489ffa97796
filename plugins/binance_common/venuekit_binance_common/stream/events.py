"""
The events of a user stream.

Messages of one kind come in the order of their times on one connection; messages of several kinds are compared by the
time at which they were made. A change of the account names the assets and positions that changed, and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import attrs

from venuekit.capabilities import (
    FundingPayment,
    Position,
    PositionUpdate,
    SettingsUpdate,
    StreamEvent,
    UnknownEvent,
)
from venuekit.parts.columns import milliseconds
from venuekit.parts.messages import Messages
from venuekit.parts.rows import Reads
from venuekit.plugin import MessageArrival, read_json
from venuekit_binance_common.payloads import InstrumentRow
from venuekit_binance_common.stream.messages import EXPIRED, FUNDING

_MARGIN_TYPE_CHANGE = "MARGIN_TYPE_CHANGE"
#: causes of which more events follow
_TELLING = frozenset({FUNDING, _MARGIN_TYPE_CHANGE})


@attrs.frozen
class _Made:
    time: datetime | None = None


_TIME = Reads(_Made, is_single=True, time=milliseconds("E", may_be_blank=True))


@attrs.frozen(eq=False)
class BinanceDecoder:
    """
    Makes events of messages.

    ``contracts`` are those that the venue listed when it was made: of a symbol that it does not list, the size of a
    contract is None where it is not the same for all.
    """

    messages: Messages
    contracts: Mapping[str, InstrumentRow] = attrs.field(factory=dict, repr=False)

    def __call__(self, body: bytes, arrival: MessageArrival, /) -> tuple[StreamEvent, ...]:
        """
        Return the events of a message.

        Raises:
            ValueError: it is not JSON.
            PayloadMismatch: it is, but lacks a field of its kind; the message names it.
        """
        kind, events = self._read(body, arrival)
        if kind is None and (wrapped := _unwrap(body)) is not None:
            body = wrapped
            kind, events = self._read(body, arrival)
        if events is None:
            time = _TIME.read_one(body).time
            raw = read_json(body) if arrival.keep_raw else None
            details: dict[str, Any] = {"received_at": arrival.received_at, "message": arrival.number, "raw": raw}
            return (UnknownEvent(kind=kind, body=body, time=time, **details),)
        complete = _COMPLETIONS.get(kind)
        return tuple(events if complete is None else complete(events))

    def _read(self, body: bytes, arrival: MessageArrival) -> tuple[str | None, list[Any] | None]:
        raw = read_json(body) if arrival.keep_raw else None
        return self.messages.values(
            body,
            kept=raw,
            joined=self.contracts,
            raw=raw,
            received_at=arrival.received_at,
            message=arrival.number,
        )


def _complete_account(events: list[Any]) -> Iterable[StreamEvent]:
    """Return the events of a change of the account with those that follow from its cause."""
    reason = events[0].reason if events else None
    if reason not in _TELLING:
        return events
    positions = [event for event in events if isinstance(event, PositionUpdate)]
    if reason == FUNDING:
        symbol = _only_symbol(event.position for event in positions)
        return [one for event in events if (one := _complete_funding(event, symbol)) is not None]
    margin_types = {event.position.symbol: event for event in positions}
    return [*events, *map(_margin_type_of, margin_types.values())]


def _complete_funding(event: StreamEvent, symbol: str | None) -> StreamEvent | None:
    """Return a funding with the symbol of its position, None for one without an amount; any other event as it is."""
    if not isinstance(event, FundingPayment):
        return event
    if not event.amount:
        return None
    return event if event.symbol is not None else attrs.evolve(event, symbol=symbol)


def _margin_type_of(event: PositionUpdate) -> SettingsUpdate:
    """Return the change of a margin type that a change of a position is."""
    return SettingsUpdate(
        symbol=event.position.symbol,
        margin_type=event.position.margin_type,
        time=event.time,
        received_at=event.received_at,
        message=event.message,
        raw=event.raw,
    )


def _only_symbol(positions: Iterable[Position]) -> str | None:
    """Return the symbol of an isolated position, which is named with its funding; cross ones are not."""
    symbols = {position.symbol for position in positions}
    return symbols.pop() if len(symbols) == 1 else None


def _complete_order(events: list[Any]) -> Iterable[StreamEvent]:
    """Return the events of an order without a fill of nothing."""
    update, *fills = events
    return events if all(event.fill.quantity for event in fills) else [update]


def _complete_call(values: list[Any]) -> Iterable[StreamEvent]:
    """Return the margin call about positions."""
    call, *positions = values
    return [attrs.evolve(call, positions=tuple(positions))]


def _without_key(events: list[Any]) -> Iterable[StreamEvent]:
    """Return the end of a listen key without the key."""
    (expiry,) = events
    if expiry.raw is None:
        return events
    return [attrs.evolve(expiry, raw={name: value for name, value in expiry.raw.items() if name != "listenKey"})]


_Complete: TypeAlias = Callable[[list[Any]], Iterable[StreamEvent]]
_COMPLETIONS: Mapping[str | None, _Complete] = {
    "ACCOUNT_UPDATE": _complete_account,
    "ORDER_TRADE_UPDATE": _complete_order,
    "MARGIN_CALL": _complete_call,
    EXPIRED: _without_key,
}


def _unwrap(body: bytes) -> bytes | None:
    """Return the message within one that also names its stream, as combined streams have it; None for another one."""
    import msgspec

    try:
        return bytes(msgspec.json.decode(body, type=dict[str, msgspec.Raw])["data"])
    except (KeyError, msgspec.ValidationError):
        return None

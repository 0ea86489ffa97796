"""
The events of a user stream.

Messages of one kind come in the order of their times on one connection; messages of several kinds are compared by the
time at which they were made. A change of the account names the assets and positions that changed, and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from venuekit.capabilities import (
    BalanceUpdate,
    FillUpdate,
    FundingPayment,
    MarginCall,
    OrderUpdate,
    OrderUpdateKind,
    Position,
    PositionUpdate,
    SessionExpiry,
    SettingsUpdate,
    StreamEvent,
    UnknownEvent,
)
from venuekit.plugin import MessageArrival, PayloadMismatch, read_json
from venuekit_binance_common.payloads import InstrumentRow
from venuekit_binance_common.stream.head import Head, read_head
from venuekit_binance_common.stream.rows import STEPS, MessageRows

_FUNDING, _MARGIN_TYPE_CHANGE, _EXPIRED = "FUNDING_FEE", "MARGIN_TYPE_CHANGE", "listenKeyExpired"
#: the steps in which something is filled
_FILLING = frozenset({OrderUpdateKind.TRADE, OrderUpdateKind.CALCULATED})


@attrs.frozen(eq=False)
class BinanceDecoder:
    """
    Makes events of messages.

    ``contracts`` are those that the venue listed when it was made: of a symbol that it does not list, the size of a
    contract is None where it is not the same for all.
    """

    rows: MessageRows
    contracts: Mapping[str, InstrumentRow] = attrs.field(factory=dict, repr=False)

    def __call__(self, body: bytes, arrival: MessageArrival, /) -> tuple[StreamEvent, ...]:
        """
        Return the events of a message.

        Raises:
            ValueError: it is not JSON.
            PayloadMismatch: it is, but lacks a field of its kind; the message names it.
        """
        head = read_head(body)
        if head.kind is None and (wrapped := _unwrap(body)) is not None:
            body, head = wrapped, read_head(wrapped)
        read = _READERS.get(head.kind or "")
        if read is None:
            return (UnknownEvent(kind=head.kind, body=body, **_common(head, arrival, None)),)
        return tuple(read(_Message(self, body, head, arrival)))


class _Message:
    """One message, with all that its events have in common."""

    __slots__ = ("_arrival", "_body", "_decoder", "common", "head")

    def __init__(self, decoder: BinanceDecoder, body: bytes, head: Head, arrival: MessageArrival) -> None:
        self._decoder, self._body, self._arrival = decoder, body, arrival
        self.head = head
        self.common = _common(head, arrival, read_json(body) if arrival.keep_raw else None)

    @property
    def rows(self) -> MessageRows:
        return self._decoder.rows

    def values(self, document: Any) -> Sequence[Sequence[Any]]:
        """Return the values of the parts of a document."""
        values: Sequence[Sequence[Any]] = document.values(
            self._body,
            received_at=self._arrival.received_at,
            raw=self.common["raw"],
            joined=self._decoder.contracts,
            updated_at=self.head.happened_at or self.head.time,
        )
        return values


def _common(head: Head, arrival: MessageArrival, raw: Any) -> dict[str, Any]:
    return {"time": head.time, "received_at": arrival.received_at, "message": arrival.number, "raw": raw}


def _read_account(message: _Message) -> list[StreamEvent]:
    balances, movements, positions = message.values(message.rows.account)
    common, reason = message.common, message.head.reason
    events: list[StreamEvent] = [
        BalanceUpdate(balance=balance, change=movement.amount, reason=reason, **common)
        for balance, movement in zip(balances, movements, strict=True)
    ]
    events += [PositionUpdate(position=position, reason=reason, **common) for position in positions]
    if reason == _FUNDING:
        symbol = message.head.symbol or _only_symbol(positions)
        events += [
            FundingPayment(symbol=symbol, asset=balance.asset, amount=movement.amount, **common)
            for balance, movement in zip(balances, movements, strict=True)
            if movement.amount
        ]
    elif reason == _MARGIN_TYPE_CHANGE:
        margin_types = {position.symbol: position.margin_type for position in positions}
        events += [
            SettingsUpdate(symbol=symbol, margin_type=margin_type, **common)
            for symbol, margin_type in margin_types.items()
        ]
    return events


def _only_symbol(positions: Sequence[Position]) -> str | None:
    """Return the symbol of an isolated position, which is named with its funding; cross ones are not."""
    symbols = {position.symbol for position in positions}
    return symbols.pop() if len(symbols) == 1 else None


def _read_order(message: _Message) -> list[StreamEvent]:
    word, trade = message.head.step, message.head.trade
    if word is None:
        raise PayloadMismatch("o.x: missing")
    step = STEPS.get(word) or OrderUpdateKind(word)
    # a fill without a trade id could not be known again
    if step not in _FILLING or trade is None or trade <= 0:
        ((order,),) = message.values(message.rows.order)
        return [OrderUpdate(order=order, change=step, **message.common)]
    (order,), (fill,) = message.values(message.rows.filled_order)
    update = OrderUpdate(order=order, change=step, **message.common)
    return [update, FillUpdate(fill=fill, **message.common)] if fill.quantity else [update]


def _read_early_fill(message: _Message) -> list[StreamEvent]:
    ((fill,),) = message.values(message.rows.early_fill)
    return [FillUpdate(fill=fill, is_preliminary=True, **message.common)]


def _read_algo_order(message: _Message) -> list[StreamEvent]:
    (order,), (step,) = message.values(message.rows.algo_order)
    return [OrderUpdate(order=order, change=step.change, **message.common)]


def _read_settings(message: _Message) -> list[StreamEvent]:
    leverages, modes = message.values(message.rows.settings)
    common = message.common
    return [
        *(SettingsUpdate(symbol=one.symbol, leverage=one.leverage, **common) for one in leverages),
        *(SettingsUpdate(asset_mode=one.asset_mode, position_mode=one.position_mode, **common) for one in modes),
    ]


def _read_margin_call(message: _Message) -> list[StreamEvent]:
    (call,), positions = message.values(message.rows.margin_call)
    return [MarginCall(positions=tuple(positions), cross_wallet=call.cross_wallet, **message.common)]


def _read_expiry(message: _Message) -> list[StreamEvent]:
    raw = message.common["raw"]
    shown = None if raw is None else {name: value for name, value in raw.items() if name != "listenKey"}
    return [SessionExpiry(reason=_EXPIRED, **{**message.common, "raw": shown})]


_Reader: TypeAlias = Callable[[_Message], list[StreamEvent]]
_READERS: Mapping[str, _Reader] = {
    "ACCOUNT_UPDATE": _read_account,
    "ORDER_TRADE_UPDATE": _read_order,
    "TRADE_LITE": _read_early_fill,
    "ALGO_UPDATE": _read_algo_order,
    "ACCOUNT_CONFIG_UPDATE": _read_settings,
    "MARGIN_CALL": _read_margin_call,
    _EXPIRED: _read_expiry,
}


def _unwrap(body: bytes) -> bytes | None:
    """Return the message within one that also names its stream, as combined streams have it; None for another one."""
    import msgspec

    try:
        return bytes(msgspec.json.decode(body, type=dict[str, msgspec.Raw])["data"])
    except (KeyError, msgspec.ValidationError):
        return None

"""
The private stream: the events of its messages.

A row is the whole present state, and rows of a symbol are ordered by ``seq``, which positions and fills have. Rows of
orders do not say why they were sent: the step of an order is its status.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from venuekit.capabilities import (
    BalanceUpdate,
    Fill,
    FillKind,
    FillUpdate,
    FundingPayment,
    OrderUpdate,
    OrderUpdateKind,
    PositionUpdate,
    StreamEvent,
    UnknownEvent,
)
from venuekit.parts.columns import text
from venuekit.parts.rows import Document, Reads
from venuekit.plugin import Fault, MessageArrival, PayloadMismatch, ReplyKind, SessionReply, read_json, rows_at
from venuekit_bybit_inverse.stream_head import Head, read_head
from venuekit_bybit_inverse.stream_rows import MessageRows
from venuekit_bybit_inverse.wire import CATEGORY

_STEPS: Mapping[str | None, OrderUpdateKind] = {
    "New": OrderUpdateKind.NEW,
    "Untriggered": OrderUpdateKind.NEW,
    "PartiallyFilled": OrderUpdateKind.TRADE,
    "Filled": OrderUpdateKind.TRADE,
    "Cancelled": OrderUpdateKind.CANCELED,
    "PartiallyFilledCanceled": OrderUpdateKind.CANCELED,
    "Deactivated": OrderUpdateKind.CANCELED,
    "Rejected": OrderUpdateKind.REJECTED,
    "Triggered": OrderUpdateKind.TRIGGERED,
}
_AUTHENTICATION, _SUBSCRIPTION = "auth", "subscribe"
_REPLIES = {
    _AUTHENTICATION: ReplyKind.AUTHENTICATED,
    _SUBSCRIPTION: ReplyKind.SUBSCRIBED,
    "unsubscribe": ReplyKind.UNSUBSCRIBED,
}
#: the words of a refusal have no code
_FAULTS = {"request expired": Fault.CLOCK}
_OWN = f".{CATEGORY}"


@attrs.frozen
class _Category:
    category: str | None = None


_CATEGORY = Reads(_Category, is_single=True, category=text("category", may_be_blank=True))


@attrs.frozen(eq=False)
class BybitDecoder:
    """
    Makes events of messages.

    ``settle`` has the settle coin of each symbol that the venue listed when it was made.
    """

    rows: MessageRows
    settle: Mapping[str, str] = attrs.field(factory=dict, repr=False)

    def __call__(self, body: bytes, arrival: MessageArrival, /) -> tuple[StreamEvent, ...] | SessionReply:
        """
        Return the events of a message, or the reply to a request of the session.

        Raises:
            ValueError: it is not JSON.
            PayloadMismatch: it is, but lacks a field of its topic; the message names it.
        """
        head = read_head(body)
        if head.topic is None:
            return _unknown(None, body, arrival) if head.operation is None else _reply(head)
        name, _, category = head.topic.partition(".")
        read = _READERS.get(name)
        if read is None or (category and category != CATEGORY):
            return _unknown(head.topic, body, arrival, time=head.time)
        if not category and read is not _read_wallets:
            body = _without_other_products(body)
        raw = read_json(body) if arrival.keep_raw else None
        common = {"time": head.time, "received_at": arrival.received_at, "message": arrival.number, "raw": raw}
        return tuple(read(self, body, common))

    def values(self, document: Document[Any], body: bytes, common: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Return the values of the parts of a document."""
        return document.values(body, received_at=common["received_at"], raw=common["raw"], joined=self.settle)


def _unknown(kind: str | None, body: bytes, arrival: MessageArrival, **more: Any) -> tuple[StreamEvent, ...]:
    return (UnknownEvent(kind=kind, body=body, received_at=arrival.received_at, message=arrival.number, **more),)


def _reply(head: Head) -> SessionReply:
    kind = _REPLIES.get(head.operation or "")
    if head.is_success is False:
        fault = _FAULTS.get(head.words) or (Fault.AUTHENTICATION if head.operation == _AUTHENTICATION else None)
        return SessionReply(ReplyKind.REFUSED, head.words, fault=fault)
    return SessionReply(kind or ReplyKind.ALIVE)


def _rows_of(body: bytes) -> Sequence[bytes]:
    try:
        return [bytes(row) for row in rows_at(body, ("data",))]
    except (LookupError, ValueError):
        raise PayloadMismatch("data: expected a list of rows") from None


def _without_other_products(body: bytes) -> bytes:
    """Return the rows of inverse contracts: a topic of all products has those of the others, too."""
    own = [row for row in _rows_of(body) if _CATEGORY.read_one(row).category == CATEGORY]
    return b'{"data":[' + b",".join(own) + b"]}"


def _read_positions(decoder: BybitDecoder, body: bytes, common: Mapping[str, Any]) -> list[StreamEvent]:
    (positions,) = decoder.values(decoder.rows.position, body, common)
    return [PositionUpdate(position=position, sequence=position.sequence, **common) for position in positions]


def _read_orders(decoder: BybitDecoder, body: bytes, common: Mapping[str, Any]) -> list[StreamEvent]:
    (orders,) = decoder.values(decoder.rows.order, body, common)
    return [OrderUpdate(order=order, change=_step_of(order.venue_status), **common) for order in orders]


def _step_of(status: str | None) -> OrderUpdateKind:
    return _STEPS.get(status) or OrderUpdateKind(status or "unknown")


def _read_fills(decoder: BybitDecoder, body: bytes, common: Mapping[str, Any]) -> list[StreamEvent]:
    fills, numbers = decoder.values(decoder.rows.execution, body, common)
    return [
        _funding(fill, sequence=number.sequence, **common)
        if fill.kind is FillKind.FUNDING
        else FillUpdate(fill=fill, sequence=number.sequence, **common)
        for fill, number in zip(fills, numbers, strict=True)
    ]


def _funding(fill: Fill, **common: Any) -> FundingPayment:
    """Return the funding that stands among fills, as if it were a fee."""
    if fill.commission is None or fill.commission_asset is None:
        raise PayloadMismatch(f"execFee, feeCurrency: missing of the funding of {fill.symbol}")
    return FundingPayment(symbol=fill.symbol, asset=fill.commission_asset, amount=fill.commission, **common)


def _read_wallets(decoder: BybitDecoder, body: bytes, common: Mapping[str, Any]) -> list[StreamEvent]:
    events: list[StreamEvent] = []
    for part in _rows_of(body):
        of_part = common if common["raw"] is None else {**common, "raw": read_json(part)}
        (coins,) = decoder.values(decoder.rows.wallet, part, of_part)
        events += [BalanceUpdate(balance=coin, **common) for coin in coins]
    return events


_Reader: TypeAlias = Callable[[BybitDecoder, bytes, Mapping[str, Any]], list[StreamEvent]]
_READERS: Mapping[str, _Reader] = {
    "position": _read_positions,
    "order": _read_orders,
    "execution": _read_fills,
    "wallet": _read_wallets,
}

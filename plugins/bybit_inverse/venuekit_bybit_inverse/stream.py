"""
The private stream: the events of its messages.

A row is the whole present state, and rows of a symbol are ordered by ``seq``, which positions and fills have. Rows of
orders do not say why they were sent: the step of an order is its status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from venuekit.capabilities import (
    FillKind,
    FillUpdate,
    FundingPayment,
    StreamEvent,
    UnknownEvent,
)
from venuekit.parts.columns import text
from venuekit.parts.messages import Messages
from venuekit.parts.rows import Reads
from venuekit.plugin import Fault, MessageArrival, PayloadMismatch, ReplyKind, SessionReply, read_json, rows_at
from venuekit_bybit_inverse.stream_head import Head, read_head
from venuekit_bybit_inverse.wire import CATEGORY

_AUTHENTICATION, _SUBSCRIPTION = "auth", "subscribe"
_REPLIES = {
    _AUTHENTICATION: ReplyKind.AUTHENTICATED,
    _SUBSCRIPTION: ReplyKind.SUBSCRIBED,
    "unsubscribe": ReplyKind.UNSUBSCRIBED,
}
#: the words of a refusal have no code
_FAULTS = {
    "request expired": Fault.CLOCK,
    "Permission denied, please check your API key permissions.": Fault.PERMISSION,
}
_EXECUTION = f"execution.{CATEGORY}"


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

    messages: Messages
    settle: Mapping[str, str] = attrs.field(factory=dict, repr=False)

    def __call__(self, body: bytes, arrival: MessageArrival, /) -> tuple[StreamEvent, ...] | SessionReply:
        """
        Return the events of a message, or the reply to a request of the session.

        Raises:
            ValueError: it is not JSON.
            PayloadMismatch: it is, but lacks a field of its topic; the message names it.
        """
        raw = read_json(body) if arrival.keep_raw else None
        topic, events = self.messages.values(
            body, kept=raw, joined=self.settle, raw=raw, received_at=arrival.received_at, message=arrival.number
        )
        if events is None:
            return self._read_other(body, arrival)
        return tuple(map(_event_of, events) if topic == _EXECUTION else events)

    def _read_other(self, body: bytes, arrival: MessageArrival) -> tuple[StreamEvent, ...] | SessionReply:
        """Return the events of a message that has no topic of inverse contracts alone, or the reply that it is."""
        head = read_head(body)
        if head.topic is None:
            return _unknown(None, body, arrival) if head.operation is None else _reply(head)
        if f"{head.topic}.{CATEGORY}" not in self.messages.messages:
            return _unknown(head.topic, body, arrival, time=head.time)
        return self(_of_inverse(body, head.topic), arrival)


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


def _of_inverse(body: bytes, topic: str) -> bytes:
    """Return the message about inverse contracts alone: a topic of all products has rows of the others, too."""
    import msgspec

    own = [row for row in _rows_of(body) if _CATEGORY.read_one(row).category == CATEGORY]
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    return msgspec.json.encode({**fields, "topic": f"{topic}.{CATEGORY}", "data": [*map(msgspec.Raw, own)]})


def _event_of(event: FillUpdate) -> StreamEvent:
    """Return the event of a row about a fill: funding stands among fills, as if it were a fee."""
    fill = event.fill
    if fill.kind is not FillKind.FUNDING:
        return event
    if fill.commission is None or fill.commission_asset is None:
        raise PayloadMismatch(f"execFee, feeCurrency: missing of the funding of {fill.symbol}")
    return FundingPayment(
        symbol=fill.symbol,
        asset=fill.commission_asset,
        amount=fill.commission,
        time=event.time,
        sequence=event.sequence,
        received_at=event.received_at,
        message=event.message,
        raw=event.raw,
    )

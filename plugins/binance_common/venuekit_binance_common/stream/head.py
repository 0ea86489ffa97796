"""The head of a message: its kind, its times, the cause of a change of the account, and the step of an order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Annotated, Any, NamedTuple

import attrs

from venuekit.plugin import WireRow, from_milliseconds, payload_decoder


class Head(NamedTuple):
    """
    The kind of a message, None where it names none; a named tuple, since one is made of every message.

    ``time`` is when the message was made, ``happened_at`` when the reported change was; ``reason`` is the venue's word
    for why an account changed, and ``symbol`` that of a funding; ``step`` is its word for the step of an order, and
    ``trade`` the id of the fill in it, 0 or None for none.
    """

    kind: str | None
    time: datetime | None = None
    happened_at: datetime | None = None
    reason: str | None = None
    symbol: str | None = None
    step: str | None = None
    trade: int | None = None


@attrs.frozen(eq=False, repr=False)
class _CauseRow(WireRow):
    reason: str | None = None
    symbol: str | None = None


@attrs.frozen(eq=False, repr=False)
class _StepRow(WireRow):
    step: str | None = None
    trade: int | None = None


@attrs.frozen(eq=False, repr=False)
class _HeadRow(WireRow):
    kind: str | None = None
    time: datetime | None = None
    happened_at: datetime | None = None
    cause: _CauseRow | None = None
    order: _StepRow | None = None


_read_carefully = payload_decoder(
    _HeadRow,
    renames={
        _HeadRow: {"kind": "e", "time": "E", "happened_at": "T", "cause": "a", "order": "o"},
        _CauseRow: {"reason": "m", "symbol": "S"},
        _StepRow: {"step": "x", "trade": "t"},
    },
)


def read_head(body: bytes) -> Head:
    """
    Return the head of a message.

    Every message passes here, so the usual ones have a short way; whatever does not fit it is left to the careful one,
    which also takes times as text, and names the fault.

    Raises:
        ValueError, PayloadMismatch: it is not JSON, or no object, or has another type in one of these fields.
    """
    try:
        quick = _quick_reader()(body)
    except (RecursionError, ValueError):
        row = _read_carefully(body)
        cause, order = row.cause or _CauseRow(), row.order or _StepRow()
        return Head(row.kind, row.time, row.happened_at, cause.reason, cause.symbol, order.step, order.trade)
    time = None if quick.E is None else from_milliseconds(quick.E)
    happened_at = time if quick.T == quick.E else None if quick.T is None else from_milliseconds(quick.T)
    if quick.a is not None:
        return Head(quick.e, time, happened_at, quick.a.m, quick.a.S)
    if quick.o is not None:
        return Head(quick.e, time, happened_at, None, None, quick.o.x, quick.o.t)
    return Head(quick.e, time, happened_at)


@cache
def _quick_reader() -> Callable[[bytes], Any]:
    import msgspec  # a program that opens no stream pays nothing for it

    optional: Any = str | None
    # up to the year 9999
    moment: Any = Annotated[int, msgspec.Meta(gt=0, lt=253_402_300_800_000)] | None
    cause = msgspec.defstruct("Cause", [("m", optional, None), ("S", optional, None)], gc=False)
    order = msgspec.defstruct("Order", [("x", optional, None), ("t", int | None, None)], gc=False)
    fields: list[Any] = [("e", optional, None), ("E", moment, None), ("T", moment, None)]
    fields += [("a", cause | None, None), ("o", order | None, None)]
    return msgspec.json.Decoder(msgspec.defstruct("Head", fields, gc=False)).decode

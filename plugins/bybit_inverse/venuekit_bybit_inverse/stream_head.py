"""The head of a message of the private stream: its topic, or the request of ours that it answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Annotated, Any, NamedTuple

import attrs

from venuekit.plugin import WireRow, from_milliseconds, payload_decoder


class Head(NamedTuple):
    """
    The topic and time of a message; a named tuple, since one is made of every message.

    An answer to a request of ours has ``operation`` in place of a topic, ``is_success`` and ``words``.
    """

    topic: str | None = None
    time: datetime | None = None
    operation: str | None = None
    is_success: bool | None = None
    words: str = ""


@attrs.frozen(eq=False, repr=False)
class _HeadRow(WireRow):
    topic: str | None = None
    time: datetime | None = None
    operation: str | None = None
    is_success: bool | None = None
    words: str | None = None


_read_carefully = payload_decoder(
    _HeadRow,
    renames={_HeadRow: {"time": "creationTime", "operation": "op", "is_success": "success", "words": "ret_msg"}},
)


def read_head(body: bytes) -> Head:
    """
    Return the head of a message.

    Every message passes here, so those about a topic have a short way; whatever does not fit it is left to the careful
    one, which names the fault.

    Raises:
        ValueError, PayloadMismatch: it is not JSON, or no object, or has another type in one of these fields.
    """
    try:
        quick = _quick_reader()(body)
    except (RecursionError, ValueError):
        row = _read_carefully(body)
        return Head(row.topic, row.time, row.operation, row.is_success, row.words or "")
    return Head(quick.topic, from_milliseconds(quick.creationTime))


@cache
def _quick_reader() -> Callable[[bytes], Any]:
    import msgspec  # a program that opens no stream pays nothing for it

    # up to the year 9999
    moment: Any = Annotated[int, msgspec.Meta(gt=0, lt=253_402_300_800_000)]
    return msgspec.json.Decoder(msgspec.defstruct("Head", [("topic", str), ("creationTime", moment)], gc=False)).decode

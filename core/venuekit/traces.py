"""Traces: the marks a lost write may have left, and those that prove that write and no other."""

from __future__ import annotations

import enum
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

if TYPE_CHECKING:
    from venuekit.resolution import Lost

T = TypeVar("T")
#: the times of request and order are rounded, and so is the difference between both clocks
_GRAIN = timedelta(milliseconds=5)


class Trace(enum.Enum):
    """The result of a search for a lost write by its client id."""

    OF_ANOTHER = "of_another"  #: provably older: it proves nothing, and hides nothing
    UNCLEAR = "unclear"  #: neither: proof nor absence
    FOUND = "found"  #: the write itself


@attrs.frozen
class OtherWrite:
    """
    Another write to the same endpoint that the journal knows of, whose traces look like those of a lost one.

    It left its trace, if any, from ``sent_at`` to ``until`` (when its answer was there, or when it could not arrive
    any more). ``is_open`` where its outcome is unknown; ``claims`` is the row that it explains, None
    where that is not known.
    """

    parameters: Mapping[str, Any]
    sent_at: datetime
    until: datetime
    claims: str | None = None
    is_open: bool = False


def trace_of(lost: Lost, client_id: str, created: datetime | None) -> Trace:
    """
    Judge an order that was found by the client id of a lost one; ``created`` is its time.

    An order under an id that was made for this one is this order. A caller's id may be that of an earlier one:
    what is older than the request by more than the error of the clock is not it, and what is older by less may be
    either, unless that is no more than two clocks differ that tell whole milliseconds. What is younger than the request
    can be hides the order that is looked for.
    """
    if client_id in lost.made:
        return Trace.FOUND
    if created is None:
        return Trace.UNCLEAR
    if created < lost.sent_at - lost.clock_error:
        return Trace.OF_ANOTHER
    if created < lost.sent_at - _GRAIN or created > lost.fence + lost.clock_error:
        return Trace.UNCLEAR
    return Trace.FOUND


def alike(lost: Lost, key: Callable[[Mapping[str, Any]], Hashable]) -> tuple[OtherWrite, ...]:
    """
    Return the other writes whose traces may be taken for that of a lost one, oldest first.

    These are the ones of the same ``key`` (it returns the parameters that a trace shows) whose time touches that of
    the lost one or of another one of these.
    """
    wanted = key(lost.parameters)
    same = [one for one in lost.others if key(one.parameters) == wanted]
    first, last = lost.since - lost.clock_error, lost.fence + lost.clock_error
    found: list[OtherWrite] = []
    while True:
        near = [one for one in same if one.sent_at - lost.clock_error <= last and one.until + lost.clock_error >= first]
        if not near:
            return tuple(sorted(found, key=lambda one: one.sent_at))
        found += near
        same = [one for one in same if one not in near]
        first = min(first, *(one.sent_at - lost.clock_error for one in near))
        last = max(last, *(one.until + lost.clock_error for one in near))


def find_unexplained(rows: Sequence[T], others: Sequence[OtherWrite]) -> Sequence[T] | None:
    """
    Return the rows that no other write explains, of those that may be a lost one's, oldest first.

    ``rows`` go back to the first of ``others`` and hold none that a write claims. Every other write that was applied
    explains one row, the oldest first: writes to one subject run one after another. None when it is unknown,
    because the rows of the applied ones are not all there, or some may be those of a write that is open itself.
    """
    explained = sum(not one.is_open and one.claims is None for one in others)
    is_open = sum(one.is_open for one in others)
    left = rows[explained:]
    if len(rows) < explained or (is_open and left and len(left) != is_open + 1):
        return None
    return left[-1:] if is_open else left

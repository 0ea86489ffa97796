"""
Resolution: how an endpoint finds out, by reading, whether a write whose answer was lost happened.

Traces are the marks that a lost write may have left; some of them prove that write and no other.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

import attrs

if TYPE_CHECKING:
    from venuekit.capabilities import OrderUpdate
    from venuekit.endpoint import Endpoint

T = TypeVar("T")
A = TypeVar("A")
#: the times of request and order are rounded, and so is the difference between both clocks
_GRAIN = timedelta(milliseconds=5)


class Call(Protocol):
    """``await call(ENDPOINT, name=value)``: how resolution reads, through the same account."""

    async def __call__(self, endpoint: Endpoint[T], /, **parameters: Any) -> T:
        """Carry out one operation."""


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


@attrs.frozen
class Lost:
    """
    A write whose answer was lost.

    ``parameters`` are those sent (without key and signature); ``sent_at`` the moment before the first byte of the
    first attempt that may have arrived and ``fence`` the moment after which none can arrive any more, both on the
    venue's clock, known to ``clock_error``. ``claimed`` are history rows that other writes explain, ``others`` writes
    of the same endpoint, ``made`` the client ids that were made for this write alone. ``updates`` are the last events
    about orders, the oldest first, that the account's user stream has brought; none while nothing reads it.
    """

    endpoint: Endpoint[Any]
    parameters: Mapping[str, Any]
    sent_at: datetime
    fence: datetime
    client_id: str | None = None
    claimed: frozenset[str] = frozenset()
    #: something read before the write, kept for comparison; None where the endpoint declares no ``before``
    before: Any = None
    #: no trace of this write is older: the time of the read before it, else when it was sent
    since: datetime = attrs.field(default=attrs.Factory(lambda self: self.sent_at, takes_self=True))
    clock_error: timedelta = timedelta(0)
    others: tuple[OtherWrite, ...] = ()
    made: frozenset[str] = frozenset()
    #: see :meth:`is_over`
    look_over: Callable[[timedelta], Awaitable[bool]] | None = attrs.field(default=None, repr=False)
    updates: tuple[OrderUpdate, ...] = attrs.field(default=(), repr=False)

    async def is_over(self, after: timedelta = timedelta(0)) -> bool:
        """
        Say whether it is proven, by the bound that the venue declares, that it cannot arrive any more.

        ``after`` is for how long that must have been so. It may read the venue's time, and waits for nothing.
        """
        return self.look_over is not None and await self.look_over(after)


@attrs.frozen
class Reading(Generic[A]):
    """
    The result of a read-back of a setting.

    ``value`` is comparable (equal when the setting is), ``holds`` says whether it is the value of the lost write,
    ``answer`` is the venue's answer as far as the read shows it.
    """

    value: object
    holds: bool
    answer: A | None = None


@attrs.frozen
class Applied(Generic[T]):
    """The lost write happened; ``answer`` is its value, ``claims`` the history row that proves it."""

    answer: T
    claims: str | None = None


@attrs.frozen
class Absent:
    """A read that found no trace of the lost write."""

    seen: str


@attrs.frozen
class Unclear:
    """A read that neither proves nor disproves the lost write; ``seen`` is its result in one sentence."""

    seen: str


@attrs.frozen
class AbsenceProof:
    """When finding nothing proves it: ``reads`` reads in a row that see nothing, the first ``after`` past the fence."""

    after: timedelta
    reads: int = 2
    #: time between two reads
    interval: timedelta = timedelta(seconds=1)


@attrs.frozen
class Completed:
    """
    A write of several settings of which its caller named some, completed by those that hold.

    ``parameters`` are all of them, as they are sent. ``present`` is the value of all settings before the write, to be
    compared with the ``value`` of the read-back, and ``part`` that of the settings that the caller changes; both are
    None where nothing had to be read.
    """

    parameters: Mapping[str, Any]
    present: object = None
    part: object = None


@attrs.frozen
class Completion:
    """
    How a write of several settings is completed when its caller names only some of them.

    ``names`` are the required parameters that may be left out. ``read`` reads the settings that stay, within the turn
    of the write; it raises :class:`~venuekit.errors.InvalidArgument` where no read can complete the parameters, and any
    other error where the settings are not shown.
    """

    names: frozenset[str]
    read: Callable[[Call, Mapping[str, Any]], Awaitable[Completed]]


Resolution: TypeAlias = Applied[T] | Absent | Unclear
Resolve: TypeAlias = Callable[[Call, Lost], Awaitable[Resolution[Any]]]
Readback: TypeAlias = Callable[[Call, Lost], Awaitable[Reading[Any]]]


class Trace(enum.Enum):
    """The result of a search for a lost write by its client id."""

    OF_ANOTHER = "of_another"  #: provably older: it proves nothing, and hides nothing
    UNCLEAR = "unclear"  #: neither: proof nor absence
    FOUND = "found"  #: the write itself


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

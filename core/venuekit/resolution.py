"""Resolution: how an endpoint finds out, by reading, whether a write whose answer was lost happened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

import attrs

from venuekit.traces import OtherWrite

if TYPE_CHECKING:
    from venuekit.endpoint import Endpoint

T = TypeVar("T")
A = TypeVar("A")


@attrs.frozen
class Change(Generic[A]):
    """
    The result of an operation whose effect is SET.

    ``answer`` is the venue's answer; None when it only said that there was nothing to change. ``changed`` is True
    when it accepted the change, False when our first attempt met "no need", None when it holds now but an earlier
    attempt of ours had no answer.
    """

    answer: A | None
    changed: bool | None


@attrs.frozen
class Changing(Generic[A]):
    """The decoder of an endpoint whose effect is SET: the value of ``answer``, wrapped in a :class:`Change`."""

    answer: Callable[[bytes], A]

    def __call__(self, body: bytes) -> Change[A]:
        """Decode the answer of an accepted change."""
        return Change(self.answer(body), changed=True)


class Call(Protocol):
    """``await call(ENDPOINT, name=value)``: how resolution reads, through the same account."""

    async def __call__(self, endpoint: Endpoint[T], /, **parameters: Any) -> T:
        """Carry out one operation."""


@attrs.frozen
class Lost:
    """
    A write whose answer was lost.

    ``parameters`` are those sent (without key and signature); ``sent_at`` the moment before the first byte of the
    first attempt that may have arrived and ``fence`` the moment after which none can arrive any more, both on the
    venue's clock, known to ``clock_error``. ``claimed`` are history rows that other writes explain, ``others`` writes
    of the same endpoint (see :mod:`venuekit.traces`), ``made`` the client ids that were made for this write alone.
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


Resolution: TypeAlias = Applied[T] | Absent | Unclear
Resolve: TypeAlias = Callable[[Call, Lost], Awaitable[Resolution[Any]]]
Readback: TypeAlias = Callable[[Call, Lost], Awaitable[Reading[Any]]]

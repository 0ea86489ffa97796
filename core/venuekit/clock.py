"""Time: one injected clock, and the clock of a venue as far as it is known here."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

import attrs

from venuekit._util.times import EPOCH, MILLISECOND, from_milliseconds
from venuekit.errors import AnswerLost, Outcome, PayloadMismatch

if TYPE_CHECKING:
    import asyncio

#: how far one answer about the time may be from the venue's clock as it is known
_MOST_APART = timedelta(days=1)


class Clock(Protocol):
    """Where all time comes from; no other module asks the operating system."""

    def milliseconds(self) -> int:
        """Return the wall clock in milliseconds since 1970."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The clock of this machine."""

    __slots__ = ()

    def milliseconds(self) -> int:
        """Return the wall clock in milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        import asyncio

        await asyncio.sleep(seconds)


class ClockWarning(UserWarning):
    """A venue's clock could not be measured; our own is used in its place."""


class _Sample(NamedTuple):
    """One answer to the question for the time: how long it took, and between which moments it was true."""

    trip: float  #: seconds
    origin: int  #: the venue's time, in milliseconds, at which our monotonic clock stood at 0
    error: int  #: by how many milliseconds ``origin`` may be wrong either way
    told: datetime = EPOCH  #: the venue's answer itself

    def agrees(self, other: _Sample) -> bool:
        return abs(self.origin - other.origin) <= self.error + other.error + _JITTER


#: a round trip, in seconds, that is short enough not to be measured again
_GOOD_TRIP = 0.5
#: how often the time is asked for at most
_SAMPLES = 3
#: the difference two samples may have besides their own errors, in milliseconds
_JITTER = 100
#: by how much our own clock is believed to be wrong before it is compared with a venue's, in milliseconds
_UNMEASURED = 2500
#: how far the venue's clock may be from the one known and one answer still suffice, in milliseconds
_BELIEVED = 1000
#: a venue's time that is further from our wall clock is never believed: one of the two is wrong
_FURTHEST = timedelta(days=3653)
#: how far two clocks run apart, in milliseconds a second: more than any that works
_DRIFT = 0.1
_A_DAY = 86_400_000
#: how many measurements are remembered
_MOVES = 64
#: a wall clock that moved by more than this many milliseconds against the monotonic one was set, or we were asleep
_STEP = 250
#: for how many seconds our own clock is doubted after it was set ahead: longer than any request lives
_SET_LATELY = 180.0


@attrs.define(eq=False)
class VenueClock:
    """
    A venue's clock as seen from here: our monotonic clock and where it stood when the venue was asked for its time.

    Our wall clock may be set while we run; the venue's time does not move with it. A measurement places each answer in
    the middle of its round trip, takes the shortest one, and never believes one answer alone that says something else
    than was known: another one must confirm it. Until the first one our own wall clock is used.
    """

    clock: Clock
    synced: bool = False
    #: called after each measurement, for observers
    on_measure: Callable[[], None] | None = attrs.field(default=None, repr=False)
    #: the venue's time, in milliseconds, at which our monotonic clock stood at 0
    origin: int = attrs.field(init=False, repr=False)
    #: by how many milliseconds the last measurement may have been wrong, and both our clocks at that time
    _error: int = attrs.field(default=_UNMEASURED, init=False)
    _at: float = attrs.field(init=False)
    _wall: int = attrs.field(init=False)
    #: the last measurements: when, on the monotonic clock, and by how many milliseconds each one moved the clock
    _moves: tuple[tuple[float, int], ...] = attrs.field(default=(), init=False, repr=False)
    _running: asyncio.Task[None] | None = attrs.field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._at, self._wall = self.clock.monotonic(), self.clock.milliseconds()
        self.origin = self._wall - round(self._at * 1000)

    def milliseconds(self) -> int:
        """Return the venue's time in milliseconds since 1970."""
        return self.origin + round(self.clock.monotonic() * 1000)

    def now(self) -> datetime:
        """Return the venue's time as an aware UTC datetime."""
        return from_milliseconds(self.milliseconds())

    @property
    def error(self) -> int:
        """
        By how many milliseconds :meth:`milliseconds` may be wrong either way.

        Half the round trip of the last measurement, the drift since, and by how much our wall clock was set or
        we slept since; 2500 and more as long as the venue's clock was never measured.
        """
        age = self.clock.monotonic() - self._at
        step = abs(self.clock.milliseconds() - self._wall - age * 1000)
        return self._error + round(max(0.0, age) * _DRIFT + (step if step > _STEP else 0))

    def moved_since(self, milliseconds: int) -> int:
        """Return by how many milliseconds at most measurements have moved this clock since it showed a time."""
        return sum(by for at, by in self._moves if self.origin + round(at * 1000) + by >= milliseconds)

    async def sync(self, ask: Callable[[], Awaitable[datetime]]) -> None:
        """
        Measure anew by reading the venue's time; concurrent callers join the same measurement.

        ``ask`` must not wait for a measurement itself.

        Raises:
            AnswerLost: no two answers agree, or they are ten years from our wall clock; the clock stays as it was.
        """
        import asyncio

        if self._running is None:
            self._running = asyncio.create_task(self._measure(ask))
            self._running.add_done_callback(self._on_finish)
        await asyncio.shield(self._running)

    async def aclose(self) -> None:
        """End a measurement under way; no caller waits for it any more."""
        if self._running is not None:
            import asyncio

            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    def _on_finish(self, task: asyncio.Task[None]) -> None:
        self._running = None
        if not task.cancelled():
            task.exception()  # its waiters have met it; without any the failure is no news

    async def _measure(self, ask: Callable[[], Awaitable[datetime]]) -> None:
        known = _Sample(0, self.origin, min(self.error, _BELIEVED))
        samples: list[_Sample] = []
        for _ in range(_SAMPLES):
            sample = await self._sample(ask)
            is_confirmed = sample.agrees(known) or any(map(sample.agrees, samples))
            samples.append(sample)
            if is_confirmed and sample.trip <= _GOOD_TRIP:
                break
        confirmed = [one for one in samples if one.agrees(known) or any(one.agrees(o) for o in samples if o is not one)]
        if not confirmed:
            told = ", ".join(f"{(one.origin - known.origin) / 1000:+.3f} s" for one in samples)
            raise AnswerLost(f"the venue's clock is unknown: its answers differ from the one known by {told}")
        best = min(confirmed)
        own = from_milliseconds(self.clock.milliseconds())
        if abs(best.told - own) > _FURTHEST:
            answer, wall = f"{best.told:%Y-%m-%d %H:%M:%S} UTC", f"{own:%Y-%m-%d %H:%M:%S}"
            words = f"it is {answer} by its answer, and by our own clock it is {wall}"
            raise AnswerLost(f"the venue's clock is not believed: {words}")
        self._take(best)

    async def _sample(self, ask: Callable[[], Awaitable[datetime]]) -> _Sample:
        began = self.clock.monotonic()
        told = await ask()
        theirs = round((told - EPOCH) / MILLISECOND)
        trip = self.clock.monotonic() - began
        half = trip * 500
        return _Sample(trip, theirs - round(began * 1000 + half), math.ceil(half) + 1, told)

    def _take(self, sample: _Sample) -> None:
        move = (self.clock.monotonic(), abs(sample.origin - self.origin))
        self._moves = (*self._moves[1 - _MOVES :], move)
        self.origin, self._error, self.synced = sample.origin, sample.error, True
        self._at, self._wall = self.clock.monotonic(), self.clock.milliseconds()
        if self.on_measure is not None:
            self.on_measure()


@attrs.define(eq=False)
class OwnClock(VenueClock):
    """
    Our own wall clock, for a venue that has no endpoint for its time: by how much it is wrong is not known.

    Answers may give the venue's time all the same: it is past the earlier one of two. A time that is more than a day
    ahead of ours is never believed.
    """

    #: the last times that answers gave, in milliseconds, and when they were there on the monotonic clock
    _given: tuple[tuple[int, float], ...] = attrs.field(default=(), init=False, repr=False)
    #: when it was noticed, on the monotonic clock, that ours had been set ahead
    _stepped_at: float | None = attrs.field(default=None, init=False, repr=False)

    def milliseconds(self) -> int:
        """Return our own time in milliseconds since 1970."""
        return self.clock.milliseconds()

    @property
    def error(self) -> int:
        """
        The same as of a venue's clock that was never measured, and by how much ours was set ahead of late.

        It bounds nothing; it keeps a clock that is set from letting a wait for an earlier write end early.
        """
        now = self.clock.monotonic()
        step = self.clock.milliseconds() - self._wall - round((now - self._at) * 1000)
        if step <= _STEP:
            return _UNMEASURED
        if self._stepped_at is None:
            self._stepped_at = now
        elif now - self._stepped_at > _SET_LATELY:  # no request of before is waited for any more
            self._at, self._wall, self._stepped_at = now, self.clock.milliseconds(), None
            return _UNMEASURED
        return _UNMEASURED + step

    def hear(self, milliseconds: int) -> None:
        """Take over the time of an answer that is there now."""
        if milliseconds <= self.clock.milliseconds() + _A_DAY:
            self._given = (*self._given[-1:], (milliseconds, self.clock.monotonic()))

    @property
    def earliest(self) -> int | None:
        """The venue's time in milliseconds as far as it is past for certain; None before two answers have given it."""
        if len(self._given) < 2:
            return None
        now = self.clock.monotonic()
        return min(given + int((now - at) * (1000 - _DRIFT)) for given, at in self._given)

    def is_past(self, moment: int) -> bool:
        """Say whether the venue's clock is past a moment in milliseconds for certain."""
        return (earliest := self.earliest) is not None and earliest > moment


#: the clocks of a venue's machines differ, too: by no more than this many milliseconds
_MACHINES = 250


def clock_error(clock: VenueClock) -> int:
    """Return by how many milliseconds a time in a venue's answer may differ from its clock as it is known here."""
    if isinstance(clock, OwnClock):
        return _A_DAY
    return max(_MACHINES, clock.error)


async def read_believed_time(
    clock: VenueClock,
    read: Callable[[], Awaitable[datetime]],
    measure: Callable[[], Awaitable[None]],
    *,
    venue: str,
    operation: str,
) -> datetime:
    """
    Return the time that ``read`` gives, if it differs by a day at most from ``clock``, which ``measure`` sets anew.

    Raises:
        PayloadMismatch: two answers differ from the measured clock.
    """
    for _ in range(2):
        time = await read()
        if abs(time - clock.now()) <= _MOST_APART:
            return time
        await measure()
        if abs(time - clock.now()) <= _MOST_APART:
            return time
    words = f"its time is not believed: it is {time} by its answer, and {clock.now()} by its clock, measured anew"
    raise PayloadMismatch(words, venue=venue, operation=operation, outcome=Outcome.NOT_APPLIED)

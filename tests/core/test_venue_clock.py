"""A venue's clock as seen from here: measured, never moved by one answer alone, and honest about its error."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta

import attrs
import pytest

from venuekit.clock import OwnClock, SystemClock, VenueClock, clock_error, read_believed_time
from venuekit.errors import AnswerLost, PayloadMismatch
from venuekit.plugin import from_milliseconds

NOW = 1_750_000_000_000


@attrs.define
class HandClock:
    """A clock whose two faces are moved by hand, in milliseconds."""

    wall: int = NOW
    ticks: int = 5_000

    def milliseconds(self) -> int:
        return self.wall

    def monotonic(self) -> float:
        return self.ticks / 1000

    async def sleep(self, seconds: float) -> None:
        self.move(round(seconds * 1000))

    def move(self, milliseconds: int) -> None:
        self.wall += milliseconds
        self.ticks += milliseconds


def telling(clock: HandClock, answers: Iterable[tuple[int, int]]) -> Callable[[], Awaitable[datetime]]:
    """Return what answers with our time and an offset, each after a round trip that takes so long."""
    left = iter(answers)

    async def ask() -> datetime:
        offset, trip = next(left)
        clock.move(trip // 2)
        told = from_milliseconds(clock.wall + offset)
        clock.move(trip - trip // 2)
        return told

    return ask


async def test_answer_is_placed_in_the_middle_of_its_round_trip() -> None:
    """The clock is right, and may be wrong by half the trip."""
    clock = HandClock()
    venue = VenueClock(clock)

    await venue.sync(telling(clock, [(300, 200)]))

    assert venue.synced
    assert clock.wall + 300 == venue.milliseconds()
    assert 101 == pytest.approx(venue.error, abs=1)


async def test_one_bad_answer_never_moves_the_clock() -> None:
    """Two that agree with each other are believed, the one between them is not; without two the clock stays."""
    clock = HandClock()
    venue = VenueClock(clock)

    await venue.sync(telling(clock, [(3_600_000, 20), (7_000, 20), (7_010, 20)]))
    assert 7_000 == pytest.approx(venue.milliseconds() - clock.wall, abs=10)

    with pytest.raises(AnswerLost, match="is unknown"):
        await venue.sync(telling(clock, [(60_000, 20), (-60_000, 20), (90_000, 20)]))
    assert 7_000 == pytest.approx(venue.milliseconds() - clock.wall, abs=10)

    await venue.sync(telling(clock, [(60_000, 20), (7_020, 20)]))
    assert 7_000 == pytest.approx(venue.milliseconds() - clock.wall, abs=30)


async def test_shortest_of_slow_answers_is_taken() -> None:
    """Slow ones are asked for again, and differ by no more than their trips allow."""
    clock = HandClock()
    venue = VenueClock(clock)

    await venue.sync(telling(clock, [(400, 3_000), (50, 700), (200, 1_600)]))

    assert clock.wall + 50 == venue.milliseconds()
    assert 351 == venue.error


@pytest.mark.parametrize("trip", [20, 100, 160, 170, 240, 400])
async def test_a_handshake_in_the_first_answer_costs_proofs_no_precision(trip: int) -> None:
    """
    A first answer with two trips of a handshake before it is measured again on the warm connection where that matters.

    Where it is not, its error is less than that of the venue's own machines, which is what proofs reckon with.
    """
    cold, warm = HandClock(), HandClock()
    first, later = VenueClock(cold), VenueClock(warm)

    ask, handshakes = telling(cold, [(0, trip)] * 3), iter([2 * trip, 0, 0])

    async def ask_cold() -> datetime:
        cold.move(next(handshakes))
        return await ask()

    await first.sync(ask_cold)
    await later.sync(telling(warm, [(0, trip)] * 3))

    assert clock_error(first) <= clock_error(later) + 1
    assert abs(first.milliseconds() - cold.wall) <= first.error


async def test_wall_clock_that_is_set_does_not_move_the_venues() -> None:
    """It makes it doubtful: the error grows by as much, until it is measured anew."""
    clock = HandClock()
    venue = VenueClock(clock)
    await venue.sync(telling(clock, [(0, 20)]))
    before = venue.milliseconds()

    clock.wall += 3_600_000

    assert before == venue.milliseconds()
    assert venue.error > 3_600_000
    await venue.sync(telling(clock, [(-3_600_000, 20)]))
    assert venue.error < 20


async def test_error_grows_with_age_and_is_large_before_the_first_measurement() -> None:
    """Clocks run apart by up to 0.1 ms a second."""
    clock = HandClock()
    venue = VenueClock(clock)
    assert venue.error >= 2_500

    await venue.sync(telling(clock, [(0, 20)]))
    clock.move(10_000_000)

    assert 1_011 == venue.error


async def test_whoever_asks_meanwhile_joins_the_measurement() -> None:
    """Three at once are one question."""
    clock = HandClock()
    venue = VenueClock(clock)
    ask = telling(clock, [(0, 20)])

    await asyncio.gather(*(venue.sync(ask) for _ in range(3)))

    assert venue.synced


def test_a_measurement_that_ends_with_its_loop_is_taken_up_by_the_next() -> None:
    """The clock stays as it was, and a new loop measures it anew."""
    clock = HandClock()
    venue = VenueClock(clock)

    async def leave_it() -> asyncio.Task[None]:
        is_asked = asyncio.Event()

        async def ask() -> datetime:
            is_asked.set()
            return await asyncio.Future()

        waiting = asyncio.create_task(venue.sync(ask))
        await is_asked.wait()
        ended = asyncio.all_tasks() - {asyncio.current_task()}  # as the end of a loop does
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)
        return waiting

    assert asyncio.run(leave_it()).cancelled()
    assert not venue.synced

    asyncio.run(venue.sync(telling(clock, [(300, 20)])))
    assert venue.milliseconds() == clock.wall + 300


@pytest.mark.parametrize("years", [-30, 30, 5000])
async def test_a_time_ten_years_from_ours_is_not_believed_however_often_it_is_told(years: int) -> None:
    """One of the two is no time; the clock stays as it was. A few years are: our own clock may be that wrong."""
    clock = HandClock()
    venue = VenueClock(clock)
    year = 31_556_952_000

    with pytest.raises(AnswerLost, match=r"it is .* by its answer, and by our own clock it is 2025-06-15"):
        await venue.sync(telling(clock, [(years * year, 20)] * 3))
    assert (venue.synced, venue.milliseconds() - clock.milliseconds()) == (False, 0)

    await venue.sync(telling(clock, [(4 * year, 20)] * 3))
    assert venue.synced


@pytest.mark.parametrize("offset", [-20_000, 20_000])
async def test_clock_remembers_by_how_much_it_was_moved_since(offset: int) -> None:
    """A time that it showed before is wrong by that, one that it has shown since is not."""
    clock = HandClock()
    venue = VenueClock(clock)
    await venue.sync(telling(clock, [(0, 2)]))
    clock.move(1000)
    before = venue.milliseconds()
    clock.move(1000)
    await venue.sync(telling(clock, [(offset, 2), (offset, 2)]))

    assert venue.moved_since(before) == abs(offset)
    clock.move(2 * abs(offset))
    assert venue.moved_since(venue.milliseconds()) == 0
    assert venue.moved_since(before - 1_000_000) >= abs(offset)


async def test_own_clock_is_behind_the_times_of_two_answers() -> None:
    """It goes on with our monotonic clock, is bounded by the earlier one, and forgets those before."""
    clock = HandClock()
    own = OwnClock(clock)
    own.hear(NOW + 3_600_000)
    assert not own.is_past(0)
    own.hear(NOW + 5_000)
    assert (own.earliest, own.is_past(NOW + 4_999), own.is_past(NOW + 5_000)) == (NOW + 5_000, True, False)
    clock.move(1_000)
    assert (own.is_past(NOW + 5_990), own.is_past(NOW + 6_000)) == (True, False)
    own.hear(NOW + 9_000)
    own.hear(NOW + 9_500)
    assert own.earliest == NOW + 9_000
    assert own.milliseconds() == NOW + 1_000


async def test_a_measurement_that_nobody_waits_for_ends_with_its_clock() -> None:
    """Its caller was cancelled; the leak fixture sees that nothing runs on."""
    venue = VenueClock(HandClock())
    endless = asyncio.get_running_loop().create_future()

    async def ask() -> datetime:
        told: datetime = await endless
        return told

    asking = asyncio.create_task(venue.sync(ask))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await venue.aclose()
    assert endless.cancelled()
    await venue.aclose()


async def test_a_time_that_two_measurements_contradict_is_not_believed() -> None:
    """An answer a year off stays unbelieved when the clock, measured anew, says otherwise twice."""
    clock = VenueClock(SystemClock())
    measured: list[int] = []

    async def read() -> datetime:
        return clock.now() + timedelta(days=365)

    async def measure() -> None:
        measured.append(1)

    with pytest.raises(PayloadMismatch, match=r"its time is not believed: it is .*, measured anew"):
        await read_believed_time(clock, read, measure, venue="acme", operation="get_server_time")

    assert len(measured) == 2


async def test_a_time_that_a_measurement_confirms_is_believed() -> None:
    """An answer a year off is taken once the clock, measured anew, says the same."""
    clock, year = VenueClock(SystemClock()), timedelta(days=365)
    told = clock.now() + year

    async def read() -> datetime:
        return told

    async def measure() -> None:
        clock.origin += year // timedelta(milliseconds=1)

    assert await read_believed_time(clock, read, measure, venue="acme", operation="get_server_time") == told

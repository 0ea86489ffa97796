"""Prices that move by themselves: walks, recorded paths and funding, on the clock of the simulation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from venuekit.capabilities import IncomeKind
from venuekit.simulator import FieldError, FundingSchedule, RandomWalk, RecordedPath, Simulation, simulate
from venuekit.simulator.ledger import Side
from venuekit.simulator.movements import Move, Movement
from venuekit.testing import InstantClock

D = Decimal
VENUE = "toy_perp"
_READS = ("/v1/contracts", "/v1/wallet", "/v1/positions", "/v1/settings")
MONEY: dict[str, Any] = {"a": {"USD": 1_000}, "b": {"USD": 50_000}}


@asynccontextmanager
async def _running(**options: Any) -> AsyncIterator[tuple[Simulation, InstantClock]]:
    clock = InstantClock()
    async with simulate(VENUE, scenario="flat", clock=clock, accounts=MONEY, **options) as sim:
        yield sim, clock


async def test_a_walk_moves_an_index_price_and_its_contracts() -> None:
    """Each interval has one move within its bounds; all accounts have the same mark, and it is on the tick."""
    async with _running() as (sim, clock):
        sim.play(RandomWalk("TOY", every=timedelta(minutes=1), largest="0.02"))
        clock.waited += 600
        path = [point.price for point in sim.ledger.marks("TOYUSD")]

        assert 5 < len(path) <= 11
        assert all(abs(after / before - 1) < D("0.022") for before, after in pairwise(path))
        assert {price % D("0.1") for price in path} == {0}
        assert abs(sim.ledger.mark("TOYUSD") - sim.index_price("TOY")) <= D("0.05")
        assert sim.ledger_of(VENUE, account="b").mark("TOYUSD") == path[-1]
        assert sim.ledger.mark("GEMUSD") == 20


async def test_a_walk_follows_its_seed() -> None:
    """The same seed walks the same way, another one does not, and a walk of one mark leaves the index price alone."""

    async def walk(seed: int, own: int | None = None) -> list[Decimal]:
        async with _running(seed=seed) as (sim, clock):
            sim.play(RandomWalk((VENUE, "GEMUSD"), largest="0.05", seed=own))
            clock.waited += 60
            assert sim.index_price("GEM") == 20
            return [point.price for point in sim.ledger_of(VENUE).marks("GEMUSD")]

    assert await walk(1) == await walk(1)
    assert await walk(1) != await walk(2)
    assert await walk(1, own=9) == await walk(2, own=9)


async def test_a_held_ledger_is_up_to_date() -> None:
    """A ledger that was asked for earlier moves with the clock, and fills an order at the time of the move."""
    async with _running() as (sim, clock):
        ledger = sim.ledger_of(VENUE, account="b")
        ledger.fill("GEMUSD", Side.BUY, D(10), D(20))
        sim.play(RecordedPath.of((VENUE, "GEMUSD"), [(0, 20), (30, 25), (60, 30)]))
        clock.waited += 45

        assert ledger.position("GEMUSD").mark_price == 25
        assert ledger.position("GEMUSD").unrealized_pnl == 50
        assert ledger.marks("GEMUSD")[-1].time.timestamp() == clock.now / 1000 + 30
        clock.waited += 3600
        assert sim.ledger.mark("GEMUSD") == 30


async def test_several_movements_at_one_time() -> None:
    """Moves of one time happen in the order in which they were asked for, whatever is due at once."""
    async with _running() as (sim, clock):
        sim.play(RecordedPath.of("TOY", [(0, 100), (10, 110), (20, 120)]))
        sim.play(RecordedPath.of((VENUE, "TOYUSD"), [(0, 101), (20, 90)]))
        clock.waited += 20

        assert [point.price for point in sim.ledger.marks("TOYUSD")] == [100, 101, D("111.1"), D("121.2"), 90]


async def test_funding_at_every_interval() -> None:
    """Every perpetual contract pays at the multiples of the interval, in every account, and never twice."""
    async with _running() as (sim, clock):
        one = sim.ledger_of(VENUE, account="a")
        one.fill("GEMUSD", Side.BUY, D(10), D(20))
        sim.play(FundingSchedule("0.001", every=timedelta(hours=1)))
        clock.waited += 3 * 3600
        times = [row.time for row in sim.ledger.fundings("GEMUSD")]

        assert [(time.minute, time.second) for time in times] == [(0, 0)] * 3
        assert [row.amount for row in one.incomes() if row.kind is IncomeKind.FUNDING] == [D("-0.2")] * 3
        assert len(sim.ledger.fundings("TOYUSD")) == 3


async def test_funding_of_some_contracts() -> None:
    """A schedule may be of named contracts alone."""
    async with _running() as (sim, clock):
        sim.play(FundingSchedule("-0.001", every=timedelta(hours=8), only=((VENUE, "TOYUSD"),)))
        clock.waited += 8 * 3600

        assert {row.symbol for row in sim.ledger.fundings()} == {"TOYUSD"}


def test_a_recorded_path_is_read(tmp_path: Path) -> None:
    """Seconds or ISO 8601, with or without a header; the first line is the beginning."""
    plain, dated = tmp_path / "plain.csv", tmp_path / "dated.csv"
    plain.write_text("1000,20\n1000.5,20.5\n\n1060,21\n")
    dated.write_text(
        "Time,Price\n2026-11-29T10:00:00Z,20\n2026-11-29T10:00:00.500Z, 20.5\n2026-11-29T11:01:00+01:00,21\n"
    )

    assert RecordedPath.read(plain, "GEM") == RecordedPath.read(dated, "GEM")
    assert [(point.seconds, point.price) for point in RecordedPath.read(plain, "GEM").points] == [
        (0, 20),
        (D("0.5"), D("20.5")),
        (60, 21),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected a line of time and price; there is none"),
        ("1,20\n2,0\n", "line 2, price: expected a price above 0, not '0'"),
        ("1,20\n2,nan\n", "line 2, price: expected a price above 0, not 'nan'"),
        ("1,20\n2,20,3\n", "line 2: expected time and price, not 3 columns"),
        ("1,20\nsoon,20\n", "line 2, time: expected seconds, or ISO 8601 with its offset from UTC, not 'soon'"),
        ("1,20\n1,21\n", "line 2, time: expected a time after that of the line before"),
    ],
)
def test_a_recorded_path_that_cannot_be_read(tmp_path: Path, text: str, words: str) -> None:
    """File, line and column are named, and the expected value."""
    file = tmp_path / "path.csv"
    file.write_text(text)

    with pytest.raises(FieldError) as refused:
        RecordedPath.read(file, "GEM")
    assert str(refused.value).startswith(str(file))
    assert words in str(refused.value)


async def test_movements_that_cannot_be() -> None:
    """Intervals, shares and subjects that make no sense are refused, and move nothing."""
    with pytest.raises(FieldError, match="every: expected an interval of a millisecond or more"):
        RandomWalk("TOY", every=timedelta(0))
    with pytest.raises(FieldError, match="largest: expected a share between 0 and 1"):
        RandomWalk("TOY", largest=1)
    with pytest.raises(FieldError, match="every: expected an interval"):
        FundingSchedule(1, every=timedelta(seconds=-1))
    async with _running() as (sim, clock):
        with pytest.raises(LookupError, match="does not trade 'PINUSD'"):
            sim.play(RandomWalk((VENUE, "PINUSD")))
        with pytest.raises(LookupError, match="collateral of 'PIN'"):
            sim.play(RandomWalk("PIN"))
        clock.waited += 60
        assert len(sim.ledger.marks("TOYUSD")) == 1


async def test_the_same_seed_and_commands_give_the_same_bytes(toy: Any) -> None:
    """Two simulations with a walk, funding, trades and two accounts answer every request with the same bytes."""

    async def answers() -> list[bytes]:
        async with _running(seed=5) as (sim, clock), toy(sim) as client:
            sim.play(RandomWalk("TOY", largest="0.03"))
            sim.play(FundingSchedule("0.0003", every=timedelta(minutes=1)))
            bodies = []
            for minute in range(5):
                sim.ledger.fill("TOYUSD", Side.BUY, D(7), D(100))
                sim.ledger_of(VENUE, account="b").fill("TOYUSD", Side.SELL, D(minute + 1), D(100))
                clock.waited += 61.5
                for key in (sim.key_of(VENUE), *(sim.key_of(VENUE, account=name) for name in MONEY)):
                    client.key, client.secret = key.key, key.secret
                    bodies += [(await client.send("GET", path)).body for path in _READS]
            return bodies

    first, second = await answers(), await answers()

    assert first == second
    assert len(set(first)) > 20


async def test_a_served_simulation_keeps_up_with_the_clock() -> None:
    """On the clock of the machine prices move also while nobody asks, and stop with the simulation."""
    async with simulate(VENUE) as sim:
        sim.play(RecordedPath.of("GEM", [(0, 20), ("0.05", 21), ("0.1", 22)]))
        async with asyncio.timeout(20):
            while sim.ledger._state.symbols["GEMUSD"].mark != 22:  # noqa: ASYNC110 - nothing tells, and a read moves it
                await asyncio.sleep(0.01)
        sim.play(RandomWalk("GEM"))
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


class _Broken(Movement):
    """A movement whose second move cannot be made."""

    subjects = ("TOY",)

    def moves(self, start: int, seed: int) -> Iterator[Move]:
        yield Move(start, "TOY", factor=D(2))
        raise ArithmeticError("no second move")


async def test_a_movement_that_fails_is_raised_when_the_simulation_ends() -> None:
    """Its error is not lost, and the port is closed all the same."""
    simulation = simulate(VENUE, scenario="flat")

    async def run() -> None:
        async with simulation:
            simulation.play(_Broken())
            assert simulation._beating is not None
            await asyncio.wait([simulation._beating])

    with pytest.raises(ArithmeticError, match="no second move"):
        await run()
    assert simulation.port
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", simulation.port)

"""Views of one account in a runtime share their reads: one that any of them makes serves them all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import attrs
import pytest

import venuekit
from venuekit.errors import OperationError
from venuekit.live import AccountView, StaleView, ViewPart
from venuekit.simulator import CannedAnswer, Simulation, StreamCut
from venuekit.simulator.disturbances import ArrivalInPlay, Disturbance, Proceed, Reply
from venuekit.testing import LoopClock

pytestmark = pytest.mark.looptime

VENUE = "binance_usdm"
POSITIONS = ("GET", "/fapi/v3/positionRisk")
BALANCES = ("GET", "/fapi/v3/balance")
ORDERS = ("GET", "/fapi/v1/openOrders")
STATE = (ViewPart.WALLETS, ViewPart.POSITIONS, ViewPart.ORDERS)


@attrs.frozen(eq=False)
class Gate(Disturbance):
    """An answer that comes once the gate is open."""

    is_reached: asyncio.Event = attrs.field(factory=asyncio.Event)
    is_open: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Wait, and carry out."""
        self.is_reached.set()
        await self.is_open.wait()
        return await proceed()


@attrs.frozen
class Stage:
    """A simulated venue, two objects of one account, and the views that are open."""

    sim: Simulation
    accounts: tuple[Any, Any]
    stack: AsyncExitStack

    async def open_views(self) -> tuple[AccountView, AccountView]:
        """Open a view of each."""
        first, second = self.accounts
        views = AccountView(first), AccountView(second)
        for view in views:
            await self.stack.enter_async_context(view)
        return views

    def reads(self, route: tuple[str, str] = POSITIONS) -> int:
        """How often something was read."""
        return sum((one.verb, one.path) == route for one in self.sim.requests)


@asynccontextmanager
async def opened(**options: Any) -> AsyncIterator[Stage]:
    """Open an account twice, the second one with options of its own."""
    clock = LoopClock()
    async with (
        venuekit.simulate(VENUE, clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=False) as runtime,
        AsyncExitStack() as stack,
    ):
        first, second = [
            await stack.enter_async_context(venuekit.connect(VENUE, sim.credentials(VENUE), runtime=runtime))
            for _ in range(2)
        ]
        await asyncio.sleep(60)  # the fills that made the account are older than its views
        if options:
            second = second.with_options(**options)
        yield Stage(sim, (first, second), stack)


@pytest.mark.parametrize("seconds", [600])
async def test_two_views_read_as_often_as_one(seconds: int) -> None:
    """Whichever of them reads, both are fresh, after a gap as well."""
    counts = []
    for count in (1, 2):
        async with opened() as stage:
            for account in stage.accounts[:count]:
                await stage.stack.enter_async_context(AccountView(account))
            stage.sim.requests.clear()
            await asyncio.sleep(seconds)
            stage.sim.disturb_streams(VENUE, StreamCut())
            await asyncio.sleep(seconds)
            counts.append([stage.reads(route) for route in (POSITIONS, BALANCES, ORDERS)])
    one, two = counts
    assert one[0] > 10
    assert [abs(a - b) <= 1 for a, b in zip(one, two, strict=True)] == [True] * 3


async def test_a_read_serves_every_view() -> None:
    """Those that ask at one time wait for the same one, and each shows its values and its age."""
    async with opened() as stage:
        views = await stage.open_views()
        stage.sim.requests.clear()
        await asyncio.sleep(5)
        stage.sim.requests.clear()
        await asyncio.gather(*(view.refresh(*STATE) for view in views))
        assert [stage.reads(route) for route in (POSITIONS, BALANCES, ORDERS)] == [1, 1, 1]
        first, second = (view.fresh(1, parts=list(STATE)) for view in views)
        assert [one.position for one in first.positions()] == [one.position for one in second.positions()]


async def test_a_request_while_a_read_is_under_way_is_a_read_of_its_own() -> None:
    """It may be about a change after the first one was sent; the older answer, which comes last, changes nothing."""
    async with opened() as stage:
        first, second = await stage.open_views()
        await asyncio.sleep(1)
        gate = Gate()
        stage.sim.disturb(VENUE, POSITIONS, gate)
        stage.sim.requests.clear()
        slow = asyncio.create_task(first.refresh(ViewPart.POSITIONS))
        await gate.is_reached.wait()
        await asyncio.sleep(1)
        await second.refresh(ViewPart.POSITIONS)
        assert stage.reads() == 2
        read_at = [live.held.received_at for live in second.positions()]
        gate.is_open.set()
        await slow
        await asyncio.sleep(1)
        assert [live.held.received_at for live in second.positions()] == read_at
        assert second.age(ViewPart.POSITIONS) == pytest.approx(first.age(ViewPart.POSITIONS), abs=1.5)


@pytest.mark.parametrize("options", [{"deadline": 5}, {"max_wait": 1}])
async def test_a_view_with_other_options_reads_for_itself(options: dict[str, float]) -> None:
    """Its deadline is its own, however long another view waits."""
    async with opened(**options) as stage:
        views = await stage.open_views()
        await asyncio.sleep(5)
        stage.sim.requests.clear()
        await asyncio.gather(*(view.refresh(ViewPart.POSITIONS) for view in views))
        assert stage.reads() == 2


async def test_a_read_that_fails_is_the_failure_of_every_view() -> None:
    """Each has an error of its own, and keeps its values."""
    async with opened() as stage:
        views = await stage.open_views()
        await asyncio.sleep(5)
        stage.sim.disturb(VENUE, POSITIONS, CannedAnswer.html(403), times=8)
        results = await asyncio.gather(*(view.refresh(ViewPart.POSITIONS) for view in views), return_exceptions=True)
        first, second = results
        assert isinstance(first, OperationError)
        assert isinstance(second, OperationError)
        assert first is not second
        assert str(first) == str(second)
        assert all(view.positions() for view in views)


async def test_a_view_that_is_left_gives_its_read_back() -> None:
    """The other one, whose caller waited for it, reads for itself."""
    async with opened() as stage:
        async with AccountView(stage.accounts[0]) as first:
            second = await stage.stack.enter_async_context(AccountView(stage.accounts[1]))
            await asyncio.sleep(1)
            gate = Gate()
            stage.sim.disturb(VENUE, POSITIONS, gate)
            waiting = [asyncio.create_task(view.refresh(ViewPart.POSITIONS)) for view in (first, second)]
            await gate.is_reached.wait()
        with pytest.raises(StaleView):
            await waiting[0]
        await waiting[1]
        gate.is_open.set()
        second.fresh(1, parts=[ViewPart.POSITIONS])


async def test_a_view_that_is_left_waits_for_no_read_of_another_one() -> None:
    """Its callers are told, and the other view goes on."""
    async with opened() as stage:
        first = await stage.stack.enter_async_context(AccountView(stage.accounts[0]))
        async with AccountView(stage.accounts[1]) as second:
            await asyncio.sleep(1)
            gate = Gate()
            stage.sim.disturb(VENUE, POSITIONS, gate)
            waiting = [asyncio.create_task(view.refresh(ViewPart.POSITIONS)) for view in (first, second)]
            await gate.is_reached.wait()
        with pytest.raises(StaleView):
            await waiting[1]
        gate.is_open.set()
        await waiting[0]

"""Keys that may open no stream, or that another program uses, too: errors, gaps, and views that say their age."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import attrs
import pytest
from tests.plugins.stages import BINANCE, VENUES, venues

import venuekit
from venuekit.capabilities import (
    EventReader,
    Gap,
    GapReason,
    ListenKeyControl,
    OrderControl,
    OrderRequest,
    OrderSide,
    OrderType,
    OrderUpdate,
    UserStream,
)
from venuekit.errors import AuthenticationFailed, PermissionDenied
from venuekit.live import AccountView, StaleView, ViewPart, ViewPhase
from venuekit.simulator import Simulation, StreamCut
from venuekit.simulator.disturbances import ArrivalInPlay, Disturbance, Proceed, Reply
from venuekit.simulator.message import json_response
from venuekit.testing import LoopClock
from venuekit_bybit_inverse.simulated.private_stream import PrivateStream

pytestmark = pytest.mark.looptime

KEYS = {
    "binance_usdm": ("POST", "/fapi/v1/listenKey"),
    "binance_coinm": ("POST", "/dapi/v1/listenKey"),
    "aster_usdm_v1": ("POST", "/fapi/v1/listenKey"),
}
STATE = (ViewPart.WALLETS, ViewPart.POSITIONS, ViewPart.ORDERS)
#: the venues' own words
WORDS = {
    **dict.fromkeys(BINANCE, "Invalid API-key, IP, or permissions for action."),
    "bybit_inverse": "Permission denied, please check your API key permissions.",
}


@attrs.define(eq=False)
class Permission(Disturbance):
    """The permission of a key to open a stream, which its owner may withdraw."""

    is_there: bool = True

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Refuse a listen key."""
        if self.is_there:
            return await proceed()
        return Reply(json_response({"code": -2015, "msg": WORDS["binance_usdm"]}, 401))


@attrs.define(eq=False)
class Reads(Disturbance):
    """The answers to reads, which are lost until they are there again."""

    are_there: bool = False

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Answer, or hang up."""
        return await proceed() if self.are_there else Reply(None)


@attrs.frozen
class Stage:
    """A simulated venue, and the permission of its key to open a stream."""

    venue: str
    sim: Simulation
    clock: LoopClock
    permission: Permission
    stack: AsyncExitStack

    async def program(self) -> Any:
        """Return the account as another program has it."""
        runtime = await self.stack.enter_async_context(venuekit.Runtime(clock=self.clock, journal=False))
        credentials = self.sim.credentials(self.venue)
        return await self.stack.enter_async_context(venuekit.connect(self.venue, credentials, runtime=runtime))

    def request(self) -> OrderRequest:
        """Return an order that rests."""
        symbol, quantity = VENUES[self.venue]
        mark = self.sim.ledger_of(self.venue).mark(symbol)
        return OrderRequest(
            symbol=symbol, side=OrderSide.BUY, type=OrderType.LIMIT, quantity=quantity, price=(mark / 2).quantize(mark)
        )


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Return the function that opens a stage at a venue."""

    @asynccontextmanager
    async def opened(venue: str) -> AsyncIterator[Stage]:
        clock, permission = LoopClock(), Permission()
        log_in = PrivateStream.log_in

        def check(self: PrivateStream, frame: dict[str, Any]) -> None:
            if permission.is_there:
                log_in(self, frame)
            else:
                self.refuse(frame, 10005, WORDS["bybit_inverse"])

        monkeypatch.setattr(PrivateStream, "log_in", check)
        async with venuekit.simulate(venue, clock=clock) as sim, AsyncExitStack() as stack:
            if venue in KEYS:
                sim.disturb(venue, KEYS[venue], permission, times=10_000)
            yield Stage(venue, sim, clock, permission, stack)

    return opened


async def gap_in(events: EventReader) -> Gap:
    """Return the next gap."""
    while not isinstance(event := await anext(events), Gap):
        pass
    return event


def held_in(view: AccountView) -> list[tuple[str, object, object]]:
    """Return the positions of a view."""
    return [(one.position.symbol, one.position.side, one.position.quantity) for one in view.positions()]


@venues
async def test_a_key_without_permission_is_an_error_on_entering(venue: str, stage: Callable[[str], Any]) -> None:
    """It has the venue's words; a view raises it, too, and nothing stays open."""
    async with stage(venue) as here:
        here.permission.is_there = False
        account = await here.program()
        kind = PermissionDenied if venue == "bybit_inverse" else AuthenticationFailed
        for block in (UserStream.of(account).events(), AccountView(account)):
            with pytest.raises(kind, match=WORDS[venue]):
                await block.__aenter__()
        assert here.sim.streams.connections == ()
        here.permission.is_there = True
        async with AccountView(account) as view:
            view.fresh(1)


@venues
async def test_a_permission_that_is_withdrawn_is_a_gap(venue: str, stage: Callable[[str], Any]) -> None:
    """It is told once; a view keeps its values, says why and how old they are, and is fresh once it is there again."""
    async with stage(venue) as here:
        account = await here.program()
        async with UserStream.of(account).events() as events, AccountView(account) as view:
            await view.wait_fresh(10)
            shown = held_in(view)
            assert shown
            here.permission.is_there = False
            here.sim.disturb_streams(venue, StreamCut())
            assert (await gap_in(events)).reason is GapReason.CONNECTION_LOST
            refused = await gap_in(events)
            assert (refused.reason, WORDS[venue] in refused.words) == (GapReason.REFUSED, True)
            reads = Reads()
            for endpoint in account.venue.endpoints:
                if endpoint.verb == "GET" and endpoint is not account.venue.server_time:
                    here.sim.disturb(venue, endpoint, reads, times=10_000)
            await asyncio.sleep(300)
            assert view.status.phase is ViewPhase.STALE
            with pytest.raises(StaleView, match="events may be missing"):
                view.fresh(3600)
            assert held_in(view) == shown
            assert 270 <= view.age(ViewPart.POSITIONS) <= 340
            here.permission.is_there = reads.are_there = True
            await view.wait_fresh(3600)
            assert held_in(view) == shown
            assert view.age(ViewPart.POSITIONS) <= 60


@venues
async def test_two_programs_with_one_key_miss_nothing(venue: str, stage: Callable[[str], Any]) -> None:
    """A second login, or a second stream of one listen key, takes nothing from the first; nor does its end."""
    async with stage(venue) as here:
        one, other = await here.program(), await here.program()
        async with UserStream.of(one).events() as mine:
            async with UserStream.of(other).events() as theirs:
                order = await OrderControl.of(one).place_order(here.request())
                assert await id_in(mine) == await id_in(theirs) == order.id
            await asyncio.sleep(60)
            order = await OrderControl.of(other).place_order(here.request())
            assert await id_in(mine) == order.id
            assert mine.state.connections == 1


async def id_in(events: EventReader) -> str:
    """Return the id of the order of the next event about one."""
    while not isinstance(event := await anext(events), OrderUpdate):
        assert not isinstance(event, Gap)
    return event.order.id


@pytest.mark.parametrize("orders", [True, False])
@pytest.mark.parametrize("venue", BINANCE)
async def test_a_listen_key_that_another_program_stops_is_a_gap(
    venue: str, stage: Callable[[str], Any], *, orders: bool
) -> None:
    """The venue says nothing: an own order without an event shows it, else the next prolongation of the key."""
    async with stage(venue) as here:
        account, other = await here.program(), await here.program()
        async with AccountView(account) as view, UserStream.of(account).events() as events:
            await view.wait_fresh(10)
            await ListenKeyControl.of(other).stop_listen_key()
            if orders:
                await OrderControl.of(account).place_order(here.request())
            gap = await gap_in(events)
            reasons = {GapReason.UNCONFIRMED} if orders else {GapReason.SESSION_EXPIRED, GapReason.UNCONFIRMED}
            assert gap.reason in reasons
            await view.wait_fresh(120)
            order = await OrderControl.of(other).place_order(here.request())
            await view.wait_for(lambda view: view.open_order(order.symbol, order.id) is not None, 10)

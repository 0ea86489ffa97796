"""The countdown of an account: one for all its orders, kept armed by every block that runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

import attrs
import pytest
from tests.core.parts.toy_orders import ONE_ROUTE, ToyOrderAccount

from venuekit.capabilities import CountdownBehaviour, CountdownControl, CountdownScope
from venuekit.errors import GuardRefused, InvalidArgument, Outcome, OutcomeNotStated
from venuekit.parts.orders import CountdownPart, CountdownRoute
from venuekit.payloads import read_json
from venuekit.pipeline import Guard
from venuekit.plugin import Area, Effect, Endpoint, Kind, Parameter, Venue
from venuekit.runtime import Runtime
from venuekit.simulator import CannedAnswer, Handler, SimRequest, Simulation, Visit
from venuekit.simulator.ledger import Side
from venuekit.testing import LoopClock, Stage, on_stage

in_looptime = pytest.mark.looptime
SYMBOL = "GEMUSD"

COUNTDOWN: Endpoint[Any] = Endpoint(
    "POST",
    "/v1/countdown",
    decode=read_json,
    parameters=(Parameter("timeOut", Kind.INTEGER, required=True, minimum=Decimal(0)),),
    effect=Effect.SESSION,
    area=Area.ORDERS,
    serves=(CountdownControl.set_countdown,),
)


class _Account(ToyOrderAccount, CountdownPart):
    __slots__ = ()

    COUNTDOWN: ClassVar[CountdownRoute] = CountdownRoute(COUNTDOWN, time="timeOut", unit=1000)


class _Simulated(ONE_ROUTE.simulated):  # type: ignore[name-defined, misc]  # the class itself
    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        return {**super().handlers(), COUNTDOWN: self.countdown}

    def countdown(self, request: SimRequest, visit: Visit) -> object:
        visit.ledger.countdown(None, timedelta(seconds=int(request.text("timeOut") or "0")))
        return {"armed": True}


VENUE: Venue[Any] = attrs.evolve(
    ONE_ROUTE,
    account=_Account,
    endpoints=(*ONE_ROUTE.endpoints, COUNTDOWN),
    behaviours=(*ONE_ROUTE.behaviours, CountdownBehaviour(CountdownScope.ACCOUNT)),
    simulated=_Simulated,
)


@asynccontextmanager
async def opened() -> AsyncIterator[Stage]:
    """Open the venue with one order, which a countdown that runs out would cancel."""
    async with on_stage(VENUE, "flat", clock=LoopClock()) as stage:
        stage.ledger.rest_order(SYMBOL, Side.BUY, Decimal(1), stage.ledger.mark(SYMBOL) / 2)
        yield stage


def times(stage: Stage) -> list[int]:
    """Return the seconds that each request asked for, in their order."""
    return [int(arrival.parameters["timeOut"]) for arrival in stage.arrivals(COUNTDOWN)]


def is_left(stage: Stage) -> bool:
    """Say whether the order is still open."""
    return bool(stage.ledger.open_orders())


@in_looptime
async def test_the_account_has_one_countdown() -> None:
    """Armed and disarmed without a symbol, in the unit of the venue; it cancels the orders of every symbol."""
    async with opened() as stage:
        await stage.account.set_countdown(None, 10)
        await stage.account.set_countdown(None, None)
        await stage.account.pause(20)
        assert (times(stage), is_left(stage)) == ([10, 0], True)
        await stage.account.set_countdown(None, 10)
        await stage.account.pause(20)
        assert not is_left(stage)


@in_looptime
@pytest.mark.parametrize(
    ("symbol", "seconds", "words"),
    [
        (SYMBOL, 10, "the countdown is the account's here: name no symbol"),
        (None, 0.5, "at least 1000 ms, and whole multiples of it, not 0.5 s"),
        (None, 1.5, "at least 1000 ms, and whole multiples of it, not 1.5 s"),
    ],
)
async def test_bad_countdowns_are_not_sent(symbol: str | None, seconds: float, words: str) -> None:
    """A symbol where there is none, and a time that the venue cannot count, are refused in one sentence."""
    async with opened() as stage:
        with pytest.raises(InvalidArgument, match=words) as caught:
            await stage.account.set_countdown(symbol, seconds)
        with pytest.raises(InvalidArgument, match=words):
            async with stage.account.countdown(symbol, seconds):
                pass
        assert (caught.value.outcome, times(stage)) == (Outcome.NOT_SENT, [])


@in_looptime
@pytest.mark.parametrize("guard", [Guard(symbols={SYMBOL}), Guard(read_only=True), Guard(allow=frozenset())])
async def test_a_guard_forbids_the_countdown_of_an_account(guard: Guard) -> None:
    """It ends orders of every symbol, so that a guard of some symbols forbids it, as one without orders does."""
    clock = LoopClock()
    async with Simulation((VENUE,), clock=clock) as sim, Runtime(clock=clock, journal=False) as runtime:
        account = await runtime.open(VENUE, sim.credentials(VENUE.id), guard=guard)
        with pytest.raises(GuardRefused):
            await account.set_countdown(None, 10)
        with pytest.raises(GuardRefused):
            async with account.countdown(None, 10):
                pytest.fail("it was armed")
        assert sim.ledger.deadline() is None


@in_looptime
async def test_one_block_ends_and_leaves_it_armed_for_the_other() -> None:
    """The exit of a block that others outlive sends nothing; the last one disarms."""
    async with opened() as stage:

        async def work(seconds: float) -> None:
            async with stage.account.countdown(None, 9):
                await stage.account.pause(seconds)

        short, long = asyncio.create_task(work(10)), asyncio.create_task(work(60))
        await short
        assert 0 not in times(stage)
        assert stage.ledger.deadline() is not None
        await stage.account.pause(40)
        assert is_left(stage)
        await long
        assert (times(stage)[-1], stage.ledger.deadline(), is_left(stage)) == (0, None, True)


@in_looptime
async def test_the_shortest_of_the_blocks_is_armed() -> None:
    """A block that begins with a shorter time shortens it at once, and when it ends the longer one is armed again."""
    async with opened() as stage, stage.account.countdown(None, 60):
        await stage.account.pause(1)
        async with stage.account.countdown(None, 6):
            await stage.account.pause(7)
        assert times(stage) == [60, 6, 6, 6, 6]
        await stage.account.pause(50)
        assert set(times(stage)[5:]) == {60}
        assert is_left(stage)


@in_looptime
async def test_blocks_of_two_accounts_of_one_key_share_it() -> None:
    """Another account that the same key opened keeps it armed, too, and neither disarms it for the other."""
    clock = LoopClock()
    async with Simulation((VENUE,), clock=clock) as sim, Runtime(clock=clock, journal=False) as runtime:
        credentials = sim.credentials(VENUE.id)
        one, other = await runtime.open(VENUE, credentials), await runtime.open(VENUE, credentials)
        async with one.countdown(None, 9):
            async with other.countdown(None, 9):
                await one.pause(5)
            await one.pause(20)
            assert sim.ledger.deadline() is not None
        assert sim.ledger.deadline() is None
        sent = [arrival.parameters["timeOut"] for arrival in sim.requests if arrival.path == COUNTDOWN.path]
        assert sent.count("0") == 1


@in_looptime
async def test_a_block_that_failed_leaves_it_armed_for_good() -> None:
    """It stays armed for the others while they run; after the last one the venue cancels what remains."""
    async with opened() as stage:

        async def fail() -> None:
            async with stage.account.countdown(None, 9):
                await stage.account.pause(5)
                raise LookupError("a bug")

        async with stage.account.countdown(None, 9):
            with pytest.raises(LookupError):
                await fail()
            await stage.account.pause(30)
            assert is_left(stage)
        assert 0 not in times(stage)
        await stage.account.pause(10)
        assert not is_left(stage)

        stage.ledger.rest_order(SYMBOL, Side.BUY, Decimal(1), stage.ledger.mark(SYMBOL) / 2)
        async with stage.account.countdown(None, 9):
            await stage.account.pause(1)
        assert (times(stage)[-1], stage.ledger.deadline(), is_left(stage)) == (0, None, True)


@in_looptime
async def test_a_block_that_cannot_be_armed_ends_alone() -> None:
    """The error of its last attempt is raised, and a block that runs already goes on."""
    async with opened() as stage, stage.account.countdown(None, 9):
        stage.disturb(COUNTDOWN, CannedAnswer.html(502), times=4)
        with pytest.raises(OutcomeNotStated):
            async with stage.account.countdown(None, 60):
                pytest.fail("it was not armed")
        await stage.account.pause(30)
        assert is_left(stage)
        assert set(times(stage)) == {9}

"""Waits of a write for earlier ones: how long each may last, which fences count, and the words of the errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.core.bounded_toys import KINDS

import venuekit
from venuekit import errors
from venuekit.endpoint import Effect, Endpoint, WriteScope
from venuekit.pipeline import Event
from venuekit.pipeline.observe import EventKind
from venuekit.pipeline.write_scopes import Fence, Footprint, WriteScopes
from venuekit.request_bounds import TOLERANCE, RequestExpiry
from venuekit.simulator import Delay, DropBefore, Simulation
from venuekit.testing.clocks import InstantClock, LoopClock
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY

COLLATERAL = ("POST", "/v1/collateral")
ADD = {"contract": "TOYUSD", "amount": Decimal(5)}
TOYUSD = Footprint(WriteScope.SYMBOL, ("TOYUSD",))


@attrs.frozen
class Still:
    """An account on a clock that only waits move, so that every wait is known to the millisecond."""

    sim: Simulation
    account: Any
    clock: InstantClock
    #: fences, in milliseconds from the end of the one before, that are raised while a write waits for a fence
    later: list[int]

    @property
    def write_scopes(self) -> WriteScopes:
        scopes: WriteScopes = self.account._session.owner.write_scopes
        return scopes

    def fence(self, milliseconds: int) -> Fence:
        """Raise a fence that ends so many milliseconds from now."""
        until = self.account._session.venue_session.clock.milliseconds() + milliseconds
        fence = Fence(TOYUSD, until, object(), "add for TOYUSD")
        self.write_scopes.fences += (fence,)
        return fence

    async def waited(self, *fences: int, endpoint: Endpoint[Any] = TOY.ADD_COLLATERAL, **options: Any) -> float:
        """Add margin behind fences of so many milliseconds, one after another; return the seconds that it took."""
        first, *self.later[:] = fences
        self.write_scopes.fences = ()
        self.fence(first)
        began = self.clock.monotonic()
        await self.account.with_options(**options).call(endpoint, **ADD)
        return round(self.clock.monotonic() - began, 6)


@pytest.fixture
async def still(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Still]:
    monkeypatch.setattr("venuekit.clock._DRIFT", 0.0)
    clock = InstantClock()
    async with Simulation((TOY_PERP,), clock=clock) as sim, venuekit.Runtime(clock=clock, journal=False) as runtime:
        account = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
        await clock.sleep(100)
        still = Still(sim, account, clock, [])

        def observe(event: Event) -> None:
            if event.kind is EventKind.WAIT and still.later:
                assert event.seconds is not None
                still.fence(round(event.seconds * 1000) + still.later.pop(0))

        account._session.venue_session.observers = (observe,)
        account._session.venue_session.clock._error = 0
        yield still


async def test_a_write_leaves_a_millisecond_after_the_fence(still: Still) -> None:
    """It waits for exactly so long where it may, and a millisecond less of patience refuses it."""
    assert 3.001 == await still.waited(3000, max_wait=3.001)

    with pytest.raises(errors.Fenced) as caught:
        await still.waited(3000, max_wait=3)

    fence, again = caught.value.fence, caught.value.retry_at
    assert fence is not None
    assert again is not None
    assert 1000 == (again - fence).microseconds


async def test_a_write_leaves_when_the_fence_is_over_by_the_slowest_clock(still: Still) -> None:
    """By as much as the venue's clock may be behind ours, the wait is longer, and by no more."""
    still.account._session.venue_session.clock._error = TOLERANCE

    assert 4.001 == await still.waited(3000)


@pytest.mark.parametrize("options", [{}, {"max_wait": 10}, {"deadline": 10}])
async def test_the_waits_for_several_fences_are_one_patience(still: Still, options: Mapping[str, Any]) -> None:
    """Three fences one after another end within ten seconds, or the third is not waited for."""
    assert 9.003 == await still.waited(3000, 3000, 3000, **options)

    began = still.clock.monotonic()
    with pytest.raises(errors.Fenced):
        await still.waited(3000, 3000, 5000, **options)

    assert 6.002 == round(still.clock.monotonic() - began, 6)


async def test_an_order_waits_less_than_what_reduces(still: Still) -> None:
    """An order that may open a position waits for two seconds; one that reduces waits as a setting does."""
    order = attrs.evolve(TOY.ADD_COLLATERAL, effect=Effect.KEYED)
    closing = attrs.evolve(order, reduces=lambda parameters: parameters["amount"] == 5)
    opening = attrs.evolve(order, reduces=lambda parameters: parameters["amount"] == 6)

    assert 3.001 == await still.waited(3000, endpoint=closing)
    for endpoint in (order, opening):
        with pytest.raises(errors.Fenced):
            await still.waited(3000, endpoint=endpoint)
        assert 1.001 == await still.waited(1000, endpoint=endpoint)


@pytest.mark.parametrize(("expiry", "waits"), [(RequestExpiry.NONCE, False), (RequestExpiry.WINDOW, True)])
async def test_a_later_number_overtakes_a_lost_write_only_where_that_is_the_bound(
    expiry: RequestExpiry, waits: bool
) -> None:
    """Of a key whose numbers rise no fence is waited for; where the window bounds a request, it is."""
    clock, venue = InstantClock(), attrs.evolve(KINDS["nonce"], expiry=expiry)
    async with Simulation((venue,), clock=clock) as sim, venuekit.Runtime(clock=clock, journal=False) as runtime:
        account: Any = await runtime.open(venue, sim.credentials("toy_perp"))
        session = account._session
        until = session.venue_session.clock.milliseconds() + 3000
        session.owner.write_scopes.fences = (Fence(TOYUSD, until, object(), number=(session.nonces.name, 1)),)
        began = clock.monotonic()

        await account.call(TOY.ADD_COLLATERAL, **ADD)

    assert waits is (clock.monotonic() - began > 3)


# -- what is said of a wait


async def test_a_fence_is_told_to_the_millisecond(still: Still) -> None:
    """With the write that raised it, and with all that the caller has to allow, waits before this one included."""
    with pytest.raises(errors.Fenced) as caught:
        await still.waited(3000, 9000)

    fence = caught.value.fence
    assert fence is not None
    until = f"{fence:%H:%M:%S}.{fence.microsecond // 1000:03} UTC"
    words = f"an earlier write may still arrive until {until} (add for TOYUSD), 9.0 s from now"
    assert (words, "with_options(max_wait=13) waits for it") == (caught.value.message, caught.value.mend)


@pytest.mark.parametrize(
    ("options", "mend"), [({"max_wait": 3, "deadline": 3.001}, "max_wait=4"), ({}, "max_wait=2")], ids=["both", "none"]
)
async def test_only_the_bound_that_is_too_small_is_named(still: Still, options: Any, mend: str) -> None:
    """The other one just lets it wait; ``max_wait`` where the policy is what bounds it."""
    session = still.account._session.venue_session
    session.policy = attrs.evolve(session.policy, max_wait_set=0.5)
    with pytest.raises(errors.Fenced) as caught:
        await still.waited(3000 if options else 800, **options)

    assert caught.value.mend == f"with_options({mend}) waits for it"


class EarlyClock(LoopClock):
    """Wakes a little earlier than it was asked to."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(max(0.0, seconds - 0.01))


@pytest.mark.looptime
async def test_a_write_that_gives_up_in_line_names_the_bound_that_ended_first() -> None:
    """It is ``max_wait`` where the caller has set none."""
    clock = EarlyClock()
    async with Simulation((TOY_PERP,), clock=clock) as sim, venuekit.Runtime(clock=clock, journal=False) as runtime:
        account: Any = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
        sim.disturb("toy_perp", COLLATERAL, Delay(before=60))
        first = asyncio.create_task(account.call(TOY.ADD_COLLATERAL, **ADD))
        await asyncio.sleep(0)
        both = [({"max_wait": 2, "deadline": 3}, "max_wait"), ({"max_wait": 2, "deadline": 1}, "deadline")]
        for options, bound in (*both, ({"deadline": 1}, "deadline"), ({}, "max_wait")):
            with pytest.raises(errors.Fenced) as caught:
                await account.with_options(**options).call(TOY.ADD_COLLATERAL, **ADD)
            assert caught.value.mend == f"with_options({bound}=...) lets it wait longer"

        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


@pytest.mark.looptime
async def test_every_write_ahead_is_named(stage: Any) -> None:
    """One that gives up in line says behind which writes it waited, parted by commas."""
    stage.sim.disturb("toy_perp", COLLATERAL, DropBefore())
    ahead = [asyncio.create_task(stage.account.call(TOY.ADD_COLLATERAL, **ADD)) for _ in range(2)]
    await asyncio.sleep(0)

    name = "POST /v1/collateral for TOYUSD"
    with pytest.raises(errors.Fenced, match=f"it waited 1 s for its turn behind {name}, {name};"):
        await stage.account.with_options(max_wait=1).call(TOY.ADD_COLLATERAL, **ADD)

    for one in ahead:
        one.cancel()
    await asyncio.gather(*ahead, return_exceptions=True)


@pytest.mark.looptime(start=100)
@pytest.mark.parametrize("behind", ["turn", "fence"])
async def test_a_deadline_that_passes_after_a_wait_says_nothing_of_it(stage: Any, behind: str) -> None:
    """The wait is over, and what holds the write up now is its own."""

    async def read_for_long(*_: object) -> None:
        await stage.clock.sleep(60)

    slow = attrs.evolve(TOY.ADD_COLLATERAL, before=read_for_long)
    first: Any = None
    if behind == "turn":
        stage.sim.disturb("toy_perp", COLLATERAL, Delay(before=1))
        first = asyncio.create_task(stage.account.call(TOY.ADD_COLLATERAL, **ADD))
        await asyncio.sleep(0)
    else:
        until = stage.account._session.venue_session.clock.milliseconds() + 1000
        stage.account._session.owner.write_scopes.fences = (Fence(TOYUSD, until, object()),)

    with pytest.raises(errors.NeverSent, match=r"the deadline of 5 s passed$"):
        await stage.account.with_options(deadline=5).call(slow, **ADD)

    waits = [(str(event.reason), event.seconds) for event in stage.events if event.kind is EventKind.WAIT]
    assert [(behind, pytest.approx(1, abs=0.5))] == waits
    if first is not None:
        await first


class LateClock(LoopClock):
    """Wakes later than it was asked to, as real ones do."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds + 1)


@pytest.mark.looptime
async def test_a_deadline_that_passes_in_line_names_the_write_ahead() -> None:
    """Also where the deadline ends the wait before its own timer does; the caller's own bound needs no advice."""
    clock = LateClock()
    async with Simulation((TOY_PERP,), clock=clock) as sim, venuekit.Runtime(clock=clock, journal=False) as runtime:
        account: Any = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
        sim.disturb("toy_perp", COLLATERAL, Delay(before=9))
        first = asyncio.create_task(account.call(TOY.ADD_COLLATERAL, **ADD))
        await asyncio.sleep(0)

        with pytest.raises(errors.Fenced) as caught:
            await account.with_options(deadline=2).call(TOY.ADD_COLLATERAL, **ADD)

        await first
    words = "the deadline of 2 s passed while it waited for its turn behind POST /v1/collateral for TOYUSD"
    assert (words, "") == (caught.value.message, caught.value.mend)

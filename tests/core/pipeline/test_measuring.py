"""The venue's clock in the pipeline: measured before a proof, and never waited for by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
import pytest

import venuekit
from venuekit import errors
from venuekit.clock import ClockWarning
from venuekit.errors import Outcome
from venuekit.plugin import NonceRule, RequestExpiry, Venue
from venuekit.simulator import ApplyLater, CannedAnswer, Delay, DropBefore, SimRequest, Simulation
from venuekit.simulator.ledger import Reason, Refused
from venuekit.testing.clocks import LoopClock
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.simulated import SimulatedToy

pytestmark = pytest.mark.looptime

OUTSIDE = CannedAnswer.json(400, {"error": {"code": 1003, "message": "outside the window"}})
BROKEN = CannedAnswer.json(500, {"error": {"code": 9999, "message": "no time today"}})
TIME = ("GET", "/v1/time")


class ExpiringVenue(SimulatedToy):
    """Refuses what has expired, and nothing because it comes from the future."""

    def recheck(self, request: SimRequest, milliseconds: int) -> None:
        """Check that the request has not expired."""
        if milliseconds > int(request.parameters["time"]) + int(request.parameters["window"]):
            raise Refused(Reason.OUTSIDE_WINDOW)


ONE_SIDED: Venue[Any] = attrs.evolve(TOY_PERP, expiry=RequestExpiry.EXPIRY, simulated=ExpiringVenue)
UNBOUNDED: Venue[Any] = attrs.evolve(TOY_PERP, expiry=RequestExpiry.NONE)
NUMBERED: Venue[Any] = attrs.evolve(TOY_PERP, expiry=RequestExpiry.NONCE, nonce=NonceRule(1000))


async def add(account: Any, **options: Any) -> Any:
    return await account.with_options(**options).call(TOY.ADD_COLLATERAL, contract="TOYUSD", amount=Decimal(5))


def added(sim: Simulation) -> Decimal:
    return sum((change.amount for change in sim.ledger.margin_changes("TOYUSD")), Decimal(0))


async def test_venue_that_refuses_its_own_time_as_outside_the_window_stops_nothing(stage: Any) -> None:
    """The measurement does not wait for itself: the refusal is raised, and once the venue is well all is well."""
    stage.sim.disturb("toy_perp", TIME, OUTSIDE, times=3)
    stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, OUTSIDE)

    with pytest.raises(errors.ClockSkew):
        await stage.account.call(TOY.SERVER_TIME)
    with pytest.raises(errors.ClockSkew):
        await stage.account.sync_clock()
    with pytest.raises(errors.ClockSkew) as caught:
        await stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    assert Outcome.NOT_APPLIED is caught.value.outcome
    change = await stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
    assert change.changed is True
    await stage.account.sync_clock()


@pytest.mark.parametrize("failing", [OUTSIDE, BROKEN, DropBefore()], ids=["outside", "broken", "lost"])
async def test_venue_that_does_not_tell_its_time_is_warned_of_and_can_be_read(failing: Any, clock: LoopClock) -> None:
    """Opening an account names the endpoint; reads and writes go on with our own clock."""
    async with venuekit.simulate("toy_perp", clock=clock) as sim, venuekit.Runtime(clock=clock, journal=False) as held:
        sim.disturb("toy_perp", TIME, failing, times=9)
        with pytest.warns(ClockWarning, match=r"toy_perp: .*GET /v1/time"):
            account = await held.open(TOY_PERP, sim.credentials("toy_perp"))

        assert await account.call(TOY.POSITIONS)
        assert (await add(account)).amount == 5


async def test_without_a_measured_clock_no_absence_is_proven(stage: Any) -> None:
    """A time endpoint that fails after a loss leaves the outcome unknown, and says why; resolve() proves it later."""
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())
    stage.sim.disturb("toy_perp", TIME, BROKEN, times=8)

    with pytest.raises(errors.OutcomeUnknown, match=r"could not be measured \(GET /v1/time") as caught:
        await add(stage.account)

    stage.sim.script.clear()
    with pytest.raises(errors.NotExecuted):
        await caught.value.resolve()


@pytest.mark.parametrize("venue", [TOY_PERP, ONE_SIDED], ids=["both sides", "expiry"])
async def test_clock_that_stepped_since_proves_no_absence_too_early(venue: Venue[Any], clock: LoopClock) -> None:
    """Ours is ten seconds ahead: what the venue takes up to then is not told as not executed before."""
    async with (
        Simulation((venue,), clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=False) as runtime,
    ):
        account = await runtime.open(venue, sim.credentials("toy_perp"))
        sim.skew(-10)
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, ApplyLater(12))
        outcome = Outcome.APPLIED
        try:
            await add(account)
        except errors.OperationError as error:
            outcome = error.outcome
        told = added(sim)
        await clock.sleep(60)

        assert outcome is not Outcome.NOT_APPLIED or added(sim) == 0
        assert outcome is not Outcome.APPLIED or told == 5


async def test_clock_that_was_far_ahead_leaves_the_outcome_unknown(clock: LoopClock) -> None:
    """An hour is not waited for: the error says for how long it may still arrive."""
    async with Simulation((ONE_SIDED,), clock=clock) as sim, venuekit.Runtime(clock=clock, journal=False) as runtime:
        account = await runtime.open(ONE_SIDED, sim.credentials("toy_perp"))
        sim.skew(-3600)
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, ApplyLater(40))

        with pytest.raises(errors.OutcomeUnknown, match=r"may still arrive for 3\d\d\d\.\d s"):
            await add(account)
        assert added(sim) == 0


async def test_what_nothing_bounds_is_never_proven_absent(clock: LoopClock) -> None:
    """A venue that takes a request however late it comes leaves the outcome unknown."""
    async with Simulation((UNBOUNDED,), clock=clock) as sim, venuekit.Runtime(clock=clock, journal=False) as runtime:
        account = await runtime.open(UNBOUNDED, sim.credentials("toy_perp"))
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())

        with pytest.raises(errors.OutcomeUnknown, match="nothing bounds how late"):
            await add(account)


async def test_numbered_request_cannot_arrive_after_a_later_one(clock: LoopClock) -> None:
    """No window is waited for where each request must carry a larger number than the one before."""
    async with Simulation((NUMBERED,), clock=clock) as sim, venuekit.Runtime(clock=clock, journal=False) as runtime:
        account = await runtime.open(NUMBERED, sim.credentials("toy_perp"))
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())
        began = clock.monotonic()

        with pytest.raises(errors.NotExecuted):
            await add(account)
        assert clock.monotonic() - began < 6


async def test_fence_is_not_believed_over_by_a_clock_that_is_doubtful(stage: Any) -> None:
    """After a step it is measured anew first: another value still waits."""
    stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, DropBefore(), DropBefore())
    with pytest.raises(errors.OutcomeUnknown):
        await stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
    known = stage.account._session.venue_session.clock
    known.origin += 60_000
    known._wall -= 60_000

    with pytest.raises(errors.Fenced):
        await stage.account.with_options(max_wait=1).call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=9)


SHARED = pytest.mark.parametrize(
    ("ask", "route"),
    [
        (lambda account: account.sync_clock(), TIME),
        (lambda account: account.read_once(TOY.CONTRACTS), TOY.CONTRACTS),
        (lambda account: account.refresh(TOY.CONTRACTS, "a step"), TOY.CONTRACTS),
    ],
    ids=["clock", "remembered", "refreshed"],
)


@SHARED
async def test_deadline_and_end_of_one_caller_are_not_those_of_others_who_wait_with_it(
    stage: Any, ask: Callable[[Any], Any], route: Any
) -> None:
    """Each ends at its own deadline, the first one too; who is cancelled ends alone, and the rest get the answer."""
    stage.sim.disturb("toy_perp", route, Delay(before=4))
    began, ended = stage.clock.monotonic(), dict[str, float]()

    async def wait(name: str, **options: Any) -> str:
        try:
            await ask(stage.account.with_options(**options))
        except errors.AnswerLost as error:
            return error.message
        finally:
            ended[name] = stage.clock.monotonic() - began
        return "read"

    waiting = [
        asyncio.create_task(one)
        for one in (wait("first", deadline=2), wait("hurried", deadline=1), wait("cancelled"), wait("patient"))
    ]
    await asyncio.sleep(0.5)
    waiting[2].cancel()
    waiting.append(asyncio.create_task(wait("later", deadline=60)))
    first, hurried, cancelled, patient, later = await asyncio.gather(*waiting, return_exceptions=True)

    assert (first, hurried) == ("the deadline of 2 s passed", "the deadline of 1 s passed")
    assert (patient, later) == ("read", "read")
    assert isinstance(cancelled, asyncio.CancelledError)
    assert [round(ended[name], 1) for name in ("cancelled", "hurried", "first", "patient", "later")] == [
        *(0.5, 1.0, 2.0),
        *(4.0, 4.0),
    ]
    assert len(stage.sim.requests) == (2 if route is TIME else 1)  # a slow answer about the time is asked for again


@SHARED
async def test_waits_and_window_of_the_first_caller_are_not_those_of_others(
    stage: Any, ask: Callable[[Any], Any], route: Any
) -> None:
    """It may not wait at all, and its window is none; the read that others join is made all the same."""
    stage.sim.disturb("toy_perp", route, CannedAnswer(429, b"{}", {"Retry-After": "3"}))
    first = asyncio.create_task(ask(stage.account.with_options(max_wait=0.0, recv_window=10**9)))
    patient = asyncio.create_task(ask(stage.account))

    await asyncio.gather(first, patient)
    assert [one.status for one in stage.sim.requests][:2] == [429, 200]
    assert len(stage.sim.requests) == (3 if route is TIME else 2)

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from venuekit import errors
from venuekit.capabilities import LeverageControl
from venuekit.errors import Outcome
from venuekit.simulator import CannedAnswer, Delay, DropBefore
from venuekit_toy_perp.endpoints import TOY

pytestmark = pytest.mark.looptime

LEVERAGE = ("PUT", "/v1/leverage")
COLLATERAL = ("POST", "/v1/collateral")


async def add(stage: Any, amount: int, **options: Any) -> Any:
    return await stage.account.with_options(**options).call(
        TOY.ADD_COLLATERAL, contract="TOYUSD", amount=Decimal(amount)
    )


async def set_leverage(stage: Any, value: int, **options: Any) -> Any:
    return await stage.account.with_options(**options).call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=value)


async def lose_leverage(stage: Any) -> None:
    """Have a change of leverage without an answer, that may still arrive for six seconds."""
    stage.sim.disturb("toy_perp", LEVERAGE, DropBefore(), DropBefore())
    with pytest.raises(errors.OutcomeUnknown):
        await LeverageControl.of(stage.account).set_leverage("GEMUSD", 7)


# -- what is under way


async def test_writes_behind_a_lost_one_wait_as_long_as_they_may(stage: Any) -> None:
    """The waiting of each counts from its call on, however many are ahead: it is not sent, and is told who is ahead."""
    stage.sim.disturb("toy_perp", COLLATERAL, DropBefore(), times=3)
    began = stage.clock.monotonic()
    first = asyncio.create_task(add(stage, 1))
    await asyncio.sleep(0)

    found = await asyncio.gather(*(add(stage, amount, max_wait=2) for amount in (2, 3, 4)), return_exceptions=True)

    assert 2 <= round(stage.clock.monotonic() - began, 6) < 3
    for error in found:
        assert isinstance(error, errors.Fenced)
        assert not isinstance(error, errors.VenueError)
        assert (error.outcome, error.sent_at, error.fence) == (Outcome.NOT_SENT, None, None)
        assert "it waited 2 s for its turn behind POST /v1/collateral for TOYUSD" in str(error)
        assert "with_options(max_wait=...)" in str(error)
    with pytest.raises(errors.NotExecuted):
        await first
    assert 1 == len(stage.arrivals(*COLLATERAL))


async def test_a_deadline_that_passes_in_the_queue_says_so(stage: Any) -> None:
    """A deadline is the bound of a queued write, instead of the policy's; what it waited for is part of the text."""
    stage.sim.disturb("toy_perp", COLLATERAL, DropBefore())
    first = asyncio.create_task(add(stage, 1))
    await asyncio.sleep(0)
    began = stage.clock.monotonic()

    with pytest.raises(errors.Fenced, match="for its turn behind POST /v1/collateral for TOYUSD") as caught:
        await add(stage, 2, deadline=5)

    assert 5 == pytest.approx(stage.clock.monotonic() - began, abs=0.1)
    assert Outcome.NOT_SENT is caught.value.outcome
    with pytest.raises(errors.NotExecuted):
        await first


async def test_a_queued_write_that_may_wait_is_sent_when_its_turn_comes(stage: Any) -> None:
    """Its waiting is no reason to refuse it afterwards, unless the caller bounded all waits together."""
    stage.sim.disturb("toy_perp", COLLATERAL, Delay(before=3))

    first, second = await asyncio.gather(add(stage, 1), add(stage, 2, deadline=60))

    assert (first.amount, second.amount) == (1, 2)


async def test_writes_of_other_symbols_do_not_wait_behind_those_that_wait(stage: Any) -> None:
    """Two writes of one symbol are held up; one of another symbol leaves at once."""
    stage.sim.disturb("toy_perp", COLLATERAL, DropBefore())
    held_up = [asyncio.create_task(add(stage, amount)) for amount in (1, 2)]
    await asyncio.sleep(0)
    began = stage.clock.monotonic()

    await set_leverage(stage, 9)

    assert stage.clock.monotonic() - began < 1
    await asyncio.gather(*held_up, return_exceptions=True)


# -- what may still arrive


async def test_a_fence_beyond_what_may_be_waited_is_told_at_once(stage: Any) -> None:
    """Nothing is sent or asked: which write, until when, and what lets it wait are in the error."""
    await lose_leverage(stage)
    before = len(stage.sim.requests)
    for bound in ("max_wait", "deadline"):
        began = stage.clock.monotonic()

        with pytest.raises(errors.Fenced) as caught:
            await set_leverage(stage, 9, **{bound: 3})

        error = caught.value
        assert stage.clock.monotonic() == began
        assert (error.outcome, error.subject, error.sent_at) == (Outcome.NOT_SENT, "GEMUSD", None)
        assert error.fence is not None
        assert error.retry_at is not None
        assert error.fence < error.retry_at
        assert error.mend == f"with_options({bound}=7) waits for it"
        assert 5 < error.fence.timestamp() - stage.clock.milliseconds() / 1000 < 6.1
        assert "set_leverage was held back for GEMUSD: an earlier write may still arrive until" in str(error)
        assert f"(set_leverage for GEMUSD), 6.0 s from now; with_options({bound}=7) waits for it" in str(error)
    assert before == len(stage.sim.requests)


@pytest.mark.parametrize("options", [{"max_wait": 7}, {"deadline": 7}, {"max_wait": 7, "deadline": 30}, {}])
async def test_a_fence_that_ends_early_enough_is_waited_for(stage: Any, options: dict[str, Any]) -> None:
    """By max_wait, by the deadline, or by the ten seconds that the policy gives a setting; then it is sent."""
    await lose_leverage(stage)
    began = stage.clock.monotonic()

    change = await set_leverage(stage, 9, **options)

    assert change.changed is True
    assert 6 == pytest.approx(stage.clock.monotonic() - began, abs=0.1)


@pytest.mark.parametrize(
    ("bounds", "mend"),
    [
        ({"max_wait": 3, "deadline": 30}, "max_wait=7"),
        ({"max_wait": 30, "deadline": 3}, "deadline=7"),
        ({"max_wait": 3, "deadline": 3}, "max_wait=7, deadline=7"),
    ],
)
async def test_the_smaller_of_two_bounds_holds(stage: Any, bounds: dict[str, Any], mend: str) -> None:
    """Neither makes a call wait longer than the other allows, and the error names those that are too small."""
    await lose_leverage(stage)

    with pytest.raises(errors.Fenced) as caught:
        await set_leverage(stage, 9, **bounds)

    assert caught.value.mend == f"with_options({mend}) waits for it"


async def test_what_was_waited_for_others_leaves_the_budget_its_own_waits(stage: Any) -> None:
    """A setting that waited six seconds for a fence may still wait five for a venue that asks for it."""
    await lose_leverage(stage)
    slow = CannedAnswer(429, b'{"error": {"code": 1005, "message": "slow"}}', {"Retry-After": "5"})
    stage.sim.disturb("toy_perp", LEVERAGE, slow)
    began = stage.clock.monotonic()

    change = await set_leverage(stage, 9)

    assert change.changed is True
    assert 11 == pytest.approx(stage.clock.monotonic() - began, abs=0.1)
    with pytest.raises(errors.Throttled):
        await lose_and_wait(stage, slow)


async def lose_and_wait(stage: Any, slow: CannedAnswer) -> None:
    """Do the same with a bound on all waits together."""
    await lose_leverage(stage)
    stage.sim.disturb("toy_perp", LEVERAGE, slow)
    await set_leverage(stage, 11, max_wait=10)


async def test_a_deadline_counts_what_was_waited_before(stage: Any) -> None:
    """A write that has spent a part of its deadline in the queue waits for no fence beyond the rest of it."""
    stage.sim.disturb("toy_perp", LEVERAGE, Delay(before=4), DropBefore())
    first = asyncio.create_task(set_leverage(stage, 7, deadline=2))
    await asyncio.sleep(0)
    began = stage.clock.monotonic()

    with pytest.raises(errors.Fenced, match="may still arrive"):
        await set_leverage(stage, 9, deadline=5)

    assert 2 == pytest.approx(stage.clock.monotonic() - began, abs=0.1)
    with pytest.raises(errors.OutcomeUnknown):
        await first

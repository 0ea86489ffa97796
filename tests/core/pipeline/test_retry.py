from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from venuekit import errors
from venuekit.endpoint import Change
from venuekit.errors import Outcome
from venuekit.simulator import ApplyLater, CannedAnswer, Cut, Delay, DropAfter, DropBefore, SecondActor, Truncate
from venuekit_toy_perp.endpoints import TOY

pytestmark = pytest.mark.looptime

LEVERAGE = ("PUT", "/v1/leverage")
COLLATERAL = ("POST", "/v1/collateral")
READ = ("GET", "/v1/positions")
BUSY = CannedAnswer.json(503, {"error": {"code": 3002, "message": "busy"}})


def throttled_for(seconds: int) -> CannedAnswer:
    return CannedAnswer(429, b'{"error": {"code": 1005, "message": "slow"}}', {"Retry-After": str(seconds)})


async def set_leverage(stage: Any, value: int = 7, **options: Any) -> Change[Any]:
    change: Change[Any] = await stage.account.with_options(**options).call(
        TOY.SET_LEVERAGE, contract="GEMUSD", leverage=value
    )
    return change


async def add(stage: Any, amount: str = "5", **options: Any) -> Any:
    return await stage.account.with_options(**options).call(
        TOY.ADD_COLLATERAL, contract="TOYUSD", amount=Decimal(amount)
    )


def added(stage: Any) -> Decimal:
    return sum((change.amount for change in stage.sim.ledger.margin_changes("TOYUSD")), Decimal(0))


async def test_a_retried_request_carries_a_new_timestamp_and_signature(stage: Any) -> None:
    """An attempt after a wait is signed anew: nothing stale is ever sent."""
    stage.sim.disturb("toy_perp", LEVERAGE, BUSY)

    await set_leverage(stage)

    first, second = stage.arrivals(*LEVERAGE)
    changed = {name for name in first.parameters if first.parameters[name] != second.parameters[name]}
    assert {"time"} == changed
    assert first.at < second.at
    assert first.request.query_parameters["signature"] != second.request.query_parameters["signature"]


@pytest.mark.parametrize(
    "lost",
    [
        DropBefore(),
        Truncate(3),
        Cut(3),
        CannedAnswer.html(502),
        CannedAnswer(500),
        CannedAnswer.json(200, {"who": "knows"}),
    ],
)
async def test_a_set_that_left_no_trace_is_sent_once_more(stage: Any, lost: Any) -> None:
    """After a lost answer the setting is read; when the target does not hold it is sent once more, not oftener."""
    stage.sim.disturb("toy_perp", LEVERAGE, lost)

    change = await set_leverage(stage)

    assert change.changed is None
    assert Decimal(7) == stage.sim.ledger.leverage("GEMUSD")
    assert len(stage.arrivals(*LEVERAGE)) <= 2


async def test_a_set_that_was_applied_is_not_sent_again(stage: Any) -> None:
    """When the read shows the target, the lost answer is a success whose novelty nobody knows."""
    stage.sim.disturb("toy_perp", LEVERAGE, DropAfter())

    change = await set_leverage(stage)

    assert change.answer is not None
    assert (Decimal(7), None) == (change.answer.leverage, change.changed)
    assert 1 == len(stage.arrivals(*LEVERAGE))


async def test_a_set_lost_twice_ends_unknown_and_can_be_resolved_later(stage: Any) -> None:
    """Two lost attempts and the old value: unknown, until the fence has passed and nothing can arrive any more."""
    stage.sim.disturb("toy_perp", LEVERAGE, DropBefore(), DropBefore())

    with pytest.raises(errors.OutcomeUnknown) as caught:
        await set_leverage(stage)

    assert Outcome.UNKNOWN is caught.value.outcome
    assert 2 == len(stage.arrivals(*LEVERAGE))
    with pytest.raises(errors.OutcomeUnknown):
        await caught.value.resolve()
    await stage.clock.sleep(7)
    with pytest.raises(errors.NotExecuted):
        await caught.value.resolve()


async def test_a_third_value_is_a_conflict(stage: Any) -> None:
    """When neither the old nor the wanted value holds, somebody else writes it, and we stop."""
    other = SecondActor(lambda ledger: ledger.set_leverage("GEMUSD", Decimal(3)))
    stage.sim.disturb("toy_perp", LEVERAGE, DropBefore(), (other, DropBefore()))

    with pytest.raises(errors.Conflict):
        await set_leverage(stage)

    assert Decimal(3) == stage.sim.ledger.leverage("GEMUSD")


async def test_what_was_planned_from_another_value_is_a_conflict_at_once(stage: Any) -> None:
    """A first read that is neither the planned-from value nor the target ends it without sending again."""
    stage.sim.disturb("toy_perp", LEVERAGE, DropBefore())

    with pytest.raises(errors.Conflict):
        await set_leverage(stage, expected=Decimal(3))

    assert 1 == len(stage.arrivals(*LEVERAGE))


async def test_a_late_first_attempt_cannot_win_over_a_later_write(stage: Any) -> None:
    """A write of another value waits for the fence of a lost one, so the later write is the one that holds."""
    stage.sim.disturb("toy_perp", LEVERAGE, ApplyLater(4), DropBefore())
    with pytest.raises(errors.OutcomeUnknown):
        await set_leverage(stage, 7)

    change = await set_leverage(stage, 9)
    await stage.clock.sleep(20)

    assert change.changed is True
    assert Decimal(9) == stage.sim.ledger.leverage("GEMUSD")


async def test_an_attempt_after_the_fence_changes_nothing(stage: Any) -> None:
    """What arrives after its window is refused by the venue, and is reported as not executed."""
    stage.sim.disturb("toy_perp", COLLATERAL, ApplyLater(6))

    with pytest.raises(errors.NotExecuted) as caught:
        await add(stage)
    await stage.clock.sleep(60)

    assert Outcome.NOT_APPLIED is caught.value.outcome
    assert 0 == added(stage)
    assert 1 == len(stage.arrivals(*COLLATERAL))


@pytest.mark.parametrize("lost", [DropAfter(), Truncate(3), Cut(3), ApplyLater(1.5), ApplyLater(4)])
async def test_a_lost_delta_that_happened_is_found_and_never_sent_again(stage: Any, lost: Any) -> None:
    """The history row proves it, whether it was carried out at once or late."""
    stage.sim.disturb("toy_perp", COLLATERAL, lost)

    row = await add(stage)

    assert (Decimal(5), Decimal(5)) == (row.amount, added(stage))
    assert 1 == len(stage.arrivals(*COLLATERAL))


async def test_a_lost_delta_that_did_not_happen_is_proven_absent(stage: Any) -> None:
    """Only after the fence, by two reads, and never by sending it again."""
    stage.sim.disturb("toy_perp", COLLATERAL, DropBefore())

    with pytest.raises(errors.NotExecuted) as caught:
        await add(stage)

    assert caught.value.fence is not None
    assert stage.clock.milliseconds() > caught.value.fence.timestamp() * 1000
    assert 1 == len(stage.arrivals(*COLLATERAL))
    assert 0 == added(stage)


async def test_a_delta_is_sent_again_only_when_the_caller_opted_in(stage: Any) -> None:
    """With resend_until, a proven absence is followed by one new attempt."""
    from venuekit.plugin import from_milliseconds

    stage.sim.disturb("toy_perp", COLLATERAL, DropBefore())

    await add(stage, resend_until=from_milliseconds(stage.clock.milliseconds() + 60_000))

    assert 2 == len(stage.arrivals(*COLLATERAL))
    assert Decimal(5) == added(stage)


async def test_two_equal_changes_leave_the_outcome_unknown(stage: Any) -> None:
    """When somebody else made the same change at the same time, no row is claimed for ours."""
    twin = SecondActor(lambda ledger: ledger.adjust_margin("TOYUSD", Decimal(5)))
    stage.sim.disturb("toy_perp", COLLATERAL, (twin, DropAfter()))

    with pytest.raises(errors.OutcomeUnknown, match="no other actor writes"):
        await add(stage)


async def test_one_history_row_proves_one_write_only(stage: Any) -> None:
    """A row that explains an earlier lost write is not taken as proof of a later one."""
    stage.sim.disturb("toy_perp", COLLATERAL, DropAfter())
    await add(stage)
    stage.sim.disturb("toy_perp", COLLATERAL, DropBefore())

    with pytest.raises(errors.NotExecuted):
        await add(stage)

    assert Decimal(5) == added(stage)


async def test_a_busy_venue_is_not_asked_twice_to_double_something(stage: Any) -> None:
    """A documented refusal of a DELTA is raised as not applied."""
    stage.sim.disturb("toy_perp", COLLATERAL, BUSY)

    with pytest.raises(errors.Overloaded) as caught:
        await add(stage)

    assert Outcome.NOT_APPLIED is caught.value.outcome
    assert 1 == len(stage.arrivals(*COLLATERAL))


@pytest.mark.parametrize(
    "lost", [DropBefore(), DropAfter(), Truncate(3), Cut(3), CannedAnswer.html(502), CannedAnswer(500)]
)
async def test_a_read_is_repeated_until_it_is_answered(stage: Any, lost: Any) -> None:
    """Whatever happens to the answer of a read, it is simply asked again."""
    stage.sim.disturb("toy_perp", READ, lost, times=2)

    rows = await stage.account.call(TOY.POSITIONS)

    assert 1 == len(rows)
    assert 3 == len(stage.arrivals(*READ))


async def test_a_read_gives_up_after_the_policys_attempts(stage: Any) -> None:
    """The last failure is raised with status and first bytes, and the waits grew in between."""
    stage.sim.disturb("toy_perp", READ, CannedAnswer.html(502), times=9)

    with pytest.raises(errors.VenuekitError) as caught:
        await stage.account.call(TOY.POSITIONS)

    assert "502" in str(caught.value)
    assert 4 == len(stage.arrivals(*READ))


async def test_a_read_that_is_html_with_200_names_status_and_first_bytes(stage: Any) -> None:
    """A 200 that is no JSON is no answer."""
    stage.sim.disturb("toy_perp", READ, CannedAnswer.html(200), times=9)

    with pytest.raises(errors.AnswerLost, match=r"HTTP 200.*<") as caught:
        await stage.account.call(TOY.POSITIONS)

    assert 200 == caught.value.status


async def test_a_payload_of_another_shape_names_endpoint_and_field(stage: Any) -> None:
    """JSON that does not fit is reported by endpoint and field, not retried and never handed out raw."""
    stage.sim.disturb(
        "toy_perp", READ, CannedAnswer.json(200, {"positions": [{"contract": "TOYUSD", "quantity": "abc"}]})
    )

    with pytest.raises(errors.PayloadMismatch, match=r"GET /v1/positions.*positions\[0\]"):
        await stage.account.call(TOY.POSITIONS)

    assert 1 == len(stage.arrivals(*READ))


async def test_throttling_waits_as_long_as_the_venue_asks(stage: Any) -> None:
    """Retry-After decides the wait, and the request is then sent again."""
    stage.sim.disturb("toy_perp", READ, throttled_for(7))

    before = stage.clock.monotonic()
    await stage.account.call(TOY.POSITIONS)

    assert 7 <= stage.clock.monotonic() - before < 9


async def test_throttling_longer_than_allowed_is_raised(stage: Any) -> None:
    """A setting waits ten seconds at most; what would take longer ends as Throttled and was not applied."""
    stage.sim.disturb("toy_perp", LEVERAGE, throttled_for(60))

    with pytest.raises(errors.Throttled) as caught:
        await set_leverage(stage)

    assert Outcome.NOT_APPLIED is caught.value.outcome
    assert 1 == len(stage.arrivals(*LEVERAGE))


async def test_a_ban_closes_the_pool_until_it_ends(stage: Any) -> None:
    """After a ban nothing leaves this machine until the venue's time is over."""
    stage.sim.disturb("toy_perp", READ, CannedAnswer(418, b"{}", {"Retry-After": "300"}))
    with pytest.raises(errors.Banned):
        await stage.account.call(TOY.POSITIONS)

    with pytest.raises(errors.Banned) as caught:
        await stage.account.call(TOY.POSITIONS)
    assert Outcome.NOT_SENT is caught.value.outcome
    assert 1 == len(stage.arrivals(*READ))

    await stage.clock.sleep(300)
    assert await stage.account.call(TOY.POSITIONS)


async def test_a_wrong_clock_is_measured_and_the_request_sent_again_once(stage: Any) -> None:
    """A refusal of the timestamp was not executed: resync (a second answer confirms it), sign anew, send; once."""
    stage.sim.skew(30)

    change = await set_leverage(stage)

    assert change.changed is True
    assert 2 == len(stage.arrivals(*LEVERAGE))
    assert 2 == len(stage.arrivals("GET", "/v1/time"))


async def test_a_clock_that_stays_wrong_is_reported(stage: Any) -> None:
    """After one resync a second refusal of the timestamp is raised."""
    outside = CannedAnswer.json(400, {"error": {"code": 1003, "message": "outside the window"}})
    stage.sim.disturb("toy_perp", LEVERAGE, outside, times=5)

    with pytest.raises(errors.ClockSkew) as caught:
        await set_leverage(stage)

    assert Outcome.NOT_APPLIED is caught.value.outcome
    assert 2 == len(stage.arrivals(*LEVERAGE))


async def test_a_deadline_leaves_the_outcome_open_and_the_subject_fenced(stage: Any) -> None:
    """A write that had left when the deadline passed is unknown; another value waits until it cannot arrive."""
    stage.sim.disturb("toy_perp", LEVERAGE, Delay(before=3))
    with pytest.raises(errors.OutcomeUnknown, match="deadline"):
        await set_leverage(stage, 7, deadline=1)

    await set_leverage(stage, 9)
    await stage.clock.sleep(10)

    assert Decimal(9) == stage.sim.ledger.leverage("GEMUSD")


async def test_a_venue_that_cannot_be_reached_was_never_sent_anything(stage: Any) -> None:
    """A refused connection is tried again, and ends as not sent."""
    await stage.sim.__aexit__(None, None, None)
    with pytest.raises(errors.NeverSent):
        await stage.account.call(TOY.POSITIONS)  # finds the warm connection closed, and no new one to be had

    with pytest.raises(errors.NeverSent) as caught:
        await set_leverage(stage)

    assert Outcome.NOT_SENT is caught.value.outcome


async def test_a_doubtful_code_is_explained_by_a_read(stage: Any) -> None:
    """A code that may speak of an earlier attempt is resolved like a lost answer, not taken at its word."""
    seen = CannedAnswer.json(400, {"error": {"code": 2009, "message": "seen before"}}, applied=True)
    stage.sim.disturb("toy_perp", COLLATERAL, seen)

    row = await add(stage)

    assert Decimal(5) == row.amount
    assert 1 == len(stage.arrivals(*COLLATERAL))


async def test_a_write_proven_to_have_arrived_holds_nobody_up(stage: Any) -> None:
    """What was found in the history cannot arrive once more, so the next write need not wait for its fence."""
    stage.sim.disturb("toy_perp", COLLATERAL, DropAfter())
    await add(stage)

    before = stage.clock.monotonic()
    await add(stage, "6")

    assert stage.clock.monotonic() - before < 1


async def test_a_remembered_read_ends_at_each_callers_own_deadline(stage: Any) -> None:
    """Who joins a read that somebody else began is not hurt by that one's deadline, and keeps its own."""
    stage.sim.disturb("toy_perp", READ, Delay(before=4))

    hurried = asyncio.create_task(stage.account.with_options(deadline=1).read_once(TOY.POSITIONS))
    patient = asyncio.create_task(stage.account.read_once(TOY.POSITIONS))

    with pytest.raises(errors.AnswerLost, match="deadline"):
        await hurried
    assert 1 == len(await patient)
    assert 1 == len(stage.arrivals(*READ))

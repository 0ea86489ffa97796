"""Attempts after a failure: how long each waits, how many there are, and what is said of the last one."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
from tests.core.scripted_looks import ADDING, SETTING, Looks, scripted_looks

from venuekit import errors
from venuekit.endpoint import Change, WriteScope
from venuekit.errors import Outcome
from venuekit.pipeline.observe import EventKind
from venuekit.resolution import Completed, Completion, Reading
from venuekit.simulator import CannedAnswer
from venuekit_toy_perp.codes import Code
from venuekit_toy_perp.endpoints import TOY

BUSY = CannedAnswer.json(503, {"error": {"code": Code.BUSY, "message": "busy"}})
OUTSIDE = CannedAnswer.json(400, {"error": {"code": Code.OUTSIDE_WINDOW, "message": "outside the window"}})
PAGE = CannedAnswer.html(404)
GONE = CannedAnswer.json(500, {"error": {"code": Code.EXECUTION_NOT_KNOWN, "message": "who knows"}})
OLD: Reading[str] = Reading(10, holds=False)
OTHER: Reading[str] = Reading(3, holds=False)
HOLDS = Reading(7, holds=True, answer="7 holds")


def slow(seconds: int) -> CannedAnswer:
    return CannedAnswer(429, b'{"error": {"code": 1005, "message": "slow"}}', {"Retry-After": str(seconds)})


@pytest.fixture
async def looks(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Looks]:
    """An account whose waits are as long as they may be."""
    monkeypatch.setattr(random, "uniform", lambda _, longest: longest)
    async with scripted_looks() as looks:
        yield looks


def retries(looks: Looks) -> list[float]:
    """Return the seconds of each wait for another attempt, as observers are told them."""
    told = [event for event in looks.events if event.kind is EventKind.RETRY]
    assert all(isinstance(event.error, errors.OperationError) for event in told)
    return [round(event.seconds, 6) for event in told]


def set_policy(looks: Looks, **changes: Any) -> None:
    venue_session = looks.account._session.venue_session
    venue_session.policy = attrs.evolve(venue_session.policy, **changes)


async def test_waits_double_up_to_the_longest(looks: Looks) -> None:
    """From the first on, and no attempt follows the last that the policy allows."""
    set_policy(looks, attempts=6, first_wait=0.5, longest_wait=3.0)
    looks.sim.disturb("toy_perp", TOY.POSITIONS, BUSY, times=9)

    with pytest.raises(errors.Overloaded):
        await looks.account.call(TOY.POSITIONS)

    assert retries(looks) == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert round(looks.clock.waited, 6) == 9.5
    assert [one.path for one in looks.sim.requests].count(TOY.POSITIONS.path) == 6


@pytest.mark.parametrize(("max_wait", "attempts"), [(4, 3), (3.9, 2), (1.9, 1)])
async def test_no_wait_ends_later_than_the_call_may_wait(looks: Looks, max_wait: float, attempts: int) -> None:
    """All waits together, to the last of them."""
    looks.sim.requests.clear()
    looks.sim.disturb("toy_perp", TOY.POSITIONS, slow(2), times=2)
    view = looks.account.with_options(max_wait=max_wait)

    if attempts == 3:
        assert await view.call(TOY.POSITIONS)
    else:
        with pytest.raises(errors.Throttled):
            await view.call(TOY.POSITIONS)

    assert retries(looks) == [2.0] * (attempts - 1)
    assert len(looks.sim.requests) == attempts


async def test_a_clock_that_was_wrong_is_measured_and_nothing_is_waited_for(looks: Looks) -> None:
    """The refused request is sent again at once; one that is refused again is refused."""
    looks.sim.disturb("toy_perp", TOY.POSITIONS, OUTSIDE)
    assert await looks.account.call(TOY.POSITIONS)
    assert (retries(looks), looks.clock.waited) == ([0.0], 0.0)

    looks.sim.disturb("toy_perp", TOY.POSITIONS, OUTSIDE, times=2)
    looks.sim.requests.clear()
    with pytest.raises(errors.ClockSkew):
        await looks.account.call(TOY.POSITIONS)
    paths = [one.path for one in looks.sim.requests]
    assert paths.count(TOY.SERVER_TIME.path) == 1
    assert paths.count(TOY.POSITIONS.path) == 2


async def test_an_endpoint_that_may_be_absent_is_asked_no_more(looks: Looks) -> None:
    """Two bare pages say so; the error says what that means, and so does the next one, which sends nothing."""
    maybe = attrs.evolve(TOY.POSITIONS, may_be_absent=True)
    looks.sim.disturb("toy_perp", TOY.POSITIONS, PAGE, times=4)
    with pytest.raises(errors.UnsupportedCapability) as caught:
        await looks.account.call(maybe)

    assert caught.value.message.startswith("GET /v1/positions is not documented, and not there: HTTP 404")
    assert (caught.value.status, caught.value.code, caught.value.outcome) == (404, None, Outcome.NOT_APPLIED)
    assert caught.value.operation
    sent = len(looks.sim.requests)
    with pytest.raises(errors.UnsupportedCapability, match="is not documented, and not there"):
        await looks.account.call(maybe)
    assert len(looks.sim.requests) == sent


async def test_an_endpoint_that_is_documented_is_asked_again(looks: Looks) -> None:
    """However many bare pages it gave: they are those of a venue that is being restarted."""
    looks.sim.disturb("toy_perp", TOY.POSITIONS, PAGE, times=4)
    with pytest.raises(errors.OutcomeNotStated, match="HTTP 404"):
        await looks.account.call(TOY.POSITIONS)

    assert await looks.account.call(TOY.POSITIONS)


async def test_a_firewall_leaves_a_move_open_at_once(looks: Looks) -> None:
    """Nothing can be read before the address is let in again, and the error says so."""
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await looks.call(TOY.ADD_COLLATERAL, CannedAnswer.html(403), None)

    why = "the venue itself did not say so, and nothing can be read before the address is let in again"
    assert f"; {why} (this assumes that no other actor writes)" in caught.value.message
    assert caught.value.retry_at is not None
    assert len(looks.sim.requests) == 1


async def test_a_change_after_a_loss_is_not_claimed(looks: Looks) -> None:
    """A cancel-all that is answered at the second attempt may have been carried out by the first."""
    ends_all = attrs.evolve(TOY.SET_LEVERAGE, write_scope=WriteScope.ALL_ORDERS)
    change = await looks.call(ends_all, GONE, None)
    assert change.changed is None
    assert change.answer.leverage == SETTING["leverage"]

    looks.sim.disturb("toy_perp", ends_all, BUSY)
    change = await looks.account.call(ends_all, contract="GEMUSD", leverage=9)
    assert change.changed is True


async def test_a_cancel_all_that_is_shut_out_after_a_loss_can_be_looked_for(looks: Looks) -> None:
    """Nothing can be read at once; later ``resolve()`` reads how the lost attempt ended."""
    ends_all = attrs.evolve(TOY.SET_LEVERAGE, write_scope=WriteScope.ALL_ORDERS, readback=looks.read)
    looks.sim.disturb("toy_perp", ends_all, GONE)
    with pytest.raises(errors.OperationError) as caught:
        await looks.call(ends_all, CannedAnswer.html(403), HOLDS, times=9)

    assert (caught.value.outcome, looks.times) == (Outcome.UNKNOWN, [])
    assert await caught.value.resolve() == Change("7 holds", changed=None)


@pytest.mark.parametrize("is_lost", [False, True])
async def test_no_need_to_change_is_the_end_of_a_setting(looks: Looks, is_lost: bool) -> None:
    """It changed nothing, unless an attempt was lost before: that one may have."""
    unchanged = CannedAnswer.json(409, {"error": {"code": Code.NOTHING_TO_CHANGE, "message": "it is so"}})
    setting = attrs.evolve(TOY.SET_LEVERAGE, readback=looks.read)
    if is_lost:
        looks.sim.disturb("toy_perp", setting, GONE)

    assert await looks.call(setting, unchanged, OLD) == Change(None, changed=None if is_lost else False)
    assert len(looks.times) == is_lost


async def test_a_lost_setting_of_a_halted_account_stays_unknown(looks: Looks) -> None:
    """It is not sent again, and the error tells of the loss and of the guard."""

    async def read_and_halt(call: Any, lost: Any) -> Any:
        looks.account.halt()
        return await looks.read(call, lost)

    with pytest.raises(errors.OutcomeUnknown) as caught:
        await looks.call(attrs.evolve(TOY.SET_LEVERAGE, readback=read_and_halt), GONE, OLD)
    assert caught.value.message.startswith("who knows; it is not sent again: ")
    assert (caught.value.code, caught.value.outcome) == (Code.EXECUTION_NOT_KNOWN, Outcome.UNKNOWN)


async def test_a_refused_setting_of_a_halted_account_is_refused(looks: Looks) -> None:
    """No attempt of it can have been executed."""

    def halt(event: Any) -> None:
        if event.kind is EventKind.RETRY:
            looks.account.halt()

    looks.account._session.venue_session.observers = (halt,)
    with pytest.raises(errors.GuardRefused) as caught:
        await looks.call(TOY.SET_LEVERAGE, BUSY, OLD)

    assert (caught.value.outcome, caught.value.can_resolve) == (Outcome.NOT_APPLIED, False)


@pytest.mark.parametrize("reading", [OLD, OTHER])
async def test_a_write_of_several_settings_is_read_before_it_is_sent_once_more(looks: Looks, reading: Any) -> None:
    """Where another actor has changed one of them since they were read, it is not."""

    async def complete(_: object, parameters: Any) -> Completed:
        return Completed(parameters, present=10)

    joint = attrs.evolve(TOY.SET_LEVERAGE, completion=Completion(frozenset(), complete), readback=looks.read)
    if reading is OLD:
        change = await looks.call(joint, BUSY, OLD, HOLDS)
        assert change.changed is True
    else:
        with pytest.raises(errors.Conflict) as caught:
            await looks.call(joint, BUSY, OTHER)
        assert caught.value.outcome is Outcome.NOT_APPLIED

    assert len([one for one in looks.sim.requests if one.verb != "GET"]) == (2 if reading is OLD else 1)


async def test_a_move_that_is_refused_again_after_a_wait_is_refused(looks: Looks) -> None:
    """Its refusal is the last one, and nothing is looked for."""
    looks.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, slow(1))
    refused = CannedAnswer.json(409, {"error": {"code": 9999, "message": "no"}})
    looks.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, refused)
    looks.sim.requests.clear()

    with pytest.raises(errors.VenueError) as caught:
        await looks.account.call(TOY.ADD_COLLATERAL, **ADDING)

    assert (caught.value.message, caught.value.outcome) == ("no", Outcome.NOT_APPLIED)
    assert caught.value.can_resolve is False
    assert len(looks.sim.requests) == 2

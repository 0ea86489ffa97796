"""Margin types of the account: nothing is sent for the present one, and only once no earlier write can change it."""

from __future__ import annotations

import pytest
from plugins.bybit_inverse.tests.resolution.fates import Stage

from venuekit.capabilities import MarginType, MarginTypeSetting
from venuekit.errors import AnswerLost, Conflict, Fenced, Outcome, OutcomeUnknown
from venuekit.simulator import ApplyLater, Delay, DropBefore
from venuekit_bybit_inverse.endpoints import BYBIT

pytestmark = pytest.mark.looptime
CROSS, ISOLATED = MarginType.CROSS, MarginType.ISOLATED


async def _lose_cross(stage: Stage) -> None:
    """Ask for cross margin by a request that is carried out four seconds later, and that no read settles."""
    stage.sim.disturb(stage.account.venue.id, BYBIT.SET_MARGIN_TYPE, ApplyLater(4))
    stage.sim.disturb(stage.account.venue.id, BYBIT.ACCOUNT_INFO, Delay(), *[DropBefore()] * 99)
    with pytest.raises(OutcomeUnknown):
        await stage.account.with_options(deadline=1).set_margin_type(None, CROSS, account_wide=True)
    stage.sim.script.clear()


async def test_the_present_margin_type_waits_for_a_lost_other_one(stage: Stage) -> None:
    """Isolated holds while the lost change to cross can still arrive: it is asked for once that is over."""
    await _lose_cross(stage)
    patient = stage.account.with_options(max_wait=120)
    setting = await patient.set_margin_type(None, ISOLATED, account_wide=True)
    await stage.account.pause(20)
    assert setting == MarginTypeSetting(None, ISOLATED, changed=True)
    assert stage.ledger.margin_type() is ISOLATED


async def test_the_present_margin_type_is_not_believed_behind_a_fence(stage: Stage) -> None:
    """Who cannot wait until the lost change is over is told so, and nothing is sent."""
    await _lose_cross(stage)
    with pytest.raises(Fenced):
        await stage.account.with_options(max_wait=0).set_margin_type(None, ISOLATED, account_wide=True)


async def test_an_unreadable_margin_type_is_not_sent(stage: Stage) -> None:
    """Without the read that comes first nothing is sent, and the error says so."""
    stage.sim.disturb(stage.account.venue.id, BYBIT.ACCOUNT_INFO, *[DropBefore()] * 9)
    with pytest.raises(AnswerLost, match="could not be read, and nothing was sent") as caught:
        await stage.account.set_margin_type(None, CROSS, account_wide=True)
    assert caught.value.outcome is Outcome.NOT_SENT
    assert stage.ledger.margin_type() is ISOLATED


async def test_another_margin_type_than_expected_is_a_conflict(stage: Stage) -> None:
    """A change that was planned from another value is not sent."""
    with pytest.raises(Conflict, match="isolated holds, not portfolio") as caught:
        await stage.account.with_options(expected=MarginType.PORTFOLIO).set_margin_type(None, CROSS, account_wide=True)
    assert caught.value.outcome is Outcome.NOT_SENT

"""Reads that a venue may not have: what says so, and what does not."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from venuekit import errors
from venuekit.endpoint import Endpoint
from venuekit.errors import Outcome
from venuekit.simulator import CannedAnswer
from venuekit_toy_perp.endpoints import TOY

pytestmark = pytest.mark.looptime

READ = ("GET", "/v1/positions")


@pytest.fixture
def reported() -> Endpoint[Any]:
    """A read that the venue does not document."""
    return attrs.evolve(TOY.POSITIONS, may_be_absent=True)


async def test_a_404_again_and_again_is_absence_and_is_remembered(stage: Any, reported: Endpoint[Any]) -> None:
    """It is told as unsupported, and nothing is sent to it any more, whoever asks."""
    stage.sim.disturb("toy_perp", READ, CannedAnswer.html(404), times=4)
    with pytest.raises(errors.UnsupportedCapability) as caught:
        await stage.account.call(reported)
    assert (caught.value.status, caught.value.outcome) == (404, Outcome.NOT_APPLIED)
    sent = len(stage.arrivals(*READ))
    assert sent > 1
    assert stage.account.lacks(reported)

    with pytest.raises(errors.UnsupportedCapability) as again:
        await stage.account.with_options(deadline=5).call(reported)
    assert again.value.outcome is Outcome.NOT_SENT
    assert len(stage.arrivals(*READ)) == sent
    assert await stage.account.call(TOY.POSITIONS) is not None


async def test_one_page_is_no_absence(stage: Any, reported: Endpoint[Any]) -> None:
    """It is asked again, and where that may not be, the trouble is told and nothing remembered."""
    stage.sim.disturb("toy_perp", READ, CannedAnswer.html(404))
    assert await stage.account.call(reported) is not None
    stage.sim.disturb("toy_perp", READ, CannedAnswer.html(404))
    with pytest.raises(errors.OutcomeNotStated):
        await stage.account.with_options(max_wait=0).call(reported)
    assert not stage.account.lacks(reported)


@pytest.mark.parametrize("status", [403, 429, 500, 502])
async def test_other_pages_are_no_absence(stage: Any, reported: Endpoint[Any], status: int) -> None:
    """A firewall and a broken gateway say nothing about what the venue has."""
    stage.sim.disturb("toy_perp", READ, CannedAnswer.html(status), times=4)
    with pytest.raises(errors.VenueError):
        await stage.account.with_options(max_wait=0.5).call(reported)
    assert not stage.account.lacks(reported)


async def test_a_documented_read_is_never_absent(stage: Any) -> None:
    """Its 404 page stays one that nobody knows the meaning of."""
    stage.sim.disturb("toy_perp", READ, CannedAnswer.html(404), times=4)
    with pytest.raises(errors.OutcomeNotStated):
        await stage.account.call(TOY.POSITIONS)
    assert not stage.account.lacks(TOY.POSITIONS)

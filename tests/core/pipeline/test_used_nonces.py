"""Numbers that a venue refuses: sent again with the next one, unless a copy of the request may have used it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
from tests.core.bounded_toys import KINDS

import venuekit
from venuekit import errors
from venuekit.errors import Outcome
from venuekit.plugin import Endpoint, Fault, FaultRow, FaultTable, Venue
from venuekit.simulator import CannedAnswer, Delay, Simulation
from venuekit.testing.clocks import LoopClock
from venuekit_toy_perp.codes import FAULTS
from venuekit_toy_perp.endpoints import TOY

pytestmark = pytest.mark.looptime

USED = 1200
OVERTAKEN = 1003
_ROWS = (*(row for row in FAULTS.rows if row.code != OVERTAKEN), FaultRow(Fault.NONCE, OVERTAKEN))
VENUE: Venue[Any] = attrs.evolve(KINDS["nonce"], faults=FaultTable((*_ROWS, FaultRow(Fault.NONCE, USED))))
REFUSAL = {"error": {"code": USED, "message": "the number was used"}}
ADD = {"contract": "TOYUSD", "amount": 5}


@attrs.frozen
class Stage:
    """The venue, and an account of it."""

    sim: Simulation
    account: Any

    def applied(self, endpoint: Endpoint[Any]) -> list[bool | None]:
        return [one.applied for one in self.sim.requests if (one.verb, one.path) == (endpoint.verb, endpoint.path)]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    clock = LoopClock()
    async with Simulation((VENUE,), clock=clock) as sim, venuekit.Runtime(clock=clock, journal=False) as runtime:
        yield Stage(sim, await runtime.open(VENUE, sim.credentials("toy_perp")))


async def test_read_and_setting_are_sent_again_with_the_next_number(stage: Stage) -> None:
    """The refusal says that nothing was executed, and the clock is not measured for it."""
    for endpoint in (TOY.POSITIONS, TOY.SET_LEVERAGE):
        stage.sim.disturb("toy_perp", endpoint, CannedAnswer.json(400, REFUSAL))
    stage.sim.requests.clear()

    assert await stage.account.call(TOY.POSITIONS)
    change = await stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    assert change.changed is True
    assert [] == stage.applied(TOY.SERVER_TIME)


async def test_number_that_is_refused_again_and_again_is_of_another_program(stage: Stage) -> None:
    """The error says how to mend it, and that nothing was executed."""
    stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, CannedAnswer.json(400, REFUSAL), times=4)
    with pytest.raises(
        errors.NonceUsed, match="1200 the number was used; another program signs with this key"
    ) as caught:
        await stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    assert caught.value.outcome is Outcome.NOT_APPLIED
    assert 4 == len(stage.applied(TOY.SET_LEVERAGE))


@pytest.mark.parametrize("applied", [True, False])
async def test_write_whose_number_a_copy_may_have_used_is_looked_for(stage: Stage, applied: bool) -> None:
    """No later number went out here: the refusal is believed once the write is not found, and it is sent once."""
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, CannedAnswer.json(400, REFUSAL, applied=applied))
    if applied:
        assert (await stage.account.call(TOY.ADD_COLLATERAL, **ADD)).amount == 5
    else:
        with pytest.raises(errors.NonceUsed) as caught:
            await stage.account.call(TOY.ADD_COLLATERAL, **ADD)
        assert caught.value.outcome is Outcome.NOT_APPLIED

    assert [applied] == stage.applied(TOY.ADD_COLLATERAL)


async def test_write_that_a_later_request_overtook_is_sent_again(stage: Stage) -> None:
    """It is carried out once, though a read that went out after it arrived first."""
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, Delay(0.5))

    row, _ = await asyncio.gather(stage.account.call(TOY.ADD_COLLATERAL, **ADD), stage.account.call(TOY.POSITIONS))

    assert row.amount == 5
    assert [False, True] == stage.applied(TOY.ADD_COLLATERAL)

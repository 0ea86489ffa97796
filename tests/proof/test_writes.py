"""The state machine plays every write of every venue: each endpoint that changes something is reached by one."""

from __future__ import annotations

import pytest
from tests.proof import writes
from tests.proof.test_machine import FAMILIES, VENUES
from tests.proof.turn import Turn
from tests.proof.world import installed, open_world

from venuekit.capabilities import CountdownControl, OrderType

#: venues that are made up for the tests of the framework
_MADE_UP = ("toy_",)

pytestmark = pytest.mark.looptime


def test_every_venue_is_played() -> None:
    """All that are installed and can be simulated."""
    assert set(VENUES) == {one for one in installed().venue_ids() if not one.startswith(_MADE_UP)}


@pytest.mark.parametrize("venue", VENUES)
async def test_every_write_is_played(venue: str) -> None:
    """An endpoint that nothing of the machine reaches is named."""
    world = await open_world(venue, "holding", None)
    for write in dict.fromkeys(one for family in FAMILIES for one in family):
        if len(writes.waiting(world)) < 2:
            world.rest_orders()
        await write(world, Turn())
    await writes.place(world, Turn(), OrderType.STOP_MARKET)
    await writes.cancel(world, Turn(), by_client_id=False)
    await world.end()
    arrived = {one.endpoint_name for one in world.sim.requests}
    endpoints = world.sim.venue(venue).endpoints
    # a countdown ends orders; the listen key of a stream changes nothing of the account
    changing = {one.name for one in endpoints if one.is_write or CountdownControl.set_countdown in one.serves}
    assert changing - arrived == set()

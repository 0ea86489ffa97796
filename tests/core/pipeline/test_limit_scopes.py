"""Limits by scope and kind, over real sockets: each side counts for itself, and neither finds the other too fast."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from venuekit import Runtime, errors
from venuekit.endpoint import Endpoint, Priority
from venuekit.faults import Fault, FaultRow, FaultTable
from venuekit.simulator import Simulation
from venuekit.testing import InstantClock
from venuekit.venue import Limit, LimitScope, Venue
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.codes import FAULTS, Code
from venuekit_toy_perp.endpoints import TOY

WEIGHT = TOY_PERP.limits[0]


def limited(limit: Limit, endpoint: Endpoint[Any], cost: int | None = 1) -> tuple[Venue[Any], Endpoint[Any]]:
    """Return the toy venue with one more limit, which one of its endpoints pays into, and that endpoint."""
    paying = attrs.evolve(endpoint, pools={**endpoint.pools, limit.name: cost})
    endpoints = tuple(paying if one is endpoint else one for one in TOY_PERP.endpoints)
    simulated = TOY_PERP.simulated
    assert simulated is not None

    def paid() -> Any:
        venue = simulated()
        handlers = {paying if one is endpoint else one: handler for one, handler in venue.handlers().items()}
        venue.handlers = lambda: handlers  # type: ignore[method-assign]  # the same routes, at another price
        return venue

    venue = attrs.evolve(TOY_PERP, limits=(WEIGHT, limit), endpoints=endpoints, simulated=paid)
    return venue, paying


@pytest.fixture
def clock() -> InstantClock:
    return InstantClock()


async def test_a_bucket_is_waited_for_and_the_venue_agrees(clock: InstantClock) -> None:
    """A burst of what the bucket holds leaves at once, the rest as it refills; no request is refused."""
    venue, reading = limited(Limit("reads", amount=5, refill=2, scope=LimitScope.ACCOUNT), TOY.SETTINGS)
    async with Simulation((venue,), clock=clock) as sim, Runtime(clock=clock, journal=False) as runtime:
        account = await runtime.open(venue, sim.credentials(venue.id))
        account = account.with_options(max_wait=60, priority=Priority.RISK)
        sim.requests.clear()
        for _ in range(9):
            await account.call(reading)

    began = sim.requests[0].at
    late = [arrival.at - began for arrival in sim.requests]
    assert {200} == {arrival.status for arrival in sim.requests}
    assert late[:5] == [0, 0, 0, 0, 0]
    assert late[5:] == pytest.approx([500, 1000, 1500, 2000], abs=10)


async def test_a_venue_refuses_whoever_empties_its_bucket(clock: InstantClock) -> None:
    """A client that does not know the limit is refused where its tokens end, and served again once they flowed in."""
    venue, _ = limited(Limit("reads", amount=5, refill=2, scope=LimitScope.ACCOUNT), TOY.SETTINGS)
    async with Simulation((venue,), clock=clock) as sim, Runtime(clock=clock, journal=False) as runtime:
        account = (await runtime.open(TOY_PERP, sim.credentials(venue.id))).with_options(max_wait=0)
        for _ in range(5):
            await account.call(TOY.SETTINGS)
        with pytest.raises(errors.Throttled):
            await account.call(TOY.SETTINGS)
        await clock.sleep(2)
        await account.call(TOY.SETTINGS)


async def test_a_limit_of_a_symbol_holds_up_no_other_symbol(clock: InstantClock) -> None:
    """Each symbol has a pool of its own; the one that is exhausted is named, and nothing was sent."""
    venue, setting = limited(Limit("changes", amount=1, seconds=60, scope=LimitScope.SYMBOL), TOY.SET_LEVERAGE)
    async with Simulation((venue,), clock=clock) as sim, Runtime(clock=clock, journal=False) as runtime:
        account = (await runtime.open(venue, sim.credentials(venue.id))).with_options(max_wait=0)
        await account.call(setting, contract="GEMUSD", leverage=7)
        await account.call(setting, contract="TOYUSD", leverage=12)
        sim.requests.clear()

        with pytest.raises(errors.Throttled, match="'weight, changes' is exhausted"):
            await account.call(setting, contract="GEMUSD", leverage=8)

        assert sim.requests == []
        await clock.sleep(61)
        assert (await account.call(setting, contract="GEMUSD", leverage=8)).changed is True


async def test_a_refusal_closes_the_pool_of_its_symbol_alone(clock: InstantClock) -> None:
    """What the venue says of the account's requests for one symbol does not hold up those for another."""
    venue, setting = limited(Limit("changes", amount=9, seconds=60, scope=LimitScope.SYMBOL), TOY.SET_LEVERAGE)
    of_account = FaultRow(Fault.THROTTLED, Code.TOO_MANY_REQUESTS, is_account_limit=True)
    rest = (row for row in FAULTS.rows if row.code != Code.TOO_MANY_REQUESTS)
    venue = attrs.evolve(venue, faults=FaultTable((of_account, *rest)))
    strict, _ = limited(Limit("changes", amount=1, seconds=60, scope=LimitScope.SYMBOL), TOY.SET_LEVERAGE)
    async with Simulation((strict,), clock=clock) as sim, Runtime(clock=clock, journal=False) as runtime:
        account = (await runtime.open(venue, sim.credentials(venue.id))).with_options(max_wait=0)
        await account.call(setting, contract="GEMUSD", leverage=7)
        with pytest.raises(errors.Throttled):
            await account.call(setting, contract="GEMUSD", leverage=8)

        assert (await account.call(setting, contract="TOYUSD", leverage=12)).changed is True
        with pytest.raises(errors.Throttled, match="an earlier refusal keeps pool changes closed"):
            await account.call(setting, contract="GEMUSD", leverage=8)

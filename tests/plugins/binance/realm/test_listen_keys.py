"""Listen keys: raw operations of both products, until streams come."""

from __future__ import annotations

from typing import Any

import pytest

import venuekit
from venuekit.errors import NotFound
from venuekit.testing import InstantClock

PRODUCTS = ("binance_coinm", "binance_usdm")


def endpoint(account: Any, verb: str) -> Any:
    return next(one for one in account.venue.endpoints if one.verb == verb and one.path.endswith("/v1/listenKey"))


@pytest.mark.parametrize("venue", PRODUCTS)
async def test_a_listen_key_lives_for_an_hour_from_its_last_call(venue: str) -> None:
    """Starting again gives the same key, keeping it alive prolongs it, and a dead one must be started anew."""
    clock = InstantClock()
    async with (
        venuekit.simulate(venue, clock=clock) as sim,
        venuekit.Runtime(clock=clock) as runtime,
        venuekit.connect(venue, sim.credentials(venue), runtime=runtime) as account,
    ):
        first = await account.call(endpoint(account, "POST"))
        await clock.sleep(3000)
        assert first == await account.call(endpoint(account, "PUT"))
        await clock.sleep(3000)
        assert first == await account.call(endpoint(account, "POST"))
        await clock.sleep(3700)
        with pytest.raises(NotFound, match="-1125 This listenKey does not exist"):
            await account.call(endpoint(account, "PUT"))

        second = await account.call(endpoint(account, "POST"))
        await account.call(endpoint(account, "DELETE"))
        with pytest.raises(NotFound):
            await account.call(endpoint(account, "PUT"))

    assert first != second
    assert first.reveal() not in repr(first)

"""Answers that tell of every symbol may weigh more than others, and have a limit, too."""

from __future__ import annotations

from typing import Any

import pytest

import venuekit
from venuekit import errors
from venuekit.capabilities import InstrumentReader, OrderReader, PriceReader
from venuekit.message import ANSWER_LIMIT
from venuekit.plugins import make_plugins
from venuekit.simulator import Rewrite

VENUES = [one for one in make_plugins().venue_ids() if one != "toy_perp"]


def _serving(venue: Any, method: Any) -> list[Any]:
    return [endpoint for endpoint in venue.endpoints if method in endpoint.serves]


@pytest.mark.parametrize("venue_id", VENUES)
async def test_instruments_may_weigh_what_they_are_declared_to(venue_id: str) -> None:
    """A read of all instruments is read up to its own limit, and is a lost answer beyond."""
    async with (
        venuekit.simulate(venue_id) as sim,
        venuekit.connect(venue_id, sim.credentials(venue_id)) as account,
    ):
        endpoint, *_ = _serving(account.venue, InstrumentReader.get_instruments)
        sim.disturb(venue_id, endpoint, Rewrite(lambda body: body + b" " * (endpoint.answer_limit - len(body))))
        assert await InstrumentReader.of(account).get_instruments()

        sim.disturb(venue_id, endpoint, Rewrite(lambda body: body + b" " * endpoint.answer_limit), times=4)
        with pytest.raises(errors.AnswerLost, match=f"answer_limit is {endpoint.answer_limit} bytes"):
            await InstrumentReader.of(account.with_options(max_wait=0)).get_instruments()


def test_only_what_tells_of_every_symbol_may_weigh_more() -> None:
    """More than usual is for reads of instruments, prices and open orders, which come as a whole."""
    plugins = make_plugins()
    heavy = {
        endpoint for one in VENUES for endpoint in plugins.venue(one).endpoints if endpoint.answer_limit > ANSWER_LIMIT
    }

    assert heavy
    for endpoint in heavy:
        wholes = {InstrumentReader.get_instruments, OrderReader.get_open_orders, PriceReader.get_prices}
        assert wholes & set(endpoint.serves), str(endpoint)
        assert endpoint.answer_limit <= 4 * ANSWER_LIMIT

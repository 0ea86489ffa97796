"""Each request of the venues' own clients is served by the simulator, refused on purpose, or told to be missing."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
import pytest
from tests.contract.asking import PLUGINS
from tests.contract.official_clients import CLIENTS, calls, calls_of_bybit
from tests.contract.request_data import load_requests
from tests.contract.routes import TARGET, make_simulated, render, served_by

import venuekit
from venuekit.simulator import UNSERVED

#: modules of Bybit's client with requests of other products than a derivatives account, which are on no list
OTHER_PRODUCTS: Mapping[str, str] = {
    "broker": "the reports of brokers",
    "crypto_loan": "loans",
    "earn": "savings",
    "fiat": "the exchange of fiat money",
    "institutional_loan": "loans of institutions",
    "p2p": "trades between users",
    "rate_limit": "limits of sub-accounts of institutions",
    "rfq": "requests for quotes, of spot and options",
    "spot_leverage_token": "tokens of the spot market",
    "spot_margin_trade": "margin of the spot market",
    "spread": "combinations of spot and derivatives",
}
BYBIT = "bybit_inverse"
VENUES = tuple(dict.fromkeys(request.venue for request in load_requests()))
ASKED = [(venue, call) for venue in CLIENTS for call in calls(venue)]
ASKED += [
    (BYBIT, call) for module, several in calls_of_bybit().items() for call in several if module not in OTHER_PRODUCTS
]


def places_of(venue: str, call: tuple[str, str]) -> list[str]:
    """Return the lists of a simulated venue that have a request."""
    declared = PLUGINS.venue(venue)
    simulated = make_simulated(declared)
    lists = {
        "served": served_by(declared),
        "refused": frozenset(simulated.refusals),
        "not served": simulated.unserved,
    }
    return [name for name, several in lists.items() if call in several]


def test_page_is_up_to_date() -> None:
    """docs/simulator_routes.md is what the simulated venues say; else run ``python -m tests.contract.routes``."""
    assert TARGET.read_text(encoding="utf-8") == render(PLUGINS)


@pytest.mark.parametrize("venue", [*CLIENTS, BYBIT])
def test_every_request_of_the_venues_own_client_has_its_place(venue: str) -> None:
    """It is on one of the three lists."""
    missing = [call for asked, call in ASKED if asked == venue and len(places_of(venue, call)) != 1]

    assert missing == []


def test_other_products_are_modules_of_the_client() -> None:
    """A module that is left out exists."""
    assert OTHER_PRODUCTS.keys() <= calls_of_bybit().keys()


@pytest.mark.parametrize("venue", VENUES)
async def test_a_request_that_is_not_served_says_so(venue: str, caplog: pytest.LogCaptureFixture) -> None:
    """It is answered with status 501 in words of the venue's envelope, and the log names it."""
    simulated = make_simulated(PLUGINS.venue(venue))
    async with venuekit.simulate(venue) as sim, aiohttp.ClientSession() as session:
        for verb, path in sorted(simulated.unserved):
            caplog.clear()
            async with session.request(verb, sim.rest(venue) + path) as response:
                assert (response.status, UNSERVED in await response.text()) == (501, True), path
            assert f"{venue}: {verb} {path} is {UNSERVED}" in caplog.messages


@pytest.mark.parametrize("venue", VENUES)
async def test_a_request_that_is_refused_on_purpose_is_refused_by_the_venues_words(venue: str) -> None:
    """It is answered without a key, by a status or a code of the venue."""
    simulated = make_simulated(PLUGINS.venue(venue))
    async with venuekit.simulate(venue) as sim, aiohttp.ClientSession() as session:
        for (verb, path), refusal in simulated.refusals.items():
            async with session.request(verb, sim.rest(venue) + path) as response:
                assert (response.status, await response.read()) == (refusal.status, refusal.body)

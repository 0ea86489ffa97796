"""
What is declared, beside the newest clients of the venues themselves: what a venue drops turns red here.

Nothing is sent. Binance's clients have a signature for every request; Bybit's has its paths alone. They are as new as
the lock file says: ``uv lock --upgrade`` brings the next ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.contract.official_clients import calls, paths_of_bybit

from venuekit.endpoint import Endpoint
from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_coinm.venue import VENUE as BINANCE_COINM
from venuekit_binance_usdm.venue import VENUE as BINANCE_USDM
from venuekit_bybit_inverse.venue import BYBIT_INVERSE

BINANCE = [(venue.id, endpoint) for venue in (BINANCE_USDM, BINANCE_COINM) for endpoint in venue.endpoints]
#: requests that the venue answers and its client does not have, and why they are declared all the same
UNLISTED: Mapping[tuple[str, str], str] = {
    ("POST", "/dapi/v1/algoOrder"): "the venue's notice of conditional orders names it",
    ("DELETE", "/dapi/v1/algoOrder"): "the venue's notice of conditional orders names it",
    ("GET", "/dapi/v1/openAlgoOrders"): "the venue's notice of conditional orders names it",
    ("GET", "/dapi/v1/algoOrder"): "another client of the venue uses it; it may be absent",
    ("GET", "/dapi/v1/allAlgoOrders"): "another client of the venue uses it; it may be absent",
    ("GET", "/papi/v1/account"): "of the portfolio margin API, which has a client of its own",
    ("GET", "/v5/position/symbol-info"): "documented by the venue since June 2026",
}
#: parameters that the venue takes and its client does not have, and why
UNSAID: Mapping[tuple[str, str], frozenset[str]] = {}


def listed() -> Iterator[Any]:
    """Return the endpoints that a client has, each with its venue."""
    for venue, endpoint in BINANCE:
        if (endpoint.verb, endpoint.path) not in UNLISTED:
            yield pytest.param(venue, endpoint, id=f"{venue} {endpoint}")


@pytest.mark.parametrize(("venue", "endpoint"), [*listed()])
def test_every_declared_parameter_is_the_clients(venue: str, endpoint: Endpoint[Any]) -> None:
    """What the venue's own client does not send (any more) is not declared."""
    call = calls(venue)[endpoint.verb, endpoint.path]
    ours = {parameter.name for parameter in endpoint.parameters if not parameter.local}
    assert ours - call.parameters == UNSAID.get((endpoint.verb, endpoint.path), frozenset())


@pytest.mark.parametrize(("venue", "endpoint"), [*listed()])
def test_every_declared_choice_is_the_clients(venue: str, endpoint: Endpoint[Any]) -> None:
    """A word that is declared is one that the venue's own client knows."""
    call = calls(venue)[endpoint.verb, endpoint.path]
    for parameter in endpoint.parameters:
        if parameter.choices is not None and parameter.name in call.values:
            assert parameter.choices <= call.values[parameter.name], parameter.name


def test_what_a_client_lacks_is_still_lacking() -> None:
    """An exception that is none any more is taken out of the list."""
    known = {*calls(BINANCE_USDM.id), *calls(BINANCE_COINM.id)} | {
        (verb, path) for path in paths_of_bybit() for verb in ("GET", "POST")
    }
    assert not UNLISTED.keys() & known
    declared = {(endpoint.verb, endpoint.path) for _, endpoint in BINANCE}
    declared |= {(endpoint.verb, endpoint.path) for endpoint in BYBIT_INVERSE.endpoints}
    assert UNLISTED.keys() <= declared


def test_a_parameter_that_is_dropped_is_noticed() -> None:
    """The page number of the income history was dropped in October 2026."""
    call = calls(BINANCE_COINM.id)[COINM.INCOME.verb, COINM.INCOME.path]
    assert "page" not in call.parameters
    assert {"startTime", "endTime", "limit", "incomeType"} <= call.parameters
    assert "FUNDING_FEE" in call.values["incomeType"]


def test_every_path_is_one_of_bybits_client() -> None:
    """What its client has no request for is listed with a reason."""
    missing = {(one.verb, one.path) for one in BYBIT_INVERSE.endpoints if one.path not in paths_of_bybit()}
    assert missing <= UNLISTED.keys()

"""The declarations of the venue, and the cost of importing it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from venuekit.capabilities import (
    AssetModeControl,
    BalanceReader,
    Capability,
    LeverageControl,
    MarginTypeControl,
    PositionModeControl,
    SettingsReader,
)
from venuekit.endpoint import Effect, Endpoint, Security, WriteScope
from venuekit.parameters import Role
from venuekit.plugins import make_plugins
from venuekit.stream_declaration import ListenKeySession
from venuekit.testing.recorded import Recorded
from venuekit.venue import EnvironmentName, LimitScope
from venuekit_binance_usdm.endpoints import USDM
from venuekit_binance_usdm.venue import VENUE

_ALGO: Any = USDM.ORDERS.algo


@pytest.mark.parametrize("endpoint", VENUE.endpoints, ids=str)
def test_every_endpoint_has_a_recorded_success_with_its_own_facts(
    endpoint: Endpoint[object], recorded: Recorded
) -> None:
    """Verb, path and security of the recorded case are those declared, and its parameters are declared ones."""
    successes = [case for case in recorded.of(endpoint) if case.is_success]

    assert successes
    for case in successes:
        assert case.security is endpoint.security
        assert case.parameters.keys() <= endpoint.by_name.keys()
        endpoint.decode(case.body)


@pytest.mark.parametrize(
    ("endpoint", "weight"),
    [
        (USDM.SERVER_TIME, 1),
        (USDM.EXCHANGE_INFO, 1),
        (USDM.ACCOUNT_CONFIG, 5),
        (USDM.SYMBOL_CONFIG, 5),
        (USDM.BALANCE, 5),
        (USDM.ACCOUNT, 5),
        (USDM.POSITION_RISK, 5),
        (USDM.BRACKETS, 1),
        (USDM.ORDERS.open_orders, 40),
        (_ALGO.open_orders, 40),
        (USDM.POSITION_MODE, 30),
        (USDM.ASSET_MODE, 30),
        (USDM.SET_LEVERAGE, 1),
        (USDM.SET_MARGIN_TYPE, 1),
        (USDM.SET_POSITION_MODE, 1),
        (USDM.SET_ASSET_MODE, 1),
        (USDM.MARK_PRICE, 10),
        (USDM.BOOK_TICKER, 5),
        (USDM.LAST_PRICE, 2),
        (USDM.COMMISSION, 20),
        (USDM.ADL, 5),
        (USDM.INCOME, 30),
        (USDM.MARGIN_HISTORY, 1),
        (USDM.POSITION_MARGIN, 1),
    ],
    ids=str,
)
def test_weights_are_those_documented(endpoint: Endpoint[object], weight: int) -> None:
    """The most a call can cost is documented, and every call pays it into the pool of the address."""
    assert endpoint.cost({}) == endpoint.weight_most == weight
    assert endpoint.pools == {"weight": None}


def test_past_fundings_count_in_a_pool_of_their_own() -> None:
    """500 requests in five minutes of an address, which have no weight."""
    limit = next(one for one in VENUE.limits if one.name == "funding")
    assert (limit.amount, limit.seconds, limit.scope) == (500, 300, LimitScope.ADDRESS)
    assert USDM.FUNDING_RATES.pools == {"weight": 0, "funding": 1}


#: the payment of each call about orders into the pool of the address and into those of orders
ORDER_COSTS = {
    USDM.ORDERS.order: {"weight": 1},
    USDM.ORDERS.open_order: {"weight": 1},
    USDM.ORDERS.all_orders: {"weight": 5},
    _ALGO.order: {"weight": 1},
    _ALGO.all_orders: {"weight": 5},
    USDM.ORDERS.trades: {"weight": 5},
    USDM.ORDERS.forced: {"weight": 50},
    USDM.ORDERS.place: {"weight": 0, "orders_10s": 1, "orders_1m": 1},
    _ALGO.place: {"weight": 0, "orders_10s": 1, "orders_1m": 1},
    USDM.ORDERS.amend: {"weight": 0, "orders_10s": 1, "orders_1m": 1},
    USDM.ORDERS.cancel: {"weight": 1},
    _ALGO.cancel: {"weight": 1},
    USDM.ORDERS.cancel_all: {"weight": 1},
    _ALGO.cancel_all: {"weight": 1},
    USDM.ORDERS.place_batch: {"weight": 5, "orders_10s": 5, "orders_1m": 1},
    USDM.ORDERS.amend_batch: {"weight": 5, "orders_10s": 5, "orders_1m": 1},
    USDM.ORDERS.cancel_batch: {"weight": 1},
    USDM.ORDERS.countdown: {"weight": 10},
}


@pytest.mark.parametrize(("endpoint", "pools"), ORDER_COSTS.items(), ids=str)
def test_costs_of_orders_are_those_documented(endpoint: Endpoint[object], pools: dict[str, int]) -> None:
    """Placing and amending one order weighs nothing and counts as an order; all else weighs."""
    costs = {name: endpoint.weight_most if cost is None else cost for name, cost in endpoint.pools.items()}
    assert costs == pools


@pytest.mark.parametrize(
    "endpoint", [USDM.ORDERS.open_orders, _ALGO.open_orders, USDM.MARK_PRICE, USDM.LAST_PRICE], ids=str
)
def test_naming_a_symbol_makes_a_read_cheap(endpoint: Endpoint[object]) -> None:
    """One symbol costs 1."""
    assert endpoint.cost({"symbol": "BTCUSDT"}) == 1


def test_writes_know_what_they_are_about() -> None:
    """Leverage and margin type exclude each other per symbol, modes exclude everything."""
    settings: dict[Endpoint[Any], WriteScope] = {
        USDM.SET_LEVERAGE: WriteScope.SYMBOL,
        USDM.SET_MARGIN_TYPE: WriteScope.SYMBOL,
        USDM.SET_POSITION_MODE: WriteScope.ACCOUNT,
        USDM.SET_ASSET_MODE: WriteScope.ACCOUNT,
    }

    assert all(endpoint.write_scope is subject for endpoint, subject in settings.items())
    assert {endpoint.effect for endpoint in settings} == {Effect.SET}
    assert all(endpoint.readback for endpoint in settings)
    assert USDM.SET_LEVERAGE.name_of(Role.LEVERAGE) == "leverage"


def test_what_needs_no_key() -> None:
    """Time, instruments, prices and their histories are public, everything else is signed."""
    public = {endpoint for endpoint in VENUE.endpoints if endpoint.security is Security.NONE}

    assert public == {
        *(USDM.SERVER_TIME, USDM.EXCHANGE_INFO, USDM.MARK_PRICE, USDM.BOOK_TICKER, USDM.LAST_PRICE),
        *(USDM.CANDLES, USDM.FUNDING_RATES),
    }


@pytest.mark.parametrize(
    "capability",
    [BalanceReader, LeverageControl, MarginTypeControl, PositionModeControl, AssetModeControl, SettingsReader],
)
def test_account_is_its_capabilities(capability: type[Capability]) -> None:
    """The account class carries out every promise, so it can be instantiated."""
    assert issubclass(VENUE.account, capability)
    assert VENUE.account.__abstractmethods__ == frozenset()
    assert all(vars(part).get("__slots__") == () for part in VENUE.account.__mro__ if "binance" in part.__module__)


def test_environments_allow_their_own_hosts_only() -> None:
    """Every URL of an environment lies on its allow-list, and no host is in two."""
    by_name = {environment.name: environment for environment in VENUE.environments}
    hosts: Mapping[EnvironmentName, set[str | None]] = {
        name: {
            urlsplit(url).hostname for url in (it.rest, it.websocket_api, it.stream, *it.further_hosts.values()) if url
        }
        for name, it in by_name.items()
    }

    assert by_name.keys() == {EnvironmentName.LIVE, EnvironmentName.TESTNET, EnvironmentName.DEMO}
    assert hosts == {name: set(it.hosts) for name, it in by_name.items()}
    assert sum(len(it) for it in hosts.values()) == len(set().union(*hosts.values()))
    assert all(it.rest.startswith("https://") for it in by_name.values())


def test_plugin_is_found_by_its_entry_point() -> None:
    """The venue enters by the same door as a stranger's."""
    assert make_plugins().venue("binance_usdm") is VENUE


def test_declarations_import_no_codec_and_no_client_stack() -> None:
    """Reading the declarations of the venue costs no JSON codec, no converter, no HTTP stack and no simulator."""
    script = (
        "import sys, venuekit_binance_usdm.venue\n"
        "heavy = ('msgspec', 'cattrs', 'aiohttp', 'tenacity', 'venuekit.simulator')\n"
        "print([name for name in heavy if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)  # noqa: S603

    assert done.stdout.strip() == "[]"


def test_the_stream_is_opened_by_a_listen_key() -> None:
    """It is prolonged before its 60 minutes end, and the connection replaced before it is a day old."""
    stream = VENUE.stream
    assert stream is not None
    session = stream.session
    assert isinstance(session, ListenKeySession)
    assert {session.start, session.keep_alive, session.stop} == set(USDM.STREAM)
    assert (session.path, session.life, session.gone) == ("/private/ws?listenKey={key}", timedelta(minutes=60), {-1125})
    assert stream.connection_life == timedelta(days=1)

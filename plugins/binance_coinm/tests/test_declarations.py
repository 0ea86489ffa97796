"""The declarations of the venue, and the cost of importing it."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from venuekit.capabilities import AssetModeControl, AssetModeReader, PositionBehaviour, PositionModeBehaviour
from venuekit.endpoint import Effect, Endpoint, Security, WriteScope
from venuekit.plugins import make_plugins
from venuekit.stream_declaration import ListenKeySession
from venuekit.venue import EnvironmentName
from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_coinm.venue import VENUE

_ALGO: Any = COINM.ORDERS.algo

WEIGHTS = {
    COINM.SERVER_TIME: 1,
    COINM.EXCHANGE_INFO: 1,
    COINM.BALANCE: 1,
    COINM.ACCOUNT: 5,
    COINM.POSITION_RISK: 1,
    COINM.BRACKETS: 2,
    COINM.PAIR_BRACKETS: 1,
    COINM.ORDERS.open_orders: 40,
    _ALGO.open_orders: 40,
    COINM.POSITION_MODE: 30,
    COINM.SET_LEVERAGE: 1,
    COINM.SET_MARGIN_TYPE: 1,
    COINM.SET_POSITION_MODE: 1,
    COINM.MARK_PRICE: 10,
    COINM.BOOK_TICKER: 5,
    COINM.LAST_PRICE: 2,
    COINM.FUNDING_RATES: 1,
    COINM.COMMISSION: 20,
    COINM.ADL: 5,
    COINM.INCOME: 20,
    COINM.MARGIN_HISTORY: 1,
    COINM.POSITION_MARGIN: 1,
}
#: the payment of each call about orders into the pool of the address and into that of orders
ORDER_COSTS = {
    COINM.ORDERS.order: {"weight": 1},
    COINM.ORDERS.open_order: {"weight": 1},
    COINM.ORDERS.all_orders: {"weight": 5},
    COINM.ORDERS.trades: {"weight": 5},
    COINM.ORDERS.forced: {"weight": 50},
    COINM.ORDERS.place: {"weight": 0, "orders_1m": 1},
    _ALGO.place: {"weight": 0, "orders_1m": 1},
    COINM.ORDERS.amend: {"weight": 0, "orders_1m": 1},
    COINM.ORDERS.cancel: {"weight": 1},
    _ALGO.order: {"weight": 1},
    _ALGO.all_orders: {"weight": 5},
    _ALGO.cancel: {"weight": 1},
    COINM.ORDERS.cancel_all: {"weight": 1},
    COINM.ORDERS.place_batch: {"weight": 5, "orders_1m": 1},
    COINM.ORDERS.amend_batch: {"weight": 5, "orders_1m": 1},
    COINM.ORDERS.cancel_batch: {"weight": 1},
    COINM.ORDERS.countdown: {"weight": 10},
}
PORTFOLIO_COSTS = {COINM.PORTFOLIO_ACCOUNT: {"portfolio_weight": 20}}
WEIGHTS |= dict.fromkeys(COINM.STREAM, 1)


@pytest.mark.parametrize(("endpoint", "weight"), WEIGHTS.items(), ids=str)
def test_weights_are_those_documented(endpoint: Endpoint[object], weight: int) -> None:
    """The most a call can cost is documented, and every call pays it into the pool of the address."""
    assert endpoint.cost({}) == endpoint.weight_most == weight
    assert endpoint.pools == {"weight": None}


@pytest.mark.parametrize(("endpoint", "pools"), [*ORDER_COSTS.items(), *PORTFOLIO_COSTS.items()], ids=str)
def test_costs_of_orders_are_those_documented(endpoint: Endpoint[object], pools: dict[str, int]) -> None:
    """Placing and amending one order weighs nothing and counts as an order by the minute; all else weighs."""
    costs = {name: endpoint.weight_most if cost is None else cost for name, cost in endpoint.pools.items()}
    assert costs == pools


def test_every_endpoint_has_a_documented_weight() -> None:
    """None is left out above."""
    assert set(WEIGHTS) | set(ORDER_COSTS) | set(PORTFOLIO_COSTS) | {COINM.CANDLES} == set(VENUE.endpoints)


@pytest.mark.parametrize(
    ("limit", "weight"), [(99, 1), (100, 2), (499, 2), (500, 5), (1000, 5), (1001, 10), (1500, 10), (None, 5)]
)
def test_candles_weigh_as_many_as_are_asked_for(limit: int | None, weight: int) -> None:
    """The weight grows with the number; 500 are read where none is named."""
    assert COINM.CANDLES.cost({} if limit is None else {"limit": limit}) == weight <= COINM.CANDLES.weight_most


@pytest.mark.parametrize("endpoint", [COINM.BRACKETS, COINM.ORDERS.open_orders, _ALGO.open_orders], ids=str)
def test_naming_a_symbol_makes_a_read_cheap(endpoint: Endpoint[object]) -> None:
    """One symbol costs 1."""
    assert endpoint.cost({"symbol": "BTCUSD_PERP"}) == 1


def test_writes_can_be_found_out_and_know_what_they_are_about() -> None:
    """Leverage and margin type exclude each other per symbol, the mode excludes everything."""
    settings: dict[Endpoint[Any], WriteScope] = {
        COINM.SET_LEVERAGE: WriteScope.SYMBOL,
        COINM.SET_MARGIN_TYPE: WriteScope.SYMBOL,
        COINM.SET_POSITION_MODE: WriteScope.ACCOUNT,
    }

    assert all(endpoint.write_scope is subject for endpoint, subject in settings.items())
    assert all(endpoint.effect is Effect.SET and endpoint.readback for endpoint in settings)
    public = {endpoint for endpoint in VENUE.endpoints if endpoint.security is Security.NONE}
    prices = {COINM.MARK_PRICE, COINM.BOOK_TICKER, COINM.LAST_PRICE, COINM.CANDLES, COINM.FUNDING_RATES}
    assert public == {COINM.SERVER_TIME, COINM.EXCHANGE_INFO, *prices}


def test_position_information_takes_pair_and_margin_asset() -> None:
    """The venue filters by those two; a symbol is picked out of its pair by us."""
    assert VENUE.behaviour(PositionBehaviour).filters == {"symbol", "pair", "margin_asset"}
    assert set(COINM.POSITION_RISK.by_name) == {"pair", "marginAsset"}
    assert VENUE.behaviour(PositionModeBehaviour).shared_with == ("binance_usdm",)


def test_asset_mode_is_unsupported_with_the_reason() -> None:
    """Multi-assets mode is the other product's."""
    assert not issubclass(VENUE.account, AssetModeReader)
    assert "USDⓈ-M" in VENUE.unsupported[AssetModeControl]
    assert VENUE.unsupported[AssetModeReader] == VENUE.unsupported[AssetModeControl]


def test_environments_allow_their_own_hosts_only() -> None:
    """Every URL of an environment lies on its allow-list, and every host of the list is used."""
    assert {environment.name for environment in VENUE.environments} == set(EnvironmentName) - {EnvironmentName.SIM}
    for environment in VENUE.environments:
        own = (environment.rest, environment.websocket_api, environment.stream)
        urls = [url for url in (*own, *environment.further_hosts.values()) if url]
        assert {urlsplit(url).hostname for url in urls} == environment.hosts
        assert environment.rest.startswith("https://")


def test_plugin_is_found_by_its_entry_point() -> None:
    """The venue enters by the same door as a stranger's."""
    assert make_plugins().venue("binance_coinm") is VENUE


def test_parts_keep_accounts_small() -> None:
    """No part of the account class adds a dictionary to each account."""
    parts = [part for part in VENUE.account.__mro__ if "binance" in part.__module__]

    assert len(parts) > 8
    assert all(vars(part).get("__slots__") == () for part in parts)


def test_declarations_import_no_codec_and_no_client_stack() -> None:
    """Reading the declarations of the venue costs no JSON codec, no converter, no HTTP stack and no simulator."""
    script = (
        "import sys, venuekit_binance_coinm.venue\n"
        "print([name for name in ('msgspec', 'cattrs', 'aiohttp', 'tenacity', 'venuekit.simulator')"
        " if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)  # noqa: S603

    assert done.stdout.strip() == "[]"


def test_the_stream_is_opened_by_a_listen_key() -> None:
    """It is prolonged before its 60 minutes end, and the connection replaced before it is a day old."""
    stream = VENUE.stream
    assert stream is not None
    session = stream.session
    assert isinstance(session, ListenKeySession)
    assert {session.start, session.keep_alive, session.stop} == set(COINM.STREAM)
    assert (session.path, session.life, session.gone) == ("/ws/{key}", timedelta(minutes=60), {-1125})
    assert stream.connection_life == timedelta(days=1)

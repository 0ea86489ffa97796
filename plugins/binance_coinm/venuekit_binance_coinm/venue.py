"""The venue: everything it is, as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from venuekit.capabilities import (
    AssetModeControl,
    AssetModeReader,
    HistoryBehaviour,
    OrderTestControl,
    PositionBehaviour,
)
from venuekit.plugin import Environment, EnvironmentName, Venue
from venuekit_binance_coinm.account import BinanceCoinmAccount
from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_coinm.stream import STREAM
from venuekit_binance_coinm.terms import FAULTS, NO_ORDER_TEST, ORDER_BEHAVIOUR, SWITCH_BEHAVIOUR
from venuekit_binance_common.faults import OUTDATED_BY, read_answer
from venuekit_binance_common.settings import blockers, setting_behaviours
from venuekit_binance_common.socket_api import socket_api
from venuekit_binance_common.venue import (
    KEY_KINDS,
    LIMITS,
    PORTFOLIO_MARGIN_HOST,
    PORTFOLIO_MARGIN_HOSTS,
    REALM,
    QuerySigning,
)

if TYPE_CHECKING:
    from venuekit.simulator.simulated_venue import SimulatedVenue

_ENVIRONMENTS = (
    Environment(
        name=EnvironmentName.LIVE,
        rest="https://dapi.binance.com",
        websocket_api="wss://ws-dapi.binance.com",
        stream="wss://dstream.binance.com",
        hosts=frozenset({"dapi.binance.com", "ws-dapi.binance.com", "dstream.binance.com", PORTFOLIO_MARGIN_HOST}),
        further_hosts=PORTFOLIO_MARGIN_HOSTS,
    ),
    Environment(
        name=EnvironmentName.TESTNET,
        rest="https://testnet.binancefuture.com",
        websocket_api="wss://testnet.binancefuture.com",
        stream="wss://dstream.binancefuture.com",
        hosts=frozenset({"testnet.binancefuture.com", "dstream.binancefuture.com"}),
    ),
    Environment(
        name=EnvironmentName.DEMO,
        rest="https://demo-dapi.binance.com",
        stream="wss://demo-dstream.binance.com",
        hosts=frozenset({"demo-dapi.binance.com", "demo-dstream.binance.com"}),
    ),
)

_NO_ASSET_MODE = "each coin backs its own positions here: multi-assets mode is one of USDⓈ-M futures"


def _make_simulated_venue() -> SimulatedVenue:
    from venuekit_binance_coinm.simulated.venue import SimulatedCoinm

    return SimulatedCoinm()


VENUE = Venue(
    id="binance_coinm",
    title="Binance COIN-M futures",
    account=BinanceCoinmAccount,
    realm=REALM,
    environments=_ENVIRONMENTS,
    limits=LIMITS,
    signing=QuerySigning(),
    key_kinds=KEY_KINDS,
    answers=read_answer,
    faults=FAULTS,
    outdated_by=OUTDATED_BY,
    server_time=COINM.SERVER_TIME,
    endpoints=tuple(COINM),
    behaviours=(
        *setting_behaviours("binance_usdm"),
        PositionBehaviour(filters=frozenset({"symbol", "pair", "margin_asset"})),
        ORDER_BEHAVIOUR,
        SWITCH_BEHAVIOUR,
        HistoryBehaviour(income="asked for a year at a time"),
    ),
    blockers=blockers(lower_leverage=-4150),
    unsupported={AssetModeReader: _NO_ASSET_MODE, AssetModeControl: _NO_ASSET_MODE, OrderTestControl: NO_ORDER_TEST},
    stream=STREAM,
    socket_api=socket_api("/ws-dapi/v1"),
    simulated=_make_simulated_venue,
)

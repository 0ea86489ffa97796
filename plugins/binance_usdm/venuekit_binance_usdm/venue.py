"""The venue: everything it is, as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from venuekit.capabilities import AssetMode, HistoryBehaviour, MarginType, PositionBehaviour, Setting
from venuekit.plugin import BlockedBy, Blocker, BlockerScope, Coupling, Environment, EnvironmentName, Venue
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
from venuekit_binance_usdm.account import BinanceUsdmAccount
from venuekit_binance_usdm.endpoints import USDM
from venuekit_binance_usdm.stream import STREAM
from venuekit_binance_usdm.terms import FAULTS, ORDER_BEHAVIOUR, SWITCH_BEHAVIOUR

if TYPE_CHECKING:
    from venuekit.simulator.simulated_venue import SimulatedVenue

_ENVIRONMENTS = (
    Environment(
        name=EnvironmentName.LIVE,
        rest="https://fapi.binance.com",
        websocket_api="wss://ws-fapi.binance.com",
        stream="wss://fstream.binance.com",
        hosts=frozenset({"fapi.binance.com", "ws-fapi.binance.com", "fstream.binance.com", PORTFOLIO_MARGIN_HOST}),
        further_hosts=PORTFOLIO_MARGIN_HOSTS,
    ),
    Environment(
        name=EnvironmentName.TESTNET,
        rest="https://testnet.binancefuture.com",
        websocket_api="wss://testnet.binancefuture.com",
        stream="wss://fstream.binancefuture.com",
        hosts=frozenset({"testnet.binancefuture.com", "fstream.binancefuture.com"}),
    ),
    Environment(
        name=EnvironmentName.DEMO,
        rest="https://demo-fapi.binance.com",
        stream="wss://demo-fstream.binance.com",
        hosts=frozenset({"demo-fapi.binance.com", "demo-fstream.binance.com"}),
    ),
)

_BEHAVIOURS = (
    *setting_behaviours("binance_coinm", leverage_most=None),
    PositionBehaviour(filters=frozenset({"symbol"})),
    ORDER_BEHAVIOUR,
    SWITCH_BEHAVIOUR,
    HistoryBehaviour(income="the last three months"),
)

COUPLINGS = (
    Coupling(
        Setting.ASSET_MODE,
        AssetMode.MULTI,
        needs=Setting.MARGIN_TYPE,
        needed=MarginType.CROSS,
        why="multi-assets mode needs every symbol in cross margin (-4167)",
    ),
    Coupling(
        Setting.MARGIN_TYPE,
        MarginType.ISOLATED,
        needs=Setting.ASSET_MODE,
        needed=AssetMode.SINGLE,
        why="isolated margin needs single-asset mode (-4168)",
    ),
)

BLOCKERS = (
    *blockers(lower_leverage=-4161),
    Blocker(
        Setting.ASSET_MODE,
        BlockedBy.ORDERS,
        BlockerScope.ACCOUNT,
        "-4170 Unable to adjust Multi-Assets Mode with open orders in USDⓈ-M Futures.",
    ),
)


def _make_simulated_venue() -> SimulatedVenue:
    from venuekit_binance_usdm.simulated.venue import SimulatedUsdm

    return SimulatedUsdm()


VENUE = Venue(
    id="binance_usdm",
    title="Binance USDⓈ-M futures",
    account=BinanceUsdmAccount,
    realm=REALM,
    environments=_ENVIRONMENTS,
    limits=LIMITS,
    signing=QuerySigning(),
    key_kinds=KEY_KINDS,
    answers=read_answer,
    faults=FAULTS,
    outdated_by=OUTDATED_BY,
    server_time=USDM.SERVER_TIME,
    endpoints=tuple(USDM),
    behaviours=_BEHAVIOURS,
    couplings=COUPLINGS,
    blockers=BLOCKERS,
    stream=STREAM,
    socket_api=socket_api("/ws-fapi/v1"),
    simulated=_make_simulated_venue,
)

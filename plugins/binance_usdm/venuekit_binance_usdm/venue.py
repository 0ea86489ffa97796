"""The venue: everything it is, as data."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from venuekit.capabilities import (
    AssetMode,
    LeverageBehaviour,
    LeverageScope,
    MarginType,
    MarginTypeBehaviour,
    MarginTypeScope,
    PositionBehaviour,
    PositionModeBehaviour,
    PositionModeScope,
    Setting,
)
from venuekit.venue import BlockedBy, Blocker, BlockerScope, Coupling, Environment, EnvironmentName, Venue
from venuekit_binance_usdm.account import BinanceUsdmAccount
from venuekit_binance_usdm.answers import read_answer
from venuekit_binance_usdm.endpoints import ENDPOINTS, SERVER_TIME
from venuekit_binance_usdm.faults import FAULTS
from venuekit_binance_usdm.limits import LIMITS
from venuekit_binance_usdm.signing import QuerySigning

if TYPE_CHECKING:
    from venuekit.simulator.front import Front

__all__ = ["VENUE"]

_ENVIRONMENTS = (
    Environment(
        name=EnvironmentName.LIVE,
        rest="https://fapi.binance.com",
        websocket_api="wss://ws-fapi.binance.com/ws-fapi/v1",
        stream="wss://fstream.binance.com/private",
        hosts=frozenset({"fapi.binance.com", "ws-fapi.binance.com", "fstream.binance.com"}),
    ),
    Environment(
        name=EnvironmentName.TESTNET,
        rest="https://testnet.binancefuture.com",
        websocket_api="wss://testnet.binancefuture.com/ws-fapi/v1",
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
    LeverageBehaviour(
        scope=frozenset({LeverageScope.SYMBOL}), minimum=Decimal(1), maximum=Decimal(125), step=Decimal(1)
    ),
    MarginTypeBehaviour(scope=MarginTypeScope.SYMBOL),
    PositionModeBehaviour(scope=PositionModeScope.ACCOUNT),
    PositionBehaviour(filters=frozenset({"symbol"})),
)

_COUPLINGS = (
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

_BLOCKERS = (
    Blocker(
        Setting.MARGIN_TYPE,
        BlockedBy.ORDERS,
        BlockerScope.SYMBOL,
        "-4047 Margin type cannot be changed if there exists open orders.",
    ),
    Blocker(
        Setting.MARGIN_TYPE,
        BlockedBy.POSITION,
        BlockerScope.SYMBOL,
        "-4048 Margin type cannot be changed if there exists position.",
    ),
    Blocker(
        Setting.POSITION_MODE,
        BlockedBy.ORDERS,
        BlockerScope.REALM,
        "-4067 Position side cannot be changed if there exists open orders.",
    ),
    Blocker(
        Setting.POSITION_MODE,
        BlockedBy.POSITION,
        BlockerScope.REALM,
        "-4068 Position side cannot be changed if there exists position.",
    ),
    Blocker(
        Setting.ASSET_MODE,
        BlockedBy.ORDERS,
        BlockerScope.ACCOUNT,
        "-4170 Unable to adjust Multi-Assets Mode with open orders in USDⓈ-M Futures.",
    ),
    Blocker(
        Setting.LEVERAGE,
        BlockedBy.LOWER_LEVERAGE,
        BlockerScope.SYMBOL,
        "-4161 Leverage reduction is not supported in Isolated Margin Mode with open positions.",
    ),
)


def _front() -> Front:
    from venuekit_binance_usdm.front import BinanceUsdmFront

    return BinanceUsdmFront()


VENUE = Venue(
    id="binance_usdm",
    title="Binance USDⓈ-M futures",
    account=BinanceUsdmAccount,
    realm="binance_futures",
    environments=_ENVIRONMENTS,
    limits=LIMITS,
    signing=QuerySigning(),
    answers=read_answer,
    faults=FAULTS,
    server_time=SERVER_TIME,
    endpoints=ENDPOINTS,
    behaviours=_BEHAVIOURS,
    couplings=_COUPLINGS,
    blockers=_BLOCKERS,
    front=_front,
)

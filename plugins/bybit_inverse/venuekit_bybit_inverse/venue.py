"""Bybit inverse as a venue: everything it is, as data."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from venuekit.capabilities import (
    AssetModeControl,
    AssetModeReader,
    LeverageBehaviour,
    LeverageScope,
    MarginTypeBehaviour,
    MarginTypeScope,
    PositionBehaviour,
    PositionModeBehaviour,
    PositionModeControl,
    PositionModeScope,
)
from venuekit.venue import Environment, EnvironmentName, Venue
from venuekit_bybit_inverse.account import BybitInverseAccount
from venuekit_bybit_inverse.answers import bybit_answers
from venuekit_bybit_inverse.endpoints import ENDPOINTS, SERVER_TIME
from venuekit_bybit_inverse.faults import FAULTS
from venuekit_bybit_inverse.limits import LIMITS
from venuekit_bybit_inverse.signing import BybitSigning

if TYPE_CHECKING:
    from venuekit.simulator.front import Front

__all__ = ["BYBIT_INVERSE"]

_ONE_WAY_ONLY = "a unified account holds inverse contracts in one-way mode only; the venue refuses hedge mode (110029)"
_NO_ASSET_MODE = (
    "a unified account has no asset mode: its collateral is pooled over all coins, in cross and portfolio margin"
)

_LIVE = Environment(
    name=EnvironmentName.LIVE,
    rest="https://api.bybit.com",
    websocket_api="wss://stream.bybit.com/v5/trade",
    stream="wss://stream.bybit.com/v5/private",
    hosts=frozenset({"api.bybit.com", "api.bytick.com", "stream.bybit.com"}),
)
_TESTNET = Environment(
    name=EnvironmentName.TESTNET,
    rest="https://api-testnet.bybit.com",
    websocket_api="wss://stream-testnet.bybit.com/v5/trade",
    stream="wss://stream-testnet.bybit.com/v5/private",
    hosts=frozenset({"api-testnet.bybit.com", "stream-testnet.bybit.com"}),
)
# What the demo service lacks (fee rate, key information, transfers, order entry over WebSocket) serves no capability
# that exists so far; symbol-info, which it lacks too, is only the second source of the leverage.
_DEMO = Environment(
    name=EnvironmentName.DEMO,
    rest="https://api-demo.bybit.com",
    stream="wss://stream-demo.bybit.com/v5/private",
    hosts=frozenset({"api-demo.bybit.com", "stream-demo.bybit.com"}),
)


def _front() -> Front:
    from venuekit_bybit_inverse.front import BybitFront

    return BybitFront()


BYBIT_INVERSE: Venue[BybitInverseAccount] = Venue(
    id="bybit_inverse",
    title="Bybit inverse contracts",
    account=BybitInverseAccount,
    realm="bybit",
    environments=(_LIVE, _TESTNET, _DEMO),
    limits=LIMITS,
    signing=BybitSigning(),
    answers=bybit_answers,
    faults=FAULTS,
    server_time=SERVER_TIME,
    endpoints=ENDPOINTS,
    behaviours=(
        # No inverse contract is listed above 100; where one allows less, the venue refuses (110013).
        LeverageBehaviour(
            scope=frozenset({LeverageScope.SYMBOL}),
            minimum=Decimal(1),
            maximum=Decimal(100),
            step=Decimal("0.01"),
            moves_margin=True,
        ),
        MarginTypeBehaviour(
            MarginTypeScope.ACCOUNT,
            touches="the whole unified account: inverse and linear contracts, options and spot margin",
        ),
        PositionBehaviour(filters=frozenset({"symbol", "margin_asset"})),
        PositionModeBehaviour(PositionModeScope.ACCOUNT),
    ),
    unsupported={
        PositionModeControl: _ONE_WAY_ONLY,
        AssetModeReader: _NO_ASSET_MODE,
        AssetModeControl: _NO_ASSET_MODE,
    },
    front=_front,
)

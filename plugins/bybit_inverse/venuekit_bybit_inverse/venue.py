"""Bybit inverse as a venue: everything it is, as data."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from venuekit.capabilities import (
    ApiKeyReader,
    AssetModeControl,
    AssetModeReader,
    CommissionReader,
    ConversionReader,
    CountdownControl,
    DeadManControl,
    HistoryBehaviour,
    LeverageBehaviour,
    LeverageScope,
    ListenKeyControl,
    MarginChangeReader,
    MarginTypeBehaviour,
    MarginTypeScope,
    OrderBatchControl,
    OrderBehaviour,
    OrderTestControl,
    OrderType,
    PositionBehaviour,
    PositionModeBehaviour,
    PositionModeControl,
    PositionModeScope,
    RiskLimitControl,
    TimeInForce,
    TpSlModeControl,
    WithdrawalReader,
)
from venuekit.plugin import Environment, EnvironmentName, KeyKind, Venue
from venuekit_bybit_inverse.account import BybitInverseAccount
from venuekit_bybit_inverse.answers import answer_time, bybit_answers
from venuekit_bybit_inverse.endpoints import BYBIT, CLIENT_ID_PATTERN
from venuekit_bybit_inverse.faults import FAULTS, OUTDATED_BY
from venuekit_bybit_inverse.limits import LIMITS
from venuekit_bybit_inverse.protection import BEHAVIOUR
from venuekit_bybit_inverse.reading import TWO_YEARS
from venuekit_bybit_inverse.signing import BybitSigning
from venuekit_bybit_inverse.stream_session import STREAM
from venuekit_bybit_inverse.trade_socket import TRADE_SOCKET

if TYPE_CHECKING:
    from venuekit.simulator.simulated_venue import SimulatedVenue

_ONE_WAY_ONLY = "a unified account holds inverse contracts in one-way mode only; the venue refuses hedge mode (110029)"
_NO_ASSET_MODE = (
    "a unified account has no asset mode: its collateral is pooled over all coins, in cross and portfolio margin"
)
_NO_MARGIN_HISTORY = (
    "the venue keeps no history of margin changes; only the answer to add-margin and the position itself show them"
)
_AUTOMATIC_TIERS = (
    "without effect since 2024-03-12: the venue chooses the tier by the size of the position; get_brackets says which"
    " tiers there are"
)
_NO_TEST = "the venue has no test order; its pre-check gives margin rates, not whether it would take the order"
_NO_COUNTDOWN = (
    "the venue has no countdown by calls; its disconnection protection (DCP), which cancels when a private stream is"
    " lost, is behind dead_man_switch()"
)
_NO_LISTEN_KEY = "the venue opens a stream by a signed message, and has no listen key"
_BATCH_AT_MOST = 20
_NOT_ON_DEMO = "the venue's demo service does not have this endpoint"

_LIVE = Environment(
    name=EnvironmentName.LIVE,
    rest="https://api.bybit.com",
    websocket_api="wss://stream.bybit.com",
    stream="wss://stream.bybit.com",
    hosts=frozenset({"api.bybit.com", "api.bytick.com", "stream.bybit.com"}),
)
_TESTNET = Environment(
    name=EnvironmentName.TESTNET,
    rest="https://api-testnet.bybit.com",
    websocket_api="wss://stream-testnet.bybit.com",
    stream="wss://stream-testnet.bybit.com",
    hosts=frozenset({"api-testnet.bybit.com", "stream-testnet.bybit.com"}),
)
# The demo service also lacks symbol-info, which is only the second source of the leverage.
_DEMO = Environment(
    name=EnvironmentName.DEMO,
    rest="https://api-demo.bybit.com",
    stream="wss://stream-demo.bybit.com",
    hosts=frozenset({"api-demo.bybit.com", "stream-demo.bybit.com"}),
    unsupported=dict.fromkeys(
        (
            ApiKeyReader,
            CommissionReader,
            ConversionReader,
            DeadManControl,
            OrderBatchControl,
            TpSlModeControl,
            WithdrawalReader,
        ),
        _NOT_ON_DEMO,
    ),
    lacks={BYBIT.TRANSFERABLE: _NOT_ON_DEMO},
)


def _make_simulated_venue() -> SimulatedVenue:
    from venuekit_bybit_inverse.simulated.venue import SimulatedBybit

    return SimulatedBybit()


BYBIT_INVERSE: Venue[BybitInverseAccount] = Venue(
    id="bybit_inverse",
    title="Bybit inverse contracts",
    account=BybitInverseAccount,
    realm="bybit",
    environments=(_LIVE, _TESTNET, _DEMO),
    limits=LIMITS,
    signing=BybitSigning(),
    key_kinds=frozenset({KeyKind.HMAC, KeyKind.RSA}),
    answers=bybit_answers,
    answered_at=answer_time,
    faults=FAULTS,
    outdated_by=OUTDATED_BY,
    server_time=BYBIT.SERVER_TIME,
    endpoints=tuple(BYBIT),
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
        HistoryBehaviour(
            income=TWO_YEARS.words,
            closed_pnl=f"{TWO_YEARS.words}; what was closed before the account became a unified one only with a symbol",
        ),
        BEHAVIOUR,
        OrderBehaviour(
            types=frozenset(set(OrderType) - {OrderType.TRAILING_STOP_MARKET}),
            times_in_force=frozenset(set(TimeInForce) - {TimeInForce.GTD}),
            client_id_pattern=CLIENT_ID_PATTERN,
            place_batch=_BATCH_AT_MOST,
            cancel_batch=_BATCH_AT_MOST,
            amend_batch=_BATCH_AT_MOST,
            decides_later=True,
            client_id_reuse="an id is taken once and never again (110072)",
            needs_collateral=True,
        ),
    ),
    unsupported={
        PositionModeControl: _ONE_WAY_ONLY,
        AssetModeReader: _NO_ASSET_MODE,
        AssetModeControl: _NO_ASSET_MODE,
        MarginChangeReader: _NO_MARGIN_HISTORY,
        RiskLimitControl: _AUTOMATIC_TIERS,
        OrderTestControl: _NO_TEST,
        CountdownControl: _NO_COUNTDOWN,
        ListenKeyControl: _NO_LISTEN_KEY,
    },
    stream=STREAM,
    socket_api=TRADE_SOCKET,
    simulated=_make_simulated_venue,
)

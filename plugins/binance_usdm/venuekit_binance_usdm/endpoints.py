"""Every endpoint the account uses or offers, as data."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from venuekit.capabilities import (
    AccountReader,
    AssetModeControl,
    AssetModeReader,
    BalanceReader,
    BracketReader,
    InstrumentReader,
    LeverageControl,
    LeverageReader,
    MarginTypeControl,
    MarginTypeReader,
    PositionModeControl,
    PositionModeReader,
    PositionReader,
    ServerTime,
    SettingsReader,
)
from venuekit.endpoint import Changing, Effect, Endpoint, Kind, Parameter, Role, Security, Subject
from venuekit_binance_usdm import payloads
from venuekit_binance_usdm.asset_mode import asset_mode_readback
from venuekit_binance_usdm.leverage import leverage_readback
from venuekit_binance_usdm.limits import WEIGHT
from venuekit_binance_usdm.margin_type import margin_type_readback
from venuekit_binance_usdm.position_mode import position_mode_readback
from venuekit_binance_usdm.positions import decode_position_rows
from venuekit_binance_usdm.words import MARGIN_TYPE_WORDS

__all__ = [
    "ACCOUNT",
    "ACCOUNT_CONFIG",
    "ASSET_MODE",
    "BALANCE",
    "BRACKETS",
    "ENDPOINTS",
    "EXCHANGE_INFO",
    "OPEN_ALGO_ORDERS",
    "OPEN_ORDERS",
    "POSITION_MODE",
    "POSITION_RISK",
    "SERVER_TIME",
    "SET_ASSET_MODE",
    "SET_LEVERAGE",
    "SET_MARGIN_TYPE",
    "SET_POSITION_MODE",
    "SYMBOL_CONFIG",
]

_PAYS = {WEIGHT: None}
_SYMBOL = Parameter("symbol", role=Role.SYMBOL)
_REQUIRED_SYMBOL = Parameter("symbol", required=True, role=Role.SYMBOL)


def _open_orders_weight(parameters: Mapping[str, Any]) -> int:
    return 40 if parameters.get("symbol") is None else 1


# -- what needs no key

SERVER_TIME = Endpoint(
    "GET",
    "/fapi/v1/time",
    decode=payloads.decode_server_time,
    security=Security.NONE,
    pools=_PAYS,
    serves=(ServerTime.get_server_time,),
)

EXCHANGE_INFO = Endpoint(
    "GET",
    "/fapi/v1/exchangeInfo",
    decode=payloads.decode_instruments,
    security=Security.NONE,
    pools=_PAYS,
    serves=(InstrumentReader.get_instruments,),
)

# -- reads

ACCOUNT_CONFIG = Endpoint(
    "GET",
    "/fapi/v1/accountConfig",
    decode=payloads.decode_account_config,
    weight=5,
    pools=_PAYS,
    serves=(
        PositionModeReader.get_position_mode,
        AssetModeReader.get_asset_mode,
        AccountReader.get_account,
        SettingsReader.read_settings,
    ),
    note="Both account-wide modes at a sixth of the weight of their own reads.",
)

SYMBOL_CONFIG = Endpoint(
    "GET",
    "/fapi/v1/symbolConfig",
    decode=payloads.decode_symbol_configs,
    parameters=(_SYMBOL,),
    weight=5,
    pools=_PAYS,
    serves=(
        LeverageReader.get_leverage,
        MarginTypeReader.get_margin_type,
        PositionReader.get_positions,
        PositionReader.get_position,
        AccountReader.get_account,
        SettingsReader.read_settings,
    ),
)

BALANCE = Endpoint(
    "GET",
    "/fapi/v3/balance",
    decode=payloads.decode_balances,
    weight=5,
    pools=_PAYS,
    serves=(BalanceReader.get_balances,),
)

ACCOUNT = Endpoint(
    "GET",
    "/fapi/v3/account",
    decode=payloads.decode_account,
    weight=5,
    pools=_PAYS,
    serves=(AccountReader.get_account,),
)

POSITION_RISK = Endpoint(
    "GET",
    "/fapi/v3/positionRisk",
    decode=decode_position_rows,
    parameters=(_SYMBOL,),
    weight=5,
    pools=_PAYS,
    serves=(
        PositionReader.get_positions,
        PositionReader.get_position,
        AccountReader.get_account,
        SettingsReader.read_settings,
    ),
    note="Lists only symbols with a position or an open order.",
)

BRACKETS = Endpoint(
    "GET",
    "/fapi/v1/leverageBracket",
    decode=payloads.decode_brackets,
    parameters=(_SYMBOL,),
    pools=_PAYS,
    serves=(BracketReader.get_brackets, SettingsReader.read_settings),
)

OPEN_ORDERS = Endpoint(
    "GET",
    "/fapi/v1/openOrders",
    decode=payloads.decode_open_orders,
    parameters=(_SYMBOL,),
    weight=_open_orders_weight,
    weight_most=40,
    pools=_PAYS,
    serves=(SettingsReader.read_settings,),
)

OPEN_ALGO_ORDERS = Endpoint(
    "GET",
    "/fapi/v1/openAlgoOrders",
    decode=payloads.decode_open_algo_orders,
    parameters=(_SYMBOL,),
    weight=_open_orders_weight,
    weight_most=40,
    pools=_PAYS,
    serves=(SettingsReader.read_settings,),
)

POSITION_MODE = Endpoint(
    "GET",
    "/fapi/v1/positionSide/dual",
    decode=payloads.decode_position_mode,
    weight=30,
    pools=_PAYS,
    note="Served at a sixth of the weight by accountConfig.",
)

ASSET_MODE = Endpoint(
    "GET",
    "/fapi/v1/multiAssetsMargin",
    decode=payloads.decode_asset_mode,
    weight=30,
    pools=_PAYS,
    note="Served at a sixth of the weight by accountConfig.",
)

# -- settings

SET_LEVERAGE = Endpoint(
    "POST",
    "/fapi/v1/leverage",
    decode=Changing(payloads.decode_leverage),
    parameters=(
        _REQUIRED_SYMBOL,
        Parameter(
            "leverage",
            Kind.INTEGER,
            required=True,
            role=Role.LEVERAGE,
            minimum=Decimal(1),
            maximum=Decimal(125),
        ),
    ),
    pools=_PAYS,
    effect=Effect.SET,
    subject=Subject.SYMBOL,
    readback=leverage_readback(SYMBOL_CONFIG),
    serves=(LeverageControl.set_leverage,),
    note="Brackets, region and account may allow less than 125.",
)

SET_MARGIN_TYPE = Endpoint(
    "POST",
    "/fapi/v1/marginType",
    decode=Changing(payloads.decode_acknowledgement),
    parameters=(
        _REQUIRED_SYMBOL,
        Parameter("marginType", required=True, choices=frozenset(MARGIN_TYPE_WORDS.values())),
    ),
    pools=_PAYS,
    effect=Effect.SET,
    subject=Subject.SYMBOL,
    no_change=frozenset({-4046}),
    # answered on a flat symbol without orders that already has the wanted margin type, too
    doubtful=frozenset({-4067}),
    readback=margin_type_readback(SYMBOL_CONFIG),
    serves=(MarginTypeControl.set_margin_type,),
)

SET_POSITION_MODE = Endpoint(
    "POST",
    "/fapi/v1/positionSide/dual",
    decode=Changing(payloads.decode_acknowledgement),
    parameters=(Parameter("dualSidePosition", Kind.BOOLEAN, required=True),),
    pools=_PAYS,
    effect=Effect.SET,
    subject=Subject.ACCOUNT,
    no_change=frozenset({-4059}),
    readback=position_mode_readback(ACCOUNT_CONFIG),
    serves=(PositionModeControl.set_position_mode,),
)

SET_ASSET_MODE = Endpoint(
    "POST",
    "/fapi/v1/multiAssetsMargin",
    decode=Changing(payloads.decode_acknowledgement),
    parameters=(Parameter("multiAssetsMargin", Kind.BOOLEAN, required=True),),
    pools=_PAYS,
    effect=Effect.SET,
    subject=Subject.ACCOUNT,
    no_change=frozenset({-4171}),
    readback=asset_mode_readback(ACCOUNT_CONFIG),
    serves=(AssetModeControl.set_asset_mode,),
)

ENDPOINTS = (
    SERVER_TIME,
    EXCHANGE_INFO,
    ACCOUNT_CONFIG,
    SYMBOL_CONFIG,
    BALANCE,
    ACCOUNT,
    POSITION_RISK,
    BRACKETS,
    OPEN_ORDERS,
    OPEN_ALGO_ORDERS,
    POSITION_MODE,
    ASSET_MODE,
    SET_LEVERAGE,
    SET_MARGIN_TYPE,
    SET_POSITION_MODE,
    SET_ASSET_MODE,
)

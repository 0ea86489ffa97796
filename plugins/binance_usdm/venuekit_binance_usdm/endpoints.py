"""Every endpoint the account uses or offers, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from venuekit.capabilities import (
    AccountReader,
    AssetModeReader,
    BalanceReader,
    BracketReader,
    LeverageReader,
    MarginTypeReader,
    PositionModeReader,
    PositionReader,
    SettingsReader,
    Unit,
)
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.plugin import Echoes, Endpoint
from venuekit_binance_common import endpoints as common
from venuekit_binance_common import money_endpoints as money
from venuekit_binance_common.endpoints import PAYS, SYMBOL
from venuekit_binance_common.orders.endpoints import order_endpoints
from venuekit_binance_common.payloads import (
    brackets_decoder,
    instruments_decoder,
    leverage_decoder,
)
from venuekit_binance_common.settings import position_mode_lens, symbol_lens
from venuekit_binance_common.stream_endpoints import stream_endpoints
from venuekit_binance_common.wallet import balances_read
from venuekit_binance_usdm import payloads
from venuekit_binance_usdm.account_info import decode_account
from venuekit_binance_usdm.asset_mode import asset_mode_lens, set_asset_mode
from venuekit_binance_usdm.position_legs import PositionRiskLegs
from venuekit_binance_usdm.positions import POSITIONS
from venuekit_binance_usdm.symbol_config import SYMBOL_CONFIGS, SymbolConfigReader
from venuekit_binance_usdm.terms import ORDER_TERMS

_ROOT = "/fapi"


def _mark_price_weight(parameters: Mapping[str, Any]) -> int:
    return 10 if parameters.get("symbol") is None else 1


class UsdmEndpoints(EndpointBook):
    """The endpoints of USDⓈ-M futures."""

    SERVER_TIME = common.server_time(_ROOT)
    EXCHANGE_INFO = common.exchange_info(_ROOT, instruments_decoder(status="status"))
    ACCOUNT_CONFIG = Endpoint(
        "GET",
        "/fapi/v1/accountConfig",
        decode=payloads.decode_account_config,
        weight=5,
        pools=PAYS,
        serves=(
            PositionModeReader.get_position_mode,
            AssetModeReader.get_asset_mode,
            AccountReader.get_account,
            SettingsReader.get_settings,
        ),
        note="Both account-wide modes at a sixth of the weight of their own reads.",
    )

    SYMBOL_CONFIG = Endpoint(
        "GET",
        "/fapi/v1/symbolConfig",
        decode=SYMBOL_CONFIGS,
        rows=((),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(SYMBOL,),
        weight=5,
        pools=PAYS,
        serves=(
            LeverageReader.get_leverage,
            MarginTypeReader.get_margin_type,
            PositionReader.get_positions,
            PositionReader.get_position,
            AccountReader.get_account,
            SettingsReader.get_settings,
        ),
    )

    BALANCE = Endpoint(
        "GET",
        "/fapi/v3/balance",
        decode=balances_read(withdrawable="maxWithdrawAmount"),
        rows=((),),
        weight=5,
        pools=PAYS,
        serves=(BalanceReader.get_balances,),
    )

    ACCOUNT = Endpoint(
        "GET",
        "/fapi/v3/account",
        decode=decode_account,
        rows=(("assets",),),
        weight=5,
        pools=PAYS,
        serves=(AccountReader.get_account,),
    )

    POSITION_RISK = Endpoint(
        "GET",
        "/fapi/v3/positionRisk",
        decode=POSITIONS,
        rows=((),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(SYMBOL,),
        weight=5,
        pools=PAYS,
        serves=(
            PositionReader.get_positions,
            PositionReader.get_position,
            AccountReader.get_account,
            SettingsReader.get_settings,
        ),
        note="Lists only symbols with a position or an open order.",
    )

    BRACKETS = Endpoint(
        "GET",
        "/fapi/v1/leverageBracket",
        decode=brackets_decoder(name="symbol", cap="notionalCap", floor="notionalFloor"),
        rows=((),),
        echoes=Echoes.each({"symbol": "name"}),
        parameters=(SYMBOL,),
        pools=PAYS,
        serves=(BracketReader.get_brackets, SettingsReader.get_settings),
    )

    OPEN_ORDERS = common.open_orders(ORDER_TERMS)
    OPEN_ALGO_ORDERS = common.open_algo_orders(_ROOT)
    ORDERS = order_endpoints(
        ORDER_TERMS, server_time=SERVER_TIME, open_orders=OPEN_ORDERS, open_algo_orders=OPEN_ALGO_ORDERS
    )

    POSITION_MODE = common.position_mode(_ROOT, note="Served at a sixth of the weight by accountConfig.")
    ASSET_MODE = Endpoint(
        "GET",
        "/fapi/v1/multiAssetsMargin",
        decode=payloads.decode_asset_mode,
        weight=30,
        pools=PAYS,
        note="Served at a sixth of the weight by accountConfig.",
    )

    SYMBOL_LENS = symbol_lens(SymbolConfigReader(SYMBOL_CONFIG), Unit.QUOTE)
    POSITION_MODE_LENS = position_mode_lens(ACCOUNT_CONFIG)
    ASSET_MODE_LENS = asset_mode_lens(ACCOUNT_CONFIG)
    SET_LEVERAGE = common.set_leverage(_ROOT, leverage_decoder(largest="maxNotionalValue"), SYMBOL_LENS, most=None)
    SET_MARGIN_TYPE = common.set_margin_type(_ROOT, SYMBOL_LENS)
    SET_POSITION_MODE = common.set_position_mode(_ROOT, POSITION_MODE_LENS)
    SET_ASSET_MODE = set_asset_mode(ASSET_MODE_LENS)

    MARK_PRICE = money.mark_price(_ROOT, weight=_mark_price_weight)
    COMMISSION = money.commission_rate(_ROOT)
    ADL = money.adl_quantile(_ROOT)
    INCOME = money.income(
        _ROOT, weight=30, note="The last three months, oldest first; without times those of the last 7 days."
    )

    MARGIN_HISTORY = money.margin_history(_ROOT, note="The last 30 days.")
    POSITION_MARGIN = money.position_margin(_ROOT, MARGIN_HISTORY, PositionRiskLegs(POSITION_RISK))
    STREAM = stream_endpoints(_ROOT)


USDM = UsdmEndpoints()

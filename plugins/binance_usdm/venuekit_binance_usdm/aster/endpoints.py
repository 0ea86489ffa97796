"""
Every endpoint the account uses or offers, as data.

The venue has neither symbolConfig nor accountConfig, one book for all orders, and older versions of the reads.
"""

from __future__ import annotations

from venuekit.capabilities import (
    AccountReader,
    AssetModeReader,
    LeverageReader,
    MarginTypeReader,
    PositionModeReader,
    PositionReader,
    SettingsReader,
    Unit,
)
from venuekit.plugin import Echoes, Endpoint
from venuekit_binance_common import endpoints as common
from venuekit_binance_common.endpoints import BinanceEndpoints
from venuekit_binance_common.positions.lost_margin import PositionLegs
from venuekit_binance_common.settings import position_mode_lens, symbol_lens
from venuekit_binance_common.venue import PAYS, SYMBOL
from venuekit_binance_usdm.aster.positions import LEGS, POSITIONS, AsterSymbolReader, decode_account
from venuekit_binance_usdm.aster.terms import ORDER_TERMS
from venuekit_binance_usdm.endpoints import UsdmEndpoints, asset_mode_lens, set_asset_mode
from venuekit_binance_usdm.positions import decode_asset_mode

_ROOT = ORDER_TERMS.root


class AsterEndpoints(BinanceEndpoints, terms=ORDER_TERMS):
    """The endpoints of Aster futures; those that are the same as of USDⓈ-M futures are theirs."""

    EXCHANGE_INFO = common.exchange_info(_ROOT, status="status")
    BALANCE = common.balance("/fapi/v2/balance", weight=5, withdrawable="maxWithdrawAmount")
    ACCOUNT = Endpoint(
        "GET",
        "/fapi/v4/account",
        decode=decode_account,
        rows=(("assets",), ("positions",)),
        weight=5,
        pools=PAYS,
        serves=(AccountReader.get_account,),
    )

    POSITION_RISK = Endpoint(
        "GET",
        "/fapi/v2/positionRisk",
        decode=POSITIONS,
        rows=((),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(SYMBOL,),
        weight=5,
        pools=PAYS,
        serves=(
            PositionReader.get_positions,
            PositionReader.get_position,
            LeverageReader.get_leverage,
            MarginTypeReader.get_margin_type,
            SettingsReader.get_settings,
        ),
        note="Lists every symbol, flat or not, with margin type and leverage.",
    )

    BRACKETS = UsdmEndpoints.BRACKETS
    POSITION_MODE = common.position_mode(
        _ROOT,
        PositionModeReader.get_position_mode,
        AccountReader.get_account,
        SettingsReader.get_settings,
        note="There is no cheaper read of it here.",
    )

    ASSET_MODE = Endpoint(
        "GET",
        "/fapi/v1/multiAssetsMargin",
        decode=decode_asset_mode,
        weight=30,
        pools=PAYS,
        serves=(AssetModeReader.get_asset_mode, AccountReader.get_account, SettingsReader.get_settings),
        note="There is no cheaper read of it here.",
    )

    SYMBOL_LENS = symbol_lens(AsterSymbolReader(POSITION_RISK), Unit.QUOTE)
    POSITION_MODE_LENS = position_mode_lens(POSITION_MODE)
    ASSET_MODE_LENS = asset_mode_lens(ASSET_MODE)
    SET_LEVERAGE = common.set_leverage(_ROOT, SYMBOL_LENS, largest="maxNotionalValue")
    SET_ASSET_MODE = set_asset_mode(ASSET_MODE_LENS)
    MARK_PRICE = UsdmEndpoints.MARK_PRICE
    INCOME = common.income(_ROOT, weight=30, note="Without times those of the last 7 days.")
    MARGIN_HISTORY = UsdmEndpoints.MARGIN_HISTORY
    POSITION_MARGIN = common.position_margin(_ROOT, MARGIN_HISTORY, PositionLegs(POSITION_RISK, LEGS))


ASTER = AsterEndpoints()

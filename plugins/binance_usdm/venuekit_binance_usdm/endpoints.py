"""Every endpoint the account uses or offers, as data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from venuekit.capabilities import (
    AccountModeReader,
    AccountReader,
    AssetMode,
    AssetModeControl,
    AssetModeReader,
    BracketReader,
    LeverageReader,
    MarginTypeReader,
    PositionModeReader,
    PositionReader,
    Price,
    SettingsReader,
    Unit,
)
from venuekit.parts.columns import number
from venuekit.parts.settings.lens import AccountLens
from venuekit.plugin import Change, Echoes, Endpoint
from venuekit_binance_common import endpoints as common
from venuekit_binance_common import market_endpoints as market
from venuekit_binance_common.account_mode import PORTFOLIO_ACCOUNT
from venuekit_binance_common.endpoints import BinanceEndpoints, set_mode, stream_endpoints
from venuekit_binance_common.enums import asset_mode_of
from venuekit_binance_common.payloads import Acknowledgement, BracketsRow, brackets_decoder
from venuekit_binance_common.positions.lost_margin import PositionLegs, legs_read
from venuekit_binance_common.positions.margin import MarginChangeRow
from venuekit_binance_common.settings import position_mode_lens, symbol_lens
from venuekit_binance_common.venue import PAYS, PAYS_FUNDING, SYMBOL
from venuekit_binance_usdm import positions as payloads
from venuekit_binance_usdm.positions import POSITIONS, SYMBOL_CONFIGS, SymbolConfigReader, decode_account
from venuekit_binance_usdm.terms import ORDER_TERMS

_ROOT = ORDER_TERMS.root


def asset_mode_lens(endpoint: Endpoint[Any]) -> AccountLens[Any, AssetMode]:
    """Return the lens of the mode over the cheapest read that shows ``multi_assets_margin``, perhaps among others."""
    return AccountLens(
        endpoint,
        lambda answer: asset_mode_of(answer.multi_assets_margin),
        "multiAssetsMargin",
        {AssetMode.SINGLE: False, AssetMode.MULTI: True},
    )


def asset_mode(root: str, *serves: Callable[..., Any], note: str) -> Endpoint[payloads.AssetModeRow]:
    """Return the plain read of the asset mode."""
    return Endpoint(
        "GET",
        f"{root}/multiAssetsMargin",
        decode=payloads.decode_asset_mode,
        weight=30,
        pools=PAYS,
        serves=serves,
        note=note,
    )


def set_asset_mode(root: str, lens: AccountLens[Any, AssetMode]) -> Endpoint[Change[Acknowledgement]]:
    """Return the change of the mode."""
    return set_mode(f"{root}/multiAssetsMargin", lens, -4171, AssetModeControl.set_asset_mode)


def brackets(root: str) -> Endpoint[tuple[BracketsRow, ...]]:
    """Return the read of the tiers."""
    return Endpoint(
        "GET",
        f"{root}/leverageBracket",
        decode=brackets_decoder(name="symbol", cap="notionalCap", floor="notionalFloor"),
        rows=((),),
        echoes=Echoes.each({"symbol": "name"}),
        parameters=(SYMBOL,),
        pools=PAYS,
        serves=(BracketReader.get_brackets, SettingsReader.get_settings),
    )


def mark_price(root: str) -> Endpoint[tuple[Price, ...]]:
    """Return the read of the mark prices, which weighs 1 for one symbol and 10 for all."""
    return market.mark_price(root, weight=market.weigh_symbols(1, 10))


def margin_history(root: str) -> Endpoint[tuple[MarginChangeRow, ...]]:
    """Return the read of the margin that was moved by hand."""
    return common.margin_history(root, note="The last 30 days.")


class UsdmEndpoints(BinanceEndpoints, terms=ORDER_TERMS):
    """The endpoints of USDⓈ-M futures."""

    EXCHANGE_INFO = common.exchange_info(_ROOT, status="status")
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

    BALANCE = common.balance(
        "/fapi/v3/balance", weight=5, withdrawable="maxWithdrawAmount", websocket_method="v2/account.balance"
    )
    ACCOUNT = Endpoint(
        "GET",
        "/fapi/v3/account",
        decode=decode_account,
        rows=(("assets",),),
        weight=5,
        pools=PAYS,
        serves=(AccountReader.get_account,),
        websocket_method="v2/account.status",
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
        websocket_method="v2/account.position",
    )

    BRACKETS = brackets(_ROOT)
    POSITION_MODE = common.position_mode(
        _ROOT,
        AccountModeReader.get_account_mode,
        note="Served at a sixth of the weight by accountConfig; refused with -2015 to portfolio margin accounts.",
    )
    PORTFOLIO_ACCOUNT = PORTFOLIO_ACCOUNT
    ASSET_MODE = asset_mode(_ROOT, note="Served at a sixth of the weight by accountConfig.")
    SYMBOL_LENS = symbol_lens(SymbolConfigReader(SYMBOL_CONFIG), Unit.QUOTE)
    POSITION_MODE_LENS = position_mode_lens(ACCOUNT_CONFIG)
    ASSET_MODE_LENS = asset_mode_lens(ACCOUNT_CONFIG)
    SET_LEVERAGE = common.set_leverage(_ROOT, SYMBOL_LENS, largest="maxNotionalValue", most=None)
    SET_ASSET_MODE = set_asset_mode(_ROOT, ASSET_MODE_LENS)
    MARK_PRICE = mark_price(_ROOT)
    BOOK_TICKER = market.book_ticker(_ROOT)
    LAST_PRICE = market.last_price("/fapi/v2")
    FUNDING_RATES = market.funding_rates(_ROOT, SYMBOL, PAYS_FUNDING)
    INCOME = common.income(
        _ROOT, weight=30, note="The last three months, oldest first; without times those of the last 7 days."
    )

    MARGIN_HISTORY = margin_history(_ROOT)
    POSITION_MARGIN = common.position_margin(
        _ROOT, MARGIN_HISTORY, PositionLegs(POSITION_RISK, legs_read(number("isolatedWallet")))
    )
    STREAM = stream_endpoints(_ROOT, is_over_socket=True)


USDM = UsdmEndpoints()

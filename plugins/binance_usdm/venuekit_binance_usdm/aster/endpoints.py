"""
Every endpoint the accounts use or offer, as data.

The venue has neither symbolConfig nor accountConfig, and one book for all orders.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from venuekit.capabilities import (
    AccountReader,
    AssetMode,
    AssetModeReader,
    LeverageReader,
    MarginTypeReader,
    Position,
    PositionModeReader,
    PositionReader,
    SettingsReader,
    Unit,
)
from venuekit.parts.rows import Rows
from venuekit.parts.settings.lens import AccountLens
from venuekit.plugin import Change, Echoes, Endpoint, Security
from venuekit_binance_common import endpoints as common
from venuekit_binance_common import market_endpoints as market
from venuekit_binance_common.endpoints import BinanceEndpoints, StreamEndpoints, stream_endpoints
from venuekit_binance_common.orders.terms import OrderTerms
from venuekit_binance_common.payloads import Acknowledgement
from venuekit_binance_common.positions.lost_margin import PositionLegs
from venuekit_binance_common.settings import position_mode_lens, symbol_lens
from venuekit_binance_common.venue import PAYS, SYMBOL
from venuekit_binance_usdm import endpoints as usdm
from venuekit_binance_usdm.aster.positions import LEGS, POSITIONS, AsterAccountRows, AsterSymbolReader, decode_account
from venuekit_binance_usdm.aster.terms import ORDER_TERMS, V1_ORDER_TERMS
from venuekit_binance_usdm.positions import AssetModeRow

_NO_CHEAPER = "There is no cheaper read of it here."


class AsterEndpoints(BinanceEndpoints):
    """
    The endpoints of Aster futures.

    A version's body has the three reads whose paths follow no rule; its terms add all others.
    """

    ACCOUNT: Endpoint[AsterAccountRows]
    POSITION_RISK: Endpoint[Rows[Position]]
    ASSET_MODE: Endpoint[AssetModeRow]
    ASSET_MODE_LENS: AccountLens[Any, AssetMode]
    SET_ASSET_MODE: Endpoint[Change[Acknowledgement]]
    STREAM: StreamEndpoints

    def __init_subclass__(cls, *, terms: OrderTerms, keys: Security) -> None:
        """Add the endpoints that are alike in every version; ``keys`` is the security of requests for listen keys."""
        root, positions = terms.root, cls.POSITION_RISK
        cls.EXCHANGE_INFO = common.exchange_info(root, status="status")
        cls.BRACKETS = usdm.brackets(root)
        cls.POSITION_MODE = common.position_mode(
            root, *_mode_reads(PositionModeReader.get_position_mode), note=_NO_CHEAPER
        )
        cls.ASSET_MODE = usdm.asset_mode(root, *_mode_reads(AssetModeReader.get_asset_mode), note=_NO_CHEAPER)
        cls.SYMBOL_LENS = symbol_lens(AsterSymbolReader(positions), Unit.QUOTE)
        cls.POSITION_MODE_LENS = position_mode_lens(cls.POSITION_MODE)
        cls.ASSET_MODE_LENS = usdm.asset_mode_lens(cls.ASSET_MODE)
        cls.SET_LEVERAGE = common.set_leverage(root, cls.SYMBOL_LENS, largest="maxNotionalValue")
        cls.SET_ASSET_MODE = usdm.set_asset_mode(root, cls.ASSET_MODE_LENS)
        cls.MARK_PRICE = usdm.mark_price(root)
        cls.BOOK_TICKER = market.book_ticker(root, of_one=1, of_all=2)
        cls.LAST_PRICE = market.last_price(root)
        cls.FUNDING_RATES = market.funding_rates(root, SYMBOL)
        cls.INCOME = common.income(root, weight=30, note="Without times those of the last 7 days.")
        cls.MARGIN_HISTORY = usdm.margin_history(root)
        cls.POSITION_MARGIN = common.position_margin(root, cls.MARGIN_HISTORY, PositionLegs(positions, LEGS))
        cls.STREAM = stream_endpoints(root, security=keys)
        super().__init_subclass__(terms=terms)


def _mode_reads(own: Callable[..., Any]) -> tuple[Callable[..., Any], ...]:
    return (own, AccountReader.get_account, SettingsReader.get_settings)


def _balance(path: str) -> Endpoint[Any]:
    return common.balance(path, weight=5, withdrawable="maxWithdrawAmount")


def _account(path: str) -> Endpoint[AsterAccountRows]:
    """Return the read of totals, assets and positions."""
    return Endpoint(
        "GET",
        path,
        decode=decode_account,
        rows=(("assets",), ("positions",)),
        weight=5,
        pools=PAYS,
        serves=(AccountReader.get_account,),
    )


def _position_risk(path: str) -> Endpoint[Rows[Position]]:
    """Return the read of the positions with their settings."""
    return Endpoint(
        "GET",
        path,
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


class AsterV3Endpoints(AsterEndpoints, terms=ORDER_TERMS, keys=Security.SIGNED):
    """The endpoints for wallets, all of one version."""

    BALANCE = _balance("/fapi/v3/balance")
    ACCOUNT = _account("/fapi/v3/accountWithJoinMargin")
    POSITION_RISK = _position_risk("/fapi/v3/positionRisk")


class AsterV1Endpoints(AsterEndpoints, terms=V1_ORDER_TERMS, keys=Security.KEY):
    """The endpoints for API keys; three reads are of other versions."""

    BALANCE = _balance("/fapi/v2/balance")
    ACCOUNT = _account("/fapi/v4/account")
    POSITION_RISK = _position_risk("/fapi/v2/positionRisk")


ASTER = AsterV3Endpoints()
ASTER_V1 = AsterV1Endpoints()

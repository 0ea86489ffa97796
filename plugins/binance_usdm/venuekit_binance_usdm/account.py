"""The account: its parts, the endpoints they use, and all its settings by the cheapest reads of the venue."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

import attrs

from venuekit.capabilities import Position, Unit
from venuekit.parts.columns import number, text
from venuekit.parts.concurrency import gather
from venuekit.parts.orders import OrderAmendPart
from venuekit.parts.rows import Reads, Rows
from venuekit.parts.settings.controls import AccountAssetMode
from venuekit.parts.settings.lens import RowSettings
from venuekit.parts.settings.snapshot import SettingsDraft
from venuekit.plugin import Answer
from venuekit_binance_common.account import BinanceAccount
from venuekit_binance_common.account_mode import BinanceAccountMode
from venuekit_binance_common.enums import asset_mode_of, position_mode_of
from venuekit_binance_common.market import (
    contracts_endpoint,
)
from venuekit_binance_common.market_history import candle_history, funding_history
from venuekit_binance_common.orders.history import BinanceOrderTest
from venuekit_binance_common.orders.routes import countdown_route, order_routes
from venuekit_binance_common.positions.margin import margin_history
from venuekit_binance_common.settings import BinanceSettings, state_of
from venuekit_binance_common.wallet import income_history
from venuekit_binance_usdm.endpoints import USDM
from venuekit_binance_usdm.positions import POSITIONS, SYMBOL_CONFIGS, BinancePositions
from venuekit_binance_usdm.terms import INCOME_RETENTION, MARGIN_RETENTION, ORDER_SIZE

_NOTHING = Decimal(0)


@attrs.frozen
class _Exposure:
    """The notional of a position, and of the orders on either side, in the quote asset."""

    symbol: str
    notional: Decimal | None = None
    bids: Decimal | None = None
    asks: Decimal | None = None


_EXPOSURES = Reads(
    _Exposure,
    symbol=text("symbol"),
    notional=number("notional"),
    bids=number("bidNotional", may_be_blank=True),
    asks=number("askNotional", may_be_blank=True),
)


class UsdmSettings(BinanceSettings):
    """Three reads of weight 5 show modes, margin types, leverages, positions and exposures; brackets add 1."""

    endpoints = USDM
    keeps_exposures = True

    async def read_settings(self, draft: SettingsDraft, symbols: Collection[str]) -> None:
        """Read both configurations, and positionRisk, which lists every symbol with a position or an open order."""
        account, configs, risks = await gather(
            draft.read(USDM.ACCOUNT_CONFIG),
            draft.read_values(USDM.SYMBOL_CONFIG, SYMBOL_CONFIGS),
            draft.answer_rows(USDM.POSITION_RISK),
        )
        for symbol in draft.missing(symbols, {config.symbol for config in configs}):
            # asked for by name, the venue refuses it in its own words
            configs += await draft.read_values(USDM.SYMBOL_CONFIG, SYMBOL_CONFIGS, symbol=symbol)
        positions = draft.values(USDM.POSITION_RISK, risks, risks.value, POSITIONS)
        draft.set(
            position_mode=position_mode_of(account.dual_side_position),
            asset_mode=asset_mode_of(account.multi_assets_margin),
            open_positions=sum(1 for position in positions if position.quantity),
        )
        listed = [RowSettings(one.symbol, position=abs(one.quantity), matters=True) for one in positions]
        draft.add([*map(state_of, configs), *listed], symbols)
        draft.exposures.update((config.symbol, _NOTHING) for config in configs)
        draft.exposures.update(_exposures(draft, risks))

    async def read_exposures(self, draft: SettingsDraft, symbols: Collection[str]) -> Mapping[str, Decimal | None]:
        """Return the largest notional that each symbol's position can grow to when its orders fill, quote, >= 0."""
        return _exposures(draft, await draft.answer_rows(USDM.POSITION_RISK, of=symbols), symbols)


def _exposures(
    draft: SettingsDraft, risks: Answer[Rows[Position]], symbols: Collection[str] | None = None
) -> dict[str, Decimal | None]:
    exposures: dict[str, Decimal | None] = {}
    for row in draft.values(USDM.POSITION_RISK, risks, risks.value, _EXPOSURES, of=symbols):
        notional = row.notional or _NOTHING
        largest = max(abs(notional + (row.bids or _NOTHING)), abs(notional - (row.asks or _NOTHING)))
        exposures[row.symbol] = max(largest, exposures.get(row.symbol) or _NOTHING)
    return exposures


class BinanceUsdmAccount(
    BinancePositions, BinanceAccountMode, AccountAssetMode, BinanceOrderTest, OrderAmendPart, BinanceAccount
):
    """An account of USDⓈ-M futures."""

    __slots__ = ()

    endpoints = USDM
    settings_source = UsdmSettings()
    BRACKET_UNIT = Unit.QUOTE
    CONTRACTS = contracts_endpoint(USDM.EXCHANGE_INFO)
    COUNTDOWN = countdown_route(USDM.ORDERS)
    CANDLE_HISTORY = candle_history(USDM.CANDLES)
    FUNDING_HISTORY = funding_history(USDM.FUNDING_RATES)
    INCOME_HISTORY = income_history(USDM.INCOME, INCOME_RETENTION)
    MARGIN_HISTORY = margin_history(USDM.MARGIN_HISTORY, MARGIN_RETENTION)
    ORDER_ROUTES = order_routes(USDM.ORDERS, CONTRACTS, ORDER_SIZE)

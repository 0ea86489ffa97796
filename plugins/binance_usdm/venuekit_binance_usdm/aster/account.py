"""The account: its parts, the endpoints they use, and all its settings by the cheapest reads of the venue."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import ClassVar

from venuekit.capabilities import Unit
from venuekit.parts.concurrency import gather
from venuekit.parts.settings.controls import AccountAssetMode
from venuekit.parts.settings.snapshot import SettingsDraft
from venuekit_binance_common.account import BinanceAccount
from venuekit_binance_common.enums import asset_mode_of, position_mode_of
from venuekit_binance_common.market import contracts_endpoint
from venuekit_binance_common.market_history import candle_history, funding_history
from venuekit_binance_common.orders.routes import countdown_route, order_routes
from venuekit_binance_common.positions.margin import margin_history
from venuekit_binance_common.settings import BinanceSettings, state_of_position
from venuekit_binance_common.wallet import income_history
from venuekit_binance_usdm.aster.endpoints import ASTER, ASTER_V1, AsterEndpoints
from venuekit_binance_usdm.aster.positions import POSITIONS, AsterPositions
from venuekit_binance_usdm.terms import INCOME_RETENTION, MARGIN_RETENTION, ORDER_SIZE

_NOTHING = Decimal(0)


class AsterSettings(BinanceSettings):
    """Three reads, weight 65: each mode costs 30; there is one book of orders."""

    endpoints: ClassVar[AsterEndpoints]

    async def read_settings(self, draft: SettingsDraft, symbols: Collection[str]) -> None:
        """Read the modes, and positionRisk; a symbol that it does not list is asked for by name."""
        sides, assets, positions = await gather(
            draft.read(self.endpoints.POSITION_MODE),
            draft.read(self.endpoints.ASSET_MODE),
            draft.read_values(self.endpoints.POSITION_RISK, POSITIONS),
        )
        for symbol in draft.missing(symbols, {position.symbol for position in positions}):
            # asked for by name, the venue refuses it in its own words
            positions += await draft.read_values(self.endpoints.POSITION_RISK, POSITIONS, symbol=symbol)
        draft.set(
            position_mode=position_mode_of(sides.dual_side_position),
            asset_mode=asset_mode_of(assets.multi_assets_margin),
            open_positions=sum(1 for position in positions if position.quantity),
        )
        draft.add(map(state_of_position, positions), symbols)

    async def read_exposures(self, draft: SettingsDraft, symbols: Collection[str]) -> Mapping[str, Decimal | None]:
        """Return the notional of each symbol's positions: the venue does not show how orders could add to it."""
        exposures: dict[str, Decimal | None] = {}
        for position in await draft.read_values(self.endpoints.POSITION_RISK, POSITIONS, of=symbols):
            symbol, notional = position.symbol, position.notional
            if notional is not None:
                exposures[symbol] = max(notional, exposures.get(symbol) or _NOTHING)
            elif symbol in symbols:
                draft.mark_odd(self.endpoints.POSITION_RISK, symbol, "notional: missing")
        return exposures


class AsterV3Settings(AsterSettings):
    """The settings of an account that a wallet opens."""

    endpoints = ASTER


class AsterV1Settings(AsterSettings):
    """The settings of an account that API keys open."""

    endpoints = ASTER_V1


class AsterAccount(AsterPositions, AccountAssetMode, BinanceAccount):
    """An account of Aster futures, of whichever version."""

    __slots__ = ()

    endpoints: ClassVar[AsterEndpoints]
    BRACKET_UNIT = Unit.QUOTE


class AsterUsdmAccount(AsterAccount):
    """An account of Aster futures that a wallet opens."""

    __slots__ = ()

    endpoints = ASTER
    settings_source = AsterV3Settings()
    CONTRACTS = contracts_endpoint(ASTER.EXCHANGE_INFO)
    COUNTDOWN = countdown_route(ASTER.ORDERS)
    CANDLE_HISTORY = candle_history(ASTER.CANDLES)
    FUNDING_HISTORY = funding_history(ASTER.FUNDING_RATES)
    INCOME_HISTORY = income_history(ASTER.INCOME, INCOME_RETENTION)
    MARGIN_HISTORY = margin_history(ASTER.MARGIN_HISTORY, MARGIN_RETENTION)
    ORDER_ROUTES = order_routes(ASTER.ORDERS, CONTRACTS, ORDER_SIZE)


class AsterV1Account(AsterAccount):
    """An account of Aster futures that API keys open."""

    __slots__ = ()

    endpoints = ASTER_V1
    settings_source = AsterV1Settings()
    CONTRACTS = contracts_endpoint(ASTER_V1.EXCHANGE_INFO)
    COUNTDOWN = countdown_route(ASTER_V1.ORDERS)
    CANDLE_HISTORY = candle_history(ASTER_V1.CANDLES)
    FUNDING_HISTORY = funding_history(ASTER_V1.FUNDING_RATES)
    INCOME_HISTORY = income_history(ASTER_V1.INCOME, INCOME_RETENTION)
    MARGIN_HISTORY = margin_history(ASTER_V1.MARGIN_HISTORY, MARGIN_RETENTION)
    ORDER_ROUTES = order_routes(ASTER_V1.ORDERS, CONTRACTS, ORDER_SIZE)

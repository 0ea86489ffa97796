"""The account: its parts, the endpoints they use, and all its settings by the cheapest reads of the venue."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

import attrs

from venuekit.capabilities import Bracket, Unit
from venuekit.parts.columns import number, text
from venuekit.parts.orders import OrderAmendPart
from venuekit.parts.rows import Reads
from venuekit.parts.settings.snapshot import SettingsDraft
from venuekit_binance_coinm.endpoints import COINM, CoinmEndpoints
from venuekit_binance_coinm.position_rows import POSITIONS
from venuekit_binance_coinm.positions import BinanceCoinmPositions
from venuekit_binance_coinm.terms import ORDER_SIZE, RETENTION
from venuekit_binance_common.account import BinanceAccount
from venuekit_binance_common.account_mode import BinanceAccountMode
from venuekit_binance_common.enums import position_mode_of
from venuekit_binance_common.market import (
    BinanceMarket,
    brackets_of,
    contracts_endpoint,
    unknown_symbol_error,
)
from venuekit_binance_common.market_history import candle_history, funding_history
from venuekit_binance_common.orders.routes import countdown_route, order_routes
from venuekit_binance_common.positions.filters import mode_of
from venuekit_binance_common.positions.margin import margin_history
from venuekit_binance_common.settings import BinanceSettings, state_of_position
from venuekit_binance_common.wallet import income_history

_NOTHING = Decimal(0)


@attrs.frozen
class _Exposure:
    """The margin of a position and of the orders that make it larger, in the base asset, and its leverage."""

    symbol: str
    initial_margin: Decimal
    leverage: Decimal


_EXPOSURES = Reads(
    _Exposure,
    within=("positions",),
    symbol=text("symbol"),
    initial_margin=number("initialMargin"),
    leverage=number("leverage"),
)


class CoinmSettings(BinanceSettings):
    """
    One read of weight 1 shows the mode, margin types, leverages and positions of every trading symbol.

    Brackets add 6 for one symbol, 7 for several: theirs, and the account read that shows how large positions can grow.
    """

    endpoints = COINM

    async def read_settings(self, draft: SettingsDraft, symbols: Collection[str]) -> None:
        """Read positionRisk, and the mode where no row shows it."""
        answer = await draft.answer_rows(COINM.POSITION_RISK)
        mode = mode_of(answer.value)
        if mode is None:
            mode = position_mode_of((await draft.read(COINM.POSITION_MODE)).dual_side_position)
        positions = draft.values(COINM.POSITION_RISK, answer, answer.value, POSITIONS)
        unread = draft.missing(symbols, {position.symbol for position in positions})
        if unread and None not in draft.odd:
            raise unknown_symbol_error(draft.account, COINM.POSITION_RISK, unread[0])
        draft.set(position_mode=mode, open_positions=sum(1 for position in positions if position.quantity))
        draft.add(map(state_of_position, positions), symbols)

    async def read_exposures(self, draft: SettingsDraft, symbols: Collection[str]) -> Mapping[str, Decimal | None]:
        """Return initial margin x leverage, base: positionRisk does not show the share of open orders."""
        exposures: dict[str, Decimal | None] = {}
        answer = await draft.answer_rows(COINM.ACCOUNT, of=symbols)
        for row in draft.values(COINM.ACCOUNT, answer, answer.value.positions, _EXPOSURES, of=symbols):
            exposures[row.symbol] = max(row.initial_margin * row.leverage, exposures.get(row.symbol) or _NOTHING)
        return exposures


class BinanceCoinmBrackets(BinanceMarket):
    """Caps and floors are base quantities. The symbols of one pair can differ, so ask by symbol."""

    __slots__ = ()

    endpoints: ClassVar[CoinmEndpoints]

    async def get_brackets(self, *, symbol: str | None = None, pair: str | None = None) -> tuple[Bracket, ...]:
        """Return one flat tuple, ordered by symbol (or pair), then tier; weight 1, without a symbol 2."""
        if pair is None:
            return await super().get_brackets(symbol=symbol)
        if symbol is not None:
            raise self.refuse("ask by symbol or by pair, not by both", subject=symbol)
        return brackets_of(await self.answer_rows(self.endpoints.PAIR_BRACKETS, pair=pair), "pair", self.BRACKET_UNIT)


class BinanceCoinmAccount(
    BinanceCoinmPositions, BinanceAccountMode, BinanceCoinmBrackets, OrderAmendPart, BinanceAccount
):
    """An account of COIN-M futures."""

    __slots__ = ()

    endpoints = COINM
    settings_source = CoinmSettings()
    BRACKET_UNIT = Unit.BASE
    CONTRACTS = contracts_endpoint(COINM.EXCHANGE_INFO)
    COUNTDOWN = countdown_route(COINM.ORDERS)
    CANDLE_HISTORY = candle_history(COINM.CANDLES, widest=timedelta(days=200))
    FUNDING_HISTORY = funding_history(COINM.FUNDING_RATES)
    INCOME_HISTORY = income_history(COINM.INCOME, RETENTION, width=timedelta(days=365))
    # how wide a window may be is not documented here: as wide as on the other product
    MARGIN_HISTORY = margin_history(COINM.MARGIN_HISTORY, RETENTION)
    ORDER_ROUTES = order_routes(COINM.ORDERS, CONTRACTS, ORDER_SIZE)

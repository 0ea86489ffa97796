"""Take-profit, stop-loss and trailing stop of a whole position."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from venuekit.capabilities import PositionSide, TradingStopControl, TradingStopSetting
from venuekit.parts.checks import check_one_way, is_number
from venuekit.plugin import Account, is_multiple
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.instruments import instrument_row, refresh_row


class BybitTradingStop(Account, TradingStopControl):
    """
    Set the stops of an inverse position; they are conditional orders that the venue makes, and watch the last price.

    A lost answer is found out about by the position's row; a position that has been closed meanwhile is refused.
    """

    __slots__ = ()

    async def set_trading_stop(
        self,
        symbol: str,
        *,
        side: PositionSide | None = None,
        take_profit: Decimal | None = None,
        stop_loss: Decimal | None = None,
        trailing_stop: Decimal | None = None,
    ) -> TradingStopSetting:
        """Set the stops by one request (10001 without an open position, or for a price that is reached already)."""
        check_one_way(self, symbol, side)
        prices = {"take_profit": take_profit, "stop_loss": stop_loss}
        self._check_numbers(symbol, {**prices, "trailing_stop": trailing_stop})
        await self._check_ticks(symbol, prices)
        return await self.call_as(
            lambda change: TradingStopSetting(
                symbol, PositionSide.BOTH, take_profit, stop_loss, trailing_stop, change.changed
            ),
            BYBIT.SET_TRADING_STOP,
            category=CATEGORY,
            symbol=symbol,
            tpslMode="Full",
            positionIdx=0,
            takeProfit=take_profit,
            stopLoss=stop_loss,
            trailingStop=trailing_stop,
        )

    def _check_numbers(self, symbol: str, stops: Mapping[str, object]) -> None:
        given = {name: stop for name, stop in stops.items() if stop is not None}
        if not given:
            raise self.refuse("give at least one of take_profit, stop_loss and trailing_stop", subject=symbol)
        for name, stop in given.items():
            if not (is_number(stop) and stop >= 0):
                words = f"{name} must be a Decimal above 0, or 0 to remove it, not {stop!r}"
                raise self.refuse(words, subject=symbol)

    async def _check_ticks(self, symbol: str, prices: Mapping[str, Decimal | None]) -> None:
        """Refuse prices that are not on the tick; ticks change, so the contract is read again before."""
        given = {name: Decimal(price) for name, price in prices.items() if price}
        if not given:
            return
        for read in (instrument_row, refresh_row):
            tick = (await read(self, symbol)).price_filter.tick_size
            misfits = [name for name, price in given.items() if tick and not is_multiple(price, tick)]
            if not misfits:
                return
        words = f"{misfits[0]} {given[misfits[0]]} is not a multiple of {tick}; it is never rounded here"
        raise self.refuse(words, subject=symbol)

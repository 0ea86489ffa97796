"""Take-profit, stop-loss and trailing stop of a whole position."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from venuekit.capabilities import PositionSide, TradingStopControl, TradingStopSetting, WorkingPrice
from venuekit.parts.checks import check_one_way, is_number
from venuekit.plugin import Account
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.stop_checks import check_beside, check_positive, check_steps, trigger_words


class BybitTradingStop(Account, TradingStopControl):
    """
    Set the stops of an inverse position; they are conditional orders that the venue makes.

    A lost answer is found out about by the position's row, and by the open orders where it is about the price that a
    trigger watches or that activates a trailing stop. A position that has been closed meanwhile is refused.
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
        take_profit_working_price: WorkingPrice | None = None,
        stop_loss_working_price: WorkingPrice | None = None,
        activation_price: Decimal | None = None,
    ) -> TradingStopSetting:
        """Set the stops by one request (10001 without an open position, or for a price that is reached already)."""
        check_one_way(self, symbol, side)
        stops = {"take_profit": take_profit, "stop_loss": stop_loss, "trailing_stop": trailing_stop}
        self._check_stops(symbol, stops)
        check_positive(self, symbol, {"activation_price": activation_price})
        kinds = {
            "take_profit_working_price": take_profit_working_price,
            "stop_loss_working_price": stop_loss_working_price,
        }
        words = trigger_words(self, symbol, kinds)
        check_beside(
            self,
            symbol,
            {
                "take_profit_working_price": (take_profit_working_price, "take_profit", take_profit),
                "stop_loss_working_price": (stop_loss_working_price, "stop_loss", stop_loss),
                "activation_price": (activation_price, "trailing_stop", trailing_stop),
            },
        )
        prices = {"take_profit": take_profit, "stop_loss": stop_loss, "activation_price": activation_price}
        await check_steps(self, symbol, prices)
        return await self.call_as(
            lambda change: TradingStopSetting(
                symbol,
                PositionSide.BOTH,
                take_profit,
                stop_loss,
                trailing_stop,
                change.changed,
                take_profit_working_price,
                stop_loss_working_price,
                activation_price,
            ),
            BYBIT.SET_TRADING_STOP,
            category=CATEGORY,
            symbol=symbol,
            tpslMode="Full",
            positionIdx=0,
            takeProfit=take_profit,
            stopLoss=stop_loss,
            trailingStop=trailing_stop,
            tpTriggerBy=words["take_profit_working_price"],
            slTriggerBy=words["stop_loss_working_price"],
            activePrice=activation_price,
        )

    def _check_stops(self, symbol: str, stops: Mapping[str, object]) -> None:
        given = {name: stop for name, stop in stops.items() if stop is not None}
        if not given:
            raise self.refuse("give at least one of take_profit, stop_loss and trailing_stop", subject=symbol)
        for name, stop in given.items():
            if not (is_number(stop) and stop >= 0):
                words = f"{name} must be a Decimal above 0, or 0 to remove it, not {stop!r}"
                raise self.refuse(words, subject=symbol)

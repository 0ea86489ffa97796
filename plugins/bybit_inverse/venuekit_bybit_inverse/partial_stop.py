"""Take-profits and stop-losses of a part of a position."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import PartialStop, PartialStopControl, PositionSide, WorkingPrice
from venuekit.parts.checks import check_one_way
from venuekit.plugin import Account
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.stop_checks import check_beside, check_positive, check_steps, trigger_words


class BybitPartialStop(Account, PartialStopControl):
    """
    Add stops for a part of an inverse position; the venue names none of the orders that it makes of them.

    A lost answer is found out about by the orders of the symbol, which are read before and after; that assumes that no
    other actor adds such stops meanwhile.
    """

    __slots__ = ()

    async def add_partial_stop(
        self,
        symbol: str,
        quantity: Decimal,
        *,
        side: PositionSide | None = None,
        take_profit: Decimal | None = None,
        stop_loss: Decimal | None = None,
        take_profit_limit: Decimal | None = None,
        stop_loss_limit: Decimal | None = None,
        take_profit_working_price: WorkingPrice | None = None,
        stop_loss_working_price: WorkingPrice | None = None,
    ) -> PartialStop:
        """Add one or two stops by one request; both have the same size and are orders of their own."""
        check_one_way(self, symbol, side)
        if take_profit is None and stop_loss is None:
            raise self.refuse("give take_profit, stop_loss or both", subject=symbol)
        if quantity is None:
            raise self.refuse("quantity must be a Decimal above 0, not None", subject=symbol)
        prices = {
            "take_profit": take_profit,
            "stop_loss": stop_loss,
            "take_profit_limit": take_profit_limit,
            "stop_loss_limit": stop_loss_limit,
        }
        check_positive(self, symbol, {"quantity": quantity, **prices})
        kinds = {
            "take_profit_working_price": take_profit_working_price,
            "stop_loss_working_price": stop_loss_working_price,
        }
        words = trigger_words(self, symbol, kinds)
        check_beside(
            self,
            symbol,
            {
                "take_profit_limit": (take_profit_limit, "take_profit", take_profit),
                "stop_loss_limit": (stop_loss_limit, "stop_loss", stop_loss),
                "take_profit_working_price": (take_profit_working_price, "take_profit", take_profit),
                "stop_loss_working_price": (stop_loss_working_price, "stop_loss", stop_loss),
            },
        )
        await check_steps(self, symbol, prices, quantity)
        return await self.call_as(
            lambda _: PartialStop(
                symbol,
                PositionSide.BOTH,
                Decimal(quantity),
                take_profit,
                stop_loss,
                take_profit_limit,
                stop_loss_limit,
                take_profit_working_price,
                stop_loss_working_price,
            ),
            BYBIT.ADD_PARTIAL_STOP,
            category=CATEGORY,
            symbol=symbol,
            positionIdx=0,
            takeProfit=take_profit,
            stopLoss=stop_loss,
            tpTriggerBy=words["take_profit_working_price"],
            slTriggerBy=words["stop_loss_working_price"],
            tpSize=None if take_profit is None else quantity,
            slSize=None if stop_loss is None else quantity,
            tpOrderType=_order_type(take_profit, take_profit_limit),
            slOrderType=_order_type(stop_loss, stop_loss_limit),
            tpLimitPrice=take_profit_limit,
            slLimitPrice=stop_loss_limit,
        )


def _order_type(stop: Decimal | None, limit: Decimal | None) -> str | None:
    if stop is None:
        return None
    return "Market" if limit is None else "Limit"

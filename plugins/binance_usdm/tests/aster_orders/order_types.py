"""Every type of order of Aster, and an account that places them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.stages import LeapingStage

from venuekit.capabilities import OrderRequest, OrderSide, OrderType, WorkingPrice
from venuekit_binance_usdm.aster.endpoints import ASTER_V1

D = Decimal
ORDERS = ASTER_V1.ORDERS
MARK = D(3000)
looptime = pytest.mark.looptime
#: what each type needs beside the usual, and what of it travels under which name
TYPES: dict[OrderType, tuple[dict[str, Any], dict[str, str]]] = {
    OrderType.LIMIT: ({"price": D(2000)}, {"price": "2000", "timeInForce": "GTC"}),
    OrderType.MARKET: ({}, {}),
    OrderType.STOP: (
        {"trigger_price": D(4000), "price": D(4001)},
        {"stopPrice": "4000", "price": "4001", "timeInForce": "GTC"},
    ),
    OrderType.STOP_MARKET: (
        {"trigger_price": D(4000), "working_price": WorkingPrice.MARK, "price_protect": True},
        {"stopPrice": "4000", "workingType": "MARK_PRICE", "priceProtect": "true"},
    ),
    OrderType.TAKE_PROFIT: (
        {"trigger_price": D(2000), "price": D(2001)},
        {"stopPrice": "2000", "price": "2001", "timeInForce": "GTC"},
    ),
    OrderType.TAKE_PROFIT_MARKET: ({"trigger_price": D(2000)}, {"stopPrice": "2000"}),
    OrderType.TRAILING_STOP_MARKET: (
        {"callback_rate": D("1.5"), "activation_price": D(2500)},
        {"callbackRate": "1.5", "activationPrice": "2500"},
    ),
}


@attrs.frozen
class Stage(LeapingStage):
    """The simulated venue and an account of it on one clock that leaps over waiting."""

    def order(self, kind: OrderType = OrderType.LIMIT, **details: Any) -> OrderRequest:
        """Return an order to buy that waits, unless it says otherwise."""
        usual = {"symbol": "ETHUSDT", "side": OrderSide.BUY, "quantity": D("0.1"), **TYPES[kind][0]}
        return OrderRequest(type=kind, **(usual | details))

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        await self.account.pause(seconds)

"""A stage for orders of each product."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.stages import LeapingStage

from venuekit.capabilities import OrderRequest, OrderSide, OrderType

D = Decimal
#: those that keep conditional orders in a book of their own, and amend orders
two_books = pytest.mark.parametrize("stage", ["binance_usdm", "binance_coinm"], indirect=True)
CONDITIONAL: dict[OrderType, dict[str, Any]] = {
    OrderType.STOP: {"trigger_price": D(4000), "price": D(4001)},
    OrderType.STOP_MARKET: {"trigger_price": D(4000)},
    OrderType.TAKE_PROFIT: {"trigger_price": D(2000), "price": D(2001)},
    OrderType.TAKE_PROFIT_MARKET: {"trigger_price": D(2000)},
    OrderType.TRAILING_STOP_MARKET: {"callback_rate": D("1.5"), "activation_price": D(2500)},
}


@attrs.frozen
class Stage(LeapingStage):
    """A simulated venue and an account of it on one clock that leaps over waiting."""

    def order(self, kind: OrderType = OrderType.LIMIT, **details: Any) -> OrderRequest:
        """Return an order to buy; a limit order far from the market unless it says otherwise."""
        usual = {"price": D(2000)} if kind is OrderType.LIMIT else {}
        named: dict[str, Any] = {"symbol": self.symbol, "side": OrderSide.BUY, "quantity": self.quantity}
        return OrderRequest(type=kind, **(named | usual | details))


def size(stage: Stage) -> tuple[Decimal, str]:
    contract = stage.ledger.contract(stage.symbol)
    return contract.contract_size, contract.contract_unit

"""The parameters of orders, by the venue's own names."""

from __future__ import annotations

from decimal import Decimal

from venuekit.endpoint import Kind, Parameter, Role
from venuekit_binance_common.order_words import CLIENT_ID_PATTERN, SIDES, TIMES, TRIGGERS

__all__ = [
    "ALGO_FORM",
    "ALGO_NAME",
    "BATCH",
    "ORDER_FORM",
    "ORDER_NAME",
    "PRICE",
    "QUANTITY",
    "SIDE",
    "SPAN",
    "THE_SYMBOL",
    "limit_up_to",
]

_ZERO = Decimal(0)

THE_SYMBOL = Parameter("symbol", required=True, role=Role.SYMBOL)
SIDE = Parameter("side", required=True, choices=frozenset(SIDES))
QUANTITY = Parameter("quantity", Kind.DECIMAL, role=Role.QUANTITY, minimum=_ZERO)
PRICE = Parameter("price", Kind.DECIMAL, role=Role.PRICE, minimum=_ZERO)

#: how an order is named: by exactly one of both
ORDER_NAME = (
    Parameter("orderId", Kind.INTEGER),
    Parameter("origClientOrderId", role=Role.CLIENT_ID, pattern=CLIENT_ID_PATTERN),
)
ALGO_NAME = (
    Parameter("algoId", Kind.INTEGER),
    Parameter("clientAlgoId", role=Role.CLIENT_ID, pattern=CLIENT_ID_PATTERN),
)
SPAN = (Parameter("startTime", Kind.INTEGER), Parameter("endTime", Kind.INTEGER))
#: the items of a batch; a guard reads their quantities
BATCH = Parameter("batchOrders", Kind.LIST, required=True, role=Role.QUANTITY)

_BOTH_FORMS = (
    THE_SYMBOL,
    SIDE,
    Parameter("type", required=True),
    Parameter("positionSide", choices=frozenset({"BOTH", "LONG", "SHORT"})),
    Parameter("timeInForce", choices=frozenset(TIMES)),
    QUANTITY,
    PRICE,
    Parameter("reduceOnly", Kind.BOOLEAN),
    Parameter("priceMatch"),
    Parameter("selfTradePreventionMode"),
    Parameter("goodTillDate", Kind.INTEGER),
    Parameter("newOrderRespType", choices=frozenset({"ACK", "RESULT"})),
)
ORDER_FORM = (
    *_BOTH_FORMS,
    Parameter("newClientOrderId", required=True, role=Role.CLIENT_ID, pattern=CLIENT_ID_PATTERN),
)
#: of a conditional order, but for the rate by which it trails
ALGO_FORM = (
    *_BOTH_FORMS,
    Parameter("algoType", required=True, choices=frozenset({"CONDITIONAL"})),
    Parameter("clientAlgoId", required=True, role=Role.CLIENT_ID, pattern=CLIENT_ID_PATTERN),
    Parameter("triggerPrice", Kind.DECIMAL, minimum=_ZERO),
    Parameter("workingType", choices=frozenset(TRIGGERS)),
    Parameter("priceProtect", Kind.BOOLEAN),
    Parameter("closePosition", Kind.BOOLEAN),
    Parameter("activatePrice", Kind.DECIMAL, minimum=_ZERO),
)


def limit_up_to(most: int) -> Parameter:
    """Return how many rows a page may have."""
    return Parameter("limit", Kind.INTEGER, minimum=Decimal(1), maximum=Decimal(most))

"""The parameters of orders, by the venue's own names."""

from __future__ import annotations

from decimal import Decimal

import attrs

from venuekit.plugin import Kind, Parameter, Role
from venuekit_binance_common.enums import CLIENT_ID_PATTERN, SIDES, TRIGGERS
from venuekit_binance_common.orders.form import LEAST_CALLBACK
from venuekit_binance_common.orders.terms import ConditionalBook, OrderTerms
from venuekit_binance_common.orders.writes import CONTRACT_SIZE, CONTRACT_SIZES
from venuekit_binance_common.venue import THE_SYMBOL

_ZERO = Decimal(0)

SIDE = Parameter("side", required=True, choices=frozenset(SIDES))
QUANTITY = Parameter("quantity", Kind.DECIMAL, role=Role.QUANTITY, minimum=_ZERO)
PRICE = Parameter("price", Kind.DECIMAL, role=Role.PRICE, minimum=_ZERO)

#: how an order is named: by exactly one of both
ORDER_NAME = (
    Parameter("orderId", Kind.INTEGER, role=Role.ORDER_ID),
    Parameter("origClientOrderId", role=Role.CLIENT_ID, pattern=CLIENT_ID_PATTERN),
)
ALGO_NAME = (
    Parameter("algoId", Kind.INTEGER, role=Role.ORDER_ID),
    Parameter("clientAlgoId", role=Role.CLIENT_ID, pattern=CLIENT_ID_PATTERN),
)


def order_parameters(terms: OrderTerms) -> tuple[Parameter, ...]:
    """Return the parameters of a plain order; where conditional orders are among them, also theirs."""
    return (
        *_both_forms(terms),
        Parameter("newClientOrderId", required=True, role=Role.CLIENT_ID, pattern=CLIENT_ID_PATTERN),
        *(_trigger(terms, "stopPrice", "activationPrice") if terms.conditional is ConditionalBook.PLAIN else ()),
    )


def algo_parameters(terms: OrderTerms) -> tuple[Parameter, ...]:
    """Return the parameters of a conditional order that has a route of its own."""
    return (
        *_both_forms(terms),
        Parameter("algoType", required=True, choices=frozenset({"CONDITIONAL"})),
        Parameter("clientAlgoId", required=True, role=Role.CLIENT_ID, pattern=CLIENT_ID_PATTERN),
        *_trigger(terms, "triggerPrice", "activatePrice"),
    )


def amend_parameters(terms: OrderTerms) -> tuple[Parameter, ...]:
    """Return the parameters of an amendment."""
    return (
        THE_SYMBOL,
        SIDE,
        *ORDER_NAME,
        attrs.evolve(QUANTITY, required=True),
        # or a price match; both are refused
        attrs.evolve(PRICE, required=not terms.matches),
        *((Parameter("priceMatch"),) if terms.matches else ()),
        Parameter("modifyId", Kind.INTEGER),
        # a check: the amendment of an order that does not reduce is refused (-5047)
        *((Parameter("reduceOnly", Kind.BOOLEAN),) if terms.checks_reducing else ()),
        *(() if terms.sizes_in_base else (CONTRACT_SIZE,)),
    )


def batch_parameters(terms: OrderTerms) -> tuple[Parameter, ...]:
    """Return the parameters of a batch: its items, of which a guard reads the quantities."""
    items = Parameter("batchOrders", Kind.LIST, required=True, role=Role.QUANTITY)
    return (items,) if terms.sizes_in_base else (items, CONTRACT_SIZES)


def _both_forms(terms: OrderTerms) -> tuple[Parameter, ...]:
    matching = (
        Parameter("priceMatch"),
        Parameter("selfTradePreventionMode"),
        *((Parameter("goodTillDate", Kind.INTEGER),) if "GTD" in terms.times else ()),
    )
    return (
        THE_SYMBOL,
        SIDE,
        Parameter("type", required=True),
        Parameter("positionSide", choices=frozenset({"BOTH", "LONG", "SHORT"})),
        Parameter("timeInForce", choices=terms.times),
        QUANTITY,
        PRICE,
        Parameter("reduceOnly", Kind.BOOLEAN),
        *(matching if terms.matches else ()),
        Parameter("newOrderRespType", choices=frozenset({"ACK", "RESULT"})),
        *(() if terms.sizes_in_base else (CONTRACT_SIZE,)),
    )


def _trigger(terms: OrderTerms, price: str, activation: str) -> tuple[Parameter, ...]:
    return (
        Parameter(price, Kind.DECIMAL, minimum=_ZERO),
        Parameter("workingType", choices=frozenset(TRIGGERS)),
        Parameter("priceProtect", Kind.BOOLEAN),
        Parameter("closePosition", Kind.BOOLEAN),
        Parameter(activation, Kind.DECIMAL, minimum=_ZERO),
        Parameter("callbackRate", Kind.DECIMAL, minimum=LEAST_CALLBACK, maximum=terms.most_callback),
    )

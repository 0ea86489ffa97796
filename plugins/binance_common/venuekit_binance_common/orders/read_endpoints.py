"""Reads of orders and fills, as functions of the product's terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from venuekit.capabilities import Fill, FillReader, ForcedOrderReader, Order, OrderControl, OrderReader
from venuekit.plugin import Echoes, Endpoint, Kind, Parameter
from venuekit_binance_common.endpoints import PAYS, SYMBOL
from venuekit_binance_common.orders.parameters import ORDER_NAME, SPAN, THE_SYMBOL, limit_up_to
from venuekit_binance_common.orders.terms import OrderTerms

_NAMED = {"symbol": "symbol", "orderId": "id", "origClientOrderId": "client_id"}


def order_endpoint(terms: OrderTerms) -> Endpoint[Order]:
    """Return the query of one plain order."""
    return Endpoint(
        "GET",
        f"{terms.root}/v1/order",
        decode=terms.rows.order.read_one,
        echoes=Echoes(_NAMED),
        parameters=(THE_SYMBOL, *ORDER_NAME),
        pools=PAYS,
        serves=(OrderReader.get_order, OrderControl.cancel_order),
        note=(
            f"Orders that ended without a fill are forgotten after {terms.unfilled_days} days"
            + (", all others after 90." if terms.keeps_90_days else "; how long others are kept is not documented.")
        ),
    )


def open_order_endpoint(terms: OrderTerms) -> Endpoint[Order]:
    """Return the query of one open plain order."""
    return Endpoint(
        "GET",
        f"{terms.root}/v1/openOrder",
        decode=terms.rows.order.read_one,
        echoes=Echoes(_NAMED),
        parameters=(THE_SYMBOL, *ORDER_NAME),
        pools=PAYS,
        serves=(OrderReader.get_open_order,),
    )


def all_orders_endpoint(terms: OrderTerms) -> Endpoint[tuple[Order, ...]]:
    """Return the history of plain orders."""
    return Endpoint(
        "GET",
        f"{terms.root}/v1/allOrders",
        decode=terms.rows.orders.read_all,
        rows=((),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(SYMBOL, *terms.more, Parameter("orderId", Kind.INTEGER), *SPAN, limit_up_to(1000)),
        weight=5,
        pools=PAYS,
        serves=(OrderReader.iter_orders,),
        note="At most 7 days at once, kept for 90 days." if terms.keeps_90_days else "At most 7 days at once.",
    )


def trades_endpoint(terms: OrderTerms) -> Endpoint[tuple[Fill, ...]]:
    """Return the history of fills."""
    return Endpoint(
        "GET",
        f"{terms.root}/v1/userTrades",
        decode=terms.rows.fills.read_all,
        rows=((),),
        echoes=Echoes.each({"symbol": "symbol", **({"orderId": "order_id"} if terms.trades_by_order else {})}),
        parameters=(
            SYMBOL if terms.more else THE_SYMBOL,
            *terms.more,
            *((Parameter("orderId", Kind.INTEGER),) if terms.trades_by_order else ()),
            *SPAN,
            Parameter("fromId", Kind.INTEGER),
            limit_up_to(1000),
        ),
        weight=5,
        pools=PAYS,
        serves=(FillReader.iter_fills,),
        note=(
            "fromId excludes times; at most 7 days at once"
            + (", kept for three months." if terms.keeps_90_days else ".")
        ),
    )


def _force_orders_weight(parameters: Mapping[str, Any]) -> int:
    return 50 if parameters.get("symbol") is None else 20


def force_orders_endpoint(terms: OrderTerms) -> Endpoint[tuple[Order, ...]]:
    """Return the history of the venue's own orders."""
    return Endpoint(
        "GET",
        f"{terms.root}/v1/forceOrders",
        decode=terms.rows.orders.read_all,
        rows=((),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(
            SYMBOL,
            Parameter("autoCloseType", choices=frozenset({"LIQUIDATION", "ADL"})),
            *SPAN,
            limit_up_to(100),
        ),
        weight=_force_orders_weight,
        weight_most=50,
        pools=PAYS,
        serves=(ForcedOrderReader.iter_forced_orders,),
    )

"""Endpoints that read orders and fills."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import (
    FillReader,
    ForcedOrderReader,
    OrderAmendControl,
    OrderBatchControl,
    OrderControl,
    OrderReader,
    SettingsReader,
)
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.plugin import Echoes, Endpoint, Kind, Parameter, Role
from venuekit_bybit_inverse import order_rows
from venuekit_bybit_inverse.endpoints.parameters import (
    ANY_PRODUCT,
    BASE_COIN,
    CURSOR,
    END,
    INVERSE,
    SETTLE_COIN,
    START,
    SYMBOL,
    limit,
)
from venuekit_bybit_inverse.limits import cost

ORDER_ID = Parameter("orderId", role=Role.ORDER_ID)
ORDER_LINK_ID = Parameter("orderLinkId")

_NAMED = Echoes.each({"symbol": "symbol", "orderId": "id", "orderLinkId": "client_id"}, "rows")


class OrderReadEndpoints(EndpointBook):
    """Reads of orders and fills."""

    OPEN_ORDERS = Endpoint(
        "GET",
        "/v5/order/realtime",
        decode=order_rows.decode_orders,
        rows=(("result", "list"),),
        echoes=_NAMED,
        parameters=(
            ANY_PRODUCT,
            SYMBOL,
            BASE_COIN,
            SETTLE_COIN,
            ORDER_ID,
            ORDER_LINK_ID,
            Parameter("openOnly", Kind.INTEGER, minimum=Decimal(0), maximum=Decimal(1)),
            Parameter("orderFilter"),
            limit(50),
            CURSOR,
        ),
        pools=cost("order_realtime"),
        serves=(
            OrderReader.get_open_orders,
            OrderReader.get_open_order,
            OrderReader.get_order,
            OrderReader.iter_orders,
            OrderControl.cancel_order,
            OrderControl.cancel_all_orders,
            OrderAmendControl.amend_order,
            OrderAmendControl.amend_orders,
            OrderBatchControl.cancel_orders,
            SettingsReader.get_settings,
        ),
    )

    ORDER_HISTORY = Endpoint(
        "GET",
        "/v5/order/history",
        decode=order_rows.decode_orders,
        rows=(("result", "list"),),
        echoes=_NAMED,
        parameters=(
            INVERSE,
            SYMBOL,
            BASE_COIN,
            SETTLE_COIN,
            ORDER_ID,
            ORDER_LINK_ID,
            Parameter("orderFilter"),
            Parameter("orderStatus"),
            START,
            END,
            limit(50),
            CURSOR,
        ),
        pools=cost("order_history"),
        serves=(OrderReader.get_order, OrderReader.iter_orders, ForcedOrderReader.iter_forced_orders),
        note="At most 7 days a request, two years back; cancelled and rejected orders without a fill for 24 hours.",
    )

    EXECUTIONS = Endpoint(
        "GET",
        "/v5/execution/list",
        decode=order_rows.decode_fills,
        rows=(("result", "list"),),
        echoes=Echoes.each({"symbol": "symbol", "orderId": "order_id", "orderLinkId": "client_id"}, "rows"),
        parameters=(
            INVERSE,
            SYMBOL,
            ORDER_ID,
            ORDER_LINK_ID,
            BASE_COIN,
            START,
            END,
            Parameter("execType"),
            limit(100),
            CURSOR,
        ),
        pools=cost("executions"),
        serves=(FillReader.iter_fills, ForcedOrderReader.iter_forced_orders),
        note="At most 7 days a request, two years back, newest first.",
    )

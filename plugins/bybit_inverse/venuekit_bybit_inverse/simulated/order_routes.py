"""Routes that read orders and fills."""

from __future__ import annotations

from datetime import timedelta

from venuekit.capabilities import OrderStatus
from venuekit.simulator import SimRequest, Visit
from venuekit.simulator.ledger import LedgerOrder, TradeKind
from venuekit_bybit_inverse.simulated.formatting import milliseconds, price
from venuekit_bybit_inverse.simulated.order_rows import execution_row, history_row, order_row
from venuekit_bybit_inverse.simulated.parameters import category, contract_of, invalid, only_inverse, page, window

_MILLISECOND = timedelta(milliseconds=1)
_WEEK = timedelta(days=7) // _MILLISECOND
_TWO_YEARS = timedelta(days=730) // _MILLISECOND
#: the number of ended orders in the list of open ones, and the retention of those without a fill
_RECENT = 500
_KEPT = timedelta(hours=24)


def open_orders(request: SimRequest, visit: Visit) -> object:
    """Answer ``GET /v5/order/realtime``: open orders, or with ``openOnly=1`` recently ended ones; newest first."""
    product, symbol, coin = category(request, visit), request.text("symbol"), request.text("settleCoin")
    if product == "linear" and not (symbol or coin or request.text("baseCoin")):
        raise invalid("Missing some parameters that must be filled in, symbol or settleCoin or baseCoin", visit)
    if symbol:
        contract_of(symbol, visit)
    orders: list[LedgerOrder] = []
    if product == "inverse":
        ended = request.text("openOnly") == "1"
        orders = [order for order in _select_orders(request, visit) if order.is_open is not ended]
        orders = orders[:_RECENT] if ended else orders
    rows = [order_row(order, visit.ledger.contracts[order.symbol]) for order in orders]
    return {**page(request, visit, rows, usual=20, most=50), "category": product}


def order_history(request: SimRequest, visit: Visit) -> object:
    """Answer ``GET /v5/order/history``: ended orders; cancelled and rejected ones without a fill for a day."""
    only_inverse(request, visit)
    symbol = request.text("symbol")
    if symbol:
        contract_of(symbol, visit)
    named = request.text("orderId") or request.text("orderLinkId")
    times = (
        range(visit.milliseconds + 1) if named else window(request, visit, usual=_WEEK, most=_WEEK, oldest=_TWO_YEARS)
    )
    status = request.text("orderStatus")
    rows = [
        history_row(order, visit.ledger.contracts[order.symbol])
        for order in _select_orders(request, visit)
        if not order.is_open and int(milliseconds(order.created_at)) in times and _is_kept(order, visit)
    ]
    rows = [row for row in rows if status in {None, row["orderStatus"]}]
    return {**page(request, visit, rows, usual=20, most=50), "category": "inverse"}


def executions(request: SimRequest, visit: Visit) -> object:
    """Answer ``GET /v5/execution/list``: fills and funding, newest first."""
    only_inverse(request, visit)
    symbol, kind = request.text("symbol"), request.text("execType")
    if symbol:
        contract_of(symbol, visit)
    times = window(request, visit, usual=_WEEK, most=_WEEK, oldest=_TWO_YEARS)
    orders = {order.id: order for order in visit.ledger.orders()}
    fills = list(enumerate(visit.ledger.fills(symbol or None, request.text("orderId"), kinds=frozenset(TradeKind)), 1))
    rows = [
        execution_row(fill, orders.get(fill.order_id or ""), number, price(visit.ledger.mark(fill.symbol)))
        for number, fill in reversed(fills)
        if int(milliseconds(fill.time)) in times
    ]
    link_id = request.text("orderLinkId")
    rows = [row for row in rows if kind in {None, row["execType"]} and link_id in {None, row["orderLinkId"]}]
    return {**page(request, visit, rows, usual=50, most=100), "category": "inverse"}


def _select_orders(request: SimRequest, visit: Visit) -> list[LedgerOrder]:
    """Return the orders that a request names, newest first."""
    names = {
        name: request.text(name) or None for name in ("symbol", "orderId", "orderLinkId", "settleCoin", "baseCoin")
    }
    contracts = visit.ledger.contracts
    return [
        order
        for order in reversed(visit.ledger.orders(names["symbol"]))
        if order.status is not OrderStatus.PENDING
        and names["orderId"] in {None, order.id}
        and names["orderLinkId"] in {None, order.client_id}
        and names["settleCoin"] in {None, contracts[order.symbol].settle}
        and names["baseCoin"] in {None, contracts[order.symbol].base}
    ]


def _is_kept(order: LedgerOrder, visit: Visit) -> bool:
    return bool(order.filled) or visit.now - order.updated_at <= _KEPT

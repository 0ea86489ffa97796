"""Routes that read orders and fills."""

from __future__ import annotations

from datetime import timedelta

from venuekit.capabilities import OrderStatus
from venuekit.simulator import Visit
from venuekit.simulator.ledger import LedgerOrder, TradeKind
from venuekit_bybit_inverse.simulated.messages import milliseconds
from venuekit_bybit_inverse.simulated.order_rows import execution_row, history_row, order_row, stop_type
from venuekit_bybit_inverse.simulated.parameters import Parameters

#: the number of ended orders in the list of open ones, and the retention of those without a fill
_RECENT = 500
_KEPT = timedelta(hours=24)


def open_orders(parameters: Parameters, visit: Visit) -> object:
    """
    Answer ``GET /v5/order/realtime``: open orders, or with ``openOnly=1`` recently ended ones; newest first.

    An order that is named by an id is shown open or ended, whatever ``openOnly`` says.
    """
    product = parameters.category()
    if product == "linear" and not any(map(parameters.text, ("symbol", "baseCoin", "settleCoin"))):
        raise parameters.invalid("Missing some parameters that must be filled in, symbol or settleCoin or baseCoin")
    orders: list[LedgerOrder] = []
    if product == "inverse":
        named, selects = parameters.selection()
        ended = parameters.text("openOnly") == "1"
        shown = [order for order in _newest_first(visit) if order.is_open] if named or not ended else []
        shown += _find_recent(visit) if named or ended else []
        orders = [order for order in shown if selects(order) and is_of_filter(order, parameters)]
        orders.sort(key=lambda order: int(order.id), reverse=True)
    rows = [order_row(order, visit.ledger) for order in orders]
    return {**parameters.page(rows, usual=20, most=50), "category": product}


def order_history(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/order/history``: ended orders; cancelled and rejected ones without a fill for a day."""
    if (product := parameters.category()) != "inverse":
        return parameters.no_rows(product)
    named, selects = parameters.selection()
    times = range(visit.milliseconds + 1) if named else parameters.window()
    rows = [
        history_row(order, visit.ledger)
        for order in _newest_first(visit)
        if selects(order) and not order.is_open and is_of_filter(order, parameters)
        if int(milliseconds(order.created_at)) in times and _is_kept(order, visit)
    ]
    return {**parameters.page(parameters.select(rows, "orderStatus"), usual=20, most=50), "category": "inverse"}


def executions(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/execution/list``: fills and funding, newest first; with an id, nothing else counts."""
    if (product := parameters.category()) != "inverse":
        return parameters.no_rows(product)
    named, selects = parameters.selection(order_id="order_id")
    times = range(visit.milliseconds + 1) if named else parameters.window()
    orders = {order.id: order for order in visit.ledger.orders()}
    fills = visit.ledger.fills(kinds=frozenset(TradeKind))
    rows = [
        execution_row(fill, orders.get(fill.order_id or ""), visit.ledger)
        for fill in reversed(fills)
        if selects(fill) and int(milliseconds(fill.time)) in times
    ]
    rows = rows if named else parameters.select(rows, "execType")
    return {**parameters.page(rows, usual=50, most=100), "category": "inverse"}


def is_of_filter(order: LedgerOrder, parameters: Parameters) -> bool:
    """Say whether an order is of the kind that ``orderFilter`` asks for; without one, all are."""
    is_conditional = stop_type(order) is not None
    return {"Order": not is_conditional, "StopOrder": is_conditional}.get(parameters.text("orderFilter") or "", True)


def _newest_first(visit: Visit) -> list[LedgerOrder]:
    return [order for order in reversed(visit.ledger.orders()) if order.status is not OrderStatus.PENDING]


def _find_recent(visit: Visit) -> list[LedgerOrder]:
    return [order for order in _newest_first(visit) if not order.is_open][:_RECENT]


def _is_kept(order: LedgerOrder, visit: Visit) -> bool:
    return bool(order.filled) or visit.now - order.updated_at <= _KEPT

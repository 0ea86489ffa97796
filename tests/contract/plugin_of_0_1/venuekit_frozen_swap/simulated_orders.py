"""The venue's side of orders and histories: answers from a ledger, newest first where there are pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from venuekit.capabilities import IncomeKind, OrderStatus, OrderType
from venuekit.simulator import SimRequest, Visit
from venuekit.simulator.ledger import Ledger, LedgerIncome, LedgerOrder, LedgerOrderRequest, Side
from venuekit_frozen_swap.simulated_words import minor, moment, needed, number, shown, time_text, unit

R = TypeVar("R", LedgerIncome, LedgerOrder)

_TYPES = {"limit": OrderType.LIMIT, "market": OrderType.MARKET}
_STATES = {
    OrderStatus.OPEN: "resting",
    OrderStatus.PARTIALLY_FILLED: "part",
    OrderStatus.FILLED: "done",
    OrderStatus.CANCELED: "gone",
}
_KINDS = {
    IncomeKind.REALIZED_PNL: "profit",
    IncomeKind.COMMISSION: "fee",
    IncomeKind.FUNDING: "funding",
    IncomeKind.TRANSFER: "transfer",
}


def _row(order: LedgerOrder, ledger: Ledger) -> dict[str, object]:
    return {
        "id": order.id,
        "client_id": order.client_id,
        "contract": order.symbol,
        "side": order.side.value,
        "type": next((word for word, kind in _TYPES.items() if kind is order.type), order.type.value),
        "state": _STATES.get(order.status, order.status.value),
        "size": shown(order.quantity),
        "filled": shown(order.filled),
        "price": shown(order.price),
        "mean": shown(order.average_price),
        "value": minor(order.filled_value),
        "fee": minor(order.commission),
        "lot": shown(ledger.contract(order.symbol).contract_size),
        "unit": unit(ledger.contract(order.symbol)),
        "reduce_only": order.reduce_only,
        "created": time_text(order.created_at),
        "updated": time_text(order.updated_at),
    }


def _listed(request: SimRequest, visit: Visit) -> str | None:
    """Return the contract that is asked for, which must be listed; None for all."""
    symbol = request.text("contract")
    return None if symbol is None else visit.ledger.contract(symbol).symbol


def _named(request: SimRequest, visit: Visit) -> LedgerOrder:
    symbol = visit.ledger.contract(needed(request, "contract")).symbol
    return visit.ledger.order(request.text("id"), client_id=request.text("client_id"), symbol=symbol)


def place(request: SimRequest, visit: Visit) -> object:
    """Place an order."""
    price = None if request.text("price") is None else number(request, "price")
    order = visit.ledger.place(
        LedgerOrderRequest(
            symbol=needed(request, "contract"),
            side=Side(needed(request, "side")),
            type=_TYPES[needed(request, "type")],
            quantity=number(request, "size"),
            price=price,
            reduce_only=request.text("reduce_only") == "true",
            client_id=needed(request, "client_id"),
        )
    )
    return {"order": _row(order, visit.ledger)}


def cancel(request: SimRequest, visit: Visit) -> object:
    """Cancel one order."""
    symbol = visit.ledger.contract(needed(request, "contract")).symbol
    order = visit.ledger.cancel_order(request.text("id"), client_id=request.text("client_id"), symbol=symbol)
    return {"order": _row(order, visit.ledger)}


def cancel_all(request: SimRequest, visit: Visit) -> object:
    """Cancel all orders of a contract."""
    orders = visit.ledger.cancel_orders(needed(request, "contract"))
    return {"orders": [_row(order, visit.ledger) for order in orders]}


def order_by_name(request: SimRequest, visit: Visit) -> object:
    """Show an order, open or not."""
    return {"order": _row(_named(request, visit), visit.ledger)}


def open_orders(request: SimRequest, visit: Visit) -> object:
    """List the open orders, of a contract or of all."""
    return {"orders": [_row(order, visit.ledger) for order in visit.ledger.open_orders(_listed(request, visit))]}


def order_history(request: SimRequest, visit: Visit) -> object:
    """Show a page of the orders, by the times at which they were placed."""
    orders = visit.ledger.orders(_listed(request, visit))
    page, following = _page(request, orders, lambda order: order.created_at)
    return {"orders": [_row(order, visit.ledger) for order in page], "next": following}


def income(request: SimRequest, visit: Visit) -> object:
    """Show a page of the movements of the wallet."""
    contract = _listed(request, visit)
    rows = [row for row in visit.ledger.incomes() if contract in {None, row.symbol}]
    page, following = _page(request, rows, lambda row: row.time)
    return {"rows": [_income_row(row) for row in page], "next": following}


def _income_row(row: LedgerIncome) -> dict[str, object]:
    return {
        "id": row.id,
        "at": time_text(row.time),
        "asset": row.asset,
        "amount": minor(row.amount),
        "kind": _KINDS.get(row.kind, row.kind.value),
        "contract": row.symbol,
        "order": row.order_id,
        "after": minor(row.balance_after),
    }


def _page(request: SimRequest, rows: Sequence[R], time: Callable[[R], datetime]) -> tuple[Sequence[R], str | None]:
    """Return a page, newest first, and the cursor of the next one: the id of its last row."""
    start, end, cursor = moment(request, "from"), moment(request, "to"), request.text("cursor")
    within = [
        row
        for row in sorted(rows, key=lambda row: (time(row), int(row.id)), reverse=True)
        if start <= time(row) <= end and (cursor is None or int(row.id) < int(cursor))
    ]
    most = int(number(request, "limit")) if request.text("limit") else 50
    page = within[:most]
    return page, page[-1].id if len(within) > most else None


def countdown(request: SimRequest, visit: Visit) -> object:
    """Arm the countdown of the account, or disarm it by 0."""
    seconds: Decimal = number(request, "seconds")
    visit.ledger.countdown(None, timedelta(seconds=int(seconds)))
    return {"armed": bool(seconds)}

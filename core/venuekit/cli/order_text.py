"""Orders as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from venuekit.cli.tables import cell_text
from venuekit.exports.rows import Row, row_of

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.capabilities import Order, OrderRequest

__all__ = ["LIST_COLUMNS", "WHOLE", "order_row", "request_text"]

LIST_COLUMNS = {
    "account": "account",
    "symbol": "symbol",
    "order": "order",
    "filled": "filled",
    "status": "status",
    "id": "id",
}
#: what somebody copies into the next command
WHOLE = ("id",)


def order_row(order: Order, name: str, account: Account, *, listed: bool = False) -> Row:
    """Return an order as a row; for a list with ``order``, which says in a few words what it is."""
    said = {"order": _words(order)} if listed else {}
    return row_of(order, account=name, venue=account.venue.id, **said)


def request_text(request: OrderRequest) -> str:
    """Return an order that is to be placed in a few words."""
    return f"{request.symbol} {_words(request)}"


def _words(order: Order | OrderRequest) -> str:
    parts = [order.side.value, cell_text(order.quantity), order.type.value]
    if order.price is not None:
        parts += ["at", cell_text(order.price)]
    if order.trigger_price is not None:
        parts += ["from", cell_text(order.trigger_price)]
    if order.reduce_only:
        parts.append("reduce only")
    return " ".join(parts)

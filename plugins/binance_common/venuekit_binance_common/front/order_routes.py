"""What waits in the two books, what has ended, and what was filled."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from venuekit.endpoint import Endpoint
from venuekit.simulator import Handler, Route, SimRequest, Visit
from venuekit.simulator.ledger import Book, Contract, Forced, Order, OrderStatus
from venuekit_binance_common.front.formatting import milliseconds, plain
from venuekit_binance_common.front.history_questions import HistoryQuestions
from venuekit_binance_common.front.listing import Listing
from venuekit_binance_common.front.order_rows import algo_query_row, algo_row, order_row, trade_row
from venuekit_binance_common.front.order_writes import OrderWrites
from venuekit_binance_common.order_endpoints import OrderEndpoints

__all__ = ["OrderRoutes"]

_WEEK = timedelta(days=7)
#: how long orders that ended without a fill are kept, and all others
_KEPT_UNFILLED, _KEPT = timedelta(days=3), timedelta(days=90)
_FORCED = {"LIQUIDATION": Forced.LIQUIDATION, "ADL": Forced.ADL}


class OrderRoutes(ABC):
    """Orders, plain and conditional, and fills."""

    ORDERS: ClassVar[OrderEndpoints]

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._orders_asked = HistoryQuestions(
            listing=listing, usual=_WEEK, widest=_WEEK, keeps=_KEPT, rows=500, most_rows=1000
        )
        self._forced_asked = HistoryQuestions(
            listing=listing, usual=_WEEK, widest=_WEEK, keeps=_KEPT, rows=50, most_rows=100
        )
        self._writes = OrderWrites(self.ORDERS, listing, self.own_fields)

    @abstractmethod
    def own_fields(self, order: Order, contract: Contract) -> Mapping[str, object]:
        """Return the fields of a plain order that only this product has."""

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return what answers which endpoint."""
        orders = self.ORDERS
        found: dict[Endpoint[Any], Handler] = {
            orders.open_orders: self.open_orders,
            orders.open_algo_orders: self.open_algo_orders,
            orders.order: self.order,
            orders.open_order: self.open_order,
            orders.all_orders: self.all_orders,
            orders.trades: self.trades,
            orders.forced: self.forced,
        }
        if orders.algo_order is not None:
            found[orders.algo_order] = self.algo_order
        if orders.all_algo_orders is not None:
            found[orders.all_algo_orders] = self.all_algo_orders
        return {**found, **self._writes.handlers()}

    def extra_routes(self) -> Iterable[Route]:
        """Return what the client does not ask for."""
        return ()

    def open_orders(self, request: SimRequest, visit: Visit) -> object:
        """Tell the plain orders, of what is asked for or of all."""
        return [self._row(order, contract) for order, contract in self._asked(request, visit, Book.PLAIN, is_open=True)]

    def open_algo_orders(self, request: SimRequest, visit: Visit) -> object:
        """Tell the conditional orders, of what is asked for or of all."""
        return [
            algo_row(order, contract) for order, contract in self._asked(request, visit, Book.CONDITIONAL, is_open=True)
        ]

    def order(self, request: SimRequest, visit: Visit) -> object:
        """Tell one plain order, open or not."""
        order, contract = self._named(request, visit)
        if not _is_kept(order, visit):
            raise self._listing.errors.denied(-2013)
        return self._row(order, contract)

    def open_order(self, request: SimRequest, visit: Visit) -> object:
        """Tell one open plain order."""
        order, contract = self._named(request, visit)
        if not order.is_open:
            raise self._listing.errors.denied(-2013)
        return self._row(order, contract)

    def algo_order(self, request: SimRequest, visit: Visit) -> object:
        """Tell one conditional order, open or not."""
        order = self._writes.named_algo(request, visit)
        return algo_query_row(order, self._listing.contract(order.symbol))

    def all_orders(self, request: SimRequest, visit: Visit) -> object:
        """Tell plain orders by the time they were placed, or from an id on."""
        return self._history(request, visit, Book.PLAIN, "orderId")

    def all_algo_orders(self, request: SimRequest, visit: Visit) -> object:
        """Tell conditional orders by the time they were placed, or from an id on."""
        self._listing.required(request)
        return self._history(request, visit, Book.CONDITIONAL, "algoId")

    def trades(self, request: SimRequest, visit: Visit) -> object:
        """Tell fills by their time, or from an id on."""
        contracts = {contract.symbol: contract for contract in self._one_or_pair(request)}
        first, order_id = self._listing.text(request, "fromId"), self._listing.text(request, "orderId")
        timed = request.text("startTime") is not None or request.text("endTime") is not None
        if first is not None and timed:
            raise self._listing.errors.denied(-1128)
        times = self._orders_asked.stretch(request, visit)
        from_id = self._orders_asked.number(request, "fromId", 0)
        rows = [
            trade_row(fill, contracts[fill.symbol])
            for fill in visit.ledger.fills(None, order_id)
            if fill.symbol in contracts
            and int(fill.trade_id) >= from_id
            and (first is not None or order_id is not None or milliseconds(fill.time) in times)
        ]
        if first is not None:
            return rows[: self._orders_asked.number(request, "limit", 500)]
        return self._orders_asked.page(request, rows)

    def forced(self, request: SimRequest, visit: Visit) -> object:
        """Tell liquidations and deleveraging."""
        contracts = {contract.symbol: contract for contract in self._listing.asked(request)}
        word = self._listing.text(request, "autoCloseType")
        if word is not None and word not in _FORCED:
            raise self._listing.errors.denied(-1130, name="autoCloseType")
        times = self._forced_asked.stretch(request, visit)
        rows = [
            self._whole_row(order, contracts[order.symbol])
            for order in visit.ledger.forced_orders(forced=_FORCED[word] if word else None)
            if order.symbol in contracts and milliseconds(order.created_at) in times
        ]
        return self._forced_asked.page(request, rows)

    def asked(self, request: SimRequest) -> tuple[Contract, ...]:
        """Return the contracts whose orders are asked for."""
        return self._listing.asked(request)

    def _one_or_pair(self, request: SimRequest) -> tuple[Contract, ...]:
        """Return the contracts of a history, which needs a symbol, or a pair where it takes one."""
        if request.text("symbol") is None and request.text("pair") is None:
            raise self._listing.errors.missing("symbol")
        return self.asked(request)

    def _history(self, request: SimRequest, visit: Visit, book: Book, id_name: str) -> object:
        contracts = {contract.symbol: contract for contract in self._one_or_pair(request)}
        times = self._orders_asked.stretch(request, visit)
        first = self._orders_asked.number(request, id_name, 0)
        rows = [
            self._whole_row(order, contracts[order.symbol])
            if book is Book.PLAIN
            else algo_row(order, contracts[order.symbol])
            for order in visit.ledger.orders(book=book)
            if order.symbol in contracts
            and _is_kept(order, visit)
            and int(order.id) >= first
            and (first or milliseconds(order.created_at) in times)
        ]
        return self._orders_asked.page(request, rows)

    def _asked(self, request: SimRequest, visit: Visit, book: Book, *, is_open: bool) -> list[tuple[Order, Contract]]:
        contracts = {contract.symbol: contract for contract in self.asked(request)}
        orders = visit.ledger.orders(book=book, is_open=is_open)
        return [(order, contracts[order.symbol]) for order in orders if order.symbol in contracts]

    def _named(self, request: SimRequest, visit: Visit) -> tuple[Order, Contract]:
        order = self._writes.named(request.parameters, visit)
        return order, self._listing.contract(order.symbol)

    def _row(self, order: Order, contract: Contract) -> dict[str, Any]:
        return order_row(order, contract, self.own_fields(order, contract))

    def _whole_row(self, order: Order, contract: Contract) -> dict[str, Any]:
        """Return an order as histories tell it: with what it is worth in both assets."""
        quote = contract.notional(order.filled, order.average_price) if order.average_price else None
        inverse = contract.is_inverse
        return {
            **self._row(order, contract),
            "cumBase": plain(order.filled_value if inverse else order.filled),
            "cumQuote": plain(quote if inverse else order.filled_value),
            "pair": contract.pair,
            "goodTillDate": milliseconds(order.expires_at),
        }


def _is_kept(order: Order, visit: Visit) -> bool:
    if order.is_open:
        return True
    unfilled = not order.filled and order.status in {OrderStatus.CANCELED, OrderStatus.EXPIRED}
    return visit.now - order.updated_at <= (_KEPT_UNFILLED if unfilled else _KEPT)

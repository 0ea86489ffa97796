"""Routes that read open orders, ended orders and fills."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from venuekit.capabilities import OrderStatus
from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, Route, SimRequest, Visit
from venuekit.simulator.ledger import Book, Contract, Execution, Forced, LedgerOrder
from venuekit_binance_common.orders.endpoints import OrderEndpoints
from venuekit_binance_common.simulated.formatting import milliseconds, plain
from venuekit_binance_common.simulated.history_questions import HistoryQuestions
from venuekit_binance_common.simulated.listing import Listing
from venuekit_binance_common.simulated.order_rows import (
    Acknowledging,
    algo_query_row,
    algo_row,
    order_row,
    trade_row,
    whole_trade_fields,
)
from venuekit_binance_common.simulated.order_writes import OrderWrites

_WEEK = timedelta(days=7)
#: the retention of orders that did not end without a fill
_KEPT = timedelta(days=90)
_FORCED = {"LIQUIDATION": Forced.LIQUIDATION, "ADL": Forced.ADL}


class OrderRoutes(ABC):
    """Orders, plain and conditional, and fills."""

    ORDERS: ClassVar[OrderEndpoints]
    ACKNOWLEDGING: ClassVar[Acknowledging] = Acknowledging()

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._orders_asked = HistoryQuestions(
            listing=listing, usual=_WEEK, widest=_WEEK, keeps=_KEPT, rows=500, most_rows=1000
        )
        self._forced_asked = HistoryQuestions(
            listing=listing, usual=_WEEK, widest=_WEEK, keeps=_KEPT, rows=50, most_rows=100
        )
        self._writes = OrderWrites(self.ORDERS, listing, self.own_fields, self.ACKNOWLEDGING)
        #: the book of the plain endpoints; None where it is the only one
        self._plain = Book.PLAIN if self.ORDERS.algo is not None else None

    @abstractmethod
    def own_fields(self, order: LedgerOrder, contract: Contract) -> Mapping[str, object]:
        """Return the fields of a plain order that only this product has."""

    def history_fields(self, order: LedgerOrder, contract: Contract) -> Mapping[str, object]:
        """Return further fields of a history: an order's worth in both assets, unless the product has fewer."""
        quote = contract.notional(order.filled, order.average_price) if order.average_price else None
        inverse = contract.is_inverse
        return {
            "cumBase": plain(order.filled_value if inverse else order.filled),
            "cumQuote": plain(quote if inverse else order.filled_value),
            "pair": contract.pair,
            "goodTillDate": milliseconds(order.expires_at),
        }

    def trade_fields(self, fill: Execution, contract: Contract) -> Mapping[str, object]:
        """Return the fields of a fill that only this product has."""
        return whole_trade_fields(fill, contract)

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        orders, algo = self.ORDERS, self.ORDERS.algo
        handlers: dict[Endpoint[Any], Handler] = {
            orders.open_orders: self.open_orders,
            orders.order: self.order,
            orders.open_order: self.open_order,
            orders.all_orders: self.all_orders,
            orders.trades: self.trades,
            orders.forced: self.list_force_orders,
        }
        if algo is not None:
            handlers[algo.open_orders] = self.open_algo_orders
            handlers[algo.order] = self.algo_order
            handlers[algo.all_orders] = self.all_algo_orders
        return {**handlers, **self._writes.handlers()}

    def extra_routes(self) -> Iterable[Route]:
        """Return routes that the client does not use."""
        return ()

    def open_orders(self, request: SimRequest, visit: Visit) -> object:
        """Return the open plain orders, of the requested symbol or of all."""
        return [
            self._row(order, contract)
            for order, contract in self._select_orders(request, visit, self._plain, is_open=True)
        ]

    def open_algo_orders(self, request: SimRequest, visit: Visit) -> object:
        """Return the open conditional orders, of the requested symbol or of all."""
        return [
            algo_row(order, contract)
            for order, contract in self._select_orders(request, visit, Book.CONDITIONAL, is_open=True)
        ]

    def order(self, request: SimRequest, visit: Visit) -> object:
        """Return one plain order, open or not."""
        order, contract = self._get_order(request, visit)
        if not self._is_kept(order, visit):
            raise self._listing.errors.denial(-2013)
        return self._row(order, contract)

    def open_order(self, request: SimRequest, visit: Visit) -> object:
        """Return one open plain order."""
        order, contract = self._get_order(request, visit)
        if not order.is_open:
            raise self._listing.errors.denial(-2013)
        return self._row(order, contract)

    def algo_order(self, request: SimRequest, visit: Visit) -> object:
        """Return one conditional order, open or not."""
        order = self._writes.get_algo_order(request, visit)
        return algo_query_row(order, self._listing.contract(order.symbol))

    def all_orders(self, request: SimRequest, visit: Visit) -> object:
        """Return plain orders by the time they were placed, or from an id on."""
        return self._history(request, visit, self._plain, self._whose(request, self.ORDERS.all_orders), "orderId")

    def all_algo_orders(self, request: SimRequest, visit: Visit) -> object:
        """Return conditional orders by the time they were placed, or from an id on."""
        contract = self._listing.contract(self._listing.require_symbol(request))
        return self._history(request, visit, Book.CONDITIONAL, (contract,), "algoId")

    def trades(self, request: SimRequest, visit: Visit) -> object:
        """Return fills by their time, or from an id on."""
        contracts = {contract.symbol: contract for contract in self._whose(request, self.ORDERS.trades)}
        first, order_id = self._listing.text(request, "fromId"), self._listing.text(request, "orderId")
        timed = request.text("startTime") is not None or request.text("endTime") is not None
        if first is not None and timed:
            raise self._listing.errors.denial(-1128)
        times = self._orders_asked.stretch(request, visit)
        from_id = self._orders_asked.number(request, "fromId", 0)
        rows = [
            trade_row(
                fill,
                contracts[fill.symbol],
                self.trade_fields(fill, contracts[fill.symbol]),
                sign=self.ORDERS.terms.commission_sign,
            )
            for fill in visit.ledger.fills(None, order_id)
            if fill.symbol in contracts
            and int(fill.trade_id) >= from_id
            and (first is not None or order_id is not None or milliseconds(fill.time) in times)
        ]
        return self._orders_asked.page(request, rows, first="fromId")

    def list_force_orders(self, request: SimRequest, visit: Visit) -> object:
        """Return liquidations and deleveraging."""
        contracts = {contract.symbol: contract for contract in self._listing.contracts_of(request)}
        word = self._listing.text(request, "autoCloseType")
        if word is not None and word not in _FORCED:
            raise self._listing.errors.denial(-1130, name="autoCloseType")
        times = self._forced_asked.stretch(request, visit)
        rows = [
            self._whole_row(order, contracts[order.symbol])
            for order in visit.ledger.forced_orders(forced=_FORCED[word] if word else None)
            if order.symbol in contracts and milliseconds(order.created_at) in times
        ]
        return self._forced_asked.page(request, rows)

    def contracts_of(self, request: SimRequest) -> tuple[Contract, ...]:
        """Return the contracts whose orders are requested."""
        return self._listing.contracts_of(request)

    def _whose(self, request: SimRequest, endpoint: Endpoint[Any]) -> tuple[Contract, ...]:
        """Return the contracts of a history, which may require a symbol, or a pair where it accepts one."""
        needs_one = endpoint.by_name["symbol"].required or "pair" in endpoint.by_name
        if needs_one and request.text("symbol") is None and request.text("pair") is None:
            raise self._listing.errors.missing("symbol")
        return self.contracts_of(request)

    def _history(
        self, request: SimRequest, visit: Visit, book: Book | None, requested: Iterable[Contract], id_name: str
    ) -> object:
        contracts = {contract.symbol: contract for contract in requested}
        times = self._orders_asked.stretch(request, visit)
        first = self._orders_asked.number(request, id_name, 0)
        rows = [
            algo_row(order, contracts[order.symbol])
            if book is Book.CONDITIONAL
            else self._whole_row(order, contracts[order.symbol])
            for order in visit.ledger.orders(book=book)
            if order.symbol in contracts
            and self._is_kept(order, visit)
            and int(order.id) >= first
            and (first or milliseconds(order.created_at) in times)
        ]
        return self._orders_asked.page(request, rows, first=id_name)

    def _select_orders(
        self, request: SimRequest, visit: Visit, book: Book | None, *, is_open: bool
    ) -> list[tuple[LedgerOrder, Contract]]:
        contracts = {contract.symbol: contract for contract in self.contracts_of(request)}
        orders = visit.ledger.orders(book=book, is_open=is_open)
        return [(order, contracts[order.symbol]) for order in orders if order.symbol in contracts]

    def _get_order(self, request: SimRequest, visit: Visit) -> tuple[LedgerOrder, Contract]:
        order = self._writes.get_order(request.parameters, visit)
        return order, self._listing.contract(order.symbol)

    def _row(self, order: LedgerOrder, contract: Contract) -> dict[str, Any]:
        return order_row(order, contract, self.own_fields(order, contract))

    def _whole_row(self, order: LedgerOrder, contract: Contract) -> dict[str, Any]:
        """Return an order as a row of a history."""
        return {**self._row(order, contract), **self.history_fields(order, contract)}

    def _is_kept(self, order: LedgerOrder, visit: Visit) -> bool:
        if order.is_open:
            return True
        unfilled = not order.filled and order.status in {OrderStatus.CANCELED, OrderStatus.EXPIRED}
        kept = timedelta(days=self.ORDERS.terms.unfilled_days) if unfilled else _KEPT
        return visit.now - order.updated_at <= kept

"""Routes that read open orders, ended orders and fills."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from venuekit.capabilities import OrderStatus
from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, SimRequest, Visit
from venuekit.simulator.ledger import Book, Contract, Execution, LedgerOrder, TradeKind
from venuekit_binance_common.simulated.binance_venue import HistoryLimits
from venuekit_binance_common.simulated.formatting import milliseconds, plain
from venuekit_binance_common.simulated.order_rows import (
    ALGO_TYPE,
    algo_query_row,
    algo_row,
    trade_row,
    whole_trade_fields,
    without,
)
from venuekit_binance_common.simulated.order_writes import OrderWrites

_WEEK = timedelta(days=7)
#: the retention of orders that did not end without a fill
_KEPT = timedelta(days=90)
_HISTORY = HistoryLimits(usual=_WEEK, widest=_WEEK, keeps=_KEPT, rows=500, most_rows=1000)
_FORCED_HISTORY = HistoryLimits(usual=_WEEK, widest=_WEEK, keeps=_KEPT, rows=50, most_rows=100)
_FORCED = {"LIQUIDATION": TradeKind.LIQUIDATION, "ADL": TradeKind.ADL}


class OrderRoutes(OrderWrites):
    """Orders, plain and conditional, and fills."""

    #: the fields of a history that forced orders lack
    forced_lacks: ClassVar[frozenset[str]] = frozenset({"priceMatch", "selfTradePreventionMode"})

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
        orders, algo = self.orders, self.orders.algo
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
        return {**super().handlers(), **handlers}

    def open_orders(self, request: SimRequest, visit: Visit) -> object:
        """Return the open plain orders, of the requested symbol or of all."""
        return [self.order_row(order) for order in self._select_open(request, visit, self.plain_book)]

    def open_algo_orders(self, request: SimRequest, visit: Visit) -> object:
        """Return the open conditional orders, of the requested symbol, of all, or the one of an id."""
        orders = self._select_open(request, visit, Book.CONDITIONAL)
        kind, order_id = self.text(request, "algoType"), self.text(request, "algoId")
        if kind not in {None, ALGO_TYPE}:
            raise self.errors.denial(-1130, name="algoType")
        return [algo_row(order, self.contract(order.symbol)) for order in orders if order_id in {None, order.id}]

    def order(self, request: SimRequest, visit: Visit) -> object:
        """Return one plain order, open or not."""
        order = self.get_order(request.parameters, visit)
        if not self._is_kept(order, visit):
            raise self.errors.denial(-2013)
        return self.order_row(order)

    def open_order(self, request: SimRequest, visit: Visit) -> object:
        """Return one open plain order."""
        order = self.get_order(request.parameters, visit)
        if not order.is_open:
            raise self.errors.denial(-2013)
        return self.order_row(order)

    def algo_order(self, request: SimRequest, visit: Visit) -> object:
        """Return one conditional order, open or not."""
        order = self.get_algo_order(request, visit)
        return algo_query_row(order, self.contract(order.symbol))

    def all_orders(self, request: SimRequest, visit: Visit) -> object:
        """Return plain orders by the time they were placed, or from an id on."""
        contracts = self._history_contracts(request, self.orders.all_orders)
        return self._history(request, visit, self.plain_book, contracts, "orderId")

    def all_algo_orders(self, request: SimRequest, visit: Visit) -> object:
        """Return conditional orders by the time they were placed, or from an id on."""
        contract = self.contract(self.require_symbol(request))
        return self._history(request, visit, Book.CONDITIONAL, (contract,), "algoId")

    def trades(self, request: SimRequest, visit: Visit) -> object:
        """Return fills by their time, or from an id on."""
        contracts = {contract.symbol: contract for contract in self._history_contracts(request, self.orders.trades)}
        first, order_id = self.text(request, "fromId"), self.text(request, "orderId")
        timed = request.text("startTime") is not None or request.text("endTime") is not None
        if first is not None and timed:
            raise self.errors.denial(-1128)
        times = self.stretch(request, visit, _HISTORY)
        from_id = self.number(request, "fromId", 0)
        sign = self.orders.terms.commission_sign
        rows = [
            trade_row(fill, contracts[fill.symbol], self.trade_fields(fill, contracts[fill.symbol]), sign=sign)
            for fill in visit.ledger.fills(None, order_id)
            if fill.symbol in contracts
            and int(fill.trade_id) >= from_id
            and (first is not None or order_id is not None or milliseconds(fill.time) in times)
        ]
        return self.page(request, rows, _HISTORY, first="fromId")

    def list_force_orders(self, request: SimRequest, visit: Visit) -> object:
        """Return liquidations and deleveraging."""
        symbols = {contract.symbol for contract in self.contracts_of(request)}
        word = self.text(request, "autoCloseType")
        if word is not None and word not in _FORCED:
            raise self.errors.denial(-1130, name="autoCloseType")
        times = self.stretch(request, visit, _FORCED_HISTORY)
        rows = [
            without(self._history_row(order), self.forced_lacks)
            for order in visit.ledger.forced_orders(forced=_FORCED[word] if word else None)
            if order.symbol in symbols and milliseconds(order.created_at) in times
        ]
        return self.page(request, rows, _FORCED_HISTORY)

    def order_contracts(self, request: SimRequest) -> tuple[Contract, ...]:
        """Return the contracts whose orders are requested."""
        return self.contracts_of(request)

    def _history_contracts(self, request: SimRequest, endpoint: Endpoint[Any]) -> tuple[Contract, ...]:
        """Return the contracts of a history, which may require a symbol, or a pair where it accepts one."""
        needs_one = endpoint.by_name["symbol"].required or "pair" in endpoint.by_name
        if needs_one and request.text("symbol") is None and request.text("pair") is None:
            raise self.errors.missing("symbol")
        return self.order_contracts(request)

    def _history(
        self, request: SimRequest, visit: Visit, book: Book | None, contracts: Iterable[Contract], id_name: str
    ) -> object:
        symbols = {contract.symbol for contract in contracts}
        times = self.stretch(request, visit, _HISTORY)
        first = self.number(request, id_name, 0)
        rows = [
            algo_row(order, self.contract(order.symbol)) if book is Book.CONDITIONAL else self._history_row(order)
            for order in visit.ledger.orders(book=book)
            if order.symbol in symbols
            and self._is_kept(order, visit)
            and int(order.id) >= first
            and (first or milliseconds(order.created_at) in times)
        ]
        return self.page(request, rows, _HISTORY, first=id_name)

    def _select_open(self, request: SimRequest, visit: Visit, book: Book | None) -> list[LedgerOrder]:
        symbols = {contract.symbol for contract in self.order_contracts(request)}
        return [order for order in visit.ledger.orders(book=book, is_open=True) if order.symbol in symbols]

    def _history_row(self, order: LedgerOrder) -> dict[str, Any]:
        return {**self.order_row(order), **self.history_fields(order, self.contract(order.symbol))}

    def _is_kept(self, order: LedgerOrder, visit: Visit) -> bool:
        if order.is_open:
            return True
        unfilled = not order.filled and order.status in {OrderStatus.CANCELED, OrderStatus.EXPIRED}
        kept = timedelta(days=self.orders.terms.unfilled_days) if unfilled else _KEPT
        return visit.now - order.updated_at <= kept

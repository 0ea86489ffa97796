"""Routes that place, amend and cancel orders of every book."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from venuekit.plugin import Endpoint
from venuekit.simulator import Denied, Handler, SimRequest, Visit
from venuekit.simulator.ledger import Book, Contract, LedgerOrder, Reason, Refused
from venuekit_binance_common.orders.endpoints import OrderEndpoints
from venuekit_binance_common.simulated.binance_venue import SimulatedBinance
from venuekit_binance_common.simulated.formatting import LATEST, is_whole, milliseconds
from venuekit_binance_common.simulated.order_forms import Form
from venuekit_binance_common.simulated.order_rows import (
    acknowledge,
    algo_acknowledged,
    matching_fields,
    order_row,
    without,
)

_DONE = "The operation of cancel all open order is done."
_PLACE_AT_MOST, _CANCEL_AT_MOST = 5, 10
_QUERIED_ONLY = frozenset({"avgPrice", "time", "cumQuote", "cumBase"})
_NOT_OPEN = frozenset({Reason.UNKNOWN_ORDER, Reason.ORDER_FINISHED})

Fields = Mapping[str, Any]
#: an act on one order, in a request of its own or as an item of a batch
Act = Callable[[Fields, Visit], dict[str, Any]]


class OrderWrites(SimulatedBinance):
    """Checks the parameters first, then passes the order to the ledger; each item of a batch has its own answer."""

    #: the fields of queries that the acknowledgement of placing lacks, and that of cancelling and amending
    placing_lacks: ClassVar[frozenset[str]] = _QUERIED_ONLY
    changing_lacks: ClassVar[frozenset[str]] = _QUERIED_ONLY
    #: the fields that acknowledgements lack where orders are placed in a batch
    batch_lacks: ClassVar[frozenset[str]] = frozenset()
    #: the code for an emptied book
    emptied: ClassVar[object] = 200

    @abstractmethod
    def order_fields(self, order: LedgerOrder, contract: Contract) -> Mapping[str, object]:
        """Return the fields of a plain order that only this product has."""

    @property
    def orders(self) -> OrderEndpoints:
        """The endpoints of orders."""
        return self.endpoints.ORDERS

    @property
    def plain_book(self) -> Book | None:
        """The book of the plain endpoints; None where it is the only one."""
        return None if self.orders.algo is None else Book.PLAIN

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint that the product has."""
        orders, algo = self.orders, self.orders.algo
        handlers: dict[Endpoint[Any] | None, Handler] = {
            orders.place: self._single(self.place),
            orders.test: self.test,
            orders.amend: self._single(self.amend),
            orders.cancel: self._single(self.cancel),
            orders.cancel_all: self._cancel_all(self.plain_book),
            orders.place_batch: self._batch(self._place_in_batch),
            orders.amend_batch: self._batch(self.amend),
            orders.cancel_batch: self.cancel_batch,
            orders.countdown: self.countdown,
        }
        if algo is not None:
            handlers[algo.place] = self.place_algo
            handlers[algo.cancel] = self.cancel_algo
            handlers[algo.cancel_all] = self._cancel_all(Book.CONDITIONAL)
        present = {endpoint: handler for endpoint, handler in handlers.items() if endpoint is not None}
        return {**super().handlers(), **present}

    def place(self, fields: Fields, visit: Visit) -> dict[str, Any]:
        """Place an order of the plain book."""
        form = Form(self, fields, visit)
        order = visit.ledger.place(form.plain())
        tells_fills = form.text("newOrderRespType") == "RESULT"
        return acknowledge(self.order_row(order), lacks=self.placing_lacks, tells_fills=tells_fills)

    def _place_in_batch(self, fields: Fields, visit: Visit) -> dict[str, Any]:
        return without(self.place(fields, visit), self.batch_lacks)

    def test(self, request: SimRequest, visit: Visit) -> object:
        """Check a plain order."""
        form = Form(self, request.parameters, visit)
        order = form.plain()
        visit.ledger.test(order)
        return {
            "orderId": 0,
            "symbol": order.symbol,
            "status": "NEW",
            "clientOrderId": order.client_id or "",
            "price": form.text("price") or "0",
            "avgPrice": "0.00000",
            "origQty": form.text("quantity") or "0",
            "executedQty": "0",
            "cumQty": "0",
            "cumQuote": "0",
            "timeInForce": form.text("timeInForce") or "GTC",
            "type": order.type.name,
            "origType": order.type.name,
            "reduceOnly": order.reduce_only,
            "closePosition": False,
            "side": order.side.name,
            "positionSide": order.position_side.name,
            "stopPrice": "0",
            "workingType": "CONTRACT_PRICE",
            "priceProtect": False,
            **matching_fields(order),
            "goodTillDate": milliseconds(order.expires_at),
            "updateTime": visit.milliseconds,
        }

    def place_algo(self, request: SimRequest, visit: Visit) -> object:
        """Place a conditional order."""
        order = visit.ledger.place(Form(self, request.parameters, visit).algo())
        return algo_acknowledged(order, self.contract(order.symbol))

    def amend(self, fields: Fields, visit: Visit) -> dict[str, Any]:
        """Change quantity and price of a limit order; both are needed."""
        form = Form(self, fields, visit)
        contract, side = form.contract, form.side()
        quantity, price = form.amendment(contract)
        order = self.get_order(fields, visit)
        if self.orders.terms.checks_reducing and form.text("reduceOnly") == "true" and not order.reduce_only:
            raise self.errors.denial(-5047)
        form.check_percent(contract, side, price)
        modify_id = form.text("modifyId")
        if modify_id is not None and not is_whole(modify_id):
            raise self.errors.denial(-1130, name="modifyId")
        amended = visit.ledger.amend_order(order.id, quantity=quantity, price=price, note=modify_id)
        own = {} if modify_id is None else {"modifyId": int(modify_id)}
        return {**self._acknowledge_change(amended), "pair": contract.pair, **own}

    def cancel(self, fields: Fields, visit: Visit) -> dict[str, Any]:
        """Cancel a plain order."""
        return self._acknowledge_change(self._cancel(visit, *self._name(fields, visit), self.plain_book))

    def cancel_algo(self, request: SimRequest, visit: Visit) -> object:
        """Cancel a conditional order."""
        order = self._cancel(visit, None, *self._algo_name(request, visit), Book.CONDITIONAL)
        return {
            "algoId": int(order.id),
            "clientAlgoId": order.client_id or f"web_{order.id}",
            "code": "200",
            "msg": "success",
        }

    def _cancel(
        self, visit: Visit, symbol: str | None, order_id: str | None, client_id: str | None, book: Book | None
    ) -> LedgerOrder:
        try:
            return visit.ledger.cancel_order(order_id, client_id=client_id, symbol=symbol, book=book)
        except Refused as refused:
            if refused.refusal.reason in _NOT_OPEN:
                raise self.errors.denial(-2011) from None
            raise

    def _cancel_all(self, book: Book | None) -> Handler:
        """Return a handler that cancels all orders of a symbol in a book."""

        def handle(request: SimRequest, visit: Visit) -> object:
            symbol = self.contract(self.require_symbol(request)).symbol
            visit.ledger.cancel_orders(symbol, book)
            return {"code": self.emptied, "msg": _DONE}

        return handle

    def cancel_batch(self, request: SimRequest, visit: Visit) -> object:
        """Cancel plain orders of a symbol by the venue's ids or the client's."""
        symbol = self.contract(self.require_symbol(request)).symbol
        for sent, name in (("orderIdList", "orderId"), ("origClientOrderIdList", "origClientOrderId")):
            if request.text(sent) is not None:
                ids = self._get_items(request, sent, _CANCEL_AT_MOST)
                items = [{"symbol": symbol, name: order_id} for order_id in ids]
                return [self._item(item, visit, request.path, self.cancel) for item in items]
        raise self.errors.missing("orderIdList")

    def countdown(self, request: SimRequest, visit: Visit) -> object:
        """Arm or disarm the countdown of a symbol; a delay of 0 means never."""
        symbol = self.contract(self.require_symbol(request)).symbol
        text = request.text("countdownTime") or ""
        if not text.isdecimal():
            raise self.errors.missing("countdownTime")
        if visit.milliseconds + int(text) >= LATEST:
            raise self.errors.denial(-1130, name="countdownTime")
        visit.ledger.countdown(symbol, timedelta(milliseconds=int(text)))
        return {"symbol": symbol, "countdownTime": text}

    def get_order(self, fields: Fields, visit: Visit) -> LedgerOrder:
        """Return the named plain order; raises ``Refused`` when no visible order matches."""
        symbol, order_id, client_id = self._name(fields, visit)
        return visit.ledger.order(order_id, client_id=client_id, symbol=symbol, book=self.plain_book)

    def get_algo_order(self, request: SimRequest, visit: Visit) -> LedgerOrder:
        """Return the named conditional order; raises ``Refused``, or ``Denied`` for one of another venue."""
        order_id, client_id = self._algo_name(request, visit)
        order = visit.ledger.order(order_id, client_id=client_id, book=Book.CONDITIONAL)
        if order.symbol not in {contract.symbol for contract in self.contracts}:
            raise self.errors.denial(-2013)
        return order

    def _name(self, fields: Fields, visit: Visit) -> tuple[str, str | None, str | None]:
        form = Form(self, fields, visit)
        return form.contract.symbol, *form.ids("orderId", "origClientOrderId")

    def _algo_name(self, request: SimRequest, visit: Visit) -> tuple[str | None, str | None]:
        return Form(self, request.parameters, visit).ids("algoId", "clientAlgoId")

    def order_row(self, order: LedgerOrder) -> dict[str, Any]:
        """Return a plain order as a row of a query."""
        contract = self.contract(order.symbol)
        return order_row(order, contract, self.order_fields(order, contract))

    def _acknowledge_change(self, order: LedgerOrder) -> dict[str, Any]:
        return acknowledge(self.order_row(order), lacks=self.changing_lacks, tells_fills=True)

    def _single(self, act: Act) -> Handler:
        return lambda request, visit: act(request.parameters, visit)

    def _batch(self, act: Act) -> Handler:
        def handle(request: SimRequest, visit: Visit) -> object:
            items = self._get_items(request, "batchOrders", _PLACE_AT_MOST)
            if not all(isinstance(item, dict) for item in items):
                raise self.errors.missing("batchOrders")
            return [self._item(item, visit, request.path, act) for item in items]

        return handle

    def _item(self, item: Fields, visit: Visit, path: str, act: Act) -> dict[str, Any]:
        """Carry out one item of a batch; a refusal becomes the item's answer."""
        try:
            return act(item, visit)
        except Refused as refused:
            answer = self.errors.of_ledger(refused.refusal, path)
        except Denied as denied:
            answer = denied.response
        content: dict[str, Any] = json.loads(answer.body)
        return content

    def _get_items(self, request: SimRequest, name: str, most: int) -> Sequence[Any]:
        try:
            items = json.loads(request.text(name) or "")
        except ValueError:
            raise self.errors.missing(name) from None
        if not isinstance(items, list):
            raise self.errors.missing(name)
        if not 1 <= len(items) <= most:
            raise self.errors.denial(-4082)
        return items

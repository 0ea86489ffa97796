"""Routes that place, amend and cancel orders of every book."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from venuekit.plugin import Endpoint
from venuekit.simulator import Denied, Handler, SimRequest, Visit
from venuekit.simulator.ledger import Book, Contract, LedgerOrder, Reason, Refused
from venuekit_binance_common.orders.endpoints import OrderEndpoints
from venuekit_binance_common.simulated.listing import Listing
from venuekit_binance_common.simulated.order_forms import Form
from venuekit_binance_common.simulated.order_rows import Acknowledging, acknowledge, algo_acknowledged, order_row

_DONE = "The operation of cancel all open order is done."
_PLACE_AT_MOST, _CANCEL_AT_MOST = 5, 10
_NOT_OPEN = frozenset({Reason.UNKNOWN_ORDER, Reason.ORDER_FINISHED})
_GONE, _NO_SUCH_ORDER = -2011, -2013

Fields = Mapping[str, Any]


@attrs.frozen
class OrderWrites:
    """Checks the parameters first, then passes the order to the ledger; each item of a batch has its own answer."""

    orders: OrderEndpoints
    listing: Listing
    own_fields: Callable[[LedgerOrder, Contract], Mapping[str, object]]
    acknowledging: Acknowledging

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        orders, algo = self.orders, self.orders.algo
        handlers: dict[Endpoint[Any], Handler] = {
            orders.place: lambda request, visit: self.place(request.parameters, visit),
            orders.cancel: lambda request, visit: self.cancel(request.parameters, visit),
            orders.cancel_all: self.cancel_all(self._plain),
            orders.place_batch: lambda request, visit: self._batch(request, visit, self.place),
            orders.cancel_batch: self.cancel_batch,
            orders.countdown: self.countdown,
        }
        if orders.amend is not None:
            handlers[orders.amend] = lambda request, visit: self.amend(request.parameters, visit)
        if orders.amend_batch is not None:
            handlers[orders.amend_batch] = lambda request, visit: self._batch(request, visit, self.amend)
        if algo is not None:
            handlers |= {algo.place: self.place_algo, algo.cancel: self.cancel_algo}
            if algo.cancel_all is not None:
                handlers[algo.cancel_all] = self.cancel_all(Book.CONDITIONAL)
        if orders.test is not None:
            handlers[orders.test] = self.test
        return handlers

    @property
    def _plain(self) -> Book | None:
        """The book of the plain endpoints; None where it is the only one."""
        return None if self.orders.algo is None else Book.PLAIN

    def place(self, fields: Fields, visit: Visit) -> dict[str, Any]:
        """Place an order of the plain book."""
        form = Form(self.listing, self.orders.terms, fields, visit)
        order = visit.ledger.place(form.plain())
        tells_fills = form.text("newOrderRespType") == "RESULT"
        return acknowledge(self._row(order), lacks=self.acknowledging.placed, tells_fills=tells_fills)

    def test(self, request: SimRequest, visit: Visit) -> object:
        """Check a plain order."""
        form = Form(self.listing, self.orders.terms, request.parameters, visit)
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
            "updateTime": visit.milliseconds,
        }

    def place_algo(self, request: SimRequest, visit: Visit) -> object:
        """Place a conditional order."""
        order = visit.ledger.place(Form(self.listing, self.orders.terms, request.parameters, visit).algo())
        return algo_acknowledged(order, self.listing.contract(order.symbol))

    def amend(self, fields: Fields, visit: Visit) -> dict[str, Any]:
        """Change quantity and price of a limit order; both are needed."""
        form = Form(self.listing, self.orders.terms, fields, visit)
        contract, side = form.contract, form.side()
        quantity, price = form.amendment(contract)
        order = self.get_order(fields, visit)
        if self.orders.terms.checks_reducing and form.text("reduceOnly") == "true" and not order.reduce_only:
            raise self.listing.errors.denial(-5047)
        form.check_percent(contract, side, price)
        try:
            amended = visit.ledger.amend_order(order.id, quantity=quantity, price=price)
        except Refused as refused:
            raise self._denial_of(refused, _NO_SUCH_ORDER) from None
        return self._acknowledge(amended)

    def cancel(self, fields: Fields, visit: Visit) -> dict[str, Any]:
        """Cancel a plain order."""
        symbol, order_id, client_id = self._name(fields, visit)
        try:
            order = visit.ledger.cancel_order(order_id, client_id=client_id, symbol=symbol, book=self._plain)
        except Refused as refused:
            raise self._denial_of(refused, _GONE) from None
        return self._acknowledge(order)

    def cancel_algo(self, request: SimRequest, visit: Visit) -> object:
        """Cancel a conditional order."""
        order_id, client_id = self._algo_name(request)
        try:
            order = visit.ledger.cancel_order(order_id, client_id=client_id, book=Book.CONDITIONAL)
        except Refused as refused:
            raise self._denial_of(refused, _GONE) from None
        return {
            "algoId": int(order.id),
            "clientAlgoId": order.client_id or f"web_{order.id}",
            "code": "200",
            "msg": "success",
        }

    def cancel_all(self, book: Book | None) -> Handler:
        """Return a handler that cancels all orders of a symbol in a book."""

        def handle(request: SimRequest, visit: Visit) -> object:
            symbol = self.listing.contract(self.listing.require_symbol(request)).symbol
            visit.ledger.cancel_orders(symbol, book)
            return {"code": self.acknowledging.done, "msg": _DONE}

        return handle

    def cancel_batch(self, request: SimRequest, visit: Visit) -> object:
        """Cancel plain orders of a symbol by the venue's ids or the client's."""
        symbol = self.listing.require_symbol(request)
        self.listing.contract(symbol)
        for sent, name in (("orderIdList", "orderId"), ("origClientOrderIdList", "origClientOrderId")):
            if request.text(sent) is not None:
                ids = self._get_items(request, sent, _CANCEL_AT_MOST)
                items = [{"symbol": symbol, name: order_id} for order_id in ids]
                return [self._item(item, visit, request.path, self.cancel) for item in items]
        raise self.listing.errors.missing("orderIdList")

    def countdown(self, request: SimRequest, visit: Visit) -> object:
        """Arm or disarm the countdown of a symbol."""
        symbol = self.listing.contract(self.listing.require_symbol(request)).symbol
        form = Form(self.listing, self.orders.terms, request.parameters, visit)
        visit.ledger.countdown(symbol, form.countdown())
        return {"symbol": symbol, "countdownTime": form.require("countdownTime")}

    def get_order(self, fields: Fields, visit: Visit) -> LedgerOrder:
        """Return the named plain order; raises ``Denied`` with -2013 when no visible order matches."""
        symbol, order_id, client_id = self._name(fields, visit)
        try:
            return visit.ledger.order(order_id, client_id=client_id, symbol=symbol, book=self._plain)
        except Refused:
            raise self.listing.errors.denial(_NO_SUCH_ORDER) from None

    def get_algo_order(self, request: SimRequest, visit: Visit) -> LedgerOrder:
        """Return the named conditional order; raises ``Denied`` with -2013 when no visible order matches."""
        order_id, client_id = self._algo_name(request)
        try:
            order = visit.ledger.order(order_id, client_id=client_id, book=Book.CONDITIONAL)
            self.listing.contract(order.symbol)
        except (Refused, Denied):
            raise self.listing.errors.denial(_NO_SUCH_ORDER) from None
        return order

    def _name(self, fields: Fields, visit: Visit) -> tuple[str, str | None, str | None]:
        form = Form(self.listing, self.orders.terms, fields, visit)
        symbol, order_id, client_id = form.contract.symbol, form.text("orderId"), form.text("origClientOrderId")
        if order_id is None and client_id is None:
            raise self.listing.errors.missing("orderId")
        return symbol, order_id, None if order_id else client_id

    def _algo_name(self, request: SimRequest) -> tuple[str | None, str | None]:
        order_id, client_id = request.text("algoId") or None, request.text("clientAlgoId") or None
        if order_id is None and client_id is None:
            raise self.listing.errors.missing("algoId")
        return order_id, None if order_id else client_id

    def _acknowledge(self, order: LedgerOrder) -> dict[str, Any]:
        return acknowledge(self._row(order), lacks=self.acknowledging.changed, tells_fills=True)

    def _row(self, order: LedgerOrder) -> dict[str, Any]:
        contract = self.listing.contract(order.symbol)
        return order_row(order, contract, self.own_fields(order, contract))

    def _denial_of(self, refused: Refused, code: int) -> Exception:
        return self.listing.errors.denial(code) if refused.refusal.reason in _NOT_OPEN else refused

    def _batch(
        self, request: SimRequest, visit: Visit, act: Callable[[Fields, Visit], dict[str, Any]]
    ) -> list[dict[str, Any]]:
        items = self._get_items(request, "batchOrders", _PLACE_AT_MOST)
        if not all(isinstance(item, dict) for item in items):
            raise self.listing.errors.missing("batchOrders")
        return [self._item(item, visit, request.path, act) for item in items]

    def _item(
        self, item: Fields, visit: Visit, path: str, act: Callable[[Fields, Visit], dict[str, Any]]
    ) -> dict[str, Any]:
        """Carry out one item of a batch; a refusal becomes the item's answer."""
        try:
            return act(item, visit)
        except Refused as refused:
            answer = self.listing.errors.of_ledger(refused.refusal, path)
        except Denied as denied:
            answer = denied.response
        content: dict[str, Any] = json.loads(answer.body)
        return content

    def _get_items(self, request: SimRequest, name: str, most: int) -> Sequence[Any]:
        try:
            items = json.loads(request.text(name) or "")
        except ValueError:
            raise self.listing.errors.missing(name) from None
        if not isinstance(items, list):
            raise self.listing.errors.missing(name)
        if not 1 <= len(items) <= most:
            raise self.listing.errors.denial(-4082)
        return items

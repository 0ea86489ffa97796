"""The orders of the toy venues on the venue's side: requests are answered from a ledger, and refused in codes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import OrderType
from venuekit.simulator import Denied, Response, SimRequest, Visit, json_response
from venuekit.simulator.ledger import Book, LedgerOrder, LedgerOrderRequest, Reason, Refused, Side

NO_SUCH_ORDER, NOT_OPEN, TAKEN = 4001, 4002, 4003

REFUSALS = {
    Reason.UNKNOWN_ORDER: (NO_SUCH_ORDER, "there is no such order"),
    Reason.ORDER_FINISHED: (NOT_OPEN, "it is not open"),
    Reason.DUPLICATE_CLIENT_ID: (TAKEN, "this id is taken"),
}
_TYPES = {"limit": OrderType.LIMIT, "market": OrderType.MARKET, "stop": OrderType.STOP_MARKET}


def _number(item: Mapping[str, Any], name: str) -> Decimal | None:
    return None if item.get(name) is None else Decimal(str(item[name]))


def _print(order: LedgerOrder) -> dict[str, object]:
    return {
        "id": int(order.id),
        "mine": order.client_id,
        "contract": order.symbol,
        "side": order.side.value.lower(),
        "type": next(word for word, kind in _TYPES.items() if kind is order.type),
        "state": order.status.value.lower(),
        "size": order.quantity,
        "at": round(order.created_at.timestamp() * 1000),
        "limit": order.price,
        "trigger": order.trigger_price,
        "done": order.filled,
    }


@attrs.frozen
class OrderHandlers:
    """Answers the requests of one route; with ``book`` it holds the orders of that one alone."""

    book: Book | None

    def place(self, item: Mapping[str, Any], visit: Visit) -> dict[str, object]:
        kind = _TYPES[item["type"]]
        if self.book is not None and (kind is OrderType.STOP_MARKET) is not (self.book is Book.CONDITIONAL):
            raise Denied(make_refusal(4009, "orders of this type have another route"))
        order = visit.ledger.place(
            LedgerOrderRequest(
                symbol=item["contract"],
                side=Side(item["side"]),
                type=kind,
                quantity=Decimal(str(item["size"])),
                price=_number(item, "limit"),
                trigger_price=_number(item, "trigger"),
                client_id=item["mine"],
            )
        )
        return _print(order)

    def cancel(self, item: Mapping[str, Any], visit: Visit) -> dict[str, object]:
        try:
            return _print(visit.ledger.cancel_order(item.get("id"), client_id=item.get("mine"), book=self.book))
        except Refused:
            raise Denied(make_refusal(NOT_OPEN, "it is not open")) from None

    def amend(self, item: Mapping[str, Any], visit: Visit) -> dict[str, object]:
        order = visit.ledger.order(item.get("id"), client_id=item.get("mine"), book=self.book)
        size, limit = _number(item, "size"), _number(item, "limit")
        return _print(visit.ledger.amend_order(order.id, quantity=size, price=limit))

    def order(self, request: SimRequest, visit: Visit) -> object:
        return _print(visit.ledger.order(request.text("id"), client_id=request.text("mine"), book=self.book))

    def listed(self, request: SimRequest, visit: Visit) -> object:
        orders = visit.ledger.orders(request.text("contract"), self.book, is_open=True)
        return {"orders": [_print(order) for order in orders]}

    def cancel_all(self, request: SimRequest, visit: Visit) -> object:
        orders = visit.ledger.cancel_orders(request.text("contract"), self.book)
        return {"orders": [_print(order) for order in orders]}

    def single(self, act: Any) -> Any:
        return lambda request, visit: act(request.parameters, visit)

    def batch(self, act: Any) -> Any:
        def handle(request: SimRequest, visit: Visit) -> object:
            return {"results": [self._result(act, item, visit) for item in json.loads(request.text("items") or "")]}

        return handle

    def _result(self, act: Any, item: Mapping[str, Any], visit: Visit) -> dict[str, object]:
        try:
            return {"order": act(item, visit)}
        except Refused as refused:
            code, message = REFUSALS.get(refused.refusal.reason, (2999, refused.refusal.reason.value))
        except Denied:
            code, message = NOT_OPEN, "it is not open"
        return {"code": code, "message": message}


def make_refusal(code: int, message: str) -> Response:
    return json_response({"error": {"code": code, "message": message}}, 409)

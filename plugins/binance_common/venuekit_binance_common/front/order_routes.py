"""What waits in the two books."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from venuekit.endpoint import Endpoint
from venuekit.simulator import Handler, Route, SimRequest, Visit
from venuekit.simulator.ledger import Book, Contract, RestingOrder
from venuekit_binance_common.front.formatting import milliseconds, plain, quantity
from venuekit_binance_common.front.listing import Listing

__all__ = ["OrderRoutes"]


class OrderRoutes(ABC):
    """Open orders, plain and conditional; nothing of them is filled yet."""

    OPEN_ORDERS: ClassVar[Endpoint[Any]]
    OPEN_ALGO_ORDERS: ClassVar[Endpoint[Any]]

    def __init__(self, listing: Listing) -> None:
        self._listing = listing

    @abstractmethod
    def own_fields(self, contract: Contract) -> Mapping[str, object]:
        """Return the fields of a plain order that only this product has."""

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return what answers which endpoint."""
        return {self.OPEN_ORDERS: self.open_orders, self.OPEN_ALGO_ORDERS: self.open_algo_orders}

    def extra_routes(self) -> Iterable[Route]:
        """Return what the client does not ask for."""
        return ()

    def open_orders(self, request: SimRequest, visit: Visit) -> object:
        """Tell the plain orders, of what is asked for or of all."""
        return [
            {**_plain_order(order, contract), **self.own_fields(contract)}
            for order, contract in self._orders(request, visit, Book.PLAIN)
        ]

    def open_algo_orders(self, request: SimRequest, visit: Visit) -> object:
        """Tell the conditional orders, of what is asked for or of all."""
        return [_algo_order(order, contract) for order, contract in self._orders(request, visit, Book.CONDITIONAL)]

    def asked(self, request: SimRequest) -> tuple[Contract, ...]:
        """Return the contracts whose orders are asked for."""
        return self._listing.asked(request)

    def _orders(self, request: SimRequest, visit: Visit, book: Book) -> list[tuple[RestingOrder, Contract]]:
        contracts = {contract.symbol: contract for contract in self.asked(request)}
        orders = visit.ledger.open_orders(book=book)
        return [(order, contracts[order.symbol]) for order in orders if order.symbol in contracts]


def _plain_order(order: RestingOrder, contract: Contract) -> Mapping[str, object]:
    created = milliseconds(order.created_at)
    return {
        "avgPrice": "0.00000",
        "clientOrderId": order.client_id or f"web_{order.id}",
        "executedQty": "0",
        "orderId": int(order.id),
        "origQty": quantity(order.quantity, contract),
        "origType": "LIMIT",
        "price": plain(order.price),
        "reduceOnly": order.reduce_only,
        "side": order.side.name,
        "positionSide": order.position_side.name,
        "status": "NEW",
        "stopPrice": "0",
        "closePosition": False,
        "symbol": order.symbol,
        "time": created,
        "timeInForce": "GTC",
        "type": "LIMIT",
        "updateTime": created,
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "NONE",
    }


def _algo_order(order: RestingOrder, contract: Contract) -> Mapping[str, object]:
    created, price = milliseconds(order.created_at), plain(order.price)
    return {
        "algoId": int(order.id),
        "clientAlgoId": order.client_id or f"web_{order.id}",
        "algoType": "CONDITIONAL",
        "orderType": "TAKE_PROFIT",
        "symbol": order.symbol,
        "side": order.side.name,
        "positionSide": order.position_side.name,
        "timeInForce": "GTC",
        "quantity": quantity(order.quantity, contract),
        "algoStatus": "NEW",
        "actualOrderId": "",
        "actualPrice": "0.00000",
        "triggerPrice": price,
        "price": price,
        "icebergQuantity": None,
        "tpTriggerPrice": "0.000",
        "tpPrice": "0.000",
        "slTriggerPrice": "0.000",
        "slPrice": "0.000",
        "tpOrderType": "",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "workingType": "CONTRACT_PRICE",
        "priceMatch": "NONE",
        "closePosition": False,
        "priceProtect": False,
        "reduceOnly": order.reduce_only,
        "createTime": created,
        "updateTime": created,
        "triggerTime": 0,
        "goodTillDate": 0,
    }

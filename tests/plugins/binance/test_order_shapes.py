"""The simulated venues answer about orders in the documented shapes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from tests.plugins.binance.exchange import Exchange, open_exchange, shape
from tests.plugins.stages import BINANCE, VENUES

from venuekit.plugins import make_plugins
from venuekit.simulator.ledger import Side
from venuekit.testing.recorded import find_recorded, load_recorded

two_books = pytest.mark.parametrize("venue", ["binance_usdm", "binance_coinm"], indirect=True)
#: what only a trailing order has; the documentation shows one where a limit order is placed here
TRAILING = frozenset({"activatePrice", "priceRate"})


@pytest.fixture(params=BINANCE)
def venue(request: pytest.FixtureRequest) -> Any:
    """Each product."""
    return make_plugins().venue(request.param)


@pytest.fixture
def exchange(venue: Any) -> Exchange:
    """The product without sockets."""
    return open_exchange(venue, "flat")


def documented(venue: Any, verb: str, tail: str) -> Any:
    """Return the shape of a documented answer, without what only a trailing order has."""
    root = venue.account.endpoints.ORDERS.order.path.split("/")[1]
    name = f"{verb.lower()}_{root}_v1_{tail.replace('/', '_')}"
    return _plain(json.loads(load_recorded(find_recorded(venue)).case(name).body))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value if "code" not in one]
    return {name: shape(one) for name, one in value.items() if name not in TRAILING}


def told(exchange: Exchange, endpoint: Any, **parameters: Any) -> Any:
    """Return the shape of an answer."""
    answer = exchange.fetch(endpoint, **parameters)
    return [_plain(one) for one in answer] if isinstance(answer, list) else _plain(answer)


def test_plain_orders(venue: Any, exchange: Exchange) -> None:
    """Placing, querying, listing and cancelling one, alone and in a batch."""
    orders = venue.account.endpoints.ORDERS
    symbol, quantity = VENUES[venue.id]
    order = {"symbol": symbol, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": str(quantity)}
    order |= {"price": "2000"}
    named = {"symbol": symbol, "origClientOrderId": "mine"}
    assert told(exchange, orders.place, **order, newClientOrderId="mine") == documented(venue, "POST", "order")
    assert told(exchange, orders.order, **named) == documented(venue, "GET", "order")
    assert told(exchange, orders.open_order, **named) == documented(venue, "GET", "openOrder")
    assert told(exchange, orders.open_orders) == documented(venue, "GET", "openOrders")
    assert told(exchange, orders.all_orders, symbol=symbol) == documented(venue, "GET", "allOrders")
    assert told(exchange, orders.cancel, **named) == documented(venue, "DELETE", "order")
    batch = told(exchange, orders.place_batch, batchOrders=json.dumps([order]))
    assert batch == documented(venue, "POST", "batchOrders")
    assert told(exchange, orders.cancel_all, symbol=symbol) == documented(venue, "DELETE", "allOpenOrders")
    armed = told(exchange, orders.countdown, symbol=symbol, countdownTime=100_000)
    assert armed == documented(venue, "POST", "countdownCancelAll")


def test_fills(venue: Any, exchange: Exchange) -> None:
    """Trades of a symbol."""
    symbol, _ = VENUES[venue.id]
    exchange.ledger.fill(symbol, Side.BUY, exchange.ledger.contract(symbol).min_quantity * 5, Decimal(3000))
    assert told(exchange, venue.account.endpoints.ORDERS.trades, symbol=symbol) == documented(
        venue, "GET", "userTrades"
    )


@two_books
def test_conditional_orders(venue: Any, exchange: Exchange) -> None:
    """Placing, listing, querying and cancelling one."""
    orders = venue.account.endpoints.ORDERS
    symbol, quantity = VENUES[venue.id]
    order = {"algoType": "CONDITIONAL", "symbol": symbol, "side": "SELL", "type": "TAKE_PROFIT", "timeInForce": "GTC"}
    order |= {"quantity": str(quantity), "price": "4000", "triggerPrice": "4000", "clientAlgoId": "mine"}
    assert told(exchange, orders.algo.place, **order) == documented(venue, "POST", "algoOrder")
    assert told(exchange, orders.algo.open_orders) == documented(venue, "GET", "openAlgoOrders")
    assert told(exchange, orders.algo.order, clientAlgoId="mine") == documented(venue, "GET", "algoOrder")
    assert told(exchange, orders.algo.all_orders, symbol=symbol) == documented(venue, "GET", "allAlgoOrders")
    assert told(exchange, orders.algo.cancel, clientAlgoId="mine") == documented(venue, "DELETE", "algoOrder")

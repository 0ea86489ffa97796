"""The simulator's half of orders: what a client of the venue meets there."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from venuekit.capabilities import PositionMode
from venuekit_binance_coinm.venue import VENUE as COINM
from venuekit_binance_common.testing import Exchange, open_exchange
from venuekit_binance_usdm.venue import VENUE as USDM

PRODUCTS = {USDM: ("/fapi/v1", "ETHUSDT", "0.1", "20"), COINM: ("/dapi/v1", "ETHUSD_PERP", "10", "10")}


class Client:
    """Somebody else's client of either product."""

    def __init__(self, venue: Any) -> None:
        self.root, symbol, quantity, self.most_callback = PRODUCTS[venue]
        self.exchange: Exchange = open_exchange(venue, "flat")
        self.market = {"symbol": symbol, "side": "BUY", "type": "MARKET", "quantity": quantity}
        self.limit = {**self.market, "type": "LIMIT", "timeInForce": "GTC", "price": "2000"}
        self.trailing = {**self.market, "type": "TRAILING_STOP_MARKET", "algoType": "CONDITIONAL"}

    def ask(self, verb: str, path: str, **parameters: Any) -> Any:
        """Return what a request is answered."""
        return json.loads(self.exchange.ask(verb, self.root + path, **parameters).body)


@pytest.fixture(params=PRODUCTS, ids=lambda venue: venue.id)
def client(request: pytest.FixtureRequest) -> Client:
    """A client of either product."""
    return Client(request.param)


def test_histories_from_an_id_begin_with_it(client: Client) -> None:
    """The oldest of a limited page is the order that was named, so that a client can walk on."""
    ids = [client.ask("POST", "/order", **client.limit)["orderId"] for _ in range(4)]
    page = client.ask("GET", "/allOrders", symbol=client.limit["symbol"], orderId=ids[1], limit=2)
    assert [row["orderId"] for row in page] == ids[1:3]
    newest = client.ask("GET", "/allOrders", symbol=client.limit["symbol"], limit=2)
    assert [row["orderId"] for row in newest] == ids[2:]


def test_fills_from_an_id_have_a_limit(client: Client) -> None:
    """It is checked there, too."""
    said = client.ask("GET", "/userTrades", symbol=client.limit["symbol"], fromId=1, limit=1001)
    assert said["code"] == -1130


def test_history_without_a_symbol() -> None:
    """One product lists plain orders of all symbols; the other one wants a symbol or a pair."""
    usdm, coinm = Client(USDM), Client(COINM)
    placed = usdm.ask("POST", "/order", **usdm.limit)
    assert [row["orderId"] for row in usdm.ask("GET", "/allOrders")] == [placed["orderId"]]
    assert coinm.ask("GET", "/allOrders")["code"] == -1102
    assert [one.ask("GET", "/userTrades")["code"] for one in (usdm, coinm)] == [-1102, -1102]


@pytest.mark.parametrize("rate", ["0.09", "above"])
def test_rate_by_which_an_order_trails_has_bounds(client: Client, rate: str) -> None:
    """They differ from product to product."""
    most = Decimal(client.most_callback)
    asked = str(most + Decimal("0.1")) if rate == "above" else rate
    assert client.ask("POST", "/algoOrder", **client.trailing, callbackRate=asked)["code"] == -2007
    assert client.ask("POST", "/algoOrder", **client.trailing, callbackRate=str(most))["algoStatus"] == "NEW"


def test_what_an_order_does_not_need_is_refused(client: Client) -> None:
    """A market order takes no time in force, and in hedge mode no order says that it reduces only."""
    said = client.ask("POST", "/order", **client.market, timeInForce="GTC")
    assert said == {"code": -1106, "msg": "Parameter 'timeInForce' sent when not required."}
    client.exchange.ledger.set_position_mode(PositionMode.HEDGE)
    said = client.ask("POST", "/order", **client.limit, positionSide="LONG", reduceOnly="false")
    assert said == {"code": -1106, "msg": "Parameter 'reduceonly' sent when not required."}


@pytest.mark.parametrize(("name", "code"), [("quantity", -4003), ("price", -4001)])
def test_amendment_to_zero_names_what_is_wrong(client: Client, name: str, code: int) -> None:
    """It is no missing parameter."""
    placed = client.ask("POST", "/order", **client.limit)
    terms = {"symbol": placed["symbol"], "side": "BUY", "orderId": placed["orderId"], "quantity": "20", "price": "2100"}
    assert client.ask("PUT", "/order", **{**terms, name: "0"})["code"] == code

"""The simulator's half of orders: what a client of the venue meets there."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from tests.plugins.binance.exchange import Exchange, open_exchange

from venuekit.capabilities import PositionMode
from venuekit_binance_coinm.venue import VENUE as COINM
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


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"priceMatch": "BEST", "price": ""}, -5037),
        ({"priceMatch": "QUEUE"}, -1128),
        ({"priceMatch": "QUEUE", "type": "MARKET", "price": "", "timeInForce": ""}, -5038),
        ({"selfTradePreventionMode": "MAYBE"}, -5039),
        ({"workingType": "INDEX_PRICE"}, -1130),
        ({"newOrderRespType": "FULL"}, -1136),
        ({"reduceOnly": "maybe"}, -4062),
        ({"price": "3150.1"}, -4016),
        ({"side": "SELL", "price": "2849.9"}, -4024),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_words_and_numbers_that_an_order_cannot_have(client: Client, change: dict[str, Any], code: int) -> None:
    """Each is refused with the documented code."""
    assert client.ask("POST", "/order", **{**client.limit, **change})["code"] == code
    assert client.exchange.ledger.orders() == ()


def test_a_date_beyond_all_time(client: Client) -> None:
    """One product has orders that are good till a date, and refuses this one; the other does not know the word."""
    is_known = client.exchange.service.venue.id == "binance_usdm"
    said = client.ask("POST", "/order", **{**client.limit, "timeInForce": "GTD", "goodTillDate": 10**21})
    assert said["code"] == (-5040 if is_known else -1115)


@pytest.mark.parametrize("name", ["workingType", "selfTradePreventionMode", "reduceOnly"])
def test_words_that_a_conditional_order_cannot_have(client: Client, name: str) -> None:
    """The same words are refused there."""
    codes = {"workingType": -1130, "selfTradePreventionMode": -5039, "reduceOnly": -4062}
    assert client.ask("POST", "/algoOrder", **client.trailing, callbackRate="1", **{name: "x"})["code"] == codes[name]


def test_announced_band_holds(client: Client) -> None:
    """A limit price up to the announced multiple of the mark price is taken, also by an amendment, and none above."""
    info = client.ask("GET", "/exchangeInfo")
    (filters,) = (one["filters"] for one in info["symbols"] if one["symbol"] == client.limit["symbol"])
    (band,) = (one for one in filters if one["filterType"] == "PERCENT_PRICE")
    most = client.exchange.ledger.mark(client.limit["symbol"]) * Decimal(band["multiplierUp"])
    placed = client.ask("POST", "/order", **client.limit)
    terms = {"symbol": placed["symbol"], "side": "BUY", "orderId": placed["orderId"], "quantity": placed["origQty"]}
    said = client.ask("PUT", "/order", **terms, price=str(most + 1))
    assert (said["code"], said["msg"].startswith("Limit price can't be higher than 3150")) == (-4016, True)
    assert (
        client.ask("POST", "/order", **{**client.limit, "price": str(most)}, newOrderRespType="RESULT")["status"]
        == "FILLED"
    )


def test_amendment_to_a_matched_price(client: Client) -> None:
    """It takes the price's place; both are refused, and so is none."""
    placed = client.ask("POST", "/order", **client.limit)
    terms = {"symbol": placed["symbol"], "side": "BUY", "orderId": placed["orderId"], "quantity": placed["origQty"]}
    assert client.ask("PUT", "/order", **terms, priceMatch="NONE")["code"] == -1102
    assert client.ask("PUT", "/order", **terms, price="2100", priceMatch="QUEUE")["code"] == -1128
    assert client.ask("PUT", "/order", **terms, priceMatch="QUEUE")["orderId"] == placed["orderId"]


def test_an_amendment_may_ask_whether_the_order_reduces(client: Client) -> None:
    """Where the venue knows the question, an order that may open something is not amended."""
    placed = client.ask("POST", "/order", **client.limit)
    terms = {"symbol": placed["symbol"], "side": "BUY", "orderId": placed["orderId"], "quantity": placed["origQty"]}
    asked = client.ask("PUT", "/order", **terms, price="2100", reduceOnly="true")
    if client.root == "/fapi/v1":
        assert (asked["code"], asked["msg"]) == (-5047, "The original order is not a reduce-only order.")
    else:
        assert asked["orderId"] == placed["orderId"]
    assert client.ask("PUT", "/order", **terms, price="2200", reduceOnly="false")["orderId"] == placed["orderId"]


@pytest.mark.parametrize(("time", "code"), [("10" * 20, -1130), ("9" * 15, -1130), ("soon", -1102), ("", -1102)])
def test_countdown_that_no_clock_reaches(client: Client, time: str, code: int) -> None:
    """It is refused, and does not break the venue."""
    said = client.ask("POST", "/countdownCancelAll", symbol=client.limit["symbol"], countdownTime=time)
    assert said["code"] == code


def test_direction_that_margin_does_not_move_in(client: Client) -> None:
    """There are two."""
    said = client.ask("GET", "/positionMargin/history", symbol=client.limit["symbol"], type=3)
    assert said == {"code": -1130, "msg": "Data sent for parameter 'type' is not valid."}


def test_retail_price_improvement_is_one_products() -> None:
    """The other one refuses its word."""
    for venue, code in ((USDM, None), (COINM, -1115)):
        client = Client(venue)
        assert client.ask("POST", "/order", **{**client.limit, "timeInForce": "RPI"}).get("code") == code

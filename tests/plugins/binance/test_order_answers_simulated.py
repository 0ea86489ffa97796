"""Answers about orders have the documented fields of their route, and what has nothing to reduce is refused at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.plugins.binance.test_order_simulated import PRODUCTS, Client

from venuekit.capabilities import PositionMode
from venuekit_binance_coinm.venue import VENUE as COINM
from venuekit_binance_usdm.venue import VENUE as USDM

#: what all documented answers about a plain order have of matching
MATCHING = {"priceMatch", "selfTradePreventionMode", "closePosition", "priceProtect", "workingType"}
ORDER_TYPES = {
    *("LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET"),
    "TRAILING_STOP_MARKET",
}


@pytest.fixture(params=PRODUCTS, ids=lambda venue: venue.id)
def client(request: pytest.FixtureRequest) -> Client:
    """A client of either product."""
    return Client(request.param)


def test_every_symbol_lists_all_types_of_orders(client: Client) -> None:
    """Whatever book takes them: clients refuse to send other types."""
    listed = client.ask("GET", "/exchangeInfo")["symbols"]

    assert [set(symbol["orderTypes"]) for symbol in listed] == [ORDER_TYPES] * len(listed)


def answers_about_an_order(client: Client) -> dict[str, Any]:
    """Return the answers about one order, by route; it is placed with modes of matching, amended and cancelled."""
    symbol = client.limit["symbol"]
    placed = client.ask(
        "POST", "/order", **client.limit, selfTradePreventionMode="EXPIRE_BOTH", newClientOrderId="mine"
    )
    named = {"symbol": symbol, "orderId": placed["orderId"]}
    answers = {
        "POST order": placed,
        "GET order": client.ask("GET", "/order", **named),
        "GET openOrder": client.ask("GET", "/openOrder", **named),
        "GET openOrders": client.ask("GET", "/openOrders", symbol=symbol)[0],
        "GET allOrders": client.ask("GET", "/allOrders", symbol=symbol)[0],
        "PUT order": client.ask("PUT", "/order", **named, side="BUY", quantity="20", price="2100"),
    }
    batch = json.dumps([{**named, "side": "BUY", "quantity": "30", "price": "2100"}])
    answers["PUT batchOrders"] = client.ask("PUT", "/batchOrders", batchOrders=batch)[0]
    answers["DELETE order"] = client.ask("DELETE", "/order", **named)
    return answers


def test_every_answer_about_an_order_tells_its_matching(client: Client) -> None:
    """With the mode of self-trade prevention that it was placed with."""
    for route, answer in answers_about_an_order(client).items():
        assert answer.keys() >= MATCHING, route
        assert (answer["priceMatch"], answer["selfTradePreventionMode"]) == ("NONE", "EXPIRE_BOTH"), route


def test_the_pair_and_the_last_date_are_where_they_are_documented() -> None:
    """One product tells the pair in histories and of amendments alone, the other everywhere; dates are the reverse."""
    usdm, coinm = (answers_about_an_order(Client(venue)) for venue in (USDM, COINM))

    assert [route for route in usdm if "pair" in usdm[route]] == ["GET allOrders", "PUT order", "PUT batchOrders"]
    assert [route for route in coinm if "pair" not in coinm[route]] == []
    assert [route for route in usdm if "goodTillDate" not in usdm[route]] == []
    assert [route for route in coinm if "goodTillDate" in coinm[route]] == ["GET allOrders"]


def test_the_check_of_an_order_tells_its_matching_and_last_date() -> None:
    """As the answer to placing it does."""
    usdm = Client(USDM)
    until = (usdm.exchange.clock[0] // 1000 + 3600) * 1000
    order = {**usdm.limit, "timeInForce": "GTD", "goodTillDate": until, "selfTradePreventionMode": "EXPIRE_TAKER"}

    checked, placed = usdm.ask("POST", "/order/test", **order), usdm.ask("POST", "/order", **order)

    for name in ("priceMatch", "selfTradePreventionMode", "goodTillDate", "timeInForce"):
        assert checked[name] == placed[name], name
    assert (checked["goodTillDate"], checked["selfTradePreventionMode"]) == (until, "EXPIRE_TAKER")


@pytest.mark.parametrize("is_hedge", [False, True], ids=["one-way", "hedge"])
@pytest.mark.parametrize("kind", ["market", "limit"])
def test_an_order_with_nothing_to_reduce_is_refused_at_once(client: Client, kind: str, is_hedge: bool) -> None:
    """With -2022: by its flag in one-way mode, by its side in hedge mode."""
    order = {**(client.market if kind == "market" else {**client.limit, "price": "3100"}), "side": "SELL"}
    if is_hedge:
        client.exchange.ledger.set_position_mode(PositionMode.HEDGE)
        order["positionSide"] = "LONG"
    else:
        order["reduceOnly"] = "true"

    assert client.ask("POST", "/order", **order) == {"code": -2022, "msg": "ReduceOnly Order is rejected."}
    assert client.exchange.ledger.orders() == ()


def test_the_venues_id_goes_before_the_clients(client: Client) -> None:
    """Of two that are sent, in queries and in cancels alike."""
    first, second = (
        client.ask("POST", "/order", **client.limit, newClientOrderId=f"mine_{number}") for number in (1, 2)
    )
    both = {"symbol": first["symbol"], "orderId": first["orderId"], "origClientOrderId": second["clientOrderId"]}

    assert client.ask("GET", "/order", **both)["clientOrderId"] == "mine_1"
    assert client.ask("DELETE", "/order", **both)["clientOrderId"] == "mine_1"
    assert [order["clientOrderId"] for order in client.ask("GET", "/openOrders")] == ["mine_2"]


def test_open_conditional_orders_are_found_by_their_id(client: Client) -> None:
    """Another type than the only one is refused."""
    stop = {**client.trailing, "type": "STOP_MARKET", "triggerPrice": "3300"}
    ids = [client.ask("POST", "/algoOrder", **stop)["algoId"] for _ in range(2)]

    found = client.ask("GET", "/openAlgoOrders", algoType="CONDITIONAL", algoId=ids[1])

    assert [order["algoId"] for order in found] == ids[1:]
    assert client.ask("GET", "/openAlgoOrders", algoType="VP")["code"] == -1130


def test_forced_orders_have_no_fields_of_matching(client: Client) -> None:
    """The venue's own orders are told in an older form."""
    ledger, symbol = client.exchange.ledger, client.market["symbol"]
    client.ask("POST", "/order", **{**client.market, "quantity": "2" if client.root == "/fapi/v1" else "500"})
    ledger.deleverage(symbol)

    rows = client.ask("GET", "/forceOrders", symbol=symbol)

    assert [row["clientOrderId"] for row in rows] == [rows[0]["clientOrderId"]]
    assert {"priceMatch", "selfTradePreventionMode"} & rows[0].keys() == set()
    assert ("priceProtect" in rows[0], "goodTillDate" in rows[0]) == (client.root == "/dapi/v1",) * 2

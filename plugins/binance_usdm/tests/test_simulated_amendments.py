"""The history of amended orders: what changed, from new to old, and how often."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from tests.plugins.binance.exchange import START, Exchange, shape

from venuekit.simulator.ledger import Side
from venuekit_binance_usdm.endpoints import USDM

D = Decimal

AMEND: Any = USDM.ORDERS.amend
PATH = "/fapi/v1/orderAmendment"
#: the documented row
DOCUMENTED: dict[str, Any] = {
    "amendmentId": 5363,
    "symbol": "BTCUSDT",
    "pair": "BTCUSDT",
    "orderId": 20072994037,
    "clientOrderId": "LJ9R4QZDihCaS8UAOOLpgW",
    "time": 1629184560899,
    "amendment": {
        "price": {"before": "30004", "after": "30003.2"},
        "origQty": {"before": "1", "after": "1"},
        "count": 3,
        "modifyId": 123,
    },
}


@pytest.fixture
def order_id(flat: Exchange) -> str:
    """A bid on ETHUSDT that was amended twice: its price first, then its quantity, a second later."""
    order_id = flat.ledger.rest_order("ETHUSDT", Side.BUY, D(1), D(2900), client_id="mine")
    amend(flat, quantity=1, price=2850, modifyId=123)
    flat.clock[0] += 1000
    amend(flat, quantity=2, price=2850)
    return order_id


def amend(exchange: Exchange, **fields: object) -> dict[str, Any]:
    """Amend the order and return what is answered."""
    amended: dict[str, Any] = exchange.fetch(AMEND, symbol="ETHUSDT", side="BUY", origClientOrderId="mine", **fields)
    return amended


def rows(exchange: Exchange, **parameters: object) -> list[dict[str, Any]]:
    """Return the amendments that are listed for parameters."""
    response = exchange.ask("GET", PATH, symbol="ETHUSDT", **parameters)
    assert response.status == 200, response.body
    listed: list[dict[str, Any]] = json.loads(response.body)
    return listed


def test_amendments_are_listed_from_new_to_old(flat: Exchange, order_id: str) -> None:
    """Each row has price and quantity before and after, its time, and its number among those of the order."""
    quantity, price = rows(flat, orderId=order_id)

    assert shape(price) == shape(DOCUMENTED)
    assert price["amendment"] == {
        "price": {"before": "2900", "after": "2850"},
        "origQty": {"before": "1", "after": "1"},
        "count": 1,
        "modifyId": 123,
    }
    assert quantity["amendment"] == {
        "price": {"before": "2850", "after": "2850"},
        "origQty": {"before": "1", "after": "2"},
        "count": 2,
    }
    assert [row["time"] for row in (price, quantity)] == [START, START + 1000]
    assert {(row["orderId"], row["clientOrderId"], row["pair"]) for row in (price, quantity)} == {
        (int(order_id), "mine", "ETHUSDT")
    }
    kept = {str(row["amendmentId"]) for row in (price, quantity)}
    assert kept == {amendment.id for amendment in flat.ledger.amendments(order_id)}


def test_venues_id_prevails_over_the_clients(flat: Exchange, order_id: str) -> None:
    """Either id names the order; of both, the venue's own counts."""
    assert len(rows(flat, origClientOrderId="mine")) == 2
    assert len(rows(flat, orderId=order_id, origClientOrderId="another")) == 2
    assert flat.refusal("GET", PATH, symbol="ETHUSDT", origClientOrderId="another")[1] == -2013
    assert flat.refusal("GET", PATH, symbol="ETHUSDT")[1] == -1102


def test_span_and_limit_of_amendments(flat: Exchange, order_id: str) -> None:
    """Both ends are included; without a beginning a page has the newest rows, and never more than 100."""
    assert [row["amendment"]["count"] for row in rows(flat, orderId=order_id, startTime=START + 1)] == [2]
    assert [row["amendment"]["count"] for row in rows(flat, orderId=order_id, endTime=START)] == [1]
    assert [row["amendment"]["count"] for row in rows(flat, orderId=order_id, limit=1)] == [2]
    assert flat.refusal("GET", PATH, symbol="ETHUSDT", orderId=order_id, limit=101)[1] == -1130


def test_refused_amendment_leaves_no_row(flat: Exchange, order_id: str) -> None:
    """An amendment that changes nothing, or whose own number is none, is refused and not listed."""
    before = rows(flat, orderId=order_id)
    again = {"symbol": "ETHUSDT", "side": "BUY", "origClientOrderId": "mine", "quantity": 2, "price": 2850}

    assert flat.refusal("PUT", "/fapi/v1/order", **again)[1] == -5027
    assert flat.refusal("PUT", "/fapi/v1/order", **{**again, "price": 2840, "modifyId": "x"})[1] == -1130

    assert rows(flat, orderId=order_id) == before


def test_own_number_of_an_amendment_is_returned(flat: Exchange, order_id: str) -> None:
    """The acknowledgement has it where the request had one."""
    assert amend(flat, quantity=2, price=2800, modifyId=7)["modifyId"] == 7
    assert "modifyId" not in amend(flat, quantity=2, price=2810)
    assert flat.ledger.order(order_id).price == 2810

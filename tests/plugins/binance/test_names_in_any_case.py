"""Names of parameters are read without regard to case, as clients of the venue rely on."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
from tests.plugins.binance.test_order_simulated import PRODUCTS, Client


@pytest.fixture(params=PRODUCTS, ids=lambda venue: venue.id)
def client(request: pytest.FixtureRequest) -> Client:
    """A client of either product."""
    return Client(request.param)


def place_two(client: Client) -> list[dict[str, Any]]:
    """Return two resting orders."""
    return [client.ask("POST", "/order", **client.limit, newClientOrderId=f"mine_{number}") for number in (1, 2)]


@pytest.mark.parametrize("name", ["orderidlist", "ORDERIDLIST", "orderIdList"])
def test_orders_are_canceled_by_ids_under_a_name_in_any_case(client: Client, name: str) -> None:
    """Clients of several languages send the list of ids in small letters."""
    placed = place_two(client)

    ids = json.dumps([order["orderId"] for order in placed])
    rows = client.ask("DELETE", "/batchOrders", symbol=placed[0]["symbol"], **{name: ids})

    assert [row["status"] for row in rows] == ["CANCELED", "CANCELED"]


def test_orders_are_canceled_by_client_ids_under_a_name_in_small_letters(client: Client) -> None:
    """The other list of ids."""
    placed = place_two(client)

    ids = json.dumps([order["clientOrderId"] for order in placed])
    rows = client.ask("DELETE", "/batchOrders", symbol=placed[0]["symbol"], origclientorderidlist=ids)

    assert [row["clientOrderId"] for row in rows] == ["mine_1", "mine_2"]


def test_an_order_is_placed_with_names_in_any_case(client: Client) -> None:
    """Also in a form; the log of arrivals has the documented names."""
    shouted = {name.upper(): value for name, value in client.limit.items()}

    request = client.exchange.request("POST", f"{client.root}/order", body=shouted)
    placed = json.loads(client.exchange.service.answer(request).body)

    assert (placed["symbol"], placed["price"]) == (client.limit["symbol"], client.limit["price"])
    arrived = client.exchange.service.arrival(request).parameters
    assert client.limit.items() <= arrived.items()


def test_a_signature_is_of_the_names_as_they_were_sent(client: Client) -> None:
    """A name whose case was changed after signing is another text."""
    request = client.exchange.request("GET", f"{client.root}/openOrders", Symbol=client.limit["symbol"])
    changed = attrs.evolve(request, query=request.query.replace("Symbol", "symbol"))

    assert json.loads(client.exchange.service.answer(request).body) == []
    assert json.loads(client.exchange.service.answer(changed).body)["code"] == -1022

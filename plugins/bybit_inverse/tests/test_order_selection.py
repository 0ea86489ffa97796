"""The orders that a request names: by which of its parameters, and whether ended ones are among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from plugins.bybit_inverse.tests.bybit_asking import INVERSE, Ask

from venuekit.capabilities import OrderStatus
from venuekit.errors import AnswerLost, NotFound
from venuekit.simulator import DropAfter, Simulation
from venuekit.simulator.ledger import Book, Side
from venuekit_bybit_inverse import BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
VENUE = "bybit_inverse"


@pytest.fixture
def ids(sim: Simulation) -> Mapping[str, str]:
    """The ids of two waiting orders and two ended ones, by their client ids."""
    ledger = sim.ledger
    waiting = {
        "eth": ledger.rest_order("ETHUSD", Side.BUY, D(100), D(1000), client_id="eth"),
        "btc": ledger.rest_order("BTCUSD", Side.BUY, D(100), D(1000), client_id="btc"),
        "gone": ledger.rest_order("ETHUSD", Side.BUY, D(100), D(1000), client_id="gone"),
        "filled": ledger.rest_order("ETHUSD", Side.BUY, D(100), D(1000), client_id="filled"),
    }
    ledger.cancel_order(waiting["gone"])
    ledger.fill_order(waiting["filled"])
    return waiting


#: what a request asks for, and the client ids of the rows it gets; an id stands for that of the order of this name
SELECTIONS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("/v5/order/realtime", {}, ["btc", "eth"]),
    ("/v5/order/realtime", {"symbol": "ETHUSD", "openOnly": 1}, ["filled", "gone"]),
    ("/v5/order/realtime", {"orderId": "gone"}, ["gone"]),
    ("/v5/order/realtime", {"orderId": "filled", "openOnly": 0}, ["filled"]),
    ("/v5/order/realtime", {"orderId": "eth", "openOnly": 1}, ["eth"]),
    ("/v5/order/realtime", {"orderLinkId": "gone", "openOnly": 0}, ["gone"]),
    ("/v5/order/realtime", {"orderId": "btc", "orderLinkId": "eth"}, ["btc"]),
    ("/v5/order/realtime", {"orderLinkId": "eth", "symbol": "BTCUSD"}, ["eth"]),
    ("/v5/order/realtime", {"orderId": "eth", "symbol": "NOPE"}, ["eth"]),
    ("/v5/order/realtime", {"symbol": "ETHUSD", "baseCoin": "BTC"}, ["eth"]),
    ("/v5/order/realtime", {"baseCoin": "BTC", "settleCoin": "ETH"}, ["btc"]),
    ("/v5/order/realtime", {"settleCoin": "ETH"}, ["eth"]),
    ("/v5/order/history", {"orderId": "gone", "symbol": "BTCUSD"}, ["gone"]),
    ("/v5/order/history", {"orderLinkId": "filled", "orderId": "gone"}, ["gone"]),
    ("/v5/order/history", {"baseCoin": "ETH"}, ["filled", "gone"]),
    ("/v5/order/history", {"symbol": "ETHUSD", "orderStatus": "Filled"}, ["filled"]),
    ("/v5/execution/list", {"orderId": "filled", "symbol": "BTCUSD", "execType": "Funding"}, ["filled"]),
    ("/v5/execution/list", {"orderLinkId": "filled", "startTime": 1, "endTime": 2}, ["filled"]),
    ("/v5/execution/list", {"baseCoin": "ETH"}, ["filled"]),
    ("/v5/execution/list", {"symbol": "ETHUSD", "execType": "Funding"}, []),
]


@pytest.mark.parametrize(("path", "parameters", "expected"), SELECTIONS)
async def test_first_name_counts(
    ask: Ask, ids: Mapping[str, str], path: str, parameters: dict[str, Any], expected: list[str]
) -> None:
    """An id before the client's id, that before a symbol, that before a coin; with an id, open or not is the same."""
    named = {name: ids.get(value, value) if name == "orderId" else value for name, value in parameters.items()}
    rows = (await ask("GET", path, {**INVERSE, **named}))["result"]["list"]
    assert [row["orderLinkId"] for row in rows] == expected


@pytest.mark.parametrize(("word", "expected"), [("Order", ["plain"]), ("StopOrder", ["stop"])])
async def test_kinds_of_orders(ask: Ask, sim: Simulation, word: str, expected: list[str]) -> None:
    """A filter tells plain orders from conditional ones, in reads and when all are cancelled."""
    for client_id, book in (("plain", Book.PLAIN), ("stop", Book.CONDITIONAL)):
        price = D(1000) if book is Book.PLAIN else sim.ledger.mark("ETHUSD") * 2
        sim.ledger.rest_order("ETHUSD", Side.BUY, D(100), price, book=book, client_id=client_id)
    request = {**INVERSE, "symbol": "ETHUSD", "orderFilter": word}
    listed = (await ask("GET", "/v5/order/realtime", request))["result"]["list"]
    canceled = (await ask("POST", "/v5/order/cancel-all", request))["result"]["list"]
    ended = (await ask("GET", "/v5/order/history", request))["result"]["list"]
    for rows in (listed, canceled, ended):
        assert [row["orderLinkId"] for row in rows] == expected
    assert len(sim.ledger.open_orders()) == 1


async def test_cancelling_everything_goes_by_the_symbol_first(ask: Ask, ids: Mapping[str, str]) -> None:
    """Then by the base coin, then by the settle coin."""
    answer = await ask("POST", "/v5/order/cancel-all", {**INVERSE, "symbol": "ETHUSD", "baseCoin": "BTC"})
    assert [row["orderId"] for row in answer["result"]["list"]] == [ids["eth"]]
    answer = await ask("POST", "/v5/order/cancel-all", {**INVERSE, "baseCoin": "BTC", "settleCoin": "ETH"})
    assert [row["orderId"] for row in answer["result"]["list"]] == [ids["btc"]]


async def test_list_of_open_orders_keeps_five_hundred_ended_ones(ask: Ask, sim: Simulation) -> None:
    """An older one is in the history alone."""
    first = sim.ledger.rest_order("ETHUSD", Side.BUY, D(100), D(1000), client_id="first")
    sim.ledger.cancel_order(first)
    for _ in range(500):
        sim.ledger.cancel_order(sim.ledger.rest_order("ETHUSD", Side.BUY, D(100), D(1000)))
    assert (await ask("GET", "/v5/order/realtime", {**INVERSE, "orderId": first}))["result"]["list"] == []
    (row,) = (await ask("GET", "/v5/order/history", {**INVERSE, "orderId": first}))["result"]["list"]
    assert row["orderLinkId"] == "first"


# -- venuekit's own reads of an ended order in the list of open ones


async def test_ended_order_is_no_open_one(
    account: BybitInverseAccount, ids: Mapping[str, str], arrivals: Callable[[str], list[str]]
) -> None:
    """Its row in the list of open orders is seen, and not taken for an open order."""
    for name in ("gone", "filled"):
        with pytest.raises(NotFound):
            await account.get_open_order("ETHUSD", order_id=ids[name])
        with pytest.raises(NotFound):
            await account.get_open_order("ETHUSD", client_id=name)
    assert len(arrivals("/v5/order/realtime")) == 4
    assert not arrivals("/v5/order/history")


@pytest.mark.parametrize(("name", "status"), [("gone", "canceled"), ("filled", "filled"), ("eth", "open")])
async def test_ended_order_is_read_from_the_list_of_open_ones(
    account: BybitInverseAccount, ids: Mapping[str, str], arrivals: Callable[[str], list[str]], name: str, status: str
) -> None:
    """One request is enough for an order that ended lately, and the history is not asked."""
    found = await account.get_order("ETHUSD", order_id=ids[name])
    assert (found.id, found.client_id, found.status) == (ids[name], name, status)
    assert len(arrivals("/v5/order/realtime")) == 1
    assert not arrivals("/v5/order/history")


async def test_lost_cancellation_is_told_by_the_ended_row(
    account: BybitInverseAccount, ids: Mapping[str, str], sim: Simulation, arrivals: Callable[[str], list[str]]
) -> None:
    """The answer got lost, the row of the cancelled order is still in the list of open ones, and it was sent once."""
    sim.disturb(VENUE, BYBIT.CANCEL_ORDER, DropAfter())
    ended = await account.cancel_order("ETHUSD", order_id=ids["eth"])
    assert (ended.id, ended.status) == (ids["eth"], OrderStatus.CANCELED)
    assert len(arrivals("/v5/order/cancel")) == 1
    assert not arrivals("/v5/order/history")


async def test_order_of_another_symbol_is_not_taken(account: BybitInverseAccount, ids: Mapping[str, str]) -> None:
    """An id counts before the symbol, so the venue answers with an order that was not asked for."""
    with pytest.raises(AnswerLost, match="symbol is BTCUSD, and ETHUSD was sent"):
        await account.get_open_order("ETHUSD", order_id=ids["btc"])

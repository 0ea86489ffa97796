"""binance-futures-connector, unchanged, through its own signed call: it has no methods for conditional orders yet."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from binance.error import ClientError
from tests.interop.desk import BOTH

from venuekit.capabilities import OrderStatus
from venuekit.simulator.ledger import Book

pytestmark = pytest.mark.interop(client="binance-futures-connector", subject="orders")

D = Decimal
#: where a product lives, a flat symbol, a quantity, and a trigger above the market
PRODUCTS = {"usdm": ("/fapi/v1", "ETHUSDT", "0.1", "4000"), "coinm": ("/dapi/v1", "ETHUSD_PERP", "10", "4000")}

Ask = Callable[..., Awaitable[Any]]


@pytest.fixture(params=BOTH)
def desk(request: pytest.FixtureRequest) -> Any:
    """Either product behind its own client."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def ask(desk: Any) -> Ask:
    """Send a signed request as the client's own methods do."""
    root = PRODUCTS[desk.venue.removeprefix("binance_")][0]

    async def send(verb: str, path: str, **parameters: Any) -> Any:
        client = desk.make(desk.sim.key, desk.sim.secret)
        return await asyncio.to_thread(client.sign_request, verb, f"{root}/{path}", parameters)

    return send


@pytest.fixture
def stop(desk: Any) -> dict[str, str]:
    """An order that buys when the market has risen."""
    _, symbol, quantity, trigger = PRODUCTS[desk.venue.removeprefix("binance_")]
    order = {"symbol": symbol, "side": "BUY", "type": "STOP_MARKET", "quantity": quantity, "triggerPrice": trigger}
    return {"algoType": "CONDITIONAL", **order}


async def test_it_waits_in_a_book_of_its_own(desk: Any, ask: Ask, stop: dict[str, str]) -> None:
    """U15, C18: placed and listed among conditional orders, not among plain ones; then cancelled."""
    symbol = stop["symbol"]
    placed = await ask("POST", "algoOrder", **stop, clientAlgoId="mine")
    assert (placed["algoStatus"], placed["orderType"], D(placed["triggerPrice"])) == ("NEW", "STOP_MARKET", D(4000))
    held = desk.ledger.order(str(placed["algoId"]))
    assert (held.book, held.client_id, held.trigger_price) == (Book.CONDITIONAL, "mine", D(4000))
    (listed,) = await ask("GET", "openAlgoOrders", symbol=symbol)
    assert (listed["algoId"], listed["clientAlgoId"]) == (placed["algoId"], "mine")
    assert await desk.call("get_orders", symbol=symbol) == []
    ended = await ask("DELETE", "algoOrder", algoId=placed["algoId"])
    assert (ended["algoId"], ended["msg"]) == (placed["algoId"], "success")
    assert desk.ledger.order(held.id).status is OrderStatus.CANCELED
    assert await ask("GET", "openAlgoOrders") == []


async def test_it_triggers(desk: Any, ask: Ask, stop: dict[str, str]) -> None:
    """U15, C18: at the mark it becomes a plain order of another id, which is filled."""
    placed = await ask("POST", "algoOrder", **stop)
    desk.ledger.set_mark(stop["symbol"], D(4000))
    (order,) = await desk.call("get_all_orders", symbol=stop["symbol"])
    assert (order["status"], order["orderId"]) == ("FILLED", int(desk.ledger.fills(stop["symbol"])[0].order_id))
    assert order["orderId"] != placed["algoId"]
    assert await ask("GET", "openAlgoOrders", symbol=stop["symbol"]) == []


@pytest.mark.interop(venue="binance_usdm")
@pytest.mark.parametrize("desk", ["usdm"], indirect=True)
async def test_query_history_and_cancel_all(desk: Any, ask: Ask, stop: dict[str, str]) -> None:
    """U15, U09: where the product has them: by either id, ended ones too; and all of a symbol at once."""
    symbol = stop["symbol"]
    first = await ask("POST", "algoOrder", **stop, clientAlgoId="first")
    by_id = await ask("GET", "algoOrder", algoId=first["algoId"])
    assert by_id == await ask("GET", "algoOrder", clientAlgoId="first")
    await ask("POST", "algoOrder", **stop, clientAlgoId="second")
    plain = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": stop["quantity"], "price": "2000"}
    await desk.call("new_order", symbol=symbol, **plain)
    assert (await ask("DELETE", "algoOpenOrders", symbol=symbol))["code"] == 200
    assert [order.book for order in desk.ledger.open_orders()] == [Book.PLAIN]
    rows = await ask("GET", "allAlgoOrders", symbol=symbol)
    assert [(row["clientAlgoId"], row["algoStatus"]) for row in rows] == [("first", "CANCELED"), ("second", "CANCELED")]
    assert (await ask("GET", "algoOrder", clientAlgoId="first"))["algoStatus"] == "CANCELED"


REFUSALS: dict[str, tuple[dict[str, str], int, str]] = {
    "it would trigger": ({"triggerPrice": "2000"}, -2021, "Order would immediately trigger."),
    "no trigger": (
        {"triggerPrice": ""},
        -1102, "Mandatory parameter 'triggerPrice' was not sent, was empty/null, or malformed.",
    ),
    "a plain type": ({"type": "LIMIT", "price": "2000"}, -1116, "Invalid orderType."),
    "a side in one-way mode": (
        {"positionSide": "LONG"},
        -4061, "Order's position side does not match user's setting.",
    ),
    "unknown symbol": ({"symbol": "NOPE"}, -1121, "Invalid symbol."),
    "too precise": (
        {"triggerPrice": "4000.12345"},
        -1111, "Precision is over the maximum defined for this asset.",
    ),
}  # fmt: skip


@pytest.mark.interop(subject="refusals")
@pytest.mark.parametrize("expected", REFUSALS.values(), ids=REFUSALS)
async def test_refusal(desk: Any, ask: Ask, stop: dict[str, str], expected: tuple[dict[str, str], int, str]) -> None:
    """What the venue refuses has its code and words, and changes nothing."""
    change, code, words = expected
    before = desk.ledger.snapshot()
    with pytest.raises(ClientError) as caught:
        await ask("POST", "algoOrder", **{**stop, **change})
    assert (caught.value.status_code, caught.value.error_code, caught.value.error_message) == (400, code, words)
    assert desk.ledger.snapshot() == before


@pytest.mark.interop(subject="refusals")
async def test_nothing_to_cancel(ask: Ask) -> None:
    """-2011: no such order."""
    with pytest.raises(ClientError) as caught:
        await ask("DELETE", "algoOrder", algoId=999_999)
    assert (caught.value.error_code, caught.value.error_message) == (-2011, "Unknown order sent.")


@pytest.mark.interop(subject="refusals")
async def test_duplicate_client_id(desk: Any, ask: Ask, stop: dict[str, str]) -> None:
    """-4116 while the first one waits."""
    await ask("POST", "algoOrder", **stop, clientAlgoId="mine")
    with pytest.raises(ClientError) as caught:
        await ask("POST", "algoOrder", **stop, clientAlgoId="mine")
    assert (caught.value.error_code, caught.value.error_message) == (-4116, "clientOrderId is duplicated")
    assert len(desk.ledger.open_orders()) == 1

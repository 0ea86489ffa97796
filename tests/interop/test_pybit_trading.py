"""pybit's trade socket, unchanged but for its endpoint: orders and batches, and the refusals of the venue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from pybit.unified_trading import WebSocketTrading

pytestmark = pytest.mark.interop(client="pybit", venue="bybit_inverse", subject="websocket api")

ETH = {"category": "inverse", "symbol": "ETHUSD"}
BID = {"symbol": "ETHUSD", "side": "Buy", "orderType": "Limit", "qty": "100", "price": "2000"}
D = Decimal
_PATIENCE = 30.0


@pytest.fixture
async def trading(inverse: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WebSocketTrading]:
    """``WebSocketTrading`` of pybit, connected to the simulated venue."""
    monkeypatch.setattr("pybit._websocket_trading.TRADE_WSS", inverse.sim.websocket_api("bybit_inverse"))

    def connect() -> WebSocketTrading:
        keys = {"api_key": inverse.sim.key, "api_secret": inverse.sim.secret}
        # its thread looks for the end of the connection as often as a ping may take
        return WebSocketTrading(recv_window=8000, testnet=True, private_auth_expire=30, ping_timeout=0.2, **keys)

    client = await asyncio.to_thread(connect)
    yield client
    await asyncio.to_thread(client.exit)
    await asyncio.to_thread(client.wst.join, _PATIENCE)


async def send(client: WebSocketTrading, method: str, **arguments: Any) -> dict[str, Any]:
    """
    Send an order in the simulator's own thread, and return the answer.

    The client sends first and remembers afterwards: an answer that comes in between finds nobody.
    """
    loop, answer = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()

    def take(message: dict[str, Any]) -> None:
        loop.call_soon_threadsafe(answer.set_result, message)

    getattr(client, method)(take, error_callback=take, **arguments)
    found: dict[str, Any] = await asyncio.wait_for(answer, _PATIENCE)
    return found


async def test_life_of_an_order(inverse: Any, trading: WebSocketTrading) -> None:
    """Placed, amended and cancelled over the socket, as the ledger has it, with the limits in the answer."""
    placed = await send(trading, "place_order", **{**ETH, **BID, "orderLinkId": "mine"})
    order = inverse.ledger.order(placed["data"]["orderId"])
    assert (placed["retCode"], placed["data"]["orderLinkId"], order.price) == (0, "mine", D(2000))
    assert int(placed["header"]["X-Bapi-Limit-Status"]) < int(placed["header"]["X-Bapi-Limit"])
    amended = await send(trading, "amend_order", **ETH, orderLinkId="mine", qty="50", price="2100")
    order = inverse.ledger.order(amended["data"]["orderId"])
    assert (order.quantity, order.price) == (D(50), D(2100))
    await send(trading, "cancel_order", **ETH, orderId=order.id)
    assert inverse.ledger.open_orders() == ()


async def test_batches(inverse: Any, trading: WebSocketTrading) -> None:
    """Each item of a batch has its own code; what failed leaves the rest as it is."""
    orders = [{**BID, "orderLinkId": name} for name in ("a", "b", "a")]
    answer = await send(trading, "place_batch_order", category="inverse", request=orders)
    assert [one["code"] for one in answer["retExtInfo"]["list"]] == [0, 0, 110072]
    changes = [{"symbol": "ETHUSD", "orderLinkId": name, "price": "1500"} for name in ("a", "nowhere")]
    answer = await send(trading, "amend_batch_order", category="inverse", request=changes)
    assert [one["code"] for one in answer["retExtInfo"]["list"]] == [0, 110001]
    assert inverse.ledger.order(client_id="a").price == 1500
    named = [{"symbol": "ETHUSD", "orderLinkId": name} for name in ("a", "b")]
    answer = await send(trading, "cancel_batch_order", category="inverse", request=named)
    assert [one["code"] for one in answer["retExtInfo"]["list"]] == [0, 0]
    assert inverse.ledger.open_orders() == ()


async def test_refusals(inverse: Any, trading: WebSocketTrading) -> None:
    """What the venue refuses has its code and words, and changes nothing."""
    before = inverse.ledger.snapshot()
    for method, arguments, code, words in (
        ("cancel_order", {**ETH, "orderId": "9"}, 110001, "order not exists or too late to cancel"),
        ("place_order", {**ETH, **BID, "qty": "6000000"}, 110007, "ab not enough for new order"),
        ("place_order", {**BID, "category": "futures"}, 10404, ""),
    ):
        refused = await send(trading, method, **arguments)
        assert (refused["retCode"], refused["retMsg"]) == (code, words)
    assert inverse.ledger.snapshot() == before

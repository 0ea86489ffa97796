"""pybit's private stream, unchanged but for its endpoint: the account's changes arrive as they are in the ledger."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import pytest
from pybit.unified_trading import WebSocket

from venuekit.simulator.ledger import Side

pytestmark = pytest.mark.interop(client="pybit", venue="bybit_inverse", subject="streams")

D = Decimal
_PATIENCE = 30.0


class Heard:
    """The rows that one subscription delivered, in their order."""

    def __init__(self) -> None:
        self._rows: queue.Queue[dict[str, Any]] = queue.Queue()

    def take(self, message: dict[str, Any]) -> None:
        """Receive a message, in the client's thread."""
        for row in message["data"]:
            self._rows.put(row)

    async def next(self, **expected: str) -> dict[str, Any]:
        """Return the next row, which has these values."""
        row = await asyncio.to_thread(self._rows.get, timeout=_PATIENCE)
        assert {name: row[name] for name in expected} == expected
        return row


@pytest.fixture
async def stream(inverse: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WebSocket]:
    """``WebSocket`` of pybit, connected to the simulated venue."""
    monkeypatch.setattr("pybit.unified_trading.PRIVATE_WSS", f"{inverse.sim.stream('bybit_inverse')}/v5/private")

    def connect() -> WebSocket:
        keys = {"api_key": inverse.sim.key, "api_secret": inverse.sim.secret}
        # its thread looks for the end of the connection as often as a ping may take
        return WebSocket("private", testnet=True, private_auth_expire=30, retries=3, ping_timeout=0.2, **keys)

    client = await asyncio.to_thread(connect)
    yield client
    await asyncio.to_thread(client.exit)
    await asyncio.to_thread(client.wst.join, _PATIENCE)


def subscribe(method: Callable[..., None], *arguments: Any) -> Heard:
    """
    Subscribe to a topic, in the simulator's own thread.

    The client sends first and remembers afterwards: an acknowledgement that comes in between ends its thread.
    """
    heard = Heard()
    method(heard.take, *arguments)
    return heard


async def subscribed(inverse: Any, topics: int) -> None:
    """Wait until the venue has taken so many subscriptions, all on the client's one connection."""
    await until(lambda: [len(peer.topics) for peer in inverse.sim.streams.peers()] == [topics])


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a state of the venue, which the client's thread brings about."""
    async with asyncio.timeout(_PATIENCE):
        while not condition():  # noqa: ASYNC110  - the client tells nobody that it is done
            await asyncio.sleep(0.01)


async def test_orders_and_what_they_change(inverse: Any, stream: WebSocket) -> None:
    """An order placed, amended and cancelled, and a fill with its position and wallet, as they are in the ledger."""
    orders, fills = subscribe(stream.order_stream), subscribe(stream.execution_stream)
    positions, wallets = subscribe(stream.position_stream), subscribe(stream.wallet_stream)
    fast = subscribe(stream.fast_execution_stream, "inverse")
    await subscribed(inverse, 5)
    ledger = inverse.ledger

    placed = ledger.rest_order("ETHUSD", Side.BUY, D(100), D(2000), client_id="mine")
    assert (await orders.next(orderLinkId="mine", orderStatus="New", leavesQty="100"))["orderId"] == placed
    await positions.next(symbol="ETHUSD", side="", size="0")
    ledger.amend_order(placed, price=D(2100))
    assert D((await orders.next(orderStatus="New", qty="100"))["price"]) == 2100
    ledger.cancel_order(placed)
    await orders.next(orderStatus="Cancelled", cancelType="CancelByUser")
    for _ in range(2):
        await positions.next(symbol="ETHUSD", size="0")

    ledger.fill("BTCUSD", Side.SELL, D(1_000_000), D(82_000))
    trade, position = ledger.fills("BTCUSD")[-1], ledger.position("BTCUSD")
    row = await fills.next(symbol="BTCUSD", side="Sell", execType="Trade", category="inverse")
    assert (row["execId"], D(row["execQty"]), D(row["execFee"])) == (trade.trade_id, D(1_000_000), -trade.commission)
    assert D(row["execPnl"]) == trade.realized_pnl
    assert (await fast.next(symbol="BTCUSD", side="Sell"))["execId"] == trade.trade_id
    filled = await orders.next(symbol="BTCUSD", orderStatus="Filled")
    assert D(filled["closedPnl"]) == ledger.closed_pnls("BTCUSD")[-1].pnl
    row = await positions.next(symbol="BTCUSD", side="Buy")
    assert (D(row["size"]), row["seq"], D(row["leverage"])) == (position.quantity, trade.sequence, position.leverage)
    (coin,) = (await wallets.next(accountType="UNIFIED"))["coin"]
    assert (coin["coin"], D(coin["walletBalance"])) == ("BTC", ledger.balance("BTC").wallet)

"""ccxt's watch methods and its orders over the trade socket, unchanged but for its URLs, on the inverse venue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from ccxt import OrderNotFound
from tests.interop.ccxt_desk import PRODUCTS, CcxtDesk, exact, open_desk

from venuekit.simulator.ledger import Side

pytestmark = pytest.mark.interop(client="ccxt async", venue="bybit_inverse", subject="streams")

_PATIENCE = 30.0
[INVERSE] = [product for product in PRODUCTS.values() if product.venue == "bybit_inverse"]


@pytest.fixture
async def desk() -> AsyncIterator[CcxtDesk]:
    """The simulated venue, and a client of ``ccxt.pro`` that uses its sockets."""
    async with open_desk(INVERSE, "ccxt.pro", "flat") as desk:
        stream = f"{desk.sim.stream(INVERSE.venue)}/v5/private"
        sockets = {"contract": stream, "trade": desk.sim.websocket_api(INVERSE.venue)}
        desk.client.urls["api"]["ws"] = {"private": sockets}
        # a read of the positions that comes between would be what is watched
        desk.client.options["watchPositions"] = {"fetchPositionsSnapshot": False}
        yield desk


async def test_what_an_order_changes_is_watched(desk: CcxtDesk) -> None:
    """A fill with its order, the position and the wallet are watched as they are in the ledger."""
    client, ledger, symbol = desk.client, desk.ledger, INVERSE.flat
    watched = [
        client.watch_orders(symbol),
        client.watch_my_trades(symbol),
        client.watch_positions([symbol]),
        client.watch_balance({"subType": "linear"}),  # for inverse it waits for the wallet of older accounts
    ]
    tasks = [asyncio.create_task(one) for one in watched]
    peers: Any = desk.sim.streams.peers
    async with asyncio.timeout(_PATIENCE):
        while [len(peer.topics) for peer in peers()] != [len(tasks)]:  # noqa: ASYNC110  - it has no event
            await asyncio.sleep(0.01)
        ledger.fill(INVERSE.flat_id, Side.BUY, exact(INVERSE.quantity), ledger.mark(INVERSE.flat_id))
        [order], [trade], [position], balance = [await task for task in tasks]

    fill, figures = ledger.fills()[-1], ledger.position(INVERSE.flat_id)
    assert (order["id"], order["status"], order["side"]) == (fill.order_id, "closed", "buy")
    assert (trade["id"], exact(trade["amount"]), exact(trade["price"])) == (fill.trade_id, fill.quantity, fill.price)
    assert exact(trade["fee"]["cost"]) == -fill.commission
    assert (exact(position["contracts"]), exact(position["entryPrice"])) == (figures.quantity, figures.entry_price)
    settle = figures.settle
    assert exact(balance[settle]["total"]) == ledger.balance(settle).wallet


@pytest.mark.interop(subject="websocket api")
async def test_orders_over_the_trade_socket(desk: CcxtDesk) -> None:
    """An order is placed, changed and cancelled over the socket, and a refusal has the venue's code."""
    client, ledger, symbol = desk.client, desk.ledger, INVERSE.flat
    details: dict[str, Any] = {"orderLinkId": "mine"}
    placed = await client.create_order_ws(symbol, "limit", "buy", INVERSE.quantity, INVERSE.price, details)
    order = ledger.order(placed["id"])
    assert (order.client_id, order.price) == ("mine", exact(INVERSE.price))
    await client.edit_order_ws(order.id, symbol, "limit", "buy", INVERSE.quantity * 2, INVERSE.price)
    assert ledger.order(order.id).quantity == exact(INVERSE.quantity * 2)
    await client.cancel_order_ws(order.id, symbol)
    assert ledger.open_orders() == ()
    with pytest.raises(OrderNotFound, match="110001"):
        await client.cancel_order_ws(order.id, symbol)

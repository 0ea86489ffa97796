"""ccxt's watch methods, unchanged but for its URLs: orders, fills, positions and balances of Binance's futures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from tests.interop.ccxt_desk import EVERY_PRODUCT, CcxtDesk, Product, exact, open_desk

from venuekit.simulator.ledger import Side

pytestmark = pytest.mark.interop(client="ccxt async", subject="streams")

_PATIENCE = 30.0
#: the words by which the client names the things that it waits for
WATCHED = {"order": "orders:", "trades": "myTrades:", "positions": ":positions", "balance": ":balance"}


@pytest.fixture(params=EVERY_PRODUCT[:2])
def product(request: pytest.FixtureRequest) -> Any:
    """Either product of Binance."""
    return request.param


@pytest.fixture
async def desk(product: Product) -> AsyncIterator[CcxtDesk]:
    """The simulated venue, and a client of ``ccxt.pro`` that listens to it."""
    async with open_desk(product, "ccxt.pro", "flat") as desk:
        kind = "linear" if product.venue == "binance_usdm" else "inverse"
        desk.client.urls["api"]["ws"][kind] = f"{desk.sim.stream(product.venue)}/ws"
        # a read of the positions that comes between would be what is watched
        desk.client.options["watchPositions"] = {"fetchPositionsSnapshot": False}
        yield desk


async def test_what_an_order_changes_is_watched(desk: CcxtDesk) -> None:
    """A placed order, its fill, the position and the wallet are watched as they are in the ledger."""
    product, client, ledger = desk.product, desk.client, desk.ledger

    def watch(method: str, *arguments: Any) -> asyncio.Task[Any]:
        return asyncio.create_task(getattr(client, method)(*arguments))

    tasks = {
        "order": watch("watch_orders", product.flat),
        "trades": watch("watch_my_trades", product.flat),
        "positions": watch("watch_positions", [product.flat]),
        "balance": watch("watch_balance"),
    }

    def waits() -> set[str]:
        """Return the things that the client waits for, by its own names of them."""
        names = " ".join(name for one in client.clients.values() for name in one.futures)
        return {name for name, word in WATCHED.items() if word in names}

    async with asyncio.timeout(_PATIENCE):
        while not (desk.sim.streams.connections and waits() == tasks.keys()):  # noqa: ASYNC110  - it has no event
            await asyncio.sleep(0.01)
        ledger.fill(product.flat_id, Side.BUY, exact(product.quantity), ledger.mark(product.flat_id))
        seen = {name: await task for name, task in tasks.items()}

    fill, figures = ledger.fills()[-1], ledger.position(product.flat_id)
    [order], [trade], [position] = seen["order"], seen["trades"], seen["positions"]
    assert (order["id"], order["status"], order["side"]) == (fill.order_id, "closed", "buy")
    assert (trade["id"], exact(trade["amount"]), exact(trade["price"])) == (fill.trade_id, fill.quantity, fill.price)
    assert exact(trade["fee"]["cost"]) == -fill.commission
    assert exact(position["contracts"]) == figures.quantity
    assert exact(position["entryPrice"]) == figures.entry_price
    contract = ledger.contract(product.flat_id)
    assert (
        exact(seen["balance"][contract.settle]["total"]) == ledger.balance(contract.settle, purse=contract.purse).wallet
    )
    assert Decimal(0) < figures.quantity

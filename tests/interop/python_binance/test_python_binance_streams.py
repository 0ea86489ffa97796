"""python-binance's user streams, unchanged but for their URLs: changes arrive as they are in the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any

import pytest
from binance.async_client import AsyncClient
from binance.ws.streams import BinanceSocketManager

import venuekit
from venuekit.simulator import Simulation
from venuekit.simulator.ledger import Side

pytestmark = pytest.mark.interop(client="python-binance async", subject="streams")

D = Decimal
_PATIENCE = 30.0


@pytest.fixture
async def sim(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Simulation]:
    """Both products, without a position."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with venuekit.simulate("binance_usdm", "binance_coinm", scenario="flat") as sim:
        yield sim


@pytest.fixture
async def manager(sim: Simulation) -> AsyncIterator[BinanceSocketManager]:
    """The client's streams, pointed at the simulator."""
    client = AsyncClient(sim.key, sim.secret)  # ``create`` would ask the spot venue for its time
    client.FUTURES_URL = f"{sim.rest('binance_usdm')}/fapi"
    client.FUTURES_COIN_URL = f"{sim.rest('binance_coinm')}/dapi"
    async with AsyncExitStack() as stack:
        stack.push_async_callback(client.close_connection)
        manager = BinanceSocketManager(client)
        manager.FSTREAM_URL = f"{sim.stream('binance_usdm')}/"
        manager.DSTREAM_URL = f"{sim.stream('binance_coinm')}/"
        yield manager


@pytest.mark.parametrize(
    ("venue", "method", "symbol"),
    [
        pytest.param("binance_usdm", "futures_user_socket", "ETHUSDT", marks=pytest.mark.interop(venue="binance_usdm")),
        pytest.param(
            "binance_coinm",
            "coin_futures_user_socket",
            "ETHUSD_PERP",
            marks=pytest.mark.interop(venue="binance_coinm"),
        ),
    ],
)
async def test_what_a_fill_changes_is_pushed(
    sim: Simulation, manager: BinanceSocketManager, venue: str, method: str, symbol: str
) -> None:
    """A fill arrives with its order, its position and its wallet."""
    ledger = sim.ledger_of(venue)
    messages: dict[str, Any] = {}
    async with asyncio.timeout(_PATIENCE), getattr(manager, method)() as socket:
        ledger.fill(symbol, Side.BUY, D(2), ledger.mark(symbol))
        while not {"ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE"} <= messages.keys():
            message = await socket.recv()
            messages[message["e"]] = message

    fill, order = ledger.fills()[-1], messages["ORDER_TRADE_UPDATE"]["o"]
    assert (order["x"], order["S"], order["t"], D(order["l"])) == ("TRADE", "BUY", int(fill.trade_id), fill.quantity)
    account = messages["ACCOUNT_UPDATE"]["a"]
    [position] = [row for row in account["P"] if row["s"] == symbol]
    assert D(position["pa"]) == ledger.position(symbol).quantity
    contract = ledger.contract(symbol)
    [balance] = [row for row in account["B"] if row["a"] == contract.settle]
    assert D(balance["wb"]) == ledger.balance(contract.settle, purse=contract.purse).wallet

"""The WebSocket APIs of Binance's own modular SDKs, unchanged but for their URLs: orders placed, queried, cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import attrs
import pytest
from binance_common.configuration import ConfigurationWebSocketAPI
from binance_sdk_derivatives_trading_coin_futures import DerivativesTradingCoinFutures
from binance_sdk_derivatives_trading_usds_futures import DerivativesTradingUsdsFutures

import venuekit
from venuekit.capabilities import OrderStatus
from venuekit.simulator import Simulation

# the client connects by a parameter of aiohttp's that is to go
pytestmark = pytest.mark.filterwarnings("ignore:parameter 'timeout' of type 'float':DeprecationWarning")

_PATIENCE = 30.0
PRODUCTS = (
    ("binance_usdm", DerivativesTradingUsdsFutures, "usds", "ETHUSDT", 0.1),
    ("binance_coinm", DerivativesTradingCoinFutures, "coin", "ETHUSD_PERP", 10),
)


@attrs.frozen(eq=False)
class Desk:
    """The simulated venue, and a connection of the client."""

    sim: Simulation
    venue: str
    symbol: str
    quantity: float
    connection: Any


@pytest.fixture(
    params=[
        pytest.param(
            one,
            id=one[2],
            marks=pytest.mark.interop(client=f"binance-sdk-derivatives-trading-{one[2]}-futures", venue=one[0]),
        )
        for one in PRODUCTS
    ]
)
async def desk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """The client of the trading key, connected."""
    venue, client, _, symbol, quantity = request.param
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with venuekit.simulate(venue, scenario="flat") as sim:
        configuration = ConfigurationWebSocketAPI(
            api_key=sim.key, api_secret=sim.secret, stream_url=sim.websocket_api(venue), reconnect_attempts=1
        )
        connection = await client(config_ws_api=configuration).websocket_api.create_connection()
        yield Desk(sim, venue, symbol, quantity, connection)
        await connection.close_connection(close_session=True)


@pytest.mark.interop(subject="websocket api")
async def test_orders(desk: Desk) -> None:
    """A placed order rests in the ledger, is found, and is cancelled."""
    ledger, connection = desk.sim.ledger_of(desk.venue), desk.connection
    order = {"symbol": desk.symbol, "side": "BUY", "type": "LIMIT", "time_in_force": "GTC"}
    async with asyncio.timeout(_PATIENCE):
        placed = (await connection.new_order(**order, quantity=desk.quantity, price=2000)).data().result
        [waiting] = ledger.open_orders()
        assert (str(placed.order_id), Decimal(placed.price)) == (waiting.id, waiting.price)
        name = {"symbol": desk.symbol, "order_id": placed.order_id}
        found = (await connection.query_order(**name)).data().result
        assert (found.status, Decimal(found.orig_qty)) == ("NEW", waiting.quantity)
        ended = (await connection.cancel_order(**name)).data().result
        assert (ended.status, ledger.order(waiting.id).status) == ("CANCELED", OrderStatus.CANCELED)

"""ccxt's clients, blocking and asynchronous, pointed at the simulator by their own tables of URLs."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import attrs
import pytest

import venuekit
from venuekit.simulator import Simulation
from venuekit.simulator.ledger import Ledger


def exact(number: float | str | None) -> Decimal:
    """Return a number of ccxt as it is written."""
    return Decimal(str(number))


@attrs.frozen
class Product:
    """
    What the checks need to know of a venue.

    Attributes:
        venue: The simulated venue's id.
        exchange: ccxt's name of it.
        held, flat: ccxt's symbols of the position that is held, and of one that is not.
        held_id, flat_id: The venue's own names of both.
        quantity, price: An order of the flat one that rests far from its mark.
    """

    venue: str
    exchange: str
    held: str
    held_id: str
    flat: str
    flat_id: str
    quantity: float
    price: float = 2000


PRODUCTS = {
    "usdm": Product(
        "binance_usdm", "binanceusdm", "BTC/USDT:USDT", "BTCUSDT", "ETH/USDT:USDT", "ETHUSDT", quantity=0.1
    ),
    "coinm": Product(
        "binance_coinm", "binancecoinm", "BTC/USD:BTC", "BTCUSD_PERP", "ETH/USD:ETH", "ETHUSD_PERP", quantity=10
    ),
    "inverse": Product("bybit_inverse", "bybit", "BTC/USD:BTC", "BTCUSD", "ETH/USD:ETH", "ETHUSD", quantity=100),
}
#: parameters of a fixture
EVERY_PRODUCT = tuple(
    pytest.param(one, id=name, marks=pytest.mark.interop(venue=one.venue)) for name, one in PRODUCTS.items()
)
EVERY_FACE = (
    pytest.param("ccxt", id="sync", marks=pytest.mark.interop(client="ccxt")),
    pytest.param("ccxt.async_support", id="async", marks=pytest.mark.interop(client="ccxt async")),
)


@attrs.frozen(eq=False)
class CcxtDesk:
    """The simulated venue, and a client of either face."""

    sim: Simulation
    product: Product
    client: Any

    @property
    def ledger(self) -> Ledger:
        """What really holds."""
        return self.sim.ledger_of(self.product.venue)

    async def call(self, method: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of the client; a blocking one in a thread, so that the simulator can answer meanwhile."""
        called = getattr(self.client, method)
        if asyncio.iscoroutinefunction(called):
            return await called(*arguments, **options)
        return await asyncio.to_thread(called, *arguments, **options)

    async def place(self, price: float | None = None, **details: Any) -> Any:
        """Place an order that rests, of the flat symbol."""
        product = self.product
        parameters = (product.flat, "limit", "buy", product.quantity, price or product.price, details)
        return await self.call("create_order", *parameters)


@contextlib.asynccontextmanager
async def open_desk(product: Product, face: str, scenario: str) -> AsyncIterator[CcxtDesk]:
    """Yield a client of the trading key."""
    async with venuekit.simulate(product.venue, scenario=scenario) as sim:
        desk = CcxtDesk(sim, product, make_client(sim, product, face, sim.key, sim.secret))
        try:
            await desk.call("load_markets")
            yield desk
        finally:
            await close_client(desk.client)


def make_client(sim: Simulation, product: Product, face: str, key: str, secret: str) -> Any:
    """Return a client that asks the simulator for everything of this product."""
    options: dict[str, Any] = {"fetchCurrencies": False}  # Binance's list of coins is of its spot venue
    if product.exchange == "bybit":
        options = {"defaultSubType": "inverse", "fetchMarkets": {"types": ["inverse"]}}
    kind = getattr(importlib.import_module(face), product.exchange)
    client = kind({"apiKey": key, "secret": secret, "options": options, "enableRateLimit": False})
    rest, api = sim.rest(product.venue), client.urls["api"]
    for name, url in api.items():
        if product.exchange == "bybit":
            api[name] = rest
        elif name.startswith(("fapi", "dapi")):
            api[name] = f"{rest}/{url.split('/', 3)[3]}"
    return client


async def close_client(client: Any) -> None:
    """Close the connections of a client of either face."""
    closed = getattr(client, "close", None)
    if asyncio.iscoroutinefunction(closed):
        await closed()
    else:
        client.session.close()

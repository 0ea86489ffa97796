"""ccxt, unchanged but for its URLs, in a world of one's own: a further market, and two accounts of a venue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from tests.interop.ccxt_desk import EVERY_FACE, PRODUCTS, CcxtDesk, close_client, exact, make_client

import venuekit
from venuekit.simulator import Market

D = Decimal


class World(NamedTuple):
    """A product, the symbol of a further market, ccxt's name of it, and the asset that it settles in."""

    product: str
    symbol: str
    unified: str
    settle: str


WORLDS = (
    World("usdm", "SOLUSDT", "SOL/USDT:USDT", "USDT"),
    World("coinm", "SOLUSD_PERP", "SOL/USD:SOL", "SOL"),
    World("inverse", "SOLUSD", "SOL/USD:SOL", "SOL"),
)
EVERY_WORLD = tuple(
    pytest.param(one, id=one.product, marks=pytest.mark.interop(venue=PRODUCTS[one.product].venue)) for one in WORLDS
)


@pytest.fixture(params=EVERY_FACE)
def face(request: pytest.FixtureRequest) -> Any:
    """The module with the blocking clients, or that with the asynchronous ones."""
    return request.param


@pytest.fixture(params=EVERY_WORLD)
def world(request: pytest.FixtureRequest) -> Any:
    """A venue with a further market."""
    return request.param


@pytest.fixture(name="desks")
async def _desks(world: World, face: str) -> AsyncIterator[tuple[CcxtDesk, CcxtDesk]]:
    """Two clients of two accounts, at a venue that lists a further market."""
    product = PRODUCTS[world.product]
    markets = [Market(world.symbol, tick="0.005", step="1", mark="150.005")]
    money = {"a": {world.settle: 5_000}, "b": {world.settle: 700}}
    async with venuekit.simulate(product.venue, markets=markets, accounts=money) as sim:
        desks = []
        for name in money:
            key = sim.key_of(product.venue, account=name)
            desks.append(CcxtDesk(sim, product, make_client(sim, product, face, key.key, key.secret)))
        try:
            for desk in desks:
                await desk.call("load_markets")
            yield desks[0], desks[1]
        finally:
            for desk in desks:
                await close_client(desk.client)


@pytest.mark.interop(subject="market")
async def test_a_further_market_is_traded(desks: tuple[CcxtDesk, CcxtDesk], world: World) -> None:
    """It is listed with its tick and its step, and takes orders on them."""
    desk = desks[0]
    market = desk.client.market(world.unified)
    assert market["id"] == world.symbol
    assert (exact(market["precision"]["price"]), exact(market["precision"]["amount"])) == (D("0.005"), 1)
    order = await desk.call("create_order", world.unified, "limit", "buy", 20, 140.005)
    waiting = await desk.call("fetch_open_orders", world.unified)
    assert [(one["id"], exact(one["price"])) for one in waiting] == [(order["id"], D("140.005"))]

    await desk.call("create_order", world.unified, "market", "buy", 30)
    (position,) = await desk.call("fetch_positions", [world.unified])
    assert (exact(position["contracts"]), exact(position["entryPrice"])) == (30, D("150.005"))


@pytest.mark.interop(subject="account")
async def test_two_accounts_are_apart(desks: tuple[CcxtDesk, CcxtDesk], world: World) -> None:
    """Money, orders and positions of one account are not in the other's reads."""
    one, other = desks
    await one.call("create_order", world.unified, "limit", "buy", 20, 140.005)
    await one.call("create_order", world.unified, "market", "buy", 30)

    assert await other.call("fetch_open_orders", world.unified) == []
    positions = await other.call("fetch_positions", [world.unified])
    assert [position for position in positions if position["contracts"]] == []
    assert exact((await other.call("fetch_balance"))["total"][world.settle]) == 700
    assert len(await one.call("fetch_open_orders", world.unified)) == 1

"""ccxt, unchanged but for its URLs, blocking and asynchronous: the market of three venues."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from tests.interop.ccxt_desk import EVERY_FACE, EVERY_PRODUCT, CcxtDesk, Product, exact, open_desk

pytestmark = [pytest.mark.interop(subject="market"), pytest.mark.parametrize("scenario", ["flat"])]

D = Decimal


@pytest.fixture(name="desk")
async def _desk(product: Product, face: str, scenario: str) -> AsyncIterator[CcxtDesk]:
    async with open_desk(product, face, scenario) as desk:
        yield desk


@pytest.fixture(params=EVERY_PRODUCT)
def product(request: pytest.FixtureRequest) -> Any:
    """Either product of Binance, or Bybit's inverse one."""
    return request.param


@pytest.fixture(params=EVERY_FACE)
def face(request: pytest.FixtureRequest) -> Any:
    """The module with the blocking clients, or that with the asynchronous ones."""
    return request.param


async def test_contracts_and_time(desk: CcxtDesk) -> None:
    """The contracts are the ledger's, with their steps; the clock is the simulator's."""
    before = desk.sim.milliseconds()
    assert before <= await desk.call("fetch_time") <= desk.sim.milliseconds()
    contract = desk.ledger.contract(desk.product.flat_id)
    market = desk.client.market(desk.product.flat)
    assert (market["id"], market["contract"], market["linear"]) == (
        desk.product.flat_id, True, not contract.is_inverse,
    )  # fmt: skip
    assert exact(market["precision"]["price"]) == contract.price_tick
    assert exact(market["precision"]["amount"]) == contract.quantity_step
    assert {one["id"] for one in desk.client.markets.values()} == desk.ledger.contracts.keys()


async def test_ticker(desk: CcxtDesk) -> None:
    """The last price is the mark, and the best offers stand around it."""
    ticker = await desk.call("fetch_ticker", desk.product.flat)
    mark = desk.ledger.mark(desk.product.flat_id)
    assert (ticker["symbol"], exact(ticker["last"])) == (desk.product.flat, mark)
    listed = await desk.call("fetch_tickers", [desk.product.flat, desk.product.held])
    assert {name: exact(one["last"]) for name, one in listed.items()} == {
        desk.product.flat: mark,
        desk.product.held: desk.ledger.mark(desk.product.held_id),
    }


async def test_candles(desk: CcxtDesk) -> None:
    """The last candle has the mark as its close, and moves with it."""
    moved = desk.ledger.mark(desk.product.flat_id) + 10
    desk.ledger.set_mark(desk.product.flat_id, moved)
    candles = await desk.call("fetch_ohlcv", desk.product.flat, "1m", None, 3)
    assert len(candles) == 3
    assert exact(candles[-1][4]) == moved


async def test_order_book(desk: CcxtDesk) -> None:
    """Bids below the mark and asks above it, best first."""
    book = await desk.call("fetch_order_book", desk.product.flat, 5)
    mark = desk.ledger.mark(desk.product.flat_id)
    bids, asks = ([exact(price) for price, _ in book[side]] for side in ("bids", "asks"))
    assert len(bids) == len(asks) == 5
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] < mark < asks[0]


async def test_funding_rate(desk: CcxtDesk) -> None:
    """The rate to come, the mark and the time of the next funding."""
    told = await desk.call("fetch_funding_rate", desk.product.flat)
    assert exact(told["markPrice"]) == desk.ledger.mark(desk.product.flat_id)
    assert told["fundingTimestamp"] > desk.sim.milliseconds()
    assert told["fundingRate"] is not None

"""unicorn-binance-rest-api, unchanged but for its URLs and the question for the time in its constructor."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

import pytest
from tests.interop.futures_checks import EVERY_PRODUCT, FLAT, ONLY_USDM, FuturesChecks, FuturesDesk, Product
from unicorn_binance_rest_api.exceptions import BinanceAPIException
from unicorn_binance_rest_api.manager import BinanceRestApiManager

import venuekit
from venuekit.simulator import Simulation

pytestmark = pytest.mark.interop(client="unicorn-binance-rest-api")


class _Manager(BinanceRestApiManager):  # type: ignore[misc]  # its types are those of its sources, which are compiled
    """The client as it is, but for its constructor, which asks the spot venue for the time before a URL can be set."""

    def get_server_time(self) -> dict[str, Any]:
        """Return no time: the client's clock and that of the simulator are the same."""
        return {}


def open_manager(sim: Simulation, key: str, secret: str, clients: ExitStack) -> BinanceRestApiManager:
    """Return a client that asks the simulator, and is closed in the end."""
    manager = _Manager(key, secret, exchange="binance.com-futures", warn_on_update=False, disable_colorama=True)
    clients.callback(manager.stop_manager)
    if "binance_usdm" in sim.venue_ids:
        manager.FUTURES_URL = f"{sim.rest('binance_usdm')}/fapi"
    if "binance_coinm" in sim.venue_ids:
        manager.FUTURES_COIN_URL = f"{sim.rest('binance_coinm')}/dapi"
    return manager


@pytest.fixture(params=EVERY_PRODUCT)
def product(request: pytest.FixtureRequest) -> Any:
    """Either product."""
    return request.param


@pytest.fixture
async def desk(product: Product, scenario: str, clients: ExitStack) -> AsyncIterator[FuturesDesk]:
    """The simulated venue, and a client of the trading key."""
    async with venuekit.simulate("binance_usdm", "binance_coinm", scenario=scenario) as sim:

        def open_other(key: str, secret: str) -> BinanceRestApiManager:
            return open_manager(sim, key, secret, clients)

        yield FuturesDesk(sim, product, open_other(sim.key, sim.secret), BinanceAPIException, open_other)


class TestUnicorn(FuturesChecks):
    """What it has in common with its model, and what it has of its own."""

    @pytest.mark.interop(subject="orders")
    @FLAT
    async def test_batch(self, desk: FuturesDesk) -> None:
        """Each item of a batch has its own answer."""
        wrong = desk.order(positionSide="LONG")
        rows = await desk.call("place_batch_order", batchOrders=[desk.order(), wrong, desk.order(1999)])
        assert [row.get("code") for row in rows] == [None, -4061, None]
        assert [one.price for one in desk.ledger.open_orders()] == [2000, 1999]

    @pytest.mark.interop(subject="orders")
    @FLAT
    async def test_cancelling_several(self, desk: FuturesDesk) -> None:
        """Several orders are cancelled in one request, by a list that the caller writes for a URL."""
        ids = [(await desk.call("create_order", **desk.order(2000 - n)))["orderId"] for n in range(2)]
        listed = quote(json.dumps([*ids, 99_999], separators=(",", ":")))
        rows = await desk.call("cancel_orders", symbol=desk.product.flat, orderIdList=listed)
        assert [row.get("status", row.get("code")) for row in rows] == ["CANCELED", "CANCELED", -2011]
        assert desk.ledger.open_orders() == ()

    @pytest.mark.interop(subject="orders")
    @ONLY_USDM
    @FLAT
    async def test_countdown(self, desk: FuturesDesk) -> None:
        """A countdown over the orders of a symbol is armed and disarmed."""
        symbol = desk.product.flat
        await desk.call("auto_cancel_all_open_orders", symbol=symbol, countdownTime=60_000)
        assert desk.ledger.deadline(symbol) is not None
        await desk.call("auto_cancel_all_open_orders", symbol=symbol, countdownTime=0)
        assert desk.ledger.deadline(symbol) is None


@pytest.mark.interop(
    subject="account",
    client_bug="`manager.py:6285` asks COIN-M (`_request_futures_coin_api`), where a symbol of USDⓈ-M is unknown; the "
    "venue documents `GET /fapi/v1/commissionRate` for it.",
)
@ONLY_USDM
async def test_commission_rate_asks_the_other_product(desk: FuturesDesk) -> None:
    """``futures_commission_rate`` is refused every symbol of its product."""
    assert await desk.refused("commission_rate", symbol=desk.product.flat) == -1121
    assert desk.sim.requests[-1].path == "/dapi/v1/commissionRate"


@pytest.mark.interop(
    subject="orders",
    client_bug="`manager.py:6320` and below ask `/fapi/v1/algo/orders`, which the venue does not document; its "
    "conditional orders are `POST`, `DELETE` and `GET /fapi/v1/algoOrder` and `GET /fapi/v1/openAlgoOrders`.",
)
@ONLY_USDM
@FLAT
async def test_conditional_orders_ask_an_unknown_path(desk: FuturesDesk) -> None:
    """No method for conditional orders reaches the venue's paths."""
    order = {"symbol": desk.product.flat, "side": "BUY", "type": "STOP_MARKET", "triggerPrice": "4000"}
    conditional = {**order, "algoType": "CONDITIONAL", "quantity": desk.product.quantity}
    for method, parameters in (
        ("create_algo_order", conditional),
        ("cancel_algo_order", {"algoId": 1}),
        ("get_open_algo_orders", {}),
    ):
        assert await desk.refused(method, **parameters) == -5000
        assert desk.sim.requests[-1].path.startswith("/fapi/v1/algo/orders")
    assert desk.ledger.orders() == ()


@pytest.mark.interop(
    subject="histories",
    client_bug="`manager.py:6219` asks `/fapi/v1/ticker/allForceOrders`, which the venue does not document; the "
    "account's forced orders are `GET /fapi/v1/forceOrders`.",
)
@ONLY_USDM
@FLAT
async def test_forced_orders_ask_an_unknown_path(desk: FuturesDesk) -> None:
    """``futures_liquidation_orders`` finds no such path."""
    assert await desk.refused("liquidation_orders", symbol=desk.product.flat) == -5000
    assert desk.sim.requests[-1].path == "/fapi/v1/ticker/allForceOrders"


@pytest.mark.interop(
    venue="binance_coinm",
    subject="market",
    client_bug="Each branch of `manager.py:__init__` but those of the test networks sets `FUTURES_COIN_URL` to "
    "`https://fapi.binance.com/fapi`; the venue documents `https://dapi.binance.com` for COIN-M.",
)
def test_the_url_of_coin_margined_futures() -> None:
    """Until its URL is set, the client asks USDⓈ-M for everything of COIN-M."""
    for exchange in ("binance.com-coin_futures", "binance.com-futures", "binance.com"):
        manager = _Manager("k", "s", exchange=exchange, warn_on_update=False, disable_colorama=True)
        manager.stop_manager()
        assert manager.FUTURES_COIN_URL == "https://fapi.binance.com/fapi"

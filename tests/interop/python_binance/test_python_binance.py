"""python-binance, unchanged but for its URLs, blocking and asynchronous: ``make interop-python-binance`` runs it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from decimal import Decimal
from typing import Any

import pytest
from binance.async_client import AsyncClient
from binance.client import Client
from binance.exceptions import BinanceAPIException
from tests.interop.futures_checks import EVERY_PRODUCT, FLAT, ONLY_USDM, FuturesChecks, FuturesDesk, Product

import venuekit
from venuekit.capabilities import AssetMode
from venuekit.simulator import Simulation
from venuekit.simulator.ledger import Side

D = Decimal
#: parameters of a fixture
EVERY_FACE = (
    pytest.param(Client, id="sync", marks=pytest.mark.interop(client="python-binance")),
    pytest.param(AsyncClient, id="async", marks=pytest.mark.interop(client="python-binance async")),
)
ONLY_COINM = pytest.mark.parametrize("product", EVERY_PRODUCT[1:])


@pytest.fixture(params=EVERY_PRODUCT)
def product(request: pytest.FixtureRequest) -> Any:
    """Either product."""
    return request.param


@pytest.fixture(params=EVERY_FACE)
def face(request: pytest.FixtureRequest) -> Any:
    """The blocking client, or the asynchronous one."""
    return request.param


def point(client: Any, sim: Simulation) -> Any:
    """Return a client that asks the simulator."""
    client.FUTURES_URL = f"{sim.rest('binance_usdm')}/fapi"
    client.FUTURES_COIN_URL = f"{sim.rest('binance_coinm')}/dapi"
    return client


@pytest.fixture
async def desk(
    product: Product, face: type[Any], scenario: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FuturesDesk]:
    """The simulated venue, and a client of the trading key."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with AsyncExitStack() as stack:
        sim = await stack.enter_async_context(venuekit.simulate("binance_usdm", "binance_coinm", scenario=scenario))

        def open_other(key: str, secret: str) -> Any:
            if face is AsyncClient:
                client = AsyncClient(key, secret)  # ``create`` would ask the spot venue for its time
                stack.push_async_callback(client.close_connection)
            else:
                client = Client(key, secret, ping=False)
                stack.enter_context(closing(client.session))
            return point(client, sim)

        yield FuturesDesk(sim, product, open_other(sim.key, sim.secret), BinanceAPIException, open_other)


class TestPythonBinance(FuturesChecks):
    """The checks that it has in common with its followers, and those of its own methods."""

    @pytest.mark.interop(subject="orders")
    @FLAT
    async def test_amend(self, desk: FuturesDesk) -> None:
        """Price and quantity of an order change."""
        placed = await desk.call("create_order", **desk.order())
        change = {"symbol": desk.product.flat, "side": "BUY", "quantity": desk.product.quantity, "price": "1900"}
        method = "modify_order" if hasattr(desk.client, f"{desk.product.prefix}modify_order") else "v1_put_order"
        amended = await desk.call(method, orderId=placed["orderId"], **change)
        assert D(amended["price"]) == desk.ledger.order(str(placed["orderId"])).price == 1900

    @pytest.mark.interop(subject="orders")
    @pytest.mark.parametrize("product", EVERY_PRODUCT)
    @pytest.mark.parametrize("face", EVERY_FACE[:1])  # the asynchronous one has no such method of COIN-M
    @FLAT
    async def test_countdown(self, desk: FuturesDesk) -> None:
        """A countdown over the orders of a symbol is armed and disarmed."""
        symbol = desk.product.flat
        await desk.call("countdown_cancel_all", symbol=symbol, countdownTime=60_000)
        assert desk.ledger.deadline(symbol) is not None
        await desk.call("countdown_cancel_all", symbol=symbol, countdownTime=0)
        assert desk.ledger.deadline(symbol) is None

    @pytest.mark.interop(subject="orders")
    @ONLY_USDM
    @FLAT
    async def test_batch(self, desk: FuturesDesk) -> None:
        """Each item of a batch has its own answer."""
        wrong = desk.order(positionSide="LONG")
        rows = await desk.call("place_batch_order", batchOrders=[desk.order(), wrong, desk.order(1999)])
        assert [row.get("code") for row in rows] == [None, -4061, None]
        assert [one.price for one in desk.ledger.open_orders()] == [2000, 1999]

    @pytest.mark.interop(subject="orders")
    @ONLY_USDM
    @FLAT
    async def test_cancelling_several(self, desk: FuturesDesk) -> None:
        """Several orders are cancelled in one request, by names in lower case."""
        ids = [(await desk.call("create_order", **desk.order(2000 - n)))["orderId"] for n in range(2)]
        rows = await desk.call("cancel_orders", symbol=desk.product.flat, orderidlist=[*ids, 99_999])
        assert [row.get("status", row.get("code")) for row in rows] == ["CANCELED", "CANCELED", -2011]
        assert desk.ledger.open_orders() == ()

    @pytest.mark.interop(subject="orders")
    @ONLY_USDM
    @FLAT
    async def test_conditional_order(self, desk: FuturesDesk) -> None:
        """It waits in a book of its own, is found, listed and cancelled; another one triggers."""
        symbol = desk.product.flat
        stop = {"symbol": symbol, "side": "BUY", "type": "STOP_MARKET", "quantity": desk.product.quantity}
        placed = await desk.call("create_order", **stop, stopPrice="4000")
        assert desk.ledger.order(str(placed["algoId"])).trigger_price == 4000
        assert (await desk.call("get_algo_order", algoId=placed["algoId"]))["algoStatus"] == "NEW"
        (listed,) = await desk.call("get_open_algo_orders", symbol=symbol)
        assert listed["algoId"] == placed["algoId"]
        await desk.call("cancel_algo_order", algoId=placed["algoId"])
        (ended,) = await desk.call("get_all_algo_orders", symbol=symbol)
        assert ended["algoStatus"] == "CANCELED"
        await desk.call("create_algo_order", **stop, triggerPrice="4000")
        desk.ledger.set_mark(symbol, D(4000))
        assert desk.ledger.position(symbol).quantity == D(desk.product.quantity)

    @pytest.mark.interop(subject="orders")
    @ONLY_USDM
    @FLAT
    async def test_cancelling_all_conditional_orders(self, desk: FuturesDesk) -> None:
        """All conditional orders of a symbol are cancelled, plain ones stay."""
        symbol = desk.product.flat
        stop = {"symbol": symbol, "side": "BUY", "type": "STOP_MARKET", "quantity": desk.product.quantity}
        await desk.call("create_order", **stop, stopPrice="4000")
        plain = await desk.call("create_order", **desk.order())
        assert (await desk.call("cancel_all_algo_open_orders", symbol=symbol))["code"] == 200
        assert [one.id for one in desk.ledger.open_orders()] == [str(plain["orderId"])]

    @pytest.mark.interop(subject="orders")
    @ONLY_USDM
    @FLAT
    async def test_order_test(self, desk: FuturesDesk) -> None:
        """A test checks an order and places nothing."""
        await desk.call("create_test_order", **desk.order())
        assert desk.ledger.orders() == ()

    @pytest.mark.interop(subject="account")
    async def test_commission_rate(self, desk: FuturesDesk) -> None:
        """The account's rates of a symbol."""
        method = {"futures_": "commission_rate", "futures_coin_": "v1_get_commission_rate"}[desk.product.prefix]
        rates = await desk.call(method, symbol=desk.product.flat)
        contract = desk.ledger.contract(desk.product.flat)
        assert D(rates["takerCommissionRate"]) == contract.taker_fee
        assert D(rates["makerCommissionRate"]) == contract.maker_fee

    @pytest.mark.interop(subject="account")
    @ONLY_USDM
    async def test_configuration(self, desk: FuturesDesk) -> None:
        """Modes of the account, and margin type and leverage of a symbol."""
        account = await desk.call("account_config")
        assert (account["dualSidePosition"], account["multiAssetsMargin"]) == (False, False)
        (row,) = await desk.call("symbol_config", symbol=desk.product.held)
        assert (row["marginType"], row["leverage"]) == ("ISOLATED", int(desk.ledger.leverage(desk.product.held)))

    @pytest.mark.interop(subject="account")
    @ONLY_USDM
    @FLAT
    async def test_multi_assets_mode(self, desk: FuturesDesk) -> None:
        """The mode of assets changes, and is told."""
        await desk.call("change_multi_assets_mode", multiAssetsMargin=True)
        assert desk.ledger.asset_mode is AssetMode.MULTI
        assert await desk.call("get_multi_assets_mode") == {"multiAssetsMargin": True}

    @pytest.mark.interop(subject="positions")
    @pytest.mark.parametrize("scenario", ["holding"])
    async def test_rank(self, desk: FuturesDesk) -> None:
        """The place of a position in the queue of deleveraging."""
        method = {"futures_": "adl_quantile_estimate", "futures_coin_": "v1_get_adl_quantile"}[desk.product.prefix]
        told = await desk.call(method, symbol=desk.product.held)
        (row,) = told if isinstance(told, list) else [told]
        assert (row["symbol"], row["adlQuantile"]["BOTH"]) == (desk.product.held, 2)

    @pytest.mark.interop(subject="histories")
    @FLAT
    async def test_forced_orders(self, desk: FuturesDesk) -> None:
        """Orders by which the venue itself closed a position."""
        ledger, symbol = desk.ledger, desk.product.flat
        ledger.fill(symbol, Side.BUY, D(desk.product.quantity), ledger.mark(symbol))
        forced = ledger.deleverage(symbol)
        (row,) = await desk.call("liquidation_orders", symbol=symbol, autoCloseType="ADL")
        assert (row["orderId"], row["status"]) == (int(forced.id), "FILLED")

    @pytest.mark.interop(subject="refusals")
    @FLAT
    async def test_an_id_for_the_second_time(self, desk: FuturesDesk) -> None:
        """An id of the client is taken once while its order is open."""
        await desk.call("create_order", **desk.order(newClientOrderId="mine"))
        assert await desk.refused("create_order", **desk.order(newClientOrderId="mine")) == -4116
        assert len(desk.ledger.orders()) == 1


@pytest.mark.interop(
    subject="orders",
    client_bug="`client.py:8812` (`async_client.py:2728`) encodes "
    "the list and signs it so, but sends it in a form, which encodes it again; the "
    "method of USDⓈ-M, `client.py:8036`, sets `force_params`. The venue documents that it signs `totalParams`, "
    '"the query string concatenated with the request body".',
)
@ONLY_COINM
@FLAT
async def test_a_batch_is_encoded_twice(desk: FuturesDesk) -> None:
    """A batch of COIN-M is signed as it is not sent."""
    assert await desk.refused("place_batch_order", batchOrders=[desk.order()]) == -1022
    assert b"%255B" in desk.sim.requests[-1].request.body
    assert desk.ledger.orders() == ()


@pytest.mark.interop(
    subject="orders",
    client_bug="`client.py:8884` (`async_client.py:2775`) encodes "
    "the list and signs it so, but sends it in a form, which encodes it again; the "
    "method of USDⓈ-M, `client.py:8155`, sets `force_params`. The venue documents that it signs `totalParams`, "
    '"the query string concatenated with the request body".',
)
@ONLY_COINM
@FLAT
async def test_a_list_to_cancel_is_encoded_twice(desk: FuturesDesk) -> None:
    """A list of orders of COIN-M to cancel is signed as it is not sent."""
    placed = await desk.call("create_order", **desk.order())
    assert await desk.refused("cancel_orders", symbol=desk.product.flat, orderidlist=[placed["orderId"]]) == -1022
    assert b"%255B" in desk.sim.requests[-1].request.body
    assert len(desk.ledger.open_orders()) == 1

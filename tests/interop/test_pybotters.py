"""pybotters, unchanged but for the table of hosts that it signs for: it has no methods, only signed requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any

import attrs
import pybotters
import pytest
from pybotters.auth import Auth, Hosts, Item

import venuekit
from venuekit.capabilities import MarginType, OrderStatus, PositionMode
from venuekit.simulator import Simulation
from venuekit.simulator.ledger import Ledger, Side

pytestmark = [
    pytest.mark.interop(client="pybotters"),
    pytest.mark.filterwarnings("ignore:The 'auth' parameter is deprecated:DeprecationWarning"),  # which it passes on
]

D = Decimal
FLAT = pytest.mark.parametrize("scenario", ["flat"])
DONE = {"code": 200, "msg": "success"}
BYBIT = "bybit_inverse"


@attrs.frozen
class Product:
    """A venue: its root, the path of its positions, a symbol with a position and one without, and a quantity."""

    venue: str
    root: str
    positions: str
    held: str
    flat: str
    quantity: str


BINANCE = tuple(
    pytest.param(one, id=one.venue, marks=pytest.mark.interop(venue=one.venue))
    for one in (
        Product("binance_usdm", "/fapi/v1", "/fapi/v3/positionRisk", "BTCUSDT", "ETHUSDT", "0.1"),
        Product("binance_coinm", "/dapi/v1", "/dapi/v1/positionRisk", "BTCUSD_PERP", "ETHUSD_PERP", "10"),
    )
)
INVERSE = pytest.param(
    Product(BYBIT, "/v5", "/v5/position/list", "BTCUSD", "ETHUSD", "100"),
    id=BYBIT,
    marks=pytest.mark.interop(venue=BYBIT),
)
ON_BINANCE = pytest.mark.parametrize("product", BINANCE)
ON_BYBIT = pytest.mark.parametrize("product", [INVERSE])


@attrs.frozen(eq=False)
class Desk:
    """The simulated venue, and the client."""

    sim: Simulation
    product: Product
    client: pybotters.Client

    @property
    def ledger(self) -> Ledger:
        """What really holds."""
        return self.sim.ledger_of(self.product.venue)

    async def ask(self, verb: str, path: str, **parameters: Any) -> Any:
        """Return the body of an answer; parameters of a POST are sent as its body, others in the query."""
        url = path if path.startswith("/") else f"{self.product.root}/{path}"
        sent: Mapping[str, Any] = {"data" if verb == "POST" else "params": parameters or None}
        async with self.client.request(verb, url, **sent) as answer:
            return await answer.json(content_type=None)

    async def result(self, verb: str, path: str, **parameters: Any) -> Any:
        """Return the result of Bybit's envelope."""
        body = await self.ask(verb, path, category="inverse", **parameters)
        assert (body["retCode"], body["retMsg"]) == (0, "OK")
        return body["result"]


@pytest.fixture
async def desk(product: Product, scenario: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """The client of the trading key; a host is signed for as the table says."""
    name, sign = ("bybit", Auth.bybit) if product.venue == BYBIT else ("binance", Auth.binance)
    monkeypatch.setitem(Hosts.items, "127.0.0.1", Item(name, sign))
    async with (
        venuekit.simulate(product.venue, scenario=scenario) as sim,
        pybotters.Client(apis={name: [sim.key, sim.secret]}, base_url=sim.rest(product.venue)) as client,
    ):
        yield Desk(sim, product, client)


def order(product: Product, price: str = "2000", **details: str) -> dict[str, str]:
    """Return an order of Binance that rests far from the market."""
    numbers = {"quantity": product.quantity, "price": price}
    return {"symbol": product.flat, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", **numbers, **details}


# -- both products of Binance


@pytest.mark.interop(subject="account")
@ON_BINANCE
async def test_account_at_binance(desk: Desk) -> None:
    """The wallet of each asset of the account."""
    path = {"binance_usdm": "/fapi/v2/account"}.get(desk.product.venue, "account")
    account = await desk.ask("GET", path)
    wallets = {row["asset"]: D(row["walletBalance"]) for row in account["assets"]}
    assert wallets.items() >= {row.asset: row.wallet for row in desk.ledger.balances() if row.wallet}.items()


@pytest.mark.interop(subject="market")
@ON_BINANCE
async def test_price_at_binance(desk: Desk) -> None:
    """The price of a symbol is its mark; nobody has to sign for it."""
    told = await desk.ask("GET", "ticker/price", symbol=desk.product.flat)
    (row,) = told if isinstance(told, list) else [told]
    assert D(row["price"]) == desk.ledger.mark(desk.product.flat)


@pytest.mark.interop(subject="balances")
@ON_BINANCE
async def test_balances_at_binance(desk: Desk) -> None:
    """Wallet and what is available, per asset."""
    path = {"binance_usdm": "/fapi/v2/balance"}.get(desk.product.venue, "balance")
    rows = {row["asset"]: row for row in await desk.ask("GET", path)}
    purse = desk.ledger.contract(desk.product.held).purse
    for figures in desk.ledger.balances():
        if figures.purse == purse and figures.wallet:
            assert D(rows[figures.asset]["balance"]) == figures.wallet
            assert D(rows[figures.asset]["availableBalance"]) == figures.available


@pytest.mark.interop(subject="positions")
@ON_BINANCE
async def test_position_at_binance(desk: Desk) -> None:
    """The position that is held."""
    (row,) = (row for row in await desk.ask("GET", desk.product.positions) if D(row["positionAmt"]))
    assert (row["symbol"], D(row["positionAmt"])) == (
        desk.product.held, desk.ledger.position(desk.product.held).quantity,
    )  # fmt: skip


@pytest.mark.interop(subject="leverage")
@ON_BINANCE
async def test_leverage_at_binance(desk: Desk) -> None:
    """The leverage of a symbol changes."""
    assert (await desk.ask("POST", "leverage", symbol=desk.product.flat, leverage="7"))["leverage"] == 7
    assert desk.ledger.leverage(desk.product.flat) == 7


@pytest.mark.interop(subject="margin type")
@ON_BINANCE
async def test_margin_type_at_binance(desk: Desk) -> None:
    """The margin type of a symbol changes."""
    assert await desk.ask("POST", "marginType", symbol=desk.product.flat, marginType="ISOLATED") == DONE
    assert desk.ledger.margin_type(desk.product.flat) is MarginType.ISOLATED


@pytest.mark.interop(subject="position mode")
@ON_BINANCE
@FLAT
async def test_position_mode_at_binance(desk: Desk) -> None:
    """The position mode changes, and is told."""
    assert await desk.ask("POST", "positionSide/dual", dualSidePosition="true") == DONE
    assert await desk.ask("GET", "positionSide/dual") == {"dualSidePosition": True}
    assert desk.ledger.position_mode is PositionMode.HEDGE


@pytest.mark.interop(subject="orders")
@ON_BINANCE
@FLAT
async def test_orders_at_binance(desk: Desk) -> None:
    """An order rests, is found, changes and ends."""
    symbol = desk.product.flat
    placed = await desk.ask("POST", "order", **order(desk.product, newClientOrderId="mine"))
    held = desk.ledger.order(str(placed["orderId"]))
    found = await desk.ask("GET", "order", symbol=symbol, origClientOrderId="mine")
    assert (found["orderId"], held.client_id, held.price) == (placed["orderId"], "mine", 2000)
    change = {"symbol": symbol, "side": "BUY", "quantity": desk.product.quantity, "price": "1900"}
    await desk.ask("PUT", "order", orderId=placed["orderId"], **change)
    assert [D(row["price"]) for row in await desk.ask("GET", "openOrders", symbol=symbol)] == [1900]
    assert (await desk.ask("DELETE", "order", symbol=symbol, orderId=placed["orderId"]))["status"] == "CANCELED"
    assert desk.ledger.order(held.id).status is OrderStatus.CANCELED


@pytest.mark.interop(subject="histories")
@ON_BINANCE
async def test_income_at_binance(desk: Desk) -> None:
    """Rows of the ledger."""
    purse = desk.ledger.contract(desk.product.held).purse
    rows = await desk.ask("GET", "income", limit=1000)
    assert [D(row["income"]) for row in rows] == [row.amount for row in desk.ledger.incomes() if row.purse == purse]


@pytest.mark.interop(subject="refusals")
@ON_BINANCE
async def test_refusals_at_binance(desk: Desk) -> None:
    """Code and words of the venue arrive as they are, and nothing changes."""
    before = desk.ledger.snapshot()
    refused = await desk.ask("POST", "leverage", symbol=desk.product.flat, leverage="200")
    assert refused == {"code": -4028, "msg": "Leverage 200 is not valid"}
    assert (await desk.ask("DELETE", "order", symbol=desk.product.flat, orderId="99999"))["code"] == -2011
    assert (await desk.ask("POST", "order", **order(desk.product, reduceOnly="true")))["code"] == -2022
    assert desk.ledger.snapshot() == before


# -- Bybit


@pytest.mark.interop(subject="account")
@ON_BYBIT
async def test_account_at_bybit(desk: Desk) -> None:
    """The margin mode of the account."""
    assert (await desk.ask("GET", "account/info"))["result"]["marginMode"] == "ISOLATED_MARGIN"


@pytest.mark.interop(subject="market")
@ON_BYBIT
async def test_contracts_at_bybit(desk: Desk) -> None:
    """The contracts are the ledger's; nobody has to sign for them."""
    listed = (await desk.result("GET", "market/instruments-info"))["list"]
    assert {row["symbol"] for row in listed} == desk.ledger.contracts.keys()


@pytest.mark.interop(subject="balances")
@ON_BYBIT
async def test_balances_at_bybit(desk: Desk) -> None:
    """Wallet and equity of a coin."""
    body = await desk.ask("GET", "account/wallet-balance", accountType="UNIFIED", coin="BTC")
    (coin,) = body["result"]["list"][0]["coin"]
    figures = desk.ledger.balance("BTC")
    assert (D(coin["walletBalance"]), D(coin["equity"])) == (figures.wallet, figures.equity)


@pytest.mark.interop(subject="positions")
@ON_BYBIT
async def test_position_at_bybit(desk: Desk) -> None:
    """The position that is held."""
    (row,) = (await desk.result("GET", "position/list", symbol=desk.product.held))["list"]
    assert (row["side"], D(row["size"])) == ("Buy", desk.ledger.position(desk.product.held).quantity)


@pytest.mark.interop(subject="leverage")
@ON_BYBIT
async def test_leverage_at_bybit(desk: Desk) -> None:
    """The leverage of a symbol changes."""
    await desk.result("POST", "position/set-leverage", symbol=desk.product.flat, buyLeverage="7", sellLeverage="7")
    assert desk.ledger.leverage(desk.product.flat) == 7


@pytest.mark.interop(subject="margin type")
@ON_BYBIT
async def test_margin_type_at_bybit(desk: Desk) -> None:
    """The margin mode of the account changes."""
    body = await desk.ask("POST", "account/set-margin-mode", setMarginMode="REGULAR_MARGIN")
    assert (body["retCode"], body["result"]) == (0, {"reasons": []})
    assert desk.ledger.margin_type() is MarginType.CROSS


@pytest.mark.interop(subject="position mode")
@ON_BYBIT
async def test_position_mode_at_bybit(desk: Desk) -> None:
    """Inverse contracts are one-way, which is told as no change."""
    one_way = {"category": "inverse", "symbol": desk.product.flat, "mode": 0}
    assert (await desk.ask("POST", "position/switch-mode", **one_way))["retCode"] == 110025
    assert desk.ledger.position_mode is PositionMode.ONE_WAY


@pytest.mark.interop(subject="orders")
@ON_BYBIT
@FLAT
async def test_orders_at_bybit(desk: Desk) -> None:
    """An order rests, is found, changes and ends."""
    symbol = desk.product.flat
    bid = {"side": "Buy", "orderType": "Limit", "qty": desk.product.quantity, "price": "2000", "orderLinkId": "mine"}
    placed = await desk.result("POST", "order/create", symbol=symbol, **bid)
    (found,) = (await desk.result("GET", "order/realtime", symbol=symbol))["list"]
    assert (found["orderId"], found["orderLinkId"]) == (placed["orderId"], "mine")
    await desk.result("POST", "order/amend", symbol=symbol, orderLinkId="mine", price="1900")
    assert desk.ledger.order(placed["orderId"]).price == 1900
    await desk.result("POST", "order/cancel", symbol=symbol, orderId=placed["orderId"])
    assert desk.ledger.order(placed["orderId"]).status is OrderStatus.CANCELED


@pytest.mark.interop(subject="histories")
@ON_BYBIT
@FLAT
async def test_executions_at_bybit(desk: Desk) -> None:
    """Each fill of the ledger, newest first."""
    ledger, symbol = desk.ledger, desk.product.flat
    for side in (Side.BUY, Side.SELL):
        ledger.fill(symbol, side, D(100), ledger.mark(symbol))
    rows = (await desk.result("GET", "execution/list", symbol=symbol))["list"]
    assert [(row["execId"], -D(row["execFee"])) for row in rows] == [
        (fill.trade_id, fill.commission) for fill in reversed(ledger.fills(symbol))
    ]


@pytest.mark.interop(subject="refusals")
@ON_BYBIT
async def test_refusals_at_bybit(desk: Desk) -> None:
    """Code and words of the venue arrive as they are, and nothing changes."""
    before = desk.ledger.snapshot()
    both = {"buyLeverage": "100", "sellLeverage": "100"}
    inverse = {"category": "inverse", "symbol": desk.product.held}
    refused = await desk.ask("POST", "position/set-leverage", **inverse, **both)
    assert (refused["retCode"], refused["retMsg"]) == (110013, "Cannot set leverage due to risk limit level.")
    assert (await desk.ask("POST", "order/cancel", **inverse, orderId="9"))["retCode"] == 110001
    assert desk.ledger.snapshot() == before

"""Binance's own modular SDKs, unchanged, against both simulated products: each answer fits the model of its method."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import attrs
import pytest
from binance_common.configuration import ConfigurationRestAPI
from binance_common.errors import BadRequestError, Error, UnauthorizedError
from binance_sdk_derivatives_trading_coin_futures.derivatives_trading_coin_futures import DerivativesTradingCoinFutures
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import DerivativesTradingUsdsFutures

import venuekit
from venuekit.capabilities import AssetMode, MarginType, OrderStatus, PositionMode
from venuekit.simulator import Simulation
from venuekit.simulator.ledger import Ledger

D = Decimal
FLAT = pytest.mark.parametrize("scenario", ["flat"])
BOTH_SCENARIOS = pytest.mark.parametrize("scenario", ["flat", "holding"])


@attrs.frozen
class Product:
    """A product: its client, and the names of the methods that the two clients call differently."""

    venue: str
    client: Callable[..., Any]
    held: str
    flat: str
    quantity: float
    account: str
    balance: str
    positions: str
    brackets: str
    mark: str


USDM = Product(
    "binance_usdm",
    DerivativesTradingUsdsFutures,
    "BTCUSDT",
    "ETHUSDT",
    0.1,
    account="account_information_v3",
    balance="futures_account_balance_v3",
    positions="position_information_v3",
    brackets="notional_and_leverage_brackets",
    mark="mark_price",
)
COINM = Product(
    "binance_coinm",
    DerivativesTradingCoinFutures,
    "BTCUSD_PERP",
    "ETHUSD_PERP",
    10,
    account="account_information",
    balance="futures_account_balance",
    positions="position_information",
    brackets="notional_bracket_for_symbol",
    mark="index_price_and_mark_price",
)
EVERY_PRODUCT = tuple(
    pytest.param(
        one,
        id=one.venue.removeprefix("binance_"),
        marks=pytest.mark.interop(client=f"binance-sdk-derivatives-trading-{word}-futures", venue=one.venue),
    )
    for one, word in ((USDM, "usds"), (COINM, "coin"))
)
ONLY_USDM = pytest.mark.parametrize("product", EVERY_PRODUCT[:1])


@attrs.frozen(eq=False)
class Desk:
    """The simulated venue, and the client."""

    sim: Simulation
    product: Product
    client: Any

    @property
    def ledger(self) -> Ledger:
        """What really holds."""
        return self.sim.ledger_of(self.product.venue)

    async def call(self, method: str, **parameters: Any) -> Any:
        """Return the model that the client makes of an answer, of several possible ones the one that it chose."""
        answer = await asyncio.to_thread(getattr(self.client, method), **parameters)
        model = await asyncio.to_thread(answer.data)
        return getattr(model, "actual_instance", model)

    async def refused(self, method: str, error: type[Error] = BadRequestError, **parameters: Any) -> int:
        """Return the code of the refusal that the client raises; it keeps it as a status."""
        with pytest.raises(error) as caught:
            await self.call(method, **parameters)
        code: int = caught.value.status_code  # type: ignore[attr-defined]  # of each of its errors
        return code

    def with_key(self, key: str, secret: str) -> Desk:
        """Return a desk with a client of another key."""
        return attrs.evolve(self, client=open_client(self.sim, self.product, key, secret))

    def order(self, price: float = 2000, **details: Any) -> dict[str, Any]:
        """Return an order of the flat symbol that rests far from its mark."""
        numbers = {"quantity": self.product.quantity, "price": price}
        return {
            "symbol": self.product.flat, "side": "BUY", "type": "LIMIT", "time_in_force": "GTC", **numbers, **details,
        }  # fmt: skip

    def item(self, price: int, **details: Any) -> dict[str, Any]:
        """Return the same order as an item of a batch, whose names are the venue's."""
        order = self.order(price, **details)
        return {
            "timeInForce": order.pop("time_in_force"),
            **order,
            "quantity": str(order["quantity"]),
            "price": str(price),
        }


def open_client(sim: Simulation, product: Product, key: str, secret: str) -> Any:
    """Return the REST API of a client."""
    configuration = ConfigurationRestAPI(
        api_key=key, api_secret=secret, base_path=sim.rest(product.venue), timeout=60_000
    )
    return product.client(config_rest_api=configuration).rest_api


@pytest.fixture(params=EVERY_PRODUCT)
def product(request: pytest.FixtureRequest) -> Any:
    """Either product with its client."""
    return request.param


@pytest.fixture
async def desk(product: Product, scenario: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """The client of the trading key."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with venuekit.simulate(product.venue, scenario=scenario) as sim:
        yield Desk(sim, product, open_client(sim, product, sim.key, sim.secret))


@pytest.mark.interop(subject="market")
async def test_market(desk: Desk) -> None:
    """The clock, the contracts and the mark price are the ledger's."""
    before = desk.sim.milliseconds()
    assert before <= (await desk.call("check_server_time")).server_time <= desk.sim.milliseconds()
    listed = {row.symbol for row in (await desk.call("exchange_information")).symbols}
    assert listed == desk.ledger.contracts.keys()
    mark = await desk.call(desk.product.mark, symbol=desk.product.flat)
    (row,) = mark if isinstance(mark, list) else [mark]
    assert D(row.mark_price) == desk.ledger.mark(desk.product.flat)


@pytest.mark.interop(subject="market")
async def test_quotes(desk: Desk) -> None:
    """Prices, best offers, the book and candles stand around the mark."""
    symbol, mark = desk.product.flat, desk.ledger.mark(desk.product.flat)
    price = await desk.call("symbol_price_ticker", symbol=symbol)
    best = await desk.call("symbol_order_book_ticker", symbol=symbol)
    day = await desk.call("ticker24hr_price_change_statistics", symbol=symbol)
    (price,), (best,), (day,) = (one if isinstance(one, list) else [one] for one in (price, best, day))
    assert D(price.price) == D(day.last_price) == mark
    assert D(best.bid_price) < mark < D(best.ask_price)
    book = await desk.call("order_book", symbol=symbol, limit=5)
    assert [D(book.bids[0][0]), D(book.asks[0][0])] == [D(best.bid_price), D(best.ask_price)]
    candles = await desk.call("kline_candlestick_data", symbol=symbol, interval="1m", limit=3)
    assert D(candles[-1][4]) == mark


@pytest.mark.interop(subject="account")
@BOTH_SCENARIOS
async def test_account(desk: Desk) -> None:
    """Assets and positions of the account."""
    account = await desk.call(desk.product.account)
    wallets = {row.asset: D(row.wallet_balance) for row in account.assets}
    assert wallets.items() >= {row.asset: row.wallet for row in desk.ledger.balances() if row.wallet}.items()
    amounts = {row.symbol: D(row.position_amt) for row in account.positions}
    assert amounts.get(desk.product.held, 0) == desk.ledger.position(desk.product.held).quantity


@pytest.mark.interop(subject="account")
@ONLY_USDM
async def test_second_version(desk: Desk) -> None:
    """The second version of account, balance and positions tells the same figures as the third."""
    old, new = await desk.call("account_information_v2"), await desk.call("account_information_v3")
    assert (old.total_wallet_balance, old.total_maint_margin) == (new.total_wallet_balance, new.total_maint_margin)
    balances = [{row.asset: row.balance for row in await desk.call(f"futures_account_balance_v{n}")} for n in (2, 3)]
    assert balances[0] == balances[1]
    (row,) = await desk.call("position_information_v2", symbol=desk.product.held)
    assert (D(row.position_amt), row.margin_type) == (desk.ledger.position(desk.product.held).quantity, "isolated")


@pytest.mark.interop(subject="account")
@ONLY_USDM
async def test_configuration(desk: Desk) -> None:
    """Modes of the account, settings of a symbol, limits of the account, and BNB for fees."""
    account = await desk.call("futures_account_configuration")
    assert (account.dual_side_position, account.multi_assets_margin) == (False, False)
    (row,) = await desk.call("symbol_configuration", symbol=desk.product.held)
    assert (row.margin_type, row.leverage) == ("ISOLATED", int(desk.ledger.leverage(desk.product.held)))
    assert {one.rate_limit_type for one in await desk.call("query_user_rate_limit")} == {"ORDERS"}
    await desk.call("toggle_bnb_burn_on_futures_trade", fee_burn="true")
    assert (await desk.call("get_bnb_burn_status")).fee_burn is True


@pytest.mark.interop(subject="account")
async def test_commission_rate(desk: Desk) -> None:
    """The account's rates of a symbol."""
    rates = await desk.call("user_commission_rate", symbol=desk.product.flat)
    contract = desk.ledger.contract(desk.product.flat)
    assert (D(rates.taker_commission_rate), D(rates.maker_commission_rate)) == (contract.taker_fee, contract.maker_fee)


@pytest.mark.interop(subject="account")
@ONLY_USDM
@FLAT
async def test_multi_assets_mode(desk: Desk) -> None:
    """The mode of assets changes, and is told."""
    await desk.call("change_multi_assets_mode", multi_assets_margin="true")
    assert desk.ledger.asset_mode is AssetMode.MULTI
    assert (await desk.call("get_current_multi_assets_mode")).multi_assets_margin is True


@pytest.mark.interop(subject="balances")
@BOTH_SCENARIOS
async def test_balance(desk: Desk) -> None:
    """Wallet and what is available, per asset."""
    rows = {row.asset: row for row in await desk.call(desk.product.balance)}
    for figures in desk.ledger.balances():
        if figures.wallet:
            assert D(rows[figures.asset].balance) == figures.wallet
            assert D(rows[figures.asset].available_balance) == figures.available


@pytest.mark.interop(subject="positions")
async def test_position(desk: Desk) -> None:
    """Amount, entry price, profit and rank of the position that is held."""
    figures = desk.ledger.position(desk.product.held)
    (row,) = (row for row in await desk.call(desk.product.positions) if D(row.position_amt))
    assert (row.symbol, D(row.position_amt)) == (desk.product.held, figures.quantity)
    assert (D(row.entry_price), D(row.un_realized_profit)) == (figures.entry_price, figures.unrealized_pnl)
    (rank,) = await desk.call("position_adl_quantile_estimation", symbol=desk.product.held)
    assert rank.adl_quantile.both == 2


@pytest.mark.interop(subject="positions")
async def test_margin(desk: Desk) -> None:
    """Margin moves, and the history tells how."""
    held = desk.product.held
    wallet = desk.ledger.position(held).isolated_wallet
    assert wallet is not None
    await desk.call("modify_isolated_position_margin", symbol=held, amount=0.5, type=1)
    await desk.call("modify_isolated_position_margin", symbol=held, amount=0.125, type=2)
    assert desk.ledger.position(held).isolated_wallet == wallet + D("0.375")
    rows = await desk.call("get_position_margin_change_history", symbol=held)
    assert [(row.type, D(row.amount)) for row in rows] == [(1, D("0.5")), (2, D("0.125"))]


@pytest.mark.interop(subject="leverage")
async def test_leverage(desk: Desk) -> None:
    """The leverage of a symbol changes; its tiers are those of the contract."""
    assert (await desk.call("change_initial_leverage", symbol=desk.product.flat, leverage=7)).leverage == 7
    assert desk.ledger.leverage(desk.product.flat) == 7
    told = await desk.call(desk.product.brackets, symbol=desk.product.flat)
    (row,) = told if isinstance(told, list) else [told]
    tiers = desk.ledger.contract(desk.product.flat).brackets
    assert [one.initial_leverage for one in row.brackets] == [int(tier.max_leverage) for tier in tiers]


@pytest.mark.interop(subject="margin type")
async def test_margin_type(desk: Desk) -> None:
    """The margin type of a symbol changes."""
    assert (await desk.call("change_margin_type", symbol=desk.product.flat, margin_type="ISOLATED")).code == 200
    assert desk.ledger.margin_type(desk.product.flat) is MarginType.ISOLATED


@pytest.mark.interop(subject="position mode")
@FLAT
async def test_position_mode(desk: Desk) -> None:
    """The mode changes, and is told."""
    assert (await desk.call("change_position_mode", dual_side_position="true")).code == 200
    assert (await desk.call("get_current_position_mode")).dual_side_position is True
    assert desk.ledger.position_mode is PositionMode.HEDGE


@pytest.mark.interop(subject="orders")
@FLAT
async def test_orders(desk: Desk) -> None:
    """An order rests, is found, changes, tells how it changed, and ends."""
    symbol = desk.product.flat
    placed = await desk.call("new_order", **desk.order(new_client_order_id="mine"))
    held = desk.ledger.order(str(placed.order_id))
    assert (placed.status, held.client_id, held.price) == ("NEW", "mine", 2000)
    for method in ("query_order", "query_current_open_order"):
        assert (await desk.call(method, symbol=symbol, orig_client_order_id="mine")).order_id == placed.order_id
    change = {"symbol": symbol, "side": "BUY", "quantity": desk.product.quantity, "price": 1900.0}
    assert D((await desk.call("modify_order", order_id=placed.order_id, **change)).price) == 1900
    (row,) = await desk.call("get_order_modify_history", symbol=symbol, order_id=placed.order_id)
    assert (D(row.amendment.price.before), D(row.amendment.price.after)) == (2000, 1900)
    assert [D(one.price) for one in await desk.call("current_all_open_orders", symbol=symbol)] == [1900]
    assert (await desk.call("cancel_order", symbol=symbol, order_id=placed.order_id)).status == "CANCELED"
    assert desk.ledger.order(held.id).status is OrderStatus.CANCELED


@pytest.mark.interop(subject="orders")
@FLAT
async def test_batches(desk: Desk) -> None:
    """Orders are placed and cancelled by one request, each with its own answer."""
    wrong = desk.item(2000, positionSide="LONG")
    placed = await desk.call("place_multiple_orders", batch_orders=[desk.item(2000), wrong, desk.item(1999)])
    assert [one.code for one in placed if one.order_id is None] == [-4061]
    ids = [one.order_id for one in placed if one.order_id is not None]
    assert [desk.ledger.order(str(one)).price for one in ids] == [2000, 1999]
    ended = await desk.call("cancel_multiple_orders", symbol=desk.product.flat, order_id_list=ids)
    assert [one.status for one in ended] == ["CANCELED", "CANCELED"]
    assert desk.ledger.open_orders() == ()


@pytest.mark.interop(subject="orders")
@FLAT
async def test_cancelling_everything_and_countdown(desk: Desk) -> None:
    """A countdown is armed; all orders of a symbol are cancelled."""
    symbol = desk.product.flat
    await desk.call("new_order", **desk.order())
    await desk.call("auto_cancel_all_open_orders", symbol=symbol, countdown_time=60_000)
    assert desk.ledger.deadline(symbol) is not None
    assert (await desk.call("cancel_all_open_orders", symbol=symbol)).code == 200
    assert desk.ledger.open_orders() == ()


@pytest.mark.interop(subject="orders")
@ONLY_USDM
@FLAT
async def test_conditional_orders(desk: Desk) -> None:
    """They wait in a book of their own; one is cancelled, another one triggers."""
    symbol = desk.product.flat
    stop = {"algo_type": "CONDITIONAL", "symbol": symbol, "side": "BUY", "type": "STOP_MARKET", "trigger_price": 4000.0}
    ids = [(await desk.call("new_algo_order", **stop, quantity=desk.product.quantity)).algo_id for _ in range(2)]
    assert {row.algo_id for row in await desk.call("current_all_algo_open_orders", symbol=symbol)} == {*ids}
    await desk.call("cancel_algo_order", algo_id=ids[0])
    assert (await desk.call("query_algo_order", algo_id=ids[0])).algo_status == "CANCELED"
    desk.ledger.set_mark(symbol, D(4000))
    assert desk.ledger.position(symbol).quantity == D(str(desk.product.quantity))


@pytest.mark.interop(subject="histories")
@FLAT
async def test_orders_and_trades(desk: Desk) -> None:
    """Ended orders and the fills of the ledger; what the venue itself closed is told apart."""
    ledger, symbol = desk.ledger, desk.product.flat
    taken = {"symbol": symbol, "side": "SELL", "type": "MARKET", "quantity": desk.product.quantity}
    placed = await desk.call("new_order", **taken)
    assert [(row.order_id, row.status) for row in await desk.call("all_orders", symbol=symbol)] == [
        (placed.order_id, "FILLED")
    ]
    rows = await desk.call("account_trade_list", symbol=symbol)
    assert [(str(row.id), -D(row.commission)) for row in rows] == [
        (fill.trade_id, fill.commission) for fill in ledger.fills(symbol)
    ]
    forced = ledger.deleverage(symbol)
    (row,) = await desk.call("users_force_orders", symbol=symbol, auto_close_type="ADL")
    assert row.order_id == int(forced.id)


@pytest.mark.interop(subject="histories")
async def test_income(desk: Desk) -> None:
    """Rows of the ledger, of all kinds or of one."""
    desk.ledger.fund(desk.product.held, D("0.0001"))
    rows = await desk.call("get_income_history")
    assert [(str(row.tran_id), D(row.income)) for row in rows] == [
        (row.id, row.amount) for row in desk.ledger.incomes()
    ]
    (funding,) = await desk.call("get_income_history", income_type="FUNDING_FEE")
    assert funding.symbol == desk.product.held


@pytest.mark.interop(subject="refusals")
@pytest.mark.parametrize(
    ("method", "parameters", "code"),
    [
        ("change_initial_leverage", {"leverage": 200}, -4028),
        ("change_margin_type", {"margin_type": "CROSSED"}, -4046),
        ("modify_isolated_position_margin", {"amount": 1.0, "type": 1}, -4049),
        ("cancel_order", {"order_id": 99_999}, -2011),
        ("query_order", {"order_id": 99_999}, -2013),
    ],
)
async def test_refusal(desk: Desk, method: str, parameters: dict[str, Any], code: int) -> None:
    """The client raises with the venue's code, and nothing changes."""
    before = desk.ledger.snapshot()
    assert await desk.refused(method, symbol=desk.product.flat, **parameters) == code
    assert desk.ledger.snapshot() == before


@pytest.mark.interop(subject="refusals")
@FLAT
@pytest.mark.parametrize(
    ("details", "code"),
    [({"reduce_only": "true"}, -2022), ({"position_side": "LONG"}, -4061), ({"price": 0.12345}, -1111)],
)
async def test_refused_order(desk: Desk, details: dict[str, Any], code: int) -> None:
    """The client raises with the venue's code, and nothing is placed."""
    assert await desk.refused("new_order", **{**desk.order(), **details}) == code
    assert desk.ledger.orders() == ()


@pytest.mark.interop(subject="refusals")
async def test_access(desk: Desk) -> None:
    """A wrong secret is refused, and a key that may only read is refused a write."""
    stranger = desk.with_key(desk.sim.key, "s" * 64)
    assert await stranger.refused(desk.product.balance) == -1022
    reader = desk.with_key(desk.sim.read_only_key, desk.sim.read_only_secret)
    assert await reader.call(desk.product.balance)
    write = {"symbol": desk.product.flat, "leverage": 3}
    assert await reader.refused("change_initial_leverage", UnauthorizedError, **write) == -2015

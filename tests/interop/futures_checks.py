"""
What is checked of clients whose methods are called ``futures_*`` and ``futures_coin_*``, as python-binance began it.

A module of tests makes a class of these checks, with a fixture ``desk`` and the marks of its client.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import MarginType, OrderStatus, PositionMode, PositionSide
from venuekit.simulator import Simulation
from venuekit.simulator.ledger import Ledger, Side

D = Decimal
DONE = {"code": 200, "msg": "success"}
FLAT = pytest.mark.parametrize("scenario", ["flat"])
BOTH_SCENARIOS = pytest.mark.parametrize("scenario", ["flat", "holding"])


@attrs.frozen
class Product:
    """
    What the checks need to know of a product.

    Attributes:
        prefix: The beginning of the methods' names.
        held, flat: The symbol of the position that is held, and one without.
        quantity: The quantity of an order of the flat one.
    """

    venue: str
    prefix: str
    held: str
    flat: str
    quantity: str


USDM = Product("binance_usdm", "futures_", "BTCUSDT", "ETHUSDT", "0.1")
COINM = Product("binance_coinm", "futures_coin_", "BTCUSD_PERP", "ETHUSD_PERP", "10")
#: parameters of a fixture
EVERY_PRODUCT = tuple(
    pytest.param(one, id=one.venue.removeprefix("binance_"), marks=pytest.mark.interop(venue=one.venue))
    for one in (USDM, COINM)
)
ONLY_USDM = pytest.mark.parametrize("product", EVERY_PRODUCT[:1])


@attrs.frozen(eq=False)
class FuturesDesk:
    """
    The simulated venue, and a client.

    Attributes:
        client: The client, of the trading key.
        error: The client's exception for a refusal, which has the venue's code.
        open_other: Returns a client of another key and secret, which is closed in the end.
    """

    sim: Simulation
    product: Product
    client: Any
    error: type[Exception]
    open_other: Callable[[str, str], Any]

    @property
    def ledger(self) -> Ledger:
        """What really holds."""
        return self.sim.ledger_of(self.product.venue)

    async def call(self, method: str, **parameters: Any) -> Any:
        """Call the product's method; a blocking one in a thread, so that the simulator can answer meanwhile."""
        called = getattr(self.client, self.product.prefix + method)
        if asyncio.iscoroutinefunction(called):
            return await called(**parameters)
        return await asyncio.to_thread(called, **parameters)

    async def refused(self, method: str, **parameters: Any) -> int:
        """Return the code of the refusal that the client raises."""
        with pytest.raises(self.error) as caught:
            await self.call(method, **parameters)
        code: int = caught.value.code  # type: ignore[attr-defined]
        return code

    def order(self, price: int = 2000, **details: Any) -> dict[str, Any]:
        """Return an order of the flat symbol that rests far from its mark."""
        numbers = {"quantity": self.product.quantity, "price": str(price)}
        return {
            "symbol": self.product.flat, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", **numbers, **details,
        }  # fmt: skip


class FuturesChecks:
    """The checks, each of both products unless it says otherwise."""

    # -- market

    @pytest.mark.interop(subject="market")
    async def test_market(self, desk: FuturesDesk) -> None:
        """The clock is the simulator's, each contract has its steps, and the mark price is the ledger's."""
        before = desk.sim.milliseconds()
        assert before <= (await desk.call("time"))["serverTime"] <= desk.sim.milliseconds()
        listed = {row["symbol"]: row for row in (await desk.call("exchange_info"))["symbols"]}
        purse = desk.ledger.contract(desk.product.held).purse
        contracts = desk.ledger.contracts
        assert listed.keys() == {name for name, contract in contracts.items() if contract.purse == purse}
        filters = {one["filterType"]: one for one in listed[desk.product.flat]["filters"]}
        contract = desk.ledger.contract(desk.product.flat)
        assert D(filters["LOT_SIZE"]["stepSize"]) == contract.quantity_step
        assert D(filters["PRICE_FILTER"]["tickSize"]) == contract.price_tick
        mark = await desk.call("mark_price", symbol=desk.product.flat)
        (row,) = mark if isinstance(mark, list) else [mark]
        assert D(row["markPrice"]) == desk.ledger.mark(desk.product.flat)

    @pytest.mark.interop(subject="market")
    async def test_quotes(self, desk: FuturesDesk) -> None:
        """Prices, best offers, the book, candles and the figures of a day stand around the mark."""
        symbol, mark = desk.product.flat, desk.ledger.mark(desk.product.flat)

        async def ask(method: str) -> Any:
            told = await desk.call(method, symbol=symbol)
            return told[0] if isinstance(told, list) else told

        assert D((await ask("symbol_ticker"))["price"]) == mark
        assert D((await ask("ticker"))["lastPrice"]) == mark
        best = await ask("orderbook_ticker")
        assert D(best["bidPrice"]) < mark < D(best["askPrice"])
        book = await desk.call("order_book", symbol=symbol, limit=5)
        assert (D(book["bids"][0][0]), D(book["asks"][0][0])) == (D(best["bidPrice"]), D(best["askPrice"]))
        candles = await desk.call("klines", symbol=symbol, interval="1m", limit=3)
        assert D(candles[-1][4]) == mark

    @pytest.mark.interop(subject="market")
    async def test_past_funding_rates(self, desk: FuturesDesk) -> None:
        """A funding is told with its rate."""
        desk.ledger.fund(desk.product.held, D("0.0001"))
        rows = await desk.call("funding_rate", symbol=desk.product.held)
        assert D(rows[-1]["fundingRate"]) == D("0.0001")

    # -- account and balances

    @pytest.mark.interop(subject="account")
    @BOTH_SCENARIOS
    async def test_account(self, desk: FuturesDesk) -> None:
        """Assets and the position that is held are among those of the account."""
        account = await desk.call("account")
        assets = {row["asset"]: D(row["walletBalance"]) for row in account["assets"]}
        assert {one.asset: one.wallet for one in self.balances(desk)}.items() <= assets.items()
        amounts = {row["symbol"]: D(row["positionAmt"]) for row in account["positions"]}
        assert amounts.get(desk.product.held, 0) == desk.ledger.position(desk.product.held).quantity

    @pytest.mark.interop(subject="balances")
    @BOTH_SCENARIOS
    async def test_balance(self, desk: FuturesDesk) -> None:
        """Wallet and what is available, per asset."""
        rows = {row["asset"]: row for row in await desk.call("account_balance")}
        for figures in self.balances(desk):
            assert D(rows[figures.asset]["balance"]) == figures.wallet
            assert D(rows[figures.asset]["availableBalance"]) == figures.available

    def balances(self, desk: FuturesDesk) -> list[Any]:
        """Return the ledger's assets of the product that hold anything."""
        purse = desk.ledger.contract(desk.product.held).purse
        held = [one for one in desk.ledger.balances() if one.purse == purse and one.wallet]
        assert held
        return held

    # -- positions

    @pytest.mark.interop(subject="positions")
    async def test_position(self, desk: FuturesDesk) -> None:
        """Amount, entry price and profit of the position that is held."""
        rows = await desk.call("position_information")
        figures = desk.ledger.position(desk.product.held)
        (row,) = (row for row in rows if D(row["positionAmt"]))
        assert (row["symbol"], D(row["positionAmt"])) == (desk.product.held, figures.quantity)
        assert (D(row["entryPrice"]), D(row["unRealizedProfit"])) == (figures.entry_price, figures.unrealized_pnl)

    @pytest.mark.interop(subject="positions")
    @FLAT
    async def test_legs(self, desk: FuturesDesk) -> None:
        """In hedge mode each leg has its row."""
        desk.ledger.set_position_mode(PositionMode.HEDGE)
        desk.ledger.fill(desk.product.flat, Side.SELL, D(2), desk.ledger.mark(desk.product.flat), PositionSide.SHORT)
        rows = await desk.call("position_information")
        assert [(row["symbol"], D(row["positionAmt"])) for row in rows if row["positionSide"] == "SHORT"].count(
            (desk.product.flat, D(-2))
        ) == 1

    @pytest.mark.interop(subject="positions")
    async def test_margin(self, desk: FuturesDesk) -> None:
        """Margin moves, and the history tells how."""
        held = desk.product.held
        wallet = desk.ledger.position(held).isolated_wallet
        assert wallet is not None
        await desk.call("change_position_margin", symbol=held, amount="0.5", type=1)
        await desk.call("change_position_margin", symbol=held, amount="0.125", type=2)
        assert desk.ledger.position(held).isolated_wallet == wallet + D("0.375")
        rows = await desk.call("position_margin_history", symbol=held)
        assert [(row["type"], D(row["amount"])) for row in rows] == [(1, D("0.5")), (2, D("0.125"))]

    # -- settings

    @pytest.mark.interop(subject="leverage")
    async def test_leverage(self, desk: FuturesDesk) -> None:
        """It changes, and again to the same value is no refusal."""
        for _ in range(2):
            answer = await desk.call("change_leverage", symbol=desk.product.flat, leverage=7)
            assert (answer["symbol"], answer["leverage"]) == (desk.product.flat, 7)
        assert desk.ledger.leverage(desk.product.flat) == 7

    @pytest.mark.interop(subject="leverage")
    async def test_brackets(self, desk: FuturesDesk) -> None:
        """The tiers of a symbol are those of its contract."""
        told = await desk.call("leverage_bracket", symbol=desk.product.flat)
        (row,) = told if isinstance(told, list) else [told]
        tiers = desk.ledger.contract(desk.product.flat).brackets
        assert [one["initialLeverage"] for one in row["brackets"]] == [int(tier.max_leverage) for tier in tiers]

    @pytest.mark.interop(subject="margin type")
    async def test_margin_type(self, desk: FuturesDesk) -> None:
        """The margin type of a symbol changes."""
        assert await desk.call("change_margin_type", symbol=desk.product.flat, marginType="ISOLATED") == DONE
        assert desk.ledger.margin_type(desk.product.flat) is MarginType.ISOLATED

    @pytest.mark.interop(subject="position mode")
    @FLAT
    async def test_position_mode(self, desk: FuturesDesk) -> None:
        """The mode changes, and is told."""
        assert await desk.call("change_position_mode", dualSidePosition="true") == DONE
        assert await desk.call("get_position_mode") == {"dualSidePosition": True}
        assert desk.ledger.position_mode is PositionMode.HEDGE

    # -- orders

    @pytest.mark.interop(subject="orders")
    @FLAT
    async def test_place_query_and_cancel(self, desk: FuturesDesk) -> None:
        """An order rests, is found by both of its names and in the list, and ends."""
        symbol = desk.product.flat
        placed = await desk.call("create_order", **desk.order(newClientOrderId="mine"))
        held = desk.ledger.order(str(placed["orderId"]))
        assert (placed["status"], held.client_id, held.price) == ("NEW", "mine", D(2000))
        by_id = await desk.call("get_order", symbol=symbol, orderId=placed["orderId"])
        assert by_id == await desk.call("get_order", symbol=symbol, origClientOrderId="mine")
        assert [row["orderId"] for row in await desk.call("get_open_orders", symbol=symbol)] == [placed["orderId"]]
        ended = await desk.call("cancel_order", symbol=symbol, orderId=placed["orderId"])
        assert (ended["orderId"], ended["status"]) == (placed["orderId"], "CANCELED")
        assert desk.ledger.order(held.id).status is OrderStatus.CANCELED
        assert await desk.call("get_open_orders", symbol=symbol) == []

    @pytest.mark.interop(subject="orders")
    @FLAT
    async def test_market_order(self, desk: FuturesDesk) -> None:
        """It is filled at the mark."""
        taken = {"symbol": desk.product.flat, "side": "SELL", "type": "MARKET", "quantity": desk.product.quantity}
        placed = await desk.call("create_order", **taken, newOrderRespType="RESULT")
        assert (placed["status"], D(placed["executedQty"])) == ("FILLED", D(desk.product.quantity))
        (fill,) = desk.ledger.fills(desk.product.flat)
        assert (fill.order_id, fill.price) == (str(placed["orderId"]), desk.ledger.mark(desk.product.flat))
        assert desk.ledger.position(desk.product.flat).quantity == -D(desk.product.quantity)

    @pytest.mark.interop(subject="orders")
    @FLAT
    async def test_cancelling_everything(self, desk: FuturesDesk) -> None:
        """All orders of a symbol are cancelled."""
        for price in (2000, 1999):
            await desk.call("create_order", **desk.order(price))
        assert (await desk.call("cancel_all_open_orders", symbol=desk.product.flat))["code"] == 200
        assert desk.ledger.open_orders() == ()

    # -- histories

    @pytest.mark.interop(subject="histories")
    @FLAT
    async def test_history_of_orders(self, desk: FuturesDesk) -> None:
        """Oldest first, ended and open ones."""
        ids = [(await desk.call("create_order", **desk.order(2000 - n)))["orderId"] for n in range(3)]
        await desk.call("cancel_order", symbol=desk.product.flat, orderId=ids[0])
        rows = await desk.call("get_all_orders", symbol=desk.product.flat)
        assert [(row["orderId"], row["status"]) for row in rows] == [
            (one, "NEW" if n else "CANCELED") for n, one in enumerate(ids)
        ]

    @pytest.mark.interop(subject="histories")
    @FLAT
    async def test_trades(self, desk: FuturesDesk) -> None:
        """Each fill of the ledger, with what it cost and gained."""
        ledger, symbol = desk.ledger, desk.product.flat
        for side in (Side.BUY, Side.SELL):
            ledger.fill(symbol, side, D(desk.product.quantity), ledger.mark(symbol))
        rows = await desk.call("account_trades", symbol=symbol)
        assert [(str(row["id"]), -D(row["commission"]), D(row["realizedPnl"])) for row in rows] == [
            (fill.trade_id, fill.commission, fill.realized_pnl) for fill in ledger.fills(symbol)
        ]

    @pytest.mark.interop(subject="histories")
    async def test_income(self, desk: FuturesDesk) -> None:
        """Rows of the ledger, of all kinds or of one."""
        ledger, held = desk.ledger, desk.product.held
        ledger.fund(held, D("0.0001"))
        purse = ledger.contract(held).purse
        expected = [row for row in ledger.incomes() if row.purse == purse]
        rows = await desk.call("income_history")
        assert [(str(row["tranId"]), D(row["income"])) for row in rows] == [(row.id, row.amount) for row in expected]
        (funding,) = await desk.call("income_history", incomeType="FUNDING_FEE")
        assert funding["symbol"] == held

    # -- refusals

    @pytest.mark.interop(subject="refusals")
    @pytest.mark.parametrize(
        ("method", "parameters", "code"),
        [
            ("change_leverage", {"leverage": 200}, -4028),
            ("change_leverage", {"symbol": "NOSUCH", "leverage": 5}, -1121),
            ("change_margin_type", {"marginType": "CROSSED"}, -4046),
            ("change_position_margin", {"amount": "1", "type": 1}, -4049),
            ("cancel_order", {"orderId": 99_999}, -2011),
            ("get_order", {"orderId": 99_999}, -2013),
        ],
    )
    async def test_refusal(self, desk: FuturesDesk, method: str, parameters: dict[str, Any], code: int) -> None:
        """The client raises with the venue's code, and nothing changes."""
        before = desk.ledger.snapshot()
        assert await desk.refused(method, **{"symbol": desk.product.flat, **parameters}) == code
        assert desk.ledger.snapshot() == before

    @pytest.mark.interop(subject="refusals")
    async def test_refused_position_mode(self, desk: FuturesDesk) -> None:
        """The position mode cannot change while a position is held."""
        assert await desk.refused("change_position_mode", dualSidePosition="true") == -4068
        assert desk.ledger.position_mode is PositionMode.ONE_WAY

    @pytest.mark.interop(subject="refusals")
    @FLAT
    @pytest.mark.parametrize(
        ("details", "code"),
        [
            ({"price": "2000.12345"}, -1111),
            ({"reduceOnly": "true"}, -2022),
            ({"positionSide": "LONG"}, -4061),
            ({"timeInForce": "GTX", "price": "3100"}, -5022),
        ],
    )
    async def test_refused_order(self, desk: FuturesDesk, details: dict[str, str], code: int) -> None:
        """The client raises with the venue's code, and nothing is placed."""
        assert await desk.refused("create_order", **{**desk.order(), **details}) == code
        assert desk.ledger.orders(desk.product.flat) == ()

    @pytest.mark.interop(subject="refusals")
    async def test_access(self, desk: FuturesDesk) -> None:
        """A wrong secret is refused, and a key that may only read is refused a write."""
        stranger = attrs.evolve(desk, client=desk.open_other(desk.sim.key, "s" * 64))
        assert await stranger.refused("account_balance") == -1022
        other = desk.open_other(desk.sim.read_only_key, desk.sim.read_only_secret)
        reader = attrs.evolve(desk, client=other)
        assert await reader.call("account_balance")
        assert await reader.refused("change_leverage", symbol=desk.product.flat, leverage=3) == -2015
        assert desk.ledger.leverage(desk.product.flat) != 3

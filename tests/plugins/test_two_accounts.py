"""Two accounts of one simulated venue: neither sees anything of the other, and both see the same market."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import attrs
import pytest

import venuekit
from venuekit.capabilities import (
    BalanceReader,
    FillReader,
    IdentityReader,
    IncomeReader,
    InstrumentReader,
    LeverageControl,
    MarginType,
    MarginTypeControl,
    OrderControl,
    OrderReader,
    OrderRequest,
    OrderSide,
    OrderType,
    PositionReader,
    PriceReader,
)
from venuekit.errors import NotFound
from venuekit.simulator import Simulation, simulate

D = Decimal


class Case(NamedTuple):
    """A venue, a symbol of it, a quantity of an order, and the asset that it settles in."""

    venue: str
    symbol: str
    quantity: Decimal
    settle: str


CASES = (
    Case("binance_usdm", "ETHUSDT", D("0.5"), "USDT"),
    Case("binance_coinm", "ETHUSD_PERP", D(20), "ETH"),
    Case("bybit_inverse", "ETHUSD", D(200), "ETH"),
    Case("aster_usdm", "ETHUSDT", D("0.5"), "USDT"),
    Case("aster_usdm_v1", "ETHUSDT", D("0.5"), "USDT"),
)


@attrs.frozen
class Pair:
    """A simulation with two accounts, and the clients of both."""

    sim: Simulation
    case: Case
    one: Any
    other: Any


@pytest.fixture(params=CASES, ids=lambda case: case.venue)
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    """Two accounts of different wealth, each with a client of its own over a real socket."""
    case: Case = request.param
    money = {"a": {case.settle: 5_000}, "b": {case.settle: 700}}
    async with (
        simulate(case.venue, accounts=money) as sim,
        venuekit.connect(case.venue, sim.credentials(case.venue, account="a")) as one,
        venuekit.connect(case.venue, sim.credentials(case.venue, account="b")) as other,
    ):
        yield Pair(sim, case, one, other)


async def _see(account: Any, case: Case) -> dict[str, Any]:
    """Return everything of an account that a client reads; of its histories the last hour."""
    start = datetime.now(UTC) - timedelta(hours=1)
    leverage = await LeverageControl.of(account).get_leverage(case.symbol)
    return {
        "balance": [one.wallet for one in await BalanceReader.of(account).get_balances(asset=case.settle)],
        "positions": await PositionReader.of(account).get_positions(),
        "open": await OrderReader.of(account).get_open_orders(symbol=case.symbol),
        "orders": await OrderReader.of(account).iter_orders(symbol=case.symbol, start=start).all(),
        "fills": await FillReader.of(account).iter_fills(symbol=case.symbol, start=start).all(),
        "income": [row.amount for row in await IncomeReader.of(account).iter_income(start=start).all()],
        "leverage": (leverage.long, leverage.short),
        "margin_type": (await MarginTypeControl.of(account).get_margin_type(case.symbol)).margin_type,
    }


async def test_neither_sees_the_other(pair: Pair) -> None:
    """Orders, a position, funding, money and settings of one account show in that account alone, in every read."""
    case, sim = pair.case, pair.sim
    before = await _see(pair.other, case)
    assert (before["balance"], before["positions"], before["orders"]) == ([700], (), ())

    terms: dict[str, Any] = {"symbol": case.symbol, "side": OrderSide.BUY, "quantity": case.quantity}
    orders = OrderControl.of(pair.one)
    resting = await orders.place_order(OrderRequest(**terms, type=OrderType.LIMIT, price=D(2500)))
    await orders.place_order(OrderRequest(**terms, type=OrderType.MARKET))
    await LeverageControl.of(pair.one).set_leverage(case.symbol, 7)
    sim.fund(case.venue, case.symbol, "0.0005")
    sim.ledger_of(case.venue, account="a").deposit(case.settle, D(11), purse=sim.ledger.contract(case.symbol).purse)

    assert await _see(pair.other, case) == before
    seen = await _see(pair.one, case)
    assert seen["leverage"] == (7, 7)
    assert [one.id for one in seen["open"]] == [resting.id]
    assert (len(seen["positions"]), len(seen["fills"])) == (1, 1)
    assert len(seen["income"]) > len(before["income"])
    with pytest.raises(NotFound):
        await OrderReader.of(pair.other).get_order(case.symbol, order_id=resting.id)


async def test_a_cancellation_of_all_orders_is_of_one_account(pair: Pair) -> None:
    """Both rest an order under the same client id; when one cancels all of its orders, the other's still waits."""
    terms: dict[str, Any] = {"side": OrderSide.BUY, "type": OrderType.LIMIT, "client_id": "mine-1"}
    request = OrderRequest(symbol=pair.case.symbol, quantity=pair.case.quantity, price=D(2500), **terms)
    for account in (pair.one, pair.other):
        await OrderControl.of(account).place_order(request)

    await OrderControl.of(pair.one).cancel_all_orders(symbol=pair.case.symbol)
    await LeverageControl.of(pair.other).set_leverage(pair.case.symbol, 3)

    assert await OrderReader.of(pair.one).get_open_orders(symbol=pair.case.symbol) == ()
    (left,) = await OrderReader.of(pair.other).get_open_orders(symbol=pair.case.symbol)
    assert left.client_id == "mine-1"
    assert (await LeverageControl.of(pair.one).get_leverage(pair.case.symbol)).long != 3


async def test_margin_type_is_of_one_account(pair: Pair) -> None:
    """A margin type, of an account or of its symbol, is not that of the other account."""
    wide = pair.case.venue == "bybit_inverse"
    symbol = None if wide else pair.case.symbol
    await MarginTypeControl.of(pair.one).set_margin_type(symbol, MarginType.ISOLATED, account_wide=wide)

    kinds = [
        (await MarginTypeControl.of(account).get_margin_type(symbol)).margin_type for account in (pair.one, pair.other)
    ]
    assert kinds == [MarginType.ISOLATED, MarginType.CROSS]


async def test_both_see_the_same_market(pair: Pair) -> None:
    """Contracts and marks are those of the venue, and so is a mark that moves; who they are differs."""
    case, sim = pair.case, pair.sim
    sim.set_mark(case.venue, case.symbol, 3100)

    one, other = pair.one, pair.other
    assert await InstrumentReader.of(one).get_instruments() == await InstrumentReader.of(other).get_instruments()
    if one.support(PriceReader):
        prices = [(await PriceReader.of(account).get_prices(case.symbol))[case.symbol].mark for account in (one, other)]
        assert prices == [3100, 3100]
    if one.support(IdentityReader):
        names = [(await IdentityReader.of(account).get_identity()).account for account in (one, other)]
        assert names[0] != names[1]


async def test_a_read_only_key_of_an_account(pair: Pair) -> None:
    """It reads its own account, and may not write there."""
    case, sim = pair.case, pair.sim
    keys = sim.credentials(case.venue, account="b", read_only=True)
    async with venuekit.connect(case.venue, keys, read_only=True) as reader:
        (balance,) = await BalanceReader.of(reader).get_balances(asset=case.settle)
    assert balance.wallet == 700
    assert sim.key_of(case.venue, account="b", read_only=True).read_only
    with pytest.raises(LookupError, match="no account 'c'; there are 1, 2, a, b"):
        sim.credentials(case.venue, account="c")

"""binance-futures-connector, unchanged, against both simulated products: margin, income, fees, ranks, mark prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from binance.error import ClientError
from tests.interop.desk import BOTH

from venuekit.simulator.ledger import Side

pytestmark = pytest.mark.interop(client="binance-futures-connector", subject="histories")

D = Decimal


@pytest.fixture(params=BOTH)
def desk(request: pytest.FixtureRequest) -> Any:
    """Either product."""
    return request.getfixturevalue(request.param)


def held(desk: Any) -> str:
    """Return the symbol with a position."""
    return str(desk.sim.scenario(desk.venue).held)


@pytest.mark.interop(subject="positions")
async def test_margin_and_its_history(desk: Any) -> None:
    """U20, U21, C13, C07: margin moves, and the history tells how."""
    symbol = held(desk)
    wallet = desk.ledger.position(symbol).isolated_wallet
    added = await desk.call("modify_isolated_position_margin", symbol=symbol, amount="0.5", type=1)
    assert added == {"amount": 0.5, "code": 200, "msg": "Successfully modify position margin.", "type": 1}
    await desk.call("modify_isolated_position_margin", symbol=symbol, amount="0.125", type=2, positionSide="BOTH")
    assert desk.ledger.position(symbol).isolated_wallet == wallet + D("0.375")
    rows = await desk.call("get_position_margin_history", symbol=symbol)
    assert [(row["type"], D(row["amount"]), row["positionSide"]) for row in rows] == [
        (1, D("0.5"), "BOTH"),
        (2, D("0.125"), "BOTH"),
    ]
    (reduced,) = await desk.call("get_position_margin_history", symbol=symbol, type=2)
    assert reduced == rows[1]


@pytest.mark.interop(subject="refusals")
@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"amount": "0", "type": 1}, -4055),
        ({"amount": "1e9", "type": 1}, -4050),
        ({"amount": "1000000", "type": 2}, -4051),
        ({"amount": "1", "type": 3}, -1102),
        ({"amount": "1", "type": 1, "positionSide": "LONG"}, -4061),
    ],
)
async def test_refused_margin(desk: Any, sent: dict[str, Any], code: int) -> None:
    """The venue's own codes."""
    with pytest.raises(ClientError) as caught:
        await desk.call("modify_isolated_position_margin", symbol=held(desk), **sent)
    assert caught.value.error_code == code
    assert desk.ledger.margin_changes() == ()


async def test_income(desk: Any) -> None:
    """U24, C06: rows of the ledger, from old to new, as many of the oldest as are asked for; pages are not numbered."""
    ledger, symbol = desk.ledger, held(desk)
    ledger.fund(symbol, D("0.0001"))
    ledger.fill(symbol, Side.SELL, D(1), ledger.mark(symbol))
    purse = ledger.contract(symbol).purse
    rows = await desk.call("get_income_history", limit=1000)
    expected = [row for row in ledger.incomes() if row.purse == purse]
    assert [(str(row["tranId"]), D(row["income"]), row["asset"]) for row in rows] == [
        (row.id, row.amount, row.asset) for row in expected
    ]
    assert {type(row["tranId"]) for row in rows} == {int if desk.venue == "binance_usdm" else str}
    start = rows[0]["time"]
    assert await desk.call("get_income_history", startTime=start, limit=2) == rows[:2]
    assert await desk.call("get_income_history", startTime=start, limit=2, page=2) == rows[:2]
    (funding,) = await desk.call("get_income_history", incomeType="FUNDING_FEE")
    assert funding["symbol"] == symbol


@pytest.mark.interop(subject="market")
async def test_fees_ranks_and_mark_prices(desk: Any) -> None:
    """U28, U26, U32 and C11, C08: as the ledger has them."""
    symbol, ledger = held(desk), desk.ledger
    rates = await desk.call("commission_rate", symbol=symbol)
    assert D(rates["takerCommissionRate"]) == ledger.contract(symbol).taker_fee
    ranks = await desk.call("adl_quantile", symbol=symbol)
    assert ranks == [{"symbol": symbol, "adlQuantile": {"LONG": 2, "SHORT": 0, "BOTH": 2}}]
    told = await desk.call("mark_price", symbol=symbol)
    row = told if desk.venue == "binance_usdm" else told[0]
    assert D(row["markPrice"]) == ledger.mark(symbol)


@pytest.mark.interop(subject="market")
async def test_quotes(desk: Any) -> None:
    """Prices, best offers, the book and candles stand around the mark; a funding is told with its rate."""
    symbol, mark = held(desk), desk.ledger.mark(held(desk))

    async def ask(method: str) -> Any:
        told = await desk.call(method, symbol=symbol)
        return told[0] if isinstance(told, list) else told

    assert D((await ask("ticker_price"))["price"]) == D((await ask("ticker_24hr_price_change"))["lastPrice"]) == mark
    best = await ask("book_ticker")
    assert D(best["bidPrice"]) < mark < D(best["askPrice"])
    book = await desk.call("depth", symbol=symbol, limit=5)
    assert (D(book["bids"][0][0]), D(book["asks"][0][0])) == (D(best["bidPrice"]), D(best["askPrice"]))
    assert D((await desk.call("klines", symbol=symbol, interval="1m", limit=3))[-1][4]) == mark
    desk.ledger.fund(symbol, D("0.0001"))
    assert D((await desk.call("funding_rate", symbol=symbol))[-1]["fundingRate"]) == D("0.0001")

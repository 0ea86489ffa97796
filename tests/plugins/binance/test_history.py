"""Binance's histories: a walk yields exactly what the ledger holds, oldest first, and says what it cannot reach."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

import venuekit
from venuekit.capabilities import Income, IncomeKind, PositionMode, PositionSide
from venuekit.errors import InvalidArgument, InvalidRequest, PayloadMismatch, Throttled
from venuekit.plugin import from_milliseconds
from venuekit.simulator import CannedAnswer
from venuekit.simulator.ledger import LedgerIncome as Row
from venuekit.simulator.ledger import Side
from venuekit.testing.clocks import LoopClock
from venuekit_binance_common.simulated.account_routes import INCOME_TYPES

pytestmark = pytest.mark.looptime
D = Decimal
Product = Any
DAY = timedelta(days=1)


def now(product: Product) -> datetime:
    """Return the venue's clock."""
    return from_milliseconds(product.sim.milliseconds())


def purse(product: Product) -> str:
    """Return whose wallets a product's are."""
    return str(product.ledger.contract(product.symbol).purse)


def asset(product: Product) -> str:
    """Return what the held contract settles in."""
    return str(product.ledger.contract(product.symbol).settle)


def rows(product: Product) -> list[Row]:
    """Return the ledger's rows of this product, oldest first."""
    return sorted((row for row in product.ledger.incomes() if row.purse == purse(product)), key=lambda row: row.time)


def of_every_kind(product: Product) -> None:
    """Move the wallet in every way, at different times of the last weeks."""
    for place, kind in enumerate(IncomeKind):
        when = now(product) - (40 - 3 * place) * DAY
        product.ledger.book(asset(product), kind, D(place + 1) / 1000, time=when, purse=purse(product))
    ledger, symbol = product.ledger, product.symbol
    ledger.fund(symbol, D("0.0001"))
    ledger.fill(symbol, Side.SELL, D(1), ledger.mark(symbol))


def same(income: Income, row: Row) -> bool:
    """Say whether a movement is what the ledger's row is."""
    told = (income.id, income.time, income.asset, income.amount, income.symbol, income.trade_id)
    return told == (row.id, row.time, row.asset, row.amount, row.symbol, row.trade_id)


async def test_income_is_the_ledgers(product: Product) -> None:
    """Every row, oldest first, of its kind, with the venue's word beside it."""
    of_every_kind(product)
    walk = product.account.iter_income()
    incomes = await walk.all()

    held = rows(product)
    assert len(incomes) == len(held) > len(IncomeKind)
    assert all(same(income, row) for income, row in zip(incomes, held, strict=True))
    assert [income.venue_kind for income in incomes] == [INCOME_TYPES[row.kind] for row in held]
    kinds = {IncomeKind(row.kind.value) for row in held if row.kind is not IncomeKind.INTEREST}
    assert {income.kind for income in incomes} == kinds | {IncomeKind.OTHER}
    assert len({income.key for income in incomes}) == len(incomes)
    assert walk.cost_per_page == {"binance_usdm": 30, "binance_coinm": 20}[product.venue]


@pytest.mark.filterwarnings("ignore:iter_income. left out what the venue calls 'INTEREST':UserWarning")
@pytest.mark.parametrize("kind", IncomeKind)
async def test_income_of_a_kind(product: Product, kind: IncomeKind) -> None:
    """The venue is asked for all: of most kinds it has several types, and new ones come."""
    of_every_kind(product)
    everything = await product.account.iter_income().all()
    product.sim.requests.clear()
    found = await product.account.iter_income(kind=kind).all()

    assert found == tuple(income for income in everything if income.kind is kind)
    types = {one.parameters.get("incomeType") for one in product.arrivals("GET", "income")}
    assert types == {None}


async def test_income_of_a_symbol_and_of_an_asset(product: Product) -> None:
    """The symbol is the venue's filter, the asset ours."""
    other = "USDC" if product.venue == "binance_usdm" else "ETH"
    of_every_kind(product)
    product.ledger.deposit(other, D(3), purse=purse(product))
    everything = await product.account.iter_income().all()

    of_symbol = await product.account.iter_income(symbol=product.symbol).all()
    assert of_symbol == tuple(income for income in everything if income.symbol == product.symbol) != ()
    of_asset = await product.account.iter_income(asset=other).all()
    assert of_asset == tuple(income for income in everything if income.asset == other) != ()
    with pytest.raises(InvalidRequest, match="-1121"):
        await product.account.iter_income(symbol="NOPE").all()


async def test_income_of_many_pages_and_windows(product: Product) -> None:
    """Pages of a thousand, windows of a month or a year: nothing twice, nothing left out, and it can be resumed."""
    ledger, start = product.ledger, now(product) - 80 * DAY
    for number in range(2300):
        ledger.book(
            asset(product),
            IncomeKind.REBATE,
            D("0.00000001"),
            time=start + number // 2 * timedelta(hours=1),
            purse=purse(product),
        )
    held = rows(product)
    incomes = await product.account.iter_income().all()
    assert [income.id for income in incomes] == [row.id for row in held]

    for place in (0, 999, 1000, 1001, 2299, len(held) - 1):
        rest = await product.account.iter_income(after=incomes[place]).all()
        assert rest == incomes[place + 1 :]
    asked = product.arrivals("GET", "income")
    assert all(int(one.parameters["limit"]) == 1000 for one in asked)


async def test_span_of_income(product: Product) -> None:
    """Both ends belong to it."""
    for days in (5, 4, 3, 2):
        product.ledger.book(
            asset(product), IncomeKind.BONUS, D(1), time=now(product) - days * DAY, purse=purse(product)
        )
    chosen = [row for row in rows(product) if row.kind is IncomeKind.BONUS][1:3]
    found = await product.account.iter_income(start=chosen[0].time, end=chosen[1].time).all()
    assert [income.id for income in found] == [row.id for row in chosen]


@pytest.mark.parametrize("history", ["iter_income", "iter_margin_changes"])
async def test_impossible_span(product: Product, history: str) -> None:
    """Reversed is refused before anything is sent; too far back names what the venue keeps."""
    which = {} if history == "iter_income" else {"symbol": product.symbol}
    walk = getattr(product.account, history)
    with pytest.raises(InvalidArgument, match="reversed") as caught:
        await walk(**which, start=now(product), end=now(product) - DAY).all()
    assert (caught.value.operation, product.sim.requests) == (history, [])
    with pytest.raises(InvalidArgument, match="further back than the venue keeps"):
        await walk(**which, start=datetime(2019, 1, 1, tzinfo=UTC)).all()
    with pytest.raises(InvalidArgument, match="no time zone"):
        await walk(**which, start=datetime(2025, 6, 1)).all()  # noqa: DTZ001  (that is the point)


async def test_continuing_behind_what_is_gone_is_warned_of(product: Product) -> None:
    """A gap may be behind it."""
    product.ledger.deposit(asset(product), D(3), purse=purse(product))
    gone = Income("1", datetime(2019, 1, 1, tzinfo=UTC), "USDT", D(1), IncomeKind.TRANSFER, "TRANSFER")
    with pytest.warns(UserWarning, match="there may be a gap"):
        found = await product.account.iter_income(after=gone).all()
    assert [income.id for income in found] == [row.id for row in rows(product)]


async def test_page_of_another_stretch_ends_with_an_error(product: Product) -> None:
    """A venue that does not heed the times it is asked for does not make the walk a loop."""
    row = {"symbol": "", "incomeType": "TRANSFER", "income": "1", "asset": "BTC", "info": "", "time": 1, "tradeId": ""}
    page = CannedAnswer.json(200, [{**row, "tranId": number} for number in range(1000)])
    product.disturb(product.endpoint("GET", "income"), page, times=5)
    with pytest.raises(PayloadMismatch, match=r"asked for what is from \d+ to \d+, got 1"):
        await product.account.iter_income(start=now(product) - DAY).all()


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"startTime": 1_749_999_999_000, "endTime": 1_749_999_000_000}, -1023),
        ({"startTime": 1_600_000_000_000, "endTime": 1_749_999_000_000}, -1127),
    ],
)
async def test_raw_span_is_refused_by_the_venue(product: Product, sent: dict[str, int], code: int) -> None:
    """What the walk never sends the venue refuses."""
    ending = "income" if code == -1023 or product.venue == "binance_coinm" else "positionMargin/history"
    which = {} if ending == "income" else {"symbol": product.symbol}
    with pytest.raises(InvalidRequest) as caught:
        await product.account.call(product.endpoint("GET", ending), **which, **sent)
    assert caught.value.code == code


@pytest.mark.parametrize(("ending", "limit"), [("income", 1001), ("positionMargin/history", 501), ("income", 0)])
async def test_limit_beyond_the_most(product: Product, ending: str, limit: int) -> None:
    """Refused before sending."""
    which = {} if ending == "income" else {"symbol": product.symbol}
    with pytest.raises(InvalidArgument, match="limit must be a whole number"):
        await product.account.call(product.endpoint("GET", ending), **which, limit=limit)
    assert not product.sim.requests


async def test_margin_changes_are_the_ledgers(product: Product) -> None:
    """
    Added > 0, taken away < 0; more than an answer holds is halved.

    Twins within a millisecond are both there, and a walk goes on behind the first or the second of them.
    """
    ledger, symbol = product.ledger, product.symbol
    for number in range(640):
        ledger.adjust_margin(symbol, D("0.0002") if number % 3 else D("0.0001"))
        if number % 2:
            await product.pass_by(0.001)
    ledger.adjust_margin(symbol, D("-0.01"))
    await product.pass_by(1)
    held = ledger.margin_changes(symbol)
    start = held[0].time - timedelta(hours=1)

    changes = await product.account.iter_margin_changes(symbol, start=start).all()

    assert [(one.symbol, one.side, one.asset, one.amount, one.time) for one in changes] == [
        (one.symbol, PositionSide.BOTH, one.asset, one.amount, one.time) for one in held
    ]
    assert {one.cause for one in changes} == {"USER_ADJUST" if product.venue == "binance_usdm" else None}
    for place in (-2, -3, -4, 0, 1, 2):  # two of three of one millisecond are alike
        rest = await product.account.iter_margin_changes(symbol, start=start, after=changes[place]).all()
        assert rest == changes[place + 1 :]
    assert await product.account.iter_margin_changes(product.flat).all() == ()


async def test_more_changes_in_a_millisecond_than_an_answer_holds(product: Product) -> None:
    """It ends with an error, since no smaller stretch can be asked for."""
    for _ in range(500):
        product.ledger.adjust_margin(product.symbol, D("0.0001"))
    await product.pass_by(1)
    with pytest.raises(PayloadMismatch, match="nothing new"):
        await product.account.iter_margin_changes(product.symbol, start=now(product) - DAY).all()


async def test_raw_rows_are_kept_on_request(product: Product) -> None:
    """Nothing is kept unless it was asked for; then each value carries the object it was made from."""
    product.ledger.adjust_margin(product.symbol, D("0.01"))
    (plain,) = await product.account.iter_margin_changes(product.symbol).all()
    assert plain.raw is None
    credentials = product.sim.credentials(product.venue)
    async with venuekit.Runtime(clock=LoopClock(), journal=False) as runtime:
        account = await runtime.open(product.account.venue, credentials, keep_raw=True)
        (change,) = await account.iter_margin_changes(product.symbol).all()
        incomes = await account.iter_income().all()
    assert attrs.evolve(change, raw=None) == plain
    assert (change.raw or {})["type"] == 1
    assert all((income.raw or {})["incomeType"] == income.venue_kind for income in incomes)


async def test_adl_ranks(product: Product) -> None:
    """In one-way mode every leg is listed; in hedge mode cross, the marker is left out."""
    account, ledger = product.account, product.ledger
    told = {(one.symbol, one.side): one for one in await account.get_adl_quantiles()}
    assert {one.of for one in told.values()} == {4}
    listed = [one for one in ledger.contracts.values() if one.venue in {"", product.venue}]
    assert len(told) == 3 * len(listed)
    assert told[product.symbol, PositionSide.BOTH].rank == 2
    assert told[product.flat, PositionSide.BOTH].rank == 0

    ledger.fill(product.symbol, Side.SELL, ledger.position(product.symbol).quantity, ledger.mark(product.symbol))
    ledger.set_position_mode(PositionMode.HEDGE)
    ledger.fill(product.flat, Side.SELL, D(1), ledger.mark(product.flat), PositionSide.SHORT)
    ledger.set_mark(product.flat, ledger.mark(product.flat) * D("1.001"))
    hedge = await account.get_adl_quantiles(symbol=product.flat)
    assert [(one.side, one.rank) for one in hedge] == [(PositionSide.LONG, 0), (PositionSide.SHORT, 1)]


async def test_commission_and_prices(product: Product) -> None:
    """Fractions of the value; a delivery contract has no funding."""
    contract = product.ledger.contract(product.symbol)
    rate = await product.account.get_commission_rate(product.symbol)
    assert (rate.symbol, rate.maker, rate.taker) == (product.symbol, contract.maker_fee, contract.taker_fee)
    assert (rate.rpi is None) is (product.venue == "binance_coinm")
    price = (await product.account.get_prices(product.symbol))[product.symbol]
    assert (price.symbol, price.mark, price.last, price.time) == (
        product.symbol,
        contract.mark,
        contract.mark,
        now(product),
    )
    assert (price.bid, price.ask) == (contract.mark - contract.price_tick, contract.mark + contract.price_tick)
    assert price.next_funding_at is not None
    assert price.next_funding_at > now(product)
    assert price.funding_rate is not None
    delivery = {"binance_usdm": "BTCUSDT_270326", "binance_coinm": "BTCUSD_270326"}[product.venue]
    expiring = (await product.account.get_prices(delivery))[delivery]
    assert (expiring.funding_rate, expiring.next_funding_at) == (None, None)
    for ask in (product.account.get_commission_rate, product.account.get_prices):
        with pytest.raises(InvalidRequest, match="-1121"):
            await ask("NOPE")


async def test_no_warning_without_a_gap(product: Product) -> None:
    """Walking all that is kept warns of nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        await product.account.iter_income().all()


async def test_walk_waits_for_the_next_minute_of_its_budget(product: Product) -> None:
    """Two fifths of the pool are left to other requests: a walk waits for its turn, unless it is told not to."""
    mode = product.endpoint("GET", "positionSide/dual")
    for _ in range(48):
        await product.account.call(mode)
    with pytest.raises(Throttled, match="rate limit budget 'weight' is exhausted"):
        await product.account.with_options(max_wait=1).iter_income().all()
    assert not product.arrivals("GET", "income")
    before = now(product)
    await product.account.iter_income().all()
    assert timedelta(seconds=50) < now(product) - before < timedelta(seconds=70)

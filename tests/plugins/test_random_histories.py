"""Random histories of every venue: what a walk yields is exactly what the ledger holds, from any item on."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.stages import LeapingStage, leaping

from venuekit.capabilities import IncomeKind
from venuekit.parts.histories.page_cut import rows_of_page
from venuekit.plugin import from_milliseconds, to_milliseconds
from venuekit.simulator.ledger import Book, Side
from venuekit_binance_common.simulated.account_routes import INCOME_TYPES
from venuekit_binance_common.wallet import INCOME_KINDS
from venuekit_binance_usdm.account import BinanceUsdmAccount

pytestmark = pytest.mark.looptime
D = Decimal
#: the asset that the symbol of each venue settles in
ASSETS = {"binance_usdm": "USDT", "binance_coinm": "ETH", "bybit_inverse": "ETH"}
#: what a ledger books, by words that are known
KINDS = [kind for kind, word in INCOME_TYPES.items() if word in INCOME_KINDS]
#: seconds between two moments of a history: several things in one millisecond, and windows that hold nothing
STEPS = (0, 0.001, 0.001, 1, 3600, 3 * 86_400)


@attrs.frozen
class Stage(LeapingStage):
    """A simulated venue, an account of it, and something to trade."""

    asset: str


@asynccontextmanager
async def opened(venue: str) -> AsyncIterator[Stage]:
    """Open an account on a simulated venue; within the test, whose clock leaps."""
    async with leaping(venue) as (sim, account):
        yield Stage(sim, account, ASSETS[venue])


@pytest.fixture
def chance(seed: int, short_pages: Callable[[int], None]) -> random.Random:
    """Return what a history is made from; its pages hold a few rows."""
    chance = random.Random(seed)  # noqa: S311  - a made-up history
    short_pages(chance.randint(4, 7))
    return chance


async def continues_behind_any(walk: Callable[..., Any], found: tuple[Any, ...]) -> None:
    """Check that a walk behind each item yields what followed it."""
    for place, one in enumerate(found):
        rest = await walk(after=one).all()
        assert [item.key for item in rest] == [item.key for item in found[place + 1 :]]


@pytest.mark.filterwarnings("ignore:a millisecond holds more movements:UserWarning")
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("venue", ASSETS)
async def test_income(venue: str, chance: random.Random) -> None:
    """Every movement, also where more of one millisecond are than a page holds, in windows of any age."""
    async with opened(venue) as stage:
        start = from_milliseconds(stage.sim.milliseconds()) - timedelta(days=chance.choice([1, 20, 85]))
        purse = stage.ledger.contract(stage.symbol).purse
        moments = [0.1, 0.5, 0.5, 0.5, 0.500001, chance.random()]
        most = rows_of_page(BinanceUsdmAccount.INCOME_HISTORY) - 1
        booked: Counter[tuple[object, ...]] = Counter()
        length = from_milliseconds(stage.sim.milliseconds()) - start
        for number in range(chance.randint(0, 40)):
            when = from_milliseconds(to_milliseconds(start + length * chance.choice(moments)))
            kind, symbol = chance.choice(KINDS), chance.choice([None, stage.symbol])
            booked[when, kind] += 1
            if venue != "bybit_inverse" and booked[when, kind] > most:
                continue  # more than the venue can be asked for
            stage.ledger.book(
                stage.asset, kind, D(number + 1) / 1000, symbol=symbol, time=when, purse=purse, info=f"{number}"
            )
        await stage.account.pause(1)
        rows = [row for row in stage.ledger.incomes() if (row.purse, row.asset) == (purse, stage.asset)]
        held = sorted((row for row in rows if row.time >= start), key=lambda row: row.time)

        def walk(**more: Any) -> Any:
            return stage.account.iter_income(asset=stage.asset, start=start, **more)

        found = await walk().all()
        assert [one.time for one in found] == [row.time for row in held]
        assert sorted((one.time, one.amount) for one in found) == sorted((row.time, row.amount) for row in held)
        await continues_behind_any(walk, found)
        assert await stage.account.iter_income(asset=stage.asset, start=start, end=start).all() == tuple(
            one for one in found if one.time == start
        )


@pytest.mark.filterwarnings("ignore:the venue keeps orders that ended without a fill:UserWarning")
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("venue", ASSETS)
async def test_orders_and_fills(venue: str, chance: random.Random) -> None:
    """Every order of both books and every fill, some of one millisecond, some days apart."""
    async with opened(venue) as stage:
        await stage.account.pause(1)
        start = from_milliseconds(stage.sim.milliseconds())
        for _ in range(chance.randint(0, 14)):
            await stage.account.pause(chance.choice(STEPS))
            for _ in range(chance.choice([1, 1, 2, 3])):
                act(stage, chance)
        await stage.account.pause(5)

        def orders(**more: Any) -> Any:
            return stage.account.iter_orders(symbol=stage.symbol, start=start, **more)

        def fills(**more: Any) -> Any:
            return stage.account.iter_fills(stage.symbol, start=start, **more)

        listed, filled = await orders().all(), await fills().all()
        known = [order for order in stage.ledger.orders(stage.symbol) if order.created_at >= start]
        if venue == "binance_coinm":  # it keeps no history of conditional orders
            known = [order for order in known if order.book is Book.PLAIN or order.is_open]
        assert sorted(order.id for order in listed) == sorted(order.id for order in known)
        assert [order.created_at for order in listed] == sorted(order.created_at for order in known)
        held = [fill for fill in stage.ledger.fills(stage.symbol) if fill.time >= start]
        assert [(fill.time, abs(fill.quantity)) for fill in filled] == [(one.time, one.quantity) for one in held]
        await continues_behind_any(orders, listed)
        await continues_behind_any(fills, filled)


def act(stage: Stage, chance: random.Random) -> None:
    """Let an order rest, be filled, or be placed and filled."""
    kind = chance.choice(["rest", "fill", "both"])
    if kind == "fill":
        stage.ledger.fill(stage.symbol, chance.choice([Side.BUY, Side.SELL]), stage.quantity, D(3000))
        return
    book = chance.choice(list(Book)) if kind == "rest" else Book.PLAIN
    order = stage.ledger.rest_order(stage.symbol, Side.BUY, stage.quantity, D(1000), book=book)
    if kind == "both":
        stage.ledger.fill_order(order)


@pytest.mark.parametrize("venue", ASSETS)
async def test_fills_from_a_time_behind_the_item(venue: str) -> None:
    """Of the item to continue behind and the start, the later one counts."""
    async with opened(venue) as stage:
        for _ in range(4):
            await stage.account.pause(3600)
            stage.ledger.fill(stage.symbol, Side.BUY, stage.quantity, D(3000))
        await stage.account.pause(5)
        found = (await stage.account.iter_fills(stage.symbol).all())[-4:]
        for start, behind in ((3, 0), (0, 2), (2, 2)):
            rest = await stage.account.iter_fills(stage.symbol, start=found[start].time, after=found[behind]).all()
            assert [fill.id for fill in rest] == [fill.id for fill in found[max(start, behind + 1) :]]


async def test_a_week_of_100_000_rows() -> None:
    """All of them in one window of seven days, many in the same millisecond: exactly the ledger's rows."""
    count = 100_000
    chance = random.Random(7)  # noqa: S311  - a made-up history
    async with opened("binance_usdm") as stage:
        now = from_milliseconds(stage.sim.milliseconds())
        start = now - timedelta(days=7) + timedelta(minutes=1)
        width = timedelta(days=6) // timedelta(milliseconds=1)
        # half of them in one busy minute
        moments = sorted(chance.randrange(60_000 if number % 2 else width) for number in range(count))
        purse = stage.ledger.contract(stage.symbol).purse
        stage.ledger.book(stage.asset, IncomeKind.BONUS, D(1), time=start, purse=purse)
        state = stage.ledger._state_now
        pattern = next(row for row in state.incomes if row.kind is IncomeKind.BONUS)
        rows = [
            attrs.evolve(pattern, id=str(10**9 + number), time=start + timedelta(milliseconds=moment))
            for number, moment in enumerate(moments)
        ]
        state.incomes = type(state.incomes)(rows)
        place = 0
        async for income in stage.account.iter_income(start=start, end=now):
            assert income.id == str(10**9 + place)
            place += 1
        assert place == count
        asked = [one for one in stage.sim.requests if one.path.endswith("/income")]
        # the last millisecond of each page is read again, and once it is seen that nothing lies before the first
        assert count // 1000 + 1 <= len(asked) <= count // 1000 + 3


@pytest.mark.parametrize("venue", ["binance_usdm", "binance_coinm"])
async def test_2_500_rows_of_one_millisecond(venue: str) -> None:
    """They are asked for by kind and by symbol, also by symbols that the first page does not show."""
    chance = random.Random(7)  # noqa: S311  - a made-up history
    async with opened(venue) as stage:
        now = from_milliseconds(stage.sim.milliseconds())
        purse = stage.ledger.contract(stage.symbol).purse
        symbols = [one.symbol for one in stage.ledger.contracts.values() if one.purse == purse and one.venue != "other"]
        listed = {one.symbol for one in await stage.account.get_instruments()}
        symbols = sorted(listed.intersection(symbols))[:3]
        start, moment = now - timedelta(hours=3), now - timedelta(hours=2)
        stage.ledger.book(stage.asset, IncomeKind.BONUS, D(1), time=start, purse=purse)
        state = stage.ledger._state_now
        pattern = next(row for row in reversed(state.incomes) if row.kind is IncomeKind.BONUS)
        kinds = [IncomeKind.COMMISSION] * 1600 + [IncomeKind.REALIZED_PNL] * 900
        rows = [
            attrs.evolve(
                pattern,
                id=str(10**9 + number),
                time=moment,
                kind=kind,
                # the first page shows two of three symbols
                symbol=symbols[number % 2 if number < 1000 else 2],
            )
            for number, kind in enumerate(kinds)
        ]
        chance.shuffle(rows[1000:])
        state.incomes = type(state.incomes)([*rows, attrs.evolve(pattern, id="9", time=moment + timedelta(seconds=1))])
        with pytest.warns(UserWarning, match="a millisecond holds more movements"):
            found = await stage.account.iter_income(start=start).all()
        assert sorted(one.id for one in found) == sorted([*(row.id for row in rows), "9"])
        assert found[-1].id == "9"

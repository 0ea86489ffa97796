"""Fills and orders of one millisecond, more than a page of them: all come, whichever the venue gives of a stretch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.stages import VENUES, leaping, venues

from venuekit.plugin import from_milliseconds
from venuekit.simulator.ledger import Book, Side
from venuekit_binance_common.simulated.binance_venue import HistoryLimits, SimulatedBinance

pytestmark = pytest.mark.looptime
D = Decimal
#: two and a half pages
PAGE, COUNT = 20, 50
#: where conditional orders stand among the plain ones
ONE_BOOK = ("bybit_inverse", Book.CONDITIONAL)


@pytest.fixture(params=["oldest", "newest"])
def which(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, short_pages: Callable[[int], None]) -> None:
    """Let venues give the oldest or the newest rows of a stretch with more than a (short) page of them."""
    short_pages(PAGE)
    if request.param == "oldest":
        return
    whole = SimulatedBinance.page

    def page(
        self: SimulatedBinance, asked: Any, rows: Sequence[Any], limits: HistoryLimits, *, first: str | None = None
    ) -> Sequence[Any]:
        if first is not None and asked.text(first) is not None:
            return whole(self, asked, rows, limits, first=first)
        return rows[-self.number(asked, "limit", limits.rows) :]

    monkeypatch.setattr(SimulatedBinance, "page", page)


@pytest.mark.usefixtures("which")
@venues
async def test_fills(venue: str) -> None:
    """All of them, by their ids, between an earlier and a later fill, and from any of them on."""
    symbol, quantity = VENUES[venue]
    async with leaping(venue, pause=1) as (sim, account):
        start = from_milliseconds(sim.milliseconds())
        for seconds in (0, 1, 2):
            await account.pause(seconds)
            sim.ledger.fill(symbol, Side.BUY, quantity, D(3000))
        executions = sim.ledger._state_now.executions
        *before, early, pattern, late = executions
        many = [attrs.evolve(pattern, trade_id=str(int(pattern.trade_id) + place)) for place in range(COUNT)]
        late = attrs.evolve(late, trade_id=str(int(pattern.trade_id) + COUNT))
        sim.ledger._state_now.executions = type(executions)([*before, early, *many, late])
        await account.pause(5)

        def fills(**more: Any) -> Any:
            return account.iter_fills(symbol, **more)

        found = await fills(start=start).all()
        assert [abs(fill.quantity) for fill in found] == [quantity] * (COUNT + 2)
        assert len({fill.id for fill in found}) == len(found)
        dense = found[1:-1]
        assert await fills(start=pattern.time).all() == found[1:]
        assert await fills(start=pattern.time, end=pattern.time).all() == dense
        assert await fills(start=pattern.time, after=dense[34]).all() == found[36:]


@pytest.mark.usefixtures("which")
@pytest.mark.filterwarnings("ignore:the venue keeps orders that ended without a fill:UserWarning")
@pytest.mark.parametrize(
    ("venue", "book"), [(venue, book) for venue in VENUES for book in Book if (venue, book) != ONE_BOOK]
)
async def test_orders(venue: str, book: Book) -> None:
    """All of them, of both books, by their ids, and from any of them on."""
    symbol, quantity = VENUES[venue]
    async with leaping(venue, pause=1) as (sim, account):
        start = from_milliseconds(sim.milliseconds())
        for seconds in (0, 1, 2):
            await account.pause(seconds)
            sim.ledger.rest_order(symbol, Side.BUY, quantity, D(1000), book=book)
        await account.pause(5)
        state = sim.ledger._state_now
        early, pattern, late = [order for order in state.orders.values() if order.created_at >= start]
        for place in range(1, COUNT):
            name = str(int(pattern.id) + 10**6 + place)
            state.orders[name] = attrs.evolve(pattern, id=name, client_id=f"many-{place}")
        del state.orders[late.id]
        name = str(int(pattern.id) + 10**6 + COUNT)
        state.orders[name] = attrs.evolve(late, id=name)

        def orders(**more: Any) -> Any:
            return account.iter_orders(symbol=symbol, **more)

        found = await orders(start=start).all()
        assert len(found) == COUNT + 2
        assert len({order.id for order in found}) == len(found)
        assert (found[0].id, found[-1].id) == (early.id, name)
        later = await orders(start=pattern.created_at).all()
        assert [order.key for order in later] == [order.key for order in found[1:]]
        rest = await orders(start=start, after=found[35]).all()
        assert [order.key for order in rest] == [order.key for order in found[36:]]

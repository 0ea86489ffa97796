"""Instruments change while programs run: steps get finer, contracts are listed, and what is remembered grows old."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.stages import PRICE, VENUES, venues

from venuekit.capabilities import OrderRequest, OrderSide, OrderType
from venuekit.errors import InvalidArgument, InvalidRequest, OperationError
from venuekit.message import HttpRequest, HttpResponse
from venuekit.plugins import make_plugins
from venuekit.testing import InstantClock
from venuekit.testing.fake import json_answer
from venuekit.testing.staged import fake_stage

D = Decimal
#: the code with which a venue refuses a price that is no multiple of its step
REFUSALS = {"aster_usdm_v1": -4014, "binance_usdm": -4014, "binance_coinm": -1111, "bybit_inverse": 10001}
Row = dict[str, Any]


@attrs.define(eq=False)
class Stage:
    """An account whose venue's instruments can be changed, and whose next order can be refused."""

    venue: str
    account: Any
    clock: InstantClock
    tell: Callable[[HttpRequest], HttpResponse]
    change: Callable[[list[Row]], None] = lambda _: None
    refusal: int | None = None
    fails: bool = False
    reads: int = 0
    orders: int = 0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as the simulated venue does, with other instruments."""
        if request.verb == "POST" and ("/order" in request.url):
            self.orders += 1
            if self.refusal is not None:
                code, self.refusal = self.refusal, None
                return self._refused(code)
        answer = self.tell(request)
        if "exchangeInfo" not in request.url and "instruments-info" not in request.url:
            return answer
        self.reads += 1
        if self.fails:
            return self._refused(-1121 if self.venue != "bybit_inverse" else 10005)
        document = json.loads(answer.body)
        self.change(document["result"]["list"] if self.venue == "bybit_inverse" else document["symbols"])
        return json_answer(document)

    def order(self, *, quantity: Decimal | None = None, price: Decimal | None = None) -> OrderRequest:
        """Return an order that rests."""
        symbol, usual = VENUES[self.venue]
        return OrderRequest(
            symbol=symbol, side=OrderSide.BUY, type=OrderType.LIMIT, quantity=quantity or usual, price=price or PRICE
        )

    def _refused(self, code: int) -> HttpResponse:
        if self.venue == "bybit_inverse":
            return json_answer(
                {"retCode": code, "retMsg": "params error", "result": {}, "time": self.clock.milliseconds()}
            )
        return json_answer({"code": code, "msg": "Precision is over the maximum defined for this asset."}, 400)


def ticks(tick: str) -> Callable[[list[Row]], None]:
    """Return what gives every instrument another tick."""

    def change(rows: list[Row]) -> None:
        for row in rows:
            if "priceFilter" in row:
                row["priceFilter"]["tickSize"] = tick
            for each in row.get("filters", ()):
                if each["filterType"] == "PRICE_FILTER":
                    each["tickSize"] = tick

    return change


@asynccontextmanager
async def staged(venue: str) -> AsyncIterator[Stage]:
    """Open an account on a venue whose ticks are 0.5."""
    clock = InstantClock()
    async with fake_stage(make_plugins().venue(venue), "holding", clock=clock) as opened:
        stage = Stage(venue, opened.account, clock, opened.transport.reply, ticks("0.5"))  # type: ignore[arg-type]
        opened.transport.reply = stage
        yield stage


@venues
async def test_steps_are_read_again_before_an_order_is_refused(venue: str) -> None:
    """An order that keeps the steps of now is placed, though it does not keep those that were remembered."""
    async with staged(venue) as stage:
        await stage.account.place_order(stage.order())
        stage.change = ticks("0.05")
        await stage.account.place_order(stage.order(price=D("2000.05")))

        assert (stage.reads, stage.orders) == (2, 2)


@venues
async def test_an_order_that_keeps_no_steps_is_refused_by_what_was_read_just_now(venue: str) -> None:
    """It is not sent; and the instruments are read again once in ten seconds, not for each such order."""
    async with staged(venue) as stage:
        for _ in range(3):
            with pytest.raises(InvalidArgument, match=r"2000\.3 is not a multiple of 0\.5"):
                await stage.account.place_order(stage.order(price=D("2000.3")))
        assert (stage.reads, stage.orders) == (2, 0)

        await stage.clock.sleep(11)
        stage.change = ticks("0.1")
        await stage.account.place_order(stage.order(price=D("2000.3")))
        assert (stage.reads, stage.orders) == (3, 1)


@venues
async def test_a_refusal_that_names_a_step_has_the_next_order_read_them_again(venue: str) -> None:
    """The refused order is raised as it is, and not sent a second time."""
    async with staged(venue) as stage:
        await stage.account.place_order(stage.order())
        stage.refusal = REFUSALS[venue]
        with pytest.raises(InvalidRequest) as refused:
            await stage.account.place_order(stage.order())
        assert refused.value.code == REFUSALS[venue]
        assert (stage.reads, stage.orders) == (1, 2)

        await stage.account.place_order(stage.order())
        assert (stage.reads, stage.orders) == (2, 3)


@venues
async def test_instruments_are_read_again_when_they_are_old(venue: str) -> None:
    """An hour by default; when they cannot be read then, those that are known hold on, and are tried again later."""
    async with staged(venue) as stage:
        for seconds, reads in ((0, 1), (3590, 1), (20, 2), (3590, 2)):
            await stage.clock.sleep(seconds)
            await stage.account.place_order(stage.order())
            assert stage.reads == reads
        stage.fails = True
        for seconds, reads in ((20, 3), (30, 3), (40, 4)):
            await stage.clock.sleep(seconds)
            await stage.account.place_order(stage.order())
            assert stage.reads == reads


@venues
async def test_a_new_listing_is_read_once(venue: str) -> None:
    """Not for each of its orders; a name that nobody lists is looked for once in ten seconds."""
    listed: list[Row] = []

    def unlisted(rows: list[Row]) -> None:
        symbol = VENUES[venue][0]
        listed[:] = rows
        rows[:] = [row for row in rows if row["symbol"] != symbol]

    async with staged(venue) as stage:
        stage.change = unlisted
        for _ in range(3):
            with pytest.raises(OperationError, match=r"lists no such"):
                await stage.account.place_order(stage.order())
        reads = stage.reads
        assert reads <= 3
        await stage.clock.sleep(11)
        stage.change = ticks("0.5")
        for _ in range(10):
            await stage.account.place_order(stage.order())
        assert stage.reads == reads + 1


async def test_how_old_instruments_may_be_is_the_runtimes() -> None:
    """A shorter time is a parameter."""
    from venuekit.read_cache import ReadCache

    clock, reads = InstantClock(), 0
    remembered = ReadCache(clock, timedelta(minutes=1).total_seconds())

    async def read() -> int:
        nonlocal reads
        reads += 1
        return reads

    assert [await remembered.value("key", read) for _ in range(2)] == [1, 1]
    await clock.sleep(61)
    assert await remembered.value("key", read) == 2
    remembered.outdate()
    assert await remembered.value("key", read) == 3
    assert [await remembered.refresh("key", read, "why", 10) for _ in range(2)] == [4, 4]
    assert await remembered.refresh("key", read, "why else", 10) == 5

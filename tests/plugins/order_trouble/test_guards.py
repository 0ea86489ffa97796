"""Orders in trouble that a countdown, a guard or a halt keeps."""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.order_trouble.trouble_stage import binance, opened, venues
from tests.plugins.stages import outcome_of

from venuekit.capabilities import OrderSide, OrderStatus, OrderType, PositionMode, PositionSide
from venuekit.errors import GuardRefused, InvalidArgument, Outcome
from venuekit.pipeline.guard import Guard
from venuekit.simulator import ApplyLater, DropBefore
from venuekit.simulator.ledger import Side

pytestmark = pytest.mark.looptime
D = Decimal


# -- countdown


@binance
@pytest.mark.parametrize("late", [0, 1], ids=["the first", "a beat"])
async def test_no_late_beat_arms_what_was_disarmed(venue: str, late: int) -> None:
    """Also of one that was sent again at once, and of the very first."""
    async with opened(venue) as stage:
        (one,) = await stage.place(stage.bid())
        if not late:
            stage.disturb("countdown", ApplyLater(3))
        async with stage.account.countdown(stage.symbol, 30):
            await stage.account.pause(1)
            if late:
                stage.disturb("countdown", ApplyLater(3))
                await stage.account.pause(9.5)
        await stage.account.pause(120)
        assert (stage.is_open(one), stage.ledger.deadline(stage.symbol)) == ([True], None)


@binance
async def test_a_countdown_that_ran_out_is_told(venue: str, caplog: pytest.LogCaptureFixture) -> None:
    """Once, while the block still runs: the venue may have cancelled everything."""
    async with opened(venue) as stage:
        (one,) = await stage.place(stage.bid())
        with caplog.at_level(logging.WARNING, "venuekit.countdown"):
            async with stage.account.countdown(stage.symbol, 9):
                stage.disturb("countdown", DropBefore(), times=8)
                await stage.account.pause(21)
                told = [record.getMessage() for record in caplog.records]
                await stage.account.pause(60)
        assert stage.is_open(one) == [False]
        assert len(told) == 1
        assert "was not renewed for 9 s: the venue may have cancelled its plain orders" in told[0]


@binance
@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), "9", True, D("NaN")])
async def test_a_countdown_that_is_no_number_is_not_sent(venue: str, seconds: Any) -> None:
    """It is refused by name."""
    async with opened(venue) as stage:
        with pytest.raises(InvalidArgument, match="countdown"):
            await stage.account.set_countdown(stage.symbol, seconds)
        assert not any("countdown" in one.path for one in stage.sim.requests)


@binance
@pytest.mark.parametrize(
    "guard",
    [Guard(read_only=True), Guard(allow=frozenset()), Guard(symbols={"BTCUSDT"})],
    ids=["read only", "no area", "another symbol"],
)
async def test_a_guard_forbids_a_countdown(venue: str, guard: Guard) -> None:
    """It cancels orders, so what may not cancel may not arm it."""
    async with opened(venue, guard=guard) as stage:
        with pytest.raises(GuardRefused):
            await stage.account.set_countdown(stage.symbol, 1)
        with pytest.raises(GuardRefused):
            async with stage.account.countdown(stage.symbol, 1):
                pass


# -- guards and forms


@binance
async def test_a_halted_account_closes_in_hedge_mode(venue: str) -> None:
    """There no order may say that it only reduces: its side does, and the opposite side opens."""
    async with opened(venue, scenario="flat") as stage:
        await stage.account.set_position_mode(PositionMode.HEDGE)
        stage.ledger.fill(stage.symbol, Side.BUY, stage.quantity, D(3000), PositionSide.LONG)
        stage.account.halt()
        close = stage.bid(type=OrderType.MARKET, price=None, side=OrderSide.SELL, position_side=PositionSide.LONG)
        for opening in (attrs.evolve(close, side=OrderSide.BUY), attrs.evolve(close, position_side=PositionSide.SHORT)):
            with pytest.raises(GuardRefused):
                await stage.account.place_order(opening)
            with pytest.raises(GuardRefused):
                await stage.account.place_orders([close, opening])
        assert (await stage.account.place_order(close)).status is OrderStatus.FILLED
        assert stage.ledger.position(stage.symbol, PositionSide.LONG).quantity == 0


@binance
async def test_a_batch_that_is_no_json_is_not_sent(venue: str) -> None:
    """A raw call with numbers within a list is refused by name."""
    async with opened(venue) as stage:
        with pytest.raises(InvalidArgument, match="write numbers as texts"):
            await stage.account.call(stage.endpoint("place_batch"), batchOrders=[{"quantity": D(1)}])


# -- halting


@venues
async def test_what_waits_while_the_account_is_halted_is_not_sent(venue: str) -> None:
    """An order that waits for a request that may still arrive is refused when its turn comes."""
    async with opened(venue) as stage:
        await stage.place(stage.bid())
        stage.disturb("cancel_all", ApplyLater(3))
        await stage.account.cancel_all_orders(symbol=stage.symbol)
        waiting = asyncio.create_task(outcome_of(stage.account.with_options(max_wait=60.0).place_order(stage.bid())))
        await stage.account.pause(1)
        stage.account.halt()

        refused = await waiting

        assert isinstance(refused, GuardRefused)
        assert refused.outcome is Outcome.NOT_SENT
        assert await stage.account.get_open_orders(symbol=stage.symbol) == ()

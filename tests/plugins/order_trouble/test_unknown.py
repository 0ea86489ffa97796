"""Orders in trouble of which too little is known, or only later."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.plugins.order_trouble.trouble_stage import binance, opened, venues
from tests.plugins.stages import PRICE, outcome_of

from venuekit.capabilities import Amendment, OrderSide, OrderStatus, OrderType
from venuekit.errors import (
    AnswerLost,
    Conflict,
    GuardRefused,
    NeverSent,
    NotExecuted,
    OperationError,
    Outcome,
    OutcomeUnknown,
    Rejected,
)
from venuekit.pipeline.guard import Guard
from venuekit.simulator import ApplyLater, CannedAnswer, Delay, DropAfter, DropBefore
from venuekit.simulator.ledger import Record

pytestmark = pytest.mark.looptime
D = Decimal


async def lost(call: Any) -> OutcomeUnknown:
    """Return the error of a write whose outcome stays unknown."""
    with pytest.raises(OutcomeUnknown) as caught:
        await call
    return caught.value


# -- what is found out later


@binance
async def test_resolve_of_a_batch_has_a_result_for_each_of_its_orders(venue: str) -> None:
    """A conditional order, which was not sent once the plain ones were lost, is told as such, in its place."""
    async with opened(venue) as stage:
        stop = stage.bid(side=OrderSide.SELL, type=OrderType.STOP_MARKET, price=None, trigger_price=stage.bid().price)
        stage.disturb("place_batch", ApplyLater(0.3))
        unknown = await lost(stage.account.with_options(deadline=0.25).place_orders([stop, stage.bid()]))
        await stage.account.pause(30)

        kept, placed = await unknown.resolve()

        assert isinstance(kept, NeverSent)
        assert placed.type is OrderType.LIMIT
        assert await stage.account.get_open_orders(symbol=stage.symbol) == (placed,)


# -- what is not known


@binance
@pytest.mark.parametrize("deadline", [None, 1.0])
async def test_a_countdown_without_an_answer_may_hold(venue: str, deadline: float | None) -> None:
    """Whether it was armed is not known, and nobody says that it was not."""
    async with opened(venue) as stage:
        stage.disturb("countdown", DropAfter(), times=9)
        error = await outcome_of(stage.account.with_options(deadline=deadline).set_countdown(stage.symbol, 30))
        assert isinstance(error, AnswerLost)
        assert error.outcome is Outcome.UNKNOWN


@venues
async def test_cancelling_everything_unseen_does_not_end_well_when_it_was_lost(venue: str) -> None:
    """An order that reads do not show yet is open, so that nothing is seen is no success."""
    async with opened(venue) as stage:
        stage.ledger.lag(Record.ORDERS, timedelta(seconds=8))
        await stage.place(stage.bid())
        stage.disturb("cancel_all", DropBefore(), times=4)
        await lost(stage.account.cancel_all_orders(symbol=stage.symbol))


@venues
@pytest.mark.parametrize("is_executed", [True, False])
async def test_order_placed_since_does_not_hide_that_everything_was_cancelled(venue: str, is_executed: bool) -> None:
    """Only an order that was there before shows that a lost cancellation was not executed."""
    async with opened(venue) as stage:
        (before,) = await stage.place(stage.bid())
        await stage.account.pause(1)
        stage.disturb("cancel_all", *[DropBefore()] * 3, ApplyLater(3) if is_executed else DropBefore())
        error = await lost(stage.account.cancel_all_orders(symbol=stage.symbol))
        await stage.account.pause(10)
        (since,) = await stage.place(stage.bid())
        assert stage.is_open(before, since) == [not is_executed, True]
        again = await outcome_of(error.resolve())
        assert type(again) is (OutcomeUnknown if is_executed else NotExecuted)
        if is_executed:
            stage.ledger.cancel_orders(stage.symbol)
            assert await error.resolve() == ()


@binance
async def test_a_lost_cancellation_says_more_than_a_failed_look(venue: str) -> None:
    """Where neither is answered, what is raised is that of the write, whose outcome is unknown."""
    async with opened(venue) as stage:
        await stage.place(stage.bid())
        stage.disturb("cancel_all", DropAfter(), times=4)
        stage.disturb("open_orders", DropBefore(), times=20)
        await lost(stage.account.cancel_all_orders(symbol=stage.symbol))


async def test_closed_account_does_not_tell_that_orders_were_not_cancelled() -> None:
    """They were, apart from conditional ones, which could not be listed; later nothing can be read any more."""
    async with opened("binance_coinm") as stage:
        (one,) = await stage.place(stage.bid())
        stage.disturb("open_orders", DropBefore(), times=20)
        error = await outcome_of(stage.account.cancel_all_orders(symbol=stage.symbol))
        assert (error.outcome, stage.is_open(one)) == (Outcome.UNKNOWN, [False])
    again = await outcome_of(error.resolve())
    assert again.outcome is Outcome.UNKNOWN


@venues
async def test_an_order_waits_for_all_that_may_still_end_it(venue: str) -> None:
    """Also for a request that is lost while it waits for another one."""
    async with opened(venue) as stage:
        await stage.place(stage.bid())
        stage.disturb("cancel_all", ApplyLater(3))
        await stage.account.cancel_all_orders(symbol=stage.symbol)
        waiting = asyncio.create_task(stage.account.with_options(max_wait=60.0).place_order(stage.bid()))
        await stage.account.pause(5)
        stage.disturb("cancel_all", ApplyLater(3))
        await stage.account.cancel_all_orders(symbol=stage.symbol)

        placed = await waiting
        await stage.account.pause(20)

        assert stage.is_open(placed.id) == [True]


@venues
async def test_a_late_attempt_of_ours_is_nobody_else(venue: str) -> None:
    """When the first of two lost requests empties the book between two looks, no second writer is accused."""
    async with opened(venue) as stage:
        await stage.place(stage.bid())
        stage.disturb("cancel_all", ApplyLater(0.5), DropBefore())
        stage.disturb("open_orders", Delay(before=0), Delay(before=1))
        ended = await outcome_of(stage.account.cancel_all_orders(symbol=stage.symbol))
        assert not isinstance(ended, Conflict)
        if isinstance(ended, OutcomeUnknown):
            await stage.account.pause(20)
            assert await ended.resolve() == ()


@venues
async def test_an_acknowledged_cancellation_is_not_told_as_not_applied(venue: str) -> None:
    """Whatever cannot be read of how the order ended: the venue took the request."""
    async with opened(venue) as stage:
        (one,) = await stage.place(stage.bid())
        for read in [read for read in stage.account.venue.endpoints if read.verb == "GET" and "rder" in read.path]:
            stage.sim.disturb(venue, read, DropBefore(), times=30)

        ended = await outcome_of(stage.account.cancel_order(stage.symbol, order_id=one))

        assert stage.is_open(one) == [False]
        if isinstance(ended, OperationError):
            assert ended.outcome is Outcome.UNKNOWN
        else:
            assert ended.status is OrderStatus.CANCELED


@pytest.mark.parametrize("venue", ["binance_coinm", "bybit_inverse"])
async def test_an_order_that_reads_show_late_was_amended_by_nobody_else(venue: str) -> None:
    """Two lost amendments, and an order that only the second look finds, unchanged: that is no second writer."""
    async with opened(venue) as stage:
        stage.ledger.lag(Record.ORDERS, timedelta(seconds=2))
        (one,) = await stage.place(stage.bid())
        stage.disturb("amend", DropBefore(), times=2)
        stage.disturb("open_orders" if venue == "bybit_inverse" else "order", Delay(before=0), Delay(before=3))
        terms = {"quantity": stage.quantity * 2, "price": PRICE}

        await lost(stage.account.amend_order(stage.symbol, OrderSide.BUY, order_id=one, **terms))


@binance
async def test_nothing_to_amend_is_believed_of_an_order_that_is_so(venue: str) -> None:
    """By itself and in a batch; where the order is otherwise, nothing was amended, and that is told."""
    code = {"binance_usdm": -5027, "binance_coinm": -4197}[venue]
    refusal = {"code": code, "msg": "No need to modify the order."}
    async with opened(venue) as stage:
        (one,) = await stage.place(stage.bid())
        as_it_is: dict[str, Any] = {"quantity": stage.quantity, "price": PRICE}
        other = as_it_is | {"price": PRICE + 10}
        for terms, is_believed in ((as_it_is, True), (other, False)):
            stage.disturb("amend", CannedAnswer.json(400, refusal))
            alone = await outcome_of(stage.account.amend_order(stage.symbol, OrderSide.BUY, order_id=one, **terms))
            stage.disturb("amend_batch", CannedAnswer.json(200, [refusal]))
            (among,) = await stage.account.amend_orders(
                [Amendment(symbol=stage.symbol, side=OrderSide.BUY, order_id=one, **terms)]
            )
            for found in (alone, among):
                if is_believed:
                    assert (found.id, found.price) == (one, terms["price"])
                else:
                    assert (type(found), found.outcome, found.code) == (Rejected, Outcome.NOT_APPLIED, code)


@binance
async def test_an_amendment_cannot_call_itself_reducing(venue: str) -> None:
    """What an item says beyond its terms takes none of a batch past the largest notional."""
    async with opened(venue, guard=Guard(max_notional=D(10_000))) as stage:
        item = {"symbol": stage.symbol, "orderId": "1", "side": "BUY", "quantity": "1", "price": "2000"}
        large = {**item, "quantity": "100000", "reduceOnly": "true"}
        told = {"contractSizes": ["10", "10"]} if venue == "binance_coinm" else {}
        with pytest.raises(GuardRefused, match="above"):
            await stage.account.call(stage.endpoint("amend_batch"), batchOrders=[item, large], **told)

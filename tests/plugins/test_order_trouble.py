"""Orders in trouble: what arrives late, what fails for one symbol, what a guard and a countdown keep."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.stages import PRICE, LeapingStage, leaping, outcome_of

import venuekit
from venuekit.capabilities import Amendment, OrderRequest, OrderSide, OrderStatus, OrderType, PositionMode, PositionSide
from venuekit.errors import (
    AnswerLost,
    Conflict,
    Fenced,
    GuardRefused,
    InvalidArgument,
    NeverSent,
    NotExecuted,
    OperationError,
    Outcome,
    OutcomeUnknown,
    Rejected,
)
from venuekit.pipeline.guard import Guard
from venuekit.simulator import ApplyLater, CannedAnswer, Delay, DropAfter, DropBefore, SecondActor
from venuekit.simulator.ledger import Record, Side
from venuekit.testing.clocks import LoopClock
from venuekit_bybit_inverse.endpoints import BYBIT

pytestmark = pytest.mark.looptime
D = Decimal
#: another symbol, a quantity of it, and a price at which an order to buy rests
OTHERS = {
    "binance_usdm": ("BTCUSDT", D("0.01"), D(60_000)),
    "binance_coinm": ("BTCUSD_PERP", D(10), D(60_000)),
    "bybit_inverse": ("BTCUSD", D(100), D(60_000)),
}
venues = pytest.mark.parametrize("venue", OTHERS)
binance = pytest.mark.parametrize("venue", ["binance_usdm", "binance_coinm"])
TIMEOUT = CannedAnswer.json(408, {"code": -1007, "msg": "Timeout waiting for response from backend server."})
SERVER_ERROR = CannedAnswer.json(200, {"retCode": 10016, "retMsg": "Server error.", "result": {}})


@attrs.frozen
class Stage(LeapingStage):
    """A simulated venue and an account of it."""

    def other_bid(self) -> OrderRequest:
        """Return an order of another symbol that rests."""
        symbol, quantity, price = OTHERS[self.venue]
        return self.bid(price, symbol=symbol, quantity=quantity)

    def endpoint(self, name: str) -> Any:
        """Return an endpoint by its name on Binance or on Bybit."""
        if hasattr(self.account.endpoints, "ORDERS"):
            return getattr(self.account.endpoints.ORDERS, name)
        names = {"cancel_all": "CANCEL_ALL", "cancel_batch": "CANCEL_BATCH"}
        names |= {"amend_batch": "AMEND_BATCH", "open_orders": "OPEN_ORDERS", "amend": "AMEND_ORDER"}
        return getattr(BYBIT, names[name])

    def disturb(self, name: str, *steps: Any, times: int = 1) -> None:
        """Script what happens to the next requests of an endpoint."""
        self.sim.disturb(self.venue, self.endpoint(name), *steps, times=times)

    def is_open(self, *ids: str) -> list[bool]:
        """Return which orders are open."""
        return [self.ledger.order(one).is_open for one in ids]


@asynccontextmanager
async def opened(venue: str, scenario: str = "holding", **details: Any) -> AsyncIterator[Stage]:
    """Open an account of a simulated venue; within the test, whose clock leaps."""
    async with leaping(venue, scenario, pause=1, **details) as (sim, account):
        yield Stage(sim, account)


# -- cancelling everything


@venues
async def test_late_cancel_of_everything_spares_what_is_placed_next(venue: str) -> None:
    """An order that it would end is not placed while the request without an answer may still arrive."""
    async with opened(venue) as stage:
        await stage.place(stage.bid())
        stage.disturb("cancel_all", ApplyLater(3))
        assert await stage.account.cancel_all_orders(symbol=stage.symbol) == ()
        upcoming = await outcome_of(stage.account.place_order(stage.bid()))
        await stage.account.pause(20)
        assert isinstance(upcoming, Fenced) or stage.is_open(upcoming.id) == [True]


@venues
async def test_trouble_with_one_symbol_does_not_keep_the_others(venue: str) -> None:
    """That of the first symbol stays unknown, and the other symbol is emptied all the same."""
    async with opened(venue) as stage:
        ids = await stage.place(stage.bid(), stage.other_bid())
        trouble = TIMEOUT if venue != "bybit_inverse" else SERVER_ERROR
        stage.disturb("cancel_all", trouble, trouble)
        await outcome_of(stage.account.cancel_all_orders())
        assert stage.is_open(ids[0]) == [False]


@binance
async def test_a_symbol_that_the_guard_forbids_does_not_keep_the_others(venue: str) -> None:
    """What the guard allows is cancelled, though the forbidden symbol comes first; and the refusal is raised."""
    async with opened(venue) as stage:
        ids = await stage.place(stage.bid(), stage.other_bid())
        async with (
            venuekit.Runtime(clock=LoopClock(), journal=False) as runtime,
            venuekit.connect(
                venue, stage.sim.credentials(venue), runtime=runtime, guard=Guard(symbols={stage.symbol})
            ) as guarded,
        ):
            known: Any = guarded
            with pytest.raises(GuardRefused, match="not among the allowed"):
                await known.cancel_all_orders()
        assert stage.is_open(*ids) == [False, True]


# -- batches


@binance
@pytest.mark.parametrize("fate", [DropBefore(), ApplyLater(3)], ids=["never arrived", "late"])
async def test_lost_cancels_of_orders_that_reads_do_not_show(venue: str, fate: Any) -> None:
    """No refusal is made up: they are sent once more, and end."""
    async with opened(venue) as stage:
        stage.ledger.lag(Record.ORDERS, timedelta(seconds=8))
        (one,) = await stage.place(stage.bid())
        stage.disturb("cancel_batch", fate)
        (ended,) = await stage.account.cancel_orders(stage.symbol, order_ids=[one])
        assert ended.status is OrderStatus.CANCELED
        await stage.account.pause(20)
        assert stage.is_open(one) == [False]


@venues
async def test_a_batch_of_which_one_was_refused_meets_nobody_else(venue: str) -> None:
    """Amended in part behind two lost answers: that is not known, and no other writer is made up."""
    async with opened(venue) as stage:
        first, gone = await stage.place(stage.bid(), stage.bid())
        wanted = [
            Amendment(symbol=stage.symbol, side=OrderSide.BUY, order_id=one, quantity=stage.quantity, price=PRICE - 100)
            for one in (first, gone)
        ]
        end = SecondActor(lambda ledger: ledger.cancel_order(gone))
        stage.disturb("amend_batch", (end, DropBefore()), DropAfter())
        told = await outcome_of(stage.account.amend_orders(wanted))
        assert type(told) is OutcomeUnknown
        assert not isinstance(told, Conflict)
        assert stage.ledger.order(first).price == PRICE - 100
        await stage.account.pause(60)  # nothing can arrive any more
        with pytest.raises(OutcomeUnknown):  # nor is it called not executed, which one half of it is
            await told.resolve()


@venues
async def test_a_batch_is_not_called_unexecuted_once_a_later_write_changed_an_order_of_it(venue: str) -> None:
    """It arrived behind two lost answers; then one of its orders was amended once more, and then the other."""
    async with opened(venue) as stage:
        first, second = await stage.place(stage.bid(), stage.bid())

        def to(price: Decimal, order_id: str) -> Amendment:
            quantity = stage.quantity
            return Amendment(symbol=stage.symbol, side=OrderSide.BUY, order_id=order_id, quantity=quantity, price=price)

        stage.disturb("amend_batch", DropBefore(), ApplyLater(0.5))
        told = await outcome_of(stage.account.amend_orders([to(PRICE - 100, first), to(PRICE - 100, second)]))
        assert type(told) is OutcomeUnknown
        patient = stage.account.with_options(max_wait=120)
        await patient.amend_orders([to(PRICE - 200, first)])
        assert stage.ledger.order(second).price == PRICE - 100
        with pytest.raises(OutcomeUnknown):
            await told.resolve()
        await patient.amend_orders([to(PRICE - 200, second)])
        with pytest.raises(OutcomeUnknown, match="a later write of this account"):
            await told.resolve()


@venues
async def test_a_batch_of_cancels_is_not_called_unexecuted_where_one_order_ended(venue: str) -> None:
    """Whether it was this batch that ended it cannot be told."""
    async with opened(venue) as stage:
        first, second = await stage.place(stage.bid(), stage.bid())
        end = SecondActor(lambda ledger: ledger.cancel_order(first))
        stage.disturb("cancel_batch", (end, DropBefore()), DropBefore())
        told = await outcome_of(stage.account.cancel_orders(stage.symbol, order_ids=[first, second]))
        assert type(told) is OutcomeUnknown
        await stage.account.pause(60)  # nothing can arrive any more
        with pytest.raises(OutcomeUnknown):
            await told.resolve()
        assert stage.is_open(first, second) == [False, True]


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


async def lost(call: Any) -> OutcomeUnknown:
    """Return the error of a write whose outcome stays unknown."""
    with pytest.raises(OutcomeUnknown) as caught:
        await call
    return caught.value


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

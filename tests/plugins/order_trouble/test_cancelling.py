"""Orders in trouble that are cancelled, all of them or in batches: what arrives late, and what fails for one symbol."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.plugins.order_trouble.trouble_stage import binance, opened, venues
from tests.plugins.stages import PRICE, outcome_of

import venuekit
from venuekit.capabilities import Amendment, OrderSide, OrderStatus
from venuekit.errors import Conflict, Fenced, GuardRefused, OutcomeUnknown
from venuekit.pipeline.guard import Guard
from venuekit.simulator import ApplyLater, CannedAnswer, DropAfter, DropBefore, SecondActor
from venuekit.simulator.ledger import Record
from venuekit.testing.clocks import LoopClock

pytestmark = pytest.mark.looptime
TIMEOUT = CannedAnswer.json(408, {"code": -1007, "msg": "Timeout waiting for response from backend server."})
SERVER_ERROR = CannedAnswer.json(200, {"retCode": 10016, "retMsg": "Server error.", "result": {}})


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

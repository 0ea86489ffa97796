"""Lost answers about what may be repeated, and of a process that is gone; on every product."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from tests.plugins.binance.order_resolution.fates import FATES, IN_TIME, Stage, amending, fates
from tests.plugins.stages import BINANCE, VENUES

import venuekit
from venuekit.capabilities import OrderSide, OrderStatus
from venuekit.errors import NotFound, OutcomeUnknown
from venuekit.simulator import Delay, Disturbance, DropAfter, DropBefore, Lag, SecondActor
from venuekit.simulator.ledger import Book, Side
from venuekit.testing.clocks import LoopClock
from venuekit_binance_common.orders.writes import UNKNOWN_ORDER

pytestmark = pytest.mark.looptime
D = Decimal
#: what was carried out, and may be sent a second time all the same, since that ends or sets nothing else
REPEATED = (IN_TIME, FATES["-1008, applied"][0])


# -- what may be repeated


@fates
async def test_lost_cancel(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """
    A cancel whose answer is lost is found out about, repeated at most once, and tells how the order ended.

    One that met an overloaded venue is repeated without a look.
    """
    order = await stage.account.place_order(stage.bid())
    stage.disturb(stage.orders.cancel, fate)
    ended = await stage.account.cancel_order(stage.symbol, order_id=order.id)
    assert (ended.id, ended.status) == (order.id, OrderStatus.CANCELED)
    assert stage.ledger.open_orders(stage.symbol) == ()
    assert 1 <= stage.sent(stage.orders.cancel) <= 2
    assert stage.sent(stage.orders.cancel) == 1 or fate in REPEATED or not applied


async def test_own_lost_cancel_that_meets_no_order(stage: Stage) -> None:
    """The second cancel meets -2011 because the first one arrived after all: no error, the order has ended."""
    order = await stage.account.place_order(stage.bid())
    stage.disturb(stage.orders.cancel, DropAfter())
    stage.disturb(stage.orders.order, Lag(reads=1))
    assert (await stage.account.cancel_order(stage.symbol, order_id=order.id)).status is OrderStatus.CANCELED
    assert stage.sent(stage.orders.cancel) == 2


async def test_lost_cancel_of_an_order_that_filled(stage: Stage) -> None:
    """It is returned as filled, with what it was worth."""
    order = await stage.account.place_order(stage.bid())
    fill = SecondActor(lambda ledger: ledger.fill_order(order.id))
    stage.disturb(stage.orders.cancel, (fill, DropAfter()))
    ended = await stage.account.cancel_order(stage.symbol, order_id=order.id)
    assert (ended.status, ended.filled, ended.average_price) == (OrderStatus.FILLED, stage.quantity, 2000)
    assert ended.filled_value == stage.ledger.order(order.id).filled_value


@pytest.mark.parametrize("fate", [DropAfter(), DropBefore(), IN_TIME], ids=["arrived", "never arrived", "late"])
async def test_lost_cancel_by_the_name_of_a_conditional_order(stage: Stage, fate: Disturbance) -> None:
    """The plain book is asked first, whatever becomes of that; alone and in a batch the conditional order ends."""
    first = await stage.account.place_order(stage.stop())
    stage.disturb(stage.orders.cancel, fate)
    assert (await stage.account.cancel_order(stage.symbol, order_id=first.id)).status is OrderStatus.CANCELED
    second = await stage.account.place_order(stage.stop())
    stage.disturb(stage.orders.cancel_batch, fate)
    (ended,) = await stage.account.cancel_orders(stage.symbol, order_ids=[second.id])
    assert (ended.id, ended.status) == (second.id, OrderStatus.CANCELED)
    assert stage.ledger.open_orders() == ()


async def test_lost_cancel_of_what_is_nowhere(stage: Stage) -> None:
    """Nothing is claimed about it."""
    stage.disturb(stage.orders.cancel, DropBefore())
    with pytest.raises(OutcomeUnknown, match="no such order"):
        await stage.account.cancel_order(stage.symbol, client_id="never")


async def test_cancel_of_what_is_nowhere(stage: Stage) -> None:
    """The venue's refusal arrives, as that of an order it does not know."""
    with pytest.raises(NotFound, match="Unknown order sent") as caught:
        await stage.account.cancel_order(stage.symbol, client_id="never")
    assert caught.value.code == UNKNOWN_ORDER


@fates
@amending
async def test_lost_amendment(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """An amendment holds in the end, whatever became of its first attempt."""
    order = await stage.account.place_order(stage.bid())
    assert stage.orders.amend is not None
    stage.disturb(stage.orders.amend, fate)
    told = await stage.account.amend_order(
        stage.symbol, OrderSide.BUY, order_id=order.id, quantity=2 * stage.quantity, price=D(1900)
    )
    held = stage.ledger.order(order.id)
    assert (held.quantity, held.price) == (told.quantity, told.price) == (2 * stage.quantity, D(1900))
    assert stage.sent(stage.orders.amend) <= (1 if applied and fate not in REPEATED else 2)


@amending
async def test_amendment_of_what_is_not_open(stage: Stage) -> None:
    """It is not found, also when only one of the two numbers is given."""
    for numbers in ({"price": D(1900)}, {"price": D(1900), "quantity": stage.quantity}):
        with pytest.raises(NotFound):
            await stage.account.amend_order(stage.symbol, OrderSide.BUY, client_id="never", **numbers)


@fates
async def test_lost_cancel_of_everything(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """Nothing is left in any book."""
    for request in (stage.bid(2000), stage.stop(), stage.stop()):
        await stage.account.place_order(request)
    stage.disturb(stage.orders.cancel_all, fate)
    if stage.orders.algo is not None:
        stage.disturb(stage.orders.algo.cancel_all or stage.orders.algo.cancel, fate)
    assert await stage.account.cancel_all_orders() == ()
    assert stage.ledger.open_orders() == ()
    assert applied is not None


async def test_orders_that_come_meanwhile_are_cancelled_too(stage: Stage) -> None:
    """Both books are read again until nothing is open, also after a conditional order became a plain one."""
    await stage.account.place_order(stage.bid())
    more = SecondActor(
        lambda ledger: [ledger.rest_order(stage.symbol, Side.BUY, stage.quantity, D(1500), book=book) for book in Book],
        after=True,
    )
    stage.disturb(stage.orders.cancel_all, more)
    assert await stage.account.cancel_all_orders(symbol=stage.symbol) == ()
    assert stage.ledger.open_orders() == ()


# -- a process that is gone


@pytest.mark.parametrize("arrives", [True, False], ids=["arrives", "does not arrive"])
@pytest.mark.parametrize("venue", BINANCE)
async def test_unfinished_writes_of_a_killed_process_are_worked_off(tmp_path: Path, venue: str, arrives: bool) -> None:
    """What a journal kept of orders, batches and cancellations is enough to find out about them."""
    symbol, _ = VENUES[venue]
    clock = LoopClock()
    async with (
        venuekit.simulate(venue, scenario="flat", clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=tmp_path) as runtime,
        venuekit.connect(venue, sim.credentials(venue), runtime=runtime) as account,
    ):
        stage = Stage(sim, account)
        first = await stage.account.place_order(stage.bid())
        orders = stage.orders
        fate = DropAfter() if arrives else DropBefore()
        calls = [
            (orders.place, stage.account.place_order(stage.bid(2001))),
            (stage.conditional.place, stage.account.place_order(stage.stop())),
            (orders.place_batch, stage.account.place_orders([stage.bid(2002), stage.bid(2003)])),
            (orders.cancel, stage.account.cancel_order(symbol, order_id=first.id)),
        ]
        for endpoint, call in calls:
            stage.disturb(endpoint, (Delay(after=1), fate))
            task = asyncio.ensure_future(call)
            await clock.sleep(0.5)
            task.cancel()
            await asyncio.wait([task])
        await clock.sleep(30)
        assert len(account.unresolved) == len(calls)
        for entry in account.unresolved:
            words = await account.resolve(entry)
            said = ("it happened" in words or "it holds" in words) if arrives else "does not hold" in words
            assert said or (not arrives and "found nowhere" in words), words
        assert len(stage.ledger.orders(symbol)) == (5 if arrives else 1)

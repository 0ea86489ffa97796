"""Lost answers about orders: what is reported is true, and nothing has a second effect; on every product."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.plugins.stages import BINANCE, VENUES, LeapingStage, leaping

import venuekit
from venuekit.capabilities import Amendment, Order, OrderRequest, OrderSide, OrderStatus, OrderType
from venuekit.errors import NotExecuted, NotFound, OperationError, Outcome, OutcomeUnknown, Rejected
from venuekit.simulator import (
    ApplyLater,
    CannedAnswer,
    Delay,
    Disturbance,
    DropAfter,
    DropBefore,
    Lag,
    SecondActor,
)
from venuekit.simulator.ledger import Book, Record, Side
from venuekit.testing.clocks import LoopClock
from venuekit_binance_common.orders.endpoints import OrderEndpoints
from venuekit_binance_common.orders.writes import UNKNOWN_ORDER

pytestmark = pytest.mark.looptime
D = Decimal
#: those that can amend orders
amending = pytest.mark.parametrize("stage", ["binance_usdm", "binance_coinm"], indirect=True)


def _unknown(code: int, words: str, *, status: int = 400, applied: bool) -> CannedAnswer:
    return CannedAnswer.json(status, {"code": code, "msg": words}, applied=applied)


_TIMEOUT = "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
_THROTTLED = "Request throttled by system-level protection."
#: within the window of five seconds, and past it
IN_TIME, TOO_LATE = ApplyLater(3), ApplyLater(7)
#: what happens to a request, and whether it is carried out in the end
FATES: dict[str, tuple[Disturbance, bool]] = {
    "applied": (DropAfter(), True),
    "never arrived": (DropBefore(), False),
    "arrives before the fence": (IN_TIME, True),
    "arrives after the fence": (TOO_LATE, False),
    "-1007, applied": (_unknown(-1007, _TIMEOUT, status=408, applied=True), True),
    "-1007, not applied": (_unknown(-1007, _TIMEOUT, status=408, applied=False), False),
    "-1008, applied": (_unknown(-1008, _THROTTLED, status=503, applied=True), True),
    "-1008, not applied": (_unknown(-1008, _THROTTLED, status=503, applied=False), False),
    "503 without a code, applied": (
        CannedAnswer.json(503, {"msg": "Unknown error, please check your request or try again later."}, applied=True),
        True,
    ),
    "a gateway's page": (CannedAnswer.html(502), False),
}
#: what was carried out, and may be sent a second time all the same, since that ends or sets nothing else
REPEATED = (IN_TIME, FATES["-1008, applied"][0])
fates = pytest.mark.parametrize(("fate", "applied"), FATES.values(), ids=FATES)


@attrs.frozen
class Stage(LeapingStage):
    """A simulated venue and an account of it on one clock that leaps over waiting."""

    @property
    def orders(self) -> OrderEndpoints:
        """The endpoints of orders."""
        endpoints: OrderEndpoints = self.account.endpoints.ORDERS
        return endpoints

    @property
    def conditional(self) -> Any:
        """The endpoints of conditional orders, those of all orders where they have no book of their own."""
        return self.orders.algo or self.orders

    def sent(self, endpoint: Any) -> int:
        """Return how many requests arrived at an endpoint."""
        return sum((one.verb, one.path) == (endpoint.verb, endpoint.path) for one in self.sim.requests)

    def taken(self, **details: Any) -> OrderRequest:
        """Return an order that is filled at once."""
        return self.bid(type=OrderType.MARKET, **{"price": None, **details})

    def stop(self, **details: Any) -> OrderRequest:
        """Return a conditional order far from its trigger."""
        return self.bid(type=OrderType.STOP_MARKET, **{"price": None, "trigger_price": D(4000), **details})

    async def resend_until(self) -> Any:
        """Return a view of the account that sends anew what is proven not to have been executed."""
        return self.account.with_options(resend_until=(await self.account.get_server_time()) + timedelta(minutes=2))


@pytest.fixture(params=BINANCE)
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """An account of each product."""
    async with leaping(request.param, "flat") as (sim, account):
        yield Stage(sim, account)


async def outcome_of(call: Any) -> Any:
    """Return what a call returns, or the error it ends in."""
    try:
        return await call
    except OperationError as error:
        return error


# -- placing


@fates
@pytest.mark.parametrize("kind", ["bid", "taken"])
async def test_lost_order(stage: Stage, fate: Disturbance, applied: bool, kind: str) -> None:
    """An order is sent once; it is found by its client id, or proven not to be there."""
    stage.disturb(stage.orders.place, fate)
    found = await outcome_of(stage.account.place_order(getattr(stage, kind)()))
    if applied:
        held = stage.ledger.order(found.id)
        assert (found.client_id, found.quantity, found.filled) == (held.client_id, held.quantity, held.filled)
        assert found.status is (OrderStatus.OPEN if kind == "bid" else OrderStatus.FILLED)
    else:
        assert type(found) is NotExecuted
        assert (found.outcome, bool(found.client_id), bool(found.fence)) == (Outcome.NOT_APPLIED, True, True)
    assert len(stage.ledger.orders(stage.symbol)) == applied
    assert stage.sent(stage.orders.place) == 1


@fates
async def test_order_while_reads_lag(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """Orders that are seen only after seconds are found all the same: -2013 right after placing proves nothing."""
    stage.ledger.lag(Record.ORDERS, timedelta(seconds=8))
    stage.disturb(stage.orders.place, fate)
    found = await outcome_of(stage.account.place_order(stage.taken()))
    assert isinstance(found, Order if applied else NotExecuted)
    assert bool(stage.ledger.position(stage.symbol).quantity) is applied
    assert stage.sent(stage.orders.place) == 1


async def test_an_equal_order_of_a_second_actor_is_not_ours(stage: Stage) -> None:
    """Somebody else's order of the same size and price does not pass for ours."""
    actor = SecondActor(
        lambda ledger: ledger.rest_order(stage.symbol, Side.BUY, stage.quantity, D(2000), client_id="other")
    )
    stage.disturb(stage.orders.place, (actor, DropBefore()))
    with pytest.raises(NotExecuted):
        await stage.account.place_order(stage.bid(client_id="mine"))
    assert stage.sent(stage.orders.place) == 1


async def test_an_older_order_of_the_same_id_is_not_ours(stage: Stage) -> None:
    """An order that had ended before we sent anything proves nothing, although its id may be used again."""
    await stage.account.place_order(stage.taken(client_id="twice"))
    await stage.account.pause(5)
    stage.disturb(stage.orders.place, DropBefore())
    with pytest.raises(NotExecuted, match="twice"):
        await stage.account.place_order(stage.taken(client_id="twice"))
    assert stage.ledger.position(stage.symbol).quantity == stage.quantity


async def test_an_order_of_the_same_id_and_another_size_is_unclear(stage: Stage) -> None:
    """Somebody else who uses our id at the same time makes the outcome unknown."""
    actor = SecondActor(
        lambda ledger: ledger.rest_order(stage.symbol, Side.BUY, 3 * stage.quantity, D(2000), client_id="mine")
    )
    stage.disturb(stage.orders.place, (actor, DropBefore()))
    with pytest.raises(OutcomeUnknown, match="id of another order"):
        await stage.account.place_order(stage.bid(client_id="mine"))


async def test_an_order_may_be_sent_again_after_the_proof(stage: Stage) -> None:
    """Whoever opts in has it sent once more, with the same client id."""
    stage.disturb(stage.orders.place, DropBefore())
    account = await stage.resend_until()
    order = await account.place_order(stage.bid(client_id="again"))
    assert (order.client_id, stage.sent(stage.orders.place)) == ("again", 2)
    assert [one.client_id for one in stage.ledger.orders(stage.symbol)] == ["again"]


async def test_duplicate_without_a_loss_is_a_refusal(stage: Stage) -> None:
    """The id of an open order is refused with -4116 at once; after a fill it places a second order."""
    await stage.account.place_order(stage.bid(client_id="mine"))
    await stage.account.pause(1)
    with pytest.raises(Rejected) as caught:
        await stage.account.place_order(stage.bid(client_id="mine"))
    assert (caught.value.code, caught.value.outcome) == (-4116, Outcome.NOT_APPLIED)
    await stage.account.cancel_order(stage.symbol, client_id="mine")
    for _ in range(2):
        await stage.account.place_order(stage.taken(client_id="mine"))
        await stage.account.pause(1)
    assert stage.ledger.position(stage.symbol).quantity == 2 * stage.quantity


async def test_reads_that_fail_prove_nothing(stage: Stage) -> None:
    """While nothing can be read the outcome is unknown; resolution later finds the order."""
    stage.disturb(stage.orders.place, DropAfter())
    stage.disturb(stage.orders.order, CannedAnswer.html(404), times=4)
    with pytest.raises(OutcomeUnknown) as caught:
        await stage.account.place_order(stage.bid(client_id="later"))
    assert caught.value.client_id == "later"
    found = await caught.value.resolve()
    assert isinstance(found, Order)
    assert (found.client_id, found.status) == ("later", OrderStatus.OPEN)
    assert stage.sent(stage.orders.place) == 1


# -- conditional orders


@fates
async def test_lost_conditional_order(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """It is sent once and found; where it cannot be queried, not finding it is not called "not executed"."""
    stage.disturb(stage.conditional.place, fate)
    found = await outcome_of(stage.account.place_order(stage.stop()))
    if applied:
        assert (found.id, found.status) == (stage.ledger.orders(stage.symbol)[0].id, OrderStatus.UNTRIGGERED)
    else:
        assert type(found) is NotExecuted
    assert len(stage.ledger.orders(stage.symbol)) == applied
    assert stage.sent(stage.conditional.place) == 1


async def test_lost_conditional_order_that_triggered(stage: Stage) -> None:
    """One that waits no longer is found by its query."""
    trigger = SecondActor(lambda ledger: ledger.set_mark(stage.symbol, D(4100)), after=True)
    stage.disturb(stage.conditional.place, (trigger, DropAfter()))
    found = await outcome_of(stage.account.place_order(stage.stop()))
    assert stage.ledger.position(stage.symbol).quantity == stage.quantity
    if stage.orders.algo is None:
        assert (found.status, found.filled, found.triggered_order_id) == (OrderStatus.FILLED, stage.quantity, None)
    else:
        assert (found.status, bool(found.triggered_order_id)) == (OrderStatus.TRIGGERED, True)
    assert stage.sent(stage.conditional.place) == 1


@fates
async def test_lost_cancel_of_a_conditional_order(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """It is open no longer, and what is said about how it ended is so."""
    order = await stage.account.place_order(stage.stop())
    stage.disturb(stage.conditional.cancel, fate)
    ended = await outcome_of(stage.account.cancel_order(stage.symbol, order_id=order.id))
    assert stage.ledger.orders(stage.symbol, is_open=True) == ()
    assert stage.sent(stage.conditional.cancel) <= 2
    assert (ended.id, ended.status) == (order.id, OrderStatus.CANCELED)
    assert applied is not None


# -- batches


@fates
async def test_lost_batch(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """A batch is sent once, and each of its orders is accounted for."""
    stage.disturb(stage.orders.place_batch, fate)
    found = await outcome_of(stage.account.place_orders([stage.bid(2000), stage.bid(2001), stage.taken()]))
    if applied:
        assert [one.status for one in found] == ["open", "open", "filled"]
    else:
        assert [type(one) for one in found] == [NotExecuted] * 3
        assert len({one.client_id for one in found} - {None}) == 3
    assert len(stage.ledger.orders(stage.symbol)) == 3 * applied
    assert stage.sent(stage.orders.place_batch) == 1


async def test_a_batch_of_unknown_outcome_is_resolved_item_by_item(stage: Stage) -> None:
    """While nothing can be read the error names every id; resolution later gives each order in its place."""
    stage.disturb(stage.orders.place_batch, DropAfter())
    stage.disturb(stage.orders.order, CannedAnswer.html(404), times=4)
    with pytest.raises(OutcomeUnknown) as caught:
        await stage.account.place_orders([stage.bid(2000, client_id="a"), stage.bid(2001, client_id="b")])
    assert caught.value.client_id == "a, b"
    assert [(type(one), one.client_id) for one in await caught.value.resolve()] == [(Order, "a"), (Order, "b")]


@pytest.mark.parametrize("fate", [DropAfter(), IN_TIME], ids=["applied", "arrives before the fence"])
async def test_lost_batch_of_which_one_was_refused(stage: Stage, fate: Disturbance) -> None:
    """An order that the venue did not take within a lost batch is "not executed", the others are there."""
    stage.ledger.rest_order(stage.symbol, Side.SELL, stage.quantity, D(4000), client_id="taken")
    await stage.account.pause(5)
    stage.disturb(stage.orders.place_batch, fate)
    first, second, third = await stage.account.place_orders(
        [stage.bid(2000, client_id="a"), stage.bid(2001, client_id="taken"), stage.bid(2002, client_id="c")]
    )
    assert isinstance(second, NotExecuted)
    assert (second.client_id, second.outcome) == ("taken", Outcome.NOT_APPLIED)
    assert (first.client_id, third.client_id) == ("a", "c")
    assert [one.client_id for one in stage.ledger.orders(stage.symbol)] == ["taken", "a", "c"]
    assert stage.sent(stage.orders.place_batch) == 1


@fates
@amending
async def test_lost_batch_of_amendments(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """Amending several orders holds in the end."""
    ids = [order.id for order in await stage.account.place_orders([stage.bid(2000), stage.bid(2001)])]
    assert stage.orders.amend_batch is not None
    stage.disturb(stage.orders.amend_batch, fate)
    wanted = [
        Amendment(symbol=stage.symbol, side=OrderSide.BUY, order_id=one, price=D(1900 + n)) for n, one in enumerate(ids)
    ]
    assert [one.price for one in await stage.account.amend_orders(wanted)] == [1900, 1901]
    assert [order.price for order in stage.ledger.orders(stage.symbol)] == [1900, 1901]
    assert 1 <= stage.sent(stage.orders.amend_batch) <= 2
    assert applied is not None


@fates
async def test_lost_batch_of_cancellations(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """Cancelling several orders holds in the end."""
    ids = [order.id for order in await stage.account.place_orders([stage.bid(2000), stage.bid(2001)])]
    stage.disturb(stage.orders.cancel_batch, fate)
    ended = await stage.account.cancel_orders(stage.symbol, order_ids=ids)
    assert [one.status for one in ended] == ["canceled", "canceled"]
    assert stage.ledger.open_orders() == ()
    assert 1 <= stage.sent(stage.orders.cancel_batch) <= 2
    assert applied is not None


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

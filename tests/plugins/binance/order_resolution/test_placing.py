"""Lost answers about orders that are placed: what is reported is true, and none is placed twice; on every product."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.plugins.binance.order_resolution.fates import Stage, fates
from tests.plugins.stages import outcome_of

from venuekit.capabilities import Order, OrderStatus
from venuekit.errors import NotExecuted, Outcome, OutcomeUnknown, Rejected
from venuekit.simulator import CannedAnswer, Disturbance, DropAfter, DropBefore, SecondActor
from venuekit.simulator.ledger import Record, Side

pytestmark = pytest.mark.looptime
D = Decimal


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

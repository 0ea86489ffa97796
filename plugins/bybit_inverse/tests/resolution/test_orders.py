"""Lost answers about orders that are placed: what is reported is true, and none is placed twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from plugins.bybit_inverse.tests.resolution.fates import IN_TIME, Stage, bid, fates

from venuekit.capabilities import Order, OrderRequest, OrderStatus, OrderType
from venuekit.errors import NotExecuted, Outcome, OutcomeUnknown
from venuekit.simulator import Disturbance, DropAfter, DropBefore, SecondActor
from venuekit.simulator.ledger import Record, Side
from venuekit_bybit_inverse.endpoints import BYBIT

pytestmark = pytest.mark.looptime
D = Decimal


def taken() -> OrderRequest:
    """Return an order that is filled at once."""
    return attrs.evolve(bid(), type=OrderType.MARKET, price=None)


@fates
@pytest.mark.parametrize("request_of", [bid, taken], ids=["rests", "filled"])
async def test_lost_order(stage: Stage, fate: Disturbance, applied: bool, request_of: Callable[[], Any]) -> None:
    """An order is sent once; it is found by its client id, or proven not to be there."""
    stage.disturb(BYBIT.CREATE_ORDER, fate)
    before = len(stage.ledger.orders("ETHUSD"))
    if applied:
        order = await stage.account.place_order(request_of())
        held = stage.ledger.order(order.id)
        assert (order.client_id, order.quantity) == (held.client_id, held.quantity)
        assert order.status in {OrderStatus.OPEN, OrderStatus.FILLED}
    else:
        with pytest.raises(NotExecuted) as caught:
            await stage.account.place_order(request_of())
        assert caught.value.client_id
        assert caught.value.fence
    assert len(stage.ledger.orders("ETHUSD")) == before + applied
    assert stage.sent(BYBIT.CREATE_ORDER) == 1


@fates
async def test_order_while_history_lags(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """Orders that are seen only after seconds are found all the same."""
    stage.ledger.lag(Record.ORDERS, timedelta(seconds=4))
    stage.disturb(BYBIT.CREATE_ORDER, fate)
    try:
        await stage.account.place_order(taken())
        reported = True
    except NotExecuted:
        reported = False
    assert reported is applied
    assert bool(stage.ledger.position("ETHUSD").quantity) is applied
    assert stage.sent(BYBIT.CREATE_ORDER) == 1


async def test_order_that_is_decided_late(stage: Stage) -> None:
    """An accepted order that no read shows for seconds is not taken for absent."""
    stage.ledger.set_decision_delay(timedelta(seconds=8))
    stage.disturb(BYBIT.CREATE_ORDER, DropAfter())
    order = await stage.account.place_order(bid())
    assert (order.status, stage.sent(BYBIT.CREATE_ORDER)) == (OrderStatus.OPEN, 1)


async def test_lost_order_that_was_rejected_later(stage: Stage) -> None:
    """An order that was accepted and then rejected is reported as the rejected order that it is."""
    stage.ledger.set_decision_delay(timedelta(seconds=1))
    stage.disturb(BYBIT.CREATE_ORDER, DropAfter())
    stage.disturb(BYBIT.OPEN_ORDERS, SecondActor(lambda ledger: ledger.deposit("ETH", D(-250))))
    order = await stage.account.place_order(bid())
    assert (order.status, order.reject_reason) == (OrderStatus.REJECTED, "EC_Others")


async def test_an_equal_order_of_a_second_actor_is_not_ours(stage: Stage) -> None:
    """Somebody else's order of the same size and price does not pass for ours."""
    actor = SecondActor(lambda ledger: ledger.rest_order("ETHUSD", Side.BUY, D(100), D(2000), client_id="other"))
    stage.disturb(BYBIT.CREATE_ORDER, (actor, DropBefore()))
    with pytest.raises(NotExecuted):
        await stage.account.place_order(bid(client_id="mine"))
    assert stage.sent(BYBIT.CREATE_ORDER) == 1


async def test_an_older_order_of_the_same_id_is_not_ours(stage: Stage) -> None:
    """An order that stood there before we sent anything proves nothing."""
    await stage.account.place_order(bid(client_id="twice"))
    await stage.pass_by(3)
    stage.disturb(BYBIT.CREATE_ORDER, DropBefore())
    with pytest.raises(NotExecuted, match="twice"):
        await stage.account.place_order(bid(client_id="twice"))
    assert len(stage.ledger.orders("ETHUSD")) == 1


async def test_an_order_of_the_same_id_and_another_size_is_unclear(stage: Stage) -> None:
    """Somebody else who uses our id at the same time makes the outcome unknown."""
    actor = SecondActor(lambda ledger: ledger.rest_order("ETHUSD", Side.BUY, D(7), D(2000), client_id="mine"))
    stage.disturb(BYBIT.CREATE_ORDER, (actor, DropBefore()))
    with pytest.raises(OutcomeUnknown, match="id of another order"):
        await stage.account.place_order(bid(client_id="mine"))


async def test_an_order_may_be_sent_again_after_the_proof(stage: Stage) -> None:
    """Whoever opts in has it sent once more, with the same client id."""
    stage.disturb(BYBIT.CREATE_ORDER, DropBefore())
    account = stage.account.with_options(resend_until=(await stage.account.get_server_time()) + timedelta(minutes=1))
    order = await account.place_order(bid(client_id="again"))
    assert (order.client_id, stage.sent(BYBIT.CREATE_ORDER)) == ("again", 2)
    assert [one.client_id for one in stage.ledger.orders("ETHUSD")] == ["again"]


@fates
async def test_lost_batch(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """A batch is sent once, and each of its orders is accounted for."""
    stage.disturb(BYBIT.CREATE_BATCH, fate)
    wanted = [bid(2000, client_id="a"), bid(2001, client_id="b"), attrs.evolve(taken(), client_id="c")]
    if applied:
        orders = await stage.account.place_orders(wanted)
        assert [one.status for one in orders if isinstance(one, Order)] == ["open", "open", "filled"]
    else:
        missing = await stage.account.place_orders(wanted)
        assert [(type(one), one.client_id) for one in missing] == [(NotExecuted, name) for name in "abc"]
    assert len(stage.ledger.orders("ETHUSD")) == 3 * applied
    assert stage.sent(BYBIT.CREATE_BATCH) == 1


@pytest.mark.parametrize("fate", [DropAfter(), IN_TIME], ids=["applied", "arrives before the fence"])
async def test_lost_batch_of_which_one_was_refused(stage: Stage, fate: Disturbance) -> None:
    """An order that the venue did not take within a lost batch is "not executed", the others are there."""
    stage.ledger.rest_order("ETHUSD", Side.SELL, D(5), D(4000), client_id="taken")
    await stage.pass_by(5)
    stage.disturb(BYBIT.CREATE_BATCH, fate)
    first, second, third = await stage.account.place_orders(
        [bid(2000, client_id="a"), bid(2001, client_id="taken"), bid(2002, client_id="c")]
    )
    assert isinstance(second, NotExecuted)
    assert (second.client_id, second.outcome) == ("taken", Outcome.NOT_APPLIED)
    assert isinstance(first, Order)
    assert isinstance(third, Order)
    assert [one.client_id for one in stage.ledger.orders("ETHUSD")] == ["taken", "a", "c"]
    assert stage.sent(BYBIT.CREATE_BATCH) == 1

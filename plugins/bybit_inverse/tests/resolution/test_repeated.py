"""Lost answers about what may be repeated: it holds in the end, whatever became of the first attempt."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import attrs
import pytest
from plugins.bybit_inverse.tests.resolution.fates import IN_TIME, Stage, bid, fates

from venuekit.capabilities import Amendment, Order, OrderSide, OrderStatus
from venuekit.errors import Fenced, NotFound, OperationError, Outcome, OutcomeUnknown
from venuekit.simulator import CannedAnswer, Disturbance, DropAfter, Lag, SecondActor
from venuekit_bybit_inverse.endpoints import BYBIT

pytestmark = pytest.mark.looptime
D = Decimal


@fates
async def test_lost_cancel(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """A cancel whose answer is lost is found out about, repeated at most once, and tells how the order ended."""
    order = await stage.account.place_order(bid())
    stage.disturb(BYBIT.CANCEL_ORDER, fate)
    ended = await stage.account.cancel_order("ETHUSD", order_id=order.id)
    assert (ended.id, ended.status) == (order.id, OrderStatus.CANCELED)
    assert stage.ledger.open_orders("ETHUSD") == ()
    assert 1 <= stage.sent(BYBIT.CANCEL_ORDER) <= 2
    assert stage.sent(BYBIT.CANCEL_ORDER) == 1 or fate is IN_TIME or not applied


async def test_own_lost_cancel_that_meets_no_order(stage: Stage) -> None:
    """The second cancel meets 110001 because the first one arrived after all: no error, the order has ended."""
    order = await stage.account.place_order(bid())
    stage.disturb(BYBIT.CANCEL_ORDER, DropAfter())
    stage.disturb(BYBIT.OPEN_ORDERS, Lag(reads=1))
    assert (await stage.account.cancel_order("ETHUSD", order_id=order.id)).status is OrderStatus.CANCELED
    assert [one.applied for one in stage.arrivals(BYBIT.CANCEL_ORDER)] == [True, False]


async def test_lost_cancel_of_an_order_that_filled(stage: Stage) -> None:
    """It is returned as filled."""
    order = await stage.account.place_order(bid())
    fill = SecondActor(lambda ledger: ledger.fill_order(order.id))
    stage.disturb(BYBIT.CANCEL_ORDER, (fill, DropAfter()))
    ended = await stage.account.cancel_order("ETHUSD", order_id=order.id)
    assert (ended.status, ended.filled) == (OrderStatus.FILLED, D(100))


async def test_cancel_of_what_is_nowhere(stage: Stage) -> None:
    """The venue's refusal arrives."""
    with pytest.raises(NotFound, match="order not exists") as caught:
        await stage.account.cancel_order("ETHUSD", client_id="never")
    assert caught.value.code == 110001


@fates
async def test_lost_amendment(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """An amendment holds in the end, whatever became of its first attempt."""
    order = await stage.account.place_order(bid())
    stage.disturb(BYBIT.AMEND_ORDER, fate)
    await stage.account.amend_order("ETHUSD", OrderSide.BUY, order_id=order.id, quantity=D(50), price=D(1900))
    held = stage.ledger.order(order.id)
    assert (held.quantity, held.price) == (D(50), D(1900))
    assert stage.sent(BYBIT.AMEND_ORDER) <= (1 if applied and fate is not IN_TIME else 2)


async def test_lost_amendments_of_which_one_is_of_no_order(stage: Stage) -> None:
    """The one that the lost attempt made is not reported as refused, though a second attempt finds it made."""
    order = await stage.account.place_order(bid())
    stage.disturb(BYBIT.AMEND_BATCH, DropAfter())
    made, missing = await stage.account.amend_orders(
        [
            Amendment(symbol="ETHUSD", side=OrderSide.BUY, order_id=order.id, price=D(1900)),
            Amendment(symbol="ETHUSD", side=OrderSide.BUY, client_id="nowhere", price=D(1900)),
        ]
    )
    assert isinstance(made, Order)
    assert (made.id, made.price) == (order.id, D(1900))
    assert isinstance(missing, NotFound)
    assert stage.sent(BYBIT.AMEND_BATCH) == 2


@fates
async def test_lost_batches_of_changes(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """Amending and cancelling several orders holds in the end."""
    orders = await stage.account.place_orders([bid(2000), bid(2001)])
    ids = [order.id for order in orders if isinstance(order, Order)]
    stage.disturb(BYBIT.AMEND_BATCH, fate)
    wanted = [
        Amendment(symbol="ETHUSD", side=OrderSide.BUY, order_id=one, price=D(1900 + n)) for n, one in enumerate(ids)
    ]
    assert not any(isinstance(one, OperationError) for one in await stage.account.amend_orders(wanted))
    assert [order.price for order in stage.ledger.orders("ETHUSD")] == [1900, 1901]
    stage.disturb(BYBIT.CANCEL_BATCH, fate)
    ended = await stage.account.cancel_orders("ETHUSD", order_ids=ids)
    assert [one.status for one in ended if isinstance(one, Order)] == ["canceled", "canceled"]
    assert max(stage.sent(BYBIT.AMEND_BATCH), stage.sent(BYBIT.CANCEL_BATCH)) <= 2
    assert applied is not None


@fates
async def test_lost_cancel_of_everything(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """Nothing is left."""
    await stage.account.place_orders([bid(2000), bid(2001)])
    stage.disturb(BYBIT.CANCEL_ALL, fate)
    assert await stage.account.cancel_all_orders() == ()
    assert stage.ledger.open_orders() == ()
    assert applied is not None


async def test_a_lost_cancel_of_everything_ends_no_later_order(stage: Stage) -> None:
    """While its first attempt may still arrive no order is sent; one that may wait is sent after that, and stays."""
    await stage.account.place_order(bid(2000))
    stage.disturb(BYBIT.CANCEL_ALL, IN_TIME)
    assert await stage.account.cancel_all_orders(symbol="ETHUSD") == ()
    with pytest.raises(Fenced, match="may still arrive") as caught:
        await stage.account.place_order(bid(2001))
    assert caught.value.outcome is Outcome.NOT_SENT
    with pytest.raises(Fenced, match="may still arrive"):
        await stage.account.place_orders([bid(2001), bid(2002)])
    other = await stage.account.place_order(attrs.evolve(bid(20_000), symbol="BTCUSD"))
    later = await stage.account.with_options(max_wait=10).place_order(bid(2001))
    await asyncio.sleep(10)
    assert {order.id for order in stage.ledger.open_orders()} == {other.id, later.id}


@pytest.mark.parametrize(
    ("endpoint", "parameters"),
    [(BYBIT.SET_TPSL_MODE, {"tpSlMode": "Full"}), (BYBIT.SET_RISK_LIMIT, {"riskId": 2})],
    ids=["tpsl mode", "risk limit"],
)
async def test_what_no_read_tells_stays_unknown(stage: Stage, endpoint: Any, parameters: dict[str, Any]) -> None:
    """A setting that nothing shows is not claimed either way."""
    stage.disturb(endpoint, DropAfter())
    with pytest.raises(OutcomeUnknown, match="no read can show"):
        await stage.account.call(endpoint, category="inverse", symbol="BTCUSD", **parameters)
    assert stage.sent(endpoint) == 1


async def test_reads_that_fail_prove_nothing(stage: Stage) -> None:
    """While the lists cannot be read, the outcome is unknown; resolution later finds the order."""
    stage.disturb(BYBIT.CREATE_ORDER, DropAfter())
    for endpoint in (BYBIT.OPEN_ORDERS, BYBIT.ORDER_HISTORY):
        stage.disturb(endpoint, CannedAnswer.html(502), times=4)
    with pytest.raises(OutcomeUnknown) as caught:
        await stage.account.place_order(bid(client_id="later"))
    assert caught.value.client_id == "later"
    found = await caught.value.resolve()
    assert isinstance(found, Order)
    assert stage.ledger.order(found.id).client_id == found.client_id == "later"
    assert stage.sent(BYBIT.CREATE_ORDER) == 1

"""Orders at Aster in batches, and after answers that are lost or not believed."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import attrs
import pytest
from plugins.binance_usdm.tests.aster_orders.order_types import MARK, ORDERS, Stage

from venuekit.capabilities import Order, OrderSide, OrderStatus, OrderType, PositionSide
from venuekit.errors import NotExecuted, Outcome
from venuekit.simulator import CannedAnswer, DropAfter, DropBefore, SecondActor
from venuekit.simulator.ledger import Side

D = Decimal
looptime = pytest.mark.looptime


# -- batches


@looptime
async def test_batches_answer_item_by_item(stage: Stage) -> None:
    """Every type travels in the one batch; a value or the error of each, in their order."""
    wanted = [
        stage.order(client_id="a"),
        stage.order(OrderType.STOP_MARKET, client_id="b", price_protect=True),
        stage.order(position_side=PositionSide.SHORT),
        stage.order(OrderType.STOP_MARKET, trigger_price=D(2000)),
        stage.order(OrderType.TRAILING_STOP_MARKET, client_id="e"),
    ]
    placed = await stage.account.place_orders(wanted)
    assert [one.client_id if isinstance(one, Order) else one.code for one in placed] == ["a", "b", -4061, -2021, "e"]
    assert [one.status for one in placed if isinstance(one, Order)] == ["open", "untriggered", "untriggered"]
    (arrival,) = [one for one in stage.sim.requests if one.verb == "POST"]
    stop = json.loads(arrival.parameters["batchOrders"])[1]
    assert (arrival.path, stop["stopPrice"], stop["priceProtect"]) == ("/fapi/v1/batchOrders", "4000", "true")
    a, b, e = placed[0], placed[1], placed[4]
    ended = await stage.account.cancel_orders("ETHUSDT", order_ids=[a.id, "99999", b.id], client_ids=["e"])
    assert [one.id if isinstance(one, Order) else one.code for one in ended] == [a.id, -2011, b.id, e.id]
    assert {one.status for one in ended if isinstance(one, Order)} == {OrderStatus.CANCELED}
    assert stage.ledger.open_orders() == ()


@looptime
@pytest.mark.parametrize(("fate", "applied"), [(DropAfter(), True), (DropBefore(), False)], ids=["after", "before"])
async def test_lost_batch_with_waiting_orders(stage: Stage, fate: Any, applied: bool) -> None:
    """Each is accounted for, and nothing is sent twice."""
    stage.sim.disturb("aster_usdm_v1", ORDERS.place_batch, fate)
    stage.ledger.fill("ETHUSDT", Side.BUY, D("0.3"), MARK)
    closing = stage.order(OrderType.STOP_MARKET, side=OrderSide.SELL, quantity=None, close_position=True)
    wanted = [stage.order(), attrs.evolve(closing, trigger_price=D(2500))]
    placed = await stage.account.place_orders(wanted)
    if applied:
        assert [one.status for one in placed] == ["open", "untriggered"]
    else:
        assert [type(one) for one in placed] == [NotExecuted] * 2
    assert len(stage.ledger.open_orders()) == 2 * applied
    assert len(stage.arrivals(ORDERS.place_batch)) == 1


# -- lost answers


@looptime
@pytest.mark.parametrize("applied", [True, False], ids=["applied", "not applied"])
@pytest.mark.parametrize(
    "body",
    [
        {"msg": "Service Unavailable."},
        {"code": -1001, "msg": "Internal error; unable to process your request. Please try again."},
        {"msg": "Unknown error, please check your request or try again later."},
    ],
    ids=lambda body: body["msg"].split()[0],
)
@pytest.mark.parametrize("kind", [OrderType.LIMIT, OrderType.STOP_MARKET], ids=str)
async def test_overloaded_venue_is_not_believed(
    stage: Stage, kind: OrderType, body: dict[str, Any], applied: bool
) -> None:
    """Whatever words come with a 503, the order is looked for; it is sent once."""
    stage.sim.disturb("aster_usdm_v1", ORDERS.place, CannedAnswer.json(503, body, applied=applied))
    if applied:
        # under an id that the account made: one of the caller's may be an earlier order's, and then times decide
        order = await stage.account.place_order(stage.order(kind))
        (placed,) = stage.ledger.orders()
        assert (order.id, order.client_id) == (placed.id, placed.client_id)
    else:
        with pytest.raises(NotExecuted) as caught:
            await stage.account.place_order(stage.order(kind, client_id="mine"))
        assert (caught.value.client_id, caught.value.outcome) == ("mine", Outcome.NOT_APPLIED)
    assert len(stage.arrivals(ORDERS.place)) == 1


@looptime
async def test_lost_order_that_closes_whatever_is_open(stage: Stage) -> None:
    """It is found although it has no quantity to be compared with."""
    stage.ledger.fill("ETHUSDT", Side.BUY, D("0.3"), MARK)
    stage.sim.disturb("aster_usdm_v1", ORDERS.place, DropAfter())
    closing = stage.order(OrderType.STOP_MARKET, side=OrderSide.SELL, quantity=None, close_position=True)
    order = await stage.account.place_order(attrs.evolve(closing, trigger_price=D(2500)))
    assert (order.status, order.close_position) == (OrderStatus.UNTRIGGERED, True)


@looptime
async def test_lost_cancel_of_an_order_that_triggered(stage: Stage) -> None:
    """It is returned as filled."""
    order = await stage.account.place_order(stage.order(OrderType.STOP_MARKET))
    trigger = SecondActor(lambda ledger: ledger.set_mark("ETHUSDT", D(4100)))
    stage.sim.disturb("aster_usdm_v1", ORDERS.cancel, (trigger, DropAfter()))
    ended = await stage.account.cancel_order("ETHUSDT", order_id=order.id)
    assert (ended.status, ended.filled) == (OrderStatus.FILLED, D("0.1"))

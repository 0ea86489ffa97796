"""A conditional order that expires by its trigger goes on under its id, and is open again; nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import Order, OrderKind, OrderSide, OrderStatus, OrderType
from venuekit.live.holdings import Knowledge
from venuekit.live.open_orders import OpenOrders
from venuekit.live.provenance import Provenance, ValueSource
from venuekit.live.recency import ReadWindow

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
COMPLETE = Knowledge(is_streaming=True, awaits_events=True)


def state(status: OrderStatus, seconds: float = 0, **terms: Any) -> Order:
    """Return a state of a conditional order, so many seconds after its trigger."""
    order = Order(
        id="7",
        client_id="mine",
        symbol="ETHUSDT",
        kind=OrderKind.CONDITIONAL,
        side=OrderSide.BUY,
        type=OrderType.STOP,
        status=status,
        quantity=Decimal(1),
        filled=Decimal(0),
        updated_at=AT + timedelta(seconds=seconds),
    )
    return attrs.evolve(order, **terms)


def taken(*states: Order) -> OpenOrders:
    """Return the open orders after these events."""
    orders = OpenOrders()
    for order in states:
        orders.take(order, Provenance(ValueSource.STREAM, order.updated_at, order.updated_at or AT), 0.0)
    return orders


def statuses(orders: OpenOrders) -> list[OrderStatus]:
    """Return the statuses of the orders that are open."""
    return [live.order.status for live in orders.all()]


BEFORE = state(OrderStatus.UNTRIGGERED, -9)
TRIGGER = state(OrderStatus.EXPIRED)


@pytest.mark.parametrize("status", [OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED])
def test_a_triggered_order_is_open_again(status: OrderStatus) -> None:
    """It has the same id, and the time of its trigger or a later one."""
    assert statuses(taken(BEFORE, TRIGGER)) == []
    assert statuses(taken(BEFORE, TRIGGER, state(status))) == [status]
    assert statuses(taken(BEFORE, TRIGGER, state(status, 3))) == [status]


def test_a_read_shows_a_triggered_order() -> None:
    """Also where its event did not come."""
    orders = taken(BEFORE, TRIGGER)
    window = ReadWindow(9.0, 9.1, AT + timedelta(seconds=9), AT + timedelta(seconds=9), timedelta(0))
    orders.take_read([state(OrderStatus.OPEN)], window, COMPLETE)
    assert statuses(orders) == [OrderStatus.OPEN]


@pytest.mark.parametrize(
    "states",
    [
        (BEFORE, TRIGGER, BEFORE),
        (BEFORE, TRIGGER, state(OrderStatus.OPEN, -1)),
        (TRIGGER, state(OrderStatus.OPEN), state(OrderStatus.FILLED, 1), state(OrderStatus.OPEN)),
        (TRIGGER, state(OrderStatus.FILLED, 1), state(OrderStatus.OPEN)),
        (state(OrderStatus.CANCELED), state(OrderStatus.OPEN)),
        (attrs.evolve(TRIGGER, kind=OrderKind.PLAIN), state(OrderStatus.OPEN, kind=OrderKind.PLAIN)),
    ],
    ids=["late placing", "earlier state", "filled", "filled, late opening", "cancelled", "a plain order"],
)
def test_no_other_ended_order_is_open_again(states: tuple[Order, ...]) -> None:
    """Whatever comes late."""
    assert statuses(taken(*states)) == []

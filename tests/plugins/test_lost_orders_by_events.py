"""An order whose answer was lost is proven by its event, before anything is read."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from tests.plugins.stages import PRICE, VENUES
from tests.plugins.test_one_trace import PLACING

import venuekit
from venuekit.capabilities import (
    EventReader,
    Order,
    OrderBatchControl,
    OrderControl,
    OrderKind,
    OrderReader,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    OrderUpdate,
    OrderUpdateKind,
    UserStream,
)
from venuekit.endpoint import Endpoint
from venuekit.resolution import Applied, Lost
from venuekit.simulator import Simulation
from venuekit.simulator.disturbances import ArrivalInPlay, Disturbance, Proceed, Reply
from venuekit_binance_usdm.account import BinanceUsdmAccount

BATCHES = {
    "binance_usdm": ("POST", "/fapi/v1/batchOrders"),
    "binance_coinm": ("POST", "/dapi/v1/batchOrders"),
    "aster_usdm_v1": ("POST", "/fapi/v1/batchOrders"),
    "bybit_inverse": ("POST", "/v5/order/create-batch"),
}


def order_of(venue: str) -> OrderRequest:
    """Return an order that rests."""
    symbol, quantity = VENUES[venue]
    return OrderRequest(
        symbol=symbol,
        side=OrderSide.BUY,
        type=OrderType.LIMIT,
        quantity=quantity,
        price=PRICE,
    )


def reads_of_orders(simulation: Simulation) -> list[str]:
    """Return the requests that could show an order."""
    return [one.path for one in simulation.requests if one.verb == "GET" and "rder" in one.path]


@attrs.frozen(eq=False)
class DropOnceReported(Disturbance):
    """The answer is lost once the user stream has brought so many events about orders."""

    count: int
    is_reported: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Carry out, wait for the events, and hang up."""
        await proceed()
        await self.is_reported.wait()
        return Reply(None)

    async def read(self, events: EventReader) -> None:
        """Read events until they are there."""
        orders: set[str] = set()
        while len(orders) < self.count:
            orders |= {event.order.id for event in await events.read_message() if isinstance(event, OrderUpdate)}
        self.is_reported.set()


@pytest.mark.parametrize("venue", VENUES)
async def test_a_lost_order_is_proven_by_its_event(venue: str) -> None:
    """It is the order that a read shows, and nothing was read for it."""
    async with (
        venuekit.simulate(venue) as simulation,
        venuekit.connect(venue, simulation.credentials(venue)) as account,
        UserStream.of(account).events() as events,
    ):
        drop = DropOnceReported(1)
        simulation.disturb(venue, PLACING[venue], drop)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(drop.read(events))
            order = await OrderControl.of(account).place_order(order_of(venue))
        assert reads_of_orders(simulation) == []
        read = await OrderReader.of(account).get_order(order.symbol, order_id=order.id)
        assert (read.id, read.client_id, read.status, read.quantity, read.price, read.filled) == (
            order.id,
            order.client_id,
            order.status,
            order.quantity,
            order.price,
            order.filled,
        )
        assert order.created_at is not None


@pytest.mark.parametrize("venue", VENUES)
async def test_each_order_of_a_lost_batch_is_proven_by_its_event(venue: str) -> None:
    """They are all there before a read is made."""
    async with (
        venuekit.simulate(venue) as simulation,
        venuekit.connect(venue, simulation.credentials(venue)) as account,
        UserStream.of(account).events() as events,
    ):
        drop = DropOnceReported(2)
        simulation.disturb(venue, BATCHES[venue], drop)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(drop.read(events))
            orders = await OrderBatchControl.of(account).place_orders([order_of(venue), order_of(venue)])
        assert reads_of_orders(simulation) == []
        assert [type(order) for order in orders] == [Order, Order]
        open_orders = await OrderReader.of(account).get_open_orders()
        assert {order.id for order in open_orders} >= {order.id for order in orders if isinstance(order, Order)}


SENT = datetime(2026, 11, 30, 12, tzinfo=UTC)
LOST_ORDERS = BinanceUsdmAccount.ORDER_ROUTES.routes[0].place.resolve
ASKED = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "1", "newClientOrderId": "mine"}


class HasRead(Exception):
    """A read was made."""


async def read(endpoint: Endpoint[Any], /, **parameters: Any) -> Any:
    """Refuse to read."""
    raise HasRead


def event(*, seconds: float, change: OrderUpdateKind = OrderUpdateKind.NEW, **terms: Any) -> OrderUpdate:
    """Return an event about an order, so many seconds after it was sent."""
    at = SENT + timedelta(seconds=seconds)
    order = Order(
        id="7",
        client_id="mine",
        symbol="BTCUSDT",
        kind=OrderKind.PLAIN,
        side=OrderSide.BUY,
        type=OrderType.LIMIT,
        status=OrderStatus.OPEN,
        quantity=PRICE / PRICE,
        updated_at=at,
    )
    return OrderUpdate(order=attrs.evolve(order, **terms), change=change, time=at, received_at=at, message=1)


async def resolve(*updates: OrderUpdate, made: bool = False) -> Any:
    """Resolve a lost order by events."""
    assert LOST_ORDERS is not None
    lost = Lost(
        endpoint=BinanceUsdmAccount.ORDER_ROUTES.routes[0].place,
        parameters=ASKED,
        sent_at=SENT,
        fence=SENT + timedelta(seconds=5),
        client_id="mine",
        made=frozenset({"mine"} if made else ()),
        updates=updates,
    )
    return await LOST_ORDERS(read, lost)


async def test_the_newest_event_shows_how_the_order_is() -> None:
    """And the one of its placing when it came into being, in whichever order they come."""
    placed = event(seconds=1)
    canceled = event(seconds=2, change=OrderUpdateKind.CANCELED, status=OrderStatus.CANCELED)
    for updates in ((placed, canceled), (canceled, placed)):
        result = await resolve(*updates)
        assert isinstance(result, Applied)
        assert (result.answer.status, result.answer.created_at) == (OrderStatus.CANCELED, SENT + timedelta(seconds=1))
    result = await resolve(canceled, made=True)  # no other order has an id that was made for it
    assert isinstance(result, Applied)
    assert (result.answer.status, result.answer.created_at) == (OrderStatus.CANCELED, None)


@pytest.mark.parametrize(
    "update",
    [
        event(seconds=-60),
        event(seconds=60),
        event(seconds=1, client_id="another"),
        event(seconds=1, symbol="ETHUSDT"),
        event(seconds=1, quantity=PRICE),
        event(seconds=1, change=OrderUpdateKind.TRADE),
        event(seconds=1, type=OrderType.TRAILING_STOP_MARKET),
    ],
    ids=["earlier", "later", "another id", "another symbol", "another quantity", "no placing", "activated"],
)
async def test_an_event_that_may_be_of_another_order_proves_nothing(update: OrderUpdate) -> None:
    """An id of the caller may be used again: then it is read, as without a stream."""
    with pytest.raises(HasRead):
        await resolve(update)
    with pytest.raises(HasRead):
        await resolve()

"""A cancellation whose answer was lost is proven by the event of its order's end, before anything is read."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from tests.plugins.stages import PRICE, VENUES, leaping
from tests.plugins.test_lost_orders_by_events import HasRead, event, order_of, read

from venuekit.account import Account
from venuekit.capabilities import (
    EventReader,
    Order,
    OrderBatchControl,
    OrderControl,
    OrderKind,
    OrderRequest,
    OrderStatus,
    OrderType,
    OrderUpdate,
    UserStream,
)
from venuekit.endpoint import Endpoint
from venuekit.resolution import Lost, Reading
from venuekit.simulator import DropBefore, Simulation
from venuekit.simulator.disturbances import ArrivalInPlay, Disturbance, Proceed, Reply
from venuekit_binance_usdm.account import BinanceUsdmAccount
from venuekit_binance_usdm.aster.account import AsterV1Account
from venuekit_bybit_inverse.account import BybitInverseAccount

pytestmark = pytest.mark.looptime

PLAIN, ALGO = BinanceUsdmAccount.ORDER_ROUTES.routes
(ONE_BOOK,) = AsterV1Account.ORDER_ROUTES.routes
(UNIQUE_IDS,) = BybitInverseAccount.ORDER_ROUTES.routes


@attrs.frozen(eq=False)
class DropOnceEnded(Disturbance):
    """The answer is lost once the user stream has shown that so many orders have ended; then no order can be read."""

    count: int
    has_ended: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Carry out, wait for the events, and hang up."""
        await asyncio.sleep(1)  # an order that ends in the moment of the request may be an earlier one of the same id
        await proceed()
        await self.has_ended.wait()
        return Reply(None)

    async def watch(self, events: EventReader) -> None:
        """Read events until they are there."""
        ended: set[str] = set()
        while len(ended) < self.count:
            message = await events.read_message()
            ended |= {one.order.id for one in message if isinstance(one, OrderUpdate) and not one.order.is_open}
        self.has_ended.set()


def stop_of(venue: str) -> OrderRequest:
    """Return a conditional order that waits."""
    return attrs.evolve(order_of(venue), type=OrderType.STOP_MARKET, price=None, trigger_price=PRICE * 2)


async def cancel_blindly(
    simulation: Simulation, account: Account, endpoint: Endpoint[Any], count: int, call: Any
) -> Any:
    """Cancel orders while the answer is lost, and no order can be read from then on."""
    venue = account.venue.id
    async with UserStream.of(account).events() as events, asyncio.TaskGroup() as tasks:
        drop = DropOnceEnded(count)
        simulation.disturb(venue, endpoint, drop)
        tasks.create_task(drop.watch(events))
        return await call()


def forbid_reads(simulation: Simulation, account: Account) -> None:
    """Have every read of an order fail from now on."""
    for endpoint in account.venue.endpoints:
        if endpoint.verb == "GET" and "rder" in endpoint.path:
            simulation.disturb(account.venue.id, endpoint, *[DropBefore()] * 200)


@pytest.mark.parametrize("by", ["order_id", "client_id"])
@pytest.mark.parametrize("venue", VENUES)
async def test_a_lost_cancellation_is_proven_by_its_event(venue: str, by: str) -> None:
    """The order is returned as it ended, though nothing about it can be read."""
    async with leaping(venue) as (simulation, account):
        order = await OrderControl.of(account).place_order(order_of(venue))
        await account.pause(1)
        forbid_reads(simulation, account)
        name = {by: order.id if by == "order_id" else order.client_id}
        (route, *_) = account.ORDER_ROUTES.routes
        ended = await cancel_blindly(
            simulation, account, route.cancel, 1, lambda: account.cancel_order(order.symbol, **name)
        )
        assert (ended.id, ended.status) == (order.id, OrderStatus.CANCELED)
        assert not simulation.ledger.order(order.id).is_open
        sent = [one for one in simulation.requests if (one.verb, one.path) == (route.cancel.verb, route.cancel.path)]
        assert len(sent) == 1


@pytest.mark.parametrize("venue", VENUES)
async def test_each_cancellation_of_a_lost_batch_is_proven_by_its_event(venue: str) -> None:
    """They are all returned as they ended."""
    async with leaping(venue) as (simulation, account):
        placed = await OrderBatchControl.of(account).place_orders([order_of(venue), order_of(venue)])
        ids = [order.id for order in placed if isinstance(order, Order)]
        await account.pause(1)
        forbid_reads(simulation, account)
        batches = account.ORDER_ROUTES.batches
        symbol = VENUES[venue][0]
        ended = await cancel_blindly(
            simulation, account, batches.cancel, 2, lambda: account.cancel_orders(symbol, order_ids=ids)
        )
        assert [(one.id, one.status) for one in ended] == [(one, OrderStatus.CANCELED) for one in ids]


async def test_a_lost_cancellation_of_a_conditional_order_is_proven_by_its_event() -> None:
    """By that of its own book."""
    async with leaping("binance_usdm") as (simulation, account):
        order = await account.place_order(stop_of("binance_usdm"))
        await account.pause(1)
        ended = await cancel_blindly(
            simulation, account, ALGO.cancel, 1, lambda: account.cancel_order(order.symbol, order_id=order.id)
        )
        assert (ended.id, ended.kind, ended.status) == (order.id, OrderKind.CONDITIONAL, OrderStatus.CANCELED)


SENT = datetime(2026, 11, 30, 12, tzinfo=UTC)


def end(*, seconds: float = 1, **terms: Any) -> OrderUpdate:
    """Return an event of an order's end, so many seconds after its cancellation was sent."""
    return event(seconds=seconds, **{"status": OrderStatus.CANCELED, "venue_status": "CANCELED", **terms})


async def look(route: Any, name: dict[str, Any], *updates: OrderUpdate) -> Reading[Any]:
    """Look at a lost cancellation that names an order."""
    lost = Lost(
        endpoint=route.cancel,
        parameters={"symbol": "BTCUSDT", **name},
        sent_at=SENT,
        fence=SENT + timedelta(seconds=5),
        clock_error=timedelta(milliseconds=200),
        updates=updates,
    )
    reading: Reading[Any] = await route.cancel.readback(read, lost)
    return reading


async def test_an_end_proves_the_cancellation_of_the_order_of_its_id() -> None:
    """Whenever it was: no other order has the venue's id, nor, where they are never used again, the client's."""
    for reading in (
        await look(PLAIN, {"orderId": 7}, end(seconds=-60)),
        await look(PLAIN, {"orderId": 7}, end(), event(seconds=0.5, venue_status="NEW")),
        await look(PLAIN, {"origClientOrderId": "mine"}, end(seconds=0.3)),
        await look(UNIQUE_IDS, {"orderLinkId": "mine"}, end(seconds=-60, venue_status="Cancelled")),
        await look(ONE_BOOK, {"orderId": 7}, end(kind=OrderKind.CONDITIONAL)),
        await look(ALGO, {"algoId": 7}, end(kind=OrderKind.CONDITIONAL)),
    ):
        assert reading.holds
        assert isinstance(reading.answer, Order)
        assert reading.answer.status is OrderStatus.CANCELED


@pytest.mark.parametrize(
    ("route", "name", "update"),
    [
        (PLAIN, {"orderId": 7}, event(seconds=1, venue_status="NEW")),
        (PLAIN, {"orderId": 7}, end(symbol="ETHUSDT")),
        (PLAIN, {"orderId": 7}, end(id="8")),
        (PLAIN, {"orderId": 7}, end(kind=OrderKind.CONDITIONAL)),
        (PLAIN, {"orderId": 7}, end(status=OrderStatus("LOST"), venue_status="LOST")),
        (PLAIN, {"origClientOrderId": "mine"}, end(seconds=-60)),
        (PLAIN, {"origClientOrderId": "mine"}, end(seconds=0.2)),
        (PLAIN, {"origClientOrderId": "mine"}, end(updated_at=None)),
        (PLAIN, {"origClientOrderId": "other"}, end()),
        (ALGO, {"algoId": 7}, end()),
        (ONE_BOOK, {"orderId": 7}, end(kind=OrderKind.CONDITIONAL, status=OrderStatus.EXPIRED, venue_status="EXPIRED")),
    ],
    ids=[
        "no end",
        "another symbol",
        "another id",
        "another book",
        "an unknown status",
        "an earlier order of the same client id",
        "maybe an earlier one",
        "an end without a time",
        "another client id",
        "a plain order",
        "a trigger, by which it goes on under its id",
    ],
)
async def test_an_event_that_may_be_of_another_order_proves_no_cancellation(
    route: Any, name: dict[str, Any], update: OrderUpdate
) -> None:
    """Then the order is read, as without a stream."""
    with pytest.raises(HasRead):
        await look(route, name, update)

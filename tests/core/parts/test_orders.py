"""Orders over routes, on a venue with one route of orders and on one where stops have a route of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.core.parts.toy_orders import ONE_ROUTE, TWO_ROUTES

from venuekit.capabilities import (
    Amendment,
    MarginType,
    Order,
    OrderBehaviour,
    OrderKind,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
)
from venuekit.errors import InvalidArgument, NeverSent, NotExecuted, NotFound, OutcomeUnknown, Rejected
from venuekit.parts.orders.checks import margin_type_misfit, missing_term
from venuekit.simulator import DropAfter, DropBefore
from venuekit.testing.staged import Stage, on_stage
from venuekit.venue import Venue

D = Decimal
LIMIT = OrderRequest(symbol="GEMUSD", side=OrderSide.BUY, type=OrderType.LIMIT, quantity=D(2), price=D(15))
STOP = OrderRequest(
    symbol="GEMUSD", side=OrderSide.SELL, type=OrderType.STOP_MARKET, quantity=D(1), trigger_price=D(10)
)


@pytest.fixture(params=[ONE_ROUTE, TWO_ROUTES], ids=lambda venue: venue.id)
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    venue: Venue[Any] = request.param
    async with on_stage(venue, "flat") as stage:
        yield stage


def route_of(stage: Stage, order: Order | OrderRequest) -> Any:
    """Return the route on which an order waits."""
    routes = stage.account.ORDER_ROUTES.routes
    return routes[-1] if order.type is OrderType.STOP_MARKET else routes[0]


def arrivals(stage: Stage, path: str) -> list[str]:
    """Return the requests below a path, without those of instruments and time."""
    return [f"{one.verb} {one.path}" for one in stage.simulation.requests if one.path.startswith(path)]


async def test_an_order_names_a_margin_type_only_where_orders_have_one(stage: Stage) -> None:
    """It is refused in one sentence, by itself and within a batch, and nothing is sent."""
    request = attrs.evolve(LIMIT, margin_type=MarginType.ISOLATED)
    for place in (stage.account.place_order(request), stage.account.place_orders([LIMIT, request])):
        with pytest.raises(InvalidArgument, match="no margin type of its own here: leave margin_type out"):
            await place
    assert arrivals(stage, "/v1/orders") == []


@pytest.mark.parametrize("margin_type", [None, *MarginType])
def test_a_margin_type_of_orders_is_one_that_the_venue_takes(margin_type: MarginType | None) -> None:
    """Where orders have margin types, one that they cannot have is refused by the names of those that they can."""
    declared = ONE_ROUTE.behaviour(OrderBehaviour)
    both = attrs.evolve(declared, margin_types=frozenset({MarginType.CROSS, MarginType.ISOLATED}))
    words = margin_type_misfit(both, attrs.evolve(LIMIT, margin_type=margin_type))
    refused = "an order's margin_type is cross or isolated here, not portfolio"
    assert words == (refused if margin_type is MarginType.PORTFOLIO else None)


async def test_orders_of_every_route_are_shown_as_one(stage: Stage) -> None:
    """Placed on the route that takes them, listed together, and found by either id."""
    placed = [await stage.account.place_order(request) for request in (LIMIT, STOP)]
    assert [order.kind for order in placed] == [OrderKind.PLAIN, OrderKind.CONDITIONAL]
    assert [order.status for order in placed] == [OrderStatus.OPEN, OrderStatus.UNTRIGGERED]
    assert {order.id for order in await stage.account.get_open_orders()} == {order.id for order in placed}
    for order in placed:
        for name in ({"order_id": order.id}, {"client_id": order.client_id}):
            assert (await stage.account.get_order("GEMUSD", **name)).key == order.key
            assert (await stage.account.get_open_order("GEMUSD", **name)).key == order.key


async def test_an_order_is_cancelled_wherever_it_is(stage: Stage) -> None:
    """By either id; the final state is returned, also when it had ended before; what is nowhere is not known."""
    for request in (LIMIT, STOP):
        one, other = await stage.account.place_order(request), await stage.account.place_order(request)
        for name in ({"order_id": one.id}, {"client_id": other.client_id}):
            assert (await stage.account.cancel_order("GEMUSD", **name)).status is OrderStatus.CANCELED
        assert (await stage.account.cancel_order("GEMUSD", order_id=one.id)).status is OrderStatus.CANCELED
        with pytest.raises(NotFound):
            await stage.account.get_open_order("GEMUSD", order_id=one.id)
    with pytest.raises(NotFound, match="it is not open"):
        await stage.account.cancel_order("GEMUSD", order_id="999")
    assert await stage.account.get_open_orders() == ()


@pytest.mark.parametrize("symbol", ["GEMUSD", None])
async def test_everything_is_cancelled_on_every_route(stage: Stage, symbol: str | None) -> None:
    """Also on a route without a request that cancels all of it; nothing else is touched."""
    for request in (LIMIT, STOP, STOP):
        await stage.account.place_order(request)
    elsewhere = await stage.account.place_order(attrs.evolve(LIMIT, symbol="TOYUSD", price=D(50)))
    assert await stage.account.cancel_all_orders(symbol=symbol) == ()
    left = [order.id for order in await stage.account.get_open_orders()]
    assert left == ([] if symbol is None else [elsewhere.id])


async def test_everything_is_cancelled_one_by_one_on_the_only_route(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no request cancels all, orders of either kind are cancelled by themselves."""
    routes = stage.account.ORDER_ROUTES
    singly = tuple(attrs.evolve(route, cancel_all=None) for route in routes)
    monkeypatch.setattr(type(stage.account), "ORDER_ROUTES", attrs.evolve(routes, routes=singly))
    for request in (LIMIT, STOP):
        await stage.account.place_order(request)
    assert await stage.account.cancel_all_orders(symbol="GEMUSD") == ()
    assert stage.ledger.open_orders() == ()


@pytest.mark.parametrize(
    ("terms", "words"),
    [({}, None), ({"reduce_only": True}, "no order only reduces here"), ({"stp_mode": "none"}, "orders meet here")],
)
def test_a_term_that_the_venue_lacks_is_refused_by_its_sentence(terms: dict[str, Any], words: str | None) -> None:
    """An order that names none of the missing terms is taken."""
    missing = {"reduce_only": "no order only reduces here", "stp_mode": "orders meet here"}
    assert missing_term(missing, attrs.evolve(LIMIT, **terms)) == words


@pytest.mark.parametrize("fate", [DropBefore(), DropAfter()], ids=["lost before", "lost after"])
@pytest.mark.parametrize("request_", [LIMIT, STOP], ids=["limit", "stop"])
async def test_a_lost_order_is_found_by_its_client_id_or_proven_absent(
    stage: Stage, fate: Any, request_: OrderRequest
) -> None:
    """It is sent once, and there is one at most."""
    route = route_of(stage, request_)
    stage.disturb(route.place, fate)
    if isinstance(fate, DropBefore):
        with pytest.raises(NotExecuted):
            await stage.account.place_order(request_)
    else:
        placed = await stage.account.place_order(request_)
        assert stage.simulation.ledger.order(placed.id).client_id == placed.client_id
    assert len(stage.arrivals(route.place)) == 1


@pytest.mark.parametrize("fate", [DropBefore(), DropAfter()], ids=["lost before", "lost after"])
@pytest.mark.parametrize("request_", [LIMIT, STOP], ids=["limit", "stop"])
async def test_a_lost_cancellation_holds_in_the_end(stage: Stage, fate: Any, request_: OrderRequest) -> None:
    """It is sent again, or read to have ended, on either route."""
    placed = await stage.account.place_order(request_)
    stage.disturb(route_of(stage, request_).cancel, fate)
    assert (await stage.account.cancel_order("GEMUSD", order_id=placed.id)).status is OrderStatus.CANCELED


async def test_a_batch_has_a_result_for_each_of_its_orders(stage: Stage) -> None:
    """In the order of the requests, whatever their route; an item that is refused is an error in its place."""
    first = attrs.evolve(LIMIT, client_id="mine")
    await stage.account.place_order(first)
    await stage.account.pause(60)  # an id that went out just now is not sent again
    refused, stop, plain = await stage.account.place_orders([first, STOP, LIMIT])
    assert isinstance(refused, Rejected)
    assert [stop.type, plain.type] == [OrderType.STOP_MARKET, OrderType.LIMIT]
    ended = await stage.account.cancel_orders("GEMUSD", order_ids=[stop.id, "999"], client_ids=["mine"])
    assert [type(one) for one in ended] == [Order, NotFound, Order]
    assert [order.id for order in await stage.account.get_open_orders()] == [plain.id]


@pytest.mark.parametrize("fate", [DropBefore(), DropAfter()], ids=["lost before", "lost after"])
async def test_a_lost_batch_is_accounted_for_order_by_order(stage: Stage, fate: Any) -> None:
    """All of its orders are there, or each is proven absent; those of another route are sent behind a batch alone."""
    batches = stage.account.ORDER_ROUTES.batches
    stage.disturb(batches.place, fate)
    results = await stage.account.place_orders([LIMIT, LIMIT])
    kinds = {type(one).__name__ for one in results}
    assert kinds == ({"Order"} if isinstance(fate, DropAfter) else {"NotExecuted"})
    assert len(stage.simulation.ledger.orders()) == (2 if isinstance(fate, DropAfter) else 0)


async def test_orders_behind_a_batch_of_unknown_outcome_are_not_sent() -> None:
    """What can be proven of neither keeps the stop back; it is told as never sent once the batch is resolved."""
    async with on_stage(TWO_ROUTES, "flat") as stage:
        plain, stops = stage.account.ORDER_ROUTES.routes
        stage.disturb(plain.batches.place, DropAfter())
        for read in plain.reads.placed:
            stage.disturb(read.endpoint, DropBefore(), times=40)
        with pytest.raises(OutcomeUnknown) as caught:
            await stage.account.place_orders([STOP, LIMIT])
        assert stage.arrivals(stops.place) == []
        for _ in range(40):
            try:
                unsent, placed = await caught.value.resolve()
            except OutcomeUnknown:
                continue
            break
        assert (type(unsent), type(placed)) == (NeverSent, Order)


async def test_amendments_keep_to_the_first_route(stage: Stage) -> None:
    """Alone and in a batch; a conditional order of a route of its own cannot be amended, and says so."""
    placed, stop = await stage.account.place_order(LIMIT), await stage.account.place_order(STOP)
    amended = await stage.account.amend_order("GEMUSD", OrderSide.BUY, order_id=placed.id, price=D(16))
    assert (amended.price, amended.quantity) == (D(16), D(2))
    changes = [
        Amendment(symbol="GEMUSD", side=OrderSide.BUY, order_id=one, quantity=D(3)) for one in (placed.id, "999")
    ]
    whole, gone = await stage.account.amend_orders(changes)
    assert (whole.quantity, type(gone)) == (D(3), NotFound)
    if len(stage.account.ORDER_ROUTES.routes) > 1:
        with pytest.raises(Rejected, match="cannot be amended"):
            await stage.account.amend_order("GEMUSD", OrderSide.SELL, order_id=stop.id, quantity=D(3))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"price": D("15.005")}, "is not a multiple"),
        ({"price": None}, "a limit order needs a price"),
        ({"trigger_price": D(1)}, "takes no trigger_price"),
        ({"quantity": D(-1)}, "must be above 0"),
        ({"type": OrderType.TAKE_PROFIT}, "not known here"),
        ({"client_id": "NOT GOOD"}, "a client id is like"),
    ],
    ids=["step", "price", "trigger", "sign", "type", "client id"],
)
async def test_a_misfit_is_refused_before_anything_of_a_batch_leaves(
    stage: Stage, change: dict[str, Any], words: str
) -> None:
    """Nothing is rounded, and the order beside it is not sent either."""
    with pytest.raises(InvalidArgument, match=words):
        await stage.account.place_orders([LIMIT, attrs.evolve(LIMIT, **change)])
    assert arrivals(stage, "/v1/orders") == []


async def test_an_order_has_one_name(stage: Stage) -> None:
    """Exactly one of both ids names it."""
    for names in ({}, {"order_id": "1", "client_id": "a"}, {"order_id": ""}, {"client_id": ""}):
        with pytest.raises(InvalidArgument, match="name the order by order_id or by client_id"):
            await stage.account.cancel_order("GEMUSD", **names)
    assert arrivals(stage, "/v1/orders") == []

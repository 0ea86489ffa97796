"""Orders at Aster, whose one book takes every type: as they are sent, refused and cancelled."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import attrs
import pytest
from plugins.binance_usdm.tests.aster_orders.order_types import MARK, ORDERS, TYPES, Stage
from tests.plugins.binance.exchange import open_exchange, shape

from venuekit.capabilities import (
    Capability,
    CountdownControl,
    FillReader,
    ForcedOrderReader,
    OrderAmendControl,
    OrderBatchControl,
    OrderBehaviour,
    OrderControl,
    OrderKind,
    OrderSide,
    OrderStatus,
    OrderTestControl,
    OrderType,
    PositionSide,
    SupportState,
    TimeInForce,
)
from venuekit.endpoint import Endpoint
from venuekit.errors import InvalidArgument, NotFound, OperationError, Outcome, Rejected, UnsupportedCapability
from venuekit.simulator.ledger import Book, Side
from venuekit.testing.recorded import find_recorded, load_recorded
from venuekit.venue import venue_support
from venuekit_binance_usdm.aster.venue import VENUE_V1 as VENUE

D = Decimal
RECORDED = load_recorded(find_recorded(VENUE))
looptime = pytest.mark.looptime
WAITING = [kind for kind in TYPES if kind.is_conditional]


# -- what there is


def test_what_orders_can_do_here() -> None:
    """Placing, cancelling, batches, histories and a countdown; amendments and tests are declined with a reason."""
    live = VENUE.environments[0]
    for capability in (OrderControl, OrderBatchControl, FillReader, ForcedOrderReader, CountdownControl):
        assert venue_support(VENUE, capability, live).state is SupportState.SUPPORTED
    reasons: dict[type[Capability], str] = {
        OrderAmendControl: "no amendment of orders",
        OrderTestControl: "no order test",
    }
    for declined, reason in reasons.items():
        support = venue_support(VENUE, declined, live)
        assert support.state is SupportState.UNSUPPORTED
        assert reason in (support.reason or "")
        assert not issubclass(VENUE.account, declined)
    routes = {(endpoint.verb, endpoint.path) for endpoint in VENUE.endpoints}
    assert ("PUT", "/fapi/v1/order") not in routes
    assert not {path for _, path in routes if "algo" in path.lower() or path.endswith("test")}
    behaviour = VENUE.behaviour(OrderBehaviour)
    assert (behaviour.place_batch, behaviour.cancel_batch, behaviour.amend_batch) == (5, 10, 0)
    assert behaviour.types == set(TYPES)
    assert behaviour.times_in_force == {TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.POST_ONLY}


def test_costs_of_orders() -> None:
    """An order weighs 1, and orders are counted by the minute alone; a batch as the most that it may hold."""
    costs: dict[Endpoint[Any], dict[str, int]] = {
        ORDERS.place: {"weight": 1, "orders_1m": 1},
        ORDERS.place_batch: {"weight": 5, "orders_1m": 5},
        ORDERS.cancel: {"weight": 1},
        ORDERS.cancel_all: {"weight": 1},
        ORDERS.cancel_batch: {"weight": 1},
        ORDERS.order: {"weight": 1},
        ORDERS.open_order: {"weight": 1},
        ORDERS.open_orders: {"weight": 40},
        ORDERS.all_orders: {"weight": 5},
        ORDERS.trades: {"weight": 5},
        ORDERS.forced: {"weight": 50},
        ORDERS.countdown: {"weight": 10},
    }
    assert set(costs) == set(ORDERS)
    for endpoint, pools in costs.items():
        assert {name: endpoint.weight_most if cost is None else cost for name, cost in endpoint.pools.items()} == pools


def test_trailing_order_has_the_documented_shape() -> None:
    """Placed, queried and cancelled, it tells its activation price and rate in every documented field."""
    exchange = open_exchange(VENUE, "flat")
    exchange.ledger.set_mark("ETHUSDT", MARK)
    placing = {"symbol": "ETHUSDT", "side": "BUY", "type": "TRAILING_STOP_MARKET", "quantity": "0.1"}
    placing |= {"callbackRate": "1.5", "activationPrice": "2500", "newClientOrderId": "mine"}
    named = {"symbol": "ETHUSDT", "origClientOrderId": "mine"}
    steps: dict[str, tuple[Endpoint[Any], dict[str, Any]]] = {
        "post_fapi_v1_order": (ORDERS.place, placing),
        "get_fapi_v1_order": (ORDERS.order, named),
        "get_fapi_v1_openOrder": (ORDERS.open_order, named),
        "get_fapi_v1_openOrders": (ORDERS.open_orders, {}),
        "get_fapi_v1_allOrders": (ORDERS.all_orders, {"symbol": "ETHUSDT"}),
        "delete_fapi_v1_order": (ORDERS.cancel, named),
        "delete_fapi_v1_allOpenOrders": (ORDERS.cancel_all, {"symbol": "ETHUSDT"}),
    }
    for name, (endpoint, parameters) in steps.items():
        assert shape(exchange.fetch(endpoint, **parameters)) == shape(json.loads(RECORDED.case(name).body)), name
    assert exchange.fetch(ORDERS.order, **named)["priceRate"] == "1.5"


def test_missing_trigger_is_named_as_it_is_called_here() -> None:
    """The refusal of a raw request names the parameter of this venue."""
    exchange = open_exchange(VENUE, "flat")
    order = {"symbol": "ETHUSDT", "side": "BUY", "type": "STOP_MARKET", "quantity": "0.1"}
    assert exchange.refusal("POST", "/fapi/v1/order", **order)[1:] == (
        -1102,
        "Mandatory parameter 'stopPrice' was not sent, was empty/null, or malformed.",
    )


# -- placing


@looptime
@pytest.mark.parametrize("kind", TYPES, ids=str)
async def test_every_type_goes_to_the_same_endpoint(stage: Stage, kind: OrderType) -> None:
    """One request under this venue's own names; what comes back is what was asked for."""
    order = await stage.account.place_order(stage.order(kind, client_id="mine"))
    (arrival,) = [one for one in stage.sim.requests if one.verb == "POST"]
    sent = {name: text for name, text in arrival.parameters.items() if name not in {"timestamp", "recvWindow"}}
    assert arrival.path == "/fapi/v1/order"
    assert sent == {
        "symbol": "ETHUSDT",
        "side": "BUY",
        "type": kind.upper(),
        "quantity": "0.1",
        "newOrderRespType": "RESULT",
        "newClientOrderId": "mine",
        **TYPES[kind][1],
    }
    held, wanted = stage.ledger.order(order.id), TYPES[kind][0]
    assert (held.client_id, held.type.value, order.type) == ("mine", kind.value, kind)
    assert order.kind is (OrderKind.CONDITIONAL if kind in WAITING else OrderKind.PLAIN)
    assert (order.trigger_price, held.trigger_price) == (wanted.get("trigger_price"),) * 2
    assert (order.callback_rate, order.activation_price) == (
        wanted.get("callback_rate"),
        wanted.get("activation_price"),
    )
    status = {OrderType.LIMIT: OrderStatus.OPEN, OrderType.MARKET: OrderStatus.FILLED}
    assert order.status is status.get(kind, OrderStatus.UNTRIGGERED)


@looptime
@pytest.mark.parametrize("kind", WAITING, ids=str)
async def test_waiting_order_triggers_under_its_own_id(stage: Stage, kind: OrderType) -> None:
    """It goes on under its id and names no other; what it was placed as can still be read."""
    order = await stage.account.place_order(stage.order(kind))
    for mark in (D(2400), D(2001), D(2100), D(1990)) if "take" in kind or "trail" in kind else (D(3900), D(4100)):
        stage.ledger.set_mark("ETHUSDT", mark)
    if kind is OrderType.STOP:
        assert (await stage.account.get_order("ETHUSDT", order_id=order.id)).status is OrderStatus.OPEN
        stage.ledger.set_mark("ETHUSDT", D(4000))
    told = await stage.account.get_order("ETHUSDT", order_id=order.id)
    assert (told.id, told.type, told.status, told.filled) == (order.id, kind, OrderStatus.FILLED, D("0.1"))
    assert (told.triggered_order_id, told.filled_value) == (None, stage.ledger.order(order.id).filled_value)
    assert stage.ledger.position("ETHUSDT").quantity == D("0.1")
    with pytest.raises(NotFound):
        await stage.account.get_open_order("ETHUSDT", order_id=order.id)
    (fill,) = await stage.account.iter_fills("ETHUSDT").all()
    assert fill.order_id == order.id


@looptime
async def test_order_that_closes_whatever_is_open(stage: Stage) -> None:
    """Its quantity is that of the position when it triggers."""
    stage.ledger.fill("ETHUSDT", Side.BUY, D("0.3"), MARK)
    closing = stage.order(OrderType.STOP_MARKET, side=OrderSide.SELL, quantity=None, close_position=True)
    order = await stage.account.place_order(attrs.evolve(closing, trigger_price=D(2500)))
    assert (order.close_position, order.status) == (True, OrderStatus.UNTRIGGERED)
    stage.ledger.set_mark("ETHUSDT", D(2400))
    told = await stage.account.get_order("ETHUSDT", order_id=order.id)
    assert (told.status, told.filled, stage.ledger.position("ETHUSDT").quantity) == (OrderStatus.FILLED, D("0.3"), 0)


@looptime
async def test_order_that_is_not_visible_can_be_sent_by_hand(stage: Stage) -> None:
    """A way to wait that only this venue has is open to raw calls; what others have is not."""
    usual = {"symbol": "ETHUSDT", "side": "BUY", "type": "LIMIT", "newClientOrderId": "mine", "price": D(2000)}
    assert ORDERS.place.by_name["timeInForce"].choices == {"GTC", "IOC", "FOK", "GTX", "HIDDEN"}
    with pytest.raises(InvalidArgument, match="GTD"):
        await stage.account.call(ORDERS.place, **usual, quantity=D(1), timeInForce="GTD")
    await stage.account.call(ORDERS.place, **usual, quantity=D(1), timeInForce="HIDDEN")
    assert (await stage.account.get_open_order("ETHUSDT", client_id="mine")).time_in_force == "HIDDEN"


@looptime
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"price": None, "price_match": "QUEUE"}, "priceMatch is not known here"),
        ({"stp_mode": "EXPIRE_MAKER"}, "selfTradePreventionMode is not known here"),
        ({"time_in_force": TimeInForce.GTD}, "is not known here"),
        ({"time_in_force": TimeInForce.RPI}, "is not known here"),
        ({"type": OrderType.TRAILING_STOP_MARKET, "price": None, "callback_rate": D(6)}, "from 0.1 up to 5 percent"),
        ({"type": OrderType.STOP_MARKET, "price": None, "trigger_price": D("4000.001")}, "not a multiple of"),
        ({"close_position": True, "quantity": None}, "cannot close whatever is open"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_the_venue_does_not_know_is_refused_before_sending(
    stage: Stage, change: dict[str, Any], words: str
) -> None:
    """Alone and within a batch, and nothing of the batch leaves."""
    wrong = attrs.evolve(stage.order(), **change)
    for call in (stage.account.place_order(wrong), stage.account.place_orders([stage.order(), wrong])):
        with pytest.raises(InvalidArgument, match=words) as caught:
            await call
        assert caught.value.outcome is Outcome.NOT_SENT
    assert not [one for one in stage.sim.requests if one.verb == "POST"]


@looptime
async def test_amendments_are_declined(stage: Stage) -> None:
    """The reason is the venue's, and nothing is sent."""
    with pytest.raises(UnsupportedCapability, match="no amendment of orders"):
        OrderAmendControl.of(stage.account)
    assert not isinstance(stage.account, OrderAmendControl)
    assert not hasattr(OrderBatchControl.of(stage.account), "amend_orders"), "batches promise what every venue does"
    assert {one.path for one in stage.sim.requests} <= {"/fapi/v1/time"}  # of which opening is known to ask


@looptime
async def test_refusals_of_the_venue(stage: Stage) -> None:
    """Trigger, mode, margin, reduce only: the venue's codes, and nothing is there afterwards."""
    refusals = {
        -2021: stage.order(OrderType.STOP_MARKET, trigger_price=D(2000)),
        -4061: stage.order(OrderType.STOP_MARKET, position_side=PositionSide.LONG),
        -2019: stage.order(quantity=D(9_000)),
        -2022: stage.order(reduce_only=True),
        -4135: stage.order(OrderType.TRAILING_STOP_MARKET, activation_price=D(3500)),
    }
    for code, request in refusals.items():
        with pytest.raises(OperationError) as caught:
            await stage.account.place_order(request)
        assert (caught.value.code, caught.value.outcome) == (code, Outcome.NOT_APPLIED)
    assert stage.ledger.orders() == ()


@looptime
async def test_a_client_id_is_unique_in_the_one_book(stage: Stage) -> None:
    """Among open orders of every type; once the first has ended it may be used again."""
    await stage.account.place_order(stage.order(OrderType.STOP_MARKET, client_id="mine"))
    await stage.account.pause(1)
    with pytest.raises(Rejected):
        await stage.account.place_order(stage.order(client_id="mine"))
    assert (await stage.account.cancel_order("ETHUSDT", client_id="mine")).type is OrderType.STOP_MARKET
    again = await stage.account.place_order(stage.order(client_id="mine"))
    assert (await stage.account.get_order("ETHUSDT", client_id="mine")).id == again.id


# -- cancelling


@looptime
@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind is not OrderType.MARKET], ids=str)
async def test_cancel_returns_how_an_order_ended(stage: Stage, kind: OrderType) -> None:
    """Of every type, by either name; one that has ended before is returned as it ended."""
    first, second = [await stage.account.place_order(stage.order(kind)) for _ in range(2)]
    ended = await stage.account.cancel_order("ETHUSDT", order_id=first.id)
    assert (ended.id, ended.status, ended.type, ended.filled) == (first.id, OrderStatus.CANCELED, kind, 0)
    assert ended.created_at is not None
    assert (await stage.account.cancel_order("ETHUSDT", client_id=second.client_id)).status is OrderStatus.CANCELED
    assert (await stage.account.cancel_order("ETHUSDT", order_id=first.id)).status is OrderStatus.CANCELED
    assert stage.ledger.open_orders() == ()


@looptime
async def test_cancel_of_what_has_triggered(stage: Stage) -> None:
    """It is returned as filled."""
    order = await stage.account.place_order(stage.order(OrderType.STOP_MARKET))
    stage.ledger.set_mark("ETHUSDT", D(4100))
    ended = await stage.account.cancel_order("ETHUSDT", order_id=order.id)
    assert (ended.status, ended.filled) == (OrderStatus.FILLED, D("0.1"))


@looptime
async def test_one_request_cancels_every_type(stage: Stage) -> None:
    """What waits for a trigger goes with what waits for a price; other symbols keep theirs unless all are meant."""
    for kind in TYPES:
        if kind is not OrderType.MARKET:
            await stage.account.place_order(stage.order(kind))
    stage.ledger.rest_order("BTCUSDT", Side.BUY, D(1), D(1000), book=Book.CONDITIONAL)
    assert await stage.account.cancel_all_orders(symbol="ETHUSDT") == ()
    assert len(stage.arrivals(ORDERS.cancel_all)) == 1
    assert [one.symbol for one in stage.ledger.open_orders()] == ["BTCUSDT"]
    assert await stage.account.cancel_all_orders() == ()
    assert stage.ledger.open_orders() == ()

"""Orders: what is sent, what comes back, and what the venue decides later."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from plugins.bybit_inverse.tests.bybit_orders import body, market, order

from venuekit.capabilities import (
    Order,
    OrderBehaviour,
    OrderKind,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionSide,
    TimeInForce,
    Unit,
    WorkingPrice,
)
from venuekit.errors import (
    InvalidArgument,
    InvalidRequest,
    NotFound,
    Outcome,
    Rejected,
)
from venuekit.plugin import from_milliseconds
from venuekit.simulator import CannedAnswer, Simulation
from venuekit.simulator.ledger import Side
from venuekit.testing.recorded import Recorded
from venuekit_bybit_inverse import BYBIT_INVERSE, BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
VENUE = "bybit_inverse"
Replay = Callable[..., None]
Arrivals = Callable[[str], list[str]]

# -- placing


async def test_place_order_is_pending(account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals) -> None:
    """What goes out, what comes back before anything is decided, and what then holds."""
    pending = await account.place_order(order(time_in_force=TimeInForce.POST_ONLY, stp_mode="CancelMaker"))
    sent = body(arrivals(BYBIT.CREATE_ORDER.path))
    link_id = sent.pop("orderLinkId")
    assert sent == {
        "category": "inverse",
        "symbol": "ETHUSD",
        "side": "Buy",
        "orderType": "Limit",
        "qty": "100",
        "price": "2000",
        "timeInForce": "PostOnly",
        "smpType": "CancelMaker",
    }
    assert re.fullmatch(BYBIT_INVERSE.behaviour(OrderBehaviour).client_id_pattern, link_id)
    held = sim.ledger.order(client_id=link_id)
    assert pending.raw == {"orderId": held.id, "orderLinkId": link_id}
    assert pending.received_at is not None
    assert attrs.evolve(pending, received_at=None) == Order(
        id=held.id,
        client_id=link_id,
        symbol="ETHUSD",
        kind=OrderKind.PLAIN,
        side=OrderSide.BUY,
        type=OrderType.LIMIT,
        status=OrderStatus.PENDING,
        position_side=PositionSide.BOTH,
        time_in_force=TimeInForce.POST_ONLY,
        quantity=D(100),
        price=D(2000),
        contract_size=D(1),
        contract_unit=Unit.QUOTE,
        reduce_only=False,
        stp_mode="CancelMaker",
    )
    found = await account.get_order("ETHUSD", client_id=link_id)
    assert (found.status, found.stp_mode, found.time_in_force) == ("open", "CancelMaker", "post_only")


async def test_recorded_acknowledgements(account: BybitInverseAccount, replay: Replay) -> None:
    """The documented answers to placing and amending give the venue's id."""
    replay("post_v5_order_create", "post_v5_order_amend")
    placed = await account.place_order(order(client_id="spot-test-postonly"))
    assert (placed.id, placed.client_id) == ("1321003749386327552", "spot-test-postonly")
    amended = await account.amend_order("ETHUSD", OrderSide.BUY, client_id="linear-004", quantity=D(7), price=D(9))
    assert attrs.evolve(amended, received_at=None) == Order(
        id="c6f055d9-7f21-4079-913d-e6523a9cfffa",
        client_id="linear-004",
        symbol="ETHUSD",
        kind=OrderKind.PLAIN,
        side=OrderSide.BUY,
        type=OrderType.LIMIT,
        status=OrderStatus.PENDING,
        quantity=D(7),
        price=D(9),
        contract_size=D(1),
        contract_unit=Unit.QUOTE,
    )


CONDITIONALS = {
    (OrderType.STOP, OrderSide.BUY): ("Limit", 1, 4000),
    (OrderType.STOP_MARKET, OrderSide.SELL): ("Market", 2, 2500),
    (OrderType.TAKE_PROFIT, OrderSide.SELL): ("Limit", 1, 4000),
    (OrderType.TAKE_PROFIT_MARKET, OrderSide.BUY): ("Market", 2, 2500),
}


@pytest.mark.parametrize(("kind", "side"), CONDITIONALS, ids=str)
async def test_conditional_orders(
    account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals, kind: OrderType, side: OrderSide
) -> None:
    """The direction of the trigger follows from type and side, and tells the type when it is read back."""
    word, direction, trigger = CONDITIONALS[kind, side]
    price = D(3000) if word == "Limit" else None
    request = order(type=kind, side=side, price=price, trigger_price=D(trigger), working_price=WorkingPrice.MARK)
    placed = await account.place_order(request)
    sent = body(arrivals(BYBIT.CREATE_ORDER.path))
    assert (sent["orderType"], sent["triggerDirection"], sent["triggerBy"]) == (word, direction, "MarkPrice")
    assert (placed.kind, placed.type, placed.status) == ("conditional", kind, "pending")
    found = await account.get_open_order("ETHUSD", order_id=placed.id)
    assert (found.type, found.side, found.status, found.kind) == (kind, side, "untriggered", "conditional")
    assert (found.trigger_price, found.working_price, found.price) == (D(trigger), WorkingPrice.MARK, price)
    sim.ledger.set_mark("ETHUSD", D(trigger))
    after = await account.get_order("ETHUSD", order_id=placed.id)
    assert (after.id, after.status) in {(placed.id, "filled"), (placed.id, "open")}


MISFITS: dict[str, tuple[dict[str, Any], str]] = {
    "off the quantity step": ({"quantity": D("100.5")}, "quantity 100.5 is not a multiple of 1"),
    "off the tick": ({"price": D("2000.005")}, "price 2000.005 is not a multiple of 0.01"),
    "trigger off the tick": (
        {"type": OrderType.STOP, "trigger_price": D("1.001")},
        "trigger_price 1.001 is not a multiple",
    ),
    "nothing": ({"quantity": D(0)}, "quantity must be above 0"),
    "less than nothing": ({"quantity": D(-1)}, "quantity must be above 0"),
    "no number": ({"quantity": D("NaN")}, "quantity must be a Decimal"),
    "a float": ({"quantity": 1.5}, "quantity must be a Decimal"),
    "no quantity": ({"quantity": None}, "needs a quantity"),
    "no price": ({"price": None}, "a limit order needs a price"),
    "a price too many": ({"type": OrderType.MARKET}, "a market order takes no price"),
    "no trigger": ({"type": OrderType.STOP}, "needs a trigger_price"),
    "a trigger too many": ({"trigger_price": D(1)}, "takes no trigger_price"),
    "a watched price too many": ({"working_price": WorkingPrice.MARK}, "watches no price"),
    "a trailing stop": ({"type": OrderType.TRAILING_STOP_MARKET, "price": None}, "not known here"),
    "a callback": ({"callback_rate": D(1)}, "belong to the position"),
    "closing everything": ({"close_position": True, "quantity": None}, "closes whatever is open"),
    "good till a date": ({"time_in_force": TimeInForce.GTD}, "not known here"),
    "an end": ({"expires_at": from_milliseconds(1)}, "do not expire"),
    "a leg": ({"position_side": PositionSide.LONG}, "one-way mode has no side long"),
    "price protection": ({"price_protect": True}, "price protection"),
    "a price match": ({"price_match": "QUEUE"}, "does not choose prices"),
    "a long client id": ({"client_id": "x" * 37}, "a client id is like"),
    "a strange client id": ({"client_id": "a b"}, "a client id is like"),
    "an empty client id": ({"client_id": ""}, "a client id is like"),
    "a market order that rests": (
        {"type": OrderType.MARKET, "price": None, "time_in_force": TimeInForce.POST_ONLY},
        "cannot be post_only",
    ),
}


@pytest.mark.parametrize(("details", "words"), MISFITS.values(), ids=MISFITS)
async def test_what_the_venue_cannot_take_is_not_sent(
    account: BybitInverseAccount, arrivals: Arrivals, details: dict[str, Any], words: str
) -> None:
    """Nothing is rounded, and nothing leaves; a batch with one such order is refused whole."""
    with pytest.raises(InvalidArgument, match=re.escape(words)) as caught:
        await account.place_order(order(**details))
    assert (caught.value.outcome, caught.value.subject) == (Outcome.NOT_SENT, "ETHUSD")
    with pytest.raises(InvalidArgument, match=re.escape(words)):
        await account.place_orders([order(), order(**details)])
    assert arrivals(BYBIT.CREATE_ORDER.path) == arrivals(BYBIT.CREATE_BATCH.path) == []


async def test_unknown_symbol(account: BybitInverseAccount, arrivals: Arrivals) -> None:
    """Its steps are not to be had, so nothing is sent."""
    with pytest.raises(InvalidRequest, match="NOPE"):
        await account.place_order(order(symbol="NOPE"))
    assert arrivals(BYBIT.CREATE_ORDER.path) == []


async def test_duplicate_client_id(account: BybitInverseAccount, replay: Replay) -> None:
    """An id is taken once and never again, open or not."""
    await account.place_order(market(client_id="once"))
    await account.pause(1)
    with pytest.raises(Rejected, match="OrderLinkedID is duplicate") as caught:
        await account.place_order(order(client_id="once"))
    assert (caught.value.code, caught.value.outcome) == (110072, Outcome.NOT_APPLIED)
    assert caught.value.client_id == "once"
    replay("post_v5_order_create_110072")
    with pytest.raises(Rejected, match="duplicate"):
        await account.place_order(order())


async def test_accepted_then_rejected(account: BybitInverseAccount, sim: Simulation) -> None:
    """What the venue takes may still be rejected, and says why as far as it does."""
    sim.ledger.set_decision_delay(None)
    placed = [
        await account.place_order(order()),
        await account.place_order(order(price=D(99_000), time_in_force=TimeInForce.POST_ONLY)),
        await account.place_order(order(quantity=D(200), time_in_force=TimeInForce.FOK)),
    ]
    assert {one.status for one in placed} == {OrderStatus.PENDING}
    sim.ledger.deposit("ETH", D(-250))
    for one in placed:
        sim.ledger.decide(one.id)
    read = [await account.get_order("ETHUSD", order_id=one.id) for one in placed]
    assert [(one.status, one.reject_reason) for one in read] == [
        ("rejected", "EC_Others"),
        ("canceled", "EC_PostOnlyWillTakeLiquidity"),
        ("canceled", "EC_NoEnoughQtyToFill"),
    ]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (market(reduce_only=True), 110017),
        (order(reduce_only=True, side=OrderSide.SELL, price=D(9000)), 110017),
        (market(symbol="BTCUSD", reduce_only=True), 110017),
        (order(quantity=D(20_000_000)), 110090),
        (order(quantity=D(6_000_000)), 110007),
        (order(type=OrderType.STOP, trigger_price=D(1000)), 110092),
        (order(type=OrderType.TAKE_PROFIT, trigger_price=D(9000)), 110093),
    ],
)
async def test_refused_at_once(account: BybitInverseAccount, request_: OrderRequest, code: int) -> None:
    """What can never trade is not taken: nothing to reduce, no margin, too large, a trigger that is reached."""
    with pytest.raises(Rejected) as caught:
        await account.place_order(request_)
    assert (caught.value.code, caught.value.outcome) == (code, Outcome.NOT_APPLIED)
    assert await account.get_open_orders() == ()


async def test_conditional_order_may_reduce_what_is_not_there_yet(account: BybitInverseAccount) -> None:
    """Whether there is anything to reduce is decided when it triggers."""
    placed = await account.place_order(order(type=OrderType.STOP, trigger_price=D(9000), reduce_only=True))
    assert [one.id for one in await account.get_open_orders()] == [placed.id]


async def test_order_that_is_not_decided_yet(account: BybitInverseAccount, sim: Simulation) -> None:
    """No read shows it until then."""
    sim.ledger.set_decision_delay(None)
    pending = await account.place_order(order())
    with pytest.raises(NotFound, match="not yet"):
        await account.get_order("ETHUSD", order_id=pending.id)
    sim.ledger.decide(pending.id)
    assert (await account.get_order("ETHUSD", order_id=pending.id)).status is OrderStatus.OPEN


# -- reading


async def test_recorded_orders(account: BybitInverseAccount, replay: Replay, sim: Simulation) -> None:
    """Every field of an open order and of one that has ended."""
    replay("get_v5_order_realtime")
    nothing = CannedAnswer.json(200, {"retCode": 0, "result": {"list": [], "nextPageCursor": ""}})
    sim.disturb(VENUE, BYBIT.OPEN_ORDERS, nothing)
    (found,) = await account.get_open_orders()
    assert found.raw is not None
    assert found.received_at is not None
    assert attrs.evolve(found, raw=None, received_at=None) == Order(
        id="fd4300ae-7847-404e-b947-b46980a4d140",
        client_id="test-000005",
        symbol="ETHUSDT",
        kind=OrderKind.PLAIN,
        side=OrderSide.BUY,
        type=OrderType.LIMIT,
        status=OrderStatus.OPEN,
        position_side=PositionSide.LONG,
        time_in_force=TimeInForce.GTC,
        quantity=D("0.10"),
        filled=D(0),
        price=D(1600),
        filled_value=D(0),
        commission=D(0),
        contract_size=D(1),
        contract_unit=Unit.QUOTE,
        reduce_only=False,
        close_position=False,
        take_profit=D(2500),
        stop_loss=D(1500),
        venue_status="New",
        created_at=from_milliseconds(1684738540559),
        updated_at=from_milliseconds(1684738540561),
    )
    sim.disturb(VENUE, BYBIT.OPEN_ORDERS, nothing)
    replay("get_v5_order_history")
    sim.disturb(VENUE, BYBIT.ORDER_HISTORY, nothing)
    ended = await account.get_order("BTCUSDT", client_id="YLxaWKMiHU")
    assert attrs.evolve(ended, raw=None, received_at=None) == Order(
        id="14bad3a1-6454-43d8-bcf2-5345896cf74d",
        client_id="YLxaWKMiHU",
        symbol="BTCUSDT",
        kind=OrderKind.PLAIN,
        side=OrderSide.BUY,
        type=OrderType.LIMIT,
        status=OrderStatus.CANCELED,
        position_side=PositionSide.LONG,
        time_in_force=TimeInForce.POST_ONLY,
        quantity=D("0.003"),
        filled=D(0),
        price=D("26864.40"),
        filled_value=D(0),
        commission=D(0),
        contract_size=D(1),
        contract_unit=Unit.QUOTE,
        reduce_only=False,
        close_position=False,
        reject_reason="EC_PostOnlyWillTakeLiquidity",
        venue_status="Cancelled",
        created_at=from_milliseconds(1684476068369),
        updated_at=from_milliseconds(1684476068372),
    )


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("PartialTakeProfit", OrderType.TAKE_PROFIT),
        ("StopLoss", OrderType.STOP),
        ("TrailingStop", OrderType.TRAILING_STOP_MARKET),
        ("MmRateClose", "MmRateClose"),
    ],
)
async def test_conditional_orders_of_every_kind(
    account: BybitInverseAccount, recorded: Recorded, sim: Simulation, word: str, kind: str
) -> None:
    """What the venue or its own pages placed has its type; a word that nobody knows stays readable."""
    body = json.loads(recorded.case("get_v5_order_realtime").body)
    row = body["result"]["list"][0] | {"stopOrderType": word}
    sim.disturb(
        VENUE, BYBIT.OPEN_ORDERS, CannedAnswer.json(200, {**body, "result": {"list": [row], "nextPageCursor": ""}})
    )
    (found,) = await account.get_open_orders()
    assert (found.type, found.kind, found.type.is_conditional) == (kind, OrderKind.CONDITIONAL, True)


async def test_sides_that_nobody_knows_stay_readable(
    account: BybitInverseAccount, recorded: Recorded, sim: Simulation
) -> None:
    """An unknown side or leg of one order or fill does not keep the others from being read."""
    body = json.loads(recorded.case("get_v5_order_realtime").body)
    plain = body["result"]["list"][0]
    rows = [plain, plain | {"orderId": "other", "side": "Sideways", "positionIdx": 3}]
    sim.disturb(
        VENUE, BYBIT.OPEN_ORDERS, CannedAnswer.json(200, {**body, "result": {"list": rows, "nextPageCursor": ""}})
    )
    found = {one.id: one for one in await account.get_open_orders()}
    assert found.keys() == {plain["orderId"], "other"}
    assert (found["other"].side, found["other"].position_side) == ("Sideways", PositionSide.BOTH)
    body = json.loads(recorded.case("get_v5_execution_list").body)
    odd = {"symbol": "ETHUSD", "side": "Sideways", "execTime": str(sim.milliseconds() - 1000)}
    fills = [body["result"]["list"][0] | odd]
    sim.disturb(
        VENUE, BYBIT.EXECUTIONS, CannedAnswer.json(200, {**body, "result": {"list": fills, "nextPageCursor": ""}})
    )
    start = from_milliseconds(sim.milliseconds()) - timedelta(hours=1)
    (fill,) = await account.iter_fills("ETHUSD", start=start).all()
    assert fill.side == "Sideways"


async def test_filled_order(account: BybitInverseAccount, sim: Simulation) -> None:
    """Filled quantity, mean price, value and what it cost."""
    placed = await account.place_order(market(quantity=D(5000)))
    found = await account.get_order("ETHUSD", order_id=placed.id)
    held = sim.ledger.order(placed.id)
    assert (found.status, found.filled, found.average_price) == ("filled", D(5000), held.average_price)
    assert (found.filled_value, found.commission) == (held.filled_value, held.commission)
    assert held.commission < 0
    with pytest.raises(NotFound):
        await account.get_open_order("ETHUSD", order_id=placed.id)


@pytest.mark.parametrize(
    "names",
    [{}, {"order_id": "1", "client_id": "a"}, {"order_id": ""}, {"client_id": ""}],
    ids=["none", "both", "empty id", "empty client id"],
)
@pytest.mark.parametrize("method", ["get_order", "get_open_order", "cancel_order"])
async def test_an_order_has_one_name(
    account: BybitInverseAccount, sim: Simulation, method: str, names: dict[str, str]
) -> None:
    """By id or by client id; an empty one would be any order of the symbol."""
    sim.ledger.rest_order("ETHUSD", Side.BUY, D(100), D(1000))
    sent = len(sim.requests)
    with pytest.raises(InvalidArgument, match="order_id or by client_id"):
        await getattr(account, method)("ETHUSD", **names)
    assert len(sim.requests) == sent


async def test_open_orders_in_pages(account: BybitInverseAccount, sim: Simulation) -> None:
    """More than one page, plain and conditional, oldest first, of a symbol or of all."""
    ids = [sim.ledger.rest_order("ETHUSD", Side.BUY, D(1 + number), D(1000)) for number in range(70)]
    other = sim.ledger.rest_order("BTCUSD", Side.SELL, D(1), D(90_000), reduce_only=True)
    assert [one.id for one in await account.get_open_orders(symbol="ETHUSD")] == ids
    assert [one.id for one in await account.get_open_orders()] == [*ids, other]


async def test_walk_of_orders(account: BybitInverseAccount, sim: Simulation) -> None:
    """What has ended and what is open, oldest first, each once, and from any one on."""
    for number in range(3):
        await account.place_order(order(price=D(2000 + number)))
        await account.place_order(market())
    start = from_milliseconds(sim.milliseconds()) - timedelta(hours=23)
    found = await account.iter_orders(symbol="ETHUSD", start=start).all()
    held = {one.id: one.created_at for one in sim.ledger.orders("ETHUSD")}
    assert {one.id: one.created_at for one in found} == held
    assert [one.created_at for one in found] == sorted(held.values())
    assert sorted(one.status for one in found) == ["filled"] * 3 + ["open"] * 3
    for index, one in enumerate(found):
        rest = await account.iter_orders(symbol="ETHUSD", start=start, after=one).all()
        assert [other.id for other in rest] == [other.id for other in found[index + 1 :]]


async def test_orders_that_are_no_longer_kept_are_warned_of(account: BybitInverseAccount, sim: Simulation) -> None:
    """What ended without a fill is gone after 24 hours: a start before that says so, naming the limit."""
    gone = await account.place_order(order())
    await account.cancel_order("ETHUSD", order_id=gone.id)
    sim.skew(2 * 86_400)
    await account.sync_clock()
    start = from_milliseconds(sim.milliseconds()) - timedelta(days=3)
    with pytest.warns(UserWarning, match="24 hours"):
        assert await account.iter_orders(symbol="ETHUSD", start=start).all() == ()

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

import venuekit
from venuekit.capabilities import (
    Amendment,
    CountdownCancel,
    Fill,
    FillKind,
    Order,
    OrderBehaviour,
    OrderBook,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderTest,
    OrderType,
    PositionSide,
    TimeInForce,
    Unit,
    WorkingPrice,
)
from venuekit.clock import from_milliseconds
from venuekit.errors import (
    GuardRefused,
    InvalidArgument,
    InvalidRequest,
    NotFound,
    OperationError,
    Outcome,
    OutcomeUnknown,
    PayloadMismatch,
    Rejected,
    UnsupportedCapability,
)
from venuekit.pipeline import Guard
from venuekit.simulator import Answer, SecondActor, Simulation
from venuekit.simulator.ledger import Side
from venuekit.testing.recorded import Recorded
from venuekit_bybit_inverse import BYBIT_INVERSE, BybitInverseAccount
from venuekit_bybit_inverse.endpoints import (
    CANCEL_ALL,
    CANCEL_BATCH,
    CREATE_BATCH,
    CREATE_ORDER,
    EXECUTIONS,
    OPEN_ORDERS,
    ORDER_HISTORY,
)

D = Decimal
VENUE = "bybit_inverse"
Replay = Callable[..., None]
Arrivals = Callable[[str], list[str]]


def order(**details: Any) -> OrderRequest:
    """Return an order that rests far from the market."""
    plain: dict[str, Any] = {"type": OrderType.LIMIT, "quantity": D(100), "price": D(2000)}
    return OrderRequest(**({"symbol": "ETHUSD", "side": OrderSide.BUY} | plain | details))


def market(**details: Any) -> OrderRequest:
    """Return an order that is filled at once."""
    return order(**({"type": OrderType.MARKET, "price": None} | details))


def body(arrived: list[str]) -> dict[str, Any]:
    """Return the body of the last request."""
    found: dict[str, Any] = json.loads(arrived[-1])
    return found


# -- placing


async def test_place_order_is_pending(account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals) -> None:
    """What goes out, what comes back before anything is decided, and what then holds."""
    pending = await account.place_order(order(time_in_force=TimeInForce.POST_ONLY, stp_mode="CancelMaker"))
    sent = body(arrivals(CREATE_ORDER.path))
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
        book=OrderBook.PLAIN,
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
        book=OrderBook.PLAIN,
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
    sent = body(arrivals(CREATE_ORDER.path))
    assert (sent["orderType"], sent["triggerDirection"], sent["triggerBy"]) == (word, direction, "MarkPrice")
    assert (placed.book, placed.type, placed.status) == ("conditional", kind, "pending")
    found = await account.get_open_order("ETHUSD", order_id=placed.id)
    assert (found.type, found.side, found.status, found.book) == (kind, side, "untriggered", "conditional")
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
    assert arrivals(CREATE_ORDER.path) == arrivals(CREATE_BATCH.path) == []


async def test_unknown_symbol(account: BybitInverseAccount, arrivals: Arrivals) -> None:
    """Its steps are not to be had, so nothing is sent."""
    with pytest.raises(InvalidRequest, match="NOPE"):
        await account.place_order(order(symbol="NOPE"))
    assert arrivals(CREATE_ORDER.path) == []


async def test_duplicate_client_id(account: BybitInverseAccount, replay: Replay) -> None:
    """An id is taken once and never again, open or not."""
    await account.place_order(market(client_id="once"))
    with pytest.raises(Rejected, match="OrderLinkedID is duplicate") as caught:
        await account.place_order(order(client_id="once"))
    assert (caught.value.code, caught.value.outcome) == (110072, Outcome.NOT_APPLIED)
    assert caught.value.client_id == "once"
    replay("post_v5_order_create_110072")
    with pytest.raises(Rejected, match="duplicate"):
        await account.place_order(order())


async def test_accepted_then_rejected(account: BybitInverseAccount) -> None:
    """What the venue takes may still be rejected, and says why as far as it does."""
    big = await account.place_order(order(quantity=D(20_000_000)))
    post = await account.place_order(order(price=D(3500), time_in_force=TimeInForce.POST_ONLY))
    reduce = await account.place_order(market(reduce_only=True))
    assert {big.status, post.status, reduce.status} == {OrderStatus.PENDING}
    read = [await account.get_order("ETHUSD", order_id=one.id) for one in (big, post, reduce)]
    assert [(one.status, one.reject_reason) for one in read] == [
        ("rejected", "EC_Others"),
        ("canceled", "EC_PostOnlyWillTakeLiquidity"),
        ("rejected", "EC_Others"),
    ]


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
    nothing = Answer.json(200, {"retCode": 0, "result": {"list": [], "nextPageCursor": ""}})
    sim.disturb(VENUE, OPEN_ORDERS, nothing)
    (found,) = await account.get_open_orders()
    assert found.raw is not None
    assert found.received_at is not None
    assert attrs.evolve(found, raw=None, received_at=None) == Order(
        id="fd4300ae-7847-404e-b947-b46980a4d140",
        client_id="test-000005",
        symbol="ETHUSDT",
        book=OrderBook.PLAIN,
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
        venue_status="New",
        created_at=from_milliseconds(1684738540559),
        updated_at=from_milliseconds(1684738540561),
    )
    sim.disturb(VENUE, OPEN_ORDERS, nothing)
    replay("get_v5_order_history")
    sim.disturb(VENUE, ORDER_HISTORY, nothing)
    ended = await account.get_order("BTCUSDT", client_id="YLxaWKMiHU")
    assert attrs.evolve(ended, raw=None, received_at=None) == Order(
        id="14bad3a1-6454-43d8-bcf2-5345896cf74d",
        client_id="YLxaWKMiHU",
        symbol="BTCUSDT",
        book=OrderBook.PLAIN,
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
    body = json.loads(recorded.named("get_v5_order_realtime").body)
    row = body["result"]["list"][0] | {"stopOrderType": word}
    sim.disturb(VENUE, OPEN_ORDERS, Answer.json(200, {**body, "result": {"list": [row], "nextPageCursor": ""}}))
    (found,) = await account.get_open_orders()
    assert (found.type, found.book, found.type.is_conditional) == (kind, OrderBook.CONDITIONAL, True)


async def test_sides_that_nobody_knows_stay_readable(
    account: BybitInverseAccount, recorded: Recorded, sim: Simulation
) -> None:
    """An unknown side or leg of one order or fill does not keep the others from being read."""
    body = json.loads(recorded.named("get_v5_order_realtime").body)
    plain = body["result"]["list"][0]
    rows = [plain, plain | {"orderId": "other", "side": "Sideways", "positionIdx": 3}]
    sim.disturb(VENUE, OPEN_ORDERS, Answer.json(200, {**body, "result": {"list": rows, "nextPageCursor": ""}}))
    found = {one.id: one for one in await account.get_open_orders()}
    assert found.keys() == {plain["orderId"], "other"}
    assert (found["other"].side, found["other"].position_side) == ("Sideways", PositionSide.BOTH)
    body = json.loads(recorded.named("get_v5_execution_list").body)
    fills = [body["result"]["list"][0] | {"side": "Sideways", "execTime": str(sim.milliseconds() - 1000)}]
    sim.disturb(VENUE, EXECUTIONS, Answer.json(200, {**body, "result": {"list": fills, "nextPageCursor": ""}}))
    start = from_milliseconds(sim.milliseconds()) - timedelta(hours=1)
    (fill,) = await account.iter_trades("ETHUSD", start=start).all()
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
    assert [one.id for one in await account.get_open_orders("ETHUSD")] == ids
    assert [one.id for one in await account.get_open_orders()] == [*ids, other]


async def test_walk_of_orders(account: BybitInverseAccount, sim: Simulation) -> None:
    """What has ended and what is open, oldest first, each once, and from any one on."""
    for number in range(3):
        await account.place_order(order(price=D(2000 + number)))
        await account.place_order(market())
    start = from_milliseconds(sim.milliseconds()) - timedelta(hours=23)
    found = await account.iter_orders("ETHUSD", start=start).all()
    held = {one.id: one.created_at for one in sim.ledger.orders("ETHUSD")}
    assert {one.id: one.created_at for one in found} == held
    assert [one.created_at for one in found] == sorted(held.values())
    assert sorted(one.status for one in found) == ["filled"] * 3 + ["open"] * 3
    for place, one in enumerate(found):
        rest = await account.iter_orders("ETHUSD", start=start, after=one).all()
        assert [other.id for other in rest] == [other.id for other in found[place + 1 :]]


async def test_orders_that_are_no_longer_kept_are_warned_of(account: BybitInverseAccount, sim: Simulation) -> None:
    """What ended without a fill is gone after 24 hours: a start before that says so, naming the limit."""
    gone = await account.place_order(order())
    await account.cancel_order("ETHUSD", order_id=gone.id)
    sim.skew(2 * 86_400)
    await account.sync_clock()
    start = from_milliseconds(sim.milliseconds()) - timedelta(days=3)
    with pytest.warns(UserWarning, match="24 hours"):
        assert await account.iter_orders("ETHUSD", start=start).all() == ()


# -- amending


async def test_amend_order(account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals) -> None:
    """Only what is given is sent."""
    placed = await account.place_order(order())
    amended = await account.amend_order("ETHUSD", OrderSide.BUY, order_id=placed.id, price=D("2100.50"))
    assert (amended.status, amended.price, amended.quantity) == ("pending", D("2100.50"), D(100))
    assert body(arrivals("/v5/order/amend")) == {
        "category": "inverse",
        "symbol": "ETHUSD",
        "orderId": placed.id,
        "price": "2100.50",
    }
    assert sim.ledger.order(placed.id).price == D("2100.5")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "quantity or a price"),
        ({"price": D("0.001")}, "not a multiple"),
        ({"quantity": D(0)}, "above 0"),
    ],
)
async def test_amendments_that_are_not_sent(
    account: BybitInverseAccount, arrivals: Arrivals, change: dict[str, Any], words: str
) -> None:
    """Nothing to change, or off the steps; in a batch too."""
    with pytest.raises(InvalidArgument, match=words):
        await account.amend_order("ETHUSD", OrderSide.BUY, order_id="1", **change)
    with pytest.raises(InvalidArgument, match=words):
        await account.amend_orders([Amendment(symbol="ETHUSD", side=OrderSide.BUY, id="1", **change)])
    assert arrivals("/v5/order/amend") == arrivals("/v5/order/amend-batch") == []


async def test_amendments_that_are_refused(account: BybitInverseAccount) -> None:
    """An order that is not open, and values that it has already."""
    with pytest.raises(NotFound, match="order not exists"):
        await account.amend_order("ETHUSD", OrderSide.BUY, order_id="404", price=D(1))
    placed = await account.place_order(order())
    with pytest.raises(InvalidRequest, match="remains unchanged"):
        await account.amend_order("ETHUSD", OrderSide.BUY, order_id=placed.id, price=D(2000))


# -- cancelling


async def test_cancel_order_returns_how_it_ended(account: BybitInverseAccount, replay: Replay) -> None:
    """Also when that was before; one that the venue does not know is an error."""
    placed = await account.place_order(order(client_id="mine"))
    assert (await account.cancel_order("ETHUSD", client_id="mine")).status is OrderStatus.CANCELED
    assert (await account.cancel_order("ETHUSD", order_id=placed.id)).status is OrderStatus.CANCELED
    filled = await account.place_order(market())
    assert (await account.cancel_order("ETHUSD", order_id=filled.id)).status is OrderStatus.FILLED
    replay("post_v5_order_cancel_110001")
    with pytest.raises(NotFound, match="does not exist"):
        await account.cancel_order("ETHUSD", order_id="404")


async def test_cancel_is_decided_later(account: BybitInverseAccount, sim: Simulation, replay: Replay) -> None:
    """An acknowledged cancel is waited for; one that never takes effect leaves the order open, and says so."""
    placed = await account.place_order(order())
    replay("post_v5_order_cancel")
    soon = SecondActor(lambda ledger: ledger.cancel_order(placed.id))
    sim.disturb(VENUE, OPEN_ORDERS, SecondActor(lambda _: None), soon)
    assert (await account.cancel_order("ETHUSD", order_id=placed.id)).status is OrderStatus.CANCELED
    stays = await account.place_order(order())
    replay("post_v5_order_cancel")
    assert (await account.cancel_order("ETHUSD", order_id=stays.id)).status is OrderStatus.OPEN


async def test_cancel_everything(account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals) -> None:
    """Of a symbol, or by settle coin; at most 500 a call, again until nothing is left."""
    for number in range(310):
        for symbol in ("BTCUSD", "BTCUSDZ26"):
            sim.ledger.rest_order(symbol, Side.BUY, D(1 + number), D(50_000))
    sim.ledger.rest_order("ETHUSD", Side.BUY, D(1), D(1000))
    assert await account.cancel_all_orders("ETHUSD") == ()
    assert body(arrivals(CANCEL_ALL.path)) == {"category": "inverse", "symbol": "ETHUSD"}
    assert len(sim.ledger.open_orders()) == 620
    assert await account.cancel_all_orders() == ()
    assert [json.loads(one)["settleCoin"] for one in arrivals(CANCEL_ALL.path)[1:]] == ["BTC", "ETH", "BTC"]
    assert sim.ledger.open_orders() == ()


async def test_what_cannot_be_cancelled_is_returned(
    account: BybitInverseAccount, sim: Simulation, replay: Replay
) -> None:
    """After a few rounds that cancel nothing it is given up."""
    sim.ledger.rest_order("ETHUSD", Side.BUY, D(1), D(1000))
    replay("post_v5_order_cancel_all", times=9)
    (left,) = await account.cancel_all_orders("ETHUSD")
    assert (left.symbol, left.status) == ("ETHUSD", OrderStatus.OPEN)


@pytest.mark.parametrize("symbol", ["ETHUSD", None])
async def test_cancel_everything_before_the_venue_has_decided(
    account: BybitInverseAccount, sim: Simulation, symbol: str | None
) -> None:
    """An order that is accepted and stands in no list yet is cancelled too."""
    sim.ledger.set_decision_delay(timedelta(milliseconds=100))
    placed = await account.place_order(order())
    assert await account.cancel_all_orders(symbol) == ()
    assert sim.ledger.open_orders() == ()
    assert (await account.get_order("ETHUSD", order_id=placed.id)).status is OrderStatus.CANCELED


async def test_cancel_everything_beside_somebody_who_keeps_placing(
    account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up after some rounds, and what is open is returned."""
    monkeypatch.setattr("venuekit_bybit_inverse.order_sweep._PAUSE", 0.0)
    another = SecondActor(lambda ledger: ledger.rest_order("ETHUSD", Side.BUY, D(100), D(1000)), after=True)
    sim.disturb(VENUE, CANCEL_ALL, another, times=100)
    (left,) = await account.cancel_all_orders("ETHUSD")
    assert left.status is OrderStatus.OPEN
    assert len(arrivals(CANCEL_ALL.path)) < 100


# -- batches


async def test_batches_answer_item_by_item(account: BybitInverseAccount, sim: Simulation) -> None:
    """One that fails leaves the others as they are, and everything keeps its place."""
    await account.place_order(order(client_id="taken"))
    first, second, third = await account.place_orders(
        [order(client_id="a"), order(client_id="taken"), order(client_id="c", price=D(2100))]
    )
    assert isinstance(first, Order)
    assert isinstance(third, Order)
    assert (first.status, first.client_id, third.price) == ("pending", "a", D(2100))
    assert isinstance(second, Rejected)
    assert (second.code, second.client_id, second.outcome) == (110072, "taken", Outcome.NOT_APPLIED)
    amended = await account.amend_orders(
        [
            Amendment(symbol="ETHUSD", side=OrderSide.BUY, id=first.id, quantity=D(50)),
            Amendment(symbol="ETHUSD", side=OrderSide.BUY, client_id="nowhere", quantity=D(50)),
        ]
    )
    assert isinstance(amended[0], Order)
    assert isinstance(amended[1], NotFound)
    assert sim.ledger.order(first.id).quantity == 50
    ended = await account.cancel_orders("ETHUSD", order_ids=[first.id, "404"], client_ids=["c"])
    assert [one.status if isinstance(one, Order) else type(one) for one in ended] == ["canceled", NotFound, "canceled"]
    again = await account.cancel_orders("ETHUSD", order_ids=[first.id])
    assert isinstance(again[0], Order)
    assert again[0].status is OrderStatus.CANCELED


async def test_recorded_batches(account: BybitInverseAccount, replay: Replay) -> None:
    """An item's id and its code stand in two lists."""
    replay("post_v5_order_create_batch", "post_v5_order_amend_batch", "post_v5_order_cancel_batch")
    placed, refused = await account.place_orders([order(client_id="batch-1"), order(client_id="batch-2")])
    assert isinstance(placed, Order)
    assert (placed.id, placed.status) == ("a4c1718e-fe53-4659-a118-1f6ecce04ad9", "pending")
    assert isinstance(refused, Rejected)
    changes = [Amendment(symbol="BTCUSD", side=OrderSide.BUY, client_id=f"batch-{n}", price=D(51000)) for n in (1, 2)]
    amended = await account.amend_orders(changes)
    assert [type(one) for one in amended] == [Order, NotFound]
    ended = await account.cancel_orders("BTCUSD", client_ids=["batch-1", "batch-2"])
    assert isinstance(ended[1], NotFound)
    assert isinstance(ended[0], OperationError)


@pytest.mark.looptime
@pytest.mark.parametrize("taken", [True, False], ids=["taken", "not taken"])
async def test_item_of_which_the_venue_does_not_know(
    account: BybitInverseAccount, sim: Simulation, taken: bool
) -> None:
    """It is looked for by its client id: it is the order that is found, or of unknown outcome, never "refused"."""
    said = {
        "retCode": 0,
        "retMsg": "OK",
        "result": {"list": [{"category": "inverse", "symbol": "ETHUSD", "orderId": "", "orderLinkId": "a"}] * 2},
        "retExtInfo": {"list": [{"code": 10016, "msg": "Server error."}, {"code": 110007, "msg": "not enough"}]},
    }
    if taken:
        sim.ledger.rest_order("ETHUSD", Side.BUY, D(100), D(2000), client_id="a")
    sim.disturb(VENUE, CREATE_BATCH, Answer.json(200, said))
    unknown, refused = await account.place_orders([order(client_id="a"), order(client_id="b")])
    if taken:
        assert isinstance(unknown, Order)
        assert (unknown.client_id, unknown.status) == ("a", OrderStatus.OPEN)
    else:
        assert isinstance(unknown, OutcomeUnknown)
        assert (unknown.code, unknown.outcome, "refused" in str(unknown)) == (10016, Outcome.UNKNOWN, False)
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.outcome) == (110007, Outcome.NOT_APPLIED)


async def test_batch_tells_when_its_orders_were_taken(account: BybitInverseAccount, sim: Simulation) -> None:
    """Its acknowledgements have a time, those of single orders none."""
    answered = await account.place_orders([order(), order()])
    times = [one.created_at for one in answered if isinstance(one, Order)]
    assert times == [one.created_at for one in sim.ledger.open_orders()]
    assert (await account.place_order(order())).created_at is None


@pytest.mark.parametrize("count", [0, 21])
async def test_batches_of_the_wrong_size_are_not_sent(
    account: BybitInverseAccount, sim: Simulation, count: int
) -> None:
    """One to twenty."""
    sent = len(sim.requests)
    changes = [Amendment(symbol="ETHUSD", side=OrderSide.BUY, id=str(n), price=D(1)) for n in range(count)]
    with pytest.raises(InvalidArgument, match=f"1 to 20 orders, not {count}"):
        await account.place_orders([order()] * count)
    with pytest.raises(InvalidArgument, match="1 to 20"):
        await account.amend_orders(changes)
    with pytest.raises(InvalidArgument, match="1 to 20"):
        await account.cancel_orders("ETHUSD", order_ids=[str(number) for number in range(count)])
    assert len(sim.requests) == sent


async def test_batch_with_one_id_twice_is_not_sent(account: BybitInverseAccount, arrivals: Arrivals) -> None:
    """It could not be told apart if the answer were lost."""
    with pytest.raises(InvalidArgument, match="same client id"):
        await account.place_orders([order(client_id="a"), order(client_id="a")])
    assert arrivals(CREATE_BATCH.path) == []


async def test_batch_answered_short_is_found_out_about(account: BybitInverseAccount, sim: Simulation) -> None:
    """An answer with fewer codes than items is not believed: the orders are looked for instead."""
    short = {"retCode": 0, "result": {"list": []}, "retExtInfo": {"list": [{"code": 0, "msg": "OK"}]}}
    sim.disturb(VENUE, CREATE_BATCH, Answer.json(200, short, applied=True))
    placed = await account.place_orders([order(), order()])
    assert [one.status for one in placed if isinstance(one, Order)] == ["open", "open"]
    empty = {"retCode": 0, "result": {"list": []}, "retExtInfo": {"list": []}}
    sim.disturb(VENUE, CANCEL_BATCH, Answer.json(200, empty))
    with pytest.raises(PayloadMismatch, match="0 were answered"):
        await account.cancel_orders("ETHUSD", order_ids=["1"])


# -- fills


async def test_recorded_fills(account: BybitInverseAccount, replay: Replay, sim: Simulation) -> None:
    """Every field of a fill; an empty fee currency is the settle coin."""
    sim.skew((1672283754510 - sim.milliseconds()) / 1000)
    await account.sync_clock()
    replay("get_v5_execution_list")
    sim.disturb(VENUE, EXECUTIONS, Answer.json(200, {"retCode": 0, "result": {"list": []}}))
    when = from_milliseconds(1672282722429)
    (fill,) = await account.iter_trades("ETHUSD", start=when, end=when + timedelta(days=1)).all()
    assert attrs.evolve(fill, raw=None) == Fill(
        id="e0cbe81d-0f18-5866-9415-cf319b5dab3b",
        order_id="8c065341-7b52-4ca9-ac2c-37e31ac55c94",
        symbol="ETHPERP",
        side=OrderSide.BUY,
        price=D("1190.15"),
        quantity=D("0.1"),
        time=when,
        value=D("119.015"),
        commission=D("-0.071409"),
        commission_asset="ETH",
        kind=FillKind.TRADE,
        is_maker=False,
        contract_size=D(1),
        contract_unit=Unit.QUOTE,
    )


async def test_walk_of_fills(account: BybitInverseAccount, sim: Simulation) -> None:
    """Fills of a symbol, oldest first, without funding, and from any one on."""
    for _ in range(3):
        await account.place_order(market(client_id=None))
    await account.place_order(market(side=OrderSide.SELL, quantity=D(300)))
    sim.ledger.fill("ETHUSD", Side.BUY, D(10), D(3000))
    sim.ledger.fund("ETHUSD", D("0.0001"))
    start = from_milliseconds(sim.milliseconds()) - timedelta(days=1)
    found = await account.iter_trades("ETHUSD", start=start).all()
    held = sim.ledger.fills("ETHUSD")
    assert [(one.id, one.order_id, one.quantity, one.commission) for one in found] == [
        (one.trade_id, one.order_id, one.quantity, one.commission) for one in held
    ]
    for place, one in enumerate(found):
        assert await account.iter_trades("ETHUSD", start=start, after=one).all() == found[place + 1 :]


async def test_fills_of_a_contract_that_is_listed_no_more(
    account: BybitInverseAccount, recorded: Recorded, sim: Simulation
) -> None:
    """They are read as ever; what it settled in nobody tells."""
    body = json.loads(recorded.named("get_v5_execution_list").body)
    time = str(sim.milliseconds() - 1000)
    row = body["result"]["list"][0] | {"symbol": "BTCUSDU26", "feeCurrency": "", "execTime": time}
    sim.disturb(VENUE, EXECUTIONS, Answer.json(200, {**body, "result": {"list": [row], "nextPageCursor": ""}}))
    start = from_milliseconds(sim.milliseconds()) - timedelta(hours=1)
    (fill,) = await account.iter_trades("BTCUSDU26", start=start).all()
    assert (fill.symbol, fill.id, fill.commission_asset) == ("BTCUSDU26", row["execId"], None)


async def test_forced_orders(account: BybitInverseAccount, sim: Simulation) -> None:
    """Liquidation and deleveraging, each once; one that the history has forgotten is told by its fill."""
    ledger = sim.ledger
    ledger.deleverage("BTCUSD", quantity=D(1_000_000))
    sim.skew(0.5)
    ledger.set_mark("BTCUSD", D(60_000))
    start = from_milliseconds(sim.milliseconds()) - timedelta(days=1)
    found = await account.iter_forced_orders(start=start).all()
    assert [one.id for one in found] == [one.id for one in ledger.forced_orders()]
    assert [(one.quantity, one.side, one.client_id) for one in found] == [
        (D(1_000_000), OrderSide.SELL, None),
        (D(15_000_000), OrderSide.SELL, None),
    ]
    nothing = Answer.json(200, {"retCode": 0, "result": {"list": []}})
    sim.disturb(VENUE, ORDER_HISTORY, nothing, nothing)
    told = await account.iter_forced_orders("BTCUSD", start=start).all()
    assert [(one.id, one.status, one.quantity) for one in told] == [
        (one.id, OrderStatus.FILLED, one.quantity) for one in found
    ]
    kinds = {fill.kind for fill in await account.iter_trades("BTCUSD", start=start).all()}
    assert kinds == {FillKind.TRADE, FillKind.LIQUIDATION, FillKind.ADL}


async def test_forced_orders_alone_are_asked_for(account: BybitInverseAccount, arrivals: Arrivals) -> None:
    """Of a million fills of our own not one is read: the venue is asked for liquidations and deleveraging."""
    assert await account.iter_forced_orders(start=await account.get_server_time() - timedelta(days=1)).all() == ()
    assert {re.search("execType=([A-Za-z]+)", one)[1] for one in arrivals(EXECUTIONS.path)} == {"BustTrade", "AdlTrade"}


async def test_forced_orders_continue_behind_any_one(account: BybitInverseAccount, sim: Simulation) -> None:
    """Also where the order itself is forgotten, and where it is not among the fills any more."""
    for seconds in range(1, 4):
        sim.ledger.deleverage("BTCUSD", quantity=D(1_000_000))
        sim.skew(seconds)
    sim.ledger.set_mark("BTCUSD", D(60_000))
    start = await account.get_server_time() - timedelta(days=1)
    found = await account.iter_forced_orders(start=start).all()
    assert len(found) == 4
    for place, one in enumerate(found):
        for item in (one, attrs.evolve(one, created_at=None)):
            rest = await account.iter_forced_orders(start=start, after=item).all()
            assert [other.id for other in rest] == [other.id for other in found[place + 1 :]]
    gone = attrs.evolve(found[1], id="gone")
    assert [one.id for one in await account.iter_forced_orders(after=gone).all()] == [one.id for one in found[1:]]


# -- who may


async def test_a_guard_of_symbols_reads_the_items_of_a_batch(sim: Simulation) -> None:
    """Batches of allowed symbols pass; one item of another symbol keeps the whole batch from being sent."""
    guard = Guard(symbols={"ETHUSD"})
    async with venuekit.connect(VENUE, sim.credentials(VENUE), guard=guard) as account:
        assert isinstance(account, BybitInverseAccount)
        placed = [one for one in await account.place_orders([order(), order()]) if isinstance(one, Order)]
        assert len(placed) == 2
        with pytest.raises(GuardRefused, match="BTCUSD is not among"):
            await account.place_orders([order(), order(symbol="BTCUSD")])
        amendment = Amendment(symbol="ETHUSD", side=OrderSide.BUY, id=placed[0].id, quantity=D(20))
        await account.amend_orders([amendment])
        canceled = await account.cancel_orders("ETHUSD", order_ids=[one.id for one in placed])
        assert all(isinstance(one, Order) for one in canceled)
        with pytest.raises(GuardRefused, match="BTCUSD is not among"):
            await account.cancel_orders("BTCUSD", order_ids=["7"])


async def test_guards_know_orders(sim: Simulation) -> None:
    """A contract is a dollar: the notional of an order, an amendment and of each item of a batch can be told."""
    guard = Guard(max_notional=D(500))
    credentials = sim.credentials(VENUE)
    async with venuekit.connect(VENUE, credentials, guard=guard) as account:
        assert isinstance(account, BybitInverseAccount)
        placed = await account.place_order(order(quantity=D(500)))
        with pytest.raises(GuardRefused, match="notional 501"):
            await account.place_order(order(quantity=D(501)))
        with pytest.raises(GuardRefused, match="notional 600"):
            await account.place_orders([order(), order(quantity=D(600))])
        with pytest.raises(GuardRefused, match="notional 700"):
            await account.amend_order("ETHUSD", OrderSide.BUY, order_id=placed.id, quantity=D(700))
        await account.amend_order("ETHUSD", OrderSide.BUY, order_id=placed.id, price=D(2500))


async def test_halted_account_cancels_and_reduces_only(account: BybitInverseAccount, sim: Simulation) -> None:
    """Nothing else leaves."""
    placed = await account.place_order(order())
    account.halt()
    with pytest.raises(GuardRefused, match="halted"):
        await account.place_order(order())
    with pytest.raises(GuardRefused, match="halted"):
        await account.place_orders([order(reduce_only=True), order()])
    with pytest.raises(GuardRefused, match="halted"):
        await account.add_margin("BTCUSD", D(1))
    await account.place_order(market(symbol="BTCUSD", side=OrderSide.SELL, quantity=D(1000), reduce_only=True))
    assert (await account.cancel_order("ETHUSD", order_id=placed.id)).status is OrderStatus.CANCELED
    assert await account.cancel_all_orders() == ()
    assert sim.ledger.position("BTCUSD").quantity == 15_999_000


@pytest.mark.parametrize("capability", [OrderTest, CountdownCancel])
async def test_what_the_venue_does_not_have(account: BybitInverseAccount, capability: Any) -> None:
    """The reason is the venue's."""
    with pytest.raises(UnsupportedCapability) as caught:
        capability.of(account)
    assert caught.value.message == BYBIT_INVERSE.unsupported[capability]

"""Orders of every product: what is sent, what is refused before it is, and what comes back from all books as one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.binance.exchange import open_exchange
from tests.plugins.stages import BINANCE, VENUES, LeapingStage, leaping

import venuekit
from venuekit.capabilities import (
    Amendment,
    MarginType,
    Order,
    OrderKind,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderTestControl,
    OrderType,
    PositionMode,
    PositionSide,
    TimeInForce,
    WorkingPrice,
)
from venuekit.errors import GuardRefused, InvalidArgument, InvalidRequest, OperationError, Outcome, Rejected
from venuekit.pipeline import Guard
from venuekit.plugins import make_plugins
from venuekit.simulator import ApplyLater, Arrival, DropBefore
from venuekit.simulator.ledger import Side, TradeKind
from venuekit.testing.clocks import LoopClock

pytestmark = pytest.mark.looptime
D = Decimal
#: those that keep conditional orders in a book of their own, and amend orders
two_books = pytest.mark.parametrize("stage", ["binance_usdm", "binance_coinm"], indirect=True)
CONDITIONAL: dict[OrderType, dict[str, Any]] = {
    OrderType.STOP: {"trigger_price": D(4000), "price": D(4001)},
    OrderType.STOP_MARKET: {"trigger_price": D(4000)},
    OrderType.TAKE_PROFIT: {"trigger_price": D(2000), "price": D(2001)},
    OrderType.TAKE_PROFIT_MARKET: {"trigger_price": D(2000)},
    OrderType.TRAILING_STOP_MARKET: {"callback_rate": D("1.5"), "activation_price": D(2500)},
}


@attrs.frozen
class Stage(LeapingStage):
    """A simulated venue and an account of it on one clock that leaps over waiting."""

    def order(self, kind: OrderType = OrderType.LIMIT, **details: Any) -> OrderRequest:
        """Return an order to buy; a limit order far from the market unless it says otherwise."""
        usual = {"price": D(2000)} if kind is OrderType.LIMIT else {}
        named: dict[str, Any] = {"symbol": self.symbol, "side": OrderSide.BUY, "quantity": self.quantity}
        return OrderRequest(type=kind, **(named | usual | details))


@pytest.fixture(params=BINANCE)
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """An account of each product."""
    async with leaping(request.param, "flat", keep_raw=True) as (sim, account):
        yield Stage(sim, account)


def writes(stage: Stage) -> list[Arrival]:
    """Return what arrived and was no read."""
    return [one for one in stage.sim.requests if one.verb != "GET"]


# -- placing


async def test_limit_order_as_it_is_sent(stage: Stage) -> None:
    """Side, type, numbers in plain digits, a client id of ours, and GTC, which the venue wants to be said."""
    order = await stage.account.place_order(stage.order(position_side=PositionSide.BOTH, reduce_only=False))
    (arrival,) = stage.arrivals(stage.account.endpoints.ORDERS.place)
    sent = {name: value for name, value in arrival.parameters.items() if name not in {"timestamp", "recvWindow"}}
    assert sent == {
        "symbol": stage.symbol,
        "side": "BUY",
        "type": "LIMIT",
        "positionSide": "BOTH",
        "timeInForce": "GTC",
        "quantity": str(stage.quantity),
        "price": "2000",
        "newOrderRespType": "RESULT",
        "newClientOrderId": order.client_id,
    }
    assert order.client_id.startswith("vk-")
    assert (order.status, order.kind, order.filled, order.price) == (OrderStatus.OPEN, OrderKind.PLAIN, 0, 2000)
    assert (order.contract_size, order.contract_unit) == _size(stage)
    assert order.raw["orderId"] == int(order.id)


def _size(stage: Stage) -> tuple[Decimal, str]:
    contract = stage.ledger.contract(stage.symbol)
    return contract.contract_size, contract.contract_unit


async def test_market_order_tells_what_was_filled(stage: Stage) -> None:
    """The answer holds the fill; the query also its value and average price."""
    order = await stage.account.place_order(stage.order(OrderType.MARKET, client_id="a.B:/c_-9"))
    assert (order.status, order.filled, order.client_id) == (OrderStatus.FILLED, stage.quantity, "a.B:/c_-9")
    told, held = await stage.account.get_order(stage.symbol, order_id=order.id), stage.ledger.order(order.id)
    assert (told.filled_value, told.average_price) == (held.filled_value, held.average_price)
    assert (told.created_at, told.updated_at) == (held.created_at, held.updated_at)


@pytest.mark.parametrize("kind", CONDITIONAL, ids=str)
async def test_conditional_types_go_to_their_own_book(stage: Stage, kind: OrderType) -> None:
    """One call places them, where there is one, and every read shows them beside the plain ones."""
    details = CONDITIONAL[kind] | {"working_price": WorkingPrice.MARK, "price_protect": True}
    plain = await stage.account.place_order(stage.order())
    order = await stage.account.place_order(stage.order(kind, client_id="when", **details))
    held = stage.ledger.order(order.id)
    assert (order.type, order.kind, order.status) == (kind, OrderKind.CONDITIONAL, OrderStatus.UNTRIGGERED)
    assert (order.trigger_price, order.price) == (details.get("trigger_price"), details.get("price"))
    assert (order.callback_rate, order.activation_price) == (
        details.get("callback_rate"),
        details.get("activation_price"),
    )
    assert (held.client_id, held.type.value) == ("when", kind.value)
    assert held.callback_rate in {None, D("0.015")}
    account, symbol = stage.account, stage.symbol
    for told in (
        await account.get_order(symbol, order_id=order.id),
        await account.get_order(symbol, client_id="when"),
        await account.get_open_order(symbol, order_id=order.id),
        await account.get_open_order(symbol, client_id="when"),
    ):
        assert (told.id, told.kind, told.working_price) == (order.id, OrderKind.CONDITIONAL, WorkingPrice.MARK)
        assert told.price_protect is True
        assert (told.status, told.trigger_price) == (OrderStatus.UNTRIGGERED, details.get("trigger_price"))
    assert [one.id for one in await account.get_open_orders(symbol=symbol)] == [plain.id, order.id]
    assert [one.id for one in await account.get_open_orders()] == [plain.id, order.id]
    assert [one.id async for one in account.iter_orders(symbol=symbol)] == [plain.id, order.id]


async def test_order_that_closes_whatever_is_open(stage: Stage) -> None:
    """It has no quantity, and waits for its trigger."""
    stage.ledger.fill(stage.symbol, Side.BUY, stage.quantity, D(3000))
    request = stage.order(
        OrderType.STOP_MARKET, side=OrderSide.SELL, quantity=None, trigger_price=D(2000), close_position=True
    )
    order = await stage.account.place_order(request)
    assert (order.close_position, stage.ledger.order(order.id).close_position) == (True, True)


@two_books
async def test_triggered_order_names_the_one_it_became(stage: Stage) -> None:
    """Its query tells it, and cancelling it returns that it has triggered."""
    order = await stage.account.place_order(stage.order(OrderType.STOP_MARKET, trigger_price=D(4000)))
    stage.ledger.set_mark(stage.symbol, D(4100))
    told = await stage.account.get_order(stage.symbol, order_id=order.id)
    became = await stage.account.get_order(stage.symbol, order_id=told.triggered_order_id)
    assert (told.status, became.status, became.filled) == ("triggered", OrderStatus.FILLED, stage.quantity)
    assert (await stage.account.cancel_order(stage.symbol, order_id=order.id)).status is OrderStatus.TRIGGERED


# -- refused before sending

MISFITS: dict[str, tuple[dict[str, Any], str]] = {
    "off the quantity step": ({"quantity": D("0.12345")}, "not a multiple of"),
    "off the tick": ({"price": D("2000.001")}, "never rounded"),
    "trigger off the tick": ({"type": OrderType.STOP_MARKET, "price": None, "trigger_price": D("0.001")}, "trigger_"),
    "zero": ({"quantity": D(0)}, "above 0"),
    "negative": ({"quantity": D(-1)}, "above 0"),
    "a float": ({"quantity": 1.0}, "must be a Decimal"),
    "no number": ({"price": D("NaN")}, "must be a Decimal"),
    "client id too long": ({"client_id": "a" * 37}, "a client id is like"),
    "client id with a blank": ({"client_id": "a b"}, "a client id is like"),
    "no quantity": ({"quantity": None}, "needs a quantity"),
    "no price": ({"price": None}, "needs a price"),
    "two prices": ({"price_match": "QUEUE"}, "not both"),
    "a market order with a price": ({"type": OrderType.MARKET}, "takes no price"),
    "no trigger": ({"type": OrderType.STOP}, "needs a trigger_price"),
    "a trigger of a limit order": ({"trigger_price": D(1)}, "takes no trigger_price"),
    "trailing without a rate": ({"type": OrderType.TRAILING_STOP_MARKET, "price": None}, "needs a callback_rate"),
    "a rate out of range": (
        {"type": OrderType.TRAILING_STOP_MARKET, "price": None, "callback_rate": D("0.05")},
        "callback_rate must be",
    ),
    "limit order that closes": ({"close_position": True}, "neither quantity"),
    "limit order that closes all": ({"close_position": True, "quantity": None}, "cannot close"),
    "an unknown time in force": ({"time_in_force": TimeInForce("forever")}, "is not known here"),
    "a trigger price nobody watches": ({"working_price": WorkingPrice.MARK}, "watches no price"),
    "good till nothing": ({"time_in_force": TimeInForce.GTD}, "expires_at|not known here"),
}


@pytest.mark.parametrize(("change", "words"), MISFITS.values(), ids=MISFITS)
async def test_misfits_are_refused_before_sending(stage: Stage, change: dict[str, Any], words: str) -> None:
    """What the venue cannot take never leaves, alone, within a batch, or as a test."""
    wrong = attrs.evolve(stage.order(), **change)
    calls = [stage.account.place_order(wrong), stage.account.place_orders([stage.order(), wrong])]
    if isinstance(stage.account, OrderTestControl):
        calls.append(stage.account.test_order(wrong))
    for call in calls:
        with pytest.raises(InvalidArgument, match=words) as caught:
            await call
        assert caught.value.outcome is Outcome.NOT_SENT
    assert writes(stage) == []


async def test_names_and_counts_are_refused_before_sending(stage: Stage) -> None:
    """Two names or none, an id that is no number, batches of 0, 6 and 11, two alike in one batch."""
    account, symbol, order = stage.account, stage.symbol, stage.order()
    calls = {
        "name the order": account.get_order(symbol),
        "name the order by": account.cancel_order(symbol, order_id="1", client_id="a"),
        "an order id is a number": account.get_open_order(symbol, order_id="mine"),
        "1 to 5 orders, not 0": account.place_orders([]),
        "1 to 5 orders, not 6": account.place_orders([order] * 6),
        "1 to 10 orders, not 0": account.cancel_orders(symbol),
        "1 to 10 orders, not 11": account.cancel_orders(symbol, order_ids=["1"] * 6, client_ids=["a"] * 5),
        "the same client id": account.place_orders([attrs.evolve(order, client_id="a")] * 2),
        "up to 1000": account.call(account.endpoints.ORDERS.all_orders, symbol=symbol, limit=1001),
        "up to 100": account.call(account.endpoints.ORDERS.forced, symbol=symbol, limit=101),
        "is reversed": account.iter_fills(
            symbol, start=await account.get_server_time(), end=(await account.get_server_time()) - timedelta(1)
        ).all(),
        "further back": account.iter_orders(
            symbol=symbol, start=(await account.get_server_time()) - timedelta(91)
        ).all(),
        "at least a millisecond": account.set_countdown(symbol, 0),
    }
    for words, call in calls.items():
        with pytest.raises(InvalidArgument, match=words):
            await call
    with pytest.raises(InvalidArgument, match="name a symbol"):
        account.iter_orders()
    with pytest.raises(InvalidRequest, match="lists no such symbol"):
        await account.place_order(attrs.evolve(order, symbol="NOSUCH"))
    assert {one.path for one in stage.sim.requests} == {
        f"{account.endpoints.ORDERS.order.path.rpartition('/')[0]}/{name}" for name in ("time", "exchangeInfo")
    }


@two_books
async def test_amendments_are_refused_before_sending(stage: Stage) -> None:
    """A batch of 6, and an amendment of nothing."""
    change = Amendment(symbol=stage.symbol, side=OrderSide.BUY, order_id="1", price=D(1))
    with pytest.raises(InvalidArgument, match="1 to 5 orders, not 6"):
        await stage.account.amend_orders([change] * 6)
    with pytest.raises(InvalidArgument, match="a quantity or a price"):
        await stage.account.amend_order(stage.symbol, OrderSide.BUY, order_id="1")
    assert writes(stage) == []


# -- refused by the venue


async def test_refusals_of_the_venue(stage: Stage) -> None:
    """Mode, margin, trigger, reduce only, size: the venue's codes, and nothing was placed."""
    stage.ledger.set_mark(stage.symbol, D(3000))
    refusals = {
        -4061: stage.order(position_side=PositionSide.LONG),
        -2019: stage.order(quantity=D(9_000) if stage.symbol == "ETHUSDT" else D(400_000)),
        -2027: stage.order(quantity=D(900_000)),
        -2021: stage.order(OrderType.STOP_MARKET, trigger_price=D(2000)),
        -2022: stage.order(reduce_only=True),
        -4005: stage.order(quantity=D(2_000_000)),
        -4016: stage.order(price=D("3150.01") if stage.symbol == "ETHUSDT" else D("3150.1")),
        -4024: stage.order(side=OrderSide.SELL, price=D("2849.9")),
        -5022: stage.order(price=D(3100), time_in_force=TimeInForce.POST_ONLY),
        -5021: stage.order(price=D(2000), time_in_force=TimeInForce.FOK),
    }
    for code, request in refusals.items():
        with pytest.raises(OperationError) as caught:
            await stage.account.place_order(request)
        assert (caught.value.code, caught.value.outcome) == (code, Outcome.NOT_APPLIED), request
    assert stage.ledger.orders(stage.symbol) == ()


@two_books
async def test_stop_types_are_refused_by_the_plain_endpoint(stage: Stage) -> None:
    """A raw call learns from the venue that conditional types have an endpoint of their own."""
    with pytest.raises(InvalidRequest, match="Algo Order API") as caught:
        await stage.account.call(
            stage.account.endpoints.ORDERS.place,
            symbol=stage.symbol,
            side="BUY",
            type="STOP_MARKET",
            newClientOrderId="a",
        )
    assert caught.value.code == -4120


async def test_raw_refusals(stage: Stage) -> None:
    """Missing, too precise, zero: the venue's own words reach whoever calls it directly."""
    usual = {"symbol": stage.symbol, "side": "BUY", "type": "LIMIT", "newClientOrderId": "a", "timeInForce": "GTC"}
    for code, change in {
        -1102: {"quantity": stage.quantity},
        -1111: {"quantity": stage.quantity, "price": D("2000.12345")},
        -4003: {"quantity": D(0), "price": D(2000)},
    }.items():
        with pytest.raises(InvalidRequest) as caught:
            await stage.account.call(stage.account.endpoints.ORDERS.place, **usual, **change)
        assert caught.value.code == code


# -- changing


@two_books
async def test_amendment_changes_one_number_and_keeps_the_other(stage: Stage) -> None:
    """Both numbers are sent, as the venue wants it; one that changes nothing is no error."""
    order = await stage.account.place_order(stage.order(client_id="mine"))
    for _ in range(2):
        told = await stage.account.amend_order(stage.symbol, OrderSide.BUY, client_id="mine", price=D(1900))
        assert (told.id, told.price, told.quantity) == (order.id, D(1900), stage.quantity)
    told = await stage.account.amend_order(stage.symbol, OrderSide.BUY, order_id=order.id, quantity=3 * stage.quantity)
    assert (told.price, told.quantity) == (D(1900), 3 * stage.quantity)
    assert [one.applied for one in stage.arrivals(stage.account.endpoints.ORDERS.amend)] == [True, False, True]


async def test_batches_answer_item_by_item(stage: Stage) -> None:
    """Plain and conditional orders in one call; a value or the error of each, in their order."""
    wanted = [
        stage.order(client_id="a"),
        stage.order(OrderType.STOP_MARKET, trigger_price=D(4000), client_id="b"),
        stage.order(position_side=PositionSide.SHORT),
        stage.order(OrderType.STOP_MARKET, trigger_price=D(2000)),
        stage.order(price=D(1999), client_id="e"),
    ]
    placed = await stage.account.place_orders(wanted)
    assert [one.client_id if isinstance(one, Order) else one.code for one in placed] == ["a", "b", -4061, -2021, "e"]
    assert len(stage.arrivals(stage.account.endpoints.ORDERS.place_batch)) == 1
    a, b, e = placed[0], placed[1], placed[4]
    ended = await stage.account.cancel_orders(stage.symbol, order_ids=[a.id, b.id, "99999"], client_ids=["e"])
    assert [one.id if isinstance(one, Order) else one.code for one in ended] == [a.id, b.id, -2011, e.id]
    assert {one.status for one in ended if isinstance(one, Order)} == {OrderStatus.CANCELED}
    assert stage.ledger.open_orders() == ()


@two_books
async def test_batches_of_amendments_answer_item_by_item(stage: Stage) -> None:
    """One changes its price, one already is so, one is not there."""
    placed = await stage.account.place_orders([stage.order(client_id="a"), stage.order(price=D(1999), client_id="e")])
    changes = [
        Amendment(symbol=stage.symbol, side=OrderSide.BUY, order_id=placed[0].id, price=D(1900)),
        Amendment(symbol=stage.symbol, side=OrderSide.BUY, client_id="e", price=D(1999), quantity=stage.quantity),
        Amendment(symbol=stage.symbol, side=OrderSide.BUY, order_id="99999", price=D(1900), quantity=stage.quantity),
    ]
    amended = await stage.account.amend_orders(changes)
    assert [one.price if isinstance(one, Order) else one.code for one in amended] == [1900, 1999, -2013]


async def test_cancelled_client_id_of_both_books(stage: Stage) -> None:
    """Of one client id, what is open is cancelled, not what had ended in the other book."""
    await stage.account.place_order(stage.order(OrderType.MARKET, client_id="mine"))
    await stage.account.pause(1)
    order = await stage.account.place_order(stage.order(OrderType.STOP_MARKET, trigger_price=D(4000), client_id="mine"))
    ended = await stage.account.cancel_order(stage.symbol, client_id="mine")
    assert (ended.id, ended.status) == (order.id, OrderStatus.CANCELED)


async def test_order_test(stage: Stage) -> None:
    """A test places nothing and is refused like an order; where the venue has none, that is said."""
    if not isinstance(stage.account, OrderTestControl):
        with pytest.raises(OperationError, match="documents no order test"):
            OrderTestControl.of(stage.account)
        return
    await stage.account.test_order(stage.order())
    with pytest.raises(Rejected) as caught:
        await stage.account.test_order(stage.order(quantity=D(9_000)))
    assert caught.value.code == -2019
    with pytest.raises(InvalidArgument, match="limit and market orders only"):
        await stage.account.test_order(stage.order(OrderType.STOP_MARKET, trigger_price=D(4000)))
    assert stage.ledger.orders() == ()


# -- histories


async def test_trades_are_walked_by_their_ids(stage: Stage) -> None:
    """From a time on, until a time, and behind the last one seen; commission is what it did to the account."""
    moments = []
    for _ in range(4):
        await stage.account.pause(3600)
        moments.append(stage.sim.milliseconds())
        stage.ledger.fill(stage.symbol, Side.BUY, stage.quantity, D(3000))
    held = stage.ledger.fills(stage.symbol)
    walk = stage.account.iter_fills(stage.symbol)
    told = [fill async for fill in walk]
    assert [fill.id for fill in told] == [one.trade_id for one in held]
    assert [(fill.value, fill.commission) for fill in told] == [(one.value, one.commission) for one in held]
    assert (walk.cost_per_page, told[0].contract_size) == (5, _size(stage)[0])
    rest = [fill.id async for fill in stage.account.iter_fills(stage.symbol, after=told[1])]
    assert rest == [one.trade_id for one in held[2:]]
    middle = stage.account.iter_fills(stage.symbol, start=told[1].time, end=told[2].time)
    assert [fill.id async for fill in middle] == [told[1].id, told[2].id]
    assert "fromId" in stage.arrivals(stage.account.endpoints.ORDERS.trades)[-1].parameters


async def test_orders_are_walked_behind_the_last_one_seen(stage: Stage) -> None:
    """A walk continues behind an order, over windows of seven days."""
    ids = []
    for day in range(4):
        ids.append((await stage.account.place_order(stage.order(price=D(2000 - day)))).id)
        await stage.account.pause(5 * 86_400)
    told = await stage.account.iter_orders(symbol=stage.symbol).all()
    assert [order.id for order in told] == ids
    assert [order.id async for order in stage.account.iter_orders(symbol=stage.symbol, after=told[1])] == ids[2:]


async def test_forced_orders(stage: Stage) -> None:
    """Orders that the venue itself placed, of a symbol and of all."""
    stage.ledger.fill(stage.symbol, Side.BUY, stage.quantity, D(3000))
    forced = stage.ledger.deleverage(stage.symbol)
    assert forced.forced is TradeKind.ADL
    for symbol in (stage.symbol, None):
        (told,) = await stage.account.iter_forced_orders(symbol=symbol).all()
        assert (told.id, told.client_id, told.status) == (forced.id, forced.client_id, OrderStatus.FILLED)
    assert stage.account.iter_forced_orders().cost_per_page == 50


# -- countdown


async def test_countdown_by_hand(stage: Stage) -> None:
    """Armed, it cancels the orders of the symbol; disarmed, it does not; a book of conditional ones is spared."""
    await stage.account.place_order(stage.order())
    await stage.account.place_order(stage.order(OrderType.STOP_MARKET, trigger_price=D(4000)))
    await stage.account.set_countdown(stage.symbol, 10)
    await stage.account.set_countdown(stage.symbol, None)
    await stage.account.pause(20)
    assert len(stage.ledger.open_orders()) == 2
    await stage.account.set_countdown(stage.symbol, 10)
    await stage.account.pause(11)
    spared = [] if stage.account.endpoints.ORDERS.algo is None else ["conditional"]
    assert [order.book for order in stage.ledger.open_orders()] == spared


async def test_countdown_beats_and_is_disarmed(stage: Stage) -> None:
    """It outlives many countdowns while the block runs, and a clean exit disarms it."""
    await stage.account.place_order(stage.order())
    async with stage.account.countdown(stage.symbol, 9):
        await stage.account.pause(100)
        assert len(stage.ledger.open_orders()) == 1
    assert stage.ledger.deadline(stage.symbol) is None
    assert 30 <= len(stage.arrivals(stage.account.endpoints.ORDERS.countdown)) <= 36


async def test_countdown_stays_armed_on_an_exception(stage: Stage) -> None:
    """The venue cancels what is left of a block that failed, or was cancelled."""
    await stage.account.place_order(stage.order())

    async def work() -> None:
        async with stage.account.countdown(stage.symbol, 9):
            await stage.account.pause(20)
            raise LookupError("a bug")

    with pytest.raises(LookupError):
        await work()
    assert stage.ledger.deadline(stage.symbol) is not None
    await stage.account.pause(10)
    assert stage.ledger.open_orders() == ()


async def test_lost_beats_are_superseded_and_none_arms_again(stage: Stage) -> None:
    """One lost beat changes nothing; one that may still be under way at the end is waited for, and disarmed again."""
    endpoint = stage.account.endpoints.ORDERS.countdown
    venue = stage.account.venue.id
    await stage.account.place_order(stage.order())
    async with stage.account.countdown(stage.symbol, 9):
        stage.sim.disturb(venue, endpoint, DropBefore())
        await stage.account.pause(30)
        assert len(stage.ledger.open_orders()) == 1
        stage.sim.disturb(venue, endpoint, ApplyLater(2), times=1)
        await stage.account.pause(3.05)
    await stage.account.pause(30)
    assert stage.ledger.deadline(stage.symbol) is None
    assert len(stage.ledger.open_orders()) == 1


# -- guards and costs


async def test_guards_and_halts(stage: Stage) -> None:
    """A halted account cancels and reduces; a guard on the size refuses what is larger, or cannot be told."""
    order = await stage.account.place_order(stage.order())
    algo = await stage.account.place_order(stage.order(OrderType.STOP_MARKET, trigger_price=D(4000)))
    stage.ledger.fill(stage.symbol, Side.BUY, stage.quantity, D(3000))
    venue = stage.account.venue.id
    stage.account.halt()
    with pytest.raises(GuardRefused):
        await stage.account.place_order(stage.order())
    with pytest.raises(GuardRefused):
        await stage.account.place_orders([stage.order(reduce_only=True, side=OrderSide.SELL), stage.order()])
    await stage.account.place_order(stage.order(OrderType.MARKET, side=OrderSide.SELL, reduce_only=True))
    await stage.account.cancel_order(stage.symbol, order_id=algo.id)
    await stage.account.cancel_orders(stage.symbol, order_ids=[order.id])
    assert await stage.account.cancel_all_orders() == ()
    async with (
        venuekit.Runtime(clock=LoopClock(), journal=False) as runtime,
        venuekit.connect(
            venue, stage.sim.credentials(venue), runtime=runtime, guard=Guard(max_notional=D(250))
        ) as guarded,
    ):
        with pytest.raises(GuardRefused, match="above 250"):
            await guarded.place_order(stage.order(quantity=stage.quantity * 10))
        trigger = stage.order(OrderType.STOP_MARKET, trigger_price=D(4000), quantity=stage.quantity * 10)
        with pytest.raises(GuardRefused, match="above 250"):
            await guarded.place_order(trigger)
        with pytest.raises(GuardRefused, match="above 250"):
            await guarded.place_orders([stage.order(), stage.order(quantity=stage.quantity * 10)])
        await guarded.place_orders([stage.order(), stage.order(price=D(2400))])


@pytest.mark.parametrize("venue_id", BINANCE)
def test_orders_weigh_what_is_documented_and_are_counted(venue_id: str) -> None:
    """The venue counts orders by account and requests by address, and says so in its headers."""
    venue = make_plugins().venue(venue_id)
    exchange = open_exchange(venue, "flat")
    symbol, quantity = VENUES[venue_id]
    endpoint = venue.account.endpoints.ORDERS.place
    order = {"symbol": symbol, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": 2000}
    answers = [exchange.ask(endpoint.verb, endpoint.path, **order, quantity=quantity) for _ in range(2)]
    told = [{name.upper(): value for name, value in answer.headers.items()} for answer in answers]
    assert [answer.status for answer in answers] == [200, 200]
    assert [one["X-MBX-ORDER-COUNT-1M"] for one in told] == ["1", "2"]
    assert ["X-MBX-ORDER-COUNT-10S" in one for one in told] == [venue_id == "binance_usdm"] * 2
    weights = ["1", "2"] if venue_id == "aster_usdm_v1" else ["0", "0"]
    assert [one["X-MBX-USED-WEIGHT-1M"] for one in told] == weights


async def test_settings_are_kept_from_changing_by_orders_of_either_book(stage: Stage) -> None:
    """Orders count where settings are planned, conditional ones too."""
    await stage.account.place_order(stage.order(OrderType.STOP_MARKET, trigger_price=D(4000)))
    with pytest.raises(Rejected):
        await stage.account.set_margin_type(stage.symbol, MarginType.ISOLATED)
    snapshot = await stage.account.get_settings((stage.symbol,), orders=(stage.symbol,))
    assert snapshot.symbol(stage.symbol).open_orders == 1


async def test_hedge_mode_orders_name_their_side(stage: Stage) -> None:
    """The side is sent as the venue spells it, and comes back."""
    stage.ledger.set_position_mode(PositionMode.HEDGE)
    order = await stage.account.place_order(stage.order(OrderType.MARKET, position_side=PositionSide.LONG))
    assert order.position_side is PositionSide.LONG
    assert stage.ledger.position(stage.symbol, PositionSide.LONG).quantity == stage.quantity
    with pytest.raises(InvalidRequest) as caught:
        await stage.account.place_order(stage.order())
    assert caught.value.code == -4061


async def test_settings_count_the_open_orders_of_every_book(stage: Stage) -> None:
    """One plain order and one conditional order of a symbol are two, counted by symbol and for the account."""
    account = stage.account
    await stage.place(stage.order(), stage.order(OrderType.STOP_MARKET, **CONDITIONAL[OrderType.STOP_MARKET]))
    known = await account.get_settings([stage.symbol])
    for counted in (
        await account.get_settings([stage.symbol], orders=True),
        await account.get_settings([stage.symbol], orders=[stage.symbol], known=known),
    ):
        assert counted.symbol(stage.symbol).open_orders == 2

"""Orders: how they trade against the mark, wait, trigger, are amended, canceled and decided late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import MarginType, PositionMode, PositionSide
from venuekit.simulator.ledger import (
    Asset,
    Book,
    ClientIds,
    Contract,
    Ledger,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    Reason,
    Refused,
    Rules,
    Side,
    TimeInForce,
    Triggered,
)

D = Decimal
ONE = "ONEUSDT"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, delay: timedelta) -> None:
        """Move on."""
        self.now += delay


@pytest.fixture
def clock() -> Clock:
    """Stand at the start."""
    return Clock()


@pytest.fixture
def opened(clock: Clock, linear: Callable[..., Contract]) -> Callable[..., Ledger]:
    """Open a ledger with 100,000 USDT and one contract at 50,000; fields are those of the rules."""

    def make(**fields: Any) -> Ledger:
        contract = linear(taker_fee=D("0.0004"), maker_fee=D("0.0002"), min_notional=D(100), max_quantity=D(500))
        ledger = Ledger(Rules(**fields), [contract], [Asset("USDT", index_price=D(1))], now=clock)
        ledger.deposit("USDT", D(100_000))
        return ledger

    return make


def order(side: Side = Side.BUY, quantity: str = "1", price: str | None = None, **fields: Any) -> OrderRequest:
    """Return a request: a limit order if it has a price, else a market order."""
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    given = {"type": kind, "quantity": D(quantity), "price": None if price is None else D(price)}
    return OrderRequest(symbol=ONE, side=side, **{**given, **fields})


def stop(side: Side, trigger: str, kind: OrderType = OrderType.STOP_MARKET, **fields: Any) -> OrderRequest:
    """Return a conditional request."""
    return OrderRequest(symbol=ONE, side=side, type=kind, **{"quantity": D(1), "trigger_price": D(trigger), **fields})


def trailing(side: Side, rate: str, **fields: Any) -> OrderRequest:
    """Return a trailing stop."""
    return OrderRequest(
        symbol=ONE, side=side, type=OrderType.TRAILING_STOP_MARKET, quantity=D(1), callback_rate=D(rate), **fields
    )


def reason_of(command: Callable[[], object]) -> Reason | None:
    """Return why a command was refused; None if it was not."""
    try:
        command()
    except Refused as refused:
        return refused.reason
    return None


def test_a_market_order_fills_at_the_mark_as_taker(opened: Callable[..., Ledger]) -> None:
    """It is filled when place returns, with average price, value and the taker's commission."""
    ledger = opened()

    placed = ledger.place(order(quantity="2"))

    (fill,) = ledger.fills(order_id=placed.id)
    assert (placed.status, placed.filled, placed.average_price) == (OrderStatus.FILLED, D(2), D(50_000))
    assert (placed.filled_value, placed.commission) == (D(100_000), D(-40))
    assert (fill.price, fill.value, fill.commission, fill.is_maker) == (D(50_000), D(100_000), D(-40), False)
    assert ledger.position(ONE).quantity == 2


def test_a_limit_order_waits_and_fills_at_its_price_when_the_mark_crosses_it(opened: Callable[..., Ledger]) -> None:
    """Below the mark a buy order rests, binds margin, and fills as maker once the mark is there."""
    ledger = opened()
    placed = ledger.place(order(price="48000"))
    bound = ledger.balance("USDT").open_order_initial_margin
    ledger.set_mark(ONE, D("48000.1"))
    still = ledger.order(placed.id)

    ledger.set_mark(ONE, D(47_900))

    done = ledger.order(placed.id)
    assert (placed.status, bound, still.status) == (OrderStatus.NEW, D(4800), OrderStatus.NEW)
    assert (done.status, done.average_price, done.commission) == (OrderStatus.FILLED, D(48_000), D("-9.6"))
    assert ledger.balance("USDT").open_order_initial_margin == 0


def test_a_marketable_limit_order_trades_at_the_better_mark(opened: Callable[..., Ledger]) -> None:
    """A buy above the mark pays the mark, as taker."""
    placed = opened().place(order(price="51000"))

    assert (placed.status, placed.average_price, placed.commission) == (OrderStatus.FILLED, D(50_000), D(-20))


@pytest.mark.parametrize(
    ("lasting", "price", "depth", "expected"),
    [
        (TimeInForce.IOC, "49000", None, OrderStatus.EXPIRED),
        (TimeInForce.IOC, "50000", "0.4", OrderStatus.EXPIRED),
        (TimeInForce.IOC, "50000", None, OrderStatus.FILLED),
        (TimeInForce.FOK, "49000", None, Reason.FOK_REJECTED),
        (TimeInForce.FOK, "50000", "0.4", Reason.FOK_REJECTED),
        (TimeInForce.FOK, "50000", None, OrderStatus.FILLED),
        (TimeInForce.GTX, "49000", None, OrderStatus.NEW),
        (TimeInForce.GTX, "50000", None, Reason.POST_ONLY_REJECTED),
        (TimeInForce.GTC, "50000", "0.4", OrderStatus.PARTIALLY_FILLED),
    ],
)
def test_time_in_force(
    opened: Callable[..., Ledger],
    lasting: TimeInForce,
    price: str,
    depth: str | None,
    expected: OrderStatus | Reason,
) -> None:
    """IOC never waits, FOK trades whole or not at all, GTX never takes, GTC waits with what is left."""
    ledger = opened()
    ledger.set_depth(ONE, None if depth is None else D(depth))
    before = ledger.snapshot()

    if isinstance(expected, Reason):
        assert reason_of(lambda: ledger.place(order(price=price, time_in_force=lasting))) is expected
        assert ledger.snapshot() == before
    else:
        placed = ledger.place(order(price=price, time_in_force=lasting))
        assert placed.status is expected
        assert placed.filled == (D(0) if price == "49000" else D(depth or 1))


def test_a_market_order_never_waits(opened: Callable[..., Ledger]) -> None:
    """What the market does not take of a market order expires, although its time in force says good till canceled."""
    ledger = opened()
    ledger.set_depth(ONE, D("0.4"))

    placed = ledger.place(order(type=OrderType.MARKET, price=None))

    assert (placed.status, placed.filled) == (OrderStatus.EXPIRED, D("0.4"))
    assert placed.time_in_force is TimeInForce.GTC
    assert ledger.orders(is_open=True) == ()


def test_partial_fills_add_up_to_a_mean_price(opened: Callable[..., Ledger]) -> None:
    """Two scripted fills of a waiting order leave their mean price, their values and a full order behind."""
    ledger = opened()
    placed = ledger.place(order(price="48000", quantity="3"))

    ledger.fill_order(placed.id, D(1), D(48_000))
    half, bound = ledger.order(placed.id), ledger.balance("USDT").open_order_initial_margin
    ledger.fill_order(placed.id, price=D(47_000), is_maker=False)

    done = ledger.order(placed.id)
    assert (half.status, half.remaining) == (OrderStatus.PARTIALLY_FILLED, D(2))
    assert (half.resting.quantity, bound) == (D(2), D(9600))
    assert (done.status, done.filled_value) == (OrderStatus.FILLED, D(142_000))
    assert done.average_price == D("47333.333333333333")
    assert [fill.is_maker for fill in ledger.fills(order_id=placed.id)] == [True, False]
    assert ledger.position(ONE).entry_price == D("47333.333333333333")


def test_an_order_is_not_filled_beyond_what_is_left_of_it(opened: Callable[..., Ledger]) -> None:
    """More than the rest is refused, an order that waits for a trigger cannot be filled by hand."""
    ledger = opened()
    placed, waits = ledger.place(order(price="48000")), ledger.place(stop(Side.SELL, "45000"))

    assert reason_of(lambda: ledger.fill_order(placed.id, D(2))) is Reason.QUANTITY_OUT_OF_RANGE
    with pytest.raises(ValueError, match="plain book"):
        ledger.fill_order(waits.id)


# -- closing


def test_a_reduce_only_order_never_opens(opened: Callable[..., Ledger]) -> None:
    """It is refused with nothing to reduce, trades no more than there is, and expires when the position is gone."""
    ledger = opened()
    nothing = reason_of(lambda: ledger.place(order(Side.SELL, "1", "55000", reduce_only=True)))
    ledger.place(order(quantity="1"))
    same_way = reason_of(lambda: ledger.place(order(Side.BUY, "1", "45000", reduce_only=True)))
    waits = ledger.place(order(Side.SELL, "3", "55000", reduce_only=True))
    other = ledger.place(order(Side.SELL, "1", "56000", reduce_only=True))

    ledger.set_mark(ONE, D(55_500))

    assert (nothing, same_way) == (Reason.REDUCE_ONLY_REJECTED, Reason.REDUCE_ONLY_REJECTED)
    assert (ledger.order(waits.id).filled, ledger.order(waits.id).status) == (D(1), OrderStatus.EXPIRED)
    assert ledger.order(other.id).status is OrderStatus.EXPIRED
    assert (ledger.position(ONE).quantity, ledger.open_orders()) == (D(0), ())


def test_reduce_only_orders_bind_no_margin_and_may_be_small(opened: Callable[..., Ledger]) -> None:
    """They cost nothing, and the smallest notional is not asked of them."""
    ledger = opened()
    ledger.place(order(quantity="15"))
    before = ledger.balance("USDT")

    ledger.place(order(Side.SELL, "1", "60", time_in_force=TimeInForce.GTC, reduce_only=True))
    ledger.place(order(Side.SELL, "9", "60000", reduce_only=True))

    after = ledger.balance("USDT")
    assert after.open_order_initial_margin == before.open_order_initial_margin == 0


def test_in_hedge_mode_the_closing_side_closes_only(opened: Callable[..., Ledger]) -> None:
    """Selling a long leg needs one to sell, and leaves the short leg alone."""
    ledger = opened()
    ledger.set_position_mode(PositionMode.HEDGE)
    long = {"position_side": PositionSide.LONG}

    early = reason_of(lambda: ledger.place(order(Side.SELL, **long)))
    ledger.place(order(Side.BUY, "2", **long))
    ledger.place(order(Side.SELL, "5", **long))

    assert early is Reason.REDUCE_ONLY_REJECTED
    assert [ledger.position(ONE, side).quantity for side in PositionSide] == [0, 0, 0]


# -- conditional orders


@pytest.mark.parametrize(
    ("kind", "side", "trigger", "short_of", "there"),
    [
        (OrderType.STOP_MARKET, Side.BUY, "51000", "50999.9", "51000"),
        (OrderType.STOP_MARKET, Side.SELL, "49000", "49000.1", "49000"),
        (OrderType.TAKE_PROFIT_MARKET, Side.BUY, "49000", "49000.1", "48000"),
        (OrderType.TAKE_PROFIT_MARKET, Side.SELL, "51000", "50999.9", "52000"),
    ],
)
def test_a_conditional_order_triggers_at_its_price_and_becomes_another(
    *, opened: Callable[..., Ledger], kind: OrderType, side: Side, trigger: str, short_of: str, there: str
) -> None:
    """It waits in its own book without binding margin, then ends, naming the plain order that traded at the mark."""
    ledger = opened()
    placed = ledger.place(stop(side, trigger, kind))
    bound = ledger.balance("USDT").initial_margin
    ledger.set_mark(ONE, D(short_of))
    waits = ledger.order(placed.id)

    ledger.set_mark(ONE, D(there))

    ended = ledger.order(placed.id)
    child = ledger.order(ended.triggered_order_id)
    assert (placed.book, bound, waits.status) == (Book.CONDITIONAL, D(0), OrderStatus.NEW)
    assert ended.status is OrderStatus.TRIGGERED
    assert (child.book, child.type, child.status) == (Book.PLAIN, OrderType.MARKET, OrderStatus.FILLED)
    assert (child.average_price, child.triggered_by) == (D(there), placed.id)


def test_a_trigger_that_is_reached_already_is_refused(opened: Callable[..., Ledger]) -> None:
    """Neither side of either kind may trigger at once; an explicit direction counts more than the kind."""
    ledger = opened()

    reasons = [
        reason_of(lambda: ledger.place(stop(Side.BUY, "50000"))),
        reason_of(lambda: ledger.place(stop(Side.SELL, "50000", OrderType.TAKE_PROFIT_MARKET))),
        reason_of(lambda: ledger.place(stop(Side.BUY, "49000", trigger_rises=False))),
        reason_of(lambda: ledger.place(stop(Side.BUY, "51000", trigger_rises=False))),
    ]

    assert reasons == [Reason.WOULD_TRIGGER, Reason.WOULD_TRIGGER, None, Reason.WOULD_TRIGGER]


def test_a_stop_limit_order_waits_on_in_the_plain_book(opened: Callable[..., Ledger]) -> None:
    """Triggered at 51,000 with a limit of 50,500 it rests, and binds margin from then on."""
    ledger = opened()
    placed = ledger.place(stop(Side.BUY, "51000", OrderType.STOP, price=D(50_500)))

    ledger.set_mark(ONE, D(51_000))

    child = ledger.order(ledger.order(placed.id).triggered_order_id)
    assert (child.type, child.status, child.price) == (OrderType.LIMIT, OrderStatus.NEW, D(50_500))
    assert ledger.balance("USDT").open_order_initial_margin == 5050


def test_where_it_keeps_its_id_a_triggered_order_moves_into_the_plain_book(opened: Callable[..., Ledger]) -> None:
    """One id, one client id, from waiting to filled."""
    ledger = opened(triggered=Triggered.SAME_ORDER)
    placed = ledger.place(stop(Side.BUY, "51000", client_id="mine"))

    ledger.set_mark(ONE, D(51_000))

    (done,) = ledger.orders()
    assert (done.id, done.client_id, done.book) == (placed.id, "mine", Book.PLAIN)
    assert (done.status, done.type, done.triggered_order_id) == (OrderStatus.FILLED, OrderType.STOP_MARKET, None)


def test_a_triggered_order_that_cannot_be_carried_is_rejected(opened: Callable[..., Ledger]) -> None:
    """Margin is not asked for before the trigger; then the order ends with the reason, and nothing is traded."""
    ledger = opened()
    placed = ledger.place(stop(Side.BUY, "51000", quantity=D(400)))

    ledger.set_mark(ONE, D(51_000))

    ended = ledger.order(placed.id)
    assert ended.status is OrderStatus.REJECTED
    assert ended.reject_reason is not None
    assert ended.reject_reason.reason is Reason.MAX_POSITION_EXCEEDED
    assert (ledger.fills(), len(ledger.orders())) == ((), 1)


def test_a_triggered_order_that_keeps_its_id_is_asked_for_margin_too(opened: Callable[..., Ledger]) -> None:
    """A stop-limit order worth more than there is cannot rest in the plain book, and is rejected."""
    ledger = opened(triggered=Triggered.SAME_ORDER)
    ledger.set_leverage(ONE, D(2))
    placed = ledger.place(stop(Side.BUY, "51000", OrderType.STOP, price=D(50_000), quantity=D(5)))

    ledger.set_mark(ONE, D(51_000))

    ended = ledger.order(placed.id)
    assert (ended.status, ledger.open_orders()) == (OrderStatus.REJECTED, ())
    assert ended.reject_reason is not None
    assert ended.reject_reason.reason is Reason.INSUFFICIENT_MARGIN


def test_close_position_closes_whatever_is_open_then(opened: Callable[..., Ledger]) -> None:
    """The quantity is found at the trigger; with nothing open the order expires."""
    ledger = opened()
    closing = {"quantity": D(0), "close_position": True}
    ledger.place(order(quantity="1"))
    first = ledger.place(stop(Side.SELL, "49000", **closing))
    second = ledger.place(stop(Side.SELL, "48000", **closing))
    ledger.place(order(quantity="2"))

    ledger.set_mark(ONE, D(49_000))
    ledger.set_mark(ONE, D(48_000))

    child = ledger.order(ledger.order(first.id).triggered_order_id)
    assert (child.filled, child.reduce_only, ledger.position(ONE).quantity) == (D(3), True, D(0))
    assert ledger.order(second.id).status is OrderStatus.EXPIRED


def test_a_trailing_stop_follows_the_mark_and_turns_with_it(opened: Callable[..., Ledger]) -> None:
    """A selling one of 1 % sees 55,000 and sells at 54,450, not before; a buying one mirrors it."""
    ledger = opened()
    ledger.place(order(quantity="2"))
    selling = ledger.place(trailing(Side.SELL, "0.01"))
    for mark in "52000", "55000", "54450.1":
        ledger.set_mark(ONE, D(mark))
    waits = ledger.order(selling.id)

    ledger.set_mark(ONE, D(54_450))
    buying = ledger.place(trailing(Side.BUY, "0.1"))
    ledger.set_mark(ONE, D(50_000))
    ledger.set_mark(ONE, D(55_000))

    assert (waits.status, waits.extreme) == (OrderStatus.NEW, D(55_000))
    assert ledger.order(ledger.order(selling.id).triggered_order_id).average_price == 54_450
    assert ledger.order(ledger.order(buying.id).triggered_order_id).average_price == 55_000


def test_a_trailing_stop_waits_for_its_activation_price(opened: Callable[..., Ledger]) -> None:
    """It does not trail before; an activation price that is reached already is refused."""
    ledger = opened()
    early = reason_of(lambda: ledger.place(trailing(Side.SELL, "0.01", activation_price=D(50_000))))
    placed = ledger.place(trailing(Side.SELL, "0.01", activation_price=D(52_000)))
    ledger.set_mark(ONE, D(40_000))
    asleep = ledger.order(placed.id)

    ledger.set_mark(ONE, D(52_000))
    awake = ledger.order(placed.id)
    ledger.set_mark(ONE, D(51_000))

    assert early is Reason.INVALID_ACTIVATION_PRICE
    assert (asleep.extreme, awake.extreme) == (None, D(52_000))
    assert ledger.order(placed.id).status is OrderStatus.TRIGGERED


# -- checks

REFUSED = [
    ("no price", order(price="48000"), {"price": None}, Reason.ORDER_INCOMPLETE),
    ("no quantity", order(price="48000"), {"quantity": D(0)}, Reason.ORDER_INCOMPLETE),
    ("no trigger", stop(Side.SELL, "45000"), {"trigger_price": None}, Reason.ORDER_INCOMPLETE),
    ("no callback", trailing(Side.SELL, "0.01"), {"callback_rate": None}, Reason.ORDER_INCOMPLETE),
    ("callback of all", trailing(Side.SELL, "1"), {}, Reason.INVALID_CALLBACK_RATE),
    ("market price", order(), {"price": D(1)}, Reason.ORDER_CONFLICT),
    ("closing some", stop(Side.SELL, "45000"), {"close_position": True}, Reason.ORDER_CONFLICT),
    ("closing limit", order(price="48000"), {"close_position": True, "quantity": D(0)}, Reason.ORDER_CONFLICT),
    (
        "closing reduce-only",
        stop(Side.SELL, "45000", quantity=D(0), close_position=True),
        {"reduce_only": True},
        Reason.ORDER_CONFLICT,
    ),
    ("price off step", order(price="48000.05"), {}, Reason.PRICE_OFF_STEP),
    ("trigger off step", stop(Side.SELL, "45000.05"), {}, Reason.PRICE_OFF_STEP),
    ("negative price", order(price="-1"), {}, Reason.PRICE_NOT_POSITIVE),
    ("nan", order(price="nan"), {}, Reason.PRICE_NOT_POSITIVE),
    ("quantity off step", order(quantity="1.5", price="48000"), {}, Reason.QUANTITY_OFF_STEP),
    ("too few", order(quantity="0.5", price="48000"), {}, Reason.QUANTITY_OUT_OF_RANGE),
    ("too many", order(quantity="501", price="48000"), {}, Reason.QUANTITY_OUT_OF_RANGE),
    ("negative quantity", order(quantity="-1", price="48000"), {}, Reason.AMOUNT_NOT_POSITIVE),
    ("small", order(price="99.9"), {}, Reason.NOTIONAL_TOO_SMALL),
    ("leg in one-way", order(position_side=PositionSide.LONG), {}, Reason.SIDE_DOES_NOT_MATCH_MODE),
    ("unknown symbol", order(), {"symbol": "NONE"}, Reason.UNKNOWN_SYMBOL),
    ("margin", order(quantity="20"), {}, Reason.INSUFFICIENT_MARGIN),
    (
        "position",
        order(quantity="20", price="49999.9"),
        {"quantity": D(21)},
        Reason.MAX_POSITION_EXCEEDED,
    ),
    ("yesterday", order(price="48000"), {"expires_at": START}, Reason.ORDER_CONFLICT),
]


@pytest.mark.parametrize(
    ("request_", "changes", "reason"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_an_order_must_not_be(
    opened: Callable[..., Ledger], request_: OrderRequest, changes: dict[str, Any], reason: Reason
) -> None:
    """Each fault has its reason, in a test of the order too, and changes nothing."""
    ledger = opened()
    before = ledger.snapshot()
    faulty = attrs.evolve(request_, **changes)

    assert reason_of(lambda: ledger.place(faulty)) is reason
    assert reason_of(lambda: ledger.test(faulty)) is reason
    assert ledger.snapshot() == before


def test_market_orders_have_a_limit_of_their_own(clock: Clock, linear: Callable[..., Contract]) -> None:
    """What is too much at market may still be asked for at a price."""
    contract = linear(max_market_quantity=D(2))
    ledger = Ledger(Rules(), [contract], [Asset("USDT", index_price=D(1))], now=clock)
    ledger.deposit("USDT", D(100_000))

    assert reason_of(lambda: ledger.place(order(quantity="3"))) is Reason.QUANTITY_OUT_OF_RANGE
    assert ledger.place(order(quantity="3", price="48000")).status is OrderStatus.NEW


def test_a_tested_order_is_not_placed(opened: Callable[..., Ledger]) -> None:
    """What would be accepted is accepted in a test, and leaves no trace."""
    ledger = opened()
    before = ledger.snapshot()

    ledger.test(order())

    assert ledger.snapshot() == before


def test_margin_is_asked_for_by_orders_that_wait(opened: Callable[..., Ledger]) -> None:
    """Orders worth 200,000 bind 20,000 at ten times; the one that would bind more than there is gets refused."""
    ledger = opened()
    ledger.set_leverage(ONE, D(2))
    for _ in range(4):
        ledger.place(order(price="49000"))

    refused = reason_of(lambda: ledger.place(order(price="49000")))

    assert ledger.balance("USDT").available == 2000
    assert refused is Reason.INSUFFICIENT_MARGIN


def test_an_isolated_position_takes_its_margin_from_what_its_order_had_bound(opened: Callable[..., Ledger]) -> None:
    """The order's margin is free again when its own fill asks for it."""
    ledger = opened()
    ledger.set_margin_type(MarginType.ISOLATED, ONE)
    ledger.set_leverage(ONE, D(1))
    placed = ledger.place(order(quantity="2", price="49000"))

    ledger.set_mark(ONE, D(49_000))

    assert ledger.order(placed.id).status is OrderStatus.FILLED
    assert ledger.position(ONE).isolated_wallet == 98_000


def test_a_waiting_order_that_cannot_be_carried_any_more_expires(opened: Callable[..., Ledger]) -> None:
    """Margin and commission together are more than there is: the order ends, the mark moves all the same."""
    ledger = opened()
    ledger.set_margin_type(MarginType.ISOLATED, ONE)
    ledger.set_leverage(ONE, D(1))
    placed = ledger.place(order(quantity="2", price="49999.9"))

    ledger.set_mark(ONE, D(49_000))

    expired = ledger.order(placed.id)
    assert (expired.status, ledger.mark(ONE), ledger.fills()) == (OrderStatus.EXPIRED, D(49_000), ())
    assert expired.reject_reason is not None
    assert expired.reject_reason.reason is Reason.INSUFFICIENT_MARGIN


def test_how_many_orders_may_wait(opened: Callable[..., Ledger]) -> None:
    """Each book has its own limit."""
    ledger = opened(max_open_orders=1, max_conditional_orders=1)
    ledger.place(order(price="40000"))
    ledger.place(stop(Side.SELL, "45000"))

    assert reason_of(lambda: ledger.place(order(price="41000"))) is Reason.TOO_MANY_ORDERS
    assert reason_of(lambda: ledger.place(stop(Side.SELL, "44000"))) is Reason.TOO_MANY_ORDERS


@pytest.mark.parametrize(
    ("ids", "expected"),
    [(ClientIds.UNIQUE_WHILE_OPEN, None), (ClientIds.UNIQUE_EVER, Reason.DUPLICATE_CLIENT_ID)],
)
def test_a_client_id_after_its_order_has_ended(
    opened: Callable[..., Ledger], ids: ClientIds, expected: Reason | None
) -> None:
    """Whether it can be used again is the venue's rule; while the order is open it never can."""
    ledger = opened(client_ids=ids)
    ledger.place(order(price="48000", client_id="mine"))

    twice = reason_of(lambda: ledger.place(order(price="48000", client_id="mine")))
    ledger.cancel_order(client_id="mine")

    assert twice is Reason.DUPLICATE_CLIENT_ID
    assert reason_of(lambda: ledger.place(order(price="48000", client_id="mine"))) is expected


# -- amend, cancel, countdown


def test_an_amended_order_keeps_its_id(opened: Callable[..., Ledger]) -> None:
    """Price and quantity change, margin with them; a repetition is refused as that."""
    ledger = opened()
    placed = ledger.place(order(price="48000", client_id="mine"))

    amended = ledger.amend_order(client_id="mine", quantity=D(2), price=D(47_000))

    assert (amended.id, amended.quantity, amended.price) == (placed.id, D(2), D(47_000))
    assert ledger.balance("USDT").open_order_initial_margin == 9400
    assert reason_of(lambda: ledger.amend_order(placed.id, price=D(47_000))) is Reason.ORDER_UNCHANGED
    assert reason_of(lambda: ledger.amend_order(placed.id, price=D("0.05"))) is Reason.PRICE_OFF_STEP
    assert reason_of(lambda: ledger.amend_order(placed.id, quantity=D(400))) is Reason.MAX_POSITION_EXCEEDED


def test_an_amendment_can_trade_or_end_an_order(opened: Callable[..., Ledger]) -> None:
    """Moved across the mark it fills; post-only or filled up by it, it is canceled."""
    ledger = opened()
    crossing, post = (ledger.place(order(price="48000", time_in_force=t)) for t in (TimeInForce.GTC, TimeInForce.GTX))
    half = ledger.place(order(price="48000", quantity="3"))
    ledger.fill_order(half.id, D(2))

    ended = [
        ledger.amend_order(crossing.id, price=D(50_000)).status,
        ledger.amend_order(post.id, price=D(50_000)).status,
        ledger.amend_order(half.id, quantity=D(2)).status,
    ]

    assert ended == [OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.CANCELED]
    assert ledger.order(half.id).filled == 2


def test_conditional_orders_are_amended_only_where_the_rules_say_so(opened: Callable[..., Ledger]) -> None:
    """One venue refuses it, another moves the trigger, though not to where it would trigger."""
    strict, lenient = opened(), opened(amend_conditional=True)
    waits = [ledger.place(stop(Side.SELL, "45000")).id for ledger in (strict, lenient)]

    assert reason_of(lambda: strict.amend_order(waits[0], trigger_price=D(44_000))) is Reason.NOT_AMENDABLE
    assert lenient.amend_order(waits[1], trigger_price=D(44_000)).trigger_price == 44_000
    assert reason_of(lambda: lenient.amend_order(waits[1], trigger_price=D(60_000))) is Reason.WOULD_TRIGGER


def test_canceling_says_what_it_found(opened: Callable[..., Ledger]) -> None:
    """An open order is canceled once; then it has finished; what was never there is unknown, as is another symbol's."""
    ledger = opened()
    placed = ledger.place(order(price="48000", quantity="3", client_id="mine"))
    ledger.fill_order(placed.id, D(1))

    canceled = ledger.cancel_order(client_id="mine", symbol=ONE)

    assert (canceled.status, canceled.filled) == (OrderStatus.CANCELED, D(1))
    assert reason_of(lambda: ledger.cancel_order(placed.id)) is Reason.ORDER_FINISHED
    assert reason_of(lambda: ledger.cancel_order("77777")) is Reason.UNKNOWN_ORDER
    assert reason_of(ledger.cancel_order) is Reason.UNKNOWN_ORDER
    assert reason_of(lambda: ledger.order(placed.id, symbol="NONE")) is Reason.UNKNOWN_ORDER


def test_cancel_all_minds_symbol_book_and_asset(opened: Callable[..., Ledger]) -> None:
    """What was named is canceled, the rest waits on."""
    ledger = opened()
    plain, conditional = ledger.place(order(price="48000")), ledger.place(stop(Side.SELL, "45000"))

    assert ledger.cancel_orders(settle="NONE") == ()
    assert [one.id for one in ledger.cancel_orders(ONE, Book.PLAIN)] == [plain.id]
    assert [one.id for one in ledger.orders(is_open=True)] == [conditional.id]
    assert [one.id for one in ledger.cancel_orders(settle="USDT")] == [conditional.id]


def test_a_countdown_cancels_the_plain_orders_when_it_ends(opened: Callable[..., Ledger], clock: Clock) -> None:
    """At its end, not before, seen by a read alone; orders for a trigger stay; a later beat moves the end."""
    ledger = opened()
    plain, conditional = ledger.place(order(price="48000")), ledger.place(stop(Side.SELL, "45000"))
    ledger.countdown(ONE, 5 * SECOND)
    clock.advance(4 * SECOND)
    ledger.countdown(ONE, 5 * SECOND)
    clock.advance(4 * SECOND)
    before = ledger.order(plain.id).status

    clock.advance(10 * SECOND)

    ended = ledger.order(plain.id)
    assert (before, ended.status, ended.updated_at) == (OrderStatus.NEW, OrderStatus.CANCELED, START + 9 * SECOND)
    assert ledger.order(conditional.id).status is OrderStatus.NEW
    assert ledger.deadline(ONE) is None


def test_a_disarmed_countdown_cancels_nothing(opened: Callable[..., Ledger], clock: Clock) -> None:
    """Zero calls it off."""
    ledger = opened()
    placed = ledger.place(order(price="48000"))
    ledger.countdown(ONE, SECOND)
    ledger.countdown(ONE, 0 * SECOND)

    clock.advance(5 * SECOND)

    assert ledger.order(placed.id).status is OrderStatus.NEW


def test_an_order_with_a_last_date_expires(opened: Callable[..., Ledger], clock: Clock) -> None:
    """It is open until then and expired from then on."""
    ledger = opened()
    placed = ledger.place(order(price="48000", expires_at=START + 5 * SECOND))
    clock.advance(4 * SECOND)
    before = ledger.order(placed.id).status

    clock.advance(SECOND)

    assert (before, ledger.order(placed.id).status) == (OrderStatus.NEW, OrderStatus.EXPIRED)


# -- decided late


def test_an_asynchronous_venue_answers_before_it_decides(opened: Callable[..., Ledger], clock: Clock) -> None:
    """The order is pending, unseen and binds nothing; after the delay it has been placed, or rejected after all."""
    ledger = opened(asynchronous=True)
    ledger.set_decision_delay(2 * SECOND)
    good, bad = ledger.place(order(price="48000")), ledger.place(order(quantity="19"))
    unseen = reason_of(lambda: ledger.order(good.id)), ledger.balance("USDT").initial_margin

    clock.advance(2 * SECOND)

    rejected = ledger.order(bad.id)
    assert (good.status, bad.status) == (OrderStatus.PENDING, OrderStatus.PENDING)
    assert unseen == (Reason.UNKNOWN_ORDER, 0)
    assert (ledger.order(good.id).status, ledger.order(good.id).updated_at) == (OrderStatus.NEW, START + 2 * SECOND)
    assert rejected.status is OrderStatus.REJECTED
    assert rejected.reject_reason is not None
    assert rejected.reject_reason.reason is Reason.INSUFFICIENT_MARGIN
    assert ledger.fills() == ()


def test_the_form_of_an_order_is_refused_at_once_everywhere(opened: Callable[..., Ledger]) -> None:
    """An asynchronous venue does not accept what it cannot read, nor a client id that is pending."""
    ledger = opened(asynchronous=True)
    ledger.set_decision_delay(None)
    ledger.place(order(price="48000", client_id="mine"))

    assert reason_of(lambda: ledger.place(order(price="48000.05"))) is Reason.PRICE_OFF_STEP
    assert reason_of(lambda: ledger.place(order(price="48000", client_id="mine"))) is Reason.DUPLICATE_CLIENT_ID


def test_an_undecided_order_waits_for_the_script_and_can_be_canceled(
    opened: Callable[..., Ledger], clock: Clock
) -> None:
    """Without a delay only ``decide`` decides; a canceled one never trades."""
    ledger = opened(asynchronous=True)
    ledger.set_decision_delay(None)
    first, second = ledger.place(order()), ledger.place(order())
    clock.advance(3600 * SECOND)

    canceled = ledger.cancel_order(first.id)
    decided = ledger.decide(second.id)

    assert (canceled.status, decided.status) == (OrderStatus.CANCELED, OrderStatus.FILLED)
    assert ledger.position(ONE).quantity == 1
    assert reason_of(lambda: ledger.decide(first.id)) is Reason.ORDER_FINISHED


def test_without_a_delay_the_order_is_decided_though_the_answer_says_pending(opened: Callable[..., Ledger]) -> None:
    """The answer is the acknowledgement, the next read the truth."""
    ledger = opened(asynchronous=True)

    placed = ledger.place(order())

    assert placed.status is OrderStatus.PENDING
    assert ledger.order(placed.id).status is OrderStatus.FILLED


def test_labels_come_back_as_they_were(opened: Callable[..., Ledger]) -> None:
    """What a front has attached to a request is on the order, and on the order it becomes."""
    ledger = opened()
    placed = ledger.place(stop(Side.BUY, "51000", labels={"working": "mark"}))

    ledger.set_mark(ONE, D(51_000))

    child: Order = ledger.order(ledger.order(placed.id).triggered_order_id)
    assert (placed.labels, child.labels) == ({"working": "mark"}, {"working": "mark"})

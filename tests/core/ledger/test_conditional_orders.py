"""Conditional orders: how they trigger, what becomes of them, how a trailing stop follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.core.ledger.made_up import D
from tests.core.ledger.order_requests import ONE, order, reason_of, stop, trailing

from venuekit.capabilities import OrderStatus, OrderType
from venuekit.simulator.ledger import Book, Ledger, Reason, Side, Triggered


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
    *, trading: Callable[..., Ledger], kind: OrderType, side: Side, trigger: str, short_of: str, there: str
) -> None:
    """It waits in its own book without binding margin, then ends, naming the plain order that traded at the mark."""
    ledger = trading()
    placed = ledger.place(stop(side, trigger, kind))
    bound = ledger.balance("USDT").initial_margin
    ledger.set_mark(ONE, D(short_of))
    waits = ledger.order(placed.id)

    ledger.set_mark(ONE, D(there))

    ended = ledger.order(placed.id)
    child = ledger.order(ended.triggered_order_id)
    assert (placed.book, bound, waits.status) == (Book.CONDITIONAL, D(0), OrderStatus.OPEN)
    assert ended.status is OrderStatus.TRIGGERED
    assert (child.book, child.type, child.status) == (Book.PLAIN, OrderType.MARKET, OrderStatus.FILLED)
    assert (child.average_price, child.triggered_by) == (D(there), placed.id)


def test_a_trigger_that_is_reached_already_is_refused(trading: Callable[..., Ledger]) -> None:
    """Neither side of either kind may trigger at once; an explicit direction counts more than the kind."""
    ledger = trading()

    reasons = [
        reason_of(lambda: ledger.place(stop(Side.BUY, "50000"))),
        reason_of(lambda: ledger.place(stop(Side.SELL, "50000", OrderType.TAKE_PROFIT_MARKET))),
        reason_of(lambda: ledger.place(stop(Side.BUY, "49000", trigger_rises=False))),
        reason_of(lambda: ledger.place(stop(Side.BUY, "51000", trigger_rises=False))),
    ]

    assert reasons == [Reason.WOULD_TRIGGER, Reason.WOULD_TRIGGER, None, Reason.WOULD_TRIGGER]


def test_a_stop_limit_order_waits_on_in_the_plain_book(trading: Callable[..., Ledger]) -> None:
    """Triggered at 51,000 with a limit of 50,500 it rests, and binds margin from then on."""
    ledger = trading()
    placed = ledger.place(stop(Side.BUY, "51000", OrderType.STOP, price=D(50_500)))

    ledger.set_mark(ONE, D(51_000))

    child = ledger.order(ledger.order(placed.id).triggered_order_id)
    assert (child.type, child.status, child.price) == (OrderType.LIMIT, OrderStatus.OPEN, D(50_500))
    assert ledger.balance("USDT").open_order_initial_margin == 5050


def test_where_it_keeps_its_id_a_triggered_order_moves_into_the_plain_book(trading: Callable[..., Ledger]) -> None:
    """One id, one client id, from waiting to filled."""
    ledger = trading(triggered=Triggered.SAME_ORDER)
    placed = ledger.place(stop(Side.BUY, "51000", client_id="mine"))

    ledger.set_mark(ONE, D(51_000))

    (done,) = ledger.orders()
    assert (done.id, done.client_id, done.book) == (placed.id, "mine", Book.PLAIN)
    assert (done.status, done.type, done.triggered_order_id) == (OrderStatus.FILLED, OrderType.STOP_MARKET, None)


def test_a_triggered_order_that_cannot_be_carried_is_rejected(trading: Callable[..., Ledger]) -> None:
    """Margin is not asked for before the trigger; then the order ends with the reason, and nothing is traded."""
    ledger = trading()
    placed = ledger.place(stop(Side.BUY, "51000", quantity=D(400)))

    ledger.set_mark(ONE, D(51_000))

    ended = ledger.order(placed.id)
    assert ended.status is OrderStatus.REJECTED
    assert ended.reject_reason is not None
    assert ended.reject_reason.reason is Reason.MAX_POSITION_EXCEEDED
    assert (ledger.fills(), len(ledger.orders())) == ((), 1)


def test_a_triggered_order_that_keeps_its_id_is_asked_for_margin_too(trading: Callable[..., Ledger]) -> None:
    """A stop-limit order worth more than there is cannot rest in the plain book, and is rejected."""
    ledger = trading(triggered=Triggered.SAME_ORDER)
    ledger.set_leverage(ONE, D(2))
    placed = ledger.place(stop(Side.BUY, "51000", OrderType.STOP, price=D(50_000), quantity=D(5)))

    ledger.set_mark(ONE, D(51_000))

    ended = ledger.order(placed.id)
    assert (ended.status, ledger.open_orders()) == (OrderStatus.REJECTED, ())
    assert ended.reject_reason is not None
    assert ended.reject_reason.reason is Reason.INSUFFICIENT_MARGIN


def test_close_position_closes_whatever_is_open_then(trading: Callable[..., Ledger]) -> None:
    """The quantity is found at the trigger; with nothing open the order expires."""
    ledger = trading()
    closing: dict[str, Any] = {"quantity": D(0), "close_position": True}
    ledger.place(order(quantity="1"))
    first = ledger.place(stop(Side.SELL, "49000", **closing))
    second = ledger.place(stop(Side.SELL, "48000", **closing))
    ledger.place(order(quantity="2"))

    ledger.set_mark(ONE, D(49_000))
    ledger.set_mark(ONE, D(48_000))

    child = ledger.order(ledger.order(first.id).triggered_order_id)
    assert (child.filled, child.reduce_only, ledger.position(ONE).quantity) == (D(3), True, D(0))
    assert ledger.order(second.id).status is OrderStatus.EXPIRED


def test_a_trailing_stop_follows_the_mark_and_turns_with_it(trading: Callable[..., Ledger]) -> None:
    """A selling one of 1 % sees 55,000 and sells at 54,450, not before; a buying one mirrors it."""
    ledger = trading()
    ledger.place(order(quantity="2"))
    selling = ledger.place(trailing(Side.SELL, "0.01"))
    for mark in "52000", "55000", "54450.1":
        ledger.set_mark(ONE, D(mark))
    waits = ledger.order(selling.id)

    ledger.set_mark(ONE, D(54_450))
    buying = ledger.place(trailing(Side.BUY, "0.1"))
    ledger.set_mark(ONE, D(50_000))
    ledger.set_mark(ONE, D(55_000))

    assert (waits.status, waits.extreme) == (OrderStatus.OPEN, D(55_000))
    assert ledger.order(ledger.order(selling.id).triggered_order_id).average_price == 54_450
    assert ledger.order(ledger.order(buying.id).triggered_order_id).average_price == 55_000


def test_a_trailing_stop_waits_for_its_activation_price(trading: Callable[..., Ledger]) -> None:
    """It does not trail before; an activation price that is reached already is refused."""
    ledger = trading()
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


def test_a_trigger_may_watch_the_index(*, trading: Callable[..., Ledger]) -> None:
    """The mark does not reach it, the index does, and it may be amended to watch the mark again."""
    ledger = trading(amend_conditional=True)
    ledger.move_prices({}, {ONE: D("50000")})
    first = ledger.place(stop(Side.SELL, "49000", watches_index=True))
    second = ledger.place(stop(Side.SELL, "48000", watches_index=True))
    ledger.set_mark(ONE, D("48500"))
    waiting = [ledger.order(one.id).status for one in (first, second)]

    ledger.move_prices({}, {ONE: D("49000")})
    ledger.amend_order(second.id, watches_index=False)
    ended, amended = ledger.order(first.id), ledger.order(second.id)
    ledger.set_mark(ONE, D("48000"))

    assert waiting == [OrderStatus.OPEN, OrderStatus.OPEN]
    assert (ended.status, amended.status) == (OrderStatus.TRIGGERED, OrderStatus.OPEN)
    assert ledger.order(second.id).status is OrderStatus.TRIGGERED


def test_a_trigger_that_the_index_has_reached_is_refused(*, trading: Callable[..., Ledger]) -> None:
    """It would trigger at once."""
    ledger = trading()
    ledger.move_prices({}, {ONE: D("48000")})
    assert reason_of(lambda: ledger.place(stop(Side.SELL, "49000", watches_index=True))) is Reason.WOULD_TRIGGER

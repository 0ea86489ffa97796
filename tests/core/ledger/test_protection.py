"""Orders that protect a position: they trigger at the mark, end with the position, and may come with an order."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from tests.core.ledger.made_up import D
from tests.core.ledger.order_requests import ONE, order, reason_of, stop

from venuekit.capabilities import OrderStatus, OrderType
from venuekit.simulator.ledger import Ledger, LedgerOrderRequest, LedgerRefusal, Reason, Side
from venuekit.simulator.ledger.rules import Triggered

Trading = Callable[..., Ledger]


def guard(kind: OrderType, price: str, **fields: Any) -> LedgerOrderRequest:
    """Return an order that closes the whole long position."""
    whole = {"quantity": D(0), "close_position": True, "of_position": True}
    return stop(Side.SELL, price, kind, **{**whole, **fields})


def trail(distance: str, **fields: Any) -> LedgerOrderRequest:
    """Return a trailing stop of a long position that follows the mark at a distance."""
    return LedgerOrderRequest(
        symbol=ONE,
        side=Side.SELL,
        type=OrderType.TRAILING_STOP_MARKET,
        close_position=True,
        of_position=True,
        callback_distance=D(distance),
        **fields,
    )


TAKE_PROFIT = guard(OrderType.TAKE_PROFIT_MARKET, "52000")
STOP_LOSS = guard(OrderType.STOP_MARKET, "49000")


@pytest.mark.parametrize("triggered", Triggered)
@pytest.mark.parametrize(("mark", "fired"), [("52000", 0), ("49000", 1)], ids=["profit", "loss"])
def test_one_of_two_closes_the_position_and_the_other_ends(
    trading: Trading, triggered: Triggered, mark: str, fired: int
) -> None:
    """Whichever triggers, the position is flat, and the other one is canceled without having triggered."""
    ledger = trading(triggered=triggered)
    ledger.place(order(quantity="3"))
    pair = [ledger.place(TAKE_PROFIT), ledger.place(STOP_LOSS)]

    ledger.set_mark(ONE, D(mark))

    assert ledger.position(ONE).quantity == 0
    assert not ledger.open_orders()
    ended = ledger.order(pair[1 - fired].id)
    assert (ended.status, ended.reject_reason) == (OrderStatus.CANCELED, LedgerRefusal(Reason.FLAT_POSITION))
    assert [fill.quantity for fill in ledger.fills()] == [3, 3]


def test_they_end_with_a_position_that_is_closed_otherwise(trading: Trading) -> None:
    """Other conditional orders stay."""
    ledger = trading()
    ledger.place(order())
    own = ledger.place(stop(Side.SELL, "48000", reduce_only=True))
    ledger.place(TAKE_PROFIT)

    ledger.place(order(Side.SELL))

    assert [one.id for one in ledger.open_orders()] == [own.id]


def test_they_stay_while_a_part_of_the_position_does(trading: Trading) -> None:
    """They close what is there when they trigger."""
    ledger = trading()
    ledger.place(order(quantity="3"))
    placed = ledger.place(STOP_LOSS)
    ledger.place(order(Side.SELL, quantity="2"))

    ledger.set_mark(ONE, D(48_900))

    assert ledger.position(ONE).quantity == 0
    assert ledger.order(placed.id).status is OrderStatus.TRIGGERED


def test_they_count_in_no_maximum(trading: Trading) -> None:
    """Neither are they refused for it, nor do they use it up."""
    ledger = trading(max_conditional_orders=1)
    ledger.place(order())
    ledger.place(TAKE_PROFIT)
    ledger.place(stop(Side.SELL, "48000"))
    ledger.place(STOP_LOSS)
    assert reason_of(lambda: ledger.place(stop(Side.SELL, "47000"))) is Reason.TOO_MANY_ORDERS


def test_trailing_stop_follows_at_a_distance(trading: Trading) -> None:
    """It triggers when the mark has come back from its best by that distance."""
    ledger = trading()
    ledger.place(order())
    ledger.place(trail("500"))
    for mark in (51_000, 50_501):
        ledger.set_mark(ONE, D(mark))
    waiting = len(ledger.open_orders())

    ledger.set_mark(ONE, D(50_500))

    assert (waiting, ledger.position(ONE).quantity) == (1, 0)


def test_trailing_stop_has_one_way_to_follow(trading: Trading) -> None:
    """A fraction or a distance, and not both; the distance is on a tick."""
    ledger = trading()
    ledger.place(order())
    assert reason_of(lambda: ledger.place(trail("500", callback_rate=D("0.01")))) is Reason.ORDER_CONFLICT
    assert reason_of(lambda: ledger.place(trail("0.00001"))) is Reason.PRICE_OFF_STEP


@pytest.mark.parametrize(("price", "resting"), [(None, 0), ("49500", 1)], ids=["at once", "later"])
def test_what_is_attached_comes_with_the_fill(trading: Trading, price: str | None, resting: int) -> None:
    """Before it there is nothing to protect."""
    ledger = trading()
    ledger.place(order(quantity="2", price=price, attached=(TAKE_PROFIT, STOP_LOSS)))
    before = len(ledger.open_orders())

    ledger.set_mark(ONE, D(49_500))

    guards = [one for one in ledger.open_orders() if one.of_position]
    assert (before - resting) in {0, 2}
    assert [one.trigger_price for one in guards] == [52_000, 49_000]
    assert ledger.position(ONE).quantity == 2


def test_what_is_attached_takes_the_place_of_the_one_of_its_type(trading: Trading) -> None:
    """A position has one take-profit and one stop-loss of the whole; an equal one is left alone."""
    ledger = trading()
    ledger.place(order(attached=(TAKE_PROFIT, STOP_LOSS)))
    first = {one.type: one.id for one in ledger.open_orders()}
    higher = guard(OrderType.TAKE_PROFIT_MARKET, "53000")

    ledger.place(order(attached=(higher, STOP_LOSS)))

    now = {one.type: (one.id, one.trigger_price) for one in ledger.open_orders()}
    assert now[OrderType.STOP_MARKET] == (first[OrderType.STOP_MARKET], 49_000)
    assert now[OrderType.TAKE_PROFIT_MARKET][1] == 53_000
    assert ledger.order(first[OrderType.TAKE_PROFIT_MARKET]).status is OrderStatus.CANCELED


def test_what_is_attached_in_part_is_about_each_fill(trading: Trading) -> None:
    """Every fill brings its own, as large as itself."""
    ledger = trading()
    part = guard(OrderType.STOP_MARKET, "49000", close_position=False, reduce_only=True)
    placed = ledger.place(order(quantity="3", price="49500", attached=(part,)))
    for quantity in (1, 2):
        ledger.fill_order(placed.id, D(quantity))

    assert [one.quantity for one in ledger.open_orders()] == [1, 2]


def test_what_is_attached_may_trigger_at_the_mark_of_its_fill(trading: Trading) -> None:
    """The mark that fills an order and goes on beyond its stop-loss closes the position again."""
    ledger = trading()
    ledger.place(order(price="49500", attached=(STOP_LOSS,)))

    ledger.set_mark(ONE, Decimal(48_000))

    assert ledger.position(ONE).quantity == 0
    assert [fill.price for fill in ledger.fills()] == [49_500, 48_000]


def test_nothing_comes_with_an_order_that_only_closes(trading: Trading) -> None:
    """A fill that opens nothing has nothing to protect."""
    ledger = trading()
    ledger.place(order(quantity="2"))
    ledger.place(order(Side.SELL, attached=(TAKE_PROFIT,)))
    assert not ledger.open_orders()

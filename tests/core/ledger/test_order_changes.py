"""Changes: orders are amended, canceled, and ended by a countdown or their last date."""

from __future__ import annotations

from collections.abc import Callable

from tests.core.ledger.made_up import NOW, D
from tests.core.ledger.order_requests import ONE, SECOND, Clock, order, reason_of, stop

from venuekit.capabilities import OrderStatus, TimeInForce
from venuekit.simulator.ledger import Book, Ledger, Reason, Side


def test_an_amended_order_keeps_its_id(trading: Callable[..., Ledger]) -> None:
    """Price and quantity change, margin with them; a repetition is refused as that."""
    ledger = trading()
    placed = ledger.place(order(price="48000", client_id="mine"))

    amended = ledger.amend_order(client_id="mine", quantity=D(2), price=D(47_000))

    assert (amended.id, amended.quantity, amended.price) == (placed.id, D(2), D(47_000))
    assert ledger.balance("USDT").open_order_initial_margin == 9400
    assert reason_of(lambda: ledger.amend_order(placed.id, price=D(47_000))) is Reason.ORDER_UNCHANGED
    assert reason_of(lambda: ledger.amend_order(placed.id, price=D("0.05"))) is Reason.PRICE_OFF_STEP
    assert reason_of(lambda: ledger.amend_order(placed.id, quantity=D(400))) is Reason.MAX_POSITION_EXCEEDED


def test_an_amendment_can_trade_or_end_an_order(trading: Callable[..., Ledger]) -> None:
    """Moved across the mark it fills; post-only or filled up by it, it is canceled."""
    ledger = trading()
    crossing, post = (
        ledger.place(order(price="48000", time_in_force=t)) for t in (TimeInForce.GTC, TimeInForce.POST_ONLY)
    )
    half = ledger.place(order(price="48000", quantity="3"))
    ledger.fill_order(half.id, D(2))

    ended = [
        ledger.amend_order(crossing.id, price=D(50_000)).status,
        ledger.amend_order(post.id, price=D(50_000)).status,
        ledger.amend_order(half.id, quantity=D(2)).status,
    ]

    assert ended == [OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.CANCELED]
    assert ledger.order(half.id).filled == 2


def test_conditional_orders_are_amended_only_where_the_rules_say_so(trading: Callable[..., Ledger]) -> None:
    """One venue refuses it, another moves the trigger, though not to where it would trigger."""
    strict, lenient = trading(), trading(amend_conditional=True)
    waits = [ledger.place(stop(Side.SELL, "45000")).id for ledger in (strict, lenient)]

    assert reason_of(lambda: strict.amend_order(waits[0], trigger_price=D(44_000))) is Reason.NOT_AMENDABLE
    assert lenient.amend_order(waits[1], trigger_price=D(44_000)).trigger_price == 44_000
    assert reason_of(lambda: lenient.amend_order(waits[1], trigger_price=D(60_000))) is Reason.WOULD_TRIGGER


def test_canceling_says_what_it_found(trading: Callable[..., Ledger]) -> None:
    """An open order is canceled once; then it has finished; what was never there is unknown, as is another symbol's."""
    ledger = trading()
    placed = ledger.place(order(price="48000", quantity="3", client_id="mine"))
    ledger.fill_order(placed.id, D(1))

    canceled = ledger.cancel_order(client_id="mine", symbol=ONE)

    assert (canceled.status, canceled.filled) == (OrderStatus.CANCELED, D(1))
    assert reason_of(lambda: ledger.cancel_order(placed.id)) is Reason.ORDER_FINISHED
    assert reason_of(lambda: ledger.cancel_order("77777")) is Reason.UNKNOWN_ORDER
    assert reason_of(ledger.cancel_order) is Reason.UNKNOWN_ORDER
    assert reason_of(lambda: ledger.order(placed.id, symbol="NONE")) is Reason.UNKNOWN_ORDER


def test_cancel_all_minds_symbol_book_and_asset(trading: Callable[..., Ledger]) -> None:
    """What was named is canceled, the rest waits on."""
    ledger = trading()
    plain, conditional = ledger.place(order(price="48000")), ledger.place(stop(Side.SELL, "45000"))

    assert ledger.cancel_orders(settle="NONE") == ()
    assert [one.id for one in ledger.cancel_orders(ONE, Book.PLAIN)] == [plain.id]
    assert [one.id for one in ledger.orders(is_open=True)] == [conditional.id]
    assert [one.id for one in ledger.cancel_orders(settle="USDT")] == [conditional.id]


def test_a_countdown_cancels_the_plain_orders_when_it_ends(trading: Callable[..., Ledger], clock: Clock) -> None:
    """At its end, not before, seen by a read alone; orders for a trigger stay; a later beat moves the end."""
    ledger = trading()
    plain, conditional = ledger.place(order(price="48000")), ledger.place(stop(Side.SELL, "45000"))
    ledger.countdown(ONE, 5 * SECOND)
    clock.advance(4 * SECOND)
    ledger.countdown(ONE, 5 * SECOND)
    clock.advance(4 * SECOND)
    before = ledger.order(plain.id).status

    clock.advance(10 * SECOND)

    ended = ledger.order(plain.id)
    assert (before, ended.status, ended.updated_at) == (OrderStatus.OPEN, OrderStatus.CANCELED, NOW + 9 * SECOND)
    assert ledger.order(conditional.id).status is OrderStatus.OPEN
    assert ledger.deadline(ONE) is None


def test_a_disarmed_countdown_cancels_nothing(trading: Callable[..., Ledger], clock: Clock) -> None:
    """Zero calls it off."""
    ledger = trading()
    placed = ledger.place(order(price="48000"))
    ledger.countdown(ONE, SECOND)
    ledger.countdown(ONE, 0 * SECOND)

    clock.advance(5 * SECOND)

    assert ledger.order(placed.id).status is OrderStatus.OPEN


def test_an_order_with_a_last_date_expires(trading: Callable[..., Ledger], clock: Clock) -> None:
    """It is open until then and expired from then on."""
    ledger = trading()
    placed = ledger.place(order(price="48000", expires_at=NOW + 5 * SECOND))
    clock.advance(4 * SECOND)
    before = ledger.order(placed.id).status

    clock.advance(SECOND)

    assert (before, ledger.order(placed.id).status) == (OrderStatus.OPEN, OrderStatus.EXPIRED)


def test_amendments_are_kept_with_their_order(trading: Callable[..., Ledger]) -> None:
    """Each has what changed, its number and the caller's note; one that is refused or ends its order has no record."""
    ledger = trading()
    placed = ledger.place(order(price="48000", quantity="3", client_id="mine"))
    ledger.amend_order(placed.id, price=D(47_000), note="first")
    ledger.amend_order(placed.id, quantity=D(2))
    ledger.fill_order(placed.id, D(1))

    assert reason_of(lambda: ledger.amend_order(placed.id, price=D(47_000))) is Reason.ORDER_UNCHANGED
    assert ledger.amend_order(placed.id, quantity=D(1)).status is OrderStatus.CANCELED

    first, second = ledger.amendments(placed.id)
    assert (first.price_before, first.price_after, first.note, first.count) == (48_000, 47_000, "first", 1)
    assert (first.quantity_before, first.quantity_after, first.client_id) == (3, 3, "mine")
    assert (second.quantity_before, second.quantity_after, second.note, second.count) == (3, 2, None, 2)
    assert (first.symbol, first.time) == (ONE, NOW)
    assert ledger.amendments("77777") == ()

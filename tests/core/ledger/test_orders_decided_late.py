"""Orders on a venue that answers before it decides."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tests.core.ledger.made_up import NOW
from tests.core.ledger.order_requests import ONE, SECOND, Clock, order, reason_of

from venuekit.capabilities import OrderStatus
from venuekit.simulator.ledger import Ledger, Reason


def test_an_asynchronous_venue_answers_before_it_decides(trading: Callable[..., Ledger], clock: Clock) -> None:
    """The order is pending, unseen and binds nothing; after the delay it has been placed, or rejected after all."""
    ledger = trading(asynchronous=True)
    ledger.set_decision_delay(2 * SECOND)
    good, bad = ledger.place(order(price="48000")), ledger.place(order(quantity="19"))
    unseen = reason_of(lambda: ledger.order(good.id)), ledger.balance("USDT").initial_margin

    clock.advance(2 * SECOND)

    rejected = ledger.order(bad.id)
    assert (good.status, bad.status) == (OrderStatus.PENDING, OrderStatus.PENDING)
    assert unseen == (Reason.UNKNOWN_ORDER, Decimal(0))
    assert (ledger.order(good.id).status, ledger.order(good.id).updated_at) == (OrderStatus.OPEN, NOW + 2 * SECOND)
    assert rejected.status is OrderStatus.REJECTED
    assert rejected.reject_reason is not None
    assert rejected.reject_reason.reason is Reason.INSUFFICIENT_MARGIN
    assert ledger.fills() == ()


def test_the_form_of_an_order_is_refused_at_once_everywhere(trading: Callable[..., Ledger]) -> None:
    """An asynchronous venue does not accept what it cannot read, nor a client id that is pending."""
    ledger = trading(asynchronous=True)
    ledger.set_decision_delay(None)
    ledger.place(order(price="48000", client_id="mine"))

    assert reason_of(lambda: ledger.place(order(price="48000.05"))) is Reason.PRICE_OFF_STEP
    assert reason_of(lambda: ledger.place(order(price="48000", client_id="mine"))) is Reason.DUPLICATE_CLIENT_ID


def test_an_undecided_order_waits_for_the_script_and_can_be_canceled(
    trading: Callable[..., Ledger], clock: Clock
) -> None:
    """Without a delay only ``decide`` decides; a canceled one never trades."""
    ledger = trading(asynchronous=True)
    ledger.set_decision_delay(None)
    first, second = ledger.place(order()), ledger.place(order())
    clock.advance(3600 * SECOND)

    canceled = ledger.cancel_order(first.id)
    decided = ledger.decide(second.id)

    assert (canceled.status, decided.status) == (OrderStatus.CANCELED, OrderStatus.FILLED)
    assert ledger.position(ONE).quantity == 1
    assert reason_of(lambda: ledger.decide(first.id)) is Reason.ORDER_FINISHED


def test_without_a_delay_the_order_is_decided_though_the_answer_says_pending(trading: Callable[..., Ledger]) -> None:
    """The answer is the acknowledgement, the next read the truth."""
    ledger = trading(asynchronous=True)

    placed = ledger.place(order())

    assert placed.status is OrderStatus.PENDING
    assert ledger.order(placed.id).status is OrderStatus.FILLED

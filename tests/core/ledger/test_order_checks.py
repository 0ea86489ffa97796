"""Checks: which orders are refused, and what they must be able to pay for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from tests.core.ledger.made_up import NOW, D
from tests.core.ledger.order_requests import ONE, Clock, order, reason_of, stop, trailing

from venuekit.capabilities import MarginType, OrderStatus, PositionSide, TimeInForce
from venuekit.simulator.ledger import Asset, ClientIdRule, Contract, Ledger, LedgerOrderRequest, Reason, Rules, Side

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
    ("till a date", order(price="48000"), {"time_in_force": TimeInForce.GTD}, Reason.ORDER_CONFLICT),
    ("yesterday", order(price="48000"), {"expires_at": NOW}, Reason.ORDER_CONFLICT),
]


@pytest.mark.parametrize(
    ("request_", "changes", "reason"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_an_order_must_not_be(
    trading: Callable[..., Ledger], request_: LedgerOrderRequest, changes: dict[str, Any], reason: Reason
) -> None:
    """Each fault has its reason, in a test of the order too, and changes nothing."""
    ledger = trading()
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
    assert ledger.place(order(quantity="3", price="48000")).status is OrderStatus.OPEN


def test_a_tested_order_is_not_placed(trading: Callable[..., Ledger]) -> None:
    """What would be accepted is accepted in a test, and leaves no trace."""
    ledger = trading()
    before = ledger.snapshot()

    ledger.test(order())

    assert ledger.snapshot() == before


def test_margin_is_asked_for_by_orders_that_wait(trading: Callable[..., Ledger]) -> None:
    """Orders worth 200,000 bind 20,000 at ten times; the one that would bind more than there is gets refused."""
    ledger = trading()
    ledger.set_leverage(ONE, D(2))
    for _ in range(4):
        ledger.place(order(price="49000"))

    refused = reason_of(lambda: ledger.place(order(price="49000")))

    assert ledger.balance("USDT").available == 2000
    assert refused is Reason.INSUFFICIENT_MARGIN


def test_an_isolated_position_takes_its_margin_from_what_its_order_had_bound(trading: Callable[..., Ledger]) -> None:
    """The order's margin is free again when its own fill asks for it."""
    ledger = trading()
    ledger.set_margin_type(MarginType.ISOLATED, ONE)
    ledger.set_leverage(ONE, D(1))
    placed = ledger.place(order(quantity="2", price="49000"))

    ledger.set_mark(ONE, D(49_000))

    assert ledger.order(placed.id).status is OrderStatus.FILLED
    assert ledger.position(ONE).isolated_wallet == 98_000


def test_a_waiting_order_that_cannot_be_carried_any_more_expires(trading: Callable[..., Ledger]) -> None:
    """Margin and commission together are more than there is: the order ends, the mark moves all the same."""
    ledger = trading()
    ledger.set_margin_type(MarginType.ISOLATED, ONE)
    ledger.set_leverage(ONE, D(1))
    placed = ledger.place(order(quantity="2", price="49999.9"))

    ledger.set_mark(ONE, D(49_000))

    expired = ledger.order(placed.id)
    assert (expired.status, ledger.mark(ONE), ledger.fills()) == (OrderStatus.EXPIRED, D(49_000), ())
    assert expired.reject_reason is not None
    assert expired.reject_reason.reason is Reason.INSUFFICIENT_MARGIN


def test_how_many_orders_may_wait(trading: Callable[..., Ledger]) -> None:
    """Each book has its own limit."""
    ledger = trading(max_open_orders=1, max_conditional_orders=1)
    ledger.place(order(price="40000"))
    ledger.place(stop(Side.SELL, "45000"))

    assert reason_of(lambda: ledger.place(order(price="41000"))) is Reason.TOO_MANY_ORDERS
    assert reason_of(lambda: ledger.place(stop(Side.SELL, "44000"))) is Reason.TOO_MANY_ORDERS


@pytest.mark.parametrize(
    ("ids", "expected"),
    [(ClientIdRule.UNIQUE_WHILE_OPEN, None), (ClientIdRule.UNIQUE_EVER, Reason.DUPLICATE_CLIENT_ID)],
)
def test_a_client_id_after_its_order_has_ended(
    trading: Callable[..., Ledger], ids: ClientIdRule, expected: Reason | None
) -> None:
    """Whether it can be used again is the venue's rule; while the order is open it never can."""
    ledger = trading(client_ids=ids)
    ledger.place(order(price="48000", client_id="mine"))

    twice = reason_of(lambda: ledger.place(order(price="48000", client_id="mine")))
    ledger.cancel_order(client_id="mine")

    assert twice is Reason.DUPLICATE_CLIENT_ID
    assert reason_of(lambda: ledger.place(order(price="48000", client_id="mine"))) is expected

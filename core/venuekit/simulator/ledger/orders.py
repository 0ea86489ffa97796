"""Commands that place, decide, amend and cancel orders."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import attrs

from venuekit.simulator.ledger.events import OrderChange
from venuekit.simulator.ledger.fills import trade
from venuekit.simulator.ledger.matching import crosses, end, enter, is_triggered, meet, trail
from venuekit.simulator.ledger.order_checks import check_client_id, check_count, check_form
from venuekit.simulator.ledger.order_values import (
    Book,
    LedgerOrder,
    LedgerOrderRequest,
    OrderStatus,
    OrderType,
    TimeInForce,
)
from venuekit.simulator.ledger.refusal import Reason, Refused
from venuekit.simulator.ledger.state import Alarm
from venuekit.simulator.ledger.trading import make_order
from venuekit.simulator.ledger.transaction import Transaction

__all__ = [
    "OrderSelector",
    "amend",
    "cancel",
    "cancel_all",
    "decide",
    "fill_order",
    "find",
    "known",
    "place",
    "set_countdown",
]


@attrs.frozen
class OrderSelector:
    """Which order is meant: by id if there is one, else the newest of a client id."""

    order_id: str | None = None
    client_id: str | None = None
    symbol: str | None = None
    book: Book | None = None

    def means(self, order: LedgerOrder) -> bool:
        """Say whether an order fits."""
        if self.order_id is None and self.client_id is None:
            return False
        wanted = order.id == self.order_id if self.order_id is not None else order.client_id == self.client_id
        return wanted and self.symbol in (None, order.symbol) and self.book in (None, order.book)


def find(transaction: Transaction, name: OrderSelector) -> LedgerOrder:
    """Return an open order; refused if there is none of that name, or if it has ended."""
    for order in reversed(transaction.state.orders.values()):
        if name.means(order):
            return order
    for order in reversed(transaction.state.finished):
        if name.means(order):
            raise Refused(Reason.ORDER_FINISHED, order_id=order.id, status=order.status)
    raise Refused(Reason.UNKNOWN_ORDER, order_id=name.order_id, client_id=name.client_id)


def place(transaction: Transaction, request: LedgerOrderRequest, *, asynchronous: bool) -> LedgerOrder:
    """Accept an order; decide it at once, or later where the venue does so."""
    check_form(transaction, request)
    check_client_id(transaction, request.client_id)
    check_count(transaction, request)
    if request.expires_at is not None and request.expires_at <= transaction.time:
        raise Refused(Reason.ORDER_CONFLICT, fields=("expires_at",), type=request.type)
    order = transaction.put_order(make_order(transaction, request, OrderStatus.PENDING), None)
    if not asynchronous:
        _decide(transaction, order)
        return known(transaction, order.id)
    delay = transaction.state.decision_delay
    if delay is not None and not delay:
        decide(transaction, order.id)
    elif delay is not None:
        transaction.state.alarms[Alarm.DECISION, order.id] = transaction.time + delay
    return order


def known(transaction: Transaction, order_id: str) -> LedgerOrder:
    """Return an order, open or not."""
    order = transaction.state.orders.get(order_id)
    return order or next(order for order in reversed(transaction.state.finished) if order.id == order_id)


def decide(transaction: Transaction, order_id: str) -> LedgerOrder:
    """Decide an order that was only accepted: it enters its book, or it is rejected after all."""
    order = find(transaction, OrderSelector(order_id))
    transaction.state.alarms.pop((Alarm.DECISION, order_id), None)
    if order.status is OrderStatus.PENDING:
        reason = transaction.attempt(lambda: _decide(transaction, order))
        if reason is not None:
            end(transaction, order, OrderStatus.REJECTED, reason)
    return known(transaction, order_id)


def _decide(transaction: Transaction, pending: LedgerOrder) -> None:
    mark = transaction.read().symbol(pending.symbol).mark
    order = attrs.evolve(pending, status=OrderStatus.OPEN, updated_at=transaction.time)
    if order.expires_at is not None:
        transaction.state.alarms[Alarm.EXPIRY, order.id] = order.expires_at
    if order.book is Book.PLAIN:
        enter(transaction, order)
        return
    trailing = order.type is OrderType.TRAILING_STOP_MARKET
    if trailing and order.activation_price is not None and trail(order, mark).extreme is not None:
        raise Refused(Reason.INVALID_ACTIVATION_PRICE, activation_price=order.activation_price, mark=mark)
    if not trailing and is_triggered(order, mark):
        raise Refused(Reason.WOULD_TRIGGER, trigger_price=order.trigger_price, mark=mark)
    transaction.put_order(trail(order, mark), OrderChange.NEW)


def amend(
    transaction: Transaction,
    name: OrderSelector,
    *,
    quantity: Decimal | None,
    price: Decimal | None,
    trigger_price: Decimal | None,
    labels: Mapping[str, object],
) -> LedgerOrder:
    """Change an order that waits; ended instead where it would be filled up, or take what it must not."""
    order = find(transaction, name)
    conditional = order.book is Book.CONDITIONAL
    if (conditional and not transaction.rules.amend_conditional) or (not conditional and order.type.is_market):
        raise Refused(Reason.NOT_AMENDABLE, order_id=order.id, type=order.type, book=order.book)
    amended = attrs.evolve(
        order,
        quantity=order.quantity if quantity is None else quantity,
        price=order.price if price is None else price,
        trigger_price=order.trigger_price if trigger_price is None else trigger_price,
        labels={**order.labels, **labels},
        updated_at=transaction.time,
    )
    asked = amended.quantity, amended.price, amended.trigger_price, amended.labels
    if asked == (order.quantity, order.price, order.trigger_price, order.labels):
        raise Refused(Reason.ORDER_UNCHANGED, order_id=order.id)
    check_form(transaction, amended)
    if not amended.waits:
        return transaction.put_order(amended, None)
    return _amend_waiting(transaction, order, amended)


def _amend_waiting(transaction: Transaction, order: LedgerOrder, amended: LedgerOrder) -> LedgerOrder:
    before = transaction.read()
    mark = before.symbol(order.symbol).mark
    if amended.book is Book.CONDITIONAL:
        if is_triggered(amended, mark):
            raise Refused(Reason.WOULD_TRIGGER, trigger_price=amended.trigger_price, mark=mark)
        return transaction.put_order(amended, OrderChange.AMENDMENT)
    marketable = crosses(amended, mark)
    if amended.quantity <= amended.filled or (marketable and amended.time_in_force is TimeInForce.POST_ONLY):
        return end(transaction, order, OrderStatus.CANCELED)
    exposure = before.margin(order.symbol, order.position_side).exposure
    transaction.put_order(amended, OrderChange.AMENDMENT)
    meet(transaction, amended, exposure)
    return known(transaction, order.id)


def cancel(transaction: Transaction, name: OrderSelector) -> LedgerOrder:
    """Take an order out of its book, also one that is not decided yet."""
    return end(transaction, find(transaction, name), OrderStatus.CANCELED)


def cancel_all(
    transaction: Transaction, symbol: str | None, book: Book | None, settle: str | None
) -> tuple[LedgerOrder, ...]:
    """Cancel what waits: of a symbol, a book, a settle asset, or all of it."""
    if symbol is not None:
        transaction.read().contract(symbol)
    wanted = [
        order
        for order in transaction.state.orders.values()
        if order.waits
        and symbol in (None, order.symbol)
        and book in (None, order.book)
        and settle in (None, transaction.contracts[order.symbol].settle)
    ]
    return tuple(end(transaction, order, OrderStatus.CANCELED) for order in wanted)


def set_countdown(transaction: Transaction, symbol: str, delay: timedelta) -> None:
    """Let the plain orders of a symbol be canceled after a while; zero calls it off."""
    transaction.read().contract(symbol)
    transaction.state.alarms.pop((Alarm.COUNTDOWN, symbol), None)
    if delay:
        transaction.state.alarms[Alarm.COUNTDOWN, symbol] = transaction.time + delay


def fill_order(
    transaction: Transaction, order_id: str, quantity: Decimal | None, price: Decimal | None, *, is_maker: bool
) -> None:
    """
    Fill a plain order, or a part of it, at a price.

    Raises:
        ValueError: it waits for a trigger.
    """
    order = find(transaction, OrderSelector(order_id))
    if order.book is Book.CONDITIONAL or not order.waits:
        raise ValueError(f"order {order_id} is not in the plain book")
    amount = order.remaining if quantity is None else quantity
    if not 0 < amount <= order.remaining:
        raise Refused(Reason.QUANTITY_OUT_OF_RANGE, quantity=amount, minimum=0, maximum=order.remaining)
    at = price or order.price or transaction.read().symbol(order.symbol).mark
    trade(transaction, order, amount, at, is_maker=is_maker)

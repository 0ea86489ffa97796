"""Commands about orders: place, decide, amend, cancel, fill, hide; and the alarms of the clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import attrs

from venuekit.capabilities import OrderStatus, OrderType, PositionSide, TimeInForce
from venuekit.simulator.ledger.events import OrderChange
from venuekit.simulator.ledger.fills import check_cap, trade
from venuekit.simulator.ledger.matching import crosses, end, enter, is_triggered, meet, trail, watched_price
from venuekit.simulator.ledger.money import ZERO
from venuekit.simulator.ledger.order_checks import check_client_id, check_count, check_form
from venuekit.simulator.ledger.order_values import Book, LedgerOrder, LedgerOrderRequest, Side
from venuekit.simulator.ledger.positions import check_side
from venuekit.simulator.ledger.records import Execution, LedgerAmendment, Record
from venuekit.simulator.ledger.refusal import Reason, Refused
from venuekit.simulator.ledger.state import Alarm
from venuekit.simulator.ledger.transaction import Transaction, positive


def find_order(
    newest_first: Iterable[LedgerOrder],
    order_id: str | None = None,
    client_id: str | None = None,
    symbol: str | None = None,
    book: Book | None = None,
) -> LedgerOrder | None:
    """Return an order by id if one is given, else the newest with a client id; None if there is none."""
    if order_id is None and client_id is None:
        return None
    for order in newest_first:
        is_named = order.id == order_id if order_id is not None else order.client_id == client_id
        if is_named and symbol in (None, order.symbol) and book in (None, order.book):
            return order
    return None


def find_open(
    transaction: Transaction,
    order_id: str | None = None,
    client_id: str | None = None,
    symbol: str | None = None,
    book: Book | None = None,
) -> LedgerOrder:
    """Return an open order; refused if no order matches, or if it has ended."""
    if order := find_order(reversed(transaction.state.orders.values()), order_id, client_id, symbol, book):
        return order
    if order := find_order(reversed(transaction.state.finished), order_id, client_id, symbol, book):
        raise Refused(Reason.ORDER_FINISHED, order_id=order.id, status=order.status)
    raise Refused(Reason.UNKNOWN_ORDER, order_id=order_id, client_id=client_id)


def place(transaction: Transaction, request: LedgerOrderRequest) -> LedgerOrder:
    """
    Place an order; a plain one trades against the mark at once as far as it can.

    Returns:
        The order in its state afterwards; on an asynchronous venue always PENDING.
    """
    return _place(transaction, request, asynchronous=transaction.rules.asynchronous)


def test(transaction: Transaction, request: LedgerOrderRequest) -> None:
    """Refuse everything that :func:`place` would refuse or reject; a ledger keeps no trace of the test."""
    _place(transaction, request, asynchronous=False)


def _place(transaction: Transaction, request: LedgerOrderRequest, *, asynchronous: bool) -> LedgerOrder:
    """Accept an order; decide it at once, or later where the venue decides later."""
    check_form(transaction, request)
    check_client_id(transaction, request.client_id)
    check_count(transaction, request)
    if request.expires_at is not None and request.expires_at <= transaction.time:
        raise Refused(Reason.ORDER_CONFLICT, fields=("expires_at",), type=request.type)
    order = transaction.put_order(transaction.make_order(request, OrderStatus.PENDING), None)
    if not asynchronous:
        _decide(transaction, order)
        return get_order(transaction, order.id)
    delay = transaction.state.decision_delay
    if delay is not None and not delay:
        decide(transaction, order.id)
    elif delay is not None:
        transaction.state.alarms[Alarm.DECISION, order.id] = transaction.time + delay
    return order


def get_order(transaction: Transaction, order_id: str) -> LedgerOrder:
    """Return an order, open or not."""
    order = transaction.state.orders.get(order_id)
    return order or next(order for order in reversed(transaction.state.finished) if order.id == order_id)


def decide(transaction: Transaction, order_id: str) -> LedgerOrder:
    """Decide an order that was only accepted: it enters its book, or it ends REJECTED."""
    order = find_open(transaction, order_id)
    transaction.state.alarms.pop((Alarm.DECISION, order_id), None)
    if order.status is OrderStatus.PENDING:
        reason = transaction.attempt(lambda: _decide(transaction, order))
        if reason is not None:
            end(transaction, order, OrderStatus.REJECTED, reason)
    return get_order(transaction, order_id)


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
    price = watched_price(transaction.state, order)
    if not trailing and is_triggered(order, price):
        raise Refused(Reason.WOULD_TRIGGER, trigger_price=order.trigger_price, mark=price)
    transaction.put_order(trail(order, mark), OrderChange.NEW)


def amend_order(
    transaction: Transaction,
    order_id: str | None = None,
    *,
    client_id: str | None = None,
    symbol: str | None = None,
    quantity: Decimal | None = None,
    price: Decimal | None = None,
    trigger_price: Decimal | None = None,
    watches_index: bool | None = None,
    attached: tuple[LedgerOrderRequest, ...] | None = None,
    labels: Mapping[str, object] = MappingProxyType({}),
    note: str | None = None,
) -> LedgerOrder:
    """
    Change the whole quantity or the price of a waiting limit order; None keeps the present value.

    ``attached`` takes the place of the present one, ``labels`` are merged into the order's own, ``note`` is kept with
    the record of the amendment. An order that is thereby completely filled, or a post-only one that would trade, ends
    CANCELED and has no such record.
    """
    order = find_open(transaction, order_id, client_id, symbol)
    conditional = order.book is Book.CONDITIONAL
    if (conditional and not transaction.rules.amend_conditional) or (not conditional and order.type.is_market):
        raise Refused(Reason.NOT_AMENDABLE, order_id=order.id, type=order.type, book=order.book)
    given: dict[str, Any] = {"quantity": quantity, "price": price, "trigger_price": trigger_price, "attached": attached}
    given["watches_index"] = watches_index
    changes = {name: value for name, value in given.items() if value is not None}
    amended = attrs.evolve(order, labels={**order.labels, **labels}, **changes)
    if amended == order:
        raise Refused(Reason.ORDER_UNCHANGED, order_id=order.id)
    amended = attrs.evolve(amended, updated_at=transaction.time, amendments=order.amendments + 1)
    check_form(transaction, amended)
    if not amended.waits:
        _record_amendment(transaction, order, amended, note)
        return transaction.put_order(amended, None)
    return _amend_waiting(transaction, order, amended, note)


def _record_amendment(transaction: Transaction, order: LedgerOrder, amended: LedgerOrder, note: str | None) -> None:
    transaction.state.amendments.append(
        LedgerAmendment(
            id=transaction.next_id(),
            time=transaction.time,
            symbol=order.symbol,
            order_id=order.id,
            client_id=order.client_id,
            price_before=order.price,
            price_after=amended.price,
            quantity_before=order.quantity,
            quantity_after=amended.quantity,
            count=amended.amendments,
            note=note,
            visible_at=transaction.visible_at(Record.AMENDMENTS),
        )
    )


def _amend_waiting(transaction: Transaction, order: LedgerOrder, amended: LedgerOrder, note: str | None) -> LedgerOrder:
    before = transaction.read()
    mark = before.symbol(order.symbol).mark
    if amended.book is Book.CONDITIONAL:
        price = watched_price(transaction.state, amended)
        if is_triggered(amended, price):
            raise Refused(Reason.WOULD_TRIGGER, trigger_price=amended.trigger_price, mark=price)
        _record_amendment(transaction, order, amended, note)
        return transaction.put_order(amended, OrderChange.AMENDMENT)
    marketable = crosses(amended, mark)
    if amended.quantity <= amended.filled or (marketable and amended.time_in_force is TimeInForce.POST_ONLY):
        return end(transaction, order, OrderStatus.CANCELED)
    exposure = before.margin(order.symbol, order.position_side).exposure
    _record_amendment(transaction, order, amended, note)
    transaction.put_order(amended, OrderChange.AMENDMENT)
    meet(transaction, amended, exposure)
    return get_order(transaction, order.id)


def cancel_order(
    transaction: Transaction,
    order_id: str | None = None,
    *,
    client_id: str | None = None,
    symbol: str | None = None,
    book: Book | None = None,
) -> LedgerOrder:
    """Remove an order from its book, also an undecided one, and return it; ORDER_FINISHED if it has ended already."""
    order = find_open(transaction, order_id, client_id, symbol, book)
    return end(transaction, order, OrderStatus.CANCELED)


def cancel_orders(
    transaction: Transaction, symbol: str | None = None, book: Book | None = None, *, settle: str | None = None
) -> tuple[LedgerOrder, ...]:
    """Cancel all waiting orders, optionally of one symbol, book or settle asset; returns the canceled orders."""
    if symbol is not None:
        transaction.read().contract(symbol)
    waiting = [
        order
        for order in transaction.state.orders.values()
        if order.waits
        and symbol in (None, order.symbol)
        and book in (None, order.book)
        and settle in (None, transaction.contracts[order.symbol].settle)
    ]
    return tuple(end(transaction, order, OrderStatus.CANCELED) for order in waiting)


def countdown(transaction: Transaction, symbol: str | None, delay: timedelta) -> None:
    """
    Cancel the plain orders of a symbol, or with None of the account, after ``delay``; zero disarms.

    Another call for the same symbol takes its place.
    """
    if symbol is not None:
        transaction.read().contract(symbol)
    alarm = (Alarm.COUNTDOWN, symbol or "")
    transaction.state.alarms.pop(alarm, None)
    if delay:
        transaction.state.alarms[alarm] = transaction.time + delay


def fill_order(
    transaction: Transaction,
    order_id: str,
    quantity: Decimal | None = None,
    price: Decimal | None = None,
    *,
    is_maker: bool = True,
) -> Execution:
    """
    Fill a waiting plain order: ``quantity`` contracts or the rest, at a price or its own, regardless of the mark.

    Raises:
        ValueError: the order waits for a trigger.
    """
    order = find_open(transaction, order_id)
    if order.book is Book.CONDITIONAL or not order.waits:
        raise ValueError(f"order {order_id} is not in the plain book")
    amount = order.remaining if quantity is None else quantity
    if not 0 < amount <= order.remaining:
        raise Refused(Reason.QUANTITY_OUT_OF_RANGE, quantity=amount, minimum=0, maximum=order.remaining)
    at = price or order.price or transaction.read().symbol(order.symbol).mark
    return trade(transaction, order, amount, at, is_maker=is_maker)


def rest_order(
    transaction: Transaction,
    symbol: str,
    side: Side,
    quantity: Decimal,
    price: Decimal,
    *,
    book: Book = Book.PLAIN,
    position_side: PositionSide = PositionSide.BOTH,
    reduce_only: bool = False,
    client_id: str | None = None,
) -> str:
    """Add a waiting order, affordable or not, and return its id; of a conditional one ``price`` is the trigger."""
    reading = transaction.read()
    reading.contract(symbol)
    positive(quantity, Reason.AMOUNT_NOT_POSITIVE)
    positive(price, Reason.PRICE_NOT_POSITIVE)
    check_side(reading, position_side)
    check_client_id(transaction, client_id)
    conditional = book is Book.CONDITIONAL
    request = LedgerOrderRequest(
        symbol=symbol,
        side=side,
        type=OrderType.STOP if conditional else OrderType.LIMIT,
        quantity=quantity,
        price=price,
        position_side=position_side,
        reduce_only=reduce_only,
        client_id=client_id,
        trigger_price=price if conditional else None,
    )
    exposure = reading.margin(symbol, position_side).exposure
    order = transaction.put_order(transaction.make_order(request, OrderStatus.OPEN), OrderChange.NEW)
    if transaction.read().margin(symbol, position_side).exposure > max(ZERO, exposure):
        check_cap(transaction, order)
    return order.id


def hide_order(transaction: Transaction, order_id: str, until: datetime | None) -> None:
    """Hide an open order from reads until ``until``; None shows it."""
    order = find_open(transaction, order_id)
    transaction.put_order(attrs.evolve(order, visible_at=until), None)
    if until is not None:
        transaction.state.hidden_until = max(transaction.state.hidden_until or until, until)


def set_decision_delay(transaction: Transaction, delay: timedelta | None) -> None:
    """Set the delay between accepting and deciding an order; with None, :func:`decide` alone decides."""
    transaction.state.decision_delay = delay


def ring(transaction: Transaction, alarm: Alarm, subject: str) -> None:
    """Carry out a due alarm; ``subject`` is a symbol, or empty, for a countdown, else an order id."""
    transaction.state.alarms.pop((alarm, subject), None)
    if alarm is Alarm.COUNTDOWN:
        cancel_orders(
            transaction, subject or None, Book.PLAIN if transaction.rules.countdown_spares_conditional else None
        )
    elif alarm is Alarm.DECISION:
        decide(transaction, subject)
    elif (order := transaction.state.orders.get(subject)) is not None:
        end(transaction, order, OrderStatus.EXPIRED)

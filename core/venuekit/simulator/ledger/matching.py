"""Matching against the mark: what an order does when it meets the market, and what the market does to orders."""

from __future__ import annotations

from decimal import Decimal

import attrs

from venuekit.simulator.ledger.events import OrderChange
from venuekit.simulator.ledger.fills import check_cap, closable, trade
from venuekit.simulator.ledger.money import ZERO
from venuekit.simulator.ledger.order_values import Book, LedgerOrder, OrderStatus, OrderType, Side, TimeInForce
from venuekit.simulator.ledger.refusal import LedgerRefusal, Reason, Refused
from venuekit.simulator.ledger.rules import Triggered
from venuekit.simulator.ledger.transaction import Transaction

__all__ = ["check_growth", "crosses", "end", "enter", "is_triggered", "match_waiting", "meet", "trail"]


def crosses(order: LedgerOrder, mark: Decimal) -> bool:
    """Say whether a plain order would trade at this mark."""
    if order.type.is_market or order.price is None:
        return True
    return mark <= order.price if order.side is Side.BUY else mark >= order.price


def is_triggered(order: LedgerOrder, mark: Decimal) -> bool:
    """Say whether a conditional order triggers at this mark; a trailing stop as far as it has been trailed."""
    if order.type is OrderType.TRAILING_STOP_MARKET:
        if order.extreme is None or order.callback_rate is None:
            return False
        turn = order.extreme * (1 + order.side.sign * order.callback_rate)
        return mark >= turn if order.side is Side.BUY else mark <= turn
    if order.trigger_price is None:
        return False
    return mark >= order.trigger_price if order.rises_to_trigger else mark <= order.trigger_price


def trail(order: LedgerOrder, mark: Decimal) -> LedgerOrder:
    """Return a trailing stop that has seen a mark; it starts when its activation price is reached."""
    if order.type is not OrderType.TRAILING_STOP_MARKET:
        return order
    better = min if order.side is Side.BUY else max
    if order.extreme is not None:
        return attrs.evolve(order, extreme=better(order.extreme, mark))
    activation = order.activation_price
    return attrs.evolve(order, extreme=mark) if activation is None or better(mark, activation) == mark else order


def end(
    transaction: Transaction, order: LedgerOrder, status: OrderStatus, reason: LedgerRefusal | None = None
) -> LedgerOrder:
    """Take an order out of its book."""
    ended = attrs.evolve(order, status=status, reject_reason=reason, updated_at=transaction.time)
    return transaction.put_order(ended, OrderChange(status.value))


def enter(transaction: Transaction, order: LedgerOrder) -> None:
    """Let a plain order meet the market: trade, wait, or expire; refused if it must not do what it would."""
    # As long as it is not in, it must not count among what its own growth is compared with.
    transaction.state.orders.pop(order.id, None)
    reading = transaction.read()
    held, leg = reading.symbol(order.symbol), reading.leg(order.symbol, order.position_side)
    if order.only_closes and not closable(leg, order):
        raise Refused(Reason.REDUCE_ONLY_REJECTED, symbol=order.symbol, position=leg.quantity)
    marketable = crosses(order, held.mark)
    if order.time_in_force is TimeInForce.POST_ONLY and marketable and not order.type.is_market:
        raise Refused(Reason.POST_ONLY_REJECTED, price=order.price, mark=held.mark)
    fits = held.depth is None or order.quantity <= held.depth
    if order.time_in_force is TimeInForce.FOK and not (marketable and fits):
        raise Refused(Reason.FOK_REJECTED, price=order.price, mark=held.mark)
    exposure = reading.margin(order.symbol, order.position_side).exposure
    transaction.put_order(order, OrderChange.NEW)
    meet(transaction, order, exposure)


def meet(transaction: Transaction, order: LedgerOrder, exposure: Decimal) -> None:
    """Fill what the mark lets be filled, expire what must not wait; refuse what grew beyond ``exposure`` too far."""
    held = transaction.state.symbols[order.symbol]
    if crosses(order, held.mark):
        _take(transaction, order, held.mark, held.depth, is_maker=False)
    left = transaction.state.orders.get(order.id)
    if left and (order.type.is_market or order.time_in_force in {TimeInForce.IOC, TimeInForce.FOK}):
        end(transaction, left, OrderStatus.EXPIRED)
    check_growth(transaction, order, exposure)


def check_growth(transaction: Transaction, order: LedgerOrder, exposure: Decimal) -> None:
    """Refuse what makes a leg, with its orders, larger than the cap or than what is free can carry."""
    reading, key = transaction.read(), transaction.contracts[order.symbol].asset_key
    if reading.margin(order.symbol, order.position_side).exposure <= exposure:
        return
    check_cap(transaction, order)
    if (free := reading.free(key)) < 0:
        raise Refused(Reason.INSUFFICIENT_MARGIN, asset=key[1], missing=-free)
    if reading.pooling and reading.is_priced(key) and not reading.is_pooled(key):
        raise Refused(Reason.COLLATERAL_OFF, asset=key[1], symbol=order.symbol)


def match_waiting(transaction: Transaction, symbol: str) -> None:
    """Let the mark of a symbol trigger conditional orders, then fill the plain ones that it crosses, oldest first."""
    mark = transaction.state.symbols[symbol].mark
    for order in _waiting(transaction, symbol, Book.CONDITIONAL):
        seen = trail(order, mark)
        transaction.state.orders[order.id] = seen
        if is_triggered(seen, mark):
            _trigger(transaction, seen)
    for order in _waiting(transaction, symbol, Book.PLAIN):
        current = transaction.state.orders.get(order.id)
        if current and crosses(current, mark):
            _fill_waiting(transaction, current)


def _waiting(transaction: Transaction, symbol: str, book: Book) -> list[LedgerOrder]:
    return [
        order
        for order in transaction.state.orders.values()
        if order.symbol == symbol and order.book is book and order.waits
    ]


def _fill_waiting(transaction: Transaction, order: LedgerOrder) -> None:
    """Fill a waiting order at its own price; one that the account cannot carry any more expires."""
    held = transaction.state.symbols[order.symbol]
    price = order.price or held.mark
    reason = transaction.attempt(lambda: _take(transaction, order, price, held.depth, is_maker=True))
    if reason is not None:
        end(transaction, order, OrderStatus.EXPIRED, reason)


def _take(
    transaction: Transaction, order: LedgerOrder, price: Decimal, depth: Decimal | None, *, is_maker: bool
) -> None:
    """Fill as much of an order as the depth and, where it can only close, the leg allow."""
    quantity = order.remaining if depth is None else min(order.remaining, depth)
    if order.only_closes:
        leg = transaction.state.legs.get((order.symbol, order.position_side))
        quantity = min(quantity, closable(leg, order)) if leg else ZERO
    if quantity:
        trade(transaction, order, quantity, price, is_maker=is_maker)


def _trigger(transaction: Transaction, order: LedgerOrder) -> None:
    """Turn a conditional order into a plain one; if that is refused, the conditional order is rejected."""
    leg = transaction.read().leg(order.symbol, order.position_side)
    quantity = closable(leg, order) if order.close_position else order.quantity
    if not quantity:
        end(transaction, order, OrderStatus.EXPIRED)
        return
    same = transaction.rules.triggered is Triggered.SAME_ORDER
    reason = transaction.attempt(lambda: (_go_on if same else _hand_over)(transaction, order, quantity))
    if reason is not None:
        end(transaction, order, OrderStatus.REJECTED, reason)


def _go_on(transaction: Transaction, order: LedgerOrder, quantity: Decimal) -> None:
    plain = attrs.evolve(order, book=Book.PLAIN, quantity=quantity, updated_at=transaction.time)
    transaction.put_order(plain, OrderChange.TRIGGERED)
    enter(transaction, plain)


def _hand_over(transaction: Transaction, order: LedgerOrder, quantity: Decimal) -> None:
    child_type = OrderType.MARKET if order.type.is_market else OrderType.LIMIT
    child = attrs.evolve(
        transaction.make_order(order, OrderStatus.OPEN, Book.PLAIN),
        type=child_type,
        quantity=quantity,
        client_id=None,
        close_position=False,
        reduce_only=order.reduce_only or order.close_position,
        trigger_price=None,
        activation_price=None,
        callback_rate=None,
        triggered_by=order.id,
    )
    ended = attrs.evolve(order, status=OrderStatus.TRIGGERED, triggered_order_id=child.id, updated_at=transaction.time)
    transaction.put_order(ended, OrderChange.TRIGGERED)
    enter(transaction, child)

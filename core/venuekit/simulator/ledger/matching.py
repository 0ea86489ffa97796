"""Matches orders against the mark: new orders on entry, waiting orders when the mark moves."""

from __future__ import annotations

from decimal import Decimal

import attrs

from venuekit.capabilities import OrderStatus, OrderType, TimeInForce
from venuekit.simulator.ledger.events import OrderChange
from venuekit.simulator.ledger.fills import check_cap, closable, trade
from venuekit.simulator.ledger.money import ZERO
from venuekit.simulator.ledger.order_values import Book, LedgerOrder, Side
from venuekit.simulator.ledger.refusal import LedgerRefusal, Reason, Refused
from venuekit.simulator.ledger.rules import Triggered
from venuekit.simulator.ledger.state import LedgerState
from venuekit.simulator.ledger.transaction import Transaction


def crosses(order: LedgerOrder, mark: Decimal) -> bool:
    """Return whether a plain order would trade at this mark."""
    if order.type.is_market or order.price is None:
        return True
    return mark <= order.price if order.side is Side.BUY else mark >= order.price


def watched_price(state: LedgerState, order: LedgerOrder) -> Decimal:
    """Return the price that the trigger of a conditional order watches."""
    market = state.symbols[order.symbol]
    return market.index_path.last.price if order.watches_index else market.mark


def is_triggered(order: LedgerOrder, price: Decimal) -> bool:
    """Return whether a conditional order triggers at the price that it watches; a trailing stop by its extreme."""
    if order.type is OrderType.TRAILING_STOP_MARKET:
        if order.extreme is None:
            return False
        back = order.extreme * (order.callback_rate or ZERO) + (order.callback_distance or ZERO)
        turn = order.extreme + order.side.sign * back
        return price >= turn if order.side is Side.BUY else price <= turn
    if order.trigger_price is None:
        return False
    return price >= order.trigger_price if order.rises_to_trigger else price <= order.trigger_price


def trail(order: LedgerOrder, mark: Decimal) -> LedgerOrder:
    """Return a trailing stop updated by a mark; it becomes active when its activation price is reached."""
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
    """Remove an order from its book with a final status."""
    ended = attrs.evolve(order, status=status, reject_reason=reason, updated_at=transaction.time)
    return transaction.put_order(ended, OrderChange(status.value))


def enter(transaction: Transaction, order: LedgerOrder) -> None:
    """Match a new plain order: it trades, waits or expires, or is refused where its conditions forbid that."""
    # The order must not count in the exposure that its own growth is compared with.
    transaction.state.orders.pop(order.id, None)
    reading = transaction.read()
    market, leg = reading.symbol(order.symbol), reading.leg(order.symbol, order.position_side)
    if order.only_closes and not closable(leg, order):
        raise Refused(Reason.REDUCE_ONLY_REJECTED, symbol=order.symbol, position=leg.quantity)
    marketable = crosses(order, market.mark)
    if order.time_in_force is TimeInForce.POST_ONLY and marketable and not order.type.is_market:
        raise Refused(Reason.POST_ONLY_REJECTED, price=order.price, mark=market.mark)
    fits = market.depth is None or order.quantity <= market.depth
    if order.time_in_force is TimeInForce.FOK and not (marketable and fits):
        raise Refused(Reason.FOK_REJECTED, price=order.price, mark=market.mark)
    exposure = reading.margin(order.symbol, order.position_side).exposure
    transaction.put_order(order, OrderChange.NEW)
    meet(transaction, order, exposure)


def meet(transaction: Transaction, order: LedgerOrder, exposure: Decimal) -> None:
    """Fill an order at the mark, expire a remainder that must not wait, refuse excessive growth beyond ``exposure``."""
    market = transaction.state.symbols[order.symbol]
    if crosses(order, market.mark):
        _take(transaction, order, market.mark, market.depth, is_maker=False)
    remainder = transaction.state.orders.get(order.id)
    if remainder and (order.type.is_market or order.time_in_force in {TimeInForce.IOC, TimeInForce.FOK}):
        end(transaction, remainder, OrderStatus.EXPIRED)
    check_growth(transaction, order, exposure)


def check_growth(transaction: Transaction, order: LedgerOrder, exposure: Decimal) -> None:
    """Refuse an order that grows a leg, with its orders, beyond the cap or beyond the free margin."""
    reading, key = transaction.read(), transaction.contracts[order.symbol].asset_key
    if reading.margin(order.symbol, order.position_side).exposure <= exposure:
        return
    check_cap(transaction, order)
    if (free := reading.free(key)) < 0:
        raise Refused(Reason.INSUFFICIENT_MARGIN, asset=key[1], missing=-free)
    reading.check_collateral(key, symbol=order.symbol)


def match_waiting(transaction: Transaction, symbol: str) -> None:
    """
    Trigger a symbol's conditional orders at its mark, then fill the plain ones that it crosses, oldest first.

    Orders that those fills have attached may trigger at the same mark.
    """
    mark = transaction.state.symbols[symbol].mark
    trigger_waiting(transaction, symbol)
    for order in _waiting(transaction, symbol, Book.PLAIN):
        current = transaction.state.orders.get(order.id)
        if current and crosses(current, mark):
            _fill_waiting(transaction, current)
    trigger_waiting(transaction, symbol)


def trigger_waiting(transaction: Transaction, symbol: str) -> None:
    """Trigger a symbol's conditional orders at the prices that they watch."""
    mark = transaction.state.symbols[symbol].mark
    for order in _waiting(transaction, symbol, Book.CONDITIONAL):
        if order.id not in transaction.state.orders:  # it ended with a position that an earlier one has closed
            continue
        seen = trail(order, mark)
        is_activated = order.extreme is None and seen.extreme is not None
        transaction.put_order(seen, OrderChange.ACTIVATED if is_activated else None)
        if is_triggered(seen, watched_price(transaction.state, seen)):
            _trigger(transaction, seen)


def _waiting(transaction: Transaction, symbol: str, book: Book) -> list[LedgerOrder]:
    return [
        order
        for order in transaction.state.orders.values()
        if order.symbol == symbol and order.book is book and order.waits
    ]


def _fill_waiting(transaction: Transaction, order: LedgerOrder) -> None:
    """Fill a waiting order at its own price; it expires if the account cannot carry it any more."""
    market = transaction.state.symbols[order.symbol]
    price = order.price or market.mark
    reason = transaction.attempt(lambda: _take(transaction, order, price, market.depth, is_maker=True))
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

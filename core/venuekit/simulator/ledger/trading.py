"""Scripted trading: fills whatever the market, orders without a check, margin by hand."""

from __future__ import annotations

from decimal import Decimal

import attrs

from venuekit.capabilities import PositionSide
from venuekit.simulator.ledger.events import EventReason, OrderChange
from venuekit.simulator.ledger.fills import check_cap, trade
from venuekit.simulator.ledger.income import Execution, LedgerMarginChange
from venuekit.simulator.ledger.money import ZERO
from venuekit.simulator.ledger.order_checks import check_client_id
from venuekit.simulator.ledger.order_values import Book, LedgerOrder, LedgerOrderRequest, OrderStatus, OrderType, Side
from venuekit.simulator.ledger.positions import check_side, removable_margin
from venuekit.simulator.ledger.records import Record
from venuekit.simulator.ledger.refusal import Reason, Refused
from venuekit.simulator.ledger.transaction import Transaction, positive

__all__ = ["adjust_margin", "fill", "make_order", "rest_order"]


def make_order(
    transaction: Transaction, request: LedgerOrderRequest, status: OrderStatus, book: Book | None = None
) -> LedgerOrder:
    """Return the order of a request, which is in no book yet."""
    conditional = Book.CONDITIONAL if request.type.is_conditional else Book.PLAIN
    return LedgerOrder(
        **{field.name: getattr(request, field.name) for field in attrs.fields(LedgerOrderRequest)},
        id=transaction.next_id(),
        book=book or conditional,
        status=status,
        created_at=transaction.time,
        updated_at=transaction.time,
        leverage=transaction.read().symbol(request.symbol).leverage,
        visible_at=transaction.visible_at(Record.ORDERS),
    )


def fill(
    transaction: Transaction,
    symbol: str,
    side: Side,
    quantity: Decimal,
    price: Decimal,
    *,
    position_side: PositionSide,
    is_maker: bool,
) -> Execution:
    """Trade as an order would that is filled at once, at this price, whatever the mark is."""
    reading = transaction.read()
    before = reading.leg(symbol, position_side)
    reading.contract(symbol)
    positive(quantity, Reason.AMOUNT_NOT_POSITIVE)
    positive(price, Reason.PRICE_NOT_POSITIVE)
    check_side(reading, position_side)
    request = LedgerOrderRequest(
        symbol=symbol,
        side=side,
        type=OrderType.LIMIT if is_maker else OrderType.MARKET,
        quantity=quantity,
        price=price if is_maker else None,
        position_side=position_side,
    )
    order = make_order(transaction, request, OrderStatus.OPEN)
    execution = trade(transaction, order, quantity, price, is_maker=is_maker)
    if abs(before.quantity + side.sign * quantity) > abs(before.quantity):
        check_cap(transaction, order)
    return execution


def adjust_margin(transaction: Transaction, symbol: str, amount: Decimal, side: PositionSide) -> LedgerMarginChange:
    """Move margin by hand into an isolated position, or out of it if negative; a wallet is not moved by that."""
    reading = transaction.read()
    contract, leg = reading.contract(symbol), reading.leg(symbol, side)
    check_side(reading, side)
    if not amount.is_finite() or not (moved := transaction.rules.money(amount)):
        raise Refused(Reason.AMOUNT_NOT_POSITIVE, value=amount)
    if not reading.is_isolated(symbol):
        raise Refused(Reason.NOT_ISOLATED, symbol=symbol)
    if leg.quantity == 0:
        raise Refused(Reason.FLAT_POSITION, symbol=symbol, side=side)
    if moved > (addable := reading.withdrawable(contract.asset_key)):
        raise Refused(Reason.INSUFFICIENT_MARGIN, asset=contract.settle, needed=moved, available=addable)
    if -moved > (removable := removable_margin(reading, symbol, side)):
        raise Refused(Reason.REMOVABLE_EXCEEDED, symbol=symbol, amount=amount, removable=removable)
    transaction.set_leg(
        (symbol, side),
        attrs.evolve(
            leg,
            isolated_wallet=leg.isolated_wallet + moved,
            added_margin=leg.added_margin + moved,
            updated_at=transaction.time,
        ),
    )
    visible_at = transaction.visible_at(Record.MARGIN_CHANGES)
    change = LedgerMarginChange(
        transaction.next_id(), transaction.time, symbol, side, contract.settle, moved, visible_at
    )
    transaction.state.margin_changes.append(change)
    transaction.report(EventReason.MARGIN_TRANSFER, symbol)
    return change


def rest_order(
    transaction: Transaction,
    symbol: str,
    side: Side,
    quantity: Decimal,
    price: Decimal,
    *,
    book: Book,
    position_side: PositionSide,
    reduce_only: bool,
    client_id: str | None,
) -> str:
    """Let an order wait in a book and return its id, whether the account can afford it or not."""
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
    order = transaction.put_order(make_order(transaction, request, OrderStatus.OPEN), OrderChange.NEW)
    if transaction.read().margin(symbol, position_side).exposure > max(ZERO, exposure):
        check_cap(transaction, order)
    return order.id

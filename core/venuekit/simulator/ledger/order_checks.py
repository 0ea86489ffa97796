"""Checks the form of an order, independent of the account's state."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import OrderType
from venuekit.simulator.ledger.contract import Contract
from venuekit.simulator.ledger.order_values import LIMIT_TIMES, Book, LedgerOrderRequest
from venuekit.simulator.ledger.positions import check_side
from venuekit.simulator.ledger.refusal import Reason, Refused
from venuekit.simulator.ledger.rules import ClientIdRule
from venuekit.simulator.ledger.transaction import Transaction, positive


def check_form(transaction: Transaction, request: LedgerOrderRequest) -> None:
    """Refuse an order that lacks a field, has one too many, or does not fit the steps and ranges of its contract."""
    reading = transaction.read()
    contract, mark = reading.contract(request.symbol), reading.symbol(request.symbol).mark
    check_side(reading, request.position_side)
    _check_fields(request)
    for field in ("price", "trigger_price", "activation_price", "callback_distance"):
        price: Decimal | None = getattr(request, field)
        if price is not None:
            _check_price(contract, field, price)
    rate = request.callback_rate
    if rate is not None and (not rate.is_finite() or not 0 < rate < 1):
        raise Refused(Reason.INVALID_CALLBACK_RATE, callback_rate=rate)
    if not request.close_position:
        _check_quantity(contract, request)
        if not request.only_closes:
            _check_notional(contract, request, request.price or request.trigger_price or mark)


def check_client_id(transaction: Transaction, client_id: str | None) -> None:
    """Refuse a client id that is already in use."""
    if client_id is None:
        return
    taken = any(order.client_id == client_id for order in transaction.state.orders.values())
    if not taken and transaction.rules.client_ids is ClientIdRule.UNIQUE_EVER:
        taken = any(order.client_id == client_id for order in transaction.state.finished)
    if taken:
        raise Refused(Reason.DUPLICATE_CLIENT_ID, client_id=client_id)


def check_count(transaction: Transaction, request: LedgerOrderRequest) -> None:
    """Refuse an order beyond the maximum of waiting orders in its book."""
    book = Book.CONDITIONAL if request.type.is_conditional else Book.PLAIN
    rules = transaction.rules
    maximum = rules.max_conditional_orders if book is Book.CONDITIONAL else rules.max_open_orders
    if maximum is None:
        return
    is_by_symbol = rules.max_orders_per_symbol or (book is Book.PLAIN and rules.max_open_orders_per_symbol)
    symbols = {request.symbol} if is_by_symbol else transaction.contracts.keys()
    counted = (order for order in transaction.state.orders.values() if order.book is book and not order.of_position)
    if not request.of_position and sum(order.symbol in symbols for order in counted) >= maximum:
        raise Refused(Reason.TOO_MANY_ORDERS, book=book, maximum=maximum)


def _check_fields(request: LedgerOrderRequest) -> None:
    trailing = request.type is OrderType.TRAILING_STOP_MARKET
    needed: dict[str, object] = {}
    if not request.type.is_market:
        needed["price"] = request.price
    if request.type.is_conditional:
        needed["callback_rate" if trailing else "trigger_price"] = (
            request.callback_rate or request.callback_distance if trailing else request.trigger_price
        )
    if not request.close_position:
        needed["quantity"] = request.quantity or None
    for field, value in needed.items():
        if value is None:
            raise Refused(Reason.ORDER_INCOMPLETE, field=field, type=request.type)
    excluded = {
        ("close_position", "quantity"): request.close_position and bool(request.quantity),
        ("close_position", "reduce_only"): request.close_position and request.reduce_only,
        ("close_position", "type"): request.close_position
        and not (request.of_position and trailing)
        and request.type not in {OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET},
        ("callback_rate", "callback_distance"): request.callback_rate is not None
        and request.callback_distance is not None,
        ("price", "type"): request.type.is_market and request.price is not None,
        ("time_in_force",): request.time_in_force not in LIMIT_TIMES,
    }
    for fields, both in excluded.items():
        if both:
            raise Refused(Reason.ORDER_CONFLICT, fields=fields, type=request.type)


def _check_price(contract: Contract, field: str, price: Decimal) -> None:
    positive(price, Reason.PRICE_NOT_POSITIVE)
    low, high = contract.min_price, contract.max_price
    if (low is not None and price < low) or (high is not None and price > high):
        raise Refused(Reason.PRICE_OUT_OF_RANGE, field=field, price=price, minimum=low, maximum=high)
    if price % contract.price_tick:
        raise Refused(Reason.PRICE_OFF_STEP, field=field, price=price, step=contract.price_tick)


def _check_quantity(contract: Contract, request: LedgerOrderRequest) -> None:
    quantity = positive(request.quantity, Reason.AMOUNT_NOT_POSITIVE)
    high = contract.max_quantity
    if request.type.is_market and contract.max_market_quantity is not None:
        high = contract.max_market_quantity
    if not contract.min_quantity <= quantity <= high:
        raise Refused(Reason.QUANTITY_OUT_OF_RANGE, quantity=quantity, minimum=contract.min_quantity, maximum=high)
    if quantity % contract.quantity_step:
        raise Refused(Reason.QUANTITY_OFF_STEP, quantity=quantity, step=contract.quantity_step)


def _check_notional(contract: Contract, request: LedgerOrderRequest, price: Decimal) -> None:
    notional, minimum = contract.notional(request.quantity, price), contract.min_notional
    if minimum is not None and notional is not None and notional < minimum:
        raise Refused(Reason.NOTIONAL_TOO_SMALL, notional=notional, minimum=minimum)

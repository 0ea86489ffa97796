"""Applies one fill of an order to legs, wallets and records."""

from __future__ import annotations

from decimal import Decimal

import attrs

from venuekit.capabilities import IncomeKind, OrderStatus, OrderType, PositionSide
from venuekit.simulator.ledger.contract import Contract, max_position
from venuekit.simulator.ledger.events import EventReason, OrderChange
from venuekit.simulator.ledger.margin import entry_isolated_wallet
from venuekit.simulator.ledger.money import ZERO, to_price
from venuekit.simulator.ledger.order_values import Book, LedgerOrder, LedgerOrderRequest, Side, TradeKind
from venuekit.simulator.ledger.positions import check_side
from venuekit.simulator.ledger.records import Execution, LedgerClosedPnl, Record
from venuekit.simulator.ledger.refusal import LedgerRefusal, Reason, Refused
from venuekit.simulator.ledger.rules import IsolatedMargin
from venuekit.simulator.ledger.state import Leg
from venuekit.simulator.ledger.transaction import Transaction, positive
from venuekit.simulator.ledger.wallets import fees_of


def trade(
    transaction: Transaction,
    order: LedgerOrder,
    quantity: Decimal,
    price: Decimal,
    *,
    is_maker: bool,
    kind: TradeKind = TradeKind.TRADE,
) -> Execution:
    """
    Fill a part of an order: close the opposite position first, then open the rest, each with its own rows.

    Reduce-only orders of a leg that is now flat expire, orders that protect it are canceled, and what the order has
    attached comes into being. A liquidation pays no commission here.
    """
    contract = transaction.contracts[order.symbol]
    before = transaction.read().leg(order.symbol, order.position_side)
    closing = min(quantity, abs(before.quantity)) if order.side.sign * before.quantity < 0 else ZERO
    opening = quantity - closing
    if opening and order.only_closes:
        raise Refused(Reason.EXCEEDS_POSITION, symbol=order.symbol, quantity=quantity, position=abs(before.quantity))

    fill = _Fill(transaction, contract, order, quantity, price, is_maker=is_maker, kind=kind)
    value = transaction.rules.money(contract.value(quantity, price))
    filled = attrs.evolve(
        order,
        filled=order.filled + quantity,
        filled_value=order.filled_value + value,
        average_price=to_price(contract.mean_entry(order.filled, order.average_price or price, quantity, price)),
        status=OrderStatus.FILLED if quantity == order.remaining else OrderStatus.PARTIALLY_FILLED,
        updated_at=transaction.time,
    )
    # The filled part must release its order margin before the position claims it.
    if order.id in transaction.state.orders:
        transaction.state.orders[order.id] = filled
    if closing:
        fill.close(closing)
    if opening:
        fill.open(order.side.sign * opening)
    execution = fill.execution(quantity, value, closing)
    transaction.state.executions.append(execution)
    filled = attrs.evolve(
        filled, commission=order.commission + fill.commission, realized_pnl=order.realized_pnl + fill.realized_pnl
    )
    transaction.report(EventReason.LIQUIDATION if kind is TradeKind.LIQUIDATION else EventReason.ORDER, order.symbol)
    transaction.put_order(filled, OrderChange.TRADE if kind is TradeKind.TRADE else OrderChange.CALCULATED, execution)
    _expire_idle_reducers(transaction, order)
    if opening:
        _attach(transaction, order, opening)
    return execution


def fill(  # noqa: PLR0917  (a method of the ledger has one less)
    transaction: Transaction,
    symbol: str,
    side: Side,
    quantity: Decimal,
    price: Decimal,
    position_side: PositionSide = PositionSide.BOTH,
    *,
    is_maker: bool = False,
) -> Execution:
    """
    Trade ``quantity`` contracts (unsigned) at a price, regardless of the mark and of open orders.

    Writes a REALIZED_PNL and a COMMISSION row for the closed part, a COMMISSION row for the opened part. A fill that
    crosses zero does both. The cross wallet need not cover the initial margin, but must be able to provide the margin
    of an isolated position. The fill leaves a filled order behind.
    """
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
    order = transaction.make_order(request, OrderStatus.OPEN)
    execution = trade(transaction, order, quantity, price, is_maker=is_maker)
    if abs(before.quantity + side.sign * quantity) > abs(before.quantity):
        check_cap(transaction, order)
    return execution


def closable(leg: Leg, order: LedgerOrder) -> Decimal:
    """Return the number of contracts of a leg that an order could close."""
    return abs(leg.quantity) if order.side.sign * leg.quantity < 0 else ZERO


def check_cap(transaction: Transaction, order: LedgerOrder) -> None:
    """Refuse a leg that has grown, with its orders, past the largest position at the present leverage."""
    reading = transaction.read()
    leverage = reading.symbol(order.symbol).leverage
    cap = max_position(reading.contract(order.symbol).brackets, leverage)
    exposure = reading.margin(order.symbol, order.position_side).exposure
    if exposure > cap:
        raise Refused(
            Reason.MAX_POSITION_EXCEEDED, symbol=order.symbol, leverage=leverage, value=exposure, max_position=cap
        )


def _expire_idle_reducers(transaction: Transaction, traded: LedgerOrder) -> None:
    """End the orders that can only reduce a leg with no such position left: plain ones, and those that protect it."""
    leg = transaction.state.legs[traded.symbol, traded.position_side]
    for order in tuple(transaction.state.orders.values()):
        same_leg = (order.symbol, order.position_side) == (traded.symbol, traded.position_side)
        idle = order.of_position or (order.book is Book.PLAIN and order.only_closes)
        if same_leg and order.waits and idle and not closable(leg, order):
            status = OrderStatus.CANCELED if order.book is Book.CONDITIONAL else OrderStatus.EXPIRED
            reason = LedgerRefusal(Reason.FLAT_POSITION) if order.of_position else None
            ended = attrs.evolve(order, status=status, reject_reason=reason, updated_at=transaction.time)
            transaction.put_order(ended, OrderChange(status.value))


def _attach(transaction: Transaction, order: LedgerOrder, quantity: Decimal) -> None:
    """Place the orders that are attached to an order that has opened ``quantity`` contracts."""
    for request in order.attached:
        alike = next((one for one in transaction.state.orders.values() if _takes_place(request, one)), None)
        if alike is not None:
            if alike.trigger_price == request.trigger_price:
                continue
            ended = attrs.evolve(alike, status=OrderStatus.CANCELED, updated_at=transaction.time)
            transaction.put_order(ended, OrderChange.CANCELED)
        sized = request if request.close_position else attrs.evolve(request, quantity=quantity)
        transaction.put_order(transaction.make_order(sized, OrderStatus.OPEN), OrderChange.NEW)


def _takes_place(request: LedgerOrderRequest, order: LedgerOrder) -> bool:
    """Say whether a request closes the whole position as a waiting order does, so that it takes its place."""
    same_leg = (order.symbol, order.position_side) == (request.symbol, request.position_side)
    whole = request.close_position and order.close_position and order.of_position
    return same_leg and whole and order.waits and order.type is request.type


class _Fill:
    """One fill, as one or two movements."""

    def __init__(
        self,
        transaction: Transaction,
        contract: Contract,
        order: LedgerOrder,
        quantity: Decimal,
        price: Decimal,
        *,
        is_maker: bool,
        kind: TradeKind,
    ) -> None:
        self.id = transaction.next_id()
        self.realized_pnl = ZERO
        self.commission = ZERO
        self._desk = transaction
        self._contract = contract
        self._order = order
        self._key = contract.symbol, order.position_side
        self._price = price
        self._is_maker = is_maker
        self._kind = kind
        rate = contract.maker_fee if is_maker else contract.taker_fee
        self._fee_rate = ZERO if kind is TradeKind.LIQUIDATION else rate
        self._fees = fees_of(transaction, contract, contract.value(quantity, price) * self._fee_rate)
        self._paid = ZERO
        self._sequence = transaction.next_sequence()

    def close(self, quantity: Decimal) -> None:
        """Close a part of the leg, or all of it, at its entry price."""
        money, leg = self._desk.rules.money, self._leg()
        closed = quantity.copy_sign(leg.quantity)
        pnl = money(self._contract.profit(closed, leg.entry, self._price))
        commission = self._pay(quantity, pnl)
        rest, share = leg.quantity - closed, quantity / abs(leg.quantity)
        open_fee = money(leg.open_fee * share)
        self._record(quantity, leg, pnl=pnl, open_fee=open_fee, close_fee=commission)
        leg = attrs.evolve(
            leg,
            quantity=rest,
            added_margin=leg.added_margin - money(leg.added_margin * share),
            isolated_wallet=leg.isolated_wallet - money(leg.isolated_wallet * share),
            realized_pnl=leg.realized_pnl + pnl,
            commission=leg.commission + commission,
            open_fee=leg.open_fee - open_fee,
            total_realized_pnl=leg.total_realized_pnl + pnl,
            total_commission=leg.total_commission + commission,
        )
        if rest == 0:
            leg = attrs.evolve(
                leg, entry=ZERO, added_margin=ZERO, realized_pnl=ZERO, commission=ZERO, open_fee=ZERO, opened_at=None
            )
        self._put(leg)

    def open(self, signed: Decimal) -> None:
        """Open a position, or more of it."""
        leg = self._leg()
        self._desk.read().check_collateral(self._contract.asset_key, symbol=self._contract.symbol)
        commission = self._pay(abs(signed), ZERO)
        leg = attrs.evolve(
            leg,
            quantity=leg.quantity + signed,
            entry=self._contract.mean_entry(leg.quantity, leg.entry, signed, self._price),
            isolated_wallet=leg.isolated_wallet + self._margin(signed),
            commission=leg.commission + commission,
            open_fee=leg.open_fee + commission,
            total_commission=leg.total_commission + commission,
            opened_at=leg.opened_at or self._desk.time,
        )
        self._put(leg, opening=True)

    def execution(self, quantity: Decimal, value: Decimal, closed: Decimal) -> Execution:
        """Return the record of the fill."""
        order = self._order
        return Execution(
            trade_id=self.id,
            time=self._desk.time,
            symbol=order.symbol,
            side=order.side,
            position_side=order.position_side,
            quantity=quantity,
            price=self._price,
            realized_pnl=self.realized_pnl,
            commission=self._paid,
            commission_asset=self._fees.key[1],
            is_maker=self._is_maker,
            order_id=order.id,
            client_id=order.client_id,
            value=value,
            fee_rate=self._fee_rate,
            kind=self._kind,
            closed_quantity=closed,
            sequence=self._sequence,
            visible_at=self._desk.visible_at(Record.FILLS),
        )

    def _leg(self) -> Leg:
        return self._desk.state.legs.get(self._key, Leg())

    def _margin(self, signed: Decimal) -> Decimal:
        reading, symbol = self._desk.read(), self._contract.symbol
        if not reading.is_isolated(symbol):
            return ZERO
        value = abs(self._contract.value(signed, self._price))
        return self._desk.rules.money(value / reading.symbol(symbol).leverage)

    def _pay(self, quantity: Decimal, pnl: Decimal) -> Decimal:
        """Move profit and commission; return the commission as it is worth in the settle asset."""
        contract, money, fees = self._contract, self._desk.rules.money, self._fees
        full = money(contract.value(quantity, self._price) * self._fee_rate)
        commission, paid = -money(full * fees.share), -money(fees.amount(full))
        for key, kind, amount, rate in (
            (contract.asset_key, IncomeKind.REALIZED_PNL, pnl, None),
            (fees.key, IncomeKind.COMMISSION, paid, self._fee_rate * fees.share),
        ):
            self._desk.earn(
                key,
                kind,
                amount,
                symbol=contract.symbol,
                trade_id=self.id,
                order_id=self._order.id,
                rate=rate,
            )
        self.realized_pnl += pnl
        self.commission += commission
        self._paid += paid
        return commission

    def _record(self, quantity: Decimal, leg: Leg, *, pnl: Decimal, open_fee: Decimal, close_fee: Decimal) -> None:
        transaction, money = self._desk, self._desk.rules.money
        record = LedgerClosedPnl(
            id=transaction.next_id(),
            order_id=self._order.id,
            time=transaction.time,
            symbol=self._contract.symbol,
            side=self._order.side,
            position_side=self._order.position_side,
            quantity=quantity,
            entry_price=to_price(leg.entry) or ZERO,
            exit_price=self._price,
            entry_value=money(self._contract.value(quantity, leg.entry)),
            exit_value=money(self._contract.value(quantity, self._price)),
            open_fee=open_fee,
            close_fee=close_fee,
            pnl=pnl + open_fee + close_fee,
            leverage=transaction.state.symbols[self._contract.symbol].leverage,
            order_type=self._order.type,
            kind=self._kind,
            visible_at=transaction.visible_at(Record.CLOSED_PNLS),
        )
        transaction.state.closed_pnls.append(record)

    def _put(self, leg: Leg, *, opening: bool = False) -> None:
        reading, before = self._desk.read(), self._leg()
        if reading.is_isolated(self._contract.symbol) and reading.rules.isolated_margin is IsolatedMargin.ENTRY:
            leverage = reading.symbol(self._contract.symbol).leverage
            wallet = entry_isolated_wallet(reading.rules, self._contract, leg, leverage)
            leg = attrs.evolve(leg, isolated_wallet=wallet)
        needed = leg.isolated_wallet - before.isolated_wallet
        if opening and needed > 0 and needed > (limit := reading.withdrawable(self._contract.asset_key)):
            raise Refused(Reason.INSUFFICIENT_MARGIN, asset=self._contract.settle, needed=needed, available=limit)
        self._desk.set_leg(self._key, attrs.evolve(leg, updated_at=self._desk.time, sequence=self._sequence))

"""Commands that move money and positions: transfers, fills, margin by hand, resting orders."""

from __future__ import annotations

from decimal import Decimal

import attrs

from venuekit.capabilities import PositionSide
from venuekit.simulator.ledger.brackets import max_position
from venuekit.simulator.ledger.contract import Contract
from venuekit.simulator.ledger.desk import Desk, positive
from venuekit.simulator.ledger.income import Execution, Income, IncomeKind, MarginChange
from venuekit.simulator.ledger.margin import isolated_at_entry
from venuekit.simulator.ledger.money import ZERO
from venuekit.simulator.ledger.orders import Book, RestingOrder, Side
from venuekit.simulator.ledger.position import check_side, removable_margin
from venuekit.simulator.ledger.refusal import Reason, Refused
from venuekit.simulator.ledger.rules import IsolatedMargin
from venuekit.simulator.ledger.state import Leg

__all__ = ["adjust_margin", "cancel_order", "deposit", "fill", "rest_order"]


def deposit(desk: Desk, asset: str, amount: Decimal, purse: str) -> Income:
    """Move an amount into the account, or out of it if negative."""
    key = desk.read().asset(asset, purse).key
    if not amount.is_finite() or not (rounded := desk.rules.money(amount)):
        raise Refused(Reason.AMOUNT_NOT_POSITIVE, value=amount)
    if rounded < 0 and -rounded > (withdrawable := desk.read().withdrawable(key)):
        raise Refused(Reason.INSUFFICIENT_BALANCE, asset=asset, amount=amount, withdrawable=withdrawable)
    return desk.earn(key, IncomeKind.TRANSFER, rounded)


def fill(
    desk: Desk,
    symbol: str,
    side: Side,
    quantity: Decimal,
    price: Decimal,
    *,
    position_side: PositionSide,
    is_maker: bool,
) -> Execution:
    """Trade: close what is open the other way, then open the rest, each with its own profit and commission."""
    reading = desk.read()
    contract, before = reading.contract(symbol), reading.leg(symbol, position_side)
    positive(quantity, Reason.AMOUNT_NOT_POSITIVE)
    positive(price, Reason.PRICE_NOT_POSITIVE)
    check_side(reading, position_side)

    signed = side.sign * quantity
    closing = min(quantity, abs(before.quantity)) if signed * before.quantity < 0 else ZERO
    opening = quantity - closing
    if opening and _closes(side, position_side):
        raise Refused(Reason.EXCEEDS_POSITION, symbol=symbol, quantity=quantity, position=abs(before.quantity))

    trade = _Trade(desk, contract, position_side, price, contract.maker_fee if is_maker else contract.taker_fee)
    if closing:
        trade.close(closing)
    if opening:
        trade.open(side.sign * opening)
    if abs(before.quantity + signed) > abs(before.quantity):
        _check_cap(desk, contract, position_side)
    return Execution(
        trade_id=trade.id,
        time=desk.time,
        symbol=symbol,
        side=side,
        position_side=position_side,
        quantity=quantity,
        price=price,
        realized_pnl=trade.realized_pnl,
        commission=trade.commission,
        commission_asset=contract.settle,
        is_maker=is_maker,
    )


class _Trade:
    """One fill on its way into the books, as one or two movements."""

    def __init__(
        self, desk: Desk, contract: Contract, position_side: PositionSide, price: Decimal, fee_rate: Decimal
    ) -> None:
        self.id = desk.next_id()
        self.realized_pnl = ZERO
        self.commission = ZERO
        self._desk = desk
        self._contract = contract
        self._key = contract.symbol, position_side
        self._price = price
        self._fee_rate = fee_rate
        self._sequence = desk.state.sequence = desk.state.sequence + 1

    def close(self, quantity: Decimal) -> None:
        """Close a part of the leg, or all of it, at the entry price it has."""
        money, leg = self._desk.rules.money, self._leg()
        closed = quantity.copy_sign(leg.quantity)
        pnl = money(self._contract.profit(closed, leg.entry, self._price))
        commission = self._pay(quantity, pnl)
        rest, share = leg.quantity - closed, quantity / abs(leg.quantity)
        leg = attrs.evolve(
            leg,
            quantity=rest,
            added_margin=leg.added_margin - money(leg.added_margin * share),
            isolated_wallet=leg.isolated_wallet - money(leg.isolated_wallet * share),
            realized_pnl=leg.realized_pnl + pnl,
            commission=leg.commission + commission,
            total_realized_pnl=leg.total_realized_pnl + pnl,
            total_commission=leg.total_commission + commission,
        )
        if rest == 0:
            leg = attrs.evolve(leg, entry=ZERO, added_margin=ZERO, realized_pnl=ZERO, commission=ZERO, opened_at=None)
        self._put(leg)

    def open(self, signed: Decimal) -> None:
        """Open a position, or more of it."""
        leg = self._leg()
        self._check_collateral()
        commission = self._pay(abs(signed), ZERO)
        leg = attrs.evolve(
            leg,
            quantity=leg.quantity + signed,
            entry=self._contract.mean_entry(leg.quantity, leg.entry, signed, self._price),
            isolated_wallet=leg.isolated_wallet + self._margin(signed),
            commission=leg.commission + commission,
            total_commission=leg.total_commission + commission,
            opened_at=leg.opened_at or self._desk.time,
        )
        self._put(leg, opening=True)

    def _leg(self) -> Leg:
        return self._desk.read().leg(*self._key)

    def _margin(self, signed: Decimal) -> Decimal:
        reading, symbol = self._desk.read(), self._contract.symbol
        if not reading.is_isolated(symbol):
            return ZERO
        value = abs(self._contract.value(signed, self._price))
        return self._desk.rules.money(value / reading.symbol(symbol).leverage)

    def _pay(self, quantity: Decimal, pnl: Decimal) -> Decimal:
        contract = self._contract
        commission = -self._desk.rules.money(contract.value(quantity, self._price) * self._fee_rate)
        for kind, amount in (IncomeKind.REALIZED_PNL, pnl), (IncomeKind.COMMISSION, commission):
            self._desk.earn(contract.asset_key, kind, amount, symbol=contract.symbol, trade_id=self.id)
        self.realized_pnl += pnl
        self.commission += commission
        return commission

    def _put(self, leg: Leg, *, opening: bool = False) -> None:
        reading, before = self._desk.read(), self._leg()
        if reading.is_isolated(self._contract.symbol) and reading.rules.isolated_margin is IsolatedMargin.ENTRY:
            leverage = reading.symbol(self._contract.symbol).leverage
            wallet = isolated_at_entry(reading.rules, self._contract, leg, leverage)
            leg = attrs.evolve(leg, isolated_wallet=wallet)
        needed = leg.isolated_wallet - before.isolated_wallet
        if opening and needed > 0 and needed > (limit := reading.withdrawable(self._contract.asset_key)):
            raise Refused(Reason.INSUFFICIENT_MARGIN, asset=self._contract.settle, needed=needed, available=limit)
        self._desk.set_leg(self._key, attrs.evolve(leg, updated_at=self._desk.time, sequence=self._sequence))

    def _check_collateral(self) -> None:
        reading, key = self._desk.read(), self._contract.asset_key
        if reading.pooling and reading.is_priced(key) and not reading.is_pooled(key):
            raise Refused(Reason.COLLATERAL_OFF, asset=self._contract.settle, symbol=self._contract.symbol)


def adjust_margin(desk: Desk, symbol: str, amount: Decimal, side: PositionSide) -> MarginChange:
    """Move margin by hand into an isolated position, or out of it if negative; a wallet is not moved by that."""
    reading = desk.read()
    contract, leg = reading.contract(symbol), reading.leg(symbol, side)
    check_side(reading, side)
    if not amount.is_finite() or not (moved := desk.rules.money(amount)):
        raise Refused(Reason.AMOUNT_NOT_POSITIVE, value=amount)
    if not reading.is_isolated(symbol):
        raise Refused(Reason.NOT_ISOLATED, symbol=symbol)
    if leg.quantity == 0:
        raise Refused(Reason.FLAT_POSITION, symbol=symbol, side=side)
    if moved > (addable := reading.withdrawable(contract.asset_key)):
        raise Refused(Reason.INSUFFICIENT_MARGIN, asset=contract.settle, needed=moved, available=addable)
    if -moved > (removable := removable_margin(reading, symbol, side)):
        raise Refused(Reason.REMOVABLE_EXCEEDED, symbol=symbol, amount=amount, removable=removable)
    desk.set_leg(
        (symbol, side),
        attrs.evolve(
            leg,
            isolated_wallet=leg.isolated_wallet + moved,
            added_margin=leg.added_margin + moved,
            updated_at=desk.time,
        ),
    )
    change = MarginChange(desk.next_id(), desk.time, symbol, side, contract.settle, moved)
    desk.state.margin_changes.append(change)
    return change


def rest_order(
    desk: Desk,
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
    """Let an order wait in a book and return its id; nothing ever fills it by itself."""
    reading = desk.read()
    contract = reading.contract(symbol)
    positive(quantity, Reason.AMOUNT_NOT_POSITIVE)
    positive(price, Reason.PRICE_NOT_POSITIVE)
    check_side(reading, position_side)
    if client_id is not None and any(order.client_id == client_id for order in desk.state.orders.values()):
        raise Refused(Reason.DUPLICATE_CLIENT_ID, client_id=client_id)
    order = RestingOrder(
        id=desk.next_id(),
        symbol=symbol,
        side=side,
        quantity=quantity,
        price=price,
        book=book,
        position_side=position_side,
        reduce_only=reduce_only,
        client_id=client_id,
        created_at=desk.time,
    )
    exposure = reading.margin(symbol, position_side).exposure
    desk.state.orders[order.id] = order
    if desk.read().margin(symbol, position_side).exposure > exposure:
        _check_cap(desk, contract, position_side)
    return order.id


def cancel_order(desk: Desk, order_id: str) -> RestingOrder:
    """Take an order out of its book."""
    order = desk.state.orders.pop(order_id, None)
    if order is None:
        raise Refused(Reason.UNKNOWN_ORDER, order_id=order_id)
    return order


def _closes(side: Side, position_side: PositionSide) -> bool:
    """Say whether trades on this side can only ever close the leg."""
    return (position_side, side) in {(PositionSide.LONG, Side.SELL), (PositionSide.SHORT, Side.BUY)}


def _check_cap(desk: Desk, contract: Contract, side: PositionSide) -> None:
    """Refuse a leg that has grown, with its orders, past the largest position at the present leverage."""
    reading = desk.read()
    leverage = reading.symbol(contract.symbol).leverage
    cap, exposure = max_position(contract.brackets, leverage), reading.margin(contract.symbol, side).exposure
    if exposure > cap:
        raise Refused(
            Reason.MAX_POSITION_EXCEEDED, symbol=contract.symbol, leverage=leverage, value=exposure, max_position=cap
        )

"""Commands that move money without a trade: transfers, withdrawals, conversions, funding, other rows."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import attrs

from venuekit.simulator.ledger.contract import AssetKey
from venuekit.simulator.ledger.desk import Desk, positive
from venuekit.simulator.ledger.events import EventReason
from venuekit.simulator.ledger.forced import liquidate
from venuekit.simulator.ledger.income import Execution, IncomeKind, LedgerIncome, TradeKind
from venuekit.simulator.ledger.money import ZERO
from venuekit.simulator.ledger.orders import Side
from venuekit.simulator.ledger.records import LedgerConversion, LedgerWithdrawal, Record
from venuekit.simulator.ledger.refusal import Reason, Refused
from venuekit.simulator.ledger.rules import FundingFrom, IsolatedMargin
from venuekit.simulator.ledger.state import LegKey

__all__ = ["book", "convert", "deposit", "fund", "withdraw"]


def deposit(desk: Desk, asset: str, amount: Decimal, purse: str) -> LedgerIncome:
    """Move an amount into the account, or out of it if negative."""
    key = desk.read().asset(asset, purse).key
    rounded = _amount(desk, amount)
    if rounded < 0:
        _check_withdrawable(desk, key, -rounded)
    row = desk.earn(key, IncomeKind.TRANSFER, rounded)
    desk.report(EventReason.DEPOSIT if rounded > 0 else EventReason.WITHDRAWAL)
    return row


def book(
    desk: Desk,
    asset: str,
    kind: IncomeKind,
    amount: Decimal,
    *,
    symbol: str | None,
    info: str | None,
    time: datetime | None,
    purse: str,
) -> LedgerIncome:
    """Write a row of any kind, and move the wallet by it, also at a time in the past."""
    key = desk.read().asset(asset, purse).key
    if symbol is not None:
        desk.read().contract(symbol)
    row = desk.earn(key, kind, _amount(desk, amount), symbol=symbol, info=info, time=time)
    desk.state.backdated = desk.state.backdated or time is not None
    desk.report(EventReason.ADJUSTMENT, symbol)
    return row


def withdraw(
    desk: Desk,
    asset: str,
    amount: Decimal,
    *,
    fee: Decimal,
    chain: str | None,
    address: str | None,
    tx_id: str | None,
    status: str,
    purse: str,
) -> LedgerWithdrawal:
    """Send money to a chain: one row for what leaves, the fee included."""
    key = desk.read().asset(asset, purse).key
    sent, paid = desk.rules.money(positive(amount, Reason.AMOUNT_NOT_POSITIVE)), desk.rules.money(fee)
    _check_withdrawable(desk, key, sent + paid)
    visible_at = desk.visible_at(Record.WITHDRAWALS)
    record = LedgerWithdrawal(
        desk.next_id(), desk.time, asset, purse, -sent, -paid, chain, address, tx_id, status, visible_at
    )
    desk.state.withdrawals.append(record)
    desk.earn(key, IncomeKind.TRANSFER, -(sent + paid), info=record.id)
    desk.report(EventReason.WITHDRAWAL)
    return record


def convert(
    desk: Desk, from_asset: str, from_amount: Decimal, to_asset: str, to_amount: Decimal, *, purse: str
) -> LedgerConversion:
    """Turn an amount of one asset into another: one row for each."""
    source, target = desk.read().asset(from_asset, purse).key, desk.read().asset(to_asset, purse).key
    given = desk.rules.money(positive(from_amount, Reason.AMOUNT_NOT_POSITIVE))
    taken = desk.rules.money(positive(to_amount, Reason.AMOUNT_NOT_POSITIVE))
    _check_withdrawable(desk, source, given)
    visible_at = desk.visible_at(Record.CONVERSIONS)
    record = LedgerConversion(
        desk.next_id(), desk.time, from_asset, given, to_asset, taken, taken / given, purse, visible_at
    )
    desk.state.conversions.append(record)
    desk.earn(source, IncomeKind.CONVERSION, -given, info=record.id)
    desk.earn(target, IncomeKind.CONVERSION, taken, info=record.id)
    desk.report(EventReason.CONVERSION)
    return record


def fund(desk: Desk, symbol: str, rate: Decimal) -> tuple[LedgerIncome, ...]:
    """Let the open legs of a symbol pay funding at the mark: a long pays a positive rate, a short receives it."""
    if not rate.is_finite():
        raise Refused(Reason.AMOUNT_NOT_POSITIVE, value=rate)
    rows = tuple(
        _fund_leg(desk, (symbol, side), rate) for side in desk.read().legs(desk.read().contract(symbol).symbol)
    )
    liquidate(desk)
    return tuple(row for row in rows if row.amount)


def _fund_leg(desk: Desk, key: LegKey, rate: Decimal) -> LedgerIncome:
    reading = desk.read()
    contract, leg, mark = reading.contract(key[0]), reading.leg(*key), reading.symbol(key[0]).mark
    amount = -desk.rules.money(contract.value(leg.quantity, mark) * rate)
    from_leg = _share_of_position(desk, key, amount)
    execution = Execution(
        trade_id=desk.next_id(),
        time=desk.time,
        symbol=contract.symbol,
        side=Side.BUY if leg.quantity > 0 else Side.SELL,
        position_side=key[1],
        quantity=abs(leg.quantity),
        price=mark,
        realized_pnl=ZERO,
        commission=amount,
        commission_asset=contract.settle,
        is_maker=False,
        value=desk.rules.money(abs(contract.value(leg.quantity, mark))),
        fee_rate=rate,
        kind=TradeKind.FUNDING,
        visible_at=desk.visible_at(Record.FILLS),
    )
    desk.state.executions.append(execution)
    row = desk.earn(
        contract.asset_key,
        IncomeKind.FUNDING,
        amount,
        symbol=contract.symbol,
        trade_id=execution.trade_id,
        rate=rate,
    )
    if from_leg:
        by_entry = desk.rules.isolated_margin is IsolatedMargin.ENTRY
        paid = attrs.evolve(
            leg,
            isolated_wallet=leg.isolated_wallet + from_leg,
            added_margin=leg.added_margin + (from_leg if by_entry else ZERO),
            updated_at=desk.time,
        )
        desk.set_leg(key, paid)
    desk.report(EventReason.FUNDING, contract.symbol)
    return row


def _share_of_position(desk: Desk, key: LegKey, amount: Decimal) -> Decimal:
    """Return what of a funding payment moves the isolated wallet of the position."""
    reading = desk.read()
    if not reading.is_isolated(key[0]):
        return ZERO
    if desk.rules.funding_from is FundingFrom.POSITION:
        return amount
    return min(ZERO, amount + reading.available(reading.contract(key[0]).asset_key))


def _amount(desk: Desk, amount: Decimal) -> Decimal:
    if not amount.is_finite() or not (rounded := desk.rules.money(amount)):
        raise Refused(Reason.AMOUNT_NOT_POSITIVE, value=amount)
    return rounded


def _check_withdrawable(desk: Desk, key: AssetKey, amount: Decimal) -> None:
    if amount > (withdrawable := desk.read().withdrawable(key)):
        raise Refused(Reason.INSUFFICIENT_BALANCE, asset=key[1], amount=-amount, withdrawable=withdrawable)

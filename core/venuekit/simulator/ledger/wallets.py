"""Commands that move money without a trade: transfers, withdrawals, conversions, funding, other rows."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import attrs

from venuekit.simulator.ledger.contract import AssetKey
from venuekit.simulator.ledger.events import EventReason
from venuekit.simulator.ledger.income import Execution, IncomeKind, LedgerIncome, TradeKind
from venuekit.simulator.ledger.liquidation import liquidate
from venuekit.simulator.ledger.money import ZERO
from venuekit.simulator.ledger.order_values import Side
from venuekit.simulator.ledger.records import LedgerConversion, LedgerWithdrawal, Record
from venuekit.simulator.ledger.refusal import Reason, Refused
from venuekit.simulator.ledger.rules import FundingFrom, IsolatedMargin
from venuekit.simulator.ledger.state import LegKey
from venuekit.simulator.ledger.transaction import Transaction, positive

__all__ = ["book", "convert", "deposit", "fund", "withdraw"]


def deposit(transaction: Transaction, asset: str, amount: Decimal, purse: str) -> LedgerIncome:
    """Move an amount into the account, or out of it if negative."""
    key = transaction.read().asset(asset, purse).key
    rounded = _amount(transaction, amount)
    if rounded < 0:
        _check_withdrawable(transaction, key, -rounded)
    row = transaction.earn(key, IncomeKind.TRANSFER, rounded)
    transaction.report(EventReason.DEPOSIT if rounded > 0 else EventReason.WITHDRAWAL)
    return row


def book(
    transaction: Transaction,
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
    key = transaction.read().asset(asset, purse).key
    if symbol is not None:
        transaction.read().contract(symbol)
    row = transaction.earn(key, kind, _amount(transaction, amount), symbol=symbol, info=info, time=time)
    transaction.state.backdated = transaction.state.backdated or time is not None
    transaction.report(EventReason.ADJUSTMENT, symbol)
    return row


def withdraw(
    transaction: Transaction,
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
    key = transaction.read().asset(asset, purse).key
    sent, paid = transaction.rules.money(positive(amount, Reason.AMOUNT_NOT_POSITIVE)), transaction.rules.money(fee)
    _check_withdrawable(transaction, key, sent + paid)
    visible_at = transaction.visible_at(Record.WITHDRAWALS)
    record = LedgerWithdrawal(
        transaction.next_id(), transaction.time, asset, purse, -sent, -paid, chain, address, tx_id, status, visible_at
    )
    transaction.state.withdrawals.append(record)
    transaction.earn(key, IncomeKind.TRANSFER, -(sent + paid), info=record.id)
    transaction.report(EventReason.WITHDRAWAL)
    return record


def convert(
    transaction: Transaction, from_asset: str, from_amount: Decimal, to_asset: str, to_amount: Decimal, *, purse: str
) -> LedgerConversion:
    """Turn an amount of one asset into another: one row for each."""
    source, target = transaction.read().asset(from_asset, purse).key, transaction.read().asset(to_asset, purse).key
    given = transaction.rules.money(positive(from_amount, Reason.AMOUNT_NOT_POSITIVE))
    taken = transaction.rules.money(positive(to_amount, Reason.AMOUNT_NOT_POSITIVE))
    _check_withdrawable(transaction, source, given)
    visible_at = transaction.visible_at(Record.CONVERSIONS)
    record = LedgerConversion(
        transaction.next_id(), transaction.time, from_asset, given, to_asset, taken, taken / given, purse, visible_at
    )
    transaction.state.conversions.append(record)
    transaction.earn(source, IncomeKind.CONVERSION, -given, info=record.id)
    transaction.earn(target, IncomeKind.CONVERSION, taken, info=record.id)
    transaction.report(EventReason.CONVERSION)
    return record


def fund(transaction: Transaction, symbol: str, rate: Decimal) -> tuple[LedgerIncome, ...]:
    """Let the open legs of a symbol pay funding at the mark: a long pays a positive rate, a short receives it."""
    if not rate.is_finite():
        raise Refused(Reason.AMOUNT_NOT_POSITIVE, value=rate)
    rows = tuple(
        _fund_leg(transaction, (symbol, side), rate)
        for side in transaction.read().legs(transaction.read().contract(symbol).symbol)
    )
    liquidate(transaction)
    return tuple(row for row in rows if row.amount)


def _fund_leg(transaction: Transaction, key: LegKey, rate: Decimal) -> LedgerIncome:
    reading = transaction.read()
    contract, leg, mark = reading.contract(key[0]), reading.leg(*key), reading.symbol(key[0]).mark
    amount = -transaction.rules.money(contract.value(leg.quantity, mark) * rate)
    from_leg = _share_of_position(transaction, key, amount)
    execution = Execution(
        trade_id=transaction.next_id(),
        time=transaction.time,
        symbol=contract.symbol,
        side=Side.BUY if leg.quantity > 0 else Side.SELL,
        position_side=key[1],
        quantity=abs(leg.quantity),
        price=mark,
        realized_pnl=ZERO,
        commission=amount,
        commission_asset=contract.settle,
        is_maker=False,
        value=transaction.rules.money(abs(contract.value(leg.quantity, mark))),
        fee_rate=rate,
        kind=TradeKind.FUNDING,
        visible_at=transaction.visible_at(Record.FILLS),
    )
    transaction.state.executions.append(execution)
    row = transaction.earn(
        contract.asset_key,
        IncomeKind.FUNDING,
        amount,
        symbol=contract.symbol,
        trade_id=execution.trade_id,
        rate=rate,
    )
    if from_leg:
        by_entry = transaction.rules.isolated_margin is IsolatedMargin.ENTRY
        paid = attrs.evolve(
            leg,
            isolated_wallet=leg.isolated_wallet + from_leg,
            added_margin=leg.added_margin + (from_leg if by_entry else ZERO),
            updated_at=transaction.time,
        )
        transaction.set_leg(key, paid)
    transaction.report(EventReason.FUNDING, contract.symbol)
    return row


def _share_of_position(transaction: Transaction, key: LegKey, amount: Decimal) -> Decimal:
    """Return what of a funding payment moves the isolated wallet of the position."""
    reading = transaction.read()
    if not reading.is_isolated(key[0]):
        return ZERO
    if transaction.rules.funding_from is FundingFrom.POSITION:
        return amount
    return min(ZERO, amount + reading.available(reading.contract(key[0]).asset_key))


def _amount(transaction: Transaction, amount: Decimal) -> Decimal:
    if not amount.is_finite() or not (rounded := transaction.rules.money(amount)):
        raise Refused(Reason.AMOUNT_NOT_POSITIVE, value=amount)
    return rounded


def _check_withdrawable(transaction: Transaction, key: AssetKey, amount: Decimal) -> None:
    if amount > (withdrawable := transaction.read().withdrawable(key)):
        raise Refused(Reason.INSUFFICIENT_BALANCE, asset=key[1], amount=-amount, withdrawable=withdrawable)

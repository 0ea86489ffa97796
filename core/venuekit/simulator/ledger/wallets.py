"""
Wallets: commands that move money without a trade (transfers, withdrawals, conversions, other rows), and commissions.

The settle asset's wallet pays the commissions of a fill, or that of the fee asset at its discount.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import attrs

from venuekit.capabilities import IncomeKind
from venuekit.simulator.ledger.contract import AssetKey, Contract
from venuekit.simulator.ledger.events import EventReason
from venuekit.simulator.ledger.money import ZERO
from venuekit.simulator.ledger.records import LedgerConversion, LedgerIncome, LedgerWithdrawal, Record
from venuekit.simulator.ledger.refusal import Reason, Refused
from venuekit.simulator.ledger.transaction import Transaction, positive


def deposit(transaction: Transaction, asset: str, amount: Decimal, *, purse: str = "") -> LedgerIncome:
    """Move an amount into the account, or out of it if negative; returns the TRANSFER row."""
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
    symbol: str | None = None,
    info: str | None = None,
    time: datetime | None = None,
    purse: str = "",
) -> LedgerIncome:
    """Write a row of any kind, now or at a time in the past, and move the wallet by it."""
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
    fee: Decimal = ZERO,
    chain: str | None = None,
    address: str | None = None,
    tx_id: str | None = None,
    status: str = "success",
    purse: str = "",
) -> LedgerWithdrawal:
    """
    Send an amount (> 0) to a chain, for a fee on top; ``status`` is kept as given.

    One income row records the amount that left the wallet, the fee included.
    """
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
    transaction: Transaction,
    from_asset: str,
    from_amount: Decimal,
    to_asset: str,
    to_amount: Decimal,
    *,
    purse: str = "",
) -> LedgerConversion:
    """Convert an amount of one asset into an amount of another, both > 0; writes one income row for each."""
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


def _amount(transaction: Transaction, amount: Decimal) -> Decimal:
    if not amount.is_finite() or not (rounded := transaction.rules.money(amount)):
        raise Refused(Reason.AMOUNT_NOT_POSITIVE, value=amount)
    return rounded


def _check_withdrawable(transaction: Transaction, key: AssetKey, amount: Decimal) -> None:
    if amount > (withdrawable := transaction.read().withdrawable(key)):
        raise Refused(Reason.INSUFFICIENT_BALANCE, asset=key[1], amount=-amount, withdrawable=withdrawable)


@attrs.frozen
class Fees:
    """
    How commissions are paid.

    ``share`` is the part of a commission that remains after a discount. ``settle_price`` and ``price`` are those of the
    settle asset and of the paying one, in the same unit.
    """

    key: AssetKey
    share: Decimal = Decimal(1)
    settle_price: Decimal = Decimal(1)
    price: Decimal = Decimal(1)

    def amount(self, commission: Decimal) -> Decimal:
        """Return the amount of the paying asset, not rounded, for a full commission in the settle asset."""
        return commission * self.share * self.settle_price / self.price  # divided last: a rate of 1/450 has no end


def fees_of(transaction: Transaction, contract: Contract, commission: Decimal) -> Fees:
    """
    Return how a commission is paid, whose full amount in the settle asset is given, unsigned.

    The fee asset pays all of it or nothing: where its wallet is too small, or the settle asset has no index price, the
    settle asset pays without a discount.
    """
    key, assets = transaction.rules.fee_asset, transaction.state.assets
    usual = Fees(contract.asset_key)
    if key is None or not transaction.state.pays_fee_asset or key[0] != contract.purse or commission <= 0:
        return usual
    settle_price = assets[contract.asset_key].index_price
    if settle_price is None:
        return usual
    fees = Fees(key, 1 - transaction.rules.fee_discount, settle_price, assets[key].price)
    return usual if transaction.read().withdrawable(key) < fees.amount(commission) else fees

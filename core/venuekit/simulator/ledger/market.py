"""The market: mark and index prices, depth, funding, and delayed or repeated records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import attrs

from venuekit.capabilities import IncomeKind
from venuekit.simulator.ledger.contract import AssetKey
from venuekit.simulator.ledger.events import EventReason
from venuekit.simulator.ledger.liquidation import liquidate
from venuekit.simulator.ledger.matching import match_waiting, trigger_waiting
from venuekit.simulator.ledger.money import ZERO
from venuekit.simulator.ledger.order_values import Side, TradeKind
from venuekit.simulator.ledger.records import Execution, FundingRate, LedgerIncome, Record
from venuekit.simulator.ledger.refusal import Reason, Refused
from venuekit.simulator.ledger.rules import FundingFrom, IsolatedMargin
from venuekit.simulator.ledger.state import LegKey
from venuekit.simulator.ledger.transaction import Transaction, positive

_MILLISECOND = timedelta(milliseconds=1)


def move_prices(
    transaction: Transaction,
    marks: Mapping[str, Decimal],
    indexes: Mapping[str, Decimal] = MappingProxyType({}),
    worths: Mapping[AssetKey, Decimal] = MappingProxyType({}),
) -> None:
    """
    Move mark prices and index prices of symbols, and the worth of assets in USD, all at once.

    Triggers conditional orders, fills the resting orders that the marks cross, then liquidates positions without
    margin.
    """
    reading = transaction.read()
    symbols, assets = transaction.state.symbols, transaction.state.assets
    for symbol, price in marks.items():
        mark, before = positive(price, Reason.PRICE_NOT_POSITIVE), reading.symbol(symbol)
        symbols[symbol] = attrs.evolve(before, path=before.path.with_price(transaction.time, mark))
    for symbol, price in indexes.items():
        reading.contract(symbol)
        path = symbols[symbol].index_path
        if positive(price, Reason.PRICE_NOT_POSITIVE) != path.last.price:
            symbols[symbol] = attrs.evolve(symbols[symbol], index_path=path.with_price(transaction.time, price))
    for (purse, asset), price in worths.items():
        known = reading.asset(asset, purse)
        assets[known.key] = attrs.evolve(known, index_price=positive(price, Reason.PRICE_NOT_POSITIVE))
    for symbol in marks:
        match_waiting(transaction, symbol)
    for symbol in indexes.keys() - marks.keys():
        trigger_waiting(transaction, symbol)
    liquidate(transaction)


def set_depth(transaction: Transaction, symbol: str, quantity: Decimal | None) -> None:
    """Set the number of contracts that one match of an order can take; 0: none fills by itself, None: any number."""
    if quantity is not None and (not quantity.is_finite() or quantity < 0):
        raise Refused(Reason.AMOUNT_NOT_POSITIVE, value=quantity)
    transaction.state.symbols[symbol] = attrs.evolve(transaction.read().symbol(symbol), depth=quantity)


def lag(transaction: Transaction, record: Record, delay: timedelta) -> None:
    """Hide future records of a kind from reads for ``delay`` after they are made; zero ends it."""
    transaction.state.lags[record] = delay


#: where the records of a kind are kept, and the fields with ids of their own
_KEPT: Mapping[Record, tuple[str, tuple[str, ...]]] = {
    Record.ORDERS: ("finished", ("id",)),
    Record.FILLS: ("executions", ("trade_id",)),
    Record.INCOMES: ("incomes", ("id",)),
    Record.MARGIN_CHANGES: ("margin_changes", ("id",)),
    Record.AMENDMENTS: ("amendments", ("id",)),
    Record.CLOSED_PNLS: ("closed_pnls", ("id", "order_id")),
    Record.WITHDRAWALS: ("withdrawals", ("id",)),
    Record.CONVERSIONS: ("conversions", ("id",)),
}


def repeat(transaction: Transaction, record: Record, count: int) -> None:
    """
    Write the last record of a kind again, ``count`` times, each a millisecond after the one before.

    It makes a history of many pages: no wallet and no position moves. The clock must pass the last one. Of orders, it
    is the last one that has ended.

    Raises:
        ValueError: there is no such record.
    """
    name, ids = _KEPT[record]
    log = getattr(transaction.state, name)
    if not log:
        raise ValueError(f"there are no {record.value} to repeat")
    last = log[-1]
    times = ("created_at", "updated_at") if record is Record.ORDERS else ("time",)
    for number in range(1, count + 1):
        changes: dict[str, Any] = {one: transaction.next_id() for one in ids}
        changes |= {one: getattr(last, one) + number * _MILLISECOND for one in times}
        log.append(attrs.evolve(last, **changes))


def fund(transaction: Transaction, symbol: str, rate: Decimal) -> tuple[LedgerIncome, ...]:
    """
    Let the open legs of a symbol pay funding at the mark, and return the rows.

    At a positive rate a long pays and a short receives.
    """
    if not rate.is_finite():
        raise Refused(Reason.AMOUNT_NOT_POSITIVE, value=rate)
    reading = transaction.read()
    transaction.state.fundings.append(FundingRate(symbol, transaction.time, rate, reading.symbol(symbol).mark))
    rows = tuple(_fund_leg(transaction, (symbol, side), rate) for side in reading.legs(symbol))
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
        sequence=transaction.next_sequence(),
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
    transaction.report(EventReason.FUNDING, contract.symbol, execution)
    return row


def _share_of_position(transaction: Transaction, key: LegKey, amount: Decimal) -> Decimal:
    """Return the part of a funding payment that moves the isolated wallet of the position."""
    reading = transaction.read()
    if not reading.is_isolated(key[0]):
        return ZERO
    if transaction.rules.funding_from is FundingFrom.POSITION:
        return amount
    return min(ZERO, amount + reading.available(reading.contract(key[0]).asset_key))

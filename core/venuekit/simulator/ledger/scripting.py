"""Scripting: what a scenario does to an account, as a part of the ledger."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import attrs

from venuekit.capabilities import PositionSide
from venuekit.simulator.ledger import liquidation, orders, trading, wallets
from venuekit.simulator.ledger.base import LedgerBase
from venuekit.simulator.ledger.income import Execution, IncomeKind, LedgerIncome
from venuekit.simulator.ledger.matching import match_waiting
from venuekit.simulator.ledger.money import ZERO, exact
from venuekit.simulator.ledger.order_values import LedgerOrder, Side
from venuekit.simulator.ledger.orders import OrderSelector
from venuekit.simulator.ledger.records import LedgerConversion, LedgerWithdrawal, Record
from venuekit.simulator.ledger.refusal import Reason, Refused
from venuekit.simulator.ledger.transaction import positive

__all__ = ["Scripting"]


class Scripting(LedgerBase):
    """The market, the venue's own doings, and rows that are read late."""

    @exact
    def fill(
        self,
        symbol: str,
        side: Side,
        quantity: Decimal,
        price: Decimal,
        position_side: PositionSide = PositionSide.BOTH,
        *,
        is_maker: bool = False,
    ) -> Execution:
        """
        Trade ``quantity`` contracts (unsigned) at a price, whatever the mark is and rests in the books.

        Writes a REALIZED_PNL and a COMMISSION row for what it closes, a COMMISSION row for what it opens. A fill that
        crosses zero does both. Whether the cross wallet covers the initial margin is not asked; whether it can hand
        over the margin of an isolated position is. It leaves an order behind that is filled.
        """
        with self._command() as transaction:
            return trading.fill(
                transaction, symbol, side, quantity, price, position_side=position_side, is_maker=is_maker
            )

    @exact
    def fill_order(
        self, order_id: str, quantity: Decimal | None = None, price: Decimal | None = None, *, is_maker: bool = True
    ) -> Execution:
        """
        Fill a waiting plain order: ``quantity`` contracts or the rest, at a price or its own, whatever the mark is.

        Raises:
            ValueError: it waits for a trigger.
        """
        with self._command() as transaction:
            orders.fill_order(transaction, order_id, quantity, price, is_maker=is_maker)
            return transaction.state.executions[-1]

    @exact
    def set_mark(self, symbol: str, price: Decimal) -> None:
        """
        Move the mark price of a symbol.

        Triggers conditional orders, fills what rests and is crossed, then liquidates what its margin carries no more.
        """
        with self._command() as transaction:
            held = transaction.read().symbol(symbol)
            mark = positive(price, Reason.PRICE_NOT_POSITIVE)
            transaction.state.symbols[symbol] = attrs.evolve(held, mark=mark)
            match_waiting(transaction, symbol)
            liquidation.liquidate(transaction)

    @exact
    def set_index_price(self, asset: str, price: Decimal, *, purse: str = "") -> None:
        """Move what an asset is worth in USD; liquidates what a pool carries no more."""
        with self._command() as transaction:
            known = transaction.read().asset(asset, purse)
            transaction.state.assets[known.key] = attrs.evolve(
                known, index_price=positive(price, Reason.PRICE_NOT_POSITIVE)
            )
            liquidation.liquidate(transaction)

    @exact
    def set_depth(self, symbol: str, quantity: Decimal | None) -> None:
        """Say how many contracts one match of an order can take; 0: none fills by itself, None: any number."""
        with self._command() as transaction:
            if quantity is not None and (not quantity.is_finite() or quantity < 0):
                raise Refused(Reason.AMOUNT_NOT_POSITIVE, value=quantity)
            transaction.state.symbols[symbol] = attrs.evolve(transaction.read().symbol(symbol), depth=quantity)

    @exact
    def fund(self, symbol: str, rate: Decimal) -> tuple[LedgerIncome, ...]:
        """Let the open legs of a symbol pay (a long does if the rate is positive) or receive; returns the rows."""
        with self._command() as transaction:
            return wallets.fund(transaction, symbol, rate)

    @exact
    def deleverage(
        self, symbol: str, position_side: PositionSide = PositionSide.BOTH, quantity: Decimal | None = None
    ) -> LedgerOrder:
        """Close a leg, or ``quantity`` contracts of it, at the mark, as automatic deleveraging does."""
        with self._command() as transaction:
            return liquidation.deleverage(transaction, symbol, position_side, quantity)

    @exact
    def deposit(self, asset: str, amount: Decimal, *, purse: str = "") -> LedgerIncome:
        """Move an amount into the account, or out of it if negative; returns the TRANSFER row."""
        with self._command() as transaction:
            return wallets.deposit(transaction, asset, amount, purse)

    @exact
    def book(
        self,
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
        with self._command() as transaction:
            return wallets.book(transaction, asset, kind, amount, symbol=symbol, info=info, time=time, purse=purse)

    @exact
    def withdraw(
        self,
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
        """Send an amount (> 0) to a chain, for a fee on top; ``status`` is kept as given."""
        with self._command() as transaction:
            return wallets.withdraw(
                transaction,
                asset,
                amount,
                fee=fee,
                chain=chain,
                address=address,
                tx_id=tx_id,
                status=status,
                purse=purse,
            )

    @exact
    def convert(
        self, from_asset: str, from_amount: Decimal, to_asset: str, to_amount: Decimal, *, purse: str = ""
    ) -> LedgerConversion:
        """Turn an amount of one asset into an amount of another, both > 0."""
        with self._command() as transaction:
            return wallets.convert(transaction, from_asset, from_amount, to_asset, to_amount, purse=purse)

    @exact
    def lag(self, record: Record, delay: timedelta) -> None:
        """Hide records of a kind that are made from now on from reads for so long; zero ends it."""
        with self._command() as transaction:
            transaction.state.lags[record] = delay

    @exact
    def hide_order(self, order_id: str, until: datetime | None) -> None:
        """Hide an open order from reads until then; None shows it."""
        with self._command() as transaction:
            order = orders.find(transaction, OrderSelector(order_id))
            transaction.put_order(attrs.evolve(order, visible_at=until), None)
            if until is not None:
                transaction.state.hidden_until = max(transaction.state.hidden_until or until, until)

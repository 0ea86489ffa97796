"""The histories of an account: everything that it did or that happened to it, row by row."""

from __future__ import annotations

from collections.abc import Collection

from venuekit.simulator.ledger.base import LedgerBase
from venuekit.simulator.ledger.events import Event
from venuekit.simulator.ledger.order_values import TradeKind
from venuekit.simulator.ledger.records import (
    Execution,
    FundingRate,
    LedgerAmendment,
    LedgerClosedPnl,
    LedgerConversion,
    LedgerIncome,
    LedgerMarginChange,
    LedgerWithdrawal,
)

TRADES = frozenset({TradeKind.TRADE, TradeKind.LIQUIDATION, TradeKind.ADL})


class LedgerHistories(LedgerBase):
    """The reads of rows that are never changed, oldest first; rows that lag are left out."""

    def fills(
        self, symbol: str | None = None, order_id: str | None = None, *, kinds: Collection[TradeKind] = TRADES
    ) -> tuple[Execution, ...]:
        """Return the executions of some kinds, oldest first; funding only if requested."""
        return tuple(
            row
            for row in self._visible(self._state_now.executions)
            if row.kind in kinds and symbol in (None, row.symbol) and order_id in (None, row.order_id)
        )

    def incomes(self) -> tuple[LedgerIncome, ...]:
        """Return every movement of a wallet, oldest first."""
        rows = self._visible(self._state_now.incomes)
        return tuple(sorted(rows, key=lambda row: row.time)) if self._state.backdated else rows

    def fundings(self, symbol: str | None = None) -> tuple[FundingRate, ...]:
        """Return the fundings of a symbol or of all, oldest first, also those that found no position."""
        return tuple(row for row in self._state_now.fundings if symbol in (None, row.symbol))

    def margin_changes(self, symbol: str | None = None) -> tuple[LedgerMarginChange, ...]:
        """Return the margin moved by hand, oldest first."""
        rows = self._visible(self._state_now.margin_changes)
        return tuple(change for change in rows if symbol in (None, change.symbol))

    def amendments(self, order_id: str | None = None) -> tuple[LedgerAmendment, ...]:
        """Return the changes of orders that waited, of one order or of all, oldest first."""
        rows = self._visible(self._state_now.amendments)
        return tuple(row for row in rows if order_id in (None, row.order_id))

    def closed_pnls(self, symbol: str | None = None) -> tuple[LedgerClosedPnl, ...]:
        """Return the profit of each closing fill, oldest first."""
        rows = self._visible(self._state_now.closed_pnls)
        return tuple(row for row in rows if symbol in (None, row.symbol))

    def withdrawals(self) -> tuple[LedgerWithdrawal, ...]:
        """Return the withdrawals to a chain, oldest first."""
        return self._visible(self._state_now.withdrawals)

    def conversions(self) -> tuple[LedgerConversion, ...]:
        """Return the conversions between assets, oldest first."""
        return self._visible(self._state_now.conversions)

    def events(self, after: int = 0) -> tuple[Event, ...]:
        """Return the events after the one with this sequence, oldest first; each event carries the state then."""
        return self._state_now.events.since(after)

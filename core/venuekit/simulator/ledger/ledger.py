"""The ledger: one account of the simulated exchange, with its wallets, positions, orders and settings."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from venuekit.capabilities import AssetMode, MarginType, PositionMode, PositionSide
from venuekit.simulator.ledger import brackets, settings, trading
from venuekit.simulator.ledger.balance import BalanceFigures, Totals, balance_figures, total_figures
from venuekit.simulator.ledger.contract import AssetKey, Contract
from venuekit.simulator.ledger.events import Event, EventReason
from venuekit.simulator.ledger.income import Execution, LedgerIncome, LedgerMarginChange, TradeKind
from venuekit.simulator.ledger.money import exact
from venuekit.simulator.ledger.ordering import Ordering
from venuekit.simulator.ledger.positions import PositionFigures, position_figures, removable_margin
from venuekit.simulator.ledger.records import LedgerClosedPnl, LedgerConversion, LedgerWithdrawal
from venuekit.simulator.ledger.scripting import Scripting

__all__ = ["Ledger"]

TRADES = frozenset({TradeKind.TRADE, TradeKind.LIQUIDATION, TradeKind.ADL})


class Ledger(Ordering, Scripting):
    """
    One account, pure and synchronous: commands change it or raise ``Refused``, reads return values.

    A refused command changes nothing at all. Prices move only by :meth:`set_mark`, which is also what the market is:
    what it crosses trades, what it exhausts is liquidated.
    """

    # -- commands ----------------------------------------------------------------------------------------------

    @exact
    def adjust_margin(
        self, symbol: str, amount: Decimal, position_side: PositionSide = PositionSide.BOTH
    ) -> LedgerMarginChange:
        """Add margin to an isolated position by hand, or remove it if negative; writes no income row."""
        with self._command() as transaction:
            return trading.adjust_margin(transaction, symbol, amount, position_side)

    @exact
    def set_leverage(self, symbol: str, leverage: Decimal) -> bool:
        """Change the leverage of a symbol; False if it was that already and the rules do not refuse it."""
        with self._command(EventReason.LEVERAGE) as transaction:
            return settings.set_leverage(transaction, symbol, leverage)

    @exact
    def set_margin_type(self, margin_type: MarginType, symbol: str | None = None) -> bool:
        """
        Change the margin type of a symbol, or of the account where the rules say so (then without a symbol).

        Raises:
            ValueError: ``symbol`` does not fit the scope.
        """
        with self._command(EventReason.MARGIN_TYPE) as transaction:
            return settings.set_margin_type(transaction, margin_type, symbol)

    @exact
    def set_position_mode(self, mode: PositionMode) -> bool:
        """Change the position mode; False if it was that already and the rules do not refuse it."""
        with self._command() as transaction:
            return settings.set_position_mode(transaction, mode)

    @exact
    def set_asset_mode(self, mode: AssetMode) -> bool:
        """Change the asset mode; False if it was that already and the rules do not refuse it."""
        with self._command() as transaction:
            return settings.set_asset_mode(transaction, mode)

    @exact
    def set_collateral(self, asset: str, on: bool, *, purse: str = "") -> bool:
        """Let an asset back positions or not; False if it was so already."""
        with self._command() as transaction:
            return settings.set_collateral(transaction, asset, on, purse)

    # -- reads -------------------------------------------------------------------------------------------------

    def position(self, symbol: str, side: PositionSide = PositionSide.BOTH) -> PositionFigures:
        """Return a leg, flat if need be; also one that the present mode does not have."""
        return position_figures(self._read(), symbol, side)

    def positions(self, *, include_flat: bool = False, venue: str | None = None) -> tuple[PositionFigures, ...]:
        """Return the open legs in the order of the contracts; with ``include_flat`` every leg of the present mode."""
        reading = self._read()
        return tuple(
            position_figures(reading, symbol, side)
            for symbol, contract in self.contracts.items()
            if venue is None or contract.venue == venue
            for side in reading.sides
            if include_flat or reading.leg(symbol, side).quantity
        )

    def balance(self, asset: str, *, purse: str = "") -> BalanceFigures:
        """Return one asset, or refuse an unknown one."""
        reading = self._read()
        return balance_figures(reading, reading.asset(asset, purse).key)

    def balances(self, *, purse: str | None = None) -> tuple[BalanceFigures, ...]:
        """Return every known asset, of one purse or of all."""
        keys: list[AssetKey] = [key for key in self._state.assets if purse is None or key[0] == purse]
        return tuple(balance_figures(self._read(), key) for key in keys)

    def totals(self, *, purse: str = "") -> Totals | None:
        """Return the totals of the account; None where nothing says what to count them in."""
        return total_figures(self._read(), purse)

    def contract(self, symbol: str) -> Contract:
        """Return a contract, or refuse an unknown symbol."""
        return self._read().contract(symbol)

    def leverage(self, symbol: str) -> Decimal:
        """Return the leverage of a symbol."""
        return self._read().symbol(symbol).leverage

    def mark(self, symbol: str) -> Decimal:
        """Return the mark price of a symbol."""
        return self._read().symbol(symbol).mark

    def margin_type(self, symbol: str | None = None) -> MarginType:
        """Return what holds for a symbol; without one, the account-wide margin type."""
        return self._state.margin_type if symbol is None else self._read().margin_type(symbol)

    @property
    def position_mode(self) -> PositionMode:
        """The position mode of the account."""
        return self._state.position_mode

    @property
    def asset_mode(self) -> AssetMode:
        """The asset mode of the account."""
        return self._state.asset_mode

    def max_position(self, symbol: str) -> Decimal:
        """Return the largest value allowed at the present leverage, in the settle asset."""
        return brackets.max_position(self.contract(symbol).brackets, self.leverage(symbol))

    def max_leverage(self, symbol: str) -> Decimal:
        """Return the highest leverage allowed at the present position and orders."""
        reading = self._read()
        exposure = max(reading.margin(symbol, side).exposure for side in reading.sides)
        return brackets.max_leverage(self.contract(symbol).brackets, exposure)

    def removable_margin(self, symbol: str, side: PositionSide = PositionSide.BOTH) -> Decimal:
        """Return the most margin that can be removed by hand from a position; 0 if it has none of its own."""
        return removable_margin(self._read(), symbol, side)

    # -- history -----------------------------------------------------------------------------------------------

    def fills(
        self, symbol: str | None = None, order_id: str | None = None, *, kinds: Collection[TradeKind] = TRADES
    ) -> tuple[Execution, ...]:
        """Return the executions of some kinds, oldest first; without funding unless it is asked for."""
        return tuple(
            row
            for row in self._visible(self._state_now.executions)
            if row.kind in kinds and symbol in (None, row.symbol) and order_id in (None, row.order_id)
        )

    def incomes(self) -> tuple[LedgerIncome, ...]:
        """Return every movement of a wallet, oldest first."""
        rows = self._visible(self._state_now.incomes)
        return tuple(sorted(rows, key=lambda row: row.time)) if self._state.backdated else rows

    def margin_changes(self, symbol: str | None = None) -> tuple[LedgerMarginChange, ...]:
        """Return the margin moved by hand, oldest first."""
        rows = self._visible(self._state_now.margin_changes)
        return tuple(change for change in rows if symbol in (None, change.symbol))

    def closed_pnls(self, symbol: str | None = None) -> tuple[LedgerClosedPnl, ...]:
        """Return what each closing fill gained, oldest first."""
        rows = self._visible(self._state_now.closed_pnls)
        return tuple(row for row in rows if symbol in (None, row.symbol))

    def withdrawals(self) -> tuple[LedgerWithdrawal, ...]:
        """Return what was sent to a chain, oldest first."""
        return self._visible(self._state_now.withdrawals)

    def conversions(self) -> tuple[LedgerConversion, ...]:
        """Return what was turned into another asset, oldest first."""
        return self._visible(self._state_now.conversions)

    def events(self, after: int = 0) -> tuple[Event, ...]:
        """Return what happened after the event with this sequence, oldest first; each event carries the state then."""
        return self._state_now.events.since(after)

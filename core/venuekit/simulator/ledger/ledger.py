"""The ledger: one account of the simulated exchange, with its wallets, positions, orders and settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

import attrs

from venuekit.capabilities import AssetMode, MarginType, PositionMode, PositionSide
from venuekit.simulator.ledger import brackets, settings, trading
from venuekit.simulator.ledger.balance import BalanceFigures, Totals, balance_figures, total_figures
from venuekit.simulator.ledger.contract import AssetKey, Contract
from venuekit.simulator.ledger.desk import Desk, positive
from venuekit.simulator.ledger.income import Execution, Income, MarginChange
from venuekit.simulator.ledger.money import exact
from venuekit.simulator.ledger.orders import Book, RestingOrder, Side
from venuekit.simulator.ledger.position import PositionFigures, position_figures, removable_margin
from venuekit.simulator.ledger.reading import Reading
from venuekit.simulator.ledger.refusal import Reason
from venuekit.simulator.ledger.rules import Pool, Rules
from venuekit.simulator.ledger.state import Asset, Cash, LedgerState, SymbolState

__all__ = ["Ledger"]


class Ledger:
    """
    One account, pure and synchronous: commands change it or raise ``Refused``, reads return values.

    A refused command changes nothing at all. Prices move only by :meth:`set_mark`, orders fill only by :meth:`fill`.
    """

    def __init__(
        self,
        rules: Rules,
        contracts: Iterable[Contract],
        assets: Iterable[Asset] = (),
        *,
        now: Callable[[], datetime],
        margin_type: MarginType = MarginType.CROSS,
        position_mode: PositionMode = PositionMode.ONE_WAY,
        asset_mode: AssetMode = AssetMode.SINGLE,
    ) -> None:
        """
        Open an account without money.

        Args:
            rules: How the venue, or all venues of the realm, keep their books.
            contracts: What can be traded; symbols are unique over all venues of the account.
            assets: What can be held beside the settle assets of the contracts, and what assets are worth.
            now: Gives the venue's time, aware and in UTC; asked once for each command.
            margin_type: What holds at the start, for the account or for every symbol of it.
            position_mode: What holds at the start.
            asset_mode: What holds at the start.

        Raises:
            ValueError: two contracts share a symbol, or there is an asset mode but no asset with an index price.
        """
        listed = tuple(contracts)
        by_symbol = {contract.symbol: contract for contract in listed}
        if len(by_symbol) < len(listed):
            raise ValueError("two contracts share a symbol")
        known = {contract.asset_key: Asset(contract.settle, purse=contract.purse) for contract in listed}
        known.update((asset.key, asset) for asset in assets)
        pools = rules.asset_mode and rules.pool is Pool.IN_MULTI_ASSETS
        if pools and all(asset.index_price is None for asset in known.values()):
            raise ValueError("with an asset mode, at least one asset needs an index price")
        self.rules = rules
        self.contracts: Mapping[str, Contract] = MappingProxyType(by_symbol)
        self._now = now
        self._state = LedgerState(
            position_mode=position_mode,
            asset_mode=asset_mode,
            margin_type=margin_type,
            cash={key: Cash() for key in known},
            assets=known,
            symbols={
                symbol: SymbolState(contract.leverage, margin_type, contract.mark)
                for symbol, contract in by_symbol.items()
            },
        )
        self._reading: Reading | None = None

    # -- commands ----------------------------------------------------------------------------------------------

    @exact
    def deposit(self, asset: str, amount: Decimal, *, purse: str = "") -> Income:
        """Move an amount into the account, or out of it if negative; returns the TRANSFER row."""
        with self._command() as desk:
            return trading.deposit(desk, asset, amount, purse)

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
        Trade ``quantity`` contracts (unsigned) at a price, whatever rests in the books.

        Writes a REALIZED_PNL and a COMMISSION row for what it closes, a COMMISSION row for what it opens. A fill that
        crosses zero does both. Whether the cross wallet covers the initial margin is not asked; whether it can hand
        over the margin of an isolated position is.
        """
        with self._command() as desk:
            return trading.fill(desk, symbol, side, quantity, price, position_side=position_side, is_maker=is_maker)

    @exact
    def adjust_margin(
        self, symbol: str, amount: Decimal, position_side: PositionSide = PositionSide.BOTH
    ) -> MarginChange:
        """Add margin to an isolated position by hand, or remove it if negative; writes no income row."""
        with self._command() as desk:
            return trading.adjust_margin(desk, symbol, amount, position_side)

    @exact
    def rest_order(
        self,
        symbol: str,
        side: Side,
        quantity: Decimal,
        price: Decimal,
        *,
        book: Book = Book.PLAIN,
        position_side: PositionSide = PositionSide.BOTH,
        reduce_only: bool = False,
        client_id: str | None = None,
    ) -> str:
        """Let an order wait and return its id; ``client_id`` is unique among waiting orders."""
        with self._command() as desk:
            return trading.rest_order(
                desk,
                symbol,
                side,
                quantity,
                price,
                book=book,
                position_side=position_side,
                reduce_only=reduce_only,
                client_id=client_id,
            )

    @exact
    def cancel_order(self, order_id: str) -> RestingOrder:
        """Take a waiting order out of its book and return it."""
        with self._command() as desk:
            return trading.cancel_order(desk, order_id)

    @exact
    def set_mark(self, symbol: str, price: Decimal) -> None:
        """Move the mark price of a symbol."""
        with self._command() as desk:
            held = desk.read().symbol(symbol)
            mark = positive(price, Reason.PRICE_NOT_POSITIVE)
            desk.state.symbols[symbol] = attrs.evolve(held, mark=mark)

    @exact
    def set_index_price(self, asset: str, price: Decimal, *, purse: str = "") -> None:
        """Move what an asset is worth in USD."""
        with self._command() as desk:
            known = desk.read().asset(asset, purse)
            desk.state.assets[known.key] = attrs.evolve(known, index_price=positive(price, Reason.PRICE_NOT_POSITIVE))

    @exact
    def set_leverage(self, symbol: str, leverage: Decimal) -> bool:
        """Change the leverage of a symbol; False if it was that already and the rules do not refuse it."""
        with self._command() as desk:
            return settings.set_leverage(desk, symbol, leverage)

    @exact
    def set_margin_type(self, margin_type: MarginType, symbol: str | None = None) -> bool:
        """
        Change the margin type of a symbol, or of the account where the rules say so (then without a symbol).

        Raises:
            ValueError: ``symbol`` does not fit the scope.
        """
        with self._command() as desk:
            return settings.set_margin_type(desk, margin_type, symbol)

    @exact
    def set_position_mode(self, mode: PositionMode) -> bool:
        """Change the position mode; False if it was that already and the rules do not refuse it."""
        with self._command() as desk:
            return settings.set_position_mode(desk, mode)

    @exact
    def set_asset_mode(self, mode: AssetMode) -> bool:
        """Change the asset mode; False if it was that already and the rules do not refuse it."""
        with self._command() as desk:
            return settings.set_asset_mode(desk, mode)

    @exact
    def set_collateral(self, asset: str, on: bool, *, purse: str = "") -> bool:
        """Let an asset back positions or not; False if it was so already."""
        with self._command() as desk:
            return settings.set_collateral(desk, asset, on, purse)

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

    def addable_margin(self, symbol: str) -> Decimal:
        """Return the most margin that can be added by hand to a position of a symbol."""
        return self._read().withdrawable(self.contract(symbol).asset_key)

    def removable_margin(self, symbol: str, side: PositionSide = PositionSide.BOTH) -> Decimal:
        """Return the most margin that can be removed by hand from a position; 0 if it has none of its own."""
        return removable_margin(self._read(), symbol, side)

    def open_orders(self, symbol: str | None = None, book: Book | None = None) -> tuple[RestingOrder, ...]:
        """Return the waiting orders, oldest first."""
        return tuple(
            order
            for order in self._state.orders.values()
            if symbol in (None, order.symbol) and book in (None, order.book)
        )

    def incomes(self) -> tuple[Income, ...]:
        """Return every movement of a wallet, oldest first."""
        return tuple(self._state.incomes)

    def margin_changes(self, symbol: str | None = None) -> tuple[MarginChange, ...]:
        """Return the margin moved by hand, oldest first."""
        return tuple(change for change in self._state.margin_changes if symbol in (None, change.symbol))

    def snapshot(self) -> LedgerState:
        """Return everything that commands can change, as a value of its own to compare with another."""
        return self._state.copy()

    def _read(self) -> Reading:
        if self._reading is None:
            self._reading = Reading(self.rules, self.contracts, self._state)
        return self._reading

    @contextmanager
    def _command(self) -> Iterator[Desk]:
        """Work on a draft, and keep it only if nothing was refused."""
        desk = Desk(self.rules, self.contracts, self._state.copy(), self._now())
        yield desk
        self._state, self._reading = desk.state, None

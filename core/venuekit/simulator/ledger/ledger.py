"""The ledger: one account of the simulated exchange, with its wallets, positions, orders and settings."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from venuekit.capabilities import AccountMode, AssetMode, MarginType, OrderStatus, PositionMode, PositionSide
from venuekit.simulator.ledger import fills, liquidation, market, orders, positions, settings, wallets
from venuekit.simulator.ledger.balance import BalanceFigures, Totals, balance_figures, total_figures
from venuekit.simulator.ledger.base import LedgerBase, command
from venuekit.simulator.ledger.contract import AssetKey, Contract, max_leverage, max_position
from venuekit.simulator.ledger.events import EventReason
from venuekit.simulator.ledger.histories import LedgerHistories
from venuekit.simulator.ledger.order_values import Book, LedgerOrder, TradeKind
from venuekit.simulator.ledger.orders import find_order
from venuekit.simulator.ledger.path import PricePoint
from venuekit.simulator.ledger.positions import PositionFigures
from venuekit.simulator.ledger.refusal import Reason, Refused
from venuekit.simulator.ledger.state import Alarm, Asset


class PriceCommands(LedgerBase):
    """The command that moves the prices of this account alone, for the market that it shares with others."""

    move_prices = command(market.move_prices)


class ScenarioCommands(PriceCommands):
    """The commands of scenarios: the market, the venue's own actions, and delayed or repeated records."""

    fill = command(fills.fill)
    fill_order = command(orders.fill_order)
    set_depth = command(market.set_depth)
    fund = command(market.fund)
    liquidate = command(liquidation.liquidate_leg)
    deleverage = command(liquidation.deleverage)
    deposit = command(wallets.deposit)
    book = command(wallets.book)
    withdraw = command(wallets.withdraw)
    convert = command(wallets.convert)
    lag = command(market.lag)
    repeat = command(market.repeat)
    hide_order = command(orders.hide_order)

    def set_mark(self, symbol: str, price: Decimal) -> None:
        """
        Move the mark price of a symbol, in every account of the market.

        Triggers conditional orders, fills the resting orders that it crosses, then liquidates positions without margin.
        """
        if self._feed is None:
            self.move_prices({symbol: price})
        else:
            self._feed.set_mark(symbol, price)

    def set_index_price(self, asset: str, price: Decimal, *, purse: str = "") -> None:
        """
        Set the worth of an asset in USD, in every account of the market.

        Liquidates the positions that a pool cannot carry any more.
        """
        if self._feed is None:
            self.move_prices({}, worths={(purse, asset): price})
        else:
            self._feed.set_worth((purse, asset), price)


class Ledger(LedgerHistories, ScenarioCommands):
    """
    One account, pure and synchronous: commands change it or raise ``Refused``, reads return values.

    A refused command changes nothing at all. :meth:`set_mark` alone moves prices, and is the market: it fills the
    orders that it crosses and liquidates the positions whose margin it exhausts.
    """

    # -- orders

    place = command(orders.place)
    test = command(orders.test, keep=False)
    decide = command(orders.decide)
    amend_order = command(orders.amend_order)
    cancel_order = command(orders.cancel_order)
    cancel_orders = command(orders.cancel_orders)
    countdown = command(orders.countdown)
    set_decision_delay = command(orders.set_decision_delay)
    rest_order = command(orders.rest_order)

    # -- margin and settings

    adjust_margin = command(positions.adjust_margin)
    set_leverage = command(settings.set_leverage, EventReason.LEVERAGE)
    set_margin_type = command(settings.set_margin_type, EventReason.MARGIN_TYPE)
    set_position_mode = command(settings.set_position_mode)
    set_asset_mode = command(settings.set_asset_mode)
    set_account_mode = command(settings.set_account_mode)
    set_collateral = command(settings.set_collateral)
    set_fee_asset_use = command(settings.set_fee_asset_use)

    # -- reads of positions, balances and settings

    def position(self, symbol: str, side: PositionSide = PositionSide.BOTH) -> PositionFigures:
        """Return a leg, also a flat one or one that does not exist in the present mode."""
        return positions.position_figures(self._read(), symbol, side)

    def positions(self, *, include_flat: bool = False, venue: str | None = None) -> tuple[PositionFigures, ...]:
        """Return the open legs in the order of the contracts; with ``include_flat`` every leg of the present mode."""
        reading = self._read()
        return tuple(
            positions.position_figures(reading, symbol, side)
            for symbol, contract in self.contracts.items()
            if venue is None or contract.venue == venue
            for side in reading.sides
            if include_flat or reading.leg(symbol, side).quantity
        )

    def balance(self, asset: str, *, purse: str = "") -> BalanceFigures:
        """Return one asset, or refuse an unknown one."""
        reading = self._read()
        return balance_figures(reading, reading.asset(asset, purse).key)

    def asset(self, name: str, *, purse: str = "") -> Asset:
        """Return an asset with its present worth as collateral, or refuse an unknown one."""
        return self._read().asset(name, purse)

    def balances(self, *, purse: str | None = None) -> tuple[BalanceFigures, ...]:
        """Return every known asset, of one purse or of all."""
        keys: list[AssetKey] = [key for key in self._state.assets if purse is None or key[0] == purse]
        return tuple(balance_figures(self._read(), key) for key in keys)

    def totals(self, *, purse: str = "") -> Totals | None:
        """Return the totals of the account; None where they have no valuation asset."""
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

    def index(self, symbol: str) -> Decimal:
        """Return the index price of a symbol; its first mark where nothing tells another."""
        return self._read().symbol(symbol).index

    def marks(self, symbol: str) -> tuple[PricePoint, ...]:
        """Return every mark price of a symbol since the ledger was opened, oldest first; the last one is the mark."""
        return self._read().symbol(symbol).path.points

    def indexes(self, symbol: str) -> tuple[PricePoint, ...]:
        """Return every index price of a symbol since the ledger was opened, oldest first; the last one is the index."""
        return self._read().symbol(symbol).index_path.points

    def depth(self, symbol: str) -> Decimal | None:
        """Return the number of contracts that one match of an order can take; None for any number."""
        return self._read().symbol(symbol).depth

    def margin_type(self, symbol: str | None = None) -> MarginType:
        """Return the margin type of a symbol; without one, the account-wide margin type."""
        return self._state.margin_type if symbol is None else self._read().margin_type(symbol)

    @property
    def position_mode(self) -> PositionMode:
        """The position mode of the account."""
        return self._state.position_mode

    @property
    def account_mode(self) -> AccountMode:
        """The mode of the account as a whole."""
        return self._state.account_mode

    @property
    def asset_mode(self) -> AssetMode:
        """The asset mode of the account."""
        return self._state.asset_mode

    @property
    def pays_fee_asset(self) -> bool:
        """Whether commissions are paid in the fee asset while its wallet suffices."""
        return self._state.pays_fee_asset

    def max_position(self, symbol: str) -> Decimal:
        """Return the largest value allowed at the present leverage, in the settle asset."""
        return max_position(self.contract(symbol).brackets, self.leverage(symbol))

    def max_leverage(self, symbol: str) -> Decimal:
        """Return the highest leverage allowed at the present position and orders."""
        reading = self._read()
        exposure = max(reading.margin(symbol, side).exposure for side in reading.sides)
        return max_leverage(self.contract(symbol).brackets, exposure)

    def removable_margin(self, symbol: str, side: PositionSide = PositionSide.BOTH) -> Decimal:
        """Return the largest amount that can be removed from a position's margin by hand; 0 in cross margin."""
        return positions.removable_margin(self._read(), symbol, side)

    # -- reads of orders

    def order(
        self,
        order_id: str | None = None,
        *,
        client_id: str | None = None,
        symbol: str | None = None,
        book: Book | None = None,
    ) -> LedgerOrder:
        """Return an order, open or not; of a client id the newest. UNKNOWN_ORDER if no visible order matches."""
        order = find_order(reversed(self.orders()), order_id, client_id, symbol, book)
        if order is None:
            raise Refused(Reason.UNKNOWN_ORDER, order_id=order_id, client_id=client_id)
        return order

    def orders(
        self,
        symbol: str | None = None,
        book: Book | None = None,
        *,
        is_open: bool | None = None,
        hidden: bool = False,
    ) -> tuple[LedgerOrder, ...]:
        """
        Return open and ended orders, oldest first; without undecided ones.

        With ``hidden`` also those that no read shows yet: writes to many orders affect them too.
        """
        self.tick()
        state = self._state
        orders = [] if is_open else [*state.finished]
        if is_open is not False:
            orders.extend(order for order in state.orders.values() if order.status is not OrderStatus.PENDING)
        orders = [order for order in orders if symbol in (None, order.symbol) and book in (None, order.book)]
        orders.sort(key=lambda order: int(order.id))
        return tuple(orders) if hidden else self._visible(orders)

    def forced_orders(self, symbol: str | None = None, forced: TradeKind | None = None) -> tuple[LedgerOrder, ...]:
        """Return the venue's own orders on behalf of the account, oldest first."""
        return tuple(order for order in self.orders(symbol) if order.forced and forced in (None, order.forced))

    def open_orders(self, symbol: str | None = None, book: Book | None = None) -> tuple[LedgerOrder, ...]:
        """Return the waiting orders, oldest first."""
        return self.orders(symbol, book, is_open=True)

    def deadline(self, symbol: str | None = None) -> datetime | None:
        """Return the end of a symbol's countdown, or of the account's; None without one."""
        self.tick()
        return self._state.alarms.get((Alarm.COUNTDOWN, symbol or ""))

"""View values: the balances, positions, orders and modes of a view, each with its source and age."""

from __future__ import annotations

from venuekit.capabilities import AssetMode, Balance, OrderKind, Position, PositionMode, PositionSide
from venuekit.live.account_book import AccountBook
from venuekit.live.holdings import Holding
from venuekit.live.live_values import LiveBalance, LiveOrder, LivePosition
from venuekit.live.provenance import Provenance


class ViewValues:
    """The values of a view; :meth:`AccountView.fresh <venuekit.live.AccountView.fresh>` says whether they hold."""

    def __init__(self, book: AccountBook) -> None:
        self._book = book

    def balance(self, asset: str, *, sub_account: str | None = None) -> LiveBalance | None:
        """Return an asset as it is known, None where the account has none."""
        holding = self._book.wallets.get((asset, sub_account))
        return None if holding is None else _live_balance(holding)

    def balances(self) -> tuple[LiveBalance, ...]:
        """Return all assets."""
        return tuple(_live_balance(holding) for holding in self._book.wallets.all())

    def position(
        self,
        symbol: str,
        *,
        side: PositionSide = PositionSide.BOTH,
        position_id: str | None = None,
        sub_account: str | None = None,
    ) -> LivePosition | None:
        """Return a position as it is known, None where none is open; ``side`` is LONG or SHORT in hedge mode."""
        holding = self._book.positions.get((symbol, side, position_id, sub_account))
        return None if holding is None else _live_position(holding)

    def positions(self) -> tuple[LivePosition, ...]:
        """Return all open positions."""
        return tuple(_live_position(holding) for holding in self._book.positions.all())

    def open_order(self, symbol: str, order_id: str, *, kind: OrderKind = OrderKind.PLAIN) -> LiveOrder | None:
        """Return an open order, None where it is not open."""
        return self._book.orders.get((symbol, kind, order_id))

    def open_orders(self, *, symbol: str | None = None) -> tuple[LiveOrder, ...]:
        """Return the open orders of both kinds, of ``symbol`` or of all."""
        orders = self._book.orders.all()
        return tuple(live for live in orders if symbol is None or live.order.symbol == symbol)

    @property
    def position_mode(self) -> tuple[PositionMode, Provenance] | None:
        """The position mode and where it was learnt, None where the account has none."""
        return self._book.modes.position.known

    @property
    def asset_mode(self) -> tuple[AssetMode, Provenance] | None:
        """The asset mode and where it was learnt, None where the account has none."""
        return self._book.modes.asset.known


def _live_balance(holding: Holding[Balance]) -> LiveBalance:
    return LiveBalance(holding.value, holding.held, holding.read, holding.event, holding.doubt)


def _live_position(holding: Holding[Position]) -> LivePosition:
    return LivePosition(holding.value, holding.held, holding.read, holding.event, holding.doubt)

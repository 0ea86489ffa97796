"""The state of a ledger: everything that a command can change, as one comparable value."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import attrs

from venuekit.capabilities import AssetMode, MarginType, PositionMode, PositionSide
from venuekit.simulator.ledger.contract import AssetKey
from venuekit.simulator.ledger.income import Income, MarginChange
from venuekit.simulator.ledger.money import ZERO, exact
from venuekit.simulator.ledger.orders import RestingOrder

__all__ = ["Asset", "Cash", "LedgerState", "Leg", "LegKey", "SymbolState"]

LegKey = tuple[str, PositionSide]


@attrs.frozen
class Asset:
    """
    An asset of an account, and what it is worth as collateral.

    ``index_price`` is in USD; without one the asset is never part of a pool. ``haircut`` is the fraction of it that
    does not count. ``purse`` as in :class:`~venuekit.simulator.ledger.Contract`.
    """

    name: str
    index_price: Decimal | None = None
    haircut: Decimal = ZERO
    is_collateral: bool = True
    purse: str = ""

    @property
    def key(self) -> AssetKey:
        """Purse and name."""
        return self.purse, self.name

    @property
    def price(self) -> Decimal:
        """The index price of an asset that has one; ValueError otherwise."""
        if self.index_price is None:
            raise ValueError(f"{self.name} has no index price")
        return self.index_price

    @exact
    def worth(self, amount: Decimal) -> Decimal:
        """Return what an amount counts for as collateral, in USD: a debt in full, anything else less the haircut."""
        return amount * self.price * (1 - self.haircut if amount > 0 else 1)


@attrs.frozen
class Cash:
    """The cross wallet of one asset, and when it last moved."""

    cross_wallet: Decimal = ZERO
    updated_at: datetime | None = None


@attrs.frozen
class Leg:
    """
    One position: signed contracts, the unrounded mean entry price (0 if flat) and the margin set apart for it.

    ``added_margin`` is the part of ``isolated_wallet`` that was added by hand (negative if removed). Realised profit
    is before fees; the ``total_*`` ones run since the first fill, the others since the position was opened.
    """

    quantity: Decimal = ZERO
    entry: Decimal = ZERO
    isolated_wallet: Decimal = ZERO
    added_margin: Decimal = ZERO
    realized_pnl: Decimal = ZERO
    commission: Decimal = ZERO
    total_realized_pnl: Decimal = ZERO
    total_commission: Decimal = ZERO
    opened_at: datetime | None = None
    updated_at: datetime | None = None
    sequence: int | None = None


@attrs.frozen
class SymbolState:
    """What holds for one symbol; ``margin_type`` is meant only where it is the symbol's own."""

    leverage: Decimal
    margin_type: MarginType
    mark: Decimal


@attrs.define
class LedgerState:
    """
    Everything that a command can change.

    Its parts are frozen, so that :meth:`copy` is cheap and a copy never changes behind its owner's back.
    """

    position_mode: PositionMode
    asset_mode: AssetMode
    margin_type: MarginType
    cash: dict[AssetKey, Cash]
    assets: dict[AssetKey, Asset]
    symbols: dict[str, SymbolState]
    legs: dict[LegKey, Leg] = attrs.field(factory=dict)
    orders: dict[str, RestingOrder] = attrs.field(factory=dict)
    incomes: list[Income] = attrs.field(factory=list)
    margin_changes: list[MarginChange] = attrs.field(factory=list)
    last_id: int = 0
    sequence: int = 0

    def copy(self) -> LedgerState:
        """Return a state that changes on its own."""
        return attrs.evolve(self.still(), incomes=list(self.incomes), margin_changes=list(self.margin_changes))

    def still(self) -> LedgerState:
        """Return the state as it is now for a reading, which never looks at the two logs: they are shared."""
        return attrs.evolve(
            self,
            cash=dict(self.cash),
            assets=dict(self.assets),
            symbols=dict(self.symbols),
            legs=dict(self.legs),
            orders=dict(self.orders),
        )

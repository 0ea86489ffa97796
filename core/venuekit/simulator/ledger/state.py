"""The state of a ledger: everything that a command can change, as one comparable value."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import AccountMode, AssetMode, MarginType, PositionMode, PositionSide
from venuekit.simulator.ledger.contract import AssetKey
from venuekit.simulator.ledger.events import Event
from venuekit.simulator.ledger.log import Log
from venuekit.simulator.ledger.money import ZERO, exact
from venuekit.simulator.ledger.order_values import LedgerOrder
from venuekit.simulator.ledger.path import PricePath
from venuekit.simulator.ledger.records import (
    Execution,
    FundingRate,
    LedgerAmendment,
    LedgerClosedPnl,
    LedgerConversion,
    LedgerIncome,
    LedgerMarginChange,
    LedgerWithdrawal,
    Record,
)

LegKey = tuple[str, PositionSide]


@attrs.frozen
class Asset:
    """
    An asset of an account, with its worth as collateral.

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
        """Return the worth of an amount as collateral, in USD: a debt in full, anything else less the haircut."""
        return amount * self.price * (1 - self.haircut if amount > 0 else 1)


@attrs.frozen
class Cash:
    """The cross wallet of one asset, and the time of its last change."""

    cross_wallet: Decimal = ZERO
    updated_at: datetime | None = None


@attrs.frozen
class Leg:
    """
    One position: signed contracts, the unrounded mean entry price (0 if flat) and the margin set apart for it.

    ``added_margin`` is the part of ``isolated_wallet`` that was added by hand (negative if removed). Realised profit
    is before fees, ``open_fee`` is the cost of opening the part that is still open; the ``total_*`` fields count since
    the first fill, the others since the position was opened.
    """

    quantity: Decimal = ZERO
    entry: Decimal = ZERO
    isolated_wallet: Decimal = ZERO
    added_margin: Decimal = ZERO
    realized_pnl: Decimal = ZERO
    commission: Decimal = ZERO
    open_fee: Decimal = ZERO
    total_realized_pnl: Decimal = ZERO
    total_commission: Decimal = ZERO
    opened_at: datetime | None = None
    updated_at: datetime | None = None
    sequence: int | None = None


@attrs.frozen
class LedgerSymbol:
    """
    The state of one symbol; ``margin_type`` applies only where it is the symbol's own.

    ``path`` ends with the present mark, ``index_path`` with the present index price. ``depth`` is the number of
    contracts that one match can take, None for any number.
    """

    leverage: Decimal
    margin_type: MarginType
    path: PricePath = attrs.field(repr=False)
    index_path: PricePath = attrs.field(repr=False)
    depth: Decimal | None = None

    @property
    def mark(self) -> Decimal:
        """The present mark price."""
        return self.path.last.price

    @property
    def index(self) -> Decimal:
        """The present index price."""
        return self.index_path.last.price


class Alarm(enum.StrEnum):
    """The effects of the clock alone."""

    COUNTDOWN = "countdown"  #: of a symbol, or of the account under no name: its plain orders are canceled
    DECISION = "decision"  #: of an order that was only accepted
    EXPIRY = "expiry"  #: of an order with an expiry


_TABLES = ("cash", "assets", "symbols", "legs", "orders", "alarms", "lags")
_LOGS = (
    *("finished", "executions", "incomes", "margin_changes", "amendments", "closed_pnls"),
    *("withdrawals", "conversions", "fundings", "events"),
)


@attrs.define
class LedgerState:
    """
    Everything that a command can change.

    Its parts are frozen, so that :meth:`copy` is cheap and a copy never changes unexpectedly. ``orders`` are the open
    ones, ``finished`` the others. ``alarms`` are due at a time, for a symbol or order. ``lags`` hides future records of
    a kind from reads for a while; ``hidden_until`` is the time when the last of those becomes visible. ``backdated``:
    income rows were written with a time of their own. ``pays_fee_asset``: commissions are paid in the fee asset of the
    rules while its wallet suffices. ``account_mode`` is for simulated venues to answer by; it changes
    nothing in the ledger's arithmetic.
    """

    account_mode: AccountMode
    position_mode: PositionMode
    asset_mode: AssetMode
    margin_type: MarginType
    cash: dict[AssetKey, Cash]
    assets: dict[AssetKey, Asset]
    symbols: dict[str, LedgerSymbol]
    legs: dict[LegKey, Leg] = attrs.field(factory=dict)
    orders: dict[str, LedgerOrder] = attrs.field(factory=dict)
    alarms: dict[tuple[Alarm, str], datetime] = attrs.field(factory=dict)
    lags: dict[Record, timedelta] = attrs.field(factory=dict)
    decision_delay: timedelta | None = timedelta(0)
    pays_fee_asset: bool = False
    finished: Log[LedgerOrder] = attrs.field(factory=Log)
    executions: Log[Execution] = attrs.field(factory=Log)
    incomes: Log[LedgerIncome] = attrs.field(factory=Log)
    margin_changes: Log[LedgerMarginChange] = attrs.field(factory=Log)
    amendments: Log[LedgerAmendment] = attrs.field(factory=Log)
    closed_pnls: Log[LedgerClosedPnl] = attrs.field(factory=Log)
    withdrawals: Log[LedgerWithdrawal] = attrs.field(factory=Log)
    conversions: Log[LedgerConversion] = attrs.field(factory=Log)
    fundings: Log[FundingRate] = attrs.field(factory=Log)
    events: Log[Event] = attrs.field(factory=Log)
    hidden_until: datetime | None = None
    backdated: bool = False
    last_id: int = 0
    sequence: int = 0

    @property
    def logs(self) -> tuple[Log[Any], ...]:
        """All append-only records."""
        return tuple(getattr(self, name) for name in _LOGS)

    def copy(self) -> LedgerState:
        """Return a copy that changes independently."""
        return attrs.evolve(self.still(), **self._copies(_LOGS))

    def still(self) -> LedgerState:
        """Return a copy of the present state for reads; it shares the logs, which reads never use."""
        return attrs.evolve(self, **self._copies(_TABLES))

    def _copies(self, names: tuple[str, ...]) -> dict[str, Any]:
        return {name: getattr(self, name).copy() for name in names}

"""Events: each change with the state after it; replayed over a first snapshot they give the ledger."""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal

import attrs

from venuekit.capabilities import MarginType, PositionSide, Setting
from venuekit.simulator.ledger.order_values import LedgerOrder
from venuekit.simulator.ledger.records import Execution


class EventReason(enum.StrEnum):
    """The cause of a change of wallets or positions."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    CONVERSION = "conversion"
    ORDER = "order"
    LIQUIDATION = "liquidation"
    FUNDING = "funding"
    MARGIN_TRANSFER = "margin_transfer"
    MARGIN_TYPE = "margin_type"
    LEVERAGE = "leverage"
    ADJUSTMENT = "adjustment"


class OrderChange(enum.StrEnum):
    """The kind of change of an order."""

    NEW = "new"
    TRADE = "trade"
    AMENDMENT = "amendment"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    TRIGGERED = "triggered"
    ACTIVATED = "activated"  #: a trailing stop follows the mark from now on
    CALCULATED = "calculated"  #: a forced trade


@attrs.frozen
class WalletState:
    """One asset after an event; ``change`` is the amount moved, without profit and commission."""

    asset: str
    purse: str
    wallet: Decimal
    cross_wallet: Decimal
    change: Decimal


@attrs.frozen
class LegState:
    """
    One leg after an event: ``quantity`` in contracts, signed; prices None when flat.

    ``realized_pnl`` is before fees, since the first fill.
    """

    symbol: str
    side: PositionSide
    quantity: Decimal
    entry_price: Decimal | None
    isolated_wallet: Decimal
    realized_pnl: Decimal
    unrealized_pnl: Decimal
    margin_type: MarginType
    break_even_price: Decimal | None = None


@attrs.frozen
class AccountEvent:
    """The wallets and legs that one movement changed, in their state after it; ``execution`` is its row if funding."""

    sequence: int
    time: datetime
    reason: EventReason
    symbol: str | None
    balances: tuple[WalletState, ...]
    positions: tuple[LegState, ...]
    execution: Execution | None = None


@attrs.frozen
class OrderEvent:
    """An order after a change, with the fill if the change was one."""

    sequence: int
    time: datetime
    change: OrderChange
    order: LedgerOrder
    execution: Execution | None = None


@attrs.frozen
class SettingEvent:
    """A setting after it changed; ``symbol`` is None where it is the account's."""

    sequence: int
    time: datetime
    setting: Setting
    symbol: str | None
    value: object


Event = AccountEvent | OrderEvent | SettingEvent

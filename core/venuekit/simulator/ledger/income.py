"""Income: one row for each movement of a wallet; and the record of margin added or removed by hand, which is none."""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal

import attrs

from venuekit.capabilities import PositionSide
from venuekit.simulator.ledger.orders import Side

__all__ = ["Execution", "Income", "IncomeKind", "MarginChange"]


class IncomeKind(enum.StrEnum):
    """Why a wallet moved."""

    TRANSFER = "transfer"
    REALIZED_PNL = "realized_pnl"
    COMMISSION = "commission"


@attrs.frozen
class Income:
    """One movement of a wallet: ``amount`` of ``asset``, received > 0, paid < 0, never 0; ids are unique and rise."""

    id: str
    time: datetime
    asset: str
    purse: str
    symbol: str | None
    kind: IncomeKind
    amount: Decimal
    trade_id: str | None = None


@attrs.frozen
class Execution:
    """One fill: ``quantity`` and ``price`` as traded; profit and commission as effects on the account (paid < 0)."""

    trade_id: str
    time: datetime
    symbol: str
    side: Side
    position_side: PositionSide
    quantity: Decimal
    price: Decimal
    realized_pnl: Decimal
    commission: Decimal
    commission_asset: str
    is_maker: bool


@attrs.frozen
class MarginChange:
    """Margin moved by hand between the cross wallet and an isolated position: added > 0, removed < 0."""

    id: str
    time: datetime
    symbol: str
    side: PositionSide
    asset: str
    amount: Decimal

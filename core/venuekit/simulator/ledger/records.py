"""Records beside the income rows: closed profit, withdrawals, conversions."""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal

import attrs

from venuekit.capabilities import OrderType, PositionSide
from venuekit.simulator.ledger.income import TradeKind
from venuekit.simulator.ledger.order_values import Side


class Record(enum.StrEnum):
    """The kinds of records that a scenario can delay."""

    ORDERS = "orders"
    FILLS = "fills"
    INCOMES = "incomes"
    MARGIN_CHANGES = "margin_changes"
    CLOSED_PNLS = "closed_pnls"
    WITHDRAWALS = "withdrawals"
    CONVERSIONS = "conversions"


@attrs.frozen
class LedgerClosedPnl:
    """
    The profit of one closing fill: ``pnl`` after both fees, in the settle asset.

    ``side`` is that of the closing order, ``quantity`` in contracts, values are magnitudes in the settle asset, fees
    are effects on the account (paid < 0); ``open_fee`` is its share of the fees of opening the position.
    """

    id: str
    order_id: str
    time: datetime
    symbol: str
    side: Side
    position_side: PositionSide
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    entry_value: Decimal
    exit_value: Decimal
    open_fee: Decimal
    close_fee: Decimal
    pnl: Decimal
    leverage: Decimal
    order_type: OrderType
    kind: TradeKind
    visible_at: datetime | None = None


@attrs.frozen
class LedgerWithdrawal:
    """Money that left the account for a chain: ``amount`` < 0 without the ``fee`` (<= 0)."""

    id: str
    time: datetime
    asset: str
    purse: str
    amount: Decimal
    fee: Decimal
    chain: str | None
    address: str | None
    tx_id: str | None
    status: str
    visible_at: datetime | None = None


@attrs.frozen
class LedgerConversion:
    """One asset converted into another: both amounts are magnitudes, ``rate`` is the amount of ``to`` per ``from``."""

    id: str
    time: datetime
    from_asset: str
    from_amount: Decimal
    to_asset: str
    to_amount: Decimal
    rate: Decimal
    purse: str
    visible_at: datetime | None = None

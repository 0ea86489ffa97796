"""Records: one row for each movement of a wallet, each trade, closed profit, margin change, withdrawal, conversion."""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal

import attrs

from venuekit.capabilities import IncomeKind, OrderType, PositionSide
from venuekit.simulator.ledger.money import ZERO
from venuekit.simulator.ledger.order_values import Side, TradeKind


class Record(enum.StrEnum):
    """The kinds of records that a scenario can delay."""

    ORDERS = "orders"
    FILLS = "fills"
    INCOMES = "incomes"
    MARGIN_CHANGES = "margin_changes"
    AMENDMENTS = "amendments"
    CLOSED_PNLS = "closed_pnls"
    WITHDRAWALS = "withdrawals"
    CONVERSIONS = "conversions"


@attrs.frozen
class LedgerIncome:
    """
    One movement of a wallet: ``amount`` of ``asset``, received > 0, paid < 0, never 0; ids are unique and rise.

    ``balance_after`` is the wallet, isolated margin included, when the row was written. ``rate`` is the fraction by
    which a commission or funding was computed. Rows of one trade share its ``trade_id``. Reads show the row from
    ``visible_at`` on.
    """

    id: str
    time: datetime
    asset: str
    purse: str
    symbol: str | None
    kind: IncomeKind
    amount: Decimal
    trade_id: str | None = None
    order_id: str | None = None
    balance_after: Decimal = ZERO
    rate: Decimal | None = None
    info: str | None = None
    visible_at: datetime | None = None


@attrs.frozen
class FundingRate:
    """One funding of a symbol, also without a position: the rate that longs paid, and the mark at that time."""

    symbol: str
    time: datetime
    rate: Decimal
    mark: Decimal


@attrs.frozen
class Execution:
    """
    One fill: ``quantity`` and ``price`` as traded; profit and commission as effects on the account (paid < 0).

    ``value`` is its worth in the settle asset, ``closed_quantity`` the part that closed a position. ``sequence`` rises
    from one to the next; a leg has that of its last fill. Of a FUNDING execution, ``commission`` is the funding,
    ``fee_rate`` its rate, and there is no order.
    """

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
    order_id: str | None = None
    client_id: str | None = None
    value: Decimal = ZERO
    fee_rate: Decimal = ZERO
    kind: TradeKind = TradeKind.TRADE
    closed_quantity: Decimal = ZERO
    visible_at: datetime | None = None
    sequence: int = 0


@attrs.frozen
class LedgerMarginChange:
    """Margin moved by hand between the cross wallet and an isolated position: added > 0, removed < 0."""

    id: str
    time: datetime
    symbol: str
    side: PositionSide
    asset: str
    amount: Decimal
    visible_at: datetime | None = None


@attrs.frozen
class LedgerAmendment:
    """
    One change of a waiting order: its price and its whole quantity in contracts, before and after.

    ``price`` is None for an order without one, ``count`` numbers the amendments of an order from 1, ``note`` is the
    caller's own mark.
    """

    id: str
    time: datetime
    symbol: str
    order_id: str
    client_id: str | None
    price_before: Decimal | None
    price_after: Decimal | None
    quantity_before: Decimal
    quantity_after: Decimal
    count: int
    note: str | None = None
    visible_at: datetime | None = None


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

"""Histories: the downloadable ones, and their capabilities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs

from venuekit.capabilities import (
    ClosedPnl,
    ClosedPnlReader,
    Conversion,
    ConversionReader,
    Fill,
    FillReader,
    Income,
    IncomeReader,
    Order,
    OrderReader,
    Withdrawal,
    WithdrawalReader,
)

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.capabilities import Pager


@attrs.frozen
class Download:
    """One kind of history: its items, an item's time, and the method that walks them, with its filters."""

    shape: type[attrs.AttrsInstance]
    time: Callable[[Any], datetime | None]
    walk: Callable[[Account], Callable[..., Pager[Any]]]


HISTORIES: Mapping[str, Download] = {
    "income": Download(Income, lambda item: item.time, lambda account: IncomeReader.of(account).iter_income),
    "pnl": Download(
        ClosedPnl, lambda item: item.closed_at, lambda account: ClosedPnlReader.of(account).iter_closed_pnl
    ),
    "fills": Download(Fill, lambda item: item.time, lambda account: FillReader.of(account).iter_fills),
    "orders": Download(Order, lambda item: item.created_at, lambda account: OrderReader.of(account).iter_orders),
    "withdrawals": Download(
        Withdrawal, lambda item: item.created_at, lambda account: WithdrawalReader.of(account).iter_withdrawals
    ),
    "conversions": Download(
        Conversion, lambda item: item.time, lambda account: ConversionReader.of(account).iter_conversions
    ),
}

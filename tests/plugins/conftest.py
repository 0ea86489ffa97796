"""Fixtures of tests about several venues."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest

import venuekit_binance_common.orders.history as binance_fills
import venuekit_binance_common.orders.history as binance_orders
import venuekit_bybit_inverse.income as bybit_income
import venuekit_bybit_inverse.order_history as bybit_orders
from venuekit_binance_coinm.account import BinanceCoinmAccount
from venuekit_binance_usdm.account import BinanceUsdmAccount


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let a page of each history hold a few rows."""
    histories = [
        (BinanceUsdmAccount, "INCOME_HISTORY"),
        (BinanceCoinmAccount, "INCOME_HISTORY"),
        (bybit_income, "_LOG"),
        (bybit_orders, "_EXECUTIONS"),
        (bybit_orders, "_ORDERS"),
    ]

    def shorten(rows: int) -> None:
        for owner, name in histories:
            monkeypatch.setattr(owner, name, attrs.evolve(getattr(owner, name), limit=rows))
        for module in (binance_orders, binance_fills):
            monkeypatch.setattr(module, "_PAGE_SIZE", rows)

    return shorten

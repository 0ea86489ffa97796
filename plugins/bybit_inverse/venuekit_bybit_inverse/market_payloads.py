"""Bybit's answers about its market as rows: instruments, risk limits and the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import attrs

from venuekit.plugin import WireRow, payload_decoder
from venuekit_bybit_inverse.wire import PAGE, Page, names

T = TypeVar("T")


@attrs.frozen(eq=False, repr=False)
class RiskLimitRow(WireRow):
    """Row of ``GET /v5/market/risk-limit``; rates are fractions, ``mm_deduction`` is empty on the first tier."""

    id: int
    symbol: str
    risk_limit_value: Decimal
    maintenance_margin: Decimal
    initial_margin: Decimal
    max_leverage: Decimal
    mm_deduction: Decimal | None = None


@attrs.frozen(eq=False, repr=False)
class _RiskLimitPage(WireRow):
    """A page of risk limits."""

    rows: tuple[RiskLimitRow, ...]
    cursor: str | None = None


@attrs.frozen(eq=False, repr=False)
class LeverageFilter(WireRow):
    """The leverages an instrument takes."""

    min_leverage: Decimal | None = None
    max_leverage: Decimal | None = None
    leverage_step: Decimal | None = None


@attrs.frozen(eq=False, repr=False)
class PriceFilter(WireRow):
    """The prices an instrument takes."""

    min_price: Decimal | None = None
    max_price: Decimal | None = None
    tick_size: Decimal | None = None


@attrs.frozen(eq=False, repr=False)
class LotSizeFilter(WireRow):
    """The quantities an instrument takes."""

    min_order_qty: Decimal | None = None
    max_order_qty: Decimal | None = None
    max_mkt_order_qty: Decimal | None = None
    qty_step: Decimal | None = None
    min_notional_value: Decimal | None = None


@attrs.frozen(eq=False, repr=False)
class InstrumentRow(WireRow):
    """Row of ``GET /v5/market/instruments-info``."""

    symbol: str
    base_coin: str
    quote_coin: str
    settle_coin: str
    contract_type: str = ""
    status: str = "unknown"
    launch_time: datetime | None = None
    delivery_time: datetime | None = None
    funding_interval: int | None = None
    leverage_filter: LeverageFilter = LeverageFilter()
    price_filter: PriceFilter = PriceFilter()
    lot_size_filter: LotSizeFilter = LotSizeFilter()


@attrs.frozen(eq=False, repr=False)
class _InstrumentPage(WireRow):
    """A page of instruments."""

    rows: tuple[InstrumentRow, ...]
    cursor: str | None = None


@attrs.frozen(eq=False, repr=False)
class _ServerTime(WireRow):
    time: datetime


_RENAMES: Mapping[type, Mapping[str, str]] = {
    **{kind: names(kind) for kind in (RiskLimitRow, LeverageFilter, PriceFilter, LotSizeFilter, InstrumentRow)},
    **dict.fromkeys((_RiskLimitPage, _InstrumentPage), PAGE),
}


def _decoder(shape: type[T], *within: str | int) -> Callable[[bytes], T]:
    return payload_decoder(shape, renames=_RENAMES, within=within)


decode_risk_limits: Callable[[bytes], Page[RiskLimitRow]] = _decoder(_RiskLimitPage, "result")
decode_instruments: Callable[[bytes], Page[InstrumentRow]] = _decoder(_InstrumentPage, "result")
_decode_time = _decoder(_ServerTime)


def decode_server_time(body: bytes) -> datetime:
    """Return the venue's time, which every envelope carries in milliseconds."""
    return _decode_time(body).time

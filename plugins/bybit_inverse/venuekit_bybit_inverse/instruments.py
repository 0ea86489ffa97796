"""Instruments, their prices, brackets and commission rates, and the venue's time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any

import attrs

from venuekit.capabilities import (
    Bracket,
    BracketReader,
    CommissionRate,
    CommissionReader,
    Instrument,
    InstrumentKind,
    InstrumentReader,
    InstrumentStatus,
    Price,
    PriceReader,
    ServerTimeReader,
    Unit,
)
from venuekit.parts.listing import add_hint, recall, remember_symbols, unlisted_error
from venuekit.parts.prices import name_symbols, read_prices
from venuekit.plugin import Account, InvalidRequest, nonzero
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.endpoints.market import InstrumentRow
from venuekit_bybit_inverse.reading import read_pages
from venuekit_bybit_inverse.wire import CONTRACT_SIZE

_PAGE_SIZE = 1000
#: open orders of one symbol: documented, and in no row
_OPEN_AT_MOST, _CONDITIONAL_AT_MOST = 500, 10
#: in minutes: funding that is further apart is none
_YEAR = 525_600
#: the kind of a contract by its type, whatever its other fields say
_KINDS = {"Perpetual": InstrumentKind.PERPETUAL, "Futures": InstrumentKind.DELIVERY}
#: the identity of a row of risk limits
TIER: Callable[[Bracket], tuple[object, ...]] = attrgetter("symbol", "tier")
_STATUSES = {"Trading": InstrumentStatus.TRADING}


class BybitInstruments(Account, InstrumentReader, ServerTimeReader):
    """The tradable contracts, and the venue's clock; needs no key."""

    __slots__ = ()

    async def get_instruments(self, *, symbol: str | None = None) -> tuple[Instrument, ...]:
        """Return every inverse instrument, or the one of ``symbol``."""
        found = await read_pages(
            self, BYBIT.INSTRUMENTS, attrgetter("symbol"), category=CATEGORY, symbol=symbol, limit=_PAGE_SIZE
        )
        if symbol is not None and not found.rows:
            raise unknown_symbol_error(self, symbol)
        instruments = tuple(_instrument(row, raw) for row, raw in zip(found.rows, found.raw, strict=True))
        if symbol is None:
            remember_symbols(self, instruments)
        return instruments

    async def get_server_time(self) -> datetime:
        """Return the venue's clock."""
        return await self.call(BYBIT.SERVER_TIME)


async def all_settle_coins(account: Account) -> frozenset[str]:
    """Return every coin that a listed contract settles in; the list is read once."""
    return frozenset((await settle_by_symbol(account)).values())


async def settle_by_symbol(account: Account) -> dict[str, str]:
    """Return the coin that each listed contract settles in; the list is read once."""
    page = await account.read_once(BYBIT.INSTRUMENTS, category=CATEGORY, limit=_PAGE_SIZE)
    return {row.symbol: row.settle_coin for row in page.rows}


async def refresh_list(account: Account, symbol: str) -> None:
    """Read the list of contracts again for a symbol that was not in it, unless that was done just now."""
    await account.refresh(BYBIT.INSTRUMENTS, (symbol, "stream"), category=CATEGORY, limit=_PAGE_SIZE)


async def settle_coins(account: Account, symbols: frozenset[str]) -> dict[str, str]:
    """
    Return the coin each symbol settles in; an unlisted symbol is left out.

    The list is read once; a symbol that is not in it (listed since) is asked for by itself.
    """
    listed = await _rows_by_symbol(account, symbols, expired=True)
    return {symbol: row.settle_coin for symbol, row in listed.items()}


async def instrument_row(account: Account, symbol: str) -> InstrumentRow:
    """
    Return the row of a symbol, read once.

    Raises:
        InvalidRequest: the venue lists no such symbol.
    """
    row = (await _rows_by_symbol(account, frozenset({symbol}))).get(symbol)
    if row is None:
        raise unknown_symbol_error(account, symbol)
    return row


def unknown_symbol_error(account: Account, symbol: str) -> InvalidRequest:
    """Return the error for a symbol that the venue does not list, with the one that was perhaps meant."""
    return unlisted_error(account, "the venue lists no such contract", symbol, _recall_instruments(account))


def _recall_instruments(account: Account) -> tuple[Instrument, ...]:
    """Return the contracts that the account has read before, none where it has not."""
    page = recall(account, BYBIT.INSTRUMENTS, category=CATEGORY, limit=_PAGE_SIZE)
    return () if page is None else tuple(_instrument(row, None) for row in page.rows)


async def refresh_row(account: Account, symbol: str) -> InstrumentRow:
    """Do as :func:`instrument_row`, with the instruments read again unless that was done just now for this symbol."""
    reason = (symbol, "steps")
    page = await account.refresh(BYBIT.INSTRUMENTS, reason, category=CATEGORY, limit=_PAGE_SIZE)
    if symbol not in {row.symbol for row in page.rows}:
        page = await account.refresh(BYBIT.INSTRUMENTS, reason, category=CATEGORY, symbol=symbol)
    for row in page.rows:
        if row.symbol == symbol:
            return row
    raise unknown_symbol_error(account, symbol)


async def _rows_by_symbol(
    account: Account, symbols: frozenset[str], *, expired: bool = False
) -> dict[str, InstrumentRow]:
    """Return rows by symbol; with ``expired`` contracts that the venue no longer knows are left out."""
    page = await account.read_once(BYBIT.INSTRUMENTS, category=CATEGORY, limit=_PAGE_SIZE)
    listed = {row.symbol: row for row in page.rows}
    for symbol in symbols - listed.keys():
        try:
            alone = await account.read_once(BYBIT.INSTRUMENTS, category=CATEGORY, symbol=symbol)
            if not alone.rows:  # it may have been listed since
                alone = await account.refresh(BYBIT.INSTRUMENTS, symbol, category=CATEGORY, symbol=symbol)
        except InvalidRequest as refused:
            if expired:
                continue
            add_hint(refused, (_instrument(row, None) for row in page.rows))
            raise
        listed |= {row.symbol: row for row in alone.rows}
    return listed


def _kind_of(word: str) -> InstrumentKind:
    """Return the kind that a contract's type says; one that says neither keeps its word."""
    return next((kind for part, kind in _KINDS.items() if part in word), InstrumentKind(word or "unknown"))


def _instrument(row: InstrumentRow, raw: Any) -> Instrument:
    minutes = row.funding_interval if row.funding_interval and 0 < row.funding_interval <= _YEAR else None
    kind = _kind_of(row.contract_type)
    return Instrument(
        symbol=row.symbol,
        pair=row.base_coin + row.quote_coin,
        base=row.base_coin,
        quote=row.quote_coin,
        settle=row.settle_coin,
        kind=kind,
        is_inverse=True,
        contract_size=CONTRACT_SIZE,
        contract_unit=Unit.QUOTE,
        status=_STATUSES.get(row.status) or InstrumentStatus(row.status),
        listed_at=row.launch_time,
        price_tick=row.price_filter.tick_size,
        min_price=row.price_filter.min_price,
        max_price=row.price_filter.max_price,
        quantity_step=row.lot_size_filter.qty_step,
        min_quantity=row.lot_size_filter.min_order_qty,
        max_quantity=row.lot_size_filter.max_order_qty,
        max_market_quantity=row.lot_size_filter.max_mkt_order_qty,
        min_notional=nonzero(row.lot_size_filter.min_notional_value),
        max_open_orders=_OPEN_AT_MOST,
        max_conditional_orders=_CONDITIONAL_AT_MOST,
        leverage_min=row.leverage_filter.min_leverage,
        leverage_max=row.leverage_filter.max_leverage,
        leverage_step=row.leverage_filter.leverage_step,
        expires_at=None if kind is InstrumentKind.PERPETUAL else row.delivery_time,
        funding_interval=timedelta(minutes=minutes) if minutes else None,
        raw=raw,
    )


class BybitPrices(Account, PriceReader):
    """Read the prices of contracts; needs no key."""

    __slots__ = ()

    async def get_prices(self, symbols: str | Iterable[str] | None = None) -> Mapping[str, Price]:
        """Return the prices by symbol, all by one request."""
        names = name_symbols(symbols)
        if names == ():
            return {}
        try:
            prices = await read_prices(self, BYBIT.TICKERS, names, category=CATEGORY)
        except InvalidRequest as refused:
            if names is not None and refused.subject in names:
                add_hint(refused, _recall_instruments(self))
            raise
        for symbol in names or ():
            if symbol not in prices:
                raise unknown_symbol_error(self, symbol)
        return {symbol: prices[symbol] for symbol in names or prices}


class BybitFees(Account, CommissionReader):
    """Read commission rates."""

    __slots__ = ()

    async def get_commission_rate(self, symbol: str) -> CommissionRate:
        """Return the maker and taker rate of a symbol; the venue names none for retail price improvement."""
        for rate in await self.call(BYBIT.FEE_RATE, category=CATEGORY, symbol=symbol):
            if rate.symbol == symbol:
                return rate
        raise unknown_symbol_error(self, symbol)


class BybitBrackets(Account, BracketReader):
    """Read risk limits; needs no key."""

    __slots__ = ()

    async def get_brackets(self, *, symbol: str | None = None, pair: str | None = None) -> tuple[Bracket, ...]:
        """Return the tiers of one symbol, or of all; each begins where the one before it ends."""
        if pair is not None:
            raise self.refuse("this venue has no filter by pair", subject=pair)
        found = await read_pages(self, BYBIT.RISK_LIMITS, TIER, category=CATEGORY, symbol=symbol)
        tiers = sorted(zip(found.rows, found.raw, strict=True), key=lambda tier: (tier[0].symbol, tier[0].tier))
        return tuple(
            bracket for _, of_symbol in groupby(tiers, lambda tier: tier[0].symbol) for bracket in _brackets(of_symbol)
        )


def _brackets(tiers: Iterable[tuple[Bracket, Mapping[str, Any] | None]]) -> Iterable[Bracket]:
    """Give the brackets of one symbol, lowest tier first."""
    floor = Decimal(0)
    for tier, raw in tiers:
        # Printed empty on the first tier, where nothing can be deducted.
        deduction = Decimal(0) if tier.deduction is None and not floor else tier.deduction
        yield attrs.evolve(tier, floor=floor, deduction=deduction, raw=raw)
        floor = tier.cap

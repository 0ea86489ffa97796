"""Instruments, mark prices and commission rates, and the venue's time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

import attrs

from venuekit.capabilities import (
    CommissionRate,
    CommissionReader,
    Instrument,
    InstrumentKind,
    InstrumentReader,
    InstrumentStatus,
    MarkPrice,
    MarkPriceReader,
    ServerTimeReader,
    Unit,
)
from venuekit.plugin import Account, Endpoint, InvalidRequest, Outcome, payload_decoder
from venuekit_binance_common.payloads import FilterRow, InstrumentRow, camel_names, one_or_many
from venuekit_binance_common.product import ProductEndpoints

#: the kind of a contract by its type, whatever its other fields say: TRADIFI_PERPETUAL, CURRENT_QUARTER DELIVERING
_PERPETUAL = "PERPETUAL"
_DELIVERIES = ("QUARTER", "MONTH", "WEEK")
#: the delivery date of a contract that is never delivered
_NEVER = datetime(2100, 12, 25, 8, tzinfo=UTC)
_ONE = Decimal(1)
_STATUSES = {"TRADING": InstrumentStatus.TRADING}
_LEVERAGE_STEP = Decimal(1)


class BinanceServerTime(Account, ServerTimeReader):
    """The venue's clock."""

    __slots__ = ()

    endpoints: ClassVar[ProductEndpoints]

    async def get_server_time(self) -> datetime:
        """Return the venue's clock as an aware UTC datetime; weight 1."""
        return await self.call(self.endpoints.SERVER_TIME)


class BinanceInstruments(Account, InstrumentReader):
    """The venue returns all instruments at once; one symbol is picked out here."""

    __slots__ = ()

    endpoints: ClassVar[ProductEndpoints]

    async def get_instruments(self, *, symbol: str | None = None) -> tuple[Instrument, ...]:
        """Return every instrument the venue lists, or the one of ``symbol``; weight 1."""
        answer = await self.answer_rows(self.endpoints.EXCHANGE_INFO)
        raws: list[Any] = [None] * len(answer.value) if answer.raw is None else answer.raw["symbols"]
        instruments = tuple(
            _instrument(row, raw)
            for row, raw in zip(answer.value, raws, strict=True)
            if symbol is None or row.symbol == symbol
        )
        if symbol is not None and not instruments:
            raise unknown_symbol_error(self, self.endpoints.EXCHANGE_INFO, symbol)
        return instruments


def unknown_symbol_error(account: Account, endpoint: Endpoint[Any], symbol: str) -> InvalidRequest:
    """Return the error for a symbol that a read of all symbols does not list: the venue was not asked for it."""
    words = f"{endpoint.path} lists no such symbol"
    return account.make_error(InvalidRequest, words, subject=symbol, outcome=Outcome.NOT_APPLIED)


def _kind_of(word: str) -> InstrumentKind:
    """Return the kind that a contract's type says; one that says neither keeps its word."""
    if _PERPETUAL in word:
        return InstrumentKind.PERPETUAL
    if any(part in word for part in _DELIVERIES):
        return InstrumentKind.DELIVERY
    return InstrumentKind(word or "unknown")


def _instrument(row: InstrumentRow, raw: Mapping[str, Any] | None) -> Instrument:
    filters = {each.filter_type: each for each in row.filters}
    nothing = FilterRow("")
    price = filters.get("PRICE_FILTER", nothing)
    lot = filters.get("LOT_SIZE", nothing)
    market_lot = filters.get("MARKET_LOT_SIZE", nothing)
    kind = _kind_of(row.contract_type)
    is_inverse = row.margin_asset == row.base_asset
    return Instrument(
        symbol=row.symbol,
        pair=row.pair,
        base=row.base_asset,
        quote=row.quote_asset,
        settle=row.margin_asset,
        kind=kind,
        is_inverse=is_inverse,
        # contracts of some of the quote asset each have a size of their own: none is made up
        contract_size=row.contract_size if is_inverse or row.contract_size is not None else _ONE,
        contract_unit=Unit.QUOTE if is_inverse else Unit.BASE,
        status=_STATUSES.get(row.status) or InstrumentStatus(row.status or "unknown"),
        listed_at=row.onboard_date,
        price_tick=price.tick_size,
        min_price=price.min_price,
        max_price=price.max_price,
        quantity_step=lot.step_size,
        min_quantity=lot.min_qty,
        max_quantity=lot.max_qty,
        max_market_quantity=market_lot.max_qty,
        min_notional=filters.get("MIN_NOTIONAL", nothing).notional,
        leverage_min=Decimal(1),
        leverage_max=None,  # the brackets decide
        leverage_step=_LEVERAGE_STEP,
        expires_at=None if kind is InstrumentKind.PERPETUAL or row.delivery_date == _NEVER else row.delivery_date,
        funding_interval=None,
        raw=raw,
    )


@attrs.frozen
class MarkPriceRow:
    """Funding is empty where the contract expires."""

    symbol: str
    mark_price: Decimal
    index_price: Decimal | None = None
    last_funding_rate: Decimal | None = None
    next_funding_time: datetime | None = None
    time: datetime | None = None


decode_mark_prices = one_or_many(payload_decoder(tuple[MarkPriceRow, ...], renames=camel_names(MarkPriceRow)))


class BinanceMarkPrice(Account, MarkPriceReader):
    """Public; one symbol at a time."""

    __slots__ = ()

    endpoints: ClassVar[ProductEndpoints]

    async def get_mark_price(self, symbol: str) -> MarkPrice:
        """Return the mark price of a symbol, and its funding where there is any."""
        for row in await self.call(self.endpoints.MARK_PRICE, symbol=symbol):
            if row.symbol == symbol:
                next_at = row.next_funding_time
                rate = None if next_at is None else row.last_funding_rate
                return MarkPrice(row.symbol, row.mark_price, row.index_price, rate, next_at, row.time)
        raise unknown_symbol_error(self, self.endpoints.MARK_PRICE, symbol)


@attrs.frozen
class CommissionRow:
    """Fractions: 0.0004 is 0.04 %; only one of the products has a rate for retail price improvement orders."""

    symbol: str
    maker_commission_rate: Decimal
    taker_commission_rate: Decimal
    rpi_commission_rate: Decimal | None = None


decode_commission = payload_decoder(CommissionRow, renames=camel_names(CommissionRow))


class BinanceFees(Account, CommissionReader):
    """The rates that hold for this account."""

    __slots__ = ()

    endpoints: ClassVar[ProductEndpoints]

    async def get_commission_rate(self, symbol: str) -> CommissionRate:
        """Return the rates of a symbol; weight 20."""
        row = await self.call(self.endpoints.COMMISSION, symbol=symbol)
        return CommissionRate(row.symbol, row.maker_commission_rate, row.taker_commission_rate, row.rpi_commission_rate)

"""Facts about symbols: instruments, brackets, fees, places in the queue of auto-deleveraging; the time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import attrs

from venuekit.capabilities import (
    AdlQuantile,
    AdlReader,
    Bracket,
    BracketReader,
    CommissionRate,
    CommissionReader,
    Instrument,
    InstrumentKind,
    InstrumentReader,
    InstrumentStatus,
    PositionSide,
    ServerTimeReader,
    Unit,
)
from venuekit.parts.listing import recall, remember_symbols, unlisted_error
from venuekit.plugin import Account, Answer, Endpoint, InvalidRequest, payload_decoder
from venuekit_binance_common.payloads import BracketRow, BracketsRow, FilterRow, InstrumentRow, camel_names, one_or_many

if TYPE_CHECKING:
    from venuekit_binance_common.endpoints import BinanceEndpoints

#: the kind of a contract by its type, whatever its other fields say: TRADIFI_PERPETUAL, CURRENT_QUARTER DELIVERING
_PERPETUAL = "PERPETUAL"
_DELIVERIES = ("QUARTER", "MONTH", "WEEK")
#: the delivery date of a contract that is never delivered
_NEVER = datetime(2100, 12, 25, 8, tzinfo=UTC)
_ONE = Decimal(1)
_STATUSES = {"TRADING": InstrumentStatus.TRADING}
_LEVERAGE_STEP = Decimal(1)


@attrs.frozen
class CommissionRow:
    """Fractions: 0.0004 is 0.04 %; only one of the products has a rate for retail price improvement orders."""

    symbol: str
    maker_commission_rate: Decimal
    taker_commission_rate: Decimal
    rpi_commission_rate: Decimal | None = None


decode_commission = payload_decoder(CommissionRow, renames=camel_names(CommissionRow))


#: ranks count from 0 up to here
ADL_TOP = 4


@attrs.frozen
class _Ranks:
    """Ranks by side; ``HEDGE`` replaces ``BOTH`` as a mere marker, and is left out."""

    long: int | None = None
    short: int | None = None
    both: int | None = None


@attrs.frozen
class AdlRow:
    """The ranks of one symbol."""

    symbol: str
    adl_quantile: _Ranks


_NAMES = {**camel_names(AdlRow), _Ranks: {"long": "LONG", "short": "SHORT", "both": "BOTH"}}
decode_adl = one_or_many(payload_decoder(tuple[AdlRow, ...], renames=_NAMES))


def contracts_endpoint(
    exchange_info: Endpoint[tuple[InstrumentRow, ...]],
) -> Endpoint[Mapping[str, InstrumentRow]]:
    """Return the same read, made into a mapping by symbol: remembered rows are looked up and not searched."""

    def decode_by_symbol(body: bytes) -> Mapping[str, InstrumentRow]:
        return {row.symbol: row for row in exchange_info.decode(body)}

    endpoint: Endpoint[Any] = exchange_info
    return attrs.evolve(endpoint, decode=decode_by_symbol)


class BinanceContracts(Account):
    """Instruments are remembered per venue and environment, and read again when an unknown symbol is held."""

    __slots__ = ()

    CONTRACTS: ClassVar[Endpoint[Mapping[str, InstrumentRow]]]

    async def _contract(self, symbol: str) -> InstrumentRow | None:
        """Return the contract that a caller names, None when the venue lists none of this name."""
        found = (await self.read_once(self.CONTRACTS)).get(symbol)
        if found is None:  # it may have been listed since
            found = (await self.refresh(self.CONTRACTS, symbol)).get(symbol)
        return found

    async def _contracts_of(self, symbols: Collection[str]) -> Mapping[str, InstrumentRow]:
        """Return the contracts by symbol, read again when one that the venue itself named is not among them."""
        if not symbols:
            return {}
        contracts = await self.read_once(self.CONTRACTS)
        unlisted = frozenset(set(symbols) - contracts.keys())
        return await self.refresh(self.CONTRACTS, unlisted) if unlisted else contracts


class BinanceMarket(Account, ServerTimeReader, InstrumentReader, BracketReader, CommissionReader, AdlReader):
    """Facts about symbols, as every product has them."""

    __slots__ = ()

    endpoints: ClassVar[BinanceEndpoints]
    #: the unit of the caps and floors of brackets
    BRACKET_UNIT: ClassVar[Unit]

    async def get_server_time(self) -> datetime:
        """Return the venue's clock as an aware UTC datetime; weight 1."""
        return await self.call(self.endpoints.SERVER_TIME)

    async def get_instruments(self, *, symbol: str | None = None) -> tuple[Instrument, ...]:
        """Return every instrument the venue lists, or the one of ``symbol``, picked out here; weight 1."""
        answer = await self.answer_rows(self.endpoints.EXCHANGE_INFO)
        raws: list[Any] = [None] * len(answer.value) if answer.raw is None else answer.raw["symbols"]
        instruments = tuple(
            _instrument(row, raw)
            for row, raw in zip(answer.value, raws, strict=True)
            if symbol is None or row.symbol == symbol
        )
        if symbol is None:
            remember_symbols(self, instruments)
        elif not instruments:
            raise unknown_symbol_error(self, self.endpoints.EXCHANGE_INFO, symbol, answer.value)
        return instruments

    async def get_brackets(self, *, symbol: str | None = None, pair: str | None = None) -> tuple[Bracket, ...]:
        """Return one flat tuple, ordered by symbol, then tier; there are no brackets of pairs."""
        if pair is not None:
            raise self.refuse("brackets belong to symbols here, not to pairs", subject=pair)
        return brackets_of(await self.answer_rows(self.endpoints.BRACKETS, symbol=symbol), "symbol", self.BRACKET_UNIT)

    async def get_commission_rate(self, symbol: str) -> CommissionRate:
        """Return the rates that hold for this account and a symbol; weight 20."""
        row = await self.call(self.endpoints.COMMISSION, symbol=symbol)
        return CommissionRate(row.symbol, row.maker_commission_rate, row.taker_commission_rate, row.rpi_commission_rate)

    async def get_adl_quantiles(self, *, symbol: str | None = None) -> tuple[AdlQuantile, ...]:
        """Return the rank from 0 to 4 of each leg that the venue lists, renewed every 30 seconds; weight 5."""
        answer = await self.answer_rows(self.endpoints.ADL, symbol=symbol)
        return tuple(
            AdlQuantile(row.symbol, side, rank, ADL_TOP)
            for row in answer.value
            for side, rank in (
                (PositionSide.BOTH, row.adl_quantile.both),
                (PositionSide.LONG, row.adl_quantile.long),
                (PositionSide.SHORT, row.adl_quantile.short),
            )
            if rank is not None
        )


def unknown_symbol_error(
    account: Account, endpoint: Endpoint[Any], symbol: str, listed: Iterable[InstrumentRow] = ()
) -> InvalidRequest:
    """
    Return the error for a symbol that a read of all symbols does not list: the venue was not asked for it.

    The symbol that was perhaps meant is one of ``listed``, or of the contracts that the account has read before.
    """
    instruments = tuple(_instrument(row, None) for row in listed) or recall_instruments(account)
    return unlisted_error(account, f"{endpoint.path} lists no such symbol", symbol, instruments)


def recall_instruments(account: Account) -> tuple[Instrument, ...]:
    """Return the contracts that the account has read before, none where it has not."""
    known = recall(account, account.CONTRACTS) if isinstance(account, BinanceContracts) else None
    return tuple(_instrument(row, None) for row in (known or {}).values())


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
    percent = filters.get("PERCENT_PRICE", nothing)
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
        max_price_ratio=percent.multiplier_up,
        min_price_ratio=percent.multiplier_down,
        max_open_orders=filters.get("MAX_NUM_ORDERS", nothing).limit,
        max_conditional_orders=filters.get("MAX_NUM_ALGO_ORDERS", nothing).limit,
        leverage_min=Decimal(1),
        leverage_max=None,  # the brackets decide
        leverage_step=_LEVERAGE_STEP,
        expires_at=None if kind is InstrumentKind.PERPETUAL or row.delivery_date == _NEVER else row.delivery_date,
        funding_interval=None,
        raw=raw,
    )


def brackets_of(
    answer: Answer[tuple[BracketsRow, ...]], named: Literal["symbol", "pair"], unit: Unit
) -> tuple[Bracket, ...]:
    """Return the tiers of an answer as one flat tuple; ``named`` gives the subject of its rows."""
    raws = _raw_tiers(answer.raw, named)
    brackets = [
        _bracket(row, tier, named, unit, None if raws is None else raws[(row.name, tier.bracket)])
        for row in answer.value
        for tier in row.brackets
    ]
    return tuple(sorted(brackets, key=lambda bracket: (bracket.symbol or bracket.pair or "", bracket.tier)))


def _bracket(
    row: BracketsRow, tier: BracketRow, named: Literal["symbol", "pair"], unit: Unit, raw: Mapping[str, Any] | None
) -> Bracket:
    return Bracket(
        symbol=row.name if named == "symbol" else None,
        pair=row.name if named == "pair" else None,
        tier=tier.bracket,
        floor=tier.floor,
        cap=tier.cap,
        unit=unit,
        max_leverage=Decimal(tier.initial_leverage),
        initial_margin_rate=1 / Decimal(tier.initial_leverage),
        maintenance_margin_rate=tier.maint_margin_ratio,
        deduction=tier.cum,
        coefficient=row.notional_coef,
        raw=raw,
    )


def _raw_tiers(raw: Any, named: str) -> Mapping[tuple[str, int], Mapping[str, Any]] | None:
    if raw is None:
        return None
    rows = [raw] if isinstance(raw, dict) else raw
    return {(row[named], tier["bracket"]): tier for row in rows for tier in row["brackets"]}

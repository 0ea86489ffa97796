"""All settings at once, by the venue's cheapest reads; open orders and brackets only when they are asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import attrs

from venuekit.account import Account, Answer
from venuekit.capabilities import MarginType, SettingsReader, SettingsSnapshot, SymbolSettings
from venuekit.endpoint import Endpoint
from venuekit_binance_usdm.brackets import highest_leverage
from venuekit_binance_usdm.payloads import (
    AccountConfig,
    OpenAlgoOrderRow,
    OpenOrderRow,
    SymbolBracketsRow,
    SymbolConfig,
)
from venuekit_binance_usdm.together import together
from venuekit_binance_usdm.words import asset_mode_of, margin_type_of, position_mode_of

if TYPE_CHECKING:
    from venuekit_binance_usdm.position_rows import PositionRow

__all__ = ["BinanceSettings"]

T = TypeVar("T")
#: the open orders of more symbols than this are read cheaper all at once
_MOST_SINGLE_READS = 40
_NOTHING = Decimal(0)


@attrs.frozen
class _Snapshot(SettingsSnapshot):
    """A snapshot that remembers, for a later look at the brackets, the largest notional each symbol can grow to."""

    exposures: Mapping[str, Decimal] = attrs.field(factory=dict, eq=False, repr=False)


@attrs.define
class _Reads:
    """Reads through one account, which add up what they cost and how old the oldest is."""

    account: Account
    weight: int = 0
    as_of: datetime | None = None

    async def __call__(self, endpoint: Endpoint[T], **parameters: Any) -> T:
        answer: Answer[T] = await self.account.answer(endpoint, **parameters)
        self.weight += endpoint.cost(parameters)
        self.as_of = answer.as_of if self.as_of is None else min(self.as_of, answer.as_of)
        return answer.value


class BinanceSettings(Account, SettingsReader):
    """Three reads of weight 5 tell modes, margin types, leverages and positions of every symbol."""

    __slots__ = ()

    ACCOUNT_CONFIG: ClassVar[Endpoint[AccountConfig]]
    SYMBOL_CONFIG: ClassVar[Endpoint[tuple[SymbolConfig, ...]]]
    POSITION_RISK: ClassVar[Endpoint[list[PositionRow]]]
    OPEN_ORDERS: ClassVar[Endpoint[tuple[OpenOrderRow, ...]]]
    OPEN_ALGO_ORDERS: ClassVar[Endpoint[tuple[OpenAlgoOrderRow, ...]]]
    BRACKETS: ClassVar[Endpoint[tuple[SymbolBracketsRow, ...]]]

    async def read_settings(
        self,
        symbols: Collection[str],
        *,
        orders: Collection[str] | bool = False,
        brackets: Collection[str] | bool = False,
        known: SettingsSnapshot | None = None,
    ) -> SettingsSnapshot:
        """
        Return modes, and per symbol margin type, leverage and position.

        Weight 15; brackets add 1; open orders add 2 for each symbol, or 80 for the account, whichever is less.
        """
        reads = _Reads(self)
        # a snapshot of another make does not tell how large the positions can grow: then all is read again
        snapshot = known if isinstance(known, _Snapshot) else await self._what_holds(reads, symbols)
        if orders:
            snapshot = await self._with_orders(reads, snapshot, orders)
        if brackets:
            wanted = set(symbols) if brackets is True else set(brackets)
            snapshot = await self._with_brackets(reads, snapshot, wanted)
        before = known if known is not None else SettingsSnapshot()
        times = [time for time in (before.as_of, reads.as_of) if time is not None]
        return attrs.evolve(snapshot, weight=before.weight + reads.weight, as_of=min(times, default=None))

    async def _what_holds(self, reads: _Reads, symbols: Collection[str]) -> _Snapshot:
        account, configs, rows = await together(
            reads(self.ACCOUNT_CONFIG), reads(self.SYMBOL_CONFIG), reads(self.POSITION_RISK)
        )
        config_by_symbol = {config.symbol: config for config in configs}
        for symbol in symbols:
            if symbol not in config_by_symbol:  # asked for by name, the venue refuses it in its own words
                config_by_symbol.update({row.symbol: row for row in await reads(self.SYMBOL_CONFIG, symbol=symbol)})
        sizes: dict[str, Decimal] = {}
        exposures: dict[str, Decimal] = {}
        for row in rows:
            sizes[row.symbol] = sizes.get(row.symbol, _NOTHING) + abs(row.position_amt)
            exposures[row.symbol] = max(_exposure(row), exposures.get(row.symbol, _NOTHING))
        isolated = {config.symbol for config in configs if margin_type_of(config.margin_type) is MarginType.ISOLATED}
        names = [*symbols, *sorted((sizes.keys() | isolated) - set(symbols))]
        return _Snapshot(
            position_mode=position_mode_of(account.dual_side_position),
            asset_mode=asset_mode_of(account.multi_assets_margin),
            symbols=tuple(
                _symbol_settings(name, config_by_symbol.get(name), sizes.get(name, _NOTHING))
                for name in dict.fromkeys(names)
            ),
            open_positions=sum(1 for row in rows if row.position_amt),
            exposures=exposures,
        )

    async def _with_orders(self, reads: _Reads, snapshot: _Snapshot, orders: Collection[str] | bool) -> _Snapshot:
        if orders is True or len(orders) > _MOST_SINGLE_READS:  # type: ignore[arg-type]
            plain, algo = await together(reads(self.OPEN_ORDERS), reads(self.OPEN_ALGO_ORDERS))
            counts = Counter([*(row.symbol for row in plain), *(row.symbol for row in algo)])
            names = {row.symbol for row in snapshot.symbols} | counts.keys()
            counted = {name: counts[name] for name in names}
            return attrs.evolve(_laid_over(snapshot, open_orders=counted), open_orders=counts.total())
        counted = {}
        for symbol in dict.fromkeys(orders):  # type: ignore[arg-type]
            plain, algo = await together(
                reads(self.OPEN_ORDERS, symbol=symbol), reads(self.OPEN_ALGO_ORDERS, symbol=symbol)
            )
            counted[symbol] = len(plain) + len(algo)
        return _laid_over(snapshot, open_orders=counted)

    async def _with_brackets(self, reads: _Reads, snapshot: _Snapshot, wanted: set[str]) -> _Snapshot:
        only = next(iter(wanted)) if len(wanted) == 1 else None
        rows = await (reads(self.BRACKETS) if only is None else reads(self.BRACKETS, symbol=only))
        highest = {
            row.symbol: highest_leverage(row, snapshot.exposures.get(row.symbol, _NOTHING))
            for row in rows
            if row.symbol in wanted
        }
        return _laid_over(snapshot, max_leverage=highest)


def _exposure(row: PositionRow) -> Decimal:
    """Return the largest notional that a position can grow to when its open orders fill, quote, >= 0."""
    return max(abs(row.notional + row.bid_notional), abs(row.notional - row.ask_notional))


def _symbol_settings(symbol: str, config: SymbolConfig | None, position: Decimal) -> SymbolSettings:
    if config is None:
        return SymbolSettings(symbol, position=position)
    leverage = Decimal(config.leverage)
    return SymbolSettings(
        symbol,
        margin_type=margin_type_of(config.margin_type),
        leverage_long=leverage,
        leverage_short=leverage,
        position=position,
    )


def _laid_over(snapshot: _Snapshot, **columns: Mapping[str, Any]) -> _Snapshot:
    """Return a snapshot in whose rows each named field is what its column says; rows that were missing are added."""
    named: Iterable[str] = {symbol for column in columns.values() for symbol in column}
    rows = {row.symbol: row for row in snapshot.symbols}
    for symbol in sorted(named):
        row = rows.get(symbol) or SymbolSettings(symbol)
        rows[symbol] = attrs.evolve(
            row, **{field: column[symbol] for field, column in columns.items() if symbol in column}
        )
    return attrs.evolve(snapshot, symbols=tuple(rows.values()))

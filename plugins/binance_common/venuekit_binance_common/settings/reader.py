"""All settings at once; open orders and brackets only when they are asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

import attrs

from venuekit.capabilities import SettingsReader, SettingsSnapshot, SymbolSettings
from venuekit.parts.concurrency import gather_all
from venuekit.parts.rows import Reads as RowReader
from venuekit.parts.rows import Rows, readable_values
from venuekit.plugin import Account, Answer, Endpoint, OddRow
from venuekit_binance_common.product import ProductEndpoints
from venuekit_binance_common.symbols.brackets import highest_leverage

__all__ = ["BinanceSettings", "Reads", "SettingsSource"]

T = TypeVar("T")
V = TypeVar("V")
#: the open orders of more symbols than this are read cheaper all at once
_MOST_SINGLE_READS = 40
_NOTHING = Decimal(0)


@attrs.define
class Reads:
    """Reads through one account, which add up what they cost and how old the oldest is."""

    account: Account
    weight: int = 0
    as_of: datetime | None = None
    #: the rows that could not be read, by the symbol they name, None when they name none
    odd: dict[str | None, OddRow] = attrs.field(factory=dict)

    async def __call__(self, endpoint: Endpoint[T], **parameters: Any) -> T:
        """Read all of it or nothing, and count it."""
        return self._count(endpoint, parameters, await self.account.answer(endpoint, **parameters))

    async def rows(self, endpoint: Endpoint[T], *, of: Collection[str] | None = None, **parameters: Any) -> T:
        """Read rows without the odd ones, and keep these, with ``of`` only those that may be about these symbols."""
        return (await self.listed(endpoint, of=of, **parameters)).value

    async def listed(self, endpoint: Endpoint[T], *, of: Collection[str] | None = None, **parameters: Any) -> Answer[T]:
        """Do as :meth:`rows`, and return the whole answer, for :meth:`values`."""
        answer = await self.account.answer_any_rows(endpoint, **parameters)
        self._keep(answer.odd, of)
        self._count(endpoint, parameters, answer)
        return answer

    def values(
        self,
        endpoint: Endpoint[Any],
        answer: Answer[Any],
        rows: Rows[Any],
        by: RowReader[V],
        *,
        of: Collection[str] | None = None,
    ) -> tuple[V, ...]:
        """Return the values of rows without the odd ones, and keep these; ``by`` is their declaration or another."""
        values, odd = readable_values(self.account, endpoint, answer, rows, by, at_least=0)
        self._keep(odd, of)
        return values

    def _keep(self, odd: Iterable[OddRow], of: Collection[str] | None) -> None:
        for row in odd:
            symbol = row.text("symbol")
            if symbol is None and row.text("asset") is not None:
                continue  # a balance, which is no setting
            if of is None or symbol is None or symbol in of:
                self.odd.setdefault(symbol, row)

    def mark_odd(self, endpoint: Endpoint[Any], symbol: str, words: str) -> None:
        """Keep that a symbol's row cannot be used, and warn of it."""
        self.odd.setdefault(symbol, self.account.warn_of(endpoint, words))

    def _count(self, endpoint: Endpoint[T], parameters: Mapping[str, Any], answer: Answer[T]) -> T:
        self.weight += endpoint.cost(parameters)
        self.as_of = answer.as_of if self.as_of is None else min(self.as_of, answer.as_of)
        return answer.value


class SettingsSource(Account, ABC):
    """How one product reads what holds."""

    __slots__ = ()

    @abstractmethod
    async def _what_holds(self, reads: Reads, symbols: Collection[str]) -> SettingsSnapshot:
        """Read modes, and margin type, leverage and position of these symbols and of every other one that matters."""

    @abstractmethod
    async def _exposures(
        self, reads: Reads, snapshot: SettingsSnapshot, symbols: Collection[str]
    ) -> Mapping[str, Decimal]:
        """Return how large the position of each symbol can grow when its orders fill, counted as its brackets are."""


class BinanceSettings(SettingsSource, SettingsReader):
    """What holds is read the product's way; both books and the brackets are read alike."""

    __slots__ = ()

    endpoints: ClassVar[ProductEndpoints]

    async def get_settings(
        self,
        symbols: Collection[str],
        *,
        orders: Collection[str] | bool = False,
        brackets: Collection[str] | bool = False,
        known: SettingsSnapshot | None = None,
    ) -> SettingsSnapshot:
        """
        Return modes, and per symbol margin type, leverage and position.

        Open orders add a weight of 2 for each symbol, or 80 for the account, whichever is less.
        """
        reads = Reads(self)
        snapshot = await self._what_holds(reads, symbols) if known is None else known
        if orders:
            snapshot = await self._with_orders(reads, snapshot, orders)
        if brackets:
            wanted = set(symbols) if brackets is True else set(brackets)
            snapshot = await self._with_brackets(reads, snapshot, wanted)
        before = known if known is not None else SettingsSnapshot()
        times = [time for time in (before.as_of, reads.as_of) if time is not None]
        snapshot = snapshot.with_odd(reads.odd)
        return attrs.evolve(snapshot, weight=before.weight + reads.weight, as_of=min(times, default=None))

    async def _with_orders(
        self, reads: Reads, snapshot: SettingsSnapshot, orders: Collection[str] | bool
    ) -> SettingsSnapshot:
        declared = self.endpoints.ORDERS
        books: list[Endpoint[Any]] = [declared.open_orders]
        if declared.algo is not None:
            books.append(declared.algo.open_orders)
        if isinstance(orders, bool) or len(orders) > _MOST_SINGLE_READS:
            found = await gather_all(reads.rows(book) for book in books)
            counts = Counter(row.symbol for rows in found for row in rows)
            names = {row.symbol for row in snapshot.symbols} | counts.keys()
            counted = {name: counts[name] for name in names}
            return attrs.evolve(_laid_over(snapshot, open_orders=counted), open_orders=counts.total())
        counted = {}
        for symbol in dict.fromkeys(orders):
            found = await gather_all(reads.rows(book, symbol=symbol) for book in books)
            counted[symbol] = sum(map(len, found))
        return _laid_over(snapshot, open_orders=counted)

    async def _with_brackets(self, reads: Reads, snapshot: SettingsSnapshot, wanted: set[str]) -> SettingsSnapshot:
        exposures = await self._exposures(reads, snapshot, wanted)
        only = next(iter(wanted)) if len(wanted) == 1 else None
        rows = await reads.rows(self.endpoints.BRACKETS, of=wanted, **({} if only is None else {"symbol": only}))
        highest = {
            row.name: highest_leverage(row.brackets, exposures.get(row.name, _NOTHING))
            for row in rows
            if row.name in wanted
        }
        return _laid_over(snapshot, max_leverage=highest)


def _laid_over(snapshot: SettingsSnapshot, **columns: Mapping[str, Any]) -> SettingsSnapshot:
    """Return a snapshot in whose rows each named field is what its column says; rows that were missing are added."""
    named: Iterable[str] = {symbol for column in columns.values() for symbol in column}
    rows = {row.symbol: row for row in snapshot.symbols}
    for symbol in sorted(named):
        row = rows.get(symbol) or SymbolSettings(symbol)
        rows[symbol] = attrs.evolve(
            row, **{field: column[symbol] for field, column in columns.items() if symbol in column}
        )
    return attrs.evolve(snapshot, symbols=tuple(rows.values()))

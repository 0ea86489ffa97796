"""
Snapshots: all settings of an account at once; open orders and brackets only when they are asked for.

A draft is a snapshot under construction: reads with their cost and age, rows by symbol, and rows that cannot be read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Self, TypeVar

import attrs

from venuekit.account import Account
from venuekit.capabilities import LeverageSetting, MarginType, SettingsReader, SettingsSnapshot, SymbolSettings
from venuekit.endpoint import Endpoint
from venuekit.errors import OddRow
from venuekit.message import Answer
from venuekit.parts.rows import Reads, Rows
from venuekit.parts.settings.lens import RowSettings
from venuekit.parts.values import readable_values

T = TypeVar("T")
V = TypeVar("V")


@attrs.define
class SettingsDraft:
    """
    The settings of an account as they are read, through one account, and laid over an earlier snapshot.

    ``snapshot`` holds everything but the rows, which are in ``rows`` by symbol. ``exposures`` is how large the position
    of a symbol can grow when its orders fill, counted as its brackets are; None where it cannot be found out.
    """

    account: Account
    snapshot: SettingsSnapshot
    rows: dict[str, SymbolSettings]
    weight: int
    as_of: datetime | None
    exposures: dict[str, Decimal | None]
    #: the rows that could not be read, by the symbol they name, None when they name none
    odd: dict[str | None, OddRow] = attrs.field(factory=dict)

    @classmethod
    def over(cls, account: Account, snapshot: SettingsSnapshot) -> Self:
        """Return a draft that completes a snapshot."""
        rows = {row.symbol: row for row in snapshot.symbols}
        return cls(account, snapshot, rows, snapshot.weight, snapshot.as_of, dict(snapshot.exposures))

    async def read(self, endpoint: Endpoint[T], /, **parameters: Any) -> T:
        """Read all of an answer or nothing, and count it."""
        answer = await self.account.answer(endpoint, **parameters)
        self.count(endpoint.cost(parameters), answer.as_of)
        return answer.value

    async def answer_rows(
        self, endpoint: Endpoint[T], /, *, of: Collection[str] | None = None, **parameters: Any
    ) -> Answer[T]:
        """Read rows without the odd ones, and keep these; see :meth:`keep_odd` for ``of``."""
        answer = await self.account.answer_any_rows(endpoint, **parameters)
        self.keep_odd(answer.odd, of)
        self.count(endpoint.cost(parameters), answer.as_of)
        return answer

    def values(
        self,
        endpoint: Endpoint[Any],
        answer: Answer[Any],
        rows: Rows[Any],
        by: Reads[V],
        *,
        of: Collection[str] | None = None,
    ) -> tuple[V, ...]:
        """Return the values of rows without the odd ones, and keep these; ``by`` is their declaration or another."""
        values, odd = readable_values(self.account, endpoint, answer, rows, by, at_least=0)
        self.keep_odd(odd, of)
        return values

    async def read_values(
        self, endpoint: Endpoint[Rows[Any]], by: Reads[V], /, *, of: Collection[str] | None = None, **parameters: Any
    ) -> tuple[V, ...]:
        """Do as :meth:`answer_rows`, and return the :meth:`values` of the rows."""
        answer = await self.answer_rows(endpoint, of=of, **parameters)
        return self.values(endpoint, answer, answer.value, by, of=of)

    def missing(self, symbols: Iterable[str], listed: Collection[str]) -> list[str]:
        """Return the symbols that are neither among the listed ones nor those of odd rows."""
        return [symbol for symbol in dict.fromkeys(symbols) if symbol not in listed and symbol not in self.odd]

    def count(self, weight: int, as_of: datetime) -> None:
        """Add the weight of a read, and keep the age of the oldest."""
        self.weight += weight
        self.as_of = as_of if self.as_of is None else min(self.as_of, as_of)

    def keep_odd(self, rows: Iterable[OddRow], of: Collection[str] | None = None) -> None:
        """Keep rows that could not be read, with ``of`` only those that may be about these symbols."""
        for row in rows:
            symbol = row.text("symbol")
            if symbol is None and row.text("asset") is not None:
                continue  # a balance, which is no setting
            if of is None or symbol is None or symbol in of:
                self.odd.setdefault(symbol, row)

    def mark_odd(self, endpoint: Endpoint[Any], symbol: str, words: str) -> None:
        """Keep that a symbol's row cannot be used, and warn of it."""
        self.odd.setdefault(symbol, self.account.warn_of(endpoint, words))

    def set(self, **fields: Any) -> None:
        """Set fields of the snapshot, which are not about one symbol."""
        self.snapshot = attrs.evolve(self.snapshot, **fields)

    def lay(self, symbol: str, **fields: Any) -> None:
        """Set fields of the row of a symbol, a new one if need be."""
        row = self.rows.get(symbol) or SymbolSettings(symbol, margin_type=self.snapshot.margin_type)
        self.rows[symbol] = attrs.evolve(row, **fields)

    def add(self, states: Iterable[RowSettings], symbols: Collection[str] = ()) -> None:
        """
        Add a row for each of ``symbols``, and for every other symbol whose states matter.

        Several states of one symbol are legs, or come from several reads: their positions are added, and a setting is
        the first one that is shown (the last one, for the short side).
        """
        states_of: dict[str, list[RowSettings]] = {}
        for state in states:
            states_of.setdefault(state.symbol, []).append(state)
        others = {symbol for symbol, legs in states_of.items() if any(map(_matters, legs))} - set(symbols)
        for symbol in dict.fromkeys([*symbols, *sorted(others)]):
            if symbol in states_of:
                self.rows[symbol] = self._row(states_of[symbol])

    def _row(self, legs: list[RowSettings]) -> SymbolSettings:
        margin_types = (leg.margin_type for leg in legs if leg.margin_type is not None)
        return SymbolSettings(
            legs[0].symbol,
            margin_type=next(margin_types, self.snapshot.margin_type),
            leverage_long=next((leg.leverage for leg in legs if leg.leverage is not None), None),
            leverage_short=next((leg.leverage_short for leg in reversed(legs) if leg.leverage_short is not None), None),
            position=sum((leg.position for leg in legs), Decimal(0)),
            leverages=_leverages_of(legs),
        )

    def finish(self, exposures: Mapping[str, Decimal | None]) -> SettingsSnapshot:
        """Return the snapshot, which remembers ``exposures``."""
        self.set(symbols=tuple(self.rows.values()), weight=self.weight, as_of=self.as_of, exposures=exposures)
        return self.snapshot.with_odd(self.odd)


def _leverages_of(legs: Iterable[RowSettings]) -> tuple[LeverageSetting, ...]:
    """Return the leverage of each margin type, the long one that the first leg shows, the short one of the last."""
    merged: dict[MarginType | None, LeverageSetting] = {}
    for one in (one for leg in legs for one in leg.leverages):
        first = merged.setdefault(one.margin_type, one)
        long = one.long if first.long is None else first.long
        short = first.short if one.short is None else one.short
        merged[one.margin_type] = attrs.evolve(first, long=long, short=short)
    return tuple(merged.values())


def _matters(state: RowSettings) -> bool:
    return bool(state.position) or state.matters or state.margin_type is MarginType.ISOLATED


@attrs.frozen
class LeverageTier:
    """The highest leverage of a position up to ``cap``, which is counted as exposures are."""

    cap: Decimal
    leverage: Decimal


class SettingsSource(ABC):
    """The reads of a venue: modes and positions, open orders, and where it lists tiers these and exposures."""

    #: the open orders of more symbols than this are read cheaper all at once; None where they never are
    most_order_reads: ClassVar[int | None] = None
    #: whether exposures that come with positions serve later calls, too, which then do not read them anew
    keeps_exposures: ClassVar[bool] = False

    @abstractmethod
    async def read_settings(self, draft: SettingsDraft, symbols: Collection[str]) -> None:
        """
        Set the modes and the number of open positions, and add a row of these symbols and of all others that matter.

        Raises:
            InvalidRequest: the venue does not know one of ``symbols``.
        """

    @abstractmethod
    async def count_orders(self, draft: SettingsDraft, symbols: Collection[str] | None) -> Counter[str]:
        """Return the number of open orders by symbol, plain and conditional; of the account where it is None."""

    async def read_tiers(
        self,
        draft: SettingsDraft,  # noqa: ARG002  (for venues that list tiers)
        symbols: Collection[str],  # noqa: ARG002
    ) -> Mapping[str, Sequence[LeverageTier]]:
        """Return the tiers of symbols; one that the venue does not list is left out, at first all of them."""
        return {}

    async def read_exposures(
        self,
        draft: SettingsDraft,  # noqa: ARG002  (as above)
        symbols: Collection[str],  # noqa: ARG002
    ) -> Mapping[str, Decimal | None]:
        """Return how large positions of symbols can grow, as in ``SettingsDraft``; a flat one may be left out."""
        return {}


class AccountSettings(Account, SettingsReader):
    """All settings of an account at once."""

    __slots__ = ()

    settings_source: ClassVar[SettingsSource]

    async def get_settings(
        self,
        symbols: Collection[str],
        *,
        orders: Collection[str] | bool = False,
        brackets: Collection[str] | bool = False,
        known: SettingsSnapshot | None = None,
    ) -> SettingsSnapshot:
        """Return modes, and per symbol margin type, leverage and position."""
        source = self.settings_source
        draft = SettingsDraft.over(self, known or SettingsSnapshot())
        if known is None:
            await source.read_settings(draft, symbols)
        kept = dict(draft.exposures) if source.keeps_exposures else {}
        if orders:
            await _add_orders(source, draft, None if isinstance(orders, bool) else tuple(dict.fromkeys(orders)))
        if brackets:
            wanted = symbols if isinstance(brackets, bool) else brackets
            await _add_brackets(source, draft, tuple(dict.fromkeys(wanted)))
        return draft.finish(kept)


async def _add_orders(source: SettingsSource, draft: SettingsDraft, symbols: Collection[str] | None) -> None:
    if symbols is not None and source.most_order_reads is not None and len(symbols) > source.most_order_reads:
        symbols = None
    counts = await source.count_orders(draft, symbols)
    counted: Iterable[str] = symbols if symbols is not None else [*draft.rows, *(counts.keys() - draft.rows.keys())]
    for symbol in counted:
        draft.lay(symbol, open_orders=counts[symbol])
    if symbols is None:
        draft.set(open_orders=counts.total())


async def _add_brackets(source: SettingsSource, draft: SettingsDraft, symbols: Collection[str]) -> None:
    unread = [symbol for symbol in symbols if symbol not in draft.exposures]
    if unread:
        draft.exposures.update(await source.read_exposures(draft, unread))
    for symbol, tiers in (await source.read_tiers(draft, symbols)).items():
        draft.lay(symbol, max_leverage=_highest_leverage(tiers, draft.exposures.get(symbol, Decimal(0))))


def _highest_leverage(tiers: Iterable[LeverageTier], exposure: Decimal | None) -> Decimal | None:
    """Return the highest leverage that a tier allows; None without an exposure, and beyond all caps."""
    if exposure is None:
        return None
    return max((tier.leverage for tier in tiers if exposure <= tier.cap), default=None)

"""Settings: everything a target file can speak about, read at once and cheaply."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Self

import attrs

from venuekit.capabilities._capability import Capability
from venuekit.capabilities.account_mode import AccountModeSetting
from venuekit.capabilities.enums import PositionSide
from venuekit.capabilities.leverage import LeverageSetting
from venuekit.capabilities.modes import AssetMode, MarginType, PositionMode

if TYPE_CHECKING:
    from venuekit.errors import OddRow


@attrs.frozen
class SymbolSettings:
    """
    The settings of one symbol; None means that it was not read or that the venue has no such setting here.

    ``position`` is the sum of the absolute quantities of all legs, in contracts; ``open_orders`` counts plain and
    conditional orders. ``max_leverage`` is the highest leverage that the brackets allow at the present position value.
    ``leverages`` has the leverage of each margin type where each has its own, and is empty elsewhere;
    ``leverage_long`` and ``leverage_short`` are then those of the margin type that holds.
    """

    symbol: str
    margin_type: MarginType | None = None
    leverage_long: Decimal | None = None
    leverage_short: Decimal | None = None
    position: Decimal | None = None
    open_orders: int | None = None
    max_leverage: Decimal | None = None
    leverages: tuple[LeverageSetting, ...] = ()

    def leverage(self, *, side: PositionSide | None = None, margin_type: MarginType | None = None) -> Decimal | None:
        """Return the leverage of a side (long unless it is SHORT), under ``margin_type`` or the one that holds."""
        short = side is PositionSide.SHORT
        if margin_type is None or (margin_type is self.margin_type and not self.leverages):
            return self.leverage_short if short else self.leverage_long
        for setting in self.leverages:
            if setting.margin_type is margin_type:
                return setting.short if short else setting.long
        return None


@attrs.frozen
class SettingsSnapshot:
    """
    The settings of an account; None means that it was not read or that the venue has no such setting.

    ``symbols`` holds the symbols asked for and every other one with a position, an isolated margin type or whatever
    else can refuse a change of mode. ``open_positions`` and ``open_orders`` are counted over the whole account.
    ``weight`` is the cost of the reads, in the venue's own weight. ``account_mode`` is there where the reads of the
    settings show it.

    ``odd`` are the symbols that a row which could not be read is about, each with that row; they are not in
    ``symbols``, and such positions and orders are not counted. Its key None is a row that names no symbol: it may be
    about any. ``exposures`` is how large the position of a symbol can grow when its orders fill, where that is kept for
    a later look at the brackets.
    """

    position_mode: PositionMode | None = None
    asset_mode: AssetMode | None = None
    margin_type: MarginType | None = None
    symbols: tuple[SymbolSettings, ...] = ()
    open_positions: int | None = None
    open_orders: int | None = None
    weight: int = 0
    as_of: datetime | None = None
    odd: Mapping[str | None, OddRow] = attrs.field(factory=dict, hash=False)
    exposures: Mapping[str, Decimal | None] = attrs.field(factory=dict, eq=False, repr=False)
    account_mode: AccountModeSetting | None = None

    def symbol(self, symbol: str) -> SymbolSettings | None:
        """Return the row of a symbol, None when the snapshot has none."""
        return self._by_symbol.get(symbol)

    def odd_row(self, symbol: str) -> OddRow | None:
        """Return a row that could not be read and is, or may be, about a symbol."""
        return self.odd.get(symbol) or self.odd.get(None)

    def with_odd(self, rows: Mapping[str | None, OddRow]) -> Self:
        """Return the snapshot without the symbols that rows which could not be read are about, and with these rows."""
        odd = {**self.odd, **rows}
        if not odd:
            return self
        return attrs.evolve(self, symbols=tuple(row for row in self.symbols if row.symbol not in odd), odd=odd)

    @cached_property
    def _by_symbol(self) -> dict[str, SymbolSettings]:
        return {row.symbol: row for row in reversed(self.symbols)}


# attrs makes it for the cached property, of no module: help() of Python 3.13 fails without one
vars(SettingsSnapshot)["__getattr__"].__module__ = __name__


class SettingsReader(Capability):
    """Read all settings at once, by the venue's cheapest reads."""

    __slots__ = ()

    @abstractmethod
    async def get_settings(
        self,
        symbols: Collection[str],
        *,
        orders: Collection[str] | bool = False,
        brackets: Collection[str] | bool = False,
        known: SettingsSnapshot | None = None,
    ) -> SettingsSnapshot:
        """
        Return modes, and per symbol margin type, leverage and position; a row that cannot be read is in its ``odd``.

        Args:
            symbols: The symbols that matter to the caller.
            orders: Also count open orders, plain and conditional: of these symbols, or with True of the account.
            brackets: Also find the highest leverage allowed: for these symbols, or with True for all asked for.
            known: A snapshot taken before; only the parts that ``orders`` and ``brackets`` add are read, and laid
                over it. The ``weight`` of the result is then that of both.

        Raises:
            InvalidRequest: the venue does not know a symbol.
        """

"""Settings of a venue whose rows of positions show margin type and leverage, also of flat contracts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import Instrument, Position, PositionMode
from venuekit.endpoint import Endpoint
from venuekit.parameters import Role
from venuekit.parts.rows import Reads, Rows
from venuekit.parts.settings.lens import AccountLens, RowSettings, SymbolLens
from venuekit.parts.settings.snapshot import LeverageTier, SettingsDraft, SettingsSource
from venuekit.resolution import Call

_UNBOUNDED = Decimal("Infinity")


def settings_of(position: Position) -> RowSettings:
    """Return the settings that a position shows; any of them can refuse a change of mode."""
    return RowSettings(
        position.symbol,
        margin_type=position.margin_type,
        leverage=position.leverage,
        position=abs(position.quantity),
        matters=True,
    )


def position_lens(
    positions: Endpoint[Rows[Position]], *, show_flat: Mapping[str, Any] | None = None, **names: Any
) -> SymbolLens[Position]:
    """
    Return the lens over the rows of positions.

    ``show_flat`` are the parameters without which the venue leaves flat positions out, ``names`` further fields of
    :class:`SymbolLens`.
    """
    symbol_name = positions.name_of(Role.SYMBOL) or "symbol"

    async def find_row(call: Call, symbol: str) -> Position:
        return (await call(positions, **{symbol_name: symbol, **(show_flat or {})})).values()[0]

    return SymbolLens(find_row=find_row, state=settings_of, symbol=symbol_name, **names)


@attrs.frozen(kw_only=True)
class PositionSettings(SettingsSource):
    """
    All settings by one read of all positions.

    Attributes:
        positions, reads: The list of positions, and the declaration of its rows.
        show_flat: The parameters without which the venue leaves flat positions out.
        open_orders: The lists of open orders, one for each route: rows with their ``symbol``.
        instruments: The list of instruments. Their highest leverage is taken for that of every size of position.
        position_mode: The lens of the account's position mode, where it has one.
    """

    positions: Endpoint[Rows[Position]]
    reads: Reads[Position]
    show_flat: Mapping[str, Any] = attrs.field(factory=dict)
    open_orders: Sequence[Endpoint[Any]]
    instruments: Endpoint[tuple[Instrument, ...]]
    position_mode: AccountLens[Any, PositionMode] | None = None

    async def read_settings(self, draft: SettingsDraft, symbols: Collection[str]) -> None:
        """Add a row of every symbol; one that is not listed is refused in the venue's own words."""
        positions = await draft.read_values(self.positions, self.reads, **self.show_flat)
        for symbol in draft.missing(symbols, {position.symbol for position in positions}):
            await draft.read(self.positions, **{self.positions.name_of(Role.SYMBOL) or "symbol": symbol})
        draft.add(map(settings_of, positions), symbols)
        draft.set(open_positions=sum(position.quantity != 0 for position in positions))
        if self.position_mode is not None:
            mode = self.position_mode
            draft.set(position_mode=mode.value(await draft.read(mode.endpoint)))

    async def count_orders(self, draft: SettingsDraft, symbols: Collection[str] | None) -> Counter[str]:  # noqa: ARG002 - all are read
        """Return the number of open orders of every symbol."""
        counts: Counter[str] = Counter()
        for endpoint in self.open_orders:
            counts.update(order.symbol for order in await draft.read(endpoint))
        return counts

    async def read_tiers(self, draft: SettingsDraft, symbols: Collection[str]) -> Mapping[str, Sequence[LeverageTier]]:
        """Return one tier for each symbol, which the size of a position does not change."""
        highest = {one.symbol: one.leverage_max for one in await draft.read(self.instruments) if one.symbol in symbols}
        return {symbol: (LeverageTier(_UNBOUNDED, most),) for symbol, most in highest.items() if most is not None}

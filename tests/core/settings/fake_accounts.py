"""Two accounts in memory: acme keeps margin types per symbol, globex one for the account and no position mode to set.

Their rules are written down here a second time, by hand, so that a plan is judged by something that does not read the
declarations it was made from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any, Self

import attrs

from venuekit.capabilities import (
    AssetMode,
    AssetModeControl,
    AssetModeSetting,
    Instrument,
    InstrumentKind,
    InstrumentReader,
    InstrumentStatus,
    LeverageControl,
    LeverageSetting,
    MarginType,
    MarginTypeBehaviour,
    MarginTypeControl,
    MarginTypeScope,
    MarginTypeSetting,
    PositionMode,
    PositionModeControl,
    PositionModeReader,
    PositionModeSetting,
    PositionSide,
    SettingsReader,
    SettingsSnapshot,
    Support,
    SupportState,
    SymbolSettings,
    Unit,
)
from venuekit.errors import Outcome, Rejected
from venuekit.venue import EnvironmentName, Venue

HELD = "Margin type cannot be changed while there is a position."
RESTING = "Margin type cannot be changed while there are orders."
MODE_HELD = "Position mode cannot be changed while there is a position."
MODE_RESTING = "Position mode cannot be changed while there are orders."
POOL_RESTING = "Asset mode cannot be changed while there are orders."
LOWER = "Leverage cannot be lowered while an isolated position is open."
POOL_NEEDS_CROSS = "Assets cannot be pooled while a symbol is isolated."
ISOLATED_NEEDS_SINGLE = "A symbol cannot be isolated while assets are pooled."
ABOVE_BRACKET = "Leverage is above what the position allows."
ONE_WAY_ONLY = "Positions are one-way on this venue."


@attrs.define
class Row:
    """One symbol as the venue keeps it."""

    margin_type: MarginType = MarginType.CROSS
    long: Decimal = Decimal(10)
    short: Decimal = Decimal(10)
    position: Decimal = Decimal(0)
    orders: int = 0
    max_leverage: Decimal = Decimal(50)


@attrs.define
class World:
    """What one API key owns, over all venues of its realm."""

    key: str = "key"
    position_mode: PositionMode = PositionMode.ONE_WAY
    asset_mode: AssetMode = AssetMode.SINGLE
    margin_type: MarginType = MarginType.CROSS
    symbols: dict[str, dict[str, Row]] = attrs.field(factory=dict)
    #: every read and write that arrived: "read acme", "read acme orders=BTC", "acme leverage BTC 20"
    log: list[str] = attrs.field(factory=list)
    #: symbols that are listed and do not trade
    halted: set[str] = attrs.field(factory=set)
    #: the value each write was told to change from
    expected: list[Any] = attrs.field(factory=list)
    #: called with each write's text before (False) and after (True) it is applied; may raise or move things
    meddle: Callable[[str, bool], None] | None = None

    def rows(self, venue: str) -> dict[str, Row]:
        return self.symbols.setdefault(venue, {})

    @property
    def writes(self) -> list[str]:
        return [line for line in self.log if not line.startswith("read")]

    @property
    def all_rows(self) -> list[Row]:
        return [row for rows in self.symbols.values() for row in rows.values()]

    def write(self, line: str, refusal: str | None, change: Callable[[], None]) -> None:
        """Let a write arrive: refuse it, or apply it."""
        self.log.append(line)
        if self.meddle is not None:
            self.meddle(line, False)
        if refusal is not None:
            raise Rejected(refusal, venue=line.split(maxsplit=1)[0], code=-1, outcome=Outcome.NOT_APPLIED)
        change()
        if self.meddle is not None:
            self.meddle(line, True)


class FakeAccount:
    """The part of an account that planning and applying ask for, in memory."""

    __slots__ = ("expected", "refuses", "venue", "world")

    environment = EnvironmentName.SIM

    def __init__(
        self, venue: Venue[Any], world: World, refuses: dict[type, str] | None = None, expected: Any = None
    ) -> None:
        self.venue = venue
        self.world = world
        self.refuses = refuses or {}
        self.expected = expected

    @property
    def identity(self) -> tuple[str, str, str]:
        return (self.venue.realm, "sim", self.world.key)

    @property
    def rows(self) -> dict[str, Row]:
        return self.world.rows(self.venue.id)

    def support(self, capability: type) -> Support:
        reason = self.refuses.get(capability) or self.venue.unsupported.get(capability)
        if reason is not None:
            return Support(SupportState.UNSUPPORTED, reason, "venue")
        return Support(SupportState.SUPPORTED if isinstance(self, capability) else SupportState.NOT_IMPLEMENTED)

    def with_options(self, *, expected: Any = None, **_: Any) -> Self:
        return type(self)(self.venue, self.world, self.refuses, expected)

    def write(self, line: str, refusal: str | None, change: Callable[[], None]) -> None:
        self.world.expected.append(self.expected)
        self.world.write(f"{self.venue.id} {line}", refusal, change)


class Reads(FakeAccount, SettingsReader):
    """Reading as a venue does it: modes and positions at 15, orders of a symbol at 1 or all at 40, brackets at 1."""

    __slots__ = ()

    async def get_settings(
        self,
        symbols: Collection[str],
        *,
        orders: Collection[str] | bool = False,
        brackets: Collection[str] | bool = False,
        known: SettingsSnapshot | None = None,
    ) -> SettingsSnapshot:
        asked = {"orders": orders, "brackets": brackets}
        extra = [f"{k}={'all' if v is True else ','.join(sorted(v))}" for k, v in asked.items() if v]
        self.world.log.append(" ".join(["read", self.venue.id, *extra]))
        counted = set(self.rows) if orders is True else set(orders or ())
        measured = set(symbols) if brackets is True else set(brackets or ())
        wide = self.venue.behaviour(MarginTypeBehaviour).scope is MarginTypeScope.ACCOUNT
        rows = tuple(
            SymbolSettings(
                symbol,
                margin_type=None if wide else row.margin_type,
                leverage_long=row.long,
                leverage_short=row.short,
                position=abs(row.position),
                open_orders=row.orders if symbol in counted else None,
                max_leverage=row.max_leverage if symbol in measured else None,
            )
            for symbol, row in self.rows.items()
            if symbol in symbols or row.position or (not wide and row.margin_type is MarginType.ISOLATED)
        )
        cost = (0 if known else 15) + (40 if orders is True else len(counted)) + len(measured)
        return SettingsSnapshot(
            position_mode=self.world.position_mode,
            asset_mode=self.world.asset_mode if isinstance(self, AssetModeControl) else None,
            margin_type=self.world.margin_type if wide else None,
            symbols=rows,
            open_positions=sum(1 for row in self.rows.values() if row.position),
            open_orders=sum(row.orders for row in self.rows.values()) if orders is True else None,
            weight=cost + (known.weight if known else 0),
        )


class SetsLeverage(FakeAccount, LeverageControl):
    """Leverage of a symbol, or of each side."""

    __slots__ = ()

    def margin_type_of(self, symbol: str) -> MarginType:
        wide = self.venue.behaviour(MarginTypeBehaviour).scope is MarginTypeScope.ACCOUNT
        return self.world.margin_type if wide else self.rows[symbol].margin_type

    async def get_leverage(self, symbol: str, *, margin_type: MarginType | None = None) -> LeverageSetting:
        row = self.rows[symbol]
        return LeverageSetting(symbol, row.long, row.short)

    async def set_leverage(
        self,
        symbol: str,
        leverage: int | Decimal,
        *,
        side: PositionSide | None = None,
        margin_type: MarginType | None = None,
    ) -> LeverageSetting:
        row, value = self.rows[symbol], Decimal(leverage)
        before = (row.long, row.short)
        present = row.short if side is PositionSide.SHORT else row.long
        isolated = self.margin_type_of(symbol) is MarginType.ISOLATED
        refusal = None
        if value > row.max_leverage:
            refusal = ABOVE_BRACKET
        elif value < present and isolated and row.position:
            refusal = LOWER

        def change() -> None:
            row.long = row.long if side is PositionSide.SHORT else value
            row.short = row.short if side is PositionSide.LONG else value

        words = [symbol, f"{value:f}", *(str(word) for word in (side, margin_type) if word is not None)]
        self.write(f"leverage {' '.join(words)}", refusal, change)
        return LeverageSetting(symbol, row.long, row.short, changed=(row.long, row.short) != before)


class SetsMarginTypeOfSymbols(FakeAccount, MarginTypeControl):
    """A margin type for each symbol."""

    __slots__ = ()

    async def get_margin_type(self, symbol: str | None = None) -> MarginTypeSetting:
        assert symbol is not None
        return MarginTypeSetting(symbol, self.rows[symbol].margin_type)

    async def set_margin_type(
        self, symbol: str | None, margin_type: MarginType, *, account_wide: bool = False
    ) -> MarginTypeSetting:
        assert symbol is not None
        assert not account_wide
        row = self.rows[symbol]
        refusal = None
        if row.orders:
            refusal = RESTING
        elif row.position:
            refusal = HELD
        elif margin_type is MarginType.ISOLATED and self.world.asset_mode is AssetMode.MULTI:
            refusal = ISOLATED_NEEDS_SINGLE
        changed = row.margin_type is not margin_type
        self.write(f"margin_type {symbol} {margin_type}", refusal, lambda: setattr(row, "margin_type", margin_type))
        return MarginTypeSetting(symbol, row.margin_type, changed=changed)


class SetsMarginTypeOfAccount(FakeAccount, MarginTypeControl):
    """One margin type for the account."""

    __slots__ = ()

    async def get_margin_type(self, symbol: str | None = None) -> MarginTypeSetting:
        return MarginTypeSetting(None, self.world.margin_type)

    async def set_margin_type(
        self, symbol: str | None, margin_type: MarginType, *, account_wide: bool = False
    ) -> MarginTypeSetting:
        assert symbol is None
        assert account_wide
        changed = self.world.margin_type is not margin_type
        self.write(f"margin_type {margin_type}", None, lambda: setattr(self.world, "margin_type", margin_type))
        return MarginTypeSetting(None, margin_type, changed=changed)


class ReadsPositionMode(FakeAccount, PositionModeReader):
    """A position mode that can be read."""

    __slots__ = ()

    async def get_position_mode(self, *, symbol: str | None = None) -> PositionModeSetting:
        return PositionModeSetting(self.world.position_mode)


class SetsModes(ReadsPositionMode, PositionModeControl, AssetModeControl):
    """Both modes."""

    __slots__ = ()

    async def set_position_mode(
        self, mode: PositionMode, *, symbol: str | None = None, asset: str | None = None
    ) -> PositionModeSetting:
        refusal = None
        if any(row.orders for row in self.world.all_rows):
            refusal = MODE_RESTING
        elif any(row.position for row in self.world.all_rows):
            refusal = MODE_HELD
        changed = self.world.position_mode is not mode
        self.write(f"position_mode {mode}", refusal, lambda: setattr(self.world, "position_mode", mode))
        return PositionModeSetting(mode, changed=changed)

    async def get_asset_mode(self) -> AssetModeSetting:
        return AssetModeSetting(self.world.asset_mode)

    async def set_asset_mode(self, mode: AssetMode) -> AssetModeSetting:
        refusal = None
        if any(row.orders for row in self.rows.values()):
            refusal = POOL_RESTING
        elif mode is AssetMode.MULTI and any(r.margin_type is MarginType.ISOLATED for r in self.rows.values()):
            refusal = POOL_NEEDS_CROSS
        changed = self.world.asset_mode is not mode
        self.write(f"asset_mode {mode}", refusal, lambda: setattr(self.world, "asset_mode", mode))
        return AssetModeSetting(mode, changed=changed)


class ListsInstruments(FakeAccount, InstrumentReader):
    """Every symbol trades, but for those of ``world.halted``; reading them is logged."""

    __slots__ = ()

    async def get_instruments(self, *, symbol: str | None = None) -> tuple[Instrument, ...]:
        self.world.log.append(f"read {self.venue.id} instruments")
        return tuple(
            Instrument(
                symbol=name,
                pair=name,
                base=name,
                quote="USD",
                settle="USD",
                kind=InstrumentKind.PERPETUAL,
                is_inverse=False,
                contract_size=Decimal(1),
                contract_unit=Unit.BASE,
                status=InstrumentStatus("halted" if name in self.world.halted else "trading"),
            )
            for name in self.rows
        )


class AcmeAccount(ListsInstruments, Reads, SetsLeverage, SetsMarginTypeOfSymbols, SetsModes):
    """Everything can be set."""

    __slots__ = ()


class GlobexAccount(ListsInstruments, Reads, SetsLeverage, SetsMarginTypeOfAccount, ReadsPositionMode):
    """No asset mode, and a position mode that can only be read."""

    __slots__ = ()

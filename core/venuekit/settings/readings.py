"""Readings: what the accounts of a target said about their settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from venuekit.capabilities import PositionSide, Setting, SettingsSnapshot, SymbolSettings
from venuekit.settings.controls import is_account_wide
from venuekit.settings.key import Key
from venuekit.settings.places import Place
from venuekit.settings.plans import UnknownSymbol, Unreadable
from venuekit.settings.target import Value
from venuekit.settings.wishes import key_at

__all__ = ["Readings"]


@attrs.frozen
class Readings:
    """
    The places of a target that could be read, the snapshot of each by the place's number, the symbols that venues do
    not know, and the entries that could not be read.
    """

    places: Sequence[Place]
    snapshots: Mapping[int, SettingsSnapshot]
    unknown: tuple[UnknownSymbol, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    def of(self, place: Place) -> SettingsSnapshot:
        """Return the snapshot of a place."""
        return self.snapshots[place.number]

    def mates(self, place: Place) -> tuple[Place, ...]:
        """Return the places of one realm and API key, this one among them."""
        return tuple(other for other in self.places if other.owner == place.owner)

    def margin_type_key(self, place: Place, symbol: str | None) -> Key:
        """Return the key of the margin type that a symbol has: its own, or the account's."""
        wide = is_account_wide(place.venue, Setting.MARGIN_TYPE)
        return key_at(self.places, place, Setting.MARGIN_TYPE, None if wide else symbol)

    def value(self, place: Place, key: Key) -> Value | None:
        """Return what holds for a setting at a place, None when the reads do not tell."""
        snapshot = self.of(place)
        if key.symbol is not None:
            row = snapshot.symbol(key.symbol)
            return None if row is None else _of_symbol(row, key)
        match key.setting:
            case Setting.POSITION_MODE:
                return snapshot.position_mode
            case Setting.ASSET_MODE:
                return snapshot.asset_mode
            case _:
                return snapshot.margin_type

    def state(self) -> dict[Key, Value | None]:
        """Return all that holds anywhere and that another setting may need."""
        found: dict[Key, Value | None] = {}
        for place in self.places:
            for setting in (Setting.POSITION_MODE, Setting.ASSET_MODE):
                key = key_at(self.places, place, setting)
                found.setdefault(key, self.value(place, key))
            for symbol in (None, *(row.symbol for row in self.of(place).symbols)):
                key = self.margin_type_key(place, symbol)
                found.setdefault(key, self.value(place, key))
        return found


def _of_symbol(row: SymbolSettings, key: Key) -> Value | None:
    if key.setting is Setting.MARGIN_TYPE:
        return row.margin_type
    return row.leverage_short if key.side is PositionSide.SHORT else row.leverage_long

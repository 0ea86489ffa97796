"""Wishes: every single value a target asks for, and the setting it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import attrs

from venuekit.capabilities import LeverageBehaviour, LeverageScope, PositionSide, Setting
from venuekit.settings.key import Key
from venuekit.settings.places import Place
from venuekit.settings.target import SymbolTarget, Target, Value, text_of
from venuekit.toml_lines import dotted

__all__ = ["Wish", "contradictions", "key_at", "wishes_of"]


@attrs.frozen
class Wish:
    """One entry of the target wants one setting to have one value."""

    entry: str
    place: Place
    key: Key
    target: Value

    @property
    def name(self) -> str:
        """Where the target says so: ``accounts.main.symbols.BTCUSD.leverage``."""
        inner = () if self.key.symbol is None else ("symbols", self.key.symbol)
        side = () if self.key.side is None else (self.key.side.value,)
        return dotted(("accounts", self.entry, *inner, self.key.setting.value, *side))


def key_at(places: Sequence[Place], place: Place, setting: Setting, symbol: str | None = None) -> Key:
    """Return the key of a setting at a place: the first place's that shares it."""
    if setting is not Setting.POSITION_MODE:  # the only one that places share
        return Key(place.number, setting, symbol)
    number = next(other.number for other in places if place.shares(setting, other))
    return Key(number, setting, symbol)


def wishes_of(target: Target, places: Sequence[Place]) -> tuple[Wish, ...]:
    """Return what a target asks for at these places, in its own order."""
    of_entry = {name: place for place in places for name in place.entries}
    return tuple(wish for name in target.accounts if name in of_entry for wish in _wishes(name, of_entry[name], places))


def contradictions(wishes: Sequence[Wish]) -> dict[Key, str]:
    """Return the settings that two entries want differently, with a sentence that names both."""
    first: dict[Key, Wish] = {}
    found: dict[Key, str] = {}
    for wish in wishes:
        other = first.setdefault(wish.key, wish)
        if other.target != wish.target:
            found[wish.key] = (
                f"{other.name} wants {text_of(other.target)} and {wish.name} wants {text_of(wish.target)}, "
                "but both are one setting of one API key"
            )
    return found


def _wishes(name: str, place: Place, places: Sequence[Place]) -> Iterator[Wish]:
    entry = place.entries[name]
    for setting, value in (
        (Setting.POSITION_MODE, entry.position_mode),
        (Setting.ASSET_MODE, entry.asset_mode),
        (Setting.MARGIN_TYPE, entry.margin_type),
    ):
        if value is not None:
            yield Wish(name, place, key_at(places, place, setting), value)
    for symbol, row in entry.symbols.items():
        if row.margin_type is not None:
            yield Wish(name, place, key_at(places, place, Setting.MARGIN_TYPE, symbol), row.margin_type)
        for side, leverage in _leverages(place, row):
            key = attrs.evolve(key_at(places, place, Setting.LEVERAGE, symbol), side=side)
            yield Wish(name, place, key, leverage)


def _leverages(place: Place, row: SymbolTarget) -> Iterator[tuple[PositionSide | None, Decimal]]:
    """Yield each leverage to set: one for both sides, or one for each where the venue sets sides apart."""
    if row.leverage is None:
        return
    behaviour = LeverageBehaviour
    sides_apart = place.venue.has_behaviour(behaviour) and LeverageScope.SIDE in place.venue.behaviour(behaviour).scope
    if not sides_apart:
        value = row.leverage.long if row.leverage.long is not None else row.leverage.short
        if value is not None:
            yield None, value
        return
    for side, value in ((PositionSide.LONG, row.leverage.long), (PositionSide.SHORT, row.leverage.short)):
        if value is not None:
            yield side, value

"""Obstacles: what the venue would refuse, as far as the reads show it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from venuekit.capabilities import MarginType, Setting, SettingsSnapshot
from venuekit.settings.controls import CONTROLS, is_account_wide
from venuekit.settings.key import Key
from venuekit.settings.need import Need
from venuekit.settings.readings import Readings
from venuekit.settings.target import Value, text_of
from venuekit.settings.wishes import Wish, key_at
from venuekit.venue import BlockedBy, Blocker, BlockerScope, Coupling

__all__ = ["needs_of", "refusals_of", "rises"]

_RAISED_UNDER = "a leverage is raised only under the margin type that was chosen for it"


def rises(wish: Wish, present: Value | None) -> bool:
    """Say whether a wish raises a leverage; one that is not known counts as lower."""
    if wish.key.setting is not Setting.LEVERAGE:
        return False
    return not (isinstance(present, Decimal) and isinstance(wish.target, Decimal) and wish.target <= present)


def refusals_of(wish: Wish, present: Value | None, readings: Readings) -> Iterator[str]:
    """Yield why a change would be refused whatever is changed before it."""
    place = wish.place
    support = place.account.support(CONTROLS[wish.key.setting])
    if not support:
        yield support.reason or f"the plugin of {place.venue.id} cannot set it"
        return
    snapshot = readings.of(place)
    row = None if wish.key.symbol is None else snapshot.symbol(wish.key.symbol)
    if wish.key.symbol is not None and row is None:
        yield f"{place.venue.id} lists no symbol {wish.key.symbol}"
        return
    for blocker in place.venue.blockers:
        if blocker.setting is wish.key.setting:
            yield from _blocks(blocker, wish, readings)
    highest = None if row is None else row.max_leverage
    if highest is not None and rises(wish, present) and isinstance(wish.target, Decimal) and wish.target > highest:
        yield f"the brackets allow at most {text_of(highest)} at the present position"


def needs_of(wish: Wish, present: Value | None, readings: Readings, wanted: dict[Key, Value]) -> Iterator[Need]:
    """
    Yield what must hold when a change is made.

    ``wanted`` is what the target asks for: a leverage is raised only under the margin type it was chosen for.
    """
    for coupling in wish.place.venue.couplings:
        if coupling.setting is wish.key.setting and coupling.value == wish.target:
            yield from _coupled(coupling, wish, readings, wanted)
    if wish.key.setting is not Setting.LEVERAGE:
        return
    margin_type = readings.margin_type_key(wish.place, wish.key.symbol)
    if rises(wish, present):
        if margin_type in wanted:
            yield Need(margin_type, wanted[margin_type], _RAISED_UNDER)
        return
    row = readings.of(wish.place).symbol(wish.key.symbol or "")
    for blocker in wish.place.venue.blockers:
        if blocker.by is BlockedBy.LOWER_LEVERAGE and row is not None and row.position:
            yield Need(margin_type, MarginType.ISOLATED, blocker.reason, negated=True)


def _coupled(coupling: Coupling, wish: Wish, readings: Readings, wanted: dict[Key, Value]) -> Iterator[Need]:
    place = wish.place
    if is_account_wide(place.venue, coupling.needs):
        symbols: tuple[str | None, ...] = (None,)
    elif wish.key.symbol is not None:
        symbols = (wish.key.symbol,)
    else:
        named = (key.symbol for key in wanted if key.place == place.number and key.setting is coupling.needs)
        symbols = tuple(dict.fromkeys((*named, *(row.symbol for row in readings.of(place).symbols))))
    for symbol in symbols:
        yield Need(key_at(readings.places, place, coupling.needs, symbol), coupling.needed, coupling.why)


def _blocks(blocker: Blocker, wish: Wish, readings: Readings) -> Iterator[str]:
    if blocker.by is BlockedBy.LOWER_LEVERAGE:
        return
    of_symbol = blocker.scope is BlockerScope.SYMBOL and wish.key.symbol is not None
    mates = readings.mates(wish.place) if blocker.scope is BlockerScope.REALM else (wish.place,)
    for place in mates:
        seen = _seen(blocker.by, readings.of(place), wish.key.symbol if of_symbol else None)
        if seen is not None:
            where = "" if place is wish.place else f" on {place.venue.id}"
            yield f"{blocker.reason} ({seen}{where})"


def _seen(by: BlockedBy, snapshot: SettingsSnapshot, symbol: str | None) -> str | None:
    """Return what stands in the way, None when nothing does or nobody looked."""
    row = None if symbol is None else snapshot.symbol(symbol)
    if by is BlockedBy.ORDERS:
        count = snapshot.open_orders if symbol is None else (row.open_orders if row else None)
        return f"open orders: {count}" if count else None
    if symbol is not None:
        return f"open position: {text_of(row.position)}" if row and row.position else None
    held = [row.symbol for row in snapshot.symbols if row.position]
    if held:
        return f"open positions: {', '.join(held)}"
    return f"open positions: {snapshot.open_positions}" if snapshot.open_positions else None

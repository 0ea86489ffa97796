"""Touches: what a change moves besides its own setting."""

from __future__ import annotations

from venuekit.capabilities import LeverageBehaviour, MarginTypeBehaviour, Setting
from venuekit.settings.controls import is_account_wide
from venuekit.settings.readings import Readings
from venuekit.settings.wishes import Wish

__all__ = ["affected_by", "note_on"]


def note_on(wish: Wish, readings: Readings) -> str | None:
    """Say what else a change touches."""
    place, setting = wish.place, wish.key.setting
    if setting is Setting.POSITION_MODE and place.shared_with:
        unread = set(place.shared_with) - {mate.venue.id for mate in readings.mates(place)}
        aside = f"; orders and positions were not read on {', '.join(sorted(unread))}" if unread else ""
        return f"also changes {', '.join(place.shared_with)}{aside}"
    if setting is Setting.MARGIN_TYPE and place.venue.has_behaviour(MarginTypeBehaviour):
        touches = place.venue.behaviour(MarginTypeBehaviour).touches
        return None if touches is None else f"touches {touches}"
    row = None if wish.key.symbol is None else readings.of(place).symbol(wish.key.symbol)
    if setting is Setting.LEVERAGE and row is not None and row.position:
        moves = place.venue.behaviour(LeverageBehaviour).moves_margin
        return "moves the margin of the open position at once" if moves else None
    return None


def affected_by(wish: Wish, readings: Readings) -> tuple[str, ...]:
    """Return the symbols with positions or orders that a setting of the account touches."""
    if not is_account_wide(wish.place.venue, wish.key.setting):
        return ()
    places = tuple(p for p in readings.places if wish.place.shares(wish.key.setting, p))
    rows = (row for place in places for row in readings.of(place).symbols)
    return tuple(dict.fromkeys(row.symbol for row in rows if row.position or row.open_orders))

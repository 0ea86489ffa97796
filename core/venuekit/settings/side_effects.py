"""Side effects: what a change moves besides its own setting."""

from __future__ import annotations

from venuekit.capabilities import LeverageBehaviour, MarginTypeBehaviour, Setting
from venuekit.settings.controls import is_account_wide
from venuekit.settings.current_settings import CurrentSettings
from venuekit.settings.desired_settings import DesiredSetting

__all__ = ["side_effect_note", "symbols_touched"]


def side_effect_note(desired: DesiredSetting, current: CurrentSettings) -> str | None:
    """Say what else a change touches."""
    account, setting = desired.account, desired.key.setting
    if setting is Setting.POSITION_MODE and account.shared_with:
        unread = set(account.shared_with) - {mate.venue.id for mate in current.mates(account)}
        aside = f"; orders and positions were not read on {', '.join(sorted(unread))}" if unread else ""
        return f"also changes {', '.join(account.shared_with)}{aside}"
    if setting is Setting.MARGIN_TYPE and account.venue.has_behaviour(MarginTypeBehaviour):
        touches = account.venue.behaviour(MarginTypeBehaviour).touches
        return None if touches is None else f"touches {touches}"
    row = None if desired.key.symbol is None else current.of(account).symbol(desired.key.symbol)
    if setting is Setting.LEVERAGE and row is not None and row.position:
        moves = account.venue.behaviour(LeverageBehaviour).moves_margin
        return "moves the margin of the open position at once" if moves else None
    return None


def symbols_touched(desired: DesiredSetting, current: CurrentSettings) -> tuple[str, ...]:
    """Return the symbols with positions or orders that a setting of the account touches."""
    if not is_account_wide(desired.account.venue, desired.key.setting):
        return ()
    mates = current.mates(desired.account)
    accounts = tuple(mate for mate in mates if desired.account.shares(desired.key.setting, mate))
    rows = (row for account in accounts for row in current.of(account).symbols)
    return tuple(dict.fromkeys(row.symbol for row in rows if row.position or row.open_orders))

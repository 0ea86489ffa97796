"""Odd rows: changes that depend on a row of an answer that could not be read."""

from __future__ import annotations

from venuekit.capabilities import Setting
from venuekit.settings.controls import is_account_wide
from venuekit.settings.current_settings import CurrentSettings
from venuekit.settings.desired_settings import DesiredSetting
from venuekit.settings.target_accounts import TargetAccount
from venuekit.venue import BlockedBy, BlockerScope

__all__ = ["odd_row_refusal"]


def odd_row_refusal(desired: DesiredSetting, current: CurrentSettings) -> str | None:
    """
    Return why a change is refused because of an odd row, None when it depends on none.

    A change of a symbol depends on the rows of this symbol; one that the venue allows only while no symbol has orders,
    a position or another margin type, and one that touches every position, depends on all rows of the account.
    """
    symbol = desired.key.symbol
    if symbol is not None:
        snapshot = current.of(desired.account)
        odd = snapshot.odd_row(symbol)
        if odd is not None:
            whose = symbol if symbol in snapshot.odd else f"an unknown symbol, which may be {symbol},"
            return f"a row of {whose} of account {desired.entry} could not be read: {odd.operation}: {odd.words}"
    for account in _accounts_needed_whole(desired, current):
        for named, odd in current.of(account).odd.items():
            return (
                f"it depends on every symbol of account {', '.join(account.entries)} on {account.venue.id}, and a row "
                f"of {named or 'an unknown symbol'} could not be read: {odd.operation}: {odd.words}"
            )
    return None


def _accounts_needed_whole(desired: DesiredSetting, current: CurrentSettings) -> tuple[TargetAccount, ...]:
    """Return the accounts all of whose symbols decide about a change."""
    venue, setting = desired.account.venue, desired.key.setting
    of_account = desired.key.symbol is None
    scopes = {b.scope for b in venue.blockers if b.setting is setting and b.by is not BlockedBy.LOWER_LEVERAGE}
    if BlockerScope.REALM in scopes:
        return current.mates(desired.account)
    blocked = bool(scopes) if of_account else BlockerScope.ACCOUNT in scopes
    coupled = of_account and any(
        coupling.setting is setting and coupling.value == desired.target and not is_account_wide(venue, coupling.needs)
        for coupling in venue.couplings
    )
    touches_all = of_account and setting is Setting.MARGIN_TYPE
    return (desired.account,) if blocked or coupled or touches_all else ()

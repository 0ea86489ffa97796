"""Preconditions: refusals of the venue that the reads show, and changes that depend on an odd row."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from venuekit.capabilities import LeverageBehaviour, MarginType, Setting, SettingsSnapshot
from venuekit.settings.controls import control_of, is_account_wide, is_joint
from venuekit.settings.step_order import Key, Requirement
from venuekit.settings.target import Value, text_of
from venuekit.settings.target_accounts import CurrentSettings, DesiredSetting, TargetAccount, key_at
from venuekit.venue import BlockedBy, Blocker, BlockerScope, Coupling

_EITHER = frozenset({MarginType.CROSS, MarginType.ISOLATED})
_RAISED_UNDER = "a leverage is raised only under the margin type that was chosen for it"


def raises_leverage(desired: DesiredSetting, present: Value | None) -> bool:
    """Return whether a desired setting raises a leverage; an unknown present one counts as lower."""
    if desired.key.setting is not Setting.LEVERAGE:
        return False
    return not (isinstance(present, Decimal) and isinstance(desired.target, Decimal) and desired.target <= present)


def refusals_of(desired: DesiredSetting, present: Value | None, current: CurrentSettings) -> Iterator[str]:
    """Yield the reasons why a change would be refused after any other changes too."""
    account = desired.account
    mode_refusal = _refusal_of_mode(desired, current)
    if mode_refusal is not None:
        yield mode_refusal
        return
    support = account.open_account.support(control_of(desired.key.setting))
    if not support:
        yield support.reason or f"the plugin of {account.venue.id} cannot set it"
        return
    odd_row = odd_row_refusal(desired, current)
    if odd_row is not None:
        yield odd_row
        return
    snapshot = current.of(account)
    row = None if desired.key.symbol is None else snapshot.symbol(desired.key.symbol)
    if desired.key.symbol is not None and row is None:
        yield f"{account.venue.id} lists no symbol {desired.key.symbol}"
        return
    for blocker in account.venue.blockers:
        if blocker.setting is desired.key.setting:
            yield from _blocks(blocker, desired, current)
    if desired.at_most:
        yield "its present leverage could not be read, and at_most raises none"
        return
    highest = None if row is None else row.max_leverage
    if (
        highest is not None
        and raises_leverage(desired, present)
        and isinstance(desired.target, Decimal)
        and desired.target > highest
    ):
        yield f"the brackets allow at most {text_of(highest)} at the present position"


def _refusal_of_mode(desired: DesiredSetting, current: CurrentSettings) -> str | None:
    """Return why the account mode of an account forbids a change, None when it does not."""
    mode = current.of(desired.account).account_mode
    if desired.key.setting is not Setting.ACCOUNT_MODE:
        return None if _needs_other_margin_type(desired, current) else reason_of_mode(desired, current)
    if mode is None or mode.mode is None:
        why = "its plugin does not read it" if mode is None else mode.reason or mode.word or "its answers do not decide"
        return f"the account mode is not known: {why}"
    word = "" if mode.word is None else f" ({mode.word})"
    return f"account_mode is {mode.mode}{word} here, and is changed at the venue, not through its API"


def reason_of_mode(desired: DesiredSetting, current: CurrentSettings) -> str | None:
    """Return why a setting cannot be written in the present account mode, None when it can."""
    mode = current.of(desired.account).account_mode
    return None if mode is None else mode.unavailable.get(desired.key.setting)


def _needs_other_margin_type(desired: DesiredSetting, current: CurrentSettings) -> bool:
    """Return whether a leverage is unavailable for a margin type that another change of the plan may end."""
    margin_type = current.margin_type_key(desired.account, desired.key.symbol)
    present = current.value(desired.account, margin_type)
    return desired.key.setting is Setting.LEVERAGE and present is MarginType.PORTFOLIO


def requirements_of(
    desired: DesiredSetting, present: Value | None, current: CurrentSettings, targets: dict[Key, Value]
) -> Iterator[Requirement]:
    """
    Yield the requirements of a change.

    ``targets`` are the target's values: a leverage is raised only under the margin type it was chosen for.
    """
    for coupling in desired.account.venue.couplings:
        if coupling.setting is desired.key.setting and coupling.value == desired.target:
            yield from _requirements_of_coupling(coupling, desired, current, targets)
    if desired.key.setting is not Setting.LEVERAGE:
        return
    margin_type = current.margin_type_key(desired.account, desired.key.symbol)
    reason = reason_of_mode(desired, current)
    if reason is not None:
        yield Requirement(margin_type, MarginType.PORTFOLIO, reason, negated=True)
    yield from _requirements_of_leverage(desired, margin_type)
    if raises_leverage(desired, present):
        if margin_type in targets:
            yield Requirement(margin_type, targets[margin_type], _RAISED_UNDER)
        return
    row = current.of(desired.account).symbol(desired.key.symbol or "")
    for blocker in desired.account.venue.blockers:
        if blocker.by is BlockedBy.LOWER_LEVERAGE and row is not None and row.position:
            yield Requirement(margin_type, MarginType.ISOLATED, blocker.reason, negated=True)


def _requirements_of_leverage(desired: DesiredSetting, margin_type: Key) -> Iterator[Requirement]:
    """Yield the margin type that a leverage cannot be set without."""
    venue, own = desired.account.venue, desired.key.margin_type
    if own is not None and is_joint(venue):
        yield Requirement(margin_type, own, f"one write sets both on {venue.id}")
    under = venue.behaviour(LeverageBehaviour).margin_types if venue.has_behaviour(LeverageBehaviour) else _EITHER
    if own is None and len(under) == 1:
        yield Requirement(margin_type, next(iter(under)), "a leverage can be set under no other")


def _requirements_of_coupling(
    coupling: Coupling, desired: DesiredSetting, current: CurrentSettings, targets: dict[Key, Value]
) -> Iterator[Requirement]:
    account = desired.account
    if is_account_wide(account.venue, coupling.needs):
        symbols: tuple[str | None, ...] = (None,)
    else:  # the setting is the account's, and every symbol must have what it needs
        named = (key.symbol for key in targets if key.account_index == account.index and key.setting is coupling.needs)
        symbols = tuple(dict.fromkeys((*named, *(row.symbol for row in current.of(account).symbols))))
    for symbol in symbols:
        yield Requirement(key_at(account, coupling.needs, symbol), coupling.needed, coupling.why)


def _blocks(blocker: Blocker, desired: DesiredSetting, current: CurrentSettings) -> Iterator[str]:
    if blocker.by is BlockedBy.LOWER_LEVERAGE:
        return
    of_symbol = blocker.scope is BlockerScope.SYMBOL and desired.key.symbol is not None
    mates = current.mates(desired.account) if blocker.scope is BlockerScope.REALM else (desired.account,)
    for account in mates:
        seen = _describe_blocker(blocker.by, current.of(account), desired.key.symbol if of_symbol else None)
        if seen is not None:
            where = "" if account is desired.account else f" on {account.venue.id}"
            yield f"{blocker.reason} ({seen}{where})"


def _describe_blocker(by: BlockedBy, snapshot: SettingsSnapshot, symbol: str | None) -> str | None:
    """Return a description of the obstacle, None without one or when it was not read."""
    row = None if symbol is None else snapshot.symbol(symbol)
    if by is BlockedBy.ORDERS:
        count = snapshot.open_orders if symbol is None else (row.open_orders if row else None)
        return f"open orders: {count}" if count else None
    if symbol is not None:
        return f"open position: {text_of(row.position)}" if row and row.position else None
    symbols = [row.symbol for row in snapshot.symbols if row.position]
    if symbols:
        return f"open positions: {', '.join(symbols)}"
    return f"open positions: {snapshot.open_positions}" if snapshot.open_positions else None


def odd_row_refusal(desired: DesiredSetting, current: CurrentSettings) -> str | None:
    """
    Return the refusal of a change that depends on an odd row, None when it depends on none.

    A change of a symbol depends on the rows of this symbol; one that the venue allows only while no symbol has orders,
    a position or another margin type, and one that affects every position, depends on all rows of the account.
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
    """Return the accounts of which every symbol is relevant to a change."""
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

"""Planning: builds the plan that leads from the current settings to the target, with the side effects of each step."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from venuekit.arguments import check_names
from venuekit.capabilities import LeverageBehaviour, LeverageScope, MarginType, MarginTypeBehaviour, Setting
from venuekit.settings.controls import has_leverage_per, is_account_wide, is_joint, reader_weight, setter_weight
from venuekit.settings.current_reads import differences, read_current_settings
from venuekit.settings.pace import paces_of
from venuekit.settings.plans import Plan, PlannedRead, PlannedStep, StepStatus
from venuekit.settings.preconditions import raises_leverage, refusals_of, requirements_of
from venuekit.settings.step_order import Key, SettingChange, StepOrder, joined, order_steps
from venuekit.settings.target import Origin, Target, Value
from venuekit.settings.target_accounts import (
    CurrentSettings,
    DesiredSetting,
    contradictions,
    desired_settings_of,
    target_accounts_of,
)

if TYPE_CHECKING:
    from venuekit.account import Account


def build_plan(target: Target, current: CurrentSettings) -> Plan:
    """Return the plan that leads from the current settings to the target."""
    desired_settings = desired_settings_of(target, current.accounts)
    findings = _findings(target, desired_settings, current)
    steps = tuple(_step(desired, findings, current, target.origin) for desired in desired_settings)
    reads = tuple(
        PlannedRead(next(iter(account.entries)), account.venue.id, current.of(account).weight)
        for account in current.accounts
    )
    paces = paces_of(
        (desired.account.venue, step.setting)
        for desired, step in zip(desired_settings, steps, strict=True)
        if step.status is StepStatus.PENDING
    )
    entries = {name: entry for account in current.accounts for name, entry in account.entries.items()}
    kept = attrs.evolve(target, accounts={name: entries[name] for name in target.accounts if name in entries})
    return Plan(kept, steps, reads, current.unknown, current.unreadable, current.unmatched, tuple(paces))


@attrs.frozen
class _Findings:
    """
    The target of each setting, the entries that change it, the order of the changes, and their numbers, from 1.

    ``joint`` has, by the key of a margin type, that of the leverage whose write sets it, and ``also`` the reverse.
    """

    targets: Mapping[Key, Value]
    carriers: Mapping[Key, DesiredSetting]
    order: StepOrder
    numbers: Mapping[Key, int]
    joint: Mapping[Key, Key]
    also: Mapping[Key, Key]


def _findings(target: Target, desired_settings: Sequence[DesiredSetting], current: CurrentSettings) -> _Findings:
    targets = {desired.key: desired.target for desired in desired_settings}
    carriers: dict[Key, DesiredSetting] = {}
    for desired in desired_settings:
        carriers.setdefault(desired.key, desired)
    present: dict[Key, Value | None] = {}
    refused = contradictions(desired_settings)
    of_owner: dict[Hashable, list[DesiredSetting]] = {account.owner: [] for account in current.accounts}
    for desired in differences(target, current):
        of_owner[desired.account.owner].append(desired)
        present[desired.key] = current.value(desired.account, desired.key)
        if reasons := "; ".join(refusals_of(desired, present[desired.key], current)):
            refused[desired.key] = reasons
    changes = [
        SettingChange(w.key, w.target, tuple(requirements_of(w, present[w.key], current, targets)))
        for mine in of_owner.values()  # no setting is shared by two owners
        for lowered in (True, False)
        for w in mine
        if _lowers_leverage(w, present[w.key]) is lowered
    ]
    changes = joined(changes, _joint_pairs(of_owner, current, refused))
    order = order_steps(changes, {**current.state(), **present}, refused)
    numbers = {key: number for number, key in enumerate(order.order, start=1)}
    also = {change.key: other for change in changes for other in change.also}
    return _Findings(targets, carriers, order, numbers, {other: key for key, other in also.items()}, also)


def _joint_pairs(
    changes: Mapping[Hashable, Sequence[DesiredSetting]], current: CurrentSettings, refused: Mapping[Key, str]
) -> dict[Key, Key]:
    """Return the keys of leverages that one write sets along with a margin type, each with that of the margin type."""
    pairs: dict[Key, Key] = {}
    joint = {account for account in current.accounts if is_joint(account.venue)}
    for desired in (one for mine in changes.values() for one in mine):
        if desired.key.setting is Setting.LEVERAGE and desired.account in joint:
            margin_type = current.margin_type_key(desired.account, desired.key.symbol)
            if desired.key not in refused and margin_type not in refused:
                pairs[desired.key] = margin_type
    return pairs


def _lowers_leverage(desired: DesiredSetting, present: Value | None) -> bool:
    return desired.key.setting is Setting.LEVERAGE and not raises_leverage(desired, present)


def _step(desired: DesiredSetting, findings: _Findings, current: CurrentSettings, origin: Origin | None) -> PlannedStep:
    key = desired.key
    present = current.value(desired.account, key)
    status, reason = _status(desired, present, findings)
    sent = status is StepStatus.PENDING
    changes = status in {StepStatus.PENDING, StepStatus.ALONG}
    return PlannedStep(
        account=desired.entry,
        venue=desired.account.venue.id,
        symbol=key.symbol,
        setting=key.setting,
        side=key.side,
        present=present,
        target=desired.target,
        status=status,
        order=findings.numbers[key] if sent else None,
        weight=_weight(desired) if sent else None,
        reason=reason,
        note=side_effect_note(desired, current) if changes else None,
        affected=symbols_touched(desired, current) if changes else (),
        name=desired.name,
        decided_by=None if origin is None else origin.place(desired.path),
        needs=_needs(desired, status, findings),
        also=_also(key, findings) if sent else None,
        margin_type=_margin_type(desired, findings, current),
    )


def _weight(desired: DesiredSetting) -> int | None:
    """Return the cost of a change together with the reading right before it."""
    weight = setter_weight(desired.account.venue, desired.key.setting)
    return None if weight is None else weight + reader_weight(desired.account.venue, desired.key.setting)


def _status(desired: DesiredSetting, present: Value | None, findings: _Findings) -> tuple[StepStatus, str | None]:
    carrier = findings.carriers[desired.key]
    key = findings.joint.get(desired.key, desired.key)
    if key in findings.order.refused:
        return StepStatus.REFUSED, findings.order.refused[key]
    if key in findings.order.skipped:
        return StepStatus.SKIPPED, findings.order.skipped[key]
    if present == desired.target:
        return StepStatus.UNCHANGED, None
    if carrier is not desired:
        return StepStatus.ALONG, f"{carrier.name} is the same setting"
    if key != desired.key:
        return StepStatus.ALONG, f"the write of {findings.carriers[key].name} sets both"
    return StepStatus.PENDING, None


def _needs(desired: DesiredSetting, status: StepStatus, findings: _Findings) -> tuple[str, ...]:
    """Return the names of the steps that a step needs, or is carried by."""
    key = desired.key
    if status is StepStatus.ALONG:
        carrier = findings.carriers[key]
        return (carrier.name if carrier is not desired else findings.carriers[findings.joint[key]].name,)
    if status is not StepStatus.PENDING:
        return ()
    return tuple(findings.carriers[other].name for other in findings.order.waits.get(key, ()))


def _also(key: Key, findings: _Findings) -> str | None:
    """Return the name of the step that the same write sets."""
    return findings.carriers[findings.also[key]].name if key in findings.also else None


def _margin_type(desired: DesiredSetting, findings: _Findings, current: CurrentSettings) -> MarginType | None:
    if desired.key.setting is not Setting.LEVERAGE:
        return None
    if desired.key.margin_type is not None or not has_leverage_per(desired.account.venue, LeverageScope.MARGIN_TYPE):
        return desired.key.margin_type
    key = current.margin_type_key(desired.account, desired.key.symbol)
    value = findings.targets.get(key) or current.value(desired.account, key)
    return value if isinstance(value, MarginType) else None


def side_effect_note(desired: DesiredSetting, current: CurrentSettings) -> str | None:
    """Return a note on the side effects of a change."""
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
    """Return the symbols with positions or orders that a setting of the account affects."""
    if not is_account_wide(desired.account.venue, desired.key.setting):
        return ()
    mates = current.mates(desired.account)
    accounts = tuple(mate for mate in mates if desired.account.shares(desired.key.setting, mate))
    rows = (row for account in accounts for row in current.of(account).symbols)
    return tuple(dict.fromkeys(row.symbol for row in rows if row.position or row.open_orders))


async def plan(target: Target, accounts: Mapping[str, Account], *, symbols: Collection[str] = ()) -> Plan:
    """
    Return the difference between a target and the current settings; nothing is changed.

    Orders and brackets are read only where a difference needs them, and instruments where a rule has to be matched.
    Symbols that a venue does not know are in the plan's ``unknown``, patterns that match none in its ``unmatched``, and
    accounts that cannot be read in its ``unreadable``, all of them; the rest is planned.

    Args:
        target: The desired settings; one from a file is checked by :meth:`~venuekit.settings.TargetFile.check`.
        accounts: The open account of each entry, by its name.
        symbols: Names or patterns (``*`` and ``?``); settings of these symbols alone are planned, and none of accounts.

    Raises:
        ConfigurationError: an account is missing, or one of ``symbols`` matches no symbol of the target.
    """
    symbols = check_names(symbols, "symbols", plan.__name__)
    return build_plan(target, await read_current_settings(target, target_accounts_of(target, accounts), only=symbols))

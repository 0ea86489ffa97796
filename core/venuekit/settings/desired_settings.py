"""Desired settings: every single value of a target, with the setting it is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import attrs

from venuekit._util.toml_lines import key_text
from venuekit.capabilities import LeverageBehaviour, LeverageScope, PositionSide, Setting
from venuekit.settings.changes import Key
from venuekit.settings.target import SymbolTarget, Target, Value, text_of
from venuekit.settings.target_accounts import TargetAccount


@attrs.frozen
class DesiredSetting:
    """One entry's desired value of one setting."""

    entry: str
    account: TargetAccount
    key: Key
    target: Value

    @property
    def name(self) -> str:
        """The path in the target: ``accounts.main.symbols.BTCUSD.leverage``."""
        inner = () if self.key.symbol is None else ("symbols", self.key.symbol)
        side = () if self.key.side is None else (self.key.side.value,)
        return key_text(("accounts", self.entry, *inner, self.key.setting.value, *side))


def key_at(account: TargetAccount, setting: Setting, symbol: str | None = None) -> Key:
    """Return the key of a setting of an account: that of the first account that shares it."""
    is_shared = setting is Setting.POSITION_MODE  # the only one that accounts share
    return Key(account.position_mode_index if is_shared else account.index, setting, symbol)


def desired_settings_of(target: Target, accounts: Sequence[TargetAccount]) -> tuple[DesiredSetting, ...]:
    """Return the desired settings of these accounts, in the target's order."""
    of_entry = {name: account for account in accounts for name in account.entries}
    return tuple(
        desired for name in target.accounts if name in of_entry for desired in _settings_of_entry(name, of_entry[name])
    )


def contradictions(desired_settings: Sequence[DesiredSetting]) -> dict[Key, str]:
    """Return the settings for which two entries have different targets, with a sentence that names both."""
    first: dict[Key, DesiredSetting] = {}
    conflicts: dict[Key, str] = {}
    for desired in desired_settings:
        other = first.setdefault(desired.key, desired)
        if other.target != desired.target:
            conflicts[desired.key] = (
                f"{other.name} wants {text_of(other.target)} and {desired.name} wants {text_of(desired.target)}, "
                "but both are one setting of one API key"
            )
    return conflicts


def _settings_of_entry(name: str, account: TargetAccount) -> Iterator[DesiredSetting]:
    entry = account.entries[name]
    for setting, value in (
        (Setting.POSITION_MODE, entry.position_mode),
        (Setting.ASSET_MODE, entry.asset_mode),
        (Setting.MARGIN_TYPE, entry.margin_type),
    ):
        if value is not None:
            yield DesiredSetting(name, account, key_at(account, setting), value)
    for symbol, row in entry.symbols.items():
        if row.margin_type is not None:
            yield DesiredSetting(name, account, key_at(account, Setting.MARGIN_TYPE, symbol), row.margin_type)
        for side, leverage in _leverages(account, row):
            key = attrs.evolve(key_at(account, Setting.LEVERAGE, symbol), side=side)
            yield DesiredSetting(name, account, key, leverage)


def _leverages(account: TargetAccount, row: SymbolTarget) -> Iterator[tuple[PositionSide | None, Decimal]]:
    """Yield each leverage to set: one for both sides, or one for each where the venue has a leverage per side."""
    if row.leverage is None:
        return
    behaviour = LeverageBehaviour
    sides_apart = (
        account.venue.has_behaviour(behaviour) and LeverageScope.SIDE in account.venue.behaviour(behaviour).scope
    )
    if not sides_apart:
        value = row.leverage.long if row.leverage.long is not None else row.leverage.short
        if value is not None:
            yield None, value
        return
    for side, value in ((PositionSide.LONG, row.leverage.long), (PositionSide.SHORT, row.leverage.short)):
        if value is not None:
            yield side, value

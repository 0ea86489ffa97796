"""Checks a target against the declarations of its venues, without any request, and collects the problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs

from venuekit._util.decimals import EXACT
from venuekit._util.texts import did_you_mean
from venuekit._util.toml_lines import KeyPath, key_text, line_of
from venuekit.capabilities import (
    AccountModeReader,
    AssetModeReader,
    Capability,
    LeverageBehaviour,
    LeverageReader,
    LeverageScope,
    MarginType,
    MarginTypeBehaviour,
    MarginTypeReader,
    MarginTypeScope,
    PositionModeBehaviour,
    PositionModeReader,
    PositionModeScope,
    Setting,
)
from venuekit.errors import TargetFileError
from venuekit.payloads import is_multiple
from venuekit.settings.controls import is_joint
from venuekit.settings.target import AccountTarget, LeverageTarget, SymbolRule, Target, Value, text_of
from venuekit.venue import venue_support

if TYPE_CHECKING:
    from venuekit.venue import Coupling, Venue


@attrs.define
class Problems:
    """The problems of one target file."""

    source: str
    lines: Mapping[KeyPath, int]
    _found: dict[tuple[int, str], None] = attrs.field(factory=dict, init=False)

    def add(self, path: KeyPath, text: str) -> None:
        """Add one problem of one key; an equal one counts once."""
        self._found[line_of(self.lines, path), f"{key_text(path)}: {text}"] = None

    def line_of(self, path: KeyPath) -> int:
        """Return the line of a key."""
        return line_of(self.lines, path)

    def raise_any(self) -> None:
        """
        Raise the collected problems, one line of text each.

        Raises:
            TargetFileError: there are problems.
        """
        if self._found:
            raise TargetFileError("\n".join(f"{self.source}:{line}: {text}" for line, text in sorted(self._found)))


def check_target(target: Target, venues: Mapping[str, Venue[Any]], problems: Problems) -> None:
    """Add to ``problems`` everything that the venues' declarations refuse."""
    for name, account in target.accounts.items():
        path = ("accounts", name)
        venue = venues.get(name)
        if venue is None:
            problems.add(path, f"no account has this name{did_you_mean(name, venues)}")
            continue
        if account.venue not in {None, venue.id}:
            problems.add((*path, "venue"), f'the accounts file has "{venue.id}" for this account')
            continue
        _check_account(account, venue, path, problems)


def _check_account(account: AccountTarget, venue: Venue[Any], path: KeyPath, problems: Problems) -> None:
    for setting, symbol, value in account.settings():
        table_path = path if symbol is None else (*path, "symbols", symbol)
        if isinstance(value, LeverageTarget):
            _check_leverage(value, venue, (*table_path, "leverage"), problems)
        elif setting is Setting.MARGIN_TYPE:
            level = MarginTypeScope.ACCOUNT if symbol is None else MarginTypeScope.SYMBOL
            _check_margin_type(venue, table_path, level, path, problems)
        elif setting is Setting.ASSET_MODE:
            _check_reader(venue, AssetModeReader, (*path, "asset_mode"), problems)
        elif setting is Setting.ACCOUNT_MODE:
            _check_reader(venue, AccountModeReader, (*path, "account_mode"), problems)
        else:
            _check_position_mode(venue, (*path, "position_mode"), problems)
    _check_couplings(account, venue.couplings, path, problems)
    for symbol in account.symbols:
        _check_margin_types(account, symbol, venue, path, problems)
    for rule in account.rules:
        _check_rule(rule, venue, path, problems)


def _check_rule(rule: SymbolRule, venue: Venue[Any], path: KeyPath, problems: Problems) -> None:
    """Find settings of a rule that no symbol of the account can have."""
    if rule.settings.margin_type is not None:
        _check_margin_type(venue, rule.path, MarginTypeScope.SYMBOL, path, problems)
    for leverage in (rule.settings.leverage, *rule.settings.leverages):
        if leverage is not None:
            _check_leverage(leverage, venue, (*rule.path, "leverage"), problems)


def _check_reader(venue: Venue[Any], reader: type[Capability], path: KeyPath, problems: Problems) -> bool:
    support = venue_support(venue, reader)
    if not support:
        problems.add(path, f"{venue.id} has no such setting: {support.reason or 'its plugin does not read it'}")
    return bool(support)


def _check_position_mode(venue: Venue[Any], path: KeyPath, problems: Problems) -> None:
    if not _check_reader(venue, PositionModeReader, path, problems) or not venue.has_behaviour(PositionModeBehaviour):
        return
    scope = venue.behaviour(PositionModeBehaviour).scope
    if scope is not PositionModeScope.ACCOUNT:
        problems.add(path, f"belongs to each {scope} on {venue.id} and cannot be set for the account")


def _check_margin_type(
    venue: Venue[Any], table_path: KeyPath, level: MarginTypeScope, account: KeyPath, problems: Problems
) -> None:
    path = (*table_path, "margin_type")
    if not _check_reader(venue, MarginTypeReader, path, problems):
        return
    scope = venue.behaviour(MarginTypeBehaviour).scope
    if scope is level:
        return
    if scope is MarginTypeScope.ORDER:
        problems.add(path, f"belongs to each order on {venue.id} and cannot be set")
    elif scope is MarginTypeScope.ACCOUNT:
        where = key_text((*account, "margin_type"))
        problems.add(path, f"belongs to the whole account on {venue.id}; write {where}")
    else:
        where = key_text((*table_path, "symbols", "SYMBOL", "margin_type"))
        problems.add(path, f"belongs to a symbol on {venue.id}; write {where}")


def _check_leverage(leverage: LeverageTarget, venue: Venue[Any], path: KeyPath, problems: Problems) -> None:
    if not _check_reader(venue, LeverageReader, path, problems):
        return
    behaviour = venue.behaviour(LeverageBehaviour)
    if leverage.margin_type is not None:
        path = (*path, leverage.margin_type.value)
        if LeverageScope.MARGIN_TYPE not in behaviour.scope:
            problems.add(path, f"{venue.id} has one leverage for every margin type; expected a number")
            return
        if leverage.margin_type not in behaviour.margin_types:
            problems.add(path, f"{venue.id} has a leverage under {_either(behaviour)} only")
            return
    if leverage.by_side and LeverageScope.SIDE not in behaviour.scope:
        problems.add(path, f"{venue.id} has one leverage for both sides; expected a number")
        return
    for value in (leverage.long, leverage.short):
        reason = None if value is None else _out_of_range(value, behaviour)
        if reason is not None:
            problems.add(path, f"{text_of(value)} {reason} on {venue.id}")


def _check_margin_types(
    account: AccountTarget, symbol: str, venue: Venue[Any], path: KeyPath, problems: Problems
) -> None:
    """Find leverages of a symbol that cannot hold under its margin type, or not beside each other."""
    if not venue.has_behaviour(LeverageBehaviour):
        return
    row, inner = account.symbols[symbol], (*path, "symbols", symbol)
    wanted, at = row.margin_type, (*inner, "margin_type")
    if wanted is None:
        wanted, at = account.margin_type, (*path, "margin_type")
    behaviour, joint = venue.behaviour(LeverageBehaviour), is_joint(venue)
    chosen = wanted
    for leverage in (row.leverage, *row.leverages):
        if leverage is None:
            continue
        own, here = leverage.margin_type, (*inner, "leverage")
        if own is None:
            if wanted is not None and wanted not in behaviour.margin_types:
                why = f"{venue.id} has a leverage under {_either(behaviour)} only"
                problems.add(here, f"cannot hold together with {_place(at, wanted, problems)}: {why}")
        elif joint and chosen is not None and chosen is not own:
            why = f"one write sets leverage and margin type on {venue.id}"
            problems.add((*here, own.value), f"cannot hold together with {_place(at, wanted, problems)}: {why}")
        elif joint:
            chosen, at = own, (*here, own.value)


def _place(path: KeyPath, value: MarginType | None, problems: Problems) -> str:
    """Return a key with its value, unless that is not a margin type, and its line."""
    text = key_text(path) if value is None else f"{key_text(path)} = {text_of(value)}"
    return f"{text} (line {problems.line_of(path)})"


def _either(behaviour: LeverageBehaviour) -> str:
    return " or ".join(sorted(behaviour.margin_types))


def _out_of_range(value: Decimal, behaviour: LeverageBehaviour) -> str | None:
    if behaviour.minimum is not None and value < behaviour.minimum:
        return f"is below the least leverage, {text_of(behaviour.minimum)},"
    if behaviour.maximum is not None and value > behaviour.maximum:
        return f"is above the highest leverage, {text_of(behaviour.maximum)},"
    if behaviour.step is not None and not is_multiple(EXACT.subtract(value, behaviour.minimum or 0), behaviour.step):
        return f"is not a multiple of {text_of(behaviour.step)}"
    return None


def _check_couplings(
    account: AccountTarget, couplings: tuple[Coupling, ...], path: KeyPath, problems: Problems
) -> None:
    """Find settings of one account that exclude each other; a pair is reported once."""
    reported: set[frozenset[KeyPath]] = set()
    values: dict[KeyPath, Value] = {
        (setting.value,) if symbol is None else ("symbols", symbol, setting.value): value
        for setting, symbol, value in account.settings()
        if not isinstance(value, LeverageTarget)  # no leverage is coupled
    }
    for coupling in couplings:
        for this, other in _against(coupling, values):
            if frozenset({this, other}) in reported:
                continue
            reported.add(frozenset({this, other}))
            first, second = sorted(((*path, *this), (*path, *other)), key=lambda key: (problems.line_of(key), key))
            problems.add(
                second,
                f"{text_of(values[second[2:]])} cannot hold together with {key_text(first)} = "
                f"{text_of(values[first[2:]])} (line {problems.line_of(first)}): {coupling.why}",
            )


def _against(coupling: Coupling, settings: Mapping[KeyPath, Value]) -> Iterator[tuple[KeyPath, KeyPath]]:
    """Yield the pairs of settings, of one symbol or of it and the account, of which one forbids the other."""
    missing = {
        path: None
        for path, value in settings.items()
        if path[-1] == coupling.needs and value != coupling.needed  # an ordered set
    }
    of_symbols = [path for path in missing if len(path) > 1]
    of_account: list[KeyPath] = [path for path in missing if len(path) == 1]
    for this, value in settings.items():
        if this[-1] != coupling.setting or value != coupling.value:
            continue
        same: KeyPath = (*this[:-1], coupling.needs.value)
        others = of_symbols if len(this) == 1 else of_account
        yield from ((this, other) for other in (*([same] if same in missing else ()), *others))

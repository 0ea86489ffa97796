"""Target files: the desired settings in TOML, read strictly; keys, types and levels are checked without any venue."""

from __future__ import annotations

import enum
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import attrs

from venuekit._util.texts import did_you_mean
from venuekit._util.toml_lines import KeyPath, key_lines, key_text, syntax_error
from venuekit.arguments import check_names
from venuekit.capabilities import AccountMode, AssetMode, MarginType, PositionMode
from venuekit.errors import TargetFileError
from venuekit.settings.rules import matches
from venuekit.settings.target import AccountTarget, LeverageTarget, Origin, SymbolRule, SymbolTarget, Target
from venuekit.settings.target_check import Problems, check_target

if TYPE_CHECKING:
    from venuekit.settings.plans import UnknownSymbol, UnmatchedPattern
    from venuekit.venue import Venue

E = TypeVar("E", bound=enum.StrEnum)

_ACCOUNT_KEYS = ("venue", "account_mode", "position_mode", "asset_mode", "margin_type", "symbols", "use", "defaults")
_SYMBOL_KEYS = ("margin_type", "leverage")
_RULE_KEYS = ("symbols", "except", "held", *_SYMBOL_KEYS)
_AT_MOST = "at_most"
_SIDES = ("long", "short")
#: PORTFOLIO can be read but not set
_MARGIN_TYPES = (MarginType.CROSS, MarginType.ISOLATED)


@attrs.frozen
class TargetFile:
    """A target as written: every key is known and has the right type; it is not checked against venues yet."""

    source: str
    target: Target
    lines: Mapping[KeyPath, int] = attrs.field(repr=False)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts of the file, in its order."""
        return tuple(self.target.accounts)

    @property
    def declared_venues(self) -> Mapping[str, str]:
        """Account name to venue id, for the accounts whose table names one."""
        return {name: account.venue for name, account in self.target.accounts.items() if account.venue is not None}

    def only(self, names: Collection[str]) -> Self:
        """
        Return the file with the accounts of these names, or patterns with ``*`` and ``?``, alone.

        Raises:
            TargetFileError: the file has none for one of them.
        """
        names = check_names(names, "names", "only")
        for name in names:
            if not any(matches(name, account) for account in self.target.accounts):
                hint = did_you_mean(name, self.target.accounts)
                raise TargetFileError(f"{self.source}:1: accounts.{name}: no such account in this file{hint}")
        accounts = {
            account: entry
            for account, entry in self.target.accounts.items()
            if any(matches(name, account) for name in names)
        }
        return attrs.evolve(self, target=attrs.evolve(self.target, accounts=accounts))

    def check(self, venues: Mapping[str, Venue[Any]]) -> Target:
        """
        Return the target, checked against its venues' declarations.

        Args:
            venues: The venue of each account, by the account's name.

        Raises:
            TargetFileError: an account without a venue, or a setting that its venue cannot have; every problem with
                its line.
        """
        problems = Problems(self.source, self.lines)
        check_target(self.target, venues, problems)
        problems.raise_any()
        return self.target

    def check_symbols(self, unknown: Iterable[UnknownSymbol | UnmatchedPattern]) -> None:
        """
        Raise the symbols that a plan found to be unknown, and the names and patterns of rules that match none.

        Raises:
            TargetFileError: there are some; each with its line and the venue's words or the nearest name.
        """
        problems = Problems(self.source, self.lines)
        for symbol in unknown:
            problems.add(symbol.path, symbol.reason)
        problems.raise_any()


def read_target(path: Path) -> TargetFile:
    """
    Read a target file.

    Raises:
        TargetFileError: it cannot be read, is not TOML, or has an unknown key or value; every problem with its line.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")  # some editors write a byte order mark
    except OSError as error:
        raise TargetFileError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise TargetFileError(f"{path}: is not UTF-8 text ({error.reason} at byte {error.start})") from error
    return parse_target(text, str(path))


def parse_target(text: str, source: str = "settings.toml") -> TargetFile:
    """
    Read a target from TOML text; ``source`` is its name in problems.

    Raises:
        TargetFileError: it is not TOML, or has an unknown key or value; every problem with its line.
    """
    try:
        tables = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        line, message = syntax_error(error)
        where = f"{source}:{line or max(1, len(text.splitlines()))}"
        raise TargetFileError(f"{where}: not TOML: {message}") from error
    lines = key_lines(text)
    problems = Problems(source, lines)
    target = attrs.evolve(_read_tables(tables, problems), origin=Origin(source, lines))
    problems.raise_any()
    if not target.accounts:
        raise TargetFileError(f"{source}:1: accounts: expected at least one table such as [accounts.main]")
    return TargetFile(source, target, lines)


def _read_tables(tables: Mapping[str, Any], problems: Problems) -> Target:
    """Return the target that the tables describe; invalid entries are added to ``problems`` and left out."""
    _refuse_unknown(tables, (), problems, ("accounts", "groups"))
    accounts = _table(tables.get("accounts", {}), ("accounts",), problems)
    groups = {
        name: _rule(group, ("groups", name), problems)
        for name, group in _table(tables.get("groups", {}), ("groups",), problems).items()
    }
    return Target({name: _account(value, ("accounts", name), groups, problems) for name, value in accounts.items()})


def _rule(value: Any, path: KeyPath, problems: Problems) -> SymbolRule:
    """Return the rule of a group or of an account's defaults, which are about every symbol unless they name some."""
    table = _table(value, path, problems)
    _refuse_unknown(table, path, problems, _RULE_KEYS)
    symbols = _texts(table, path, "symbols", problems)
    if symbols is None and path[0] == "groups":
        problems.add(path, 'names no symbols: write symbols = ["*USDT"]')
    elif symbols == ():
        problems.add((*path, "symbols"), "names no symbols")
    settings = _settings(table, path, problems)
    if not table.keys() & set(_SYMBOL_KEYS):
        problems.add(path, f"sets nothing: write {' or '.join(_SYMBOL_KEYS)}")
    held = table.get("held", False)
    if not isinstance(held, bool):
        problems.add((*path, "held"), f"expected true or false, not {_text_of_value(held)}")
    excluded = _texts(table, path, "except", problems) or ()
    return SymbolRule(path, settings, ("*",) if symbols is None else symbols, excluded, held is True)


def _rules(
    table: Mapping[str, Any], path: KeyPath, groups: Mapping[str, SymbolRule], problems: Problems
) -> Iterator[SymbolRule]:
    """Yield the rules of an account: its defaults, and the groups that it uses."""
    if "defaults" in table:
        yield _rule(table["defaults"], (*path, "defaults"), problems)
    for name in _texts(table, path, "use", problems) or ():
        if name in groups:
            yield groups[name]
        else:
            problems.add((*path, "use"), f"no group {name!r}{did_you_mean(name, groups)}")


def _account(value: Any, path: KeyPath, groups: Mapping[str, SymbolRule], problems: Problems) -> AccountTarget:
    table = _table(value, path, problems)
    _refuse_unknown(table, path, problems, _ACCOUNT_KEYS, leverage=(*path, "symbols", "SYMBOL", "leverage"))
    symbols = _table(table.get("symbols", {}), (*path, "symbols"), problems)
    return AccountTarget(
        venue=_text(table, path, "venue", problems),
        account_mode=_choice(table, path, "account_mode", tuple(AccountMode), problems),
        position_mode=_choice(table, path, "position_mode", tuple(PositionMode), problems),
        asset_mode=_choice(table, path, "asset_mode", tuple(AssetMode), problems),
        margin_type=_choice(table, path, "margin_type", _MARGIN_TYPES, problems),
        symbols={name: _symbol(row, path, name, problems) for name, row in symbols.items()},
        rules=tuple(_rules(table, path, groups, problems)),
    )


def _symbol(value: Any, account: KeyPath, name: str, problems: Problems) -> SymbolTarget:
    path = (*account, "symbols", name)
    table = _table(value, path, problems)
    of_account = {key: (*account, key) for key in ("account_mode", "position_mode", "asset_mode")}
    _refuse_unknown(table, path, problems, _SYMBOL_KEYS, **of_account)
    return _settings(table, path, problems)


def _settings(table: Mapping[str, Any], path: KeyPath, problems: Problems) -> SymbolTarget:
    """Return the settings that the table of a symbol or of a rule has."""
    margin_type = _choice(table, path, "margin_type", _MARGIN_TYPES, problems)
    if "leverage" not in table:
        return SymbolTarget(margin_type)
    leverage, inner = table["leverage"], (*path, "leverage")
    if not isinstance(leverage, Mapping) or not leverage.keys() & set(_MARGIN_TYPES):
        return SymbolTarget(margin_type, _leverage(leverage, inner, problems, (*_SIDES, *_MARGIN_TYPES, _AT_MOST)))
    _refuse_unknown(leverage, inner, problems, tuple(_MARGIN_TYPES))
    named = [one for one in _MARGIN_TYPES if one in leverage]
    values = [_leverage(leverage[one], (*inner, one.value), problems) for one in named]
    leverages = (attrs.evolve(value, margin_type=one) for one, value in zip(named, values, strict=True) if value)
    return SymbolTarget(margin_type, leverages=tuple(leverages))


def _leverage(
    value: Any, path: KeyPath, problems: Problems, names: tuple[str, ...] = (*_SIDES, _AT_MOST)
) -> LeverageTarget | None:
    if not isinstance(value, Mapping):
        number = _number(value, path, problems)
        return None if number is None else LeverageTarget(number, number)
    _refuse_unknown(value, path, problems, names)
    if _AT_MOST in value:
        if len(value) > 1:
            problems.add(path, f"{_AT_MOST} is for both sides: write it alone")
        number = _number(value[_AT_MOST], (*path, _AT_MOST), problems)
        return None if number is None else LeverageTarget(number, number, at_most=True)
    if not value.keys() & set(_SIDES):
        problems.add(path, f"expected a number, or a table that names {', '.join(names[:-1])} or {names[-1]}")
        return None
    sides = {side: _number(value[side], (*path, side), problems) for side in _SIDES if side in value}
    return LeverageTarget(sides.get("long"), sides.get("short"))


def _number(value: Any, path: KeyPath, problems: Problems) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        problems.add(path, f"expected a number, not {_text_of_value(value)}")
        return None
    number = Decimal(value)
    if not (number.is_finite() and number > 0):
        problems.add(path, f"expected a number above 0, not {_text_of_value(value)}")
        return None
    return number


def _choice(table: Mapping[str, Any], path: KeyPath, key: str, choices: tuple[E, ...], problems: Problems) -> E | None:
    if key not in table:
        return None
    value = table[key]
    for choice in choices:
        if isinstance(value, str) and choice.value == value:
            return choice
    expected = " or ".join(f'"{choice.value}"' for choice in choices)
    hint = did_you_mean(value, (choice.value for choice in choices)) if isinstance(value, str) else ""
    problems.add((*path, key), f"expected {expected}, not {_text_of_value(value)}{hint}")
    return None


def _text(table: Mapping[str, Any], path: KeyPath, key: str, problems: Problems) -> str | None:
    value = table.get(key)
    if value is None or isinstance(value, str):
        return value
    problems.add((*path, key), f"expected text, not {_text_of_value(value)}")
    return None


def _texts(table: Mapping[str, Any], path: KeyPath, key: str, problems: Problems) -> tuple[str, ...] | None:
    """Return a list of texts, None where there is none."""
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        problems.add((*path, key), f"expected a list of texts, not {_text_of_value(value)}")
        return None
    return tuple(value)


def _table(value: Any, path: KeyPath, problems: Problems) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    problems.add(path, f"expected a table, not {_text_of_value(value)}")
    return {}


def _refuse_unknown(
    table: Mapping[str, Any], path: KeyPath, problems: Problems, allowed: tuple[str, ...], **elsewhere: KeyPath
) -> None:
    """Add the keys that are not allowed; ``elsewhere`` is the place of a key that belongs to another table."""
    for key in table:
        if key in elsewhere:
            problems.add((*path, key), f"does not belong here; write {key_text(elsewhere[key])}")
        elif key not in allowed:
            problems.add((*path, key), f"unknown key{did_you_mean(key, allowed)}")


def _text_of_value(value: Any) -> str:
    """Return a value in the file's notation, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value[:40]}"'
    if isinstance(value, Mapping):
        return "a table"
    return "a list" if isinstance(value, list) else str(value)

"""From the tables of a target file to values: keys, types and levels, and the problems in them, without any venue."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

import attrs

from venuekit._util.texts import did_you_mean
from venuekit._util.toml_lines import KeyPath, key_text, line_of
from venuekit.capabilities import AssetMode, MarginType, PositionMode
from venuekit.errors import TargetFileError
from venuekit.settings.target import AccountTarget, LeverageTarget, SymbolTarget, Target

E = TypeVar("E", bound=enum.StrEnum)

_ACCOUNT_KEYS = ("venue", "position_mode", "asset_mode", "margin_type", "symbols")
_SYMBOL_KEYS = ("margin_type", "leverage")
_SIDES = ("long", "short")
#: PORTFOLIO can be read but not set
_MARGIN_TYPES = (MarginType.CROSS, MarginType.ISOLATED)


def read_tables(tables: Mapping[str, Any], problems: Problems) -> Target:
    """Return the target that the tables describe; invalid entries are added to ``problems`` and left out."""
    for key in tables:
        if key != "accounts":
            problems.add((key,), f"unknown key{did_you_mean(key, ('accounts',))}")
    accounts = _table(tables.get("accounts", {}), ("accounts",), problems)
    return Target({name: _account(value, ("accounts", name), problems) for name, value in accounts.items()})


def _account(value: Any, path: KeyPath, problems: Problems) -> AccountTarget:
    table = _table(value, path, problems)
    elsewhere = {"leverage": (*path, "symbols", "SYMBOL", "leverage")}
    _refuse_unknown(table, _ACCOUNT_KEYS, path, problems, elsewhere)
    symbols = _table(table.get("symbols", {}), (*path, "symbols"), problems)
    return AccountTarget(
        venue=_text(table, path, "venue", problems),
        position_mode=_choice(table, path, "position_mode", tuple(PositionMode), problems),
        asset_mode=_choice(table, path, "asset_mode", tuple(AssetMode), problems),
        margin_type=_choice(table, path, "margin_type", _MARGIN_TYPES, problems),
        symbols={name: _symbol(row, path, name, problems) for name, row in symbols.items()},
    )


def _symbol(value: Any, account: KeyPath, name: str, problems: Problems) -> SymbolTarget:
    path = (*account, "symbols", name)
    table = _table(value, path, problems)
    elsewhere = {key: (*account, key) for key in ("position_mode", "asset_mode")}
    _refuse_unknown(table, _SYMBOL_KEYS, path, problems, elsewhere)
    return SymbolTarget(
        margin_type=_choice(table, path, "margin_type", _MARGIN_TYPES, problems),
        leverage=_leverage(table["leverage"], (*path, "leverage"), problems) if "leverage" in table else None,
    )


def _leverage(value: Any, path: KeyPath, problems: Problems) -> LeverageTarget | None:
    if not isinstance(value, Mapping):
        number = _number(value, path, problems)
        return None if number is None else LeverageTarget(number, number)
    _refuse_unknown(value, _SIDES, path, problems, {})
    if not value.keys() & set(_SIDES):
        problems.add(path, "expected a number, or a table that names long, short or both")
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


def _table(value: Any, path: KeyPath, problems: Problems) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    problems.add(path, f"expected a table, not {_text_of_value(value)}")
    return {}


def _refuse_unknown(
    table: Mapping[str, Any],
    allowed: tuple[str, ...],
    path: KeyPath,
    problems: Problems,
    elsewhere: Mapping[str, KeyPath],
) -> None:
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

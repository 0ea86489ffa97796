"""Targets: the desired settings of any number of accounts, and the text of a target file."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

import attrs

from venuekit._util.toml_lines import KeyPath, line_of
from venuekit.arguments import check_collection
from venuekit.capabilities import AccountMode, AssetMode, MarginType, PositionMode, Setting

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")

#: the value of a setting
Value: TypeAlias = AccountMode | PositionMode | AssetMode | MarginType | Decimal


def text_of(value: enum.StrEnum | Decimal | None) -> str:
    """Return a value as text for people: plain digits, lower-case words, ``unknown`` for None."""
    if value is None:
        return "unknown"
    return format(value, "f") if isinstance(value, Decimal) else value.value


@attrs.frozen
class LeverageTarget:
    """
    The leverage of a symbol; ``long`` and ``short`` differ, or one is None, only where sides are set separately.

    ``margin_type`` is the one that it belongs to, where each has its own; None is the one that holds. ``at_most`` makes
    it an upper bound: a higher leverage is lowered to it, and a lower one stays.
    """

    long: Decimal | None
    short: Decimal | None
    margin_type: MarginType | None = None
    at_most: bool = False

    @property
    def by_side(self) -> bool:
        """Whether the two sides have different targets."""
        return self.long != self.short


@attrs.frozen
class SymbolTarget:
    """
    The desired settings of one symbol; a None setting is left unchanged. ``leverages`` are those of margin types.

    ``decided`` is the key of the target that a setting comes from, where that is not the symbol's own: of a group, say.
    """

    margin_type: MarginType | None = None
    leverage: LeverageTarget | None = None
    leverages: tuple[LeverageTarget, ...] = ()
    decided: Mapping[Setting, KeyPath] = attrs.field(factory=dict, eq=False, repr=False)


@attrs.frozen
class SymbolRule:
    """
    Settings of all symbols that patterns match, and of no other.

    ``symbols`` and ``excluded`` are names or patterns with ``*`` and ``?``. A pattern matches symbols that the venue
    trades, a name any that it lists; with ``held`` those alone that have a position. ``path`` is the key of the target:
    ``("groups", "majors")`` or ``("accounts", "main", "defaults")``. ``settings`` are those of each symbol.
    """

    path: KeyPath
    settings: SymbolTarget
    symbols: tuple[str, ...] = ("*",)
    excluded: tuple[str, ...] = ()
    held: bool = False

    def __attrs_post_init__(self) -> None:
        check_collection(self.symbols, "symbols", type(self).__name__)
        check_collection(self.excluded, "excluded", type(self).__name__)


@attrs.frozen
class AccountTarget:
    """
    The desired settings of one account; None is left unchanged.

    ``margin_type`` only where it is the account's. ``account_mode`` is never changed; another one is refused.
    ``rules`` are settings of further symbols, and of settings that ``symbols`` leaves out: of those that match a symbol
    the most specific one is taken (a group rather than the defaults; a name rather than a pattern, and a longer pattern
    rather than a shorter one; else the last one).
    """

    venue: str | None = None
    position_mode: PositionMode | None = None
    asset_mode: AssetMode | None = None
    margin_type: MarginType | None = None
    symbols: Mapping[str, SymbolTarget] = attrs.field(factory=dict)
    account_mode: AccountMode | None = None
    rules: tuple[SymbolRule, ...] = ()

    def settings(self) -> Iterator[tuple[Setting, str | None, Value | LeverageTarget]]:
        """Yield each desired setting with its symbol, None for one of the account, and its value."""
        for setting in (Setting.ACCOUNT_MODE, Setting.POSITION_MODE, Setting.ASSET_MODE, Setting.MARGIN_TYPE):
            if (value := getattr(self, setting.value)) is not None:
                yield setting, None, value
        for symbol, row in self.symbols.items():
            if row.margin_type is not None:
                yield Setting.MARGIN_TYPE, symbol, row.margin_type
            for leverage in (row.leverage, *row.leverages):
                if leverage is not None:
                    yield Setting.LEVERAGE, symbol, leverage


@attrs.frozen
class Origin:
    """The file of a target, and the line of each of its keys."""

    source: str
    lines: Mapping[KeyPath, int] = attrs.field(repr=False)

    def place(self, path: KeyPath) -> str:
        """Return file and line of a key, else of the nearest table around it: ``target.toml:12``."""
        return f"{self.source}:{line_of(self.lines, path)}"


@attrs.frozen
class Target:
    """The desired settings, by the name of the account; ``origin`` is the file they come from, None without one."""

    accounts: Mapping[str, AccountTarget]
    origin: Origin | None = attrs.field(default=None, eq=False, repr=False)


def target_toml(accounts: Mapping[str, Mapping[str, Any]]) -> str:
    """
    Return the text of a target file for these accounts, by name.

    The tables are shaped like the file: texts, enumerations, numbers (int or Decimal), and tables of them.
    """
    blocks = []
    for name, account in accounts.items():
        blocks.append("\n".join(_block(("accounts", name), account)))
        for symbol, row in account.get("symbols", {}).items():
            blocks.append("\n".join(_block(("accounts", name, "symbols", symbol), row)))
    return "\n\n".join(blocks) + "\n"


def _block(path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    yield f"[{'.'.join(map(_key, path))}]"
    for key, value in table.items():
        if key != "symbols":
            yield f"{_key(key)} = {_value(value)}"


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, enum.Enum):
        return json.dumps(value.value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    raise TypeError(f"a target file cannot hold {value!r}")

"""Targets: the desired settings of any number of accounts, and the text of a target file."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

import attrs

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

    ``margin_type`` is the one that it belongs to, where each has its own; None is the one that holds.
    """

    long: Decimal | None
    short: Decimal | None
    margin_type: MarginType | None = None

    @property
    def by_side(self) -> bool:
        """Whether the two sides have different targets."""
        return self.long != self.short


@attrs.frozen
class SymbolTarget:
    """The desired settings of one symbol; a None setting is left unchanged. ``leverages`` are those of margin types."""

    margin_type: MarginType | None = None
    leverage: LeverageTarget | None = None
    leverages: tuple[LeverageTarget, ...] = ()


@attrs.frozen
class AccountTarget:
    """
    The desired settings of one account; None is left unchanged.

    ``margin_type`` only where it is the account's. ``account_mode`` is never changed; another one is refused.
    """

    venue: str | None = None
    position_mode: PositionMode | None = None
    asset_mode: AssetMode | None = None
    margin_type: MarginType | None = None
    symbols: Mapping[str, SymbolTarget] = attrs.field(factory=dict)
    account_mode: AccountMode | None = None

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
class Target:
    """The desired settings, by the name of the account."""

    accounts: Mapping[str, AccountTarget]


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

"""The text of a target file, from plain tables."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


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

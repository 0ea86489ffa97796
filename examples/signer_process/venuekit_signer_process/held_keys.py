"""The keys of the signer process: read from private files, each with the policy of the texts that it signs."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from venuekit.plugin import ConfigurationError, Secret, Signer, make_signer

_KEYS = {"file", "passphrase_file", "allow", "refuse"}


@attrs.frozen
class HeldKey:
    """A key and its policy: patterns of which a text must have one (``allow``), and may have none (``refuse``)."""

    signer: Signer
    allow: tuple[re.Pattern[str], ...] = ()
    refuse: tuple[re.Pattern[str], ...] = ()

    def find_objection(self, payload: bytes) -> str | None:
        """Return why a text is not signed, None for one that is."""
        text = payload.decode("utf-8", "replace")
        for pattern in self.refuse:
            if pattern.search(text):
                return f"its policy refuses a text with {pattern.pattern}"
        if self.allow and not any(pattern.search(text) for pattern in self.allow):
            return "its policy allows no text without one of its patterns"
        return None


def read_keys(path: Path) -> Mapping[str, HeldKey]:
    """
    Return the keys that a file names.

    Raises:
        ConfigurationError: a file is missing or not its owner's alone, or has an entry that cannot be used.
    """
    try:
        tables = tomllib.loads(_read_private(path)).get("keys", {})
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    if not isinstance(tables, dict) or not tables:
        raise ConfigurationError(f"{path}: expected a table [keys.NAME] for each key")
    return {name: _read_key(f"{path}: keys.{name}", path.parent, table) for name, table in tables.items()}


def _read_key(where: str, directory: Path, table: Any) -> HeldKey:
    if not isinstance(table, dict) or "file" not in table or not table.keys() <= _KEYS:
        raise ConfigurationError(f"{where}: expected file, and perhaps passphrase_file, allow and refuse")
    try:
        word = table.get("passphrase_file")
        passphrase = None if word is None else Secret(_read_private(directory / word).strip())
        signer = make_signer(Secret(_read_private(directory / table["file"]).strip()), passphrase)
        allow, refuse = (tuple(map(re.compile, table.get(name, ()))) for name in ("allow", "refuse"))
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from None
    except (TypeError, re.error) as error:
        raise ConfigurationError(f"{where}: expected names of files, and lists of patterns: {error}") from None
    return HeldKey(signer, allow, refuse)


def _read_private(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
                raise ConfigurationError(f"{path}: other users can access it; run: chmod 600 {path}")
            return file.read()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None

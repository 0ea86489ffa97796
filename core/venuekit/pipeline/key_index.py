"""The index of keys: which ones have been of one account, in a file beside the journals."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Self

import attrs

from venuekit._util.texts import warn

_APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT
_PARTS = ("realm", "site", "account", "key")


@attrs.define(eq=False)
class KeyIndex:
    """
    Links of accounts, as venues call them, with fingerprints of keys; lines are only ever added.

    Other processes may add lines at any time. A line that cannot be read is warned of once, and skipped.

    Args:
        path: The file; only its owner can read it.
    """

    path: Path
    _accounts: dict[tuple[str, str, str], set[str]] = attrs.field(factory=dict, init=False, repr=False)
    _keys: dict[tuple[str, str, str], set[str]] = attrs.field(factory=dict, init=False, repr=False)
    #: how far it was read
    _offset: int = attrs.field(default=0, init=False, repr=False)

    @classmethod
    def beside(cls, journals: Path) -> Self:
        """Return the index of a directory of journals."""
        return cls(journals / "accounts.index")

    def accounts_of(self, realm: str, site: str, key: str) -> frozenset[str]:
        """Return the names of the accounts that a key has been of."""
        self._read_on()
        return frozenset(self._accounts.get((realm, site, key), ()))

    def keys_of(self, realm: str, site: str, account: str) -> frozenset[str]:
        """Return the keys that have been of an account."""
        self._read_on()
        return frozenset(self._keys.get((realm, site, account), ()))

    def link(self, realm: str, site: str, account: str, key: str) -> None:
        """Remember for every later process that a key is of an account; a file that cannot be written is warned of."""
        if account in self.accounts_of(realm, site, key):
            return
        line = json.dumps(dict(zip(_PARTS, (realm, site, account, key), strict=True)), separators=(",", ":"))
        text = f"\n{line}\n".encode()  # the first newline ends a line that was cut off
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.path, _APPENDING, 0o600)
            try:
                if os.write(descriptor, text) != len(text):
                    raise OSError(errno.ENOSPC, "only a part of the line could be written")
            finally:
                os.close(descriptor)
        except OSError as error:
            warn(f"{self.path} cannot be written, and a later process may not find writes of this account: {error}")
            self._add(realm, site, account, key)

    def _read_on(self) -> None:
        """Read the lines added since the last time."""
        try:
            size = os.stat(self.path).st_size
            if size == self._offset:
                return
            with self.path.open("rb") as file:
                file.seek(self._offset if size > self._offset else 0)
                lines = file.readlines()
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            warn(f"{self.path} cannot be read, and unresolved writes of an account's other keys are not found: {error}")
            return
        if lines and not lines[-1].endswith(b"\n"):
            lines.pop()  # it is being written
        self._offset = (self._offset if size > self._offset else 0) + sum(map(len, lines))
        for line in filter(None, map(bytes.strip, lines)):
            self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            link = json.loads(line)
            realm, site, account, key = (link[part] for part in _PARTS)
        except (ValueError, LookupError, TypeError, RecursionError):
            warn(f"{self.path} has a line that cannot be read, and it is skipped")
            return
        self._add(str(realm), str(site), str(account), str(key))

    def _add(self, realm: str, site: str, account: str, key: str) -> None:
        self._accounts.setdefault((realm, site, key), set()).add(account)
        self._keys.setdefault((realm, site, account), set()).add(key)

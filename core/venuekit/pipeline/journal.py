"""The journal: what was about to be written, noted before its first byte; a killed process forgets nothing."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import attrs

from venuekit.clock import from_milliseconds
from venuekit.credentials.redactor import redact_parameters

__all__ = ["FileJournal", "Journal", "Unresolved", "new_id"]


_APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT
_compact = json.JSONEncoder(separators=(",", ":")).encode


@attrs.frozen
class Unresolved:
    """A write that the journal opened and never closed: sent at, and possibly arriving until the fence."""

    id: str
    verb: str
    path: str
    parameters: Mapping[str, Any]
    sent_at: datetime
    fence: datetime
    client_id: str | None = None


class Journal(Protocol):
    """Keeps one account's writes."""

    def begin(self, entry: Unresolved) -> None:
        """Note a write before its first byte."""

    def end(self, entry_id: str, outcome: str) -> None:
        """Note how a write ended; a write whose outcome is unknown stays open."""

    def unresolved(self) -> tuple[Unresolved, ...]:
        """Return the writes that were begun and not ended."""


@attrs.frozen
class FileJournal:
    """
    A journal in a file that only its owner can read, one JSON line per event, in the order they happened.

    Each line is handed to the operating system in one piece before the call returns: it survives the death of the
    process, though not that of the machine.
    """

    path: Path

    def begin(self, entry: Unresolved) -> None:
        """Append the opening line."""
        self._append(
            {
                "begin": entry.id,
                "verb": entry.verb,
                "path": entry.path,
                "parameters": {name: _plain(value) for name, value in redact_parameters(entry.parameters).items()},
                "client_id": entry.client_id,
                "sent_at": _milliseconds(entry.sent_at),
                "fence": _milliseconds(entry.fence),
            }
        )

    def end(self, entry_id: str, outcome: str) -> None:
        """Append the closing line."""
        self._append({"end": entry_id, "outcome": outcome})

    def unresolved(self) -> tuple[Unresolved, ...]:
        """Return what is open, oldest first; a line cut off by a crash is skipped."""
        open_entries: dict[str, Unresolved] = {}
        for line in self._lines():
            if "begin" in line:
                open_entries[line["begin"]] = _entry(line)
            else:
                open_entries.pop(line["end"], None)
        return tuple(open_entries.values())

    def _append(self, line: Mapping[str, Any]) -> None:
        try:
            descriptor = os.open(self.path, _APPENDING, 0o600)
        except FileNotFoundError:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.path, _APPENDING, 0o600)
        try:
            # the first newline ends a line that a crash or a full disk cut off, so that it spoils only itself
            text = b"\n" + _compact(line).encode() + b"\n"
            if os.write(descriptor, text) != len(text):
                raise OSError(errno.ENOSPC, "only a part of the line could be written", str(self.path))
        finally:
            os.close(descriptor)

    def _lines(self) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        lines = []
        for text in self.path.read_text(encoding="utf-8").splitlines():
            try:
                lines.append(json.loads(text))
            except ValueError:
                continue  # cut off when the process died while writing it: nothing was sent after it
        return lines


def new_id() -> str:
    """Return an identity that no other process makes."""
    return os.urandom(8).hex()


def _plain(value: Any) -> Any:
    return {"decimal": format(value, "f")} if isinstance(value, Decimal) else value


def _parameter(value: Any) -> Any:
    return Decimal(value["decimal"]) if isinstance(value, dict) and set(value) == {"decimal"} else value


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _entry(line: Mapping[str, Any]) -> Unresolved:
    return Unresolved(
        id=line["begin"],
        verb=line["verb"],
        path=line["path"],
        parameters={name: _parameter(value) for name, value in line["parameters"].items()},
        client_id=line["client_id"],
        sent_at=from_milliseconds(line["sent_at"]),
        fence=from_milliseconds(line["fence"]),
    )

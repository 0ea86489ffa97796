"""The journal: what was about to be written, noted before its first byte; a killed process forgets nothing."""

from __future__ import annotations

import contextlib
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
    """
    A write that the journal opened and never closed: sent at, and possibly arriving until the fence.

    ``operation`` is the capability method that was called, or verb and path.
    """

    id: str
    operation: str
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
    A journal in files that only their owner can read, one per day, one JSON line per event as they happened.

    Each line is handed to the operating system in one piece before the call returns: it survives the death of the
    process, though not that of the machine. A write stands in the file of the day it began. Files of older days with
    nothing open in them are renamed to ``.closed``, never read again, and the owner's to keep or delete.

    Args:
        stem: The files' path without day and suffix.
    """

    stem: Path

    def begin(self, entry: Unresolved) -> None:
        """Append the opening line."""
        self._append(
            entry.id,
            {
                "begin": entry.id,
                "operation": entry.operation,
                "verb": entry.verb,
                "path": entry.path,
                "parameters": {name: _plain(value) for name, value in redact_parameters(entry.parameters).items()},
                "client_id": entry.client_id,
                "sent_at": _milliseconds(entry.sent_at),
                "fence": _milliseconds(entry.fence),
            },
        )

    def end(self, entry_id: str, outcome: str) -> None:
        """Append the closing line."""
        self._append(entry_id, {"end": entry_id, "outcome": outcome})

    def unresolved(self) -> tuple[Unresolved, ...]:
        """Return what is open, oldest first; a line cut off by a crash is skipped."""
        found: list[Unresolved] = []
        days = sorted(self.stem.parent.glob(f"{self.stem.name}-*.jsonl"))
        for place, path in enumerate(days):
            try:
                entries = _open_entries(path)
            except FileNotFoundError:
                continue  # another process has just found nothing open in it
            found += entries
            # around midnight a write of yesterday may still be under way
            if not entries and place < len(days) - 2:
                _set_aside(path)
        return tuple(found)

    def _append(self, entry_id: str, line: Mapping[str, Any]) -> None:
        path = f"{self.stem}-{entry_id.partition('-')[0]}.jsonl"
        try:
            descriptor = os.open(path, _APPENDING, 0o600)
        except FileNotFoundError:
            self.stem.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, _APPENDING, 0o600)
        try:
            # the first newline ends a line that a crash or a full disk cut off, so that it spoils only itself
            text = b"\n" + _compact(line).encode() + b"\n"
            if os.write(descriptor, text) != len(text):
                raise OSError(errno.ENOSPC, "only a part of the line could be written", path)
        finally:
            os.close(descriptor)


def new_id(moment: datetime) -> str:
    """Return an identity that no other process makes; it begins with the day, and so does the name of its file."""
    return f"{moment:%Y%m%d}-{os.urandom(8).hex()}"


def _set_aside(path: Path) -> None:
    """Rename a file in which nothing is open; never over one that tells of the same day."""
    closed = path.with_suffix(".closed")
    if not closed.exists():
        with contextlib.suppress(FileNotFoundError):  # another process was quicker
            path.rename(closed)


def _open_entries(path: Path) -> tuple[Unresolved, ...]:
    entries: dict[str, Unresolved] = {}
    with path.open("rb") as file:
        for text in file:
            try:
                line = json.loads(text)
            except ValueError:
                continue  # empty, or cut off when the process died while writing it: nothing was sent after it
            if "begin" in line:
                entries[line["begin"]] = _entry(line)
            else:
                entries.pop(line["end"], None)
    return tuple(entries.values())


def _plain(value: Any) -> Any:
    return {"decimal": format(value, "f")} if isinstance(value, Decimal) else value


def _parameter(value: Any) -> Any:
    return Decimal(value["decimal"]) if isinstance(value, dict) and set(value) == {"decimal"} else value


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _entry(line: Mapping[str, Any]) -> Unresolved:
    return Unresolved(
        id=line["begin"],
        operation=line["operation"],
        verb=line["verb"],
        path=line["path"],
        parameters={name: _parameter(value) for name, value in line["parameters"].items()},
        client_id=line["client_id"],
        sent_at=from_milliseconds(line["sent_at"]),
        fence=from_milliseconds(line["fence"]),
    )

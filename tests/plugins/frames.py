"""Documented messages of user streams, beside the tests of their venue, and the values that decoders make of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from venuekit.plugin import MessageArrival
from venuekit.testing.reading import find_unread

RECEIVED_AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
ARRIVAL = MessageArrival(RECEIVED_AT, 7)
#: with all that every event of a message has
COMMON: dict[str, Any] = {"received_at": RECEIVED_AT, "message": 7}


def at(milliseconds: int) -> datetime:
    """Return a time of a message."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)


class Frames:
    """The messages in a directory, by the names of their files."""

    def __init__(self, test: str) -> None:
        self._directory = Path(test).parent / "frames"

    @property
    def names(self) -> list[str]:
        """The names of all messages."""
        return sorted(path.stem for path in self._directory.glob("*.json"))

    def document(self, name: str) -> dict[str, Any]:
        """Return a message as JSON values, which may be changed."""
        document: dict[str, Any] = json.loads((self._directory / f"{name}.json").read_text(encoding="utf-8"))
        return document

    def body(self, name: str) -> bytes:
        """Return a message as it is sent."""
        return body_of(self.document(name))


def body_of(document: Any) -> bytes:
    """Return a message as it is sent."""
    return json.dumps(document, separators=(",", ":")).encode()


def find_ignored(body: bytes, decode: Callable[..., Any]) -> Collection[str]:
    """Return the fields of a message whose value does not matter to any event."""
    return sorted(find_unread(body, lambda changed: decode(changed, ARRIVAL)))

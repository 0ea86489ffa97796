"""Where the simulated venues are not as documented, and why, read from ``deviations.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

#: the reason of what is mended while this list is read; there is none in the end
BEING_ADDED = "being added"
_DATA = Path(__file__).parent / "deviations.toml"


@cache
def _document() -> Mapping[str, Any]:
    return tomllib.loads(_DATA.read_text(encoding="utf-8"))


def differences_listed(
    kind: str, route: str, source: str | None = None, *, being_added: bool = False
) -> frozenset[str]:
    """Return the differences that are listed for a route, by venue, verb and path."""
    return frozenset(
        difference
        for table in _document().get(kind, ())
        if route in table["routes"] and table.get("source") == source
        if being_added is (table["reason"] == BEING_ADDED)
        for difference in table["differences"]
    )


def routes_listed(kind: str) -> frozenset[str]:
    """Return the routes that are listed."""
    return frozenset(route for table in _document().get(kind, ()) for route in table["routes"])


def check_listed(told: frozenset[str], kind: str, route: str, source: str | None = None) -> None:
    """Assert that the differences of a route are those listed, and that each one listed is still there."""
    expected = differences_listed(kind, route, source)
    told -= differences_listed(kind, route, source, being_added=True)
    words = f"{route} ({source or kind}): not listed {sorted(told - expected)}, no more so {sorted(expected - told)}"
    assert told == expected, words

"""Where the simulated venues are not as documented, and why, read from ``deviations.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent / "deviations.toml"


@cache
def _document() -> Mapping[str, Any]:
    return tomllib.loads(_DATA.read_text(encoding="utf-8"))


def differences_listed(kind: str, route: str, source: str | None = None) -> frozenset[str]:
    """Return the differences that are listed for a route, by venue, verb and path."""
    return frozenset(
        difference
        for table in _document().get(kind, ())
        if route in table["routes"] and table.get("source") == source
        for difference in table["differences"]
    )


def routes_listed(kind: str) -> frozenset[str]:
    """Return the routes that are listed."""
    return frozenset(route for table in _document().get(kind, ()) for route in table["routes"])


def check_listed(told: frozenset[str], kind: str, route: str, source: str | None = None) -> None:
    """Assert that the differences of a route are those listed, and that each one listed is still there."""
    expected = differences_listed(kind, route, source)
    words = f"{route} ({source or kind}): not listed {sorted(told - expected)}, no more so {sorted(expected - told)}"
    assert told == expected, words

"""Rows as the command line prints them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from venuekit.exports.rows import Row, plain, row_of

__all__ = ["Row", "json_text", "plain", "row_of"]


def json_text(rows: Iterable[Row]) -> str:
    """Return rows as one JSON list."""
    return json.dumps([{name: plain(value) for name, value in row.items()} for row in rows], indent=2)

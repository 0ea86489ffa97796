"""
Exports: long histories as files that other tools read, written while they arrive and continued later.

The names are loaded on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from venuekit._util.lazy import lazy as _lazy

if TYPE_CHECKING:
    from venuekit.exports.export import Export, open_export
    from venuekit.exports.formats import Format, Sink, stream_sink
    from venuekit.exports.resume import Terms
    from venuekit.exports.rows import Columns, Row, columns_of, plain, row_of

if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazy(
        __name__,
        {
            "export": "Export open_export",
            "formats": "Format Sink stream_sink",
            "resume": "Terms",
            "rows": "Columns Row columns_of plain row_of",
        },
    )

__all__ = [
    "Columns",
    "Export",
    "Format",
    "Row",
    "Sink",
    "Terms",
    "columns_of",
    "open_export",
    "plain",
    "row_of",
    "stream_sink",
]

"""Exports: long histories as files that other tools read, written while they arrive and continued later."""

from __future__ import annotations

from venuekit.exports.export import Export, append_rows, open_export, write_new_file
from venuekit.exports.formats import Format, Sink, stream_sink
from venuekit.exports.resume import Terms
from venuekit.exports.rows import Columns, Row, columns_of, plain, row_of
from venuekit.exports.stored_rows import read_rows
from venuekit.exports.tables import Table, table

__all__ = [
    "Columns",
    "Export",
    "Format",
    "Row",
    "Sink",
    "Table",
    "Terms",
    "append_rows",
    "columns_of",
    "open_export",
    "plain",
    "read_rows",
    "row_of",
    "stream_sink",
    "table",
    "write_new_file",
]

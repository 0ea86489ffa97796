"""Stored rows: the rows of a file that an export wrote, with the types of its columns."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from venuekit._util.times import read_iso
from venuekit.exports.arrow import import_arrow
from venuekit.exports.formats import Format
from venuekit.exports.rows import Columns, Row


def read_rows(path: Path, file_format: Format, columns: Columns) -> Iterator[Row]:
    """
    Yield the rows of a whole file, in their order; None for an empty cell.

    Raises:
        ConfigurationError: a package that the format requires is missing.
        ValueError: a cell is not of its column's type: another program wrote it.
    """
    if file_format is Format.PARQUET:
        with import_arrow("pyarrow.parquet", "Parquet").ParquetFile(path) as file:
            for batch in file.iter_batches():
                yield from batch.to_pylist()
        return
    with path.open(newline="", encoding="utf-8") as lines:
        rows = csv.DictReader(lines, strict=True) if file_format is Format.CSV else map(json.loads, lines)
        for row in rows:
            yield {name: _value(row[name], kind) for name, kind in columns.items()}


def _value(cell: Any, kind: type) -> Any:
    """Return a cell of text or JSON as a value."""
    if cell is None or cell == "":
        return None
    if kind is datetime:
        return read_iso(cell)
    if kind is bool:
        return cell in {True, "true"}
    return Decimal(cell) if kind is Decimal else kind(cell)

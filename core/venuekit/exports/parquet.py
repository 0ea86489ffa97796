"""Parquet: columns with exact types; a file is valid only as a whole, so every batch replaces it by a longer one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from venuekit.errors import ConfigurationError
from venuekit.exports.arrow import import_arrow, schema_of, table_of
from venuekit.exports.rows import Columns, Row

_BATCH = 10_000
_COPIED_AT_ONCE = 50_000


def check_installed() -> None:
    """Raise ConfigurationError when pyarrow is missing."""
    _module("pyarrow.parquet")


def _module(name: str) -> Any:
    return import_arrow(name, "Parquet")


class ParquetSink:
    """
    A Parquet file; the position is in rows.

    A batch is written after a copy of the previous rows into a new file, which then replaces the old one in one step:
    the file is whole at any moment, and the partial file of an interrupted run is never read.
    """

    batch = _BATCH
    end = ""

    def __init__(self, path: Path, columns: Columns, position: int) -> None:
        self._arrow = _module("pyarrow")
        self._parquet = _module("pyarrow.parquet")
        self._path = path
        self._columns = columns
        self._position = position
        self._schema = schema_of(self._arrow, columns)
        self._begun = path.exists() and bool(position)
        if not position:
            return
        try:
            rows = self._parquet.read_metadata(path).num_rows
        except (self._arrow.ArrowException, OSError) as error:
            raise ConfigurationError(f"{path} is not a Parquet file any more: {error}") from error
        if rows < position:
            raise ConfigurationError(
                f"{path} has {rows} rows, {position} were written: the file was changed and cannot be continued"
            )

    def append(self, rows: Sequence[Row]) -> int:
        """Replace the file by one that also has these rows."""
        if self._begun and not rows:
            return self._position
        batch = table_of(self._arrow, self._columns, rows, str(self._path))
        partial = self._path.with_name(f"{self._path.name}.partial")
        with partial.open("wb") as file:
            with self._parquet.ParquetWriter(file, self._schema) as writer:
                self._copy(writer)
                writer.write_table(batch)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._path)
        self._begun = True
        self._position += len(rows)
        return self._position

    def close(self) -> None:
        """Do nothing: between two batches the file is not open."""

    def _copy(self, writer: Any) -> None:
        """Write the previous rows, a bounded number at a time."""
        missing = self._position
        if not missing:
            return
        with self._parquet.ParquetFile(self._path) as former:
            for batch in former.iter_batches(batch_size=_COPIED_AT_ONCE):
                writer.write_batch(batch.slice(0, missing))
                missing -= min(missing, batch.num_rows)
                if not missing:
                    return

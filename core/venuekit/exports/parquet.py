"""Parquet: columns with exact types; a file is valid only as a whole, so every batch replaces it by a longer one."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from datetime import datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from pathlib import Path
from typing import Any

from venuekit.errors import ConfigurationError
from venuekit.exports.rows import Columns, Row, plain

#: digits of a number in all, and those after its point
DIGITS, DECIMALS = 38, 18

_STEP = Decimal(1).scaleb(-DECIMALS)
_EXACT = Context(prec=DIGITS, traps=[Inexact, InvalidOperation])
_BATCH = 10_000
_COPIED_AT_ONCE = 50_000


def check_installed() -> None:
    """Raise ConfigurationError when pyarrow is missing."""
    _module("pyarrow.parquet")


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ConfigurationError("Parquet needs pyarrow, which is missing: pip install 'venuekit[parquet]'") from error


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
        self._schema = self._arrow.schema([(name, self._type(kind)) for name, kind in columns.items()])
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
        batch = self._arrow.Table.from_arrays(
            [self._array(name, kind, rows) for name, kind in self._columns.items()], schema=self._schema
        )
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

    def _type(self, kind: type) -> Any:
        return {
            bool: self._arrow.bool_(),
            int: self._arrow.int64(),
            Decimal: self._arrow.decimal128(DIGITS, DECIMALS),
            datetime: self._arrow.timestamp("ms", tz="UTC"),
            str: self._arrow.string(),
        }[kind]

    def _array(self, name: str, kind: type, rows: Sequence[Row]) -> Any:
        values = [row[name] for row in rows]
        if kind is Decimal:
            values = [None if value is None else self._exact(name, value) for value in values]
        elif kind is str:
            values = [plain(value) for value in values]
        elif kind is datetime:
            values = [
                None if value is None else value.replace(microsecond=value.microsecond // 1000 * 1000)
                for value in values
            ]
        return self._arrow.array(values, self._type(kind))

    def _exact(self, name: str, value: Decimal) -> Decimal:
        try:
            return value.quantize(_STEP, context=_EXACT)
        except (Inexact, InvalidOperation):
            raise ConfigurationError(
                f"{self._path}: {name} {value:f} does not fit into the {DIGITS - DECIMALS} + {DECIMALS} digits of a "
                "number in Parquet, and nothing is rounded here; csv and jsonl hold every number"
            ) from None

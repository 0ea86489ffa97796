"""Columns of Arrow, with exact types: nothing is rounded, and a number that does not fit is an error."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

from venuekit.errors import ConfigurationError
from venuekit.exports.rows import Columns, Row, plain

#: digits of a number in all, and those after its point
DIGITS, DECIMALS = 38, 18

_STEP = Decimal(1).scaleb(-DECIMALS)
_EXACT = Context(prec=DIGITS, traps=[Inexact, InvalidOperation])


def import_arrow(name: str, purpose: str) -> Any:
    """Return a module of pyarrow; raise ConfigurationError with the ``purpose`` when it is missing."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        words = f"{purpose} needs pyarrow, which is missing: pip install 'venuekit[parquet]'"
        raise ConfigurationError(words) from error


def schema_of(arrow: Any, columns: Columns) -> Any:
    """Return the schema of columns."""
    return arrow.schema([(name, _type(arrow, kind)) for name, kind in columns.items()])


def table_of(arrow: Any, columns: Columns, rows: Sequence[Row], where: str) -> Any:
    """
    Return rows as a table of Arrow.

    Raises:
        ConfigurationError: a number does not fit; the error names ``where`` and the column.
    """
    arrays = [_array(arrow, name, kind, rows, where) for name, kind in columns.items()]
    return arrow.Table.from_arrays(arrays, schema=schema_of(arrow, columns))


def _type(arrow: Any, kind: type) -> Any:
    return {
        bool: arrow.bool_(),
        int: arrow.int64(),
        Decimal: arrow.decimal128(DIGITS, DECIMALS),
        datetime: arrow.timestamp("ms", tz="UTC"),
        str: arrow.string(),
    }[kind]


def _array(arrow: Any, name: str, kind: type, rows: Sequence[Row], where: str) -> Any:
    values = [row[name] for row in rows]
    if kind is Decimal:
        values = [None if value is None else _exact(name, value, where) for value in values]
    elif kind is str:
        values = [plain(value) for value in values]
    elif kind is datetime:
        values = [
            None if value is None else value.replace(microsecond=value.microsecond // 1000 * 1000) for value in values
        ]
    return arrow.array(values, _type(arrow, kind))


def _exact(name: str, value: Decimal, where: str) -> Decimal:
    try:
        return value.quantize(_STEP, context=_EXACT)
    except (Inexact, InvalidOperation):
        raise ConfigurationError(
            f"{where}: {name} {value:f} does not fit into the {DIGITS - DECIMALS} + {DECIMALS} digits of a "
            "number in Parquet, and nothing is rounded here; csv and jsonl hold every number"
        ) from None

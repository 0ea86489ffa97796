"""Rows: values as flat objects, the same for files, for JSON and for tables."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias

import attrs

__all__ = ["Row", "plain", "row_of"]

#: one flat object: field name to value
Row: TypeAlias = Mapping[str, Any]

_FLAT = (str, int, Decimal, datetime, enum.Enum, type(None))


def row_of(value: attrs.AttrsInstance, **first: Any) -> Row:
    """Return a value's own fields behind ``first``; what holds further values or the venue's object is left out."""
    fields = {field.name: getattr(value, field.name) for field in attrs.fields(type(value)) if field.name != "raw"}
    return {**first, **{name: held for name, held in fields.items() if isinstance(held, _FLAT)}}


def plain(value: Any) -> str | int | None:
    """Return a value as JSON has it: Decimals as plain text, times with milliseconds and Z, enums in lower case."""
    if isinstance(value, enum.Enum):
        return str(value.value).lower()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"{type(value).__name__} is not flat")

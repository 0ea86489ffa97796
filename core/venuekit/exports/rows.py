"""Rows and columns: values as flat objects, the same for files, for JSON and for tables."""

from __future__ import annotations

import enum
import types
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

import attrs

#: one flat object: field name to value
Row: TypeAlias = Mapping[str, Any]

_FLAT = (str, int, Decimal, datetime, enum.Enum, type(None))


def row_of(value: attrs.AttrsInstance, **first: Any) -> Row:
    """Return a value's own fields after ``first``; nested values and the venue's own object are left out."""
    fields = {field.name: getattr(value, field.name) for field in attrs.fields(type(value)) if field.name != "raw"}
    return {**first, **{name: content for name, content in fields.items() if isinstance(content, _FLAT)}}


def plain(value: Any) -> str | int | None:
    """Return a value in its JSON form: Decimals as plain text, times with milliseconds and Z, words in lower case."""
    if isinstance(value, enum.IntEnum):
        return int(value)
    if isinstance(value, enum.Enum):
        return str(value.value).lower()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"{type(value).__name__} is not flat")


#: column name to type of value: str, int, bool, Decimal or datetime; each may also be empty
Columns: TypeAlias = Mapping[str, type]

_TYPES = (bool, int, Decimal, datetime, str)


def columns_of(shape: type[attrs.AttrsInstance]) -> Columns:
    """
    Return ``account``, ``venue`` and the flat fields of a class of values, in their order.

    Enums are text; fields that hold further values, or the venue's own object, are left out.
    """
    hints = get_type_hints(shape)
    found = {field.name: _column_type(hints[field.name]) for field in attrs.fields(shape) if field.name != "raw"}
    return {"account": str, "venue": str, **{name: kind for name, kind in found.items() if kind is not None}}


def _column_type(hint: Any) -> type | None:
    if get_origin(hint) in {Union, types.UnionType}:
        inner = [one for one in get_args(hint) if one is not types.NoneType]
        return _column_type(inner[0]) if len(inner) == 1 else None
    if not isinstance(hint, type):
        return None
    if issubclass(hint, enum.Enum) and not issubclass(hint, enum.IntEnum):
        return str
    return next((kind for kind in _TYPES if issubclass(hint, kind)), None)

"""Columns: what a file of one kind of value has in each row."""

from __future__ import annotations

import enum
import types
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

import attrs

__all__ = ["Columns", "columns_of"]

#: column name to what stands in it: str, int, bool, Decimal or datetime; each may also be empty
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
    if issubclass(hint, enum.Enum):
        return str
    return next((kind for kind in _TYPES if issubclass(hint, kind)), None)

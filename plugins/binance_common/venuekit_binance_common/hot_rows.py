"""
Rows that msgspec reads as fast as can be, hundreds of them, whose numbers are looked at all at once.

What does not pass (a number that is none, one written with spaces or an exponent beyond reason, empty text, a missing
field, a time as text) is read again slowly and exactly, by the rule of :func:`venuekit.payloads.intern_number`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin, get_type_hints

import attrs
import msgspec

from venuekit.plugin import Unfit, payload_mismatch, to_bool, to_decimal, to_int, to_text
from venuekit_binance_common.rows import (
    Milliseconds,
    NumberText,
    are_within_reason,
    is_plain,
    milliseconds_of,
)

__all__ = ["HotRows"]

R = TypeVar("R", bound=msgspec.Struct)
Convert = Callable[[Any, Any], Any]

#: what says in an optional field that there is nothing
_NOTHING = (None, "", "INF")


@attrs.frozen
class _Field:
    """A field of a row: its name here and on the wire, and what it takes."""

    name: str
    wire_name: str
    kind: Any
    convert: Convert
    is_required: bool


class HotRows(Generic[R]):
    """Reads rows of one shape."""

    def __init__(self, shape: type[R]) -> None:
        self._shape = shape
        numbers = [field.name for field in _fields_of(shape) if field.kind is Decimal]
        self._numbers: Callable[[R], tuple[Decimal, ...]] = attrgetter(*numbers)

    def are_right(self, rows: Sequence[R], body: bytes) -> bool:
        """Say whether all numbers that msgspec made of a body, none missing, keep our rule."""
        return is_plain(body) and are_within_reason(chain.from_iterable(map(self._numbers, rows)))

    def read(self, document: Any, *within: str) -> list[R]:
        """
        Return rows from a list of plain JSON objects, slowly.

        Raises:
            PayloadMismatch: a field is missing that a row needs, or does not fit; the message names row and field.
        """
        if type(document) is not list:
            raise payload_mismatch(within, Unfit("a list", document))
        return [self._row(row, (*within, index)) for index, row in enumerate(document)]

    def _row(self, row: Any, path: tuple[str | int, ...]) -> R:
        if type(row) is not dict:
            raise payload_mismatch(path, Unfit("an object", row))
        values: dict[str, Any] = {}
        for field in _fields_of(self._shape):
            value = row.get(field.wire_name)
            if not field.is_required and type(value) is not bool and value in _NOTHING:
                continue
            where = (*path, field.wire_name)
            if field.wire_name not in row:
                raise payload_mismatch(where, LookupError(field.wire_name))
            try:
                values[field.name] = field.convert(value, None)
            except Unfit as unfit:
                raise payload_mismatch(where, unfit) from None
        return self._shape(**values)


def _to_number_text(value: Any, _: Any) -> str:
    """Take a number however it is written, as plain digits."""
    return format(to_decimal(value, None), "f")


_CONVERSIONS: dict[Any, Convert] = {
    str: to_text,
    int: to_int,
    bool: to_bool,
    Decimal: to_decimal,
    NumberText: _to_number_text,
    Milliseconds: milliseconds_of,
}


@cache
def _fields_of(shape: type[msgspec.Struct]) -> tuple[_Field, ...]:
    hints = get_type_hints(shape, include_extras=True)
    return tuple(
        _Field(field.name, field.encode_name, kind, _CONVERSIONS[kind], field.required)
        for field in msgspec.structs.fields(shape)
        for kind in (_without_none(hints[field.name]),)
    )


def _without_none(kind: Any) -> Any:
    if get_origin(kind) is Annotated or not get_args(kind):
        return kind
    (inner,) = (argument for argument in get_args(kind) if argument is not type(None))
    return inner

"""
Converters: cattrs, with the ways venues write values.

Importing this module imports cattrs; :mod:`venuekit.payloads.decoder` does so on first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.cols import list_structure_factory
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn, override

from venuekit.payloads import conversions as take
from venuekit.payloads.mismatch import Path, Unfit

Renames = Mapping[type, Mapping[str, str]]


def make_converter(renames: Renames, *, detailed: bool) -> Converter:
    """
    Return a converter that structures wire classes.

    A ``detailed`` one takes longer and raises a group of errors in which :func:`locate` finds the field.
    """
    converter = Converter(detailed_validation=detailed)
    for kind, hook in (
        (Decimal, take.to_decimal),
        (int, take.to_int),
        (str, take.to_text),
        (bool, take.to_bool),
        (datetime, take.to_datetime),
        (Enum, take.to_enum),
        (StrEnum, take.to_enum),
        (IntEnum, take.to_enum),
    ):
        converter.register_structure_hook(kind, hook)
    converter.register_structure_hook_factory(_is_sequence, _sequence_hook)
    converter.register_structure_hook_factory(_is_optional, _optional_hook)
    converter.register_structure_hook_factory(attrs.has, lambda cls: _object_hook(cls, converter, renames))
    return converter


def _is_sequence(kind: Any) -> bool:
    origin, arguments = get_origin(kind), get_args(kind)
    return origin is list or (origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis)


def _sequence_hook(kind: Any, converter: Converter) -> take.Convert:
    rows: Any = list[get_args(kind)[0]]  # type: ignore[misc]  # mypy takes it for an annotation
    convert = list_structure_factory(rows, converter)
    container = get_origin(kind)

    def structure(value: Any, _: Any) -> Any:
        # an object can be iterated too, and an empty one would pass for an empty list
        if type(value) is not list:
            raise Unfit("a list", value)
        return container(convert(value, kind))

    return structure


def _is_optional(kind: Any) -> bool:
    return get_origin(kind) in {Union, UnionType} and NoneType in get_args(kind) and len(get_args(kind)) == 2


def _optional_hook(kind: Any, converter: Converter) -> take.Convert:
    inner = next(argument for argument in get_args(kind) if argument is not NoneType)
    return take.to_optional(converter.get_structure_hook(inner), inner)


def _object_hook(cls: type, converter: Converter, renames: Renames) -> take.Convert:
    generic = get_origin(cls) or cls
    attrs.resolve_types(generic)
    names = renames.get(generic, {})
    overrides: dict[str, Any] = {attribute: override(rename=name) for attribute, name in names.items()}
    generated: take.Convert = make_dict_structure_fn(cls, converter, **overrides)
    # an attribute that may be None and has no default: absent says None as well
    absent = {
        names.get(field.name, field.name): None
        for field in attrs.fields(cls)
        if field.default is attrs.NOTHING and _is_optional(field.type)
    }

    def structure(value: Any, _: Any) -> Any:
        if type(value) is not dict:
            raise Unfit("an object", value)
        return generated({**absent, **value} if absent else value, cls)

    return structure


def locate(error: BaseException, renames: Renames) -> tuple[Path, BaseException]:
    """Return the path of the first field that a detailed converter could not take, and why."""
    path: list[str | int] = []
    while isinstance(error, BaseValidationError):
        owner, error = error.cl, error.exceptions[0]
        for note in getattr(error, "__notes__", ()):
            if isinstance(note, AttributeValidationNote):
                path.append(renames.get(owner, {}).get(note.name, note.name))
            elif isinstance(note, IterableValidationNote):
                path.append(note.index)
    return tuple(path), error

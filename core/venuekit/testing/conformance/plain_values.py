"""Plain values: every field of a value has its annotated type, down to the last one, and none has a float in it."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import attrs

from venuekit import errors
from venuekit.credentials.secret import Secret

#: fields that hold the venue's own words
_UNREAD = frozenset({"raw"})


def check_plain(value: object, promised: Any, *, name: str = "") -> None:
    """
    Fail unless a value, and everything in it, has its promised type.

    Money is a finite ``Decimal``, never a float or an int; a time is aware and in UTC; a member of an enumeration is of
    the annotated one, and a list is no tuple. Fields named ``raw`` are the venue's own, and may hold anything.

    Args:
        value: A value of a capability, or several in a tuple.
        promised: Its annotation, such as ``tuple[Balance, ...]``.
        name: The words with which the errors begin; by default the value's type.
    """
    faults = tuple(plain_faults(value, promised, name or type(value).__name__))
    assert not faults, "\n".join(faults)


def plain_faults(value: object, promised: Any, path: str) -> Iterator[str]:
    """Yield a sentence for every place in a value that has another type than was promised."""
    origin, arguments = typing.get_origin(promised), typing.get_args(promised)
    if origin in {typing.Union, types.UnionType}:
        yield from _faults_of_union(value, promised, path)
    elif promised is Any or promised is object or isinstance(promised, typing.TypeVar):
        yield from _faults_of_anything(value, path)
    elif origin in {tuple, frozenset}:
        yield from _faults_of_many(value, origin, arguments, path)
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield from _faults_of_mapping(value, arguments, path)
    elif not _is_of(value, origin or promised):
        yield _misfit(value, promised, path)
    else:
        yield from _faults_of_anything(value, path)


def _faults_of_union(value: object, promised: Any, path: str) -> Iterator[str]:
    """Yield nothing where an option fits, else the faults inside the value, or that no option is of its type."""
    inner: tuple[str, ...] = ()
    for option in typing.get_args(promised):
        faults = tuple(plain_faults(value, option, path))
        if not faults:
            return
        inner = inner or tuple(fault for fault in faults if fault != _misfit(value, option, path))
    yield from inner or (_misfit(value, promised, path),)


def _faults_of_many(value: object, kind: type, arguments: tuple[Any, ...], path: str) -> Iterator[str]:
    if not isinstance(value, kind):
        yield _misfit(value, kind, path)
        return
    items = tuple(typing.cast("Collection[object]", value))
    promised = arguments[:1] * len(items) if kind is frozenset or arguments[-1:] == (...,) else arguments
    if len(items) != len(promised):
        yield f"{path} has {len(items)} items; it should have {len(promised)}"
        return
    for index, (item, one) in enumerate(zip(items, promised, strict=True)):
        yield from plain_faults(item, one, f"{path}[{index}]")


def _faults_of_mapping(value: object, arguments: tuple[Any, ...], path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield _misfit(value, Mapping, path)
        return
    for key, item in value.items():
        yield from plain_faults(key, arguments[0], f"a key of {path}")
        yield from plain_faults(item, arguments[1], f"{path}[{key!r}]")


def _faults_of_anything(value: object, path: str) -> Iterator[str]:
    """Yield the faults of a value whose own type is settled, and of the parts of it."""
    kind: type = type(value)
    if fields := _fields(kind):
        for name, promised in fields.items():
            yield from plain_faults(getattr(value, name), promised, f"{path}.{name}")
    elif isinstance(value, tuple | frozenset):
        for index, item in enumerate(value):
            yield from _faults_of_anything(item, f"{path}[{index}]")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _faults_of_anything(item, f"{path}[{key!r}]")
    elif (fault := _fault_of_leaf(value)) is not None:
        yield f"{path} is {_show(value)}; {fault}"


def _fault_of_leaf(value: object) -> str | None:
    if isinstance(value, float):
        return "a number of a value is a Decimal"
    if isinstance(value, list | set):
        return "several items are a tuple"
    if isinstance(value, Decimal) and not value.is_finite():
        return "a Decimal of a value is finite; where there is no number it is None"
    if isinstance(value, datetime) and value.utcoffset() != timedelta(0):
        return "a time is aware and in UTC"
    return None


def _is_of(value: object, kind: Any) -> bool:
    """Return whether a value has a type; a text that is a member of an enumeration is no plain text."""
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind is str:
        return isinstance(value, str) and not isinstance(value, enum.Enum)
    return value is None if kind is type(None) else isinstance(value, kind)


@cache
def _fields(kind: type) -> Mapping[str, Any]:
    """Return the annotation of each public field of an attrs class; none of another class."""
    if not attrs.has(kind):
        return {}
    # some values import these for type checkers only
    hints = typing.get_type_hints(kind, localns={**vars(errors), Secret.__name__: Secret})
    names = (field.name for field in attrs.fields(kind))
    return {name: hints[name] for name in names if not name.startswith("_") and name not in _UNREAD}


def _misfit(value: object, promised: Any, path: str) -> str:
    wanted = promised.__name__ if isinstance(promised, type) else promised
    return f"{path} is {_show(value)}; it should be {wanted}"


def _show(value: object) -> str:
    return f"the {type(value).__name__} {value!r:.100}"

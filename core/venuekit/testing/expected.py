"""Expected values: the comparison of a value with the plain JSON that a recorded answer carries for it."""

from __future__ import annotations

import enum
import inspect
import json
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs

from venuekit._util.times import read_iso
from venuekit.message import HttpResponse

#: fields of a value that are about its reading: when it was read, and from which object
OF_READING = frozenset({"as_of", "received_at", "raw"})
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*(Z|[+-]\d\d:?\d\d)").fullmatch


def differences(value: object, expected: Any, where: str = "value") -> Iterator[str]:
    """Yield in one sentence each how a value differs from an expected one; of its fields those that are expected."""
    if isinstance(expected, Mapping):
        yield from _differences_of_fields(value, expected, where)
    elif isinstance(expected, list):
        items = list(value) if isinstance(value, tuple | list) else None
        if isinstance(value, frozenset):
            items = sorted(value)
        if items is None:
            yield f"{where} is {value!r} instead of several values"
        elif len(items) != len(expected):
            yield f"{where} has {len(items)} items instead of {len(expected)}"
        else:
            for index, (one, other) in enumerate(zip(items, expected, strict=True)):
                yield from differences(one, other, f"{where}[{index}]")
    elif not _is_equal(value, expected):
        yield f"{where} is {value!r} instead of {expected!r}"


def _differences_of_fields(value: object, expected: Mapping[str, Any], where: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        present: Mapping[str, Any] = {str(name): one for name, one in value.items()}
        if missing := present.keys() ^ expected.keys():
            yield f"{where} names {sorted(present)} instead of {sorted(expected)}: see {', '.join(sorted(missing))}"
            return
    elif attrs.has(type(value)):
        present = _fields_of(value)
        if unknown := sorted(expected.keys() - present.keys()):
            yield f"{where}: {type(value).__name__} has no field {', '.join(unknown)}"
    else:
        yield f"{where} is {value!r} instead of a value with fields"
        return
    for name, one in expected.items():
        if name in present:
            yield from differences(present[name], one, f"{where}.{name}")


def _fields_of(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}


def _is_equal(value: object, expected: Any) -> bool:
    if isinstance(value, enum.Enum):
        return bool(value.value == expected)
    if isinstance(value, Decimal):
        return (
            isinstance(expected, str | int | Decimal) and not isinstance(expected, bool) and _number(expected) == value
        )
    if isinstance(value, datetime):
        return value.tzinfo is not None and isinstance(expected, str) and read_iso(expected) == value
    if isinstance(value, timedelta):
        return isinstance(expected, int | Decimal) and timedelta(seconds=float(expected)) == value
    return type(value) is type(expected) and value == expected


def _number(expected: Any) -> Decimal | None:
    """Return an expected number, None where it is none."""
    try:
        return (
            Decimal(expected) if isinstance(expected, str | int | Decimal) and not isinstance(expected, bool) else None
        )
    except ArithmeticError:
        return None


def find_surplus(value: object, expected: Any, where: str = "value") -> Iterator[str]:
    """Yield the fields of a value that hold more than their default, and of which nothing is expected."""
    if isinstance(expected, Mapping) and attrs.has(type(value)):
        defaults = {field.name: field.default for field in attrs.fields(type(value))}  # type: ignore[arg-type]
        for name, inner in _fields_of(value).items():
            if name in expected:
                yield from find_surplus(inner, expected[name], f"{where}.{name}")
            elif name not in OF_READING and inner not in (defaults[name], None, (), {}):
                yield f"{where}.{name}"
    elif isinstance(expected, Mapping) and isinstance(value, Mapping):
        for name, one in value.items():
            yield from find_surplus(one, expected[str(name)], f"{where}.{name}")
    elif isinstance(expected, list) and isinstance(value, tuple) and len(value) == len(expected):
        for index, (one, other) in enumerate(zip(value, expected, strict=True)):
            yield from find_surplus(one, other, f"{where}[{index}]")


def times_in(expected: Any) -> Iterator[datetime]:
    """Yield the times of expected values."""
    if isinstance(expected, Mapping):
        for one in expected.values():
            yield from times_in(one)
    elif isinstance(expected, list):
        for one in expected:
            yield from times_in(one)
    elif isinstance(expected, str) and _TIME(expected):
        yield read_iso(expected)


def convert_arguments(method: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that a method has, each in its annotated type instead of as plain JSON."""
    hints = typing.get_type_hints(method)
    known = inspect.signature(method).parameters
    return {name: _convert(value, hints[name]) for name, value in arguments.items() if name in known and name != "self"}


def _convert(value: Any, hint: Any) -> Any:
    if typing.get_origin(hint) in {typing.Union, types.UnionType}:
        options = [one for one in typing.get_args(hint) if one is not type(None)]
        return None if value is None else _convert(value, options[0])
    if isinstance(value, list):
        (item, *_) = typing.get_args(hint)
        return tuple(_convert(one, item) for one in value)
    if hint is Decimal and not isinstance(value, bool):
        return Decimal(value)
    if hint is timedelta and not isinstance(value, bool):
        return timedelta(seconds=float(value))
    if hint is datetime and isinstance(value, str):
        return read_iso(value)
    return hint(value) if isinstance(hint, type) and issubclass(hint, enum.Enum) else value


def without_rows(answer: HttpResponse) -> HttpResponse:
    """Return an answer as the page behind it: without a row, and without a cursor."""

    def empty(value: Any) -> Any:
        if isinstance(value, list):
            return []
        if isinstance(value, dict):
            return {name: "" if _leads_on(name, one) else empty(one) for name, one in value.items()}
        return value

    body = json.dumps(empty(json.loads(answer.body))).encode()
    return HttpResponse(answer.status, answer.headers, body)


def _leads_on(name: str, value: object) -> bool:
    return isinstance(value, str) and ("cursor" in name.lower() or "next" in name.lower())


def span_of(times: Sequence[datetime]) -> tuple[datetime, datetime] | None:
    """Return the first and last of the times, None without any."""
    moments = [one.astimezone(UTC) for one in times]
    return (min(moments), max(moments)) if moments else None

"""Fields of a recorded answer that are read, found by changing them, and the declarations that read them."""

from __future__ import annotations

import inspect
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, TypeAlias

import attrs
import msgspec

from venuekit.endpoint import Changing
from venuekit.parts.columns import Inner
from venuekit.parts.messages import Message, Messages
from venuekit.parts.rows import Document, Reads, Rows

#: the names on the way to a field, ``*`` for any item of a list
FieldPath: TypeAlias = tuple[str, ...]
_ITEM = "*"
#: in how many rows a field is changed: one may be read of rows of one kind alone
_MOST_ROWS = 10
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def find_unread(body: bytes, read: Callable[[bytes], Any]) -> Collection[str]:
    """
    Return the fields of a JSON body whose value does not matter to ``read`` in any row, as ``result.list.feeRate``.

    A field matters where another value makes another result, or an error.
    """
    document = json.loads(body, parse_float=Decimal)
    before = _result(body, read)
    matters: dict[FieldPath, bool] = {}
    tried: Counter[FieldPath] = Counter()
    for field, path, value in _leaves(document):
        tried[field] += 1
        if not matters.get(field) and tried[field] <= _MOST_ROWS:
            matters[field] = any(
                _result(_with_value(document, path, other), read) != before for other in _others(value)
            )
    return [".".join(step for step in field if step != _ITEM) for field, does in matters.items() if not does]


def _leaves(
    value: Any, field: FieldPath = (), path: tuple[Any, ...] = ()
) -> Iterator[tuple[FieldPath, tuple[Any, ...], Any]]:
    """Yield each plain value: its field, the names and indexes that lead to it, and itself."""
    if isinstance(value, dict) and value:
        for name, one in value.items():
            yield from _leaves(one, (*field, name), (*path, name))
    elif isinstance(value, list) and value:
        for index, one in enumerate(value):
            yield from _leaves(one, (*field, _ITEM), (*path, index))
    elif field and field[-1] != _ITEM:
        yield field, path, value


def _others(value: Any) -> Iterator[Any]:
    """Yield other values of the type of one, and of other types."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, str):
        with_digits = _number(value)
        if with_digits is not None:
            yield format(with_digits + 1, "f")
        yield f"{value}x"
    elif isinstance(value, int | Decimal):
        yield value + 1
    yield from ("1", 1, True, "x", {"x": 1}, [1])


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _with_value(document: Any, path: Sequence[Any], value: Any) -> bytes:
    """Return the body of a document with another value at a field; the document stays as it is."""
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    before, inner[path[-1]] = inner[path[-1]], value
    try:
        return _ENCODER.encode(document)
    finally:
        inner[path[-1]] = before


def _result(body: bytes, read: Callable[[bytes], Any]) -> Any:
    """Return the result of a reader as plain values, or the kind of its error."""
    try:
        return plain(read(body))
    except Exception as error:  # noqa: BLE001 - a decoder may raise anything about an answer that it cannot read
        return f"{type(error).__name__}: {error}"


def find_declarations(decode: Any) -> Iterator[Reads[Any]]:
    """Yield the declarations of rows that a decoder is made of, those of values in values included."""
    if isinstance(decode, Reads):
        yield decode
    for part in _parts_of(decode):
        yield from find_declarations(part)


def _parts_of(decode: Any) -> Iterable[Any]:
    match decode:
        case Reads():
            return [source.reads for source in decode.sources.values() if isinstance(source, Inner)]
        case Document():
            return decode.parts.values()
        case Message():
            return (*decode.heads, *decode.parts)
        case Messages():
            return decode.messages.values()
        case Changing():
            return (decode.answer,)
        case partial():
            return (decode.func, *decode.args, *decode.keywords.values())
    if inspect.ismethod(decode):
        return (decode.__self__,)
    if attrs.has(type(decode)):
        return [getattr(decode, name, None) for name in names_of_fields(decode)]
    return ()


def names_of_fields(value: Any) -> tuple[str, ...]:
    """Return the names of the fields of an attrs value."""
    return tuple(field.name for field in attrs.fields(type(value)))


def plain(value: Any) -> Any:
    """Return a decoded answer as plain lists and dictionaries, to be compared; rows that no value was made of, too."""
    if isinstance(value, Rows):
        return [plain(row) for row in value]
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if attrs.has(type(value)):
        return {name: plain(getattr(value, name)) for name in names_of_fields(value)}
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value

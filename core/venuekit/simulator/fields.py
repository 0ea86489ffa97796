"""Fields: named values that a person or another program writes, as JSON, as TOML or as words, and their checks."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, TypeAlias

import attrs

from venuekit._util.texts import did_you_mean, nearest_few
from venuekit.errors import ConfigurationError

#: a number as a program writes it; a text keeps every digit
Number: TypeAlias = Decimal | int | float | str

#: the plain notation of numbers: without Python's extensions such as 5_0, spaces or digits of another script
_NUMBER = re.compile(r"[+-]?([0-9]{1,60}\.?[0-9]{0,60}|\.[0-9]{1,60})([eE][+-]?[0-9]{1,2})?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
#: numbers other than 0 are from 1e-18 to below 1e15: the exact arithmetic of the ledger holds three of them multiplied
_LEAST_PLACE, _MOST_PLACE = -18, 14
#: the longest wait that can be scripted, in seconds: a day
_SECONDS_MAX = 86_400
#: the most characters of a wrong value that an error shows
_SHOWN = 60
#: the most choices that an error lists; of more it names the nearest
_LISTED_CHOICES = 12


class FieldKind(enum.StrEnum):
    """The type of a field; each is read from a JSON or TOML value, and from the text that a command line has."""

    TEXT = "text"
    NAME = "name"  #: a text; a whole number, as some venues number their orders, is read as its digits
    NUMBER = "number"  #: a Decimal; a text in plain digits keeps every digit on its way through JSON
    WHOLE = "whole"  #: an int
    SECONDS = "seconds"  #: a float from 0 to one day
    FLAG = "flag"  #: a bool
    JSON = "json"  #: any value
    TEXTS = "texts"  #: a mapping of names to texts


class FieldError(ConfigurationError):
    """
    A field cannot be used.

    Attributes:
        field: Its name; None where the fields as a whole cannot be used.
        problem: The cause and the expected value, in one sentence without the name.
    """

    def __init__(self, problem: str, field: str | None = None) -> None:
        super().__init__(f"{field}: {problem}" if field else problem)
        self.problem = problem
        self.field = field


@attrs.frozen
class Field:
    """
    One field: its name, its kind, and one sentence about it.

    ``choices`` are the texts that it takes, empty for any. ``minimum`` and ``maximum`` are the bounds of a NUMBER
    or WHOLE number. ``is_word`` means that a command line takes it without its name, in the order of the fields.
    """

    name: str
    kind: FieldKind
    title: str
    required: bool = attrs.field(default=False, kw_only=True)
    choices: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    minimum: int | None = attrs.field(default=None, kw_only=True)
    maximum: int | None = attrs.field(default=None, kw_only=True)
    is_word: bool = attrs.field(default=False, kw_only=True)

    def read(self, value: object) -> Any:
        """
        Return a written value as the field's kind.

        Raises:
            FieldError: it is of another kind, no choice of the field, or out of bounds.
        """
        read = _READERS[self.kind](value)
        if read is None or (self.choices and read not in self.choices):
            raise self._refuse(value)
        is_low = self.minimum is not None and read < self.minimum
        if is_low or (self.maximum is not None and read > self.maximum):
            raise self._refuse(value)
        if isinstance(read, Decimal) and read and not _LEAST_PLACE <= read.adjusted() <= _MOST_PLACE:
            raise self._refuse(value, "0, or a number from 1e-18 to below 1e15")
        return read

    def _refuse(self, value: object, expected: str | None = None) -> FieldError:
        shown = repr(str(value) if isinstance(value, Decimal) else value)
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
        if isinstance(value, str) and len(self.choices) > _LISTED_CHOICES:
            few = ", ".join(nearest_few(value, self.choices))
            return FieldError(f"none of its {len(self.choices)} words is {shown}; did you mean {few}?", self.name)
        nearest = did_you_mean(value, self.choices) if isinstance(value, str) else ""
        return FieldError(f"expected {expected or self.expected}, not {shown}{nearest}", self.name)

    @property
    def expected(self) -> str:
        """The values that it takes, in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.minimum is not None:
            bounds = f"of at least {self.minimum}" if self.maximum is None else f"from {self.minimum} to {self.maximum}"
            return f"{_EXPECTED[self.kind]} {bounds}"
        return _EXPECTED[self.kind]


def read_fields(fields: Sequence[Field], given: Mapping[str, object]) -> dict[str, Any]:
    """
    Return the given values, each as its field's kind; fields that were not given are left out.

    Raises:
        FieldError: a name is unknown, a required field is missing, or a value cannot be used.
    """
    known = {field.name: field for field in fields}
    for name in given:
        if name not in known:
            others = did_you_mean(name, known) or f"; there are {', '.join(known)}" if known else ""
            raise FieldError(f"there is no such field{others}", name)
    missing = next((field for field in fields if field.required and field.name not in given), None)
    if missing is not None:
        raise FieldError(f"it is missing; expected {missing.expected}", missing.name)
    return {name: known[name].read(value) for name, value in given.items()}


def exact_number(text: str) -> Decimal:
    """Return a number of JSON or TOML with all its digits; ValueError for one that no Decimal holds."""
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"the number {text[:_SHOWN]} is too large or too small") from None


def refuse_constant(name: str) -> NoReturn:
    """Raise ValueError for NaN and Infinity, which Python would read as JSON."""
    raise ValueError(f"{name} is no JSON")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _name(value: object) -> str | None:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)


def _number(value: object) -> Decimal | None:
    if isinstance(value, str):
        return Decimal(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if isinstance(value, int):
        return Decimal(value)
    number = Decimal(str(value))
    return number if number.is_finite() else None


def _whole(value: object) -> int | None:
    if isinstance(value, str):
        return int(value) if _WHOLE.fullmatch(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _seconds(value: object) -> float | None:
    number = _number(value)
    return float(number) if number is not None and 0 <= number <= _SECONDS_MAX else None


def _flag(value: object) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value)
    return value if isinstance(value, bool) else None


def _json(value: object) -> object | None:
    return value


def _texts(value: object) -> dict[str, str] | None:
    if not isinstance(value, Mapping):
        return None
    texts = {name: text for name, text in value.items() if isinstance(name, str) and isinstance(text, str)}
    return texts if len(texts) == len(value) else None


_READERS: Mapping[FieldKind, Callable[[object], Any]] = {
    FieldKind.TEXT: _text,
    FieldKind.NAME: _name,
    FieldKind.NUMBER: _number,
    FieldKind.WHOLE: _whole,
    FieldKind.SECONDS: _seconds,
    FieldKind.FLAG: _flag,
    FieldKind.JSON: _json,
    FieldKind.TEXTS: _texts,
}
_EXPECTED = {
    FieldKind.TEXT: "a text",
    FieldKind.NAME: "a text",
    FieldKind.NUMBER: "a number in plain digits",
    FieldKind.WHOLE: "a whole number",
    FieldKind.SECONDS: f"seconds from 0 to {_SECONDS_MAX}",
    FieldKind.FLAG: "true or false",
    FieldKind.JSON: "a value that is not null",
    FieldKind.TEXTS: "a table of texts",
}

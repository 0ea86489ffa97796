"""
The text of the functions that make values of rows.

The *quick* function takes rows as msgspec reads them: numbers are texts until values are made of them. Numbers and
times that are never blank are checked and read for all rows of a call at once, before the first value is made. That of
a *message* takes the same rows and reads them one by one, since there are few. The *careful* function takes rows of the
second reader, whose columns have their final types.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, auto
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

import attrs
import msgspec

from venuekit._util.quick_init import being_made
from venuekit._util.times import read_iso
from venuekit.errors import PayloadMismatch
from venuekit.parts.columns import (
    Beside,
    Column,
    ColumnKind,
    Constant,
    Derived,
    Joined,
    Same,
    Source,
    When,
    columns_in,
    nested,
)
from venuekit.payloads import (
    MISFITS,
    SHARED,
    SHARED_OR_NONE,
    Unfit,
    are_plain,
    payload_mismatch,
    read_plain,
)

if TYPE_CHECKING:
    from venuekit.parts.rows import Reads

#: up to here a float holds a time in seconds to the millisecond, and the quick function need not look closer
QUICK_TIME_END = 2**32 * 1000
#: kinds of which the quick function has a text whose characters are to be checked
_DIGITS = frozenset({ColumnKind.NUMBER, ColumnKind.MILLISECONDS_TEXT})
#: kinds that the quick function reads for all rows at once where they are never blank
_AT_ONCE = frozenset({ColumnKind.NUMBER, ColumnKind.MILLISECONDS, ColumnKind.MILLISECONDS_TEXT})
#: kinds that are no text
_NEVER_EMPTY = frozenset({ColumnKind.WHOLE, ColumnKind.MILLISECONDS, ColumnKind.MINOR})
#: kinds of which both functions have the same, and which both may refuse
_READ_TWICE = frozenset({ColumnKind.ISO, ColumnKind.MINOR, ColumnKind.WORDS})


class ProgramKind(Enum):
    """The kind of a function that makes values of rows."""

    QUICK = auto()
    #: ``joined`` and ``raw`` come with the rows, the texts of numbers go into a list, and its caller checks them
    MESSAGE = auto()
    CAREFUL = auto()


@attrs.frozen(eq=False)
class ReadColumn:
    """A column of a row, once for all sources that read it: its local variable, and whether it may be None."""

    column: Column
    local: str
    is_optional: bool


class ProgramWriter:
    """Writes a function that makes values of rows; ``names`` are the objects its code refers to."""

    def __init__(
        self, part: Reads[Any], reads: Mapping[str, ReadColumn], kind: ProgramKind, given: Sequence[str] | None = None
    ) -> None:
        self._value = part.value
        self._part = part
        self._reads = reads
        self._kind = kind
        self._careful = kind is ProgramKind.CAREFUL
        #: the fields that come with each call, those among them that the values do not take included
        self._given = part.given if given is None else given
        self._names: dict[str, Any] = {
            "shared": SHARED,
            "shared_or_none": SHARED_OR_NONE,
            "read_plain": read_plain,
            "read_times": _read_times,
            "at": datetime.fromtimestamp,
            "utc": UTC,
            "iso": _iso,
            "flags": {True: True, False: False, "true": True, "false": False},
            "never": _never,
            "refused": _refusal,
            "are_plain": are_plain,
            "misfits": MISFITS,
            "new": object.__new__,
            "absent": _Absent(),
            "Value": part.value,
        }

    def function(self) -> Callable[..., Any]:
        """Return the function."""
        at_once = [read for read in self._reads.values() if self._is_read_at_once(read)]
        one_by_one = [read for read in self._reads.values() if read not in at_once]
        row = [line for read in one_by_one for line in self._column(read)]
        digits = [
            f'"" if x{read.local} is None else {read.local}' if read.column.may_be_blank else read.local
            for read in one_by_one
            if read.column.kind in _DIGITS and not self._careful
        ]
        if digits:
            row.append(f"texts += ({', '.join(digits)},)")
        key = self._part.key
        if key is not None and any(
            isinstance(one, Joined) for source in self._part.sources.values() for one in nested(source)
        ):
            row.append(f"join = joined({self._expression(self._part.sources[key])}, absent)")
        for field, source in self._part.sources.items():
            if self._careful:
                names = {column.name for column in columns_in(source)}
                # where several columns contradict each other, it is the row that cannot be read
                row.append(f"where = {tuple(names) if len(names) == 1 else ()}")
            row.append(f"f_{field} = {self._expression(source)}")
        is_message = self._kind is ProgramKind.MESSAGE
        raw = "None" if is_message else "raw"
        row += self._value_of({name: f"f_{name}" for name in (*self._part.sources, *self._part.given)} | {"raw": raw})
        if self._careful:
            self._names["explain"] = _explaining(self._part)
            # returned, so that no traceback drags the values of the answer along
            rows = ["try:", *_indent(row), "except misfits as error:", "    return explain(index, where, error)"]
            loop = [
                "made, where = [], None",
                "add = made.append",
                "for index, (row, raw) in enumerate(zip(rows, raws)):",
            ]
            body = [*loop, *_indent(rows), "return made"]
        elif is_message:
            body = ["made = []", "add = made.append", "for row in rows:", *_indent(row), "return made"]
        else:
            before, targets, iterables = self._at_once(at_once)
            loop = [
                "made, texts = [], []",
                "add = made.append",
                *before,
                f"for row, raw{targets} in zip(rows, raws{iterables}):",
            ]
            after = ["if not are_plain(texts):", "    refused(None)"] if digits else []
            body = [*loop, *_indent(row), *after, "return made"]
        defaults = {
            one.name: None if one.default is attrs.NOTHING else one.default for one in attrs.fields(self._value)
        }
        parameters = "".join(f", f_{name}={self._constant(defaults.get(name))}" for name in self._given)
        beside = "texts" if is_message else "raws"
        return self._compile("\n".join([f"def make(rows, {beside}, joined{parameters}):", *_indent(body), ""]))

    def _is_read_at_once(self, read: ReadColumn) -> bool:
        is_quick = self._kind is ProgramKind.QUICK
        return is_quick and read.column.kind in _AT_ONCE and not read.column.may_be_blank

    def _at_once(self, reads: Sequence[ReadColumn]) -> tuple[list[str], str, str]:
        """Return the lines that read columns of all rows, and for the loop over rows its targets and iterables."""
        lines, targets, iterables = [], "", ""
        numbers = [read for read in reads if read.column.kind is ColumnKind.NUMBER]
        if numbers:
            columns = [f"row.{read.column.name}" for read in numbers]
            if len(columns) == 1:
                lines.append(f"numbers = [{columns[0]} for row in rows]")
            else:
                lines += ["numbers = []", "for row in rows:", f"    numbers += ({', '.join(columns)})"]
            lines += ["if not are_plain(numbers):", "    refused(None)"]
            targets += f", ({', '.join(f'x{read.local}' for read in numbers)},)"
            iterables += f", read_plain(numbers, {len(numbers)})"
        for read in reads:
            if read.column.kind is not ColumnKind.NUMBER:
                text = read.local
                lines.append(f"{text} = [row.{read.column.name} for row in rows]")
                if read.column.kind is ColumnKind.MILLISECONDS_TEXT:
                    lines += [f"if not are_plain({text}):", "    refused(None)"]
                targets += f", x{text}"
                iterables += f", read_times([{self._time(read, '{} / 1000')} for {text} in {text}])"
        return lines, targets, iterables

    def _time(self, read: ReadColumn, form: str) -> str:
        """Return the expression of a time in a form that takes milliseconds."""
        text = read.local
        if read.column.kind is ColumnKind.MILLISECONDS:
            return f"{form.format(text)} if {text} > 0 else {'None' if read.is_optional else f'refused({text})'}"
        otherwise = f"{'never' if read.is_optional else 'refused'}({text})"
        return f"{form.format('n')} if 0 < (n := int({text})) < {QUICK_TIME_END} else {otherwise}"

    def _constant(self, value: Any) -> str:
        name = f"k{len(self._names)}"
        self._names[name] = value
        return name

    def _column(self, read: ReadColumn) -> list[str]:
        """Return the lines that read a column into its local variable, and its value into one with an x before it."""
        text, column = read.local, read.column
        value = (
            self._twice(column, text) if column.kind in _READ_TWICE else text if self._careful else self._quick(read)
        )
        may_be_none = (self._careful or column.may_be_blank) and read.is_optional and value != text
        if may_be_none and column.kind is not ColumnKind.NUMBER:
            is_nothing = f"{text} is None" if column.kind in _NEVER_EMPTY else f"{text} is None or {text} == ''"
            value = f"None if {is_nothing} else {value}"
        lines = [f"{text} = row.{column.name}", f"x{text} = {value}"]
        return [f"where = {(column.name,)}", *lines] if self._careful else lines

    def _twice(self, column: Column, text: str) -> str:
        if column.kind is ColumnKind.WORDS:
            return f"{self._constant(column.table)}[{text}]"
        return f"iso({text})" if column.kind is ColumnKind.ISO else f"{self._constant(_scaling(column.places))}({text})"

    def _quick(self, read: ReadColumn) -> str:
        text = read.local
        match read.column.kind:
            case ColumnKind.NUMBER:
                return f"shared_or_none[{text}]" if read.is_optional else f"shared[{text}]"
            case ColumnKind.TEXT:
                return f"{text} or None" if read.is_optional else text
            case ColumnKind.IDENTIFIER:
                return f"str({text}) or None" if read.is_optional else f"str({text})"
            case ColumnKind.MILLISECONDS | ColumnKind.MILLISECONDS_TEXT:
                return self._time(read, "at({} / 1000, utc)")
            case ColumnKind.FLAG:
                return f"flags[{text}]"
            case _:
                return text

    def _expression(self, source: Source) -> str:
        match source:
            case Column():
                value = f"x{self._reads[source.name].local}"
                return f"({value} or None)" if source.zero_is_none else value
            case Constant():
                return self._constant(source.value)
            case Joined():
                key = self._expression(self._part.sources[self._part.key or ""])
                return f"join.{source.attribute}" if source.attribute else f"joined({key})"
            case Same():
                return f"f_{source.field}"
            case When():
                condition = f"f_{source.field} is {self._constant(source.value)}"
                return f"({self._expression(source.source)} if {condition} else None)"
            case Beside():
                return f"(None if f_{source.field} is None else {self._constant(source.value)})"
            case Derived():
                return f"{self._constant(source.function)}({', '.join(map(self._expression, source.sources))})"

    def _value_of(self, expressions: Mapping[str, str]) -> list[str]:
        """Return the lines that make the value and add it."""
        value: Any = self._value
        self._names["Open"] = being_made(value)
        return [
            "value = new(Open)",
            *(
                f"value.{field.name} = {expressions.get(field.name) or self._constant(field.default)}"
                for field in attrs.fields(self._value)
            ),
            "value.__class__ = Value",
            "add(value)",
        ]

    def _compile(self, source: str) -> Callable[..., Any]:
        filename = f"<{self._kind.name.lower()} rows of {self._value.__name__} {id(self._part)}>"
        # so that a traceback shows the line
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        exec(compile(source, filename, "exec"), self._names)  # noqa: S102 - as attrs does; of names it made itself
        function: Callable[..., Any] = self._names["make"]
        return function


def _read_times(seconds: list[float | None]) -> list[datetime | None]:
    """Return times, each None where there is none; a third of the cost of making them one by one."""
    return msgspec.convert(seconds, list[datetime | None], strict=False)


class _Absent:
    """An object to join with in place of a missing one: all its attributes are None."""

    def __getattr__(self, name: str) -> None:
        return None


def _indent(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _explaining(part: Reads[Any]) -> Callable[[int, tuple[str, ...], Exception], PayloadMismatch]:
    def explain(index: int, where: tuple[str, ...], misfit: Exception) -> PayloadMismatch:
        if isinstance(misfit, KeyError):  # of a table, not of the row: it has all that it needs
            misfit = Unfit("a word that is known", misfit.args[0])
        return payload_mismatch((*part.within, *(() if part.is_single else (index,)), *where), misfit)

    return explain


def _iso(text: str) -> datetime:
    try:
        return read_iso(text)
    except ValueError:
        raise Unfit("a time in ISO 8601 with its offset", text) from None


@cache
def _scaling(places: int) -> Callable[[int], Decimal]:
    """Return a function that makes numbers of units, and remembers some."""
    return lru_cache(maxsize=1024)(lambda units: Decimal(units).scaleb(-places))


def _never(text: str) -> None:
    """Return None for the texts of "never"; leave any other time to the second reader."""
    if text not in {"0", "-1"}:
        raise Unfit("a time in milliseconds", text)


def _refusal(value: Any) -> NoReturn:
    """Leave an answer to the second reader."""
    raise Unfit("something else", value)

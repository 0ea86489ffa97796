"""
The lines of code that make a value of one row, in the functions that core generates.

Those of *quick* functions take rows as msgspec reads them: numbers are texts until values are made of them. Those of
*careful* ones take rows of the second reader, whose columns have their final types.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

import attrs

from venuekit._util.decimals import DECIMALS
from venuekit._util.quick_init import being_made
from venuekit._util.times import FLOAT_END, read_iso
from venuekit.parts.columns import (
    Beside,
    Column,
    ColumnKind,
    Constant,
    Derived,
    Inner,
    Joined,
    Same,
    Source,
    When,
    columns_in,
    nested,
)
from venuekit.payloads import MISFITS, SHARED, SHARED_OR_NONE, Unfit, are_plain

if TYPE_CHECKING:
    from venuekit.parts.rows import Reads

#: kinds of which the quick function has a text whose characters are to be checked
_DIGITS = frozenset({ColumnKind.NUMBER, ColumnKind.MILLISECONDS_TEXT})
#: kinds that are no text
_NEVER_EMPTY = frozenset({ColumnKind.WHOLE, ColumnKind.MILLISECONDS, ColumnKind.MINOR})
#: kinds whose quick expressions make None of a blank by themselves
_NONE_BY_ITSELF = frozenset({ColumnKind.NUMBER, ColumnKind.TEXT, ColumnKind.FLAG, ColumnKind.WORDS})

_FLAGS: Mapping[Any, bool] = {True: True, False: False, "true": True, "false": False}


@attrs.frozen
class ReadColumn:
    """A column of a row, once for all sources that read it: its local variable, and whether it may be None."""

    column: Column
    local: str
    is_optional: bool


@attrs.frozen(eq=False)
class Scope:
    """
    A declaration, the columns of its row by their names, and the part of the names of its fields' variables that says
    of which value they are.
    """

    reads: Reads[Any]
    columns: Mapping[str, ReadColumn]
    prefix: str = ""

    def inner(self, field: str, reads: Reads[Any]) -> Scope:
        """Return the scope of an inner value."""
        return Scope(reads, self.columns, f"{self.prefix}{field}_")

    def variable(self, field: str) -> str:
        """Return the variable of a field of the value; one that is given is the same for all values."""
        return f"f_{self.prefix}{field}" if field in self.reads.sources else f"f_{field}"


class RowLines:
    """
    Writes the lines that make values of a row, which is the variable ``row``; ``raw`` is its object as plain JSON.

    ``names`` are the objects that the code refers to.
    """

    def __init__(self, *, is_careful: bool, raw: str = "raw") -> None:
        self._is_careful = is_careful
        self._raw = raw
        self._constants: dict[int, str] = {}
        self.names: dict[str, Any] = {
            "shared": SHARED,
            "shared_or_none": SHARED_OR_NONE,
            "at": datetime.fromtimestamp,
            "utc": UTC,
            "iso": _iso,
            "flags": _FLAGS,
            "flags_or_none": {**_FLAGS, None: None, "": None},
            "never": _never,
            "refused": _refusal,
            "are_plain": are_plain,
            "misfits": MISFITS,
            "new": object.__new__,
            "absent": _Absent(),
        }

    def compile(self, name: str, parameters: str, body: Sequence[str]) -> Callable[..., Any]:
        """Return the function of a body; tracebacks show its lines, in a file of that name."""
        source = "\n".join([f"def make({parameters}):", *indent(body), ""])
        filename = f"<{name} {id(self)}>"
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        exec(compile(source, filename, "exec"), self.names)  # noqa: S102 - as attrs does; of names it made itself
        function: Callable[..., Any] = self.names["make"]
        return function

    def constant(self, value: Any) -> str:
        """Return the expression of an object."""
        if value is None:
            return "None"
        if id(value) not in self._constants:
            name = self._constants[id(value)] = f"k{len(self._constants)}"
            self.names[name] = value
        return self._constants[id(value)]

    def default(self, reads: Reads[Any], field: str) -> str:
        """Return the expression of a given field for a call that does not give it: its default, or None."""
        if field not in reads.own_given:
            inner = (source.reads for source in reads.sources.values() if isinstance(source, Inner))
            return self.default(next(one for one in inner if field in one.given), field)
        default = getattr(attrs.fields(reads.value), field).default
        return self.constant(None if default is attrs.NOTHING else default)

    def digits(self, reads: Sequence[ReadColumn]) -> list[str]:
        """Return the line that adds the texts whose characters are to be checked."""
        texts = [
            f'"" if x{read.local} is None else {read.local}' if read.column.may_be_blank else read.local
            for read in reads
            if read.column.kind in _DIGITS and not self._is_careful
        ]
        return [f"texts += ({', '.join(texts)},)"] if texts else []

    def column(self, read: ReadColumn) -> list[str]:
        """Return the lines that read a column into its local variable, and its value into one with an x before it."""
        text, column = read.local, read.column
        lines = [f"{text} = row.{column.name}", f"x{text} = {self._value(read)}"]
        return [f"where = {(column.name,)}", *lines] if self._is_careful else lines

    def _value(self, read: ReadColumn) -> str:
        """Return the expression of the value of a column."""
        text, column = read.local, read.column
        may_be_none = read.is_optional and (self._is_careful or column.may_be_blank)
        if not self._is_careful and column.kind in _NONE_BY_ITSELF:
            return self._value_or_none(read, may_be_none=may_be_none)
        value = self._value_there(read)
        if not may_be_none or value == text:
            return value
        is_nothing = f"{text} is None" if column.kind in _NEVER_EMPTY else f"{text} is None or {text} == ''"
        return f"None if {is_nothing} else {value}"

    def _value_or_none(self, read: ReadColumn, *, may_be_none: bool) -> str:
        """Return the expression of a kind that makes None of a blank by itself, where it may be one."""
        text, table = read.local, read.column.table
        match read.column.kind:
            case ColumnKind.NUMBER:
                return f"shared_or_none[{text}]" if read.is_optional else f"shared[{text}]"
            case ColumnKind.TEXT:
                return f"{text} or None" if read.is_optional else text
            case ColumnKind.FLAG:
                return f"{'flags_or_none' if may_be_none else 'flags'}[{text}]"
            case _:
                return f"{self.constant(table.or_none if table is not None and may_be_none else table)}[{text}]"

    def _value_there(self, read: ReadColumn) -> str:
        """Return the expression of a value that is there."""
        text, column = read.local, read.column
        match column.kind:
            case ColumnKind.WORDS:
                return f"{self.constant(column.table)}[{text}]"
            case ColumnKind.ISO:
                return f"iso({text})"
            case ColumnKind.MINOR:
                return f"{self.constant(_scaling(column.places))}({text})"
            case _ if self._is_careful:
                return text
            case ColumnKind.IDENTIFIER:
                return f"str({text}) or None" if read.is_optional else f"str({text})"
            case ColumnKind.MILLISECONDS | ColumnKind.MILLISECONDS_TEXT:
                return self.time(read, "at({} / 1000, utc)")
            case _:
                return text

    def time(self, read: ReadColumn, form: str) -> str:
        """Return the expression of a time in a form that takes milliseconds."""
        text = read.local
        if read.column.kind is ColumnKind.MILLISECONDS:
            return f"{form.format(text)} if {text} > 0 else {'None' if read.is_optional else f'refused({text})'}"
        otherwise = f"{'never' if read.is_optional else 'refused'}({text})"
        return f"{form.format('n')} if 0 < (n := int({text})) < {FLOAT_END} else {otherwise}"

    def fields(self, scope: Scope, alone: dict[str, str] | None = None) -> list[str]:
        """
        Return the lines that set the variable of each field that has a source.

        Where ``alone`` is given, it takes the expressions of fields that no other one refers to, instead of a variable.
        """
        reads, lines = scope.reads, []
        own = [one for source in reads.sources.values() for one in nested(source)]
        referred = {one.field for one in own if isinstance(one, Same | When)}
        referred |= {name for one in own if isinstance(one, Inner) for name in one.reads.given}
        if reads.key is not None and any(isinstance(one, Joined) for one in own):
            key = self._expression(reads.sources[reads.key], scope)
            lines.append(f"join_{scope.prefix} = joined({key}, absent)")
        for field, source in reads.sources.items():
            if isinstance(source, Inner):
                lines += self.value(scope.inner(field, source.reads), scope.variable(field))
                continue
            if self._is_careful:
                names = {column.name for column in columns_in(source)}
                # where several columns contradict each other, it is the row that cannot be read
                lines.append(f"where = {tuple(names) if len(names) == 1 else ()}")
            elif alone is not None and field not in referred:
                alone[field] = self._expression(source, scope)
                continue
            lines.append(f"{scope.variable(field)} = {self._expression(source, scope)}")
        return lines

    def value(self, scope: Scope, target: str) -> list[str]:
        """Return the lines that make the value and assign it to a variable."""
        reads = scope.reads
        value: Any = reads.value
        known = {"raw": self._raw} | {name: scope.variable(name) for name in (*reads.sources, *reads.own_given)}
        lines = self.fields(scope, known)
        kept = [
            f"{target}.{one.name} = {known[one.name] if one.name in known else self.constant(one.default)}"
            for one in attrs.fields(value)
        ]
        make = f"{target} = new({self.constant(being_made(value))})"
        return [*lines, make, *kept, f"{target}.__class__ = {self.constant(value)}"]

    def _expression(self, source: Source, scope: Scope) -> str:
        match source:
            case Column():
                value = f"x{scope.columns[source.name].local}"
                return f"({value} or None)" if source.zero_is_none else value
            case Constant():
                return self.constant(source.value)
            case Joined():
                key = self._expression(scope.reads.sources[scope.reads.key or ""], scope)
                return f"join_{scope.prefix}.{source.attribute}" if source.attribute else f"joined({key})"
            case Same():
                return scope.variable(source.field)
            case When():
                condition = f"{scope.variable(source.field)} is {self.constant(source.value)}"
                return f"({self._expression(source.source, scope)} if {condition} else None)"
            case Beside():
                return f"(None if {scope.variable(source.field)} is None else {self.constant(source.value)})"
            case Derived():
                expressions = [self._expression(one, scope) for one in source.sources]
                return f"{self.constant(source.function)}({', '.join(expressions)})"
        raise TypeError(f"{source!r} is no source of its own")


class _Absent:
    """An object to join with in place of a missing one: all its attributes are None."""

    def __getattr__(self, name: str) -> None:
        return None


def indent(lines: Sequence[str]) -> list[str]:
    """Return lines one level deeper."""
    return [f"    {line}" for line in lines]


def _iso(text: str) -> datetime:
    try:
        return read_iso(text)
    except ValueError:
        raise Unfit("a time in ISO 8601 with its offset", text) from None


@cache
def _scaling(places: int) -> Callable[[int], Decimal]:
    """Return a function that makes numbers of units, and remembers some."""
    return lru_cache(maxsize=1024)(lambda units: DECIMALS.scaleb(Decimal(units), -places))


def _never(text: str) -> None:
    """Return None for the texts of "never"; leave any other time to the second reader."""
    if text not in {"0", "-1"}:
        raise Unfit("a time in milliseconds", text)


def _refusal(value: Any) -> NoReturn:
    """Leave an answer to the second reader."""
    raise Unfit("something else", value)

"""
Generated code: a msgspec struct for the rows of a declaration, and functions that make values of them.

A declaration is compiled when its first answer arrives. The ``quick`` function takes rows as msgspec reads them:
numbers are texts until a value is made of them, and all texts of a call are checked at once. The ``careful`` function
takes rows of the second reader, whose columns have their final types.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter, itemgetter
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Union, get_args, get_origin, get_type_hints

import attrs
import msgspec

from venuekit._util.quick_init import being_made
from venuekit.errors import PayloadMismatch
from venuekit.parts.columns import Column, ColumnKind, Constant, Derived, Joined, Same, Source, When, columns_in, nested
from venuekit.payloads import (
    MISFITS,
    NO_LIMIT,
    PLAIN_LENGTH,
    SHARED,
    Unfit,
    are_plain,
    not_read,
    payload_decoder,
    payload_mismatch,
)

if TYPE_CHECKING:
    from venuekit.parts.rows import Reads

#: up to here a float holds a time in seconds to the millisecond, and the quick function need not look closer
_QUICK_TIME_END = 2**32 * 1000
_INTEGER = Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]

#: by kind: the type that msgspec reads, the type that the second reader makes
_TYPES: Mapping[ColumnKind, tuple[Any, Any]] = {
    ColumnKind.NUMBER: (Annotated[str, msgspec.Meta(max_length=PLAIN_LENGTH)], Decimal),
    ColumnKind.TEXT: (str, str),
    ColumnKind.IDENTIFIER: (_INTEGER | str, str),
    ColumnKind.WHOLE: (_INTEGER, int),
    ColumnKind.FLAG: (bool | str | _INTEGER, bool),
    ColumnKind.MILLISECONDS: (Annotated[int, msgspec.Meta(ge=-1, lt=_QUICK_TIME_END)], datetime),
    ColumnKind.MILLISECONDS_TEXT: (Annotated[str, msgspec.Meta(max_length=PLAIN_LENGTH)], datetime),
    ColumnKind.ISO: (str, str),
    ColumnKind.MINOR: (_INTEGER, int),
    ColumnKind.WORDS: (str, str),
}
#: kinds of which the quick function has a text whose characters are to be checked
_DIGITS = frozenset({ColumnKind.NUMBER, ColumnKind.MILLISECONDS_TEXT})
#: kinds that are no text
_NEVER_EMPTY = frozenset({ColumnKind.WHOLE, ColumnKind.MILLISECONDS, ColumnKind.MINOR})
#: kinds of which both functions have the same, and which both may refuse
_READ_TWICE = frozenset({ColumnKind.ISO, ColumnKind.MINOR, ColumnKind.WORDS})


@attrs.frozen(eq=False)
class _Read:
    """A column of a row, once for all sources that read it: its local variable, and whether it may be None."""

    column: Column
    local: str
    is_optional: bool


@attrs.frozen(eq=False)
class Compiled:
    """The programs of the parts of a document, and how their rows are found in it."""

    programs: Sequence[Program]
    _decode: Callable[[bytes], Any]
    _paths: Sequence[Callable[[Any], Any]]

    @classmethod
    def of(cls, parts: Mapping[str, Reads[Any]]) -> Compiled:
        """Compile declarations that read one answer."""
        programs = [Program.of(part) for part in parts.values()]
        top = _Node()
        paths = [top.add(part, program) for part, program in zip(parts.values(), programs, strict=True)]
        return cls(programs, msgspec.json.Decoder(top.shape()).decode, paths)

    def read(self, body: bytes) -> list[Any] | None:
        """
        Return the rows of each part, None when they are written in another way than declared.

        Raises:
            ValueError, PayloadMismatch: the bytes are not JSON, or nested too deeply.
        """
        try:
            document = self._decode(body)
            return [path(document) for path in self._paths]
        except (msgspec.ValidationError, LookupError):
            return None
        except (RecursionError, ValueError) as error:
            unread = not_read(error)
        raise unread


class _Node:
    """A place in a document: the rows that are there, and the places below it."""

    def __init__(self) -> None:
        self.rows: Any = None
        self.fields: dict[str, tuple[str, Any, bool]] = {}
        self.below: dict[str | int, _Node] = {}

    def add(self, part: Reads[Any], program: Program) -> Callable[[Any], Any]:
        """Add the rows of a declaration, and return a function that finds them in the whole document."""
        node, steps = self, []
        for step in part.within:
            steps.append(itemgetter(step) if isinstance(step, int) else attrgetter(f"at_{step}"))
            node = node.below.setdefault(step, _Node())
        if part.is_single:
            node.fields |= program.fields
        else:
            node.rows = list[_struct(program.fields)]  # type: ignore[misc]  # mypy takes it for an annotation

        def find(document: Any) -> Any:
            for step in steps:
                document = step(document)
            return [document] if part.is_single else document

        return find

    def shape(self) -> Any:
        """Return the type that msgspec reads."""
        if self.rows is not None:
            return self.rows
        if 0 in self.below:
            return list[self.below[0].shape()]  # type: ignore[misc]
        return _struct(
            self.fields | {f"at_{step}": (str(step), node.shape(), False) for step, node in self.below.items()}
        )


def _struct(fields: Mapping[str, tuple[str, Any, bool]]) -> Any:
    """Return a struct of fields by their attributes: name on the wire, type, and whether it may be blank."""
    return msgspec.defstruct(
        "Row",
        [
            (attribute, kind | None, None) if blank else (attribute, kind)
            for attribute, (_, kind, blank) in fields.items()
        ],
        rename={attribute: name for attribute, (name, _, _) in fields.items()},
        kw_only=True,
        gc=False,
    )


@attrs.frozen(eq=False)
class Program:
    """
    The result of compiling a declaration.

    ``fields`` are those of its struct, as for :func:`_struct`, named as on the wire.
    ``quick`` and ``careful`` take rows, the objects of ``raw`` beside them, the function that joins, and what is
    given; the careful one returns the error where it cannot read a row. ``reread`` is the second reader.
    """

    fields: Mapping[str, tuple[str, Any, bool]]
    quick: Callable[..., list[Any]]
    careful: Callable[..., list[Any] | PayloadMismatch]
    reread: Callable[[bytes], Any]

    @classmethod
    def of(cls, part: Reads[Any]) -> Program:
        """Compile a declaration."""
        reads = _reads_of(part.value, part.sources)
        row: Any = attrs.make_class(
            f"{part.value.__name__}Row",
            {name: attrs.field(type=_careful_type(read)) for name, read in reads.items()},
        )
        quick, careful = (_Writer(part, reads, careful=careful).function() for careful in (False, True))
        return cls(
            fields={
                name: (name, _TYPES[read.column.kind][0], read.column.may_be_blank) for name, read in reads.items()
            },
            quick=quick,
            careful=careful,
            reread=_second_reader(part, row),
        )


def _second_reader(part: Reads[Any], row: Any) -> Callable[[bytes], Any]:
    if not part.is_single:
        return payload_decoder(tuple[row, ...], within=part.within)
    decode: Callable[[bytes], Any] = payload_decoder(row, within=part.within)
    return lambda body: (decode(body),)


def _reads_of(value: type, sources: Mapping[str, Source]) -> dict[str, _Read]:
    hints = get_type_hints(value)
    reads: dict[str, _Read] = {}
    for field, source in sources.items():
        for column in columns_in(source):
            needed = column.is_required or (source is column and not _takes_none(hints[field]))
            known = reads.get(column.name)
            optional = not needed and (known is None or known.is_optional)
            reads[column.name] = _Read(column, known.local if known else f"c{len(reads)}", optional)
    return reads


def _takes_none(hint: Any) -> bool:
    return get_origin(hint) in {Union, UnionType} and NoneType in get_args(hint)


def _careful_type(read: _Read) -> Any:
    kind = _TYPES[read.column.kind][1]
    return kind | None if read.is_optional else kind


class _Writer:
    """Writes a function that makes values of rows; ``names`` are the objects its code refers to."""

    def __init__(self, part: Reads[Any], reads: Mapping[str, _Read], *, careful: bool) -> None:
        self._value = part.value
        self._part = part
        self._reads = reads
        self._careful = careful
        self._names: dict[str, Any] = {
            "shared": SHARED,
            "at": datetime.fromtimestamp,
            "utc": UTC,
            "iso": _iso,
            "scaled": _scale,
            "flags": {True: True, False: False, "true": True, "false": False},
            "join_texts": "".join,
            "nothing": (None, "", NO_LIMIT),
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
        row = [line for read in self._reads.values() for line in self._column(read)]
        digits = [
            f'"" if x{read.local} is None else {read.local}' if read.column.may_be_blank else read.local
            for read in self._reads.values()
            if read.column.kind in _DIGITS
        ]
        if digits and not self._careful:
            row.append(f"note(join_texts(({', '.join(digits)},)))")
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
        row += self._value_of({name: f"f_{name}" for name in (*self._part.sources, *self._part.given)} | {"raw": "raw"})
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
        else:
            loop = ["made, texts = [], []", "add, note = made.append, texts.append", "for row, raw in zip(rows, raws):"]
            body = [*loop, *_indent(row), "if not are_plain(texts):", "    refused(None)", "return made"]
        defaults = {
            one.name: None if one.default is attrs.NOTHING else one.default for one in attrs.fields(self._value)
        }
        parameters = "".join(f", f_{name}={self._constant(defaults[name])}" for name in self._part.given)
        return self._compile("\n".join([f"def make(rows, raws, joined{parameters}):", *_indent(body), ""]))

    def _constant(self, value: Any) -> str:
        name = f"k{len(self._names)}"
        self._names[name] = value
        return name

    def _column(self, read: _Read) -> list[str]:
        """Return the lines that read a column into its local variable, and its value into one with an x before it."""
        text, column = read.local, read.column
        value = (
            self._twice(column, text) if column.kind in _READ_TWICE else text if self._careful else self._quick(read)
        )
        is_nothing = f"{text} in nothing" if column.kind is ColumnKind.NUMBER else f"{text} is None"
        if column.kind not in _NEVER_EMPTY | {ColumnKind.NUMBER}:
            is_nothing = f"{text} is None or {text} == ''"
        if (self._careful or column.may_be_blank) and read.is_optional and value != text:
            value = f"None if {is_nothing} else {value}"
        lines = [f"{text} = row.{column.name}", f"x{text} = {value}"]
        return [f"where = {(column.name,)}", *lines] if self._careful else lines

    def _twice(self, column: Column, text: str) -> str:
        if column.kind is ColumnKind.WORDS:
            return f"{self._constant(column.table)}[{text}]"
        return f"iso({text})" if column.kind is ColumnKind.ISO else f"scaled({text}, {-column.places})"

    def _quick(self, read: _Read) -> str:
        text = read.local
        match read.column.kind:
            case ColumnKind.NUMBER:
                return f"shared[{text}]"
            case ColumnKind.TEXT:
                return f"{text} or None" if read.is_optional else text
            case ColumnKind.IDENTIFIER:
                return f"str({text}) or None" if read.is_optional else f"str({text})"
            case ColumnKind.MILLISECONDS:
                return f"at({text} / 1000, utc) if {text} > 0 else {'None' if read.is_optional else f'refused({text})'}"
            case ColumnKind.MILLISECONDS_TEXT:
                otherwise = f"{'never' if read.is_optional else 'refused'}({text})"
                return f"at(n / 1000, utc) if 0 < (n := int({text})) < {_QUICK_TIME_END} else {otherwise}"
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
        filename = f"<{'careful' if self._careful else 'quick'} rows of {self._value.__name__} {id(self._part)}>"
        # so that a traceback shows the line
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        exec(compile(source, filename, "exec"), self._names)  # noqa: S102 - as attrs does; of names it made itself
        function: Callable[..., Any] = self._names["make"]
        return function


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
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except ValueError:
        pass
    raise Unfit("a time in ISO 8601 with its offset", text)


@lru_cache(maxsize=1024)
def _scale(units: int, exponent: int) -> Decimal:
    return Decimal(units).scaleb(exponent)


def _never(text: str) -> None:
    """Return None for the texts of "never"; leave any other time to the second reader."""
    if text not in {"0", "-1"}:
        raise Unfit("a time in milliseconds", text)


def _refusal(value: Any) -> NoReturn:
    """Leave an answer to the second reader."""
    raise Unfit("something else", value)

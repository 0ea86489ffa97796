"""
Compiled declarations: a msgspec struct for the rows of each, and the functions that make values of them.

A declaration is compiled when its first answer arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from operator import attrgetter, itemgetter
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin, get_type_hints

import attrs
import msgspec

from venuekit.errors import PayloadMismatch
from venuekit.parts._writer import QUICK_TIME_END, ProgramKind, ProgramWriter, ReadColumn
from venuekit.parts.columns import ColumnKind, Source, columns_in
from venuekit.payloads import MISFITS, PLAIN_LENGTH, are_plain, not_read, payload_decoder

if TYPE_CHECKING:
    from venuekit.parts.rows import Reads

_INTEGER = Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]

#: by kind: the type that msgspec reads, the type that the second reader makes
_TYPES: Mapping[ColumnKind, tuple[Any, Any]] = {
    ColumnKind.NUMBER: (Annotated[str, msgspec.Meta(max_length=PLAIN_LENGTH)], Decimal),
    ColumnKind.TEXT: (str, str),
    ColumnKind.IDENTIFIER: (_INTEGER | str, str),
    ColumnKind.WHOLE: (_INTEGER, int),
    ColumnKind.FLAG: (bool | str | _INTEGER, bool),
    ColumnKind.MILLISECONDS: (Annotated[int, msgspec.Meta(ge=-1, lt=QUICK_TIME_END)], datetime),
    ColumnKind.MILLISECONDS_TEXT: (Annotated[str, msgspec.Meta(max_length=PLAIN_LENGTH)], datetime),
    ColumnKind.ISO: (str, str),
    ColumnKind.MINOR: (_INTEGER, int),
    ColumnKind.WORDS: (str, str),
}


@attrs.frozen(eq=False)
class Compiled:
    """
    The programs of the parts of a document, and how their rows are found in it.

    ``given`` are the fields that come with each call, by the names of their parameters.
    """

    programs: Sequence[Program]
    given: Mapping[str, str]
    _decode: Callable[[bytes], Any]
    _paths: Sequence[Callable[[Any], Any]]

    @classmethod
    def of(cls, parts: Mapping[str, Reads[Any]]) -> Compiled:
        """Compile declarations that read one answer."""
        given = {f"f_{name}": name for part in parts.values() for name in part.given}
        programs = [Program(part, _reads_of(part.value, part.sources), [*given.values()]) for part in parts.values()]
        top = _Node()
        paths = [top.add(part, program) for part, program in zip(parts.values(), programs, strict=True)]
        return cls(programs, given, msgspec.json.Decoder(top.shape()).decode, paths)

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

    def message_values(
        self, body: bytes, joined: Callable[..., Any], given: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]] | None:
        """Return the values of each part, None where a row is written in another way than declared; raises as above."""
        lists = self.read(body)
        if lists is None:
            return None
        texts: list[str] = []
        fields = {parameter: given[name] for parameter, name in self.given.items() if name in given}
        try:
            values = [
                program.of_message(rows, texts, joined, **fields) if rows else rows
                for program, rows in zip(self.programs, lists, strict=True)
            ]
        except MISFITS:
            return None
        return values if are_plain(texts) else None


class _Node:
    """A place in a document: the rows that are there, and the places below it."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[str, Any, bool]] | None = None
        self.fields: dict[str, tuple[str, Any, bool]] = {}
        self.below: dict[str | int, _Node] = {}
        self.is_optional = False

    def add(self, part: Reads[Any], program: Program) -> Callable[[Any], Any]:
        """Add the rows of a declaration, and return a function that finds them in the whole document."""
        node, steps = self, []
        for step in part.within:
            steps.append(step)
            node = node.below.setdefault(step, _Node())
        if not part.is_single and node.rows is None:
            node.rows = {}
        fields = node.fields if part.is_single or node.rows is None else node.rows
        for attribute, (name, kind, may_be_blank) in program.fields.items():
            # a part that needs it takes the second reader where it is blank
            fields[attribute] = (name, kind, may_be_blank or (attribute in fields and fields[attribute][2]))

        find_below = _path(steps)

        def find(document: Any) -> Any:
            found = find_below(document)
            if found is None:
                return ()
            return [found] if part.is_single else found

        node.is_optional = node.is_optional or part.may_be_absent
        return find

    def shape(self) -> Any:
        """Return the type that msgspec reads."""
        if self.rows is not None:
            return list[_struct(self.rows)]  # type: ignore[misc]  # mypy takes it for an annotation
        if 0 in self.below:
            return list[self.below[0].shape()]  # type: ignore[misc]
        return _struct(
            self.fields
            | {f"at_{step}": (str(step), node.shape(), node.is_optional) for step, node in self.below.items()}
        )


def _path(steps: Sequence[str | int]) -> Callable[[Any], Any]:
    """Return a function that finds the place behind some steps."""
    if not steps:
        return lambda document: document
    if all(isinstance(step, str) for step in steps):
        return attrgetter(".".join(f"at_{step}" for step in steps))
    first, rest = steps[0], _path(steps[1:])
    get: Callable[[Any], Any] = itemgetter(first) if isinstance(first, int) else attrgetter(f"at_{first}")
    return lambda document: rest(get(document))


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


class Program:
    """
    The functions of a declaration, each compiled when it is called first.

    ``quick`` and ``careful`` take rows, the objects of ``raw`` beside them, the function that joins, and the given
    fields; the careful one returns the error where it cannot read a row. ``of_message`` takes a list for the texts of
    numbers in place of raw objects, and all fields that are ``given`` with a message. ``reread`` is the second reader.
    """

    def __init__(self, part: Reads[Any], reads: Mapping[str, ReadColumn], given: Sequence[str]) -> None:
        self._part = part
        self._reads = reads
        self._given = given

    @property
    def fields(self) -> Mapping[str, tuple[str, Any, bool]]:
        """The fields of its struct, as for :func:`_struct`, named as on the wire."""
        return {
            name: (name, _TYPES[read.column.kind][0], read.column.may_be_blank) for name, read in self._reads.items()
        }

    @cached_property
    def quick(self) -> Callable[..., list[Any]]:
        """Makes values of the rows of an answer."""
        return ProgramWriter(self._part, self._reads, ProgramKind.QUICK).function()

    @cached_property
    def of_message(self) -> Callable[..., list[Any]]:
        """Makes values of the few rows of a message."""
        return ProgramWriter(self._part, self._reads, ProgramKind.MESSAGE, self._given).function()

    @cached_property
    def careful(self) -> Callable[..., list[Any] | PayloadMismatch]:
        """Makes values of rows of the second reader."""
        return ProgramWriter(self._part, self._reads, ProgramKind.CAREFUL).function()

    @cached_property
    def reread(self) -> Callable[[bytes], Any]:
        """Reads an answer again, whatever it is written like."""
        row: Any = attrs.make_class(
            f"{self._part.value.__name__}Row",
            {name: attrs.field(type=_careful_type(read)) for name, read in self._reads.items()},
        )
        return _second_reader(self._part, row)


def _second_reader(part: Reads[Any], row: Any) -> Callable[[bytes], Any]:
    if part.may_be_absent:
        return _optional_reader(part, row)
    if not part.is_single:
        return payload_decoder(tuple[row, ...], within=part.within)
    decode: Callable[[bytes], Any] = payload_decoder(row, within=part.within)
    return lambda body: (decode(body),)


def _optional_reader(part: Reads[Any], row: Any) -> Callable[[bytes], Any]:
    """Return a reader of the object around the rows, whose other fields it leaves alone."""
    name = part.within[-1]
    kind: Any = row | None if part.is_single else tuple[row, ...] | None
    around = attrs.make_class("Around", {"rows": attrs.field(type=kind)})
    decode: Callable[[bytes], Any] = payload_decoder(
        around, renames={around: {"rows": str(name)}}, within=part.within[:-1]
    )

    def read(body: bytes) -> Any:
        rows = decode(body).rows
        return () if rows is None else (rows,) if part.is_single else rows

    return read


def _reads_of(value: type, sources: Mapping[str, Source]) -> dict[str, ReadColumn]:
    hints = get_type_hints(value)
    reads: dict[str, ReadColumn] = {}
    for field, source in sources.items():
        for column in columns_in(source):
            needed = column.is_required or (source is column and not _takes_none(hints[field]))
            known = reads.get(column.name)
            optional = not needed and (known is None or known.is_optional)
            reads[column.name] = ReadColumn(column, known.local if known else f"c{len(reads)}", optional)
    return reads


def _takes_none(hint: Any) -> bool:
    return get_origin(hint) in {Union, UnionType} and NoneType in get_args(hint)


def _careful_type(read: ReadColumn) -> Any:
    kind = _TYPES[read.column.kind][1]
    return kind | None if read.is_optional else kind

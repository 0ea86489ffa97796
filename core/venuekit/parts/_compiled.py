"""
Compiled declarations: a msgspec struct for the rows of each, and the functions that make values of them.

A declaration is compiled when its first answer arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache, cached_property
from operator import attrgetter, itemgetter
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin, get_type_hints

import attrs
import msgspec

from venuekit._util.times import FLOAT_END
from venuekit.errors import PayloadMismatch
from venuekit.parts._row_lines import ReadColumn
from venuekit.parts._writer import write_careful, write_quick
from venuekit.parts.columns import Column, ColumnKind, Inner, Source, nested
from venuekit.payloads import PLAIN_LENGTH, not_read, payload_decoder

if TYPE_CHECKING:
    from venuekit.parts.rows import Reads, Step

_INTEGER = Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]

#: by kind: the type that msgspec reads, the type that the second reader makes
_TYPES: Mapping[ColumnKind, tuple[Any, Any]] = {
    ColumnKind.NUMBER: (Annotated[str, msgspec.Meta(max_length=PLAIN_LENGTH)], Decimal),
    ColumnKind.TEXT: (str, str),
    ColumnKind.IDENTIFIER: (_INTEGER | str, str),
    ColumnKind.WHOLE: (_INTEGER, int),
    ColumnKind.FLAG: (bool | str | _INTEGER, bool),
    ColumnKind.MILLISECONDS: (Annotated[int, msgspec.Meta(ge=-1, lt=FLOAT_END)], datetime),
    ColumnKind.MILLISECONDS_TEXT: (Annotated[str, msgspec.Meta(max_length=PLAIN_LENGTH)], datetime),
    ColumnKind.ISO: (str, str),
    ColumnKind.MINOR: (_INTEGER, int),
    ColumnKind.WORDS: (str, str),
}


@attrs.frozen(eq=False)
class Compiled:
    """The programs of the parts of a document, and how their rows are found in it."""

    programs: Sequence[Program]
    _decode: Callable[[bytes], Any]
    _paths: Sequence[Callable[[Any], Any]]

    @classmethod
    def of(cls, parts: Mapping[str, Reads[Any]]) -> Compiled:
        """Compile declarations that read one answer."""
        programs = [Program(part) for part in parts.values()]
        top = DocumentPlace.of(programs)
        return cls(programs, msgspec.json.Decoder(top.shape()).decode, [_finder(part) for part in parts.values()])

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


class DocumentPlace:
    """A place in a document: the rows that are there, and the places below it."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[str, Any, bool]] | None = None
        self.fields: dict[str, tuple[str, Any, bool]] = {}
        self.below: dict[Step, DocumentPlace] = {}
        self.is_optional = False

    @classmethod
    def of(cls, programs: Iterable[Program]) -> DocumentPlace:
        """Return the top of a document that has the rows of programs."""
        top = cls()
        for program in programs:
            top._add(program)
        return top

    def _add(self, program: Program) -> None:
        part, node = program.part, self
        for step in part.within:
            node = node.below.setdefault(step, DocumentPlace())
        if not part.is_single and node.rows is None:
            node.rows = {}
        fields = node.fields if part.is_single or node.rows is None else node.rows
        for attribute, (name, kind, may_be_blank) in program.fields.items():
            # a part that needs it takes the second reader where it is blank
            fields[attribute] = (name, kind, may_be_blank or (attribute in fields and fields[attribute][2]))
        node.is_optional = node.is_optional or part.may_be_absent

    def shape(self, like: Any = None, *, tag_field: str | None = None, tag: str | None = None) -> Any:
        """
        Return the type that msgspec reads, which may know it among others by the word ``tag`` in a field.

        Fields are in the order of those of ``like``, a body as plain JSON: msgspec looks for the next one first.
        """
        item = like[0] if isinstance(like, list) and like else None
        if self.rows is not None:
            return list[_struct(self.rows, item)]  # type: ignore[misc]  # mypy takes it for an annotation
        for step in (0, ...):
            if step in self.below:
                return list[self.below[step].shape(item)]  # type: ignore[misc]
        known: Mapping[Any, Any] = like if isinstance(like, dict) else {}
        below = {
            f"at_{step}": (str(step), node.shape(known.get(step)), node.is_optional)
            for step, node in self.below.items()
        }
        return _struct(self.fields | below, like, tag_field=tag_field, tag=tag)


def _finder(part: Reads[Any]) -> Callable[[Any], Any]:
    """Return a function that finds the rows of a declaration in the whole document."""
    find_below = _path(part.within)

    def find(document: Any) -> Any:
        found = find_below(document)
        if found is None:
            return ()
        return [found] if part.is_single else found

    return find


def _path(steps: Sequence[Step]) -> Callable[[Any], Any]:
    """Return a function that finds the place behind some steps."""
    if not steps:
        return lambda document: document
    if all(isinstance(step, str) for step in steps):
        return attrgetter(".".join(f"at_{step}" for step in steps))
    first, rest = steps[0], _path(steps[1:])
    if first is ...:
        return lambda document: [row for item in document for row in rest(item)]
    get: Callable[[Any], Any] = itemgetter(first) if isinstance(first, int) else attrgetter(f"at_{first}")
    return lambda document: rest(get(document))


def _struct(
    fields: Mapping[str, tuple[str, Any, bool]], like: Any, *, tag_field: str | None = None, tag: str | None = None
) -> Any:
    """Return a struct of fields by their attributes: name on the wire, type, and whether it may be blank."""
    ranks = {name: rank for rank, name in enumerate(like)} if isinstance(like, dict) else {}
    fields = dict(sorted(fields.items(), key=lambda field: ranks.get(field[1][0], len(ranks))))
    return msgspec.defstruct(
        "Row",
        [
            (attribute, kind | None, None) if blank else (attribute, kind)
            for attribute, (_, kind, blank) in fields.items()
        ],
        rename={attribute: name for attribute, (name, _, _) in fields.items()},
        kw_only=True,
        gc=False,
        tag_field=tag_field,
        tag=tag,
    )


class Program:
    """
    The functions of a declaration, each compiled when it is called first.

    ``quick`` and ``careful`` take rows, the objects of ``raw`` beside them, the function that joins, and the given
    fields; the careful one returns the error where it cannot read a row. ``reread`` is the second reader.
    """

    def __init__(self, part: Reads[Any]) -> None:
        self.part = part
        #: the columns of its rows by their names
        self.reads = _reads_of(part)

    @property
    def fields(self) -> Mapping[str, tuple[str, Any, bool]]:
        """The fields of its struct, as for :func:`_struct`, named as on the wire."""
        return {
            name: (name, _TYPES[read.column.kind][0], read.column.may_be_blank) for name, read in self.reads.items()
        }

    @cached_property
    def quick(self) -> Callable[..., list[Any]]:
        """Makes values of the rows of an answer."""
        return write_quick(self.part, self.reads)

    @cached_property
    def careful(self) -> Callable[..., list[Any] | PayloadMismatch]:
        """Makes values of rows of the second reader."""
        return write_careful(self.part, self.reads)

    @cached_property
    def reread(self) -> Callable[[bytes], Any]:
        """Reads an answer again, whatever it is written like."""
        row: Any = attrs.make_class(
            f"{self.part.value.__name__}Row",
            {name: attrs.field(type=_careful_type(read)) for name, read in self.reads.items()},
        )
        return _second_reader(self.part, row)


def _second_reader(part: Reads[Any], row: Any) -> Callable[[bytes], Any]:
    if part.may_be_absent or ... in part.within:
        return _inner_reader(part, row)
    within: Any = part.within
    if not part.is_single:
        return payload_decoder(tuple[row, ...], within=within)
    decode: Callable[[bytes], Any] = payload_decoder(row, within=within)
    return lambda body: (decode(body),)


def _inner_reader(part: Reads[Any], row: Any) -> Callable[[bytes], Any]:
    """Return a reader of the object around the rows, or of each such one, whose other fields it leaves alone."""
    outer: Any = part.within[:-1]
    kind: Any = row if part.is_single else tuple[row, ...]
    around: Any = attrs.make_class("Around", {"rows": attrs.field(type=kind | None if part.may_be_absent else kind)})
    renames = {around: {"rows": str(part.within[-1])}}
    if ... in outer:
        each: Callable[[bytes], Any] = payload_decoder(tuple[around, ...], renames=renames, within=outer[:-1])
        return lambda body: tuple(row for item in each(body) for row in item.rows)
    decode: Callable[[bytes], Any] = payload_decoder(around, renames=renames, within=outer)

    def read(body: bytes) -> Any:
        rows = decode(body).rows
        return () if rows is None else (rows,) if part.is_single else rows

    return read


def _reads_of(part: Reads[Any]) -> dict[str, ReadColumn]:
    reads: dict[str, ReadColumn] = {}
    for value, field, source in _sources_of(part):
        hint = _hints_of(value)[field]
        for column in (one for one in nested(source) if isinstance(one, Column)):
            needed = column.is_required or (source is column and not _takes_none(hint))
            known = reads.get(column.name)
            optional = not needed and (known is None or known.is_optional)
            reads[column.name] = ReadColumn(column, f"c_{column.name}", optional)
    return reads


def _sources_of(part: Reads[Any]) -> Iterator[tuple[type, str, Source]]:
    """Return class, field and source of a declaration's values, those of inner values in their place."""
    for field, source in part.sources.items():
        if isinstance(source, Inner):
            yield from _sources_of(source.reads)
        else:
            yield part.value, field, source


@cache
def _hints_of(value: type) -> Mapping[str, Any]:
    return get_type_hints(value)


def _takes_none(hint: Any) -> bool:
    return get_origin(hint) in {Union, UnionType} and NoneType in get_args(hint)


def _careful_type(read: ReadColumn) -> Any:
    kind = _TYPES[read.column.kind][1]
    return kind | None if read.is_optional else kind

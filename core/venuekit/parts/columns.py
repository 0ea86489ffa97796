"""Columns: the sources that the fields of a value are read from, as a venue's rows have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import Enum, auto
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from venuekit.payloads import Unfit

if TYPE_CHECKING:
    from venuekit.parts.rows import Reads

__all__ = [
    "Beside",
    "Column",
    "ColumnKind",
    "Constant",
    "Derived",
    "Inner",
    "Joined",
    "Same",
    "Source",
    "When",
    "Words",
    "beside",
    "columns_in",
    "derived",
    "flag",
    "identifier",
    "iso",
    "milliseconds",
    "minor",
    "nested",
    "number",
    "only_when",
    "price",
    "rename",
    "signed",
    "text",
    "whole",
    "words",
]


class ColumnKind(Enum):
    """How a column is written, and the type of its value."""

    #: a decimal number as text: Decimal
    NUMBER = auto()
    #: text: str
    TEXT = auto()
    #: text or a whole number: str
    IDENTIFIER = auto()
    #: a whole number: int
    WHOLE = auto()
    #: true or false: bool
    FLAG = auto()
    #: milliseconds since 1970, 0 and -1 for never: datetime
    MILLISECONDS = auto()
    #: the same as a text of digits
    MILLISECONDS_TEXT = auto()
    #: a time in ISO 8601 with its offset: aware datetime
    ISO = auto()
    #: a whole number of small units: Decimal
    MINOR = auto()
    #: a word of a table: its entry
    WORDS = auto()


class Words(dict[str, Any]):
    """A table of a venue's words; one that it lacks becomes ``unknown`` of the word, or is refused."""

    def __init__(self, table: Mapping[str, Any], unknown: Callable[[str], Any] | None) -> None:
        super().__init__(table)
        self._unknown = unknown

    @cached_property
    def or_none(self) -> Words:
        """The table with None for null and an empty word."""
        nothing: Mapping[Any, None] = {None: None, "": None}
        return Words({**self, **nothing}, self._unknown)

    def __missing__(self, word: str) -> Any:
        """Return the entry of a word that is not in the table."""
        if self._unknown is None or not word:
            raise Unfit(f"one of {', '.join(map(repr, self))}", word)
        return self._unknown(word)


@attrs.frozen(eq=False)
class Column:
    """
    One field of a venue's row.

    ``may_be_blank`` says that rows in common use lack it, or have null or ``""`` there; ``is_required`` that a row
    without it cannot be read. ``zero_is_none`` makes None of 0. ``places`` is the number of decimals of MINOR.
    """

    name: str
    kind: ColumnKind
    may_be_blank: bool = False
    is_required: bool = False
    zero_is_none: bool = False
    table: Words | None = None
    places: int = 0


@attrs.frozen(eq=False)
class Constant:
    """A value that is the same in all rows."""

    value: Any


@attrs.frozen(eq=False)
class Joined:
    """The object that a row's key is joined with, or an attribute of it; None where there is none."""

    attribute: str | None = None


@attrs.frozen(eq=False)
class Same:
    """A field of the value that is declared earlier."""

    field: str


@attrs.frozen(eq=False)
class Derived:
    """The result of a function of other sources."""

    function: Callable[..., Any]
    sources: tuple[Source, ...]


@attrs.frozen(eq=False)
class When:
    """A source where a field that is declared earlier has a value; None elsewhere."""

    source: Source
    field: str
    value: Any


@attrs.frozen(eq=False)
class Beside:
    """A constant where a field that is declared earlier is not None; None elsewhere."""

    field: str
    value: Any


@attrs.frozen(eq=False)
class Inner:
    """A value that another declaration makes of the same row; it has fields, a key and given fields of its own."""

    reads: Reads[Any]


Source: TypeAlias = Beside | Column | Constant | Joined | Same | Derived | When | Inner


def nested(source: Source) -> Iterator[Source]:
    """Return a source and all that it reads, but for the sources of an inner value."""
    yield source
    match source:
        case Derived():
            for part in source.sources:
                yield from nested(part)
        case When():
            yield from nested(source.source)
        case Beside():
            yield Same(source.field)


def columns_in(source: Source) -> Iterator[Column]:
    """Return the columns that a source reads, those of an inner value included."""
    for part in nested(source):
        if isinstance(part, Column):
            yield part
        elif isinstance(part, Inner):
            for inner in part.reads.sources.values():
                yield from columns_in(inner)


def rename(sources: Mapping[str, Source], names: Mapping[str, str | None]) -> dict[str, Any]:
    """
    Return sources, by field, that read the same values from rows of other column names, such as those of a stream.

    ``names`` has the other name by that of the answer, None for a column that there is not: its fields are left out,
    with those that refer to them. A column that it does not mention keeps its name.

    Raises:
        ValueError: a name of no column.
    """
    known = {part.name for source in sources.values() for part in nested(source) if isinstance(part, Column)}
    if unknown := sorted(names.keys() - known):
        raise ValueError(f"no column is named {', '.join(unknown)}")
    renamed: dict[str, Any] = {}
    for field, source in sources.items():
        parts = tuple(nested(source))
        lacks_column = any(isinstance(part, Column) and names.get(part.name, part.name) is None for part in parts)
        referred = {part.field for part in parts if isinstance(part, Same | When)} & sources.keys()
        if not lacks_column and referred <= renamed.keys():
            renamed[field] = _with_names(source, names)
    return renamed


def _with_names(source: Source, names: Mapping[str, str | None]) -> Source:
    match source:
        case Column():
            return attrs.evolve(source, name=names.get(source.name) or source.name)
        case Derived():
            return attrs.evolve(source, sources=tuple(_with_names(part, names) for part in source.sources))
        case When():
            return attrs.evolve(source, source=_with_names(source.source, names))
    return source


def number(name: str, *, may_be_blank: bool = False, is_required: bool = False) -> Column:
    """Read a decimal number."""
    return Column(name, ColumnKind.NUMBER, may_be_blank, is_required)


def price(name: str, *, may_be_blank: bool = False) -> Column:
    """Read a decimal number in which 0 says that there is none."""
    return Column(name, ColumnKind.NUMBER, may_be_blank, zero_is_none=True)


def minor(name: str, places: int, *, may_be_blank: bool = False) -> Column:
    """Read a whole number of units of which 10 to the power of ``places`` are one; few of them come often."""
    return Column(name, ColumnKind.MINOR, may_be_blank, places=places)


def text(name: str, *, may_be_blank: bool = False, is_required: bool = False) -> Column:
    """Read a text; an empty one is None where the value may be None."""
    return Column(name, ColumnKind.TEXT, may_be_blank, is_required)


def identifier(name: str, *, may_be_blank: bool = False) -> Column:
    """Read a text that may be written as a whole number."""
    return Column(name, ColumnKind.IDENTIFIER, may_be_blank)


def whole(name: str, *, may_be_blank: bool = False) -> Column:
    """Read a whole number."""
    return Column(name, ColumnKind.WHOLE, may_be_blank)


def flag(name: str, *, may_be_blank: bool = False) -> Column:
    """Read true or false."""
    return Column(name, ColumnKind.FLAG, may_be_blank)


def milliseconds(name: str, *, as_text: bool = False, may_be_blank: bool = False) -> Column:
    """Read a time in milliseconds since 1970; 0 and -1 are None where the value may be None."""
    return Column(name, ColumnKind.MILLISECONDS_TEXT if as_text else ColumnKind.MILLISECONDS, may_be_blank)


def iso(name: str, *, may_be_blank: bool = False) -> Column:
    """Read a time in ISO 8601 that names its offset from UTC."""
    return Column(name, ColumnKind.ISO, may_be_blank)


def words(
    name: str,
    table: Mapping[str, Any],
    *,
    unknown: Callable[[str], Any] | None = None,
    may_be_blank: bool = False,
) -> Column:
    """Read a word by a table; one that it lacks becomes ``unknown(word)``, or is refused without ``unknown``."""
    return Column(name, ColumnKind.WORDS, may_be_blank, table=Words(table, unknown))


def derived(function: Callable[..., Any], *sources: Source) -> Derived:
    """Read the result of ``function(*sources)``; optional sources that are absent are None."""
    return Derived(function, sources)


def only_when(source: Source, field: str, value: Any) -> When:
    """Read a source where an earlier field is ``value``, by identity; None elsewhere."""
    return When(source, field, value)


def beside(field: str, value: Any) -> Beside:
    """Read a constant where an earlier field is not None, such as the unit of an amount; None elsewhere."""
    return Beside(field, value)


def signed(name: str, *, side: str, positive: str, negative: str, neither: str = "") -> Derived:
    """
    Read a quantity whose sign another column names.

    A quantity below 0 is a negative one even with no side, or the word ``neither``. Any other word, or none, beside a
    quantity that is not 0 is refused.
    """

    def with_sign(size: Decimal, word: str | None) -> Decimal:
        if not size:
            return size
        if word == negative or (size < 0 and word in {None, "", neither}):
            return -abs(size)
        if word == positive and size > 0:
            return size
        raise Unfit(f"{positive} or {negative} beside a {name} of {size}", word)

    return Derived(with_sign, (number(name, is_required=True), text(side, may_be_blank=True)))

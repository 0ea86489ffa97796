"""
Rows become values by declaration: which field of a value is read from which column of a venue's row.

A declaration is the decoder of an endpoint. It reads a body in one pass, by msgspec's typed decoding, and makes values
when they are asked for, of the rows that are asked for, by one generated function. Rows that are written in another
way than declared are read again by a second reader, which is slow, takes all that
:func:`~venuekit.payloads.payload_decoder` takes, and names field and row where one cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import partial
from itertools import chain, compress, count, repeat
from keyword import iskeyword
from operator import attrgetter
from types import EllipsisType
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, overload

import attrs

from venuekit._util.quick_init import quick_copy
from venuekit.errors import PayloadMismatch
from venuekit.message import Answer
from venuekit.parts._body_rows import check_shared_rows, raws_of
from venuekit.parts.columns import Constant, Inner, Joined, Same, Source, When, columns_in, nested
from venuekit.payloads import MISFITS, SHARED, intern_number

if TYPE_CHECKING:
    from venuekit.parts._compiled import Compiled, Program

__all__ = ["Document", "Reads", "Rows", "quick_copy"]

V = TypeVar("V")
W = TypeVar("W")
D = TypeVar("D")

#: a JSON name, a list index, or ``...`` for each item of a list
Step: TypeAlias = "str | int | EllipsisType"

#: fields that most values take from the answer and not from the row
_OF_ANSWER = ("as_of", "received_at")
_ZEROS = frozenset({Decimal(0), *SHARED})


class Reads(Generic[V]):
    """
    A declaration of how rows become values; calling it decodes a body.

    Args:
        value: The class of the values, an attrs class that keeps them as they are.
        within: JSON names and list indexes from the top of an answer to the list of rows; ``...`` before the last name
            is each item of a list.
        is_single: There is one object in place of a list.
        may_be_absent: The list or object may be missing or null, which is no row.
        key: The field by which rows are picked and joined.
        flat: The field, read from a number, whose 0 says that the row is empty.
        given: Fields that come with each call of :meth:`Rows.values`; ``as_of`` and ``received_at`` always do.
        only_if: A field of a head of the message, without which no row is read.
        unread: Columns of the venue that no field is read from.
        fields: For a field of the value its source, in the order in which sources refer to each other; another
            declaration makes a value of the same row, and what is no source is a constant.

    Raises:
        TypeError: a field that the value does not have, one that it needs and that is not declared, a source that
            refers to a field that is not declared earlier, or a column that is read as two types.
    """

    def __init__(
        self,
        value: type[V],
        /,
        *,
        within: tuple[Step, ...] = (),
        is_single: bool = False,
        may_be_absent: bool = False,
        key: str | None = None,
        flat: str | None = None,
        given: Sequence[str] = (),
        only_if: str | None = None,
        unread: Collection[str] = (),
        **fields: Any,
    ) -> None:
        known: dict[str, attrs.Attribute[Any]] = {field.name: field for field in attrs.fields(value)}  # type: ignore[arg-type]
        self.value = value
        self.within = within
        self.is_single = is_single
        self.may_be_absent = may_be_absent
        self.key = key
        self.flat = flat
        self.only_if = only_if
        self.unread = frozenset(unread)
        #: the given fields of the value itself
        self.own_given: tuple[str, ...] = (
            *given,
            *(name for name in _OF_ANSWER if name in known and name not in fields),
        )
        self.sources: Mapping[str, Source] = {name: _source_of(source) for name, source in fields.items()}
        inner = [source.reads.given for source in self.sources.values() if isinstance(source, Inner)]
        self.given: tuple[str, ...] = tuple(dict.fromkeys(chain(self.own_given, *inner)))
        self._check(known)
        self._document: Document[Mapping[str, Rows[Any]]] = Document(dict, rows=self)

    def __repr__(self) -> str:
        return f"<rows of {self.value.__name__}>"

    def __call__(self, body: bytes) -> Rows[V]:
        """
        Return the rows of an answer.

        Raises:
            ValueError: the bytes are not JSON.
            PayloadMismatch: they are, but of another shape; the message names row and field.
        """
        return self._document(body)["rows"]

    def read_all(self, body: bytes) -> tuple[V, ...]:
        """
        Return the values of all rows of an answer, without the fields that calls give.

        Raises:
            ValueError, PayloadMismatch: as calling it does, also for a value that cannot be made of a row.
        """
        return self(body).values()

    def read_one(self, body: bytes) -> V:
        """Do as :meth:`read_all`, of an answer that is one row."""
        values = self._document.quick_values(body)
        return (self(body).values() if values is None else values)[0]

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """For each field of the value the columns of the venue that it is read from."""
        return {field: tuple(column.name for column in columns_in(source)) for field, source in self.sources.items()}

    def _check_place(self, name: str) -> None:
        if self.may_be_absent and not (self.within and isinstance(self.within[-1], str)):
            raise TypeError(f"{name} may be absent only behind the name of a field")
        if ... in self.within:
            is_plain = isinstance(self.within[-1], str) and self.within.index(...) == len(self.within) - 2
            if self.is_single or self.may_be_absent or not is_plain:
                raise TypeError(f"{name}: each item of a list has its rows behind one name")

    def _check(self, known: Mapping[str, attrs.Attribute[Any]]) -> None:
        name = self.value.__name__
        self._check_place(name)
        mentioned = [*self.sources, *self.own_given, *filter(None, (self.key, self.flat))]
        if unknown := [field for field in mentioned if field not in known]:
            raise TypeError(f"{name} has no attribute {', '.join(unknown)}")
        declared = {*self.sources, *self.own_given}
        if missing := [one.name for one in known.values() if one.default is attrs.NOTHING and one.name not in declared]:
            raise TypeError(f"{name} needs {', '.join(missing)}")
        for field in filter(None, (self.key, self.flat)):
            if next(columns_in(self.sources.get(field) or Constant(None)), None) is None:
                raise TypeError(f"{name}.{field} is read from no column")
        kinds: dict[str, tuple[Any, ...]] = {}
        earlier = set(self.own_given)
        for field, source in self.sources.items():
            referred = [part.field for part in nested(source) if isinstance(part, Same | When)]
            if later := [one for one in referred if one not in earlier]:
                raise TypeError(f"{name}.{field} refers to {', '.join(later)}, which is not declared before it")
            for column in columns_in(source):
                form = (column.kind, column.may_be_blank, column.places)
                if not column.name.isidentifier() or iskeyword(column.name):
                    raise TypeError(f"{name}.{field}: {column.name} cannot be the name of a column")
                if kinds.setdefault(column.name, form) != form or column.name in self.unread:
                    raise TypeError(f"{name}.{field}: the column {column.name} is read as something else, too")
            if self.key is None and any(isinstance(one, Joined) for one in nested(source)):
                raise TypeError(f"{name}.{field} is joined, and there is no key")
            earlier.add(field)


class Document(Generic[D]):
    """
    Several declarations that read one answer in one pass; calling it decodes a body.

    Args:
        shape: A function that is called with the :class:`Rows` of each part, by their names.
        parts: The declarations, each with its own ``within``; several may read the same rows.

    Raises:
        TypeError: declarations of the same rows contradict each other.
    """

    def __init__(self, shape: Callable[..., D], /, **parts: Reads[Any]) -> None:
        check_shared_rows(parts.values())
        self.parts = parts
        self._shape = shape
        self._compiled: Compiled | None = None

    def __repr__(self) -> str:
        return f"<{', '.join(map(repr, self.parts.values()))}>"

    def __call__(self, body: bytes) -> D:
        """Return the rows of an answer; raises as :meth:`Reads.__call__`."""
        return self._shape(**self._rows(body))

    def _rows(self, body: bytes) -> Mapping[str, Rows[Any]]:
        compiled = self._compile()
        lists = compiled.read(body)
        is_quick = lists is not None
        if lists is None:
            lists = [program.reread(body) for program in compiled.programs]
        parts = {
            name: Rows(_Source(part, program, body, partial(self._part, name), is_quick), rows)
            for (name, part), program, rows in zip(self.parts.items(), compiled.programs, lists, strict=True)
        }
        if not is_quick:
            for rows in parts.values():
                rows.values()  # nothing is joined or given yet, but for that it finds all that cannot be read
        return parts

    def quick_values(self, body: bytes) -> list[Any] | None:
        """Return the values of the only part, None where a row is written in another way than declared."""
        compiled = self._compile()
        lists = compiled.read(body)
        if lists is None:
            return None
        try:
            return compiled.programs[0].quick(lists[0], repeat(None), _NOT_JOINED)
        except MISFITS:
            return None

    def _compile(self) -> Compiled:
        compiled = self._compiled
        if compiled is None:
            from venuekit.parts._compiled import Compiled  # a program that reads no answer pays nothing for it

            compiled = self._compiled = Compiled.of(self.parts)
        return compiled

    def _part(self, name: str, body: bytes) -> Rows[Any]:
        decoded: Any = self(body)
        rows: Rows[Any] = decoded[name] if isinstance(decoded, dict) else getattr(decoded, name)
        return rows


@attrs.frozen(eq=False)
class _Source(Generic[V]):
    """An answer that rows are of: its declaration, and how another body is read. ``is_quick`` rows are msgspec's."""

    reads: Reads[V]
    program: Program
    body: bytes
    decode: Callable[[bytes], Rows[V]]
    is_quick: bool


@attrs.frozen(eq=False, repr=False)
class Rows(Sequence[Any], Generic[V]):
    """Rows of an answer, of which values can be made; some of them may have been left out by a choice."""

    _source: _Source[V]
    _items: Sequence[Any]
    _indexes: Sequence[int] | None = None
    _choices: tuple[Choice, ...] = ()

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        """Return a row: its attributes are the columns that are read, as the venue names and writes them."""
        return self._items[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __repr__(self) -> str:
        return f"<{len(self)} of {self._source.reads!r}>"

    @property
    def keys(self) -> list[Any]:
        """The key of each row."""
        reads = self._source.reads
        return self.column(_column(reads, reads.key))

    def column(self, name: str) -> list[Any]:
        """Return a column of text or whole numbers as the venue writes it, by its name."""
        return list(map(attrgetter(name), self._items))

    def without_flat(self) -> Rows[V]:
        """Return the rows whose ``flat`` field is not 0."""
        reads = self._source.reads
        name = _column(reads, reads.flat)
        return self.chosen(
            lambda rows: [
                index
                for index, size in enumerate(rows.column(name))
                # nearly every size is one of these zeros, or has another digit
                if size not in _ZEROS and ((size.__class__ is str and size.strip("-.0")) or not _is_zero(size))
            ]
        )

    def of(self, keys: Collection[Any]) -> Rows[V]:
        """Return the rows with these keys."""
        return self.chosen(lambda rows: list(compress(count(), map(keys.__contains__, rows.keys))))

    def chosen(self, choice: Choice) -> Rows[V]:
        """Return the rows at the indexes that ``choice`` returns of these rows."""
        picked = choice(self)
        if len(picked) == len(self._items):
            return attrs.evolve(self, choices=(*self._choices, choice))
        indexes = picked if self._indexes is None else [self._indexes[index] for index in picked]
        return Rows(self._source, [self._items[index] for index in picked], indexes, (*self._choices, choice))

    def values(
        self, answer: Answer[Any] | None = None, *, joined: Mapping[Any, Any] = {}, **given: Any
    ) -> tuple[V, ...]:
        """
        Return one value per row.

        Args:
            answer: The answer that the rows are of; it gives ``as_of``, ``received_at`` and ``raw``.
            joined: For the key of a row the object whose attributes it is joined with; without one they are None.
            given: The fields that are declared as given; ``as_of`` may be another one than the answer's.

        Raises:
            PayloadMismatch: a row cannot be read; the message names row and field.
        """
        source = self._source
        fields = {f"f_{name}": value for name, value in given.items()}
        raws: Iterable[Any] = repeat(None)
        if answer is not None:
            fields = {f"f_{name}": getattr(answer, name) for name in _OF_ANSWER if name in source.reads.given} | fields
            raws = raws if answer.raw is None else self._raws(answer.raw)
        if source.is_quick:
            with suppress(*MISFITS):
                return tuple(source.program.quick(self._items, raws, joined.get, **fields))
            return self._reread().values(answer, joined=joined, **given)
        made = source.program.careful(self._items, raws, joined.get, **fields)
        if isinstance(made, PayloadMismatch):
            raise made
        return tuple(made)

    @property
    def reads(self) -> Reads[V]:
        """The declaration of the rows."""
        return self._source.reads

    @property
    def body(self) -> bytes:
        """The answer."""
        return self._source.body

    def read_by(self, reads: Reads[W]) -> Rows[W]:
        """Return the rows of the same answer, all of them, by another declaration."""
        return reads(self._source.body)

    def again(self, body: bytes) -> Rows[V]:
        """Return rows of another body, chosen as these were."""
        return self._choose(self._source.decode(body))

    def _reread(self) -> Rows[V]:
        """Return the same rows by the second reader; it says why it cannot read them, or takes them."""
        source = attrs.evolve(self._source, is_quick=False)
        return self._choose(Rows(source, source.program.reread(source.body)))

    def _choose(self, rows: Rows[V]) -> Rows[V]:
        for choice in self._choices:
            rows = rows.chosen(choice)
        return rows

    def _raws(self, raw: Any) -> Sequence[Any]:
        raws = raws_of(self._source.reads, raw)
        return raws if self._indexes is None else [raws[index] for index in self._indexes]


#: returns the indexes of the rows to keep
Choice: TypeAlias = "Callable[[Rows[Any]], Sequence[int]]"


def _source_of(source: Any) -> Source:
    if isinstance(source, Reads):
        return Inner(source)
    return source if isinstance(source, Source) else Constant(source)


def _column(reads: Reads[Any], field: str | None) -> str:
    """Return the name of the column that a field is read from, the first one of several."""
    return next(columns_in(reads.sources[field or ""])).name


def _is_zero(size: Any) -> bool:
    """Say whether a size is 0, however it is written."""
    try:
        return not (intern_number(size) if isinstance(size, str) else size)
    except ValueError:
        return False  # it is no number, which is found out where a value is made of it


_NOT_JOINED: Callable[..., Any] = {}.get

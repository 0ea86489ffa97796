"""
Compiled messages: one function makes all values of a message, from the structs that msgspec reads.

A message has few rows and comes alone, to caches that hold other things: it is read in one pass, by little code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import repeat
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, Union, get_origin

import attrs
import msgspec

from venuekit.errors import PayloadMismatch
from venuekit.parts._body_rows import raws_of
from venuekit.parts._compiled import DocumentPlace, Program
from venuekit.parts._row_lines import ReadColumn, RowLines, Scope, indent
from venuekit.payloads import MISFITS

if TYPE_CHECKING:
    from venuekit.parts.rows import Reads, Step

#: makes all values of a message: of its struct, the function that joins, and the given fields
Make: TypeAlias = Callable[[Any, Callable[..., Any], Mapping[str, Any]], list[Any]]


@attrs.frozen(eq=False)
class CompiledMessage:
    """The programs of a message's heads and parts, for the careful way, and the way that reads all of them at once."""

    heads: Sequence[Program]
    parts: Sequence[Program]

    @classmethod
    def of(cls, heads: Sequence[Reads[Any]], parts: Sequence[Reads[Any]]) -> CompiledMessage:
        """Compile a message."""
        return cls([Program(head) for head in heads], [Program(part) for part in parts])

    def shape(self, tag_field: str | None, tag: str | None, body: bytes) -> Any:
        """Return the type that msgspec reads, as :meth:`DocumentPlace.shape` does, alike a body."""
        like = None
        with suppress(RecursionError, ValueError):
            like = msgspec.json.decode(body)
        return DocumentPlace.of([*self.heads, *self.parts]).shape(like, tag_field=tag_field, tag=tag)

    def write(self) -> Make:
        """Return the function that makes the values."""
        return _MessageWriter(self.heads, self.parts).write()

    def values(self, body: bytes, kept: Any, joined: Mapping[Any, Any], given: Mapping[str, Any]) -> list[Any]:
        """Return the values as the second readers read them; raises as :meth:`Message.values` does."""
        known = {"as_of": None, **given}  # the values are not the answer to a request
        for head in self.heads:
            (value,) = _values(head, body, kept, joined, known)
            known |= {name: getattr(value, name) for name in head.part.sources}
        wanted = (one for one in self.parts if one.part.only_if is None or known[one.part.only_if])
        return [value for program in wanted for value in _values(program, body, kept, joined, known)]


def _values(program: Program, body: bytes, kept: Any, joined: Mapping[Any, Any], given: Mapping[str, Any]) -> list[Any]:
    part, rows = program.part, program.reread(body)
    raws = repeat(None) if kept is None else raws_of(part, kept)
    fields = {f"f_{name}": given[name] for name in part.given if name in given}
    made = program.careful(rows, raws, joined.get, **fields)
    if isinstance(made, PayloadMismatch):
        raise made
    return made


class QuickReader:
    """
    Reads messages in one pass, each known by the word of one field; without a field there is one message.

    A message is compiled when the first one of its word has come.
    """

    def __init__(self, field: str | None = None) -> None:
        self._field = field
        self._makes: dict[Any, tuple[str | None, Make]] = {}
        # alone, a shape would also take a message without its word
        self._shapes: dict[str | None, Any] = (
            {} if field is None else {"": msgspec.defstruct("Other", [], tag_field=field, tag="")}
        )
        self._decode: Callable[[bytes], Any] = _decode_nothing

    def learn(self, word: str | None, message: CompiledMessage, body: bytes) -> bool:
        """Read a message from now on, of which ``body`` is the first; return whether it was not known before."""
        if word in self._shapes:
            return False
        shape = self._shapes[word] = message.shape(self._field, word, body)
        self._makes[get_origin(shape) or shape] = word, message.write()
        self._decode = msgspec.json.Decoder(Union[*self._shapes.values()]).decode
        return True

    def read(
        self, body: bytes, joined: Callable[..., Any], given: Mapping[str, Any]
    ) -> tuple[str | None, list[Any]] | None:
        """Return the word and the values of a message, None for one that is unknown or written in another way."""
        try:
            document = self._decode(body)
            word, make = self._makes[document.__class__]
            return word, make(document, joined, given)
        except (RecursionError, *MISFITS):
            return None


def _decode_nothing(_: bytes) -> NoReturn:
    raise LookupError


class _MessageWriter:
    """Writes the function of one message."""

    def __init__(self, heads: Sequence[Program], parts: Sequence[Program]) -> None:
        self._heads, self._parts = heads, parts
        self._lines = RowLines(is_careful=False, raw="None")
        self._places: dict[tuple[Step, ...], int] = {}
        #: the lines that have read each column, by its variable; those of lists and of what may be absent left out
        self._known: dict[str, list[str]] = {}

    def write(self) -> Make:
        of_heads = {field for head in self._heads for field in head.part.sources}
        given = {name: program.part for program in (*self._heads, *self._parts) for name in program.part.given}
        defaults = {name: self._lines.default(part, name) for name, part in given.items() if name not in of_heads}
        body = [
            "made, texts = [], []",
            "add = made.append",
            *(f"f_{name} = given.get({name!r}, {default})" for name, default in defaults.items()),
        ]
        for head in self._heads:
            columns, lines = self._columns(head, is_certain=True)
            body += [f"row = {_path(head.part.within)}", *lines, *self._lines.fields(Scope(head.part, columns))]
        for number, program in enumerate(self._parts):
            body += self._part(program, f"{number}_")
        body += ["if not are_plain(texts):", "    refused(None)", "return made"]
        names = ", ".join(program.part.value.__name__ for program in self._parts)
        return self._lines.compile(f"message of {names}", "document, joined, given", body)

    def _part(self, program: Program, prefix: str) -> list[str]:
        """Return the lines that make the values of a part."""
        part, path = program.part, _path(program.part.within)
        is_certain = part.is_single and not part.may_be_absent and part.only_if is None
        columns, lines = self._columns(program, is_certain=is_certain)
        made = [*lines, *self._lines.value(Scope(part, columns, prefix), "value"), "add(value)"]
        if ... in part.within:
            each = part.within.index(...)
            rows = f"for row in {_path(part.within[each + 1 :], 'each')}:"
            made = [f"for each in {_path(part.within[:each])}:", *indent([rows, *indent(made)])]
        elif not part.is_single:
            made = [f"for row in {path}{' or ()' if part.may_be_absent else ''}:", *indent(made)]
        elif part.may_be_absent:
            made = [f"row = {path}", "if row is not None:", *indent(made)]
        else:
            made = [f"row = {path}", *made]
        return made if part.only_if is None else [f"if f_{part.only_if}:", *indent(made)]

    def _columns(self, program: Program, *, is_certain: bool) -> tuple[Mapping[str, ReadColumn], list[str]]:
        """Return the columns of a row, and the lines that read those that were not read before in the same way."""
        place = self._places.setdefault(program.part.within, len(self._places))
        columns = {name: attrs.evolve(read, local=f"c{place}_{name}") for name, read in program.reads.items()}
        lines, fresh = [], []
        for read in columns.values():
            own = self._lines.column(read)
            if self._known.get(read.local) == own:
                continue
            self._known.pop(read.local, None)
            if is_certain:
                self._known[read.local] = own
            lines += own
            fresh.append(read)
        return columns, [*lines, *self._lines.digits(fresh)]


def _path(steps: Sequence[Step], start: str = "document") -> str:
    """Return the expression of the place behind some steps."""
    return start + "".join(f"[{step}]" if isinstance(step, int) else f".at_{step}" for step in steps)

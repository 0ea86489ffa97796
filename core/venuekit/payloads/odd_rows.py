"""Rows that were read from a list, and how many of it were not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from venuekit.errors import OddRow, PayloadMismatch
from venuekit.payloads.json_text import read_json
from venuekit.payloads.mismatch import Path, text_of

if TYPE_CHECKING:
    from venuekit.endpoint import Endpoint

T = TypeVar("T")


#: gathers the odd rows that the running task meets; None where they are not gathered
_GATHERED: ContextVar[list[OddRow] | None] = ContextVar("venuekit_odd_rows", default=None)


@contextmanager
def gather_odd_rows() -> Iterator[list[OddRow]]:
    """Gather the odd rows of every read within the block and the tasks that it starts, besides their warnings."""
    gathered: list[OddRow] = []
    token = _GATHERED.set(gathered)
    try:
        yield gathered
    finally:
        _GATHERED.reset(token)


def note_odd_row(odd: OddRow) -> None:
    """Add an odd row to those that are gathered."""
    gathered = _GATHERED.get()
    if gathered is not None:
        gathered.append(odd)


class KeptList(list[T]):
    """A list of rows of which some were left out."""

    left_out: int = 0


class KeptTuple(tuple[T, ...]):  # noqa: SLOT001  (it says how many were left out)
    """A tuple of rows of which some were left out."""

    left_out: int = 0


def count_left_out(rows: Sequence[Any]) -> int:
    """Return how many rows of an answer are not among these; 0 where that is unknown."""
    return getattr(rows, "left_out", 0)


#: errors of stepping into an answer of another shape
_OTHER_SHAPE = (LookupError, ValueError)


@attrs.frozen
class Misread:
    """A row that cannot be read: field and fault in one sentence, and the row as plain JSON."""

    words: str
    row: Any = attrs.field(repr=False)


def readable_part(
    endpoint: Endpoint[Any], body: bytes, mismatch: PayloadMismatch, *, at_least: int = 1
) -> tuple[bytes, tuple[Misread, ...]]:
    """
    Return an answer without the rows that its endpoint cannot read, and these.

    It is slow: every row is read by itself, by the endpoint's own decoder.

    Raises:
        PayloadMismatch: ``mismatch``, when fewer than ``at_least`` rows can be read, or the fault is in none of them.
    """
    paths = endpoint.rows
    try:
        lists = [rows_at(body, path) for path in paths]
    except _OTHER_SHAPE:
        raise mismatch from None
    empty = body
    for path in paths:
        empty = _with_rows(empty, path, ())
    if not any(lists) or _fault(endpoint, empty) is not None:
        raise mismatch
    misread: list[Misread] = []
    part = body
    for path, rows in zip(paths, lists, strict=True):
        faults = [_fault(endpoint, _with_rows(empty, path, [row])) for row in rows]
        misread += _misread(path, rows, faults)
        part = _with_rows(part, path, [row for row, fault in zip(rows, faults, strict=True) if fault is None])
    readable = sum(map(len, lists)) - len(misread)
    if not misread or readable < at_least or _fault(endpoint, part) is not None:
        raise mismatch
    return part, tuple(misread)


def _misread(path: Path, rows: Sequence[Any], faults: Sequence[PayloadMismatch | None]) -> Iterator[Misread]:
    alone = text_of((*path, 0))
    for index, (row, fault) in enumerate(zip(rows, faults, strict=True)):
        if fault is not None:
            # each was read as the only one of its list
            words = fault.message
            if words.startswith(alone):
                words = text_of((*path, index)) + words.removeprefix(alone)
            yield Misread(words, read_json(bytes(row)))


def _fault(endpoint: Endpoint[Any], body: bytes) -> PayloadMismatch | None:
    try:
        endpoint.decode(body)
    except PayloadMismatch as fault:
        return fault
    return None


def rows_at(part: bytes, path: Path) -> list[Any]:
    """
    Return the rows of a list, each as the text it is written in.

    Raises:
        LookupError, ValueError: there is no list at that path.
    """
    import msgspec

    for step in path:
        inside: Any = list[msgspec.Raw] if isinstance(step, int) else dict[str, msgspec.Raw]
        part = bytes(msgspec.json.decode(part, type=inside)[step])
    rows: list[Any] = msgspec.json.decode(part, type=list[msgspec.Raw])
    return rows


def _with_rows(part: bytes, path: Path, rows: Sequence[Any]) -> bytes:
    """Return an answer with other rows in a list, all else as it is written."""
    import msgspec

    if not path:
        return msgspec.json.encode(rows)
    inside: Any = list[msgspec.Raw] if isinstance(path[0], int) else dict[str, msgspec.Raw]
    fields = msgspec.json.decode(part, type=inside)
    fields[path[0]] = msgspec.Raw(_with_rows(bytes(fields[path[0]]), path[1:], rows))
    return msgspec.json.encode(fields)

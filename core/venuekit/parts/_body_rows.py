"""Rows of declarations in one body: those of several of them, and the venue's own objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from venuekit.parts.columns import columns_in

if TYPE_CHECKING:
    from venuekit.parts.rows import Reads


def raws_of(reads: Reads[Any], raw: Any) -> Sequence[Any]:
    """Return the rows of a declaration in an answer that is plain JSON."""
    if ... in reads.within:
        *outer, _, name = reads.within
        for step in outer:
            raw = raw[step]
        return [row for item in raw for row in item[name]]
    for step in reads.within[:-1]:
        raw = raw[step]
    if reads.within:
        raw = raw.get(reads.within[-1]) if reads.may_be_absent else raw[reads.within[-1]]
    if raw is None:
        return ()
    rows: Sequence[Any] = [raw] if reads.is_single else raw
    return rows


def check_shared_rows(parts: Iterable[Reads[Any]]) -> None:
    """Raise ``TypeError`` where declarations of the same rows of one body contradict each other."""
    forms: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for part in parts:
        shape = (part.is_single, part.may_be_absent)
        if forms.setdefault(part.within, shape) != shape:
            raise TypeError(f"{part!r} are read as another kind of rows, too")
        for source in part.sources.values():
            for column in columns_in(source):
                if forms.setdefault((part.within, column.name), (column.kind,)) != (column.kind,):
                    raise TypeError(f"{part!r}: the column {column.name} is read as something else, too")

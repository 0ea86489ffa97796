"""A history as a venue keeps it, and walks over it by every way of paging."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

import attrs
from hypothesis import strategies as st

from venuekit.parts.histories import (
    FromCursor,
    FromId,
    FromTime,
    Numbered,
    Origin,
    Page,
    Pages,
    Span,
    Track,
)

T = TypeVar("T")
#: when and which: several rows may share a millisecond
Row = tuple[int, int]
TRACK: Track[Row] = Track(time=lambda row: row[0], key=lambda row: row[1])


@attrs.define
class Venue:
    """A history as a venue keeps it, and what was asked of it."""

    rows: list[Row]
    limit: int
    upcoming: list[Row] = attrs.field(factory=list)
    shuffled: random.Random | None = None
    asked: int = 0

    def _within(self, window: Span) -> list[Row]:
        self.asked += 1
        if self.upcoming:
            self.rows.append(self.upcoming.pop(0))
        return [row for row in self.rows if window.start <= row[0] <= window.end]

    async def by_number(self, window: Span, number: int) -> Page[Row]:
        """Answer a page by its number, from old to new; inside of it in any order but that of equal times."""
        found = self._within(window)[(number - 1) * self.limit : number * self.limit]
        if self.shuffled is not None:
            moments = [list(group) for _, group in itertools.groupby(found, lambda row: row[0])]
            self.shuffled.shuffle(moments)
            found = [row for moment in moments for row in moment]
        return Page(found)

    async def by_time(self, window: Span, filters: Mapping[str, Any]) -> Page[Row]:
        """Answer the oldest rows of a window, inside of the page in any order but that of equal times."""
        found = [row for row in self._within(window) if row[1] % 50 == filters.get("part", row[1] % 50)][: self.limit]
        if self.shuffled is not None:
            moments = [list(group) for _, group in itertools.groupby(found, lambda row: row[0])]
            self.shuffled.shuffle(moments)
            found = [row for moment in moments for row in moment]
        return Page(found)

    async def by_offset(self, window: Span, cursor: str | None) -> Page[Row]:
        """Answer newest first; the cursor is a place that moves on when rows arrive, a full page always has one."""
        start = int(cursor or 0)
        found = self._within(window)[::-1][start : start + self.limit]
        return Page(found, str(start + self.limit) if len(found) == self.limit else None)

    async def by_row(self, window: Span, cursor: str | None) -> Page[Row]:
        """Answer newest first; the cursor names the last row, and the last page has none, or an empty one."""
        rows = self._within(window)[::-1]
        if cursor is not None:
            rows = rows[[row[1] for row in rows].index(int(cursor)) + 1 :]
        found = rows[: self.limit]
        return Page(found, str(found[-1][1]) if len(rows) > self.limit else "")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end on a loop of its own: hypothesis calls tests many times."""
    return asyncio.run(work)


async def drain(rows: AsyncIterator[T]) -> list[T]:
    """Return everything a walk yields."""
    return [row async for row in rows]


async def into(found: list[T], rows: AsyncIterator[T]) -> None:
    """Walk into a list, which has what was handed on before an error."""
    async for row in rows:
        found.append(row)  # noqa: PERF401  (an error must leave what was found)


@st.composite
def histories(draw: st.DrawFn, *, most: int = 60) -> list[Row]:
    """Rows with growing times, many of them equal, each with its own key."""
    steps = draw(st.lists(st.sampled_from([0, 0, 1, 2, 50, 400]), max_size=most))
    keys = draw(st.permutations(range(len(steps))))
    return list(zip(itertools.accumulate(steps, initial=1), keys, strict=False))


def windows(width: int) -> Sequence[Span]:
    """Cut all the time there is into windows."""
    return Span(0, 25_000).windows(width)


def later(spans: Sequence[Span]) -> Callable[[], Awaitable[Sequence[Span]]]:
    """Return windows as :func:`walk_pages` asks for them."""

    async def asked() -> Sequence[Span]:
        return spans

    return asked


Windows = Callable[[], Awaitable[Sequence[Span]]]


def pages_of(read: Callable[[Span, Mapping[str, Any]], Awaitable[Page[Any]]], spans: Windows, **which: Any) -> Any:
    """Return the pages of a history of :class:`Row` values, unless another ``track`` is given."""
    given_by_default = {"limit": 1, "track": TRACK, "after": None, "origin": Origin("", "")}
    return Pages(**{"read": read, "windows": spans, "filters": {}, "account": None, **given_by_default, **which})


def walk_pages(fetch: Callable[[Span, int], Awaitable[Page[T]]], spans: Windows, **which: Any) -> AsyncIterator[T]:
    """Walk page after page; ``fetch`` reads the page of a window with a number."""
    pages: Pages[T] = pages_of(lambda window, place: fetch(window, place["page"]), spans, **which)
    return Numbered("page").walk(pages, None)


def by_time(
    fetch: Callable[[Span, Mapping[str, Any]], Awaitable[Page[T]]], spans: Windows, split: Any = None, **which: Any
) -> AsyncIterator[T]:
    """Walk time after time; ``fetch`` reads the oldest rows of a window, narrowed by filters."""
    pages: Pages[T] = pages_of(fetch, spans, **which)
    return FromTime(None if split is None else lambda _, filters, rows: split(filters, rows)).walk(pages, None)


def walk_by_cursor(
    fetch: Callable[[Span, str | None], Awaitable[Page[T]]], spans: Windows, most_pages: int = 10, **which: Any
) -> AsyncIterator[T]:
    """Walk cursor after cursor; ``fetch`` reads the page of a window behind a cursor."""
    pages: Pages[T] = pages_of(lambda window, place: fetch(window, place.get("cursor")), spans, **which)
    return FromCursor(most_pages=most_pages).walk(pages, None)


async def by_identity(
    fetch: Callable[[int], Awaitable[Page[T]]],
    first: int,
    *,
    identity: Callable[[T], int],
    last: int = 2**40,
    **which: Any,
) -> AsyncIterator[T]:
    """Walk items from a number on, up to another one, which is their time as well."""
    track = Track(time=identity, key=identity)
    pages: Pages[T] = pages_of(lambda _, place: fetch(place["from"]), later([]), track=track, **which)
    async for items in FromId("from", identity).from_id(pages, first, last):
        for item in items:
            yield item


limits = st.integers(1, 9)
widths = st.sampled_from([700, 5_000, 30_000])


async def same_number(_: Span, __: Any) -> Page[Row]:
    """Answer the same full page under every number, and with every filter."""
    return Page([(5, 0), (5, 1)])

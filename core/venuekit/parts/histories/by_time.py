"""Histories that the venue answers oldest first, by time alone."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

import attrs

from venuekit.parts.histories.paging import Pages, Paging, Piece
from venuekit.parts.histories.spans import Span
from venuekit.parts.histories.track import Gate, in_order, milliseconds_of

T = TypeVar("T")

#: parameters that narrow a request, by the venue's own names
Filters: TypeAlias = Mapping[str, Any]


@attrs.frozen
class FromTime(Paging):
    """
    The oldest rows of a window, in any order, and no other way on than the time of the last one.

    The last millisecond of a full page may go on behind it: it is held back, and the next question begins with it. So
    each millisecond is read whole, once, from one answer, and rows that are alike are all there.

    A millisecond that fills a page is asked for in parts: ``split`` returns, for an account, filters and some rows that
    they give of it, the narrower filters that together ask for all of it; none when there are none. One that holds more
    than can be asked for ends the walk with an error, as does a venue that answers another stretch, or begins with the
    newest rows.
    """

    split: Callable[[Any, Filters, Sequence[Any]], Awaitable[Sequence[Filters]]] | None = None

    def gate(self, pages: Pages[T]) -> Gate[T]:
        """Return the gate of items that are several where they are alike."""
        return Gate(pages.track, pages.after, merges=False)

    async def pieces(self, pages: Pages[T]) -> AsyncGenerator[Piece[T], None]:
        """Read whole milliseconds."""
        history = _History(pages, self)
        for window in await pages.windows():
            start = window.start
            while start <= window.end:
                asked = Span(start, window.end)
                items, moments, is_full = await history.ask(asked, pages.filters)
                start = window.end + 1
                if is_full:
                    await history.check_direction(asked, milliseconds_of(moments[0]))
                    start = milliseconds_of(moments[-1])
                    complete = bisect_left(moments, moments[-1])
                    if not complete:
                        items = await history.whole(start, pages.filters)
                        complete, moments, start = len(items), [moments[-1]] * len(items), start + 1
                    items, moments = items[:complete], moments[:complete]
                yield items, moments


@attrs.define
class _History(Generic[T]):
    """The history that is walked, and whether its pages are known to begin with the oldest rows."""

    pages: Pages[T]
    paging: FromTime
    oldest_first: bool = False

    async def ask(self, asked: Span, filters: Filters) -> tuple[Sequence[T], Sequence[Any], bool]:
        """Return the items of a page, their times, and whether the page was full; raises ``PayloadMismatch``."""
        page = await self.pages.read(asked, filters)
        items, moments = in_order(page.items, self.pages.track)
        if page.count < self.pages.limit:
            return items, moments, False
        mismatch = self.pages.origin.mismatch
        if not items:
            raise mismatch(f"not one of the {page.count} rows from {asked.start} on can be read")
        for moment in map(milliseconds_of, (moments[0], moments[-1])):
            if not asked.start <= moment <= asked.end:
                raise mismatch(f"asked for what is from {asked.start} to {asked.end}, got {moment}")
        return items, moments, True

    async def check_direction(self, asked: Span, first: int) -> None:
        """See once that nothing lies before the first full page; raises ``PayloadMismatch``."""
        if self.oldest_first or first == asked.start:
            return
        before, _, __ = await self.ask(Span(asked.start, first - 1), self.pages.filters)
        if before:
            words = f"a full page of what is from {asked.start} on begins at {first}, and there are rows before it"
            raise self.pages.origin.mismatch(words)
        self.oldest_first = True

    async def whole(self, moment: int, filters: Filters) -> Sequence[T]:
        """Return everything of one millisecond, in parts where it fills a page; raises ``PayloadMismatch``."""
        items, _, is_full = await self.ask(Span(moment, moment), filters)
        if not is_full:
            return items
        split = self.paging.split
        parts = () if split is None else await split(self.pages.account, filters, items)
        if not parts:
            narrowed = "".join(f" with {name}={value}" for name, value in filters.items())
            raise self.pages.origin.mismatch(
                f"the millisecond {moment} holds {self.pages.limit} rows or more{narrowed}, which is all that the venue"
                " gives of it: walk up to it by `end` and from behind it by `start`, and take that millisecond from the"
                " venue's own export"
            )
        found: list[T] = []
        for part in parts:
            found += await self.whole(moment, part)
        missing = self._count(items) - self._count(found)
        if missing:
            words = f"{missing.total()} rows of the millisecond {moment} come without a filter and not with one"
            raise self.pages.origin.mismatch(words)
        return found

    def _count(self, items: Sequence[T]) -> Counter[Hashable]:
        return Counter(map(self.pages.track.key, items))

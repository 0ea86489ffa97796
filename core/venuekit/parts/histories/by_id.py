"""Histories that the venue answers from an id on, whose ids ascend with time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from itertools import takewhile
from typing import Any, TypeVar

import attrs

from venuekit.parts.histories.paging import Pages, Paging, Piece
from venuekit.parts.histories.spans import Span
from venuekit.parts.histories.track import Gate, Page

T = TypeVar("T")


@attrs.frozen
class FromId(Paging):
    """
    Rows from an id on, sent as ``parameter``; ``identity`` is the id of an item, and ids ascend with time.

    Only the first item is looked for by its time; which rows of a window with more than a page the venue gives does not
    matter. Windows follow each other without a gap. Ids that do not ascend, or a full page of which none can be read,
    end the walk with an error.
    """

    parameter: str
    identity: Callable[[Any], int] = lambda item: int(item.id)

    def gate(self, pages: Pages[T]) -> Gate[T]:
        """Return a gate that is open: the first piece begins behind ``after``, and no id comes twice."""
        return Gate(pages.track, None, merges=False)

    async def pieces(self, pages: Pages[T]) -> AsyncGenerator[Piece[T], None]:
        """Read id after id."""
        windows = await pages.windows()
        if not windows:
            return
        after = pages.after
        seen: Sequence[T] = ()
        # an item from before the windows says nothing about where they begin
        if after is not None and pages.track.milliseconds(after) >= windows[0].start:
            begin: int | None = self.identity(after) + 1
        else:
            begin, seen = await self._find_begin(pages, windows)
        if begin is not None:
            async for items in self.from_id(pages, begin, windows[-1].end, seen):
                yield items, [*map(pages.track.time, items)]

    async def from_id(
        self, pages: Pages[T], first: int, last: int, seen: Sequence[T] = ()
    ) -> AsyncGenerator[Sequence[T], None]:
        """
        Read the items from an id on, up to the millisecond ``last`` inclusive; ``seen`` are the first of them.

        Raises:
            PayloadMismatch: the ids do not ascend, or none of a full page can be read.
        """
        while True:
            page = await self._page(pages, max(map(self.identity, seen)) + 1 if seen else first)
            count = len(seen) + page.count
            items = sorted([*seen, *page.items], key=self.identity)
            if items and self.identity(items[0]) < first:
                raise pages.origin.mismatch(f"asked for numbers from {first} on, got {self.identity(items[0])}")
            once: dict[int, T] = {}
            for item in items:
                once.setdefault(self.identity(item), item)
            within = [*takewhile(lambda item: pages.track.milliseconds(item) <= last, once.values())]
            yield within
            if len(within) < len(once) or count < pages.limit:
                return
            if not items:
                raise pages.origin.mismatch(f"not one of the {count} rows from {first} on can be read")
            first, seen = self.identity(items[-1]) + 1, ()

    async def read_millisecond(self, pages: Pages[T], moment: int, known: int) -> list[T]:
        """Return all items of a millisecond, of which ``known`` is an id; raises ``PayloadMismatch``."""
        found: list[T] = []
        async for items in self.from_id(pages, await self._find_first(pages, moment, known), moment):
            found += [item for item in items if pages.track.milliseconds(item) == moment]
        return found

    def _page(self, pages: Pages[T], number: int) -> Awaitable[Page[T]]:
        return pages.page(None, **{self.parameter: number})

    async def _find_first(self, pages: Pages[T], moment: int, known: int) -> int:
        """
        Return the lowest id of a millisecond, of which ``known`` is one.

        Which rows the venue gives of a stretch that holds more than a page is not documented; the rows that it gives
        from an id on are.
        """
        low, high = 0, known
        while low < high:
            middle = (low + high) // 2
            items = (await self._page(pages, middle)).items
            earlier = [self.identity(item) for item in items if pages.track.milliseconds(item) < moment]
            low = max((low, *(number + 1 for number in earlier)))
            since = [self.identity(item) for item in items if pages.track.milliseconds(item) >= moment]
            high = min((high, *since)) if earlier else min(high, middle)
            if earlier and since:
                break
        return high

    async def _find_begin(self, pages: Pages[T], windows: Sequence[Span]) -> tuple[int | None, Sequence[T]]:
        """
        Return the id of the oldest item of some windows, and the items from it on that have been read by then.

        Of a window with more than a page the older half is read then, and of a single millisecond the first item is
        looked for by its id.
        """
        pending = list(reversed(windows))
        while pending:
            window = pending.pop()
            page = await pages.page(window)
            if page.count < pages.limit:
                if page.items:
                    return min(map(self.identity, page.items)), page.items
            elif window.end > window.start:
                pending += reversed(window.halves())
            elif page.items:
                return await self._find_first(pages, window.start, min(map(self.identity, page.items))), ()
            else:
                words = f"not one of the {page.count} rows of the millisecond {window.start} can be read"
                raise pages.origin.mismatch(words)
        return None, ()

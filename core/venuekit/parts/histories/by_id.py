"""Histories that the venue answers from an id on, whose ids ascend with time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import attrs

from venuekit.parts.histories.spans import Span
from venuekit.parts.histories.track import NO_ORIGIN, Origin, Page, Track

T = TypeVar("T")


async def by_identity(
    fetch: Callable[[int], Awaitable[Page[T]]],
    first: int,
    *,
    limit: int,
    identity: Callable[[T], int],
    until: Callable[[T], bool] = lambda _: False,
    origin: Origin = NO_ORIGIN,
) -> AsyncGenerator[T, None]:
    """
    Walk items by their ascending number: ``fetch`` returns up to ``limit`` items from a number on.

    ``until`` ends the walk before the first item it holds for.

    Raises:
        PayloadMismatch: the numbers do not ascend, or none of a full page can be read.
    """
    upcoming = first
    while True:
        page = await fetch(upcoming)
        items = sorted(page.items, key=identity)
        if items and identity(items[0]) < upcoming:
            raise origin.mismatch(f"asked for numbers from {upcoming} on, got {identity(items[0])}")
        for item in items:
            if identity(item) < upcoming:
                continue
            if until(item):
                return
            yield item
            upcoming = identity(item) + 1
        if page.count < limit:
            return
        if not items:
            raise origin.mismatch(f"not one of the {page.count} rows from {upcoming} on can be read")


@attrs.frozen(kw_only=True)
class ById(Generic[T]):
    """
    A history that can be asked from an id on, whose ids ascend with time.

    ``fetch`` returns the page of rows from an id on, ``limit`` of them where there are as many; ``identity`` is the id
    of an item, and ``track`` knows its time.
    """

    fetch: Callable[[int], Awaitable[Page[T]]]
    identity: Callable[[T], int]
    track: Track[T]
    limit: int
    origin: Origin = NO_ORIGIN

    async def find_first(self, moment: int, known: int) -> int:
        """
        Return the lowest id of a millisecond, of which ``known`` is one.

        Which rows the venue gives of a stretch that holds more than a page is not documented; the rows that it gives
        from an id on are.
        """
        low, high = 0, known
        while low < high:
            middle = (low + high) // 2
            items = (await self.fetch(middle)).items
            earlier = [self.identity(item) for item in items if self.track.milliseconds(item) < moment]
            low = max((low, *(number + 1 for number in earlier)))
            since = [self.identity(item) for item in items if self.track.milliseconds(item) >= moment]
            high = min((high, *since)) if earlier else min(high, middle)
            if earlier and since:
                break
        return high

    async def read_millisecond(self, moment: int, known: int) -> list[T]:
        """Return all items of a millisecond, of which ``known`` is an id; raises ``PayloadMismatch``."""
        items = self.walk(self.fetch, await self.find_first(moment, known), moment)
        return [item async for item in items if self.track.milliseconds(item) == moment]

    def walk(self, fetch: Callable[[int], Awaitable[Page[T]]], first: int, last: int) -> AsyncGenerator[T, None]:
        """Walk from an id on, up to the millisecond ``last`` inclusive."""
        return by_identity(
            fetch,
            first,
            limit=self.limit,
            identity=self.identity,
            until=lambda item: self.track.milliseconds(item) > last,
            origin=self.origin,
        )


async def walk_by_id(
    by_id: ById[T],
    fetch: Callable[[Span], Awaitable[Page[T]]],
    windows: Callable[[], Awaitable[Sequence[Span]]],
    *,
    after: T | None = None,
    keep: Callable[[T], bool] | None = None,
) -> AsyncGenerator[T, None]:
    """
    Walk windows by ascending ids; only the first item is looked for by its time.

    Args:
        by_id: Reads from an id on.
        fetch: Reads a page of a window; which rows of a window with more than a page does not matter.
        windows: Returns the windows, oldest first and without a gap; called when the walk begins.
        after: Continue behind this item.
        keep: Picks out the items that are handed on.

    Raises:
        PayloadMismatch: the ids do not ascend, or none of a full page can be read.
    """
    spans = await windows()
    if not spans:
        return
    seen: Sequence[T] = ()
    # an item from before the windows says nothing about where they begin
    if after is not None and by_id.track.milliseconds(after) >= spans[0].start:
        begin: int | None = by_id.identity(after) + 1
    else:
        begin, seen = await _find_begin(by_id, fetch, spans)
    if begin is None:
        return
    first = begin

    async def page(number: int) -> Page[T]:
        if number > first or not seen:
            return await by_id.fetch(number)
        behind = await by_id.fetch(max(map(by_id.identity, seen)) + 1)
        return Page([*seen, *behind.items], rows=len(seen) + behind.count)

    async for item in by_id.walk(page, first, spans[-1].end):
        if keep is None or keep(item):
            yield item


async def _find_begin(
    by_id: ById[T], fetch: Callable[[Span], Awaitable[Page[T]]], windows: Sequence[Span]
) -> tuple[int | None, Sequence[T]]:
    """
    Return the id of the oldest item of some windows, and the items from it on that have been read by then.

    Of a window with more than a page the older half is read then, and of a single millisecond the first item is looked
    for by its id.
    """
    pending = list(reversed(windows))
    while pending:
        window = pending.pop()
        page = await fetch(window)
        if page.count < by_id.limit:
            if page.items:
                return min(map(by_id.identity, page.items)), page.items
        elif window.end > window.start:
            pending += reversed(window.halves())
        elif page.items:
            return await by_id.find_first(window.start, min(map(by_id.identity, page.items))), ()
        else:
            words = f"not one of the {page.count} rows of the millisecond {window.start} can be read"
            raise by_id.origin.mismatch(words)
    return None, ()

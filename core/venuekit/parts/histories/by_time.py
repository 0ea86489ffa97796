"""Histories that the venue answers oldest first, by time alone."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

import attrs

from venuekit.parts.histories.spans import Span
from venuekit.parts.histories.track import NO_ORIGIN, Gate, Origin, Page, Track, in_order, milliseconds_of

T = TypeVar("T")

#: parameters that narrow a request, by the venue's own names
Filters: TypeAlias = Mapping[str, Any]
_NO_FILTERS: Filters = {}


async def by_time(
    fetch: Callable[[Span, Filters], Awaitable[Page[T]]],
    windows: Callable[[], Awaitable[Sequence[Span]]],
    *,
    limit: int,
    track: Track[T],
    split: Callable[[Filters, Sequence[T]], Awaitable[Sequence[Filters]]] | None = None,
    filters: Filters = _NO_FILTERS,
    after: T | None = None,
    keep: Callable[[T], bool] | None = None,
    origin: Origin = NO_ORIGIN,
) -> AsyncGenerator[T, None]:
    """
    Walk windows that can be asked for by their times alone; a page holds the oldest rows of its span.

    The last millisecond of a full page may go on behind it: it is held back, and the next question begins with it. So
    each millisecond is read whole, once, from one answer, and rows that are alike are all there. A millisecond that
    fills a page is asked for in parts.

    Args:
        fetch: Asks for a stretch, narrowed by filters; within a page the venue's order does not matter.
        windows: The windows to walk, read when the walk begins.
        limit: How many rows a full page has.
        track: Items of one time with the same key are all handed on.
        split: Returns, for filters and some rows that they give of a full millisecond, the narrower filters that
            together ask for all of them; none when there are none.
        filters: The parameters that narrow every request.
        after: Continue behind this item.
        keep: Picks out the items that are handed on.

    Raises:
        PayloadMismatch: a millisecond holds more than can be asked for, or the venue answers another stretch, or
            begins with the newest. Earlier items have been handed on.
    """
    history = _History(fetch, limit, track, split, origin)
    gate = Gate(track, after, merges=False)
    for window in await windows():
        start = window.start
        while start <= window.end:
            asked = Span(start, window.end)
            items, moments, is_full = await history.ask(asked, filters)
            start = window.end + 1
            if is_full:
                await history.check_direction(asked, filters, milliseconds_of(moments[0]))
                start = milliseconds_of(moments[-1])
                complete = bisect_left(moments, moments[-1])
                if not complete:
                    items = await history.whole(start, filters)
                    complete, moments, start = len(items), [moments[-1]] * len(items), start + 1
                items, moments = items[:complete], moments[:complete]
            passing = gate.put_all(items, moments)
            for passed in filter(keep, passing) if keep else passing:
                yield passed
    for passed in gate.rest():
        if keep is None or keep(passed):
            yield passed


@attrs.define
class _History(Generic[T]):
    """The history that is walked, and whether its pages are known to begin with the oldest rows."""

    fetch: Callable[[Span, Filters], Awaitable[Page[T]]]
    limit: int
    track: Track[T]
    split: Callable[[Filters, Sequence[T]], Awaitable[Sequence[Filters]]] | None
    origin: Origin
    oldest_first: bool = False

    async def ask(self, asked: Span, filters: Filters) -> tuple[Sequence[T], Sequence[Any], bool]:
        """Return the items of a page, their times, and whether the page was full; raises ``PayloadMismatch``."""
        page = await self.fetch(asked, filters)
        items, moments = in_order(page.items, self.track)
        if page.count < self.limit:
            return items, moments, False
        if not items:
            raise self.origin.mismatch(f"not one of the {page.count} rows from {asked.start} on can be read")
        for moment in map(milliseconds_of, (moments[0], moments[-1])):
            if not asked.start <= moment <= asked.end:
                raise self.origin.mismatch(f"asked for what is from {asked.start} to {asked.end}, got {moment}")
        return items, moments, True

    async def check_direction(self, asked: Span, filters: Filters, first: int) -> None:
        """See once that nothing lies before the first full page; raises ``PayloadMismatch``."""
        if self.oldest_first or first == asked.start:
            return
        before, _, __ = await self.ask(Span(asked.start, first - 1), filters)
        if before:
            words = f"a full page of what is from {asked.start} on begins at {first}, and there are rows before it"
            raise self.origin.mismatch(words)
        self.oldest_first = True

    async def whole(self, moment: int, filters: Filters) -> Sequence[T]:
        """Return everything of one millisecond, in parts where it fills a page; raises ``PayloadMismatch``."""
        items, _, is_full = await self.ask(Span(moment, moment), filters)
        if not is_full:
            return items
        parts = () if self.split is None else await self.split(filters, items)
        if not parts:
            raise self.origin.mismatch(self._fills_a_page(moment, filters))
        found: list[T] = []
        for part in parts:
            found += await self.whole(moment, part)
        missing = _count(items, self.track) - _count(found, self.track)
        if missing:
            words = f"{missing.total()} rows of the millisecond {moment} come without a filter and not with one"
            raise self.origin.mismatch(words)
        return found

    def _fills_a_page(self, moment: int, filters: Filters) -> str:
        narrowed = "".join(f" with {name}={value}" for name, value in filters.items())
        return (
            f"the millisecond {moment} holds {self.limit} rows or more{narrowed}, which is all that the venue gives of"
            " it: walk up to it by `end` and from behind it by `start`, and take that millisecond from the venue's own"
            " export"
        )


def _count(items: Sequence[T], track: Track[T]) -> Counter[Hashable]:
    return Counter(map(track.key, items))

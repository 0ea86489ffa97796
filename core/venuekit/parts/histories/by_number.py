"""Histories that the venue answers oldest first, by page number."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import TypeVar

from venuekit.parts.histories.spans import Span
from venuekit.parts.histories.track import NO_ORIGIN, Gate, Origin, Page, Track, in_order

T = TypeVar("T")


async def walk_pages(
    fetch: Callable[[Span, int], Awaitable[Page[T]]],
    windows: Callable[[], Awaitable[Sequence[Span]]],
    *,
    limit: int,
    track: Track[T],
    after: T | None = None,
    keep: Callable[[T], bool] | None = None,
    origin: Origin = NO_ORIGIN,
) -> AsyncGenerator[T, None]:
    """
    Walk windows whose pages are numbered from 1 and run from old to new; a page shorter than ``limit`` is the last.

    Within a page the venue's order does not matter, but that of equal times is kept. What ``windows`` there are is
    asked when the walk begins; ``keep`` picks out what is handed on: a step more between page and caller would cost as
    much as this one.

    Raises:
        PayloadMismatch: a page repeats the one before it, or goes back in time.
    """
    gate = Gate(track, after)
    for window in await windows():
        number, newest = 1, None
        before: Sequence[T] = ()
        while True:
            page = await fetch(window, number)
            items, moments = in_order(page.items, track)
            if moments and newest is not None and moments[0] <= newest:
                if frozenset(map(track.key, items)) == frozenset(map(track.key, before)):
                    raise origin.mismatch(f"page {number} repeats page {number - 1}")
                if moments[0] < newest:
                    raise origin.mismatch(f"page {number} goes back in time, behind page {number - 1}")
            for passed in filter(keep, gate.put_all(items, moments)) if keep else gate.put_all(items, moments):
                yield passed
            if page.count < limit:
                break
            if not items:
                raise origin.mismatch(f"not one of the {page.count} rows of page {number} can be read")
            number, before, newest = number + 1, items, moments[-1]
    for passed in gate.rest():
        if keep is None or keep(passed):
            yield passed

"""Histories that the venue answers newest first, by cursor, and those that it answers by windows alone."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

import attrs

from venuekit.errors import PayloadMismatch
from venuekit.parts.histories.by_id import ById
from venuekit.parts.histories.spans import Span
from venuekit.parts.histories.track import NO_ORIGIN, Gate, Origin, Page, Track, in_order

T = TypeVar("T")


async def walk_by_cursor(
    fetch: Callable[[Span, str | None], Awaitable[Page[T]]],
    windows: Callable[[], Awaitable[Sequence[Span]]],
    *,
    track: Track[T],
    after: T | None = None,
    keep: Callable[[T], bool] | None = None,
    most_pages: int = 10,
    origin: Origin = NO_ORIGIN,
) -> AsyncGenerator[T, None]:
    """
    Walk windows that the venue answers newest first, by cursor.

    A window with more than ``most_pages`` pages is parted, and the oldest part walked first, so that memory stays
    bounded and the order is still oldest first: into halves, and the newer half once more by how dense its end was, so
    that few pages are read in vain before the first item. One whose pages repeat themselves is halved. Only what bears
    one and the same millisecond is never parted: where the venue gives no more of it than one page, the walk ends with
    an error that says so, behind everything that was found.

    Args:
        fetch: Reads the page of a window behind a cursor; the last page has none, or no row.
        windows: Returns the windows, oldest first; called when the walk begins.
        after: Continue behind this item.
        keep: Picks out the items that are handed on.

    Raises:
        PayloadMismatch: of a single millisecond, a cursor comes back that was there before, or ``most_pages`` pages in
            a row hold nothing new.
    """
    gate = Gate(track, after)
    pending = deque(await windows())
    while pending:
        window = pending.popleft()
        content = await _collect(fetch, window, track, most_pages, origin)
        if isinstance(content, _TooMany):
            pending.extendleft(reversed(content.parts))
            continue
        for item in content.items:
            for passed in gate.put(item):
                if keep is None or keep(passed):
                    yield passed
        if content.trouble is not None:
            raise content.trouble
    for passed in gate.rest():
        if keep is None or keep(passed):
            yield passed


def walk_by_halves(
    fetch: Callable[[Span], Awaitable[Page[T]]],
    windows: Callable[[], Awaitable[Sequence[Span]]],
    *,
    limit: int,
    track: Track[T],
    after: T | None = None,
    keep: Callable[[T], bool] | None = None,
    by_id: ById[T] | None = None,
    origin: Origin = NO_ORIGIN,
) -> AsyncGenerator[T, None]:
    """
    Walk windows that the venue answers with one page; a window that fills it is halved until each half has fewer rows.

    Which rows of such a window are in the page does not matter, nor their order. A millisecond that fills a page is
    read ``by_id``.

    Raises (on an item):
        PayloadMismatch: a millisecond fills a page, and there are no ids to ask by.
    """

    async def page(window: Span, _: str | None) -> Page[T]:
        answered = await fetch(window)
        items, _moments = in_order(answered.items, track)
        is_full = answered.count >= limit
        if by_id is not None and items and is_full and window.start == window.end:
            first = min(map(by_id.identity, items))
            return Page((await by_id.read_millisecond(window.start, first))[::-1])
        # newest first, and with a cursor where there is more, as a walk by cursor expects it
        return Page(items[::-1], "more" if is_full else None, answered.count)

    return walk_by_cursor(page, windows, track=track, after=after, keep=keep, most_pages=1, origin=origin)


@attrs.frozen
class _Content(Generic[T]):
    """All items of a window, oldest first; of a single millisecond, also the error for the rows behind them."""

    items: Sequence[T]
    trouble: PayloadMismatch | None


@attrs.frozen
class _TooMany:
    """A window that has more than can be held, and the parts to walk instead, oldest first."""

    parts: Sequence[Span]


def _parts(window: Span, oldest: int) -> Sequence[Span]:
    """
    Return the parts of a window whose pages, read from its end, came as far as ``oldest``.

    As much time as the pages took, four times as much, and so on, back from the end.
    """
    older, newer = window.halves()
    cuts = []
    width = window.end - oldest + 1
    while newer.start < (cut := newer.end - width + 1):
        cuts.append(cut)
        width *= 4
    starts = [newer.start, *reversed(cuts)]
    ends = [*(start - 1 for start in starts[1:]), newer.end]
    return [older, *map(Span, starts, ends)]


async def _collect(
    fetch: Callable[[Span, str | None], Awaitable[Page[T]]],
    window: Span,
    track: Track[T],
    most_pages: int,
    origin: Origin,
) -> _Content[T] | _TooMany:
    """Return all items of a window, or its parts where there are too many."""
    items: dict[Hashable, T] = {}
    cursor: str | None = None
    cursors: set[str] = set()
    pages = idle = 0
    can_be_halved = window.end > window.start
    trouble: PayloadMismatch | None = None
    while True:
        page = await fetch(window, cursor)
        before = len(items)
        for item in page.items:
            items.setdefault(track.key(item), item)
        pages, idle = pages + 1, 0 if len(items) > before else idle + 1
        # a page is the last one by the rows that the venue sent: those that became no item count as well
        if not page.cursor or not page.count:
            break
        repeats = page.cursor in cursors
        # halving loses nothing, so the first sign that pages repeat themselves is enough for it
        if can_be_halved and (repeats or idle > 1 or (pages >= most_pages and not items)):
            return _TooMany(window.halves())
        if can_be_halved and pages >= most_pages:
            oldest = min(map(track.milliseconds, items.values()))
            return _TooMany(_parts(window, max(window.start, min(oldest, window.end))))
        if idle >= most_pages:
            trouble = origin.mismatch(_idle_words(idle, window, page.count))
        elif repeats:
            trouble = origin.mismatch(f"the venue repeats a cursor in the millisecond {window.start}")
        if trouble is not None:
            break
        cursors.add(page.cursor)
        cursor = page.cursor
    # newest first on the wire: turned round, and then by time alone, so that equal times keep the venue's order
    oldest_first = list(items.values())[::-1]
    oldest_first.sort(key=track.time)
    return _Content(oldest_first, trouble)


def _idle_words(idle: int, window: Span, rows: int) -> str:
    words = f"{idle} pages in a row hold nothing new" if idle > 1 else "a page holds nothing new"
    # the narrowest window there is: rows beyond a page cannot be asked for
    return f"{words}: the venue gives {rows} rows of the millisecond {window.start}, and none of those behind them"

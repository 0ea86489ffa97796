"""Histories that the venue answers newest first, by cursor, and those that it answers by windows alone."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Sequence
from typing import Any, TypeAlias, TypeVar

import attrs

from venuekit.errors import PayloadMismatch
from venuekit.parts.histories.by_id import FromId
from venuekit.parts.histories.paging import Pages, Paging, Piece
from venuekit.parts.histories.spans import Span
from venuekit.parts.histories.track import Page, in_order

T = TypeVar("T")

#: reads the page of a window behind a cursor; the last page has none, or no row
_Fetch: TypeAlias = Callable[[Span, str | None], Awaitable[Page[T]]]


@attrs.frozen
class FromCursor(Paging):
    """
    Pages from new to old: each answer has the cursor of the next one in ``attribute``, sent as ``parameter``.

    ``decode`` turns the cursor of an answer into that of a request, where the venue encodes only one. A window with
    more than ``most_pages`` pages is parted, and the oldest part walked first, so that memory stays bounded and the
    order is still oldest first: into halves, and the newer half once more by how dense its end was, so that few pages
    are read in vain before the first item. One whose pages repeat themselves is halved.

    Only what bears one and the same millisecond is never parted: where a cursor of it comes back that was there before,
    or ``most_pages`` pages in a row hold nothing new, the walk ends with an error that says so, behind everything that
    was found.
    """

    parameter: str = "cursor"
    attribute: str | None = "cursor"
    decode: Callable[[str], str] = str
    most_pages: int = 10

    def pieces(self, pages: Pages[T]) -> AsyncGenerator[Piece[T], None]:
        """Read window after window, cursor after cursor."""

        def fetch(window: Span, cursor: str | None) -> Awaitable[Page[T]]:
            return pages.page(window, **({} if cursor is None else {self.parameter: self.decode(cursor)}))

        return _newest_first(fetch, pages, self.most_pages)


@attrs.frozen
class Halved(Paging):
    """
    One page a window, of any of its rows, in any order: a window that fills it is halved until no half does.

    A millisecond that fills a page is read from an id on, sent as ``parameter``; where the venue takes no id (None), it
    ends the walk with an error.
    """

    parameter: str | None = None
    identity: Callable[[Any], int] = lambda item: int(item.id)

    def pieces(self, pages: Pages[T]) -> AsyncGenerator[Piece[T], None]:
        """Read window after window."""

        async def fetch(window: Span, _: str | None) -> Page[T]:
            page = await pages.page(window)
            items, _moments = in_order(page.items, pages.track)
            is_full = page.count >= pages.limit
            if self.parameter is not None and items and is_full and window.start == window.end:
                known = min(map(self.identity, items))
                whole = FromId(self.parameter, self.identity).read_millisecond(pages, window.start, known)
                return Page((await whole)[::-1])
            # newest first, and with a cursor where there is more, as from a venue with cursors
            return Page(items[::-1], "more" if is_full else None, page.count)

        return _newest_first(fetch, pages, 1)


async def _newest_first(fetch: _Fetch[T], pages: Pages[T], most_pages: int) -> AsyncGenerator[Piece[T], None]:
    pending = deque(await pages.windows())
    while pending:
        window = pending.popleft()
        content = await _collect(fetch, window, pages, most_pages)
        if isinstance(content, _TooMany):
            pending.extendleft(reversed(content.parts))
            continue
        items, trouble = content
        yield in_order(items, pages.track)
        if trouble is not None:
            raise trouble


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
    fetch: _Fetch[T], window: Span, pages: Pages[T], most_pages: int
) -> tuple[Sequence[T], PayloadMismatch | None] | _TooMany:
    """
    Return all items of a window, or its parts where there are too many.

    Equal times are in the venue's order. Of a single millisecond there may be an error for the rows behind the items.
    """
    items: dict[Hashable, T] = {}
    cursor: str | None = None
    cursors: set[str] = set()
    count = idle = 0
    can_be_halved = window.end > window.start
    trouble: PayloadMismatch | None = None
    while trouble is None:
        page = await fetch(window, cursor)
        before = len(items)
        for item in page.items:
            items.setdefault(pages.track.key(item), item)
        count, idle = count + 1, 0 if len(items) > before else idle + 1
        # a page is the last one by the rows that the venue sent: those that became no item count as well
        if not page.cursor or not page.count:
            break
        repeats = page.cursor in cursors
        # halving loses nothing, so the first sign that pages repeat themselves is enough for it
        if can_be_halved and (repeats or idle > 1 or (count >= most_pages and not items)):
            return _TooMany(window.halves())
        if can_be_halved and count >= most_pages:
            oldest = min(map(pages.track.milliseconds, items.values()))
            return _TooMany(_parts(window, max(window.start, min(oldest, window.end))))
        if idle >= most_pages:
            # the narrowest window there is: rows beyond a page cannot be asked for
            words = f"{idle} pages in a row hold nothing new" if idle > 1 else "a page holds nothing new"
            words = f"{words}: the venue gives {page.count} rows of the millisecond {window.start}"
            trouble = pages.origin.mismatch(f"{words}, and none of those behind them")
        elif repeats:
            trouble = pages.origin.mismatch(f"the venue repeats a cursor in the millisecond {window.start}")
        cursors.add(page.cursor)
        cursor = page.cursor
    # newest first on the wire: turned round
    return list(items.values())[::-1], trouble

"""Paging: the pages of a history, and one walk over them in whatever way the venue pages it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Generic, TypeAlias, TypeVar

import attrs

from venuekit.parts.histories.spans import Span
from venuekit.parts.histories.track import Gate, Origin, Page, Track, in_order

T = TypeVar("T")

Keep: TypeAlias = Callable[[T], bool] | None
#: some items, oldest first, and their times; nothing that comes later lies before them
Piece: TypeAlias = tuple[Sequence[T], Sequence[Any]]


@attrs.frozen(kw_only=True)
class Pages(Generic[T]):
    """
    The pages of a history as one walk reads them.

    ``read`` reads the page of a window (of no window: without times), narrowed by parameters of the venue; ``windows``
    returns the windows, oldest first, when the walk begins, and ``after`` is the item to continue behind; ``filters``
    narrow every request; a page of ``limit`` rows is full.
    """

    read: Callable[[Span | None, Mapping[str, Any]], Awaitable[Page[T]]]
    windows: Callable[[], Awaitable[Sequence[Span]]]
    filters: Mapping[str, Any]
    limit: int
    track: Track[T]
    after: T | None
    origin: Origin
    account: Any

    def page(self, window: Span | None, **place: Any) -> Awaitable[Page[T]]:
        """Read a page of a window; the parameters of ``place`` say where in it the page begins."""
        return self.read(window, {**self.filters, **place})


class Paging(ABC):
    """How a venue pages a history; ``attribute`` is that of a decoded answer which holds the next cursor, if any."""

    attribute: str | None = None

    @abstractmethod
    def pieces(self, pages: Pages[T]) -> AsyncGenerator[Piece[T], None]:
        """Read the windows, oldest first."""

    def gate(self, pages: Pages[T]) -> Gate[T]:
        """Return the gate that the items pass."""
        return Gate(pages.track, pages.after)

    async def walk(self, pages: Pages[T], keep: Keep[T]) -> AsyncGenerator[T, None]:
        """
        Walk the items, oldest first; only those that ``keep`` picks out.

        Raises:
            PayloadMismatch: pages cannot be believed, or not all rows can be had. Earlier items have been handed on.
        """
        gate = self.gate(pages)
        async with aclosing(self.pieces(pages)) as pieces:
            async for items, moments in pieces:
                passing = gate.put_all(items, moments)
                for passed in filter(keep, passing) if keep else passing:
                    yield passed
        for passed in gate.rest():
            if keep is None or keep(passed):
                yield passed


@attrs.frozen
class Numbered(Paging):
    """
    Pages with numbers from 1, from old to new, in ``parameter``; one that is not full is the last.

    Within a page the venue's order does not matter, but that of equal times is kept. A page that repeats the one before
    it, or goes back in time, ends the walk with an error.
    """

    parameter: str

    async def pieces(self, pages: Pages[T]) -> AsyncGenerator[Piece[T], None]:
        """Read page after page."""
        for window in await pages.windows():
            number, newest = 1, None
            before: Sequence[T] = ()
            while True:
                page = await pages.page(window, **{self.parameter: number})
                items, moments = in_order(page.items, pages.track)
                if moments and newest is not None and moments[0] <= newest:
                    if frozenset(map(pages.track.key, items)) == frozenset(map(pages.track.key, before)):
                        raise pages.origin.mismatch(f"page {number} repeats page {number - 1}")
                    if moments[0] < newest:
                        raise pages.origin.mismatch(f"page {number} goes back in time, behind page {number - 1}")
                yield items, moments
                if page.count < pages.limit:
                    break
                if not items:
                    raise pages.origin.mismatch(f"not one of the {page.count} rows of page {number} can be read")
                number, before, newest = number + 1, items, moments[-1]

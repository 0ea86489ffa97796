"""Ways of paging, as values that a :class:`~venuekit.parts.histories.History` names."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

import attrs

from venuekit.parts.histories.by_cursor import walk_by_cursor, walk_by_halves
from venuekit.parts.histories.by_id import ById, walk_by_id
from venuekit.parts.histories.by_number import walk_pages
from venuekit.parts.histories.by_time import Filters, by_time
from venuekit.parts.histories.spans import Span
from venuekit.parts.histories.track import Origin, Page, Track

T = TypeVar("T")

Keep: TypeAlias = Callable[[T], bool] | None


@attrs.frozen(kw_only=True)
class Pages(Generic[T]):
    """
    The pages of a history as one walk reads them.

    ``read`` reads the page of a window (of no window: without times), narrowed by parameters of the venue; ``windows``
    returns the windows when the walk begins; ``filters`` narrow every request.
    """

    read: Callable[[Span | None, Mapping[str, Any]], Awaitable[Page[T]]]
    windows: Callable[[], Awaitable[Sequence[Span]]]
    filters: Mapping[str, Any]
    limit: int
    track: Track[T]
    origin: Origin
    account: Any

    def in_window(self, window: Span) -> Awaitable[Page[T]]:
        """Read the one page of a window."""
        return self.read(window, self.filters)

    def by_id(self, parameter: str, identity: Callable[[T], int]) -> ById[T]:
        """Return the same history as it is read from an id on, without times."""
        return ById(
            fetch=lambda number: self.read(None, {**self.filters, parameter: number}),
            identity=identity,
            track=self.track,
            limit=self.limit,
            origin=self.origin,
        )


class Paging(ABC):
    """How a venue pages a history; ``attribute`` is that of a decoded answer which holds the next cursor, if any."""

    attribute: str | None = None

    @abstractmethod
    def walk(self, pages: Pages[T], after: T | None, keep: Keep[T]) -> AsyncGenerator[T, None]:
        """Walk the items, oldest first, behind ``after``; only those that ``keep`` picks out."""


@attrs.frozen
class Numbered(Paging):
    """Pages with numbers from 1, from old to new, in ``parameter``."""

    parameter: str

    def walk(self, pages: Pages[T], after: T | None, keep: Keep[T]) -> AsyncGenerator[T, None]:
        """Walk page after page; see :func:`walk_pages`."""

        def fetch(window: Span, number: int) -> Awaitable[Page[T]]:
            return pages.read(window, {**pages.filters, self.parameter: number})

        return walk_pages(
            fetch, pages.windows, limit=pages.limit, track=pages.track, after=after, keep=keep, origin=pages.origin
        )


@attrs.frozen
class FromCursor(Paging):
    """
    Pages from new to old: each answer has the cursor of the next one in ``attribute``, sent as ``parameter``.

    ``decode`` turns the cursor of an answer into that of a request, where the venue encodes only one.
    """

    parameter: str = "cursor"
    attribute: str | None = "cursor"
    decode: Callable[[str], str] = str

    def walk(self, pages: Pages[T], after: T | None, keep: Keep[T]) -> AsyncGenerator[T, None]:
        """Walk cursor after cursor; see :func:`walk_by_cursor`."""

        def fetch(window: Span, cursor: str | None) -> Awaitable[Page[T]]:
            behind = {} if cursor is None else {self.parameter: self.decode(cursor)}
            return pages.read(window, {**pages.filters, **behind})

        return walk_by_cursor(fetch, pages.windows, track=pages.track, after=after, keep=keep, origin=pages.origin)


@attrs.frozen
class FromTime(Paging):
    """
    The oldest rows of a window, and no other way on than the time of the last one.

    ``split`` returns, for an account, filters and some rows of a millisecond that fills a page, the narrower filters
    that together ask for all of it; none when there are none.
    """

    split: Callable[[Any, Filters, Sequence[Any]], Awaitable[Sequence[Filters]]] | None = None

    def walk(self, pages: Pages[T], after: T | None, keep: Keep[T]) -> AsyncGenerator[T, None]:
        """Walk time after time; see :func:`by_time`."""
        return by_time(
            pages.read,
            pages.windows,
            limit=pages.limit,
            track=pages.track,
            split=None if self.split is None else partial(self.split, pages.account),
            filters=pages.filters,
            after=after,
            keep=keep,
            origin=pages.origin,
        )


@attrs.frozen
class Halved(Paging):
    """
    One page a window, of any of its rows: a window that fills it is halved.

    A millisecond that fills a page is read from an id on, sent as ``parameter``; None where the venue takes no id.
    """

    parameter: str | None = None
    identity: Callable[[Any], int] = lambda item: int(item.id)

    def walk(self, pages: Pages[T], after: T | None, keep: Keep[T]) -> AsyncGenerator[T, None]:
        """Walk window after window; see :func:`walk_by_halves`."""
        return walk_by_halves(
            pages.in_window,
            pages.windows,
            limit=pages.limit,
            track=pages.track,
            after=after,
            keep=keep,
            by_id=None if self.parameter is None else pages.by_id(self.parameter, self.identity),
            origin=pages.origin,
        )


@attrs.frozen
class FromId(Paging):
    """Rows from an id on, sent as ``parameter``; only the first one is looked for by its time."""

    parameter: str
    identity: Callable[[Any], int] = lambda item: int(item.id)

    def walk(self, pages: Pages[T], after: T | None, keep: Keep[T]) -> AsyncGenerator[T, None]:
        """Walk id after id; see :func:`walk_by_id`."""
        by_id = pages.by_id(self.parameter, self.identity)
        return walk_by_id(by_id, pages.in_window, pages.windows, after=after, keep=keep)

"""
Histories: long lists of a venue, as values, and a function for each way in which venues page them.

A method of an account returns the pager of one :class:`History`, or combines several with :class:`HistoryCall`. All
functions yield oldest first, hold at most two pages (or one bisected window) in memory, and end with an error rather
than a loop when a venue repeats itself. Windows are milliseconds since 1970 and include both ends.
"""

from __future__ import annotations

from venuekit.parts.histories.by_cursor import walk_by_cursor, walk_by_halves
from venuekit.parts.histories.by_id import ById, by_identity, walk_by_id
from venuekit.parts.histories.by_number import walk_pages
from venuekit.parts.histories.by_time import by_time
from venuekit.parts.histories.combined import each, merge_histories, only, warn_when_refused
from venuekit.parts.histories.history import History, HistoryCall, Retention, VenueWords
from venuekit.parts.histories.spans import Span, span_of
from venuekit.parts.histories.track import NO_ORIGIN, Origin, Page, Track, number_twins
from venuekit.parts.histories.ways import FromCursor, FromId, FromTime, Halved, Numbered, Paging

__all__ = [
    "NO_ORIGIN",
    "ById",
    "FromCursor",
    "FromId",
    "FromTime",
    "Halved",
    "History",
    "HistoryCall",
    "Numbered",
    "Origin",
    "Page",
    "Paging",
    "Retention",
    "Span",
    "Track",
    "VenueWords",
    "by_identity",
    "by_time",
    "each",
    "merge_histories",
    "number_twins",
    "only",
    "span_of",
    "walk_by_cursor",
    "walk_by_halves",
    "walk_by_id",
    "walk_pages",
    "warn_when_refused",
]

"""
Histories: long lists of a venue, and the ways in which venues page them, as values.

A method of an account returns the pager of one :class:`History`, or combines several with :class:`HistoryCall`. All
walks yield oldest first, hold at most two pages (or one bisected window) in memory, and end with an error rather
than a loop when a venue repeats itself. Windows are milliseconds since 1970 and include both ends.
"""

from __future__ import annotations

from venuekit.parts.histories.by_cursor import FromCursor, Halved
from venuekit.parts.histories.by_id import FromId
from venuekit.parts.histories.by_offset import NewestFirst
from venuekit.parts.histories.by_time import FromTime
from venuekit.parts.histories.combined import each, merge_histories, warn_when_refused
from venuekit.parts.histories.history import History, HistoryCall, VenueWords
from venuekit.parts.histories.paging import Numbered, Pages, Paging
from venuekit.parts.histories.spans import Retention, Span
from venuekit.parts.histories.track import Origin, Page, Track, number_twins

__all__ = [
    "FromCursor",
    "FromId",
    "FromTime",
    "Halved",
    "History",
    "HistoryCall",
    "NewestFirst",
    "Numbered",
    "Origin",
    "Page",
    "Pages",
    "Paging",
    "Retention",
    "Span",
    "Track",
    "VenueWords",
    "each",
    "merge_histories",
    "number_twins",
    "warn_when_refused",
]

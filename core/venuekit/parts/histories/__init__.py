"""
Paging: a function for each way in which venues page their histories.

All yield oldest first, hold at most two pages (or one bisected window) in memory, and end with an error rather than a
loop when a venue repeats itself. Times are milliseconds since 1970; windows include both ends. A history that a venue
keeps in two places is one walk by :func:`merge_histories`. Their errors name the :class:`Origin` that they are given.
"""

from __future__ import annotations

from venuekit.parts.histories.bisected import walk_by_cursor
from venuekit.parts.histories.by_time import by_time
from venuekit.parts.histories.merged import merge_histories, warn_when_refused
from venuekit.parts.histories.only import only
from venuekit.parts.histories.paged import by_identity, walk_pages
from venuekit.parts.histories.spans import Span, span_of
from venuekit.parts.histories.track import NO_ORIGIN, Origin, Page, Track

__all__ = [
    "NO_ORIGIN",
    "Origin",
    "Page",
    "Span",
    "Track",
    "by_identity",
    "by_time",
    "merge_histories",
    "only",
    "span_of",
    "walk_by_cursor",
    "walk_pages",
    "warn_when_refused",
]

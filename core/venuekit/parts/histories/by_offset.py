"""Histories that the venue answers newest first, by the number of rows to skip, and by no times."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TypeVar

import attrs

from venuekit.parts.histories.paging import Pages, Paging, Piece
from venuekit.parts.histories.track import Page, in_order

T = TypeVar("T")


@attrs.frozen
class NewestFirst(Paging):
    """
    Pages from new to old, of which a request skips so many rows as ``parameter`` says; it is sent no times.

    A walk reads back to where it begins before it hands on an item, and holds all of that: for lists that grow slowly.
    Rows that arrive meanwhile move the others on, so that some come twice, of which one is handed on.
    """

    parameter: str

    async def pieces(self, pages: Pages[T]) -> AsyncGenerator[Piece[T], None]:
        """Read back to the start, then hand on all of it."""
        windows, milliseconds = await pages.windows(), pages.track.milliseconds
        start, end = windows[0].start, windows[-1].end
        read: list[T] = []
        skipped = 0
        while True:
            page: Page[T] = await pages.page(None, **{self.parameter: skipped})
            read += page.items
            skipped += page.count
            if page.count < pages.limit or (page.items and milliseconds(page.items[-1]) < start):
                break
        once = {(milliseconds(one), pages.track.key(one)): one for one in reversed(read)}
        yield in_order([one for (moment, _), one in once.items() if start <= moment <= end], pages.track)

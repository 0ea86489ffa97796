"""Milliseconds that hold more rows than a page: they are read by ascending id, from the first one of them on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import attrs

from venuekit.parts.histories import NO_ORIGIN, Origin, Page, by_identity

__all__ = ["ById"]

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class ById(Generic[T]):
    """
    A history that can be asked from an id on, whose ids ascend with time.

    ``fetch`` returns the page of rows from an id on, ``limit`` of them where there are as many; ``identity`` and
    ``time`` (in milliseconds) are those of a row.
    """

    fetch: Callable[[int], Awaitable[Page[T]]]
    identity: Callable[[T], int]
    time: Callable[[T], int]
    limit: int
    origin: Origin = NO_ORIGIN

    async def first_of(self, moment: int, known: int) -> int:
        """
        Return the lowest id of a millisecond, of which ``known`` is one.

        Which rows the venue gives of a stretch that holds more than a page is not documented; what it gives from an id
        on is.
        """
        low, high = 0, known
        while low < high:
            middle = (low + high) // 2
            rows = (await self.fetch(middle)).items
            earlier = [self.identity(row) for row in rows if self.time(row) < moment]
            low = max((low, *(one + 1 for one in earlier)))
            since = [self.identity(row) for row in rows if self.time(row) >= moment]
            high = min((high, *since)) if earlier else min(high, middle)
            if earlier and since:
                break
        return high

    async def whole(self, moment: int, known: int) -> list[T]:
        """Return all rows of a millisecond, of which ``known`` is an id; raises ``PayloadMismatch``."""
        first = await self.first_of(moment, known)
        rows = by_identity(
            self.fetch,
            first,
            limit=self.limit,
            identity=self.identity,
            until=lambda row: self.time(row) > moment,
            origin=self.origin,
        )
        return [row async for row in rows if self.time(row) == moment]

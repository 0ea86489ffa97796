"""Pager: a long history, item by item, oldest first, over windows, pages and cursors."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Generic, TypeVar

__all__ = ["Pager"]

T = TypeVar("T")


class Pager(Generic[T], AsyncIterator[T]):
    """
    An async iterator over a history: oldest first, no duplicate and no gap, at most a page or window in memory.

    It can be stopped at any item and continued later by handing that item in as ``after`` of the method that made it.

    Attributes:
        cost_per_page: The cost of one page, in the venue's own weight.
    """

    __slots__ = ("_items", "cost_per_page")

    def __init__(self, items: Callable[[], AsyncGenerator[T, None]], *, cost_per_page: int) -> None:
        self._items = items()
        self.cost_per_page = cost_per_page

    def __aiter__(self) -> AsyncIterator[T]:
        return self._items  # the items themselves: a step of ours in between costs more than they do

    def __anext__(self) -> Awaitable[T]:
        return self._items.__anext__()

    async def aclose(self) -> None:
        """Stop walking."""
        await self._items.aclose()

    async def all(self) -> tuple[T, ...]:
        """Walk to the end and return everything; for histories that are known to be short."""
        return tuple([item async for item in self])

"""Several histories as one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, TypeVar

from venuekit.walking.track import Gate, Track

__all__ = ["merged"]

T = TypeVar("T")


async def merged(*sources: AsyncIterator[T], track: Track[T], after: T | None = None) -> AsyncGenerator[T, None]:
    """
    Walk several histories, each oldest first, as one; what stands in more than one of them comes once.

    Of each history, one item is held.
    """
    gate = Gate(track, after)
    heads = [(source, head) for source in sources if (head := await anext(source, _END)) is not _END]
    while heads:
        place = min(range(len(heads)), key=lambda place: track.time(heads[place][1]))
        source, head = heads[place]
        for passed in gate.put(head):
            yield passed
        following = await anext(source, _END)
        if following is _END:
            del heads[place]
        else:
            heads[place] = (source, following)
    for passed in gate.rest():
        yield passed


_END: Any = object()

"""Several histories as one, of which some may be refused."""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, TypeVar

from venuekit.errors import InvalidRequest, NotFound, PermissionDenied, Rejected, UnsupportedCapability
from venuekit.parts.histories.track import Gate, Track

__all__ = ["merge_histories", "warn_when_refused"]

T = TypeVar("T")

#: what the same request would meet again
_REFUSALS = (InvalidRequest, NotFound, PermissionDenied, Rejected, UnsupportedCapability)


async def merge_histories(
    *sources: AsyncIterator[T], track: Track[T], after: T | None = None
) -> AsyncGenerator[T, None]:
    """
    Walk several histories, each oldest first, as one; what stands in more than one of them comes once.

    Of each history, one item is held.
    """
    gate = Gate(track, after)
    heads = [(source, head) for source in sources if (head := await anext(source, _END)) is not _END]
    while heads:
        index = min(range(len(heads)), key=lambda index: track.time(heads[index][1]))
        source, head = heads[index]
        for passed in gate.put(head):
            yield passed
        following = await anext(source, _END)
        if following is _END:
            del heads[index]
        else:
            heads[index] = (source, following)
    for passed in gate.rest():
        yield passed


_END: Any = object()


async def warn_when_refused(source: AsyncIterator[T], what: str) -> AsyncGenerator[T, None]:
    """
    Walk a history that others can do without: when the venue refuses it, that is warned of, and it ends.

    ``what`` is what is missing then. Whatever may be better the next time is raised as it is.
    """
    try:
        async for item in source:
            yield item
    except _REFUSALS as error:
        warnings.warn(f"{what} is missing: {error}", UserWarning, stacklevel=2)

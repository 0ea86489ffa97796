"""Combinations of histories: several as one, and one that may be refused."""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from typing import Any, TypeVar

from venuekit.errors import InvalidRequest, NotFound, PermissionDenied, Rejected, UnsupportedCapability
from venuekit.parts.histories.track import Gate, Track

T = TypeVar("T")

#: errors that the same request would meet again
_REFUSALS = (InvalidRequest, NotFound, PermissionDenied, Rejected, UnsupportedCapability)


async def merge_histories(
    *sources: AsyncIterator[T], track: Track[T], after: T | None = None
) -> AsyncGenerator[T, None]:
    """
    Walk several histories, each oldest first, as one; an item of more than one of them comes once.

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

    ``what`` names the missing part. A failure that may pass is raised as it is.
    """
    try:
        async for item in source:
            yield item
    except _REFUSALS as error:
        warnings.warn(f"{what} is missing: {error}", UserWarning, stacklevel=2)


async def each(items: Iterable[T]) -> AsyncGenerator[T, None]:
    """Walk items that are there already, as one of several histories."""
    for item in items:
        yield item

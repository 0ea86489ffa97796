"""Reads whose values accounts of one environment share: done once, and again when too old or out of date."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from venuekit.clock import Clock
from venuekit.errors import AnswerLost, OperationError, Outcome

if TYPE_CHECKING:
    import asyncio

    from venuekit.endpoint import Endpoint

#: seconds after which a value that could not be read again is tried once more; it holds meanwhile
_TRY_AGAIN = 60.0
#: more reasons than this are forgotten, all at once
_MOST_REASONS = 1000
_NEVER = float("-inf")

V = TypeVar("V")

Read = Callable[[], Awaitable[Any]]


def key_of(endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> Hashable:
    """Return the key by which a read is remembered."""
    return (endpoint, tuple(sorted(parameters.items()))) if parameters else endpoint


@attrs.define(eq=False)
class _Entry:
    """One value; ``reading`` is the read under way, which concurrent callers join."""

    value: Any = None
    is_known: bool = False
    #: when it is to be read again, on the clock that never runs backwards
    due: float = _NEVER
    reading: asyncio.Future[Any] | None = None
    #: when it was last read again, by the reason for it
    asked: dict[Hashable, float] = attrs.field(factory=dict)


@attrs.define(eq=False)
class ReadCache:
    """
    Values by key, each read by the first who asks.

    ``max_age`` is in seconds. A value that is too old and cannot be read again holds on: a fact of an hour ago is
    better than an account that can do nothing.
    """

    clock: Clock
    max_age: float
    #: the symbols of the contracts that the venue listed last, by the key of each
    symbols: Mapping[str, str] = attrs.field(factory=dict, init=False, repr=False)
    _entries: dict[Hashable, _Entry] = attrs.field(factory=dict, init=False)

    def fresh(self, key: Hashable) -> tuple[Any] | None:
        """Return the value, alone in a tuple, None when it is to be read."""
        entry = self._entries.get(key)
        return None if entry is None or self.clock.monotonic() >= entry.due else (entry.value,)

    async def value(self, key: Hashable, read: Read) -> Any:
        """Return the value, read when it is not known or too old."""
        entry = self._entry(key)
        if self.clock.monotonic() < entry.due:
            return entry.value
        try:
            return await self._join(entry, read)
        except OperationError:
            if not entry.is_known:
                raise
            entry.due = self.clock.monotonic() + _TRY_AGAIN
            return entry.value

    async def refresh(self, key: Hashable, read: Read, reason: Hashable, every: float) -> Any:
        """Return it read again, unless that was done for the same reason within the last ``every`` seconds."""
        entry, now = self._entry(key), self.clock.monotonic()
        if entry.is_known and now < entry.asked.get(reason, _NEVER) + every:
            return await self.value(key, read)
        value = await self._join(entry, read)
        if len(entry.asked) >= _MOST_REASONS:
            entry.asked.clear()
        entry.asked[reason] = now
        return value

    def outdate(self) -> None:
        """Have every value read again on its next use: the venue has shown that one of them has changed."""
        for entry in self._entries.values():
            entry.due = _NEVER

    def _entry(self, key: Hashable) -> _Entry:
        found = self._entries.get(key)
        if found is None:
            found = self._entries[key] = _Entry()
        return found

    async def aclose(self) -> None:
        """End the reads under way; no caller waits for them any more."""
        import asyncio

        under_way = [entry.reading for entry in self._entries.values() if entry.reading is not None]
        for reading in under_way:
            reading.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _join(self, entry: _Entry, read: Read) -> Any:
        import asyncio

        if entry.reading is None:
            entry.reading = asyncio.ensure_future(self._fill(entry, read))
            # its waiters have met its failure; without any it is no news
            entry.reading.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(entry.reading)

    async def _fill(self, entry: _Entry, read: Read) -> Any:
        try:
            began = self.clock.monotonic()
            entry.value = await read()
            entry.is_known, entry.due = True, began + self.max_age
            return entry.value
        finally:
            entry.reading = None


async def join_in_time(read: Awaitable[V], limit: float | None, *, venue: str, operation: str) -> V:
    """
    Wait for a read that others may have begun, ``limit`` seconds at most; None is no limit.

    Raises:
        AnswerLost: the limit passed; the read goes on for the others.
    """
    if limit is None:
        return await read
    import asyncio

    try:
        async with asyncio.timeout(limit):
            return await read
    except TimeoutError:
        words = f"the deadline of {limit:g} s passed"
        raise AnswerLost(words, venue=venue, operation=operation, outcome=Outcome.NOT_APPLIED) from None

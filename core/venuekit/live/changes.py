"""Changes: the news of a view, handed to callbacks, bounded queues and waiting predicates."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from typing import Self

import attrs

from venuekit._util.quick_init import quick_init
from venuekit.capabilities import Gap, GapReason, StreamEvent
from venuekit.live.freshness import ViewStatus

_log = logging.getLogger(__name__)


@quick_init
@attrs.frozen
class ViewChange:
    """
    One change of a view.

    ``event`` is the event that changed it, once: repeated and outdated ones are left out, those that a read found are
    INFERRED or RECOVERED. It is None where only the ``status`` of the view changed, which is the one after it.
    """

    event: StreamEvent | None
    status: ViewStatus


class Subscription:
    """A callback that receives the changes of a view until it is closed; it is a context manager, too."""

    def __init__(self, outlets: Outlets, callback: Callable[[ViewChange], None]) -> None:
        self._outlets = outlets
        self.callback = callback

    def close(self) -> None:
        """Receive no further change; a second time it does nothing."""
        self._outlets.remove(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class ChangeReader(AsyncIterator[ViewChange]):
    """
    An async iterator over the changes of a view, with a bounded queue; it ends with the view.

    Changes that do not fit are dropped, and one with a :class:`~venuekit.capabilities.Gap` (OVERFLOW) is in their
    place: the view itself is complete all the same.
    """

    def __init__(self, outlets: Outlets, queue: int, now: Callable[[], datetime]) -> None:
        self._outlets = outlets
        self._most = queue
        self._now = now
        self._changes: deque[ViewChange] = deque()
        self._dropped = 0
        self._dropped_since: datetime | None = None
        self._arrived = asyncio.Event()
        self._ended = False

    def put(self, change: ViewChange) -> None:
        """Add a change, or drop it when the queue is full."""
        if len(self._changes) >= self._most:
            self._dropped += 1
            self._dropped_since = self._dropped_since or self._now()
            return
        if self._dropped:
            self._changes.append(ViewChange(self._gap(), change.status))
        self._changes.append(change)
        self._arrived.set()

    def end(self) -> None:
        """End the iteration after the changes that are there."""
        self._ended = True
        self._arrived.set()

    def close(self) -> None:
        """Receive no further change."""
        self._outlets.remove(self)
        self.end()

    async def __anext__(self) -> ViewChange:
        while not self._changes:
            if self._dropped and self._outlets.status is not None:
                return ViewChange(self._gap(), self._outlets.status)
            if self._ended:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._changes.popleft()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.close()

    def _gap(self) -> Gap:
        words = f"{self._dropped} changes were dropped, since the queue of {self._most} was full"
        gap = Gap(received_at=self._now(), message=0, reason=GapReason.OVERFLOW, words=words, since=self._dropped_since)
        self._dropped, self._dropped_since = 0, None
        return gap


class Outlets:
    """Everything that the changes of one view are handed to."""

    def __init__(self) -> None:
        self.status: ViewStatus | None = None
        self._subscriptions: tuple[Subscription, ...] = ()
        self._readers: tuple[ChangeReader, ...] = ()
        self._waiting: dict[asyncio.Future[None], Callable[[], bool]] = {}

    def subscribe(self, callback: Callable[[ViewChange], None]) -> Subscription:
        """Add a callback."""
        subscription = Subscription(self, callback)
        self._subscriptions += (subscription,)
        return subscription

    def read(self, queue: int, now: Callable[[], datetime]) -> ChangeReader:
        """Add a reader with a queue."""
        reader = ChangeReader(self, queue, now)
        self._readers += (reader,)
        return reader

    def remove(self, outlet: Subscription | ChangeReader) -> None:
        """Remove a callback or reader."""
        self._subscriptions = tuple(one for one in self._subscriptions if one is not outlet)
        self._readers = tuple(one for one in self._readers if one is not outlet)

    def publish(self, events: Iterable[StreamEvent | None], status: ViewStatus) -> None:
        """Hand changes to all; a callback that raises is logged, and keeps no other from them."""
        self.status = status
        if not self._subscriptions and not self._readers:
            return
        for event in events:
            change = ViewChange(event, status)
            for subscription in self._subscriptions:
                try:
                    subscription.callback(change)
                except Exception:  # noqa: BLE001 - the caller's own, and it must not stop the view
                    _log.exception("a callback of an account view failed")
            for reader in self._readers:
                reader.put(change)

    def wait(self, predicate: Callable[[], bool]) -> asyncio.Future[None]:
        """Return a future that is done once the predicate holds after a change."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[future] = predicate
        future.add_done_callback(lambda done: self._waiting.pop(done, None))
        return future

    def check(self) -> None:
        """Ask the waiting predicates; one that raises ends its wait with that error."""
        if not self._waiting:
            return
        for future, predicate in list(self._waiting.items()):
            if future.done():
                continue
            try:
                if predicate():
                    future.set_result(None)
            except Exception as error:  # noqa: BLE001 - the caller's own, and handed to the caller
                future.set_exception(error)

    def fail(self, error: Exception) -> None:
        """End every wait with an error, and every reader."""
        for future in list(self._waiting):
            if not future.done():
                future.set_exception(error)
        for reader in self._readers:
            reader.end()

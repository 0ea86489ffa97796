"""Readers: the bounded queue of one reader of a session."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime

import attrs

from venuekit.capabilities import EventReader, Gap, GapReason, StreamEvent, StreamPhase, StreamState
from venuekit.errors import AccountClosed

#: so many waits are kept before those that are over are dropped
_WAITERS = 64


@attrs.define(eq=False)
class QueuedReader(EventReader):
    """
    A reader of a session, whose queue holds whole messages.

    A queue that overflows takes nothing more until half of it was read: a reader that is always too slow gets some
    messages in a row and then a gap, and not a gap between each two.
    """

    limit: int  #: events
    venue: str
    now: Callable[[], datetime] = attrs.field(repr=False)
    read_state: Callable[[], StreamState] = attrs.field(repr=False)
    _messages: deque[tuple[StreamEvent, ...]] = attrs.field(factory=deque, init=False, repr=False)
    _waiting: int = attrs.field(default=0, init=False)  #: events in the queue, gaps of its own left out
    _rest: deque[StreamEvent] = attrs.field(factory=deque, init=False, repr=False)  #: of a message that was begun
    _drops: bool = attrs.field(default=False, init=False)
    _waiters: list[asyncio.Future[None]] = attrs.field(factory=list, init=False, repr=False)
    _closed: bool = attrs.field(default=False, init=False)

    @property
    def state(self) -> StreamState:
        """The state of the session now."""
        return StreamState(StreamPhase.CLOSED) if self._closed else self.read_state()

    def put(self, events: tuple[StreamEvent, ...]) -> None:
        """Append a message, or drop it where it does not fit."""
        has_gap = self._drops
        if has_gap and self._waiting > self.limit // 2:
            return
        self._drops = self._waiting > 0 and self._waiting + len(events) > self.limit
        if self._drops:
            if has_gap:
                return  # the one that is last in the queue is about this message, too
            since = self._messages[-1][-1].received_at
            words = f"the queue of this reader is full: {self.limit} events wait; read faster or give it a longer queue"
            gap = Gap(
                received_at=self.now(),
                message=events[0].message,
                reason=GapReason.OVERFLOW,
                words=words,
                since=since,
            )
            self._messages.append((gap,))
        else:
            self._messages.append(events)
            self._waiting += len(events)
        self.wake()

    def wake(self) -> None:
        """Have everything that waits look again."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def close(self) -> None:
        """Let nothing be read any more: the account is closed."""
        self._closed = True
        self.wake()

    async def __anext__(self) -> StreamEvent:
        if not self._rest:
            self._rest.extend(await self.read_message())
        return self._rest.popleft()

    async def read_message(self) -> tuple[StreamEvent, ...]:
        """Return the events of the next message, or those that are left of one that iteration has begun."""
        if self._rest:
            rest = tuple(self._rest)
            self._rest.clear()
            return rest
        while self._closed or not self._messages:
            await self._change()
        message = self._messages.popleft()
        if type(message[0]) is not Gap or message[0].reason is not GapReason.OVERFLOW:  # those of its own take no place
            self._waiting -= len(message)
        return message

    async def wait_until_live(self) -> None:
        """Wait until the session is live."""
        while self.state.phase is not StreamPhase.LIVE:
            await self._change()

    def _change(self) -> asyncio.Future[None]:
        """Return a future that is done once something has changed."""
        if self._closed:
            words = "the account is closed: its events are read after its `async with` has ended"
            raise AccountClosed(words, venue=self.venue, operation="events")
        if len(self._waiters) >= _WAITERS:  # left by reads that were cancelled
            self._waiters = [waiter for waiter in self._waiters if not waiter.done()]
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        return waiter

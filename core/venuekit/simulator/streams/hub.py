"""The hub: hands the changes of each account to the peers of that account, and wakes them in time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import attrs

from venuekit.simulator.ledger import Event, Ledger
from venuekit.simulator.streams.connection import StreamConnection
from venuekit.simulator.streams.peer import LedgerChange, StreamPeer


@attrs.frozen
class _Post:
    """A change of an account, on its way to the peers at these venues."""

    venue_ids: Collection[str]
    change: LedgerChange


class StreamHub:
    """
    The open connections of a simulation, in the order of their opening, each with its peer.

    A change reaches all peers before the next one does. ``tick`` lets the clock's own effects happen, of ledgers and
    movements, and ``next_effect`` returns the time of the next, in milliseconds since 1970: while a connection is open,
    the hub calls them by itself as the event loop's time passes.
    """

    def __init__(
        self, *, milliseconds: Callable[[], int], tick: Callable[[], None], next_effect: Callable[[], int | None]
    ) -> None:
        self._milliseconds = milliseconds
        self._tick = tick
        self._next_effect = next_effect
        self._peers: dict[StreamConnection, StreamPeer] = {}
        self._posts: deque[_Post] = deque()
        self._is_posting = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def connections(self) -> tuple[StreamConnection, ...]:
        """The open connections."""
        return tuple(self._peers)

    def peers(self, venue_id: str | None = None) -> tuple[StreamPeer, ...]:
        """Return the peers of the open connections, of one venue or of all."""
        return tuple(peer for one, peer in self._peers.items() if venue_id in {None, one.venue_id})

    @contextmanager
    def attach(self, connection: StreamConnection, peer: StreamPeer) -> Iterator[None]:
        """Let a peer receive its account's changes while the block runs."""
        self._peers[connection] = peer
        self._schedule()
        try:
            yield
        finally:
            del self._peers[connection]
            self._schedule()

    def post(self, venue_ids: Collection[str], account: str, ledger: Ledger, events: tuple[Event, ...]) -> None:
        """Hand a change of an account to its peers at these venues, behind the changes that are being handed out."""
        if not self._peers:
            return
        self._posts.append(_Post(venue_ids, LedgerChange(account, ledger, events)))
        if self._is_posting:
            return  # a peer's read let the clock's effects happen
        self._is_posting = True
        try:
            while self._posts:
                post = self._posts.popleft()
                for connection, peer in tuple(self._peers.items()):
                    if connection.venue_id in post.venue_ids and peer.receives(post.change.account):
                        peer.publish(post.change)
        finally:
            self._is_posting = False
            self._posts.clear()
        self._schedule()

    def advance(self) -> None:
        """Let the effects of the clock happen, and wake the peers whose time has come."""
        if not self._peers:
            return
        self._tick()
        for connection, peer in tuple(self._peers.items()):
            if peer.wake_at is not None and peer.wake_at <= connection.now():
                peer.wake()
        self._schedule()

    def close(self) -> None:
        """Forget the timer; the server closes the connections."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self) -> None:
        """Set the timer to the next effect of the clock; a clock that stands still is looked at all the same."""
        self.close()
        waits = [peer.wake_at - one.now() for one, peer in self._peers.items() if peer.wake_at is not None]
        if self._peers and (moment := self._next_effect()) is not None:
            waits.append(moment - self._milliseconds())
        if waits:
            seconds = max(1, min(waits)) / 1000
            self._timer = asyncio.get_running_loop().call_later(seconds, self.advance)

"""The hub: hands the changes of each account to the peers of that account, and wakes them in time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial

import attrs

from venuekit.simulator.ledger import Event, Ledger
from venuekit.simulator.streams.connection import StreamConnection
from venuekit.simulator.streams.disturbances import StreamDisturbance, StreamInPlay
from venuekit.simulator.streams.peer import LedgerChange, StreamPeer


@attrs.frozen
class _Post:
    """A change of an account, on its way to the peers at these venues."""

    venue_ids: Collection[str]
    change: LedgerChange


@attrs.frozen
class PlannedDisturbance:
    """
    A disturbance of the streams of some venues, and of one account where it names one.

    ``message`` is the number of the venue's own message from now, counted over these streams, before which it begins,
    on the stream of that message alone; None for all open ones at once.
    """

    venue_ids: Collection[str]
    disturbance: StreamDisturbance
    account: str | None = None
    message: int | None = None

    def concerns(self, connection: StreamConnection, peer: StreamPeer) -> bool:
        """Return whether it is about a stream."""
        return connection.venue_id in self.venue_ids and (self.account is None or peer.receives(self.account))


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
        self._planned: list[PlannedDisturbance] = []
        #: breaks all streams and refuses connections for seconds; the server sets it
        self.restart: Callable[[float], None] = lambda _seconds: None

    @property
    def connections(self) -> tuple[StreamConnection, ...]:
        """The open connections."""
        return tuple(self._peers)

    def peers(self, venue_id: str | None = None) -> tuple[StreamPeer, ...]:
        """Return the peers of the open connections, of one venue or of all."""
        return tuple(peer for one, peer in self._peers.items() if venue_id in {None, one.venue_id})

    # -- disturbances

    def disturb(self, planned: PlannedDisturbance) -> int:
        """
        Begin a disturbance on the open streams that it is about, or let it wait for its message.

        Returns:
            The number of streams on which it has begun.
        """
        if planned.message is not None:
            self._planned.append(planned)
            return 0
        streams = [(one, peer) for one, peer in self._peers.items() if planned.concerns(one, peer)]
        for connection, peer in streams:
            self._begin(planned.disturbance, connection, peer)
        return len(streams)

    @property
    def waiting(self) -> tuple[PlannedDisturbance, ...]:
        """The disturbances that wait for a message, each with the number of that message from now."""
        return tuple(self._planned)

    def clear(self) -> None:
        """Forget the disturbances that wait for a message."""
        self._planned.clear()

    def _before_push(self, connection: StreamConnection, peer: StreamPeer) -> None:
        """Begin the disturbances that wait for the message that is about to be pushed."""
        waiting, due = [], []
        for planned in self._planned:
            left = (planned.message or 1) - planned.concerns(connection, peer)
            if left:
                waiting.append(attrs.evolve(planned, message=left))
            else:
                due.append(planned.disturbance)
        self._planned = waiting
        for disturbance in due:
            self._begin(disturbance, connection, peer)

    def _begin(self, disturbance: StreamDisturbance, connection: StreamConnection, peer: StreamPeer) -> None:
        disturbance.begin(StreamInPlay(connection, peer, self.restart))

    @contextmanager
    def attach(self, connection: StreamConnection, peer: StreamPeer) -> Iterator[None]:
        """Let a peer receive its account's changes while the block runs."""
        self._peers[connection] = peer
        connection.before_push = partial(self._before_push, connection, peer)
        connection.after_frame = self._schedule
        self._schedule()
        try:
            yield
        finally:
            del self._peers[connection]
            peer.end()
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
        """Forget the timer; the server breaks the connections."""
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

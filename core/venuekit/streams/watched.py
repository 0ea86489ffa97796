"""Watched connections: the venue cancels orders once the last one of an account has ended."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from venuekit.capabilities import EventReader, StreamPhase
from venuekit.errors import NeverSent, TransportError
from venuekit.stream_declaration import ReplyKind
from venuekit.streams.reader import QueuedReader
from venuekit.streams.session import StreamSession


@attrs.frozen(eq=False)
class WatchedConnection:
    """The connection of one key that the venue watches, as one of the blocks that keep it sees it."""

    _reader: QueuedReader = attrs.field(repr=False)
    _session: StreamSession = attrs.field(repr=False)
    _unsubscriptions: Sequence[str] = attrs.field(repr=False)

    @property
    def events(self) -> EventReader:
        """The gaps of the connection, and its state."""
        return self._reader

    @property
    def is_last(self) -> bool:
        """Whether no other block keeps the connection."""
        return self._session.is_last(self._reader)

    async def release(self) -> None:
        """
        Have the venue watch the connection no more, so that its end cancels nothing; wait for one where it is lost.

        Raises:
            TransportError: the last of several attempts had no answer.
            VenueError: the venue refuses it.
            AccountClosed: the account was closed meanwhile.
        """
        failure: TransportError = NeverSent("no connection is open")
        for _ in range(_ATTEMPTS):
            await self._reader.wait_until_live()
            try:
                return await self._session.request(self._unsubscriptions, ReplyKind.UNSUBSCRIBED)
            except TransportError as error:
                failure = error
        raise failure

    @property
    def is_live(self) -> bool:
        """Whether it is open and subscribed."""
        return self._reader.state.phase is StreamPhase.LIVE


#: how often a connection that ends meanwhile is waited for again
_ATTEMPTS = 3

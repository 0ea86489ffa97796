"""Watched connections: the venue cancels orders once the last one of an account has ended."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import attrs

from venuekit.capabilities import EventReader
from venuekit.credentials.secret import Secret
from venuekit.errors import NeverSent, TransportError
from venuekit.stream_declaration import ReplyKind
from venuekit.streams.connection import SubscriptionRefused
from venuekit.streams.opening import refusal
from venuekit.streams.reader import QueuedReader
from venuekit.streams.session import StreamSession


@attrs.frozen(eq=False)
class WatchedStream:
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
                return await self._unsubscribe()
            except TransportError as error:
                failure = error
        raise failure

    async def _unsubscribe(self) -> None:
        connections = await self._session.stop_replacing()
        if not connections:
            raise NeverSent("no connection is open")
        for connection, message in product(connections, self._unsubscriptions):
            try:
                await connection.request(Secret(message), ReplyKind.UNSUBSCRIBED)
            except SubscriptionRefused as refused:
                raise refusal(self._session.first, refused.reply) from None


#: how often a connection that ends meanwhile is waited for again
_ATTEMPTS = 3

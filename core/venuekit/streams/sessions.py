"""All sessions of user streams of one environment of a venue, by the keys of their accounts."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import attrs

from venuekit.capabilities import EventReader, OrderUpdate
from venuekit.pipeline.sockets import Sockets
from venuekit.stream_declaration import StreamDeclaration
from venuekit.streams.reader import QueuedReader
from venuekit.streams.session import StreamSession
from venuekit.streams.watched import WatchedStream

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.endpoint import Endpoint
    from venuekit.pipeline.account_session import AccountSession

#: the queue of a reader that gets gaps alone
_FEW = 100


@attrs.define(eq=False)
class StreamSessions:
    """
    The sessions that are open, one for each key.

    Attributes:
        declaration: The venue's.
        sockets: Opens their connections.
        chance: Spreads their pauses and replacements.
    """

    declaration: StreamDeclaration = attrs.field(repr=False)
    sockets: Sockets = attrs.field(repr=False)
    chance: random.Random = attrs.field(factory=random.Random, repr=False)
    _open: dict[str, StreamSession] = attrs.field(factory=dict, init=False)
    #: those without events, whose end cancels orders
    _watched: dict[str, StreamSession] = attrs.field(factory=dict, init=False)

    @asynccontextmanager
    async def read(self, account: Account, session: AccountSession, queue: int) -> AsyncIterator[EventReader]:
        """Give a reader of the session of an account's key; the first opens it, and the last closes it."""
        async with self._join(self._open, self.declaration, account, session, queue) as (reader, _):
            yield reader

    @asynccontextmanager
    async def watch(self, account: Account, session: AccountSession) -> AsyncIterator[WatchedStream]:
        """
        Keep a connection of an account's key that the venue watches; the first block opens it, the last closes it.

        It is closed as it is: :meth:`WatchedStream.release` comes first, or its end cancels orders.

        Raises:
            ValueError: the stream declares no watch.
        """
        declaration = self.declaration.watching()
        messages = () if self.declaration.watch is None else self.declaration.watch.unsubscriptions
        async with self._join(self._watched, declaration, account, session, _FEW) as (reader, stream):
            yield WatchedStream(reader, stream, messages)

    @asynccontextmanager
    async def _join(
        self,
        opened: dict[str, StreamSession],
        declaration: StreamDeclaration,
        account: Account,
        session: AccountSession,
        queue: int,
    ) -> AsyncIterator[tuple[QueuedReader, StreamSession]]:
        key = session.owner.key
        stream = opened.get(key)
        if stream is None:
            stream = opened[key] = StreamSession(declaration, self.sockets, self.chance, session)
        reader = stream.join(account, session, queue)
        session.readers = (*session.readers, reader)
        try:
            await stream.wait_open()
            yield reader, stream
        finally:
            session.readers = tuple(one for one in session.readers if one is not reader)
            reader.close()
            if stream.is_last(reader) and opened.get(key) is stream:
                del opened[key]  # one that joins from here on opens another session
            await stream.leave(reader)

    def expect(self, session: AccountSession, endpoint: Endpoint[Any]) -> None:
        """Note that the venue has accepted a request of an account."""
        if self._open and (stream := self._open.get(session.owner.key)) is not None:
            stream.expect(endpoint)

    def order_updates(self, session: AccountSession) -> tuple[OrderUpdate, ...]:
        """Return the last events about the orders of an account, the oldest first; none while nothing reads them."""
        stream = self._open.get(session.owner.key)
        return () if stream is None else stream.order_updates

    async def aclose(self) -> None:
        """Close the sessions that are still open, and the pool of connections."""
        streams = (*self._open.values(), *self._watched.values())
        self._open, self._watched = {}, {}
        for stream in streams:
            await stream.close()
        await self.sockets.aclose()

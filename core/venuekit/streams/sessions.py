"""All sessions of user streams of one environment of a venue, by the keys of their accounts."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import attrs

from venuekit.capabilities import EventReader, OrderUpdate
from venuekit.stream_declaration import StreamDeclaration
from venuekit.streams.session import StreamSession
from venuekit.streams.sockets import Sockets

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.endpoint import Endpoint
    from venuekit.pipeline.account_session import AccountSession


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

    @asynccontextmanager
    async def read(self, account: Account, session: AccountSession, queue: int) -> AsyncIterator[EventReader]:
        """Give a reader of the session of an account's key; the first opens it, and the last closes it."""
        key = session.owner.key
        stream = self._open.get(key)
        if stream is None:
            stream = self._open[key] = StreamSession(self.declaration, self.sockets, self.chance, session)
        reader = stream.join(account, session, queue)
        session.readers = (*session.readers, reader)
        try:
            await stream.wait_open()
            yield reader
        finally:
            session.readers = tuple(one for one in session.readers if one is not reader)
            reader.close()
            if stream.is_last(reader) and self._open.get(key) is stream:
                del self._open[key]  # one that joins from here on opens another session
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
        streams, self._open = self._open, {}
        for stream in streams.values():
            await stream.close()
        await self.sockets.aclose()

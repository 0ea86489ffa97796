"""User streams: the events of an account and its listen key, by the venue's declaration of a stream."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from venuekit.account import Account
from venuekit.capabilities import EventReader, ListenKey, ListenKeyControl, UserStream
from venuekit.errors import PayloadMismatch, UnsupportedCapability
from venuekit.stream_declaration import ListenKeySession

__all__ = ["StreamedEvents", "StreamedListenKey"]


class StreamedEvents(Account, UserStream):
    """The events of an account, by ``Venue.stream``."""

    __slots__ = ()

    def events(self, *, queue: int = 10_000) -> AbstractAsyncContextManager[EventReader]:
        """Read events while the block runs."""
        if type(queue) is not int or queue < 1:
            raise self.refuse(f"queue must be a whole number of events, 1 or more, not {queue!r}")
        streams = self._session.venue_session.streams
        if streams is None:
            raise self.make_error(UnsupportedCapability, "the venue declares no user stream")
        return streams.read(self, self._session, queue)


class StreamedListenKey(Account, ListenKeyControl):
    """The listen key of an account, by the :class:`~venuekit.plugin.ListenKeySession` of ``Venue.stream``."""

    __slots__ = ()

    async def start_listen_key(self) -> ListenKey:
        """Start a listen key, or prolong the one that is alive."""
        rule = self._listen_keys
        began = self._session.venue_session.clock.now()
        key = await self.call(rule.start)
        if not key:
            raise self.make_error(PayloadMismatch, "the answer holds no listen key")
        return ListenKey(key, began + rule.life)

    async def keep_listen_key_alive(self) -> None:
        """Prolong the listen key."""
        await self.call(self._listen_keys.keep_alive)

    async def stop_listen_key(self) -> None:
        """End the listen key, for everybody who uses it."""
        stop = self._listen_keys.stop
        if stop is None:
            raise self.make_error(UnsupportedCapability, "the venue ends no listen key")
        await self.call(stop)

    @property
    def _listen_keys(self) -> ListenKeySession:
        stream = self.venue.stream
        if stream is None or not isinstance(stream.session, ListenKeySession):
            raise self.make_error(UnsupportedCapability, "the venue declares no listen key")
        return stream.session

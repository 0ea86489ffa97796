"""User streams: the venue's own news about an account, and the listen keys by which some venues grant them."""

from __future__ import annotations

import enum
from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from venuekit._util.quick_init import quick_init
from venuekit.capabilities._capability import Capability
from venuekit.capabilities.stream_events import StreamEvent

if TYPE_CHECKING:
    from venuekit.credentials.secret import Secret


class StreamPhase(enum.StrEnum):
    """How far the session of a user stream is."""

    CONNECTING = "connecting"
    LIVE = "live"  #: connected, and subscribed where the venue acknowledges it
    DOWN = "down"  #: the connection is lost; another one is being opened
    CLOSED = "closed"


@quick_init
@attrs.frozen
class StreamState:
    """
    The state of a session, which all its readers share.

    ``received_at`` is when its last message came, by our clock, None before the first; ``connections`` counts those
    that were opened. ``is_confirmed`` says that this connection is known to deliver: the venue acknowledged the
    subscription, or an event has come. A handshake alone proves nothing. ``alive_at`` is when the last frame of this
    connection came, also an answer to a ping, None without a connection.
    """

    phase: StreamPhase
    received_at: datetime | None = None
    connections: int = 0
    is_confirmed: bool = False
    alive_at: datetime | None = None


class EventReader(AsyncIterator[StreamEvent]):
    """
    One reader of a user stream: an async iterator that ends only with the account.

    Its queue is bounded: events that do not fit are dropped, and one :class:`Gap` is in their place.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def state(self) -> StreamState:
        """The state of the session now, which may be ahead of the events that were read."""

    @abstractmethod
    async def __anext__(self) -> StreamEvent:
        """
        Return the next event.

        Raises:
            AccountClosed: the account was closed meanwhile.
        """

    @abstractmethod
    async def read_message(self) -> tuple[StreamEvent, ...]:
        """Return the events of the next message together, one at least; otherwise as iteration does."""

    @abstractmethod
    async def wait_until_live(self) -> None:
        """
        Wait until the session is LIVE; return at once when it is.

        Raises:
            AccountClosed: the account was closed meanwhile.
        """


class UserStream(Capability):
    """Receive the account's events as they happen."""

    __slots__ = ()

    @abstractmethod
    def events(self, *, queue: int = 10_000) -> AbstractAsyncContextManager[EventReader]:
        """
        Read events while the block runs: ``async with account.events() as events: async for event in events:``.

        All readers of one key share one session, which the first opens and the last closes. The block is entered once
        the session is live; from then on a loss is a :class:`Gap` and never an exception, and the session is opened
        again by itself.

        Args:
            queue: The number of events that may wait for this reader.

        Raises (on entering):
            InvalidArgument: a queue below 1.
            OperationError: the venue cannot be reached, or refuses the session.
        """


@attrs.frozen
class ListenKey:
    """A key by which a user stream is opened; its text is never shown. ``expires_at`` is on the venue's clock."""

    key: Secret
    expires_at: datetime


class ListenKeyControl(Capability):
    """
    Start, keep alive and stop the listen key of this API key, for streams that something else reads.

    :class:`UserStream` does without: it starts and keeps alive its own key, and never stops it.
    """

    __slots__ = ()

    @abstractmethod
    async def start_listen_key(self) -> ListenKey:
        """Start a listen key, or prolong the one that is alive, and return it."""

    @abstractmethod
    async def keep_listen_key_alive(self) -> None:
        """
        Prolong the listen key.

        Raises:
            NotFound, VenueError: there is none that is alive; start another one.
        """

    @abstractmethod
    async def stop_listen_key(self) -> None:
        """
        End the listen key. Danger: it names no key, and ends the streams of everybody who uses this API key.

        venuekit never calls it by itself.
        """

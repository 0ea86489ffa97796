"""Peers: the venue's side of one WebSocket connection; the plugin author's half of streams."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from venuekit.simulator.ledger import Event, Ledger

if TYPE_CHECKING:
    from venuekit.simulator.streams.connection import StreamConnection


@attrs.frozen
class LedgerChange:
    """
    The events of one command, in their order, and the ledger afterwards.

    A move of prices without further effects is a change without events. ``account`` is its name or number.
    """

    account: str
    ledger: Ledger
    events: Sequence[Event]


class StreamPeer(ABC):
    """
    The venue's side of one WebSocket connection: it reads the client's messages, and sends those of the venue.

    Everything here is synchronous. A peer sends by its ``connection``: :meth:`StreamConnection.answer` for a message
    that the client asked for, :meth:`StreamConnection.push` for the venue's own, which scripts may disturb. Frames are
    written at the time of the change, so that they show the state of that time.

    Attributes:
        connection: The connection.
        account: The name or number of the account whose changes it receives; None for none, as before a log-in.
        wake_at: The time of the next call of :meth:`wake`, in milliseconds on the venue's clock; None for none.
    """

    account: str | None = None
    wake_at: int | None = None

    def __init__(self, connection: StreamConnection) -> None:
        self.connection = connection

    def begin(self) -> None:  # noqa: B027  - a venue may have nothing to say
        """Begin, once the connection is open."""

    def end(self) -> None:  # noqa: B027  - only a venue that cancels orders on it minds
        """Process the end of the connection, by whichever side."""

    def receives(self, account: str) -> bool:
        """Return whether the changes of an account go to this peer; a venue may connect several by one connection."""
        return account == self.account

    @abstractmethod
    def receive(self, text: str) -> None:
        """Process a message of the client; one of bytes arrives as text, too."""

    @abstractmethod
    def publish(self, change: LedgerChange) -> None:
        """Push the messages about a change of the account: the events of other venues of the realm are among them."""

    def pong(self, payload: bytes) -> None:  # noqa: B027  - only a venue that pings minds
        """Process a pong of the client."""

    def expire(self, times: int = 1) -> None:  # noqa: ARG002  - for a venue with a message about it
        """
        End the session before its time, with the venue's message about it as often as ``times``.

        Without an override the venue has no such message, and closes the connection.
        """
        self.connection.close(reason="session expired")

    def wake(self) -> None:  # noqa: B027  - only a peer with ``wake_at`` is woken
        """Do the things of the time ``wake_at``, and set the next one."""

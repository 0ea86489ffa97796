"""The life of a WebSocket connection at Binance: pings, the end after a day, and the limit of messages."""

from __future__ import annotations

from collections import deque
from datetime import timedelta

from venuekit.simulator import StreamConnection, StreamPeer
from venuekit_binance_common.simulated.stream_terms import StreamTerms

_MILLISECOND = timedelta(milliseconds=1)
_DAY = timedelta(hours=24) // _MILLISECOND
_POLICY = 1008


class SocketPeer(StreamPeer):
    """
    One connection, which the venue pings, and ends after a day or when pings have no answer.

    Attributes:
        messages_per_second: The messages of the client that a second takes, None for any number.
    """

    messages_per_second: int | None = None

    def __init__(self, connection: StreamConnection, terms: StreamTerms) -> None:
        super().__init__(connection)
        self._pings = terms.pings // _MILLISECOND
        self._patience = (terms.pings + terms.patience) // _MILLISECOND
        self._last_pong = connection.now()
        self._next_ping = connection.now() + self._pings
        self._received: deque[int] = deque(maxlen=self.messages_per_second)
        self.set_alarm()

    def takes_message(self) -> bool:
        """Count a message of the client; one too many in a second ends the connection, and is not taken."""
        now = self.connection.now()
        if len(self._received) == self.messages_per_second and now - self._received[0] < 1000:
            self._end(_POLICY, "Too many requests")
            return False
        self._received.append(now)
        return True

    def pong(self, payload: bytes) -> None:  # noqa: ARG002  - any pong will do
        """Remember the pong."""
        self._last_pong = self.connection.now()

    def wake(self) -> None:
        """Ping, or end the connection."""
        now = self.connection.now()
        if now >= self.connection.opened_at + _DAY:
            self._end(1001, "24 hours")
        elif now >= self._last_pong + self._patience:
            self._end(_POLICY, "Pong timeout")
        else:
            if now >= self._next_ping:
                self.connection.ping(str(now).encode())
                self._next_ping = now + self._pings
            self.set_alarm()

    def set_alarm(self, *further: int) -> None:
        """Set the time of the next call of :meth:`wake`; ``further`` are moments that a venue adds."""
        self.wake_at = min(
            self._next_ping, self.connection.opened_at + _DAY, self._last_pong + self._patience, *further
        )

    def _end(self, code: int, words: str) -> None:
        self.connection.close(code, words)
        self.wake_at = None

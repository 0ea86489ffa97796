"""Disturbances of streams: faults of a whole connection, and of the venue's next messages on it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import attrs

from venuekit.simulator.streams.connection import StreamConnection, StreamFault, StreamFrame
from venuekit.simulator.streams.peer import StreamPeer

#: the code of a connection that is closed since the client reads too slowly
_POLICY = 1008


@attrs.frozen
class StreamInPlay:
    """An open stream that is disturbed; ``restart`` breaks all of them and refuses connections for seconds."""

    connection: StreamConnection
    peer: StreamPeer
    restart: Callable[[float], None]


class StreamDisturbance(ABC):
    """A fault of a stream, from a moment on."""

    @abstractmethod
    def begin(self, stream: StreamInPlay) -> None:
        """Begin on an open stream."""


@attrs.frozen
class StreamCut(StreamDisturbance):
    """The connection breaks; with a ``code`` the venue closes it by a frame."""

    code: int | None = None

    def begin(self, stream: StreamInPlay) -> None:
        """Break off, or close."""
        if self.code is None:
            stream.connection.break_off()
        else:
            stream.connection.close(self.code)


@attrs.frozen
class StreamHalfOpen(StreamDisturbance):
    """The connection stays open, and the venue neither reads nor sends any more: no message, no ping, no pong."""

    def begin(self, stream: StreamInPlay) -> None:
        """Stop."""
        stream.connection.hold()


@attrs.frozen
class StreamExpiry(StreamDisturbance):
    """The session expires before its time, and the venue says so as often as ``times``, where it has a message."""

    times: int = 1

    def begin(self, stream: StreamInPlay) -> None:
        """Let it expire."""
        stream.peer.expire(self.times)


@attrs.frozen
class StreamRestart(StreamDisturbance):
    """The server restarts: all streams break, and for ``seconds`` the machine refuses every connection."""

    seconds: float = 0.0

    def begin(self, stream: StreamInPlay) -> None:
        """Restart."""
        stream.restart(self.seconds)


class _OfMessages(StreamDisturbance):
    """A disturbance of the next messages."""

    def begin(self, stream: StreamInPlay) -> None:
        """Add the fault to the connection."""
        stream.connection.add_fault(self._start(stream))

    @abstractmethod
    def _start(self, stream: StreamInPlay) -> StreamFault:
        """Return the fault, at its beginning."""


@attrs.frozen
class StreamSilence(_OfMessages):
    """The venue's own messages are lost for ``seconds``, for ever when None; pings and answers go on."""

    seconds: float | None = None

    def _start(self, stream: StreamInPlay) -> StreamFault:
        now = stream.connection.now
        return _Silence(now, None if self.seconds is None else now() + round(self.seconds * 1000))


@attrs.define
class _Silence:
    _now: Callable[[], int]
    _until: int | None

    @property
    def is_over(self) -> bool:
        return self._until is not None and self._now() >= self._until

    def pass_on(self, frame: StreamFrame) -> Sequence[StreamFrame]:
        return (frame,) if self.is_over else ()


@attrs.frozen
class StreamDuplicate(_OfMessages):
    """The next ``messages`` arrive twice, each one directly behind itself."""

    messages: int = 1

    def _start(self, stream: StreamInPlay) -> StreamFault:  # noqa: ARG002  - it needs no state of the stream
        return _Duplicate(self.messages)


@attrs.define
class _Duplicate:
    _left: int

    @property
    def is_over(self) -> bool:
        return self._left <= 0

    def pass_on(self, frame: StreamFrame) -> Sequence[StreamFrame]:
        self._left -= 1
        return (frame, frame)


@attrs.frozen
class StreamReorder(_OfMessages):
    """The next message arrives behind the ``behind`` ones that follow it; where none follow, it is lost."""

    behind: int = 1

    def _start(self, stream: StreamInPlay) -> StreamFault:  # noqa: ARG002  - it needs no state of the stream
        return _Reorder(self.behind)


@attrs.define
class _Reorder:
    _left: int
    _held: StreamFrame | None = None
    is_over: bool = False

    def pass_on(self, frame: StreamFrame) -> Sequence[StreamFrame]:
        if self._held is None:
            self._held = frame
            return ()
        self._left -= 1
        if self._left > 0:
            return (frame,)
        self.is_over = True
        return (frame, self._held)


@attrs.frozen
class StreamDelay(_OfMessages):
    """The next message, and with it those behind it, arrives ``seconds`` later."""

    seconds: float

    def _start(self, stream: StreamInPlay) -> StreamFault:  # noqa: ARG002  - it needs no state of the stream
        return _Delay(self.seconds)


@attrs.define
class _Delay:
    _seconds: float
    is_over: bool = False

    def pass_on(self, frame: StreamFrame) -> Sequence[StreamFrame]:
        self.is_over = True
        return (attrs.evolve(frame, delay=frame.delay + self._seconds),)


@attrs.frozen
class StreamOverflow(_OfMessages):
    """The client reads too slowly: the next ``messages`` are lost, and then the venue closes the connection."""

    messages: int = 1

    def _start(self, stream: StreamInPlay) -> StreamFault:
        return _Overflow(stream.connection, self.messages)


@attrs.define
class _Overflow:
    _connection: StreamConnection
    _left: int

    @property
    def is_over(self) -> bool:
        return self._left <= 0

    def pass_on(self, frame: StreamFrame) -> Sequence[StreamFrame]:  # noqa: ARG002  - it is lost
        self._left -= 1
        if self._left == 0:
            self._connection.close(_POLICY, "the client reads too slowly")
        return ()

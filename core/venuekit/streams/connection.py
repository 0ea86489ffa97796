"""Connections: one WebSocket of a session, from its opening and subscription to its end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable

import attrs

from venuekit.clock import Clock
from venuekit.credentials.secret import Secret
from venuekit.errors import AnswerLost
from venuekit.pipeline.open_socket import End, StreamSocket
from venuekit.stream_declaration import ReplyKind, SessionReply

#: seconds of the loop's own clock for one acknowledgement
_ACKNOWLEDGING = 10.0


class SubscriptionRefused(Exception):
    """The venue refused an authentication or subscription; never leaves the session."""

    def __init__(self, reply: SessionReply) -> None:
        super().__init__(reply)
        self.reply = reply


@attrs.define(eq=False)
class Connection:
    """
    One connection.

    ``on_message`` gets each message with its connection; ``on_change`` is called when it ends. While another connection
    is to replace it, the messages of both are counted, so that each is handed on once.
    """

    socket: StreamSocket
    clock: Clock = attrs.field(repr=False)
    number: int
    on_message: Callable[[Connection, bytes], None] = attrs.field(repr=False)
    on_change: Callable[[], None] = attrs.field(repr=False)
    opened_at: float = attrs.field(init=False)
    #: when the last frame came, and the last ping left that nothing has answered, on the monotonic clock
    last_at: float = attrs.field(init=False)
    pinged_at: float | None = attrs.field(default=None, init=False)
    #: when the last ping left
    ping_left_at: float = attrs.field(init=False)
    #: when the last event came, None before the first
    event_at: float | None = attrs.field(default=None, init=False)
    is_confirmed: bool = attrs.field(default=False, init=False)
    #: how it ended, None while it is open
    end: End | None = attrs.field(default=None, init=False)
    #: messages that wait until the connection before it is closed; None unless it is to replace another one
    held: list[bytes] | None = attrs.field(default=None, init=False, repr=False)
    #: messages that were handed on since another connection is to replace it; None unless one is
    handed_on: Counter[Hashable] | None = attrs.field(default=None, init=False, repr=False)
    _task: asyncio.Task[None] | None = attrs.field(default=None, init=False, repr=False)
    _expected: tuple[ReplyKind, asyncio.Future[None]] | None = attrs.field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.opened_at = self.last_at = self.ping_left_at = self.clock.monotonic()

    def start(self) -> None:
        """Begin to receive."""
        self._task = asyncio.create_task(self._receive(), name=f"stream connection {self.number}")

    async def request(self, message: Secret, reply: ReplyKind) -> None:
        """
        Send a message and wait for its acknowledgement; no frame of a failure holds the message.

        Raises:
            SubscriptionRefused: the venue refuses it.
            AnswerLost: no acknowledgement came.
        """
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._expected = (reply, acknowledged)
        failure = None
        try:
            async with asyncio.timeout(_ACKNOWLEDGING):
                await self.socket.send(message.reveal())
                await acknowledged
        except TimeoutError:
            failure = f"the session was not {reply.value} within {_ACKNOWLEDGING:g} s"
        except OSError:
            failure = "the connection broke off while the session was opened"
        finally:
            self._expected = None
        if failure is not None:
            raise AnswerLost(failure)

    def take_reply(self, reply: SessionReply) -> None:
        """Take a message to the session."""
        if self._expected is None or self._expected[1].done():
            return
        kind, acknowledged = self._expected
        if reply.kind is kind:
            acknowledged.set_result(None)
        elif reply.kind is ReplyKind.REFUSED:
            acknowledged.set_exception(SubscriptionRefused(reply))

    async def ping(self, text: str | None) -> None:
        """Ask for a sign of life; a connection that cannot be written to ends by itself."""
        now = self.ping_left_at = self.clock.monotonic()
        if self.pinged_at is None:
            self.pinged_at = now
        try:
            await (self.socket.ping() if text is None else self.socket.send(text))
        except OSError:
            self._finish(End("the connection broke off"))

    async def close(self) -> None:
        """Close it; nothing of it is handed on any more, however often this is cancelled."""
        self.end = self.end or End("it was closed")
        task, self._task = self._task, None
        try:
            if task is not None:
                task.cancel()
                await asyncio.wait({task})
        finally:
            await self.socket.close()

    def _note_sign(self) -> None:
        self.last_at, self.pinged_at = self.clock.monotonic(), None

    def _take(self, body: bytes) -> None:
        self.last_at, self.pinged_at = self.clock.monotonic(), None
        if self.end is None:
            self.on_message(self, body)

    async def _receive(self) -> None:
        try:
            self._finish(await self.socket.receive(self._take, self._note_sign))
        except OSError as error:
            self._finish(End(f"the connection broke off: {type(error).__name__}"))

    def _finish(self, end: End) -> None:
        self.end = self.end or end
        if self._expected is not None and not self._expected[1].done():
            words, mend = f"{end.words} while the session was opened", end.mend("StreamDeclaration")
            self._expected[1].set_exception(AnswerLost(words, mend=mend))
        self.on_change()

"""One connection to a WebSocket API: many requests in flight, each with the answer that carries its id."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import attrs
import msgspec

from venuekit._util.texts import without_frames
from venuekit.credentials.redactor import redact_error, redact_start
from venuekit.errors import AnswerLost, NeverSent, OperationError
from venuekit.message import HttpResponse
from venuekit.socket_declaration import SocketApi, SocketMessage, SocketNotice

if TYPE_CHECKING:
    from venuekit.pipeline.open_socket import RequestSocket
    from venuekit.pipeline.patience import Patience

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
#: an id that is none
_NULL = b"null"
#: characters of a message that ends a connection, as an error shows it
_SHOWN = 200


@attrs.define(eq=False)
class SocketConnection:
    """
    One connection; ``on_end`` is called once, when no request is sent on it any more and none is under way.

    ``signs`` counts the frames that came, ``strays`` the answers to requests that were never made here.
    """

    api: SocketApi = attrs.field(repr=False)
    socket: RequestSocket = attrs.field(repr=False)
    patience: Patience = attrs.field(repr=False)
    opened_at: float
    on_end: Callable[[SocketConnection], None] = attrs.field(repr=False)
    signs: int = attrs.field(default=0, init=False)
    strays: int = attrs.field(default=0, init=False)
    #: why it carries no request any more, None while it does
    end: str | None = attrs.field(default=None, init=False)
    is_retired: bool = attrs.field(default=False, init=False)
    _number: int = attrs.field(default=0, init=False)
    #: requests in flight, by their ids as JSON writes them; a logon may have none
    _waiting: dict[bytes, asyncio.Future[HttpResponse]] = attrs.field(factory=dict, init=False, repr=False)
    #: ids of requests whose callers have left; their answers are dropped
    _dropped: set[bytes] = attrs.field(factory=set, init=False, repr=False)
    _reader: asyncio.Task[None] | None = attrs.field(default=None, init=False, repr=False)

    def start(self) -> None:
        """Begin to receive."""
        self._reader = asyncio.create_task(self._read(), name="WebSocket API")

    def ask(self, message: SocketMessage) -> Coroutine[Any, Any, HttpResponse]:
        """
        Send a request and return its answer.

        Raises:
            NeverSent: nothing of it was written.
            AnswerLost: the connection ended, or no answer came in time.
        """
        self._number += 1
        return self._exchange(message, self._number)

    def log_on(self, message: SocketMessage) -> Coroutine[Any, Any, HttpResponse]:
        """Send the message that logs on, and return its answer; raises as :meth:`ask` does."""
        if self.api.logon is None or self.api.logon.has_id:
            return self.ask(message)
        return self._exchange(message, None)

    async def ping(self) -> None:
        """Ask for a sign of life; a connection that cannot be written to ends by itself."""
        try:
            await (self.socket.ping() if self.api.ping is None else self.socket.send(self.api.ping))
        except OSError:
            self.finish("the connection broke off")

    def retire(self) -> None:
        """Take no further request, and end as soon as none is under way."""
        self.is_retired = True
        self._finish_if_done()

    def finish(self, words: str, mend: str = "") -> None:
        """End the connection: the answers of all requests in flight are lost, for the reason in ``words``."""
        if self.end is not None:
            return
        self.end = words
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(AnswerLost(words, mend=mend))
        self.on_end(self)

    async def close(self) -> None:
        """Close it, however often this is cancelled."""
        self.finish("the connection was closed")
        reader, self._reader = self._reader, None
        try:
            if reader is not None:
                reader.cancel()
                await asyncio.wait({reader})
        finally:
            await self.socket.close()

    async def _exchange(self, message: SocketMessage, number: int | None) -> HttpResponse:
        """Send a message with the id of a number, or without any, and return its answer."""
        task: asyncio.Task[Any] | None = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is sent from within a task")
        name = _NULL if number is None else b'"%d"' % number
        answer: asyncio.Future[HttpResponse] = asyncio.get_running_loop().create_future()
        self._waiting[name] = answer
        signs, is_written = self.signs, False
        self.patience.begin(task)
        try:
            if number is not None:
                message[self.api.id_field] = str(number)
            data = _encode(message)
            if self.end is None and not self.socket.is_closing:
                is_written = True
                await self.socket.write(data)
                return await answer
            failure: BaseException = NeverSent(f"{self.end or 'the connection broke off'} before anything was sent")
        except BaseException as error:  # noqa: BLE001 - nothing may pass with the frames that it comes from
            if answer.done() and not answer.cancelled():
                answer.exception()  # it may have ended while its caller left
            failure = self._failure(error, task, signs, is_written=is_written)
        finally:
            self.patience.end(task)
            if self._waiting.pop(name, None) is not None and number is not None:
                self._dropped.add(name)
            if self.is_retired:
                self._finish_if_done()
            data = message = None  # type: ignore[assignment]  # a traceback with variables shows them
        raise failure

    def _failure(self, error: BaseException, task: asyncio.Task[Any], signs: int, *, is_written: bool) -> BaseException:
        """Return the error that an exchange ends in; it keeps no reference to the one it comes from."""
        if isinstance(error, asyncio.CancelledError):
            if not self.patience.ran_out(task):
                return asyncio.CancelledError(*error.args)
            if signs == self.signs:
                self.finish(f"no frame came within {self.patience.seconds:g} s of a request")
            return AnswerLost(f"no answer within {self.patience.seconds:g} s")
        if isinstance(error, OperationError) or not isinstance(error, Exception):
            return without_frames(error)
        return (AnswerLost if is_written else NeverSent)(redact_error(error))

    # -- messages of the venue

    async def _read(self) -> None:
        try:
            end = await self.socket.receive(self._take, self._note_sign)
            self.finish(end.words, end.mend("SocketApi"))
        except OSError as error:
            self.finish(f"the connection broke off: {type(error).__name__}")

    def _note_sign(self) -> None:
        self.signs += 1

    def _take(self, body: bytes) -> None:
        """Hand a message to the request that it answers."""
        self.signs += 1
        try:
            read = _decode(body)
            fields = dict(zip(read, map(bytes, read.values()), strict=True))
        except (msgspec.MsgspecError, RecursionError):
            self.finish("the venue sent a message that is no JSON object")
            return
        name = fields.pop(self.api.id_field, _NULL)
        if name == _NULL:
            self._take_notice(fields)
            return
        answer = self._waiting.pop(name, None)
        if answer is None:
            if name in self._dropped:
                self._dropped.discard(name)
            else:
                self.strays += 1
        elif not answer.done():
            self._settle(answer, fields)

    def _take_notice(self, fields: dict[str, bytes]) -> None:
        """Take a message that names no request."""
        notice, logon = self.api.form.notice(fields), self._waiting.get(_NULL)
        if notice is SocketNotice.LOGON and logon is not None and not logon.done():
            self._settle(logon, fields)
        elif notice is SocketNotice.END:
            words = b",".join(b'"%s":%s' % (name.encode(), value) for name, value in fields.items())
            shown = redact_start(words.decode("utf-8", "replace"), _SHOWN)
            self.finish(f"the venue ended the session by a message without an id: {{{shown}}}")

    def _settle(self, answer: asyncio.Future[HttpResponse], fields: dict[str, bytes]) -> None:
        try:
            answer.set_result(self.api.form.read(fields))
        except Exception as error:  # noqa: BLE001 - a plugin's reader that fails has not read: the answer is lost
            answer.set_exception(AnswerLost(f"the answer has not the venue's form: {redact_error(error)}"))

    def _finish_if_done(self) -> None:
        if not self._waiting:
            self.finish("the connection was replaced")

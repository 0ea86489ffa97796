"""The link of one account to a WebSocket API: its connection, opened on first use, kept alive and replaced in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from copy import copy
from typing import TYPE_CHECKING, Any

import attrs

from venuekit.clock import Clock
from venuekit.credentials.secret import Secret
from venuekit.errors import NeverSent, OperationError, VenuekitError
from venuekit.foreign import words_of
from venuekit.message import HttpResponse
from venuekit.pipeline.patience import Patience
from venuekit.pipeline.socket_connection import SocketConnection
from venuekit.pipeline.sockets import AiohttpSockets, HandshakeRefused, wait_for_closing
from venuekit.socket_declaration import SocketApi, SocketMessage

if TYPE_CHECKING:
    from venuekit.venue import Answers

#: the part of its life after which a connection is replaced
_REPLACED_AFTER = 0.95
#: statuses of a handshake that speak of the address, and close its pools as an answer to a request does
_OF_THE_ADDRESS = frozenset({403, 418, 429})


class LogonRefused(Exception):
    """The venue opens no session; ``response`` has its words. It never leaves the link."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


@attrs.define(eq=False)
class SocketLink:
    """
    The connection of one account.

    Attributes:
        api: The venue's declaration.
        url: The URL of its WebSocket API.
        headers: Those of the environment, for the handshake.
        sockets: Opens connections.
        patience: Ends exchanges that take too long.
        clock: The injected clock.
        answers: The venue's distinction of success and refusal.
        pay: Pays for a connection that is about to be opened.
        make_logon: Makes the signed message that logs a connection on; None where none logs on.
    """

    api: SocketApi = attrs.field(repr=False)
    url: Secret
    headers: Mapping[str, str] = attrs.field(repr=False)
    sockets: AiohttpSockets = attrs.field(repr=False)
    patience: Patience = attrs.field(repr=False)
    clock: Clock = attrs.field(repr=False)
    answers: Answers = attrs.field(repr=False)
    pay: Callable[[], Awaitable[None]] = attrs.field(repr=False)
    make_logon: Callable[[], Awaitable[SocketMessage]] | None = attrs.field(default=None, repr=False)
    _current: SocketConnection | None = attrs.field(default=None, init=False, repr=False)
    _opening: asyncio.Task[SocketConnection] | None = attrs.field(default=None, init=False, repr=False)
    _keepers: dict[SocketConnection, asyncio.Task[None]] = attrs.field(factory=dict, init=False, repr=False)
    _open: set[SocketConnection] = attrs.field(factory=set, init=False, repr=False)
    _tasks: set[asyncio.Task[Any]] = attrs.field(factory=set, init=False, repr=False)
    _is_closed: bool = attrs.field(default=False, init=False)
    #: answers without a request on connections that are gone
    _strays: int = attrs.field(default=0, init=False)

    def send(self, message: SocketMessage) -> Coroutine[Any, Any, HttpResponse]:
        """
        Send a request once and return its answer; the first one opens the connection.

        A session that the venue refuses to open is its answer, too: nothing of the request was sent then.

        Raises:
            NeverSent, CertificateRejected: there is no connection, and nothing was sent.
            AnswerLost: the request was sent, and has no answer.
        """
        connection = self._current
        return self._open_and_send(message) if connection is None else connection.ask(message)

    def distrust(self) -> None:
        """Send no further request on the present connection; those in flight keep it until they are answered."""
        connection, self._current = self._current, None
        if connection is not None:
            connection.retire()

    @property
    def strays(self) -> int:
        """How many answers came without a request."""
        return self._strays + sum(connection.strays for connection in self._open)

    async def aclose(self) -> None:
        """Close everything, however often this is cancelled: nothing of it waits for the network."""
        self._is_closed = True
        self._current = None
        await wait_for_closing(asyncio.ensure_future(self._close_all()))

    async def _close_all(self) -> None:
        working = (*self._tasks, *self._keepers.values())
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        for connection in tuple(self._open):
            await connection.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- opening

    async def _open_and_send(self, message: SocketMessage) -> HttpResponse:
        try:
            connection = await self._connect()
            return await connection.ask(message)
        except LogonRefused as refused:
            return refused.response
        finally:
            del message  # it holds key and signature, and no traceback of a failure shall show it

    async def _connect(self) -> SocketConnection:
        """Return the connection that all callers without one open together."""
        if self._is_closed:
            raise NeverSent("the account is closed")
        if self._opening is None:
            self._opening = self._begin(self._open_next())
        opening, task = self._opening, asyncio.current_task()
        try:
            return await asyncio.shield(opening)
        except OperationError as error:  # each caller gets one of its own
            raise copy(error) from None
        except asyncio.CancelledError:
            if opening.cancelled() and task is not None and not task.cancelling():
                raise NeverSent("the account was closed") from None
            raise

    async def _open_next(self) -> SocketConnection:
        try:
            connection = await self._open_connection()
        finally:
            self._opening = None
        self._current = connection
        return connection

    async def _open_connection(self) -> SocketConnection:
        """
        Make one attempt to open a connection that is ready for requests.

        Raises:
            LogonRefused: the venue opens no session.
            NeverSent, CertificateRejected: it cannot be reached, or could not be paid for.
        """
        await self.pay()
        try:
            socket = await self.sockets.open(self.url, self.headers, self.api.message_limit)
        except HandshakeRefused as refused:
            response = refused.response
            if response.status in _OF_THE_ADDRESS:
                raise LogonRefused(response) from None
            words = f"the venue answers the handshake with HTTP {response.status}: {words_of(response.body)}"
            raise NeverSent(words, status=response.status) from None
        connection = SocketConnection(self.api, socket, self.patience, self.clock.monotonic(), self._forget)
        self._open.add(connection)
        async with AsyncExitStack() as unless_ready:
            unless_ready.push_async_callback(connection.close)
            connection.start()
            if self.make_logon is not None:
                await self._log_on(connection, await self.make_logon())
            unless_ready.pop_all()
        self._keepers[connection] = asyncio.create_task(self._keep(connection), name="WebSocket API keeper")
        return connection

    async def _log_on(self, connection: SocketConnection, message: SocketMessage) -> None:
        failure: Exception
        try:
            response = await connection.log_on(message)
            if self.answers(response) is None:
                return
            failure = LogonRefused(response)
        except (OperationError, ValueError) as error:  # the request that it was opened for has not left
            failure = NeverSent(f"the session was not opened: {error}")
        finally:
            del message
        raise failure

    def _forget(self, connection: SocketConnection) -> None:
        """Close a connection that has ended."""
        if self._current is connection:
            self._current = None
        self._open.discard(connection)
        self._strays += connection.strays
        self._begin(connection.close())
        keeper = self._keepers.pop(connection, None)
        if keeper is not None:
            keeper.cancel()

    # -- keeping

    async def _keep(self, connection: SocketConnection) -> None:
        """Ask for signs of life, and replace the connection before the venue ends it."""
        life = self.api.connection_life
        replaced_at = None if life is None else connection.opened_at + life.total_seconds() * _REPLACED_AFTER
        while True:
            await self.clock.sleep(self.api.ping_every)
            if replaced_at is not None and self.clock.monotonic() >= replaced_at and connection is self._current:
                await self._replace(connection)
            signs = connection.signs
            await connection.ping()
            await self.clock.sleep(self.api.silence)
            if connection.signs == signs:
                connection.finish(f"no frame came within {self.api.silence:g} s of a ping")

    async def _replace(self, connection: SocketConnection) -> None:
        """Open the next connection, and let the present one end when its requests are answered."""
        try:
            following = await self._open_connection()
        except (LogonRefused, VenuekitError):
            return  # it is tried again before the end, and after it by the next request
        self._current = following
        connection.retire()

    def _begin(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)
        return task

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # its callers may have left

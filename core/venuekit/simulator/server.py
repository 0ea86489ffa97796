"""The server: real HTTP on loopback for any number of simulated venues, each under its own prefix."""

from __future__ import annotations

import asyncio
import socket
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping
from email.utils import format_datetime
from functools import partial
from typing import Any

from aiohttp import web

from venuekit._util.times import from_milliseconds
from venuekit.clock import Clock
from venuekit.errors import ConfigurationError
from venuekit.simulator.delivery import Deliveries
from venuekit.simulator.disturbances import ArrivalInPlay, Reply, Script, SwapPoint, together
from venuekit.simulator.message import Arrival, Response, SimRequest
from venuekit.simulator.service import Admission, Service
from venuekit.simulator.streams import SocketRequest, StreamConnection, StreamHub

_HOST = "127.0.0.1"


class Server:
    """
    Serves venues on one port of 127.0.0.1, each under ``/<its id>``.

    Every complete request is logged to ``arrivals`` before it is processed, then the ``script``'s disturbances for it
    are played. ``step_clock`` moves the clock of a venue by seconds. WebSocket connections belong to ``hub``, and not
    to that log.
    """

    def __init__(
        self,
        services: Mapping[str, Service],
        script: Script,
        *,
        clock: Clock,
        step_clock: Callable[[str, float], None],
        hub: StreamHub,
    ) -> None:
        self.arrivals: list[Arrival] = []
        self.port = 0
        self._services = services
        self._script = script
        self._clock = clock
        self._step_clock = step_clock
        self._hub = hub
        #: the tasks of the streams
        self._serving: set[asyncio.Task[object] | None] = set()
        hub.restart = self._restart
        self._runner: web.ServerRunner | None = None
        self._site: web.BaseSite | None = None
        self._background: set[asyncio.Task[object]] = set()
        self._busy: set[web.RequestHandler] = set()
        #: the tasks of requests that are being answered
        self._answering: set[asyncio.Task[object]] = set()
        self._deliveries = Deliveries(clock)
        self._swaps: defaultdict[str, SwapPoint] = defaultdict(SwapPoint)

    async def open(self, port: int = 0) -> None:
        """
        Start listening; port 0 takes a free one, which ``port`` then holds.

        Raises:
            ConfigurationError: the port is in use, or this process may not listen on it.
        """
        # an access log would hold every signature
        runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, _HOST, port)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            raise ConfigurationError(f"cannot listen on port {port} of {_HOST}: {error.strerror}") from error
        self._runner, self._site = runner, site
        self.port = runner.addresses[0][1]

    async def close(self) -> None:
        """Stop listening, break every connection, and drop the requests that were to be carried out later."""
        self._hub.close()
        self._break_streams()
        streams = tuple(task for task in self._serving if task is not None)
        background = tuple(self._background)
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        self._deliveries.close()
        runner, self._runner, self._site = self._runner, None, None
        if runner is not None:
            await runner.cleanup()
        await asyncio.gather(*streams, return_exceptions=True)
        answering = tuple(self._answering)
        for task in answering:  # of clients that are gone, which aiohttp does not know any more
            task.cancel()
        await asyncio.gather(*answering, return_exceptions=True)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        connection, task = request.protocol, asyncio.current_task()
        self._busy.add(connection)
        if task is not None:
            self._answering.add(task)
        try:
            return await self._answer(request)
        finally:
            self._busy.discard(connection)
            if task is not None:
                self._answering.discard(task)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        venue_id, path, query = _split(request.raw_path)
        service = self._services.get(venue_id)
        if service is None:
            serves = "\n".join(sorted(self._services))
            unknown = Response(404, f"no such venue here; there are\n{serves}\n".encode(), _TEXT)
            return await self._deliveries.deliver(request, Reply(unknown), _headers(self._clock.milliseconds()))
        arrived = SimRequest.of(request.method, path, query=query, body=body, headers=request.headers)
        self._hub.advance()
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._open_stream(service, request, arrived)
        arrival = service.arrival(arrived)
        self.arrivals.append(arrival)
        reply = await self._play(service, arrival)
        if reply.refuse_for:
            await self._refuse_connections(reply.refuse_for)
        if reply.response is not None and self._deliveries.can_answer(request.transport):
            arrival.status = reply.response.status
        return await self._deliveries.deliver(request, reply, _headers(service.now()))

    async def _open_stream(self, service: Service, request: web.BaseRequest, arrived: SimRequest) -> web.StreamResponse:
        opened = service.open_stream(arrived, self._clock, partial(self._carry_out, service))
        if isinstance(opened, Response):
            return await self._deliveries.deliver(request, Reply(opened), _headers(service.now()))
        connection, peer = opened
        task = asyncio.current_task()
        self._serving.update({task} if task else ())
        try:
            with self._hub.attach(connection, peer):
                return await connection.serve(request, peer)
        finally:
            self._serving.discard(task)

    def _carry_out(self, service: Service, connection: StreamConnection, sent: SocketRequest) -> None:
        """Carry out a request that came over a socket, and send its answers there."""
        self._hub.advance()
        arrival = service.arrival(sent.request)
        self.arrivals.append(arrival)
        self._in_background(self._answer_over(connection, service, arrival, sent))

    async def _answer_over(
        self, connection: StreamConnection, service: Service, arrival: Arrival, sent: SocketRequest
    ) -> None:
        reply = await self._play(service, arrival, sent)
        if reply.refuse_for:
            await self._refuse_connections(reply.refuse_for)
        if reply.response is None or reply.keep is not None:  # a part of a message never becomes one
            if not reply.is_silent:
                connection.break_off()
            return
        arrival.status = reply.response.status
        for unasked in reply.before:
            sent.answer(unasked)
        if reply.lead:
            await self._clock.sleep(reply.lead)
        for response in (reply.response, *reply.after):
            sent.answer(response)

    async def _play(self, service: Service, arrival: Arrival, sent: SocketRequest | None = None) -> Reply:
        venue_id = arrival.venue
        disturbances = self._script.take(venue_id, arrival.endpoint_name)
        arrival.disturbances = tuple(map(repr, disturbances))
        attempt = ArrivalInPlay(
            service.ledger_of_caller(arrival.request, sent) if disturbances else service.ledger,
            self._clock,
            swaps=self._swaps[venue_id],
            step_clock=lambda seconds: self._step_clock(venue_id, seconds),
        )

        async def carry_out() -> Reply:
            admission = service.admit(arrival.request, sent)
            if not isinstance(admission, Admission):
                arrival.applied = False
                return Reply(admission)
            if attempt.queued > 0:
                await self._clock.sleep(attempt.queued)
            outcome = service.apply(admission, attempt.seen, refusal=attempt.refusal, rechecks=attempt.rechecks)
            arrival.applied = outcome.applied
            return Reply(outcome.response)

        reply = await together(disturbances, attempt, carry_out)
        for work in attempt.later:
            self._in_background(work)
        if arrival.applied is None and not attempt.later:
            arrival.applied = False
        return reply

    def _in_background(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _restart(self, seconds: float) -> None:
        """Break all streams, and refuse connections for a time."""
        self._break_streams()
        if seconds > 0:
            self._in_background(self._refuse_connections(seconds))

    def _break_streams(self) -> None:
        for connection in self._hub.connections:
            connection.break_off()

    async def _refuse_connections(self, seconds: float) -> None:
        """Let the machine refuse connections to the port, close idle ones and break streams; the port is kept."""
        runner, site = self._runner, self._site
        if runner is None or runner.server is None or site is None:
            return  # closed, or it refuses them already
        self._site = None
        await site.stop()
        await asyncio.sleep(0)  # some event loops close their sockets one round later
        kept = _keep_port(self.port)
        self._break_streams()
        for connection in runner.server.connections:
            if connection in self._busy:
                connection.close()  # after its answer
            else:
                connection.force_close()
        self._in_background(self._listen_again(runner, kept, seconds))

    async def _listen_again(self, runner: web.ServerRunner, kept: socket.socket, seconds: float) -> None:
        try:
            await self._clock.sleep(seconds)
        except asyncio.CancelledError:
            kept.close()
            raise
        site = web.SockSite(runner, kept)
        await site.start()
        self._site = site


_TEXT = {"Content-Type": "text/plain; charset=utf-8"}


def _keep_port(port: int) -> socket.socket:
    """Return a socket that is bound and does not listen: nobody else takes the port, and connections are refused."""
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind((_HOST, port))
    return kept


def _headers(milliseconds: int) -> dict[str, str]:
    return {"Date": format_datetime(from_milliseconds(milliseconds), usegmt=True), "Server": "venuekit"}


def _split(target: str) -> tuple[str, str, str]:
    """Return venue id, path and query of a request target, path and query unchanged to the character."""
    path, _, query = target.partition("?")
    venue_id, slash, rest = path.removeprefix("/").partition("/")
    return venue_id, slash + rest, query

"""The server: real HTTP on loopback for any number of simulated venues, each under its own prefix."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Coroutine, Mapping
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from venuekit._util.times import from_milliseconds
from venuekit.clock import Clock
from venuekit.errors import ConfigurationError
from venuekit.simulator.disturbances import ArrivalInPlay, Reply, Script, together
from venuekit.simulator.message import Arrival, Response, SimRequest
from venuekit.simulator.service import Admission, Service

_HOST = "127.0.0.1"


class Server:
    """
    Serves venues on one port of 127.0.0.1, each under ``/<its id>``.

    Every complete request is logged to ``arrivals`` before it is processed, then the ``script``'s disturbances for it
    are played.
    """

    def __init__(
        self, services: Mapping[str, Service], script: Script, *, clock: Clock, now: Callable[[], int]
    ) -> None:
        self.arrivals: list[Arrival] = []
        self.port = 0
        self._services = services
        self._script = script
        self._clock = clock
        self._now = now
        self._runner: web.ServerRunner | None = None
        self._background: set[asyncio.Task[Reply]] = set()
        self._half_closed: weakref.WeakSet[asyncio.BaseTransport] = weakref.WeakSet()

    async def open(self, port: int = 0) -> None:
        """
        Start listening; port 0 takes a free one, which ``port`` then holds.

        Raises:
            ConfigurationError: the port is in use, or this process may not listen on it.
        """
        # an access log would hold every signature
        runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, _HOST, port).start()
        except OSError as error:
            await runner.cleanup()
            raise ConfigurationError(f"cannot listen on port {port} of {_HOST}: {error.strerror}") from error
        self._runner = runner
        self.port = runner.addresses[0][1]

    async def close(self) -> None:
        """Stop listening, break every connection, and drop the requests that were to be carried out later."""
        background = tuple(self._background)
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        venue_id, path, query = _split(request.raw_path)
        service = self._services.get(venue_id)
        if service is None:
            serves = "\n".join(sorted(self._services))
            return self._message(Response(404, f"no such venue here; there are\n{serves}\n".encode(), _TEXT))
        arrived = SimRequest.of(request.method, path, query=query, body=body, headers=request.headers)
        arrival = service.arrival(arrived)
        self.arrivals.append(arrival)
        reply = await self._play(service, arrival)
        transport = request.transport
        if reply.response is None or transport is None or transport in self._half_closed:
            return _hang_up(transport)
        arrival.status = reply.response.status
        return await self._send(request, transport, reply.response, reply)

    async def _play(self, service: Service, arrival: Arrival) -> Reply:
        attempt = ArrivalInPlay(service.ledger, self._clock)
        disturbances = self._script.take(arrival.venue, arrival.endpoint_name)
        arrival.disturbances = tuple(map(repr, disturbances))

        async def carry_out() -> Reply:
            admission = service.admit(arrival.request)
            if not isinstance(admission, Admission):
                arrival.applied = False
                return Reply(admission)
            if attempt.queued > 0:
                await self._clock.sleep(attempt.queued)
            outcome = service.apply(admission, attempt.seen)
            arrival.applied = outcome.applied
            return Reply(outcome.response)

        reply = await together(disturbances, attempt, carry_out)
        for work in attempt.later:
            self._in_background(work)
        if arrival.applied is None and not attempt.later:
            arrival.applied = False
        return reply

    def _in_background(self, work: Coroutine[Any, Any, Reply]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _send(
        self, request: web.BaseRequest, transport: asyncio.Transport, response: Response, reply: Reply
    ) -> web.StreamResponse:
        if reply.keep is not None:
            return await self._break_off(request, transport, response, reply.keep)
        for unasked in reply.before:
            transport.write(self._raw(unasked))
        if reply.lead:
            await self._clock.sleep(reply.lead)
        message = self._message(response)
        if reply.half_close or reply.after:
            await message.prepare(request)
            await message.write_eof()
        for unasked in reply.after:
            transport.write(self._raw(unasked))
        if reply.half_close:
            transport.write_eof()
            self._half_closed.add(transport)
        return message

    def _raw(self, response: Response) -> bytes:
        headers = {**self._headers(response), "Content-Length": str(len(response.body))}
        lines = [f"HTTP/1.1 {response.status} Unasked", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + response.body

    async def _break_off(
        self, request: web.BaseRequest, transport: asyncio.Transport, response: Response, keep: int
    ) -> web.StreamResponse:
        message = web.StreamResponse(status=response.status, headers=self._headers(response))
        message.content_length = len(response.body)
        await message.prepare(request)
        await message.write(response.body[:keep])
        transport.close()
        return message

    def _message(self, response: Response) -> web.Response:
        return web.Response(status=response.status, body=response.body, headers=self._headers(response))

    def _headers(self, response: Response) -> dict[str, str]:
        date = format_datetime(from_milliseconds(self._now()), usegmt=True)
        return {"Date": date, "Server": "venuekit", **response.headers}


_TEXT = {"Content-Type": "text/plain; charset=utf-8"}


def _split(target: str) -> tuple[str, str, str]:
    """Return venue id, path and query of a request target, path and query unchanged to the character."""
    path, _, query = target.partition("?")
    venue_id, slash, rest = path.removeprefix("/").partition("/")
    return venue_id, slash + rest, query


def _hang_up(transport: asyncio.BaseTransport | None) -> web.StreamResponse:
    """Close the connection; the returned answer is required by aiohttp and is never written."""
    if transport is not None:
        transport.close()
    return web.Response()

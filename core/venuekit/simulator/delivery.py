"""Deliveries: replies on their way to the client's connection, also those that no server would send."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Mapping

import attrs
from aiohttp import web

from venuekit.clock import Clock
from venuekit.simulator.disturbances import Reply
from venuekit.simulator.message import Response


class _Silent(asyncio.Protocol):
    """A connection that is open and never answers, until its client gives up or the server closes."""

    def __init__(self, open_ones: set[asyncio.BaseTransport], transport: asyncio.BaseTransport) -> None:
        self._open = open_ones
        self._transport = transport
        open_ones.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._open.discard(self._transport)


@attrs.define
class Deliveries:
    """Delivers replies on the connections of a server, and closes those that are silent."""

    _clock: Clock
    _half_closed: weakref.WeakSet[asyncio.BaseTransport] = attrs.field(factory=weakref.WeakSet, init=False)
    _silent: set[asyncio.BaseTransport] = attrs.field(factory=set, init=False)

    def close(self) -> None:
        """Close the connections that are open and never answer."""
        for transport in tuple(self._silent):
            transport.close()

    def can_answer(self, transport: asyncio.BaseTransport | None) -> bool:
        """Return whether a connection takes an answer: it is there, and its sending half is open."""
        return transport is not None and transport not in self._half_closed

    async def deliver(self, request: web.BaseRequest, reply: Reply, headers: Mapping[str, str]) -> web.StreamResponse:
        """Deliver a reply; ``headers`` go with each of its responses. Returns the answer that aiohttp asks for."""
        transport = request.transport
        if transport is None or reply.response is None or not self.can_answer(transport):
            return self._fall_silent(request) if reply.is_silent else _hang_up(transport)
        try:
            return await self._send(request, transport, _with_headers(reply.response, headers), reply, headers)
        except ConnectionError:  # the client did not wait for all of it
            return _hang_up(transport)

    async def _send(
        self,
        request: web.BaseRequest,
        transport: asyncio.Transport,
        response: Response,
        reply: Reply,
        headers: Mapping[str, str],
    ) -> web.StreamResponse:
        if reply.keep is not None:
            return await _break_off(request, transport, response, reply.keep)
        for unasked in reply.before:
            transport.write(_raw(_with_headers(unasked, headers)))
        if reply.lead:
            await self._clock.sleep(reply.lead)
        if reply.drip:
            message = await self._drip(request, response, *reply.drip)
        else:
            message = web.Response(status=response.status, body=response.body, headers=response.headers)
        if reply.half_close or reply.after:
            await message.prepare(request)
            await message.write_eof()
        for unasked in reply.after:
            transport.write(_raw(_with_headers(unasked, headers)))
        if reply.half_close:
            transport.write_eof()
            self._half_closed.add(transport)
        return message

    async def _drip(self, request: web.BaseRequest, response: Response, size: int, every: float) -> web.StreamResponse:
        message = _begin(response)
        await message.prepare(request)
        for start in range(0, len(response.body), size):
            await message.write(response.body[start : start + size])
            await self._clock.sleep(every)
        return message

    def _fall_silent(self, request: web.BaseRequest) -> web.StreamResponse:
        """Take the connection from aiohttp, which then has no place to answer, and leave it open."""
        connection, transport = request.protocol, request.transport
        if transport is not None:
            transport.set_protocol(_Silent(self._silent, transport))
            connection.transport = None  # or it would close it
            connection.connection_lost(None)
        return web.Response()


def _with_headers(response: Response, headers: Mapping[str, str]) -> Response:
    return attrs.evolve(response, headers={**headers, **response.headers})


def _raw(response: Response) -> bytes:
    headers = {**response.headers, "Content-Length": str(len(response.body))}
    lines = [f"HTTP/1.1 {response.status} Unasked", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + response.body


def _begin(response: Response) -> web.StreamResponse:
    """Return an answer whose body is written by hand, of the length that it promises."""
    message = web.StreamResponse(status=response.status, headers=response.headers)
    message.content_length = len(response.body)
    return message


async def _break_off(
    request: web.BaseRequest, transport: asyncio.Transport, response: Response, keep: int
) -> web.StreamResponse:
    message = _begin(response)
    await message.prepare(request)
    await message.write(response.body[:keep])
    transport.close()
    return message


def _hang_up(transport: asyncio.BaseTransport | None) -> web.StreamResponse:
    """Close the connection; the returned answer is required by aiohttp and is never written."""
    if transport is not None:
        transport.close()
    return web.Response()

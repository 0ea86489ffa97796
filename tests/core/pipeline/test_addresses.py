"""Addresses: what a request is sent to is exactly what stands in its URL."""

from __future__ import annotations

import pytest
from aiohttp import web

from venuekit.message import HttpRequest
from venuekit.pipeline import connection
from venuekit.pipeline.connection import Origins
from venuekit.pipeline.transport import AiohttpTransport


async def test_an_address_in_brackets_is_reached() -> None:
    """IPv6 on this machine answers: ``http://[::1]:PORT``."""

    async def hello(request: web.Request) -> web.Response:
        return web.Response(text=request.headers["Host"] + request.rel_url.raw_path_qs)

    application = web.Application()
    application.router.add_get("/{rest:.*}", hello)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "::1", 0).start()
    port = runner.addresses[0][1]
    transport = AiohttpTransport()
    try:
        answer = await transport.send(HttpRequest("GET", f"http://[::1]:{port}/x%2Cy?a=1", {}))
    finally:
        await transport.aclose()
        await runner.cleanup()

    assert answer.body.decode() == f"[::1]:{port}/x%2Cy?a=1"


async def test_more_addresses_and_headers_than_are_remembered_are_sent_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is forgotten is taken apart anew: every request has the bytes that it would have as the first one."""
    monkeypatch.setattr(connection, "_REMEMBERED", 2)
    origins = Origins(None)
    for number in (0, 1, 2, 3, 0, 3):
        request = HttpRequest("GET", f"http://venue.invalid/{number}?a=1", {f"X-{number}": "b"})
        origin, data = origins.encode(request)
        assert (origin.key, data) == (Origins(None).encode(request)[0].key, Origins(None).encode(request)[1])
        assert data.startswith(f"GET /{number}?a=1 HTTP/1.1\r\nHost: venue.invalid\r\n".encode())
        assert data.endswith(f"\r\nX-{number}: b\r\n\r\n".encode())
        assert len(origins._addresses) <= 2

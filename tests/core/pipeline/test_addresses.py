"""Addresses: what a request is sent to is exactly what stands in its URL."""

from __future__ import annotations

from aiohttp import web

from venuekit.message import HttpRequest
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

"""Venues are reached through the proxy that a user names, and through no other; its password is nowhere to be seen."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp.connector
import attrs
import pytest
from tests.core.pipeline.raw_server import ANSWER, Peer, raw_server
from tests.core.pipeline.tls_peer import HOST, client_context, server_context

import venuekit
from venuekit import Runtime, errors
from venuekit.errors import CertificateRejected, ConfigurationError, NeverSent
from venuekit.message import HttpRequest
from venuekit.pipeline import Proxy
from venuekit.pipeline.proxy import proxy_of
from venuekit.pipeline.transport import AiohttpTransport
from venuekit.plugins import make_plugins
from venuekit.testing import plugins_with

PASSWORD = "pa55/word:Of=proxy"
OTHERS = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the proxies that the tests themselves run behind."""
    for name in (*OTHERS, "VENUEKIT_PROXY"):
        monkeypatch.delenv(name, raising=False)


@attrs.define(eq=False)
class Tunnels:
    """A proxy: what it was asked for, and where it leads to instead."""

    port: int = 0
    heads: list[bytes] = attrs.field(factory=list, repr=False)
    refusal: bytes = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def proxy(venue_port: int) -> AsyncIterator[Tunnels]:
    """Serve CONNECT on this machine; every tunnel ends at one port of it."""
    tunnels = Tunnels()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def serve(peer: Peer, _: int) -> None:
        tunnels.heads.append(await peer.request())
        if tunnels.refusal:
            await peer.write(tunnels.refusal)
            return
        reader, writer = await asyncio.open_connection("127.0.0.1", venue_port)
        await peer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await asyncio.gather(copy(peer.reader, writer), copy(reader, peer.writer))
        finally:
            writer.close()

    async with raw_server(serve) as server:
        tunnels.port = server.port
        yield tunnels


@asynccontextmanager
async def venue(directory: Path) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Serve ``https://venue.invalid`` on some port."""
    arrived: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                arrived.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_context(directory))
    try:
        yield server.sockets[0].getsockname()[1], arrived
    finally:
        server.close()


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The transport trusts the test's own certificate."""
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", client_context())


@pytest.mark.parametrize("with_password", [False, True])
@pytest.mark.usefixtures("trusted")
async def test_requests_are_tunnelled(tmp_path: Path, with_password: bool) -> None:
    """The proxy sees host and port, and the request goes to the venue, encrypted, on one connection."""
    async with venue(tmp_path) as (port, arrived), proxy(port) as tunnels:
        url = tunnels.url.replace("//", "//me:pa55%2Fword%3AOf=proxy@") if with_password else tunnels.url
        transport = AiohttpTransport(proxy=Proxy.parse(url))
        for _ in range(3):
            response = await transport.send(HttpRequest("POST", f"https://{HOST}/a?signature=x", {"X-Key": "k"}))
            assert response.body == b"{}"
        await transport.aclose()

    [head] = tunnels.heads
    assert head.startswith(f"CONNECT {HOST}:443 HTTP/1.1\r\n".encode())
    authorization = b"Proxy-Authorization: Basic " + base64.b64encode(f"me:{PASSWORD}".encode())
    assert (authorization in head) is with_password
    assert b"X-Key" not in head
    assert len(arrived) == 3
    assert b"Proxy-Authorization" not in b"".join(arrived)
    assert transport.strays == 0


async def test_the_venue_behind_a_proxy_has_to_prove_who_it_is(tmp_path: Path) -> None:
    """A certificate that nobody vouches for is refused within the tunnel as it is without one."""
    async with venue(tmp_path) as (port, arrived), proxy(port) as tunnels:
        transport = AiohttpTransport(proxy=Proxy.parse(tunnels.url))
        with pytest.raises(CertificateRejected):
            await transport.send(HttpRequest("POST", f"https://{HOST}/a", {}))
        await transport.aclose()
    assert arrived == []


@pytest.mark.parametrize(
    "refusal", [b"HTTP/1.1 407 Who are you?\r\nContent-Length: 0\r\n\r\n", b"SSH-2.0-x\r\n", b"HTTP/1.1 2"]
)
async def test_a_proxy_that_refuses_means_that_nothing_was_sent(refusal: bytes) -> None:
    """Whatever the proxy says instead of opening a tunnel, the request did not leave."""
    async with proxy(1) as tunnels:
        tunnels.refusal = refusal
        transport = AiohttpTransport(proxy=Proxy.parse(tunnels.url.replace("//", "//me:secretword@")))
        with pytest.raises(NeverSent) as caught:
            await transport.send(HttpRequest("POST", f"https://{HOST}/a?signature=x", {}))
        await transport.aclose()
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "secretword" not in shown
    assert base64.b64encode(b"me:secretword").decode() not in shown


async def test_a_venue_without_tls_is_asked_for_by_its_whole_address() -> None:
    """A proxy that opens no tunnel is given the venue's address and the password with every request."""
    arrived: list[bytes] = []

    async def relay(peer: Peer, _: int) -> None:
        while True:
            arrived.append(await peer.request())
            await peer.write(ANSWER)

    async with raw_server(relay) as server:
        transport = AiohttpTransport(proxy=Proxy.parse(server.url.replace("//", "//me:secretword@")))
        for _ in range(2):
            assert (await transport.send(HttpRequest("GET", f"http://{HOST}/a?b=1", {"X-Key": "k"}))).body == b"{}"
        await transport.aclose()
        assert len(server.peers) == 1

    authorization = b"Proxy-Authorization: Basic " + base64.b64encode(b"me:secretword")
    for request in arrived:
        assert request.startswith(f"GET http://{HOST}/a?b=1 HTTP/1.1\r\nHost: {HOST}\r\n".encode())
        assert request.count(authorization) == 1


async def test_a_proxy_that_is_not_there_means_that_nothing_was_sent() -> None:
    """Nobody listens at the proxy's address."""
    transport = AiohttpTransport(proxy=Proxy.parse("http://127.0.0.1:1"))
    with pytest.raises(NeverSent, match=r"127\.0\.0\.1"):
        await transport.send(HttpRequest("POST", f"https://{HOST}/a", {}))
    await transport.aclose()


WRONG = (
    "proxy",
    "proxy:3128",
    "socks5://h:1",
    "http://",
    "http://h:99999",
    "http://h:0",
    "http://h/x",
    "http://h?x=1",
    "http://[::1",
    "http://me:secretword@",
    "ftp://me:secretword@h:1",
    "http://me:secretword@h h:1",
)


@pytest.mark.parametrize(
    ("by", "wrong"), [("proxy", ""), *((by, one) for by in ("proxy", "VENUEKIT_PROXY") for one in WRONG)]
)
def test_what_is_no_proxy_is_refused_and_not_repeated(by: str, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL that names no proxy is an error of configuration that shows no password, nor do its frames."""
    monkeypatch.setenv("VENUEKIT_PROXY", wrong if by == "VENUEKIT_PROXY" else "")
    with pytest.raises(ConfigurationError, match=f"{by}: expected") as caught:
        Runtime() if by == "VENUEKIT_PROXY" else Runtime(proxy=wrong)
    assert caught.value.__traceback__ is not None
    ours = caught.value.__traceback__.tb_next  # the test's own frame knows it
    shown = "".join(traceback.TracebackException(ConfigurationError, caught.value, ours, capture_locals=True).format())
    assert "Secret(***)" in shown
    assert "secretword" not in shown


def test_the_argument_goes_before_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that is given is taken, else the variable's, else none; others of the environment never."""
    for name in OTHERS:
        monkeypatch.setenv(name, "http://other:1")
    assert proxy_of(None) is None
    monkeypatch.setenv("VENUEKIT_PROXY", " http://[::1]:3128/ ")
    assert proxy_of(None) == Proxy("http://[::1]:3128")
    given = proxy_of("https://me:secretword@host")
    assert given is not None
    assert (given.url, "secretword" in f"{given!r} {given}") == ("https://host", False)


async def test_this_machine_is_reached_without_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulator is never asked through a proxy, and everything else is."""
    asked: list[tuple[str, Proxy | None]] = []

    class Hook:
        @venuekit.hooks.hookimpl
        def venuekit_make_transport(self, environment: Any, proxy: Proxy | None) -> Any:
            asked.append((environment.name, proxy))
            return None

    monkeypatch.setenv("VENUEKIT_PROXY", "http://127.0.0.1:1")
    found = make_plugins().venue("toy_perp")
    async with (
        venuekit.simulate("toy_perp") as sim,
        Runtime(plugins=plugins_with(Hook()), journal=False) as runtime,
    ):
        await runtime.open(found, sim.credentials("toy_perp"))
        with pytest.raises(errors.TransportError):
            await runtime.open(found, venuekit.Credentials("key", "secret", "live"))

    assert asked == [("sim", None), ("live", Proxy("http://127.0.0.1:1"))]


@pytest.mark.parametrize("name", OTHERS)
async def test_a_proxy_that_is_not_used_is_told_where_nothing_could_be_sent(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has a proxy for other programs hears why there is no connection, and what to do; its address stays out."""

    async def no_name(*_: object, **__: object) -> Any:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(aiohttp.DefaultResolver, "resolve", no_name)
    monkeypatch.setenv(name, "http://me:secretword@proxy:1")
    transport = AiohttpTransport()
    with pytest.raises(NeverSent, match=rf"{name} .*not used.*VENUEKIT_PROXY.*Runtime\(proxy=") as caught:
        await transport.send(HttpRequest("GET", f"https://{HOST}/a", {}))
    await transport.aclose()
    assert "secretword" not in str(caught.value)


def test_the_certificate_of_these_tests_secures_nothing() -> None:
    """Nobody trusts it but these tests."""
    assert client_context().verify_mode is ssl.CERT_REQUIRED

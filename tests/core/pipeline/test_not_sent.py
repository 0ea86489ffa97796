"""What fails before the first byte is told as not sent, by the transport and to the caller."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import aiohttp
import attrs
import pytest
from tests.core.pipeline.raw_server import Peer, answer, raw_server

import venuekit
from venuekit import Secret, errors
from venuekit.errors import AnswerLost, NeverSent, Outcome
from venuekit.hooks import hookimpl
from venuekit.message import HttpRequest
from venuekit.pipeline.nonces import Nonces
from venuekit.pipeline.transport import AiohttpTransport
from venuekit.plugin import NonceRule
from venuekit.testing import FakeTransport, plugins_with
from venuekit_toy_perp.endpoints import TOY


async def silence(peer: Peer, _: int) -> None:
    await peer.request()
    await asyncio.sleep(3600)


@pytest.mark.parametrize("body", [None, b"{}"])
@pytest.mark.parametrize(
    "headers",
    [{"X-Key": "a\nb"}, {"X-Key": "a\r\nX-Other: b"}, {"X-Key": None}],
)
async def test_headers_that_cannot_be_written_are_not_sent(headers: dict[str, Any], body: bytes | None) -> None:
    """A header that HTTP has no bytes for ends before the first byte, with a body and without."""
    arrived: list[bytes] = []

    async def note(peer: Peer, _: int) -> None:
        arrived.append(await peer.request())
        await peer.write(answer(b"{}"))

    async with raw_server(note) as server:
        transport = AiohttpTransport()
        with pytest.raises(NeverSent):
            await transport.send(HttpRequest("POST", f"{server.url}/a", headers, body))
        await transport.send(HttpRequest("GET", f"{server.url}/b", {}))
        await transport.aclose()
    assert [request.split(b" HTTP")[0] for request in arrived] == [b"GET /b"]


@pytest.mark.parametrize("verb", ["GET /other HTTP/1.1\r\nX-Other: b\r\n\r\nGET", "G ET", "GET\0"])
async def test_a_verb_that_is_no_word_is_not_sent(verb: str) -> None:
    """A verb with a space, a line break or another control character begins no second request."""
    transport = AiohttpTransport()
    async with raw_server(silence) as server:
        with pytest.raises(NeverSent):
            await transport.send(HttpRequest(verb, f"{server.url}/a", {}))
        assert server.peers == []
    await transport.aclose()


async def test_a_closed_transport_sends_nothing() -> None:
    """A transport that was closed says that nothing was sent."""
    transport = AiohttpTransport()
    await transport.aclose()
    with pytest.raises(NeverSent, match="closed"):
        await transport.send(HttpRequest("POST", "http://127.0.0.1:9/a", {}))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/a", "nonsense://x/y", "http:///a", "http://no.such.host.invalid/a"]
)
async def test_what_cannot_be_reached_was_sent_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens, no such host, no such scheme: not one byte left."""

    async def no_name(*_: object, **__: object) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", no_name)
    monkeypatch.setattr(aiohttp.DefaultResolver, "resolve", no_name, raising=False)
    transport = AiohttpTransport()
    with pytest.raises(NeverSent):
        await transport.send(HttpRequest("POST", url, {}))
    await transport.aclose()


async def test_patience_that_ends_before_there_is_a_connection_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the time is up while the connection is still being made, nothing left; afterwards nobody knows."""
    from venuekit.pipeline.connection import Connector

    transport = AiohttpTransport(timeout=0.0)
    async with raw_server(silence) as server:
        with pytest.raises(AnswerLost, match="no answer within"):
            await transport.send(HttpRequest("POST", f"{server.url}/a", {}))

        async def never(*_: object) -> Any:
            await asyncio.sleep(3600)

        monkeypatch.setattr(Connector, "_create_connection", never)
        with pytest.raises(NeverSent, match="no connection within"):
            await transport.send(HttpRequest("POST", f"{server.url}/a", {}))
    await transport.aclose()


async def test_other_trouble_after_the_first_byte_is_a_lost_answer() -> None:
    """From the first byte on nobody knows: cut off, reset, no HTTP."""
    wild = (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", b"\x16\x03\x01", b"SSH-2.0-x\r\n")

    async def odd(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.write(wild[number - 1])

    transport = AiohttpTransport()
    async with raw_server(odd) as server:
        for _ in wild:
            with pytest.raises(AnswerLost):
                await transport.send(HttpRequest("POST", f"{server.url}/a", {}, b"{}"))
    await transport.aclose()


class _Failing:
    """A signer that fails from its second signature on."""

    fails = False

    async def sign(self, payload: bytes) -> bytes:
        if self.fails:
            raise RuntimeError(f"the token was pulled out while it signed {payload!r}")
        return b"ab"

    @hookimpl
    def venuekit_make_signer(self, venue: Any, credentials: Any) -> Any:
        return self


@pytest.mark.looptime
async def test_a_signer_that_fails_sent_nothing(stage: Any) -> None:
    """A signature that cannot be made is no doubt about the write."""
    failing = _Failing()
    failing.fails = True
    async with venuekit.Runtime(clock=stage.clock, journal=False, plugins=plugins_with(failing)) as runtime:
        account = await runtime.open(stage.account.venue, stage.sim.credentials("toy_perp"))
        with pytest.raises(NeverSent, match="pulled out") as caught:
            await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    assert Outcome.NOT_SENT is caught.value.outcome
    assert [] == stage.arrivals("PUT", "/v1/leverage")


@pytest.mark.parametrize("key", ["a\n", "\na", "a\r\nb", "a\tb", " a", "a ", "a\0", "ключ", "a\x7f", "", "a b"])
def test_a_key_that_no_header_can_carry_is_refused(key: str) -> None:
    """A key with line breaks, blanks, control characters or other scripts is refused, and not repeated."""
    with pytest.raises(errors.CredentialsError, match="key") as caught:
        venuekit.Credentials.sim("http://127.0.0.1:9/x", key, "secret")
    assert not key.strip() or key.strip() not in str(caught.value).split()


@pytest.mark.parametrize("secret", ["s\n", " s", "s\r", "a\nb", "a\0b", ""])
def test_a_secret_with_line_breaks_or_blanks_around_it_is_refused(secret: str) -> None:
    """A secret signs what nobody accepts when it was copied with its line end; that is told before."""
    with pytest.raises(errors.CredentialsError, match="secret"):
        venuekit.Credentials.sim("http://127.0.0.1:9/x", "key", Secret(secret))


def test_a_private_key_keeps_its_lines() -> None:
    """PEM is made of lines, and ends with one."""
    text = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n"
    assert venuekit.Credentials.sim("http://127.0.0.1:9/x", "key", text).secret.reveal() == text


async def test_an_answer_is_read_while_the_headers_stay_case_blind() -> None:
    """Headers are looked up whatever their case."""

    async def serve(peer: Peer, _: int) -> None:
        await peer.request()
        await peer.write(answer(b"{}", "x-used: 7"))

    transport = AiohttpTransport()
    async with raw_server(serve) as server:
        response = await transport.send(HttpRequest("GET", f"{server.url}/a", {}))
    assert response.headers.get("X-USED") == "7"
    await transport.aclose()


@pytest.mark.looptime
async def test_a_certificate_that_is_refused_sends_a_setting_nowhere(stage: Any) -> None:
    """A venue that cannot prove who it is gets neither the write nor a second attempt."""

    def refuse(_: object) -> Any:
        raise errors.CertificateRejected("the certificate of another host")

    transport, session = FakeTransport(refuse), stage.account._session
    session.wire = attrs.evolve(session.wire, transport=transport)

    with pytest.raises(errors.CertificateRejected, match="another host") as caught:
        await stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    assert caught.value.outcome is Outcome.NOT_SENT
    assert len(transport.requests) == 1


@pytest.mark.looptime
async def test_a_transport_that_fails_by_an_unknown_error_may_have_sent_it(stage: Any) -> None:
    """The answer of a setting is lost as far as anybody can know; the error names the transport's own."""

    def fail(_: object) -> Any:
        raise RuntimeError("the pool of a stranger is broken")

    session = stage.account._session
    session.wire = attrs.evolve(session.wire, transport=FakeTransport(fail))

    with pytest.raises(errors.OutcomeUnknown, match="RuntimeError: the pool of a stranger is broken"):
        await stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)


@pytest.mark.looptime
async def test_a_signer_that_names_the_mistake_is_told_in_its_own_words(stage: Any) -> None:
    """An error of ours about credentials reaches the caller as it is."""

    class Locked:
        async def sign(self, payload: bytes) -> bytes:
            raise errors.CredentialsError("the vault is locked: unlock it")

        @hookimpl
        def venuekit_make_signer(self, venue: Any, credentials: Any) -> Any:
            return self

    async with venuekit.Runtime(clock=stage.clock, journal=False, plugins=plugins_with(Locked())) as runtime:
        account = await runtime.open(stage.account.venue, stage.sim.credentials("toy_perp"))
        with pytest.raises(errors.CredentialsError, match="the vault is locked: unlock it"):
            await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    assert [] == stage.arrivals("PUT", "/v1/leverage")


class _Numberless(NonceRule):
    """A rule that makes no number."""

    def number_at(self, milliseconds: int) -> int:
        raise ZeroDivisionError(f"no numbers at {milliseconds}")


@pytest.mark.looptime
async def test_a_number_that_cannot_be_made_sends_nothing(stage: Any) -> None:
    """A rule of nonces that fails is named, and says nothing of the write but that it was not sent."""
    session = stage.account._session
    session.nonces, session.has_state = Nonces(_Numberless(1000), "key", stage.clock), True

    with pytest.raises(NeverSent, match=r"could not be signed: .*no numbers at") as caught:
        await stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    assert Outcome.NOT_SENT is caught.value.outcome
    assert [] == stage.arrivals("PUT", "/v1/leverage")

"""The wire over a WebSocket API: messages that are signed or logged on, and failures that hold nothing of them."""

from __future__ import annotations

import asyncio
import copy
import pickle
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest
from tests.core.pipeline.socket_form import API, FORM, Server, serving

from venuekit.clock import VenueClock
from venuekit.credentials import Secret
from venuekit.endpoint import Security
from venuekit.errors import NeverSent, VenuekitError
from venuekit.message import HttpRequest, HttpResponse
from venuekit.pipeline.patience import Patience
from venuekit.pipeline.socket_link import SocketLink
from venuekit.pipeline.socket_wire import SignedMessage, SocketWire, logs_on, sign_logon
from venuekit.pipeline.sockets import AiohttpSockets
from venuekit.pipeline.wire import RestWire
from venuekit.signing import EncodedRequest, SigningScheme, Stamp
from venuekit.socket_declaration import SocketCall, SocketLogon
from venuekit.testing.clocks import LoopClock

KEY, SECRET = "the key of nobody", "a signature of nobody"
CALL = SocketCall("order.place", {"symbol": "BTCUSDT"}, Security.SIGNED)
LOGON = SocketLogon(
    message=lambda stamp: {"method": "logon", "key": stamp.key},
    payload=FORM.payload,
    attach_signature=FORM.attach_signature,
)


class _Scheme(SigningScheme):
    def payload(self, request: EncodedRequest, stamp: Stamp, /) -> bytes:
        return b""

    def attach_signature(
        self, request: EncodedRequest, stamp: Stamp, payload: bytes, signature: bytes, /
    ) -> HttpRequest:
        return request.with_headers({})

    def without_signature(self, request: EncodedRequest, stamp: Stamp | None, /) -> HttpRequest:
        return request.with_headers({})


@attrs.define(eq=False)
class _Transport:
    strays: int = 3
    eras: int = 0

    async def send(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(200, {}, request.url.encode())

    def distrust(self) -> None:
        self.eras += 1

    async def aclose(self) -> None:
        """Close nothing."""


@attrs.frozen
class _Signer:
    make: Callable[[bytes], Any] = lambda payload: SECRET.encode()

    async def sign(self, payload: bytes) -> bytes:
        signature: bytes = self.make(payload)
        return signature


def _raise(error: BaseException) -> Callable[[bytes], Any]:
    def make(payload: bytes) -> Any:
        raise error

    return make


async def _pay_nothing() -> None:
    pass


@asynccontextmanager
async def wired(
    server: Server, signer: _Signer | None = None, **details: Any
) -> AsyncIterator[tuple[SocketWire, _Transport]]:
    """Give a wire to a server, over a transport that repeats the URL."""
    transport, sockets, patience = _Transport(), AiohttpSockets(), Patience(5)
    async with serving(server) as url:
        link = SocketLink(API, url, {}, sockets, patience, LoopClock(), lambda _: None, _pay_nothing)
        rest = RestWire("http://venue", _Scheme(), transport, Secret(KEY), signer or _Signer())
        wire = SocketWire(rest, API, link, **details)
        try:
            yield wire, transport
        finally:
            await wire.aclose()
            patience.close()
            await sockets.aclose()


async def test_a_call_is_signed_and_sent_over_the_socket() -> None:
    """Its message carries key, time and signature, and its answer is that of its id."""
    server = Server()
    async with wired(server) as (wire, _):
        request = await wire.sign(CALL, Security.SIGNED, 1_700_000_000_000, 5000)
        asking = asyncio.ensure_future(wire.send(request))
        message = await server.receive()
        await server.answer(message, {"done": True})

        assert (await asking).body == b'{"done": true}'
        assert message["params"] == {"symbol": "BTCUSDT", "key": KEY, "timestamp": 1_700_000_000_000}
        assert message["signature"] == SECRET.encode().hex()


async def test_what_needs_no_signature_has_none() -> None:
    """A call that is not signed, and every call of a session that is logged on."""
    async with wired(Server()) as (wire, _):
        unsigned = await wire.sign(CALL, Security.KEY, 1, 5000)
        logged_on = await attrs.evolve(wire, is_logged_on=True).sign(CALL, Security.SIGNED, 1, 5000)

    for request in (unsigned, logged_on):
        assert isinstance(request, SignedMessage)
        assert "signature" not in request.message
    assert isinstance(logged_on, SignedMessage)
    assert "key" not in logged_on.message["params"]


async def test_everything_else_goes_over_http() -> None:
    """The account's key, signer and transport are those of both ways."""
    async with wired(Server()) as (wire, transport):
        encoded = EncodedRequest("GET", "http://venue", "/time", "", None)
        request = await wire.sign(encoded, Security.NONE, 1, 5000)
        response = await wire.send(request)
        wire.distrust()

        assert response.body == b"http://venue/time"
        assert (wire.strays, transport.eras) == (3, 1)
        assert (wire.key.reveal(), wire.fields, wire.texts()) == (KEY, {}, {})
        assert wire.signer is wire.rest.signer


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (_raise(ValueError(SECRET)), NeverSent, "could not be signed: ValueError"),
        (_raise(NeverSent("the signer is away")), NeverSent, "the signer is away"),
        (_raise(asyncio.CancelledError()), asyncio.CancelledError, None),
        (_raise(KeyboardInterrupt()), KeyboardInterrupt, None),
        (lambda payload: "a text", NeverSent, r"the signer returned str; sign\(\) returns bytes"),
    ],
)
async def test_a_signer_that_fails_sends_nothing(
    make: Callable[[bytes], Any], kind: type[BaseException], words: str | None
) -> None:
    """Neither a request nor a logon leaves, and no frame of the traceback holds the message."""
    async with wired(Server(), _Signer(make)) as (wire, _):
        with pytest.raises(kind, match=words) as of_request:
            await wire.sign(CALL, Security.SIGNED, 1, 5000)
        with pytest.raises(kind, match=words) as of_logon:
            await sign_logon(LOGON, wire.rest, VenueClock(LoopClock()), 5000)

    for caught in (of_request, of_logon):
        if isinstance(caught.value, VenuekitError):
            shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
            inner = [
                line
                for frame in shown.stack
                if "venuekit/pipeline" in frame.filename
                for line in (frame.locals or {}).values()
            ]
            assert inner
            assert not any(KEY in line for line in inner)


async def test_a_logon_is_signed() -> None:
    """Its message carries what the declaration makes of key and signature."""
    async with wired(Server()) as (wire, _):
        message = await sign_logon(LOGON, wire.rest, VenueClock(LoopClock()), 5000)

    assert message == {"method": "logon", "key": KEY, "signature": SECRET.encode().hex()}


def test_a_signed_message_shows_nothing() -> None:
    """It is neither shown nor pickled."""
    request = SignedMessage({"key": KEY})

    assert repr(request) == "SignedMessage(...)"
    for take in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError):
            take(request)


def test_only_declared_keys_log_on() -> None:
    """By the kind of the signer, where it says one; without a logon none does."""
    signer = _Signer()
    declared = attrs.evolve(API, logon=LOGON)
    assert not logs_on(API, signer)
    assert logs_on(declared, signer)
    assert not logs_on(attrs.evolve(declared, logon=attrs.evolve(LOGON, key_kinds=frozenset())), signer)

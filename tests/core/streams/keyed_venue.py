"""A venue whose stream is opened by a listen key, its server, and connections that a test plays."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import attrs

from venuekit.account import Account
from venuekit.capabilities import SessionExpiry, StreamEvent, UnknownEvent
from venuekit.clock import Clock
from venuekit.errors import NeverSent
from venuekit.message import HttpRequest, HttpResponse
from venuekit.parts.user_streams import StreamedEvents, StreamedListenKey
from venuekit.pipeline.open_socket import End
from venuekit.plugin import (
    Decoder,
    Effect,
    Endpoint,
    ListenKeySession,
    MessageArrival,
    Secret,
    Security,
    SessionReply,
    StreamDeclaration,
    Venue,
)
from venuekit.testing import FakeTransport
from venuekit.testing.fake import account_over, json_answer
from venuekit_toy_perp import TOY_PERP


def _read_key(body: bytes) -> Secret | None:
    text = json.loads(body).get("key")
    return None if text is None else Secret(text)


def _read_nothing(body: bytes) -> None:
    json.loads(body)


_SESSION: dict[str, Any] = {"security": Security.KEY, "effect": Effect.SESSION}
START: Endpoint[Secret | None] = Endpoint("POST", "/v1/key", decode=_read_key, **_SESSION)
KEEP: Endpoint[Secret | None] = Endpoint("PUT", "/v1/key", decode=_read_key, **_SESSION)
STOP: Endpoint[None] = Endpoint("DELETE", "/v1/key", decode=_read_nothing, **_SESSION)
TOUCH: Endpoint[None] = Endpoint("POST", "/v1/touch", decode=_read_nothing)


def decode(body: bytes, arrival: MessageArrival) -> tuple[StreamEvent, ...] | SessionReply:
    """Return an event for each word of a message; ``!`` and words are the end of the session."""
    text = json.loads(body)
    known: dict[str, Any] = {"received_at": arrival.received_at, "message": arrival.number}
    if text.startswith("!"):
        return (SessionExpiry(reason=text[1:], **known),)
    return tuple(UnknownEvent(kind=word, body=word.encode(), **known) for word in text.split())


async def make_decoder(_account: Account) -> Decoder:
    """Return the decoder."""
    return decode


class StreamedToy(StreamedEvents, StreamedListenKey):
    """An account that has a stream and nothing else."""

    __slots__ = ()


STREAM = StreamDeclaration(
    session=ListenKeySession(
        start=START, keep_alive=KEEP, stop=STOP, path="/ws?listenKey={key}", gone=frozenset({1125})
    ),
    make_decoder=make_decoder,
    ping_every=60.0,
    connection_life=timedelta(hours=4),
    confirmed_by=frozenset({TOUCH}),
)
KEYED: Venue[StreamedToy] = Venue(
    id="keyed_toy",
    title="Keyed",
    account=StreamedToy,
    environments=(),
    limits=TOY_PERP.limits,
    signing=TOY_PERP.signing,
    answers=TOY_PERP.answers,
    faults=TOY_PERP.faults,
    server_time=TOY_PERP.server_time,
    endpoints=(*filter(None, (TOY_PERP.server_time,)), START, KEEP, STOP, TOUCH),
    stream=STREAM,
)


@attrs.define
class KeyServer:
    """Answers requests about listen keys, by the clock of the test."""

    clock: Clock
    #: refusals that come first, by verb
    refusals: dict[str, list[HttpResponse]] = attrs.field(factory=dict)
    requests: list[str] = attrs.field(factory=list)
    keys: int = 0
    alive: str | None = None
    expires_at: float = 0.0
    prefix: str = "listenkey"

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        path = request.url.partition("/keyed_toy")[2].partition("?")[0]
        if path == "/v1/time":
            return json_answer({"now": self.clock.milliseconds()})
        if path == "/v1/touch":
            return json_answer({})
        self.requests.append(request.verb)
        if refusals := self.refusals.get(request.verb):
            return refusals.pop(0)
        if self.clock.monotonic() >= self.expires_at:
            self.alive = None
        if request.verb == "PUT" and self.alive is None:
            return refusal(1125)
        if request.verb == "DELETE":
            self.alive = None
            return json_answer({})
        if self.alive is None:
            self.keys += 1
            self.alive = f"{self.prefix}{self.keys}"
        self.expires_at = self.clock.monotonic() + 3600
        return json_answer({"key": self.alive} if request.verb == "POST" else {})


def refusal(code: int, status: int = 400) -> HttpResponse:
    """Return a refusal of the venue."""
    return json_answer({"error": {"code": code, "message": "no"}}, status)


class FakeSocket:
    """A connection that a test plays: ``say`` a message, ``cut`` it, or let it fall silent."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sent: list[str] = []
        self.pings = 0
        self.answers_pings = True
        self.pings_wait = False
        self.is_closed = False
        self._frames: asyncio.Queue[bytes | End | None] = asyncio.Queue()

    def say(self, *messages: str) -> None:
        """Let messages arrive."""
        for message in messages:
            self._frames.put_nowait(json.dumps(message).encode())

    def say_bytes(self, body: bytes) -> None:
        """Let a message arrive that may be no JSON."""
        self._frames.put_nowait(body)

    def cut(self, end: End | None = None) -> None:
        """End the connection."""
        self._frames.put_nowait(end or End("the connection broke off"))

    async def send(self, text: str) -> None:
        self.sent.append(text)

    async def ping(self) -> None:
        self.pings += 1
        if self.pings_wait:
            await asyncio.Event().wait()
        if self.answers_pings:
            self._frames.put_nowait(None)

    async def receive(self, on_message: Callable[[bytes], object], on_sign: Callable[[], object]) -> End:
        while True:
            frame = await self._frames.get()
            if isinstance(frame, End):
                return frame
            if frame is None:
                on_sign()
            else:
                on_message(frame)

    async def close(self) -> None:
        self.is_closed = True


class FakeSockets:
    """Opens connections that a test plays; ``failures`` come first, and ``gate`` holds every opening back."""

    def __init__(self) -> None:
        self.opened: list[FakeSocket] = []
        self.failures: list[Exception] = []
        self.attempts = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.is_closed = False
        self._is_opened = asyncio.Event()

    async def open(self, url: Secret, headers: Mapping[str, str], message_limit: int) -> FakeSocket:
        self.attempts += 1
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.opened.append(FakeSocket(url.reveal()))
        self._is_opened.set()
        return self.opened[-1]

    async def aclose(self) -> None:
        self.is_closed = True

    async def reach(self, count: int) -> None:
        """Wait until so many connections were opened, and what opened the last one has gone on."""
        while len(self.opened) < count:
            self._is_opened.clear()
            await self._is_opened.wait()
        await asyncio.sleep(0.1)

    @property
    def alive(self) -> list[FakeSocket]:
        """The connections that are not closed."""
        return [one for one in self.opened if not one.is_closed]


def unreachable() -> NeverSent:
    """Return the error of a venue that cannot be reached."""
    return NeverSent("nothing listens there")


@asynccontextmanager
async def stream_account(
    clock: Clock, *, seed: int = 0, keep_raw: bool = False
) -> AsyncIterator[tuple[StreamedToy, FakeSockets, KeyServer]]:
    """Open an account whose stream a test plays."""
    server, sockets = KeyServer(clock), FakeSockets()
    async with account_over(KEYED, FakeTransport(server), clock=clock, keep_raw=keep_raw) as account:
        streams = account._session.venue_session.streams
        assert streams is not None
        streams.sockets, streams.chance = sockets, random.Random(seed)  # noqa: S311 - pauses, not secrets
        yield account, sockets, server

"""Every way in which an operation over a WebSocket API can fail, for the tests that look at its traceback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import attrs
from aiohttp import web
from tests.house.secret_sockets import bid, planted_key

from venuekit import Runtime, Secret, errors
from venuekit.account import Account
from venuekit.capabilities import OrderControl
from venuekit.clock import SystemClock
from venuekit.plugin import KeyKind
from venuekit.plugins import make_plugins
from venuekit.simulator import Simulation
from venuekit.simulator.access import SimKey
from venuekit.testing import InstantClock, Watch, plugins_with


@attrs.define(eq=False)
class RudeSocket:
    """
    A WebSocket API that answers a logon, and then is as rude as the path says.

    A manner that ends with ``-logon`` begins with the logon itself. ``heard`` is set when something came.
    """

    heard: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve a connection."""
        manner = request.path.strip("/")
        if manner.startswith("refuse"):
            said = " ".join(f"{name}: {value}" for name, value in request.headers.items())
            return web.Response(status=int(manner.partition("-")[2]), text=said)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            document = json.loads(message.data)
            if document.get("op") == "ping":
                continue
            is_logon = document.get("method") == "session.logon" or document.get("op") == "auth"
            if is_logon and not manner.endswith("-logon"):
                await socket.send_str(json.dumps(_logged_on(document)))
                continue
            self.heard.set()
            answer = _ANSWERS[manner.removesuffix("-logon")](message.data, document)
            if answer is not None:
                await socket.send_str(answer)
            elif not manner.startswith("silent") and request.transport is not None:
                request.transport.abort()
        return socket


def _logged_on(document: dict[str, Any]) -> dict[str, Any]:
    if document.get("op") == "auth":
        return {"op": "auth", "retCode": 0, "retMsg": "OK", "connId": "c"}
    return {"id": document["id"], "status": 200, "result": {}}


def _refusal(text: str, document: dict[str, Any]) -> str:
    """Refuse in either form of messages, with the whole request as the venue's own words."""
    name = {one: document[one] for one in ("id", "reqId") if one in document}
    words: dict[str, Any] = {"status": 401, "error": {"code": -2015, "msg": text}, "retCode": 10003, "retMsg": text}
    return json.dumps({**name, "op": document.get("op"), **words})


_ANSWERS: dict[str, Callable[[str, dict[str, Any]], str | None]] = {
    "break": lambda _, __: None,
    "silent": lambda _, __: None,
    "wild": lambda text, _: f"<html>{text}</html>",
    "no-object": lambda text, _: json.dumps([text]),
    "echo": lambda text, _: text,
    "nameless": lambda text, _: json.dumps({"error": text, "said": json.loads(text)}),
    "refusal": _refusal,
    "heavy": lambda text, _: text + " " * 20_000_000,
}


@attrs.define(eq=False, repr=False)
class SocketStand:
    """An account over a WebSocket API, the simulator behind it, and a server that is rude instead."""

    sim: Simulation
    account: Account
    key: SimKey
    watch: Watch
    rude: RudeSocket
    port: int

    @property
    def secrets(self) -> dict[str, str]:
        """The texts that nobody may see, by what they are."""
        signatures = {f"signature {number}": one for number, one in enumerate(self.watch.signatures)}
        return planted_key("own", self.key) | signatures

    async def place(self, **options: Any) -> object:
        """Place an order, once."""
        control = OrderControl.of(self.account.with_options(max_wait=0, **options))
        return await control.place_order(bid(self.account.venue.id))

    def lead_to(self, manner: str) -> None:
        """Have the next connection go to the rude server."""
        self.lead(f"ws://127.0.0.1:{self.port}/{manner}")

    def lead(self, url: str) -> None:
        """Have the next connection go elsewhere."""
        session: Any = self.account._session
        session.wire.link.url = Secret(url)

    def sign_by(self, sign: Callable[[bytes], Awaitable[bytes]]) -> None:
        """Have another signer, for requests and logons."""
        self.replace(signer=_Signer(sign))

    def replace(self, **changes: Any) -> None:
        """Have another key or signer, for requests and logons."""
        session: Any = self.account._session
        rest, link = attrs.evolve(session.wire.rest, **changes), session.wire.link
        if link.make_logon is not None:
            api, _, *others = link.make_logon.args
            link.make_logon = partial(link.make_logon.func, api, rest, *others)
        session.wire = attrs.evolve(session.wire, rest=rest)


@attrs.frozen(eq=False)
class _Signer:
    sign: Callable[[bytes], Awaitable[bytes]] = attrs.field(repr=False)


@asynccontextmanager
async def failing_socket(venue_id: str, kind: KeyKind, directory: Path) -> AsyncIterator[SocketStand]:
    """Open an account over the WebSocket API of a simulated venue for one failure."""
    watch, rude, venue, clock = Watch(), RudeSocket(), make_plugins().venue(venue_id), InstantClock()
    runner = web.ServerRunner(web.Server(rude.handle), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with (
            Simulation((venue,), clock=clock) as sim,
            Runtime(plugins=plugins_with(watch), clock=clock, journal=directory) as runtime,
        ):
            key = sim.add_key(kind=kind)
            account = await runtime.open(venue, sim.credentials(venue_id, key=key), transport="websocket")
            session: Any = account._session
            session.wire.link.clock = SystemClock()  # a connection is kept by real time, and writes are proven at once
            yield SocketStand(sim, account, key, watch, rude, runner.addresses[0][1])
    finally:
        await runner.cleanup()


Failure = Callable[[SocketStand], Awaitable[object]]
SOCKET_FAILURES: dict[str, Failure] = {}


def _rude(manner: str) -> Failure:
    async def fail(stand: SocketStand) -> object:
        stand.lead_to(manner)
        return await stand.place()

    return fail


def _failure(function: Failure) -> Failure:
    SOCKET_FAILURES[function.__name__.strip("_")] = function
    return function


SOCKET_FAILURES |= {
    "connection_lost_with_a_request_in_flight": _rude("break"),
    "no_json": _rude("wild"),
    "no_object": _rude("no-object"),
    "echoed": _rude("echo"),
    "without_an_id": _rude("nameless"),
    "refused_with_its_own_words": _rude("refusal"),
    "too_heavy": _rude("heavy"),
    "handshake_refused": _rude("refuse-404"),
    "handshake_refused_by_address": _rude("refuse-403"),
    "handshake_limited": _rude("refuse-429"),
}
#: failures of accounts whose connections log on
LOGON_FAILURES = {
    "connection_lost_at_logon": _rude("break-logon"),
    "no_json_at_logon": _rude("wild-logon"),
    "echoed_logon": _rude("echo-logon"),
    "logon_without_an_id": _rude("nameless-logon"),
    "logon_refused": _rude("refusal-logon"),
}


@_failure
async def _nobody_there(stand: SocketStand) -> object:
    stand.lead("ws://127.0.0.1:1/ws")
    return await stand.place()


@_failure
async def _no_tls(stand: SocketStand) -> object:
    stand.lead(f"wss://127.0.0.1:{stand.port}/silent")
    return await stand.place()


@_failure
async def _unknown_key(stand: SocketStand) -> object:
    stand.replace(key=Secret("k" * 64))
    return await stand.place()


@_failure
async def _cancelled(stand: SocketStand) -> object:
    stand.lead_to("silent")
    task = asyncio.create_task(stand.place())
    await stand.rude.heard.wait()
    task.cancel("no more")
    return await task


@_failure
async def _cancelled_at_logon_or_in_flight(stand: SocketStand) -> object:
    stand.lead_to("silent-logon")
    task = asyncio.create_task(stand.place())
    await stand.rude.heard.wait()
    task.cancel()
    return await task


@_failure
async def _cancelled_before_it_began(stand: SocketStand) -> object:
    stand.lead_to("silent")
    task = asyncio.create_task(stand.place())
    await asyncio.sleep(0)
    task.cancel()
    return await task


@_failure
async def _callers_timeout(stand: SocketStand) -> object:
    stand.lead_to("silent")
    async with asyncio.timeout(0.1):
        return await stand.place()


@_failure
async def _out_of_patience(stand: SocketStand) -> object:
    session: Any = stand.account._session
    session.wire.link.patience.seconds = 0.1
    stand.lead_to("silent")
    return await stand.place()


@_failure
async def _past_its_deadline(stand: SocketStand) -> object:
    stand.lead_to("silent")
    return await stand.place(deadline=0.1)


@_failure
async def _closed_while_it_waits(stand: SocketStand) -> object:
    stand.lead_to("silent")
    task = asyncio.create_task(stand.place())
    await stand.rude.heard.wait()
    session: Any = stand.account._session
    await session.wire.aclose()
    return await task


@_failure
async def _gathered(stand: SocketStand) -> object:
    stand.lead_to("break")
    found = await asyncio.gather(stand.place(), stand.place(), return_exceptions=True)
    raise BaseExceptionGroup("both", [one for one in found if isinstance(one, BaseException)])


@_failure
async def _broken_signer(stand: SocketStand) -> object:
    async def sign(payload: bytes) -> bytes:
        raise RuntimeError(f"cannot sign {payload!r}")

    stand.sign_by(sign)
    return await stand.place()


@_failure
async def _signer_with_a_refusal(stand: SocketStand) -> object:
    async def sign(payload: bytes) -> bytes:
        try:
            return int(payload + b"!").to_bytes()
        except ValueError as error:
            raise errors.CredentialsError("the vault is locked") from error

    stand.sign_by(sign)
    return await stand.place()


@_failure
async def _cancelled_while_it_signs(stand: SocketStand) -> object:
    async def sign(payload: bytes) -> bytes:
        await asyncio.sleep(3600)
        return payload

    stand.sign_by(sign)
    async with asyncio.timeout(0.1):
        return await stand.place()

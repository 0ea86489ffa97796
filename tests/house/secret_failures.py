"""Every way in which an operation can fail, on real sockets, for the tests that look at what its traceback shows."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import attrs
from tests.core.guarded_toy import TOY_GUARDED

from venuekit import Runtime, Secret, errors
from venuekit.account import Account
from venuekit.capabilities import BalanceReader, LeverageControl
from venuekit.hooks import hookimpl
from venuekit.parameters import Role
from venuekit.pipeline import Proxy
from venuekit.pipeline.transport import AiohttpTransport
from venuekit.plugins import make_plugins
from venuekit.simulator import CannedAnswer, DropAfter, Rewrite, Simulation, Truncate, Twice
from venuekit.testing import InstantClock, Watch, plugins_with


@attrs.define(eq=False, repr=False)
class Stand:
    """An account, the simulator behind it, and a server that can be silent or rude instead."""

    sim: Simulation
    account: Account
    watch: Watch
    rude: int
    symbol: str

    @property
    def venue_id(self) -> str:
        return self.account.venue.id

    @property
    def secrets(self) -> dict[str, str]:
        """The texts of the account that nobody may see, by what they are."""
        key = self.sim.key_of(self.venue_id)
        fields = self.account.venue.credential_fields
        hidden = {"key": key.key, "secret": key.secret, "read-only secret": self.sim.read_only_secret}
        return hidden | {one.name: key.fields[one.name] for one in fields if one.secret}

    @property
    def setter(self) -> Any:
        """The endpoint that sets the leverage."""
        return next(one for one in self.account.venue.endpoints if one.is_write and _SET in one.serves)

    @property
    def reader(self) -> Any:
        """The endpoint that reads balances."""
        return next(one for one in self.account.venue.endpoints if BalanceReader.get_balances in one.serves)

    async def read(self, **options: Any) -> object:
        """Read something that is signed, once."""
        return await BalanceReader.of(self.account.with_options(max_wait=0, **options)).get_balances()

    async def write(self, **options: Any) -> object:
        """Write something that is signed."""
        return await LeverageControl.of(self.account.with_options(max_wait=0, **options)).set_leverage(self.symbol, 7)

    def sent_setting(self) -> dict[str, Any]:
        """Return parameters that set a leverage, by the venue's own names."""
        by_role = {Role.SYMBOL: self.symbol, Role.LEVERAGE: 7}
        return {one.name: by_role[one.role] for one in self.setter.parameters if one.role in by_role}

    def lead(self, base: str) -> None:
        """Have requests go elsewhere."""
        session: Any = self.account._session
        session.wire = attrs.evolve(session.wire, base=base)

    def lead_to(self, manner: str) -> None:
        """Have requests go to the rude server; the manner is the beginning of the path."""
        self.lead(f"http://127.0.0.1:{self.rude}/{manner}")

    def sign_by(self, sign: Callable[[bytes], Awaitable[bytes]]) -> None:
        """Have another signer."""
        session: Any = self.account._session
        session.wire = attrs.evolve(session.wire, signer=_Signer(sign))


_SET = LeverageControl.set_leverage


@attrs.frozen(eq=False)
class _Signer:
    sign: Callable[[bytes], Awaitable[bytes]] = attrs.field(repr=False)


class _Short:
    """A transport whose patience ends at once."""

    @hookimpl
    def venuekit_make_transport(self) -> AiohttpTransport:
        return AiohttpTransport(timeout=0.5)


_OK = b"HTTP/1.1 200 OK\r\n"
#: what the rude server answers, by its manner
_ANSWERS = {
    b"/reset": b"",
    b"/half": _OK + b"Content-Length: 99\r\n\r\n{",
    b"/redirect": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    b"/stray": (_OK + b"Content-Length: 2\r\n\r\n{}") * 2,
    b"/heavy": _OK + b"\r\n" + b" " * 5_000_000,
}


async def _rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"/silent" in head:
            await asyncio.sleep(3600)
        said = head.split(b"\r\n", 1)[1].replace(b"\r\n", b" ")
        answers = {**_ANSWERS, b"/echo": b"HTTP/1.1 400 -\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said)}
        # what knows no manner is answered by no HTTP at all, and the request's own words
        writer.write(next((answer for manner, answer in answers.items() if manner in head), head))
        await writer.drain()
    except (asyncio.CancelledError, asyncio.IncompleteReadError, ConnectionError):
        pass  # the test is over
    finally:
        writer.transport.abort()


async def _turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@asynccontextmanager
async def failing(venue_id: str, directory: Path) -> AsyncIterator[Stand]:
    """Open an account of a simulated venue for one failure."""
    watch, clock = Watch(), InstantClock()
    plugins = plugins_with(watch, _Short())
    venue = TOY_GUARDED if venue_id == TOY_GUARDED.id else make_plugins().venue(venue_id)
    tasks: set[asyncio.Task[None]] = set()

    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_rude(reader, writer))
        tasks.add(task)
        await task

    server = await asyncio.start_server(rude, "127.0.0.1", 0)
    async with (
        Simulation((venue,), clock=clock) as sim,
        Runtime(plugins=plugins, clock=clock, journal=directory) as runtime,
    ):
        account = await runtime.open(venue, sim.credentials(venue_id))
        port = server.sockets[0].getsockname()[1]
        try:
            yield Stand(sim, account, watch, port, sim.scenario(venue_id).flat)
        finally:
            await _turns()  # what comes in is accepted, and becomes a task
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    await _turns()  # what was closed on either side is gone


Failure = Callable[[Stand], Awaitable[object]]
FAILURES: dict[str, Failure] = {}


def _failure(function: Failure) -> Failure:
    FAILURES[function.__name__.strip("_")] = function
    return function


@_failure
async def _refused(stand: Stand) -> object:
    stand.lead("http://127.0.0.1:1")
    return await stand.write()


@_failure
async def _no_name(stand: Stand) -> object:
    async def no_name(*_: object, **__: object) -> Any:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    real = aiohttp.DefaultResolver.resolve
    aiohttp.DefaultResolver.resolve = no_name  # type: ignore[method-assign]
    try:
        stand.lead("https://venue.invalid")
        return await stand.read()
    finally:
        aiohttp.DefaultResolver.resolve = real  # type: ignore[method-assign]


@_failure
async def _no_tls(stand: Stand) -> object:
    stand.lead(f"https://127.0.0.1:{stand.rude}/silent")
    return await stand.write()


@_failure
async def _reset(stand: Stand) -> object:
    stand.lead_to("reset")
    return await stand.read()


@_failure
async def _cut_off(stand: Stand) -> object:
    stand.lead_to("half")
    return await stand.read()


@_failure
async def _redirected(stand: Stand) -> object:
    stand.lead_to("redirect")
    return await stand.read()


@_failure
async def _too_heavy(stand: Stand) -> object:
    stand.lead_to("heavy")
    return await stand.read()


@_failure
async def _echoed(stand: Stand) -> object:
    stand.lead_to("echo")
    return await stand.read()


@_failure
async def _stray(stand: Stand) -> object:
    stand.lead_to("stray")
    return await stand.read()


@_failure
async def _no_http(stand: Stand) -> object:
    stand.lead_to("wild")
    return await stand.write()


@_failure
async def _out_of_patience(stand: Stand) -> object:
    stand.lead_to("silent")
    return await stand.read()


@_failure
async def _callers_timeout(stand: Stand) -> object:
    stand.lead_to("silent")
    async with asyncio.timeout(0.05):
        return await stand.write()


@_failure
async def _callers_timeout_of_a_read(stand: Stand) -> object:
    stand.lead_to("silent")
    async with asyncio.timeout(0.05):
        return await stand.read()


@_failure
async def _waited_for(stand: Stand) -> object:
    stand.lead_to("silent")
    return await asyncio.wait_for(stand.write(), 0.05)


@_failure
async def _cancelled(stand: Stand) -> object:
    stand.lead_to("silent")
    task = asyncio.create_task(stand.write())
    await asyncio.sleep(0.05)
    task.cancel("no more")
    return await task


@_failure
async def _cancelled_before_it_began(stand: Stand) -> object:
    stand.lead_to("silent")
    task = asyncio.create_task(stand.write())
    await asyncio.sleep(0)
    task.cancel()
    return await task


@_failure
async def _in_a_group(stand: Stand) -> object:
    stand.lead_to("silent")

    async def fail() -> None:
        await asyncio.sleep(0.05)
        raise RuntimeError("another task of the group")

    async with asyncio.TaskGroup() as group:
        group.create_task(stand.write())
        group.create_task(stand.read())
        group.create_task(fail())
    return None


@_failure
async def _gathered(stand: Stand) -> object:
    stand.lead_to("reset")
    return await asyncio.gather(stand.read(), stand.read())


@_failure
async def _past_its_deadline(stand: Stand) -> object:
    stand.lead_to("silent")
    return await stand.write(deadline=0.05)


@_failure
async def _not_authenticated(stand: Stand) -> object:
    stand.sim.disturb(
        stand.venue_id, stand.reader, CannedAnswer.json(401, {"code": -2014, "msg": "bad", "retCode": 10003})
    )
    return await stand.read()


@_failure
async def _page_of_a_gateway(stand: Stand) -> object:
    stand.sim.disturb(stand.venue_id, stand.reader, CannedAnswer.html(500), times=9)
    return await stand.read()


@_failure
async def _cut_json(stand: Stand) -> object:
    stand.sim.disturb(stand.venue_id, stand.reader, Truncate(1), times=9)
    return await stand.read()


@_failure
async def _other_shape(stand: Stand) -> object:
    stand.sim.disturb(stand.venue_id, stand.reader, Rewrite(lambda _: b'{"result": 7}'), times=9)
    return await stand.read()


@_failure
async def _broken_decoder(stand: Stand) -> object:
    def broken(body: bytes) -> Any:
        raise KeyError("a plugin's mistake")

    return await stand.account.call(attrs.evolve(stand.reader, decode=broken))


@_failure
async def _unknown_outcome(stand: Stand) -> object:
    async def blind(*_: object) -> Any:
        raise KeyError("a plugin's mistake")

    stand.sim.disturb(stand.venue_id, stand.setter, DropAfter(), times=9)
    endpoint = attrs.evolve(stand.setter, readback=blind)
    sent = stand.sent_setting()
    return await stand.account.call(endpoint, **sent)


@_failure
async def _halted(stand: Stand) -> object:
    stand.account.halt()
    return await stand.write()


@_failure
async def _no_journal(stand: Stand) -> object:
    class Full:
        def __getattr__(self, name: str) -> Any:
            raise OSError(28, "No space left on device")

    stand.account._session.journal = Full()  # type: ignore[assignment]  # it does what a journal does
    return await stand.write()


@_failure
async def _broken_signer(stand: Stand) -> object:
    async def sign(payload: bytes) -> bytes:
        raise RuntimeError(f"cannot sign {payload!r}")

    stand.sign_by(sign)
    return await stand.write()  # which every venue signs


@_failure
async def _signer_with_a_refusal(stand: Stand) -> object:
    async def sign(payload: bytes) -> bytes:
        try:
            return int(payload).to_bytes()
        except ValueError as error:
            raise errors.CredentialsError("the vault is locked") from error

    stand.sign_by(sign)
    return await stand.write()  # which every venue signs


@_failure
async def _cancelled_while_it_signs(stand: Stand) -> object:
    async def sign(payload: bytes) -> bytes:
        await asyncio.sleep(3600)
        return payload

    stand.sign_by(sign)
    async with asyncio.timeout(0.05):
        return await stand.write()


@_failure
async def _header_without_bytes(stand: Stand) -> object:
    session: Any = stand.account._session
    session.wire = attrs.evolve(session.wire, key=Secret(session.wire.key.reveal() + "\n"))
    return await stand.write()


@_failure
async def _closed_transport(stand: Stand) -> object:
    session: Any = stand.account._session
    await session.wire.transport.aclose()
    return await stand.write()


@_failure
async def _proxy_that_refuses(stand: Stand) -> object:
    session: Any = stand.account._session
    transport = AiohttpTransport(proxy=Proxy.parse(f"http://me:secretword@127.0.0.1:{stand.rude}"))
    session.wire = attrs.evolve(session.wire, transport=transport, base="https://venue.invalid")
    try:
        return await stand.write()
    finally:
        await transport.aclose()


@_failure
async def _answered_twice(stand: Stand) -> object:
    stand.sim.disturb(stand.venue_id, stand.reader, Twice(), times=9)
    return await stand.read()

"""A world in which every kind of secret is planted, for the tests that look at all of its objects."""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.core.guarded_toy import TOY_GUARDED
from tests.house.secret_sockets import SOCKETS, bid, planted_key

from venuekit import Credentials, Runtime, Secret, Venue, errors
from venuekit.account import Account
from venuekit.capabilities import BalanceReader, LeverageControl, ListenKeyControl, OrderControl, UserStream
from venuekit.credentials.accounts_file import credentials, load_accounts
from venuekit.endpoint import Priority
from venuekit.hooks import hookimpl
from venuekit.message import HttpRequest, HttpResponse, Transport
from venuekit.pipeline.budget import PoolName
from venuekit.pipeline.redis_link import _Password
from venuekit.pipeline.redis_store import RedisStore
from venuekit.pipeline.shared_url import parse_store
from venuekit.plugin import Environment, HmacSigner, KeyKind, Observer, Signer, SignerFields, Token
from venuekit.plugins import Plugins, make_plugins
from venuekit.signing import EncodedRequest, Stamp
from venuekit.simulator import DropAfter, Simulation, Truncate
from venuekit.testing import InstantClock, Watch, plugins_with
from venuekit_opentelemetry.telemetry import Telemetry

PASSPHRASE, PROXY = "Tr0ub4dor-of-the-PEM", "w0rd-of-the-proxy"
STORE, TOKEN = "w0rd-of-the-redis-server", "t0ken-of-a-session"
_VENUE = "binance_usdm"
_ACCOUNTS = """
[accounts.hmac]
venue = "{venue}"
environment = "sim"
rest = "{rest}"
key = "env:PLANTED_KEY"
secret = "command:cat hmac.secret"

[accounts.rsa]
venue = "{venue}"
environment = "sim"
rest = "{rest}"
key = "file:rsa.key"
secret = "file:rsa.pem"
pem_passphrase = "keyring:venuekit/rsa"

[accounts.ed25519]
venue = "{venue}"
environment = "sim"
rest = "{rest}"
key = "file:ed25519.key"
secret = "command:cat ed25519.pem"
"""


@attrs.define(eq=False, repr=False)
class World:
    """What is planted, by its kind, and what came of it: values, errors, and the messages that were on their way."""

    watch: Watch
    planted: dict[str, str]
    kept: list[object] = attrs.field(factory=list)
    spans: InMemorySpanExporter = attrs.field(factory=InMemorySpanExporter, init=False)
    metrics: InMemoryMetricReader = attrs.field(factory=InMemoryMetricReader, init=False)
    _observer: Telemetry = attrs.field(init=False)
    #: objects that are older than every secret
    _former: list[object] = attrs.field(factory=lambda: [*_ours()])

    def __attrs_post_init__(self) -> None:
        tracing = TracerProvider()
        tracing.add_span_processor(SimpleSpanProcessor(self.spans))
        self._observer = Telemetry(MeterProvider([self.metrics]), tracing)

    @hookimpl
    def venuekit_observe(self) -> Observer:
        """Have spans and metrics made of every event of either venue."""
        return self._observer

    def telemetry(self) -> tuple[str, str]:
        """Return the spans that have ended and the metrics, as exporters write them."""
        measured = self.metrics.get_metrics_data()
        assert measured is not None
        return " ".join(span.to_json() for span in self.spans.get_finished_spans()), measured.to_json()

    def secrets(self) -> dict[str, str]:
        """Return every text that nobody may see."""
        return self.planted | {f"signature {number}": one for number, one in enumerate(self.watch.signatures)}

    def objects(self) -> list[Any]:
        """Return every object of venuekit and its plugins that was made in this world."""
        former = {*map(id, self._former)}
        return [one for one in (*_ours(), *self.kept) if id(one) not in former]

    async def keep(self, call: Awaitable[object]) -> BaseException | None:
        """Keep the value or the error of a call, without the frames that other tests look at."""
        try:
            self.kept.append(await call)
        except errors.VenuekitError as error:
            self.kept.append(error.with_traceback(None))
            return error
        return None


def _ours() -> Iterator[object]:
    """Yield the living objects of classes of venuekit and its plugins."""
    gc.collect()
    for one in gc.get_objects():
        module = getattr(type(one), "__module__", None)
        if isinstance(module, str) and module.startswith("venuekit"):
            yield one


class _Messages:
    """Hooks of an operator whose code receives credentials and requests, and keeps them."""

    def __init__(self, kept: list[object]) -> None:
        self._kept = kept

    @hookimpl(tryfirst=True)
    def venuekit_make_signer(self, venue: Venue[Any], credentials: Credentials) -> Signer | None:
        fields = SignerFields(credentials.key, credentials.secret, credentials.environment, credentials.fields)
        texts = {name: text.reveal() for name, text in credentials.fields.items()}
        signer = None if credentials.pem_passphrase else HmacSigner(credentials.secret)
        self._kept += [venue.id, credentials, fields, signer, Stamp(credentials.key.reveal(), 1, 5000, texts)]
        return None

    @hookimpl(tryfirst=True)
    def venuekit_make_transport(self, venue: Venue[Any], environment: Environment) -> Transport | None:
        self._kept += [venue.id, environment]
        return None


class _Keeping:
    """A transport that keeps what it carries."""

    def __init__(self, transport: Transport, kept: list[object]) -> None:
        self._transport, self._kept = transport, kept

    async def send(self, request: HttpRequest) -> HttpResponse:
        path, _, query = request.url.partition("?")
        self._kept += [request, EncodedRequest(request.verb, "", path, query, request.body)]
        response = await self._transport.send(request)
        self._kept.append(response)
        return response

    async def aclose(self) -> None:
        await self._transport.aclose()


def _write(directory: Path, name: str, text: str) -> None:
    (directory / name).write_text(text)
    (directory / name).chmod(0o600)


def encrypt(pem: str, passphrase: str) -> str:
    """Return a private key in an encrypted PEM."""
    from cryptography.hazmat.primitives import serialization as form

    key = form.load_pem_private_key(pem.encode(), None)
    cipher = form.BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, cipher).decode()


def _plant(sim: Simulation, directory: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Put the secrets where the accounts file says, and return them."""
    hmac = sim.key_of(_VENUE)
    rsa, ed25519 = (sim.add_key(kind=kind) for kind in (KeyKind.RSA, KeyKind.ED25519))
    encrypted = encrypt(rsa.secret, PASSPHRASE)
    monkeypatch.setenv("PLANTED_KEY", hmac.key)
    keyring = SimpleNamespace(get_password=lambda *_: PASSPHRASE)
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    texts = {"hmac.secret": hmac.secret, "rsa.key": rsa.key, "rsa.pem": encrypted}
    texts |= {"ed25519.key": ed25519.key, "ed25519.pem": ed25519.secret}
    for name, text in texts.items():
        _write(directory, name, text)
    _write(directory, "accounts.toml", _ACCOUNTS.format(venue=_VENUE, rest=sim.rest(_VENUE)))
    planted = {"key": hmac.key, "secret": hmac.secret, "rsa key": rsa.key, "ed25519 key": ed25519.key}
    guarded = sim.key_of(TOY_GUARDED.id)
    planted |= {"address": guarded.key, "signing secret": guarded.secret, "word": guarded.fields["passphrase"]}
    planted |= {"PEM's passphrase": PASSPHRASE, "proxy's password": PROXY, "store's password": STORE, "token": TOKEN}
    for kind, pem in (("rsa", rsa.secret), ("encrypted rsa", encrypted), ("ed25519", ed25519.secret)):
        lines = [line for line in pem.splitlines() if "-----" not in line]
        planted |= {f"{kind} PEM, line {number}": line for number, line in enumerate(lines) if len(line) > 16}
    return planted


@asynccontextmanager
async def planted_world(directory: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """Open accounts with keys of every kind, from an accounts file and by hand, and read, set and lose with them."""
    watch, clock, kept = Watch(), InstantClock(), list[object]()
    venue = make_plugins().venue(_VENUE)
    async with AsyncExitStack() as stack:
        world = World(watch, {}, kept)
        sim = await stack.enter_async_context(Simulation((venue, TOY_GUARDED), clock=clock))
        world.planted = _plant(sim, directory, monkeypatch)
        monkeypatch.setenv("VENUEKIT_LOG", str(directory / "events.jsonl"))
        plugins = plugins_with(watch, _Messages(kept), world)
        runtime = Runtime(
            plugins=plugins,
            clock=clock,
            journal=directory / "journal",
            proxy=f"http://me:{PROXY}@127.0.0.1:3128",
            budget=f"redis://me:{STORE}@127.0.0.1:1/0?lost=share&share=0.5",
        )
        await stack.enter_async_context(runtime)
        store = RedisStore(parse_store(f"redis://me:{STORE}@127.0.0.1:1/0"))
        stack.push_async_callback(store.aclose)
        file = load_accounts(directory / "accounts.toml")
        kept += [runtime, plugins, store, file, Token(Secret(TOKEN)), _Password(None, Secret(STORE))]
        due = [(PoolName(venue.realm, "sim", venue.limits[0]), 1)]
        with pytest.warns(UserWarning, match=r"127\.0\.0\.1:1") as warned:
            assert await world.keep(store.pay(due, Priority.READ, waiter="1", operation="get_balances"))
        kept += warned
        entries = file.entries.values()
        opened: list[Account] = [
            await runtime.open(venue, await credentials(entry, plugins), keep_raw=True) for entry in entries
        ]
        opened.append(await runtime.open(TOY_GUARDED, sim.credentials(TOY_GUARDED.id)))
        kept += opened
        for account in opened:
            session: Any = account._session
            session.wire = attrs.evolve(session.wire, transport=_Keeping(session.wire.transport, kept))
            await world.keep(BalanceReader.of(account).get_balances())
            await _lose(world, sim, account)
        await stack.enter_async_context(_streaming(world, venue, plugins))
        await stack.enter_async_context(_over_sockets(world, plugins))
        yield world
        kept.clear()


@asynccontextmanager
async def _streaming(world: World, venue: Venue[Any], plugins: Plugins) -> AsyncIterator[None]:
    """Read the events of an account, whose session waits for real time, and hold its listen key."""
    async with Simulation((venue,)) as sim, Runtime(plugins=plugins) as runtime:
        account = await runtime.open(venue, sim.credentials(venue.id), keep_raw=True)
        control = ListenKeyControl.of(account)
        async with UserStream.of(account).events() as events:
            started = await control.start_listen_key()
            held = sim.key_of(venue.id)
            world.planted |= {"stream's key": held.key, "stream's secret": held.secret}
            world.planted["listen key"] = started.key.reveal()
            declared: Any = venue.stream
            # the one of the venue is older than this world
            world.kept += [started, events, attrs.evolve(declared.session)]
            await world.keep(LeverageControl.of(account).set_leverage(sim.scenario(venue.id).flat, 9))
            world.kept.append(await anext(events))
            await world.keep(control.keep_listen_key_alive())
            yield


@asynccontextmanager
async def _over_sockets(world: World, plugins: Plugins) -> AsyncIterator[None]:
    """Trade over WebSocket APIs with each way of signing; connections wait for real time, too."""
    async with AsyncExitStack() as stack:
        for venue_id, kind in SOCKETS:
            venue = plugins.venue(venue_id)
            sim = await stack.enter_async_context(Simulation((venue,)))
            runtime = await stack.enter_async_context(Runtime(plugins=plugins))
            key = sim.add_key(kind=kind)
            world.planted |= planted_key(f"{venue_id} over a socket with {kind}", key)
            account = await runtime.open(
                venue, sim.credentials(venue_id, key=key), keep_raw=True, transport="websocket"
            )
            session: Any = account._session
            world.kept += [account, session.wire, session.wire.link]
            await world.keep(BalanceReader.of(account).get_balances())
            control = OrderControl.of(account)
            await world.keep(control.place_order(attrs.evolve(bid(venue_id), symbol="NOSUCH")))
            assert await world.keep(control.place_order(bid(venue_id))) is None
            assert session.wire.link._open
            world.kept += session.wire.link._open
        yield


async def _lose(world: World, sim: Simulation, account: Account) -> None:
    """Set a leverage whose answers are lost or cannot be read, and resolve it."""
    control, symbol = LeverageControl.of(account), sim.scenario(account.venue.id).flat
    setter = next(one for one in account.venue.endpoints if one.is_write and LeverageControl.set_leverage in one.serves)
    patient = control.with_options(max_wait=100)
    for trouble in (None, Truncate(1), DropAfter()):
        if trouble is not None:
            sim.disturb(account.venue.id, setter, trouble, times=4)
        error = await world.keep(patient.set_leverage(symbol, 7 if trouble is None else 8))
        sim.script.clear()
        if isinstance(error, errors.OutcomeUnknown):
            await world.keep(error.resolve())
    world.kept += account.unresolved

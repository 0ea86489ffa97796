"""A venue brings its own signer: asked after an operator's, with the fields of its own accounts and no others."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import attrs
import pytest

from venuekit import Credentials, Runtime, Secret
from venuekit.credential_fields import CredentialField
from venuekit.credentials import HmacSigner, SignerFields
from venuekit.errors import CredentialsError, NeverSent, PluginError
from venuekit.hooks import API_VERSION, hookimpl
from venuekit.message import HttpRequest, HttpResponse
from venuekit.plugins import Plugins, make_plugins
from venuekit.signing import EncodedRequest, Stamp
from venuekit.simulator import Simulation
from venuekit.testing import FakeTransport, InstantClock, account_over, json_answer
from venuekit.venue import EnvironmentName
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.signing import ToySigning

PLANTED = "Planted9SecretOfThisVenue"

Make = Callable[[SignerFields], Any]


@pytest.fixture
async def sim() -> AsyncIterator[Simulation]:
    """Two venues of one form on a clock on which waiting takes no time."""
    venues = (TOY_PERP, attrs.evolve(TOY_PERP, id="other_perp", realm="other_perp"))
    async with Simulation(venues, clock=InstantClock()) as simulation:
        yield simulation


def _module(monkeypatch: pytest.MonkeyPatch, name: str, **hooks: Any) -> str:
    module = ModuleType(name)
    vars(module).update(VENUEKIT_API=API_VERSION, **{hook: hookimpl(one) for hook, one in hooks.items()})
    monkeypatch.setitem(sys.modules, name, module)
    return name


def _install(monkeypatch: pytest.MonkeyPatch, makers: dict[str, Make], operator: Any = None) -> Plugins:
    """Install a distribution for each venue, and an operator's plugin."""
    points = []
    for venue_id, make in makers.items():
        field = CredentialField(f"word_of_{venue_id}", "a word")
        venue = attrs.evolve(TOY_PERP, id=venue_id, realm=venue_id, credential_fields=(field,), make_signer=make)

        def register_venues(register: Any, venue: Any = venue) -> None:
            register(venue)

        def venuekit_register_venues(register: Any, one: Any = register_venues) -> None:
            one(register)

        module = _module(monkeypatch, f"module_of_{venue_id}", venuekit_register_venues=venuekit_register_venues)
        points.append(EntryPoint(venue_id, module, "venuekit.venues"))
    if operator is not None:
        module = _module(monkeypatch, "module_of_an_operator", venuekit_make_signer=operator)
        points.append(EntryPoint("operator", module, "venuekit.plugins"))
    return make_plugins(entry_points=points)


async def test_each_venue_signs_with_the_fields_of_its_own_accounts(
    sim: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two plugins are installed, and each function gets key, secret and fields of the accounts that name its venue."""
    seen: dict[str, list[SignerFields]] = {"toy_perp": [], "other_perp": []}

    def maker(venue_id: str) -> Make:
        def make(fields: SignerFields) -> HmacSigner:
            seen[venue_id].append(fields)
            return HmacSigner(fields.secret)

        return make

    plugins = _install(monkeypatch, {venue_id: maker(venue_id) for venue_id in seen})
    async with Runtime(journal=False, plugins=plugins, clock=sim._clock) as runtime:
        for venue_id in seen:
            fields = {f"word_of_{venue_id}": f"the word of {venue_id}"}
            credentials = Credentials.sim(sim.rest(venue_id), sim.key, sim.secret, fields=fields)
            account = await runtime.open(plugins.venue(venue_id), credentials)
            assert await account.call(TOY.WALLET)

    for venue_id, (fields_of_venue,) in seen.items():
        assert fields_of_venue == SignerFields(
            Secret(sim.key),
            Secret(sim.secret),
            EnvironmentName.SIM,
            {f"word_of_{venue_id}": Secret(f"the word of {venue_id}")},
        )
        assert sim.secret not in repr(fields_of_venue)


async def test_an_operators_hook_is_asked_first(sim: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The venue's own function is asked only where the operator's plugin leaves an account to it."""
    asked: list[str] = []

    def make(fields: SignerFields) -> HmacSigner:
        asked.append("venue")
        return HmacSigner(fields.secret)

    def operator(venue: Any, credentials: Credentials) -> HmacSigner | None:
        asked.append(f"operator for {credentials.fields['word_of_toy_perp'].reveal()}")
        return HmacSigner(credentials.secret) if len(asked) == 1 else None

    plugins = _install(monkeypatch, {"toy_perp": make}, operator)
    async with Runtime(journal=False, plugins=plugins, clock=sim._clock) as runtime:
        for word in ("one", "two"):
            fields = {"word_of_toy_perp": word}
            credentials = Credentials.sim(sim.rest("toy_perp"), sim.key, sim.secret, fields=fields)
            account = await runtime.open(plugins.venue("toy_perp"), credentials)
            assert await account.call(TOY.WALLET)

    assert asked == ["operator for one", "operator for two", "venue"]


def _raises(fields: SignerFields) -> Any:
    raise LookupError(f"no curve for {fields.secret.reveal()}")


def _refuses(fields: SignerFields) -> Any:
    text = fields.secret.reveal()
    try:
        return int(text)
    except ValueError as error:
        raise CredentialsError("toy_perp: the wallet is locked") from error


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (_raises, CredentialsError, "toy_perp: the signer could not be made: LookupError: no curve for ***"),
        (_refuses, CredentialsError, "toy_perp: the wallet is locked"),
        (
            lambda _: PLANTED,
            PluginError,
            "toy_perp: its make_signer returned str, which has no method sign; return a venuekit.plugin.Signer",
        ),
    ],
)
async def test_a_signer_that_cannot_be_made_sent_nothing(
    sim: Simulation, make: Make, kind: type[Exception], message: str
) -> None:
    """The error names the venue, and neither a text nor a frame of it holds the secret."""
    venue, credentials = attrs.evolve(TOY_PERP, make_signer=make), Credentials.sim(sim.rest("toy_perp"), "key", PLANTED)
    async with Runtime(journal=False, plugins=make_plugins(entry_points=())) as runtime:
        with pytest.raises(kind) as caught:
            await runtime.open(venue, credentials)

    assert str(caught.value) == message
    assert sim.requests == []
    assert not [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__) if PLANTED in repr(frame.f_locals)]
    assert caught.value.__cause__ is caught.value.__context__ is None


class _Texts:
    """A signer as it was before signatures were bytes."""

    async def sign(self, payload: bytes) -> Any:
        return hashlib.sha256(payload).hexdigest()


def _reply(request: HttpRequest) -> HttpResponse:
    return json_answer({"now": 1_700_000_000_000} if "/time" in request.url else {"assets": []})


async def test_a_signature_that_is_a_text_was_not_sent(sim: Simulation) -> None:
    """The error says what the signer returned and what it has to return."""
    venue = attrs.evolve(TOY_PERP, make_signer=lambda _: _Texts())
    async with Runtime(journal=False, plugins=make_plugins(entry_points=())) as runtime:
        account = await runtime.open(venue, sim.credentials("toy_perp"))
        with pytest.raises(NeverSent, match=r"the signer returned str; sign\(\) returns bytes"):
            await account.call(TOY.WALLET)


async def test_a_signer_of_a_venue_is_closed_with_the_runtime() -> None:
    """It may hold a connection to a device."""
    closed: list[str] = []

    class Device(HmacSigner):
        async def aclose(self) -> None:
            closed.append("device")

    venue = attrs.evolve(TOY_PERP, make_signer=lambda fields: Device(fields.secret))
    async with Simulation((TOY_PERP,)) as sim, Runtime(journal=False, plugins=make_plugins(entry_points=())) as runtime:
        await runtime.open(venue, sim.credentials("toy_perp"))
        assert closed == []

    assert closed == ["device"]


@pytest.mark.parametrize("digest", ["sha256", "sha512"])
async def test_core_signs_with_either_digest(digest: Any) -> None:
    """HMAC over SHA-256 or SHA-512, as the standard library computes it."""
    signature = await HmacSigner(Secret("secret"), digest).sign(b"payload")

    assert signature == hmac.new(b"secret", b"payload", digest).digest()


def test_another_digest_is_refused() -> None:
    """When the signer is made, and with those that there are."""
    unknown: Any = "md5"
    with pytest.raises(ValueError, match="no digest 'md5'; there are sha256, sha512"):
        HmacSigner(Secret("secret"), unknown)


# -- the places of a signature


class _Header(ToySigning):
    """In a header, as base64 of HMAC-SHA512, beside a passphrase."""

    __slots__ = ()

    def attach_signature(self, encoded: EncodedRequest, stamp: Stamp, payload: bytes, signature: bytes) -> HttpRequest:
        target = payload.decode().partition(" ")[2]
        headers = {"X-Sign": base64.b64encode(signature).decode(), "X-Passphrase": stamp.fields["passphrase"]}
        return HttpRequest(encoded.verb, f"{encoded.base}{target}", headers)


class _FormField(ToySigning):
    """As a field of a form, in hex."""

    __slots__ = ()

    def attach_signature(self, encoded: EncodedRequest, stamp: Stamp, payload: bytes, signature: bytes) -> HttpRequest:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        form = f"{payload.decode().partition('?')[2]}&sign={signature.hex()}"
        return HttpRequest(encoded.verb, f"{encoded.base}{encoded.path}", headers, form.encode())


class _TypedData(ToySigning):
    """As the two numbers and the byte of a wallet's signature over typed data, within a JSON body."""

    __slots__ = ()

    def payload(self, encoded: EncodedRequest, stamp: Stamp) -> bytes:
        message = {"path": encoded.path, "query": encoded.query, "nonce": stamp.timestamp}
        return json.dumps({"domain": {"name": "Toy"}, "types": {"Request": []}, "message": message}).encode()

    def attach_signature(self, encoded: EncodedRequest, stamp: Stamp, payload: bytes, signature: bytes) -> HttpRequest:
        parts = {"r": f"0x{signature[:32].hex()}", "s": f"0x{signature[32:64].hex()}", "v": signature[64]}
        body = {**json.loads(payload)["message"], "user": stamp.key, "signature": parts}
        return HttpRequest("POST", f"{encoded.base}/exchange", {}, json.dumps(body).encode())


class _Wallet:
    """A stand-in for a wallet: it hashes the typed data by itself and returns a signature of 65 bytes."""

    def __init__(self, fields: SignerFields) -> None:
        self._keyed = hmac.new(bytes.fromhex(fields.secret.reveal()), digestmod="sha512")

    async def sign(self, payload: bytes) -> bytes:
        keyed = self._keyed.copy()
        keyed.update(hashlib.sha256(payload).digest())
        return keyed.digest() + b"\x1b"


def _sha512(fields: SignerFields) -> HmacSigner:
    return HmacSigner(fields.secret, "sha512")


SECRET = "ab" * 32


@pytest.mark.parametrize(
    ("scheme", "make", "place"),
    [
        pytest.param(ToySigning(), None, lambda request: request.url, id="query"),
        pytest.param(_Header(), _sha512, lambda request: request.headers["X-Sign"], id="header, base64"),
        pytest.param(_FormField(), None, lambda request: request.body.decode(), id="form field"),
        pytest.param(_TypedData(), _Wallet, lambda request: request.body.decode(), id="typed data"),
    ],
)
async def test_a_signature_goes_where_the_scheme_puts_it(
    scheme: Any, make: Make | None, place: Callable[[HttpRequest], str]
) -> None:
    """Query, header, form or body; hex, base64 or numbers: scheme and signer of the venue decide, and core does not."""
    passphrase = CredentialField("passphrase", "chosen with the key")
    venue = attrs.evolve(TOY_PERP, signing=scheme, make_signer=make, credential_fields=(passphrase,))
    transport = FakeTransport(_reply)
    async with account_over(venue, transport, secret=SECRET, fields={"passphrase": "open sesame"}) as account:
        await account.call(TOY.WALLET)
    request = transport.requests[-1]

    signed = scheme.payload(
        EncodedRequest("GET", "", TOY.WALLET.path, "", None), Stamp("made-up-key", _timestamp(request), 5000)
    )
    fields = SignerFields(Secret("made-up-key"), Secret(SECRET), EnvironmentName.SIM, {})
    signature = await (HmacSigner(fields.secret) if make is None else make(fields)).sign(signed)
    texts = (signature.hex(), base64.b64encode(signature).decode(), signature[:32].hex(), signature[32:64].hex())
    assert sum(text in place(request) for text in texts if text) > 0


def _timestamp(request: HttpRequest) -> int:
    """Return the time within a request of one of these schemes."""
    body = (request.body or b"").decode()
    if body.startswith("{"):
        return int(json.loads(body)["nonce"])
    text = f"{request.url}&{body}"
    return int(text.partition("time=")[2].partition("&")[0])

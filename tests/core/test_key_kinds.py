"""Private keys in PEM: their kind is found, each signs as its standard says, and other texts are refused."""

from __future__ import annotations

import subprocess
import sys
import traceback
from base64 import b64decode, b64encode
from functools import cache
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import attrs
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from venuekit import Credentials, Runtime, Secret
from venuekit.credential_fields import CredentialsFault
from venuekit.credentials import HmacSigner, PrivateKeySigner, make_signer, redact
from venuekit.credentials.private_keys import _OTHER_LABELS
from venuekit.errors import CredentialsError
from venuekit.hooks import hookimpl
from venuekit.key_kinds import KeyKind, list_kinds
from venuekit.plugins import make_plugins
from venuekit.simulator import Simulation
from venuekit.simulator.key_pairs import make_key_pair
from venuekit.testing import InstantClock
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY

WORD = "open Sesame, é7Planted"
_NONE = serialization.NoEncryption()
#: a key that nobody uses
SMALL = """\
-----BEGIN PRIVATE KEY-----
MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEAyJCckEXyH3KQpqdS
bNzVKXgdequuqI055pdcIdvwhdcqtnLhqarFIFOE2VXGtIjrlyIVQkaA9aTy17uA
KALoewIDAQABAkAuhezrQm5RgR+wqKtj+S2w+t3LsLtI+cluhbmnWP9H7CHKlT/A
EPGQA+4EyvCMOzfWRpVVqFfsrIAwoLekIvUxAiEA9pOMV8Eeyr7xWyDWkzXqSCTQ
7bUvsLBjRvFG22N5khUCIQDQOuWObtmdvq9bQGDvI3xzzFYCzWxEJUDqfe6X9HyE
TwIgH1c9vWG0kjyW3OhdnbR6pNTZIX2oJCMnWzsLsJMCPskCIQCq4LpC8Vqp5bKX
irRBaniVuoiW0ibXoU6tX9ytXFfWZwIgJKYWHRaFnsWAtOvQP7QsDBtPWyperjpZ
UWqNBoKppuw=
-----END PRIVATE KEY-----
"""


@cache
def key_of(kind: KeyKind) -> Any:
    """Return the private key of a kind, as the library has it."""
    return serialization.load_pem_private_key(make_key_pair(kind, "tests")[0].encode(), None)


def pem_of(
    key: Any,
    form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8,
    encryption: serialization.KeySerializationEncryption = _NONE,
) -> str:
    """Return the PEM of a private key."""
    written: bytes = key.private_bytes(serialization.Encoding.PEM, form, encryption)
    return written.decode()


def encrypted(key: Any, form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8) -> str:
    """Return an encrypted PEM."""
    return pem_of(key, form, serialization.BestAvailableEncryption(WORD.encode()))


def public_pem(key: Any) -> str:
    """Return the public half of a key."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    written: bytes = key.public_key().public_bytes(serialization.Encoding.PEM, form)
    return written.decode()


async def test_each_kind_signs_as_its_standard_says() -> None:
    """RSA by PKCS1-v1_5 over SHA-256, which its public half verifies; Ed25519 as the first vector of RFC 8032."""
    key = key_of(KeyKind.RSA)
    signer = make_signer(Secret(pem_of(key)))
    assert isinstance(signer, PrivateKeySigner)
    signature = await signer.sign(b"payload")
    key.public_key().verify(signature, b"payload", PKCS1v15(), hashes.SHA256())
    assert (signer.kind, signer.bits, len(signature)) == (KeyKind.RSA, 2048, 256)
    assert signature == await signer.sign(b"payload")

    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    signer = make_signer(Secret(pem_of(Ed25519PrivateKey.from_private_bytes(seed))))
    assert (await signer.sign(b"")).hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert (signer.kind, repr(signer)) == (KeyKind.ED25519, "PrivateKeySigner(Ed25519 256)")

    hmac = make_signer(Secret("a text"))
    assert isinstance(hmac, HmacSigner)
    assert (hmac.kind, repr(hmac)) == (KeyKind.HMAC, "HmacSigner(***)")
    assert await hmac.sign(b"payload") == await HmacSigner(Secret("a text")).sign(b"payload")


async def test_core_signs_by_the_kind_of_the_secret() -> None:
    """For a venue that brings no signer of its own."""
    venue = attrs.evolve(TOY_PERP, key_kinds=frozenset(KeyKind))
    plugins = make_plugins(entry_points=())
    for kind in (KeyKind.RSA, KeyKind.ED25519):
        made = plugins.make_signer(venue, Credentials("key", pem_of(key_of(kind)), "live"))
        assert await made.sign(b"payload") == await make_signer(Secret(pem_of(key_of(kind)))).sign(b"payload")


def test_kinds_are_listed_in_words() -> None:
    """In their usual order."""
    assert list_kinds({KeyKind.ED25519}) == "Ed25519"
    assert list_kinds(frozenset(KeyKind)) == "HMAC, RSA and Ed25519"


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        (KeyKind.ED25519, serialization.PrivateFormat.PKCS8),
        (KeyKind.RSA, serialization.PrivateFormat.PKCS8),
        (KeyKind.RSA, serialization.PrivateFormat.TraditionalOpenSSL),
    ],
)
def test_every_form_of_a_pem_is_read(kind: KeyKind, form: serialization.PrivateFormat) -> None:
    """As tools write it: plain or encrypted, with lines before it and with the line ends of another system."""
    key = key_of(kind)
    plain = pem_of(key, form)
    for text in (
        plain,
        plain.replace("\n", "\r\n"),
        f"Bag Attributes\n    name: x\n{plain}{public_pem(key)}",
        public_pem(key) + plain,
    ):
        assert make_signer(Secret(text)).kind is kind
    assert make_signer(Secret(encrypted(key, form)), Secret(WORD)).kind is kind


def faults() -> dict[str, tuple[str, str | None, str]]:
    """Return texts that are no keys to sign with, their passphrases, and the sentences about them."""
    rsa_pem, edwards = pem_of(key_of(KeyKind.RSA)), pem_of(key_of(KeyKind.ED25519))
    labels = "".join(f"-----BEGIN {label}-----\n" for label in _OTHER_LABELS)
    unknown = b64encode(b64decode(edwards.splitlines()[1]).replace(b"\x2b\x65\x70", b"\x2b\x65\x7a")).decode()
    one_line = edwards.strip().replace("\n", " ")
    openssh = serialization.PrivateFormat.OpenSSH
    least = "2048 are the least; make one by: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem"
    whole = "it begins with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----"
    return {
        "damaged": (rsa_pem.replace("A", "B"), None, f"the secret is no PEM that can be read; copy it whole: {whole}"),
        "cut": (rsa_pem[:400], None, f"the secret is no PEM that can be read; copy it whole: {whole}"),
        "no label": ("-----BEGIN", None, f"the secret is no PEM; {whole}"),
        "one line": (one_line, None, "the secret is a PEM that has lost its line breaks; keep it with them in a file"),
        "one line of it": (
            rsa_pem.splitlines()[0],
            None,
            f"the secret is no PEM that can be read; copy it whole: {whole}",
        ),
        "escaped": (edwards.strip().replace("\n", "\\n"), None, "the secret is a PEM that has lost its line breaks"),
        "public": (public_pem(key_of(KeyKind.RSA)), None, "the secret is a public key, which the venue has; give the"),
        "certificate": ("-----BEGIN CERTIFICATE-----\nMII\n", None, "the secret is a certificate and no key; give the"),
        "openssh": (pem_of(key_of(KeyKind.ED25519), openssh), None, "the secret is a key in the form of OpenSSH; give"),
        "public halves": (
            f"{public_pem(key_of(KeyKind.RSA))}\n{labels}",
            None,
            "the secret is a public key, which the",
        ),
        "curve": (
            pem_of(ec.generate_private_key(ec.SECP256R1())),
            None,
            "the secret is a key of the kind EC, by",
        ),
        "ed448": (pem_of(ed448.Ed448PrivateKey.generate()), None, "the secret is a key of the kind Ed448, by which no"),
        "unknown": (
            edwards.replace(edwards.splitlines()[1], unknown),
            None,
            "the secret is a key of an algorithm",
        ),
        "1024 bits": (
            pem_of(rsa.generate_private_key(65537, 1024)),  # noqa: S505 - it is to be refused
            None,
            f"the secret is an RSA key of 1024 bits, and {least}",
        ),
        "512 bits": (SMALL, None, f"the secret is an RSA key of 512 bits, and {least}"),
        "no passphrase": (
            encrypted(key_of(KeyKind.RSA)),
            None,
            "the secret is an encrypted PEM; name its",
        ),
        "wrong passphrase": (
            encrypted(key_of(KeyKind.ED25519)),
            "open Sesame",
            "the pem_passphrase does not open the PEM of the secret: it is that of another one, or misspelt",
        ),
        "needless passphrase": (edwards, WORD, "the pem_passphrase belongs to no encrypted PEM; leave it out"),
        "bare": (
            "".join(edwards.splitlines()[1:-1]),
            None,
            f"the secret is a private key without the first and the last line of its PEM; {whole}",
        ),
        "bare RSA": (
            "".join(rsa_pem.splitlines()[1:-1]),
            None,
            "the secret is a private key without the first",
        ),
    }


def printed(error: BaseException) -> str:
    """Return an error and what led to it, with the variables of all frames but those of this module."""
    texts = []
    related: BaseException | None = error
    while related is not None:
        frames = [frame for frame, _ in traceback.walk_tb(related.__traceback__)]
        texts += [repr(frame.f_locals) for frame in frames if frame.f_code.co_filename != __file__]
        texts += [repr(related), repr(vars(related))]
        related = related.__cause__ or related.__context__
    return "".join(texts)


async def test_a_text_that_is_no_key_is_refused() -> None:
    """When the account is opened, before anything is sent; the sentence repeats nothing of key and passphrase."""
    venue = attrs.evolve(TOY_PERP, key_kinds=frozenset(KeyKind))
    async with (
        Simulation((TOY_PERP,), clock=InstantClock()) as sim,
        Runtime(journal=False, plugins=make_plugins(entry_points=())) as runtime,
    ):
        for name, (text, passphrase, words) in faults().items():
            given = Credentials.sim(sim.rest("toy_perp"), sim.key, Secret(text), pem_passphrase=passphrase)
            with pytest.raises(CredentialsError) as opened:
                await runtime.open(venue, given)
            with pytest.raises(CredentialsError) as made:
                make_signer(given.secret, given.pem_passphrase)

            assert str(opened.value).startswith(f"toy_perp: {words}"), name
            assert str(made.value).startswith(words), name
            found = given.read_key()
            assert isinstance(found, CredentialsFault), name
            assert found.field == words.split()[1], name
            secrets = [line for line in text.splitlines() if len(line) > 30][1:-1]
            told = f"{printed(opened.value)} {printed(made.value)}"
            assert [one for one in (*secrets, WORD) if one in told] == [], name
        assert sim.requests == []


async def test_a_kind_that_the_venue_does_not_take_is_refused() -> None:
    """The sentence names the kind, the venue and the kinds that it takes."""
    edwards = make_key_pair(KeyKind.ED25519, "tests")[0]
    cases = (
        ({KeyKind.HMAC, KeyKind.RSA}, edwards, "an Ed25519 key; toy_perp takes HMAC and RSA keys: make one of them"),
        ({KeyKind.HMAC}, pem_of(key_of(KeyKind.RSA)), "an RSA key; toy_perp takes HMAC keys: make one of them"),
        ({KeyKind.ED25519}, "a-text", "no private key in PEM; toy_perp takes Ed25519 keys: make one of them"),
    )
    async with Runtime(journal=False, plugins=make_plugins(entry_points=())) as runtime:
        for kinds, secret, words in cases:
            venue = attrs.evolve(TOY_PERP, key_kinds=frozenset(kinds))
            with pytest.raises(CredentialsError, match=f"^toy_perp: the secret is {words} at the venue$"):
                await runtime.open(venue, Credentials.sim("http://127.0.0.1:1", "key", secret))
        needless = Credentials.sim("http://127.0.0.1:1", "key", "a-text", pem_passphrase=WORD)
        own = attrs.evolve(TOY_PERP, make_signer=lambda fields: HmacSigner(fields.secret))
        for venue in (TOY_PERP, own):
            with pytest.raises(
                CredentialsError, match=r"^toy_perp: the pem_passphrase belongs to a secret that is a PEM"
            ):
                await runtime.open(venue, needless)


async def test_a_key_that_an_operators_signer_leaves_to_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its kind and form are looked at when core makes the signer: a plugin might have taken it before."""
    module = ModuleType("a_picky_vault")

    def venuekit_make_signer(venue: Any, credentials: Any) -> None:
        return None

    vars(module).update(VENUEKIT_API=1, venuekit_make_signer=hookimpl(venuekit_make_signer))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    plugins = make_plugins(entry_points=[EntryPoint("vault", module.__name__, "venuekit.plugins")])
    async with Runtime(journal=False, plugins=plugins) as runtime:
        given = Credentials.sim("http://127.0.0.1:1", "key", pem_of(key_of(KeyKind.RSA)))
        with pytest.raises(CredentialsError, match=r"^toy_perp: the secret is an RSA key; toy_perp takes HMAC"):
            await runtime.open(TOY_PERP, given)


@pytest.mark.parametrize("kind", [KeyKind.RSA, KeyKind.ED25519])
async def test_a_venues_own_signer_gets_the_passphrase(kind: KeyKind) -> None:
    """It reads its PEM itself, whatever kinds core would take."""
    seen = []

    def make(fields: Any) -> PrivateKeySigner:
        seen.append(fields)
        signer = make_signer(fields.secret, fields.pem_passphrase)
        assert isinstance(signer, PrivateKeySigner)
        return signer

    venue = attrs.evolve(TOY_PERP, make_signer=make)
    given = Credentials.sim("http://127.0.0.1:1", "key", encrypted(key_of(kind)), pem_passphrase=WORD)
    signer = make_plugins(entry_points=()).make_signer(venue, given)

    assert getattr(signer, "kind", None) is kind
    assert WORD not in repr(seen)


def test_a_key_is_read_once() -> None:
    """The check of an RSA key takes 30 ms."""
    held = Credentials("key", encrypted(key_of(KeyKind.RSA)), "live", pem_passphrase=WORD)

    assert held.read_key() is held.read_key()
    assert held == Credentials("key", held.secret, "live", pem_passphrase=WORD)
    assert Credentials("key", "a-text", "live").read_key() is None


def test_no_line_of_a_key_is_shown() -> None:
    """Neither the lines of a PEM nor its passphrase, as long as somebody holds it."""
    pem = pem_of(key_of(KeyKind.RSA))
    held = Credentials("key", pem, "live", pem_passphrase=WORD)
    lines = pem.splitlines()

    assert [line for line in lines[1:-2] if line in redact(f"a {line[:60]} b {line} c {WORD}")] == []
    assert WORD not in f"{redact(f'the word {WORD} is wrong')} {held!r}"


def test_an_empty_passphrase_is_refused() -> None:
    """It comes of a variable that was set to nothing."""
    with pytest.raises(CredentialsError, match="the pem_passphrase is empty"):
        Credentials("key", "secret", "live", pem_passphrase="")


def test_the_library_is_loaded_with_the_first_pem() -> None:
    """Users of HMAC keys do not wait for it."""
    code = (
        "import sys; from venuekit import Secret; from venuekit.credentials import make_signer\n"
        "make_signer(Secret('a text')); assert 'cryptography' not in sys.modules\n"
        "import venuekit_toy_perp; assert 'cryptography' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own words


def test_a_venue_declares_kinds() -> None:
    """Nothing else, and at least one."""
    wrong: Any = frozenset({"hmac-sha256"})
    with pytest.raises(TypeError, match="toy_perp: its key_kinds hold 'hmac-sha256'; each is a KeyKind"):
        attrs.evolve(TOY_PERP, key_kinds=wrong)
    with pytest.raises(ValueError, match=r"toy_perp: its key_kinds are none; name those of its keys"):
        attrs.evolve(TOY_PERP, key_kinds=frozenset())


async def test_the_toy_is_signed_for_by_hmac() -> None:
    """A venue that declares nothing takes HMAC secrets, as ever."""
    async with Simulation((TOY_PERP,)) as sim, Runtime(journal=False, plugins=make_plugins(entry_points=())) as runtime:
        account = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
        assert await account.call(TOY.WALLET)
        with pytest.raises(LookupError, match="toy_perp takes no RSA key; it takes HMAC"):
            sim.credentials("toy_perp", key=sim.add_key(kind=KeyKind.RSA))

"""The credentials of an entry: references that are resolved, and the fields that a venue asks for."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest
from tests.core.accounts_files import PLANTED, WHOLE, Write, load_text, writer_in
from tests.core.pipeline.socket_form import API

from venuekit.credential_fields import ACCOUNT_KEYS, CredentialField
from venuekit.credentials import Secret, redact
from venuekit.credentials.accounts_file import (
    AccountEntry,
    credentials,
)
from venuekit.credentials.references import resolve_reference
from venuekit.errors import AccountsFileError, CredentialsError, VenuekitError
from venuekit.hooks import hookimpl
from venuekit.plugins import Plugins, make_plugins
from venuekit.venue import EnvironmentName
from venuekit_toy_perp import TOY_PERP


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write into a directory that is also the current one."""
    return writer_in(tmp_path, monkeypatch)


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> Plugins:
    """Plugins with acme_perp, whose passphrase may be left out and whose vault is no secret, and two more venues."""
    fields = (
        CredentialField("passphrase", "chosen with the key", required=False),
        CredentialField("vault", "the vault", secret=False, required=False, check=_vault_fault),
    )
    places = (TOY_PERP.environment("live"), attrs.evolve(TOY_PERP.environment("live"), name=EnvironmentName.TESTNET))
    acme = attrs.evolve(TOY_PERP, id="acme_perp", credential_fields=fields, environments=places)
    live = attrs.evolve(TOY_PERP.environment("live"), websocket_api="wss://live.invalid")
    demo = attrs.evolve(live, name=EnvironmentName.DEMO, websocket_api=None)
    socket = attrs.evolve(TOY_PERP, id="socket_perp", socket_api=API, environments=(live, demo))
    strict = attrs.evolve(acme, id="strict_perp", credential_fields=(CredentialField("memo", "the memo of the key"),))
    module = ModuleType("module_of_acme")

    def venuekit_register_venues(register: Callable[[Any], None]) -> None:
        register(acme)
        register(strict)
        register(socket)

    vars(module).update(VENUEKIT_API=1, venuekit_register_venues=hookimpl(venuekit_register_venues))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    names = ("acme_perp", "strict_perp", "socket_perp")
    points = [EntryPoint(name, module.__name__, "venuekit.venues") for name in names]
    return make_plugins(entry_points=points)


def _vault_fault(text: str) -> str | None:
    return None if text.startswith("V") else f"is no vault, whose name begins with V: {text}"


async def test_references_are_resolved(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plugins: Plugins
) -> None:
    """``env:`` and ``file:`` give the secret without blanks around it; paths start at the accounts file."""
    monkeypatch.setenv("MAIN_KEY", " the-key ")
    write("deep/main.secret", f"{PLANTED}\n")
    file = load_text(tmp_path / "deep" / "accounts.toml")

    found = await credentials(file.entry("main"), plugins)

    assert (found.key.reveal(), found.secret.reveal()) == ("the-key", PLANTED)
    assert found.environment is EnvironmentName.TESTNET
    assert PLANTED not in f"{found!r} {file!r}"


async def test_a_mark_before_a_text_is_no_part_of_it(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plugins: Plugins
) -> None:
    """A UTF-8 byte order mark, as some editors write one, is taken in the file itself and in secret files."""
    monkeypatch.setenv("MAIN_KEY", " the-key ")
    write("main.secret", f"\ufeff{PLANTED}\n")
    file = load_text(tmp_path / "accounts.toml", f"\ufeff{WHOLE}")

    found = await credentials(file.entry("main"), plugins)

    assert found.secret.reveal() == PLANTED


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("env:MAIN_KY", "environment variable MAIN_KY is not set; did you mean MAIN_KEY?"),
        ("env:EMPTY", "environment variable EMPTY is empty"),
        ("file:gone", "No such file"),
        ("env:8wYkmpLsMg10eNQyPm", "looks like a secret itself"),
        ("env:GHSHAHVGKDFUNNPEPR", "looks like a secret itself"),
        (f"env:{PLANTED}", "looks like a secret itself"),
        ("file:8wYkmpLsMg10eNQyPm", "looks like a secret itself"),
        (f"file:{PLANTED}", "looks like a secret itself"),
        ("file:keys/8wYkmp+LsMg10eNQyPm==", "looks like a secret itself"),
        ("file:no\\u0000path", "not the path of a file"),
        (f"file:{'a/' * 3000}", "File name too long"),
        ("file:open", "chmod 600"),
        ("file:blank", "is empty"),
        ("file:latin", "latin: not a text in UTF-8"),
        ("file:~nobody-of-this-name/key", "the text after file: is not a valid path"),
        ("evn:MAIN_KEY", "no plugin knows this kind of reference; did you mean env?"),
        (f"vault:{PLANTED}", "no plugin knows this kind of reference; env:, file:, keyring:, command: need none"),
    ],
)
async def test_a_reference_that_leads_nowhere(
    write: Write, monkeypatch: pytest.MonkeyPatch, plugins: Plugins, reference: str, message: str
) -> None:
    """The error names account and key, says what is missing, and shows nothing that might be a secret."""
    monkeypatch.setenv("MAIN_KEY", " the-key ")
    monkeypatch.setenv("EMPTY", " ")
    write("open", PLANTED, 0o644)
    write("blank", "\n")
    write("latin", "").write_bytes(b"caf\xe9")
    file = load_text(Path("accounts.toml"), WHOLE.replace("file:main.secret", reference))

    with pytest.raises(AccountsFileError) as caught:
        await credentials(file.entry("main"), plugins)

    assert "accounts.toml:6: accounts.main.secret: " in str(caught.value)
    assert message in str(caught.value)
    assert PLANTED not in str(caught.value)
    if "looks like" in message:
        assert reference.partition(":")[2] not in str(caught.value)


def test_other_schemes_are_asked_for_and_ours_are_not() -> None:
    """A plugin answers for its own scheme, and never sees a reference of ours."""
    asked: list[str] = []

    def vault(reference: str) -> Secret:
        asked.append(reference)
        return Secret(PLANTED)

    assert resolve_reference("vault:main", others=vault) == Secret(PLANTED)
    with pytest.raises(AccountsFileError):
        resolve_reference("env:VENUEKIT_NOT_SET_ANYWHERE", others=vault)
    assert asked == ["vault:main"]


async def test_credentials_that_do_not_fit(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plugins: Plugins
) -> None:
    """A simulator on another machine is refused, naming the account."""
    monkeypatch.setenv("SIM_KEY", "k")
    monkeypatch.setenv("SIM_SECRET", "s")
    file = load_text(tmp_path / "accounts.toml", WHOLE.replace("127.0.0.1:8080", "example.test"))

    with pytest.raises(CredentialsError, match=r"accounts\.\"on this machine\": .* not on example\.test"):
        await credentials(file.entry("on this machine"), plugins)


async def test_fields_of_the_venue_are_further_keys(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plugins: Plugins
) -> None:
    """A secret one is a reference, like key and secret; one that is no secret may be a plain text, and is shown."""
    monkeypatch.setenv("MAIN_KEY", "the-key")
    monkeypatch.setenv("VAULT", "V-of-the-environment")
    write("main.secret", PLANTED)
    write("word", f"{PLANTED}-word\n")
    plain = WHOLE.replace("read_only = true", 'passphrase = "file:word"\nvault = "V main vault"')
    file = load_text(tmp_path / "accounts.toml", plain)

    found = await credentials(file.entry("main"), plugins)

    assert {name: text.reveal() for name, text in found.fields.items()} == {
        "passphrase": f"{PLANTED}-word",
        "vault": "V main vault",
    }
    assert redact("the V main vault") == "the V main vault"
    assert PLANTED not in f"{found!r} {file!r} {redact(f'a {PLANTED}-word b')}"
    referred = load_text(tmp_path / "accounts.toml", plain.replace('"V main vault"', '"env:VAULT"'))
    again = await credentials(referred.entry("main"), plugins)
    assert again.fields["vault"].reveal() == "V-of-the-environment"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            'pasphrase = "env:X"',
            "7: accounts.main.pasphrase: acme_perp takes no pasphrase; it takes key, secret, passphrase, vault; did",
        ),
        (
            f'memo = "{PLANTED}"',
            "7: accounts.main.memo: acme_perp takes no memo; it takes key, secret, passphrase, vault",
        ),
        (
            'keys = "env:X"',
            "7: accounts.main.keys: acme_perp takes no keys; it takes key, secret, passphrase, vault; did you mean key",
        ),
        (
            f'passphrase = "{PLANTED}"',
            "7: accounts.main.passphrase: expected a reference such as env:NAME or file:PATH; a literal is refused",
        ),
        (
            'passphrase = "env:GONE"',
            "7: accounts.main.passphrase: environment variable GONE is not set",
        ),
        (
            'vault = "main"',
            "7: accounts.main.vault: acme_perp: the vault is no vault, whose name begins with V: main",
        ),
        ('vault = " V"', "2: accounts.main: the vault begins or ends with blanks"),
    ],
)
async def test_a_field_that_the_venue_does_not_take_is_named_by_line(
    write: Write, monkeypatch: pytest.MonkeyPatch, plugins: Plugins, line: str, message: str
) -> None:
    """File, line, key and the fields of the venue are told, and the text of the field is not."""
    monkeypatch.setenv("MAIN_KEY", "the-key")
    write("main.secret", "the-secret")
    file = load_text(Path("accounts.toml"), WHOLE.replace("read_only = true", line, 1))

    with pytest.raises(VenuekitError) as caught:
        await credentials(file.entry("main"), plugins)

    assert str(caught.value).startswith(f"accounts.toml:{message}")
    assert isinstance(caught.value, AccountsFileError | CredentialsError)
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)][1:]  # but this test's
    assert PLANTED not in f"{caught.value} {[frame.f_locals for frame in frames]}"


async def test_a_field_that_the_venue_needs_is_named(write: Write, plugins: Plugins) -> None:
    """The account's line, the missing key and its reason are told, before any reference is resolved."""
    file = load_text(Path("accounts.toml"), WHOLE.replace('"acme_perp"', '"strict_perp"'))

    with pytest.raises(AccountsFileError, match=r":2: accounts\.main: strict_perp needs memo: the memo of"):
        await credentials(file.entry("main"), plugins)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("acme_perp testnet", "acme_perp has no WebSocket API"),
        ("acme_perp sim", "acme_perp has no WebSocket API"),
        ("socket_perp demo", "socket_perp demo has no WebSocket API"),
        ("socket_perp live", None),
        ("socket_perp sim", None),
    ],
)
async def test_a_carrier_that_the_venue_does_not_have_is_named_by_line(
    write: Write, monkeypatch: pytest.MonkeyPatch, plugins: Plugins, place: str, words: str | None
) -> None:
    """With file, line, key and the mend, before any reference is resolved; a simulator has what its venue has."""
    venue, environment = place.split()
    for name in ("KEY", "SECRET"):
        monkeypatch.setenv(name, "text")
    rest = 'rest = "http://127.0.0.1:8080/x"\n' if environment == "sim" else ""
    table = f'venue = "{venue}"\nenvironment = "{environment}"\nkey = "env:KEY"\nsecret = "env:SECRET"\n{rest}'
    entry = load_text(Path("accounts.toml"), f'[accounts.main]\ntransport = "websocket"\n{table}').entry("main")

    if words is None:
        assert (await credentials(entry, plugins)).key.reveal() == "text"
        return
    monkeypatch.delenv("KEY")
    with pytest.raises(AccountsFileError) as caught:
        await credentials(entry, plugins)

    mend = 'write transport = "rest", or leave the key out'
    assert str(caught.value) == f"accounts.toml:2: accounts.main.transport: {words}; {mend}"


async def test_an_environment_that_the_venue_does_not_have_is_named_by_line(write: Write, plugins: Plugins) -> None:
    """With file, line, key and the environments that it has, before any reference is resolved."""
    table = 'venue = "socket_perp"\nenvironment = "testnet"\nkey = "env:KEY"\nsecret = "env:SECRET"\n'
    entry = load_text(Path("accounts.toml"), f"[accounts.main]\n{table}").entry("main")

    with pytest.raises(AccountsFileError) as caught:
        await credentials(entry, plugins)

    words = "socket_perp has no environment testnet; it has live, demo"
    assert str(caught.value) == f"accounts.toml:3: accounts.main.environment: {words}"


def test_no_field_can_take_the_name_of_a_key() -> None:
    """The names that a venue's fields cannot have are all keys of an account's table."""
    keys = set(attrs.fields_dict(AccountEntry)) - {"name", "fields", "source", "lines", "directory"}

    assert keys == set(ACCOUNT_KEYS)

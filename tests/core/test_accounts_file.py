"""The accounts file says which accounts there are; secrets are only referred to, and never shown."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from decimal import Decimal
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest

from venuekit.credential_fields import ACCOUNT_KEYS, CredentialField
from venuekit.credentials import Secret, redact
from venuekit.credentials.accounts_file import (
    AccountEntry,
    AccountsFile,
    credentials,
    find_accounts_file,
    load_accounts,
)
from venuekit.credentials.references import resolve_reference
from venuekit.errors import AccountsFileError, CredentialsError, VenuekitError
from venuekit.hooks import hookimpl
from venuekit.plugins import Plugins, make_plugins
from venuekit.venue import EnvironmentName
from venuekit_toy_perp import TOY_PERP

PLANTED = "plantedSecret0123456789"
WHOLE = """\
# a comment
[accounts.main]
venue = "acme_perp"
environment = "testnet"
key = "env:MAIN_KEY"
secret = "file:main.secret"
read_only = true
symbols = ["BTCUSD",
           "ETHUSD"]
max_leverage = 20
max_notional = 1000.5

[accounts."on this machine"]
venue = "acme_perp"
environment = "sim"
rest = "http://127.0.0.1:8080/acme_perp"
key = "env:SIM_KEY"
secret = "env:SIM_SECRET"
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file into a directory that is also the current one: ``write("accounts.toml", text)``, mode 0600."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VENUEKIT_ACCOUNTS", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def write(name: str, text: str, mode: int = 0o600) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    return write


def test_a_whole_file_is_read(write: Write) -> None:
    """Every key becomes a typed value; what is left out is None."""
    path = write("accounts.toml", WHOLE)

    file = load_accounts(path)

    assert list(file.entries) == ["main", "on this machine"]
    assert file.entry("main") == AccountEntry(
        name="main",
        venue="acme_perp",
        environment=EnvironmentName.TESTNET,
        key="env:MAIN_KEY",
        secret="file:main.secret",
        read_only=True,
        symbols=frozenset({"BTCUSD", "ETHUSD"}),
        max_leverage=Decimal(20),
        max_notional=Decimal("1000.5"),
    )
    sim = file.entry("on this machine")
    assert (sim.environment, sim.rest) == (EnvironmentName.SIM, "http://127.0.0.1:8080/acme_perp")
    assert (sim.read_only, sim.symbols, sim.max_leverage, sim.max_notional) == (False, None, None, None)


@pytest.mark.parametrize("transport", ["rest", "websocket"])
def test_the_carrier_of_requests_is_a_word(write: Write, transport: str) -> None:
    """Either word is taken as it is, and HTTP carries requests where none is written."""
    path = write("accounts.toml", WHOLE.replace("read_only = true", f'transport = "{transport}"', 1))

    entries = load_accounts(path).entries

    assert [one.transport for one in entries.values()] == [transport, "rest"]


def test_an_unknown_account_names_those_there_are(write: Write) -> None:
    """The error has the file, the known names and the nearest one."""
    file = load_accounts(write("accounts.toml", WHOLE))

    with pytest.raises(
        AccountsFileError, match=r"accounts\.toml: no account 'mian'; it has main, .*; did you mean main\?"
    ):
        file.entry("mian")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'venue = "acme_perp"\nenvironment = "testnet"',
            'venue = "acme_perp"',
            "2: accounts.main: environment is required",
        ),
        ('key = "env:MAIN_KEY"\n', "", "2: accounts.main: key is required"),
        ("read_only = true", "readonly = true", "7: accounts.main.readonly: unknown key; did you mean read_only?"),
        (
            'environment = "testnet"',
            'enviroment = "testnet"',
            "4: accounts.main.enviroment: unknown key; did you mean environment?",
        ),
        ("read_only = true", 'readonly = "true"', "7: accounts.main.readonly: unknown key; did you mean read_only?"),
        ("read_only = true", "vault = 7", "7: accounts.main.vault: unknown key; a field of the venue is a text"),
        ("read_only = true", 'vault = ""', "7: accounts.main.vault: expected a text, got an empty one"),
        ("read_only = true", 'read_only = "yes"', "7: accounts.main.read_only: expected true or false, got a text"),
        (
            '"testnet"',
            '"tesnet"',
            "4: accounts.main.environment: expected live | testnet | demo | sim; did you mean testnet?",
        ),
        ('"testnet"', "3", "4: accounts.main.environment: expected live | testnet | demo | sim, got an integer"),
        ('"testnet"', '["sim"]', "4: accounts.main.environment: expected live | testnet | demo | sim, got an array"),
        (
            "read_only = true",
            'transport = "websockets"',
            "7: accounts.main.transport: expected rest | websocket; did you mean websocket?",
        ),
        ("read_only = true", 'transport = "pigeon"', "7: accounts.main.transport: expected rest | websocket"),
        ("read_only = true", "transport = []", "7: accounts.main.transport: expected rest | websocket, got an array"),
        (
            "read_only = true",
            'transprot = "rest"',
            "7: accounts.main.transprot: unknown key; did you mean transport?",
        ),
        (
            'venue = "acme_perp"\nenvironment = "testnet"',
            'venue = ""\nenvironment = "testnet"',
            "3: accounts.main.venue: expected a text",
        ),
        ('"env:MAIN_KEY"', "5", "5: accounts.main.key: expected a reference such as env:NAME, got an integer"),
        (
            '["BTCUSD",\n           "ETHUSD"]',
            '"BTCUSD"',
            '8: accounts.main.symbols: expected an array of symbols such as ["BTCUSD"]',
        ),
        ("max_leverage = 20", "max_leverage = 0", "10: accounts.main.max_leverage: expected a number above 0"),
        ("max_leverage = 20", "max_leverage = nan", "10: accounts.main.max_leverage: expected a number above 0"),
        ("max_leverage = 20", 'max_leverage = "20"', "10: accounts.main.max_leverage: expected a number, got a text"),
        (
            "max_leverage = 20",
            "max_leverage = true",
            "10: accounts.main.max_leverage: expected a number, got a boolean",
        ),
        (
            'environment = "testnet"',
            'environment = "testnet"\nrest = "http://127.0.0.1:1"',
            "5: accounts.main.rest: only the environment 'sim' takes a URL",
        ),
        ('rest = "http://127.0.0.1:8080/acme_perp"\n', "", '13: accounts."on this machine": rest is required'),
        ("# a comment", "account = 1", "1: account: unknown key; did you mean accounts?"),
        (WHOLE, "accounts = 3", "1: accounts: expected a table, got an integer"),
        (WHOLE, "accounts.main = 3", "1: accounts.main: expected a table, got an integer"),
        ("read_only = true", "read_only = ", "7: Invalid value"),
    ],
)
def test_what_is_not_understood_is_named(write: Write, old: str, new: str, message: str) -> None:
    """File, line, key and what was expected are told."""
    path = write("accounts.toml", WHOLE.replace(old, new, 1))

    with pytest.raises(AccountsFileError) as caught:
        load_accounts(path)

    assert str(caught.value).startswith(f"{path}:{message}")


@pytest.mark.parametrize("literal", [PLANTED, "abc/def==", "with space:x", "UPPER:lower", ""])
@pytest.mark.parametrize("field", ["key", "secret"])
def test_a_literal_is_refused_and_not_repeated(write: Write, field: str, literal: str) -> None:
    """A secret written into the file is refused by line and key, and its text is not in the error."""
    old = {"key": "env:MAIN_KEY", "secret": "file:main.secret"}[field]
    path = write("accounts.toml", WHOLE.replace(old, literal, 1))

    with pytest.raises(AccountsFileError, match=rf":[56]: accounts\.main\.{field}: .*a literal is refused") as caught:
        load_accounts(path)

    assert not literal or literal not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o601, 0o660, 0o777])
def test_a_file_others_can_access_is_refused(write: Write, mode: int) -> None:
    """Any bit for group or others is refused, with the line that mends it."""
    path = write("accounts.toml", WHOLE, mode)

    with pytest.raises(AccountsFileError, match=rf"mode 0{mode:o}.*; run: chmod 600 {path}"):
        load_accounts(path)


def test_a_link_is_judged_by_what_it_leads_to(write: Write, tmp_path: Path) -> None:
    """A symbolic link does not hide the mode of the file behind it."""
    link = tmp_path / "link.toml"
    link.symlink_to(write("open.toml", WHOLE, 0o644))

    with pytest.raises(AccountsFileError, match="chmod 600"):
        load_accounts(link)


def test_the_order_of_places(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's configuration, the current directory, the variable, the option: each wins over the one before."""
    with pytest.raises(
        AccountsFileError, match=r"no accounts file at accounts\.toml and .*config/venuekit/accounts\.toml"
    ):
        find_accounts_file()
    users = write("config/venuekit/accounts.toml", WHOLE)
    assert find_accounts_file() == users
    here = write("accounts.toml", WHOLE)
    assert find_accounts_file().absolute() == here
    named = write("named.toml", WHOLE)
    monkeypatch.setenv("VENUEKIT_ACCOUNTS", str(named))
    assert find_accounts_file() == named
    given = write("given.toml", WHOLE)
    assert find_accounts_file(given) == given


def test_a_named_file_that_is_missing(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No other file is taken in place of the one that was named."""
    write("accounts.toml", WHOLE)

    with pytest.raises(AccountsFileError, match=r"gone\.toml: no such file \(named by --accounts\)"):
        load_accounts(tmp_path / "gone.toml")
    monkeypatch.setenv("VENUEKIT_ACCOUNTS", str(tmp_path / "gone.toml"))
    with pytest.raises(AccountsFileError, match=r"no such file \(named by VENUEKIT_ACCOUNTS\)"):
        load_accounts()


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    """What cannot be read is said in the system's words."""
    with pytest.raises(AccountsFileError, match="directory"):
        load_accounts(tmp_path)


def _file(path: Path, text: str = WHOLE) -> AccountsFile:
    path.write_text(text)
    path.chmod(0o600)
    return load_accounts(path)


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> Plugins:
    """Plugins with acme_perp, a venue with a passphrase that may be left out, and a vault that is no secret."""
    fields = (
        CredentialField("passphrase", "chosen with the key", required=False),
        CredentialField("vault", "the vault", secret=False, required=False, check=_vault_fault),
    )
    acme = attrs.evolve(TOY_PERP, id="acme_perp", credential_fields=fields)
    strict = attrs.evolve(acme, id="strict_perp", credential_fields=(CredentialField("memo", "the memo of the key"),))
    module = ModuleType("module_of_acme")

    def venuekit_register_venues(register: Callable[[Any], None]) -> None:
        register(acme)
        register(strict)

    vars(module).update(VENUEKIT_API=1, venuekit_register_venues=hookimpl(venuekit_register_venues))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    points = [EntryPoint(name, module.__name__, "venuekit.venues") for name in ("acme_perp", "strict_perp")]
    return make_plugins(entry_points=points)


def _vault_fault(text: str) -> str | None:
    return None if text.startswith("V") else f"is no vault, whose name begins with V: {text}"


async def test_references_are_resolved(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plugins: Plugins
) -> None:
    """``env:`` and ``file:`` give the secret without blanks around it; paths start at the accounts file."""
    monkeypatch.setenv("MAIN_KEY", " the-key ")
    write("deep/main.secret", f"{PLANTED}\n")
    file = _file(tmp_path / "deep" / "accounts.toml")

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
    file = _file(tmp_path / "accounts.toml", f"\ufeff{WHOLE}")

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
    file = _file(Path("accounts.toml"), WHOLE.replace("file:main.secret", reference))

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
    file = _file(tmp_path / "accounts.toml", WHOLE.replace("127.0.0.1:8080", "example.test"))

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
    file = _file(tmp_path / "accounts.toml", plain)

    found = await credentials(file.entry("main"), plugins)

    assert {name: text.reveal() for name, text in found.fields.items()} == {
        "passphrase": f"{PLANTED}-word",
        "vault": "V main vault",
    }
    assert redact("the V main vault") == "the V main vault"
    assert PLANTED not in f"{found!r} {file!r} {redact(f'a {PLANTED}-word b')}"
    referred = _file(tmp_path / "accounts.toml", plain.replace('"V main vault"', '"env:VAULT"'))
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
    file = _file(Path("accounts.toml"), WHOLE.replace("read_only = true", line, 1))

    with pytest.raises(VenuekitError) as caught:
        await credentials(file.entry("main"), plugins)

    assert str(caught.value).startswith(f"accounts.toml:{message}")
    assert isinstance(caught.value, AccountsFileError | CredentialsError)
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)][1:]  # but this test's
    assert PLANTED not in f"{caught.value} {[frame.f_locals for frame in frames]}"


async def test_a_field_that_the_venue_needs_is_named(write: Write, plugins: Plugins) -> None:
    """The account's line, the missing key and its reason are told, before any reference is resolved."""
    file = _file(Path("accounts.toml"), WHOLE.replace('"acme_perp"', '"strict_perp"'))

    with pytest.raises(AccountsFileError, match=r":2: accounts\.main: strict_perp needs memo: the memo of"):
        await credentials(file.entry("main"), plugins)


def test_no_field_can_take_the_name_of_a_key() -> None:
    """The names that a venue's fields cannot have are all keys of an account's table."""
    keys = set(attrs.fields_dict(AccountEntry)) - {"name", "fields", "source", "lines", "directory"}

    assert keys == set(ACCOUNT_KEYS)

"""The check of accounts: the kind of a key, where it is held and whether it opens its account, and never the key."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from venuekit.hooks import hookimpl
from venuekit.key_kinds import KeyKind
from venuekit.plugins import make_plugins
from venuekit.simulator.key_pairs import make_key_pair

Call = Callable[..., Any]

WORD = "Open7Sesame8Planted"
HMAC = "planted0secret9OfAnHmacKey"


@pytest.fixture
def kinds_venue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a venue that takes RSA and Ed25519 keys, and a plugin that signs for some accounts."""
    site = tmp_path / "site"
    codes = {
        ("venuekit.venues", "kinds_perp"): """
            import attrs
            from venuekit.hooks import hookimpl
            from venuekit.key_kinds import KeyKind
            from venuekit_toy_perp import TOY_PERP
            VENUEKIT_API = 1
            KINDS = frozenset({KeyKind.RSA, KeyKind.ED25519})
            @hookimpl
            def venuekit_register_venues(register):
                register(attrs.evolve(TOY_PERP, id="kinds_perp", realm="kinds_perp", key_kinds=KINDS))
        """,
        ("venuekit.venues", "own_perp"): """
            import attrs
            from venuekit.hooks import hookimpl
            from venuekit_toy_perp import TOY_PERP
            VENUEKIT_API = 1
            class Wallet:
                kind = "wallet"
                async def sign(self, payload): return b""
            @hookimpl
            def venuekit_register_venues(register):
                register(attrs.evolve(TOY_PERP, id="own_perp", realm="own_perp", make_signer=lambda fields: Wallet()))
        """,
        ("venuekit.plugins", "vault"): """
            import venuekit
            from venuekit.hooks import hookimpl
            from venuekit.key_kinds import KeyKind
            VENUEKIT_API = 1
            closed = []
            class Held:
                def __init__(self, kind):
                    if kind != "none":
                        self.kind = KeyKind.RSA if kind == "rsa" else kind
                async def sign(self, payload): return b""
                async def aclose(self): closed.append(self)
            @hookimpl
            def venuekit_make_signer(venue, credentials):
                scheme, _, kind = credentials.secret.reveal().partition("+")
                return Held(kind) if scheme == "vault" else None
        """,
    }
    for (group, name), code in codes.items():
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{group}]\n{name} = module_of_{name}\n")
        (site / f"module_of_{name}.py").write_text(textwrap.dedent(code))
        monkeypatch.delitem(sys.modules, f"module_of_{name}", raising=False)
    monkeypatch.syspath_prepend(str(site))


def write(directory: Path, accounts: dict[str, str]) -> Path:
    """Write an accounts file of live accounts, whose secrets are references; each begins with its venue."""
    tables = []
    for name, text in accounts.items():
        venue, _, rest = text.partition(" ")
        secret, _, word = rest.partition(" ")
        table = [f"[accounts.{name}]", f'venue = "{venue}"', 'environment = "live"', 'key = "env:A_KEY"']
        table += [f'secret = "{secret}"', *([f'pem_passphrase = "{word}"'] if word else [])]
        tables.append("\n".join(table))
    file = directory / "accounts.toml"
    file.write_text("\n".join(tables) + "\n")
    file.chmod(0o600)
    return file


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put keys of all kinds into the environment and into files; return their secret lines."""
    from cryptography.hazmat.primitives import serialization as form

    pems = {kind: make_key_pair(kind, "check")[0] for kind in (KeyKind.RSA, KeyKind.ED25519)}
    locked = form.load_pem_private_key(pems[KeyKind.ED25519].encode(), None).private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.BestAvailableEncryption(WORD.encode())
    )
    texts = {"rsa": pems[KeyKind.RSA], "ed25519": pems[KeyKind.ED25519], "locked": locked.decode()}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    (tmp_path / "open").write_text(HMAC)
    (tmp_path / "open").chmod(0o644)
    names = {"A_KEY": "key4OfAnAccount", "HMAC": HMAC, "WORD": WORD, "VAULT": "vault+HSM-7", "VAULT_RSA": "vault+rsa"}
    for name, text in (names | {"VAULT_NONE": "vault+none"}).items():
        monkeypatch.setenv(name, text)
    return [HMAC, WORD, "key4OfAnAccount", *(line for text in texts.values() for line in text.splitlines()[1:-1])]


def test_every_kind_is_named(call: Call, kinds_venue: None, keys: list[str], tmp_path: Path) -> None:
    """By its name and size, and by the plugin that holds it elsewhere; nothing is sent, and no key is shown."""
    file = write(
        tmp_path,
        {
            "hmac": "toy_perp env:HMAC",
            "rsa": "kinds_perp file:rsa",
            "ed": "kinds_perp file:ed25519",
            "locked": "kinds_perp file:locked env:WORD",
            "wallet": "own_perp env:HMAC",
            "hsm": "kinds_perp env:VAULT",
            "cloud": "toy_perp env:VAULT_RSA",
            "dumb": "toy_perp env:VAULT_NONE",
        },
    )
    called = call("accounts", "check", "--offline", "--accounts", file, "--json")
    table = call("accounts", "check", "--offline", "--accounts", file)

    assert (called.status, called.err, table.status) == (0, "", 0)
    assert {row["account"]: (row["key"], row["held_by"]) for row in called.rows} == {
        "hmac": ("HMAC", "venuekit"),
        "rsa": ("RSA 2048", "venuekit"),
        "ed": ("Ed25519", "venuekit"),
        "locked": ("Ed25519", "venuekit"),
        "wallet": ("wallet", "venuekit"),
        "hsm": ("HSM-7", "plugin vault"),
        "cloud": ("RSA", "plugin vault"),
        "dumb": ("a kind of its own", "plugin vault"),
    }
    assert {(row["references"], row["taken"], row["opens"]) for row in called.rows} == {("yes", "yes", None)}
    assert len(sys.modules["module_of_vault"].closed) == 6
    assert [one for one in keys if one in called.out + table.out] == []


@pytest.mark.parametrize(
    ("account", "steps", "words"),
    [
        ("nosuch_perp env:HMAC", (None, None, None), "nosuch_perp"),
        ("toy_perp env:GONE", ("no", None, None), "accounts.toml:5: accounts.a.secret: environment variable GONE is"),
        ("toy_perp file:open", ("no", None, None), "open: other users can access it (mode 0644); run: chmod 600"),
        ("toy_perp file:rsa", ("yes", "RSA 2048", "no"), "accounts.a.secret: toy_perp: the secret is an RSA key; toy"),
        (
            "kinds_perp env:HMAC",
            ("yes", "HMAC", "no"),
            "accounts.a.secret: kinds_perp: the secret is no",
        ),
        (
            "kinds_perp file:locked",
            ("yes", None, "no"),
            "accounts.a.secret: kinds_perp: the secret is an",
        ),
        (
            "kinds_perp file:locked env:HMAC",
            ("yes", None, "no"),
            "accounts.toml:6: accounts.a.pem_passphrase: kinds_perp: the pem_passphrase does not open the PEM of the",
        ),
    ],
)
def test_the_first_failing_step_is_reported(  # noqa: PLR0917 - fixtures and a case
    call: Call, kinds_venue: None, keys: list[str], tmp_path: Path, account: str, steps: Any, words: str
) -> None:
    """With the line of the file and the mend; the other accounts are checked all the same."""
    file = write(tmp_path, {"a": account, "b": "toy_perp env:HMAC"})
    called = call("accounts", "check", "--offline", "--accounts", file, "--json")
    failing, fine = called.rows

    assert called.status == 64
    assert (failing["references"], failing["key"], failing["taken"]) == steps
    assert (fine["key"], fine["taken"]) == ("HMAC", "yes")
    assert (called.error["account"], words in called.error["message"]) == ("a", True)
    assert [one for one in keys if one in called.out + called.err] == []


def test_an_account_is_opened(call: Call, served: Any) -> None:
    """Reading alone; one whose key the venue does not know does not open."""
    (row,) = call("accounts", "check", "--accounts", served.accounts, "--json").rows
    assert (row["account"], row["key"], row["opens"]) == ("toy_perp", "HMAC", "yes")

    text = served.accounts.read_text()
    served.accounts.write_text(text.replace("toy_perp-key", "toy_perp-secret").replace("sim-key", "sim-secret"))
    called = call("accounts", "check", "toy_perp", "--accounts", served.accounts, "--json")
    assert (called.status, called.rows[0]["opens"], called.error["account"]) == (1, "no", "toy_perp")


def test_a_carrier_that_the_venue_lacks_is_named_by_line(call: Call, served: Any) -> None:
    """By the check, also offline, and by a command that opens the account."""
    served.accounts.write_text(served.accounts.read_text() + 'transport = "websocket"\n')
    line = len(served.accounts.read_text().splitlines())
    for command in (("accounts", "check", "--offline"), ("accounts", "check"), ("balances",)):
        called = call(*command, "--accounts", served.accounts)
        assert called.status == 64
        words = f":{line}: accounts.toy_perp.transport: toy_perp has no WebSocket API; write transport"
        assert words in called.err


def test_a_file_without_accounts(call: Call, tmp_path: Path) -> None:
    """It is said in words, and as an empty list."""
    file = write(tmp_path, {})
    assert call("accounts", "check", "--accounts", file).out == "no accounts\n"
    assert json.loads(call("accounts", "check", "--accounts", file, "--json").out) == []


def test_a_broken_vault_is_kept_apart(keys: list[str], kinds_venue: None) -> None:
    """One that raises, or answers with something else, does not answer; another's answer counts."""
    from venuekit import Credentials

    plugins, given = make_plugins(), Credentials("k", HMAC, "live")
    venue = plugins.venue("toy_perp")
    assert plugins.find_signer(venue, given) == (None, None)

    module = sys.modules["module_of_vault"]

    def broken(venue: Any, credentials: Any) -> Any:
        raise LookupError(credentials.secret.reveal())

    for function in (broken, lambda venue, credentials: "no signer"):
        fresh = make_plugins()
        (name,) = [name for name, plugin in fresh._manager.list_name_plugin() if plugin is module]
        fresh._manager.unregister(name=name)
        fresh._manager.register(_Other(hookimpl(specname="venuekit_make_signer")(function)), name=name)
        assert fresh.find_signer(venue, given) == (None, None)
        (flaw,) = fresh.broken()
        assert "venuekit_make_signer" in str(flaw)
        assert HMAC not in str(flaw)


class _Other:
    """A plugin of one hook."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        self.answer = answer

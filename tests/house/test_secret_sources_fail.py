"""Whatever is wrong with a key, a passphrase, a command or an address, no printer of the error shows a secret."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.house.printers import shown
from tests.house.secret_world import encrypt

from venuekit import Runtime
from venuekit.credentials.accounts_file import credentials, load_accounts
from venuekit.errors import VenuekitError
from venuekit.pipeline.proxy import proxy_of
from venuekit.pipeline.shared_url import chosen_store
from venuekit.plugin import KeyKind
from venuekit.plugins import Plugins, make_plugins
from venuekit.simulator.key_pairs import make_key_pair
from venuekit.testing import InstantClock

WORD, KEY = "Tr0ub4dor-planted-word", "planted-k3y-of-the-account"
EDWARDS = make_key_pair(KeyKind.ED25519, "planted")[0]
RSA = make_key_pair(KeyKind.RSA, "planted")[0]
_LINES = EDWARDS.splitlines()


def _locked(*_: str) -> str:
    raise RuntimeError(f"the vault does not open with password={WORD}")


KEYRING: Any = SimpleNamespace(get_password=_locked)

#: by its name: the venue, the files beside the accounts file, and the references of the secret and its passphrase
ACCOUNTS: Mapping[str, tuple[str, Mapping[str, str], str, str | None]] = {
    "wrong passphrase": ("binance_usdm", {"pem": encrypt(RSA, "another"), "word": WORD}, "file:pem", "file:word"),
    "no passphrase": ("binance_usdm", {"pem": encrypt(EDWARDS, WORD)}, "file:pem", None),
    "needless passphrase": ("binance_usdm", {"pem": EDWARDS, "word": WORD}, "file:pem", "file:word"),
    "kind that is not taken": ("bybit_inverse", {"pem": EDWARDS}, "file:pem", None),
    "cut PEM": ("binance_usdm", {"pem": RSA[: len(RSA) // 2]}, "file:pem", None),
    "PEM with other lines": ("binance_usdm", {"pem": RSA.replace("\n", "\n " + WORD, 1)}, "file:pem", None),
    "PEM in one line": ("binance_usdm", {"pem": " ".join(_LINES)}, "file:pem", None),
    "base64 without its marks": ("binance_usdm", {"pem": "".join(_LINES[1:-1])}, "file:pem", None),
    "complaining command": ("binance_usdm", {}, f"command:sh -c 'echo password={WORD} >&2; exit 3'", None),
    "two lines of a command": ("binance_usdm", {}, f"command:printf '\\n{WORD} {WORD}'", None),
    "locked keyring": ("binance_usdm", {}, "keyring:venuekit/main", None),
    "reference that is a secret": ("binance_usdm", {}, "env:" + WORD.replace("-", "0") * 2, None),
    "literal": ("binance_usdm", {}, WORD, None),
}
#: by its name: the variable of a URL with a password
URLS = {
    "proxy without a port": ("VENUEKIT_PROXY", f"http://me:{WORD}@127.0.0.1:port"),
    "proxy of another kind": ("VENUEKIT_PROXY", f"socks5://me:{WORD}@127.0.0.1:1080"),
    "store of another kind": ("VENUEKIT_BUDGET", f"mysql://me:{WORD}@127.0.0.1/0"),
    "store with an unknown option": ("VENUEKIT_BUDGET", f"redis://me:{WORD}@127.0.0.1/0?lst=share"),
    "store without a number": ("VENUEKIT_BUDGET", f"redis://me:{WORD}@127.0.0.1/zero"),
    "password with a slash": ("VENUEKIT_BUDGET", f"redis://me:12/{WORD}@127.0.0.1/0"),
    "password with a question mark": ("VENUEKIT_BUDGET", f"redis://me:12?{WORD}@127.0.0.1/0"),
    "store with a stray mark": ("VENUEKIT_BUDGET", f"redis://me:{WORD}#{WORD}@127.0.0.1/0"),
    "store without a host": ("VENUEKIT_BUDGET", f"redis://:{WORD}@"),
}


def _plant(directory: Path, name: str) -> Path:
    """Write the files, in a frame of which no traceback knows, and return the accounts file."""
    venue, files, secret, passphrase = ACCOUNTS[name]
    for file, text in {"key": KEY, **files}.items():
        (directory / file).write_text(text)
        (directory / file).chmod(0o600)
    table = {"venue": venue, "environment": "testnet", "key": "file:key", "secret": secret}
    table |= {} if passphrase is None else {"pem_passphrase": passphrase}
    accounts = directory / "accounts.toml"
    accounts.write_text("\n".join(("[accounts.main]", *(f"{one} = {json.dumps(table[one])}" for one in table))))
    accounts.chmod(0o600)
    return accounts


async def _open(accounts: Path, plugins: Plugins) -> None:
    entry = load_accounts(accounts).entry("main")
    found = await credentials(entry, plugins)
    async with Runtime(plugins=plugins, clock=InstantClock(), journal=False) as runtime:
        await runtime.open(plugins.venue(entry.venue), found)


def _leaks(error: BaseException) -> set[tuple[str, str]]:
    """Return which printer shows which secret, cut short."""
    lines = {line for text in (EDWARDS, RSA) for line in text.splitlines() if len(line) > 16 and "----" not in line}
    planted = {WORD, WORD.replace("-", "0"), KEY, *lines}
    return {(printer, one[:6]) for printer, text in shown(error).items() for one in planted if one in text}


@pytest.mark.parametrize("name", ACCOUNTS)
async def test_a_wrong_key_is_shown_nowhere(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the error nor a variable of its frames holds the secret, and the error says in which file."""
    monkeypatch.setitem(sys.modules, "keyring", KEYRING)
    accounts, plugins = _plant(tmp_path, name), make_plugins()
    with pytest.raises(VenuekitError) as caught:
        await _open(accounts, plugins)

    assert _leaks(caught.value) == set()
    assert len(str(caught.value)) > 40


@pytest.mark.parametrize("name", URLS)
def test_a_wrong_url_is_shown_nowhere(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the variable and the form, and nothing shows the password."""
    variable = URLS[name][0]
    monkeypatch.setenv(*URLS[name])
    with pytest.raises(VenuekitError, match=variable) as caught:
        (proxy_of if variable == "VENUEKIT_PROXY" else chosen_store)(None)

    assert _leaks(caught.value) == set()

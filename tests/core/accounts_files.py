"""Accounts files as tests write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from venuekit.credentials.accounts_file import AccountsFile, load_accounts

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


def writer_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a writer of files, of mode 0600, into a directory that is also the current one: ``write(name, text)``."""
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


def load_text(path: Path, text: str = WHOLE) -> AccountsFile:
    """Write an accounts file that is its owner's alone, and read it."""
    path.write_text(text)
    path.chmod(0o600)
    return load_accounts(path)

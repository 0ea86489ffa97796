"""The page about keys is true: its blocks run, its accounts file can be read, its tables are the declarations'."""

from __future__ import annotations

import ast
import inspect
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from venuekit.cli import main
from venuekit.credentials.accounts_file import load_accounts
from venuekit.credentials.references import _SCHEMES
from venuekit.key_kinds import KeyKind
from venuekit.plugins import make_plugins


async def test_its_python_runs(keys_page: Any) -> None:
    """Typed where ``await`` may stand at the top, one block after another."""
    names: dict[str, Any] = {}
    for block in keys_page.in_language("python"):
        code = compile(block.code, "keys.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        running = eval(code, names)  # noqa: S307 - our own documentation
        if inspect.isawaitable(running):
            await running
    assert "public" in names


def test_its_accounts_file_is_read(keys_page: Any, tmp_path: Path) -> None:
    """Every key of it is one that there is."""
    (block,) = keys_page.in_language("toml")
    file = tmp_path / "accounts.toml"
    file.write_text(block.code)
    file.chmod(0o600)
    entry = load_accounts(file).entry("main")

    assert (entry.secret, entry.pem_passphrase) == ("file:main.pem", "keyring:venuekit/main")


def test_its_tables_are_those_of_the_code(keys_page: Any) -> None:
    """Kinds by venue, references, and the columns of the check."""
    plugins = make_plugins()
    lines = [line.strip("| ").split(" | ") for line in keys_page.text.splitlines()]
    rows = {cells[0]: cells[3] for cells in lines if len(cells) == 4}
    words = {
        "binance_usdm": "Binance",
        "binance_coinm": "Binance",
        "bybit_inverse": "Bybit",
        "aster_usdm_v1": "Aster V1",
    }
    for kind in KeyKind:
        taking = {words[one] for one in words if kind in plugins.venue(one).key_kinds}
        assert set(rows[kind.label].split(", ")) == taking
    assert re.findall(r"^\| `(\w+):", keys_page.text, re.MULTILINE) == list(_SCHEMES)


def test_its_columns_are_those_of_the_check(
    keys_page: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the command prints them."""
    monkeypatch.setenv("A_KEY", "text")
    file = tmp_path / "accounts.toml"
    file.write_text(
        '[accounts.main]\nvenue = "binance_usdm"\nenvironment = "live"\nkey = "env:A_KEY"\nsecret = "env:A_KEY"\n'
    )
    file.chmod(0o600)
    assert main(["accounts", "check", "--offline", "--accounts", str(file)]) == 0
    (block,) = keys_page.in_language("text")

    headings = capsys.readouterr().out.splitlines()[0]
    assert re.split(r"\s{2,}", block.code.splitlines()[0].strip()) == re.split(r"\s{2,}", headings.strip())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_its_commands_make_keys(keys_page: Any, tmp_path: Path) -> None:
    """As written, but for the passphrase that somebody would type."""
    lines = keys_page.in_language("sh")[0].code.replace("-aes256", "-aes256 -pass pass:word").splitlines()
    lines[1] = lines[1].replace("-pubout", "-passin pass:word -pubout")
    done = subprocess.run(  # noqa: S602 - our own documentation
        "\n".join(["set -e", *lines]), shell=True, cwd=tmp_path, capture_output=True, check=True
    )

    load_pem_public_key(done.stdout)
    load_pem_private_key((tmp_path / "main.pem").read_bytes(), b"word")
    rsa = load_pem_private_key((tmp_path / "bybit.pem").read_bytes(), None)
    assert isinstance(rsa, RSAPrivateKey)
    assert rsa.key_size == 2048

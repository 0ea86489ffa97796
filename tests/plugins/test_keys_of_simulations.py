"""A simulation whose keys are RSA or Ed25519: it verifies them, and its private keys are in files alone."""

from __future__ import annotations

import asyncio
import io
import json
import stat
from pathlib import Path
from typing import Any

import pytest

import venuekit
from venuekit import Credentials, errors, simulate
from venuekit.capabilities import BalanceReader
from venuekit.credentials.accounts_file import credentials, load_accounts
from venuekit.errors import AccountsFileError
from venuekit.key_kinds import KeyKind
from venuekit.plugins import make_plugins
from venuekit.simulator import FieldError, read_world
from venuekit.simulator.key_pairs import make_key_pair
from venuekit.simulator.serve import serve, words, write_accounts_file

USDM, BYBIT = "binance_usdm", "bybit_inverse"
MARK = "-----BEGIN PRIVATE KEY-----"


class _Output(io.StringIO):
    """Sets an event when it is flushed."""

    def __init__(self) -> None:
        super().__init__()
        self.flushed = asyncio.Event()

    def flush(self) -> None:
        super().flush()
        self.flushed.set()


async def _balances(venue_id: str, keys: Credentials) -> tuple[Any, ...]:
    async with venuekit.connect(venue_id, keys) as account:
        return await BalanceReader.of(account).get_balances()


async def test_the_line_names_the_files_of_private_keys(tmp_path: Path) -> None:
    """Each is its owner's alone and signs for its account; the line holds no private key, and the files go with it."""
    world = tmp_path / "world.toml"
    world.write_text('[accounts.a]\nUSDT = 70\n[accounts.b]\nUSDT = 80\n[keys]\n1 = "rsa"\na = "rsa"\n')
    output = _Output()
    task = asyncio.create_task(serve([USDM, BYBIT], world=read_world(world), output=output))
    await asyncio.wait_for(output.flushed.wait(), 30)
    line = output.getvalue()
    told = json.loads(line)
    pairs = {
        "main": told["venues"][USDM],
        "other venue": told["venues"][BYBIT],
        "read-only": {**told["venues"][USDM], **told["read_only"]},
        "a": {**told["venues"][USDM], **told["accounts"]["a"][USDM]},
    }
    files = {name: Path(pair["private_key_file"]) for name, pair in pairs.items()}
    opened = {}
    for name, pair in pairs.items():
        keys = Credentials.sim(pair["rest"], pair["key"], files[name].read_text())
        opened[name] = await _balances(BYBIT if name == "other venue" else USDM, keys)
    stranger = Credentials.sim(pairs["main"]["rest"], pairs["main"]["key"], make_key_pair(KeyKind.RSA, "no one's 3")[0])
    with pytest.raises((errors.AuthenticationFailed, errors.InvalidRequest)):
        await _balances(USDM, stranger)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in files.values()}
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert MARK not in line
    assert {pair["kind"] for pair in pairs.values()} == {"rsa"}
    assert [balance.wallet for balance in opened["a"] if balance.asset == "USDT"] == [70]
    assert all(opened.values())
    assert told["accounts"]["b"][USDM].keys() == {"key", "secret"}  # nothing was said of its keys: they are HMAC
    assert [file.name for file in files.values()] == ["main.pem", "main.pem", "read-only.pem", "account-1.pem"]
    assert modes == {0o600}
    assert not any(file.parent.exists() for file in files.values())


async def test_an_accounts_file_has_them(tmp_path: Path) -> None:
    """The private key is in the file of the secret; each kind is written over the other, and over no file else."""
    file = tmp_path / "accounts.toml"
    secret = tmp_path / "accounts.toml.sim-secret"
    async with simulate(USDM, keys="ed25519", seed=3) as sim, simulate(USDM) as plain:
        for one in (plain, sim, sim, plain, sim):
            write_accounts_file(file, one)
        keys = await credentials(load_accounts(file).entry(USDM), make_plugins())
        balances = await _balances(USDM, keys)
        written, mode = secret.read_text(), stat.S_IMODE(secret.stat().st_mode)
        own = make_key_pair(KeyKind.ED25519, "of an exchange")[0]
        file.unlink()
        secret.write_text(own)
        with pytest.raises(AccountsFileError, match="sim-secret was not written by venuekit sim"):
            write_accounts_file(file, sim)

        assert balances
        assert (written, mode) == (sim.secret, 0o600)
        assert written.startswith(MARK)
        assert secret.read_text() == own
        assert MARK not in words(sim, files={sim.secret: Path("/somewhere/main.pem")})
        assert "in /somewhere, until this ends" in words(sim, files={sim.secret: Path("/somewhere/main.pem")})
        assert "private" not in words(plain)


@pytest.mark.parametrize(
    ("keys", "text", "expected"),
    [
        (
            "ed25519",
            "",
            "keys: expected a kind that every simulated venue takes, not ed25519; bybit_inverse takes HMAC",
        ),
        ({"1": "dsa"}, "", "keys.1: expected one of hmac, rsa, ed25519, not 'dsa'"),
        ({"c": "rsa"}, "", "keys.c: there is no account 'c'; there are 1, 2"),
        (None, '[accounts.desk]\n[keys]\ndesk = "ed25519"\n', "world.toml:3: keys.desk: expected a kind that every"),
        (None, '[accounts.desk]\n[keys]\ndsk = "rsa"\n', "world.toml:3: keys.dsk: there is no account 'dsk'; did you"),
        (None, "[keys]\n1 = 7\n", "world.toml:2: keys.1: expected one of hmac, rsa, ed25519, not 7"),
        (None, "keys = 7\n", "world.toml:1: keys: expected a table, not 7"),
    ],
)
def test_kinds_that_cannot_be_used(tmp_path: Path, keys: Any, text: str, expected: str) -> None:
    """One sentence names the account and the kind, and in a world file and line, before anything is served."""
    world = tmp_path / "world.toml"
    world.write_text(text)
    with pytest.raises(FieldError) as refused:
        simulate(USDM, BYBIT, keys=keys, world=read_world(world))
    assert expected in str(refused.value)


async def test_the_argument_counts_more_than_the_world(tmp_path: Path) -> None:
    """An account that both name has the kind of the argument, and one kind for all is that of each account."""
    world = tmp_path / "world.toml"
    world.write_text('[accounts.a]\n[accounts.b]\n[keys]\na = "rsa"\nb = "rsa"\n')
    read = read_world(world)
    kinds = {}
    for name, given in {"world": None, "one": {"a": KeyKind.ED25519}, "all": "hmac"}.items():
        async with simulate(USDM, world=read, keys=given) as sim:
            kinds[name] = [sim.key_of(USDM, account=account).kind.value for account in ("1", "a", "b")]

    assert kinds == {
        "world": ["hmac", "rsa", "rsa"],
        "one": ["hmac", "ed25519", "rsa"],
        "all": ["hmac", "hmac", "hmac"],
    }

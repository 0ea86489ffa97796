"""Serving to other processes: the one line, the accounts file, the end."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import stat
import sys
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import venuekit
from venuekit.capabilities import BalanceReader
from venuekit.credentials.accounts_file import credentials, load_accounts
from venuekit.errors import AccountsFileError
from venuekit.plugins import make_plugins
from venuekit.simulator import Market, simulate
from venuekit.simulator.serve import announcement, serve, write_accounts_file

SCRIPT = "import asyncio; from venuekit.simulator.serve import serve; asyncio.run(serve(['toy_perp'], seed=5))"


def _modes(directory: Path) -> dict[str, int]:
    return {one.name: stat.S_IMODE(one.stat().st_mode) for one in directory.iterdir()}


class _Output(io.StringIO):
    """Tells when it was flushed."""

    def __init__(self) -> None:
        super().__init__()
        self.flushed = asyncio.Event()

    def flush(self) -> None:
        super().flush()
        self.flushed.set()


async def test_one_line_then_serves_until_terminated() -> None:
    """The process prints exactly one line of JSON, answers where it says, and ends when asked to."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SCRIPT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    told = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    place = told["venues"]["toy_perp"]
    mine = venuekit.Credentials.sim(place["rest"], place["key"], place["secret"])
    async with venuekit.connect("toy_perp", mine) as account:
        balances = await account.get_balances()  # type: ignore[attr-defined]
    process.send_signal(signal.SIGTERM)
    rest, errors = await asyncio.wait_for(process.communicate(), 30)

    assert {"venues", "read_only"} == told.keys()
    assert {"rest", "stream", "key", "secret"} == place.keys()
    assert place["stream"] == place["rest"].replace("http", "ws", 1)
    assert {"key", "secret"} == told["read_only"].keys()
    assert [balance.asset for balance in balances] == ["USD"]
    assert (process.returncode, rest, errors) == (0, b"", b"")


async def test_cancelling_ends_it_too(tmp_path: Path) -> None:
    """Cancelled (Ctrl-C), it closes its port; the accounts file was there before the line was printed."""
    output = _Output()
    file = tmp_path / "accounts.toml"
    task = asyncio.create_task(serve(["toy_perp"], write_accounts=file, output=output))
    await asyncio.wait_for(output.flushed.wait(), 10)
    there = file.exists()
    port = int(json.loads(output.getvalue())["venues"]["toy_perp"]["rest"].split(":")[2].split("/")[0])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert there
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_accounts_file_opens_the_simulation(tmp_path: Path) -> None:
    """The file is read by the accounts file's own reader, and its credentials work."""
    file = tmp_path / "accounts.toml"
    async with simulate("toy_perp") as sim:
        write_accounts_file(file, sim)
        entry = load_accounts(file).entry("toy_perp")
        async with venuekit.connect(entry.venue, await credentials(entry, make_plugins())) as account:
            assert account.environment == "sim"

        assert sim.secret not in file.read_text()
        assert sim.key not in file.read_text()


async def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    """All three files have mode 0600, whatever the umask, and nothing else is left behind."""
    file = tmp_path / "accounts.toml"
    before = os.umask(0)
    try:
        async with simulate("toy_perp") as sim:
            write_accounts_file(file, sim)
    finally:
        os.umask(before)

    files = _modes(tmp_path)
    assert dict.fromkeys(("accounts.toml", "accounts.toml.sim-key", "accounts.toml.sim-secret"), 0o600) == files


async def test_named_accounts(tmp_path: Path) -> None:
    """Each named account is in the line and in the file, with keys of its own; the main one is as ever."""
    file = tmp_path / "accounts.toml"
    async with simulate("toy_perp", accounts={"a": {"USD": 7}, "b/../b": {"USD": 8}}) as sim:
        write_accounts_file(file, sim)
        write_accounts_file(file, sim)
        told = json.loads(announcement(sim))
        wallets = []
        for name in ("toy_perp.a", "toy_perp.b/../b"):
            entry = load_accounts(file).entry(name)
            async with venuekit.connect(entry.venue, await credentials(entry, make_plugins())) as account:
                wallets += [balance.wallet for balance in await BalanceReader.of(account).get_balances()]

        assert wallets == [7, 8]
        assert list(load_accounts(file).entries) == ["toy_perp", "toy_perp.a", "toy_perp.b/../b"]
        assert list(told) == ["venues", "read_only", "accounts"]
        assert list(told["accounts"]) == ["a", "b/../b"]
        key = sim.key_of("toy_perp", account="a")
        assert told["accounts"]["a"]["toy_perp"] == {"key": key.key, "secret": key.secret}
    assert set(_modes(tmp_path).values()) == {0o600}


async def test_an_account_of_one_venue_is_of_this_one_alone(tmp_path: Path) -> None:
    """In the file, in the line and in the simulation; one with money of every venue is of all."""
    file = tmp_path / "accounts.toml"
    money: dict[str, Any] = {"one": {"toy_perp": {"USD": 7}}, "all": {"USD": 8}}
    async with simulate("toy_perp", "toy_swap", accounts=money) as sim:
        write_accounts_file(file, sim)
        told = json.loads(announcement(sim))["accounts"]

        assert list(load_accounts(file).entries) == [
            "toy_perp",
            "toy_swap",
            "toy_perp.one",
            "toy_perp.all",
            "toy_swap.all",
        ]
        assert {name: list(venues) for name, venues in told.items()} == {
            "one": ["toy_perp"],
            "all": ["toy_perp", "toy_swap"],
        }
        assert (sim.venue_ids_of("one"), sim.venue_ids_of("1")) == (("toy_perp",), ("toy_perp", "toy_swap"))


async def test_overwrites_its_own_files_only(tmp_path: Path) -> None:
    """A file of its own making is replaced; anybody else's file, of accounts or beside it, is left as it is."""
    file = tmp_path / "accounts.toml"
    async with simulate("toy_perp", seed=1) as first, simulate("toy_perp", seed=2) as second:
        write_accounts_file(file, first)
        write_accounts_file(file, second)
        assert second.rest("toy_perp") == tomllib.loads(file.read_text())["accounts"]["toy_perp"]["rest"]
        assert second.secret == (tmp_path / "accounts.toml.sim-secret").read_text()

        for name in ("accounts.toml", "accounts.toml.sim-secret"):
            foreign = tmp_path / name
            mine = foreign.read_text()
            foreign.write_text("precious")
            with pytest.raises(AccountsFileError, match=name):
                write_accounts_file(file, first)
            assert foreign.read_text() == "precious"
            foreign.write_text(mine)
        assert second.key == (tmp_path / "accounts.toml.sim-key").read_text()


async def test_links_are_not_followed(tmp_path: Path) -> None:
    """A symbolic link is refused, even one that leads nowhere."""
    file = tmp_path / "accounts.toml"
    file.symlink_to(tmp_path / "elsewhere")
    async with simulate("toy_perp") as sim:
        with pytest.raises(AccountsFileError, match="left alone"):
            write_accounts_file(file, sim)

    assert not (tmp_path / "elsewhere").exists()


async def test_no_such_directory(tmp_path: Path) -> None:
    """A directory that is not there is an error that names the place."""
    async with simulate("toy_perp") as sim:
        with pytest.raises(AccountsFileError, match="nowhere"):
            write_accounts_file(tmp_path / "nowhere" / "accounts.toml", sim)


@pytest.mark.venuekit("toy_perp", scenario="flat", seed=4)
def test_fixture_for_blocking_clients(venuekit_sim: Any) -> None:
    """The fixture runs in a thread of its own: a blocking client is served, and its ledger asked in that thread."""
    from urllib.request import urlopen

    with urlopen(f"{venuekit_sim.rest('toy_perp')}/v1/time", timeout=10) as answer:  # noqa: S310  - loopback
        now = json.load(answer)["now"]

    assert now > 1_700_000_000_000
    assert venuekit_sim.venue_ids == ("toy_perp",)
    assert venuekit_sim.call(lambda sim: (sim.ledger.positions(), len(sim.requests))) == ((), 1)
    assert len(venuekit_sim.key) == 64


@pytest.mark.venuekit(
    "toy_perp",
    markets=[Market("GEMUSD", tick="0.5", mark="21.5")],
    accounts={"a": {"USD": 1000}, "b": {"USD": "2000.5"}},
)
def test_fixture_with_markets_and_accounts(venuekit_sim: Any) -> None:
    """The marker has markets and accounts of one's own, each with credentials of its own."""
    wallets = venuekit_sim.call(
        lambda sim: [sim.ledger_of("toy_perp", account=name).balance("USD").wallet for name in ("a", "b")]
    )
    keys = {venuekit_sim.credentials("toy_perp", account=name).key for name in (None, "a", "b")}

    assert wallets == [1000, Decimal("2000.5")]
    assert venuekit_sim.call(lambda sim: sim.ledger.mark("GEMUSD")) == Decimal("21.5")
    assert len(keys) == 3


async def test_fixture_serves_a_coroutine_too(venuekit_sim: Any) -> None:
    """A test that is a coroutine connects from its own loop."""
    async with venuekit.connect("toy_perp", venuekit_sim.credentials("toy_perp")) as account:
        assert account.venue.id == "toy_perp"

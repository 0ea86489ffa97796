"""A simulated venue gives keys in its own form, with the fields of its credentials."""

from __future__ import annotations

import json
import stat
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.core.guarded_toy import TOY_GUARDED, address_fault

import venuekit
from venuekit import Runtime
from venuekit.credentials.accounts_file import credentials, load_accounts
from venuekit.errors import AccountsFileError, AuthenticationFailed
from venuekit.hooks import hookimpl
from venuekit.plugins import make_plugins
from venuekit.simulator import Simulation
from venuekit.simulator.serve import announcement, write_accounts_file
from venuekit.testing import InstantClock
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY


def _simulation() -> Simulation:
    return Simulation((TOY_PERP, TOY_GUARDED), clock=InstantClock())


async def test_credentials_of_a_simulation_are_in_the_venues_form() -> None:
    """Every key opens its venue, with its fields; another's is a stranger there, and further keys are known, too."""
    async with _simulation() as sim, Runtime(journal=False, clock=sim._clock) as runtime:
        for key in (None, sim.add_key()):
            account = await runtime.open(TOY_GUARDED, sim.credentials("toy_guarded", key=key))
            assert await account.call(TOY.WALLET)
        assert sim.key_of("toy_guarded").fields["passphrase"] not in repr(sim.requests)
        plain = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
        assert await plain.call(TOY.WALLET)

        known, stranger = sim.key_of("toy_guarded"), sim.make_stranger("toy_guarded")
        reading, sub = sim.key_of("toy_guarded", read_only=True), sim.key_of("toy_guarded", sub_account=True)
        assert address_fault(known.key) is None
        assert (known.secret, reading.read_only, sub.sub_account) == (sim.secret, True, True)
        assert len({known.key, reading.key, sub.key, stranger.key}) == 4
        fields = {**known.fields, "passphrase": stranger.fields["passphrase"]}
        wrong = venuekit.Credentials.sim(sim.rest("toy_guarded"), known.key, known.secret, fields=fields)
        account = await runtime.open(TOY_GUARDED, wrong)
        with pytest.raises(AuthenticationFailed):
            await account.call(TOY.WALLET)


async def test_the_line_of_a_served_simulation_has_the_fields() -> None:
    """A venue with another form of keys has its own pairs in it; the others share theirs."""
    async with _simulation() as sim:
        told = json.loads(announcement(sim))
        known, reading = sim.key_of("toy_guarded"), sim.key_of("toy_guarded", read_only=True)

    assert told["venues"]["toy_perp"].keys() == {"rest", "stream", "key", "secret"}
    assert told["venues"]["toy_guarded"] == {
        "rest": sim.rest("toy_guarded"),
        "stream": sim.stream("toy_guarded"),
        "key": known.key,
        "secret": known.secret,
        "fields": known.fields,
        "read_only": {"key": reading.key, "secret": reading.secret, "fields": reading.fields},
    }


def _modes(directory: Path) -> set[int]:
    return {stat.S_IMODE(one.stat().st_mode) for one in directory.iterdir()}


async def test_its_accounts_file_refers_to_files_of_their_own(tmp_path: Path) -> None:
    """Secret fields are in private files, others in the file itself; it is written again, and over nobody's file."""
    file = tmp_path / "accounts.toml"
    async with _simulation() as sim:
        known = sim.key_of("toy_guarded")
        write_accounts_file(file, sim)
        write_accounts_file(file, sim)
        table = tomllib.loads(file.read_text())["accounts"]["toy_guarded"]
        word = tmp_path / "accounts.toml.sim-toy_guarded-passphrase"
        modes = _modes(tmp_path)
        written = word.read_text()
        file.unlink()
        with pytest.raises(AccountsFileError, match="toy_guarded-key was not written by venuekit sim"):
            write_accounts_file(file, sim)

    assert table["key"] == "file:accounts.toml.sim-toy_guarded-key"
    assert table["secret"] == "file:accounts.toml.sim-toy_guarded-secret"
    assert table["passphrase"] == f"file:{word.name}"
    assert table["vault"] == known.fields["vault"]
    assert (written, modes) == (known.fields["passphrase"], {0o600})


async def test_its_accounts_file_opens_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reader resolves key, secret and passphrase, takes the vault as it is, and the venue answers."""
    module = ModuleType("module_of_a_guarded_toy")

    def venuekit_register_venues(register: Any) -> None:
        register(TOY_GUARDED)

    vars(module).update(VENUEKIT_API=1, venuekit_register_venues=hookimpl(venuekit_register_venues))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    plugins = make_plugins(entry_points=[EntryPoint("toy_guarded", module.__name__, "venuekit.venues")])
    file = tmp_path / "accounts.toml"
    async with _simulation() as sim, Runtime(journal=False, clock=sim._clock, plugins=plugins) as runtime:
        write_accounts_file(file, sim)
        found = await credentials(load_accounts(file).entry("toy_guarded"), plugins)
        account = await runtime.open(TOY_GUARDED, found)

        assert found == sim.credentials("toy_guarded")
        assert await account.call(TOY.WALLET)

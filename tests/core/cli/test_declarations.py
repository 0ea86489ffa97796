"""``venues``, ``capabilities`` and ``endpoints`` show exactly what is declared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from venuekit.capabilities import capability_of
from venuekit.plugins import make_plugins
from venuekit.venue import core_capabilities, venue_support

Call = Callable[..., Any]


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a venue whose import fails."""
    info = tmp_path / "site" / "venuekit_ruin-0.7.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: venuekit-ruin\nVersion: 0.7\n")
    (info / "entry_points.txt").write_text("[venuekit.venues]\nruin_perp = venuekit_ruin_of_no_module\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))


def test_venues(call: Call) -> None:
    """Each installed venue has one object: its names, its distribution, and that it is ready."""
    rows = {row["venue"]: row for row in call("venues", "--json").rows}

    assert set(rows) == set(make_plugins().venue_ids())
    assert rows["toy_perp"] == {
        "venue": "toy_perp",
        "title": "Toy Perpetuals",
        "realm": "toy_perp",
        "environments": "live, sim",
        "fields": "",
        "keys": "HMAC",
        "distribution": "venuekit-toy-perp",
        "version": "0.1.0",
        "state": "ready",
        "problem": None,
    }


VENUE = """\
import attrs
from venuekit.plugin import CredentialField, hookimpl
from venuekit_toy_perp.venue import TOY_PERP

VENUEKIT_API = 1
FIELDS = (
    CredentialField("passphrase", "the passphrase that was chosen for the key"),
    CredentialField("vault", "the vault to trade for, the account itself without it", secret=False, required=False),
)

@hookimpl
def venuekit_register_venues(register):
    register(attrs.evolve(TOY_PERP, id="toy_vault", credential_fields=FIELDS))
"""
ACCOUNTS = """\
[accounts.main]
venue = "toy_vault"
environment = "live"
key = "env:TOY_KEY"
secret = "env:TOY_SECRET"
"""


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a venue with a passphrase; gives the accounts file, with an account that lacks it."""
    info = tmp_path / "site" / "toy_vault-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-vault\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[venuekit.venues]\ntoy_vault = toy_vault_plugin\n")
    (tmp_path / "site" / "toy_vault_plugin.py").write_text(VENUE)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setenv("TOY_KEY", "key")
    monkeypatch.setenv("TOY_SECRET", "secret")
    accounts = tmp_path / "accounts.toml"
    accounts.write_text(ACCOUNTS)
    accounts.chmod(0o600)
    return accounts


def test_fields_of_credentials_are_shown(call: Call, guarded: Path) -> None:
    """A venue whose accounts have further keys says which and why, as a line and in JSON."""
    row = next(row for row in call("venues", "--json").rows if row["venue"] == "toy_vault")
    lines = call("venues").out.splitlines()

    assert row["fields"] == "passphrase, vault"
    assert "toy_vault: an account also has passphrase: the passphrase that was chosen for the key" in lines
    assert [line for line in lines if line.startswith("toy_vault: an account also has vault (optional): the vault")]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("", "accounts.toml:1: accounts.main: toy_vault needs passphrase: the passphrase that was chosen for the key"),
        (
            'pass = "env:X"',
            "accounts.toml:6: accounts.main.pass: toy_vault takes no pass; it takes key, secret",
        ),
        ('passphrase = "planted-word"', "accounts.toml:6: accounts.main.passphrase: expected a reference such as env:"),
    ],
)
def test_every_command_reports_credentials_that_do_not_fit(call: Call, guarded: Path, more: str, message: str) -> None:
    """The status is that of a mistake in a file, and standard error has file, line and key, and no literal."""
    guarded.write_text(ACCOUNTS + more)
    for words in (["account", "main"], ["balances"], ["leverage", "main", "GEMUSD", "3", "--yes"]):
        called = call("--accounts", str(guarded), *words)

        assert called.status == 64
        assert message in called.err
        assert "planted-word" not in called.err + called.out


def test_a_broken_venue_is_shown_and_the_others_work(call: Call, broken: None) -> None:
    """The table says which one is broken, standard error why, and the status is 1; the others answer."""
    called = call("venues")

    assert called.status == 1
    assert call("venues", "--json").error["error"] == "PluginError"
    assert "ruin_perp" in called.out
    assert "broken" in called.out
    assert "venuekit-ruin 0.7 cannot be used: ModuleNotFoundError" in called.err
    assert call("capabilities", "toy_perp").status == 0
    asked = call("endpoints", "ruin_perp")
    assert asked.status == 1
    assert "venuekit-ruin 0.7 cannot be used: ModuleNotFoundError" in asked.err
    everything = call("capabilities")
    assert everything.status == 1
    assert "toy_perp" in everything.out
    assert "venuekit-ruin 0.7" in everything.err


def test_capabilities_of_a_venue(call: Call) -> None:
    """For each capability and each answer to it there is one object, with the environments that answer so."""
    venue = make_plugins().venue("toy_perp")

    rows = call("capabilities", "toy_perp", "--json").rows

    assert [row["capability"] for row in rows] == [one.__name__ for one in core_capabilities()]
    for row, capability in zip(rows, core_capabilities(), strict=True):
        support = venue_support(venue, capability)
        assert list(row) == ["venue", "capability", "support", "environments", "reason"]
        assert (row["support"], row["reason"]) == (support.state.value, support.reason)
        assert row["environments"] == "live, sim"


def test_the_three_answers(call: Call) -> None:
    """Supported, unsupported with the venue's reason, and not implemented are told apart, in table and matrix."""
    rows = {row["capability"]: row for row in call("capabilities", "toy_perp", "--json").rows}

    assert rows["LeverageControl"]["support"] == "supported"
    assert rows["PositionModeControl"]["support"] == "unsupported"
    assert "one-way" in rows["PositionModeControl"]["reason"]
    assert rows["BracketReader"]["support"] == "not_implemented"
    matrix = call("capabilities").out.splitlines()
    assert any("toy_perp" in line for line in matrix[:2])  # where there are many venues, in the line above the headings
    assert any(line.startswith("[") and "toy_perp: positions are one-way" in line for line in matrix)


def test_endpoints(call: Call) -> None:
    """There is one object for each verb, path and method that the venue declares, and for what serves none."""
    venue = make_plugins().venue("toy_perp")
    declared = {
        (endpoint.verb, endpoint.path, method and method.__name__): (
            endpoint.security.value,
            endpoint.effect.value,
            method and capability_of(method).__name__,
        )
        for endpoint in venue.endpoints
        for method in endpoint.serves or (None,)
    }

    rows = call("endpoints", "toy_perp", "--json").rows

    found = {
        (row["verb"], row["path"], row["method"]): (row["security"], row["effect"], row["capability"]) for row in rows
    }
    assert found == declared
    assert len(found) == len(rows)
    assert all(isinstance(row["weight"], int) for row in rows)
    assert {row["venue"] for row in rows} == {"toy_perp"}


@pytest.mark.parametrize(
    "words", [["venues"], ["capabilities"], ["capabilities", "toy_perp"], ["endpoints", "toy_perp"]]
)
def test_piped_tables_have_no_colour(call: Call, words: list[str]) -> None:
    """No line has a control character."""
    called = call(*words)

    assert called.status == 0
    assert "\x1b" not in called.out

"""Accounts of a simulation to be watched, several of them at one venue, and a group that watches them."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import pytest

from venuekit.cli.watch.group import WatchGroup
from venuekit.credentials.accounts_file import load_accounts
from venuekit.plugins import make_plugins
from venuekit.simulator import Simulation
from venuekit.simulator.background import BackgroundSimulation

_ACCOUNT = """\
[accounts.{name}]
venue = "{venue}"
environment = "sim"
rest = "{rest}"
key = "env:WATCH_KEY"
secret = "env:{secret}"
"""
#: an account whose secret is a wrong one
WRONG = "wrong"


def write_accounts(
    path: Path, simulation: Simulation | BackgroundSimulation, names: Iterable[str], venue: str = "toy_perp"
) -> dict[str, str]:
    """Write an accounts file, the account named ``wrong`` with a wrong secret; return the environment of its keys."""
    rest = simulation.rest(venue)
    secrets = {name: "WATCH_WRONG" if name == WRONG else "WATCH_SECRET" for name in names}
    tables = (_ACCOUNT.format(name=name, venue=venue, rest=rest, secret=secret) for name, secret in secrets.items())
    path.write_text("\n".join(tables))
    path.chmod(0o600)
    return {
        "VENUEKIT_ACCOUNTS": str(path),
        "WATCH_KEY": simulation.key,
        "WATCH_SECRET": simulation.secret,
        "WATCH_WRONG": "w" * len(simulation.secret),
    }


async def watch(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    simulation: Simulation,
    names: Iterable[str],
    show: Callable[[WatchGroup], Awaitable[None]],
    *,
    venue: str = "toy_perp",
    interval: float = 1.0,
) -> None:
    """Watch accounts of a simulation while ``show`` runs."""
    for name, value in write_accounts(path, simulation, names, venue).items():
        monkeypatch.setenv(name, value)
    entries = load_accounts(Path(os.environ["VENUEKIT_ACCOUNTS"])).entries.values()
    await WatchGroup(entries, make_plugins(), interval).run(show)

"""Made-up venues with long histories and an order book, installed for one test."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest

ACCOUNTS = """\
[accounts.main]
venue = "toy_market"
environment = "sim"
rest = "{rest}"
key = "env:TOY_KEY"
secret = "env:TOY_SECRET"

[accounts.other]
venue = "toy_bazaar"
environment = "sim"
rest = "{rest}"
key = "env:TOY_OTHER_KEY"
secret = "env:TOY_SECRET"

[accounts.real]
venue = "toy_market"
environment = "live"
key = "env:TOY_KEY"
secret = "env:TOY_SECRET"
"""


@attrs.frozen
class Market:
    """The installed venues: ``module`` in this process, ``env`` for another one."""

    module: ModuleType
    told: Path
    env: dict[str, str]

    def tell(self, **settings: Any) -> None:
        """Say how long histories are, how their pages come, and what goes wrong."""
        self.told.write_text(json.dumps(settings))

    def rows(self, what: str, number: int) -> list[Any]:
        """Return the first items of a history."""
        make = getattr(self.module, what)
        return [make(index) for index in range(number)]


@pytest.fixture
def market(served: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Market]:
    """
    Install ``toy_market`` and ``toy_bazaar``, with two simulated accounts and a live one in ``accounts.toml``.

    They tell the time of a simulation; nothing else is asked of it.
    """
    rest = served.announced["venues"]["toy_perp"]["rest"]
    site = tmp_path / "site"
    info = site / "toy_market-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-market\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[venuekit.venues]\ntoy_market = toy_market\ntoy_bazaar = toy_market\n")
    shutil.copytree(Path(__file__).with_name("toy_market"), site / "toy_market")
    told = tmp_path / "told.json"
    settings = {
        "TOY_MARKET": str(told),
        "TOY_MARKET_REST": rest,
        "TOY_KEY": "main-key",
        "TOY_OTHER_KEY": "other-key",
        "TOY_SECRET": "planted-toy-secret",
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(site))
    (tmp_path / "accounts.toml").write_text(ACCOUNTS.format(rest=rest))
    (tmp_path / "accounts.toml").chmod(0o600)
    searched = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))
    found = Market(importlib.import_module("toy_market"), told, {**os.environ, "PYTHONPATH": searched})
    found.tell()
    yield found
    for name in ("toy_market", "toy_market.items"):
        sys.modules.pop(name)


@pytest.fixture
def start(command: list[str], market: Market, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the command line in another process: ``start("history", "income", "main")``."""
    running: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, *words],
            cwd=tmp_path,
            env=market.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate(timeout=10)

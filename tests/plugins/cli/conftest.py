"""Every installed venue, simulated over real sockets, and the command line in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.plugins.cli.called import Call, Called

from venuekit.cli import main
from venuekit.cli.sim import simulation_thread
from venuekit.plugins import make_plugins
from venuekit.simulator import Simulation


@pytest.fixture
def simulation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulation]:
    """Every installed venue, simulated, beside an accounts file in the current directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VENUEKIT_ACCOUNTS", raising=False)
    with simulation_thread(make_plugins(), tmp_path / "accounts.toml") as simulation:
        yield simulation


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Call the command line in this process."""

    def call(*words: str) -> Called:
        status = main(words)
        out, err = capsys.readouterr()
        return Called(status, out, err)

    return call

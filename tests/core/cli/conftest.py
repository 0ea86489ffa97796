"""The command line as it is called: in this process for what it says, in another for a served simulation."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from venuekit.cli import main
from venuekit.simulator.background import BackgroundSimulation
from venuekit.simulator.serve import announcement, write_accounts_file


@attrs.frozen
class Called:
    """What one call of the command line did."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The one line of standard error as JSON."""
        return json.loads(self.err)


@attrs.frozen
class Served:
    """A simulation in another process or thread: its announcement and the accounts file it wrote."""

    announced: Any
    accounts: Path
    process: subprocess.Popen[str] | None = None


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Called]:
    """Call the command line in this process: ``call("venues", "--json")``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VENUEKIT_ACCOUNTS", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    capsys.readouterr()

    def call(*words: str | Path) -> Called:
        status = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Called(status, out, err)

    return call


@pytest.fixture(scope="session")
def command() -> list[str]:
    """What starts the command line in another process."""
    return [sys.executable, "-m", "venuekit"]


def _start(command: list[str], directory: Path, words: tuple[str, ...]) -> Served:
    directory.mkdir(parents=True, exist_ok=True)
    accounts = directory / "accounts.toml"
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*command, "sim", "--write-accounts", str(accounts), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONWARNINGS": "error"},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate(timeout=10)[1]
    return Served(json.loads(line), accounts, process)


def _end(served: Served) -> None:
    assert served.process is not None
    served.process.terminate()
    served.process.communicate(timeout=10)


@pytest.fixture
def serve(command: list[str], tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Serve simulated venues in another process: ``serve("--venue", "toy_perp")``; they end with the test."""
    running: list[Served] = []

    def serve(*words: str) -> Served:
        running.append(_start(command, tmp_path / f"served{len(running)}", words))
        return running[-1]

    yield serve
    for one in running:
        _end(one)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Served]:
    """The toy venue with an open position, for this test alone; a thread serves it, since a process takes a second."""
    accounts = tmp_path / "fresh" / "accounts.toml"
    accounts.parent.mkdir()
    with BackgroundSimulation("toy_perp") as background:
        background.call(functools.partial(write_accounts_file, accounts))
        yield Served(json.loads(background.call(announcement)), accounts)


@pytest.fixture(scope="session")
def _shared(command: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = _start(command, tmp_path_factory.mktemp("served"), ("--venue", "toy_perp"))
    yield served
    _end(served)


@pytest.fixture
def served(_shared: Served, tmp_path: Path) -> Served:
    """The toy venue with an open position, for tests that change nothing of it; the accounts file is the test's own."""
    directory = shutil.copytree(_shared.accounts.parent, tmp_path / "shared")
    return attrs.evolve(_shared, accounts=directory / "accounts.toml")

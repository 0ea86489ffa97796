"""``demo`` tells its story by real commands, and touches nothing of the user's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import attrs
import pytest
from tests.core.broken.kinds import FRONTS, OPERATORS, VENUES

from venuekit.cli.commands import State
from venuekit.cli.demo import _Demo
from venuekit.cli.errors import Status
from venuekit.cli.sim import simulation_thread


@attrs.frozen
class Told:
    """The demo, run once in another process beside a user's own live accounts file."""

    done: subprocess.CompletedProcess[str]
    home: Path


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, command: list[str]) -> Told:
    """What the demo did."""
    home = tmp_path_factory.mktemp("home")
    accounts = home / "accounts.toml"
    accounts.write_text('[accounts.mine]\nvenue = "toy_perp"\nenvironment = "live"\nkey = "env:K"\nsecret = "env:S"\n')
    accounts.chmod(0o600)
    done = subprocess.run(  # noqa: S603 - our own command
        [command[0], "-W", "error", *command[1:], "demo"],
        cwd=home,
        env=os.environ | {"VENUEKIT_ACCOUNTS": str(accounts), "TMPDIR": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Told(done, home)


def test_it_succeeds(told: Told) -> None:
    """It ends with status 0 and nothing on standard error."""
    assert (told.done.returncode, told.done.stderr) == (0, "")


def test_its_story(told: Told) -> None:
    """It opens with its promise, shows each command, meets all it has to show, and ends with three to try."""
    lines = told.done.stdout.splitlines()

    assert lines[0] == "no keys, nothing leaves this machine"
    commands = [line for line in lines if line.startswith("$ ")]
    order = ["sim", "venues", "capabilities", "cat", "plan", "apply", "apply", "balances", "positions", "leverage"]
    said = [line.removeprefix("$ venuekit ").removeprefix("$ ").split()[0] for line in commands]
    assert said[: len(order)] == order
    text = told.done.stdout
    assert "pending" in text
    assert "changed" in text
    assert text.count("toy_perp") > 5
    assert " refused for " in text
    assert "UnsupportedCapability: " in text
    assert "carried out, its answer lost" in text
    assert len([line for line in lines[-3:] if line.startswith("venuekit ")]) == 3


def test_piped_it_has_no_colour(told: Told) -> None:
    """No control character is in it, and a position is one line."""
    assert "\x1b" not in told.done.stdout
    assert any("TOYUSD" in line and "isolated" in line for line in told.done.stdout.splitlines())


def test_it_leaves_nothing_behind(told: Told) -> None:
    """The user's accounts file is neither read nor changed, and its own files are gone."""
    assert [path.name for path in told.home.iterdir()] == ["accounts.toml"]
    assert "mine" not in told.done.stdout


def test_broken_plugins_are_left_out_and_do_not_fail_it(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken venue, a broken simulated venue and a broken operator are one line each, and the others are shown."""
    monkeypatch.chdir(tmp_path)
    front = (*FRONTS, *(kind for kind in VENUES if kind.name == "syntax_error"))
    operator = next(kind for kind in OPERATORS if kind.name == "op_misspelt")
    for kind in front:
        kind.install(site, "venuekit.venues")
    operator.install(site, "venuekit.plugins")
    plugins = State().plugins
    with simulation_thread(plugins, tmp_path / "accounts.toml") as simulation:
        err = capsys.readouterr().err
        demo = _Demo(plugins, simulation)
        demo.discover()

    assert sorted(err.splitlines()) == sorted(f"error: {kind.sentence(site)}" for kind in (*front, operator))
    assert demo.status == Status.DONE
    shown, told = capsys.readouterr()
    assert "/toy_perp\n" in shown
    assert told == ""

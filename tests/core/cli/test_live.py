"""A live account: asked about before it is changed, and every write noted in its journal."""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import pty
import signal
import subprocess
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]

VENUE = """\
import os
import attrs
from venuekit.hooks import hookimpl
from venuekit.venue import Environment, EnvironmentName
from venuekit_toy_perp.venue import TOY_PERP

VENUEKIT_API = 1

@hookimpl
def venuekit_register_venues(register):
    live = Environment(name=EnvironmentName.LIVE, rest=os.environ["TOY_LIVE_REST"])
    register(attrs.evolve(TOY_PERP, id="toy_live", environments=(live,)))
"""
ACCOUNTS = """\
[accounts.real]
venue = "toy_live"
environment = "live"
key = "env:TOY_LIVE_KEY"
secret = "env:TOY_LIVE_SECRET"
"""
TARGET = """\
[accounts.real.symbols.GEMUSD]
leverage = 15
"""


class _Terminal(io.StringIO):
    """Somebody who types an answer."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def live(fresh: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A venue whose live environment is the simulation, with an account and a target; gives the state directory."""
    info = tmp_path / "site" / "toy_live-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-live\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[venuekit.venues]\ntoy_live = toy_live_venue_plugin\n")
    (tmp_path / "site" / "toy_live_venue_plugin.py").write_text(VENUE)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    venue = fresh.announced["venues"]["toy_perp"]
    monkeypatch.setenv("TOY_LIVE_REST", venue["rest"])
    monkeypatch.setenv("TOY_LIVE_KEY", venue["key"])
    monkeypatch.setenv("TOY_LIVE_SECRET", venue["secret"])
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "accounts.toml").write_text(ACCOUNTS)
    (tmp_path / "accounts.toml").chmod(0o600)
    (tmp_path / "settings.toml").write_text(TARGET)
    return tmp_path / "state"


def _leverage(call: Call) -> str:
    (row,) = call("leverage", "real", "GEMUSD", "--json").rows
    return str(row["long"])


def test_no_means_nothing_is_changed(call: Call, live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan is shown, the account named, and after a "no" everything is as it was, with 5."""
    monkeypatch.setattr("sys.stdin", _Terminal("n\n"))

    called = call("apply", "settings.toml")

    assert (called.status, called.out) == (5, "")
    assert "15" in called.err
    assert "live (real)?" in called.err
    assert "nothing was changed" in called.err
    assert _leverage(call) == "10"


def test_yes_means_it_is_done(call: Call, live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a "yes" it is changed; with nothing left to change nobody is asked."""
    monkeypatch.setattr("sys.stdin", _Terminal("y\n"))

    called = call("apply", "settings.toml", "--json")
    again = call("apply", "settings.toml", "--json")

    assert (called.status, [row["status"] for row in called.rows]) == (0, ["changed"])
    assert (again.status, again.err) == (0, "")
    assert _leverage(call) == "15"


def test_yes_as_an_option(call: Call, live: Path) -> None:
    """``--yes`` needs no terminal."""
    called = call("apply", "settings.toml", "--yes", "--json")

    assert called.status == 0
    notes = [json.loads(line)["note"] for line in called.err.splitlines()]
    assert "cannot be detected" in notes[0]
    assert notes[1].startswith("undo: venuekit apply ")
    assert _leverage(call) == "15"


def test_leverage_is_asked_about_too(call: Call, live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can be asked it is 64, after a "no" 5, and nothing is sent; reading it asks nobody."""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    unasked = call("leverage", "real", "GEMUSD", "7")
    monkeypatch.setattr("sys.stdin", _Terminal("n\n"))
    refused = call("leverage", "real", "GEMUSD", "7")

    assert (unasked.status, refused.status) == (64, 5)
    assert "--yes" in unasked.err
    assert "Set the leverage of GEMUSD to 7 on live (real)?" in refused.err
    assert _leverage(call) == "10"
    monkeypatch.setattr("sys.stdin", _Terminal("y\n"))
    assert call("leverage", "real", "GEMUSD", "7").status == 0
    assert _leverage(call) == "7"


@pytest.mark.parametrize("end", ["ctrl-c", signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("words", [["apply", "settings.toml"], ["leverage", "real", "GEMUSD", "7"]])
def test_one_interruption_ends_the_prompt(
    call: Call, command: list[str], live: Path, words: list[str], end: str | signal.Signals
) -> None:
    """On a terminal one Ctrl-C, SIGINT or SIGTERM at the question is enough: 130, no traceback, nothing changed."""
    terminal, theirs = pty.openpty()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*command, *words],
        cwd=live.parent,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        # so that the terminal's Ctrl-C is for it
        preexec_fn=lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - this process has one thread
        env=os.environ | {"PYTHONPATH": str(live.parent / "site")},
    )
    os.close(theirs)
    seen = b""
    try:
        while b"[y/N]" not in seen:
            seen += os.read(terminal, 65536)
        if isinstance(end, signal.Signals):
            process.send_signal(end)
        else:
            os.write(terminal, b"\x03")
        assert process.wait(timeout=30) == 130
        with contextlib.suppress(OSError):  # how a terminal says that no process writes to it any more
            while chunk := os.read(terminal, 65536):
                seen += chunk
    finally:
        process.kill()
        process.wait()
        os.close(terminal)

    assert b"live (real)?" in seen
    assert b"Traceback" not in seen
    assert _leverage(call) == "10"


def test_the_journal(call: Call, live: Path) -> None:
    """Each write leaves a line before it and one after it, without key or secret; ``resolve`` finds nothing open."""
    assert call("leverage", "real", "GEMUSD", "7", "--yes").status == 0

    (path,) = live.rglob("*.jsonl")
    begun, ended = map(json.loads, path.read_text().split())
    assert (begun["verb"], begun["path"]) == ("PUT", "/v1/leverage")
    assert (ended["end"], ended["outcome"]) == (begun["begin"], "applied")
    assert path.stat().st_mode & 0o077 == 0
    assert call("resolve").out == "nothing is open\n"


def test_resolve_works_off_an_open_line(call: Call, live: Path) -> None:
    """A process that died between the two lines is found out about by the next one."""
    assert call("leverage", "real", "GEMUSD", "7", "--yes").status == 0
    (path,) = live.rglob("*.jsonl")
    path.write_text(path.read_text().split()[0] + "\n")

    called = call("resolve", "real", "--json")

    (row,) = called.rows
    assert (called.status, row["state"], row["operation"]) == (0, "resolved", "set_leverage")
    assert "it holds" in row["message"]
    assert call("resolve", "--json").rows == []


@pytest.fixture
def shaken(live: Path, tmp_path: Path) -> None:
    """Install an operator's plugin that cannot be imported."""
    info = tmp_path / "site" / "acme_ops-2.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-ops\nVersion: 2.1\n")
    (info / "entry_points.txt").write_text("[venuekit.plugins]\naudit = acme_ops_of_no_module\n")


@pytest.mark.parametrize("words", [["venues"], ["leverage", "real", "GEMUSD"], ["endpoints", "toy_live"], ["resolve"]])
def test_every_command_tells_of_a_broken_operator(call: Call, shaken: None, words: list[str]) -> None:
    """One line says distribution, version, cause and mend; with ``--json`` one object has them as fields."""
    as_text, as_json = call(*words), call(*words, "--json")

    (line,) = as_text.err.splitlines()
    assert line.startswith("error: plugin audit of acme-ops 2.1 cannot be used: ModuleNotFoundError: ")
    assert line.endswith("reinstall acme-ops, or name acme-ops in VENUEKIT_DISABLE")
    told = as_json.error
    assert (told["error"], told["plugin"]) == ("PluginError", "audit")
    assert (told["distribution"], told["version"]) == ("acme-ops", "2.1")
    assert told["cause"].startswith("ModuleNotFoundError: ")
    assert told["mend"] == "reinstall acme-ops, or name acme-ops in VENUEKIT_DISABLE"


def test_live_is_not_written_until_it_is_mended(call: Call, shaken: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Setting is refused with 3 and reading works; disabled, it is written."""
    refused = call("leverage", "real", "GEMUSD", "7", "--yes")
    assert refused.status == 3
    assert "plugin audit of acme-ops 2.1 cannot be used" in refused.err.splitlines()[-1]
    assert "only cancels and reducing orders may pass on live" in refused.err
    assert _leverage(call) == "10"

    monkeypatch.setenv("VENUEKIT_DISABLE", "acme-ops")
    assert call("leverage", "real", "GEMUSD", "7", "--yes").status == 0
    assert _leverage(call) == "7"


def test_live_answers_are_recorded_with_consent(call: Call, live: Path) -> None:
    """A live account is recorded from only with ``--yes``, and never by a write; else nothing is sent or written."""
    recorded = live.parent / "mine"
    for options in ((), ("--writes",), ("--writes", "--yes")):
        refused = call("record", "real", "--out", recorded, *options)
        assert (refused.status, refused.out, recorded.exists()) == (64, "", False)
    assert "real: live; writes are recorded from a testnet or a simulated venue" in refused.err

    called = call("record", "real", "--out", recorded, "--yes", "--json")

    assert called.status == 0
    assert {row["endpoint"].partition(" ")[0] for row in called.rows} == {"GET"}
    assert all('"source": "recorded from live"' in path.read_text() for path in recorded.iterdir())
    assert _leverage(call) == "10"

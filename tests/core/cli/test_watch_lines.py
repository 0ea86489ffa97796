"""``watch`` where the output is no screen: a line for each change, or one JSON object an event, and a clean end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.core.cli.terminal import LONG
from tests.core.cli.watched import WRONG, write_accounts

from venuekit.simulator.background import BackgroundSimulation
from venuekit.simulator.ledger import Side

Call = Callable[..., Any]


@pytest.fixture
def toy() -> Iterator[BackgroundSimulation]:
    """The toy venue with an open position of 100 TOYUSD."""
    with BackgroundSimulation("toy_perp") as background:
        yield background


@pytest.fixture
def start(
    toy: BackgroundSimulation, command: list[str], tmp_path: Path
) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start ``watch`` in another process whose output is a pipe: ``start("--jsonl", names=["main"])``."""
    running: list[subprocess.Popen[str]] = []

    def start(*words: str, names: tuple[str, ...] = ("main",), **how: Any) -> subprocess.Popen[str]:
        environment = write_accounts(tmp_path / "accounts.toml", toy, names)
        how.setdefault("stdout", subprocess.PIPE)
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, "watch", *words],
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            env=os.environ | environment,
            # a shell without job control would have its children ignore it
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - one thread
            **how,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def _read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return line
    raise AssertionError(f"it ended without {words!r}")


def _read_first_of_each(process: subprocess.Popen[str], *words: str) -> list[str]:
    """Return the first line with each of the words, whichever comes first."""
    found: dict[str, str] = {}
    while len(found) < len(words):
        line = _read_until(process, "")
        found |= {word: line for word in words if word in line and word not in found}
    return [found[word] for word in words]


def _buy(toy: BackgroundSimulation) -> None:
    toy.call(lambda simulation: simulation.ledger.fill("TOYUSD", Side.BUY, Decimal(1), Decimal(100)))


def test_a_pipe_gets_a_line_for_each_change(start: Any, toy: BackgroundSimulation) -> None:
    """A line has time, account, state, figures and positions; Ctrl-C ends it with 130 and without a word."""
    process = start()
    first = _read_until(process, "equity=9")
    _buy(toy)
    begun = time.monotonic()
    second = _read_until(process, "TOYUSD both 101")
    seconds = time.monotonic() - begun
    process.send_signal(signal.SIGINT)

    moment, _, rest = first.partition(" ")
    assert moment.endswith("Z")
    figures = "equity=9,996.00USD pnl=0USD ratio=- to_liquidation=8.7% orders=0 gaps=0"
    assert rest == f"main live {figures} [TOYUSD both 100]\n"
    assert "main live" in second
    assert seconds < 5
    assert process.communicate(timeout=LONG)[1].strip() == ""
    assert process.returncode == 130


def test_events_as_json(start: Any, toy: BackgroundSimulation) -> None:
    """Each event is one object at once, with account, kind, times and the event's own fields, amounts as text."""
    process = start("--jsonl")
    status = json.loads(_read_until(process, '"live"'))
    _buy(toy)
    position = json.loads(_read_until(process, '"position"'))
    toy.call(lambda simulation: simulation.streams.connections[0].close(4003, "goodbye"))
    gap = json.loads(_read_until(process, '"gap"'))

    assert (status["account"], status["venue"], status["kind"]) == ("main", "toy_perp", "status")
    expected = {"account": "main", "kind": "position", "symbol": "TOYUSD", "quantity": "101", "origin": "stream"}
    assert {name: position[name] for name in expected} == expected
    assert position["time"].endswith("Z")
    assert position["received_at"].endswith("Z")
    assert "raw" not in position
    assert None not in position.values()
    assert (gap["kind"], gap["reason"]) == ("gap", "connection_lost")
    assert "4003" in gap["words"]


def test_the_end_of_the_reader_is_noticed_without_a_further_event(start: Any, toy: BackgroundSimulation) -> None:
    """Behind ``| head -1`` it ends with 141 and without a word as soon as head has gone, also where nothing happens."""
    head = subprocess.Popen(["/usr/bin/env", "head", "-1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process = start("--jsonl", stdout=head.stdin)
    assert head.stdin is not None
    head.stdin.close()
    head.stdin = None

    assert json.loads(head.communicate(timeout=LONG)[0])["kind"] == "status"
    assert process.wait(timeout=LONG) == 141
    assert process.stderr.read() == ""


def test_a_wrong_key_blocks_no_other_account(start: Any, toy: BackgroundSimulation) -> None:
    """The account with a wrong secret says why and is tried again; the other one is live, and no key is shown."""
    process = start("--jsonl", names=(WRONG, "main"))
    lines = _read_first_of_each(process, WRONG, '"main"')
    wrong, main = map(json.loads, lines)
    again = _read_until(process, WRONG)
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=LONG)

    assert (wrong["phase"], main["phase"]) == ("unreadable", "live")
    assert wrong["reason"].startswith("toy_perp: ")
    assert float(wrong["retry_in"]) <= 1.25
    assert "unreadable" in again
    text = "".join((*lines, again, *rest))
    assert toy.key not in text
    assert "w" * 20 not in text


def test_a_missing_textual_is_one_sentence(
    call: Call, toy: BackgroundSimulation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the extra the screen says how to install it, with 64, and nothing is sent."""
    for name, value in write_accounts(tmp_path / "accounts.toml", toy, ("main",)).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("venuekit.cli.watch.command._has_screen", lambda: True)
    for name in [name for name in sys.modules if name.startswith("venuekit.cli.watch.app")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "textual.app", None)

    called = call("--accounts", tmp_path / "accounts.toml", "watch")

    assert called.status == 64
    (line,) = called.err.splitlines()
    assert "needs textual, which is missing: pip install 'venuekit[watch]'" in line


def test_an_unknown_account_ends_it_before_anything_is_shown(
    call: Call, toy: BackgroundSimulation, tmp_path: Path
) -> None:
    """A name that the file lacks is an error in the command line, with the nearest one."""
    write_accounts(tmp_path / "accounts.toml", toy, ("main",))

    called = call("--accounts", tmp_path / "accounts.toml", "watch", "mian")

    assert (called.status, called.out) == (64, "")
    assert "main" in called.err


@pytest.mark.parametrize("seconds", ["0", "3601", "1_0", "fast"])
def test_an_interval_out_of_its_bounds_is_refused(call: Call, seconds: str) -> None:
    """Mark prices are read every 1 to 3600 seconds."""
    called = call("watch", "--interval", seconds)

    assert called.status == 64
    assert seconds in called.err

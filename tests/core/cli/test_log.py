"""``venuekit --log``: events of a command, beside its answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from venuekit.cli import main


def test_a_command_logs_to_standard_error(
    served: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--log`` comes before the variable, and standard output has the answer alone."""
    monkeypatch.setenv("VENUEKIT_LOG", str(tmp_path / "unused"))

    assert main(["--log", "-", "balances", "toy_perp", "--json", "--accounts", str(served.accounts)]) == 0

    output = capsys.readouterr()
    events = [json.loads(line) for line in output.err.splitlines()]
    assert isinstance(json.loads(output.out), list)
    assert {"toy_perp"} == {event.get("account") for event in events if event["kind"] in {"request", "answer", "end"}}
    assert {"request", "answer", "end", "clock", "budget"} == {event["kind"] for event in events}
    assert not (tmp_path / "unused").exists()


def test_a_log_that_cannot_be_written_stops_a_command(
    served: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one sentence, before anything is sent."""
    assert main(["--log", str(tmp_path), "balances", "toy_perp", "--accounts", str(served.accounts)]) != 0

    output = capsys.readouterr()
    assert f"--log: the event log '{tmp_path}' cannot be written: Is a directory" in output.err
    assert output.err.count("\n") == 1

"""Tables in narrow terminals: numbers stay whole, columns go by rank, and the last line names them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.core.cli.terminal import Terminal

from venuekit.cli import main


def test_a_narrow_terminal_loses_columns_and_no_digit(served: Any, command: list[str], tmp_path: Path) -> None:
    """Each number of the wide table that is shown at all is whole; the columns that are not are named."""
    words = [*command, "positions", "--accounts", str(served.accounts)]
    with Terminal(words, tmp_path, {}, columns=50) as terminal:
        assert terminal.wait_for_end() == 0
        lines = terminal.lines

    rows = [line for line in lines if line.strip()]
    assert max(map(len, rows[:-1])) <= 50
    assert "left out for want of room: " in " ".join(rows)
    assert "liquidation" in " ".join(rows[0].split())
    assert "margin" not in rows[0]


def test_nothing_asked_is_answered_by_the_help(capsys: Any) -> None:
    """``venuekit`` alone prints the commands on standard output, and nothing on standard error."""
    assert main([]) == 64
    out, err = capsys.readouterr()

    assert out.startswith("Usage: venuekit")
    assert err == ""


def test_a_simulator_that_has_ended_is_asked_about(served: Any, capsys: Any) -> None:
    """The error of an account of a simulator says how to serve one."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9", served.accounts.read_text(encoding="utf-8"))
    served.accounts.write_text(text, encoding="utf-8")

    assert main(["balances", "--accounts", str(served.accounts)]) == 1
    assert "is this simulator still running? venuekit sim serves one" in capsys.readouterr().err


def test_positions_of_several_symbols(served: Any, capsys: Any) -> None:
    """``--symbol`` may be repeated; each symbol is shown once."""
    words = ["positions", "--accounts", str(served.accounts), "--json"]
    assert main([*words, "--symbol", "TOYUSD", "--symbol", "GEMUSD", "--symbol", "TOYUSD"]) == 0
    both = json.loads(capsys.readouterr().out)
    assert main([*words, "--symbol", "GEMUSD"]) == 0

    assert [row["symbol"] for row in both] == ["TOYUSD"]
    assert json.loads(capsys.readouterr().out) == []

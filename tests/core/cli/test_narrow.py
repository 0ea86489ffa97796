"""Tables in narrow terminals: numbers stay whole, columns go by rank, and the last line names them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest
from tests.core.cli.terminal import Terminal

from venuekit.cli import main, tables


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


#: commands that print tables, with rows in a simulated venue; ``{target}`` is a target file
TABLES = (
    "balances",
    "positions",
    "instruments toy_perp",
    "overview",
    "plan {target}",
    "accounts check",
    "doctor",
    "report pnl",
)
_FIGURE = re.compile(r"\d[\d.,:T-]*\d|\d")
TARGET = '[accounts.toy_perp]\nvenue = "toy_perp"\n\n[accounts.toy_perp.symbols.GEMUSD]\nleverage = 15\n'


def _words(command: list[str], words: str, accounts: Path, directory: Path) -> list[str]:
    target = directory / "settings.toml"
    target.write_text(TARGET, encoding="utf-8")
    return [*command, *words.format(target=target).split(), "--accounts", str(accounts)]


def _written(words: list[str], directory: Path, columns: int, **environment: str) -> str:
    """Return everything that a command writes to a terminal, with its control sequences."""
    with Terminal(words, directory, {"XDG_STATE_HOME": str(directory), **environment}, columns=columns) as terminal:
        terminal.wait_for_end()
        return terminal.written.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("words", TABLES)
def test_numbers_are_whole_in_every_width(served: Any, command: list[str], tmp_path: Path, words: str) -> None:
    """Each number of a narrow table is one of the wide table; lines fit, and headings that are gone are named."""
    line = _words(command, words, served.accounts, tmp_path)
    (wide, *narrow) = (_written(line, tmp_path, columns, NO_COLOR="1") for columns in (300, 40, 60, 80))

    moving = re.compile(r"(\d+ ms|[\d.]+ s)\b|\d{2}:\d{2}:\d{2}\S*")  # other ones in each call
    figures = set(_FIGURE.findall(moving.sub("", wide)))
    for columns, text in zip((40, 60, 80), narrow, strict=True):
        assert set(_FIGURE.findall(moving.sub("", text))) <= figures
        # a sentence is broken by the terminal, which copies it as one
        table = [one for one in text.splitlines() if "  " in one.strip() or one.startswith("left out for want")]
        assert max(len(one) for one in table if "mend: " not in one) <= columns
        heading = next((re.split(r"[\s,]+", one) for one in wide.splitlines() if one.startswith("account ")), [])
        lost = set(heading) - set(re.split(r"[\s,;]+", text))
        assert not lost


PLANNED = {
    "order": 1,
    "account": "desk1",
    "symbol": "BTCUSDT",
    "setting": "leverage",
    "margin_type": "cross",
    "present": 20,
    "target": 10,
    "status": "pending",
    "weight": 1,
}
SEEN = {
    "account": "bybit",
    "equity": "304,416.18",
    "margin_ratio": "1.2 %",
    "nearest": "BTCUSD_PERP",
    "distance": "6.2 %",
    "orders": 3,
    "unresolved": 0,
    "key_expires": "2027-01-05",
    "alerts": "distance<90%; orders>=0",
}
LISTED = {
    "account": "bybit",
    "symbol": "BTCUSD",
    "side": "buy",
    "order": None,
    "filled": 0,
    "price": 90000,
    "kind": "plain",
    "status": "new",
    "id": 7,
    "client_id": "desk-20261201-7",
}


@pytest.mark.parametrize(
    ("row", "size", "kept"),
    [
        (PLANNED, 40, "account status target"),
        (PLANNED, 60, "account symbol setting status target"),
        (SEEN, 80, "account equity distance alerts"),
        (SEEN, 60, "account distance alerts"),
        (LISTED, 80, "account symbol status client_id"),
    ],
)
def test_the_decisive_columns_are_left_out_last(
    monkeypatch: pytest.MonkeyPatch, row: dict[str, Any], size: int, kept: str
) -> None:
    """They are those for which a command is called; the number of a step goes first."""
    monkeypatch.setattr(tables, "terminal_width", lambda: size)
    row = {name: value for name, value in row.items() if value is not None}
    whole = {"alerts", "nearest", "equity", "margin_ratio", "distance", "key_expires"}

    head, *_, _ = tables.table([row], {name: name for name in row}, whole=whole).splitlines()

    assert set(kept.split()) <= set(click.unstyle(head).split())


@pytest.mark.parametrize("size", range(12, 60, 4))
def test_the_word_of_a_status_is_never_broken(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Whatever column it is in."""
    monkeypatch.setattr(tables, "terminal_width", lambda: size)
    row = {
        "account": "desk1",
        "symbol": "unreadable",
        "side": None,
        "contracts": None,
        "reason": "its key is not accepted",
    }

    assert "unreadable" in tables.table([row], {name: name for name in row})


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
@pytest.mark.parametrize("words", [*TABLES, "apply {target}", "history income toy_perp --output out.csv"])
def test_a_terminal_without_colour_gets_none(
    fresh: Any, command: list[str], tmp_path: Path, words: str, environment: dict[str, str]
) -> None:
    """No colour with ``NO_COLOR``; on a dumb terminal no control sequence at all, also not by a progress bar."""
    written = _written(_words(command, words, fresh.accounts, tmp_path), tmp_path, 80, **environment)

    colours = re.findall(r"\x1b\[[0-9;]*m", written)
    assert not colours
    assert "TERM" not in environment or "\x1b" not in written

"""A history that is downloaded again goes on where its file ends, and refuses files that are not its own."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.core.cli.market.history_files import (
    FORMATS,
    TEXT,
    Call,
    Start,
    as_text,
    expected_rows,
    need_format,
    read_rows,
    same_rows,
    wait_until,
)


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_same_command_again_continues(call: Call, market: Any, file_format: str) -> None:
    """What has happened since is added, behind items of the same millisecond too; with nothing new nothing changes."""
    need_format(file_format)
    path = Path(f"out.{file_format}")
    words = ("history", "income", "main", "--output", path)
    for rows in (0, 100, 101, 400):
        market.tell(rows=rows)
        assert call(*words).status == 0
        assert len(read_rows(path)) == rows

    before = path.read_bytes()
    called = call(*words)

    assert path.read_bytes() == before
    assert f"{path}: 0 rows added, 400 in all\n" in called.err
    assert same_rows(read_rows(path), as_text(expected_rows(market.rows("income", 400))))


@pytest.mark.parametrize("file_format", FORMATS)
def test_several_symbols_are_continued_each_behind_its_own_last_row(call: Call, market: Any, file_format: str) -> None:
    """A file has the rows of each, in their order; the symbols may be named in another order, but no others."""
    need_format(file_format)
    place = ("--output", f"out.{file_format}")
    words = ("history", "fills", "main", "--symbol", "GEMUSD", "--symbol", "TOYUSD", "--symbol", "GEMUSD", *place)
    swapped = ("history", "fills", "main", "--symbol", "TOYUSD", "--symbol", "GEMUSD", *place)

    def fills(symbol: str, first: int, end: int) -> list[Any]:
        return [market.module.fill(number, symbol) for number in range(first, end)]

    market.tell(rows=120)
    first = call(*words)
    market.tell(rows=150)
    again, other = call(*swapped), call("history", "fills", "main", "--symbol", "TOYUSD", *place)

    assert [first.status, again.status, other.status] == [0, 0, 64]
    rows = [*fills("GEMUSD", 0, 120), *fills("TOYUSD", 0, 120), *fills("TOYUSD", 120, 150), *fills("GEMUSD", 120, 150)]
    assert same_rows(read_rows(Path(f"out.{file_format}")), as_text(expected_rows(rows)))
    assert "--symbol was GEMUSD, TOYUSD and is TOYUSD" in other.err
    assert "main TOYUSD: fills: a page weighs" in first.err


@pytest.mark.parametrize("file_format", FORMATS)
def test_an_error_in_the_middle(call: Call, market: Any, file_format: str) -> None:
    """What arrived before an error is in a valid file, the status is the error's, and the next run does the rest."""
    need_format(file_format)
    path = Path(f"out.{file_format}")
    market.tell(rows=1000, most=300)

    failed = call("history", "income", "main", "--output", path)

    assert failed.status == 1
    assert "error: main: toy_market: iter refused: 2001 slow down" in failed.err
    assert f"{path}: 300 rows added, 300 in all; not all of it: the same command again continues" in failed.err
    assert len(read_rows(path)) == 300
    market.tell(rows=1000)
    assert call("history", "income", "main", "--output", path).status == 0
    assert same_rows(read_rows(path), as_text(expected_rows(market.rows("income", 1000))))


@pytest.mark.parametrize("file_format", FORMATS)
def test_killed_in_the_middle(call: Call, market: Any, start: Start, tmp_path: Path, file_format: str) -> None:
    """After a kill the file is valid, and the same command makes it what it had been without the kill."""
    need_format(file_format)
    total = 25_000 if file_format == "parquet" else 3_000
    market.tell(rows=total, page=total // 30, pause=0.02, held=total // 2)
    path = tmp_path / f"out.{file_format}"
    words = ("history", "income", "main", "--output", path.name)

    process = start(*words)
    note = path.with_name(f"{path.name}.resume")
    wait_until(lambda: note.exists() and json.loads(note.read_text())["rows"] > 0, process)
    process.kill()
    process.wait(timeout=10)

    between = read_rows(path)
    assert 0 < len(between) < total
    market.tell(rows=total, page=1000)
    assert call(*words).status == 0
    found = read_rows(path)
    assert found[: len(between)] == between
    assert same_rows(found, as_text(expected_rows(market.rows("income", total))))
    assert {one.name for one in tmp_path.iterdir() if one.name.startswith("out")} == {path.name, note.name}


@pytest.mark.parametrize("file_format", FORMATS)
def test_interrupted_in_the_middle(market: Any, start: Start, tmp_path: Path, file_format: str) -> None:
    """Ctrl-C writes what has arrived, says how to go on, and ends with 130 and no traceback."""
    need_format(file_format)
    market.tell(rows=3_000, page=100, pause=0.1, held=2_000)
    path = tmp_path / f"out.{file_format}"

    process = start("history", "income", "main", "--output", path.name)
    assert process.stderr is not None
    first = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)

    assert first == "main: income: a page weighs 30\n"
    assert process.returncode == 130
    assert "Traceback" not in err
    assert re.search(rf"{path.name}: \d+ rows added, \d+ in all; not all of it: the same command again continues", err)
    rows = len(read_rows(path))
    assert json.loads(path.with_name(f"{path.name}.resume").read_text())["rows"] == rows < 3_000


@pytest.mark.parametrize("file_format", TEXT)
def test_rows_are_there_while_it_downloads(market: Any, start: Start, tmp_path: Path, file_format: str) -> None:
    """The file grows during the download, and two processes never write it at once."""
    market.tell(rows=2_000, page=100, held=1_000)  # more than a page, and never all of it
    path = tmp_path / f"out.{file_format}"

    process = start("history", "income", "main", "--output", path.name)
    wait_until(lambda: path.exists() and path.stat().st_size > 1000, process)
    second = start("history", "income", "main", "--output", path.name)
    _, err = second.communicate(timeout=20)

    assert (second.returncode, process.poll()) == (64, None)
    assert "is being written by another process" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["income", "main", "--symbol", "TOYUSD"], "--symbol was not given and is TOYUSD"),
        (["income", "main", "--kind", "funding"], "--kind was not given and is funding"),
        (["income", "main", "--start", "2026-01-01"], "--start was not given and is 2026-01-01T00:00:00.000Z"),
        (["income", "main", "--format", "jsonl"], "it is csv, not jsonl"),
        (["orders", "main"], "it holds income, not orders"),
        (["income", "other"], "it is about main (toy_market sim), not other (toy_bazaar sim)"),
        (["income", "main", "other"], "it is about main (toy_market sim), not main"),
    ],
)
def test_a_file_with_something_else_is_refused(call: Call, market: Any, words: list[str], message: str) -> None:
    """A file with other options, or of another account, is not touched; the error says what differs."""
    market.tell(rows=10)
    assert call("history", "income", "main", "--output", "out.csv").status == 0
    before = Path("out.csv").read_bytes(), Path("out.csv.resume").read_bytes()

    called = call("history", *words, "--output", "out.csv")

    assert (called.status, called.out) == (64, "")
    assert message in called.err
    assert "name another --output" in called.err
    assert (Path("out.csv").read_bytes(), Path("out.csv.resume").read_bytes()) == before


def test_a_file_without_a_row_binds_nobody(call: Call, market: Any) -> None:
    """Who asked for the wrong thing, or for too much, and got no row asks anew under the same name."""
    assert call("history", "orders", "main", "--start", "2020-01-01", "--output", "out.csv").status == 0
    assert read_rows(Path("out.csv")) == []
    market.tell(rows=10)

    assert call("history", "income", "other", "--output", "out.csv").status == 0

    assert same_rows(
        read_rows(Path("out.csv")), as_text(expected_rows(market.rows("income", 10), "other", "toy_bazaar"))
    )


def test_another_key_is_refused(call: Call, market: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account whose key changed may be another one: refused, unless the user says that it is not."""
    market.tell(rows=10)
    words = ("history", "income", "main", "--output", "out.csv")
    assert call(*words).status == 0
    monkeypatch.setenv("TOY_KEY", "a-new-key")
    market.tell(rows=15)

    refused = call(*words)
    agreed = call(*words, "--same-account")

    assert refused.status == 64
    assert "the key of main is not the one the file was begun with" in refused.err
    assert (agreed.status, call(*words).status) == (0, 0)
    assert len(read_rows(Path("out.csv"))) == 15
    written = "".join(path.read_text() for path in Path().glob("out.*"))
    assert [one for one in ("main-key", "a-new-key", "planted-toy-secret") if one in written] == []


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_file_that_is_not_ours(call: Call, market: Any, file_format: str) -> None:
    """A file without its note, a note without its file, and a file that lost rows are refused and left alone."""
    need_format(file_format)
    market.tell(rows=10)
    path, note = Path(f"out.{file_format}"), Path(f"out.{file_format}.resume")
    words = ("history", "income", "main", "--output", path)
    path.write_text("mine")
    assert "there is no out" in call(*words).err
    assert path.read_text() == "mine"
    path.unlink()
    assert call(*words).status == 0
    whole = path.read_bytes()

    path.write_bytes(whole[: len(whole) // 2])
    cut = call(*words)
    path.unlink()
    gone = call(*words)
    path.write_bytes(whole)
    note.write_text("{}")
    torn = call(*words)

    assert [one.status for one in (cut, gone, torn)] == [64, 64, 64]
    assert "the file was changed" in cut.err or "not a Parquet file any more" in cut.err
    assert "is gone; remove" in gone.err
    assert "cannot be read" in torn.err


@pytest.mark.parametrize(
    ("file_format", "saved"),
    [
        ("csv", lambda text: text.replace(b"\n", b"\r\n")),
        ("csv", lambda text: text.replace(b"\n", b"\r") + b"\r" * 9),
        ("csv", lambda text: b"\xef\xbb\xbf" + text),
        ("csv", lambda text: text.replace(b",", b";") + b";"),
        ("csv", lambda text: text.replace(b"toy_market", b"toy_marked") + b"\n"),
        ("jsonl", lambda text: text.replace(b"\n", b"\r\n")),
        ("jsonl", lambda text: text.replace(b":", b": ")),
    ],
)
def test_a_file_that_was_saved_anew_is_refused(
    call: Call, market: Any, tmp_path: Path, file_format: str, saved: Callable[[bytes], bytes]
) -> None:
    """With other line ends, a mark in front or other spaces its rows lie elsewhere: it is left as it is."""
    market.tell(rows=300)
    path = tmp_path / f"out.{file_format}"
    words = ("history", "income", "main", "--output", path)
    assert call(*words).status == 0
    whole = path.read_bytes()
    path.write_bytes(saved(whole))
    before = path.read_bytes()

    market.tell(rows=400)
    refused = call(*words)

    assert (refused.status, path.read_bytes()) == (64, before)
    assert "has other contents than were written: another program saved it" in refused.err
    path.write_bytes(whole)
    assert call(*words).status == 0
    assert same_rows(read_rows(path), as_text(expected_rows(market.rows("income", 400))))

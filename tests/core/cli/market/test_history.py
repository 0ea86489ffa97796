"""``history``: files that are written while they are downloaded, and continued without a duplicate or a gap."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from venuekit.exports.rows import plain

Call = Callable[..., Any]
Start = Callable[..., subprocess.Popen[str]]

TEXT = ["csv", "jsonl"]
FORMATS = [*TEXT, "parquet"]
HISTORIES: dict[str, tuple[str, list[str]]] = {
    "income": ("income", []),
    "pnl": ("pnl", []),
    "orders": ("order", []),
    "withdrawals": ("withdrawal", []),
    "conversions": ("conversion", []),
}


def _need(file_format: str) -> None:
    if file_format == "parquet":
        pytest.importorskip("pyarrow")


def _word(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _expected(items: list[Any], account: str = "main", venue: str = "toy_market") -> list[dict[str, Any]]:
    """Return what JSON lines hold for these items."""
    names = [field.name for field in attrs.fields(type(items[0])) if field.name != "raw"]
    return [
        {"account": account, "venue": venue, **{name: plain(getattr(one, name)) for name in names}} for one in items
    ]


def _read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file as text, None where a cell is empty; a half row fails."""
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            return [{name: cell or None for name, cell in row.items()} for row in csv.DictReader(file, strict=True)]
    if path.suffix == ".jsonl":
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        assert all(line.endswith("\n") for line in lines)
        return [{name: _word(held) or None for name, held in json.loads(line).items()} for line in lines]
    from pyarrow import parquet

    return [{name: _cell(held) for name, held in row.items()} for row in parquet.read_table(path).to_pylist()]


def _cell(value: Any) -> str | None:
    if isinstance(value, Decimal):
        return format(value, "f")
    return _word(plain(value) if isinstance(value, datetime) else value) or None


def _same(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> bool:
    """Say whether rows are equal, numbers by their value."""

    def key(cell: Any) -> Any:
        return Decimal(cell) if isinstance(cell, str) and re.fullmatch(r"-?\d+(\.\d+)?", cell) else cell

    return [{name: key(cell) for name, cell in row.items()} for row in left] == [
        {name: key(cell) for name, cell in row.items()} for row in right
    ]


def _as_text(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: _word(held) or None for name, held in row.items()} for row in rows]


def _until(happens: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until something happens while a process runs."""
    deadline = time.monotonic() + 60
    while not happens():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("what", HISTORIES)
def test_json_lines_hold_every_field(call: Call, market: Any, what: str) -> None:
    """Each line has account, venue and every field of the value: exact Decimals, times with ms and Z, null."""
    make, words = HISTORIES[what]
    market.tell(rows=250)

    called = call("history", what, "main", *words, "--output", "out.jsonl")

    assert (called.status, called.out) == (0, "")
    found = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert found == _expected(market.rows(make, 250))


def test_fills_need_a_symbol(call: Call, market: Any) -> None:
    """Fills are of one symbol; without it nothing is begun."""
    market.tell(rows=10)

    called = call("history", "fills", "main", "--symbol", "GEMUSD", "--format", "jsonl")
    without = call("history", "fills", "main", "--output", "out.csv")

    rows = [json.loads(line) for line in called.out.splitlines()]
    assert rows == _expected([market.module.fill(number, "GEMUSD") for number in range(10)])
    assert without.status == 64
    assert "--symbol" in without.err
    assert not Path("out.csv").exists()


@pytest.mark.parametrize("what", HISTORIES)
def test_all_formats_say_the_same(call: Call, market: Any, what: str) -> None:
    """CSV, JSON lines and Parquet of one history have the same rows, to the last digit."""
    pytest.importorskip("pyarrow")
    market.tell(rows=333)

    for file_format in FORMATS:
        assert call("history", what, "main", "--output", f"out.{file_format}").status == 0

    rows = [_read(Path(f"out.{file_format}")) for file_format in FORMATS]
    assert len(rows[0]) == 333
    assert rows[0] == rows[1]
    assert _same(rows[1], rows[2])
    assert _same(rows[1], _as_text(_expected(market.rows(HISTORIES[what][0], 333))))


def test_parquet_has_types(call: Call, market: Any) -> None:
    """Numbers are decimals, times are UTC milliseconds, what the venue did not say is null."""
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    market.tell(rows=20)
    assert call("history", "income", "main", "--output", "out.parquet").status == 0

    table = parquet.read_table("out.parquet")
    assert table.schema.field("amount").type == arrow.decimal128(38, 18)
    assert table.schema.field("time").type == arrow.timestamp("ms", tz="UTC")
    assert table.column("amount").to_pylist() == [item.amount for item in market.rows("income", 20)]
    assert table.column("time").to_pylist() == [item.time for item in market.rows("income", 20)]
    assert table.column("symbol").to_pylist()[:2] == [None, "TOYUSD"]


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_same_command_again_continues(call: Call, market: Any, file_format: str) -> None:
    """What has happened since is added, behind items of the same millisecond too; with nothing new nothing changes."""
    _need(file_format)
    path = Path(f"out.{file_format}")
    words = ("history", "income", "main", "--output", path)
    for rows in (0, 100, 101, 400):
        market.tell(rows=rows)
        assert call(*words).status == 0
        assert len(_read(path)) == rows

    before = path.read_bytes()
    called = call(*words)

    assert path.read_bytes() == before
    assert f"{path}: 0 rows added, 400 in all\n" in called.err
    assert _same(_read(path), _as_text(_expected(market.rows("income", 400))))


@pytest.mark.parametrize("file_format", FORMATS)
def test_an_error_in_the_middle(call: Call, market: Any, file_format: str) -> None:
    """What arrived before an error is in a valid file, the status is the error's, and the next run does the rest."""
    _need(file_format)
    path = Path(f"out.{file_format}")
    market.tell(rows=1000, most=300)

    failed = call("history", "income", "main", "--output", path)

    assert failed.status == 1
    assert "error: main: toy_market: iter refused: 2001 slow down" in failed.err
    assert f"{path}: 300 rows added, 300 in all; not all of it: the same command again continues" in failed.err
    assert len(_read(path)) == 300
    market.tell(rows=1000)
    assert call("history", "income", "main", "--output", path).status == 0
    assert _same(_read(path), _as_text(_expected(market.rows("income", 1000))))


@pytest.mark.parametrize("file_format", FORMATS)
def test_killed_in_the_middle(call: Call, market: Any, start: Start, tmp_path: Path, file_format: str) -> None:
    """After a kill the file is valid, and the same command makes it what it had been without the kill."""
    _need(file_format)
    total = 25_000 if file_format == "parquet" else 3_000
    market.tell(rows=total, page=total // 30, pause=0.02)
    path = tmp_path / f"out.{file_format}"
    words = ("history", "income", "main", "--output", path.name)

    process = start(*words)
    note = path.with_name(f"{path.name}.resume")
    _until(lambda: note.exists() and json.loads(note.read_text())["rows"] > 0, process)
    process.kill()
    process.wait(timeout=10)

    between = _read(path)
    assert 0 < len(between) < total
    market.tell(rows=total, page=1000)
    assert call(*words).status == 0
    found = _read(path)
    assert found[: len(between)] == between
    assert _same(found, _as_text(_expected(market.rows("income", total))))
    assert {one.name for one in tmp_path.iterdir() if one.name.startswith("out")} == {path.name, note.name}


@pytest.mark.parametrize("file_format", FORMATS)
def test_interrupted_in_the_middle(market: Any, start: Start, tmp_path: Path, file_format: str) -> None:
    """Ctrl-C writes what has arrived, says how to go on, and ends with 130 and no traceback."""
    _need(file_format)
    market.tell(rows=3_000, page=100, pause=0.1)
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
    rows = len(_read(path))
    assert json.loads(path.with_name(f"{path.name}.resume").read_text())["rows"] == rows < 3_000


@pytest.mark.parametrize("file_format", TEXT)
def test_rows_are_there_while_it_downloads(market: Any, start: Start, tmp_path: Path, file_format: str) -> None:
    """The file grows during the download, and two processes never write it at once."""
    market.tell(rows=2_000, page=100, pause=0.2)
    path = tmp_path / f"out.{file_format}"

    process = start("history", "income", "main", "--output", path.name)
    _until(lambda: path.exists() and path.stat().st_size > 1000, process)
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
    assert _read(Path("out.csv")) == []
    market.tell(rows=10)

    assert call("history", "income", "other", "--output", "out.csv").status == 0

    assert _same(_read(Path("out.csv")), _as_text(_expected(market.rows("income", 10), "other", "toy_bazaar")))


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
    assert len(_read(Path("out.csv"))) == 15
    written = "".join(path.read_text() for path in Path().glob("out.*"))
    assert [one for one in ("main-key", "a-new-key", "planted-toy-secret") if one in written] == []


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_file_that_is_not_ours(call: Call, market: Any, file_format: str) -> None:
    """A file without its note, a note without its file, and a file that lost rows are refused and left alone."""
    _need(file_format)
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
    assert _same(_read(path), _as_text(_expected(market.rows("income", 400))))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["incone"], "no command 'incone'; did you mean income?"),
        (["income", "--kind", "fundng"], "'fundng' is none of realized_pnl, commission, funding"),
        (["income", "--kind", "fundng"], "did you mean funding?"),
        (["income", "--start", "yesterday"], "'yesterday' is not a time such as 2026-11-20"),
        (["income", "main", "--format", "parquet"], "Parquet needs an --output"),
        (["income", "man"], "no account 'man'"),
        (["income", "main", "--output", "no/such/directory.csv"], "no/such/directory.csv: No such file or directory"),
    ],
)
def test_mistakes(call: Call, market: Any, words: list[str], message: str) -> None:
    """A mistake is one line and status 64, and nothing is written."""
    called = call("history", *words)

    assert (called.status, called.out) == (64, "")
    assert message in called.err
    assert called.err.count("\n") == 1


@pytest.mark.parametrize("name", ["out.xlsx", "out.csv.gz", "out.2026"])
def test_a_suffix_of_no_format(call: Call, market: Any, name: str) -> None:
    """It is refused with the list of those that work, unless the format is named; nothing is written."""
    called = call("history", "income", "main", "--output", name)
    written = Path(name).exists()
    named = call("history", "income", "main", "--output", name, "--format", "csv")

    assert (called.status, written, named.status) == (64, False, 0)
    assert "expected .csv, .jsonl, .ndjson, .parquet, or name the format" in called.err


def test_parquet_without_pyarrow(call: Call, market: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install, before anything is downloaded or written."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)

    called = call("history", "income", "main", "--output", "out.parquet")

    assert called.status == 64
    assert "pip install 'venuekit[parquet]'" in called.err
    assert list(Path().glob("out*")) == []


def test_filters_and_span(call: Call, market: Any) -> None:
    """Kind, symbol, asset, start and end reach the venue; a time without a zone is UTC."""
    market.tell(rows=200)
    items = market.rows("income", 200)
    start, end = items[30].time, items[160].time

    filters = ("--kind", "Commission", "--symbol", "TOYUSD", "--asset", "USD")
    span = ("--start", start.replace(tzinfo=None).isoformat(), "--end", str(plain(end)))
    called = call("history", "income", "main", "--format", "jsonl", *filters, *span)

    expected = [
        item
        for item in items
        if start <= item.time <= end and (item.kind, item.symbol, item.asset) == ("commission", "TOYUSD", "USD")
    ]
    assert called.status == 0
    assert [json.loads(line) for line in called.out.splitlines()] == _expected(expected)
    assert len(expected) > 2


def test_standard_output(call: Call, market: Any) -> None:
    """Without ``--output`` the rows, and nothing else, go to standard output as CSV; the cost is told beside."""
    market.tell(rows=3)

    called = call("history", "income", "main")

    assert called.status == 0
    assert called.out.startswith("account,venue,id,time,asset,amount,kind,")
    rows = list(csv.DictReader(called.out.splitlines(keepends=True)))
    assert [row["id"] for row in rows] == ["0", "1", "2"]
    assert called.err == "main: income: a page weighs 30\n"


@pytest.mark.parametrize("file_format", TEXT)
def test_several_accounts_in_one_file(call: Call, market: Any, file_format: str) -> None:
    """Each account is continued where it stood; every row says whose it is."""
    path = Path(f"out.{file_format}")
    words = ("history", "income", "main", "other", "--output", path)
    market.tell(rows=40)
    assert call(*words).status == 0
    market.tell(rows=70)
    assert call(*words).status == 0

    found = _read(path)

    items = market.rows("income", 70)
    for account, venue in (("main", "toy_market"), ("other", "toy_bazaar")):
        mine = [row for row in found if row["account"] == account]
        assert _same(mine, _as_text(_expected(items, account, venue)))
    assert len(found) == 140


def test_an_account_that_cannot_be_opened(call: Call, market: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing secret is an error of the file, 64, and the other account is downloaded all the same."""
    market.tell(rows=40)
    monkeypatch.delenv("TOY_KEY")

    called = call("history", "income", "main", "other", "--output", "out.csv")

    assert called.status == 64
    assert "error: main: " in called.err
    assert "TOY_KEY" in called.err
    assert {row["account"] for row in _read(Path("out.csv"))} == {"other"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("words", [["history", "income", "main"], ["order", "list", "main", "--json"]])
def test_a_full_disk_behind_standard_output(market: Any, command: list[str], tmp_path: Path, words: list[str]) -> None:
    """It is one line on standard error and status 1, not a traceback."""
    market.tell(rows=3)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(  # noqa: S603 - our own command
            [*command, *words],
            cwd=tmp_path,
            env=market.env,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "No space left on device" in done.stderr


def test_warnings_are_told(call: Call, market: Any) -> None:
    """What the walk warns of, such as rows that the venue no longer keeps, is one line on standard error."""
    market.tell(rows=3, warning="there may be a gap: 3 months are kept")

    called = call("history", "income", "main")

    assert called.status == 0
    assert "warning: there may be a gap: 3 months are kept\n" in called.err


def test_a_venue_without_this_history(call: Call, served: Any) -> None:
    """What the venue lacks is an error of status 1 that says so, leaves a file without rows, and promises none."""
    called = call("history", "pnl", "--accounts", served.accounts, "--output", "out.csv")

    assert called.status == 1
    assert "ClosedPnlReader is not supported" in called.err
    assert called.err.endswith("out.csv: 0 rows added, 0 in all; not all of it\n")
    assert _read(Path("out.csv")) == []


def test_progress_on_a_terminal(call: Call, market: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a bar shows account, rows and the moment reached; the rows on standard output are the same."""
    market.tell(rows=500)
    plainly = call("history", "income", "main").out
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")

    called = call("history", "income", "main")

    assert (called.status, called.out) == (0, plainly)
    assert re.search(r"main .* 500 rows 2023-11-14T22:1\d:\d\d\.007Z", called.err)

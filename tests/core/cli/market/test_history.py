"""``history``: files that are written while they are downloaded, and continued without a duplicate or a gap."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.core.cli.market.history_files import FORMATS, TEXT, Call, as_text, expected_rows, read_rows, same_rows

from venuekit.exports.rows import plain

HISTORIES: dict[str, tuple[str, list[str]]] = {
    "income": ("income", []),
    "pnl": ("pnl", []),
    "orders": ("order", []),
    "withdrawals": ("withdrawal", []),
    "conversions": ("conversion", []),
}


@pytest.mark.parametrize("what", HISTORIES)
def test_json_lines_hold_every_field(call: Call, market: Any, what: str) -> None:
    """Each line has account, venue and every field of the value: exact Decimals, times with ms and Z, null."""
    make, words = HISTORIES[what]
    market.tell(rows=250)

    called = call("history", what, "main", *words, "--output", "out.jsonl")

    assert (called.status, called.out) == (0, "")
    found = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert found == expected_rows(market.rows(make, 250))


def test_fills_need_a_symbol(call: Call, market: Any) -> None:
    """Fills are of one symbol; without it nothing is begun."""
    market.tell(rows=10)

    called = call("history", "fills", "main", "--symbol", "GEMUSD", "--format", "jsonl")
    without = call("history", "fills", "main", "--output", "out.csv")

    rows = [json.loads(line) for line in called.out.splitlines()]
    assert rows == expected_rows([market.module.fill(number, "GEMUSD") for number in range(10)])
    assert without.status == 64
    assert "--symbol" in without.err
    assert not Path("out.csv").exists()


@pytest.mark.parametrize("what", HISTORIES)
def test_all_formats_say_the_same(call: Call, market: Any, what: str) -> None:
    """CSV, JSON lines and Parquet of one history have the same rows, to the last digit."""
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    market.tell(rows=333)

    for file_format in FORMATS:
        assert call("history", what, "main", "--output", f"out.{file_format}").status == 0

    rows = [read_rows(Path(f"out.{file_format}")) for file_format in FORMATS]
    assert len(rows[0]) == 333
    assert rows[0] == rows[1]
    assert same_rows(rows[1], rows[2])
    assert same_rows(rows[1], as_text(expected_rows(market.rows(HISTORIES[what][0], 333))))


def test_parquet_has_types(call: Call, market: Any) -> None:
    """Numbers are decimals, times are UTC milliseconds, what the venue did not say is null."""
    arrow = pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    from pyarrow import parquet

    market.tell(rows=20)
    assert call("history", "income", "main", "--output", "out.parquet").status == 0

    table = parquet.read_table("out.parquet")
    assert table.schema.field("amount").type == arrow.decimal128(38, 18)
    assert table.schema.field("time").type == arrow.timestamp("ms", tz="UTC")
    assert table.column("amount").to_pylist() == [item.amount for item in market.rows("income", 20)]
    assert table.column("time").to_pylist() == [item.time for item in market.rows("income", 20)]
    assert table.column("symbol").to_pylist()[:2] == [None, "TOYUSD"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["incone"], "no command 'incone'; did you mean income?"),
        (["income", "--kind", "fundng"], "'fundng' is none of realized_pnl, commission, funding"),
        (["income", "--kind", "fundng"], "did you mean funding?"),
        (["income", "--start", "yesterdy"], "'yesterdy' is not a time such as 2026-11-20"),
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
    assert [json.loads(line) for line in called.out.splitlines()] == expected_rows(expected)
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

    found = read_rows(path)

    items = market.rows("income", 70)
    for account, venue in (("main", "toy_market"), ("other", "toy_bazaar")):
        mine = [row for row in found if row["account"] == account]
        assert same_rows(mine, as_text(expected_rows(items, account, venue)))
    assert len(found) == 140


def test_an_account_that_cannot_be_opened(call: Call, market: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing secret is an error of the file, 64, and the other account is downloaded all the same."""
    market.tell(rows=40)
    monkeypatch.delenv("TOY_KEY")

    called = call("history", "income", "main", "other", "--output", "out.csv")

    assert called.status == 64
    assert "error: main: " in called.err
    assert "TOY_KEY" in called.err
    assert {row["account"] for row in read_rows(Path("out.csv"))} == {"other"}


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
    assert read_rows(Path("out.csv")) == []


def test_progress_on_a_terminal(call: Call, market: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a bar shows account, rows and the moment reached; the rows on standard output are the same."""
    market.tell(rows=500)
    plainly = call("history", "income", "main").out
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")

    called = call("history", "income", "main")

    assert (called.status, called.out) == (0, plainly)
    assert re.search(r"main .* 500 rows 2023-11-14T22:1\d:\d\d\.007Z", called.err)

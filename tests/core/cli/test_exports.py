"""Exports: whatever stops them and wherever, the next run makes the file what one uninterrupted run had made."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from venuekit.capabilities import ClosedPnl, Conversion, Fill, Income, IncomeKind, Order, Withdrawal
from venuekit.errors import ConfigurationError
from venuekit.exports import Export, Format, Terms, columns_of, open_export, plain, read_rows, row_of, stream_sink
from venuekit.exports.formats import FileSink
from venuekit.exports.resume import resume_path
from venuekit.plugin import from_milliseconds

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
_NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**19), max_value=10**19, places=18)
_INCOME = st.builds(
    Income,
    id=_TEXT,
    time=st.integers(1, 4 * 10**12).map(from_milliseconds),
    asset=_TEXT,
    amount=_NUMBERS,
    kind=st.sampled_from(IncomeKind) | _TEXT.map(IncomeKind),
    venue_kind=_TEXT,
    symbol=st.none() | _TEXT,
    trade_id=st.none() | _TEXT,
    info=st.none() | _TEXT,
    balance_after=st.none() | _NUMBERS,
)


def _terms(file_format: Format = Format.CSV, **changes: Any) -> Terms:
    return attrs.evolve(Terms("income", file_format, {"symbol": None}, {"main": "acme_perp live"}), **changes)


def _run(path: Path, file_format: Format, items: Sequence[Income], after: Income | None) -> None:
    """Add items in one run, which begins behind the one it is expected to begin behind."""
    with open_export(path, Income, _terms(file_format)) as export:
        assert export.begin("main", "fingerprint") == after
        for item in items:
            export.add("main", "acme_perp", item)


def _uninterrupted(file_format: Format, items: Sequence[Income]) -> bytes:
    stream = io.BytesIO()
    with open_export(stream_sink(stream, file_format, columns_of(Income)), Income, _terms(file_format)) as export:
        for item in items:
            export.add("main", "acme_perp", item)
    return stream.getvalue()


@pytest.mark.parametrize("file_format", [Format.CSV, Format.JSONL])
@settings(deadline=None, max_examples=40)
@given(items=st.lists(_INCOME, max_size=12), data=st.data(), torn=st.binary(max_size=30))
def test_stopped_anywhere(
    tmp_path_factory: pytest.TempPathFactory, file_format: Format, items: list[Income], data: Any, torn: bytes
) -> None:
    """Runs that end anywhere, also between file and note, or in the middle of a line, add up to one whole run."""
    path = tmp_path_factory.mktemp("export") / "out"
    stops = sorted(data.draw(st.lists(st.integers(0, len(items)), max_size=4), label="stops"))
    done = 0
    for stop in [*stops, len(items)]:
        last = items[done - 1] if done else None
        note = resume_path(path).read_bytes() if resume_path(path).exists() else None
        _run(path, file_format, items[done:stop], last)
        if note is not None and data.draw(st.booleans(), label="killed before the note"):
            resume_path(path).write_bytes(note)
            with path.open("ab") as file:
                file.write(torn)
            _run(path, file_format, items[done:stop], last)
        done = stop

    assert path.read_bytes() == _uninterrupted(file_format, items)


@settings(deadline=None, max_examples=40)
@given(items=st.lists(_INCOME, min_size=1, max_size=8))
def test_nothing_is_lost_in_writing(tmp_path_factory: pytest.TempPathFactory, items: list[Income]) -> None:
    """CSV and JSON lines read back, whatever is in the text, and Decimals have every digit."""
    expected = [{f.name: getattr(item, f.name) for f in attrs.fields(Income) if f.name != "raw"} for item in items]

    lines = _uninterrupted(Format.JSONL, items).decode().split("\n")[:-1]
    cells = list(csv.DictReader(io.StringIO(_uninterrupted(Format.CSV, items).decode(), newline="")))

    for row, line, cell in zip(expected, lines, cells, strict=True):
        assert {"account": "main", "venue": "acme_perp", **{n: plain(v) for n, v in row.items()}} == json.loads(line)
        assert {name: str(held) if held is not None else "" for name, held in json.loads(line).items()} == cell
        assert Decimal(cell["amount"]) == row["amount"]


@pytest.mark.parametrize("file_format", Format)
@settings(deadline=None, max_examples=40)
@given(items=st.lists(_INCOME, max_size=8))
def test_rows_are_read_back(tmp_path_factory: pytest.TempPathFactory, file_format: Format, items: list[Income]) -> None:
    """Every format gives the rows that were written, with exact numbers and times."""
    if file_format is Format.PARQUET:
        pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    path = tmp_path_factory.mktemp("export") / "out"
    _run(path, file_format, items, None)

    rows = list(read_rows(path, file_format, columns_of(Income)))

    assert rows == [{**row_of(item, account="main", venue="acme_perp"), "kind": plain(item.kind)} for item in items]


@settings(deadline=None, max_examples=40)
@given(items=st.lists(_INCOME, min_size=1, max_size=8), stop=st.integers(0, 8))
def test_parquet_is_continued(tmp_path_factory: pytest.TempPathFactory, items: list[Income], stop: int) -> None:
    """A Parquet file of two runs has all rows with every digit; rows behind the note are given up."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    path = tmp_path_factory.mktemp("export") / "out.parquet"
    stop = min(stop, len(items))
    last = items[stop - 1] if stop else None
    _run(path, Format.PARQUET, items[:stop], None)
    note = resume_path(path).read_bytes()
    _run(path, Format.PARQUET, items[stop:], last)
    resume_path(path).write_bytes(note)
    _run(path, Format.PARQUET, items[stop:], last)

    found = parquet.read_table(path)

    assert found.column("amount").to_pylist() == [item.amount for item in items]
    assert found.column("time").to_pylist() == [item.time for item in items]
    assert found.column("kind").to_pylist() == [plain(item.kind) for item in items]
    assert found.column("info").to_pylist() == [item.info for item in items]


@pytest.mark.parametrize("amount", ["0.1234567890123456789", "1E-19", "123456789012345678901"])
def test_parquet_never_rounds(tmp_path: Path, amount: str) -> None:
    """A number that does not fit is an error that names it; what came before it is kept."""
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    path = tmp_path / "out.parquet"
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    good = Income("1", moment, "USD", Decimal("0.123456789012345678"), IncomeKind.BONUS, "B")
    _run(path, Format.PARQUET, [good], None)

    with pytest.raises(ConfigurationError, match=f"amount {Decimal(amount):f} does not fit"):
        _run(path, Format.PARQUET, [attrs.evolve(good, id="2", amount=Decimal(amount))], good)

    _run(path, Format.PARQUET, [attrs.evolve(good, id="2")], good)


@pytest.mark.parametrize("shape", [ClosedPnl, Conversion, Fill, Income, Order, Withdrawal])
def test_columns_are_all_fields(shape: type[attrs.AttrsInstance]) -> None:
    """Every field but the venue's own object is a column of a known type, account and venue first."""
    columns = columns_of(shape)

    assert list(columns) == ["account", "venue", *(f.name for f in attrs.fields(shape) if f.name != "raw")]
    assert set(columns.values()) <= {str, int, bool, Decimal, datetime}
    assert all(kind is datetime for name, kind in columns.items() if name == "time" or name.endswith("_at"))


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the system names the file; what was on the disk before counts, and the next run goes on there."""
    path = tmp_path / "out.csv"
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    items = [Income(str(n), moment, "USD", Decimal(n), IncomeKind.BONUS, "B") for n in range(500)]
    append: Callable[..., int] = FileSink.append

    def full(sink: FileSink, rows: Sequence[Any]) -> int:
        if append(sink, rows[: len(rows) // 2]) and rows and rows[0]["id"] == "200":
            raise OSError(28, "No space left on device")
        return append(sink, rows[len(rows) // 2 :])

    monkeypatch.setattr(FileSink, "append", full)
    with pytest.raises(ConfigurationError, match=r"out\.csv: No space left on device"):
        _run(path, Format.CSV, items, None)
    monkeypatch.undo()
    _run(path, Format.CSV, items[200:], items[199])

    assert path.read_bytes() == _uninterrupted(Format.CSV, items)


def test_what_was_taken_is_written_however_it_ends(tmp_path: Path) -> None:
    """An exception in the block keeps what was taken before it."""
    path = tmp_path / "out.csv"
    item = Income("1", datetime(2026, 11, 20, tzinfo=UTC), "USD", Decimal(1), IncomeKind.BONUS, "B")

    def interrupted(export: Export[Income]) -> None:
        export.begin("main", "fingerprint")
        export.add("main", "acme_perp", item)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), open_export(path, Income, _terms()) as export:
        interrupted(export)

    assert path.read_bytes() == _uninterrupted(Format.CSV, [item])
    assert not path.with_name("out.csv.lock").exists()

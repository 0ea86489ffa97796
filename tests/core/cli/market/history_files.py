"""Files of histories as tests read them, and the rows that they must hold."""

from __future__ import annotations

import csv
import json
import re
import subprocess
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


def need_format(file_format: str) -> None:
    if file_format == "parquet":
        pytest.importorskip("pyarrow", reason="the extra parquet is not installed")


def _word(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def expected_rows(items: list[Any], account: str = "main", venue: str = "toy_market") -> list[dict[str, Any]]:
    """Return what JSON lines hold for these items."""
    names = [field.name for field in attrs.fields(type(items[0])) if field.name != "raw"]
    return [
        {"account": account, "venue": venue, **{name: plain(getattr(one, name)) for name in names}} for one in items
    ]


def read_rows(path: Path) -> list[dict[str, Any]]:
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


def same_rows(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> bool:
    """Say whether rows are equal, numbers by their value."""

    def key(cell: Any) -> Any:
        return Decimal(cell) if isinstance(cell, str) and re.fullmatch(r"-?\d+(\.\d+)?", cell) else cell

    return [{name: key(cell) for name, cell in row.items()} for row in left] == [
        {name: key(cell) for name, cell in row.items()} for row in right
    ]


def as_text(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: _word(held) or None for name, held in row.items()} for row in rows]


def wait_until(happens: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until something happens while a process runs."""
    deadline = time.monotonic() + 60
    while not happens():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)

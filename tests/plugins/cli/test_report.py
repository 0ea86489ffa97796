"""``report pnl`` against simulated venues: the figures of their ledgers, as table, JSON, CSV and picture."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from venuekit.capabilities import IncomeKind
from venuekit.cli import main
from venuekit.simulator import Simulation

#: the day before yesterday, at noon
TIME = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=2)
DAY = f"{TIME:%Y-%m-%d}"


@pytest.fixture
def simulation(simulation: Simulation) -> Simulation:
    """The simulated venues, with two days of profits."""
    for venue, symbol, asset in (("binance_usdm", "ETHUSDT", "USDT"), ("bybit_inverse", "ETHUSD", "ETH")):
        ledger = simulation.ledger_of(venue)
        for days, kind, amount in (
            (0, IncomeKind.FUNDING, "-2"),
            (0, IncomeKind.COMMISSION, "-0.5"),
            (1, IncomeKind.FUNDING, "5"),
        ):
            ledger.book(asset, kind, Decimal(amount), symbol=symbol, time=TIME + timedelta(days=days))
    return simulation


def words(*more: str) -> list[str]:
    return ["report", "pnl", "binance_usdm", "--start", DAY, *more]


def test_rows_by_day_and_symbol(simulation: Simulation, capsys: pytest.CaptureFixture[str]) -> None:
    """Each day of a symbol has its parts and their sum; a transfer is in none."""
    assert main(words("--json")) == 0
    rows = [row for row in json.loads(capsys.readouterr().out) if row["symbol"] == "ETHUSDT"]

    assert [
        (row["day"], Decimal(row["funding"]), Decimal(row["commission"]), Decimal(row["total"])) for row in rows
    ] == [
        (DAY, -2, Decimal("-0.5"), Decimal("-2.5")),
        (f"{TIME + timedelta(days=1):%Y-%m-%d}", 5, 0, 5),
    ]


@pytest.mark.parametrize(("by", "field", "values"), [("symbol", "symbol", ["ETHUSDT"]), ("day", "day", None)])
def test_sums_over_days_or_symbols(
    simulation: Simulation, capsys: pytest.CaptureFixture[str], by: str, field: str, values: list[str] | None
) -> None:
    """The field that was summed over is no column."""
    assert main(words("--by", by, "-o", "csv")) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    assert field in rows[0]
    assert ({"day", "symbol"} - {field}).isdisjoint(rows[0])
    assert values is None or [row[field] for row in rows if Decimal(row["funding"])] == values


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG\r\n\x1a\n"), ("svg", b"<?xml")])
def test_a_picture_of_all_accounts(
    simulation: Simulation, capsys: pytest.CaptureFixture[str], suffix: str, start: bytes
) -> None:
    """One picture for each asset, with a line of each account; the file is what its name says."""
    assert main(["report", "pnl", "binance_usdm", "bybit_inverse", "--start", DAY, "--plot", f"pnl.{suffix}"]) == 0
    told = capsys.readouterr()

    drawn = Path(f"pnl.{suffix}").read_bytes()
    assert drawn.startswith(start)
    assert len(drawn) > 5_000
    assert f"pnl.{suffix}: drawn" in told.err
    if suffix == "svg":
        assert all(
            f"<!-- {text} -->".encode() in drawn
            for text in ("profit so far, ETH", "profit so far, USDT", "bybit_inverse")
        )


@pytest.mark.parametrize(
    ("file", "mend"), [("pnl.pdf", "ends with .png or .svg"), ("gone/pnl.png", "there is no directory gone")]
)
def test_a_file_that_cannot_be_drawn_is_refused_first(
    simulation: Simulation, capsys: pytest.CaptureFixture[str], file: str, mend: str
) -> None:
    """Nothing is read before that."""
    before = len(simulation.requests)

    assert main(words("--plot", file)) == 64
    assert mend in capsys.readouterr().err
    assert len(simulation.requests) == before

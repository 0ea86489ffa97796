"""``report pnl`` against simulated venues: the figures of their ledgers, as table, JSON, CSV and picture."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.core.cli.svg_texts import points_of, texts_of

from venuekit.capabilities import IncomeKind
from venuekit.cli import main
from venuekit.simulator import Simulation

imread = pytest.importorskip("matplotlib.image", reason="the extra plot is not installed").imread

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


def test_symbols_are_chosen(simulation: Simulation, capsys: pytest.CaptureFixture[str]) -> None:
    """Each that is named is there, and no other."""
    simulation.ledger_of("binance_usdm").book("USDT", IncomeKind.FUNDING, Decimal(7), symbol="BTCUSDT", time=TIME)

    def symbols_of(*more: str) -> set[str]:
        assert main(words("--json", *more)) == 0
        return {row["symbol"] for row in json.loads(capsys.readouterr().out)}

    assert symbols_of() >= {"ETHUSDT", "BTCUSDT"}
    assert symbols_of("--symbol", "ETHUSDT") == {"ETHUSDT"}
    assert symbols_of("--symbol", "BTCUSDT", "--symbol", "ETHUSDT") == {"ETHUSDT", "BTCUSDT"}


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


def test_a_picture_of_all_accounts(simulation: Simulation, capsys: pytest.CaptureFixture[str]) -> None:
    """A panel for each asset, with its unit and a point for each day of each account."""
    assert main(["report", "pnl", "binance_usdm", "bybit_inverse", "--start", DAY, "--plot", "pnl.svg"]) == 0
    told = capsys.readouterr()

    drawn, texts = Path("pnl.svg"), texts_of(Path("pnl.svg"))
    assert "pnl.svg: drawn" in told.err
    assert {"profit so far, ETH", "profit so far, USDT", "bybit_inverse", "ETH", "USDT", "time, UTC"} <= set(texts)
    assert points_of(drawn, "line2d")[1:] == [[2], [3]]  # BTC; ETH; the fees of today, too, are in USDT


def test_a_png_opens(simulation: Simulation) -> None:
    """It is a picture of more than one colour."""
    assert main(words("--plot", "pnl.png")) == 0

    picture = imread("pnl.png")
    assert picture.shape[1] == 1000
    assert picture.min() < picture.max()


def test_a_picture_without_an_account_says_so(simulation: Simulation, capsys: pytest.CaptureFixture[str]) -> None:
    """An account that could not be read is named in the picture, and on standard error."""
    accounts = Path("accounts.toml")
    text = accounts.read_text(encoding="utf-8")
    accounts.write_text(re.sub(r"127\.0\.0\.1:\d+(?=/bybit)", "127.0.0.1:9", text), encoding="utf-8")

    assert main(["report", "pnl", "binance_usdm", "bybit_inverse", "--start", DAY, "--plot", "pnl.svg"]) == 1

    sentence = "not all of it: without bybit_inverse"
    assert sentence in texts_of(Path("pnl.svg"))
    assert f"pnl.svg: drawn; {sentence}" in capsys.readouterr().err


def test_no_profit_is_not_drawn(simulation: Simulation, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the rows nor the error are taken for the other."""
    days = [f"{TIME - timedelta(days=number):%Y-%m-%d}" for number in (9, 8)]

    assert main(["report", "pnl", "binance_usdm", "--start", days[0], "--end", days[1], "--plot", "a.svg"]) == 1

    out, err = capsys.readouterr()
    assert out == "no profit and no loss\n"
    assert f"a.svg: not drawn: report pnl: {days[0]} 00:00 to {days[1]} 00:00 UTC" in err
    assert not Path("a.svg").exists()


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

"""Commands that act on many rows or sum them: one that cannot be read is told, and the status is no success."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.cli.called import Call

from venuekit.capabilities import IncomeKind
from venuekit.simulator import Rewrite, Simulation

#: of each venue the reads of positions, open orders and income, and an asset
READS = {
    "binance_coinm": ("/dapi/v1/positionRisk", "/dapi/v1/openOrders", "/dapi/v1/income", "BTC"),
    "binance_usdm": ("/fapi/v3/positionRisk", "/fapi/v1/openOrders", "/fapi/v1/income", "USDT"),
    "bybit_inverse": ("/v5/position/list", "/v5/order/realtime", "/v5/account/transaction-log", "BTC"),
}
venues = pytest.mark.parametrize("venue", READS)
#: fields that are numbers, by the names of all venues
NUMBERS = ("leverage", "positionAmt", "size", "price", "income", "change", "cashFlow")


def spoil(document: Any) -> Any:
    """Add a copy of each row, with numbers that are none."""
    rows = document if isinstance(document, list) else document["result"]["list"]
    rows += [{**row, "symbol": "ODD", **dict.fromkeys(row.keys() & {*NUMBERS}, "?")} for row in rows]
    return document


@venues
def test_a_position_that_cannot_be_read_is_not_told_as_closed(simulation: Simulation, call: Call, venue: str) -> None:
    """The others are closed, and the status is that of an unknown outcome."""
    simulation.disturb(venue, ("GET", READS[venue][0]), Rewrite.json(spoil))
    called = call("close", venue, "--all", "--json")

    assert called.status == 4
    assert called.rows
    assert "has a row that cannot be read, and it is not known about" in called.err


@venues
def test_a_preview_of_a_panic_says_which_rows_it_lacks(simulation: Simulation, call: Call, venue: str) -> None:
    """There may be more to close than it shows."""
    before = call("panic", venue, "--close", "--dry-run")
    simulation.disturb(venue, ("GET", READS[venue][0]), Rewrite.json(spoil))
    called = call("panic", venue, "--close", "--dry-run")

    assert (before.status, called.status) == (5, 4)
    assert before.out == called.out
    assert "has a row that cannot be read" in called.err


@venues
def test_sums_and_files_that_lack_a_row_end_with_4(
    simulation: Simulation, call: Call, tmp_path: Path, venue: str
) -> None:
    """A row that a file lacks is never read again."""
    asset, at = READS[venue][3], datetime.now(UTC) - timedelta(hours=3)
    simulation.ledger_of(venue).book(asset, IncomeKind.FUNDING, Decimal("0.5"), time=at)
    whole = call("report", "pnl", venue, "--json")
    simulation.disturb(venue, ("GET", READS[venue][2]), Rewrite.json(spoil), times=9)
    part = call("report", "pnl", venue, "--json")
    simulation.disturb(venue, ("GET", READS[venue][2]), Rewrite.json(spoil), times=9)
    file = call("history", "income", venue, "--start", "1d", "--output", str(tmp_path / "income.csv"))

    assert (whole.status, part.status, file.status) == (0, 4, 4)
    assert whole.rows == part.rows != []
    assert f"{venue}: the sums lack" in part.err
    assert "cannot be read are left out for good" in file.err


@venues
def test_a_target_file_that_lacks_a_symbol_ends_with_4(simulation: Simulation, call: Call, venue: str) -> None:
    """The others are written."""
    read = "/fapi/v1/symbolConfig" if venue == "binance_usdm" else READS[venue][0]
    whole = call("export", venue)
    simulation.disturb(venue, ("GET", read), Rewrite.json(spoil), times=2)
    part = call("export", venue)

    assert (whole.status, part.status) == (0, 4)
    assert whole.out == part.out
    assert "has a row that cannot be read, and it is not known about" in part.err

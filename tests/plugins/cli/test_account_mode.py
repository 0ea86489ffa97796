"""``venuekit account`` shows the account mode, of portfolio margin accounts in place of totals that are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from venuekit.cli import main
from venuekit.simulator.background import BackgroundSimulation
from venuekit.simulator.serve import write_accounts_file


@pytest.mark.parametrize(
    ("venue_id", "scenario", "mode"),
    [
        ("binance_usdm", "flat", "classic"),
        ("binance_usdm", "portfolio_margin", "portfolio_margin"),
        ("binance_coinm", "portfolio_margin", "portfolio_margin"),
        ("bybit_inverse", "flat", "unified"),
    ],
)
def test_account_shows_the_mode(
    venue_id: str, scenario: str, mode: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row has the mode, the venue's word for it, and where it explains a refusal, the reason."""
    accounts = tmp_path / "accounts.toml"
    with BackgroundSimulation(venue_id, scenario=scenario) as simulation:
        simulation.call(lambda sim: write_accounts_file(accounts, sim))
        assert main(["--accounts", str(accounts), "account", "--json"]) == 0
        (row,) = json.loads(capsys.readouterr().out)
        assert main(["--accounts", str(accounts), "account"]) == 0
        shown = capsys.readouterr().out

    assert row["account_mode"] == mode
    assert ("-2015" in str(row["account_mode_reason"])) is (mode == "portfolio_margin")
    assert mode in shown

"""``overview`` of accounts at every installed venue, over real sockets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.cli.called import Call

from venuekit.plugins import make_plugins
from venuekit.simulator import CannedAnswer, Rewrite, Simulation

PLUGINS = make_plugins()
COINM, USDM = "binance_coinm", "binance_usdm"
REFUSAL = {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}


def test_every_account_has_a_line(simulation: Simulation, call: Call) -> None:
    """In their order, with figures of the ledger as fractions; nothing is changed at a venue."""
    names = PLUGINS.venue_ids()
    called = call("overview", "--json", "--rate", "USDT=1", "--rate", "USDC=1", "--rate", "XBT=90000")
    rows = {row["account"]: row for row in json.loads(called.out)}

    assert called.status == 0
    assert list(rows) == list(names)
    assert all(Decimal(row["equity_usd"]) > 0 for row in rows.values())
    assert {row["status"] for row in rows.values()} == {"ok"}
    coin = rows[COINM]
    (leg,) = [one for one in (simulation.ledger_of(COINM).position("BTCUSD_PERP"),) if one.quantity]
    assert coin["nearest"] == "BTCUSD_PERP"
    assert leg.liquidation_price is not None
    expected = abs(leg.mark_price - leg.liquidation_price) / leg.mark_price
    assert abs(Decimal(coin["distance"]) - expected) < Decimal("1e-6")
    assert (coin["orders"], coin["unresolved"], coin["alerts"]) == (0, 0, None)


def test_a_table_says_why_a_figure_is_unknown(simulation: Simulation, call: Call) -> None:
    """No stablecoin is taken for dollars; the sum says how many accounts are in it, and no number is broken."""
    called = call("overview", COINM, USDM)

    assert called.status == 0
    assert "304,416.18" in called.out
    assert "in 1 of 2 accounts" in called.out
    assert f"{USDM}: equity of USDC is unknown: no price and no rate leads from 5000" in called.err
    assert "by asset: 27185.125 USDT, 5000 USDC" in called.err


def test_the_equity_of_an_account_depends_on_no_other_one(simulation: Simulation, call: Call) -> None:
    """Nor do the prices and figures of their venues lead to USD; a rate does, and the note says how it is given."""
    names = PLUGINS.venue_ids()
    alone = {name: json.loads(call("overview", name, "--json").out)[0]["equity_usd"] for name in names}
    together = {row["account"]: row["equity_usd"] for row in json.loads(call("overview", "--json").out)}

    assert together == alone
    assert alone[USDM] is None
    mend = "--rate USDC=N says its worth in USD, as USDC = N under [rates] in the accounts file does\n"
    assert mend in call("overview", USDM).err


def test_rates_are_in_the_accounts_file(simulation: Simulation, call: Call, tmp_path: Path) -> None:
    """They hold for every call; an option comes before them."""
    with (tmp_path / "accounts.toml").open("a") as file:
        file.write("\n[rates]\nUSDT = 1\nUSDC = 0.5\n")
    by_file, by_option = (
        Decimal(json.loads(call("overview", USDM, "--json", *words).out)[0]["equity_usd"])
        for words in ((), ("--rate", "USDC=1"))
    )

    assert by_option - by_file == 2500
    (tmp_path / "accounts.toml").write_text("[rates]\nUSDT = 0\n")
    assert "accounts.toml:2: rates.USDT: expected a number above 0" in call("overview").err


def test_an_alert_that_holds_ends_with_5(simulation: Simulation, call: Call) -> None:
    """The row names it; another one of the same account that does not hold is left out."""
    held = call("overview", COINM, "--json", "--alert", "distance<8%", "--alert", "orders>0")
    quiet = call("overview", COINM, "--json", "--alert", "distance<1%")

    assert (held.status, quiet.status) == (5, 0)
    assert json.loads(held.out)[0]["alerts"] == "distance<8%"
    assert json.loads(quiet.out)[0]["alerts"] is None


def test_an_alert_that_holds_has_a_line(simulation: Simulation, call: Call) -> None:
    """With its account and figure, so that no column has to be there for it."""
    words = (
        "--alert",
        "distance<8%",
        "--alert",
        "orders>=0",
        "--alert",
        "unresolved>0",
        "--alert",
        "key_expires_in<9999d",
    )
    called = call("overview", COINM, "bybit_inverse", *words)

    lines = [line for line in called.out.splitlines() if line.startswith(f"{COINM}: ")]
    assert lines[0].startswith(f"{COINM}: distance<8% (")
    assert lines[0].endswith(" %)")
    assert lines[1:] == [f"{COINM}: orders>=0 (0)"]
    assert "bybit_inverse: orders>=0 (0)" in called.out


def test_an_alert_that_cannot_be_judged_ends_with_4(simulation: Simulation, call: Call) -> None:
    """Unless one holds elsewhere: the margin of an isolated position is not said by this venue."""
    words = ("overview", "bybit_inverse", "--json", "--alert", "margin_ratio>90%")
    called, both = call(*words), call(*words, "--alert", "distance<90%")

    assert (called.status, both.status) == (4, 5)
    assert "the alert margin_ratio>90% cannot be judged" in called.err


def test_an_account_that_cannot_be_read_is_a_row_and_the_others_are_there(
    simulation: Simulation, call: Call, tmp_path: Path
) -> None:
    """The status says so, and the file for Prometheus too."""
    route, refused = ("GET", "/fapi/v3/positionRisk"), CannedAnswer.json(401, REFUSAL)
    simulation.disturb(USDM, route, refused)
    called = call("overview", COINM, USDM, "--json", "--prometheus", "desk.prom")
    rows = json.loads(called.out)

    assert called.status == 1
    assert [row["status"] for row in rows] == ["ok", "unreadable"]
    assert json.loads(called.err.splitlines()[0])["account"] == USDM
    text = (tmp_path / "desk.prom").read_text()
    assert f'venuekit_account_up{{account="{USDM}",venue="{USDM}"}} 0' in text
    assert f'venuekit_open_orders{{account="{COINM}",venue="{COINM}"}} 0' in text
    simulation.disturb(USDM, route, refused)
    assert "unreadable" in call("overview", COINM, USDM).out


def test_an_unreadable_account_hides_no_alert_of_another(simulation: Simulation, call: Call, tmp_path: Path) -> None:
    """The status is that of the alert; the row, the error and the metrics say that an account was not read."""
    route, refused = ("GET", "/fapi/v3/positionRisk"), CannedAnswer.json(401, REFUSAL)
    for order in ((COINM, USDM), (USDM, COINM)):
        simulation.disturb(USDM, route, refused)
        called = call("overview", *order, "--json", "--alert", "distance<8%", "--prometheus", "desk.prom")
        rows = {row["account"]: row for row in json.loads(called.out)}

        assert called.status == 5
        assert rows[COINM]["alerts"] == "distance<8%"
        assert rows[USDM]["status"] == "unreadable"
        assert json.loads(called.err.splitlines()[0])["account"] == USDM
        assert f'venuekit_account_up{{account="{USDM}",venue="{USDM}"}} 0' in (tmp_path / "desk.prom").read_text()


def test_an_alert_that_does_not_hold_hides_no_unreadable_account(simulation: Simulation, call: Call) -> None:
    """Nor does one that cannot be judged: the status is that of the lost account."""
    route, refused = ("GET", "/fapi/v3/positionRisk"), CannedAnswer.json(401, REFUSAL)
    simulation.disturb(USDM, route, refused)
    quiet = call("overview", COINM, USDM, "--alert", "distance<1%")
    simulation.disturb(USDM, route, refused)
    unknown = call("overview", "bybit_inverse", USDM, "--alert", "margin_ratio>90%")

    assert (quiet.status, unknown.status) == (1, 1)


def test_an_account_that_cannot_be_opened_hides_no_alert(simulation: Simulation, call: Call, tmp_path: Path) -> None:
    """Its mistake in the accounts file has a status of its own, without an alert."""
    accounts = tmp_path / "accounts.toml"
    lost = f'[accounts.lost]\nvenue = "{COINM}"\nenvironment = "live"\nkey = "env:NOT_SET"\nsecret = "env:NOT_SET"\n'
    accounts.write_text(f"{lost}\n{accounts.read_text(encoding='utf-8')}", encoding="utf-8")

    held, quiet = (call("overview", "lost", COINM, "--alert", f"distance<{limit}%") for limit in (8, 1))

    assert (held.status, quiet.status) == (5, 64)
    assert "NOT_SET" in held.err


def test_a_metrics_file_that_cannot_be_written_hides_no_alert(
    simulation: Simulation, call: Call, tmp_path: Path
) -> None:
    """The table is there, and the error names the file."""
    words = ("overview", COINM, "--prometheus", str(tmp_path / "gone" / "desk.prom"), "--alert")
    held, quiet = call(*words, "distance<8%"), call(*words, "distance<1%")

    assert (held.status, quiet.status) == (5, 1)
    assert "distance<8%" in held.out
    assert "No such file or directory" in held.err


def test_a_file_for_prometheus_replaces_its_former_one_and_no_other_file(
    simulation: Simulation, call: Call, tmp_path: Path
) -> None:
    """The accounts file least of all: nothing is read before that is found."""
    (tmp_path / "kept.toml").write_text("[accounts]")
    (tmp_path / "empty.prom").touch()
    simulation.requests.clear()
    refused = call("overview", COINM, "--prometheus", "kept.toml")
    asked = len(simulation.requests)
    written = [call("overview", COINM, "--prometheus", "empty.prom").status for _ in range(2)]

    assert (refused.status, asked, written) == (64, 0, [0, 0])
    assert "--prometheus kept.toml: it exists and is no metrics file of venuekit" in refused.err
    assert (tmp_path / "kept.toml").read_text() == "[accounts]"
    assert (tmp_path / "empty.prom").read_text().startswith("# HELP")


ODD_READS = {
    "binance_coinm": ("/dapi/v1/positionRisk", "/dapi/v1/openOrders"),
    "binance_usdm": ("/fapi/v3/positionRisk", "/fapi/v1/openOrders"),
    "bybit_inverse": ("/v5/position/list", "/v5/order/realtime"),
}


def add_odd(document: Any) -> Any:
    """Add a row without any field that it needs, of a symbol that is not held."""
    rows = document if isinstance(document, list) else document["result"]["list"]
    rows.insert(0, {**(rows[0] if rows else {}), "symbol": "ODD", "positionAmt": "?", "size": "?"})
    return document


@pytest.mark.parametrize("venue", ODD_READS)
def test_an_alert_is_not_quiet_about_a_position_that_cannot_be_read(
    simulation: Simulation, call: Call, tmp_path: Path, venue: str
) -> None:
    """The nearest position may be that one; the row's words are told, and the file for Prometheus has no verdict."""
    words = ("overview", venue, "--alert", "distance<1%", "--prometheus", "desk.prom")
    simulation.disturb(venue, ("GET", ODD_READS[venue][0]), Rewrite.json(add_odd), times=2)
    called = call(*words, "--json")
    simulation.disturb(venue, ("GET", ODD_READS[venue][0]), Rewrite.json(add_odd), times=2)
    table = call(*words)
    simulation.disturb(venue, ("GET", ODD_READS[venue][0]), Rewrite.json(add_odd), times=2)
    held = call("overview", venue, "--alert", "distance<90%")

    (row,) = json.loads(called.out)
    assert (called.status, table.status, held.status) == (4, 4, 5)
    assert (row["margin_ratio"], row["alerts"], row["unjudged"]) == (None, None, "distance<1%")
    assert row["unknown"] >= 3
    assert f"{venue}: exposure and distance and margin_ratio of ODD are unknown: GET {ODD_READS[venue][0]}" in table.err
    text = (tmp_path / "desk.prom").read_text()
    assert f'venuekit_unknown_figures{{account="{venue}",venue="{venue}"}} {row["unknown"]}' in text
    assert "venuekit_alert{" not in text
    assert "venuekit_margin_ratio{" not in text


def add_odd_order(document: Any) -> Any:
    """Add an order whose price is no number."""
    rows = document if isinstance(document, list) else document["result"]["list"]
    rows += [{**row, "price": "?"} for row in rows]
    return document


@pytest.mark.parametrize(
    ("venue", "order"),
    [
        ("binance_coinm", ("BTCUSD_PERP", "buy", "1")),
        ("binance_usdm", ("BTCUSDT", "buy", "0.01")),
        ("bybit_inverse", ("BTCUSD", "buy", "100")),
    ],
)
def test_an_alert_is_not_quiet_about_an_order_that_cannot_be_read(
    simulation: Simulation, call: Call, venue: str, order: tuple[str, ...]
) -> None:
    """There may be one more than those that were counted."""
    assert call("order", "place", venue, *order, "--price", "50000").status == 0
    words = ("overview", venue, "--json", "--alert", "orders>1")
    quiet = call(*words)
    simulation.disturb(venue, ("GET", ODD_READS[venue][1]), Rewrite.json(add_odd_order), times=9)
    called, held = call(*words), call("overview", venue, "--alert", "orders>0")
    ((before,), (row,)) = json.loads(quiet.out), json.loads(called.out)

    assert (quiet.status, called.status, held.status) == (0, 4, 5)
    assert (row["orders"], row["unjudged"], row["unknown"]) == (1, "orders>1", before["unknown"] + 1)


def test_two_names_of_one_account_are_counted_once(simulation: Simulation, call: Call) -> None:
    """Both have a line, and the sum says of how many accounts it is."""
    path = Path("accounts.toml")
    text = path.read_text()
    start = text.index(f"[accounts.{COINM}]")
    table = text[start:].split("\n[")[0]
    path.write_text(f"{text}\n{table.replace(f'accounts.{COINM}', 'accounts.twin')}\n")
    called = call("overview", COINM, "twin")

    assert called.status == 0
    assert "304,416.18 USD in 1 of 1 accounts" in called.out
    assert f"twin is the account {COINM} under another name" in called.err


def test_a_mistake_is_found_before_anything_is_read(simulation: Simulation, call: Call) -> None:
    """In a condition, a rate, an account."""
    simulation.requests.clear()

    assert [
        call("overview", *words).status
        for words in (
            ("--alert", "distanc<8%"),
            ("--rate", "USDT"),
            ("--rate", "USDT=0"),
            ("nobody",),
            ("--watch", "1"),
        )
    ] == [64] * 5
    assert simulation.requests == []


def test_watching_goes_on_until_it_is_interrupted(simulation: Simulation, tmp_path: Path) -> None:
    """Each round is one JSON list in one line, and Ctrl-C ends it with 130."""
    words = (sys.executable, "-m", "venuekit", "overview", COINM, "--json", "--watch", "5")
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdout=pipe, cwd=tmp_path, env=environment, text=True) as process:  # noqa: S603 - our own words
        assert process.stdout is not None
        rounds = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130

    assert [row["account"] for rows in rounds for row in rows] == [COINM, COINM]

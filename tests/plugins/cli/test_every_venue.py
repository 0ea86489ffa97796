"""The command line against every installed venue at once, over real sockets."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.arrivals import writes_of
from tests.plugins.cli.called import Call

from venuekit.capabilities import (
    AccountReader,
    BalanceReader,
    Capability,
    LeverageBehaviour,
    LeverageReader,
    LeverageScope,
    PositionReader,
    SettingsReader,
)
from venuekit.plugins import make_plugins
from venuekit.settings import target_toml
from venuekit.settings.controls import is_joint
from venuekit.simulator import Simulation
from venuekit.venue import venue_support

PLUGINS = make_plugins()
VENUES = [PLUGINS.venue(venue_id) for venue_id in PLUGINS.venue_ids()]
USD_M = "binance_usdm"


def _able(capability: type[Capability]) -> list[str]:
    return [venue.id for venue in VENUES if venue_support(venue, capability)]


def _writes(simulation: Simulation) -> list[str]:
    return writes_of(simulation, PLUGINS)


EXCHANGES = [venue_id for venue_id in _able(AccountReader) if not venue_id.startswith("toy_")]


def test_equity_and_margin_are_shown_of_every_wallet(simulation: Simulation, call: Call) -> None:
    """By the read of the account where that of the balances does not have them; they are those of the ledger."""
    rows = json.loads(call("balances", *EXCHANGES, "--json").out)

    for row in rows:
        if Decimal(row["wallet"] or 0):
            assert None not in (row["equity"], row["initial_margin"], row["maintenance_margin"]), row
            assert Decimal(row["equity"]) == Decimal(row["wallet"]) + Decimal(row["unrealized_pnl"]), row
    assert {row["venue"] for row in rows} == set(EXCHANGES)


def test_an_account_without_totals_shows_equity_by_asset(simulation: Simulation, call: Call) -> None:
    """Each has the one or the other."""
    rows = json.loads(call("account", *EXCHANGES, "--json").out)

    assert {row["account"]: bool(row["total_equity"] or row["equity_by_asset"]) for row in rows} == dict.fromkeys(
        EXCHANGES, True
    )


@pytest.mark.parametrize(
    ("command", "capability"),
    [("account", AccountReader), ("balances", BalanceReader), ("positions", PositionReader)],
)
def test_reading(simulation: Simulation, call: Call, command: str, capability: type[Capability]) -> None:
    """Every venue that has the capability answers, as JSON of flat rows and as a table."""
    able = _able(capability)

    rows = json.loads(call(command, *able, "--json").out)
    table = call(command, *able)

    assert [venue for venue in able if venue not in {row["venue"] for row in rows}] == []
    for row in rows:
        assert list(row)[:2] == ["account", "venue"]
        assert all(value is None or isinstance(value, str | int) for value in row.values())
    assert (table.status, table.err) == (0, "")


def test_what_the_scenario_holds_is_shown(simulation: Simulation, call: Call) -> None:
    """The position each venue opened with is listed, and the leverage of its symbol can be read."""
    rows = json.loads(call("positions", *_able(PositionReader), "--json").out)

    for venue_id in _able(PositionReader):
        held = simulation.scenario(venue_id).held
        assert [row["symbol"] for row in rows if row["venue"] == venue_id] == [held]
        if venue_id in _able(LeverageReader):
            (row,) = json.loads(call("leverage", venue_id, str(held), "--json").out)
            assert row["long"] is not None
    assert _writes(simulation) == []


def test_the_example_targets(simulation: Simulation, call: Call) -> None:
    """
    Each venue's own example can be planned and applied, and applying it again changes nothing.

    Of venues that show one account and have one example, one at least makes the changes.
    """
    targets = {venue.id: {"venue": venue.id, **simulation.scenario(venue.id).target} for venue in VENUES}
    Path("settings.toml").write_text(target_toml(targets))

    planned = call("plan", "settings.toml", "--json")
    assert planned.status == 5
    assert _writes(simulation) == []
    applied = call("apply", "settings.toml", "--json")
    sent = len(_writes(simulation))
    again = call("apply", "settings.toml", "--json")

    assert (applied.status, again.status) == (0, 0)
    changed = {row["venue"] for row in json.loads(applied.out) if row["status"] == "changed"}
    for venue in VENUES:
        example = simulation.scenario(venue.id).target
        mates = {one.id for one in VENUES if one.realm == venue.realm and simulation.scenario(one.id).target == example}
        assert changed & mates, venue.id
    assert {row["status"] for row in json.loads(again.out)} == {"unchanged"}
    assert sent > 0
    assert len(_writes(simulation)) == sent


@pytest.mark.parametrize("value", ["0", "ten", "-5", "nan"])
@pytest.mark.parametrize("venue_id", _able(LeverageReader))
def test_leverage_nobody_takes(simulation: Simulation, call: Call, venue_id: str, value: str) -> None:
    """A leverage that is no number, or none that a venue could take, is not sent; the error says so."""
    called = call("leverage", venue_id, simulation.scenario(venue_id).flat, "--json", "--", value)

    assert called.out == ""
    assert json.loads(called.err)["outcome"] == "not_sent"
    assert called.status == 64
    assert _writes(simulation) == []


@pytest.mark.parametrize("venue_id", _able(LeverageReader))
def test_an_unknown_symbol(simulation: Simulation, call: Call, venue_id: str) -> None:
    """
    The venue's own code, where it has codes, and its words are told, and nothing was changed.

    Where one write sets leverage and margin type, the read of the other half is refused already.
    """
    venue = PLUGINS.venue(venue_id)
    by_side = LeverageScope.SIDE in venue.behaviour(LeverageBehaviour).scope
    called = call("leverage", venue_id, "NOSUCH", "5", *(["--side", "long"] if by_side else []), "--json")

    error: dict[str, Any] = json.loads(called.err)
    assert (called.status, called.out) == (3, "")
    assert (error["venue"], error["subject"], error["outcome"]) == (
        venue_id,
        "NOSUCH",
        "not_sent" if is_joint(venue) else "not_applied",
    )
    assert (error["code"] is not None) == any(row.code is not None for row in venue.faults.rows)
    assert error["message"]


@pytest.mark.parametrize("venue_id", [venue.id for venue in VENUES if venue_support(venue, SettingsReader)])
def test_unknown_symbols_in_a_target(simulation: Simulation, call: Call, venue_id: str) -> None:
    """Every venue's refusal of a symbol becomes a line of the target file, all of them at once; the rest is planned."""
    known = simulation.scenario(venue_id).flat
    symbols = "".join(f"{name}.leverage = 3\n" for name in ("NOSUCH", known, "NOPE"))
    Path("settings.toml").write_text(f"[accounts.{venue_id}.symbols]\n{symbols}")

    planned, applied = call("plan", "settings.toml"), call("apply", "settings.toml", "--yes")

    assert (planned.status, applied.status, applied.out) == (64, 64, "")
    for called in (planned, applied):
        told = called.err.removeprefix("error: ").splitlines()
        assert [line.partition(f" {venue_id} refuses this symbol: ")[0] for line in told] == [
            f"settings.toml:{number}: accounts.{venue_id}.symbols.{name}:"
            for number, name in ((2, "NOSUCH"), (4, "NOPE"))
        ]
    assert known in planned.out
    assert _writes(simulation) == []


@pytest.mark.skipif(USD_M not in PLUGINS.venue_ids(), reason="venuekit-binance-usdm is not installed")
def test_the_most_that_a_declaration_tells(simulation: Simulation, call: Call) -> None:
    """Leverage 126 is above what this venue has for any symbol: refused before any request of the write."""
    called = call("leverage", "aster_usdm_v1", "ETHUSDT", "126", "--json")

    assert (called.status, json.loads(called.err)["outcome"]) == (64, "not_sent")
    assert _writes(simulation) == []


@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.id)
def test_endpoints(call: Call, venue: Any) -> None:
    """Every declared operation is listed with at least the documented fields."""
    rows = json.loads(call("endpoints", venue.id, "--json").out)

    assert {(row["verb"], row["path"]) for row in rows} == {(one.verb, one.path) for one in venue.endpoints}
    for row in rows:
        assert {"verb", "path", "security", "weight", "effect", "capability", "method"} <= set(row)
        assert isinstance(row["weight"], int)
        assert (row["capability"] is None) == (row["method"] is None)
    assert len(call("endpoints", venue.id).out.splitlines()) == len(rows) + 2

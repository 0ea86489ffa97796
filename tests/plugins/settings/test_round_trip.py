"""Plan, apply, and apply again, on two unlike venues over sockets."""

from __future__ import annotations

from typing import Any

import pytest

from venuekit.capabilities import MarginType
from venuekit.settings import (
    apply,
    parse_target,
    plan,
    plan_exit_status,
    report_exit_status,
    target_toml,
)

VENUES = ("binance_usdm", "bybit_inverse")


def writes(sim: Any) -> list[tuple[str, str]]:
    return [(request.venue, request.path) for request in sim.requests if request.verb != "GET"]


@pytest.mark.parametrize("scenario", ["holding", "flat"])
@pytest.mark.parametrize("venue_id", VENUES)
async def test_scenario_target_is_planned_applied_and_then_holds(
    simulated: Any, connected: Any, venue_id: str, scenario: str
) -> None:
    """A scenario's own target changes something once; planned and applied again, nothing is written."""
    sim = await simulated(scenario)
    account = await connected(sim, venue_id)
    text = target_toml({"main": {"venue": venue_id, **sim.scenario(venue_id).target}})
    target, accounts = parse_target(text).check({"main": account.venue}), {"main": account}

    first = await plan(target, accounts)
    assert writes(sim) == []
    assert plan_exit_status(first) == 5

    report = await apply(first, accounts)
    assert {result.status.value for result in report.results} <= {"changed", "unchanged"}
    assert len(writes(sim)) == len(first.pending)
    assert report_exit_status(report) == 0

    sim.requests.clear()
    second = await plan(target, accounts)
    again = await apply(second, accounts)
    assert second.is_empty
    assert plan_exit_status(second) == report_exit_status(again) == 0
    assert {result.status.value for result in again.results} == {"unchanged"}
    assert writes(sim) == []


async def test_target_of_two_venues_is_one_plan(flat: Any, connected: Any) -> None:
    """One file plans and applies accounts of both venues, each with its own realm, limits and words."""
    accounts = {"one": await connected(flat, "binance_usdm"), "two": await connected(flat, "bybit_inverse")}
    text = (
        '[accounts.one]\nposition_mode = "hedge"\nsymbols.ETHUSDT = { margin_type = "isolated", leverage = 50 }\n'
        '[accounts.two]\nmargin_type = "isolated"\nposition_mode = "one_way"\nsymbols.ETHUSD.leverage = 33.33\n'
    )
    target = parse_target(text).check({name: account.venue for name, account in accounts.items()})
    report = await apply(await plan(target, accounts), accounts)

    assert [(result.account, result.setting.value, result.status.value) for result in report.results] == [
        ("one", "position_mode", "changed"),
        ("one", "margin_type", "changed"),
        ("one", "leverage", "changed"),
        ("two", "position_mode", "unchanged"),
        ("two", "margin_type", "changed"),
        ("two", "leverage", "changed"),
    ]
    assert flat.ledger_of("binance_usdm").leverage("ETHUSDT") == 50
    assert str(flat.ledger_of("bybit_inverse").leverage("ETHUSD")) == "33.33"


async def test_assets_are_pooled_only_after_every_symbol_is_cross(flat: Any, connected: Any, checked: Any) -> None:
    """There and back: cross before multi, single before isolated; the venue accepts both orders and no other."""
    account = await connected(flat, "binance_usdm")
    accounts = {"main": account}
    flat.ledger_of("binance_usdm").set_margin_type(MarginType.ISOLATED, "BTCUSDT")
    flat.requests.clear()

    there = checked(account, 'asset_mode = "multi"\nsymbols.BTCUSDT.margin_type = "cross"')
    assert report_exit_status(await apply(await plan(there, accounts), accounts)) == 0
    back = checked(account, 'symbols.BTCUSDT.margin_type = "isolated"\nasset_mode = "single"')
    assert report_exit_status(await apply(await plan(back, accounts), accounts)) == 0

    assert [path for _, path in writes(flat)] == [
        "/fapi/v1/marginType",
        "/fapi/v1/multiAssetsMargin",
        "/fapi/v1/multiAssetsMargin",
        "/fapi/v1/marginType",
    ]


async def test_margin_type_of_the_account_says_what_it_touches(holding: Any, connected: Any, checked: Any) -> None:
    """Where the margin type is the account's, the plan names the held symbol and the venue's other products."""
    account = await connected(holding, "bybit_inverse")
    made = await plan(checked(account, 'margin_type = "cross"'), {"main": account})

    [step] = made.steps
    assert step.affected == ("BTCUSD",)
    assert "linear" in (step.note or "")
    assert step.status == "pending"

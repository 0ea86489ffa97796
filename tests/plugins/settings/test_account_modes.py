"""Account modes of real venues in a plan: compared, never set, and the reason of refusals."""

from __future__ import annotations

import pytest

from venuekit.plugins import make_plugins
from venuekit.settings import Plan, apply, parse_target, plan, plan_exit_status
from venuekit.testing import Stage, on_stage


async def planned(stage: Stage, mode: str | None) -> Plan:
    named = "" if mode is None else f'account_mode = "{mode}"\n'
    text = f"[accounts.main]\n{named}[accounts.main.symbols.{stage.scenario.flat}]\nleverage = 7\n"
    return await plan(parse_target(text).check({"main": stage.venue}), {"main": stage.account})


def writes(stage: Stage) -> int:
    return sum(arrival.verb != "GET" for arrival in stage.simulation.requests)


PRODUCTS = ["binance_usdm", "binance_coinm"]


@pytest.mark.parametrize("venue_id", PRODUCTS)
async def test_a_plan_that_names_the_mode_refuses_what_it_makes_unavailable(venue_id: str) -> None:
    """With the reason, and nothing is sent."""
    async with on_stage(make_plugins().venue(venue_id), "portfolio_margin") as stage:
        for named, status in (("portfolio_margin", "unchanged"), ("classic", "refused")):
            made = await planned(stage, named)
            assert (made.unreadable, plan_exit_status(made)) == ((), 3)
            mode, leverage = made.steps
            assert (mode.status, leverage.status) == (status, "refused")
            assert "portfolio margin API (papi)" in str(leverage.reason)
        assert "account_mode is portfolio_margin (Portfolio Margin) here" in str(mode.reason)
        assert writes(stage) == 0


@pytest.mark.parametrize("venue_id", PRODUCTS)
async def test_a_refused_key_is_explained_by_the_mode(venue_id: str) -> None:
    """A plan that does not name it reads it at the first refusal, and sends no other setting that it forbids."""
    async with on_stage(make_plugins().venue(venue_id), "portfolio_margin") as stage:
        symbol = stage.scenario.flat
        text = f'[accounts.main.symbols.{symbol}]\nmargin_type = "isolated"\nleverage = 7\n'
        accounts = {"main": stage.account}
        made = await plan(parse_target(text).check({"main": stage.venue}), accounts)
        report = await apply(made, accounts)
        assert {result.status.value for result in report.results} == {"refused"}
        assert all("portfolio margin API (papi)" in str(result.message) for result in report.results)
        assert (report.errors, writes(stage)) == ((), 1)
        assert sum(arrival.path == "/papi/v1/account" for arrival in stage.simulation.requests) == 1


@pytest.mark.parametrize(
    ("venue_id", "mode", "extra"),
    [("binance_usdm", "classic", 50), ("binance_coinm", "classic", 50), ("bybit_inverse", "unified", 0)],
)
async def test_a_mode_that_agrees_is_unchanged(venue_id: str, mode: str, extra: int) -> None:
    """Its read is counted at its highest cost; where the settings show it there is none."""
    async with on_stage(make_plugins().venue(venue_id)) as stage:
        plain, named = await planned(stage, None), await planned(stage, mode)
        assert [step.status.value for step in named.steps] == ["unchanged", "pending"]
        assert named.reads[0].weight == plain.reads[0].weight + extra


async def test_another_mode_of_a_unified_account_is_refused() -> None:
    """The venue's own word stands beside ours."""
    async with on_stage(make_plugins().venue("bybit_inverse")) as stage:
        made = await planned(stage, "classic")
        assert str(made.steps[0].reason).startswith("account_mode is unified (unified ")
        assert made.steps[1].status == "pending"

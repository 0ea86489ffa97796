"""Settings as code over a realm: one position mode for two entries of one key."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from venuekit.capabilities import PositionMode
from venuekit.settings import (
    StepStatus,
    apply,
    parse_target,
    plan,
    plan_exit_status,
    report_exit_status,
    target_toml,
)
from venuekit.simulator.ledger import Side

VENUES = {"coin": "binance_coinm", "dollar": "binance_usdm"}


def checked(realm: Any, text: str) -> Any:
    """Return a target as its file would be, checked against the venues of the accounts."""
    return parse_target(text).check({name: account.venue for name, account in realm.accounts.items()})


def modes(**wanted: str) -> str:
    return "\n".join(f'[accounts.{name}]\nposition_mode = "{mode}"' for name, mode in wanted.items())


async def test_different_modes_for_one_realm_are_refused_naming_both_entries(flat: Any) -> None:
    """The two entries speak about one setting; neither is sent."""
    target = checked(flat, modes(coin="hedge", dollar="one_way"))

    made = await plan(target, flat.accounts)
    report = await apply(made, flat.accounts)

    assert [step.status for step in made.steps] == [StepStatus.REFUSED, StepStatus.REFUSED]
    for step in made.steps:
        for name in VENUES:
            assert f"accounts.{name}.position_mode" in (step.reason or "")
    assert (plan_exit_status(made), report_exit_status(report)) == (3, 3)
    assert flat.writes() == []


async def test_mode_that_both_entries_want_is_sent_once(flat: Any) -> None:
    """One write carries out both entries, and both are verified."""
    target = checked(flat, modes(coin="hedge", dollar="hedge"))

    made = await plan(target, flat.accounts)
    report = await apply(made, flat.accounts)

    assert [step.status for step in made.steps] == [StepStatus.PENDING, StepStatus.ALONG]
    assert [result.status.value for result in report.results] == ["changed", "changed"]
    assert len(flat.writes()) == 1
    assert flat.ledger.position_mode is PositionMode.HEDGE
    assert plan_exit_status(await plan(target, flat.accounts)) == 0


@pytest.mark.parametrize("name", VENUES)
async def test_what_the_realm_mate_holds_refuses_a_mode(flat: Any, name: str) -> None:
    """Orders and positions of both places are read, and the reason says on which venue they are."""
    symbols = {"coin": "ETHUSDT", "dollar": "ETHUSD_PERP"}
    other = {"coin": "binance_usdm", "dollar": "binance_coinm"}[name]
    target = checked(flat, "\n".join([modes(**{name: "hedge"}), *(f"[accounts.{o}]" for o in VENUES if o != name)]))
    order = flat.ledger.rest_order(symbols[name], Side.BUY, Decimal(1), Decimal(1000))

    with_order = await plan(target, flat.accounts)
    flat.ledger.cancel_order(order)
    flat.ledger.fill(symbols[name], Side.BUY, Decimal(1), Decimal(3000))
    with_position = await plan(target, flat.accounts)

    assert [(made.steps[0].status, plan_exit_status(made)) for made in (with_order, with_position)] == [
        (StepStatus.REFUSED, 3)
    ] * 2
    assert f"-4067 Position side cannot be changed if there exists open orders. (open orders: 1 on {other})" in (
        with_order.steps[0].reason or ""
    )
    assert f"(open positions: {symbols[name]} on {other})" in (with_position.steps[0].reason or "")


@pytest.mark.parametrize("name", VENUES)
async def test_plan_for_one_entry_says_what_else_it_changes(flat: Any, name: str) -> None:
    """The other venue was not read, and the step says so."""
    target = checked(flat, modes(**{name: "hedge"}))

    made = await plan(target, {name: flat.accounts[name]})

    other = {"coin": "binance_usdm", "dollar": "binance_coinm"}[name]
    assert made.steps[0].note == f"also changes {other}; orders and positions were not read on {other}"


@pytest.mark.parametrize("scenario", ["flat", "holding"])
async def test_targets_of_both_scenarios_are_applied_together(
    scenario: str, request: pytest.FixtureRequest, flat: Any, holding: Any
) -> None:
    """What `demo` plans for both venues goes through, and applied again writes nothing."""
    realm = {"flat": flat, "holding": holding}[scenario]
    text = target_toml(
        {name: {"venue": venue_id, **realm.sim.scenario(venue_id).target} for name, venue_id in VENUES.items()}
    )
    target = checked(realm, text)

    report = await apply(await plan(target, realm.accounts), realm.accounts)
    sent = len(realm.writes())
    again = await apply(await plan(target, realm.accounts), realm.accounts)

    assert (report_exit_status(report), report_exit_status(again)) == (0, 0)
    assert sent > 0
    assert len(realm.writes()) == sent


@pytest.mark.parametrize(
    ("body", "weight"),
    [
        ("symbols.ETHUSD_PERP.leverage = 10", 1),
        ("symbols.ETHUSD_PERP.leverage = 21", 1 + 1 + 5),
        ('symbols.ETHUSD_PERP.margin_type = "isolated"', 1 + 2),
        ('position_mode = "hedge"', 1 + 80),
    ],
)
async def test_coin_margined_plan_reads_what_the_difference_needs(flat: Any, body: str, weight: int) -> None:
    """One read of weight 1 tells what holds; more is read only where a difference needs it."""
    made = await plan(checked(flat, f"[accounts.coin]\n{body}"), {"coin": flat.coinm})

    assert [read.weight for read in made.reads] == [weight]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("symbols.BTCUSD_PERP.leverage = 125", "the brackets allow at most 100"),
        ("symbols.BTCUSD_PERP.leverage = 19", "-4150"),
        ('symbols.BTCUSD_PERP.margin_type = "cross"', "-4048"),
    ],
)
async def test_coin_margined_refusals_are_predicted(holding: Any, body: str, code: str) -> None:
    """What the reads show is refused before anything is sent."""
    made = await plan(checked(holding, f"[accounts.coin]\n{body}"), {"coin": holding.coinm})

    assert plan_exit_status(made) == 3
    assert code in (made.steps[0].reason or "")


async def test_orders_count_in_the_predicted_most(flat: Any) -> None:
    """An order that would make a position too large keeps its leverage from rising, although it is flat now."""
    flat.ledger.rest_order("BTCUSD_PERP", Side.BUY, Decimal(6_000), Decimal(80_000))

    made = await plan(checked(flat, "[accounts.coin]\nsymbols.BTCUSD_PERP.leverage = 125"), {"coin": flat.coinm})

    assert "at most 100" in (made.steps[0].reason or "")

"""One write of margin type and leverage, where each margin type and side has its own leverage."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.settings.full_toy import FULL, FULL_TOY
from tests.core.settings.joint_toys import Stage, staged

from venuekit.capabilities import LeverageSetting, MarginType, PositionSide
from venuekit.settings import (
    Report,
    apply,
    parse_target,
    plan,
    plan_exit_status,
    read_target_of,
    tables_of,
    target_toml,
)
from venuekit.simulator import DropAfter, DropBefore

D = Decimal
CROSS, ISOLATED = MarginType.CROSS, MarginType.ISOLATED
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
GEM = "GEMUSD"


async def carried_out(stage: Stage, line: str) -> Report:
    """Plan and apply, and expect a second plan to be empty, and the file of the settings too."""
    accounts = {"main": stage.account}
    target = parse_target(f"[accounts.main.symbols.{GEM}]\n{line}\n").check({"main": stage.venue})
    report = await apply(await plan(target, accounts), accounts)
    assert {result.status.value for result in report.results} <= {"changed", "unchanged"}, report.rows()
    text = target_toml({"main": tables_of(await read_target_of(stage.account, [GEM]))})
    for again in (target, parse_target(text).check({"main": stage.venue})):
        assert plan_exit_status(await plan(again, accounts)) == 0
    return report


def sent(stage: Stage) -> list[tuple[str, str, str]]:
    return [(one["margin"], one["side"], one["leverage"]) for one in stage.writes()]


async def test_each_setter_leaves_the_rest() -> None:
    """The margin type is set along with the leverage that it has, and a leverage under the margin type that holds."""
    async with staged(FULL_TOY, scenario="flat") as stage:
        await stage.account.set_margin_type(GEM, ISOLATED)
        short = await stage.account.set_leverage(GEM, 4, side=SHORT)
        assert short == LeverageSetting(GEM, D(10), D(4), changed=True, margin_type=ISOLATED)
        both = await stage.account.set_leverage(GEM, 6, side=LONG, margin_type=CROSS)
        assert both == LeverageSetting(GEM, D(6), D(10), changed=True, margin_type=CROSS)
        expected = [("isolated", "long", "10"), ("isolated", "short", "4"), ("cross", "long", "6")]
        assert sent(stage) == expected


@pytest.mark.parametrize("loss", [None, DropAfter(), DropBefore()], ids=["answered", "applied", "not applied"])
async def test_a_plan_sets_the_margin_type_with_the_first_leverage(loss: Any) -> None:
    """The second is set under it; a lost answer is resolved for both."""
    async with staged(FULL_TOY, scenario="flat") as stage:
        simulated: Any = stage.sim._service("full_toy").simulated
        simulated.leverages[GEM, "cross", "long"] = D(33)
        if loss is not None:
            stage.disturb(FULL.SET_LEVERAGE, loss)
        await carried_out(stage, 'margin_type = "isolated"\nleverage = { long = 3, short = 4 }')
        first = [("isolated", "long", "3")] * (2 if isinstance(loss, DropBefore) else 1)
        assert sent(stage) == [*first, ("isolated", "short", "4")]


async def test_a_leverage_of_another_margin_type_is_not_set_by_the_way() -> None:
    """It would set the margin type, too, which the target leaves."""
    async with staged(FULL_TOY, scenario="flat") as stage:
        text = f"[accounts.main.symbols.{GEM}]\nleverage = {{ isolated = 5 }}\n"
        made = await plan(parse_target(text).check({"main": stage.venue}), {"main": stage.account})
        assert {step.status.value for step in made.steps} == {"refused"}
        assert "needs margin_type of GEMUSD = isolated" in str(made.steps[0].reason)
        assert "one write sets both on full_toy" in str(made.steps[0].reason)


LEVERAGES = st.integers(1, 50)


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from([CROSS, ISOLATED]),
    present=st.lists(LEVERAGES.map(D), min_size=4, max_size=4),
    wanted=st.sampled_from(["cross", "isolated"]),
    sides=st.tuples(LEVERAGES, LEVERAGES),
    form=st.sampled_from(
        [
            'margin_type = "{wanted}"',
            'margin_type = "{wanted}"\nleverage = {long}',
            "leverage = {{ long = {long}, short = {short} }}",
            'margin_type = "{wanted}"\nleverage = {{ {wanted} = {{ long = {long}, short = {short} }} }}',
            'margin_type = "{wanted}"\nleverage = {{ short = {short} }}',
        ]
    ),
)
def test_nothing_is_left_to_do(kind: MarginType, present: Any, wanted: str, sides: Any, form: str) -> None:
    """From every state to every target that does not contradict itself."""

    async def run() -> None:
        async with staged(FULL_TOY, scenario="flat") as stage:
            simulated: Any = stage.sim._service("full_toy").simulated
            of_gem = [key for key in simulated.leverages if key[0] == GEM]
            simulated.leverages.update(zip(of_gem, present, strict=True))
            if kind is ISOLATED:
                stage.sim.ledger.set_margin_type(kind, GEM)
            await carried_out(stage, form.format(wanted=wanted, long=sides[0], short=sides[1]))

    asyncio.run(run())

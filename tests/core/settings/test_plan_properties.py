"""What holds for every state and every target: a plan that predicts no refusal meets none, and leaves nothing to do."""

from __future__ import annotations

import asyncio
import copy
import types
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from venuekit.capabilities import AssetMode, MarginType, PositionMode
from venuekit.errors import Outcome, Rejected
from venuekit.settings import (
    AccountTarget,
    LeverageTarget,
    Plan,
    ResultStatus,
    StepStatus,
    SymbolTarget,
    Target,
    apply,
    plan,
    plan_exit_status,
    report_exit_status,
)
from venuekit.settings.controls import carry_out

SYMBOLS = ("BTC", "ETH", "SOL")
MARGIN_TYPES = st.sampled_from([MarginType.CROSS, MarginType.ISOLATED])
LEVERAGES = st.integers(1, 60).map(Decimal)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def rows(draw: st.DrawFn, margin_types: st.SearchStrategy[MarginType]) -> dict[str, Any]:
    """One symbol: mostly flat, its leverage within what its brackets allow."""
    highest = draw(st.integers(5, 50))
    leverage = Decimal(draw(st.integers(1, highest)))
    return {
        "margin_type": draw(margin_types),
        "long": leverage,
        "short": leverage,
        "position": Decimal(draw(st.sampled_from([0, 0, 0, 1, -2]))),
        "orders": draw(st.sampled_from([0, 0, 0, 0, 1])),
        "max_leverage": Decimal(highest),
    }


@st.composite
def symbol_worlds(draw: st.DrawFn) -> dict[str, Any]:
    """A state that the venue of symbols' margin types can be in: nothing isolated while assets are pooled."""
    asset_mode = draw(st.sampled_from(AssetMode))
    margin_types = MARGIN_TYPES if asset_mode is AssetMode.SINGLE else st.just(MarginType.CROSS)
    return {
        "position_mode": draw(st.sampled_from(PositionMode)),
        "asset_mode": asset_mode,
        "symbols": {symbol: draw(rows(margin_types)) for symbol in SYMBOLS},
    }


def leverage_targets() -> st.SearchStrategy[LeverageTarget]:
    return LEVERAGES.map(lambda value: LeverageTarget(value, value))


def symbol_targets(*, margin_type: bool) -> st.SearchStrategy[dict[str, SymbolTarget]]:
    row = st.builds(
        SymbolTarget,
        margin_type=maybe(MARGIN_TYPES) if margin_type else st.none(),
        leverage=maybe(leverage_targets()),
    )
    return st.dictionaries(st.sampled_from(SYMBOLS), row)


ACME_TARGETS = st.builds(
    AccountTarget,
    position_mode=maybe(st.sampled_from(PositionMode)),
    asset_mode=maybe(st.sampled_from(AssetMode)),
    symbols=symbol_targets(margin_type=True),
)
GLOBEX_TARGETS = st.builds(AccountTarget, margin_type=maybe(MARGIN_TYPES), symbols=symbol_targets(margin_type=False))


def carry_through(account: Any, wanted: AccountTarget) -> Plan:
    """Plan and apply, and check what must hold for every pair of state and target; return the first plan."""
    target, accounts = Target({"main": wanted}), {"main": account}

    async def run() -> Plan:
        before = copy.deepcopy((account.world.position_mode, account.world.asset_mode, account.world.margin_type))
        made = await plan(target, accounts)
        assert account.world.writes == []
        assert before == (account.world.position_mode, account.world.asset_mode, account.world.margin_type)

        report = await apply(made, accounts)
        by_name = {result.name: result for result in report.results}
        for step in made.steps:
            expected = {
                StepStatus.PENDING: ResultStatus.CHANGED,
                StepStatus.UNCHANGED: ResultStatus.UNCHANGED,
                StepStatus.REFUSED: ResultStatus.REFUSED,
                StepStatus.SKIPPED: ResultStatus.SKIPPED,
            }[step.status]
            assert by_name[step.name].status is expected, (step, by_name[step.name])
        assert len(account.world.writes) == len(made.pending)

        again = await plan(target, accounts)
        assert [s.name for s in again.steps if s.status is StepStatus.UNCHANGED] == [
            s.name for s in made.steps if s.status in {StepStatus.UNCHANGED, StepStatus.PENDING}
        ]
        if plan_exit_status(made) != 3:
            assert plan_exit_status(again) == report_exit_status(report) == 0
        return made

    return asyncio.run(run())


def world_of(fake: types.SimpleNamespace, venue: str, state: dict[str, Any]) -> Any:
    plain = {key: value for key, value in state.items() if key != "symbols"}
    return fake.World(**plain, symbols={venue: {name: fake.Row(**row) for name, row in state["symbols"].items()}})


@settings(max_examples=150, deadline=None)
@given(state=symbol_worlds(), wanted=ACME_TARGETS)
def test_plan_of_symbols_margin_types_is_carried_out_as_predicted(
    fake: types.SimpleNamespace, state: dict[str, Any], wanted: AccountTarget
) -> None:
    """Every pending step is accepted, nothing else is sent, and a second plan finds it all done."""
    carry_through(fake.Acme(fake.acme(), world_of(fake, "acme_perp", state)), wanted)


@settings(max_examples=100, deadline=None)
@given(
    margin_type=MARGIN_TYPES,
    symbols=st.fixed_dictionaries({symbol: rows(MARGIN_TYPES) for symbol in SYMBOLS}),
    wanted=GLOBEX_TARGETS,
)
def test_plan_of_an_accounts_margin_type_is_carried_out_as_predicted(
    fake: types.SimpleNamespace, margin_type: MarginType, symbols: dict[str, Any], wanted: AccountTarget
) -> None:
    """The same where one margin type rules all symbols and leverage falls only while it is cross."""
    world = world_of(fake, "globex_inverse", {"margin_type": margin_type, "symbols": symbols})
    carry_through(fake.Globex(fake.globex(), world), wanted)


@settings(max_examples=100, deadline=None)
@given(state=symbol_worlds(), wanted=ACME_TARGETS)
def test_what_a_plan_refuses_the_venue_refuses_too(
    fake: types.SimpleNamespace, state: dict[str, Any], wanted: AccountTarget
) -> None:
    """Sent all the same once everything pending is done, each refused step is refused by the venue's own rules.

    Steps that exclude each other are left out: either of them alone may be legal.
    """
    account = fake.Acme(fake.acme(), world_of(fake, "acme_perp", state))
    target, accounts = Target({"main": wanted}), {"main": account}

    async def run() -> None:
        made = await plan(target, accounts)
        await apply(made, accounts)
        for step in made.steps:
            if step.status is StepStatus.REFUSED and "exclude each other" not in (step.reason or ""):
                with pytest.raises(Rejected):
                    await carry_out(account, step.target, symbol=step.symbol)

    asyncio.run(run())


@settings(max_examples=60, deadline=None)
@given(state=symbol_worlds(), wanted=ACME_TARGETS, data=st.data())
def test_failing_step_stops_what_needs_it_and_nothing_else(
    fake: types.SimpleNamespace, state: dict[str, Any], wanted: AccountTarget, data: st.DataObject
) -> None:
    """With one write refused on arrival, exactly the steps that build on it are skipped; all others are done."""
    world = world_of(fake, "acme_perp", state)
    target, accounts = Target({"main": wanted}), {"main": fake.Acme(fake.acme(), world)}
    made = asyncio.run(plan(target, accounts))
    if made.is_empty:
        return
    victim = data.draw(st.integers(0, len(made.pending) - 1))

    def refuse(line: str, applied: bool) -> None:
        if not applied and len(world.writes) == victim + 1:
            raise Rejected("by chance", code=-9, outcome=Outcome.NOT_APPLIED)

    world.meddle = refuse
    report = asyncio.run(apply(made, accounts))

    by_name = {result.name: result.status for result in report.results}
    failed = made.pending[victim].name
    broken = {failed}
    for step in made.pending:
        if broken & set(step.needs):
            broken.add(step.name)
    for step in made.pending:
        expected = ResultStatus.REFUSED if step.name == failed else ResultStatus.SKIPPED
        assert by_name[step.name] is (expected if step.name in broken else ResultStatus.CHANGED)

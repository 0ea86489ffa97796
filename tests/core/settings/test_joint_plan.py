"""Plans where one write sets leverage and margin type, and where each margin type and side has its own leverage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.settings.joint_toys import JOINT, JOINT_TOY, SCOPED_TOY, Stage, staged

from venuekit.capabilities import LeverageBehaviour, LeverageScope, MarginType, MarginTypeSetting, SettingsSnapshot
from venuekit.errors import TargetFileError
from venuekit.settings import (
    AccountTarget,
    LeverageTarget,
    Plan,
    Report,
    SymbolTarget,
    Target,
    apply,
    parse_target,
    plan,
    plan_exit_status,
)
from venuekit.simulator import Delay, DropAfter, DropBefore, SecondActor
from venuekit.simulator.ledger import Ledger, Side
from venuekit.venue import Venue

D = Decimal
CROSS, ISOLATED = MarginType.CROSS, MarginType.ISOLATED
GEM = "GEMUSD"
NOTHING = Delay()


@pytest.fixture
async def joint() -> AsyncIterator[Stage]:
    """GEMUSD is flat, cross at 10."""
    async with staged(JOINT_TOY) as opened:
        yield opened


@pytest.fixture
async def scoped() -> AsyncIterator[Stage]:
    """GEMUSD is flat and cross, with 10 for every leverage."""
    async with staged(SCOPED_TOY) as opened:
        yield opened


def gem(line: str) -> Target:
    return parse_target(f"[accounts.main.symbols.{GEM}]\n{line}\n").target


def statuses(found: Plan | Report) -> dict[str, str]:
    items: Any = found.steps if isinstance(found, Plan) else found.results
    return {one.name.removeprefix(f"accounts.main.symbols.{GEM}."): one.status.value for one in items}


async def carried_out(stage: Stage, target: Target) -> Report:
    """Plan and apply, and expect a second plan to be empty."""
    accounts = {"main": stage.account}
    report = await apply(await plan(target, accounts), accounts)
    again = await plan(target, accounts)
    assert plan_exit_status(again) == 0, again.rows()
    return report


# -- one write of both


BOTH = 'margin_type = "isolated"\nleverage = 20'


async def test_both_are_one_step(joint: Stage) -> None:
    """One change, one write; the other line of the plan goes along with it, and each is verified."""
    made = await plan(gem(BOTH), {"main": joint.account})
    assert statuses(made) == {"margin_type": "along", "leverage": "pending"}
    along, pending = made.steps
    assert along.reason == f"the write of accounts.main.symbols.{GEM}.leverage sets both"
    assert (pending.also, made.weight) == (along.name, 1 + 2 * 2 + 2)
    report = await carried_out(joint, gem(BOTH))
    assert statuses(report) == {"margin_type": "changed", "leverage": "changed"}
    assert joint.writes() == [{"contract": GEM, "margin": "isolated", "leverage": "20"}]


@pytest.mark.parametrize(
    ("line", "sent"),
    [('margin_type = "isolated"', ("isolated", "10")), ("leverage = 20", ("cross", "20"))],
    ids=["margin type", "leverage"],
)
@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside the present value"])
async def test_one_of_them_leaves_the_other(joint: Stage, line: str, sent: tuple[str, str], beside: bool) -> None:
    """Also where the target names the value that the other has."""
    other = "leverage = 10" if "margin" in line else 'margin_type = "cross"'
    await carried_out(joint, gem(f"{line}\n{other}" if beside else line))
    assert [(one["margin"], one["leverage"]) for one in joint.writes()] == [sent]


@pytest.mark.parametrize(("loss", "writes"), [(DropAfter(), 1), (DropBefore(), 2)], ids=["applied", "not applied"])
async def test_a_lost_answer_is_resolved_for_both(joint: Stage, loss: Any, writes: int) -> None:
    """Both are read back, and both hold."""
    joint.disturb(JOINT.SET_LEVERAGE, loss)
    report = await carried_out(joint, gem(BOTH))
    assert statuses(report) == {"margin_type": "changed", "leverage": "changed"}
    assert len(joint.writes()) == writes


def to_isolated(ledger: Ledger) -> None:
    ledger.set_margin_type(ISOLATED, GEM)


def to_seven(ledger: Ledger) -> None:
    ledger.set_leverage(GEM, D(7))


@pytest.mark.parametrize("when", ["since the plan", "right before the write"])
async def test_a_leverage_that_moved_stops_both(joint: Stage, when: str) -> None:
    """Nothing is sent, and both are in conflict."""
    made = await plan(gem(BOTH), {"main": joint.account})
    if when == "since the plan":
        to_seven(joint.sim.ledger)
    else:
        joint.disturb(JOINT.SETTINGS, *[NOTHING] * joint.reads(), SecondActor(to_seven))
    report = await apply(made, {"main": joint.account})
    assert statuses(report) == {"margin_type": "conflict", "leverage": "conflict"}
    assert joint.writes() == []


@pytest.mark.parametrize("when", ["since the plan", "right before the write"])
async def test_a_margin_type_that_is_right_meanwhile_stops_nothing(joint: Stage, when: str) -> None:
    """The leverage is set under it."""
    made = await plan(gem(BOTH), {"main": joint.account})
    if when == "since the plan":
        to_isolated(joint.sim.ledger)
    else:
        joint.disturb(JOINT.SETTINGS, *[NOTHING] * joint.reads(), SecondActor(to_isolated))
    report = await apply(made, {"main": joint.account})
    assert set(statuses(report).values()) <= {"changed", "unchanged"}
    assert joint.writes() == [{"contract": GEM, "margin": "isolated", "leverage": "20"}]


def to_twenty(ledger: Ledger) -> None:
    ledger.set_leverage(GEM, D(20))


@pytest.mark.parametrize("when", ["since the plan", "right before the write"])
async def test_a_leverage_that_is_right_meanwhile_does_not_keep_the_margin_type_back(joint: Stage, when: str) -> None:
    """The margin type is set all the same."""
    made = await plan(gem(BOTH), {"main": joint.account})
    if when == "since the plan":
        to_twenty(joint.sim.ledger)
    else:
        joint.disturb(JOINT.SETTINGS, *[NOTHING] * joint.reads(), SecondActor(to_twenty))
    report = await apply(made, {"main": joint.account})
    assert statuses(report)["margin_type"] == "changed", report.rows()
    assert joint.writes() == [{"contract": GEM, "margin": "isolated", "leverage": "20"}]


async def test_both_that_are_right_meanwhile_are_not_sent(joint: Stage) -> None:
    """Each reads as it should right before the write."""
    made = await plan(gem(BOTH), {"main": joint.account})

    def to_both(ledger: Ledger) -> None:
        to_twenty(ledger)
        to_isolated(ledger)

    joint.disturb(JOINT.SETTINGS, *[NOTHING] * joint.reads(), SecondActor(to_both))
    report = await apply(made, {"main": joint.account})
    assert statuses(report) == {"margin_type": "unchanged", "leverage": "unchanged"}
    assert joint.writes() == []


async def test_a_margin_type_that_was_right_and_moved_stops_the_leverage(joint: Stage) -> None:
    """Planned alone, the leverage would now carry the margin type, too: nothing is sent."""
    made = await plan(gem('margin_type = "cross"\nleverage = 20'), {"main": joint.account})
    assert statuses(made) == {"margin_type": "unchanged", "leverage": "pending"}
    to_isolated(joint.sim.ledger)
    report = await apply(made, {"main": joint.account})
    assert statuses(report) == {"margin_type": "conflict", "leverage": "conflict"}
    words = report.results[1].message or ""
    assert words.startswith(f"accounts.main.symbols.{GEM}.margin_type, which the same write sets, was cross when it")
    assert joint.writes() == []


async def test_a_third_margin_type_right_before_the_write_stops_the_leverage(
    joint: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is neither the planned one nor the target, so the write of both is not sent."""
    made = await plan(gem(BOTH), {"main": joint.account})

    async def third(self: Any, symbol: str | None = None) -> MarginTypeSetting:
        return MarginTypeSetting(symbol, MarginType.PORTFOLIO)

    monkeypatch.setattr(type(joint.account), "get_margin_type", third)
    report = await apply(made, {"main": joint.account})
    assert set(statuses(report).values()) == {"conflict"}
    assert "which the same write sets, was cross when it was planned, is portfolio" in (report.results[1].message or "")
    assert joint.writes() == []


async def test_a_margin_type_that_no_read_shows_is_set_without_an_expected_value(
    joint: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both halves are unknown to the write, which sets the target's."""
    read = type(joint.account).get_settings

    async def silent(self: Any, *args: Any, **options: Any) -> SettingsSnapshot:
        snapshot: SettingsSnapshot = await read(self, *args, **options)
        return attrs.evolve(snapshot, symbols=tuple(attrs.evolve(row, margin_type=None) for row in snapshot.symbols))

    monkeypatch.setattr(type(joint.account), "get_settings", silent)
    made = await plan(gem(BOTH), {"main": joint.account})
    assert {step.setting.value: step.present for step in made.steps} == {"margin_type": None, "leverage": D(10)}
    await apply(made, {"main": joint.account})
    assert joint.writes() == [{"contract": GEM, "margin": "isolated", "leverage": "20"}]


async def test_margin_type_that_would_be_refused_is_not_carried(joint: Stage) -> None:
    """The leverage that was chosen for it is not raised without it, and lowered alone."""
    joint.sim.ledger.rest_order(GEM, Side.BUY, D(1), D(10))
    raised = await plan(gem(BOTH), {"main": joint.account})
    assert statuses(raised) == {"margin_type": "refused", "leverage": "skipped"}
    lowered = await plan(gem('margin_type = "isolated"\nleverage = 5'), {"main": joint.account})
    assert statuses(lowered) == {"margin_type": "refused", "leverage": "pending"}
    await apply(lowered, {"main": joint.account})
    assert [(one["margin"], one["leverage"]) for one in joint.writes()] == [("cross", "5")]


async def test_two_entries_of_one_account_may_each_name_a_half(joint: Stage) -> None:
    """They are one step; two that name different values of one are refused."""
    text = f'[accounts.a.symbols.{GEM}]\nmargin_type = "isolated"\n[accounts.b.symbols.{GEM}]\nleverage = 20\n'
    accounts = {"a": joint.account, "b": joint.account}
    made = await plan(parse_target(text).target, accounts)
    assert [(step.account, step.status.value) for step in made.steps] == [("a", "along"), ("b", "pending")]
    await apply(made, accounts)
    assert [(one["margin"], one["leverage"]) for one in joint.writes()] == [("isolated", "20")]
    refused = await plan(parse_target(f'{text}margin_type = "cross"\n').target, accounts)
    assert {step.status.value for step in refused.steps if step.setting == "margin_type"} == {"refused"}


# -- a leverage for each margin type and side


SEVERAL = "leverage = { cross = 5, isolated = { long = 3, short = 4 } }"


async def test_each_leverage_is_a_step(scoped: Stage) -> None:
    """Each is named by margin type and side, and only what differs is sent."""
    made = await plan(gem(SEVERAL), {"main": scoped.account})
    assert [step.name.partition("leverage.")[2] for step in made.steps] == [
        *("cross.long", "cross.short"),
        *("isolated.long", "isolated.short"),
    ]
    assert next((step.margin_type, str(step.target)) for step in made.pending) == (CROSS, "5")
    await carried_out(scoped, gem(SEVERAL))
    sent = {(one["margin"], one["side"]): one["leverage"] for one in scoped.writes()}
    assert sent == {
        ("cross", "long"): "5",
        ("cross", "short"): "5",
        ("isolated", "long"): "3",
        ("isolated", "short"): "4",
    }
    await carried_out(scoped, gem("leverage = { isolated = { long = 9 } }"))
    assert len(scoped.writes()) == 5


async def test_a_plain_leverage_is_that_of_the_margin_type_that_is_to_hold(scoped: Stage) -> None:
    """Of the target's, or else the present one."""
    await carried_out(scoped, gem("leverage = { long = 6, short = 6 }"))
    await carried_out(scoped, gem('margin_type = "isolated"\nleverage = 7'))
    sent = [(one["margin"], one["leverage"]) for one in scoped.writes() if "leverage" in one]
    assert sent == [("cross", "6"), ("cross", "6"), ("isolated", "7"), ("isolated", "7")]


# -- targets that contradict themselves


def fault(venue: Venue[Any], line: str) -> str:
    with pytest.raises(TargetFileError) as caught:
        parse_target(f"[accounts.main.symbols.{GEM}]\n{line}\n", "target.toml").check({"main": venue})
    return str(caught.value)


IN_GEM = f"accounts.main.symbols.{GEM}"
ONE_WRITE = "one write sets leverage and margin type on joint_toy"
BESIDE = f"cannot hold together with {IN_GEM}"
UNDER = "joint_toy has a leverage under isolated only"
FAULTS = [
    ("joint", "leverage = { cross = 5 }", "2", "cross", "joint_toy has one leverage for every margin type"),
    (
        *("both", 'margin_type = "isolated"\nleverage = { cross = 5 }', "3", "cross"),
        f"{BESIDE}.margin_type = isolated (line 2): {ONE_WRITE}",
    ),
    (
        *("both", "leverage = { cross = 5, isolated = 3 }", "2", "isolated"),
        f"{BESIDE}.leverage.cross (line 2): {ONE_WRITE}",
    ),
    (
        *("isolated", 'leverage = 5\nmargin_type = "cross"', "2", ""),
        f"{BESIDE}.margin_type = cross (line 3): {UNDER}",
    ),
    ("isolated both", "leverage = { cross = 5 }", "2", "cross", UNDER),
]


@pytest.mark.parametrize(("venue", "text", "line", "inner", "words"), FAULTS)
def test_a_target_that_contradicts_itself_is_refused(venue: str, text: str, line: str, inner: str, words: str) -> None:
    """In one sentence with file, line and both keys."""
    changes: dict[str, Any] = {}
    if "isolated" in venue:
        changes["margin_types"] = frozenset({ISOLATED})
    if "both" in venue:
        changes["scope"] = frozenset({LeverageScope.SYMBOL, LeverageScope.MARGIN_TYPE})
    behaviours = [one for one in JOINT_TOY.behaviours if not isinstance(one, LeverageBehaviour)]
    declared = attrs.evolve(JOINT_TOY, behaviours=(*behaviours, LeverageBehaviour(**changes)))
    where = f"target.toml:{line}: {IN_GEM}.leverage" + (f".{inner}" if inner else "")
    assert fault(declared, text).startswith(f"{where}: {words}")


async def test_a_leverage_that_no_margin_type_has_is_refused(joint: Stage) -> None:
    """The margin type that it needs, and what the target says of it, are named."""
    behaviours = [one for one in JOINT_TOY.behaviours if not isinstance(one, LeverageBehaviour)]
    only = LeverageBehaviour(margin_types=frozenset({ISOLATED}))
    declared = attrs.evolve(JOINT_TOY, behaviours=(*behaviours, only))
    joint.account._session.venue_session.venue = declared
    made = await plan(gem("leverage = 20"), {"main": joint.account})
    (step,) = made.steps
    assert step.reason == (
        "leverage of GEMUSD = 20 needs margin_type of GEMUSD = isolated; it is cross and the target leaves it:"
        " a leverage can be set under no other"
    )
    await carried_out(joint, gem(BOTH))


# -- for every state and every target

LEVERAGES = st.integers(1, 50).map(D)
KINDS = st.sampled_from([CROSS, ISOLATED])
PLAIN = LEVERAGES.map(lambda value: LeverageTarget(value, value))
SIDED = st.builds(LeverageTarget, LEVERAGES, LEVERAGES)
MAYBE: Any = lambda strategy: st.none() | strategy  # noqa: E731


async def _apply_twice(venue: Venue[Any], target: SymbolTarget, prepare: Any) -> None:
    async with staged(venue) as stage:
        prepare(stage)
        report = await carried_out(stage, Target({"main": AccountTarget(symbols={GEM: target})}))
        assert {result.status.value for result in report.results} <= {"changed", "unchanged"}
        writes = len(stage.writes())
        await carried_out(stage, Target({"main": AccountTarget(symbols={GEM: target})}))
        assert len(stage.writes()) == writes


@settings(max_examples=25, deadline=None)
@given(kind=KINDS, leverage=LEVERAGES, target=st.builds(SymbolTarget, MAYBE(KINDS), MAYBE(PLAIN)))
def test_nothing_is_left_to_do_after_one_write(kind: MarginType, leverage: Decimal, target: SymbolTarget) -> None:
    """From any margin type and leverage to any other ones, by one write at most."""

    def prepare(stage: Stage) -> None:
        stage.sim.ledger.set_margin_type(kind, GEM)
        stage.sim.ledger.set_leverage(GEM, leverage)

    asyncio.run(_apply_twice(JOINT_TOY, target, prepare))


@st.composite
def several(draw: st.DrawFn) -> SymbolTarget:
    kinds = draw(st.sets(KINDS))
    of_kinds = [draw(SIDED) for _ in kinds]
    leverages = tuple(attrs.evolve(one, margin_type=kind) for kind, one in zip(sorted(kinds), of_kinds, strict=True))
    return SymbolTarget(draw(MAYBE(KINDS)), None if leverages else draw(MAYBE(SIDED)), leverages)


@settings(max_examples=25, deadline=None)
@given(kind=KINDS, present=st.lists(LEVERAGES, min_size=4, max_size=4), target=several())
def test_nothing_is_left_to_do_of_several_leverages(kind: MarginType, present: Any, target: SymbolTarget) -> None:
    """From any leverages to any others, of any margin types and sides."""

    def prepare(stage: Stage) -> None:
        if kind is ISOLATED:
            to_isolated(stage.sim.ledger)
        simulated: Any = stage.sim._service("scoped_toy").simulated
        for key, value in zip([key for key in simulated.leverages if key[0] == GEM], present, strict=True):
            simulated.leverages[key] = value

    asyncio.run(_apply_twice(SCOPED_TOY, target, prepare))

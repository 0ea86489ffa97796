"""A leverage for each margin type and side: each is read and set by its names, and the snapshot has all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.settings.joint_toys import SCOPED, SCOPED_TOY, Stage, staged

from venuekit.capabilities import JointSetting, LeverageSetting, MarginType, PositionSide, SymbolSettings
from venuekit.errors import InvalidArgument, Outcome
from venuekit.parts.settings import JointLens, RowSettings
from venuekit.simulator import CannedAnswer, DropAfter, DropBefore
from venuekit.testing.clocks import LoopClock
from venuekit.testing.conformance.examples import SETTERS

D = Decimal
CROSS, ISOLATED = MarginType.CROSS, MarginType.ISOLATED
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
GEM = "GEMUSD"

pytestmark = pytest.mark.looptime


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """GEMUSD is flat and cross, with 10 for every leverage."""
    async with staged(SCOPED_TOY, clock=LoopClock()) as opened:
        yield opened


def scoped(margin_type: MarginType, long: int, short: int, **more: Any) -> LeverageSetting:
    return LeverageSetting(GEM, D(long), D(short), margin_type=margin_type, **more)


async def test_each_leverage_is_set_by_its_names(stage: Stage) -> None:
    """Without a margin type it is that of the one that holds; the others stay."""
    account = stage.account
    assert await account.set_leverage(GEM, 4, side=SHORT, margin_type=ISOLATED) == scoped(ISOLATED, 10, 4, changed=True)
    assert await account.set_leverage(GEM, 5, side=LONG) == scoped(CROSS, 5, 10, changed=True)
    assert [(one["margin"], one["side"]) for one in stage.writes()] == [("isolated", "short"), ("cross", "long")]
    assert await account.get_leverage(GEM) == scoped(CROSS, 5, 10)
    assert await account.get_leverage(GEM, margin_type=ISOLATED) == scoped(ISOLATED, 10, 4)


async def test_the_snapshot_has_every_leverage(stage: Stage) -> None:
    """And the one that holds."""
    await stage.account.set_leverage(GEM, 4, side=SHORT, margin_type=ISOLATED)
    await stage.account.set_margin_type(GEM, ISOLATED)
    row = (await stage.account.get_settings([GEM])).symbol(GEM)
    leverages = (scoped(CROSS, 10, 10), scoped(ISOLATED, 10, 4))
    assert row == SymbolSettings(GEM, ISOLATED, D(10), D(4), position=D(0), leverages=leverages)


@pytest.mark.parametrize(("loss", "writes"), [(DropAfter(), 1), (DropBefore(), 2)], ids=["applied", "not applied"])
async def test_a_lost_change_is_read_back_under_its_names(stage: Stage, loss: Any, writes: int) -> None:
    """Another leverage of the symbol that has the value already does not count."""
    await stage.account.set_leverage(GEM, 7, side=LONG, margin_type=CROSS)
    stage.disturb(SCOPED.SET_LEVERAGE, loss)
    assert await stage.account.set_leverage(GEM, 7, side=SHORT, margin_type=ISOLATED) == scoped(ISOLATED, 10, 7)
    assert len(stage.writes()) == 1 + writes


async def test_a_value_that_cannot_be_read_afterwards_is_found_later(stage: Stage) -> None:
    """The write was executed, and looking again returns what the call would have."""
    stage.disturb(SCOPED.LEVERAGES, CannedAnswer.json(403, {"error": {"code": 1004, "message": "not today"}}))
    with pytest.raises(Exception, match="it was executed, and reading its result failed") as caught:
        await stage.account.set_leverage(GEM, 7, side=SHORT, margin_type=ISOLATED)
    error: Any = caught.value
    assert error.outcome is Outcome.APPLIED
    assert await error.resolve() == scoped(ISOLATED, 10, 7, changed=True)


async def test_names_outside_the_scope_are_not_sent(stage: Stage) -> None:
    """A side is needed, and neither the margin type of portfolios nor the side of one-way mode is one."""
    for names in ({}, {"side": PositionSide.BOTH}):
        with pytest.raises(InvalidArgument, match="name long or short"):
            await stage.account.set_leverage(GEM, 5, **names)
    with pytest.raises(InvalidArgument, match="only cross and isolated"):
        await stage.account.set_leverage(GEM, 5, side=LONG, margin_type=MarginType.PORTFOLIO)
    assert stage.writes() == []


async def test_the_conformance_kit_names_a_side(stage: Stage) -> None:
    """Its example of a leverage is the long one."""
    (setter,) = (one for one in SETTERS if one.argument == "leverage")
    on: Any = SimpleNamespace(account=stage.account, venue=stage.venue, scenario=stage.sim.scenario(stage.venue.id))
    another = setter.another(on, await setter.read(on))
    assert (await setter.write(on, another)).long == await setter.read(on) == another


# -- venues that spell a joint write in another way


def limit_of(wanted: JointSetting) -> Mapping[str, Any]:
    """Spell cross as leverage 0 with a limit, and isolated as a leverage."""
    if wanted.margin_type is CROSS:
        return {"leverage": 0, "cross_limit": wanted.leverage}
    return {"leverage": wanted.leverage}


def preference_of(wanted: JointSetting) -> Mapping[str, Any]:
    """Spell isolated as a highest leverage, and cross as none."""
    return {} if wanted.leverage is None else {"max_leverage": wanted.leverage}


def lens(spell: Any, state: RowSettings, **more: Any) -> JointLens[RowSettings]:
    async def find(_: Any, __: str) -> RowSettings:
        return state

    names: dict[str, Any] = {"leverage": ("wanted",), "margin_type": "kind"}
    return JointLens(find_row=find, state=lambda row: row, spell=spell, **names, **more)


def completed(of: JointLens[RowSettings], **parameters: Any) -> Mapping[str, Any]:
    async def complete() -> Any:
        return await of.completion.read(SimpleNamespace(), {"symbol": "A", **parameters})

    return dict(asyncio.run(complete()).parameters)


def test_a_joint_write_is_spelled_from_the_whole() -> None:
    """The names of the halves are local, and the venue gets its own."""
    isolated = lens(limit_of, RowSettings("A", ISOLATED, D(8)))
    assert completed(isolated, kind="cross") == {
        "symbol": "A",
        "kind": "cross",
        "wanted": D(8),
        "leverage": 0,
        "cross_limit": D(8),
    }
    only = lens(preference_of, RowSettings("A", CROSS, None), leverage_under=frozenset({ISOLATED}))
    assert completed(only, kind="isolated", wanted=5)["max_leverage"] == D(5)
    assert completed(only, kind="cross") == {"symbol": "A", "kind": "cross"}


def test_a_call_in_the_words_of_the_venue_is_complete() -> None:
    """Its halves are read from the venue's own parameters, and everything that reads the halves finds them."""

    def read(parameters: Mapping[str, Any]) -> JointSetting:
        leverage = parameters["max_leverage"] or None
        return JointSetting(CROSS if leverage is None else ISOLATED, leverage)

    details: dict[str, Any] = {"leverage_under": frozenset({ISOLATED}), "spelled": ("max_leverage",)}
    words = lens(preference_of, RowSettings("A", CROSS, None), read_spelled=read, **details)
    assert completed(words, max_leverage=D(5)) == {"symbol": "A", "kind": "isolated", "wanted": D(5), "max_leverage": 5}
    assert completed(words, max_leverage=D(0)) == {"symbol": "A", "kind": "cross", "max_leverage": 0}
    with pytest.raises(InvalidArgument, match="name one of them, or both"):
        completed(words)
    with pytest.raises(InvalidArgument, match="name one of them, or both"):
        completed(lens(preference_of, RowSettings("A", CROSS, None), **details), max_leverage=D(5))


def test_a_half_without_the_other_is_refused_where_it_means_nothing() -> None:
    """Leverage where the margin type has none, and a margin type whose leverage is unknown."""
    only = lens(preference_of, RowSettings("A", CROSS, None), leverage_under=frozenset({ISOLATED}))
    with pytest.raises(InvalidArgument, match="leverage can be set under isolated only"):
        completed(only, wanted=5)
    with pytest.raises(InvalidArgument, match="no leverage under isolated can be read"):
        completed(only, kind="isolated")


SETTINGS = st.builds(JointSetting, st.sampled_from([CROSS, ISOLATED]), st.integers(1, 99).map(D))


NAMED = st.sampled_from(["both", "wanted", "kind"])


@given(present=SETTINGS, other=st.integers(1, 99).map(D), wanted=SETTINGS, named=NAMED)
def test_a_completed_write_holds_exactly_when_its_whole_does(
    present: JointSetting, other: Decimal, wanted: JointSetting, named: str
) -> None:
    """Whichever halves are named, and with a leverage for each margin type."""
    leverages = tuple(
        LeverageSetting("A", value, value, margin_type=kind)
        for kind in (CROSS, ISOLATED)
        for value in [present.leverage if kind is present.margin_type else other]
    )
    state = RowSettings("A", present.margin_type, leverages=leverages)
    of = lens(limit_of, state, per_margin_type=True)
    halves: dict[str, Any] = {"wanted": wanted.leverage, "kind": wanted.margin_type.value}
    sent = completed(of, **(halves if named == "both" else {named: halves[named]}))
    margin_type = wanted.margin_type if named != "wanted" else present.margin_type
    stays = present.leverage if margin_type is present.margin_type else other
    leverage = stays if named == "kind" else wanted.leverage
    assert (sent["kind"], sent["wanted"]) == (margin_type.value, leverage)

    async def reading() -> Any:
        lost: Any = SimpleNamespace(parameters=sent)
        return await of.joint_readback()(SimpleNamespace(), lost)

    held = asyncio.run(reading())
    assert (held.value, held.holds) == (present, JointSetting(margin_type, leverage) == present)

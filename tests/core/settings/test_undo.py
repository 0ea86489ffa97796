"""The undo of a plan: the old values as a target, and applying it restores them."""

from __future__ import annotations

import asyncio
import types
from decimal import Decimal
from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.settings.joint_toys import JOINT_TOY, SCOPED_TOY, staged
from tests.core.settings.test_plan_properties import (
    ACME_TARGETS,
    GLOBEX_TARGETS,
    MARGIN_TYPES,
    SYMBOLS,
    rows,
    symbol_worlds,
    world_of,
)

from venuekit.capabilities import AssetMode, MarginType, PositionMode
from venuekit.settings import (
    AccountTarget,
    Target,
    apply,
    parse_target,
    plan,
    read_target_of,
    report_exit_status,
    tables_of,
    target_toml,
    undo_of,
)

D = Decimal


def flat(state: dict[str, Any]) -> dict[str, Any]:
    """Return a state without positions and orders, in which nothing is forbidden."""
    symbols = {name: {**row, "position": D(0), "orders": 0} for name, row in state["symbols"].items()}
    return {**state, "symbols": symbols}


async def undone(account: Any, wanted: AccountTarget) -> None:
    """Apply a target and its undo, as a file, and expect that everything holds that held before."""
    accounts, venues = {"main": account}, {"main": account.venue}
    before = await read_target_of(account, SYMBOLS)
    report = await apply(await plan(Target({"main": wanted}), accounts), accounts)
    undo = undo_of((result for result in report.results if result.status == "changed"), venues)
    if not undo.accounts:
        assert await read_target_of(account, SYMBOLS) == before
        return
    text = target_toml({name: tables_of(entry) for name, entry in undo.accounts.items()})
    again = await apply(await plan(parse_target(text).check(venues), accounts), accounts)
    assert report_exit_status(again) == 0
    assert await read_target_of(account, SYMBOLS) == before


@settings(max_examples=100, deadline=None)
@given(state=symbol_worlds().map(flat), wanted=ACME_TARGETS)
def test_applying_the_undo_restores_what_held(
    fake: types.SimpleNamespace, state: dict[str, Any], wanted: AccountTarget
) -> None:
    """For every state of a flat account and every target."""
    asyncio.run(undone(fake.Acme(fake.acme(), world_of(fake, "acme_perp", state)), wanted))


@settings(max_examples=100, deadline=None)
@given(
    margin_type=MARGIN_TYPES,
    symbols=st.fixed_dictionaries({symbol: rows(MARGIN_TYPES) for symbol in SYMBOLS}),
    wanted=GLOBEX_TARGETS,
)
def test_applying_the_undo_restores_a_margin_type_of_the_account(
    fake: types.SimpleNamespace, margin_type: MarginType, symbols: dict[str, Any], wanted: AccountTarget
) -> None:
    """The same where one margin type is all symbols'."""
    state = flat({"margin_type": margin_type, "symbols": symbols})
    asyncio.run(undone(fake.Globex(fake.globex(), world_of(fake, "globex_inverse", state)), wanted))


def test_modes_are_restored(fake: Any) -> None:
    """Those of the account, by name."""
    account = fake.Acme(fake.acme(), fake.World(symbols={"acme_perp": {"BTC": fake.Row()}}))
    target = parse_target('[accounts.main]\nposition_mode = "hedge"\nasset_mode = "multi"\n').target
    made = asyncio.run(plan(target, {"main": account}))
    assert tables_of(undo_of(made.pending, {"main": account.venue}).accounts["main"]) == {
        "venue": "acme_perp",
        "position_mode": PositionMode.ONE_WAY,
        "asset_mode": AssetMode.SINGLE,
    }


def test_sides_have_their_own_old_values(fake: Any) -> None:
    """One side that was changed is the only one in the undo."""
    world = fake.World(symbols={"acme_perp": {"BTC": fake.Row(long=D(7), short=D(9))}})
    account = fake.Acme(fake.acme(sides=True), world)
    target = parse_target("[accounts.main.symbols.BTC]\nleverage = { long = 7, short = 3 }\n").target
    made = asyncio.run(plan(target, {"main": account}))
    undo = undo_of(made.pending, {"main": account.venue})
    assert tables_of(undo.accounts["main"]) == {
        "venue": "acme_perp",
        "symbols": {"BTC": {"leverage": {"short": D(9)}}},
    }
    both = parse_target("[accounts.main.symbols.BTC]\nleverage = 3\n").target
    made = asyncio.run(plan(both, {"main": account}))
    undo = undo_of(made.pending, {"main": account.venue})
    assert tables_of(undo.accounts["main"])["symbols"] == {"BTC": {"leverage": {"long": D(7), "short": D(9)}}}


def test_values_that_a_target_cannot_name_are_left_out(fake: Any) -> None:
    """One that was not known, and a portfolio margin type."""
    world = fake.World(symbols={"acme_perp": {"BTC": fake.Row(long=None, short=None)}})
    account = fake.Acme(fake.acme(), world)
    target = parse_target('[accounts.main]\nsymbols.BTC = { leverage = 3, margin_type = "isolated" }\n').target
    made = asyncio.run(plan(target, {"main": account}))
    portfolio = tuple(
        attrs.evolve(step, present=MarginType.PORTFOLIO) if step.setting == "margin_type" else step
        for step in made.pending
    )
    assert undo_of(portfolio, {"main": account.venue}).accounts == {}


async def test_where_one_write_sets_both_they_are_restored_together() -> None:
    """But for a leverage under the margin type that is given up again, since no write could set both."""
    for venue in (JOINT_TOY, SCOPED_TOY):
        async with staged(venue, scenario="flat") as stage:
            text = '[accounts.main.symbols.GEMUSD]\nmargin_type = "isolated"\nleverage = 4\n'
            accounts, venues = {"main": stage.account}, {"main": venue}
            before = await read_target_of(stage.account, ["GEMUSD"])
            report = await apply(await plan(parse_target(text).check(venues), accounts), accounts)
            assert {result.status for result in report.results} == {"changed"}
            undo = undo_of(report.results, venues)
            again = await apply(await plan(undo, accounts), accounts)
            assert report_exit_status(again) == 0
            assert await read_target_of(stage.account, ["GEMUSD"]) == before

    own = [attrs.evolve(one, margin_type=MarginType.ISOLATED) for one in report.results if one.setting == "leverage"]
    of_both = [*(one for one in report.results if one.setting == "margin_type"), *own]
    symbols: Any = tables_of(undo_of(of_both, {"main": JOINT_TOY}).accounts["main"])["symbols"]
    assert symbols == {"GEMUSD": {"margin_type": MarginType.CROSS}}

"""The settings that hold, written as a target file, plan to nothing."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.settings.joint_toys import JOINT_TOY, SCOPED_TOY, Stage, staged

from venuekit.capabilities import LeverageBehaviour, MarginType, PositionMode
from venuekit.settings import (
    parse_target,
    plan,
    plan_exit_status,
    read_target_of,
    tables_of,
    target_toml,
)
from venuekit.simulator.ledger import Ledger
from venuekit.venue import Venue
from venuekit_toy_perp.venue import TOY_PERP

D = Decimal
GEM = "GEMUSD"


async def exported(stage: Stage, *symbols: str) -> str:
    """Return the file of an account, and expect that it plans to nothing."""
    found = await read_target_of(stage.account, symbols)
    text = target_toml({"main": tables_of(found)})
    file = parse_target(text)
    assert file.target.accounts["main"] == found
    made = await plan(file.check({"main": stage.venue}), {"main": stage.account})
    assert plan_exit_status(made) == 0, made.rows()
    return text


async def test_a_file_has_the_named_symbols_and_those_that_matter() -> None:
    """TOYUSD has a position."""
    async with staged(TOY_PERP) as stage:
        expected = """\
[accounts.main]
venue = "toy_perp"

[accounts.main.symbols.GEMUSD]
margin_type = "cross"
leverage = 10

[accounts.main.symbols.TOYUSD]
margin_type = "isolated"
leverage = 10
"""
        assert await exported(stage, GEM) == expected


async def test_every_leverage_of_a_symbol_is_written() -> None:
    """By margin type and side; where one write sets both, only that of the margin type that holds."""
    async with staged(SCOPED_TOY, scenario="flat") as stage:
        await stage.account.set_leverage(GEM, 3, side="long", margin_type=MarginType.ISOLATED)
        text = await exported(stage, GEM)
        assert "leverage = { cross = 10, isolated = { long = 3, short = 10 } }" in text
    async with staged(JOINT_TOY, scenario="flat") as stage:
        assert "leverage = 10" in await exported(stage, GEM)


async def test_settings_of_an_account_are_written(fake: Any) -> None:
    """Its modes, and a margin type that belongs to it; one that cannot be set is left out."""
    world = fake.World(
        position_mode=PositionMode.HEDGE, symbols={"acme_perp": {"BTC": fake.Row(long=D(7), short=D(7))}}
    )
    acme: Any = fake.Acme(fake.acme(), world)
    tables = tables_of(await read_target_of(acme, ["BTC"]))
    assert {name: str(value) for name, value in tables.items() if name != "symbols"} == {
        "venue": "acme_perp",
        "position_mode": "hedge",
        "asset_mode": "single",
    }
    globex: Any = fake.Globex(fake.globex(), fake.World(symbols={"globex_inverse": {"BTC": fake.Row()}}))
    assert tables_of(await read_target_of(globex, ["BTC"]))["margin_type"] is MarginType.CROSS
    globex.world.margin_type = MarginType.PORTFOLIO
    assert "margin_type" not in tables_of(await read_target_of(globex, ["BTC"]))


async def test_a_leverage_that_cannot_be_set_is_left_out() -> None:
    """Under a margin type that has none."""
    others = [one for one in JOINT_TOY.behaviours if not isinstance(one, LeverageBehaviour)]
    only = LeverageBehaviour(margin_types=frozenset({MarginType.ISOLATED}))
    declared = attrs.evolve(JOINT_TOY, behaviours=(*others, only))
    async with staged(declared, scenario="flat") as stage:
        assert "leverage" not in await exported(stage, GEM)
        stage.sim.ledger.set_margin_type(MarginType.ISOLATED, GEM)
        assert "leverage = 10" in await exported(stage, GEM)


KINDS = st.sampled_from([MarginType.CROSS, MarginType.ISOLATED])


@settings(max_examples=20, deadline=None)
@given(
    venue=st.sampled_from([JOINT_TOY, SCOPED_TOY, TOY_PERP]),
    kind=KINDS,
    leverages=st.lists(st.integers(1, 50).map(D), min_size=4, max_size=4),
)
def test_every_state_can_be_written_and_read(venue: Venue[Any], kind: MarginType, leverages: list[Decimal]) -> None:
    """Whatever holds, the file of it plans to nothing."""

    def prepare(ledger: Ledger) -> None:
        if kind is not ledger.margin_type(GEM):
            ledger.set_margin_type(kind, GEM)
        if leverages[0] != ledger.leverage(GEM):
            ledger.set_leverage(GEM, leverages[0])

    async def run() -> None:
        async with staged(venue, scenario="flat") as stage:
            prepare(stage.sim.ledger)
            simulated: Any = stage.sim._service(venue.id).simulated
            if venue is SCOPED_TOY:
                of_gem = [key for key in simulated.leverages if key[0] == GEM]
                simulated.leverages.update(zip(of_gem, leverages, strict=True))
            await exported(stage, GEM)

    asyncio.run(run())


@pytest.mark.parametrize("symbol", ["NOPE"])
async def test_an_unknown_symbol_is_the_venues_to_refuse(symbol: str) -> None:
    """In its own words."""
    async with staged(TOY_PERP) as stage:
        with pytest.raises(Exception, match="no such contract"):
            await read_target_of(stage.account, [symbol])

"""Plans: the order of steps within one account, and what several accounts share."""

from __future__ import annotations

import types
from decimal import Decimal
from typing import Any

from tests.core.settings.planned import CROSS, ISOLATED, order, shown, target

from venuekit.capabilities import AssetMode
from venuekit.settings import StepStatus, plan


async def test_pooling_waits_until_every_symbol_is_cross(main: Any) -> None:
    """With isolated symbols in the file, they become cross before the assets are pooled, whatever the file's order."""
    main.rows["BTC"].margin_type = main.rows["ETH"].margin_type = ISOLATED
    text = (
        '[accounts.main]\nasset_mode = "multi"\nsymbols.ETH.margin_type = "cross"\nsymbols.BTC.margin_type = "cross"\n'
    )
    made = await plan(target(text), {"main": main})

    assert order(made) == ["symbols.ETH.margin_type", "symbols.BTC.margin_type", "asset_mode"]
    assert made.pending[-1].needs == (
        "accounts.main.symbols.ETH.margin_type",
        "accounts.main.symbols.BTC.margin_type",
    )


async def test_isolating_waits_until_assets_are_no_longer_pooled(main: Any) -> None:
    """Single-asset comes first when a symbol is to be isolated."""
    main.world.asset_mode = AssetMode.MULTI
    text = '[accounts.main]\nsymbols.BTC.margin_type = "isolated"\nasset_mode = "single"\n'
    made = await plan(target(text), {"main": main})

    assert order(made) == ["asset_mode", "symbols.BTC.margin_type"]


async def test_leverage_is_lowered_first_and_raised_last(main: Any) -> None:
    """A leverage falls before anything else changes, and rises only after its margin type."""
    text = (
        '[accounts.main]\nposition_mode = "hedge"\nsymbols.BTC = { leverage = 20, margin_type = "isolated" }\n'
        'symbols.ETH = { leverage = 5, margin_type = "isolated" }\n'
    )
    made = await plan(target(text), {"main": main})

    assert order(made) == [
        "symbols.ETH.leverage",
        "position_mode",
        "symbols.BTC.margin_type",
        "symbols.BTC.leverage",
        "symbols.ETH.margin_type",
    ]


async def test_lowering_waits_for_cross_or_goes_before_isolated(fake: types.SimpleNamespace) -> None:
    """With a position open, leverage falls while the account is cross: after leaving isolated, before entering it."""
    world = fake.World(margin_type=ISOLATED)
    world.rows("globex_inverse")["BTC"] = fake.Row(position=Decimal(3))
    account = fake.Globex(fake.globex(), world)
    leaving = await plan(
        target('[accounts.main]\nmargin_type = "cross"\nsymbols.BTC.leverage = 5\n'), {"main": account}
    )
    world.margin_type = CROSS
    entering = await plan(
        target('[accounts.main]\nmargin_type = "isolated"\nsymbols.BTC.leverage = 5\n'), {"main": account}
    )

    assert order(leaving) == ["margin_type", "symbols.BTC.leverage"]
    assert order(entering) == ["symbols.BTC.leverage", "margin_type"]


async def test_sides_are_planned_apart_where_the_venue_sets_them_apart(fake: types.SimpleNamespace) -> None:
    """Each side is a step of its own; a side that agrees or is not named is left alone."""
    world = fake.World()
    world.rows("acme_perp").update(BTC=fake.Row(long=Decimal(3)), ETH=fake.Row())
    account = fake.Acme(fake.acme(sides=True), world)
    text = "[accounts.main.symbols]\nBTC.leverage = 3\nETH.leverage = { short = 4 }\n"
    made = await plan(target(text), {"main": account})

    assert shown(made) == [
        ("main.symbols.BTC.leverage.long", "unchanged"),
        ("main.symbols.BTC.leverage.short", "pending"),
        ("main.symbols.ETH.leverage.short", "pending"),
    ]


async def test_entries_of_one_key_share_what_they_agree_on(fake: types.SimpleNamespace) -> None:
    """Two entries of one account are read once; the second goes along with the first."""
    world = fake.World()
    world.rows("acme_perp")["BTC"] = fake.Row()
    account = fake.Acme(fake.acme(), world)
    text = '[accounts.a]\nposition_mode = "hedge"\n[accounts.b]\nposition_mode = "hedge"\nsymbols.BTC.leverage = 5\n'
    made = await plan(target(text), {"a": account, "b": account})

    assert shown(made) == [
        ("a.position_mode", "pending"),
        ("b.position_mode", "along"),
        ("b.symbols.BTC.leverage", "pending"),
    ]
    assert made.steps[1].reason == "accounts.a.position_mode is the same setting"
    assert [line for line in world.log if "orders" not in line] == ["read acme_perp"]


async def test_entries_of_one_realm_that_differ_are_refused_naming_both(fake: types.SimpleNamespace) -> None:
    """Venues that share the position mode cannot be planned apart; what they do not share can."""
    world = fake.World()
    accounts = {
        "a": fake.Acme(fake.acme("acme_perp", ("acme_coin",)), world),
        "b": fake.Acme(fake.acme("acme_coin", ("acme_perp",)), world),
    }
    text = (
        '[accounts.a]\nposition_mode = "hedge"\nasset_mode = "multi"\n'
        '[accounts.b]\nposition_mode = "one_way"\nasset_mode = "single"\n'
    )
    made = await plan(target(text), accounts)

    assert shown(made) == [
        ("a.position_mode", "refused"),
        ("a.asset_mode", "pending"),
        ("b.position_mode", "refused"),
        ("b.asset_mode", "unchanged"),
    ]
    assert (
        made.steps[0].reason
        == made.steps[2].reason
        == (
            "accounts.a.position_mode wants hedge and accounts.b.position_mode wants one_way, "
            "but both are one setting of one account"
        )
    )


async def test_entries_of_other_keys_may_differ(fake: types.SimpleNamespace) -> None:
    """One venue with two API keys is two accounts, each planned for itself."""
    accounts = {"a": fake.Acme(fake.acme(), fake.World(key="1")), "b": fake.Acme(fake.acme(), fake.World(key="2"))}
    text = '[accounts.a]\nposition_mode = "hedge"\n[accounts.b]\nposition_mode = "one_way"\n'

    assert shown(await plan(target(text), accounts)) == [
        ("a.position_mode", "pending"),
        ("b.position_mode", "unchanged"),
    ]


async def test_position_on_a_venue_that_shares_the_mode_refuses_it(fake: types.SimpleNamespace) -> None:
    """What is open anywhere in the realm counts; a mate that was not read is named in the note."""
    world = fake.World()
    world.rows("acme_coin")["BTC"] = fake.Row(position=Decimal(1))
    perp = fake.Acme(fake.acme("acme_perp", ("acme_coin",)), world)
    coin = fake.Acme(fake.acme("acme_coin", ("acme_perp",)), world)
    both = await plan(
        target('[accounts.a]\nposition_mode = "hedge"\n[accounts.b]\nsymbols.BTC.leverage = 10\n'),
        {"a": perp, "b": coin},
    )
    alone = await plan(target('[accounts.a]\nposition_mode = "hedge"\n'), {"a": perp})

    assert both.steps[0].reason == f"{fake.words.mode_held} (open positions: BTC on acme_coin)"
    assert both.steps[0].note is None
    assert alone.steps[0].status is StepStatus.PENDING
    assert alone.steps[0].note == "also changes acme_coin; orders and positions were not read on acme_coin"

"""Plans: the difference, its cost, and the refusals that the reads show."""

from __future__ import annotations

import types
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.core.settings.planned import CROSS, ISOLATED, order, shown, target

from venuekit.capabilities import PositionMode, SettingsReader
from venuekit.errors import ConfigurationError, UnsupportedCapability
from venuekit.settings import Plan, StepStatus, plan, plan_exit_status


def reason(made: Plan, name: str) -> str:
    return next(step.reason or "" for step in made.steps if step.name == f"accounts.main.{name}")


async def test_nothing_to_change_is_an_empty_plan_by_the_cheap_reads_alone(main: Any) -> None:
    """A target that holds already is read once, without orders or brackets, and has nothing pending."""
    made = await plan(target('[accounts.main]\nposition_mode = "one_way"\nsymbols.BTC.leverage = 10\n'), {"main": main})

    assert shown(made) == [("main.position_mode", "unchanged"), ("main.symbols.BTC.leverage", "unchanged")]
    assert main.world.log == ["read acme_perp"]
    assert made.is_empty
    assert made.weight == 0
    assert plan_exit_status(made) == 0


async def test_plan_says_what_each_step_and_the_reads_weigh(main: Any) -> None:
    """A step weighs what its setter weighs and the reading right before it; the other reads are counted apart."""
    text = '[accounts.main]\nposition_mode = "hedge"\nsymbols.BTC = { margin_type = "isolated", leverage = 5 }\n'
    made = await plan(target(text), {"main": main})

    assert {step.setting.value: step.weight for step in made.steps} == {
        "position_mode": 3,
        "margin_type": 2,
        "leverage": 2,
    }
    assert made.weight == 7
    assert [(read.account, read.venue, read.weight) for read in made.reads] == [("main", "acme_perp", 55)]
    assert plan_exit_status(made) == 5


async def test_what_is_unchanged_weighs_nothing(main: Any) -> None:
    """Steps that send nothing carry neither weight nor place in the order."""
    made = await plan(target("[accounts.main.symbols.BTC]\nleverage = 10\n"), {"main": main})

    assert [(step.weight, step.order) for step in made.steps] == [(None, None)]


@pytest.mark.parametrize(
    ("text", "second_read"),
    [
        ('symbols.BTC.margin_type = "isolated"', "orders=BTC"),
        ('position_mode = "hedge"', "orders=all"),
        ('asset_mode = "multi"', "orders=all"),
        ("symbols.BTC.leverage = 11", "brackets=BTC"),
        ("symbols.BTC.leverage = 9", None),
        ('symbols.BTC = { margin_type = "isolated", leverage = 11 }', "orders=BTC brackets=BTC"),
    ],
)
async def test_orders_and_brackets_are_read_only_where_a_difference_needs_them(
    main: Any, text: str, second_read: str | None
) -> None:
    """A margin type reads the symbol's orders, a mode the account's, a rising leverage the brackets, others nothing."""
    await plan(target(f"[accounts.main]\n{text}\n"), {"main": main})

    assert main.world.log[1:] == ([] if second_read is None else [f"read acme_perp {second_read}"])


async def test_position_refuses_a_margin_type_in_the_venues_words(main: Any, fake: types.SimpleNamespace) -> None:
    """An open position predicts the refusal, and the leverage that was to rise with it is skipped."""
    main.rows["BTC"].position = Decimal(-2)
    made = await plan(target('[accounts.main.symbols.BTC]\nmargin_type = "isolated"\nleverage = 20\n'), {"main": main})

    assert shown(made) == [("main.symbols.BTC.margin_type", "refused"), ("main.symbols.BTC.leverage", "skipped")]
    assert reason(made, "symbols.BTC.margin_type") == f"{fake.words.held} (open position: 2)"
    assert reason(made, "symbols.BTC.leverage") == "needs margin_type of BTC = isolated, which is refused"
    assert made.is_empty
    assert plan_exit_status(made) == 3


async def test_orders_refuse_a_margin_type(main: Any, fake: types.SimpleNamespace) -> None:
    """Open orders of the symbol predict the refusal; those of another symbol do not."""
    main.rows["BTC"].orders = 3
    made = await plan(
        target('[accounts.main.symbols]\nBTC.margin_type = "isolated"\nETH.margin_type = "isolated"\n'), {"main": main}
    )

    assert [step.status for step in made.steps] == [StepStatus.REFUSED, StepStatus.PENDING]
    assert reason(made, "symbols.BTC.margin_type") == f"{fake.words.resting} (open orders: 3)"


async def test_anything_open_refuses_a_position_mode(main: Any, fake: types.SimpleNamespace) -> None:
    """Orders and positions of symbols outside the file count, and both reasons are told."""
    main.rows["ETH"].orders = 1
    main.rows["ETH"].position = Decimal(1)
    made = await plan(target('[accounts.main]\nposition_mode = "hedge"\n'), {"main": main})

    assert reason(made, "position_mode") == (
        f"{fake.words.mode_resting} (open orders: 1); {fake.words.mode_held} (open positions: ETH)"
    )


async def test_lower_leverage_is_refused_while_an_isolated_position_is_open(
    main: Any, fake: types.SimpleNamespace
) -> None:
    """The refusal names leverage and margin type; flat, cross or raised is no problem."""
    main.rows["BTC"].position = Decimal(1)
    main.rows["BTC"].margin_type = ISOLATED
    refused = await plan(target("[accounts.main.symbols.BTC]\nleverage = 9\n"), {"main": main})
    raised = await plan(target("[accounts.main.symbols.BTC]\nleverage = 11\n"), {"main": main})
    main.rows["BTC"].margin_type = CROSS
    cross = await plan(target("[accounts.main.symbols.BTC]\nleverage = 9\n"), {"main": main})

    assert reason(refused, "symbols.BTC.leverage") == (
        "leverage of BTC = 9 needs margin_type of BTC other than isolated; "
        f"it is isolated and the target leaves it: {fake.words.lower}"
    )
    assert order(raised) == order(cross) == ["symbols.BTC.leverage"]
    assert raised.steps[0].note == "moves the margin of the open position at once"


async def test_leverage_above_the_brackets_is_refused(main: Any) -> None:
    """What the brackets do not allow at the present position is told with the most that they do."""
    main.rows["BTC"].max_leverage = Decimal(25)
    made = await plan(target("[accounts.main.symbols.BTC]\nleverage = 26\n"), {"main": main})

    assert reason(made, "symbols.BTC.leverage") == "the brackets allow at most 25 at the present position"


async def test_unknown_symbol_is_refused(main: Any) -> None:
    """A symbol that the venue's reads do not know is refused by name."""
    made = await plan(target("[accounts.main.symbols.XXX]\nleverage = 9\n"), {"main": main})

    assert reason(made, "symbols.XXX.leverage") == "acme_perp lists no symbol XXX"


async def test_isolated_symbol_outside_the_file_refuses_pooling(main: Any, fake: types.SimpleNamespace) -> None:
    """A symbol that the file does not name still forbids it, and both settings are named."""
    main.rows["ETH"].margin_type = ISOLATED
    made = await plan(target('[accounts.main]\nasset_mode = "multi"\n'), {"main": main})

    assert reason(made, "asset_mode") == (
        "asset_mode = multi needs margin_type of ETH = cross; "
        f"it is isolated and the target leaves it: {fake.words.pool_needs_cross}"
    )


async def test_pooling_is_skipped_when_a_symbol_cannot_become_cross(main: Any) -> None:
    """A refused margin type takes the asset mode with it, and the reason names the symbol."""
    main.rows["ETH"].margin_type = ISOLATED
    main.rows["ETH"].position = Decimal(1)
    text = '[accounts.main]\nasset_mode = "multi"\nsymbols.ETH.margin_type = "cross"\n'
    made = await plan(target(text), {"main": main})

    assert shown(made) == [("main.asset_mode", "skipped"), ("main.symbols.ETH.margin_type", "refused")]
    assert reason(made, "asset_mode") == "needs margin_type of ETH = cross, which is refused"


async def test_settings_that_exclude_each_other_are_refused_naming_both(main: Any, fake: types.SimpleNamespace) -> None:
    """A target made in code that no order can reach is refused on both sides; what hangs on it is skipped."""
    text = '[accounts.main]\nasset_mode = "multi"\nsymbols.BTC = { margin_type = "isolated", leverage = 20 }\n'
    made = await plan(target(text), {"main": main})

    assert [step.status.value for step in made.steps] == ["refused", "refused", "skipped"]
    assert reason(made, "asset_mode") == (
        "asset_mode = multi and margin_type of BTC = isolated exclude each other: " + fake.words.pool_needs_cross
    )
    assert reason(made, "symbols.BTC.margin_type") == (
        "margin_type of BTC = isolated and asset_mode = multi exclude each other: " + fake.words.isolated_needs_single
    )


async def test_setting_without_control_is_unchanged_when_it_agrees_and_refused_otherwise(
    fake: types.SimpleNamespace,
) -> None:
    """A venue that cannot set its position mode agrees with a target that already holds, and says why it cannot."""
    account = fake.Globex(fake.globex(), fake.World())
    agrees = await plan(target('[accounts.main]\nposition_mode = "one_way"\n'), {"main": account})
    differs = await plan(target('[accounts.main]\nposition_mode = "hedge"\n'), {"main": account})

    assert shown(agrees) == [("main.position_mode", "unchanged")]
    assert shown(differs) == [("main.position_mode", "refused")]
    assert reason(differs, "position_mode") == fake.words.one_way_only


async def test_margin_type_of_the_account_lists_what_it_touches(fake: types.SimpleNamespace) -> None:
    """Where one margin type rules all symbols, the step names those with positions and what else changes."""
    world = fake.World()
    world.rows("globex_inverse").update(
        BTC=fake.Row(position=Decimal(3)), ETH=fake.Row(), SOL=fake.Row(position=Decimal(-1))
    )
    made = await plan(
        target('[accounts.main]\nmargin_type = "isolated"\n'), {"main": fake.Globex(fake.globex(), world)}
    )

    [step] = made.steps
    assert (step.status, step.affected) == (StepStatus.PENDING, ("BTC", "SOL"))
    assert step.note == "touches spot margin and options"
    assert world.log == ["read globex_inverse", "read globex_inverse orders=all"]


async def test_mode_that_is_not_known_is_set_without_a_guess(main: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A present value that the reads do not tell is None in the plan, and the step is pending."""
    read = type(main).get_settings

    async def silent(self: Any, *args: Any, **options: Any) -> Any:
        return attrs.evolve(await read(self, *args, **options), position_mode=None)

    monkeypatch.setattr(type(main), "get_settings", silent)
    made = await plan(target('[accounts.main]\nposition_mode = "hedge"\n'), {"main": main})

    assert [(step.present, step.status) for step in made.steps] == [(None, StepStatus.PENDING)]


async def test_account_that_is_not_open_is_named(main: Any) -> None:
    """A target for an account that was not handed in is a configuration error before any read."""
    with pytest.raises(ConfigurationError, match=r"accounts\.other: the target names it"):
        await plan(target("[accounts.main]\n[accounts.other]\n"), {"main": main})
    assert main.world.log == []


async def test_venue_without_settings_reader_says_so(main: Any) -> None:
    """An account that cannot read its settings is unreadable, with the venue's reason."""
    main.refuses[SettingsReader] = "Not for sub-accounts."

    [one] = (await plan(target("[accounts.main]\n"), {"main": main})).unreadable
    assert isinstance(one.error, UnsupportedCapability)
    assert "Not for sub-accounts." in str(one.error)


async def test_rows_are_flat_and_start_with_account_and_venue(main: Any) -> None:
    """rows() gives plain columns in one order, values as they are, absent ones None."""
    [row] = (await plan(target('[accounts.main]\nposition_mode = "hedge"\n'), {"main": main})).rows()

    assert row == {
        "account": "main",
        "venue": "acme_perp",
        "symbol": None,
        "setting": "position_mode",
        "side": None,
        "margin_type": None,
        "present": PositionMode.ONE_WAY,
        "target": PositionMode.HEDGE,
        "decided_by": "settings.toml:2",
        "status": "pending",
        "order": 1,
        "weight": 3,
        "reason": None,
        "note": None,
        "affected": None,
    }
    assert list(row)[:2] == ["account", "venue"]

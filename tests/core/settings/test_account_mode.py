"""An account mode in a target is compared, never set, and explains the settings that it makes unavailable."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
from tests.core.settings.joint_toys import MODE_TOY, MODES, NOT_REACHED, Stage, staged

from venuekit.capabilities import AccountMode, AccountModeSetting, MarginType, Setting, SettingsSnapshot
from venuekit.errors import TargetFileError
from venuekit.settings import apply, parse_target, plan, plan_exit_status, report_exit_status
from venuekit.simulator import CannedAnswer
from venuekit_toy_perp.venue import TOY_PERP

LEVERAGE = "[accounts.main.symbols.GEMUSD]\nleverage = 20\n"


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A classic account; GEMUSD is flat, cross at 10."""
    async with staged(MODE_TOY) as opened:
        yield opened


def switch(stage: Stage, mode: str) -> None:
    simulated: Any = stage.sim._service("mode_toy").simulated
    simulated.mode = mode


def moded(mode: str) -> Any:
    return parse_target(f'[accounts.main]\naccount_mode = "{mode}"\n{LEVERAGE}').target


async def test_the_mode_is_read_only_where_a_target_names_it(stage: Stage) -> None:
    """Where it agrees it is unchanged, and its read is counted."""
    accounts = {"main": stage.account}
    plain = await plan(parse_target(LEVERAGE).target, accounts)
    named = await plan(moded("classic"), accounts)
    assert [step.status.value for step in named.steps] == ["unchanged", "pending"]
    assert [read.weight for read in named.reads] == [plain.reads[0].weight + 3]
    assert sum(request.path == "/v1/mode" for request in stage.sim.requests) == 1
    assert report_exit_status(await apply(named, accounts)) == 0


async def test_another_mode_is_refused_with_the_present_one(stage: Stage) -> None:
    """It is not sent, and other settings are."""
    accounts = {"main": stage.account}
    made = await plan(moded("unified"), accounts)
    mode, leverage = made.steps
    assert (mode.status, mode.present, mode.target) == ("refused", AccountMode.CLASSIC, AccountMode.UNIFIED)
    assert mode.reason == "account_mode is classic (CLASSIC) here, and is changed at the venue, not through its API"
    assert leverage.status == "pending"
    report = await apply(made, accounts)
    assert [result.status.value for result in report.results] == ["refused", "changed"]
    assert report_exit_status(report) == 3


async def test_settings_that_the_mode_makes_unavailable_are_refused_with_its_reason(stage: Stage) -> None:
    """A venue that refuses the key because of the mode does not make the account unreadable."""
    switch(stage, "portfolio_margin")
    for target in (parse_target(LEVERAGE).target, moded("portfolio_margin")):
        made = await plan(target, {"main": stage.account})
        assert (made.unreadable, plan_exit_status(made)) == ((), 3)
        assert made.steps[-1].reason == NOT_REACHED
        assert {step.status.value for step in made.steps[:-1]} <= {"unchanged"}
    assert stage.writes() == []


async def test_a_refused_key_is_an_error_where_no_mode_explains_it(stage: Stage) -> None:
    """It is the venue's own, also when the mode cannot be read either."""
    unknown = CannedAnswer.json(401, {"error": {"code": 1001, "message": "the key is not known"}})
    stage.disturb(MODES.SETTINGS, unknown)
    made = await plan(parse_target(LEVERAGE).target, {"main": stage.account})
    assert [failure.account for failure in made.unreadable] == ["main"]
    stage.disturb(MODES.SETTINGS, unknown)
    stage.disturb(MODES.MODE, unknown)
    made = await plan(parse_target(LEVERAGE).target, {"main": stage.account})
    assert "the key is not known" in str(made.unreadable[0].error)


async def test_a_mode_that_changes_meanwhile_refuses_the_rest() -> None:
    """The key is refused right before the second write, and the mode is the reason of all that follow."""
    text = (
        "[accounts.main.symbols.GEMUSD]\nleverage = 5\n"
        '[accounts.main.symbols.TOYUSD]\nmargin_type = "isolated"\nleverage = 20\n'
    )
    async with staged(MODE_TOY, scenario="flat") as stage:
        accounts = {"main": stage.account}
        made = await plan(parse_target(text).target, accounts)
        assert [step.name for step in made.pending] == [step.name for step in made.steps]
        report = await apply(made, accounts, on_result=lambda _: switch(stage, "portfolio_margin"))
        _, second, third = report.results
        assert (second.status, second.message) == ("refused", f"the key is not known; {NOT_REACHED}")
        assert (third.status, third.message) == ("refused", NOT_REACHED)
        assert [one["contract"] for one in stage.writes()] == ["GEMUSD"]


async def test_a_mode_that_the_answers_leave_open_is_refused_with_the_reason(fake: Any) -> None:
    """No mode is compared with one that is not known."""
    open_mode = AccountModeSetting(None, reason="classic or unified: the key may not ask")

    class Open(fake.Globex):  # type: ignore[misc]
        async def get_settings(self, symbols: Any, **more: Any) -> SettingsSnapshot:
            snapshot: SettingsSnapshot = await super().get_settings(symbols, **more)
            return attrs.evolve(snapshot, account_mode=open_mode)

    account: Any = Open(fake.globex(), fake.World())
    target = parse_target('[accounts.main]\naccount_mode = "classic"\n').target
    (step,) = (await plan(target, {"main": account})).steps
    assert (step.status, step.reason) == ("refused", f"the account mode is not known: {open_mode.reason}")


def test_a_mode_that_a_venue_does_not_read_is_refused_in_the_file() -> None:
    """So is a word that is no mode, and a mode that stands in the table of a symbol."""
    with pytest.raises(
        TargetFileError, match=r"target.toml:2: accounts.main.account_mode: toy_perp has no such setting"
    ):
        parse_target('[accounts.main]\naccount_mode = "classic"\n', "target.toml").check({"main": TOY_PERP})
    with pytest.raises(TargetFileError, match="did you mean classic"):
        parse_target('[accounts.main]\naccount_mode = "clasic"\n')
    with pytest.raises(TargetFileError, match=r"write accounts.main.account_mode"):
        parse_target('[accounts.main.symbols.GEMUSD]\naccount_mode = "classic"\n')


async def test_a_margin_type_that_ends_it_makes_a_setting_available(fake: Any) -> None:
    """In portfolio margin a leverage is refused with the mode's reason, unless the target leaves portfolio margin."""
    why = "in portfolio margin no symbol has a leverage"
    mode = AccountModeSetting(AccountMode.UNIFIED, unavailable={Setting.LEVERAGE: why})

    class InPortfolio(fake.Globex):  # type: ignore[misc]
        async def get_settings(self, symbols: Any, **more: Any) -> SettingsSnapshot:
            snapshot: SettingsSnapshot = await super().get_settings(symbols, **more)
            return attrs.evolve(snapshot, account_mode=mode)

    rows = {"globex_inverse": {"BTC": fake.Row()}}
    account: Any = InPortfolio(fake.globex(), fake.World(margin_type=MarginType.PORTFOLIO, symbols=rows))
    leverage = "[accounts.main.symbols.BTC]\nleverage = 5\n"
    (refused,) = (await plan(parse_target(leverage).target, {"main": account})).steps
    assert (refused.status, refused.reason) == (
        "refused",
        f"leverage of BTC = 5 needs margin_type other than portfolio; it is portfolio and the target leaves it: {why}",
    )
    made = await plan(parse_target(f'[accounts.main]\nmargin_type = "cross"\n{leverage}').target, {"main": account})
    assert [step.setting.value for step in made.pending] == ["margin_type", "leverage"]

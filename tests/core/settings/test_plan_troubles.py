"""Plans of accounts that cannot be read in full, or whose venue declares less than others: the rest is planned."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Collection
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.core.settings.applied import target

from venuekit.capabilities import LeverageBehaviour, LeverageControl, SettingsReader, SettingsSnapshot, SymbolSettings
from venuekit.errors import InvalidRequest, Outcome, Rejected
from venuekit.settings import Plan, plan, plan_exit_status, read_target_of


def shown(made: Plan) -> list[tuple[str, str]]:
    """Return name (below the account) and status of every step."""
    return [(step.name.removeprefix("accounts."), step.status.value) for step in made.steps]


async def test_an_account_whose_orders_cannot_be_read_is_unreadable(
    main: Any, fake: types.SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second reading fails for one of two accounts: its settings are not planned, those of the other are."""
    read = fake.Acme.get_settings
    error = Rejected("no orders today", venue="acme_perp", operation="get_settings", outcome=Outcome.NOT_APPLIED)

    async def without_orders(self: Any, *args: Any, **options: Any) -> Any:
        if options.get("orders"):
            raise error
        return await read(self, *args, **options)

    monkeypatch.setattr(fake.Acme, "get_settings", without_orders)
    other = fake.Acme(main.venue, fake.World(key="other", symbols={"acme_perp": {"BTC": fake.Row()}}))
    text = '[accounts.main.symbols.BTC]\nmargin_type = "isolated"\n[accounts.other.symbols.BTC]\nleverage = 5\n'
    made = await plan(target(text), {"main": main, "other": other})

    assert shown(made) == [("other.symbols.BTC.leverage", "pending")]
    assert [(one.account, one.error) for one in made.unreadable] == [("main", error)]
    assert plan_exit_status(made) == 1


async def test_a_request_that_is_refused_for_another_reason_names_no_symbol(
    main: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a refusal of a symbol that the target names makes that symbol unknown; any other is the account's."""
    error = InvalidRequest("bad window", venue="acme_perp", operation="get_settings", outcome=Outcome.NOT_APPLIED)

    async def refuse(self: Any, *args: Any, **options: Any) -> Any:
        raise error

    monkeypatch.setattr(type(main), "get_settings", refuse)
    made = await plan(target("[accounts.main.symbols.BTC]\nleverage = 5\n"), {"main": main})

    assert made.unknown == ()
    assert [(one.account, one.error) for one in made.unreadable] == [("main", error)]


async def test_a_venue_of_the_realm_that_declares_no_position_mode_keeps_its_own(fake: types.SimpleNamespace) -> None:
    """Two venues of one key share a position mode only where one of them declares it."""
    world = fake.World()
    accounts = {
        "wide": fake.Globex(attrs.evolve(fake.globex(), realm="acme"), world),
        "main": fake.Acme(fake.acme("acme_perp", ("acme_coin",)), world),
    }
    text = '[accounts.wide]\nposition_mode = "one_way"\n[accounts.main]\nposition_mode = "hedge"\n'
    made = await plan(target(text), accounts)

    assert shown(made) == [("wide.position_mode", "unchanged"), ("main.position_mode", "pending")]


async def test_settings_that_no_read_shows_are_waited_for_only_where_the_target_sets_them(
    main: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A raise waits for the margin type of its target; the margin type, which needs single assets, waits for none."""
    read = type(main).get_settings

    async def silent(self: Any, *args: Any, **options: Any) -> Any:
        snapshot = await read(self, *args, **options)
        symbols = tuple(attrs.evolve(row, margin_type=None) for row in snapshot.symbols)
        return attrs.evolve(snapshot, asset_mode=None, symbols=symbols)

    monkeypatch.setattr(type(main), "get_settings", silent)
    text = '[accounts.main.symbols.BTC]\nleverage = 20\nmargin_type = "isolated"\n'
    made = await plan(target(text), {"main": main})

    assert [(step.setting.value, step.present) for step in made.pending] == [
        ("margin_type", None),
        ("leverage", Decimal(10)),
    ]


async def test_a_venue_without_margin_types_has_a_leverage_to_plan(fake: types.SimpleNamespace) -> None:
    """Each symbol has a leverage, and the target of what holds leaves it out where it cannot be set."""
    account = _only_leverages(fake)
    made = await plan(target("[accounts.main.symbols.BTC]\nleverage = 5\n"), {"main": account})
    assert shown(made) == [("main.symbols.BTC.leverage", "pending")]
    assert (await read_target_of(account, ["BTC"])).symbols["BTC"].leverage is not None

    read_only = attrs.evolve(account.venue, unsupported={LeverageControl: "Leverage is fixed here."})
    account.venue = read_only
    assert (await read_target_of(account, ["BTC"])).symbols == {}


def _only_leverages(fake: Any) -> Any:
    """Return an account of a venue that declares no margin type and no position mode."""

    class OnlyLeverages(fake.SetsLeverage, SettingsReader):  # type: ignore[misc]  # a base of the fixture
        async def get_settings(self, symbols: Collection[str], **_: Any) -> SettingsSnapshot:
            rows = tuple(SymbolSettings(one, leverage_long=Decimal(10), leverage_short=Decimal(10)) for one in symbols)
            return SettingsSnapshot(symbols=rows)

    globex = fake.globex()
    kept = tuple(one for one in globex.behaviours if isinstance(one, LeverageBehaviour))
    return OnlyLeverages(attrs.evolve(globex, account=OnlyLeverages, behaviours=kept), fake.World())


async def test_accounts_are_read_side_by_side(main: Any, fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reading begins while the other ones are under way; an error that is none of ours ends the plan as it is."""
    other = fake.Acme(fake.acme(), fake.World(key="other", symbols={"acme_perp": {"BTC": fake.Row()}}))
    accounts = {"main": main, "other": other}
    both = target("[accounts.main.symbols.BTC]\nleverage = 5\n[accounts.other.symbols.BTC]\nleverage = 5\n")
    read, meeting = type(main).get_settings, asyncio.Barrier(2)

    async def wait_for_the_other(self: Any, symbols: Any, **asked: Any) -> Any:
        await meeting.wait()
        return await read(self, symbols, **asked)

    async def fail(self: Any, symbols: Any, **asked: Any) -> Any:
        raise LookupError("a mistake of a plugin")

    monkeypatch.setattr(type(main), "get_settings", wait_for_the_other)
    async with asyncio.timeout(10):
        made = await plan(both, accounts)
    assert [step.account for step in made.pending] == ["main", "other"]
    monkeypatch.setattr(type(main), "get_settings", fail)
    with pytest.raises(LookupError, match="a mistake of a plugin"):
        await plan(both, accounts)

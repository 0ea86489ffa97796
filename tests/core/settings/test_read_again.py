"""A setting is called unchanged only where it was read again, after everything that was sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.core.settings.applied import message, statuses, target, when

from venuekit.capabilities import SettingsSnapshot
from venuekit.errors import AnswerLost, OddRow
from venuekit.settings import Report, apply, plan, report_exit_status

TEXT = "[accounts.main]\nsymbols.BTC.leverage = 10\nsymbols.ETH.leverage = 5\n"
WRITE = "acme_perp leverage ETH 5"
Read = Callable[..., Awaitable[SettingsSnapshot]]


async def apply_beside(
    main: Any, monkeypatch: pytest.MonkeyPatch, read_after: Callable[[Read, Any, Any], Any]
) -> Report:
    """Apply one change beside a setting that is right; ``read_after`` is the reading after it."""
    made = await plan(target(TEXT), {"main": main})
    read = type(main).get_settings

    async def get_settings(self: Any, symbols: Any, **asked: Any) -> Any:
        if main.world.writes:
            return await read_after(read, self, symbols)
        return await read(self, symbols, **asked)

    monkeypatch.setattr(type(main), "get_settings", get_settings)
    return await apply(made, {"main": main})


async def test_a_setting_that_could_not_be_read_again_is_unknown(main: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that was right and was not sent."""

    async def fail(read: Read, account: Any, symbols: Any) -> SettingsSnapshot:
        raise AnswerLost("no answer", venue="acme_perp", operation="get_settings")

    report = await apply_beside(main, monkeypatch, fail)

    assert statuses(report) == {"symbols.BTC.leverage": "unknown", "symbols.ETH.leverage": "unknown"}
    assert message(report, "symbols.BTC.leverage").startswith("was right, but was not read again: acme_perp: ")
    assert message(report, "symbols.ETH.leverage").startswith("was accepted, but not verified: acme_perp: ")
    assert report_exit_status(report) == 4


async def test_a_setting_whose_row_could_not_be_read_again_is_unknown(
    main: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others of its account are what the reading shows."""
    odd = OddRow("no number", venue="acme_perp", operation="get_settings", row={"symbol": "BTC"})

    async def garble(read: Read, account: Any, symbols: Any) -> SettingsSnapshot:
        return (await read(account, symbols)).with_odd({"BTC": odd})

    report = await apply_beside(main, monkeypatch, garble)

    assert statuses(report) == {"symbols.BTC.leverage": "unknown", "symbols.ETH.leverage": "changed"}


async def test_a_setting_that_is_not_reported_any_more_is_unknown(main: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is no value that holds."""

    async def hide(read: Read, account: Any, symbols: Any) -> SettingsSnapshot:
        snapshot = await read(account, symbols)
        rows = tuple(attrs.evolve(row, leverage_long=None) if row.symbol == "BTC" else row for row in snapshot.symbols)
        return attrs.evolve(snapshot, symbols=rows)

    report = await apply_beside(main, monkeypatch, hide)

    assert statuses(report) == {"symbols.BTC.leverage": "unknown", "symbols.ETH.leverage": "changed"}
    assert message(report, "symbols.BTC.leverage") == "was right, and is not reported any more"


async def test_another_account_that_moved_meanwhile_is_a_conflict(main: Any, fake: Any) -> None:
    """Every account of the target is read again, also one to which nothing was sent."""
    other = fake.Acme(fake.acme(), fake.World(key="other", symbols={"acme_perp": {"BTC": fake.Row()}}))
    accounts = {"main": main, "other": other}
    both = target(f"{TEXT}[accounts.other.symbols.BTC]\nleverage = 10\n")
    made = await plan(both, accounts)
    main.world.meddle = when(WRITE, applied=True, do=lambda: setattr(other.rows["BTC"], "long", Decimal(7)))

    report = await apply(made, accounts)

    assert {result.name: result.status.value for result in report.results} == {
        "accounts.main.symbols.BTC.leverage": "unchanged",
        "accounts.main.symbols.ETH.leverage": "changed",
        "accounts.other.symbols.BTC.leverage": "conflict",
    }
    assert other.world.writes == []
    assert report_exit_status(report) == 3


async def test_a_value_that_was_found_right_before_its_write_is_watched_too(main: Any) -> None:
    """Another actor set the target, so nothing was sent, and then moved it: a conflict, and not called written."""
    made = await plan(target("[accounts.main]\nsymbols.BTC.leverage = 4\nsymbols.ETH.leverage = 5\n"), {"main": main})
    read = main.get_leverage

    async def get_leverage(symbol: str, **asked: Any) -> Any:
        if symbol == "ETH":
            main.rows["ETH"].long = Decimal(5)
            setting = await read(symbol, **asked)
            main.rows["ETH"].long = Decimal(8)
            return setting
        return await read(symbol, **asked)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(main), "get_leverage", lambda self, symbol, **asked: get_leverage(symbol, **asked))
        report = await apply(made, {"main": main})
    assert statuses(report) == {"symbols.BTC.leverage": "changed", "symbols.ETH.leverage": "conflict"}
    assert message(report, "symbols.ETH.leverage").startswith("was right and was not sent, but reads 8 now")

"""Applying in trouble: a lost answer, a refusal or an unreadable row ends its step by what is known, and no other."""

from __future__ import annotations

import types
from decimal import Decimal
from typing import Any

import pytest
from tests.core.settings.applied import message, raising, statuses, target, when

from venuekit.errors import (
    AnswerLost,
    AuthenticationFailed,
    Conflict,
    Fenced,
    NeverSent,
    NotExecuted,
    OddRow,
    Outcome,
    OutcomeUnknown,
    Rejected,
    Throttled,
)
from venuekit.settings import (
    apply,
    plan,
    plan_exit_status,
    report_exit_status,
)


@pytest.mark.parametrize(
    ("applied", "meanwhile", "status", "exit_status"),
    [(False, None, "unknown", 4), (True, None, "changed", 0), (False, Decimal(7), "conflict", 3)],
)
async def test_lost_answer_ends_as_what_reads_afterwards(
    main: Any, applied: bool, meanwhile: Decimal | None, status: str, exit_status: int
) -> None:
    """Unknown while the old value reads, changed when the target does, conflict at a third value."""

    def lose() -> None:
        if meanwhile is not None:
            main.rows["ETH"].long = main.rows["ETH"].short = meanwhile
        raise OutcomeUnknown("the answer was lost", venue="acme_perp", operation="set_leverage")

    accounts = {"main": main}
    made = await plan(target("[accounts.main.symbols.ETH]\nleverage = 5\n"), accounts)
    main.world.meddle = when("acme_perp leverage ETH 5", applied=applied, do=lose)
    report = await apply(made, accounts)

    assert statuses(report) == {"symbols.ETH.leverage": status}
    assert report_exit_status(report) == exit_status


async def test_step_that_needs_an_unknown_one_is_skipped(main: Any) -> None:
    """Unknown is not good enough to build on."""
    accounts = {"main": main}
    made = await plan(target('[accounts.main.symbols.BTC]\nmargin_type = "isolated"\nleverage = 20\n'), accounts)
    lost = OutcomeUnknown("the answer was lost", venue="acme_perp", operation="set_margin_type")
    main.world.meddle = when("acme_perp margin_type BTC isolated", applied=False, do=raising(lost))
    report = await apply(made, accounts)

    assert statuses(report) == {"symbols.BTC.margin_type": "unknown", "symbols.BTC.leverage": "skipped"}
    assert report_exit_status(report) == 4


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Conflict("it reads 7 now", venue="acme_perp"), "conflict"),
        (NotExecuted("proven absent", venue="acme_perp"), "refused"),
        (Throttled("would wait 20 s", venue="acme_perp"), "refused"),
        (Fenced("may still arrive", venue="acme_perp"), "refused"),
    ],
)
async def test_errors_of_a_setter_end_the_step_by_their_outcome(main: Any, error: Exception, status: str) -> None:
    """A conflict is a conflict; what was not sent or not executed is refused, in the error's words."""
    accounts = {"main": main}
    made = await plan(target("[accounts.main.symbols.ETH]\nleverage = 5\n"), accounts)
    main.world.meddle = when("acme_perp leverage ETH 5", applied=False, do=raising(error))
    report = await apply(made, accounts)

    assert statuses(report) == {"symbols.ETH.leverage": status}
    assert message(report, "symbols.ETH.leverage") == str(error)


async def test_a_refusal_says_what_its_words_can_mean(main: Any) -> None:
    """What the venue's table knows beside the words is part of the step's message."""
    accounts = {"main": main}
    made = await plan(target("[accounts.main.symbols.ETH]\nleverage = 5\n"), accounts)
    refused = Rejected("no", venue="acme_perp", code=7, mend="close the other one first")
    main.world.meddle = when("acme_perp leverage ETH 5", applied=False, do=raising(refused))
    report = await apply(made, accounts)

    assert message(report, "symbols.ETH.leverage") == "no; close the other one first"


@pytest.mark.parametrize(
    ("error", "exit_status"),
    [
        (NeverSent("nobody listens"), 1),
        (AnswerLost("nothing came back", outcome=Outcome.UNKNOWN), 4),
    ],
)
async def test_nothing_more_is_sent_to_an_account_that_cannot_be_reached(
    main: Any, error: Exception, exit_status: int
) -> None:
    """After an error that every later step would meet too, the rest of that account is skipped and says why."""
    accounts = {"main": main}
    made = await plan(target("[accounts.main.symbols]\nETH.leverage = 5\nBTC.leverage = 6\n"), accounts)
    main.world.meddle = when("acme_perp leverage ETH 5", applied=False, do=raising(error))
    report = await apply(made, accounts)

    ended = "unknown" if exit_status == 4 else "refused"
    assert statuses(report) == {"symbols.ETH.leverage": ended, "symbols.BTC.leverage": "skipped"}
    assert message(report, "symbols.BTC.leverage") == f"not tried after: {error}"
    assert report.errors == (error,)
    assert report_exit_status(report) == exit_status


@pytest.mark.parametrize(("reads_on", "exit_status"), [(True, 3), (False, 1)])
async def test_a_key_that_is_denied_a_write_is_wrong_only_when_it_cannot_read_either(
    main: Any, monkeypatch: pytest.MonkeyPatch, reads_on: bool, exit_status: int
) -> None:
    """A denied write ends the account; it is a refusal where the same key reads on, and an error where it does not."""
    error = AuthenticationFailed("may not", code=-2, outcome=Outcome.NOT_APPLIED)
    accounts = {"main": main}
    made = await plan(target("[accounts.main.symbols]\nETH.leverage = 5\nBTC.leverage = 6\n"), accounts)

    async def denied(*_: Any, **__: Any) -> Any:
        raise error

    def deny() -> None:
        if not reads_on:
            monkeypatch.setattr(type(main), "get_settings", denied)
        raise error

    main.world.meddle = when("acme_perp leverage ETH 5", applied=False, do=deny)
    report = await apply(made, accounts)

    assert statuses(report) == {"symbols.ETH.leverage": "refused", "symbols.BTC.leverage": "skipped"}
    assert report.errors == (() if reads_on else (error,))
    assert report_exit_status(report) == exit_status


async def test_accepted_change_that_does_not_show_is_not_called_changed(main: Any) -> None:
    """Accepted but still reading the old value is unknown; reading a third value is a conflict."""
    rows = main.rows

    def put_back() -> None:
        rows["ETH"].long = Decimal(10)

    accounts = {"main": main}
    text = "[accounts.main.symbols.ETH]\nleverage = 5\n"
    main.world.meddle = when("acme_perp leverage ETH 5", applied=True, do=put_back)
    old = await apply(await plan(target(text), accounts), accounts)
    main.world.meddle = when(
        "acme_perp leverage ETH 5", applied=True, do=lambda: setattr(rows["ETH"], "long", Decimal(8))
    )
    third = await apply(await plan(target(text), accounts), accounts)

    assert statuses(old) == {"symbols.ETH.leverage": "unknown"}
    assert message(old, "symbols.ETH.leverage") == "was accepted, but still reads 10"
    assert statuses(third) == {"symbols.ETH.leverage": "conflict"}
    assert message(third, "symbols.ETH.leverage") == "was written, but reads 8 now"


async def test_change_that_cannot_be_verified_is_unknown(main: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """When reading back fails, an accepted change is unknown and says that it was accepted."""
    read = type(main).get_settings

    async def gone(self: Any, *args: Any, **options: Any) -> Any:
        if self.world.writes:
            raise NeverSent("nobody listens", venue="acme_perp", operation="get_settings")
        return await read(self, *args, **options)

    accounts = {"main": main}
    made = await plan(target("[accounts.main.symbols.ETH]\nleverage = 5\n"), accounts)
    monkeypatch.setattr(type(main), "get_settings", gone)
    report = await apply(made, accounts)

    assert statuses(report) == {"symbols.ETH.leverage": "unknown"}
    assert message(report, "symbols.ETH.leverage").startswith("was accepted, but not verified: acme_perp: ")
    assert report_exit_status(report) == 4


async def test_change_whose_row_cannot_be_read_afterwards_is_unknown(
    main: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was accepted and is not verified; the change of another symbol is."""
    read = type(main).get_settings
    odd = OddRow("[0].leverage: missing", venue="acme_perp", operation="GET /settings", row={"symbol": "ETH"})

    async def without_eth(self: Any, *args: Any, **options: Any) -> Any:
        snapshot = await read(self, *args, **options)
        return snapshot.with_odd({"ETH": odd}) if self.world.writes else snapshot

    accounts = {"main": main}
    made = await plan(target("[accounts.main.symbols]\nETH.leverage = 5\nBTC.leverage = 5\n"), accounts)
    monkeypatch.setattr(type(main), "get_settings", without_eth)
    report = await apply(made, accounts)

    assert statuses(report) == {"symbols.ETH.leverage": "unknown", "symbols.BTC.leverage": "changed"}
    assert message(report, "symbols.ETH.leverage") == f"was accepted, but not verified: {odd}"
    assert report_exit_status(report) == 4


async def test_account_that_cannot_be_read_again_is_told_and_left_alone(
    main: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without knowing what holds, nothing is written, and the report says so of the account."""

    async def gone(self: Any, *args: Any, **options: Any) -> Any:
        raise NeverSent("nobody listens", venue="acme_perp", operation="get_settings")

    accounts = {"main": main}
    made = await plan(target(), accounts)
    monkeypatch.setattr(type(main), "get_settings", gone)

    report = await apply(made, accounts)
    assert main.world.writes == []
    assert report.results == ()
    [row] = report.rows()
    assert (row["account"], row["venue"], row["status"]) == ("main", "acme_perp", "unreadable")
    assert row["message"] == "acme_perp: get_settings failed: nobody listens"
    assert report_exit_status(report) == 1


async def test_account_that_cannot_be_read_does_not_stop_the_others(
    fake: types.SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of two accounts does not answer: it is told by its name, and the other is planned and changed."""
    worlds = [fake.World(key="one"), fake.World(key="two")]
    for world in worlds:
        world.rows("acme_perp").update(ETH=fake.Row())
    accounts = {"dead": fake.Acme(fake.acme(), worlds[0]), "alive": fake.Acme(fake.acme(), worlds[1])}
    read = fake.Acme.get_settings

    async def gone(self: Any, *args: Any, **options: Any) -> Any:
        if self.world is worlds[0]:
            raise NeverSent("nobody listens", venue="acme_perp", operation="get_settings")
        return await read(self, *args, **options)

    monkeypatch.setattr(fake.Acme, "get_settings", gone)
    wanted = target("[accounts.dead]\nsymbols.ETH.leverage = 5\n[accounts.alive]\nsymbols.ETH.leverage = 5\n")
    made = await plan(wanted, accounts)
    assert [(step.account, step.status.value) for step in made.steps] == [("alive", "pending")]
    assert [one.account for one in made.unreadable] == ["dead"]
    assert [(row["account"], row["status"]) for row in made.rows()] == [("alive", "pending"), ("dead", "unreadable")]
    assert plan_exit_status(made) == 1

    report = await apply(made, {"alive": accounts["alive"]})
    assert (worlds[0].writes, len(worlds[1].writes)) == ([], 1)
    assert [(row["account"], row["status"]) for row in report.rows()] == [("alive", "changed"), ("dead", "unreadable")]
    assert report_exit_status(report) == 1

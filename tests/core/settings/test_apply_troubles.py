"""Applying in trouble: a lost answer, a refusal or an unreadable row ends its step by what is known, and no other."""

from __future__ import annotations

import types
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.core.settings.applied import message, raising, statuses, target, when

from venuekit.capabilities import AccountMode, LeverageControl, Setting
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
    PermissionDenied,
    Rejected,
    Throttled,
)
from venuekit.settings import (
    apply,
    plan,
    plan_exit_status,
    report_exit_status,
)
from venuekit.settings.controls import carry_out, read_value


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


async def test_a_step_that_became_impossible_is_refused_with_the_reason(main: Any) -> None:
    """A write teaches that the account cannot set leverages: the next one is not sent."""
    accounts = {"main": main}
    made = await plan(target("[accounts.main.symbols]\nETH.leverage = 5\nBTC.leverage = 6\n"), accounts)

    def learn() -> None:
        main.refuses[LeverageControl] = "Leverage is fixed here."

    main.world.meddle = when("acme_perp leverage ETH 5", applied=True, do=learn)
    report = await apply(made, accounts)

    assert statuses(report) == {"symbols.ETH.leverage": "changed", "symbols.BTC.leverage": "refused"}
    assert message(report, "symbols.BTC.leverage").endswith("Leverage is fixed here.")
    assert main.world.writes == ["acme_perp leverage ETH 5"]


@pytest.mark.parametrize(
    ("error", "is_hopeless"),
    [
        (NeverSent("nobody listens"), True),
        (PermissionDenied("may not", outcome=Outcome.NOT_APPLIED), False),
    ],
)
async def test_a_reading_that_fails_right_before_ends_the_account_only_where_no_other_can_succeed(
    main: Any, monkeypatch: pytest.MonkeyPatch, error: Any, is_hopeless: bool
) -> None:
    """Where the venue cannot be reached the rest is not tried; a denied reading without a mode ends one step."""
    read = []

    async def fail(self: Any, symbol: str, **_: Any) -> Any:
        read.append(symbol)
        raise error

    monkeypatch.setattr(type(main), "get_leverage", fail)
    accounts = {"main": main}
    made = await plan(target("[accounts.main.symbols]\nETH.leverage = 5\nBTC.leverage = 6\n"), accounts)
    report = await apply(made, accounts)

    assert statuses(report) == {"symbols.ETH.leverage": "skipped", "symbols.BTC.leverage": "skipped"}
    assert read == (["ETH"] if is_hopeless else ["ETH", "BTC"])
    words = "not tried after" if is_hopeless else "could not be read right before"
    assert message(report, "symbols.BTC.leverage") == f"{words}: {error}"
    assert report.errors == ((error,) if is_hopeless else ())
    assert main.world.writes == []


async def test_a_change_whose_result_could_not_be_read_is_changed_where_it_reads_so(main: Any) -> None:
    """The setter raises, and says that the venue executed the write."""
    error = Rejected("not readable", venue="acme_perp", operation="set_leverage", outcome=Outcome.APPLIED)
    accounts = {"main": main}
    made = await plan(target("[accounts.main.symbols.ETH]\nleverage = 5\n"), accounts)
    main.world.meddle = when("acme_perp leverage ETH 5", applied=True, do=raising(error))
    report = await apply(made, accounts)

    assert statuses(report) == {"symbols.ETH.leverage": "changed"}
    assert message(report, "symbols.ETH.leverage") == str(error)


def hide_position_mode(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the snapshots of an account lack the position mode."""
    read = type(account).get_settings

    async def silent(self: Any, *args: Any, **options: Any) -> Any:
        return attrs.evolve(await read(self, *args, **options), position_mode=None)

    monkeypatch.setattr(type(account), "get_settings", silent)


async def test_a_present_value_that_the_snapshot_lacks_is_no_conflict(
    main: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setting whose present value was unknown is written over any value, and expects none."""
    hide_position_mode(main, monkeypatch)
    accounts = {"main": main}
    report = await apply(await plan(target('[accounts.main]\nposition_mode = "hedge"\n'), accounts), accounts)

    assert statuses(report) == {"position_mode": "changed"}
    assert (main.world.writes, main.world.expected) == (["acme_perp position_mode hedge"], [None])


async def test_a_present_value_that_is_found_right_before_is_unchanged_where_it_is_the_target(
    main: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan did not know it, and the reading right before the write does."""
    hide_position_mode(main, monkeypatch)
    accounts = {"main": main}
    report = await apply(await plan(target('[accounts.main]\nposition_mode = "one_way"\n'), accounts), accounts)

    assert statuses(report) == {"position_mode": "unchanged"}
    assert message(report, "position_mode") == (
        "was unknown when it was planned, is one_way right before it is written"
    )
    assert main.world.writes == []


async def test_only_changes_that_an_api_makes_are_read_and_carried_out(main: Any) -> None:
    """An account mode is changed at the venue, and a leverage belongs to a symbol."""
    for setting in (Setting.ACCOUNT_MODE, Setting.LEVERAGE):
        with pytest.raises(ValueError, match=f"{setting} of the account cannot be changed"):
            await read_value(main, setting, symbol=None)
    for value, words in ((AccountMode.UNIFIED, "unified"), (Decimal(5), "5")):
        with pytest.raises(ValueError, match=f"{words} of the account cannot be set"):
            await carry_out(main, value, symbol=None)
    assert main.world.log == []


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

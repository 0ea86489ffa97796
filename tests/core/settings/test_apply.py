"""Applying: what is sent, in which order, what it was planned from, and how every setting ends."""

from __future__ import annotations

import types
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.core.settings.applied import message, raising, statuses, target, when

from venuekit.capabilities import MarginType, PositionMode
from venuekit.errors import (
    Outcome,
    Rejected,
)
from venuekit.settings import (
    Result,
    apply,
    plan,
    report_exit_status,
)


async def test_applying_changes_everything_and_a_second_time_nothing(main: Any) -> None:
    """Every step ends as changed; planned and applied again, nothing is sent."""
    accounts = {"main": main}
    first = await apply(await plan(target(), accounts), accounts)
    sent = list(main.world.writes)
    again = await plan(target(), accounts)
    second = await apply(again, accounts)

    assert set(statuses(first).values()) == {"changed"}
    assert again.is_empty
    assert set(statuses(second).values()) == {"unchanged"}
    assert main.world.writes == sent
    assert report_exit_status(first) == report_exit_status(second) == 0


async def test_steps_go_out_in_order_with_the_value_they_were_planned_from(main: Any) -> None:
    """Each setter is told what it changes from, and goes out in the order of the plan."""
    accounts = {"main": main}
    await apply(await plan(target(), accounts), accounts)

    assert main.world.writes == [
        "acme_perp leverage ETH 5",
        "acme_perp position_mode hedge",
        "acme_perp margin_type BTC isolated",
        "acme_perp leverage BTC 20",
    ]
    assert main.world.expected == [Decimal(10), PositionMode.ONE_WAY, MarginType.CROSS, Decimal(10)]


async def test_report_follows_the_order_of_the_target_and_counts_the_reads(main: Any) -> None:
    """Results come in the file's order; reads are those before sending, those right before each write, the last."""
    accounts = {"main": main}
    report = await apply(await plan(target(), accounts), accounts)

    assert list(statuses(report)) == [
        "position_mode",
        "symbols.BTC.margin_type",
        "symbols.BTC.leverage",
        "symbols.ETH.leverage",
    ]
    assert [(read.account, read.weight) for read in report.reads] == [("main", 56), ("main", 2), ("main", 15)]


async def test_each_attempt_is_told_as_it_ends(main: Any) -> None:
    """on_result hears of what was sent, in that order, and of nothing else."""
    heard: list[Result] = []
    accounts = {"main": main}
    await apply(
        await plan(target("[accounts.main.symbols]\nETH.leverage = 5\nBTC.leverage = 10\n"), accounts),
        accounts,
        on_result=heard.append,
    )

    assert [str(result) for result in heard] == ["accounts.main.symbols.ETH.leverage"]


async def test_empty_plan_reads_once_and_sends_nothing(main: Any) -> None:
    """Nothing pending means one read and no write."""
    accounts = {"main": main}
    made = await plan(target("[accounts.main.symbols.ETH]\nleverage = 10\n"), accounts)
    main.world.log.clear()
    report = await apply(made, accounts)

    assert main.world.log == ["read acme_perp"]
    assert statuses(report) == {"symbols.ETH.leverage": "unchanged"}


async def test_what_moved_since_the_plan_is_a_conflict_and_is_left_alone(main: Any) -> None:
    """A setting that is neither as planned nor as wanted is not touched, and what needs it is skipped."""
    accounts = {"main": main}
    made = await plan(target("[accounts.main.symbols]\nETH.leverage = 5\nBTC.leverage = 20\n"), accounts)
    main.rows["ETH"].long = main.rows["ETH"].short = Decimal(7)
    report = await apply(made, accounts)

    assert statuses(report) == {"symbols.ETH.leverage": "conflict", "symbols.BTC.leverage": "changed"}
    assert message(report, "symbols.ETH.leverage") == "was 10 when it was planned, is 7 now"
    assert main.world.writes == ["acme_perp leverage BTC 20"]
    assert report_exit_status(report) == 3


async def test_what_moved_away_from_the_target_since_the_plan_is_a_conflict(main: Any) -> None:
    """A step that the plan called unchanged is never sent, and a raise that counted on it is skipped."""
    main.rows["BTC"].margin_type = MarginType.ISOLATED
    accounts = {"main": main}
    made = await plan(target('[accounts.main.symbols.BTC]\nmargin_type = "isolated"\nleverage = 20\n'), accounts)
    main.rows["BTC"].margin_type = MarginType.CROSS
    report = await apply(made, accounts)

    assert statuses(report) == {"symbols.BTC.margin_type": "conflict", "symbols.BTC.leverage": "skipped"}
    assert main.world.writes == []


async def test_what_somebody_else_already_did_is_unchanged(main: Any) -> None:
    """A setting that reached the target by itself is not written, and the report says how it was planned."""
    accounts = {"main": main}
    made = await plan(target("[accounts.main.symbols.ETH]\nleverage = 5\n"), accounts)
    main.rows["ETH"].long = main.rows["ETH"].short = Decimal(5)
    report = await apply(made, accounts)

    assert statuses(report) == {"symbols.ETH.leverage": "unchanged"}
    assert message(report, "symbols.ETH.leverage") == "was 10 when it was planned, is 5 now"
    assert main.world.writes == []


async def test_order_that_appeared_since_the_plan_refuses_without_sending(
    main: Any, fake: types.SimpleNamespace
) -> None:
    """What the second reading predicts to be refused is not sent."""
    accounts = {"main": main}
    made = await plan(target('[accounts.main.symbols.BTC]\nmargin_type = "isolated"\n'), accounts)
    main.rows["BTC"].orders = 1
    report = await apply(made, accounts)

    assert statuses(report) == {"symbols.BTC.margin_type": "refused"}
    assert message(report, "symbols.BTC.margin_type").startswith(fake.words.resting)
    assert main.world.writes == []


async def test_what_the_plan_called_refused_is_not_sent_when_it_could_be_now(main: Any) -> None:
    """Only what the plan announced is carried out."""
    main.rows["BTC"].orders = 1
    accounts = {"main": main}
    made = await plan(target('[accounts.main.symbols.BTC]\nmargin_type = "isolated"\n'), accounts)
    main.rows["BTC"].orders = 0
    report = await apply(made, accounts)

    assert statuses(report) == {"symbols.BTC.margin_type": "refused"}
    assert main.world.writes == []


async def test_leverage_is_never_raised_after_a_refused_margin_type(main: Any, fake: types.SimpleNamespace) -> None:
    """When the venue refuses "isolated", the raise is skipped and names what it needed; the rest goes on."""
    accounts = {"main": main}
    made = await plan(target(), accounts)
    line = "acme_perp margin_type BTC isolated"
    refusal = Rejected(fake.words.resting, venue="acme_perp", code=-1, outcome=Outcome.NOT_APPLIED)
    main.world.meddle = when(line, applied=False, do=raising(refusal))
    report = await apply(made, accounts)

    assert statuses(report) == {
        "position_mode": "changed",
        "symbols.BTC.margin_type": "refused",
        "symbols.BTC.leverage": "skipped",
        "symbols.ETH.leverage": "changed",
    }
    assert message(report, "symbols.BTC.margin_type") == fake.words.resting
    assert message(report, "symbols.BTC.leverage") == (
        "needs accounts.main.symbols.BTC.margin_type, which ended as refused"
    )
    assert next(r.code for r in report.results if r.status == "refused") == -1
    assert report_exit_status(report) == 3


@pytest.mark.parametrize(
    ("found", "status", "words"),
    [
        (7, "conflict", "was 10 when it was planned, is 7 right before it is written; nothing was sent"),
        (5, "unchanged", "was 10 when it was planned, is 5 right before it is written"),
    ],
)
async def test_what_moved_between_the_reading_and_the_setter_is_not_overwritten(
    main: Any, found: int, status: str, words: str
) -> None:
    """Each setting is read right before it is written; a third value found there is a conflict, and nothing is sent."""
    accounts = {"main": main}
    made = await plan(target("[accounts.main.symbols]\nBTC.leverage = 5\nETH.leverage = 5\n"), accounts)

    def somebody() -> None:
        main.rows["ETH"].long = main.rows["ETH"].short = Decimal(found)

    main.world.meddle = when("acme_perp leverage BTC 5", applied=True, do=somebody)
    report = await apply(made, accounts)

    assert statuses(report) == {"symbols.BTC.leverage": "changed", "symbols.ETH.leverage": status}
    assert message(report, "symbols.ETH.leverage") == words
    assert main.rows["ETH"].long == found
    assert report_exit_status(report) == (3 if status == "conflict" else 0)


async def test_what_cannot_be_read_right_before_is_not_written(main: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting whose reading fails right before it would be written is skipped."""

    async def gone(self: Any, *args: Any, **options: Any) -> Any:
        raise Rejected("not now", venue="acme_perp", operation="get_leverage", outcome=Outcome.NOT_APPLIED)

    monkeypatch.setattr(type(main), "get_leverage", gone)
    accounts = {"main": main}
    report = await apply(await plan(target("[accounts.main.symbols.ETH]\nleverage = 5\n"), accounts), accounts)

    assert statuses(report) == {"symbols.ETH.leverage": "skipped"}
    assert "could not be read right before: acme_perp: get_leverage refused: not now" in message(
        report, "symbols.ETH.leverage"
    )
    assert main.world.writes == []
    assert report.caveat is None


async def test_setting_that_was_right_and_moved_along_is_a_conflict(main: Any) -> None:
    """What was not sent is judged by the last reading, too: a leverage that a margin type took along is told."""
    accounts = {"main": main}
    made = await plan(target('[accounts.main.symbols.ETH]\nmargin_type = "isolated"\nleverage = 10\n'), accounts)

    def along() -> None:
        main.rows["ETH"].long = main.rows["ETH"].short = Decimal(25)

    main.world.meddle = when("acme_perp margin_type ETH isolated", applied=True, do=along)
    report = await apply(made, accounts)

    assert statuses(report) == {"symbols.ETH.margin_type": "changed", "symbols.ETH.leverage": "conflict"}
    assert message(report, "symbols.ETH.leverage") == (
        "was right and was not sent, but reads 25 now: it changed meanwhile"
    )
    assert report_exit_status(report) == 3


async def test_report_says_what_it_cannot_exclude(main: Any) -> None:
    """A report of something sent has one sentence about what nobody can see; one of nothing sent has none."""
    accounts = {"main": main}
    wanted = target("[accounts.main.symbols.ETH]\nleverage = 5\n")
    first = await apply(await plan(wanted, accounts), accounts)
    second = await apply(await plan(wanted, accounts), accounts)

    assert first.caveat is not None
    assert "cannot be detected" in first.caveat
    assert second.caveat is None


async def test_no_need_to_change_is_unchanged(main: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setter that met "no need to" ends as unchanged; one whose earlier attempt had no answer as changed."""
    write = type(main).set_leverage
    changed: bool | None = False

    async def answering(self: Any, *args: Any, **options: Any) -> Any:
        return attrs.evolve(await write(self, *args, **options), changed=changed)

    monkeypatch.setattr(type(main), "set_leverage", answering)
    accounts = {"main": main}
    first = await apply(await plan(target("[accounts.main.symbols.ETH]\nleverage = 5\n"), accounts), accounts)
    changed = None
    second = await apply(await plan(target("[accounts.main.symbols.ETH]\nleverage = 6\n"), accounts), accounts)

    assert statuses(first) == {"symbols.ETH.leverage": "unchanged"}
    assert statuses(second) == {"symbols.ETH.leverage": "changed"}
    assert message(second, "symbols.ETH.leverage") == "an earlier attempt had no answer; it holds"


async def test_shared_setting_is_sent_once_and_ends_alike_for_both(fake: types.SimpleNamespace) -> None:
    """Two venues of one realm get one change of the mode; both entries end as changed, verified on each venue."""
    world = fake.World()
    accounts = {
        "main": fake.Acme(fake.acme("acme_perp", ("acme_coin",)), world),
        "coin": fake.Acme(fake.acme("acme_coin", ("acme_perp",)), world),
    }
    made = await plan(
        target('[accounts.main]\nposition_mode = "hedge"\n[accounts.coin]\nposition_mode = "hedge"\n'), accounts
    )
    world.log.clear()
    report = await apply(made, accounts)

    assert world.writes == ["acme_perp position_mode hedge"]
    assert [result.status.value for result in report.results] == ["changed", "changed"]
    assert world.log[-2:] == ["read acme_perp", "read acme_coin"]


async def test_sides_and_account_wide_margin_types_reach_their_setters(fake: types.SimpleNamespace) -> None:
    """A side is handed to the setter; a margin type of the account goes out as account-wide."""
    world = fake.World()
    world.rows("acme_perp")["BTC"] = fake.Row()
    accounts = {
        "main": fake.Acme(fake.acme(sides=True), world),
        "wide": fake.Globex(fake.globex(), fake.World(key="other")),
    }
    text = (
        '[accounts.main.symbols.BTC]\nleverage = { long = 3, short = 4 }\n[accounts.wide]\nmargin_type = "isolated"\n'
    )
    report = await apply(await plan(target(text), accounts), accounts)

    assert world.writes == ["acme_perp leverage BTC 3 long", "acme_perp leverage BTC 4 short"]
    assert accounts["wide"].world.writes == ["globex_inverse margin_type isolated"]
    assert report_exit_status(report) == 0


async def test_rows_of_a_report_are_flat(main: Any) -> None:
    """rows() gives plain columns, account and venue first."""
    accounts = {"main": main}
    report = await apply(await plan(target("[accounts.main.symbols.ETH]\nleverage = 5\n"), accounts), accounts)

    assert report.rows() == (
        {
            "account": "main",
            "venue": "acme_perp",
            "symbol": "ETH",
            "setting": "leverage",
            "side": None,
            "margin_type": None,
            "present": Decimal(10),
            "target": Decimal(5),
            "decided_by": "settings.toml:2",
            "status": "changed",
            "code": None,
            "message": None,
        },
    )

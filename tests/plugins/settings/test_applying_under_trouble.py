"""Applying while answers get lost, others write too, keys may only read and several entries speak for one account."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from venuekit.capabilities import MarginType, PositionMode
from venuekit.errors import AuthenticationFailed, InvalidRequest, TargetFileError
from venuekit.settings import apply, parse_target, plan, plan_exit_status, report_exit_status
from venuekit.simulator import CannedAnswer, DropAfter, DropBefore, SecondActor

LEVERAGE = {"binance_usdm": ("POST", "/fapi/v1/leverage"), "bybit_inverse": ("POST", "/v5/position/set-leverage")}
SYMBOL = {"binance_usdm": "ETHUSDT", "bybit_inverse": "ETHUSD"}
OTHER = {"binance_usdm": "BTCUSDT", "bybit_inverse": "BTCUSD"}
VENUES = tuple(LEVERAGE)


def arrivals(sim: Any, venue_id: str) -> int:
    return sum((request.verb, request.path) == LEVERAGE[venue_id] for request in sim.requests)


@pytest.mark.parametrize("venue_id", VENUES)
async def test_lost_answer_of_an_applied_step_ends_as_changed(
    flat: Any, connected: Any, checked: Any, venue_id: str
) -> None:
    """The write arrives once, its answer is lost, and reading shows that it holds."""
    account = await connected(flat, venue_id)
    accounts = {"main": account}
    made = await plan(checked(account, f"symbols.{SYMBOL[venue_id]}.leverage = 5"), accounts)
    flat.disturb(venue_id, LEVERAGE[venue_id], DropAfter())
    report = await apply(made, accounts)

    assert arrivals(flat, venue_id) == 1
    assert [result.status.value for result in report.results] == ["changed"]
    assert report.results[0].message == "an earlier attempt had no answer; it holds"
    assert report_exit_status(report) == 0


@pytest.mark.parametrize("venue_id", VENUES)
async def test_step_whose_attempts_all_vanish_is_unknown(
    flat: Any, connected: Any, checked: Any, venue_id: str
) -> None:
    """Sent twice at most and still reading the old value: unknown, exit status 4, and planned again it is pending."""
    account = await connected(flat, venue_id)
    accounts = {"main": account}
    target = checked(account, f"symbols.{SYMBOL[venue_id]}.leverage = 5")
    made = await plan(target, accounts)
    flat.disturb(venue_id, LEVERAGE[venue_id], DropBefore(), times=2)
    report = await apply(made, accounts)

    assert arrivals(flat, venue_id) == 2
    assert [result.status.value for result in report.results] == ["unknown"]
    assert report_exit_status(report) == 4
    assert plan_exit_status(await plan(target, accounts)) == 5


@pytest.mark.parametrize("venue_id", VENUES)
async def test_second_writer_during_a_lost_answer_is_a_conflict(
    flat: Any, connected: Any, checked: Any, venue_id: str
) -> None:
    """A third value is met after the loss: conflict, and nothing is sent again."""
    account = await connected(flat, venue_id)
    accounts = {"main": account}
    symbol = SYMBOL[venue_id]
    made = await plan(checked(account, f"symbols.{symbol}.leverage = 5"), accounts)

    def other_writer(ledger: Any) -> None:
        ledger.set_leverage(symbol, Decimal(7))

    flat.disturb(venue_id, LEVERAGE[venue_id], (SecondActor(other_writer), CannedAnswer(503)))
    report = await apply(made, accounts)

    assert arrivals(flat, venue_id) == 1
    assert [result.status.value for result in report.results] == ["conflict"]
    assert flat.ledger_of(venue_id).leverage(symbol) == 7
    assert report_exit_status(report) == 3


@pytest.mark.parametrize("venue_id", VENUES)
async def test_what_moved_since_the_plan_is_left_alone(flat: Any, connected: Any, checked: Any, venue_id: str) -> None:
    """A setting that somebody moved between plan and apply is a conflict; nothing is sent."""
    account = await connected(flat, venue_id)
    accounts = {"main": account}
    made = await plan(checked(account, f"symbols.{SYMBOL[venue_id]}.leverage = 5"), accounts)
    flat.ledger_of(venue_id).set_leverage(SYMBOL[venue_id], Decimal(7))
    report = await apply(made, accounts)

    assert arrivals(flat, venue_id) == 0
    assert [result.status.value for result in report.results] == ["conflict"]
    assert (report.results[0].message or "").endswith("is 7 now")
    assert report_exit_status(report) == 3


@pytest.mark.parametrize(("venue_id", "code"), [("binance_usdm", -2015), ("bybit_inverse", 10005)])
async def test_key_that_may_only_read_plans_and_is_refused_writes_in_the_venues_words(
    flat: Any, connected: Any, checked: Any, venue_id: str, code: int
) -> None:
    """A read-only key is enough to plan; applying ends as refused with the venue's code and changes nothing."""
    account = await connected(flat, venue_id, read_only=True)
    accounts = {"main": account}
    made = await plan(checked(account, f"symbols.{SYMBOL[venue_id]}.leverage = 5"), accounts)
    report = await apply(made, accounts)

    assert plan_exit_status(made) == 5
    assert [(result.status.value, result.code) for result in report.results] == [("refused", code)]
    assert report_exit_status(report) == 3


@pytest.mark.parametrize("venue_id", VENUES)
async def test_a_key_that_is_not_taken_any_more_is_an_error(
    flat: Any, connected: Any, checked: Any, venue_id: str
) -> None:
    """A key that is revoked between reading and writing cannot read back either: that is an error, not a refusal."""
    account = await connected(flat, venue_id)
    made = await plan(checked(account, f"symbols.{SYMBOL[venue_id]}.leverage = 5"), {"main": account})
    wrong = (
        CannedAnswer.json(401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."})
        if venue_id == "binance_usdm"
        else CannedAnswer.json(200, {"retCode": 10003, "retMsg": "API key is invalid.", "result": {}})
    )
    reads = ("/fapi/v1/accountConfig", "/fapi/v1/symbolConfig", "/fapi/v3/positionRisk", "/v5/account/info")

    def revoke(ledger: Any) -> None:
        for path in reads:
            if path.startswith("/fapi" if venue_id == "binance_usdm" else "/v5"):
                flat.disturb(
                    venue_id, ("GET", path), wrong, times=2
                )  # also for the account mode, which could explain it

    flat.disturb(venue_id, LEVERAGE[venue_id], (SecondActor(revoke), wrong))
    report = await apply(made, {"main": account})

    assert [result.status.value for result in report.results] == ["refused"]
    assert [type(error) for error in report.errors] == [AuthenticationFailed]
    assert report_exit_status(report) == 1


@pytest.mark.parametrize("venue_id", VENUES)
async def test_unknown_symbols_are_all_told_in_the_venues_words(
    flat: Any, connected: Any, checked: Any, venue_id: str
) -> None:
    """Each symbol that a venue does not know is told with its line, the rest is planned, and nothing is applied."""
    account = await connected(flat, venue_id)
    accounts = {"main": account}
    symbol = SYMBOL[venue_id]
    text = f"symbols.NOSUCH.leverage = 5\nsymbols.{symbol}.leverage = 5\nsymbols.NOPE.leverage = 5"
    made = await plan(checked(account, text), accounts)
    file = parse_target(f"[accounts.main]\n{text}\n", "target.toml")

    assert [(one.account, one.symbol, type(one.error)) for one in made.unknown] == [
        ("main", "NOSUCH", InvalidRequest),
        ("main", "NOPE", InvalidRequest),
    ]
    assert [(step.symbol, step.status.value) for step in made.steps] == [(symbol, "pending")]
    assert plan_exit_status(made) == 64
    with pytest.raises(TargetFileError) as told:
        file.check_symbols(made.unknown)
    assert [line.split(": ")[:2] for line in str(told.value).splitlines()] == [
        ["target.toml:2", "accounts.main.symbols.NOSUCH"],
        ["target.toml:4", "accounts.main.symbols.NOPE"],
    ]
    assert all(one.error.message in str(told.value) for one in made.unknown)
    with pytest.raises(TargetFileError, match=r"accounts\.main\.symbols\.NOSUCH"):
        await apply(made, accounts)
    assert arrivals(flat, venue_id) == 0


async def test_an_unknown_symbol_is_told_for_every_entry_that_names_it(flat: Any, connected: Any) -> None:
    """Two entries of one key that name it are two lines to mend; it is asked for once."""
    accounts = {name: await connected(flat, "binance_usdm") for name in ("one", "two")}
    text = "[accounts.one.symbols]\nNOSUCH.leverage = 5\n[accounts.two.symbols]\nNOSUCH.leverage = 5\n"
    made = await plan(parse_target(text).check({name: one.venue for name, one in accounts.items()}), accounts)

    assert [(one.account, one.symbol) for one in made.unknown] == [("one", "NOSUCH"), ("two", "NOSUCH")]
    assert made.steps == ()
    assert sum(request.parameters.get("symbol") == "NOSUCH" for request in flat.requests) == 1


async def test_account_that_cannot_be_read_is_left_alone(flat: Any, connected: Any, checked: Any) -> None:
    """When what holds cannot be read, the report says so and nothing is written."""
    account = await connected(flat, "binance_usdm")
    made = await plan(checked(account, "symbols.ETHUSDT.leverage = 5"), {"main": account})
    denial = CannedAnswer.json(401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."})
    flat.disturb("binance_usdm", ("GET", "/fapi/v1/accountConfig"), denial)

    report = await apply(made, {"main": account})
    [one] = report.unreadable
    assert isinstance(one.error, AuthenticationFailed)
    assert report_exit_status(report) == 1
    assert arrivals(flat, "binance_usdm") == 0


@pytest.mark.parametrize("venue_id", VENUES)
async def test_setting_that_moved_while_others_were_written_is_a_conflict(
    flat: Any, connected: Any, checked: Any, venue_id: str
) -> None:
    """A leverage that was right, and that moved while another symbol's was written, is told as moved."""
    account = await connected(flat, venue_id)
    moved, other = SYMBOL[venue_id], OTHER[venue_id]
    present = (await account.get_leverage(moved)).long
    wanted = checked(account, f"symbols.{moved}.leverage = {present}\nsymbols.{other}.leverage = 3")
    made = await plan(wanted, {"main": account})

    def other_writer(ledger: Any) -> None:
        ledger.set_leverage(moved, Decimal(7))

    flat.disturb(venue_id, LEVERAGE[venue_id], SecondActor(other_writer, after=True))
    report = await apply(made, {"main": account})

    assert {result.symbol: result.status.value for result in report.results} == {moved: "conflict", other: "changed"}
    assert report_exit_status(report) == 3


@pytest.mark.parametrize("venue_id", VENUES)
async def test_second_writer_between_reading_and_writing_is_not_overwritten(
    flat: Any, connected: Any, checked: Any, venue_id: str
) -> None:
    """While one symbol is written somebody sets the next one: a conflict, and the other's value stays."""
    account = await connected(flat, venue_id)
    first, second = SYMBOL[venue_id], OTHER[venue_id]
    made = await plan(
        checked(account, f"symbols.{first}.leverage = 3\nsymbols.{second}.leverage = 3"), {"main": account}
    )
    later = made.pending[1].symbol

    def other_writer(ledger: Any) -> None:
        ledger.set_leverage(later, Decimal(7))

    flat.disturb(venue_id, LEVERAGE[venue_id], SecondActor(other_writer, after=True))
    report = await apply(made, {"main": account})

    assert {r.symbol: r.status.value for r in report.results if r.symbol == later} == {later: "conflict"}
    assert flat.ledger_of(venue_id).leverage(later) == 7
    assert arrivals(flat, venue_id) == 1


async def test_two_entries_of_one_key_are_one_account(flat: Any, connected: Any) -> None:
    """What they agree on is sent once and both end as changed; what they do not is refused naming both."""
    accounts = {name: await connected(flat, "binance_usdm") for name in ("one", "two")}
    venues = {name: account.venue for name, account in accounts.items()}
    text = (
        '[accounts.one]\nposition_mode = "hedge"\nsymbols.ETHUSDT.leverage = 5\n'
        '[accounts.two]\nposition_mode = "hedge"\nsymbols.ETHUSDT.leverage = 6\n'
    )
    report = await apply(await plan(parse_target(text).check(venues), accounts), accounts)

    assert [result.status.value for result in report.results] == ["changed", "refused", "changed", "refused"]
    assert report.results[1].message == report.results[3].message
    for name in ("accounts.one.symbols.ETHUSDT.leverage", "accounts.two.symbols.ETHUSDT.leverage"):
        assert name in (report.results[1].message or "")
    assert sum(r.verb == "POST" and r.path == "/fapi/v1/positionSide/dual" for r in flat.requests) == 1
    assert flat.ledger_of("binance_usdm").position_mode is PositionMode.HEDGE
    assert arrivals(flat, "binance_usdm") == 0


async def test_isolated_symbol_outside_the_file_keeps_assets_from_being_pooled(
    flat: Any, connected: Any, checked: Any
) -> None:
    """The refusal names a symbol that the file does not; once that is cross, the same target goes through."""
    ledger = flat.ledger_of("binance_usdm")
    ledger.set_margin_type(MarginType.ISOLATED, "BTCUSDT")
    account = await connected(flat, "binance_usdm")
    accounts = {"main": account}
    target = checked(account, 'asset_mode = "multi"')
    refused = await plan(target, accounts)
    ledger.set_margin_type(MarginType.CROSS, "BTCUSDT")
    report = await apply(await plan(target, accounts), accounts)

    assert "margin_type of BTCUSDT" in (refused.steps[0].reason or "")
    assert [result.status.value for result in report.results] == ["changed"]

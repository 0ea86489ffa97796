"""Limits, bans and firewalls: who speaks decides about a write, and closed pools say until when."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

import venuekit
from venuekit import errors
from venuekit.endpoint import Endpoint
from venuekit.errors import Outcome
from venuekit.plugin import from_milliseconds
from venuekit.simulator import CannedAnswer
from venuekit_toy_perp.endpoints import TOY

pytestmark = pytest.mark.looptime

LEVERAGE = ("PUT", "/v1/leverage")
COLLATERAL = ("POST", "/v1/collateral")
READ = ("GET", "/v1/positions")
LIMIT = b'{"error": {"code": 1005, "message": "slow"}}'
statuses = pytest.mark.parametrize("status", [403, 418, 429])


def firewall(status: int, seconds: int | None = None, **details: Any) -> CannedAnswer:
    """Return a page with the time that it names, if any."""
    headers = {"Content-Type": "text/html"} | ({} if seconds is None else {"Retry-After": str(seconds)})
    return CannedAnswer(status, b"<html><body><h1>Request blocked.</h1></body></html>", headers, **details)


def limited(seconds: int | None = None, status: int = 429) -> CannedAnswer:
    """Return the venue's own refusal."""
    return CannedAnswer(status, LIMIT, {} if seconds is None else {"Retry-After": str(seconds)})


def set_leverage(stage: Any, **options: Any) -> Any:
    return stage.account.with_options(**options).call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)


def add(stage: Any, **options: Any) -> Any:
    return stage.account.with_options(**options).call(TOY.ADD_COLLATERAL, contract="TOYUSD", amount=Decimal(5))


def added(stage: Any) -> Decimal:
    return sum((change.amount for change in stage.sim.ledger.margin_changes("TOYUSD")), Decimal(0))


@statuses
async def test_a_read_waits_for_a_firewall(stage: Any, status: int) -> None:
    """A page that shuts the address out is waited for as long as it says, and the read is answered then."""
    stage.sim.disturb("toy_perp", READ, firewall(status, 7))

    before = stage.clock.monotonic()
    assert await stage.account.call(TOY.POSITIONS)

    assert 7 <= stage.clock.monotonic() - before < 8
    assert 2 == len(stage.arrivals(*READ))


@statuses
async def test_a_setting_waits_for_a_firewall_and_claims_no_change(stage: Any, status: int) -> None:
    """Whether the first attempt was carried out is not known, so neither is who changed it."""
    stage.sim.disturb("toy_perp", LEVERAGE, firewall(status, 3, applied=True))

    change = await set_leverage(stage)

    assert change.changed is None
    assert Decimal(7) == stage.sim.ledger.leverage("GEMUSD")


@statuses
async def test_a_setting_that_may_not_wait_so_long_is_open_and_can_be_resolved(stage: Any, status: int) -> None:
    """It ends as throttled or banned, with the time, unknown; when the pool is open it can be found out."""
    stage.sim.disturb("toy_perp", LEVERAGE, firewall(status, 60, applied=True))

    with pytest.raises(errors.Banned if status == 418 else errors.Throttled) as caught:
        await set_leverage(stage)

    error = caught.value
    assert Outcome.UNKNOWN is error.outcome
    assert error.retry_at is not None
    await stage.clock.sleep(60)
    assert (await error.resolve()).answer.leverage == 7
    assert 1 == len(stage.arrivals(*LEVERAGE))


@statuses
@pytest.mark.parametrize("applied", [True, False])
async def test_what_must_not_happen_twice_is_unknown_at_once(stage: Any, status: int, applied: bool) -> None:
    """A page says nothing about it: it is not sent again, not looked for while that is no use, and resolved later."""
    stage.sim.disturb("toy_perp", COLLATERAL, firewall(status, 30, applied=applied))
    before = stage.clock.monotonic()

    with pytest.raises(errors.OutcomeUnknown, match="Request blocked") as caught:
        await add(stage)

    error = caught.value
    assert stage.clock.monotonic() - before < 1
    assert error.retry_at is not None
    assert from_milliseconds(stage.clock.milliseconds()) + timedelta(seconds=29) < error.retry_at
    assert 0 == len(stage.arrivals("GET", "/v1/collateral"))
    await stage.clock.sleep(31)
    if applied:
        assert Decimal(5) == (await error.resolve()).amount
    else:
        with pytest.raises(errors.NotExecuted):
            await error.resolve()
    assert 1 == len(stage.arrivals(*COLLATERAL))
    assert added(stage) == (5 if applied else 0)


async def test_resolving_before_the_pool_opens_says_until_when(stage: Any) -> None:
    """A look that may not leave yet leaves it open, and names the time."""
    stage.sim.disturb("toy_perp", COLLATERAL, firewall(418, 300, applied=True))
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await add(stage)

    with pytest.raises(errors.OutcomeUnknown) as again:
        await caught.value.resolve()

    assert again.value.retry_at is not None
    assert caught.value.retry_at is not None
    assert abs(again.value.retry_at - caught.value.retry_at) < timedelta(seconds=1)
    await stage.clock.sleep(300)
    assert Decimal(5) == (await again.value.resolve()).amount


@pytest.mark.parametrize("status", [403, 429])
async def test_with_the_venues_own_code_it_was_not_applied(stage: Any, status: int) -> None:
    """The venue's application refused it, whatever the status is."""
    stage.sim.disturb("toy_perp", COLLATERAL, limited(60, status))

    with pytest.raises(errors.Throttled) as caught:
        await add(stage)

    assert Outcome.NOT_APPLIED is caught.value.outcome
    assert caught.value.retry_at is not None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 451, 500, 502, 503])
async def test_a_page_says_nothing_about_a_write(stage: Any, status: int) -> None:
    """Whatever its status is: what was carried out behind it is found, or is unknown."""
    stage.sim.disturb("toy_perp", COLLATERAL, firewall(status, applied=True))

    try:
        row = await add(stage)
    except errors.OutcomeUnknown as unknown:
        await stage.clock.sleep(2)
        row = await unknown.resolve()

    assert Decimal(5) == row.amount
    assert 1 == len(stage.arrivals(*COLLATERAL))


async def test_a_page_is_never_not_found(stage: Any) -> None:
    """A read that met one is asked again, and at last says who did not answer."""
    stage.sim.disturb("toy_perp", READ, firewall(404), times=9)

    with pytest.raises(errors.OutcomeNotStated, match="HTTP 404") as caught:
        await stage.account.call(TOY.POSITIONS)

    assert 404 == caught.value.status
    assert 4 == len(stage.arrivals(*READ))


@pytest.mark.parametrize("answer", [limited(), limited(0), firewall(403), firewall(429), firewall(429, 0)])
async def test_refusals_without_a_time_are_answered_by_growing_pauses(stage: Any, answer: CannedAnswer) -> None:
    """Four attempts take seconds, and then the pool stays closed for longer still."""
    stage.sim.disturb("toy_perp", READ, answer, times=9)

    with pytest.raises(errors.Throttled) as caught:
        await stage.account.call(TOY.POSITIONS)

    first, *later = [one.at for one in stage.arrivals(*READ)]
    assert [round((moment - first) / 1000) for moment in later] == [1, 3, 7]
    assert caught.value.retry_at is not None
    wait = caught.value.retry_at - from_milliseconds(stage.clock.milliseconds())
    assert timedelta(seconds=7.9) < wait < timedelta(seconds=8.1)


async def test_a_date_says_as_well_as_seconds_how_long(stage: Any) -> None:
    """Retry-After may be a date."""
    until = from_milliseconds(stage.clock.milliseconds() + 9000)
    stage.sim.disturb("toy_perp", READ, CannedAnswer(429, LIMIT, {"Retry-After": format_datetime(until, usegmt=True)}))

    before = stage.clock.monotonic()
    await stage.account.call(TOY.POSITIONS)

    assert 7.9 < stage.clock.monotonic() - before < 9.1


@pytest.mark.parametrize("header", ["soon", "", "-5", "9" * 400, "Fri, 99 Foo 2026 00:00:00 GMT", "\u0663"])
async def test_a_header_that_is_no_time_does_no_harm(stage: Any, header: str) -> None:
    """The refusal is still one, and a pool is closed for our own pause or for a year at most."""
    stage.sim.disturb(
        "toy_perp", COLLATERAL, CannedAnswer(418, LIMIT, {"Retry-After": header.encode("ascii", "ignore").decode()})
    )

    with pytest.raises(errors.VenueError) as caught:
        await add(stage, max_wait=0.5)

    assert Outcome.NOT_APPLIED is caught.value.outcome
    assert caught.value.retry_at is not None
    assert from_milliseconds(stage.clock.milliseconds()) < caught.value.retry_at


async def test_a_closed_pool_refuses_at_once_with_the_time(stage: Any) -> None:
    """Nothing leaves, and the error says until when, as a ban or as a limit, whichever it was."""
    for answer, kind in ((limited(100), errors.Throttled), (firewall(418, 400), errors.Banned)):
        stage.sim.disturb("toy_perp", READ, answer)
        with pytest.raises(kind) as refused:
            await stage.account.call(TOY.POSITIONS)
        sent = len(stage.sim.requests)

        for call in (stage.account.call(TOY.POSITIONS), set_leverage(stage), add(stage)):
            with pytest.raises(kind) as caught:
                await call
            assert Outcome.NOT_SENT is caught.value.outcome
            assert caught.value.retry_at is not None
            assert refused.value.retry_at is not None
            assert abs(caught.value.retry_at - refused.value.retry_at) < timedelta(seconds=0.1)

        assert sent == len(stage.sim.requests)
        await stage.clock.sleep(1000)


async def test_other_accounts_of_the_address_stay_away_too(stage: Any) -> None:
    """A ban of the address holds whoever shares it, and also what pays into no pool."""
    other = await stage.runtime.open(
        stage.account.venue, stage.sim.credentials("toy_perp", sub_account=True), read_only=True
    )
    free: Endpoint[bytes] = Endpoint("GET", "/v1/positions", decode=bytes)
    await stage.account.call(free)
    stage.sim.disturb("toy_perp", READ, firewall(418, 500))
    with pytest.raises(errors.Banned):
        await stage.account.call(TOY.POSITIONS)
    sent = len(stage.sim.requests)

    for call in (other.call(TOY.POSITIONS), stage.account.call(free)):
        with pytest.raises(errors.Banned) as caught:
            await call
        assert Outcome.NOT_SENT is caught.value.outcome

    assert sent == len(stage.sim.requests)


async def test_many_refused_at_once_are_one_refusal(stage: Any) -> None:
    """Requests that were under way together do not lengthen the pause, and all are answered after it."""
    stage.sim.disturb("toy_perp", READ, limited(), times=20)

    before = stage.clock.monotonic()
    await asyncio.gather(*(stage.account.call(TOY.POSITIONS) for _ in range(20)))

    assert stage.clock.monotonic() - before < 2


async def test_the_journal_keeps_what_a_firewall_left_open(clock: Any, tmp_path: Path) -> None:
    """The line of a write stays open, and the next process resolves it."""
    async with venuekit.simulate("toy_perp", clock=clock) as sim:
        credentials = sim.credentials("toy_perp")
        async with (
            venuekit.Runtime(clock=clock, journal=tmp_path) as runtime,
            venuekit.connect("toy_perp", credentials, runtime=runtime) as account,
        ):
            sim.disturb("toy_perp", COLLATERAL, firewall(403, 30, applied=True))
            with pytest.raises(errors.OutcomeUnknown):
                await account.call(TOY.ADD_COLLATERAL, contract="TOYUSD", amount=Decimal(5))
        await clock.sleep(40)
        async with (
            venuekit.Runtime(clock=clock, journal=tmp_path) as runtime,
            venuekit.connect("toy_perp", credentials, runtime=runtime) as account,
        ):
            (entry,) = account.unresolved
            await account.resolve(entry)
            assert () == account.unresolved
        assert 1 == len([one for one in sim.requests if (one.verb, one.path) == COLLATERAL])

"""Bans and limits in each venue's own words, over real sockets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.plugins.shut_out.shut_out_stage import opened, statuses
from tests.plugins.stages import outcome_of

import venuekit
from venuekit.capabilities import BalanceReader, OrderControl
from venuekit.errors import Banned, NotExecuted, Outcome, OutcomeUnknown, Throttled
from venuekit.plugin import from_milliseconds
from venuekit.plugins import make_plugins
from venuekit.simulator import CannedAnswer
from venuekit.testing.clocks import LoopClock

pytestmark = pytest.mark.looptime
PLUGINS = make_plugins()


def _banned(words: str, status: int) -> Callable[[int], CannedAnswer]:
    return lambda until: CannedAnswer.json(status, {"code": -1003, "msg": words.format(until)})


WORDS = (
    "Way too many requests; IP banned until {}.",
    "Way too many requests; IP(203.0.113.9) banned until {}. Please use the websocket for live updates to avoid bans.",
    "Way too much request weight used; IP banned until {}. Please use the websocket for live updates to avoid bans.",
)


@pytest.mark.parametrize("venue", ["binance_usdm", "binance_coinm", "aster_usdm_v1"])
@pytest.mark.parametrize("words", WORDS)
@statuses
async def test_nothing_is_sent_before_a_ban_ends(venue: str, words: str, status: int) -> None:
    """In every wording, for reads and orders alike; the order that met it was not applied, and later ones not sent."""
    async with opened(venue) as stage:
        until = stage.milliseconds + 600_000
        stage.disturb(stage.placing, _banned(words, status)(until))

        first = await outcome_of(stage.account.place_order(stage.bid()))
        later = [await outcome_of(stage.account.get_balances())]
        await stage.account.pause(500)
        later.append(await outcome_of(stage.account.place_order(stage.bid())))

        assert (type(first), first.outcome) == (Banned, Outcome.NOT_APPLIED)
        assert first.retry_at == from_milliseconds(until)
        for error in later:
            assert (type(error), error.outcome) == (Banned, Outcome.NOT_SENT)
            assert abs(error.retry_at - first.retry_at) < timedelta(seconds=0.1)
        assert len(stage.sim.requests) == 1
        await stage.account.pause(101)
        assert await stage.account.get_balances()


async def test_a_ban_on_one_product_holds_the_other() -> None:
    """Both products of the realm meet the same limit of the address."""
    clock = LoopClock()
    async with (
        venuekit.simulate("binance_usdm", "binance_coinm", clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=False) as runtime,
    ):
        usdm, coinm = [
            await runtime.open(PLUGINS.venue(one), sim.credentials(one)) for one in ("binance_usdm", "binance_coinm")
        ]
        (endpoint,) = (one for one in usdm.venue.endpoints if one.path == "/fapi/v3/balance")
        sim.disturb("binance_usdm", endpoint, _banned(WORDS[0], 418)(sim.milliseconds() + 600_000))
        assert type(await outcome_of(BalanceReader.of(usdm).get_balances())) is Banned
        sim.requests.clear()

        assert type(await outcome_of(BalanceReader.of(coinm).get_balances())) is Banned

        assert list(sim.requests) == []


@pytest.mark.parametrize("body", [b"access too frequent", b"<html><body>403, Access too frequent</body></html>"])
async def test_bybits_address_limit_closes_the_pool_for_ten_minutes(body: bytes) -> None:
    """Plain or on a page: it is a ban, which an order does not know whether it passed."""
    async with opened("bybit_inverse") as stage:
        stage.disturb(stage.placing, CannedAnswer(403, body, {"Content-Type": "text/html"}))

        first = await outcome_of(stage.account.place_order(stage.bid()))
        second = await outcome_of(stage.account.get_balances())

        assert type(first) is OutcomeUnknown
        assert (type(second), second.outcome) == (Banned, Outcome.NOT_SENT)
        for error in (first, second):
            assert error.retry_at is not None
            ends = error.retry_at - from_milliseconds(stage.milliseconds)
            assert timedelta(seconds=599) < ends <= timedelta(seconds=601)
        assert len(stage.sim.requests) == 1
        await stage.account.pause(601)
        with pytest.raises(NotExecuted):
            await first.resolve()


@pytest.mark.parametrize("ahead", [None, 0, -300, 20], ids=["none", "now", "past", "nearly now"])
async def test_bybits_limit_whose_reset_is_over_is_not_met_by_a_burst(ahead: int | None) -> None:
    """The header may say the present: attempts then come a second apart, and further each time."""
    async with opened("bybit_inverse") as stage:
        reset = {} if ahead is None else {"X-Bapi-Limit-Reset-Timestamp": str(stage.milliseconds + ahead)}
        refusal = CannedAnswer.json(200, {"retCode": 10006, "retMsg": "Too many visits!", "result": {}}, reset)
        stage.disturb(stage.balances, refusal, times=9)

        error = await outcome_of(stage.account.get_balances())

        assert type(error) is Throttled
        first, *later = [one.at for one in stage.arrivals(stage.balances)]
        assert [round((at - first) / 1000) for at in later] == [1, 3, 7]
        assert error.retry_at is not None
        assert error.retry_at > from_milliseconds(stage.milliseconds + 7_000)


@pytest.mark.parametrize("venue", ["binance_usdm", "binance_coinm", "aster_usdm_v1"])
async def test_a_limit_without_a_time_is_not_met_by_a_burst(venue: str) -> None:
    """A bare 429 of the venue's own."""
    words = "Too many requests; current limit of IP(203.0.113.9) is 2400 requests per minute."
    async with opened(venue) as stage:
        stage.disturb(stage.balances, CannedAnswer.json(429, {"code": -1003, "msg": words}), times=9)

        error = await outcome_of(stage.account.get_balances())

        assert (type(error), error.retry_at is None) == (Throttled, False)
        first, *later = [one.at for one in stage.arrivals(stage.balances)]
        assert [round((at - first) / 1000) for at in later] == [1, 3, 7]


@pytest.mark.parametrize("venue", ["binance_usdm", "binance_coinm", "aster_usdm_v1"])
async def test_too_many_orders_hold_back_orders_only(venue: str) -> None:
    """The limit is the account's and counts orders: what cancels and reads goes on, though it came with a 429."""
    words = "Too many new orders; current limit is 300 orders per TEN_SECONDS."
    async with opened(venue) as stage:
        stage.disturb(stage.placing, CannedAnswer.json(429, {"code": -1015, "msg": words}, {"Retry-After": "50"}))
        refused = await outcome_of(stage.account.place_order(stage.bid()))
        before = stage.account.monotonic()

        assert await stage.account.cancel_all_orders(symbol=stage.symbol) == ()
        assert await stage.account.get_balances()
        held = await outcome_of(stage.account.place_order(stage.bid()))

        assert stage.account.monotonic() - before < 2
        assert [(type(one), one.outcome) for one in (refused, held)] == [
            (Throttled, Outcome.NOT_APPLIED),
            (Throttled, Outcome.NOT_SENT),
        ]
        assert len(stage.arrivals(stage.placing)) == 1


@pytest.mark.parametrize("venue", ["binance_usdm", "binance_coinm", "aster_usdm_v1"])
async def test_everything_is_cancelled_past_a_short_ban(venue: str) -> None:
    """The venue's own ban is waited for as long as it says."""
    async with opened(venue) as stage:
        ban = _banned(WORDS[1], 418)(stage.milliseconds + 5000)
        stage.disturb(stage.serving(OrderControl.cancel_all_orders), ban)

        assert await stage.account.cancel_all_orders(symbol=stage.symbol) == ()

        assert stage.ledger.open_orders(stage.symbol) == ()

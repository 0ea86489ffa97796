"""Bans, limits and firewalls on every venue, in each one's own words, over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.stages import PRICE, LeapingStage, leaping, outcome_of, venues

import venuekit
from venuekit.capabilities import (
    BalanceReader,
    ClosedPnlReader,
    LeverageControl,
    Order,
    OrderBatchControl,
    OrderControl,
    OrderSide,
    OrderStatus,
    PositionMarginControl,
)
from venuekit.endpoint import Endpoint
from venuekit.errors import (
    Banned,
    NotExecuted,
    OperationError,
    Outcome,
    OutcomeNotStated,
    OutcomeUnknown,
    Overloaded,
    PermissionDenied,
    Throttled,
    UnsupportedCapability,
)
from venuekit.plugin import from_milliseconds
from venuekit.plugins import make_plugins
from venuekit.simulator import CannedAnswer, SecondActor
from venuekit.testing.clocks import LoopClock

pytestmark = pytest.mark.looptime
D = Decimal
PLUGINS = make_plugins()
statuses = pytest.mark.parametrize("status", [403, 418, 429])
#: what the network in front of a venue answers from some countries
COUNTRY = b"""<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY><H1>403 ERROR</H1>
The Amazon CloudFront distribution is configured to block access from your country.</BODY></HTML>"""


@attrs.frozen
class Stage(LeapingStage):
    """A simulated venue and an account of it."""

    def serving(self, method: Callable[..., Any]) -> Endpoint[Any]:
        """Return the first endpoint that serves a method."""
        return next(one for one in self.account.venue.endpoints if method in one.serves)

    @property
    def balances(self) -> Endpoint[Any]:
        """A read."""
        return self.serving(BalanceReader.get_balances)

    @property
    def placing(self) -> Endpoint[Any]:
        """What must not happen twice."""
        return self.serving(OrderControl.place_order)

    @property
    def set_leverage(self) -> Endpoint[Any]:
        """A setting."""
        return self.serving(LeverageControl.set_leverage)

    @property
    def milliseconds(self) -> int:
        """The time by the one clock."""
        return self.sim.milliseconds()


@asynccontextmanager
async def opened(venue: str) -> AsyncIterator[Stage]:
    """Open an account of a simulated venue; within the test, whose clock leaps."""
    async with leaping(venue, pause=1) as (sim, account):
        stage = Stage(sim, account)
        await account.get_leverage(stage.symbol)  # what is read once is read
        await account.place_order(stage.bid(price=PRICE - 100))
        sim.requests.clear()
        yield stage


# -- somebody on the way


@venues
@statuses
async def test_an_order_behind_a_firewalls_page_is_open_until_the_pool_is(venue: str, status: int) -> None:
    """It is unknown at once, with the time; when the address is let in again it is found, and was sent once."""
    async with opened(venue) as stage:
        page = attrs.evolve(CannedAnswer.html(status, applied=True), headers={"Retry-After": "40"})
        stage.disturb(stage.placing, page)
        before = stage.account.monotonic()

        error = await outcome_of(stage.account.place_order(stage.bid()))

        assert type(error) is OutcomeUnknown
        assert stage.account.monotonic() - before < 1
        assert [one.verb for one in stage.sim.requests] == ["POST"]
        assert error.retry_at is not None
        assert error.retry_at > from_milliseconds(stage.milliseconds + 39_000)
        await stage.account.pause(41)
        found = await error.resolve()
        assert isinstance(found, Order)
        assert found.status is OrderStatus.OPEN
        assert len(stage.arrivals(stage.placing)) == 1


@pytest.mark.parametrize("venue", ["binance_usdm", "binance_coinm", "aster_usdm_v1"])
@pytest.mark.parametrize("applied", [True, False])
async def test_moved_margin_behind_a_firewalls_page_is_resolved_later(venue: str, applied: bool) -> None:
    """What adds up is never sent again: the history tells, once it can be read."""
    async with opened(venue) as stage:
        held = stage.sim.scenario(venue).held or ""
        add = stage.serving(PositionMarginControl.add_margin)
        stage.disturb(add, attrs.evolve(CannedAnswer.html(403, applied=applied), headers={"Retry-After": "30"}))
        before = stage.ledger.position(held).isolated_wallet

        error = await outcome_of(stage.account.add_margin(held, D("0.5")))

        assert (type(error), error.retry_at is None) == (OutcomeUnknown, False)
        await stage.account.pause(31)
        resolved = await outcome_of(error.resolve())
        assert isinstance(resolved, NotExecuted) is not applied
        assert len(stage.arrivals(add)) == 1
        assert (stage.ledger.position(held).isolated_wallet != before) is applied


@pytest.mark.parametrize("venue", ["binance_usdm", "binance_coinm", "bybit_inverse"])
async def test_a_batch_behind_a_firewalls_page_is_resolved_item_by_item(venue: str) -> None:
    """Each of its orders is found in its place, and the batch was sent once."""
    async with opened(venue) as stage:
        place = stage.serving(OrderBatchControl.place_orders)
        stage.disturb(place, attrs.evolve(CannedAnswer.html(429, applied=True), headers={"Retry-After": "30"}))

        error = await outcome_of(stage.account.place_orders([stage.bid(client_id="a"), stage.bid(client_id="b")]))

        assert type(error) is OutcomeUnknown
        await stage.account.pause(31)
        assert [one.client_id for one in await error.resolve()] == ["a", "b"]
        assert len(stage.arrivals(place)) == 1


@venues
@statuses
async def test_a_read_and_a_setting_get_past_a_firewalls_page(venue: str, status: int) -> None:
    """They wait and are sent again, and nobody is told that a key lacks a permission."""
    async with opened(venue) as stage:
        page = attrs.evolve(CannedAnswer.html(status), headers={"Retry-After": "3"})
        stage.disturb(stage.balances, page)
        stage.disturb(stage.set_leverage, page)

        assert await stage.account.get_balances()
        assert (await stage.account.set_leverage(stage.symbol, 3)).changed is None

        assert stage.ledger.leverage(stage.symbol) == 3


@venues
@statuses
async def test_everything_is_cancelled_past_a_firewall(venue: str, status: int) -> None:
    """Cancelling all goes on where a page kept it out, and nothing is left."""
    async with opened(venue) as stage:
        page = attrs.evolve(CannedAnswer.html(status), headers={"Retry-After": "2"})
        stage.disturb(stage.serving(OrderControl.cancel_all_orders), page)

        assert await stage.account.cancel_all_orders(symbol=stage.symbol) == ()

        assert stage.ledger.open_orders(stage.symbol) == ()


@venues
async def test_a_page_is_never_not_found(venue: str) -> None:
    """An order that a gateway does not know is looked for again, and what a page said of a write is not believed."""
    async with opened(venue) as stage:
        stage.disturb(stage.balances, CannedAnswer.html(404), times=4)
        assert type(await outcome_of(stage.account.get_balances())) is OutcomeNotStated
        assert len(stage.arrivals(stage.balances)) == 4

        stage.disturb(stage.placing, CannedAnswer.html(404, applied=True))
        assert (await stage.account.place_order(stage.bid())).status is OrderStatus.OPEN
        assert len(stage.arrivals(stage.placing)) == 1


@venues
async def test_a_blocked_country_is_told_as_such(venue: str) -> None:
    """The page's own words are the error's, and nobody waits for it to pass."""
    async with opened(venue) as stage:
        stage.disturb(stage.balances, CannedAnswer(403, COUNTRY, {"Content-Type": "text/html"}))

        error = await outcome_of(stage.account.get_balances())

        assert type(error) is PermissionDenied
        assert "block access from your country" in str(error)
        assert len(stage.arrivals(stage.balances)) == 1


@venues
async def test_451_is_a_permission(venue: str) -> None:
    """With and without the venue's own words."""
    words = {"code": 0, "msg": "Service unavailable from a restricted location according to the terms."}
    async with opened(venue) as stage:
        for answer in (CannedAnswer.json(451, words), CannedAnswer.html(451)):
            stage.disturb(stage.balances, answer)
            assert type(await outcome_of(stage.account.get_balances())) is PermissionDenied


# -- in the venue's own words


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


# -- overload that is not believed

OVERLOADED = {
    "binance_usdm": CannedAnswer.json(503, {"code": -1008, "msg": "Request throttled by system-level protection."}),
    "bybit_inverse": CannedAnswer.json(
        429, {"retCode": 429, "retMsg": "System level frequency protection", "result": {}}
    ),
}
OVERLOADED["binance_coinm"] = OVERLOADED["aster_usdm_v1"] = OVERLOADED["binance_usdm"]


@venues
async def test_a_read_and_a_setting_are_sent_again_to_an_overloaded_venue(venue: str) -> None:
    """They end as overloaded when it goes on."""
    async with opened(venue) as stage:
        stage.disturb(stage.balances, OVERLOADED[venue], times=2)
        assert await stage.account.get_balances()

        stage.disturb(stage.set_leverage, OVERLOADED[venue], times=4)
        error = await outcome_of(stage.account.set_leverage(stage.symbol, 3))

        assert (type(error), error.outcome) == (Overloaded, Outcome.UNKNOWN)
        assert len(stage.arrivals(stage.set_leverage)) == 4


@venues
async def test_an_order_that_met_overload_is_looked_for_seldom_and_never_sent_again(venue: str) -> None:
    """What was executed behind it is found; what was not is proven absent, by few looks further and further apart."""
    async with opened(venue) as stage:
        stage.disturb(stage.placing, attrs.evolve(OVERLOADED[venue], applied=True))
        assert (await stage.account.place_order(stage.bid())).status is OrderStatus.OPEN

        stage.sim.requests.clear()
        stage.disturb(stage.placing, OVERLOADED[venue])
        assert type(await outcome_of(stage.account.place_order(stage.bid()))) is NotExecuted

        (sent,) = [one.at for one in stage.arrivals(stage.placing)]
        looks = sorted({round((one.at - sent) / 1000) for one in stage.sim.requests if one.verb == "GET"} - {0})
        assert looks[:2] == [2, 6]
        assert len(looks) <= 5


@venues
async def test_an_order_that_met_overload_is_sent_again_only_on_demand(venue: str) -> None:
    """With `resend_until`, after the whole proof of absence."""
    async with opened(venue) as stage:
        stage.disturb(stage.placing, OVERLOADED[venue])
        account = stage.account.with_options(resend_until=from_milliseconds(stage.milliseconds + 60_000))

        order = await account.place_order(stage.bid())

        assert order.status in {OrderStatus.OPEN, OrderStatus.PENDING}
        first, second = [one.at for one in stage.arrivals(stage.placing)]
        assert second - first > 10_000


# -- the rest of the codes


async def test_what_bybits_demo_does_not_have_is_unsupported_from_then_on() -> None:
    """The account then says so without asking; what else it can do is untouched."""
    async with opened("bybit_inverse") as stage:
        refusal = CannedAnswer.json(200, {"retCode": 10032, "retMsg": "Demo trading are not supported.", "result": {}})
        stage.disturb(stage.serving(ClosedPnlReader.iter_closed_pnl), refusal)
        error = await outcome_of(stage.account.iter_closed_pnl().all())
        assert (type(error), error.code, error.outcome) == (UnsupportedCapability, 10032, Outcome.NOT_APPLIED)
        assert stage.account.support(ClosedPnlReader).reason == "Demo trading are not supported."

        stage.sim.requests.clear()
        assert type(await outcome_of(stage.account.iter_closed_pnl().all())) is UnsupportedCapability
        assert stage.arrivals(stage.serving(ClosedPnlReader.iter_closed_pnl)) == []

        # placing is not all there is to orders: what was refused of it leaves the way to cancel open
        stage.disturb(stage.placing, refusal)
        assert type(await outcome_of(stage.account.place_order(stage.bid()))) is UnsupportedCapability
        assert stage.account.support(OrderControl)
        assert await stage.account.cancel_all_orders(symbol=stage.symbol) == ()


@pytest.mark.parametrize("applied", [True, False])
async def test_bybits_amendment_of_an_order_that_changed_meanwhile_is_looked_at(applied: bool) -> None:
    """The venue asks to look at the order again: what holds is what counts."""
    async with opened("bybit_inverse") as stage:
        order = await stage.account.place_order(stage.bid())
        words = "the order is modified during the process of replacing, please check the order status again"
        refusal = CannedAnswer.json(200, {"retCode": 40004, "retMsg": words, "result": {}}, applied=applied)
        (amend,) = (one for one in stage.account.venue.endpoints if one.path == "/v5/order/amend")
        stage.disturb(amend, refusal)

        await stage.account.amend_order(stage.symbol, OrderSide.BUY, order_id=order.id, price=D(1900))

        assert stage.ledger.order(order.id).price == D(1900)
        assert len(stage.arrivals(amend)) == (1 if applied else 2)


async def test_bybits_amendment_that_somebody_else_overtook_says_so() -> None:
    """An order that filled while it was being amended is not told as refused without a look."""
    async with opened("bybit_inverse") as stage:
        order = await stage.account.place_order(stage.bid())
        words = "the order is modified during the process of replacing, please check the order status again"
        refusal = CannedAnswer.json(200, {"retCode": 40004, "retMsg": words, "result": {}})
        (amend,) = (one for one in stage.account.venue.endpoints if one.path == "/v5/order/amend")
        stage.disturb(amend, (SecondActor(lambda ledger: ledger.fill_order(order.id)), refusal))

        error = await outcome_of(
            stage.account.amend_order(stage.symbol, OrderSide.BUY, order_id=order.id, price=D(1900))
        )

        assert isinstance(error, OperationError)
        assert len([one for one in stage.sim.requests if one.path.startswith("/v5/order/") and one.verb == "GET"]) > 0

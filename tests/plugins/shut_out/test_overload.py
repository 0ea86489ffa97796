"""Overload that is not believed, and other codes that say less than they seem to."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest
from tests.plugins.shut_out.shut_out_stage import opened
from tests.plugins.stages import outcome_of, venues

from venuekit.capabilities import ClosedPnlReader, OrderControl, OrderSide, OrderStatus
from venuekit.errors import NotExecuted, OperationError, Outcome, Overloaded, UnsupportedCapability
from venuekit.plugin import from_milliseconds
from venuekit.simulator import CannedAnswer, SecondActor

pytestmark = pytest.mark.looptime
D = Decimal
OVERLOADED = {
    "binance_usdm": CannedAnswer.json(503, {"code": -1008, "msg": "Request throttled by system-level protection."}),
    "bybit_inverse": CannedAnswer.json(
        429, {"retCode": 429, "retMsg": "System level frequency protection", "result": {}}
    ),
}
OVERLOADED["binance_coinm"] = OVERLOADED["aster_usdm_v1"] = OVERLOADED["binance_usdm"]


# -- overload that is not believed


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

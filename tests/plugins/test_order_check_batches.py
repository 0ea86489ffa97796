"""Pre-flight of batches: each order by itself, with reads that all of them share; and reads that fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from venuekit.capabilities import (
    Order,
    OrderBatchControl,
    OrderControl,
    OrderRequest,
    OrderSide,
    OrderType,
    PositionReader,
    PositionSide,
)
from venuekit.endpoint import Endpoint
from venuekit.errors import InvalidArgument, Outcome, Rejected, VenueError
from venuekit.plugins import make_plugins
from venuekit.simulator import CannedAnswer
from venuekit.testing import Stage, on_stage

D = Decimal
#: two symbols of each venue
SYMBOLS = {
    "binance_usdm": ("ETHUSDT", "BTCUSDT"),
    "binance_coinm": ("ETHUSD_PERP", "BTCUSD_PERP"),
    "bybit_inverse": ("ETHUSD", "BTCUSD"),
}
#: the answer to any read that a venue refuses for want of permission
FORBIDDEN = {
    "binance_usdm": CannedAnswer(401, b'{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}'),
    "binance_coinm": CannedAnswer(401, b'{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}'),
    "bybit_inverse": CannedAnswer(200, b'{"retCode":10005,"retMsg":"Permission denied","result":{},"time":1}'),
}


@pytest.fixture(params=SYMBOLS)
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """A flat account of a venue."""
    async with on_stage(make_plugins().venue(request.param), "flat") as stage:
        yield stage


def order(stage: Stage, **terms: Any) -> OrderRequest:
    """Return an order to buy some contracts of the first symbol at the market, with other terms."""
    usual: dict[str, Any] = {"side": OrderSide.BUY, "type": OrderType.MARKET, "quantity": D(10)}
    return OrderRequest(**({"symbol": SYMBOLS[stage.venue.id][0]} | usual | terms))


def batches(stage: Stage) -> OrderBatchControl:
    """Return the account as one that looks at orders."""
    return OrderBatchControl.of(stage.account.with_options(check_orders=True))


async def test_an_order_that_is_refused_keeps_no_other_of_its_batch(stage: Stage) -> None:
    """Its error stands in its place, with the client id, as the venue's own refusal would; the others are placed."""
    first, refused, last = await batches(stage).place_orders(
        [
            order(stage, client_id="first"),
            order(stage, client_id="leg", symbol=SYMBOLS[stage.venue.id][1], position_side=PositionSide.LONG)
            if stage.venue.id != "bybit_inverse"
            else order(stage, client_id="leg", quantity=D(10**9)),
            order(stage, client_id="last"),
        ]
    )
    assert isinstance(first, Order)
    assert isinstance(last, Order)
    assert (first.client_id, last.client_id) == ("first", "last")
    assert isinstance(refused, InvalidArgument)
    assert (refused.outcome, refused.client_id) == (Outcome.NOT_SENT, "leg")
    assert str(refused).startswith(f"{stage.venue.id}: place_orders was not sent for {refused.subject}: ")


async def test_nothing_is_sent_of_a_batch_in_which_every_order_is_refused(stage: Stage) -> None:
    """The results are as many as the orders."""
    sell = order(stage, side=OrderSide.SELL, reduce_only=True)
    results = await batches(stage).place_orders([sell, sell, sell])
    assert [type(one) for one in results] == [InvalidArgument] * 3
    assert {one.verb for one in stage.simulation.requests} == {"GET"}


async def test_conditional_orders_of_a_batch_are_looked_at_too(stage: Stage) -> None:
    """They travel each by itself where the venue has another list for them, and keep their places."""
    mark = stage.ledger.mark(SYMBOLS[stage.venue.id][0])
    trigger: dict[str, Any] = {"type": OrderType.STOP_MARKET, "trigger_price": (mark * 2).to_integral_value()}
    bought, stop, refused = await batches(stage).place_orders(
        [
            order(stage),
            order(stage, **trigger),
            order(stage, symbol=SYMBOLS[stage.venue.id][1], side=OrderSide.SELL, reduce_only=True),
        ]
    )
    assert isinstance(bought, Order)
    assert isinstance(stop, Order)
    assert (bought.type, stop.type) == (OrderType.MARKET, OrderType.STOP_MARKET)
    assert isinstance(refused, InvalidArgument)


async def test_the_orders_of_a_batch_share_their_reads(stage: Stage) -> None:
    """Five orders of a symbol cost no more reads than one; those of two symbols cost less than twice as many."""
    sell = order(stage, side=OrderSide.SELL, reduce_only=True)
    other = order(stage, symbol=SYMBOLS[stage.venue.id][1], side=OrderSide.SELL, reduce_only=True)

    async def count_reads(*requests: OrderRequest) -> Counter[str]:
        await batches(stage).place_orders(requests)  # what is remembered is read before
        stage.simulation.requests.clear()
        await batches(stage).place_orders(requests)
        return Counter(one.path for one in stage.simulation.requests)

    alone = await count_reads(sell)
    assert await count_reads(sell, sell, sell, sell, sell) == alone
    both = await count_reads(sell, other, sell, other)
    assert alone.total() < both.total() < 2 * alone.total()


async def test_an_order_may_reduce_the_position_that_another_one_of_its_batch_opens(stage: Stage) -> None:
    """The venue decides then: the same order alone is refused."""
    buy, sell = order(stage), order(stage, side=OrderSide.SELL, reduce_only=True)
    (refused,) = await batches(stage).place_orders([sell])
    assert isinstance(refused, InvalidArgument)
    results = await batches(stage).place_orders([buy, sell])
    assert not any(isinstance(one, InvalidArgument) for one in results)
    await stage.account.pause(1)
    assert stage.ledger.position(buy.symbol).quantity == 0


async def test_a_read_that_fails_sends_no_order_and_says_so(stage: Stage) -> None:
    """Of one order and of a batch: the error is the read's, its outcome is that of the order, and the mend is named."""
    stage.disturb(_position_read(stage), FORBIDDEN[stage.venue.id], times=9)
    careful = stage.account.with_options(check_orders=True)

    async def place_together() -> None:
        await OrderBatchControl.of(careful).place_orders([order(stage), order(stage)])

    async def place_one() -> None:
        await OrderControl.of(careful).place_order(order(stage))

    for place in (place_one, place_together):
        with pytest.raises(VenueError, match="no order was sent, since this read of its check failed") as met:
            await place()
        assert met.value.operation.startswith("get_")
        assert met.value.outcome is Outcome.NOT_SENT
        assert "with_options(check_orders=False)" in met.value.mend
    assert stage.ledger.position(order(stage).symbol).quantity == 0
    placed = await OrderControl.of(stage.account).place_order(order(stage))
    assert placed.id


async def test_a_read_that_the_account_cannot_do_refuses_nothing() -> None:
    """What it would show is left out, and everything else is looked at."""
    async with on_stage(make_plugins().venue("bybit_inverse"), "flat") as stage:
        lacking = CannedAnswer(
            200, b'{"retCode":10032,"retMsg":"Demo trading are not supported.","result":{},"time":1}'
        )
        stage.disturb(_position_read(stage), lacking, times=9)
        careful = OrderControl.of(stage.account.with_options(check_orders=True))
        with pytest.raises(InvalidArgument, match="split it"):
            await careful.place_order(order(stage, quantity=D(10**9)))
        with pytest.raises(Rejected, match="current position is zero"):  # said by the venue, which was asked
            await careful.place_order(order(stage, side=OrderSide.SELL, reduce_only=True))


def _position_read(stage: Stage) -> Endpoint[Any]:
    """Return the endpoint that tells one position."""
    reads = [one for one in stage.venue.endpoints if PositionReader.get_position in one.serves]
    return next(one for one in reads if "position" in one.path.lower() and "dual" not in one.path)

"""Lost answers about batches: what is reported is true of each order; on every product."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.plugins.binance.order_resolution.fates import IN_TIME, Stage, amending, fates
from tests.plugins.stages import outcome_of

from venuekit.capabilities import Amendment, Order, OrderSide
from venuekit.errors import NotExecuted, Outcome, OutcomeUnknown
from venuekit.simulator import CannedAnswer, Disturbance, DropAfter
from venuekit.simulator.ledger import Side

pytestmark = pytest.mark.looptime
D = Decimal


@fates
async def test_lost_batch(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """A batch is sent once, and each of its orders is accounted for."""
    stage.disturb(stage.orders.place_batch, fate)
    found = await outcome_of(stage.account.place_orders([stage.bid(2000), stage.bid(2001), stage.taken()]))
    if applied:
        assert [one.status for one in found] == ["open", "open", "filled"]
    else:
        assert [type(one) for one in found] == [NotExecuted] * 3
        assert len({one.client_id for one in found} - {None}) == 3
    assert len(stage.ledger.orders(stage.symbol)) == 3 * applied
    assert stage.sent(stage.orders.place_batch) == 1


async def test_a_batch_of_unknown_outcome_is_resolved_item_by_item(stage: Stage) -> None:
    """While nothing can be read the error names every id; resolution later gives each order in its place."""
    stage.disturb(stage.orders.place_batch, DropAfter())
    stage.disturb(stage.orders.order, CannedAnswer.html(404), times=4)
    with pytest.raises(OutcomeUnknown) as caught:
        await stage.account.place_orders([stage.bid(2000, client_id="a"), stage.bid(2001, client_id="b")])
    assert caught.value.client_id == "a, b"
    assert [(type(one), one.client_id) for one in await caught.value.resolve()] == [(Order, "a"), (Order, "b")]


@pytest.mark.parametrize("fate", [DropAfter(), IN_TIME], ids=["applied", "arrives before the fence"])
async def test_lost_batch_of_which_one_was_refused(stage: Stage, fate: Disturbance) -> None:
    """An order that the venue did not take within a lost batch is "not executed", the others are there."""
    stage.ledger.rest_order(stage.symbol, Side.SELL, stage.quantity, D(4000), client_id="taken")
    await stage.account.pause(5)
    stage.disturb(stage.orders.place_batch, fate)
    first, second, third = await stage.account.place_orders(
        [stage.bid(2000, client_id="a"), stage.bid(2001, client_id="taken"), stage.bid(2002, client_id="c")]
    )
    assert isinstance(second, NotExecuted)
    assert (second.client_id, second.outcome) == ("taken", Outcome.NOT_APPLIED)
    assert (first.client_id, third.client_id) == ("a", "c")
    assert [one.client_id for one in stage.ledger.orders(stage.symbol)] == ["taken", "a", "c"]
    assert stage.sent(stage.orders.place_batch) == 1


@fates
@amending
async def test_lost_batch_of_amendments(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """Amending several orders holds in the end."""
    ids = [order.id for order in await stage.account.place_orders([stage.bid(2000), stage.bid(2001)])]
    assert stage.orders.amend_batch is not None
    stage.disturb(stage.orders.amend_batch, fate)
    wanted = [
        Amendment(symbol=stage.symbol, side=OrderSide.BUY, order_id=one, price=D(1900 + n)) for n, one in enumerate(ids)
    ]
    assert [one.price for one in await stage.account.amend_orders(wanted)] == [1900, 1901]
    assert [order.price for order in stage.ledger.orders(stage.symbol)] == [1900, 1901]
    assert 1 <= stage.sent(stage.orders.amend_batch) <= 2
    assert applied is not None


@fates
async def test_lost_batch_of_cancellations(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """Cancelling several orders holds in the end."""
    ids = [order.id for order in await stage.account.place_orders([stage.bid(2000), stage.bid(2001)])]
    stage.disturb(stage.orders.cancel_batch, fate)
    ended = await stage.account.cancel_orders(stage.symbol, order_ids=ids)
    assert [one.status for one in ended] == ["canceled", "canceled"]
    assert stage.ledger.open_orders() == ()
    assert 1 <= stage.sent(stage.orders.cancel_batch) <= 2
    assert applied is not None

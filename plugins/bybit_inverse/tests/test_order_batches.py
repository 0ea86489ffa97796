"""Several orders in one request."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from plugins.bybit_inverse.tests.bybit_orders import order

from venuekit.capabilities import (
    Amendment,
    Order,
    OrderSide,
    OrderStatus,
)
from venuekit.errors import (
    InvalidArgument,
    NotFound,
    OperationError,
    Outcome,
    OutcomeUnknown,
    Rejected,
)
from venuekit.simulator import CannedAnswer, Simulation
from venuekit.simulator.ledger import Side
from venuekit_bybit_inverse import BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
VENUE = "bybit_inverse"
Replay = Callable[..., None]
Arrivals = Callable[[str], list[str]]


async def test_batches_answer_item_by_item(account: BybitInverseAccount, sim: Simulation) -> None:
    """One that fails leaves the others as they are, and everything keeps its place."""
    await account.place_order(order(client_id="taken"))
    await account.pause(1)
    first, second, third = await account.place_orders(
        [order(client_id="a"), order(client_id="taken"), order(client_id="c", price=D(2100))]
    )
    assert isinstance(first, Order)
    assert isinstance(third, Order)
    assert (first.status, first.client_id, third.price) == ("pending", "a", D(2100))
    assert isinstance(second, Rejected)
    assert (second.code, second.client_id, second.outcome) == (110072, "taken", Outcome.NOT_APPLIED)
    amended = await account.amend_orders(
        [
            Amendment(symbol="ETHUSD", side=OrderSide.BUY, order_id=first.id, quantity=D(50)),
            Amendment(symbol="ETHUSD", side=OrderSide.BUY, client_id="nowhere", quantity=D(50)),
        ]
    )
    assert isinstance(amended[0], Order)
    assert isinstance(amended[1], NotFound)
    assert sim.ledger.order(first.id).quantity == 50
    ended = await account.cancel_orders("ETHUSD", order_ids=[first.id, "404"], client_ids=["c"])
    assert [one.status if isinstance(one, Order) else type(one) for one in ended] == ["canceled", NotFound, "canceled"]
    again = await account.cancel_orders("ETHUSD", order_ids=[first.id])
    assert isinstance(again[0], Order)
    assert again[0].status is OrderStatus.CANCELED


async def test_recorded_batches(account: BybitInverseAccount, replay: Replay) -> None:
    """An item's id and its code stand in two lists."""
    replay("post_v5_order_create_batch", "post_v5_order_amend_batch", "post_v5_order_cancel_batch")
    placed, refused = await account.place_orders([order(client_id="batch-1"), order(client_id="batch-2")])
    assert isinstance(placed, Order)
    assert (placed.id, placed.status) == ("a4c1718e-fe53-4659-a118-1f6ecce04ad9", "pending")
    assert isinstance(refused, Rejected)
    changes = [Amendment(symbol="BTCUSD", side=OrderSide.BUY, client_id=f"batch-{n}", price=D(51000)) for n in (1, 2)]
    amended = await account.amend_orders(changes)
    assert [type(one) for one in amended] == [Order, NotFound]
    ended = await account.cancel_orders("BTCUSD", client_ids=["batch-1", "batch-2"])
    assert isinstance(ended[1], NotFound)
    assert isinstance(ended[0], OperationError)


@pytest.mark.looptime
@pytest.mark.parametrize("taken", [True, False], ids=["taken", "not taken"])
async def test_item_of_which_the_venue_does_not_know(
    account: BybitInverseAccount, sim: Simulation, taken: bool
) -> None:
    """It is looked for by its client id: it is the order that is found, or of unknown outcome, never "refused"."""
    said = {
        "retCode": 0,
        "retMsg": "OK",
        "result": {"list": [{"symbol": "ETHUSD", "orderId": "", "orderLinkId": name} for name in ("a", "b")]},
        "retExtInfo": {"list": [{"code": 10016, "msg": "Server error."}, {"code": 110007, "msg": "not enough"}]},
    }
    if taken:
        sim.ledger.rest_order("ETHUSD", Side.BUY, D(100), D(2000), client_id="a")
    sim.disturb(VENUE, BYBIT.CREATE_BATCH, CannedAnswer.json(200, said))
    unknown, refused = await account.place_orders([order(client_id="a"), order(client_id="b")])
    if taken:
        assert isinstance(unknown, Order)
        assert (unknown.client_id, unknown.status) == ("a", OrderStatus.OPEN)
    else:
        assert isinstance(unknown, OutcomeUnknown)
        assert (unknown.code, unknown.outcome, "refused" in str(unknown)) == (10016, Outcome.UNKNOWN, False)
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.outcome) == (110007, Outcome.NOT_APPLIED)


async def test_batch_tells_when_its_orders_were_taken(account: BybitInverseAccount, sim: Simulation) -> None:
    """Its acknowledgements have a time, those of single orders none."""
    answered = await account.place_orders([order(), order()])
    times = [one.created_at for one in answered if isinstance(one, Order)]
    assert times == [one.created_at for one in sim.ledger.open_orders()]
    assert (await account.place_order(order())).created_at is None


@pytest.mark.parametrize("count", [0, 21])
async def test_batches_of_the_wrong_size_are_not_sent(
    account: BybitInverseAccount, sim: Simulation, count: int
) -> None:
    """One to twenty."""
    sent = len(sim.requests)
    changes = [Amendment(symbol="ETHUSD", side=OrderSide.BUY, order_id=str(n), price=D(1)) for n in range(count)]
    with pytest.raises(InvalidArgument, match=f"1 to 20 orders, not {count}"):
        await account.place_orders([order()] * count)
    with pytest.raises(InvalidArgument, match="1 to 20"):
        await account.amend_orders(changes)
    with pytest.raises(InvalidArgument, match="1 to 20"):
        await account.cancel_orders("ETHUSD", order_ids=[str(number) for number in range(count)])
    assert len(sim.requests) == sent


async def test_batch_with_one_id_twice_is_not_sent(account: BybitInverseAccount, arrivals: Arrivals) -> None:
    """It could not be told apart if the answer were lost."""
    with pytest.raises(InvalidArgument, match="same client id"):
        await account.place_orders([order(client_id="a"), order(client_id="a")])
    assert arrivals(BYBIT.CREATE_BATCH.path) == []


async def test_batch_answered_short_is_found_out_about(account: BybitInverseAccount, sim: Simulation) -> None:
    """An answer with fewer codes than items is not believed: the orders are looked for instead."""
    short = {"retCode": 0, "result": {"list": []}, "retExtInfo": {"list": [{"code": 0, "msg": "OK"}]}}
    sim.disturb(VENUE, BYBIT.CREATE_BATCH, CannedAnswer.json(200, short, applied=True))
    placed = await account.place_orders([order(), order()])
    assert [one.status for one in placed if isinstance(one, Order)] == ["open", "open"]
    empty = {"retCode": 0, "result": {"list": []}, "retExtInfo": {"list": []}}
    sim.disturb(VENUE, BYBIT.CANCEL_BATCH, CannedAnswer.json(200, empty))
    first = placed[0]
    assert isinstance(first, Order)
    (ended,) = await account.cancel_orders("ETHUSD", order_ids=[first.id])
    assert isinstance(ended, Order)
    assert ended.status is OrderStatus.CANCELED

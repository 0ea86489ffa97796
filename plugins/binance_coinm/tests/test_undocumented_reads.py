"""Queries of conditional orders that the venue does not document: used while they answer, and done without."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.stages import LeapingStage, leaping

from venuekit.capabilities import Order, OrderRequest, OrderSide, OrderStatus, OrderType
from venuekit.errors import NotExecuted, NotFound, OutcomeNotStated, OutcomeUnknown, PayloadMismatch
from venuekit.simulator import CannedAnswer, Disturbance, DropAfter, DropBefore, SecondActor
from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_common.orders.endpoints import AlgoEndpoints

pytestmark = pytest.mark.looptime
D = Decimal
SYMBOL = "ETHUSD_PERP"
ALGO: AlgoEndpoints = COINM.ORDERS.algo  # type: ignore[assignment] # this venue has the book
#: how often a read is asked for before it is given up
ATTEMPTS = 4
#: in the venue's words, by a page, and by JSON of some framework
NOT_THERE: dict[str, Disturbance] = {
    "-5000": CannedAnswer.json(404, {"code": -5000, "msg": "Path /dapi/v1/x, Method GET is invalid"}),
    "a page": CannedAnswer.html(404),
    "JSON without a code": CannedAnswer.json(404, {"status": 404, "error": "Not Found"}),
}


@attrs.frozen
class Stage(LeapingStage):
    """A simulated venue and an account of it on one clock that leaps over waiting."""

    def asked(self) -> int:
        """Return how many requests arrived at the reads that may be absent."""
        return sum(len(self.arrivals(endpoint)) for endpoint in (ALGO.order, ALGO.all_orders))

    def close(self, answer: Disturbance, times: int = 1000) -> None:
        """Have the undocumented reads answered so."""
        for endpoint in (ALGO.order, ALGO.all_orders):
            self.sim.disturb(self.venue, endpoint, answer, times=times)

    async def stop(self) -> Order:
        """Place a conditional order far from its trigger."""
        order: Order = await self.account.place_order(_stop())
        return order

    def trigger(self) -> None:
        """Have it triggered."""
        self.ledger.set_mark(SYMBOL, D(4100))


def _stop() -> OrderRequest:
    return OrderRequest(
        symbol=SYMBOL, side=OrderSide.BUY, type=OrderType.STOP_MARKET, quantity=D(10), trigger_price=D(4000)
    )


async def _outcome(call: Any) -> Any:
    try:
        return await call
    except (OutcomeUnknown, NotExecuted) as error:
        return error


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """An account whose venue answers the undocumented reads."""
    async with leaping("binance_coinm", "flat") as (sim, account):
        yield Stage(sim, account)


@pytest.fixture(params=[*NOT_THERE.values()], ids=[*NOT_THERE])
async def bare(stage: Stage, request: pytest.FixtureRequest) -> Stage:
    """An account whose venue does not have the undocumented reads."""
    stage.close(request.param)
    return stage


async def test_an_ended_order_is_read_and_listed(stage: Stage) -> None:
    """Where the reads answer, a triggered order is found by its id, and in the history."""
    order = await stage.stop()
    stage.trigger()
    assert (await stage.account.get_order(SYMBOL, order_id=order.id)).status is OrderStatus.TRIGGERED
    listed = {one.id: one.status async for one in stage.account.iter_orders(symbol=SYMBOL)}
    assert listed[order.id] is OrderStatus.TRIGGERED


async def test_an_open_order_is_read_and_listed_without_them(bare: Stage) -> None:
    """The open orders stand in for the query and for the history."""
    order = await bare.stop()
    assert (await bare.account.get_order(SYMBOL, client_id=order.client_id)).id == order.id
    assert [one.id async for one in bare.account.iter_orders(symbol=SYMBOL)] == [order.id]


async def test_an_ended_order_is_not_found_without_them(bare: Stage) -> None:
    """What is not open any more is not known there."""
    order = await bare.stop()
    bare.trigger()
    with pytest.raises(NotFound):
        await bare.account.get_order(SYMBOL, order_id=order.id)
    with pytest.raises(NotFound):
        await bare.account.cancel_order(SYMBOL, order_id=order.id)


async def test_what_is_not_there_is_asked_for_once(bare: Stage) -> None:
    """The place remembers it for everything that would ask."""
    order = await bare.stop()
    for _ in range(2):
        with pytest.raises(NotFound):
            await bare.account.get_order(SYMBOL, order_id="999")
        assert [one.id async for one in bare.account.iter_orders(symbol=SYMBOL)] == [order.id]
    asked = bare.asked()
    assert asked <= 2 * ATTEMPTS
    await bare.account.cancel_order(SYMBOL, order_id=order.id)
    assert bare.asked() == asked
    assert bare.account.lacks(ALGO.order)
    assert bare.account.lacks(ALGO.all_orders)


async def test_a_lost_order_that_triggered_is_found(stage: Stage) -> None:
    """The query tells it, although it is not among the open ones."""
    trigger = SecondActor(lambda ledger: ledger.set_mark(SYMBOL, D(4100)), after=True)
    stage.sim.disturb(stage.venue, ALGO.place, (trigger, DropAfter()))
    assert (await stage.stop()).status is OrderStatus.TRIGGERED
    assert len(stage.arrivals(ALGO.place)) == 1


async def test_a_lost_order_that_never_arrived_is_proven_absent(stage: Stage) -> None:
    """The query that finds nothing past the fence is the proof."""
    stage.sim.disturb(stage.venue, ALGO.place, DropBefore())
    assert type(await _outcome(stage.stop())) is NotExecuted


async def test_without_the_query_nothing_is_proven_absent(bare: Stage) -> None:
    """An order that is not among the open ones may have triggered: it stays unknown and is not sent again."""
    bare.sim.disturb(bare.venue, ALGO.place, DropBefore())
    assert type(await _outcome(bare.stop())) is OutcomeUnknown
    bare.sim.disturb(bare.venue, ALGO.place, (_trigger_after(), DropAfter()))
    assert type(await _outcome(bare.stop())) is OutcomeUnknown
    assert len(bare.arrivals(ALGO.place)) == 2


def _trigger_after() -> Disturbance:
    return SecondActor(lambda ledger: ledger.set_mark(SYMBOL, D(4100)), after=True)


async def test_a_lost_order_that_waits_is_found_without_the_query(bare: Stage) -> None:
    """The open orders hold it."""
    bare.sim.disturb(bare.venue, ALGO.place, DropAfter())
    assert (await bare.stop()).status is OrderStatus.UNTRIGGERED


@pytest.mark.parametrize("fate", [DropAfter(), DropBefore(), CannedAnswer.html(502, applied=True)], ids=repr)
async def test_lost_cancellation_without_the_query(bare: Stage, fate: Disturbance) -> None:
    """It is open no longer; whether it was cancelled or triggered is told only where the venue said so."""
    order = await bare.stop()
    bare.sim.disturb(bare.venue, ALGO.cancel, fate)
    ended = await _outcome(bare.account.cancel_order(SYMBOL, order_id=order.id))
    assert bare.ledger.open_orders() == ()
    if isinstance(ended, OutcomeUnknown):
        assert "triggered cannot be read" in ended.message
    else:
        assert (ended.id, ended.status) == (order.id, OrderStatus.CANCELED)


async def test_the_emergency_cancel_needs_none_of_them(bare: Stage) -> None:
    """Everything is ended one by one and the open orders are read afterwards; the undocumented reads are not asked."""
    for _ in range(3):
        await bare.stop()
    bare.sim.disturb(bare.venue, ALGO.cancel, DropBefore())
    assert await bare.account.cancel_all_orders(symbol=SYMBOL) == ()
    assert bare.ledger.open_orders() == ()
    assert bare.asked() == 0


@pytest.mark.parametrize(
    "trouble",
    [
        CannedAnswer.html(502),
        CannedAnswer.json(400, {"code": -1102, "msg": "Mandatory parameter was not sent."}),
        DropBefore(),
    ],
    ids=["a gateway's page", "a refusal", "no answer"],
)
async def test_an_open_order_is_found_whatever_the_query_says(stage: Stage, trouble: Disturbance) -> None:
    """Other trouble than a 404 is not taken for absence, and an open order can be read and cancelled all the same."""
    order = await stage.stop()
    stage.close(trouble)
    assert (await stage.account.get_order(SYMBOL, order_id=order.id)).id == order.id
    assert not stage.account.lacks(ALGO.order)
    assert (await stage.account.cancel_order(SYMBOL, order_id=order.id)).status is OrderStatus.CANCELED
    assert stage.ledger.open_orders() == ()


async def test_trouble_of_a_history_is_told(stage: Stage) -> None:
    """A gateway's page is no absence: the history ends in an error, and not in the open orders alone."""
    await stage.stop()
    stage.close(CannedAnswer.html(502))
    with pytest.raises(OutcomeNotStated):
        [one async for one in stage.account.iter_orders(symbol=SYMBOL)]


async def test_a_single_page_of_a_gateway_is_no_absence(stage: Stage) -> None:
    """A read answered by one 404 page is asked again, and answered."""
    order = await stage.stop()
    stage.trigger()
    stage.close(CannedAnswer.html(404), times=1)
    assert (await stage.account.get_order(SYMBOL, order_id=order.id)).status is OrderStatus.TRIGGERED
    assert [one.status async for one in stage.account.iter_orders(symbol=SYMBOL) if one.id == order.id] == ["triggered"]
    assert not stage.account.lacks(ALGO.order)
    assert not stage.account.lacks(ALGO.all_orders)


async def test_an_answer_of_another_shape_is_no_absence(stage: Stage) -> None:
    """A lost order whose query cannot be read is not proven absent."""
    stage.close(CannedAnswer.json(200, {"rows": []}))
    stage.sim.disturb(stage.venue, ALGO.place, DropBefore())
    with pytest.raises(OutcomeUnknown):
        await stage.stop()
    with pytest.raises(PayloadMismatch):
        await stage.account.get_order(SYMBOL, order_id="1")

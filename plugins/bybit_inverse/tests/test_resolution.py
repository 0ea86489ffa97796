"""Lost answers: what is reported about a write that must not be sent twice is true, whatever became of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.stages import leaping

from venuekit.capabilities import Amendment, MarginType, Order, OrderRequest, OrderSide, OrderStatus, OrderType
from venuekit.errors import Fenced, NotExecuted, NotFound, OperationError, Outcome, OutcomeUnknown, Rejected
from venuekit.simulator import (
    ApplyLater,
    Arrival,
    CannedAnswer,
    Disturbance,
    DropAfter,
    DropBefore,
    Lag,
    SecondActor,
    Simulation,
)
from venuekit.simulator.ledger import Ledger, Record, Side
from venuekit_bybit_inverse import BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

pytestmark = pytest.mark.looptime
D = Decimal
VENUE = "bybit_inverse"
#: the venue does not know whether it did it; it did, or it did not
DONE_UNKNOWN = CannedAnswer.json(200, {"retCode": 10000, "retMsg": "Server Timeout", "result": {}}, applied=True)
NOT_DONE_UNKNOWN = CannedAnswer.json(200, {"retCode": 10016, "retMsg": "Server error.", "result": {}})
#: within the window of five seconds, and past it
IN_TIME, TOO_LATE = ApplyLater(3), ApplyLater(7)
#: what happens to a request, and whether it is carried out in the end
FATES: dict[str, tuple[Disturbance, bool]] = {
    "applied": (DropAfter(), True),
    "never arrived": (DropBefore(), False),
    "arrives before the fence": (IN_TIME, True),
    "arrives after the fence": (TOO_LATE, False),
    "unknown, applied": (DONE_UNKNOWN, True),
    "unknown, not applied": (NOT_DONE_UNKNOWN, False),
    "a gateway's page": (CannedAnswer.html(502), False),
    "a gateway's page, applied": (CannedAnswer.html(504, applied=True), True),
}
fates = pytest.mark.parametrize(("fate", "applied"), FATES.values(), ids=FATES)


@attrs.frozen
class Stage:
    """A simulated venue and an account of it on one clock that leaps over waiting."""

    sim: Simulation
    account: BybitInverseAccount

    @property
    def ledger(self) -> Ledger:
        """What really holds."""
        return self.sim.ledger

    def arrivals(self, endpoint: Any) -> list[Arrival]:
        """Return what arrived at an endpoint."""
        return [one for one in self.sim.requests if (one.verb, one.path) == (endpoint.verb, endpoint.path)]

    def sent(self, endpoint: Any) -> int:
        """Return how many requests arrived at an endpoint."""
        return len(self.arrivals(endpoint))

    async def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)

    def disturb(self, endpoint: Any, *steps: Any, times: int = 1) -> None:
        """Script what happens to the next requests of an endpoint."""
        self.sim.disturb(VENUE, endpoint, *steps, times=times)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """An account in isolated margin with a large long position."""
    async with leaping(VENUE) as (sim, account):
        assert isinstance(account, BybitInverseAccount)
        yield Stage(sim, account)


def bid(price: int = 2000, **details: Any) -> OrderRequest:
    """Return an order that rests far from the market."""
    plain: dict[str, Any] = {"type": OrderType.LIMIT, "quantity": D(100), "price": D(price)}
    return OrderRequest(symbol="ETHUSD", side=OrderSide.BUY, **(plain | details))


def taken() -> OrderRequest:
    """Return an order that is filled at once."""
    return attrs.evolve(bid(), type=OrderType.MARKET, price=None)


# -- margin


def added(ledger: Ledger) -> Decimal:
    """Return what was added by hand and was not taken away again."""
    return sum((change.amount for change in ledger.margin_changes("BTCUSD")), D(0))


@fates
@pytest.mark.parametrize("amount", [D("0.5"), D("-0.25"), D("0.01")])
async def test_lost_margin(stage: Stage, fate: Disturbance, applied: bool, amount: Decimal) -> None:
    """It is sent once, and what is reported is what happened."""
    stage.ledger.adjust_margin("BTCUSD", D(1))
    stage.disturb(BYBIT.ADD_MARGIN, fate)
    move = stage.account.add_margin if amount > 0 else stage.account.reduce_margin
    if applied:
        assert (await move("BTCUSD", abs(amount))).amount == amount
    else:
        with pytest.raises(NotExecuted) as caught:
            await move("BTCUSD", abs(amount))
        assert caught.value.outcome is Outcome.NOT_APPLIED
    assert added(stage.ledger) == 1 + (amount if applied else 0)
    assert stage.sent(BYBIT.ADD_MARGIN) == 1


@pytest.mark.parametrize("quantity", [D(16_000_000), D(-5_000_000)])
@fates
async def test_lost_margin_of_a_short_position(
    stage: Stage, fate: Disturbance, applied: bool, quantity: Decimal
) -> None:
    """The liquidation price of a short position tells as much."""
    if quantity < 0:
        stage.ledger.fill("BTCUSD", Side.SELL, 16_000_000 - quantity, D(80_000))
    stage.disturb(BYBIT.ADD_MARGIN, fate)
    try:
        await stage.account.add_margin("BTCUSD", D("0.7"))
        reported = True
    except NotExecuted:
        reported = False
    assert reported is applied
    assert added(stage.ledger) == (D("0.7") if applied else 0)


async def test_refused_margin(stage: Stage) -> None:
    """A refusal is one, and nothing is looked for."""
    stage.ledger.set_margin_type(MarginType.CROSS)
    with pytest.raises(Rejected, match="cross margin mode") as caught:
        await stage.account.add_margin("BTCUSD", D(1))
    assert (caught.value.code, caught.value.outcome) == (110015, Outcome.NOT_APPLIED)
    assert (added(stage.ledger), stage.sent(BYBIT.ADD_MARGIN), stage.sent(BYBIT.POSITION_LIST)) == (D(0), 1, 1)


@fates
async def test_margin_while_reads_lag(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """Rows that lag a little do not make it "not executed"."""
    stage.disturb(BYBIT.POSITION_LIST, Lag(reads=4))
    stage.disturb(BYBIT.ADD_MARGIN, fate)
    try:
        await stage.account.add_margin("BTCUSD", D("0.5"))
        reported = True
    except NotExecuted:
        reported = False
    assert reported is applied
    assert added(stage.ledger) == (D("0.5") if applied else 0)
    assert stage.sent(BYBIT.ADD_MARGIN) == 1


@pytest.mark.parametrize("other", [D("0.5"), D("-0.5"), D("0.3")])
@pytest.mark.parametrize("after", [False, True])
async def test_margin_and_a_second_actor(stage: Stage, other: Decimal, after: bool) -> None:
    """Where somebody else moves margin too, an applied change is never called "not executed", nor sent again."""
    stage.ledger.adjust_margin("BTCUSD", D(1))
    await stage.pass_by(1)
    actor = SecondActor(lambda ledger: ledger.adjust_margin("BTCUSD", other), after=after)
    stage.disturb(BYBIT.ADD_MARGIN, (DropAfter(), actor))
    with pytest.raises(OutcomeUnknown, match="assumes that no other actor writes") as caught:
        await stage.account.add_margin("BTCUSD", D("0.5"))
    assert any("touched" in read for read in caught.value.reads)
    assert added(stage.ledger) == 1 + D("0.5") + other
    assert stage.sent(BYBIT.ADD_MARGIN) == 1
    with pytest.raises(OutcomeUnknown):
        await caught.value.resolve()


async def test_margin_of_a_position_that_changed(stage: Stage) -> None:
    """After a fill nothing can be compared."""
    fill = SecondActor(lambda ledger: ledger.fill("BTCUSD", Side.BUY, D(1000), D(81_000)), after=True)
    stage.disturb(BYBIT.ADD_MARGIN, (DropBefore(), fill))
    stage.disturb(BYBIT.POSITION_LIST, SecondActor(lambda _: None), fill)
    with pytest.raises(OutcomeUnknown, match="position itself has changed"):
        await stage.account.add_margin("BTCUSD", D("0.5"))
    assert (added(stage.ledger), stage.sent(BYBIT.ADD_MARGIN)) == (D(0), 1)


async def test_margin_too_small_to_be_seen(stage: Stage) -> None:
    """What moves the liquidation price by less than a tick is not claimed to have happened."""
    stage.disturb(BYBIT.ADD_MARGIN, DropAfter())
    with pytest.raises(OutcomeUnknown, match="touched"):
        await stage.account.add_margin("BTCUSD", D("0.0001"))
    assert (added(stage.ledger), stage.sent(BYBIT.ADD_MARGIN)) == (D("0.0001"), 1)


async def test_margin_that_was_not_executed_may_be_sent_again(stage: Stage) -> None:
    """Whoever opts in has it sent once more, after the proof."""
    stage.disturb(BYBIT.ADD_MARGIN, DropBefore())
    account = stage.account.with_options(resend_until=(await stage.account.get_server_time()) + timedelta(minutes=1))
    assert (await account.add_margin("BTCUSD", D("0.5"))).amount == D("0.5")
    assert (added(stage.ledger), stage.sent(BYBIT.ADD_MARGIN)) == (D("0.5"), 2)


# -- orders


@fates
@pytest.mark.parametrize("request_of", [bid, taken], ids=["rests", "filled"])
async def test_lost_order(stage: Stage, fate: Disturbance, applied: bool, request_of: Callable[[], Any]) -> None:
    """An order is sent once; it is found by its client id, or proven not to be there."""
    stage.disturb(BYBIT.CREATE_ORDER, fate)
    before = len(stage.ledger.orders("ETHUSD"))
    if applied:
        order = await stage.account.place_order(request_of())
        held = stage.ledger.order(order.id)
        assert (order.client_id, order.quantity) == (held.client_id, held.quantity)
        assert order.status in {OrderStatus.OPEN, OrderStatus.FILLED}
    else:
        with pytest.raises(NotExecuted) as caught:
            await stage.account.place_order(request_of())
        assert caught.value.client_id
        assert caught.value.fence
    assert len(stage.ledger.orders("ETHUSD")) == before + applied
    assert stage.sent(BYBIT.CREATE_ORDER) == 1


@fates
async def test_order_while_history_lags(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """Orders that are seen only after seconds are found all the same."""
    stage.ledger.lag(Record.ORDERS, timedelta(seconds=4))
    stage.disturb(BYBIT.CREATE_ORDER, fate)
    try:
        await stage.account.place_order(taken())
        reported = True
    except NotExecuted:
        reported = False
    assert reported is applied
    assert bool(stage.ledger.position("ETHUSD").quantity) is applied
    assert stage.sent(BYBIT.CREATE_ORDER) == 1


async def test_order_that_is_decided_late(stage: Stage) -> None:
    """An accepted order that no read shows for seconds is not taken for absent."""
    stage.ledger.set_decision_delay(timedelta(seconds=8))
    stage.disturb(BYBIT.CREATE_ORDER, DropAfter())
    order = await stage.account.place_order(bid())
    assert (order.status, stage.sent(BYBIT.CREATE_ORDER)) == (OrderStatus.OPEN, 1)


async def test_lost_order_that_was_rejected_later(stage: Stage) -> None:
    """An order that was accepted and then rejected is reported as the rejected order that it is."""
    stage.ledger.set_decision_delay(timedelta(seconds=1))
    stage.disturb(BYBIT.CREATE_ORDER, DropAfter())
    stage.disturb(BYBIT.OPEN_ORDERS, SecondActor(lambda ledger: ledger.deposit("ETH", D(-250))))
    order = await stage.account.place_order(bid())
    assert (order.status, order.reject_reason) == (OrderStatus.REJECTED, "EC_Others")


async def test_an_equal_order_of_a_second_actor_is_not_ours(stage: Stage) -> None:
    """Somebody else's order of the same size and price does not pass for ours."""
    actor = SecondActor(lambda ledger: ledger.rest_order("ETHUSD", Side.BUY, D(100), D(2000), client_id="other"))
    stage.disturb(BYBIT.CREATE_ORDER, (actor, DropBefore()))
    with pytest.raises(NotExecuted):
        await stage.account.place_order(bid(client_id="mine"))
    assert stage.sent(BYBIT.CREATE_ORDER) == 1


async def test_an_older_order_of_the_same_id_is_not_ours(stage: Stage) -> None:
    """An order that stood there before we sent anything proves nothing."""
    await stage.account.place_order(bid(client_id="twice"))
    await stage.pass_by(3)
    stage.disturb(BYBIT.CREATE_ORDER, DropBefore())
    with pytest.raises(NotExecuted, match="twice"):
        await stage.account.place_order(bid(client_id="twice"))
    assert len(stage.ledger.orders("ETHUSD")) == 1


async def test_an_order_of_the_same_id_and_another_size_is_unclear(stage: Stage) -> None:
    """Somebody else who uses our id at the same time makes the outcome unknown."""
    actor = SecondActor(lambda ledger: ledger.rest_order("ETHUSD", Side.BUY, D(7), D(2000), client_id="mine"))
    stage.disturb(BYBIT.CREATE_ORDER, (actor, DropBefore()))
    with pytest.raises(OutcomeUnknown, match="id of another order"):
        await stage.account.place_order(bid(client_id="mine"))


async def test_an_order_may_be_sent_again_after_the_proof(stage: Stage) -> None:
    """Whoever opts in has it sent once more, with the same client id."""
    stage.disturb(BYBIT.CREATE_ORDER, DropBefore())
    account = stage.account.with_options(resend_until=(await stage.account.get_server_time()) + timedelta(minutes=1))
    order = await account.place_order(bid(client_id="again"))
    assert (order.client_id, stage.sent(BYBIT.CREATE_ORDER)) == ("again", 2)
    assert [one.client_id for one in stage.ledger.orders("ETHUSD")] == ["again"]


@fates
async def test_lost_batch(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """A batch is sent once, and each of its orders is accounted for."""
    stage.disturb(BYBIT.CREATE_BATCH, fate)
    wanted = [bid(2000, client_id="a"), bid(2001, client_id="b"), attrs.evolve(taken(), client_id="c")]
    if applied:
        orders = await stage.account.place_orders(wanted)
        assert [one.status for one in orders if isinstance(one, Order)] == ["open", "open", "filled"]
    else:
        missing = await stage.account.place_orders(wanted)
        assert [(type(one), one.client_id) for one in missing] == [(NotExecuted, name) for name in "abc"]
    assert len(stage.ledger.orders("ETHUSD")) == 3 * applied
    assert stage.sent(BYBIT.CREATE_BATCH) == 1


@pytest.mark.parametrize("fate", [DropAfter(), IN_TIME], ids=["applied", "arrives before the fence"])
async def test_lost_batch_of_which_one_was_refused(stage: Stage, fate: Disturbance) -> None:
    """An order that the venue did not take within a lost batch is "not executed", the others are there."""
    stage.ledger.rest_order("ETHUSD", Side.SELL, D(5), D(4000), client_id="taken")
    await stage.pass_by(5)
    stage.disturb(BYBIT.CREATE_BATCH, fate)
    first, second, third = await stage.account.place_orders(
        [bid(2000, client_id="a"), bid(2001, client_id="taken"), bid(2002, client_id="c")]
    )
    assert isinstance(second, NotExecuted)
    assert (second.client_id, second.outcome) == ("taken", Outcome.NOT_APPLIED)
    assert isinstance(first, Order)
    assert isinstance(third, Order)
    assert [one.client_id for one in stage.ledger.orders("ETHUSD")] == ["taken", "a", "c"]
    assert stage.sent(BYBIT.CREATE_BATCH) == 1


# -- what may be repeated


@fates
async def test_lost_cancel(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """A cancel whose answer is lost is found out about, repeated at most once, and tells how the order ended."""
    order = await stage.account.place_order(bid())
    stage.disturb(BYBIT.CANCEL_ORDER, fate)
    ended = await stage.account.cancel_order("ETHUSD", order_id=order.id)
    assert (ended.id, ended.status) == (order.id, OrderStatus.CANCELED)
    assert stage.ledger.open_orders("ETHUSD") == ()
    assert 1 <= stage.sent(BYBIT.CANCEL_ORDER) <= 2
    assert stage.sent(BYBIT.CANCEL_ORDER) == 1 or fate is IN_TIME or not applied


async def test_own_lost_cancel_that_meets_no_order(stage: Stage) -> None:
    """The second cancel meets 110001 because the first one arrived after all: no error, the order has ended."""
    order = await stage.account.place_order(bid())
    stage.disturb(BYBIT.CANCEL_ORDER, DropAfter())
    stage.disturb(BYBIT.OPEN_ORDERS, Lag(reads=1))
    assert (await stage.account.cancel_order("ETHUSD", order_id=order.id)).status is OrderStatus.CANCELED
    assert [one.applied for one in stage.arrivals(BYBIT.CANCEL_ORDER)] == [True, False]


async def test_lost_cancel_of_an_order_that_filled(stage: Stage) -> None:
    """It is returned as filled."""
    order = await stage.account.place_order(bid())
    fill = SecondActor(lambda ledger: ledger.fill_order(order.id))
    stage.disturb(BYBIT.CANCEL_ORDER, (fill, DropAfter()))
    ended = await stage.account.cancel_order("ETHUSD", order_id=order.id)
    assert (ended.status, ended.filled) == (OrderStatus.FILLED, D(100))


async def test_cancel_of_what_is_nowhere(stage: Stage) -> None:
    """The venue's refusal arrives."""
    with pytest.raises(NotFound, match="order not exists") as caught:
        await stage.account.cancel_order("ETHUSD", client_id="never")
    assert caught.value.code == 110001


@fates
async def test_lost_amendment(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """An amendment holds in the end, whatever became of its first attempt."""
    order = await stage.account.place_order(bid())
    stage.disturb(BYBIT.AMEND_ORDER, fate)
    await stage.account.amend_order("ETHUSD", OrderSide.BUY, order_id=order.id, quantity=D(50), price=D(1900))
    held = stage.ledger.order(order.id)
    assert (held.quantity, held.price) == (D(50), D(1900))
    assert stage.sent(BYBIT.AMEND_ORDER) <= (1 if applied and fate is not IN_TIME else 2)


async def test_lost_amendments_of_which_one_is_of_no_order(stage: Stage) -> None:
    """The one that the lost attempt made is not reported as refused, though a second attempt finds it made."""
    order = await stage.account.place_order(bid())
    stage.disturb(BYBIT.AMEND_BATCH, DropAfter())
    made, missing = await stage.account.amend_orders(
        [
            Amendment(symbol="ETHUSD", side=OrderSide.BUY, order_id=order.id, price=D(1900)),
            Amendment(symbol="ETHUSD", side=OrderSide.BUY, client_id="nowhere", price=D(1900)),
        ]
    )
    assert isinstance(made, Order)
    assert (made.id, made.price) == (order.id, D(1900))
    assert isinstance(missing, NotFound)
    assert stage.sent(BYBIT.AMEND_BATCH) == 2


@fates
async def test_lost_batches_of_changes(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """Amending and cancelling several orders holds in the end."""
    orders = await stage.account.place_orders([bid(2000), bid(2001)])
    ids = [order.id for order in orders if isinstance(order, Order)]
    stage.disturb(BYBIT.AMEND_BATCH, fate)
    wanted = [
        Amendment(symbol="ETHUSD", side=OrderSide.BUY, order_id=one, price=D(1900 + n)) for n, one in enumerate(ids)
    ]
    assert not any(isinstance(one, OperationError) for one in await stage.account.amend_orders(wanted))
    assert [order.price for order in stage.ledger.orders("ETHUSD")] == [1900, 1901]
    stage.disturb(BYBIT.CANCEL_BATCH, fate)
    ended = await stage.account.cancel_orders("ETHUSD", order_ids=ids)
    assert [one.status for one in ended if isinstance(one, Order)] == ["canceled", "canceled"]
    assert max(stage.sent(BYBIT.AMEND_BATCH), stage.sent(BYBIT.CANCEL_BATCH)) <= 2
    assert applied is not None


@fates
async def test_lost_cancel_of_everything(stage: Stage, fate: Disturbance, applied: bool) -> None:
    """Nothing is left."""
    await stage.account.place_orders([bid(2000), bid(2001)])
    stage.disturb(BYBIT.CANCEL_ALL, fate)
    assert await stage.account.cancel_all_orders() == ()
    assert stage.ledger.open_orders() == ()
    assert applied is not None


async def test_a_lost_cancel_of_everything_ends_no_later_order(stage: Stage) -> None:
    """While its first attempt may still arrive no order is sent; one that may wait is sent after that, and stays."""
    await stage.account.place_order(bid(2000))
    stage.disturb(BYBIT.CANCEL_ALL, IN_TIME)
    assert await stage.account.cancel_all_orders(symbol="ETHUSD") == ()
    with pytest.raises(Fenced, match="may still arrive") as caught:
        await stage.account.place_order(bid(2001))
    assert caught.value.outcome is Outcome.NOT_SENT
    with pytest.raises(Fenced, match="may still arrive"):
        await stage.account.place_orders([bid(2001), bid(2002)])
    other = await stage.account.place_order(attrs.evolve(bid(20_000), symbol="BTCUSD"))
    later = await stage.account.with_options(max_wait=10).place_order(bid(2001))
    await asyncio.sleep(10)
    assert {order.id for order in stage.ledger.open_orders()} == {other.id, later.id}


@pytest.mark.parametrize(
    ("endpoint", "parameters"),
    [(BYBIT.SET_TPSL_MODE, {"tpSlMode": "Full"}), (BYBIT.SET_RISK_LIMIT, {"riskId": 2})],
    ids=["tpsl mode", "risk limit"],
)
async def test_what_no_read_tells_stays_unknown(stage: Stage, endpoint: Any, parameters: dict[str, Any]) -> None:
    """A setting that nothing shows is not claimed either way."""
    stage.disturb(endpoint, DropAfter())
    with pytest.raises(OutcomeUnknown, match="no read can show"):
        await stage.account.call(endpoint, category="inverse", symbol="BTCUSD", **parameters)
    assert stage.sent(endpoint) == 1


async def test_reads_that_fail_prove_nothing(stage: Stage) -> None:
    """While the lists cannot be read, the outcome is unknown; resolution later finds the order."""
    stage.disturb(BYBIT.CREATE_ORDER, DropAfter())
    for endpoint in (BYBIT.OPEN_ORDERS, BYBIT.ORDER_HISTORY):
        stage.disturb(endpoint, CannedAnswer.html(502), times=4)
    with pytest.raises(OutcomeUnknown) as caught:
        await stage.account.place_order(bid(client_id="later"))
    assert caught.value.client_id == "later"
    found = await caught.value.resolve()
    assert isinstance(found, Order)
    assert stage.ledger.order(found.id).client_id == found.client_id == "later"
    assert stage.sent(BYBIT.CREATE_ORDER) == 1

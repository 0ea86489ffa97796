"""A write that the venue accepted is told as one, whatever is odd about its answer or about what is read after it."""

from __future__ import annotations

import asyncio
import contextlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.journalled_stage import Stage, staged
from tests.plugins.stages import BINANCE, venues

import venuekit
from venuekit.capabilities import Order, OrderSide, OrderStatus
from venuekit.endpoint import Endpoint
from venuekit.errors import (
    Fenced,
    NotExecuted,
    OperationError,
    Outcome,
    OutcomeUnknown,
)
from venuekit.simulator import ApplyLater, CannedAnswer, Delay, DropBefore, Rewrite
from venuekit.simulator.ledger import Side
from venuekit.testing.clocks import LoopClock
from venuekit_bybit_inverse.endpoints import BYBIT

pytestmark = pytest.mark.looptime
D = Decimal
binance = pytest.mark.parametrize("venue", BINANCE)


def endpoint(stage: Stage, binance_name: str, bybit_name: str) -> Endpoint[Any]:
    """Return an endpoint by its name on either family."""
    found: Endpoint[Any] = (
        getattr(BYBIT, bybit_name)
        if stage.venue == "bybit_inverse"
        else getattr(stage.account.endpoints.ORDERS, binance_name)
    )
    return found


def odd(**fields: Any) -> Rewrite:
    """Return what changes fields of an order's answer, wherever the venue has it."""
    return Rewrite.json(lambda body: {**body, "result": fields} if "result" in body else {**body, **fields})


@venues
@pytest.mark.parametrize(
    "fields",
    [
        {"side": "BUY_TO_OPEN", "orderId": None},
        {"updateTime": 10**20, "orderId": {}},
        {"positionSide": "SIDEWAYS", "orderId": []},
    ],
    ids=["side", "time", "leg"],
)
async def test_order_with_an_odd_answer_is_found_and_returned(
    venue: str, fields: dict[str, Any], tmp_path: Path
) -> None:
    """It was placed and filled; the answer is as good as lost, and the order is looked for by its client id."""
    async with staged(venue, tmp_path) as stage:
        place = endpoint(stage, "place", "CREATE_ORDER")
        stage.disturb(place, odd(**fields))
        order = await stage.account.place_order(stage.market("w1"))
        assert (order.client_id, order.side) == ("w1", OrderSide.BUY)
        assert len(stage.orders("w1")) == len(stage.arrivals(place)) == 1
        assert stage.account.unresolved == ()


@venues
async def test_order_of_which_every_answer_is_odd_is_not_told_as_not_sent(venue: str, tmp_path: Path) -> None:
    """What cannot be read anywhere has an unknown outcome, stays in the journal, and is found once it can be read."""
    async with staged(venue, tmp_path) as stage:
        place = endpoint(stage, "place", "CREATE_ORDER")
        reads = [endpoint(stage, "order", "OPEN_ORDERS"), endpoint(stage, "open_order", "ORDER_HISTORY")]
        nothing = Rewrite(lambda _: b'{"code": 0, "retCode": 0, "result": {"list": [{"side": 5}]}, "side": 5}')
        stage.disturb(place, odd(side="BUY_TO_OPEN", orderId=None))
        for read in reads:
            stage.disturb(read, nothing, times=8)
        with pytest.raises(OperationError) as caught:
            await stage.account.place_order(stage.bid(client_id="w1"))
        assert (caught.value.outcome, caught.value.client_id) == (Outcome.UNKNOWN, "w1")
        assert len(stage.account.unresolved) == 1
        for read in reads:
            for _ in range(8):
                await _ignore(stage.account.call(read, **_named(stage, read)))
        found = await caught.value.resolve()
        assert isinstance(found, Order)
        assert found.client_id == "w1"
        assert len(stage.arrivals(place)) == 1
        assert stage.account.unresolved == ()


def _named(stage: Stage, _: Endpoint[Any]) -> dict[str, Any]:
    if stage.venue == "bybit_inverse":
        return {"category": "inverse", "symbol": stage.symbol, "orderLinkId": "w1"}
    return {"symbol": stage.symbol, "origClientOrderId": "w1"}


async def _ignore(read: Any) -> None:
    try:
        await read
    except OperationError:
        return


@binance
async def test_odd_item_of_a_batch_hides_no_other(venue: str, tmp_path: Path) -> None:
    """Three orders are placed and filled, the row of one is odd: it is looked for, and the others are told."""
    async with staged(venue, tmp_path) as stage:
        batch = endpoint(stage, "place_batch", "CREATE_BATCH")
        stage.disturb(batch, Rewrite.json(lambda rows: [rows[0], {**rows[1], "side": "BUY_TO_OPEN"}, rows[2]]))
        placed = await stage.account.place_orders([stage.market(f"w{number}") for number in range(3)])
        assert [one.client_id for one in placed if isinstance(one, Order)] == ["w0", "w1", "w2"]
        assert len(stage.arrivals(batch)) == 1


@binance
async def test_item_that_cannot_be_read_anywhere_is_told_as_applied(venue: str, tmp_path: Path) -> None:
    """Its error carries the client id, and its resolve() looks again."""
    async with staged(venue, tmp_path) as stage:
        batch, query = endpoint(stage, "place_batch", ""), endpoint(stage, "order", "")
        strange = Rewrite.json(lambda row: {**row, "side": "BUY_TO_OPEN"})
        stage.disturb(batch, Rewrite.json(lambda rows: [rows[0], {**rows[1], "side": "BUY_TO_OPEN"}]))
        stage.disturb(query, strange, times=3)
        stage.disturb(endpoint(stage, "open_order", ""), strange, times=3)
        first, second = await stage.account.place_orders([stage.bid(client_id="w0"), stage.bid(client_id="w1")])
        assert isinstance(first, Order)
        assert isinstance(second, OperationError)
        assert (second.outcome, second.client_id, second.subject) == (Outcome.APPLIED, "w1", stage.symbol)
        assert "BUY_TO_OPEN" in str(second)
        found = await second.resolve()
        assert isinstance(found, Order)
        assert found.client_id == "w1"


@venues
async def test_batch_with_an_item_the_venue_does_not_know_of_stays_in_the_journal(venue: str, tmp_path: Path) -> None:
    """Cancelled while it is looked for, it has left a trace, by which its outcome is found."""
    async with staged(venue, tmp_path) as stage:
        batch = endpoint(stage, "place_batch", "CREATE_BATCH")

        def unknown(body: Any) -> Any:
            if isinstance(body, list):
                return [body[0], {"code": -1007, "msg": "Timeout waiting for response from backend server."}]
            verdicts = [{"code": 0, "msg": "OK"}, {"code": 10016, "msg": "Server error."}]
            return {**body, "retExtInfo": {"list": verdicts}}

        stage.disturb(batch, Rewrite.json(unknown))
        read = endpoint(stage, "order", "OPEN_ORDERS")
        stage.disturb(read, CannedAnswer.html(502), times=40)
        placing = asyncio.create_task(
            stage.account.place_orders([stage.bid(client_id="w0"), stage.bid(client_id="w1")])
        )
        await asyncio.sleep(0.5)
        assert stage.arrivals(read)
        placing.cancel()
        await asyncio.wait([placing])
        assert [entry.client_id for entry in stage.account.unresolved] == ["w0, w1"]


@venues
async def test_cancellation_of_everything_whose_look_fails_is_told_as_applied(venue: str, tmp_path: Path) -> None:
    """Everything was cancelled; what is left cannot be read, and resolve() reads it."""
    async with staged(venue, tmp_path) as stage:
        await stage.place(stage.bid(client_id="w0"))
        look = endpoint(stage, "open_orders", "OPEN_ORDERS")
        strange = Rewrite(lambda _: b'{"retCode": 0, "result": 5}')
        stage.disturb(look, strange, times=8)
        with pytest.raises(OperationError) as caught:
            await stage.account.cancel_all_orders(symbol=stage.symbol)
        assert caught.value.outcome in {Outcome.APPLIED, Outcome.UNKNOWN}
        assert [order.status for order in stage.orders("w0")] == ["canceled"]
        for _ in range(8):
            await _ignore(stage.account.call(look, **stage.every_order))
        assert await caught.value.resolve() == ()


@venues
async def test_added_margin_with_an_odd_answer_is_found(venue: str, tmp_path: Path) -> None:
    """The margin was moved once, and that is what the caller gets."""
    async with staged(venue, tmp_path) as stage:
        symbol = stage.sim.scenario(venue).held
        endings = ("v1/positionMargin", "add-margin")
        moving = next(e for e in stage.account.venue.endpoints if e.verb == "POST" and e.path.endswith(endings))
        await stage.account.pause(60)
        stage.disturb(moving, odd(amount="much", updatedTime={}))
        change = await stage.account.add_margin(symbol, D("0.05"))
        assert change.amount == D("0.05")
        assert len(stage.arrivals(moving)) == 1


@venues
@pytest.mark.parametrize("is_lost", [False, True])
async def test_batch_of_cancellations_behind_which_nothing_can_be_read_is_not_told_as_not_executed(
    venue: str, is_lost: bool, tmp_path: Path
) -> None:
    """No instrument has been read before, and from now on no order can be read either; lost, it was found before."""
    async with staged(venue, tmp_path) as stage:
        found = [
            stage.ledger.rest_order(stage.symbol, Side.BUY, stage.quantity, D(2000), client_id=f"mine-{number}")
            for number in (1, 2)
        ]
        batch = stage.serving("cancel_orders")
        if is_lost:
            stage.disturb(batch, Delay(after=2))
        for read in stage.account.venue.endpoints:
            if not read.is_write and read is not stage.account.venue.server_time:
                # of a lost one each order is found once, and can be read no more
                stage.disturb(read, *[Delay(before=0)] * (2 if is_lost else 0), *[DropBefore()] * 40)
        try:
            limited = stage.account.with_options(deadline=1)
            results = await limited.cancel_orders(stage.symbol, order_ids=found)
        except OperationError as error:
            results = (error,)
            if is_lost:
                await stage.account.pause(10)
                results = await error.resolve()
        assert not any(stage.ledger.order(order_id).is_open for order_id in found)
        for result in results:
            assert isinstance(result, Order) or result.outcome in {Outcome.APPLIED, Outcome.UNKNOWN}, repr(result)


@venues
async def test_late_attempt_of_an_accepted_setting_holds_back_the_next_process(venue: str, tmp_path: Path) -> None:
    """Its second attempt was accepted, and the first one arrives after the next process has begun."""
    clock = LoopClock()
    async with venuekit.simulate(venue, clock=clock) as sim:
        credentials = sim.credentials(venue)
        async with (
            venuekit.Runtime(clock=clock, journal=tmp_path) as runtime,
            venuekit.connect(venue, credentials, runtime=runtime) as account,
        ):
            stage = Stage(sim, account)
            endpoint = stage.serving("set_leverage")
            stage.disturb(endpoint, ApplyLater(3))
            await stage.account.set_leverage(stage.symbol, 7)
            assert len(stage.arrivals(endpoint)) == 2
        async with (
            venuekit.Runtime(clock=clock, journal=tmp_path) as runtime,
            venuekit.connect(venue, credentials, runtime=runtime) as account,
        ):
            stage = Stage(sim, account)
            assert account.unresolved == ()
            with pytest.raises(Fenced, match="set_leverage of an earlier process"):
                await stage.account.with_options(max_wait=1).set_leverage(stage.symbol, 8)
            await stage.account.with_options(max_wait=60).set_leverage(stage.symbol, 9)
            await account.pause(60)
            assert sim.ledger.leverage(stage.symbol) == 9


@venues
async def test_late_attempt_of_a_resolved_setting_holds_back_the_process_after_the_next(
    venue: str, tmp_path: Path
) -> None:
    """It held when the next process looked, and its first attempt arrives after a third one has begun."""
    clock = LoopClock()
    async with venuekit.simulate(venue, clock=clock) as sim, contextlib.AsyncExitStack() as lives:

        async def begin() -> Stage:
            await lives.aclose()
            runtime = await lives.enter_async_context(venuekit.Runtime(clock=clock, journal=tmp_path))
            connection = venuekit.connect(venue, sim.credentials(venue), runtime=runtime)
            return Stage(sim, await lives.enter_async_context(connection))

        stage = await begin()
        endpoint = stage.serving("set_leverage")
        stage.disturb(endpoint, ApplyLater(3), Delay(after=2))
        with pytest.raises(OutcomeUnknown, match="deadline"):
            await stage.account.with_options(deadline=1).set_leverage(stage.symbol, 7)
        assert len(stage.arrivals(endpoint)) == 2
        stage = await begin()
        (entry,) = stage.account.unresolved
        assert "it holds" in await stage.account.resolve(entry)
        stage = await begin()
        assert stage.account.unresolved == ()
        with pytest.raises(Fenced, match="set_leverage of an earlier process"):
            await stage.account.with_options(max_wait=1).set_leverage(stage.symbol, 8)
        await stage.account.with_options(max_wait=60).set_leverage(stage.symbol, 9)
        await stage.account.pause(60)
        assert sim.ledger.leverage(stage.symbol) == 9


@venues
async def test_setting_that_was_set_back_since_is_not_told_as_not_executed(venue: str, tmp_path: Path) -> None:
    """Its late attempt arrived, and a later write of the same account set what had been there before."""
    async with staged(venue, tmp_path) as stage:
        before = int(stage.ledger.leverage(stage.symbol))
        stage.disturb(stage.serving("set_leverage"), ApplyLater(3), DropBefore())
        with pytest.raises(OutcomeUnknown) as lost:
            await stage.account.set_leverage(stage.symbol, 7)
        await stage.account.pause(4)
        assert stage.ledger.leverage(stage.symbol) == 7
        await stage.account.with_options(max_wait=60).set_leverage(stage.symbol, before)
        await stage.account.pause(60)
        with pytest.raises(OutcomeUnknown, match="a later write of this account"):
            await lost.value.resolve()


@venues
async def test_read_before_a_margin_move_that_fails_has_moved_nothing(venue: str, tmp_path: Path) -> None:
    """The position is read first; where that fails, the move is told as not sent."""
    async with staged(venue, tmp_path) as stage:
        endings = ("v1/positionMargin", "add-margin")
        moving = next(e for e in stage.account.venue.endpoints if e.verb == "POST" and e.path.endswith(endings))
        reads = [e for e in stage.account.venue.endpoints if e.path.endswith(("positionRisk", "position/list"))]
        for read in reads:
            stage.disturb(read, Rewrite(lambda _: b"{}"), times=8)
        with pytest.raises(OperationError) as caught:
            await stage.account.add_margin(stage.sim.scenario(venue).held, D("0.001"))
        assert caught.value.outcome is Outcome.NOT_SENT
        assert not isinstance(caught.value, NotExecuted)
        assert stage.arrivals(moving) == []


@venues
async def test_order_is_returned_as_placed_after_an_odd_answer_only_once(venue: str, tmp_path: Path) -> None:
    """It is open, and there is one."""
    async with staged(venue, tmp_path) as stage:
        stage.disturb(endpoint(stage, "place", "CREATE_ORDER"), odd(side="BUY_TO_OPEN", orderId=None))
        order = await stage.account.place_order(stage.bid(client_id="w1"))
        assert order.status in {OrderStatus.OPEN, OrderStatus.PENDING}
        assert len(stage.orders("w1")) == 1

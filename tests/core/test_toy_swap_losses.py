"""Lost writes at Toy Swaps: an expiry bounds them, refusals have no codes, and what is claimed of each is so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit import errors
from venuekit.capabilities import MarginType, Order, OrderRequest, OrderSide, OrderType, PositionSide
from venuekit.endpoint import Effect, Endpoint
from venuekit.errors import Conflict, OperationError, Outcome
from venuekit.simulator import (
    ApplyLater,
    CannedAnswer,
    Disturbance,
    DropAfter,
    DropBefore,
    SecondActor,
    Twice,
    Unasked,
)
from venuekit.simulator.ledger import Ledger, Record, Side
from venuekit.testing.clocks import LoopClock
from venuekit.testing.staged import Stage, on_stage
from venuekit_toy_swap import TOY_SWAP
from venuekit_toy_swap.endpoints import SWAP

pytestmark = pytest.mark.looptime
D = Decimal
GEM = "GEMXBT"
FATES: dict[str, Disturbance] = {
    "applied": DropAfter(),
    "never arrived": DropBefore(),
    "arrives before the fence": ApplyLater(3),
    "arrives after the fence": ApplyLater(7),
}
#: answers that nobody asked for, on the connection of the write
STRAYS: dict[str, Disturbance] = {
    "answered twice": Twice(),
    "a success behind": Unasked.json({}),
    "a refusal first": Unasked.json({"error": "Order 1 is not open"}, first=True),
}
fates = pytest.mark.parametrize("fate", FATES.values(), ids=FATES)


def bid(**details: Any) -> OrderRequest:
    """Return an order to buy that rests."""
    plain: dict[str, Any] = {"symbol": GEM, "side": OrderSide.BUY, "type": OrderType.LIMIT, "quantity": D(2)}
    return OrderRequest(**{**plain, "price": D("0.01"), "client_id": "mine", **details})


@attrs.frozen
class Write:
    """A write: its endpoint, the call that a user makes, and whether it holds by the ledger."""

    endpoint: Endpoint[Any]
    call: Callable[[], Awaitable[Any]]
    holds: Callable[[], bool]


def mine(ledger: Ledger) -> int:
    """Return the number of orders under our id."""
    return sum(order.client_id == "mine" for order in ledger.orders(GEM))


async def placing(stage: Stage) -> Write:
    """Place an order that rests."""
    return Write(SWAP.PLACE, lambda: stage.account.place_order(bid()), lambda: mine(stage.ledger) == 1)


async def taking(stage: Stage) -> Write:
    """Place an order that is filled at once."""
    request = bid(type=OrderType.MARKET, price=None)
    return Write(SWAP.PLACE, lambda: stage.account.place_order(request), lambda: mine(stage.ledger) == 1)


async def canceling(stage: Stage) -> Write:
    """Cancel an order by the venue's id."""
    order = await stage.account.place_order(bid())
    return Write(
        SWAP.CANCEL,
        lambda: stage.account.cancel_order(GEM, order_id=order.id),
        lambda: not stage.ledger.order(order.id).is_open,
    )


async def canceling_by_client_id(stage: Stage) -> Write:
    """Cancel an order by our id."""
    order = await stage.account.place_order(bid())
    return Write(
        SWAP.CANCEL,
        lambda: stage.account.cancel_order(GEM, client_id="mine"),
        lambda: not stage.ledger.order(order.id).is_open,
    )


async def canceling_everything(stage: Stage) -> Write:
    """Cancel all orders of a contract."""
    for number in range(2):
        await stage.account.place_order(bid(client_id=f"mine{number}"))
    return Write(
        SWAP.CANCEL_ALL,
        lambda: stage.account.cancel_all_orders(symbol=GEM),
        lambda: not stage.ledger.open_orders(GEM),
    )


async def levering(stage: Stage) -> Write:
    """Set the long leverage; the margin type stays."""
    return Write(
        SWAP.SET_LEVERAGE,
        lambda: stage.account.set_leverage(GEM, 7, side=PositionSide.LONG),
        lambda: stage.ledger.leverage(GEM) == 7 and stage.ledger.margin_type(GEM) is MarginType.CROSS,
    )


async def choosing_margin(stage: Stage) -> Write:
    """Set the margin type; its leverage stays."""
    return Write(
        SWAP.SET_LEVERAGE,
        lambda: stage.account.set_margin_type(GEM, MarginType.ISOLATED),
        lambda: stage.ledger.margin_type(GEM) is MarginType.ISOLATED and stage.ledger.leverage(GEM) == 10,
    )


async def setting_both(stage: Stage) -> Write:
    """Set leverage and margin type at once."""
    return Write(
        SWAP.SET_LEVERAGE,
        lambda: stage.account.set_leverage(GEM, 7, side=PositionSide.LONG, margin_type=MarginType.ISOLATED),
        lambda: stage.ledger.leverage(GEM) == 7 and stage.ledger.margin_type(GEM) is MarginType.ISOLATED,
    )


ORDERS = (placing, taking, canceling, canceling_by_client_id, canceling_everything)
SETTINGS = (levering, choosing_margin, setting_both)


def cells(*writes: Any) -> pytest.MarkDecorator:
    """Return a test of every write."""
    return pytest.mark.parametrize("write", writes, ids=[one.__name__ for one in writes])


@asynccontextmanager
async def opened() -> AsyncIterator[Stage]:
    """Open an account on a clock that leaps over waiting, some seconds after its start."""
    async with on_stage(TOY_SWAP, clock=LoopClock()) as stage:
        await stage.account.pause(5)
        yield stage


async def holds_true(stage: Stage, write: Any, *disturbances: Disturbance) -> tuple[Any, bool]:
    """Carry a write out under disturbances, and check what is claimed of it against what holds a minute later."""
    made: Write = await write(stage)
    stage.simulation.requests.clear()
    stage.disturb(made.endpoint, tuple(disturbances))
    claimed: Any
    try:
        claimed = await made.call()
    except OperationError as error:
        claimed = error
    sent = len(stage.arrivals(made.endpoint))
    await stage.account.pause(60)
    truth = made.holds()
    if made.endpoint is SWAP.CANCEL_ALL and isinstance(claimed, tuple):
        assert truth or claimed
    elif not isinstance(claimed, OperationError):
        assert truth
    elif claimed.outcome is not Outcome.UNKNOWN and not isinstance(claimed, Conflict):
        assert not truth
    assert 1 <= sent <= (1 if made.endpoint.effect is Effect.KEYED else 3)
    return claimed, truth


@fates
@cells(*ORDERS, *SETTINGS)
async def test_lost(write: Any, fate: Disturbance) -> None:
    """Whatever became of it: the outcome is known, and the claim is true."""
    async with opened() as stage:
        claimed, _ = await holds_true(stage, write, fate)
        assert not isinstance(claimed, OperationError) or claimed.outcome is not Outcome.UNKNOWN


@pytest.mark.parametrize("stray", STRAYS.values(), ids=STRAYS)
@cells(*ORDERS, *SETTINGS)
async def test_answered_beside_a_stray(write: Any, stray: Disturbance) -> None:
    """The write is carried out and known to be; the stray answers neither it nor the next request."""
    async with opened() as stage:
        claimed, truth = await holds_true(stage, write, stray)
        assert truth
        assert not isinstance(claimed, OperationError)
        await stage.account.get_positions()


@fates
@cells(*ORDERS)
async def test_lost_while_reads_lag(write: Any, fate: Disturbance) -> None:
    """Orders that no read shows for a second: no claim is false."""
    async with opened() as stage:
        stage.ledger.lag(Record.ORDERS, timedelta(seconds=1))
        await holds_true(stage, write, fate)


@fates
@cells(*ORDERS, *SETTINGS)
async def test_lost_beside_a_second_actor(write: Any, fate: Disturbance) -> None:
    """Another actor places an order just like ours, or sets the very same values, and the claim is still true."""

    def act(ledger: Ledger) -> None:
        if write in {choosing_margin, setting_both}:
            ledger.set_margin_type(MarginType.ISOLATED, GEM)
        if write in {levering, setting_both}:
            ledger.set_leverage(GEM, D(7))
        if write in ORDERS:
            ledger.rest_order(GEM, Side.BUY, D(2), D("0.01"), client_id="other")

    async with opened() as stage:
        await holds_true(stage, write, SecondActor(act), fate)


@fates
async def test_lost_refusal(fate: Disturbance) -> None:
    """An order that is refused in prose, and whose refusal is lost, is known not to be executed."""
    async with opened() as stage:
        stage.disturb(SWAP.PLACE, fate)
        with pytest.raises(OperationError) as caught:
            await stage.account.place_order(bid(quantity=D(1_000_000)))

        await stage.account.pause(60)
        assert caught.value.outcome is Outcome.NOT_APPLIED
        assert mine(stage.ledger) == 0


@fates
@cells(placing, taking)
async def test_lost_and_sent_again(write: Any, fate: Disturbance) -> None:
    """With leave to send it again it has one effect, although "in use by an open order" is all that the venue says."""
    async with opened() as stage:
        until = await stage.account.get_server_time() + timedelta(minutes=2)
        made: Write = await write(attrs.evolve(stage, account=stage.account.with_options(resend_until=until)))
        stage.disturb(SWAP.PLACE, fate)

        order = await made.call()

        await stage.account.pause(60)
        assert isinstance(order, Order)
        assert made.holds()


async def test_refusal_of_a_limit_is_no_refusal_of_the_order() -> None:
    """The words of a limit are known by how they begin: the order waits, and is sent again."""
    async with opened() as stage:
        limited = CannedAnswer.json(429, {"error": "Rate limit requests is exhausted for 1.5 s"})
        stage.disturb(SWAP.PLACE, limited)

        order = await stage.account.with_options(max_wait=30).place_order(bid())

        assert order.is_open
        assert [arrival.status for arrival in stage.arrivals(SWAP.PLACE)] == [429, 200]


async def test_the_half_that_is_not_named_is_read_in_the_turn_of_the_write() -> None:
    """Another actor moves it between the read and the write: that is a Conflict, and told."""
    async with opened() as stage:
        stage.disturb(SWAP.SET_LEVERAGE, SecondActor(lambda ledger: ledger.set_leverage(GEM, D(3)), after=True))
        with pytest.raises(errors.OperationError) as caught:
            await stage.account.set_margin_type(GEM, MarginType.ISOLATED)

        assert isinstance(caught.value, Conflict | errors.OutcomeUnknown)


async def test_a_half_that_cannot_be_read_sends_nothing() -> None:
    """The write does not leave, and says so."""
    async with opened() as stage:
        stage.disturb(SWAP.SETTINGS, DropBefore(), times=9)
        with pytest.raises(errors.OperationError) as caught:
            await stage.account.set_margin_type(GEM, MarginType.ISOLATED)

        assert caught.value.outcome is Outcome.NOT_SENT
        assert stage.arrivals(SWAP.SET_LEVERAGE) == []

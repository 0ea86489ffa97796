"""
Every write whose outcome can be found out about, under every fate: no false "not executed", and no second effect.

What is claimed is compared with what holds a minute later, when nothing lags and nothing can arrive any more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.stages import VENUES, LeapingStage, leaping

from venuekit.capabilities import (
    Amendment,
    MarginType,
    Order,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionMode,
)
from venuekit.endpoint import Effect, Endpoint
from venuekit.errors import OperationError, Outcome
from venuekit.simulator import ApplyLater, Disturbance, DropAfter, DropBefore, SecondActor, Twice, Unasked
from venuekit.simulator.ledger import Ledger, Record, Side
from venuekit_bybit_inverse.endpoints import BYBIT

pytestmark = pytest.mark.looptime
D = Decimal

#: how long reads may lag for an absence to be proven
LAGS = {name: timedelta(seconds=4 if name == "bybit_inverse" else 8) for name in VENUES}
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
    "a success first": Unasked.json({}, first=True),
    "a refusal first": Unasked.json({"code": -2022, "msg": "?", "retCode": 110017, "retMsg": "?"}, first=True),
    "long before": Unasked.json({"retCode": 0, "retMsg": "", "result": {}}, first=True, lead=0.5),
}


@attrs.frozen
class Stage(LeapingStage):
    """A simulated venue, an account of it, and what to trade."""

    lag: timedelta

    @property
    def held(self) -> str:
        """A symbol with a position."""
        return self.sim.scenario(self.account.venue.id).held or ""

    def endpoint(self, name: str) -> Endpoint[Any]:
        """Return an endpoint by its name on Binance or on Bybit."""
        names = {"place": "CREATE_ORDER", "place_algo": "CREATE_ORDER", "place_batch": "CREATE_BATCH"}
        names |= {"cancel": "CANCEL_ORDER", "cancel_algo": "CANCEL_ORDER", "cancel_batch": "CANCEL_BATCH"}
        names |= {"cancel_all": "CANCEL_ALL", "amend": "AMEND_ORDER", "amend_batch": "AMEND_BATCH"}
        if name in names:
            known: Any = getattr(self.account.endpoints, "ORDERS", BYBIT)
            if known is BYBIT:
                name = names[name]
            elif name.endswith("_algo"):  # of a book of its own, or of the only one
                known, name = known.algo or known, name.removesuffix("_algo")
            found: Endpoint[Any] = getattr(known, name)
            return found
        endings = {
            "margin": ("v1/positionMargin", "add-margin"),
            "leverage": ("v1/leverage", "set-leverage"),
            "margin type": ("v1/marginType", "set-margin-mode"),
            "position mode": ("positionSide/dual",),
        }[name]
        return next(
            one for one in self.account.venue.endpoints if one.path.endswith(endings) and one.effect is not Effect.READ
        )

    def orders(self, client_id: str) -> list[Any]:
        """Return the orders of a client id."""
        return [order for order in self.ledger.orders(self.symbol) if order.client_id == client_id]


#: asks for something and returns what it is claimed by, once it holds: (call, does it hold, how often may it be sent)
Write = Callable[[Stage], Awaitable[tuple[str, Callable[[], Awaitable[Any]], Callable[[], bool]]]]


async def placing(stage: Stage) -> Any:
    """Place an order that rests."""
    request = stage.bid(client_id="mine")
    return "place", lambda: stage.account.place_order(request), lambda: len(stage.orders("mine")) == 1


async def taking(stage: Stage) -> Any:
    """Place an order that is filled at once."""
    request = attrs.evolve(stage.bid(client_id="mine"), type=OrderType.MARKET, price=None)
    return "place", lambda: stage.account.place_order(request), lambda: len(stage.orders("mine")) == 1


async def triggering(stage: Stage) -> Any:
    """Place a conditional order."""
    request = attrs.evolve(stage.bid(client_id="mine"), type=OrderType.STOP_MARKET, price=None, trigger_price=D(4000))
    return "place_algo", lambda: stage.account.place_order(request), lambda: len(stage.orders("mine")) == 1


async def placing_many(stage: Stage) -> Any:
    """Place three orders at once."""
    requests = [stage.bid(2000 + number, client_id=f"mine{number}") for number in range(3)]
    return (
        "place_batch",
        lambda: stage.account.place_orders(requests),
        lambda: [len(stage.orders(f"mine{number}")) for number in range(3)] == [1, 1, 1],
    )


def _ended(stage: Stage, *ids: str) -> Callable[[], bool]:
    return lambda: not any(stage.ledger.order(one).is_open for one in ids)


async def canceling(stage: Stage) -> Any:
    """Cancel an order by its id."""
    (one,) = await stage.place(stage.bid())
    return "cancel", lambda: stage.account.cancel_order(stage.symbol, order_id=one), _ended(stage, one)


async def canceling_by_client_id(stage: Stage) -> Any:
    """Cancel an order by the client's id."""
    (one,) = await stage.place(stage.bid(client_id="mine"))
    return "cancel", lambda: stage.account.cancel_order(stage.symbol, client_id="mine"), _ended(stage, one)


async def canceling_a_trigger(stage: Stage) -> Any:
    """Cancel a conditional order."""
    stop = attrs.evolve(stage.bid(), type=OrderType.STOP_MARKET, price=None, trigger_price=D(4000))
    (one,) = await stage.place(stop)
    return "cancel_algo", lambda: stage.account.cancel_order(stage.symbol, order_id=one), _ended(stage, one)


async def canceling_many(stage: Stage) -> Any:
    """Cancel two orders at once."""
    ids = await stage.place(stage.bid(), stage.bid(2001))
    return "cancel_batch", lambda: stage.account.cancel_orders(stage.symbol, order_ids=ids), _ended(stage, *ids)


async def canceling_everything(stage: Stage) -> Any:
    """Cancel everything of a symbol."""
    ids = await stage.place(stage.bid(), stage.bid(2001))
    return "cancel_all", lambda: stage.account.cancel_all_orders(symbol=stage.symbol), _ended(stage, *ids)


async def amending(stage: Stage) -> Any:
    """Change the price of an order."""
    (one,) = await stage.place(stage.bid())

    def call() -> Any:
        return stage.account.amend_order(
            stage.symbol, OrderSide.BUY, order_id=one, quantity=stage.quantity, price=D(1900)
        )

    return "amend", call, lambda: stage.ledger.order(one).price == 1900


async def amending_many(stage: Stage) -> Any:
    """Change the prices of two orders at once."""
    ids = await stage.place(stage.bid(), stage.bid(2001))
    wanted = [
        Amendment(symbol=stage.symbol, side=OrderSide.BUY, order_id=one, quantity=stage.quantity, price=D(1900))
        for one in ids
    ]
    return (
        "amend_batch",
        lambda: stage.account.amend_orders(wanted),
        lambda: [stage.ledger.order(one).price for one in ids] == [1900, 1900],
    )


async def adding_margin(stage: Stage) -> Any:
    """Add margin."""
    before = len(stage.ledger.margin_changes(stage.held))
    return (
        "margin",
        lambda: stage.account.add_margin(stage.held, D("0.05")),
        lambda: len(stage.ledger.margin_changes(stage.held)) == before + 1,
    )


async def levering(stage: Stage) -> Any:
    """Set leverage."""
    return (
        "leverage",
        lambda: stage.account.set_leverage(stage.symbol, 7),
        lambda: stage.ledger.leverage(stage.symbol) == 7,
    )


async def choosing_margin(stage: Stage) -> Any:
    """Set the margin type."""
    if stage.account.venue.id == "bybit_inverse":
        return (
            "margin type",
            lambda: stage.account.set_margin_type(None, MarginType.CROSS, account_wide=True),
            lambda: stage.ledger.margin_type() is MarginType.CROSS,
        )
    return (
        "margin type",
        lambda: stage.account.set_margin_type(stage.symbol, MarginType.ISOLATED),
        lambda: stage.ledger.margin_type(stage.symbol) is MarginType.ISOLATED,
    )


async def choosing_mode(stage: Stage) -> Any:
    """Set the position mode of an account without positions."""
    return (
        "position mode",
        lambda: stage.account.set_position_mode(PositionMode.HEDGE),
        lambda: stage.ledger.position_mode is PositionMode.HEDGE,
    )


ORDERS = (
    placing,
    taking,
    triggering,
    placing_many,
    canceling,
    canceling_by_client_id,
    canceling_a_trigger,
    canceling_many,
    canceling_everything,
    amending,
    amending_many,
)
SETTINGS = (adding_margin, levering, choosing_margin)
#: one venue amends no orders
MISSING = {("aster_usdm_v1", amending), ("aster_usdm_v1", amending_many)}
#: venues whose orders travel over a WebSocket API, too
OVER_SOCKET = ("binance_usdm", "binance_coinm", "bybit_inverse")
ONCE = {"place", "place_algo", "place_batch", "margin"}


@asynccontextmanager
async def opened(venue: str, scenario: str = "holding") -> AsyncIterator[Stage]:
    """Open an account on a simulated venue, over the wire behind its id; within the test, whose clock leaps."""
    venue, _, transport = venue.partition("+")
    async with leaping(venue, scenario, pause=5, transport=transport or "rest") as (sim, account):
        yield Stage(sim, account, LAGS[venue])


async def holds_true(
    stage: Stage, write: Any, fate: Disturbance, *others: Disturbance, most: int = 2
) -> tuple[Any, bool]:
    """Carry a write out under a fate, and check what is claimed of it against what holds a minute later."""
    name, call, holds = await write(stage)
    endpoint = stage.endpoint(name)
    stage.sim.disturb(stage.account.venue.id, endpoint, (*others, fate))
    sent = len(stage.sim.requests)
    claimed: Any
    try:
        claimed = await call()
    except OperationError as error:
        claimed = error
    arrived = [one for one in stage.sim.requests[sent:] if (one.verb, one.path) == (endpoint.verb, endpoint.path)]
    await stage.account.pause(60)
    truth = holds()
    outcome = claimed.outcome if isinstance(claimed, OperationError) else None
    if isinstance(claimed, tuple) and name != "cancel_all":  # that returns what is left
        outcomes = {one.outcome if isinstance(one, OperationError) else None for one in claimed}
        assert len(outcomes) == 1
        outcome = outcomes.pop()
    if name == "cancel_all" and isinstance(claimed, tuple):
        assert truth or claimed  # what is left is told
    elif outcome is None:
        pending = isinstance(claimed, Order) and name.startswith("cancel") and not claimed.status.is_final
        assert truth or pending
    elif outcome is not Outcome.UNKNOWN:
        assert not truth
    # of a conditional order that no read shows, the cancellation meets only the plain book
    assert (name != "cancel_algo") <= len(arrived) <= (1 if name in ONCE else most)
    return claimed, truth


def cells(*writes: Any, without: Collection[Any] = MISSING, over_socket: bool = True) -> pytest.MarkDecorator:
    """Return every write of every venue, and those about orders once more over its WebSocket API."""
    found = [(venue, write) for venue in VENUES for write in writes if (venue, write) not in without]
    if over_socket:
        found += [(f"{venue}+websocket", write) for venue in OVER_SOCKET for write in writes if write in ORDERS]
    return pytest.mark.parametrize(("venue", "write"), found, ids=[f"{one}-{write.__name__}" for one, write in found])


fates = pytest.mark.parametrize("fate", FATES.values(), ids=FATES)


@fates
@cells(*ORDERS, *SETTINGS)
async def test_lost(venue: str, write: Any, fate: Disturbance) -> None:
    """Whatever became of it: what is claimed is so, and it is known."""
    async with opened(venue) as stage:
        claimed, _ = await holds_true(stage, write, fate)
        known = not isinstance(claimed, OperationError) or claimed.outcome is not Outcome.UNKNOWN
        assert known


@pytest.mark.parametrize("stray", STRAYS.values(), ids=STRAYS)
@cells(*ORDERS, *SETTINGS, over_socket=False)  # where every answer has an id, a stray has another one
async def test_answered_beside_a_stray(venue: str, write: Any, stray: Disturbance) -> None:
    """What the write did is known and told; the stray is nobody's answer, also not that of the next request."""
    async with opened(venue) as stage:
        claimed, truth = await holds_true(stage, write, stray, most=3 if write is canceling_everything else 2)
        assert truth
        # there conditional orders have no query, and how one ended cannot be told
        untold = stage.venue == "binance_coinm" and write is canceling_a_trigger
        assert untold or not isinstance(claimed, OperationError)
        await stage.account.get_positions()


@fates
@pytest.mark.parametrize("venue", sorted(VENUES.keys() - {"bybit_inverse"}))
async def test_lost_position_mode(venue: str, fate: Disturbance) -> None:
    """The mode of the account, which must be flat."""
    async with opened(venue, "flat") as stage:
        assert (await holds_true(stage, choosing_mode, fate))[1]


@fates
@cells(*ORDERS, without=MISSING)
async def test_lost_while_reads_lag(venue: str, write: Any, fate: Disturbance) -> None:
    """Orders that no read shows for seconds, neither the new one nor the one that is to end."""
    async with opened(venue) as stage:
        stage.ledger.lag(Record.ORDERS, stage.lag)
        await holds_true(stage, write, fate)


def equal_order(stage: Stage) -> Callable[[Ledger], object]:
    """Return what places an order like ours."""
    return lambda ledger: ledger.rest_order(stage.symbol, Side.BUY, stage.quantity, D(2000), client_id="other")


@pytest.mark.parametrize(
    ("after", "fate"),
    [(number % 2 == 1, fate) for number, fate in enumerate(FATES.values())],
    ids=[f"{('first', 'last')[number % 2]}-{fate}" for number, fate in enumerate(FATES)],
)
@cells(*ORDERS, levering, choosing_margin)
async def test_lost_beside_a_second_actor(venue: str, write: Any, after: bool, fate: Disturbance) -> None:
    """Somebody else places an order just like ours, or sets the very same thing."""
    async with opened(venue) as stage:
        actions: dict[Any, Callable[[Ledger], object]] = {
            levering: lambda ledger: ledger.set_leverage(stage.symbol, D(7)),
            choosing_margin: (
                (lambda ledger: ledger.set_margin_type(MarginType.CROSS))
                if venue == "bybit_inverse"
                else (lambda ledger: ledger.set_margin_type(MarginType.ISOLATED, stage.symbol))
            ),
        }
        actor = SecondActor(actions.get(write, equal_order(stage)), after=after)
        if write is canceling_everything:
            await _swept(stage, fate, actor)
        else:
            await holds_true(stage, write, fate, actor)


async def _swept(stage: Stage, fate: Disturbance, actor: Disturbance) -> None:
    """What somebody else places meanwhile is cancelled too, or told."""
    name, call, ended = await canceling_everything(stage)
    stage.sim.disturb(stage.account.venue.id, stage.endpoint(name), (actor, fate))
    assert await call() == ()
    await stage.account.pause(60)
    assert ended()


@fates
@pytest.mark.parametrize("venue", [*VENUES, *(f"{venue}+websocket" for venue in OVER_SOCKET)])
async def test_lost_refusal(venue: str, fate: Disturbance) -> None:
    """An order that the venue refuses, and whose refusal is lost, is not executed, alone and in a batch."""
    async with opened(venue) as stage:
        for name in ("place", "place_batch"):
            large = stage.bid(client_id=f"large-{name}", quantity=stage.quantity * 100_000)
            stage.disturb(stage.endpoint(name), fate)
            claimed: Any
            try:
                if name == "place":
                    claimed = await stage.account.place_order(large)
                else:
                    (claimed,) = await stage.account.place_orders([large])
            except OperationError as error:
                claimed = error
            await stage.account.pause(60)
            assert not any(order.is_open for order in stage.orders(f"large-{name}"))
            if isinstance(claimed, OperationError):
                assert claimed.outcome is Outcome.NOT_APPLIED
            else:
                assert claimed.status is OrderStatus.REJECTED


@fates
@pytest.mark.parametrize("lags", [False, True], ids=["prompt", "lagging"])
@cells(placing, taking, placing_many, adding_margin)
async def test_lost_and_sent_again(venue: str, write: Any, lags: bool, fate: Disturbance) -> None:
    """Whoever opts in has one effect in the end, whatever became of the first attempt."""
    async with opened(venue) as stage:
        if lags:
            stage.ledger.lag(Record.ORDERS, stage.lag)
        until = await stage.account.get_server_time() + timedelta(minutes=2)
        name, call, holds = await write(attrs.evolve(stage, account=stage.account.with_options(resend_until=until)))
        endpoint = stage.endpoint(name)
        stage.disturb(endpoint, fate)
        await call()
        await stage.account.pause(60)
        assert holds()
        sent = sum((one.verb, one.path) == (endpoint.verb, endpoint.path) for one in stage.sim.requests)
        assert sent == (1 if fate in {FATES["applied"], FATES["arrives before the fence"]} else 2)

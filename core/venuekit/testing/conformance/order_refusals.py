"""Checks of refused orders: each refusal is raised with its meaning, and nothing of it is in the ledger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import attrs
import pytest

from venuekit.capabilities import (
    Order,
    OrderBehaviour,
    OrderControl,
    OrderReader,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderTestControl,
    OrderType,
    PositionMode,
    PositionModeControl,
    PositionSide,
    TimeInForce,
)
from venuekit.endpoint import Effect
from venuekit.errors import InvalidArgument, InvalidRequest, NotFound, OperationError, Outcome, Rejected
from venuekit.simulator.ledger import Side
from venuekit.testing.conformance.inventory import Checks, Inventory
from venuekit.testing.conformance.order_examples import (
    empty_wallets,
    make_order,
    make_own_id,
    price_to_take,
    rest,
    rest_of_account,
    set_mode,
)
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.staged import Stage, on_stage

NO_SYMBOL = "NOSUCHUSD"


@attrs.frozen
class Refusable:
    """
    An order that a venue refuses.

    Attributes:
        make: Prepares the account and returns the order.
        errors: The errors that say why.
        is_unsent: Whether it is refused before anything is sent.
        comes_to_be: Whether a venue has such orders.
    """

    make: Callable[[Stage], OrderRequest]
    errors: tuple[type[OperationError], ...]
    is_unsent: bool = False
    comes_to_be: Callable[[OrderBehaviour], bool] = lambda _: True


def order_refusal_cases(inventory: Inventory) -> dict[str, dict[str, Any]]:
    """Return the cases of these checks, by argument and readable id; none where the venue takes no orders."""
    if OrderControl not in inventory.capabilities:
        return {"refused_order": {}, "testable_order": {}, "orders_of_symbol": {}}
    behaviour = inventory.venue.behaviour(OrderBehaviour)
    refused = {name: one for name, one in _REFUSED.items() if one.comes_to_be(behaviour)}
    if PositionModeControl in inventory.capabilities:
        refused |= _REFUSED_LEGS
    tests = OrderTestControl in inventory.capabilities
    return {
        "refused_order": refused,
        # a venue may test those that wait for no trigger only
        "testable_order": {name: one for name, one in refused.items() if tests and name != "would_trigger_at_once"},
        "orders_of_symbol": {**_OF_NO_SYMBOL},
    }


class OrderRefusalChecks(Checks):
    """A refused order is raised as the error of its meaning."""

    tier = Tier.GOLD

    async def test_refused_order_keeps_its_meaning(self, refused_order: Refusable) -> None:
        """An order that margin, position, price or form forbid raises the error of that, and leaves no trace."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            account = OrderControl.of(stage.account)
            await _check_refused(stage, refused_order, account.place_order)

    async def test_tested_order_keeps_its_meaning(self, testable_order: Refusable) -> None:
        """An order that is only tested is refused as one that is placed."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            account = OrderTestControl.of(stage.account)
            await _check_refused(stage, testable_order, account.test_order)

    async def test_orders_of_an_unknown_symbol_are_refused(
        self, orders_of_symbol: Callable[[Stage], Awaitable[object]]
    ) -> None:
        """A symbol that the venue does not list is an invalid request, and never an empty answer."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            with pytest.raises((InvalidRequest, InvalidArgument, NotFound)) as caught:
                await orders_of_symbol(stage)
            assert caught.value.outcome in _NOT_DONE


async def _check_refused(
    stage: Stage, case: Refusable, send: Callable[[OrderRequest], Awaitable[Order | None]]
) -> None:
    """Send an order, and compare its error, or its end where the venue decides later, with the meaning."""
    request = case.make(stage)
    before = stage.ledger.open_orders(), rest_of_account(stage)
    stage.simulation.requests.clear()
    try:
        order = await send(request)
    except OperationError as refused:
        _check_refusal(refused, case)
    else:
        assert stage.venue.behaviour(OrderBehaviour).decides_later, f"an order that is refused was taken: {order}"
        assert order is not None
        seen = await OrderReader.of(stage.account).get_order(order.symbol, order_id=order.id)
        assert seen.status in _CAME_TO_NOTHING, f"an order that came to nothing is read as {seen.status}"
    if case.is_unsent:
        written = [str(one) for one in stage.venue.endpoints if one.effect is Effect.KEYED and stage.arrivals(one)]
        assert not written, f"an order whose form is wrong was sent to {written}"
    assert (stage.ledger.open_orders(), rest_of_account(stage)) == before, "a refused order has left a trace"


_CAME_TO_NOTHING = frozenset({OrderStatus.REJECTED, OrderStatus.CANCELED, OrderStatus.EXPIRED})
_NOT_DONE = frozenset({Outcome.NOT_APPLIED, Outcome.NOT_SENT})


def _check_refusal(refused: OperationError, case: Refusable) -> None:
    names = " or ".join(error.__name__ for error in case.errors)
    assert isinstance(refused, case.errors), f"an order was refused, and it is no {names}: {refused!r}"
    assert refused.outcome in _NOT_DONE, f"a refused order has the outcome {refused.outcome}"
    assert refused.message, f"{refused!r} does not repeat the venue's words"


# -- orders that are refused


def _without_money(stage: Stage) -> OrderRequest:
    empty_wallets(stage)
    return make_order(stage)


def _with_taken_id(stage: Stage) -> OrderRequest:
    name = make_own_id(stage)
    rest(stage, stage.scenario.flat, client_id=name)
    return make_order(stage, client_id=name)


def _open_as_reducing(leg: PositionSide, side: OrderSide, stage: Stage) -> OrderRequest:
    """Return an order that adds to a leg of hedge mode, and says that it reduces."""
    set_mode(stage, PositionMode.HEDGE)
    order = make_order(stage, OrderType.LIMIT, side, position_side=leg, reduce_only=True)
    assert order.quantity is not None
    stage.ledger.fill(order.symbol, Side(side.value), 2 * order.quantity, stage.ledger.mark(order.symbol), leg)
    return order


def _off_step(name: str) -> Callable[[Stage], OrderRequest]:
    """Return the maker of an order whose quantity or price is half a step beside one."""

    def make(stage: Stage) -> OrderRequest:
        request, contract = make_order(stage), stage.ledger.contract(stage.scenario.flat)
        step = contract.quantity_step if name == "quantity" else contract.price_tick
        return attrs.evolve(request, **{name: getattr(request, name) + step / 2})

    return make


def _take(time: TimeInForce) -> Callable[[Stage], OrderRequest]:
    """Return the maker of an order at a price at which it trades at once."""
    return lambda stage: make_order(stage, time_in_force=time, price=price_to_take(stage))


def _has(time: TimeInForce) -> Callable[[OrderBehaviour], bool]:
    return lambda behaviour: time in behaviour.times_in_force


_REFUSED: Mapping[str, Refusable] = {
    "no_margin": Refusable(_without_money, (Rejected,)),
    "nothing_to_reduce": Refusable(
        lambda stage: make_order(stage, side=OrderSide.SELL, reduce_only=True), (Rejected, InvalidArgument)
    ),
    "post_only_would_trade": Refusable(
        _take(TimeInForce.POST_ONLY), (Rejected,), comes_to_be=_has(TimeInForce.POST_ONLY)
    ),
    "fok_cannot_fill": Refusable(
        lambda stage: make_order(stage, time_in_force=TimeInForce.FOK), (Rejected,), comes_to_be=_has(TimeInForce.FOK)
    ),
    "would_trigger_at_once": Refusable(
        lambda stage: make_order(stage, OrderType.STOP_MARKET, trigger_price=make_order(stage).price),
        (Rejected,),
        comes_to_be=lambda behaviour: OrderType.STOP_MARKET in behaviour.types,
    ),
    "client_id_is_taken": Refusable(_with_taken_id, (Rejected,)),
    "unknown_symbol": Refusable(lambda stage: make_order(stage, symbol=NO_SYMBOL), (InvalidRequest, InvalidArgument)),
    "quantity_off_step": Refusable(_off_step("quantity"), (InvalidArgument,), is_unsent=True),
    "price_off_step": Refusable(_off_step("price"), (InvalidArgument,), is_unsent=True),
    "unknown_type": Refusable(
        lambda stage: make_order(stage, OrderType.TRAILING_STOP_MARKET),
        (InvalidArgument,),
        is_unsent=True,
        comes_to_be=lambda behaviour: OrderType.TRAILING_STOP_MARKET not in behaviour.types,
    ),
    "unknown_client_id": Refusable(lambda stage: make_order(stage, client_id=" "), (InvalidArgument,), is_unsent=True),
}

_REFUSED_LEGS: Mapping[str, Refusable] = {
    f"opens_a_leg_as_reducing-{leg.value}": Refusable(
        partial(_open_as_reducing, leg, side), (Rejected, InvalidArgument)
    )
    for leg, side in ((PositionSide.LONG, OrderSide.BUY), (PositionSide.SHORT, OrderSide.SELL))
}

# -- symbols that are not listed

_OF_NO_SYMBOL: Mapping[str, Callable[[Stage], Awaitable[object]]] = {
    "get_open_orders": lambda stage: OrderReader.of(stage.account).get_open_orders(symbol=NO_SYMBOL),
    "get_order": lambda stage: OrderReader.of(stage.account).get_order(NO_SYMBOL, order_id="1"),
    "cancel_order": lambda stage: OrderControl.of(stage.account).cancel_order(NO_SYMBOL, order_id="1"),
    "cancel_all_orders": lambda stage: OrderControl.of(stage.account).cancel_all_orders(symbol=NO_SYMBOL),
}

"""Checks of guards: the facts of an order that they look at are those of the order that is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import (
    OrderControl,
    OrderRequest,
    OrderSide,
    OrderType,
    PositionMode,
    PositionSide,
)
from venuekit.endpoint import Effect
from venuekit.errors import GuardRefused, InvalidArgument
from venuekit.pipeline.guard import Guard
from venuekit.runtime import Runtime
from venuekit.simulator.ledger import Side
from venuekit.testing.conformance.examples import half_price, small_quantity
from venuekit.testing.conformance.inventory import Checks, Inventory
from venuekit.testing.conformance.order_examples import buy, make_order, orders_of, rest, set_mode
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.fake import Watch, plugins_with
from venuekit.testing.staged import Stage, on_stage

#: less than any order is worth
_LITTLE = Decimal("1e-12")
#: more than any order is worth
_MUCH = Decimal("1e12")


def quanto_symbols(inventory: Inventory) -> dict[str, str]:
    """Return the quanto contracts of the simulated venue, by symbol; none where the venue takes no orders."""
    if OrderControl not in inventory.capabilities or inventory.venue.simulated is None:
        return {}
    return {one.symbol: one.symbol for one in inventory.venue.simulated().contracts if one.is_quanto}


class GuardChecks(Checks):
    """A guard refuses the orders that its limits forbid, and no others."""

    tier = Tier.GOLD

    async def test_guard_knows_the_value_of_an_order(self, order_control: type[OrderControl]) -> None:
        """An order that opens a position passes a limit of its own value in the quote, and none below that."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            for side in OrderSide:
                order = make_order(stage, OrderType.LIMIT, side)
                worth = _worth_of(stage, order)
                await _check_refused(stage, Guard(max_notional=worth - _LITTLE), order)
                async with _guarded(stage, Guard(max_notional=worth)) as account:
                    placed = await order_control.of(account).place_order(order)
                    assert stage.ledger.order(placed.id).is_open

    async def test_guard_knows_a_reducing_order(self, order_control: type[OrderControl]) -> None:
        """Beside a position only an order that says so passes as one that reduces, the other side alone does not."""
        guard = Guard(max_notional=_LITTLE)
        async with on_stage(self.inventory.venue, "flat") as stage:
            buy(stage)
            for side in OrderSide:
                await _check_refused(stage, guard, make_order(stage, OrderType.LIMIT, side))
            async with _guarded(stage, guard) as account:
                try:
                    placed = await order_control.of(account).place_order(
                        make_order(stage, OrderType.LIMIT, OrderSide.SELL, reduce_only=True)
                    )
                except InvalidArgument:  # the venue has no such orders
                    return
            assert stage.ledger.order(placed.id).reduce_only

    async def test_guard_knows_the_side_that_reduces_a_leg(self, leg: PositionSide) -> None:
        """In hedge mode an order on the closing side of a leg passes as one that reduces, one on the other does not."""
        guard = Guard(max_notional=_LITTLE)
        opening, closing = OrderSide.BUY, OrderSide.SELL
        if leg is PositionSide.SHORT:
            opening, closing = closing, opening
        async with on_stage(self.inventory.venue, "flat") as stage:
            set_mode(stage, PositionMode.HEDGE)
            order = make_order(stage, OrderType.LIMIT, closing, position_side=leg)
            assert order.quantity is not None
            symbol, mark = order.symbol, stage.ledger.mark(order.symbol)
            stage.ledger.fill(symbol, Side(opening.value), 2 * order.quantity, mark, leg)
            await _check_refused(stage, guard, make_order(stage, OrderType.LIMIT, opening, position_side=leg))
            async with _guarded(stage, guard) as account:
                placed = await OrderControl.of(account).place_order(order)
            assert stage.ledger.order(placed.id).position_side is leg

    async def test_guard_knows_the_direction_of_an_order(self, order_control: type[OrderControl]) -> None:
        """Beside an open order to buy, one to buy more than the limit leaves is refused, and one to sell passes."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            rest(stage, stage.scenario.flat)
            more, other = make_order(stage), make_order(stage, OrderType.LIMIT, OrderSide.SELL)
            assert more.quantity is not None
            guard = Guard(max_position_notional=_worth_of(stage, other))
            # to sell is at three times the price, so that this order and the open one are worth more
            await _check_refused(stage, guard, attrs.evolve(more, quantity=3 * more.quantity))
            async with _guarded(stage, guard) as account:
                placed = await order_control.of(account).place_order(other)
            assert stage.ledger.order(placed.id).is_open

    async def test_guard_refuses_an_order_without_a_worth(self, quanto_symbol: str) -> None:
        """An order for a quanto contract, which has no worth in the quote, is refused beside any limit."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            price = half_price(stage, quanto_symbol)
            quantity = small_quantity(stage, quanto_symbol, price)
            order = make_order(stage, OrderType.LIMIT, symbol=quanto_symbol, price=price, quantity=quantity)
            await _check_refused(stage, Guard(max_notional=_MUCH), order)


def _worth_of(stage: Stage, order: OrderRequest) -> Decimal:
    """Return the worth of a limit order in the quote, at its own price."""
    assert order.quantity is not None
    assert order.price is not None
    worth = stage.ledger.contract(order.symbol).notional(order.quantity, order.price)
    assert worth is not None, f"{order.symbol} is a quanto contract: choose another flat symbol for the scenario"
    return worth


async def _check_refused(stage: Stage, guard: Guard, order: OrderRequest) -> None:
    """Place an order beside a guard that forbids it; nothing of it arrives."""
    before = orders_of(stage)
    async with _guarded(stage, guard) as account:
        stage.simulation.requests.clear()
        with pytest.raises(GuardRefused):
            await OrderControl.of(account).place_order(order)
    arrived = [str(one) for one in stage.venue.endpoints if one.effect is Effect.KEYED and stage.arrivals(one)]
    assert not arrived, f"an order that a guard refuses was sent to {arrived}"
    assert orders_of(stage) == before


@asynccontextmanager
async def _guarded(stage: Stage, guard: Guard) -> AsyncIterator[Any]:
    """Open the account of a stage once more, with a guard."""
    await stage.clock.sleep(1)  # numbers of requests that are times begin behind those of the other account
    async with Runtime(plugins=plugins_with(Watch()), clock=stage.clock, journal=False) as runtime:
        yield await runtime.open(stage.venue, stage.simulation.credentials(stage.venue.id), guard=guard)

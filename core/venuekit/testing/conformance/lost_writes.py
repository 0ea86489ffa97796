"""Checks of lost writes: the traces of other writes, and the end of an order meanwhile, are not taken for theirs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import attrs

from venuekit.capabilities import (
    Amendment,
    Order,
    OrderAmendControl,
    OrderBatchControl,
    OrderControl,
    OrderRequest,
    OrderSide,
    OrderType,
)
from venuekit.endpoint import Effect, Endpoint
from venuekit.errors import NotExecuted, OperationError, OutcomeUnknown
from venuekit.runtime import Runtime
from venuekit.simulator import Delay, Disturbance, DropAfter, DropBefore
from venuekit.simulator.disturbances import ArrivalInPlay, Proceed, Reply
from venuekit.simulator.ledger import Ledger, LedgerOrder, Side
from venuekit.testing.conformance.inventory import Checks, Inventory
from venuekit.testing.conformance.order_examples import make_order, make_own_id, orders_of, price_to_take, rest
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.fake import Watch, plugins_with
from venuekit.testing.staged import Stage, on_stage

#: seconds that one way of the reads of the venue's time takes longer than the other, and their highest number
_SLOW, _MEASUREMENTS = 1.5, 20


@attrs.frozen
class LostChange:
    """A method that changes two orders, and the way to see in the ledger that one was changed."""

    method: Callable[..., Any]
    make: Callable[[Stage, list[LedgerOrder]], Awaitable[None]]
    is_made: Callable[[Stage, LedgerOrder], bool]


def lost_write_cases(inventory: Inventory) -> dict[str, dict[str, Any]]:
    """Return the cases of these checks, by argument and readable id."""
    return {
        "moving_endpoint": {str(one): one for one in inventory.once if one.effect is Effect.DELTA},
        "order_change": {name: one for name, one in _CHANGES.items() if one.method in inventory.methods},
    }


class LostWriteChecks(Checks):
    """A lost write is distinguished from those of others, and found when it has ended."""

    tier = Tier.GOLD

    async def test_lost_order_that_has_ended_is_found(self, order_control: type[OrderControl]) -> None:
        """A lost order that was filled at once, or cancelled by another client, is never taken for absent."""
        for is_filled in (True, False):
            async with on_stage(self.inventory.venue, "flat") as stage:
                order = make_order(stage, OrderType.LIMIT)
                if is_filled:
                    order = attrs.evolve(order, price=price_to_take(stage))
                _disturb_placing(stage, _Lost(None if is_filled else partial(_cancel_all, symbol=order.symbol)))
                result = await _place(order_control.of(stage.account), order)
                (held,) = orders_of(stage)
                if isinstance(result, Order):
                    assert result.id == held
                else:
                    end = "filled" if is_filled else "cancelled"
                    assert not isinstance(result, NotExecuted), f"a lost order was {end} at once, and {result}"

    async def test_order_of_another_client_is_not_the_lost_one(self, order_control: type[OrderControl]) -> None:
        """An order of another side or quantity that has the client id of a lost one is not returned as that one."""
        for side, times in ((Side.SELL, 1), (Side.BUY, 2)):
            async with on_stage(self.inventory.venue, "flat") as stage:
                order = make_order(stage, OrderType.LIMIT, OrderSide.BUY, client_id=make_own_id(stage))
                act = partial(_rest, order=order, side=side, times=times)
                _disturb_placing(stage, _Lost(act, is_applied=False))
                result = await _place(order_control.of(stage.account), order)
                problem = f"an order to {order.side} {order.quantity} was lost, and that of another client is returned"
                assert isinstance(result, OperationError), f"{problem}: {result}"

    async def test_lost_change_of_orders_is_made_or_said(self, order_change: LostChange) -> None:
        """
        A lost cancellation or amendment that returns has been made, also where the order is partly filled.

        Its first request does not arrive.
        """
        for is_part in (False, True):
            async with on_stage(self.inventory.venue, "flat") as stage:
                orders = [await _rest_own(stage, number, is_part=is_part) for number in (1, 2)]
                for endpoint in stage.venue.endpoints:
                    if order_change.method in endpoint.serves and endpoint.is_write:
                        stage.disturb(endpoint, DropBefore())
                try:
                    await order_change.make(stage, orders)
                except OutcomeUnknown:
                    continue
                undone = [one.id for one in orders if not order_change.is_made(stage, one)]
                assert not undone, f"a lost change has returned, and the orders {undone} are as they were"


class LostMarginChecks(Checks):
    """A lost move of margin is distinguished from those of others."""

    tier = Tier.GOLD

    async def test_lost_move_beside_that_of_another_client(self, moving_endpoint: Endpoint[Any]) -> None:
        """A lost move beside which another client moves margin is found, or its outcome is unknown."""
        amount = await self._amount_of(moving_endpoint)
        for is_applied, others in ((True, (amount / 2,)), (False, (amount / 2,)), (False, (amount, amount))):
            async with on_stage(self.inventory.venue) as stage:
                act = partial(_move_besides, symbol=stage.scenario.held or "", amounts=others)
                stage.disturb(moving_endpoint, _Lost(act, is_applied=is_applied))
                error = await self._move(stage, moving_endpoint)
                if is_applied:
                    assert not isinstance(error, NotExecuted), f"{moving_endpoint} was carried out, and {error}"
                else:
                    words = f"{moving_endpoint} was not carried out, and a move of another client passes for its own"
                    assert error is not None, words

    async def test_move_of_before_is_not_the_lost_one(self, moving_endpoint: Endpoint[Any]) -> None:
        """A lost move behind an equal one that was answered, or lost and found, is not taken for that one."""
        for is_found in (False, True):
            async with on_stage(self.inventory.venue) as stage:
                if is_found:
                    stage.disturb(moving_endpoint, DropAfter())
                if await self._move(stage, moving_endpoint) is not None:
                    continue  # it was not found: nothing to be taken for the second one
                stage.disturb(moving_endpoint, DropBefore())
                error = await self._move(stage, moving_endpoint)
                assert error is not None, f"{moving_endpoint} was not carried out, and an earlier move passes for it"

    async def test_lost_move_beside_a_clock_that_is_off(self, moving_endpoint: Endpoint[Any]) -> None:
        """A lost move that was carried out is not taken for absent because the venue's time was measured badly."""
        for delay in (Delay(before=_SLOW), Delay(after=_SLOW)):
            async with on_stage(self.inventory.venue) as stage:
                if stage.venue.server_time is not None:
                    stage.disturb(stage.venue.server_time, delay, times=_MEASUREMENTS)
                async with Runtime(plugins=plugins_with(Watch()), clock=stage.clock, journal=False) as runtime:
                    account = await runtime.open(stage.venue, stage.simulation.credentials(stage.venue.id))
                    stage.disturb(moving_endpoint, DropAfter())
                    error = await self._move(attrs.evolve(stage, account=account), moving_endpoint)
                if any(one.applied for one in stage.arrivals(moving_endpoint)):
                    assert not isinstance(error, NotExecuted), f"{moving_endpoint} was carried out, and {error}"

    async def _amount_of(self, endpoint: Endpoint[Any]) -> Decimal:
        """Return the change of margin that a move as recorded brings about."""
        async with on_stage(self.inventory.venue) as stage:
            before = _added_margin(stage.ledger)
            error = await self._move(stage, endpoint)
            assert error is None, f"{endpoint} is refused as it is recorded: {error}"
            return _added_margin(stage.ledger) - before

    async def _move(self, stage: Stage, endpoint: Endpoint[Any]) -> OperationError | None:
        """Move margin as recorded, and return the error that it ended in."""
        try:
            await stage.account.call(endpoint, **self.inventory.parameters_on(stage, endpoint))
        except OperationError as error:
            return error
        return None


def _added_margin(ledger: Ledger) -> Decimal:
    return sum((leg.added_margin for leg in ledger.positions() if leg.isolated_wallet is not None), Decimal(0))


def _move_besides(ledger: Ledger, *, symbol: str, amounts: tuple[Decimal, ...]) -> None:
    """Move margin of a symbol as another client does."""
    (leg, *_) = (one for one in ledger.positions() if one.symbol == symbol and one.isolated_wallet is not None)
    for amount in amounts:
        ledger.adjust_margin(symbol, amount, leg.side)


async def _place(account: OrderControl, order: OrderRequest) -> Order | OperationError:
    try:
        return await account.place_order(order)
    except OperationError as error:
        return error


async def _rest_own(stage: Stage, number: int, *, is_part: bool) -> LedgerOrder:
    """Put an order with a client id into the ledger, partly filled or not."""
    symbol, ledger = stage.scenario.flat, stage.ledger
    name = rest(stage, symbol, lower=number, client_id=make_own_id(stage, number))
    if is_part:
        ledger.fill_order(name, ledger.contract(symbol).quantity_step)
    return ledger.order(name)


def _more(stage: Stage, order: LedgerOrder) -> Decimal:
    return order.quantity + stage.ledger.contract(order.symbol).quantity_step


def _lower(stage: Stage, order: LedgerOrder) -> Decimal:
    assert order.price is not None
    return order.price - 2 * stage.ledger.contract(order.symbol).price_tick


async def _cancel_each(stage: Stage, orders: list[LedgerOrder]) -> None:
    account = OrderControl.of(stage.account)
    await account.cancel_order(orders[0].symbol, order_id=orders[0].id)
    await account.cancel_order(orders[1].symbol, client_id=orders[1].client_id)


async def _cancel_every(stage: Stage, orders: list[LedgerOrder]) -> None:
    await OrderControl.of(stage.account).cancel_all_orders(symbol=orders[0].symbol)


async def _cancel_by_id(stage: Stage, orders: list[LedgerOrder]) -> None:
    account = OrderBatchControl.of(stage.account)
    await account.cancel_orders(orders[0].symbol, order_ids=[one.id for one in orders])


async def _cancel_by_client_id(stage: Stage, orders: list[LedgerOrder]) -> None:
    account = OrderBatchControl.of(stage.account)
    await account.cancel_orders(orders[0].symbol, client_ids=[one.client_id or "" for one in orders])


async def _amend_each(stage: Stage, orders: list[LedgerOrder]) -> None:
    account = OrderAmendControl.of(stage.account)
    for order in orders:
        await account.amend_order(
            order.symbol,
            OrderSide.BUY,
            order_id=order.id,
            quantity=_more(stage, order),
            price=_lower(stage, order),
        )


async def _amend_batch(stage: Stage, orders: list[LedgerOrder]) -> None:
    amendments = [
        Amendment(
            symbol=one.symbol,
            side=OrderSide.BUY,
            order_id=one.id,
            quantity=_more(stage, one),
            price=_lower(stage, one),
        )
        for one in orders
    ]
    await OrderAmendControl.of(stage.account).amend_orders(amendments)


def _is_ended(stage: Stage, order: LedgerOrder) -> bool:
    return not stage.ledger.order(order.id).is_open


def _is_amended(stage: Stage, order: LedgerOrder) -> bool:
    now = stage.ledger.order(order.id)
    return (now.quantity, now.price) == (_more(stage, order), _lower(stage, order))


_CHANGES: Mapping[str, LostChange] = {
    "cancel_order": LostChange(OrderControl.cancel_order, _cancel_each, _is_ended),
    "cancel_all_orders": LostChange(OrderControl.cancel_all_orders, _cancel_every, _is_ended),
    "cancel_orders-by_id": LostChange(OrderBatchControl.cancel_orders, _cancel_by_id, _is_ended),
    "cancel_orders-by_client_id": LostChange(OrderBatchControl.cancel_orders, _cancel_by_client_id, _is_ended),
    "amend_order": LostChange(OrderAmendControl.amend_order, _amend_each, _is_amended),
    "amend_orders": LostChange(OrderAmendControl.amend_orders, _amend_batch, _is_amended),
}


def _disturb_placing(stage: Stage, disturbance: Disturbance) -> None:
    for endpoint in stage.venue.endpoints:
        if OrderControl.place_order in endpoint.serves:
            stage.disturb(endpoint, disturbance)


def _cancel_all(ledger: Ledger, *, symbol: str) -> None:
    for one in ledger.open_orders(symbol):
        ledger.cancel_order(one.id)


def _rest(ledger: Ledger, *, order: OrderRequest, side: Side, times: int) -> None:
    """Put an order with the client id of another one into the ledger."""
    assert order.quantity is not None
    assert order.price is not None
    price = order.price if side is Side.BUY else 3 * order.price
    ledger.rest_order(order.symbol, side, times * order.quantity, price, client_id=order.client_id)


@attrs.frozen(eq=False)
class _Lost(Disturbance):
    """The answer is lost, after the request was carried out or not, and another client acts before anything is read."""

    act: Callable[[Ledger], object] | None = None
    is_applied: bool = True

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Carry out, act, and hang up."""
        if self.is_applied:
            await proceed()
        if self.act is not None:
            self.act(attempt.ledger)
        return Reply(None)

"""Checks of orders: each reaches the ledger as it was requested, and is read as the ledger holds it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any, TypeAlias

from venuekit._util.times import from_milliseconds
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
    WorkingPrice,
)
from venuekit.endpoint import Effect
from venuekit.errors import InvalidArgument, OperationError
from venuekit.runtime import Runtime
from venuekit.simulator.ledger import LedgerOrder
from venuekit.testing.conformance.inventory import Checks, Inventory
from venuekit.testing.conformance.order_examples import (
    buy,
    make_order,
    make_own_id,
    orders_of,
    other_symbols,
    price_to_take,
    rest,
    rest_of_account,
    set_mode,
)
from venuekit.testing.conformance.order_figures import check_order, check_placed
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.fake import Watch, plugins_with
from venuekit.testing.staged import Stage, on_stage

#: orders without a client id of their own, of which no two may have the same one
_MANY = 8
_ARGUMENTS = (
    *("order_control", "order_type", "time_in_force", "order_term", "order_state"),
    *("order_test_control", "leg"),
)
#: times in force that the ledger of a simulation has no other traders for
_UNKNOWN_TIMES = frozenset({TimeInForce.RPI})
_AT_ONCE = frozenset({TimeInForce.IOC, TimeInForce.FOK})
#: an expiry that is not too near for any venue
_EXPIRY = timedelta(hours=1)

#: makes an order that has a term, which is the name of a field of the request
Term: TypeAlias = Callable[[Stage], OrderRequest]
#: places an order, brings it into a state, and returns the orders to look at
State: TypeAlias = Callable[[Stage], Awaitable[list[LedgerOrder]]]


def order_cases(inventory: Inventory) -> dict[str, dict[str, Any]]:
    """Return the cases of these checks, by argument and readable id; none where the venue takes no orders."""
    if OrderControl not in inventory.capabilities:
        return {name: {} for name in _ARGUMENTS}
    behaviour = inventory.venue.behaviour(OrderBehaviour)
    hedges = PositionModeControl in inventory.capabilities
    return {
        "order_control": {"orders": OrderControl},
        "order_type": {kind.value: kind for kind in OrderType if kind in behaviour.types},
        "time_in_force": {
            time.value: time for time in TimeInForce if time in behaviour.times_in_force - _UNKNOWN_TIMES
        },
        "order_term": {name: (name.partition("-")[0], term) for name, term in _TERMS.items()},
        "order_state": {name: bring for name, (bring, comes_to_be) in _STATES.items() if comes_to_be(behaviour)},
        "order_test_control": {"test": OrderTestControl} if OrderTestControl in inventory.capabilities else {},
        "leg": {side.value: side for side in (PositionSide.LONG, PositionSide.SHORT) if hedges},
    }


class OrderValueChecks(Checks):
    """An order reaches the ledger as it was requested, and every read of it agrees with the ledger."""

    tier = Tier.GOLD

    async def test_order_is_placed_as_requested(self, order_type: OrderType) -> None:
        """An order of each type, to buy and to sell, is in the ledger term by term, and is read as it is there."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            for side in OrderSide:
                await _place_and_compare(stage, make_order(stage, order_type, side))

    async def test_order_has_its_time_in_force(self, time_in_force: TimeInForce) -> None:
        """A limit order has the time in force that it names."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            terms: dict[str, Any] = {"time_in_force": time_in_force}
            if time_in_force in _AT_ONCE:
                terms["price"] = price_to_take(stage)
            if time_in_force is TimeInForce.GTD:
                terms["expires_at"] = _expiry(stage)
            await _place_and_compare(stage, make_order(stage, **terms))

    async def test_order_has_a_term_or_is_refused(self, order_term: tuple[str, Term]) -> None:
        """An order that names a further term has it in the ledger; a term that the venue lacks is refused unsent."""
        name, make = order_term
        async with on_stage(self.inventory.venue, "flat") as stage:
            request, before = make(stage), orders_of(stage)
            stage.simulation.requests.clear()
            told = await _place_or_refuse(OrderControl.of(stage.account), request)
            if isinstance(told, OperationError):
                is_unsent = isinstance(told, InvalidArgument) and not _writes(stage)
                assert is_unsent or name in _FOR_THE_VENUE, f"an order with {name} ended in {told!r}"
                assert orders_of(stage) == before, f"an order with {name} was refused, and is in the ledger"
                return
            order = stage.ledger.order(told.id)
            if name not in _VENUES_WORDS:
                check_placed(order, request)
            read = await stage.account.get_order(order.symbol, order_id=order.id)
            asked, given = getattr(request, name), getattr(read, name)
            assert given == asked, f"an order was asked for with {name} {asked}, and is read with {given}"

    async def test_order_of_a_leg(self, leg: PositionSide) -> None:
        """In hedge mode an order names its leg, which it opens, adds to and closes."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            set_mode(stage, PositionMode.HEDGE)
            opening, closing = OrderSide.BUY, OrderSide.SELL
            if leg is PositionSide.SHORT:
                opening, closing = closing, opening
            for kind in (OrderType.LIMIT, OrderType.MARKET):
                if kind in stage.venue.behaviour(OrderBehaviour).types:
                    await _place_and_compare(stage, make_order(stage, kind, opening, position_side=leg))
            if stage.ledger.position(stage.scenario.flat, leg).quantity:
                await _place_and_compare(stage, make_order(stage, side=closing, position_side=leg))

    async def test_order_is_read_in_each_state(self, order_state: State) -> None:
        """An order is read as the ledger has it, be it open, partly filled, filled, cancelled, expired or triggered."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            for symbol in (stage.scenario.flat, *other_symbols(stage)):
                rest(stage, symbol, lower=1)
            for order in await order_state(stage):
                await _check_reads(stage, order)

    async def test_made_up_client_ids_differ(self, order_control: type[OrderControl]) -> None:
        """Each order without a client id gets one of its own, also in another process, and it fits the pattern."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            credentials = stage.simulation.credentials(stage.venue.id)
            async with Runtime(plugins=plugins_with(Watch()), clock=stage.clock, journal=False) as runtime:
                other = await runtime.open(stage.venue, credentials)
                told = []
                for lower in range(_MANY):
                    if lower == _MANY - 2:
                        await stage.clock.sleep(1)
                    account = stage.account if lower < _MANY - 2 else other
                    order = await _place_or_refuse(order_control.of(account), make_order(stage, lower=lower))
                    assert isinstance(order, Order), f"order {lower + 1} without a client id was refused: {order}"
                    told.append(order)
            made = [stage.ledger.order(one.id).client_id for one in told]
            assert [one.client_id for one in told] == made
            assert len({*made}) == _MANY, f"{_MANY} orders were placed with {len({*made})} client ids: {made}"
            pattern = stage.venue.behaviour(OrderBehaviour).client_id_pattern
            odd = [one for one in made if not re.fullmatch(pattern, one or "")]
            assert not odd, f"the client ids {odd} do not fit {pattern}"

    async def test_tested_order_is_not_placed(self, order_test_control: type[OrderTestControl]) -> None:
        """An order that is only tested leaves no trace, be it taken or refused."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            before = stage.ledger.snapshot()
            await order_test_control.of(stage.account).test_order(make_order(stage))
            assert stage.ledger.snapshot() == before, "an order that was only tested has changed the account"


async def _place_and_compare(stage: Stage, request: OrderRequest) -> LedgerOrder:
    """Place an order, compare it with the ledger in every way that it can be read, and return it."""
    before, bystanders = orders_of(stage), rest_of_account(stage)
    told = await stage.account.place_order(request)
    new = {name: order for name, order in orders_of(stage).items() if name not in before}
    assert told.id in new, f"order {told.id} was returned, and the ledger's new orders are {sorted(new)}"
    assert len(new) == 1, f"one order was placed, and the ledger has {sorted(new)}"
    order = new[told.id]
    if order.status is OrderStatus.OPEN:
        assert rest_of_account(stage) == bystanders, "an order that rests has changed more of the account"
    check_placed(order, request)
    later = stage.venue.behaviour(OrderBehaviour).decides_later
    check_order(told, order, stage.ledger, may_be_pending=later)
    await _check_reads(stage, order)
    return order


async def _check_reads(stage: Stage, order: LedgerOrder) -> None:
    """Compare an order by its id, by its client id, and in the list of the open ones with the ledger."""
    reader = OrderReader.of(stage.account)
    check_order(await reader.get_order(order.symbol, order_id=order.id), order, stage.ledger)
    if order.client_id is not None:
        check_order(await reader.get_order(order.symbol, client_id=order.client_id), order, stage.ledger)
    for symbol in (order.symbol, None):
        told = {one.id: one for one in await reader.get_open_orders(symbol=symbol)}
        held = {one.id: one for one in stage.ledger.open_orders(symbol)}
        assert told.keys() == held.keys(), f"the open orders are {sorted(held)}, and {sorted(told)} were read"
        for name, one in held.items():
            check_order(told[name], one, stage.ledger)
    if order.is_open:
        check_order(await reader.get_open_order(order.symbol, order_id=order.id), order, stage.ledger)


async def _place_or_refuse(account: OrderControl, request: OrderRequest) -> Order | OperationError:
    """Place an order and return it, or the error that it ended in."""
    try:
        return await account.place_order(request)
    except OperationError as error:
        return error


def _writes(stage: Stage) -> list[str]:
    """Return the endpoints whose requests arrived and could have changed something."""
    arrived = {one.endpoint_name for one in stage.simulation.requests}
    unchanging = {Effect.READ, Effect.SESSION}
    return [str(one) for one in stage.venue.endpoints if one.name in arrived and one.effect not in unchanging]


# -- terms

#: terms whose words are the venue's own
_VENUES_WORDS = frozenset({"stp_mode", "price_match"})
#: terms that the venue itself may refuse: the words are its own, or the mode that the account is in
_FOR_THE_VENUE = _VENUES_WORDS | {"position_side"}


def _expiry(stage: Stage) -> Any:
    return from_milliseconds(stage.simulation.milliseconds() // 1000 * 1000) + _EXPIRY


def _reduce(stage: Stage, *, kind: OrderType = OrderType.LIMIT) -> OrderRequest:
    buy(stage)
    return make_order(stage, kind, OrderSide.SELL, reduce_only=True)


def _close(stage: Stage) -> OrderRequest:
    buy(stage)
    return make_order(stage, OrderType.STOP_MARKET, OrderSide.SELL, quantity=None, close_position=True)


def _watch(price: WorkingPrice) -> Term:
    return lambda stage: make_order(stage, OrderType.STOP_MARKET, working_price=price)


def _with(**terms: Any) -> Term:
    return lambda stage: make_order(stage, **terms)


_TERMS: Mapping[str, Term] = {
    "client_id": lambda stage: make_order(stage, client_id=make_own_id(stage)),
    "reduce_only": _reduce,
    "reduce_only-stop_market": partial(_reduce, kind=OrderType.STOP_MARKET),
    "close_position": _close,
    "position_side": _with(position_side=PositionSide.LONG),
    **{f"working_price-{price.value}": _watch(price) for price in WorkingPrice},
    "price_protect": lambda stage: make_order(stage, OrderType.STOP_MARKET, price_protect=True),
    "expires_at": lambda stage: make_order(stage, expires_at=_expiry(stage)),
    "callback_rate": _with(callback_rate=Decimal(1)),
    "activation_price": lambda stage: make_order(stage, activation_price=make_order(stage).price),
    "stp_mode": _with(stp_mode="none_of_yours"),
    "price_match": _with(price=None, price_match="none_of_yours"),
}

# -- states


async def _place(stage: Stage, kind: OrderType = OrderType.LIMIT, **terms: Any) -> LedgerOrder:
    told = await stage.account.place_order(make_order(stage, kind, **terms))
    return stage.ledger.order(told.id)


async def _open(stage: Stage) -> list[LedgerOrder]:
    return [await _place(stage)]


async def _fill_partly(stage: Stage) -> list[LedgerOrder]:
    order = await _place(stage)
    contract = stage.ledger.contract(order.symbol)
    await stage.clock.sleep(1)
    stage.ledger.fill_order(order.id, contract.quantity_step, stage.ledger.mark(order.symbol))
    return [stage.ledger.order(order.id)]


async def _fill(stage: Stage) -> list[LedgerOrder]:
    (order,) = await _fill_partly(stage)
    stage.ledger.fill_order(order.id)
    return [stage.ledger.order(order.id)]


async def _cancel(stage: Stage) -> list[LedgerOrder]:
    orders = [await _place(stage), *(await _fill_partly(stage))]
    await stage.clock.sleep(1)
    return [stage.ledger.cancel_order(order.id) for order in orders]


async def _expire(stage: Stage) -> list[LedgerOrder]:
    symbol = stage.scenario.flat
    stage.ledger.set_depth(symbol, stage.ledger.contract(symbol).quantity_step)
    return [await _place(stage, time_in_force=TimeInForce.IOC, price=price_to_take(stage))]


async def _trigger(stage: Stage) -> list[LedgerOrder]:
    """Trigger an order of each type, and return them with the orders that they became."""
    orders: list[LedgerOrder] = []
    for kind in _WITH_TRIGGER:
        if kind not in stage.venue.behaviour(OrderBehaviour).types:
            continue
        order = await _place(stage, kind)
        assert order.trigger_price is not None
        await stage.clock.sleep(1)
        stage.ledger.set_mark(order.symbol, order.trigger_price)
        ended = stage.ledger.order(order.id)
        orders.append(ended)
        if ended.triggered_order_id is not None:
            orders.append(stage.ledger.order(ended.triggered_order_id))
    return orders


async def _reject(stage: Stage) -> list[LedgerOrder]:
    return [await _place(stage, time_in_force=TimeInForce.POST_ONLY, price=price_to_take(stage))]


_WITH_TRIGGER = (OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET, OrderType.STOP, OrderType.TAKE_PROFIT)
#: each state, with the condition under which orders of a venue come to be in it
_STATES: Mapping[str, tuple[State, Callable[[OrderBehaviour], bool]]] = {
    "open": (_open, lambda _: True),
    "partly_filled": (_fill_partly, lambda _: True),
    "filled": (_fill, lambda _: True),
    "canceled": (_cancel, lambda _: True),
    "expired": (_expire, lambda behaviour: TimeInForce.IOC in behaviour.times_in_force),
    "triggered": (_trigger, lambda behaviour: not behaviour.types.isdisjoint(_WITH_TRIGGER)),
    "rejected": (
        _reject,
        lambda behaviour: behaviour.decides_later and TimeInForce.POST_ONLY in behaviour.times_in_force,
    ),
}

"""Checks of changes to orders: each changes the orders that it names, as it says, and nothing besides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import attrs
import pytest

from venuekit.capabilities import (
    Amendment,
    Order,
    OrderAmendControl,
    OrderBatchControl,
    OrderBehaviour,
    OrderControl,
    OrderReader,
    OrderSide,
    OrderStatus,
)
from venuekit.errors import NotFound, OperationError, VenueError
from venuekit.simulator.ledger import LedgerOrder
from venuekit.testing.conformance.inventory import Checks, Inventory
from venuekit.testing.conformance.order_examples import (
    books_of,
    make_order,
    make_own_id,
    orders_of,
    other_symbols,
    rest,
    rest_of_account,
)
from venuekit.testing.conformance.order_figures import check_order, check_placed
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.staged import Stage, on_stage

#: an order number above those of any ledger here
_NO_ORDER = "999999999"

Name: TypeAlias = Mapping[str, str]


def order_change_cases(inventory: Inventory) -> dict[str, dict[str, Any]]:
    """Return the cases of these checks, by argument and readable id; none where the venue takes no orders."""
    controls, amends = OrderControl in inventory.capabilities, OrderAmendControl in inventory.capabilities
    lookups = {name: look for name, look in _LOOKUPS.items() if amends or name != "amend_order"}
    methods = {one.__name__ for one in inventory.methods}
    return {
        "order_name": {name: name for name in ("order_id", "client_id") if controls},
        "cancel_scope": {scope: scope == "symbol" for scope in ("symbol", "account") if controls},
        "amended_terms": {"-".join(names): names for names in _AMENDED if amends},
        "order_batch": {name: batch for name, batch in _BATCHES.items() if name.partition("-")[0] in methods},
        "order_lookup": lookups if controls else {},
    }


_AMENDED = (("quantity",), ("price",), ("quantity", "price"))


class OrderChangeChecks(Checks):
    """A change of orders affects those that it names."""

    tier = Tier.GOLD

    async def test_cancel_ends_that_order(self, order_name: str) -> None:
        """A cancelled order ends alone, by either of its names, and is returned as it ended, again when asked again."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            account = OrderControl.of(stage.account)
            bystanders = _rest_everywhere(stage)
            order = await _place(stage)
            name = _name_of(order, order_name)
            with _Untouched(stage, order.id):
                told = await account.cancel_order(order.symbol, **name)
            ended = stage.ledger.order(order.id)
            assert ended.status is OrderStatus.CANCELED, f"the cancelled order is {ended.status}"
            check_order(told, ended, stage.ledger)
            check_order(await account.cancel_order(order.symbol, **name), ended, stage.ledger)
            assert all(stage.ledger.order(one).is_open for one in bystanders)

    async def test_cancelled_too_late(self, order_name: str) -> None:
        """Cancelling an order that has been filled meanwhile returns it as filled."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            order = await _place(stage)
            stage.ledger.fill_order(order.id)
            with _Untouched(stage):
                told = await OrderControl.of(stage.account).cancel_order(order.symbol, **_name_of(order, order_name))
            check_order(told, stage.ledger.order(order.id), stage.ledger)

    async def test_cancel_all_ends_the_orders_of_its_scope(self, cancel_scope: bool) -> None:
        """Cancelling all orders of a symbol, plain and conditional ones, leaves those of others; else it ends all."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            symbol = stage.scenario.flat
            orders = _rest_everywhere(stage)
            left = [one for one in orders if cancel_scope and stage.ledger.order(one).symbol != symbol]
            with _Untouched(stage, *(one for one in orders if one not in left)):
                told = await OrderControl.of(stage.account).cancel_all_orders(symbol=symbol if cancel_scope else None)
            assert told == (), f"orders are said to be left: {told}"
            held = [order.id for order in stage.ledger.open_orders()]
            assert sorted(held) == sorted(left), f"orders {sorted(left)} should be open, and {sorted(held)} are"

    async def test_amendment_changes_the_named_terms(self, amended_terms: tuple[str, ...]) -> None:
        """An amended order has its new terms, keeps all others, and no other order changes."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            account = OrderAmendControl.of(stage.account)
            _rest_everywhere(stage)
            order = await _place(stage)
            new = _give_terms(stage, order, amended_terms)
            terms: dict[str, Any] = {term: getattr(new, term) for term in amended_terms}
            terms |= _name_of(order, "client_id" if amended_terms == ("price",) else "order_id")
            await stage.clock.sleep(1)
            with _Untouched(stage, order.id):
                told = await account.amend_order(order.symbol, OrderSide.BUY, **terms)
            held = stage.ledger.order(order.id)
            assert held == attrs.evolve(
                new, updated_at=held.updated_at, amendments=held.amendments, labels=held.labels
            ), f"an order was amended in {', '.join(amended_terms)}: {held} is not {new}"
            later = stage.venue.behaviour(OrderBehaviour).decides_later
            check_order(told, held, stage.ledger, may_be_pending=later)

    async def test_batch_has_each_result_in_its_place(self, order_batch: Callable[[Stage], Awaitable[None]]) -> None:
        """The results of a batch are in the order of its items, also where an item between them is refused."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            _rest_everywhere(stage)
            await order_batch(stage)

    async def test_unknown_order_is_not_found(self, order_lookup: Callable[..., Awaitable[Any]]) -> None:
        """An order that the venue does not know is NotFound, by either name, and nothing changes."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            symbol = stage.scenario.flat
            rest(stage, symbol)
            for name in ({"order_id": _NO_ORDER}, {"client_id": make_own_id(stage)}):
                with _Untouched(stage), pytest.raises(NotFound):
                    await order_lookup(stage, symbol, name)

    async def test_ended_order_is_not_open(self, order_name: str) -> None:
        """An order that has ended is not found among the open ones, and is found among all."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            reader = OrderReader.of(stage.account)
            order = await _place(stage)
            ended = stage.ledger.cancel_order(order.id)
            name = _name_of(order, order_name)
            with pytest.raises(NotFound):
                await reader.get_open_order(order.symbol, **name)
            check_order(await reader.get_order(order.symbol, **name), ended, stage.ledger)


class _Untouched:
    """A context in which nothing changes but the named orders: no other order, no position, no setting."""

    def __init__(self, stage: Stage, *changing: str) -> None:
        self._stage = stage
        self._changing = changing

    def __enter__(self) -> None:
        self._orders, self._account = self._others(), rest_of_account(self._stage)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            return
        before, after = self._orders, self._others()
        changed = sorted({one for one in before.keys() | after.keys() if before.get(one) != after.get(one)})
        assert not changed, f"orders {changed} have changed, which were not named"
        assert rest_of_account(self._stage) == self._account, "positions, money or settings have changed"

    def _others(self) -> dict[str, LedgerOrder]:
        return {name: order for name, order in orders_of(self._stage).items() if name not in self._changing}


def _rest_everywhere(stage: Stage) -> list[str]:
    """Put orders of every book into the flat symbol and into others, and return their ids."""
    symbols = (stage.scenario.flat, *other_symbols(stage))
    return [rest(stage, symbol, book=book, lower=1) for symbol in symbols for book in books_of(stage)]


async def _place(stage: Stage, *, lower: int = 0) -> LedgerOrder:
    told = await OrderControl.of(stage.account).place_order(make_order(stage, lower=lower))
    return stage.ledger.order(told.id)


def _name_of(order: LedgerOrder, name: str) -> dict[str, str]:
    return {"order_id": order.id} if name == "order_id" else {"client_id": order.client_id or ""}


def _give_terms(stage: Stage, order: LedgerOrder, terms: tuple[str, ...]) -> LedgerOrder:
    """Return an order with another quantity or price."""
    contract = stage.ledger.contract(order.symbol)
    quantity, price = order.quantity + contract.quantity_step, order.price
    assert price is not None
    if "quantity" in terms:
        order = attrs.evolve(order, quantity=quantity)
    return attrs.evolve(order, price=price - 2 * contract.price_tick) if "price" in terms else order


# -- orders that are not there


async def _amend(stage: Stage, symbol: str, name: Name) -> Order:
    new = make_order(stage, lower=2)
    return await OrderAmendControl.of(stage.account).amend_order(
        symbol, OrderSide.BUY, **name, quantity=new.quantity, price=new.price
    )


_LOOKUPS: Mapping[str, Callable[[Stage, str, Name], Awaitable[Order]]] = {
    "get_order": lambda stage, symbol, name: OrderReader.of(stage.account).get_order(symbol, **name),
    "get_open_order": lambda stage, symbol, name: OrderReader.of(stage.account).get_open_order(symbol, **name),
    "cancel_order": lambda stage, symbol, name: OrderControl.of(stage.account).cancel_order(symbol, **name),
    "amend_order": _amend,
}

# -- batches


async def _place_batch(stage: Stage) -> None:
    """Place orders of which the second has the client id of an open one."""
    taken = make_own_id(stage)
    rest(stage, stage.scenario.flat, client_id=taken)
    requests = [make_order(stage, lower=lower) for lower in range(3)]
    requests[1] = attrs.evolve(requests[1], client_id=taken)
    requests = requests[: stage.venue.behaviour(OrderBehaviour).place_batch]
    before = orders_of(stage)
    results = await OrderBatchControl.of(stage.account).place_orders(requests)
    orders = _orders_in(results, len(requests))
    later = stage.venue.behaviour(OrderBehaviour).decides_later
    for request, told in zip(requests[::2], orders, strict=True):
        order = stage.ledger.order(told.id)
        check_placed(order, request)
        check_order(told, order, stage.ledger, may_be_pending=later)
    new = orders_of(stage).keys() - before.keys()
    assert new == {one.id for one in orders}, f"{len(orders)} orders were placed, and the ledger has {sorted(new)} more"


async def _cancel_batch(stage: Stage, names: str = "order_ids") -> None:
    """Cancel orders of which the second is not known."""
    placed = [await _place(stage, lower=lower) for lower in range(3)]
    named = [one.id if names == "order_ids" else one.client_id for one in placed]
    named[1] = _NO_ORDER if names == "order_ids" else make_own_id(stage)
    named = named[: stage.venue.behaviour(OrderBehaviour).cancel_batch]
    named_by: dict[str, Any] = {names: named}
    with _Untouched(stage, placed[0].id, placed[2].id):
        results = await OrderBatchControl.of(stage.account).cancel_orders(stage.scenario.flat, **named_by)
    for order, told in zip(placed[: len(named) : 2], _orders_in(results, len(named), NotFound), strict=True):
        ended = stage.ledger.order(order.id)
        assert ended.status is OrderStatus.CANCELED, f"order {order.id} of a batch is {ended.status}"
        check_order(told, ended, stage.ledger)


async def _amend_batch(stage: Stage) -> None:
    """Amend orders of which the second is not known."""
    placed = [await _place(stage, lower=lower) for lower in range(3)]
    wanted = [_give_terms(stage, order, ("quantity", "price")) for order in placed]
    amendments = [
        Amendment(
            symbol=one.symbol,
            side=OrderSide.BUY,
            order_id=_NO_ORDER if one is wanted[1] else one.id,
            quantity=one.quantity,
            price=one.price,
        )
        for one in wanted
    ][: stage.venue.behaviour(OrderBehaviour).amend_batch]
    changing = [one.order_id or "" for one in amendments]
    with _Untouched(stage, *changing):
        results = await OrderAmendControl.of(stage.account).amend_orders(amendments)
    later = stage.venue.behaviour(OrderBehaviour).decides_later
    for one, told in zip(wanted[: len(amendments) : 2], _orders_in(results, len(amendments), NotFound), strict=True):
        order = stage.ledger.order(one.id)
        assert (order.quantity, order.price) == (one.quantity, one.price), f"order {one.id} was not amended: {order}"
        check_order(told, order, stage.ledger, may_be_pending=later)


def _orders_in(
    results: tuple[Order | OperationError, ...], count: int, error: type[OperationError] = VenueError
) -> list[Order]:
    """Return the orders among the results of a batch whose second item is refused."""
    assert len(results) == count, f"a batch of {count} has {len(results)} results"
    kinds = [error if index % 2 else Order for index in range(count)]
    misplaced = [one for one, kind in zip(results, kinds, strict=True) if not isinstance(one, kind)]
    assert not misplaced, f"a batch whose second item is refused has {misplaced} in the wrong place"
    return [one for one in results if isinstance(one, Order)]


_BATCHES: Mapping[str, Callable[[Stage], Awaitable[None]]] = {
    "place_orders": _place_batch,
    "cancel_orders-by_id": _cancel_batch,
    "cancel_orders-by_client_id": partial(_cancel_batch, names="client_ids"),
    "amend_orders": _amend_batch,
}

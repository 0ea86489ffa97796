from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.scope_writes import ALL, WRITE, A, B, Write, forever

from venuekit.endpoint import WriteScope
from venuekit.order_scope import OrderName
from venuekit.pipeline.write_scopes import QUEUED, Fence, Footprint, WriteScopes

pytestmark = pytest.mark.looptime

SETTINGS = [Footprint(WriteScope.SYMBOL, ("A",), (), frozenset({name})) for name in ("leverage", "margin type")]


def amendment(*orders: OrderName) -> Footprint:
    """Return what an amendment of some orders is about."""
    return Footprint(WriteScope.AMENDMENT, tuple({one.symbol for one in orders if one.symbol}), orders)


def order(*symbols: str) -> Footprint:
    """Return what an order that rests is about."""
    return Footprint(WriteScope.ORDER, symbols)


names = st.builds(
    OrderName,
    st.sampled_from(["A", "B", None]),
    st.sampled_from(["1", "2", None]),
    st.sampled_from(["x", "y", None]),
)
footprints = st.one_of(
    st.just(ALL),
    st.sampled_from([A, B, *SETTINGS]),
    st.lists(names, min_size=1, max_size=3).map(lambda found: amendment(*found)),
)


# -- one after another


async def test_symbols_do_not_wait_for_each_other_and_the_account_waits_for_all() -> None:
    """Two symbols are written side by side; the account waits for both, and later symbols wait for the account."""
    write_scopes, begun = WriteScopes(), []

    async def write(name: str, footprint: Footprint, done: asyncio.Event) -> None:
        await write_scopes.enter(footprint, WRITE, forever)
        begun.append(name)
        await done.wait()
        write_scopes.leave(footprint)

    first, rest = asyncio.Event(), asyncio.Event()
    rest.set()
    tasks = []
    for name, footprint, done in (("a", A, first), ("b", B, first), ("all", ALL, rest), ("a again", A, rest)):
        tasks.append(asyncio.create_task(write(name, footprint, done)))
        await asyncio.sleep(0)
    assert ["a", "b"] == begun

    first.set()
    await asyncio.wait_for(asyncio.gather(*tasks), 1)

    assert ["a", "b", "all", "a again"] == begun


async def test_nobody_waits_behind_a_stranger() -> None:
    """While a second write of one symbol waits, another symbol and an order's amendment begin at once."""
    write_scopes = WriteScopes()
    await write_scopes.enter(A, Write("set_margin_type for A"), forever)
    waiting = asyncio.create_task(write_scopes.enter(A, Write("set_leverage for A"), forever))
    await asyncio.sleep(0)
    assert write_scopes.ahead(A) == ("set_margin_type for A", "set_leverage for A")

    assert write_scopes.try_enter(B, Write("set_leverage for B"))
    assert write_scopes.ahead(B) == ("set_leverage for B",)
    assert write_scopes.try_enter(amendment(OrderName("A", "1")), WRITE)
    assert not write_scopes.try_enter(A, WRITE)

    write_scopes.leave(A)
    await asyncio.wait_for(waiting, 1)
    assert write_scopes.ahead(A) == ("set_leverage for A",)


async def test_amendments_of_one_order_run_one_after_another_and_others_side_by_side() -> None:
    """A batch holds each of its orders; an order named by another kind of id may be any of its symbol."""
    write_scopes = WriteScopes()
    await write_scopes.enter(amendment(OrderName("A", "1"), OrderName("B", "2")), WRITE, forever)

    assert not write_scopes.try_enter(amendment(OrderName("A", "1")), WRITE)
    assert not write_scopes.try_enter(amendment(OrderName("B", "7"), OrderName("B", "2")), WRITE)
    assert not write_scopes.try_enter(amendment(OrderName("B", client_id="mine")), WRITE)
    assert not write_scopes.try_enter(ALL, WRITE)
    assert write_scopes.try_enter(amendment(OrderName("A", "2")), WRITE)


async def test_a_waiter_that_is_cancelled_does_not_block_those_behind_it() -> None:
    """Whoever gives up waiting leaves the queue, whether or not its turn had just come."""
    write_scopes = WriteScopes()
    await write_scopes.enter(A, WRITE, forever)
    impatient = asyncio.create_task(write_scopes.enter(ALL, WRITE, forever))
    patient = asyncio.create_task(write_scopes.enter(B, WRITE, forever))
    await asyncio.sleep(0)

    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(impatient, 1)

    await asyncio.wait_for(patient, 1)


async def test_a_turn_that_comes_in_the_moment_of_cancelling_is_passed_on() -> None:
    """A subject handed to a task that is being cancelled is free for the next one."""
    write_scopes = WriteScopes()
    await write_scopes.enter(A, WRITE, forever)
    waiting = asyncio.create_task(write_scopes.enter(A, WRITE, forever))
    await asyncio.sleep(0)

    write_scopes.leave(A)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(waiting, 1)

    await asyncio.wait_for(write_scopes.enter(A, WRITE, forever), 1)


async def test_a_turn_that_comes_after_cancelling_ends_the_wait_as_cancelled() -> None:
    """Holder and waiter given up in one step: the waiter is cancelled, no other error hides it, and nothing is held."""
    write_scopes = WriteScopes()
    await write_scopes.enter(A, WRITE, forever)
    waiting = asyncio.create_task(write_scopes.enter(A, WRITE, forever))
    await asyncio.sleep(0)

    waiting.cancel()
    write_scopes.leave(A)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(waiting, 1)

    assert write_scopes.try_enter(A, WRITE)


async def test_a_turn_that_comes_too_late_is_given_up() -> None:
    """The wait ends with its timer, those behind it are let in, and what was ahead is told in its own words."""
    write_scopes, over = WriteScopes(), asyncio.Event()
    assert write_scopes.try_enter(A, Write("set_leverage for A"))

    async def timer() -> None:
        await over.wait()

    hurried = asyncio.create_task(write_scopes.enter(ALL, Write("set_position_mode"), timer))
    patient = asyncio.create_task(write_scopes.enter(B, WRITE, forever))
    await asyncio.sleep(0)
    assert write_scopes.ahead(B) == ("set_position_mode", "a write")
    assert write_scopes.ahead(A) == ("set_leverage for A", "set_position_mode")

    over.set()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(hurried), 1)
    assert hurried.done()

    await asyncio.wait_for(patient, 1)
    assert write_scopes.ahead(A) == ("set_leverage for A",)


async def test_a_turn_that_comes_in_the_moment_the_wait_ends_is_taken() -> None:
    """The end of the longest wait changes nothing for a write that has just been let in."""
    scopes, patience = WriteScopes(), asyncio.Event()

    async def timer() -> None:
        await patience.wait()

    assert scopes.try_enter(A, WRITE)
    behind = asyncio.create_task(scopes.enter(ALL, WRITE, timer))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    patience.set()
    scopes.leave(A)
    await asyncio.wait_for(behind, 1)

    assert not scopes.try_enter(B, WRITE)


@given(st.lists(st.tuples(footprints, st.sampled_from(["leave", "cancel", "expire"])), max_size=12))
async def test_no_two_that_mind_each_other_run_at_once_and_each_comes_to_its_turn(
    writes: list[tuple[Footprint, str]],
) -> None:
    """Whoever gives up on the way, and however: exclusion holds, those before go first, and nothing is left behind."""
    write_scopes, running, begun = WriteScopes(), {}, []

    async def write(number: int, footprint: Footprint, timer: Callable[[], Awaitable[None]]) -> None:
        await write_scopes.enter(footprint, WRITE, timer)
        running[number] = footprint
        begun.append(number)
        await asyncio.sleep(0)
        del running[number]
        write_scopes.leave(footprint)

    async def at_once() -> None:
        await asyncio.sleep(0)

    tasks = []
    for number, (footprint, end) in enumerate(writes):
        tasks.append(asyncio.create_task(write(number, footprint, at_once if end == "expire" else forever)))
    for _ in range(3 * len(writes) + 3):
        await asyncio.sleep(0)
        assert not any(one.minds(other) for one, other in combinations(running.values(), 2))
        for task, (_, end) in zip(tasks, writes, strict=True):
            if end == "cancel" and not task.done() and tasks.index(task) not in running:
                task.cancel()
    results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 1)

    done = [number for number, result in enumerate(results) if result is None]
    assert all(writes[number][1] != "leave" or number in done for number in range(len(writes)))
    place = {number: when for when, number in enumerate(begun)}
    assert all(place[one] < place[two] for one, two in combinations(done, 2) if writes[two][0].minds(writes[one][0]))
    assert write_scopes.try_enter(ALL, WRITE)


# -- what may still arrive


def until(write_scopes: WriteScopes, footprint: Footprint, write: str, now: int = 500) -> int:
    """Return until when a write must wait, 0 for not at all."""
    fence = write_scopes.fence_before(footprint, write, now)
    return 0 if fence is None else fence.until


def test_a_fence_stops_other_writes_to_its_subject_until_it_passes() -> None:
    """What may still arrive holds back every other write that it could undo, and no longer than it can arrive."""
    write_scopes = WriteScopes()
    write_scopes.fences += (Fence(A, 1000, "leverage 20"),)

    assert 1000 == until(write_scopes, A, "leverage 10")
    assert 1000 == until(write_scopes, ALL, "hedge mode")
    assert 0 == until(write_scopes, B, "leverage 10")
    assert 0 == until(write_scopes, A, "leverage 20")
    assert 0 == until(write_scopes, order("A"), "order 7")
    assert 0 == until(write_scopes, amendment(OrderName("A", "1")), "price 5")
    assert 1000 == until(write_scopes, A, "leverage 10", now=1000)
    assert 0 == until(write_scopes, A, "leverage 10", now=1001)


def test_what_ends_every_order_keeps_orders_waiting_and_waits_for_nothing() -> None:
    """A lost cancel-all may still arrive and end an order placed meanwhile; settings are none of its business."""
    write_scopes = WriteScopes()
    write_scopes.fences += (Fence(Footprint(WriteScope.ALL_ORDERS, ("A",)), 1000, "cancel all"),)
    write_scopes.fences += (Fence(A, 2000, "leverage 20"),)

    assert 1000 == until(write_scopes, order("A"), "order 7")
    assert 1000 == until(write_scopes, order("B", "A"), "batch")
    assert 0 == until(write_scopes, order("B"), "order 7")
    assert 0 == until(write_scopes, Footprint(WriteScope.ALL_ORDERS, ("A",)), "cancel the rest")
    assert 0 == until(write_scopes, amendment(OrderName("A", "1")), "price 5")
    assert 2000 == until(write_scopes, A, "leverage 10")


def test_a_fence_around_the_account_stops_every_symbol() -> None:
    """A lost change of the account may still touch each of its symbols, and their orders' terms."""
    write_scopes = WriteScopes()
    write_scopes.fences += (Fence(ALL, 1000, "cross"),)

    assert 1000 == until(write_scopes, A, "leverage 10")
    assert 1000 == until(write_scopes, amendment(OrderName("B", "1")), "price 5")


def test_a_lost_amendment_stops_amendments_of_the_same_order_alone() -> None:
    """Other orders, settings and the placing of orders go on; an order whose id is of another kind may be the same."""
    write_scopes = WriteScopes()
    write_scopes.fences += (Fence(amendment(OrderName("A", "1")), 1000, "price 5"),)

    assert 1000 == until(write_scopes, amendment(OrderName("A", "1")), "price 6")
    assert 1000 == until(write_scopes, amendment(OrderName("A", "2"), OrderName("A", "1")), "batch")
    assert 1000 == until(write_scopes, amendment(OrderName("A", client_id="mine")), "price 6")
    assert 1000 == until(write_scopes, amendment(OrderName("A")), "price 6")
    assert 1000 == until(write_scopes, ALL, "hedge mode")
    assert 0 == until(write_scopes, amendment(OrderName("A", "1")), "price 5")
    assert 0 == until(write_scopes, amendment(OrderName("A", "2")), "price 6")
    assert 0 == until(write_scopes, amendment(OrderName("B", "1")), "price 6")
    assert 0 == until(write_scopes, A, "leverage 10")
    assert 0 == until(write_scopes, order("A"), "order 7")


def test_a_lost_setting_stops_settings_that_it_touches_and_margin() -> None:
    """Another setting of the symbol goes on; one that says nothing may touch each, as a move of margin does."""
    write_scopes = WriteScopes()
    leverage, margin_type, tier = (
        Footprint(WriteScope.SYMBOL, ("A",), (), frozenset(names))
        for names in (["leverage"], ["margin type"], ["tier", "leverage"])
    )
    write_scopes.fences += (Fence(leverage, 1000, "leverage 20"),)

    assert 0 == until(write_scopes, margin_type, "isolated")
    assert 1000 == until(write_scopes, leverage, "leverage 10")
    assert 1000 == until(write_scopes, tier, "tier 2")
    assert 1000 == until(write_scopes, A, "add 5")


def test_the_last_of_several_fences_is_waited_for() -> None:
    """A write waits until none of the lost ones can arrive, and is told of the one that can do so longest."""
    write_scopes = WriteScopes()
    write_scopes.fences += (Fence(A, 3000, "leverage 20", "set_leverage for A"),)
    write_scopes.fences += (Fence(A, 2000, "leverage 30"),)

    fence = write_scopes.fence_before(A, "leverage 10", 500)

    assert fence is not None
    assert (fence.until, fence.description) == (3000, "set_leverage for A")


@given(footprints, footprints)
def test_exclusion_is_mutual(one: Footprint, other: Footprint) -> None:
    """Of two writes that run one after another, each waits for the other, and each for one of its own kind."""
    assert one.minds(other) is other.minds(one)
    assert one.minds(one)
    assert {one.scope, other.scope} <= QUEUED


@given(names, names)
def test_names_of_one_order_may_be_its_other_names(one: OrderName, other: OrderName) -> None:
    """What is not known makes no difference; two ids of one kind decide."""
    assert one.may_be(other) is other.may_be(one)
    assert one.may_be(one)
    assert one.may_be(OrderName(one.symbol, one.id))
    assert one.may_be(OrderName(one.symbol, client_id=one.client_id))

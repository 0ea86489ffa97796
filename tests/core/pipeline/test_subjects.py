from __future__ import annotations

import asyncio

import pytest

from venuekit.endpoint import Subject
from venuekit.pipeline.subjects import Fence, Subjects

SYMBOL = Subject.SYMBOL


async def test_symbols_do_not_wait_for_each_other_and_the_account_waits_for_all() -> None:
    """Two symbols are written side by side; the account waits for both, and later symbols wait for the account."""
    subjects, order = Subjects(), []

    async def write(name: str, symbol: str | None, done: asyncio.Event) -> None:
        await subjects.enter(symbol)
        order.append(name)
        await done.wait()
        subjects.leave(symbol)

    first, rest = asyncio.Event(), asyncio.Event()
    rest.set()
    tasks = []
    for name, symbol, done in (("a", "A", first), ("b", "B", first), ("all", None, rest), ("a again", "A", rest)):
        tasks.append(asyncio.create_task(write(name, symbol, done)))
        await asyncio.sleep(0)
    assert ["a", "b"] == order

    first.set()
    await asyncio.gather(*tasks)

    assert ["a", "b", "all", "a again"] == order


async def test_a_waiter_that_is_cancelled_does_not_block_those_behind_it() -> None:
    """Whoever gives up waiting leaves the queue, whether or not its turn had just come."""
    subjects = Subjects()
    await subjects.enter("A")
    impatient = asyncio.create_task(subjects.enter(None))
    patient = asyncio.create_task(subjects.enter("B"))
    await asyncio.sleep(0)

    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient

    await asyncio.wait_for(patient, 1)


async def test_a_turn_that_comes_in_the_moment_of_cancelling_is_passed_on() -> None:
    """A subject handed to a task that is being cancelled is free for the next one."""
    subjects = Subjects()
    await subjects.enter("A")
    waiting = asyncio.create_task(subjects.enter("A"))
    await asyncio.sleep(0)

    subjects.leave("A")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    await asyncio.wait_for(subjects.enter("A"), 1)


def test_a_fence_stops_other_writes_to_its_subject_until_it_passes() -> None:
    """What may still arrive holds back every other write that it could undo, and no longer than it can arrive."""
    subjects = Subjects()
    subjects.raise_fence(Fence("A", 1000, "leverage 20", SYMBOL))

    assert 1000 == subjects.fenced_until(SYMBOL, ["A"], "leverage 10", 500)
    assert 1000 == subjects.fenced_until(Subject.ACCOUNT, [], "hedge mode", 500)
    assert 0 == subjects.fenced_until(SYMBOL, ["B"], "leverage 10", 500)
    assert 0 == subjects.fenced_until(SYMBOL, ["A"], "leverage 20", 500)
    assert 0 == subjects.fenced_until(Subject.ORDER, ["A"], "order 7", 500)
    assert 0 == subjects.fenced_until(SYMBOL, ["A"], "leverage 10", 1001)


def test_what_ends_every_order_keeps_orders_waiting_and_waits_for_nothing() -> None:
    """A lost cancel-all may still arrive and end an order placed meanwhile; settings are none of its business."""
    subjects = Subjects()
    subjects.raise_fence(Fence("A", 1000, "cancel all", Subject.EVERY_ORDER))
    subjects.raise_fence(Fence("A", 2000, "leverage 20", SYMBOL))

    assert 1000 == subjects.fenced_until(Subject.ORDER, ["A"], "order 7", 500)
    assert 1000 == subjects.fenced_until(Subject.ORDER, ["B", "A"], "batch", 500)
    assert 0 == subjects.fenced_until(Subject.ORDER, ["B"], "order 7", 500)
    assert 0 == subjects.fenced_until(Subject.EVERY_ORDER, ["A"], "cancel the rest", 500)
    assert 2000 == subjects.fenced_until(SYMBOL, ["A"], "leverage 10", 500)


def test_a_fence_around_the_account_stops_every_symbol() -> None:
    """A lost change of the account may still touch each of its symbols."""
    subjects = Subjects()
    subjects.raise_fence(Fence(None, 1000, "cross", Subject.ACCOUNT))

    assert 1000 == subjects.fenced_until(SYMBOL, ["A"], "leverage 10", 500)


async def test_a_turn_that_comes_after_cancelling_ends_the_wait_as_cancelled() -> None:
    """Holder and waiter given up in one step: the waiter is cancelled, no other error hides it, and nothing is held."""
    subjects = Subjects()
    await subjects.enter("A")
    waiting = asyncio.create_task(subjects.enter("A"))
    await asyncio.sleep(0)

    waiting.cancel()
    subjects.leave("A")
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert subjects.try_enter("A")

"""Requests that cannot pay wait in line: by rank, then arrival; a closed pool wakes them all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit import Account, errors
from venuekit.endpoint import Priority
from venuekit.errors import Banned, Outcome, Throttled
from venuekit.pipeline.payment import pay_in_turn
from venuekit.pipeline.pools import SlidingBudget, make_budget
from venuekit.pipeline.waiters import WALK_YIELDS, Waiter, Waiters
from venuekit.testing.clocks import LoopClock
from venuekit.venue import Limit
from venuekit_toy_perp.endpoints import TOY

URGENT, RISK, READ, HISTORY = Priority
LIMIT = Limit("weight", amount=10, seconds=60)


def full(amount: int = 10) -> SlidingBudget:
    """Return a pool in which so much was spent at 0."""
    pool = SlidingBudget(LIMIT)
    pool.spend(amount, 0.0)
    return pool


def test_the_order_is_by_rank_and_then_by_arrival() -> None:
    """Whoever comes later goes first only when it is more urgent."""
    waiters, pool = Waiters(), full()
    line = [waiters.arrive(f"{rank.name} {n}", rank, 0.0) for n in range(2) for rank in (HISTORY, READ, RISK, URGENT)]
    for waiter in line:
        assert waiters.delay(waiter, [(pool, 1)], 0.0) == 60.0

    names = [waiter.operation for waiter in waiters.waiting_for(pool)]

    assert names == [f"{rank.name} {n}" for rank in Priority for n in range(2)]  # all at once: a walk yields to reads
    assert [waiters.count_ahead(one) for one in waiters.waiting_for(pool)] == list(range(8))
    assert waiters.all() == waiters.waiting_for(pool)


def test_a_request_does_not_overtake_one_of_its_rank_that_waits_for_more() -> None:
    """What is left in the pool stays there for the first one, and only a more urgent one takes it."""
    waiters, pool = Waiters(), full(6)
    first, second, third = [waiters.arrive("read", rank, 0.0) for rank in (READ, READ, RISK)]

    assert waiters.delay(first, [(pool, 4)], 0.0) == 60.0
    assert waiters.delay(second, [(pool, 1)], 0.0) == 60.0
    assert waiters.is_held_back(second)
    assert waiters.delay(third, [(pool, 4)], 0.0) == 0.0

    waiters.leave(first)
    assert waiters.delay(second, [(pool, 1)], 0.0) == 0.0


def test_a_pool_that_a_request_does_not_lack_is_free_for_others() -> None:
    """An account without orders left holds up no other one; once it lacked both pools, it keeps its place in both."""
    waiters, weight, orders = Waiters(), full(0), full()
    one, other = waiters.arrive("place_order", RISK, 0.0), waiters.arrive("place_order", RISK, 0.0)

    assert waiters.delay(one, [(weight, 1), (orders, 1)], 0.0) == 60.0
    assert waiters.delay(other, [(weight, 1)], 0.0) == 0.0
    weight.spend(10, 1.0)
    assert waiters.delay(one, [(weight, 1), (orders, 1)], 60.0) == 1.0
    assert waiters.delay(other, [(weight, 1), (full(0), 1)], 61.0) == 0.001
    assert waiters.delay(one, [(weight, 1), (orders, 1)], 61.0) == 0.0


def test_a_request_waits_for_the_last_thing_that_it_lacks() -> None:
    """In whichever order its pools are asked, and where it lacks more than the one before it."""
    slow, fast, begun = full(), SlidingBudget(Limit("fast", amount=1, seconds=5)), full(4)
    fast.spend(1, 0.0)
    begun.spend(6, 20.0)
    for due in ([(slow, 1), (fast, 1)], [(fast, 1), (slow, 1)]):
        waiters = Waiters()
        assert waiters.delay(waiters.arrive("read", READ, 0.0), due, 0.0) == 60.0
    waiters = Waiters()
    first, second = waiters.arrive("write", RISK, 20.0), waiters.arrive("write", RISK, 20.0)

    assert waiters.delay(first, [(begun, 4)], 20.0) == 40.0
    assert waiters.delay(second, [(begun, 10)], 20.0) == 60.0


def test_a_walk_lets_reads_go_first_that_come_soon_after_it_and_no_later_ones() -> None:
    """Reads could use what a walk must leave for ever; later ones hold back, and writes do not."""
    waiters, pool = Waiters(), full(6)
    walk = waiters.arrive("iter_fills", HISTORY, 0.0)
    assert waiters.delay(walk, [(pool, 1)], 0.0) == 60.0

    soon, late = [waiters.arrive("get_order", READ, WALK_YIELDS + apart) for apart in (-0.1, 0.1)]
    write = waiters.arrive("place_order", RISK, 20.0)
    assert waiters.delay(soon, [(pool, 1)], 20.0) == 0.0
    assert waiters.delay(late, [(pool, 1)], 20.0) == 40.0
    assert waiters.delay(write, [(pool, 1)], 20.0) == 0.0
    assert waiters.waiting_for(pool) == [walk, late]


def test_what_only_needs_an_open_pool_is_not_held_up_by_those_that_lack_it() -> None:
    """A request that costs nothing waits while the pool is closed, and not for those before it."""
    waiters, pool = Waiters(), full()
    first, free = waiters.arrive("read", READ, 0.0), waiters.arrive("read", READ, 0.0)
    waiters.delay(first, [(pool, 1)], 0.0)

    assert waiters.delay(free, [(pool, 0)], 0.0) == 0.0
    pool.close(5.0, 0.0)
    assert waiters.delay(free, [(pool, 0)], 0.0) == 5.0
    assert waiters.waiting_for(pool) == [first]


def test_nothing_is_left_of_those_that_are_gone() -> None:
    """Without anyone who waits requests look at their pools alone again; a store is always asked."""
    waiters, pool = Waiters(), full()
    busy = [waiters.is_busy]
    one, two = waiters.arrive("read", READ, 0.0), waiters.arrive("read", READ, 0.0)
    waiters.delay(one, [(pool, 1)], 0.0)
    busy.append(waiters.is_busy)

    for waiter in (one, two):
        waiters.leave(waiter)
        busy.append(waiters.is_busy)

    assert busy == [False, True, True, False]
    assert waiters.waiting_for(pool) == []
    waiters.stay_busy()
    waiters.leave(waiters.arrive("read", READ, 0.0))
    assert waiters.is_busy


REQUESTS = st.lists(
    st.tuples(st.sampled_from(Priority), st.integers(1, 5), st.integers(0, 2), st.floats(0, 20)),
    min_size=1,
    max_size=25,
)


@given(REQUESTS)
def test_every_request_is_paid_at_last_and_no_pool_is_ever_exceeded(
    requests: list[tuple[Priority, int, int, float]],
) -> None:
    """Some request can always go on, and among equals the one that came first in all its pools."""
    waiters, pools = Waiters(), [full(0), full(0)]
    now, waiting, paid = 0.0, [], []
    for rank, amount, which, pause in requests:
        now += pause
        due = [(pool, amount) for number, pool in enumerate(pools) if which in {number, 2}]
        waiting.append((waiters.arrive("call", rank, now), due))
    for _ in range(10_000):
        ready = [one for one in waiting if not waiters.delay(*one, now)]
        if ready:
            for pool, amount in ready[0][1]:
                pool.spend(amount, now)
                paid.append((now, pool, amount))
            waiters.leave(ready[0][0])
            waiting.remove(ready[0])
        elif waiting:
            now = min(waiter.until for waiter, _ in waiting)
        else:
            break

    assert waiting == []
    for begin, pool, _ in paid:
        spent = sum(amount for at, other, amount in paid if other is pool and begin <= at < begin + 60)
        assert spent <= LIMIT.amount


@pytest.mark.looptime
async def test_a_waiter_rests_until_its_time_or_until_it_is_woken() -> None:
    """It says which; a clock that fails fails the request, and a wake before it rests is none."""
    waiter = Waiter("call", READ, 1, 0.0)
    waiter.wake()
    assert await waiter.rest(lambda: asyncio.sleep(3)) is False

    resting = asyncio.ensure_future(waiter.rest(lambda: asyncio.sleep(1000)))
    await asyncio.sleep(1)
    waiter.wake()
    waiter.wake()
    assert await resting
    waiter.wake()

    async def wake_and_end() -> None:
        waiter.wake()

    async def wake_and_fail() -> None:
        waiter.wake()
        raise OSError("no clock")

    assert await waiter.rest(wake_and_end)
    assert await waiter.rest(wake_and_fail)

    async def fail() -> None:
        raise OSError("no clock")

    with pytest.raises(OSError, match="no clock"):
        await waiter.rest(fail)


# -- through an account


def drain(stage: Any, left: int) -> Any:
    """Leave so much of the toy venue's pool, and return it."""
    limit = next(one for one in stage.account.venue.limits if one.name == "weight")
    pool = stage.account._session.pool(limit)
    pool.spend(limit.amount - left, stage.clock.monotonic())
    return pool


def call(account: Account, **options: Any) -> Callable[[], Awaitable[Any]]:
    view = account.with_options(max_wait=1000, **options)
    return lambda: view.call(TOY.SETTINGS)


@pytest.mark.looptime
async def test_requests_leave_in_the_order_of_the_line(stage: Any) -> None:
    """What is urgent leaves first, then who came first; a walk lets reads go first that come soon after it."""
    drain(stage, 0)
    done: list[str] = []

    async def run(name: str, priority: Priority) -> None:
        await call(stage.account, priority=priority)()
        done.append(name)

    names = [("read", READ), ("walk", HISTORY), ("write", RISK), ("close", URGENT), ("read too", READ)]
    async with asyncio.TaskGroup() as group:
        for name, priority in names:
            group.create_task(run(name, priority))
            await asyncio.sleep(1)
        (state,) = [one for one in stage.runtime.pools() if one.waiting]
        assert [one.priority for one in state.waiting] == [URGENT, RISK, READ, READ, HISTORY]

    assert done == ["close", "write", "read", "read too", "walk"]
    assert not stage.account._session.venue_session.waiters.is_busy


@pytest.mark.looptime
async def test_a_closed_pool_stops_every_waiter_at_once(stage: Any) -> None:
    """Who may not wait until it opens gets the error in that moment, with pool and time; the others go in order."""
    pool, begin = drain(stage, 0), stage.clock.monotonic()
    waiters = stage.account._session.venue_session.waiters
    done: list[int] = []

    async def run(number: int) -> None:
        await call(stage.account)()
        done.append(number)

    tasks = [asyncio.ensure_future(run(number)) for number in range(3)]
    hasty = asyncio.ensure_future(stage.account.with_options(max_wait=100).call(TOY.SETTINGS))
    await asyncio.sleep(5)
    pool.close(300.0, stage.clock.monotonic(), banned=True)
    waiters.wake([pool])
    with pytest.raises(Banned, match="an earlier refusal keeps pool weight closed") as caught:
        await hasty
    assert stage.clock.monotonic() - begin == pytest.approx(5, abs=0.1)
    assert caught.value.outcome is Outcome.NOT_SENT
    assert caught.value.retry_at is not None
    (state,) = [one for one in stage.runtime.pools() if one.closed_until]
    assert (state.is_banned, len(state.waiting)) == (True, 3)
    assert abs(state.closed_until - caught.value.retry_at) < timedelta(seconds=1)

    await asyncio.gather(*tasks)
    assert done == [0, 1, 2]
    assert stage.clock.monotonic() - begin == pytest.approx(305, abs=0.1)


@pytest.mark.looptime
async def test_who_gives_up_or_is_cancelled_leaves_the_line_at_once(stage: Any) -> None:
    """Those behind it do not wait for it, and an error says how many went first."""
    drain(stage, 200)
    large = asyncio.ensure_future(call(stage.account, priority=HISTORY)())
    await asyncio.sleep(1)
    assert stage.account._session.venue_session.waiters.is_busy
    with pytest.raises(Throttled, match=r"'weight' is exhausted for .* and requests that go first: 1; max_wait is 1 s"):
        await stage.account.with_options(max_wait=1, priority=HISTORY).call(TOY.SETTINGS)

    large.cancel()
    await asyncio.wait([large])

    assert not stage.account._session.venue_session.waiters.is_busy


@pytest.mark.looptime
@pytest.mark.parametrize("seed", range(12))
async def test_nobody_is_left_in_a_line(seed: int) -> None:
    """Requests of all ranks come, are cancelled and meet closed pools; each that was not cancelled pays at last."""
    chance, clock, waiters = Random(seed), LoopClock(), Waiters()  # noqa: S311 - nothing here is a secret
    limits = [LIMIT, Limit("tokens", amount=5, refill=0.5), Limit("orders", amount=6, seconds=10)]
    pools = [make_budget(limit) for limit in limits]
    venue_session = SimpleNamespace(waiters=waiters, shared=None, observers=())

    def request() -> Any:
        chosen = [number for number in range(3) if chance.random() < 0.6]
        costs = [(limits[number], pools[number], None) for number in chosen]
        due, found = [(pools[number], chance.randint(0, 3)) for number in chosen], [costs]
        session = SimpleNamespace(venue_session=venue_session, clock=clock, pools_of=lambda *_: (found[0], due))
        facts = {"name": "call", "priority": chance.choice(list(Priority)), "endpoint": None, "parameters": None}
        return SimpleNamespace(session=session, max_wait=1e5, waited=0.0, annotate=lambda error: error, **facts)

    tasks = []
    for _ in range(60):
        tasks.append(asyncio.ensure_future(pay_in_turn(request())))
        if chance.random() < 0.3:
            await asyncio.sleep(chance.random() * 20)
        if chance.random() < 0.1:
            chance.choice(tasks).cancel()
        if chance.random() < 0.05:
            closed = chance.choice(pools)
            closed.close(chance.random() * 100, clock.monotonic())
            waiters.wake([closed])
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert [one for one in results if isinstance(one, Exception)] == []
    assert not waiters.is_busy
    assert [waiters.waiting_for(pool) for pool in pools] == [[], [], []]


@pytest.mark.looptime
async def test_a_deadline_ends_a_wait_in_line(stage: Any) -> None:
    """Nothing was sent then, and the line is empty."""
    drain(stage, 0)

    with pytest.raises(errors.NeverSent, match="the deadline of 5 s passed"):
        await call(stage.account, deadline=5)()

    assert not stage.account._session.venue_session.waiters.is_busy


def test_an_operators_own_keeper_of_a_pool_has_lines_too() -> None:
    """A line needs nothing but the methods of the hook."""
    waiters, pool = Waiters(), make_budget(Limit("tokens", amount=2, refill=1))
    pool.spend(2, 0.0)
    waiter = waiters.arrive("call", RISK, 0.0)

    assert waiters.delay(waiter, [(pool, 1)], 0.0) == 1.0

"""Payment of a request that may have to wait, in line and from the shared store; and the counts of its answer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from venuekit.errors import BudgetUnavailable
from venuekit.pipeline.budget import Pools, budget_error, opening_of, update_from_headers
from venuekit.pipeline.events import notify_of, notify_of_closing, notify_of_store
from venuekit.pipeline.observe import EventKind, WaitReason
from venuekit.pipeline.rate_limits import compare_amounts, read_counts, window_of

if TYPE_CHECKING:
    from venuekit.message import HttpResponse
    from venuekit.pipeline.budget import Budget
    from venuekit.pipeline.operation import Operation
    from venuekit.pipeline.shared_budget import SharedBudget
    from venuekit.pipeline.waiters import Waiter, Waiters
    from venuekit.venue import Limit


async def pay_in_turn(operation: Operation[Any]) -> Pools:
    """
    Pay for a request once every pool has enough and none that waits for one goes before it; return its pools.

    Raises:
        Throttled, Banned: that lasts longer than the call may wait; at once, where it is known.
        BudgetUnavailable: the shared store cannot be reached.
    """
    session = operation.session
    waiters, shared, clock = session.venue_session.waiters, session.venue_session.shared, session.clock
    waiter = waiters.arrive(operation.name, operation.priority, clock.monotonic())
    try:
        while True:
            # looked up each time: accounts that turn out to be one share their pools from then on
            costs, due = session.pools_of(operation.endpoint, operation.parameters)
            delay = waiters.delay(waiter, due, clock.monotonic())
            if not delay and shared is not None and due:
                delay = await _pay_store(operation, shared, waiter, costs)
            if not delay:
                now = clock.monotonic()
                for pool, amount in due:
                    pool.spend(amount, now)
                return costs
            await _rest(operation, waiters, waiter, costs, delay)
    finally:
        waiters.leave(waiter)
        if shared is not None:
            shared.leave(waiter)


async def _pay_store(operation: Operation[Any], shared: SharedBudget, waiter: Waiter, costs: Pools) -> float:
    """
    Pay from the shared store; return the seconds until it may be tried again, 0.0 when it is paid.

    A pool may be closed here while the store answers: then the request waits for it all the same, and pays once more.
    """
    clock = operation.session.clock
    began = clock.monotonic()
    try:
        delay, closed = await shared.pay(waiter)
    except BudgetUnavailable as error:
        raise operation.annotate(error) from None
    finally:
        if operation.session.venue_session.observers:
            notify_of_store(operation, is_lost=shared.is_lost)
    if closed:
        session = operation.session
        session.venue_session.waiters.wake(closed)
        if session.venue_session.observers:
            known = [(limit, pool) for limit, pool, _ in costs if pool in closed]
            notify_of_closing(operation, known, opening_of(session, closed))
    now = clock.monotonic()
    delay = max(delay, *(pool.seconds_closed(now) for pool, _ in waiter.due))
    if delay:
        operation.waited += now - began  # a slow store does not let it wait for longer
    return delay


async def _rest(operation: Operation[Any], waiters: Waiters, waiter: Waiter, costs: Pools, delay: float) -> None:
    """Wait until a request may try again, at the latest when it may wait no longer."""
    clock, left = operation.session.clock, operation.max_wait - operation.waited
    if delay > left:
        ahead = waiters.count_ahead(waiter)
        raise operation.annotate(budget_error(operation.session, costs, delay, operation.max_wait, ahead))
    if operation.session.venue_session.observers:
        pools = _lacking(costs, waiter, clock.monotonic())
        notify_of(operation, EventKind.WAIT, seconds=delay, reason=WaitReason.BUDGET, pool=pools)
    # those before it wake it, and do not know when
    seconds, began = left if waiters.is_held_back(waiter) else delay, clock.monotonic()
    was_woken = await waiter.rest(partial(clock.sleep, seconds))
    operation.waited += clock.monotonic() - began if was_woken else seconds


def _lacking(costs: Pools, waiter: Waiter, now: float) -> str:
    """Return the names of the limits that a request waits for; of all it pays into where the shared store decides."""
    lacking = [limit.name for limit, pool, _ in costs if id(pool) in waiter.lines or pool.seconds_closed(now)]
    return ", ".join(lacking or [limit.name for limit, _, _ in costs])


def take_counts(operation: Operation[Any], response: HttpResponse, costs: Pools) -> None:
    """Correct the pools of a request by the venue's own counts, and warn of amounts that are not the declared ones."""
    now, venue_session = operation.session.clock.monotonic(), operation.session.venue_session
    counts = read_counts(response.rate_limits) if response.rate_limits else None
    is_told = venue_session.shared is not None or venue_session.observers
    for limit, pool, _ in costs:
        if counts is None:
            used = update_from_headers(pool, limit, response.headers, now)
        elif (used := counts.get(window_of(limit))) is not None:
            pool.set_used(used, now)
        if is_told and used is not None:
            _tell_count(operation, limit, pool, used)
    if operation.endpoint.limit_rows:
        compare_amounts(venue_session.venue, response.body, operation.endpoint.limit_rows)


def _tell_count(operation: Operation[Any], limit: Limit, pool: Budget, used: int) -> None:
    """Tell the shared store, and observers, of the venue's count of a pool."""
    venue_session = operation.session.venue_session
    if venue_session.shared is not None:
        venue_session.shared.note(pool)
    if venue_session.observers:
        notify_of(operation, EventKind.BUDGET, pool=limit.name, used=used, amount=limit.amount)

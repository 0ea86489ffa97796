"""Pools of a server pay as those of a process do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.budget_store.pools import BUCKET, WINDOW, LocalPools, Pools, ServerPools

from venuekit.endpoint import Priority
from venuekit.pipeline.budget import PoolName

POOLS = st.sampled_from([WINDOW, BUCKET])
AMOUNTS = st.integers(0, 12)
STEPS = st.one_of(
    st.tuples(
        st.just("pay"), st.lists(st.tuples(POOLS, AMOUNTS), min_size=1, max_size=2), st.sampled_from([*Priority])
    ),
    st.tuples(st.just("advance"), st.integers(1, 400).map(lambda tenths: tenths / 10)),
    st.tuples(st.just("set_used"), POOLS, AMOUNTS),
    st.tuples(st.just("close"), POOLS, st.integers(1, 90), st.booleans()),
)


def _do(pools: Pools, step: tuple[Any, ...]) -> float | None:
    match step:
        case "pay", due, priority:
            return pools.pay(*dict(due).items(), priority=priority)
        case "advance", seconds:
            pools.advance(seconds)
        case "set_used", name, used:
            pools.set_used(name, used)
        case "close", name, seconds, banned:
            pools.close(name, seconds, banned=banned)
    return None


@given(steps=st.lists(STEPS, max_size=25))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_pay_and_refuse_alike(server_pools: ServerPools, steps: list[tuple[Any, ...]]) -> None:
    """Whatever is paid, counted and closed, the same is paid, and who waits waits for as long."""
    server_pools.reset()
    local = LocalPools()
    for step in steps:
        assert _do(server_pools, step) == pytest.approx(_do(local, step), abs=1e-5)


@pytest.mark.parametrize(("name", "flow"), [(WINDOW, 0.0), (BUCKET, 4.0)])
@given(steps=st.lists(st.tuples(st.floats(0, 20), st.integers(0, 10)), max_size=30))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_span_holds_more_than_the_limit(
    server_pools: ServerPools, name: PoolName, flow: float, steps: list[tuple[float, int]]
) -> None:
    """However close payments come to each other: entries of one slot count from the last of them on."""
    server_pools.reset()
    paid, length = [], 60_000_000
    for pause, amount in steps:
        server_pools.advance(pause)
        if server_pools.pay((name, amount)) == 0.0:
            paid.append((server_pools.now, amount))

    for begin, _ in paid:
        for end, _ in paid:
            if end - begin < length or flow:
                spent = sum(amount for moment, amount in paid if begin <= moment <= end)
                assert spent <= 10 + flow * max(0, end - begin) / 1_000_000 + 1e-4


@pytest.mark.parametrize("name", [WINDOW, BUCKET])
def test_the_wait_is_long_enough_and_not_longer(pools: Pools, name: PoolName) -> None:
    """After the wait that was named the amount can be paid, and a moment before it cannot."""
    for amount in (7, 6, 10, 1, 3, 9, 10, 10, 2):
        delay = pools.pay((name, amount))
        if delay:
            pools.advance(delay * 0.99)
            assert pools.pay((name, amount)) > 0
            pools.advance(delay * 0.01 + 2e-6)
            assert pools.pay((name, amount)) == 0.0


def test_one_pool_that_is_short_keeps_all_from_being_paid(pools: Pools) -> None:
    """A request is paid in every pool at once, or in none."""
    assert pools.pay((BUCKET, 8)) == 0.0

    assert pools.pay((WINDOW, 10), (BUCKET, 4)) == pytest.approx(0.5)
    assert pools.pay((WINDOW, 10)) == 0.0


def test_history_and_reads_leave_their_reserves(pools: Pools) -> None:
    """History leaves two fifths, a read one; writes spend everything."""
    assert [pools.pay((WINDOW, 1), priority=Priority.HISTORY) for _ in range(7)] == [0, 0, 0, 0, 0, 0, 60]
    assert [pools.pay((WINDOW, 1), priority=Priority.READ) for _ in range(3)] == [0, 0, 60]
    assert [pools.pay((WINDOW, 1)) for _ in range(3)] == [0, 0, 60]


def test_a_request_larger_than_the_pool_passes_an_empty_one(pools: Pools) -> None:
    """It would wait for ever, and the venue may count otherwise."""
    assert pools.pay((WINDOW, 11)) == 0.0
    assert pools.pay((WINDOW, 11)) == pytest.approx(60)


def test_a_closed_pool_takes_nothing_until_it_opens(pools: Pools) -> None:
    """Not even a request that costs nothing; the longer of two closings holds."""
    pools.close(WINDOW, 30)
    pools.close(WINDOW, 10)

    assert pools.pay((WINDOW, 0)) == pytest.approx(30)
    assert pools.pay((WINDOW, 1), priority=Priority.URGENT) == pytest.approx(30)
    pools.advance(30)
    assert pools.pay((WINDOW, 1)) == 0.0


def test_the_count_of_the_venue_is_taken_over_when_it_is_higher(pools: Pools) -> None:
    """A lower one is late, or of a window that began since."""
    pools.pay((WINDOW, 5))
    pools.set_used(WINDOW, 9)
    pools.set_used(WINDOW, 2)

    assert pools.pay((WINDOW, 1)) == 0.0
    assert pools.pay((WINDOW, 1)) == pytest.approx(60)


def test_a_payment_counts_for_exactly_the_length_of_a_window(pools: Pools) -> None:
    """To the microsecond; a request that costs nothing only needs an open pool, however full."""
    assert pools.pay((WINDOW, 9)) == 0.0
    pools.set_used(WINDOW, 10)
    assert pools.pay((WINDOW, 1)) == pytest.approx(60)
    assert pools.pay((WINDOW, 0), priority=Priority.HISTORY) == 0.0
    pools.advance(60)

    assert pools.pay((WINDOW, 10)) == 0.0


def test_payments_of_a_thousandth_of_the_window_are_one_entry(server_pools: ServerPools) -> None:
    """It counts from the last of them on, so that a busy pool stays small and is never exceeded."""
    assert server_pools.pay((WINDOW, 3)) == 0.0
    for _ in range(6):
        server_pools.advance(0.009)
        assert server_pools.pay((WINDOW, 1)) == 0.0
    (key,) = server_pools.run(server_pools.store._find_keys())
    assert server_pools.server.ask("HLEN", key) == b":10\r\n"  # nine fields of its own, and the entry

    server_pools.advance(59.99)
    assert server_pools.pay((WINDOW, 2)) == pytest.approx(0.01)
    server_pools.advance(0.01)
    assert server_pools.pay((WINDOW, 10)) == 0.0

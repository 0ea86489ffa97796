"""Requests of several processes wait in one line: the order in which they pay."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.budget_store.pools import BUCKET, WINDOW, Pools, ServerPools

from venuekit.endpoint import Priority
from venuekit.pipeline.budget import PoolName
from venuekit.pipeline.budget_store import PoolReport

#: how much later those behind the first in line try again
TURN = 0.02


def test_cancels_go_first_then_writes_then_reads_by_arrival(pools: Pools) -> None:
    """A pool that fills up again goes to the highest rank; within a rank to the one that came first."""
    pools.pay((WINDOW, 10))
    came = [("first read", Priority.READ), ("first write", Priority.RISK), ("second write", Priority.RISK)]
    came += [("second read", Priority.READ), ("cancel", Priority.URGENT)]
    for waiter, priority in came:
        pools.advance(1)
        assert pools.ask_for(waiter, (WINDOW, 8), priority=priority).delay > 50

    order = ["cancel", "first write", "second write", "first read", "second read"]
    if isinstance(pools, ServerPools):
        (state,) = pools.states()
        assert [one.operation.removesuffix(" of a test") for one in state.waiting] == order
    pools.advance(55)
    for turn in order:
        tries = {waiter: pools.ask_for(waiter, (WINDOW, 8), priority=one).delay for waiter, one in came}
        assert [waiter for waiter, delay in tries.items() if not delay] == [turn]
        came = [one for one in came if one[0] != turn]
        pools.advance(60)


def test_a_request_that_comes_later_does_not_overtake(pools: Pools) -> None:
    """Though it costs less: a request behind it of the same rank could wait for ever."""
    pools.pay((WINDOW, 8))
    pools.ask_for("large", (WINDOW, 5))

    assert pools.ask_for("small", (WINDOW, 1)).delay == pytest.approx(60, abs=2 * TURN)
    assert pools.ask_for("cancel", (WINDOW, 1), priority=Priority.URGENT).delay == 0.0
    assert pools.ask_for("elsewhere", (BUCKET, 1)).delay == 0.0


def test_a_request_that_takes_nothing_from_those_ahead_passes(server_pools: ServerPools) -> None:
    """After a closing, all that have room go at once, whoever tries first."""
    server_pools.close(WINDOW, 5)
    for waiter in ("first", "second", "third", "fourth"):
        server_pools.ask_for(waiter, (WINDOW, 3))
        server_pools.advance(0.001)
    server_pools.advance(5)

    assert server_pools.ask_for("third", (WINDOW, 3)).delay == 0.0
    assert server_pools.ask_for("fourth", (WINDOW, 3)).delay == pytest.approx(TURN)
    assert server_pools.ask_for("first", (WINDOW, 3)).delay == 0.0
    assert server_pools.ask_for("second", (WINDOW, 3)).delay == 0.0
    assert server_pools.ask_for("fourth", (WINDOW, 3)).delay > 50


def test_a_walk_that_has_waited_for_long_goes_before_reads(pools: Pools) -> None:
    """Its reserve is larger, so that reads would keep it waiting for ever; writes do not wait for it."""
    pools.pay((WINDOW, 6))
    assert pools.ask_for("walk", (WINDOW, 1), priority=Priority.HISTORY).delay > 50
    assert pools.ask_for("read", (WINDOW, 1), priority=Priority.READ).delay == 0.0
    pools.advance(31)

    assert pools.ask_for("late read", (WINDOW, 1), priority=Priority.READ).delay > 25
    assert pools.ask_for("write", (WINDOW, 1)).delay == 0.0
    pools.advance(29.1)
    assert pools.ask_for("walk", (WINDOW, 1), priority=Priority.HISTORY).delay == 0.0
    assert pools.ask_for("late read", (WINDOW, 1), priority=Priority.READ).delay == 0.0


def test_a_request_that_gave_up_holds_nobody_back(pools: Pools) -> None:
    """It is forgotten at once."""
    pools.pay((WINDOW, 9))
    pools.ask_for("left", (WINDOW, 5))
    assert pools.ask_for("next", (WINDOW, 1)).delay > 50
    pools.leave("left")

    assert pools.ask_for("next", (WINDOW, 1)).delay == 0.0


def test_a_request_of_a_process_that_died_holds_nobody_back(server_pools: ServerPools) -> None:
    """Its key has expired when it does not come back in time."""
    server_pools.pay((WINDOW, 9))
    server_pools.ask_for("killed", (WINDOW, 5))
    assert server_pools.ask_for("next", (WINDOW, 1)).delay > 50
    server_pools.server.ask("PEXPIRE", server_pools.store._book.waiter("killed"), "0")

    assert server_pools.ask_for("next", (WINDOW, 1)).delay == 0.0


def test_a_request_that_tries_again_keeps_its_place(pools: Pools) -> None:
    """It came when it came first, however often it tries."""
    pools.pay((WINDOW, 10))
    pools.ask_for("first", (WINDOW, 8))
    pools.advance(1)
    pools.ask_for("second", (WINDOW, 8))
    pools.advance(1)
    pools.ask_for("first", (WINDOW, 8))
    pools.advance(58.1)

    assert pools.ask_for("second", (WINDOW, 8)).delay > 0.0
    assert pools.ask_for("first", (WINDOW, 8)).delay == 0.0


def test_a_request_leaves_the_line_of_a_pool_that_it_no_longer_lacks(server_pools: ServerPools) -> None:
    """It holds back those who wait for that pool no more, though another one keeps it waiting."""
    server_pools.pay((BUCKET, 10))
    server_pools.close(WINDOW, 2)
    server_pools.ask_for("one", (WINDOW, 5), (BUCKET, 5))
    server_pools.advance(1.5)
    assert server_pools.ask_for("other", (BUCKET, 6)).delay > 0.0
    server_pools.close(WINDOW, 60)
    server_pools.ask_for("one", (WINDOW, 5), (BUCKET, 5))

    assert server_pools.ask_for("other", (BUCKET, 6)).delay == 0.0


def test_one_behind_very_many_waits_without_looking_at_all_of_them(server_pools: ServerPools) -> None:
    """A look ahead is short; those who have gone without a word are taken out of the line meanwhile."""
    large = attrs.evolve(WINDOW, limit=attrs.evolve(WINDOW.limit, name="large", amount=1000))
    server_pools.close(large, 5)
    for number in range(70):
        server_pools.ask_for(str(number), (large, 1))
        server_pools.advance(0.001)
    server_pools.advance(5)
    assert server_pools.ask_for("69", (large, 1)).delay == pytest.approx(TURN)
    for number in range(10):
        server_pools.leave(str(number))

    assert server_pools.ask_for("69", (large, 1)).delay == pytest.approx(
        TURN
    )  # it finds them gone, and looks no further
    assert server_pools.ask_for("69", (large, 1)).delay == 0.0
    (line,) = server_pools.run(server_pools.store._link.send(2, b"$4\r\nKEYS\r\n$8\r\n*:line:*\r\n"))
    assert server_pools.server.ask("ZCARD", line.decode()) == b":59\r\n"


def test_waiters_expire_by_themselves(server_pools: ServerPools) -> None:
    """Their keys live as long as their delay and two seconds; those of pools ten minutes longer than they matter."""
    server_pools.pay((WINDOW, 9))
    server_pools.ask_for("one", (WINDOW, 5))
    name = server_pools.store._book.waiter("one")

    assert 55_000 < int(server_pools.server.ask("PTTL", name)[1:]) <= 62_000
    (line,) = server_pools.run(server_pools.store._link.send(2, b"$4\r\nKEYS\r\n$8\r\n*:line:*\r\n"))
    assert 55_000 < int(server_pools.server.ask("PTTL", line.decode())[1:]) <= 62_000
    (pool,) = server_pools.run(server_pools.store._find_keys())
    assert 600_000 < int(server_pools.server.ask("PTTL", pool)[1:]) <= 660_000


def test_a_request_waits_in_the_lines_of_the_pools_that_keep_it_longest(server_pools: ServerPools) -> None:
    """One that waits a minute for its account keeps nobody from the pool of the address, which is free in a second."""
    server_pools.pay((BUCKET, 10))
    server_pools.pay((WINDOW, 10))
    server_pools.ask_for("one", (WINDOW, 5), (BUCKET, 5))
    server_pools.advance(1.2)

    assert server_pools.ask_for("other", (BUCKET, 4)).delay == 0.0
    by_name = {state.name.limit.name: state for state in server_pools.states()}
    assert len(by_name["weight"].waiting) == 1
    assert by_name["tokens"].waiting == ()


def test_reports_travel_with_a_payment_and_count_before_it(server_pools: ServerPools) -> None:
    """One round trip: the venue's count and its closings, of pools of the request and of others."""
    receipt = server_pools.ask_for("one", (WINDOW, 2), reports=[PoolReport(WINDOW, used=9), PoolReport(BUCKET, used=7)])
    assert receipt.delay == pytest.approx(60)
    assert receipt.closed == ()

    banned = PoolReport(BUCKET, closed_for=3.5, is_banned=True)
    receipt = server_pools.ask_for("two", (WINDOW, 1), (BUCKET, 1), reports=[banned])
    assert receipt.delay == pytest.approx(60 + TURN, abs=1e-3)
    assert receipt.closed == (banned,)
    by_name = {state.name.limit.name: state for state in server_pools.states()}
    assert (by_name["weight"].used, by_name["weight"].closed_until) == (9, None)
    tokens = by_name["tokens"]
    assert (tokens.used, tokens.is_banned, tokens.name.owner) == (7, True, "a")
    assert tokens.closed_until is not None
    assert tokens.closed_until.timestamp() == pytest.approx(server_pools.now / 1e6 + 3.5)
    assert tokens.reserves[Priority.HISTORY] == 4
    server_pools.advance(3.5)
    assert {state.is_banned for state in server_pools.states()} == {False}


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*Priority]), st.integers(1, 9), st.sampled_from([(WINDOW,), (BUCKET,), (WINDOW, BUCKET)])
        ),
        min_size=1,
        max_size=12,
    )
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_everyone_pays_in_the_end(
    server_pools: ServerPools, requests: list[tuple[Priority, int, tuple[PoolName, ...]]]
) -> None:
    """Who comes back when it was told to is paid, whatever waits beside it, and no pool is ever overspent."""
    server_pools.reset()
    server_pools.pay((WINDOW, 10), (BUCKET, 10))
    waiting = {str(number): (server_pools.now, *one) for number, one in enumerate(requests)}
    paid: list[tuple[int, int]] = []
    for _ in range(40 * len(requests)):
        name, (moment, priority, amount, names) = min(waiting.items(), key=lambda one: one[1][0])
        server_pools.advance(max(0, moment - server_pools.now) / 1e6)
        due = [(one, amount) for one in names]
        delay = server_pools.ask_for(name, *due, priority=priority).delay
        if delay:
            waiting[name] = (server_pools.now + round(delay * 1e6) + 1, priority, amount, names)
            continue
        if WINDOW in names:
            paid.append((server_pools.now, amount))
        del waiting[name]
        if not waiting:
            break

    assert waiting == {}
    for begin, _ in paid:
        assert sum(amount for moment, amount in paid if 0 <= moment - begin < 60_000_000) <= 10

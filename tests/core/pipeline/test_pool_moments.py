"""Pools of this process, at the exact moments at which they change their answer."""

from __future__ import annotations

from typing import ClassVar

import pytest

from venuekit.pipeline.pool_states import keep_closed
from venuekit.pipeline.pools import BucketBudget, SlidingBudget, make_budget
from venuekit.venue import Limit

WINDOW = Limit("weight", amount=10, seconds=60)
BUCKET = Limit("tokens", amount=10, refill=4)


def test_a_window_says_when_enough_of_it_is_free() -> None:
    """The wait for an amount ends when the payments that it needs out of the way are 60 seconds old."""
    pool = SlidingBudget(WINDOW)
    for moment, amount in ((0.0, 4), (10.0, 3), (20.0, 3)):
        pool.spend(amount, moment)

    waits = {1: 30.0, 4: 30.0, 5: 40.0, 7: 40.0, 8: 50.0, 10: 50.0}
    assert {amount: pool.wait(amount, 30.0) for amount in waits} == waits
    assert pool.wait(11, 30.0) == 50.0  # more than it ever has passes when nothing else is spent


def test_a_payment_leaves_the_window_after_exactly_its_length() -> None:
    """A moment before, nothing of it is free; then all of it, once."""
    pool = SlidingBudget(WINDOW)
    pool.spend(10, 0.0)

    assert pool.wait(10, 59.5) == 0.5
    assert pool.used(59.5) == 10
    assert pool.wait(10, 60.0) == 0.0
    assert pool.used(60.0) == 0
    pool.spend(10, 60.0)
    assert pool.wait(1, 60.0) == 60.0


def test_a_reserve_is_left_to_the_unit() -> None:
    """Of ten, a reserve of 0.4 leaves four, and one of 0.25 leaves two."""
    pool = SlidingBudget(WINDOW)
    pool.spend(6, 0.0)

    assert pool.wait(1, 0.0, 0.4) == 60.0
    assert pool.wait(2, 0.0, 0.25) == 0.0
    assert pool.wait(3, 0.0, 0.25) == 60.0


@pytest.mark.parametrize("limit", [WINDOW, BUCKET], ids=["window", "bucket"])
def test_a_closed_pool_opens_at_its_moment(limit: Limit) -> None:
    """The rest of the time is told, whatever is spent."""
    pool = make_budget(limit)
    assert pool.close(7.0, 100.0) == 7.0

    assert pool.wait(1, 102.0) == 5.0
    assert pool.seconds_closed(102.0) == 5.0
    assert not pool.is_banned(102.0)
    assert pool.wait(1, 107.0) == 0.0
    assert pool.seconds_closed(107.0) == 0.0


def test_a_refusal_is_one_of_a_row_for_five_seconds_after_a_pause() -> None:
    """The pause doubles up to the end of that time, and begins anew behind it."""
    pool = SlidingBudget(WINDOW)

    assert pool.close(None, 0.0) == 1.0
    assert pool.close(None, 6.0) == 2.0
    assert pool.close(None, 8.0 + 5.001) == 1.0


def test_a_time_of_a_tenth_of_a_second_is_believed() -> None:
    """A shorter one may be over by the error of the clocks: the pause is our own."""
    assert SlidingBudget(WINDOW).close(0.1, 0.0) == 0.1
    assert SlidingBudget(WINDOW).close(0.09, 0.0) == 1.0


def test_a_ban_during_a_pause_is_a_ban() -> None:
    """It lasts two minutes although the pool was closed already; a second refusal then adds nothing."""
    pool = SlidingBudget(WINDOW)
    pool.close(5.0, 0.0)

    assert pool.close(None, 1.0, banned=True) == 120.0
    assert pool.is_banned(120.9)
    assert pool.close(None, 2.0, banned=True) == 119.0
    assert not pool.is_banned(121.0)


def test_a_joined_pool_remembers_the_pauses_of_both() -> None:
    """A refusal after a pause of the other one doubles that; a pool that was never banned bans nobody."""
    pool, other = SlidingBudget(WINDOW), SlidingBudget(WINDOW)
    other.close(None, 0.0)
    pool.absorb(other)
    assert pool.close(None, 2.0) == 2.0

    pool.absorb(SlidingBudget(WINDOW))
    assert pool.seconds_closed(2.0) == 2.0
    assert not pool.is_banned(2.0)


@pytest.mark.parametrize("limit", [WINDOW, BUCKET], ids=["window", "bucket"])
def test_a_closing_of_another_process_is_no_refusal_of_ours(limit: Limit) -> None:
    """It keeps the pool closed, with its ban; the pauses of this process neither begin nor grow by it."""
    pool = make_budget(limit)
    pool.keep_closed(3.0, 0.0, banned=True)
    pool.keep_closed(1.0, 1.0, banned=False)

    assert pool.seconds_closed(1.0) == 2.0
    assert pool.is_banned(2.9)
    assert pool.close(None, 4.0) == 1.0  # the first of ours
    assert not pool.is_banned(4.5)
    pool.keep_closed(1.0, 6.0, banned=False)
    assert pool.close(None, 7.5) == 2.0  # the second
    pool.keep_closed(30.0, 8.0, banned=False)
    assert pool.seconds_closed(8.0) == 30.0


def test_an_operators_own_pool_is_closed_as_by_a_refusal() -> None:
    """It has no other way, and must stay closed all the same."""

    class Keeper:
        closings: ClassVar[list[tuple[float | None, float, bool]]] = []

        def close(self, seconds: float | None, now: float, *, banned: bool = False) -> float:
            self.closings.append((seconds, now, banned))
            return 0.0

    keep_closed(Keeper(), 3.0, 7.0, banned=True)  # type: ignore[arg-type]  # it has the method that is called
    assert Keeper.closings == [(3.0, 7.0, True)]


def test_a_joined_bucket_owes_what_either_took() -> None:
    """A bucket that nobody took from costs the other nothing."""
    pool, other = BucketBudget(BUCKET), BucketBudget(BUCKET)
    pool.absorb(other, 0.0)
    assert pool.wait(10, 0.0) == 0.0

    other.spend(4, 0.0)
    pool.absorb(other, 0.0)
    assert pool.wait(10, 0.0) == 1.0
    assert pool.wait(6, 0.0) == 0.0


def test_a_bucket_says_how_many_tokens_it_lacks() -> None:
    """They flow in at four a second, and it never has more than it holds."""
    pool = BucketBudget(BUCKET)
    assert pool.used(100.0) == 0
    pool.spend(6, 100.0)

    assert [pool.used(100.0 + later) for later in (0.0, 0.5, 1.0, 1.5, 9.0)] == [6, 4, 2, 0, 0]


def test_a_count_that_is_no_news_changes_nothing() -> None:
    """What the venue counts beside us is spent at the moment it says so; the same or less is known already."""
    pool = SlidingBudget(WINDOW)
    pool.spend(3, 0.0)
    pool.set_used(3, 10.0)
    assert pool.wait(10, 10.0) == 50.0
    pool.set_used(5, 20.0)

    assert pool.used(59.0) == 5
    assert pool.used(60.0) == 2
    assert pool.used(80.0) == 0


@pytest.mark.parametrize("limit", [WINDOW, BUCKET], ids=["window", "bucket"])
def test_a_request_that_costs_nothing_waits_for_nothing_but_a_closed_pool(limit: Limit) -> None:
    """Of an empty pool as well; while the address is shut out, it stays away."""
    pool = make_budget(limit)
    pool.spend(10, 0.0)
    assert pool.wait(0, 0.0) == 0.0

    pool.close(3.0, 0.0)
    assert pool.wait(0, 0.0) == 3.0


def test_a_payment_that_has_left_is_no_part_of_a_wait() -> None:
    """Nine of a minute ago are free again, beside five that are not."""
    pool = SlidingBudget(WINDOW)
    pool.spend(9, 0.0)
    pool.spend(5, 10.0)

    assert pool.wait(5, 65.0) == 0.0
    assert pool.wait(6, 65.0) == 5.0

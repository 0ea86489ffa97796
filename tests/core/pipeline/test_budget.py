from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit import errors
from venuekit.capabilities import BalanceReader, IncomeReader, OrderReader
from venuekit.endpoint import Endpoint, Priority
from venuekit.pipeline.budget import pay, update_from_headers
from venuekit.pipeline.pools import BucketBudget, SlidingBudget, make_budget
from venuekit.simulator import DropAfter
from venuekit.venue import Limit
from venuekit_toy_perp.endpoints import TOY

LIMIT = Limit("weight", amount=10, seconds=60, used_header="X-Used", remaining_header=None)


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(0, 10)), max_size=60))
def test_no_window_ever_exceeds_the_limit(steps: list[tuple[float, int]]) -> None:
    """Whenever and however much is paid, no span of the window's length holds more than the limit."""
    pool = SlidingBudget(LIMIT)
    now, paid = 0.0, []
    for pause, amount in steps:
        now += pause
        if pay([(pool, amount)], now) == 0.0:
            paid.append((now, amount))

    for begin, _ in paid:
        assert LIMIT.amount >= sum(amount for moment, amount in paid if begin <= moment < begin + 60)


@given(st.lists(st.integers(1, 10), min_size=1, max_size=30))
def test_a_wait_is_long_enough_and_not_longer(amounts: list[int]) -> None:
    """After the wait that was asked for, the amount can be paid; a moment before it cannot."""
    pool = SlidingBudget(LIMIT)
    now = 0.0
    for amount in amounts:
        delay = pool.wait(amount, now)
        if delay:
            assert pool.wait(amount, now + delay * 0.99) > 0
        now += delay
        assert 0.0 == pay([(pool, amount)], now)


BUCKET = Limit("tokens", amount=10, refill=4, remaining_header="X-Left")


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 10)), max_size=60))
def test_a_bucket_never_exceeds_what_it_holds_and_what_flows_in(steps: list[tuple[float, int]]) -> None:
    """Whenever and however much is paid, no span of t seconds holds more than amount + refill * t."""
    pool = BucketBudget(BUCKET)
    now, paid = 0.0, []
    for pause, amount in steps:
        now += pause
        if pay([(pool, amount)], now) == 0.0:
            paid.append((now, amount))

    for begin, _ in paid:
        for end, _ in paid:
            spent = sum(amount for moment, amount in paid if begin <= moment <= end)
            assert spent <= 10 + 4 * max(0.0, end - begin) + 1e-6


@given(st.lists(st.integers(1, 10), min_size=1, max_size=30))
def test_a_wait_for_a_bucket_is_long_enough_and_not_longer(amounts: list[int]) -> None:
    """After the wait that was asked for, the amount can be paid; a moment before it cannot."""
    pool = BucketBudget(BUCKET)
    now = 0.0
    for amount in amounts:
        delay = pool.wait(amount, now)
        assert delay <= 10 / 4
        if delay:
            assert pool.wait(amount, now + delay * 0.99) > 0
        now += delay
        assert 0.0 == pay([(pool, amount)], now)


@given(st.floats(0, 1e7), st.integers(1, 1000))
def test_a_bucket_pays_all_that_it_holds_at_once(now: float, refill: int) -> None:
    """The rounding of moments is no wait, on a machine that has run for months, either."""
    pool = BucketBudget(Limit("tokens", amount=60, refill=refill))

    assert {0.0} == {pay([(pool, 2)], now) for _ in range(30)}
    assert pool.wait(1, now) > 0


def test_a_bucket_fills_to_its_amount_and_no_further() -> None:
    """After an hour of silence it holds what it holds."""
    pool = BucketBudget(BUCKET)
    pay([(pool, 10)], 0.0)

    assert 0.0 == pay([(pool, 10)], 3600.0)
    assert 0.25 == pool.wait(1, 3600.0)


def test_what_costs_more_than_a_bucket_is_paid_when_it_is_full_and_owed() -> None:
    """A request of 14 tokens passes a full bucket of 10, and the next one waits until all 14 have flowed in again."""
    pool = BucketBudget(BUCKET)

    assert 0.0 == pay([(pool, 14)], 0.0)
    assert 3.5 - 9 / 4 == pool.wait(1, 0.0)
    assert 3.5 == pool.wait(14, 0.0)


def test_a_bucket_believes_the_venue_when_it_says_less_is_left() -> None:
    """A header that says fewer tokens than we count empties the bucket, one that says more does not fill it."""
    pool = BucketBudget(BUCKET)

    update_from_headers(pool, BUCKET, {"X-Left": "1"}, 0.0)
    update_from_headers(pool, BUCKET, {"X-Left": "9"}, 0.0)

    assert 0.0 == pool.wait(1, 0.0)
    assert 0.25 == pool.wait(2, 0.0)


def test_a_walk_leaves_its_share_of_a_bucket_too() -> None:
    """Two fifths of a bucket are left to those above a walk through history, and a closed one opens for nobody."""
    pool = BucketBudget(BUCKET)

    assert 0.0 == pay([(pool, 6)], 0.0, Priority.HISTORY.reserve)
    assert pool.wait(1, 0.0, Priority.HISTORY.reserve) > 0
    assert 0.0 == pool.wait(4, 0.0)
    pool.close(7.0, 0.0)
    assert 7.0 == pool.wait(1, 0.0)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"amount": 10}, "it has neither seconds nor refill: give seconds for a window, or refill for a token bucket"),
        ({"amount": 10, "seconds": 1, "refill": 1}, "it has both seconds and refill: give seconds for"),
        ({"amount": 0, "seconds": 1}, "an amount of 0 lets no request pass: give 1 or more"),
        ({"amount": 0, "refill": 5}, "an amount of 0 lets no request pass: give 1 or more"),
        ({"amount": 10, "seconds": 0}, "0 is no length of a window: give its seconds, above 0"),
        ({"amount": 10, "refill": 0}, "a bucket that refills with 0 stays empty: give tokens a second, above 0"),
        ({"amount": 10, "refill": float("nan")}, "a bucket that refills with nan stays empty"),
    ],
)
def test_a_limit_that_contradicts_itself_is_refused_when_it_is_declared(terms: dict[str, Any], words: str) -> None:
    """The error names the limit, and says how to mend it."""
    with pytest.raises(ValueError, match=f"^limit 'weight': {words}"):
        Limit("weight", **terms)


def test_each_limit_has_the_pool_that_keeps_it() -> None:
    """A window is kept by a sliding budget, a bucket by a bucket, and neither keeps the other."""
    assert isinstance(make_budget(LIMIT), SlidingBudget)
    assert isinstance(make_budget(BUCKET), BucketBudget)
    with pytest.raises(ValueError, match="limit 'tokens' is a token bucket: BucketBudget keeps it"):
        SlidingBudget(BUCKET)
    with pytest.raises(ValueError, match="limit 'weight' is a window: SlidingBudget keeps it"):
        BucketBudget(LIMIT)


PAYMENTS = st.lists(st.tuples(st.floats(0, 20), st.integers(0, 9), st.booleans()), max_size=30)


@given(PAYMENTS, st.integers(1, 10))
def test_joined_pools_count_what_was_spent_in_either(payments: list[tuple[float, int, bool]], later: int) -> None:
    """Two windows that turn out to be one ask for the wait of one that had paid for all of it."""
    one, other, whole = SlidingBudget(LIMIT), SlidingBudget(LIMIT), SlidingBudget(LIMIT)
    now = 0.0
    for pause, amount, is_other in payments:
        now += pause
        for pool in (other if is_other else one, whole):
            pool.wait(amount, now)
            pool.spend(amount, now)

    one.absorb(other)

    assert one.wait(later, now) == pytest.approx(whole.wait(later, now))


@given(PAYMENTS, st.integers(1, 10))
def test_a_joined_bucket_never_holds_more_than_one_would(payments: list[tuple[float, int, bool]], later: int) -> None:
    """Each of two buckets was refilled; joined, they let nothing pass that one bucket would not have let."""
    one, other, whole = BucketBudget(BUCKET), BucketBudget(BUCKET), BucketBudget(BUCKET)
    now = 0.0
    for pause, amount, is_other in payments:
        now += pause
        if pay([(other if is_other else one, amount)], now) == 0.0:
            whole.spend(amount, now)

    one.absorb(other, now)

    longest = BUCKET.amount / 4
    assert one.wait(later, now) >= min(whole.wait(later, now), longest - (BUCKET.amount - later) / 4) - 1e-6


def test_joined_pools_stay_closed_for_as_long_as_either() -> None:
    """A refusal of one is a refusal of both."""
    one, other = make_budget(LIMIT), make_budget(LIMIT)
    assert isinstance(one, SlidingBudget)
    assert isinstance(other, SlidingBudget)
    other.close(30.0, 0.0, banned=True)

    one.absorb(other)

    assert (one.seconds_closed(0.0), one.is_banned(0.0)) == (30.0, True)


def test_several_pools_are_paid_together_or_not_at_all() -> None:
    """A request that one pool cannot afford yet costs nothing in the others."""
    full, spare = SlidingBudget(LIMIT), SlidingBudget(LIMIT)
    pay([(full, 10)], 0.0)

    assert 60.0 == pay([(spare, 4), (full, 1)], 0.0)
    assert 0.0 == pay([(spare, 10)], 0.0)


def test_what_the_venue_counted_beside_us_is_taken_over() -> None:
    """A header that says more than we spent (another process, same address) shrinks what is left."""
    pool = SlidingBudget(LIMIT)
    pay([(pool, 2)], 0.0)

    update_from_headers(pool, LIMIT, {"X-Used": "9"}, 1.0)

    assert 0.0 == pool.wait(1, 1.0)
    assert pool.wait(2, 1.0) > 0


def test_a_header_says_nothing_when_it_is_absent_smaller_or_no_number() -> None:
    """Only a larger count of the venue changes the pool."""
    pool = SlidingBudget(LIMIT)
    pay([(pool, 5)], 0.0)

    for headers in ({}, {"X-Used": "3"}, {"X-Used": "many"}):
        update_from_headers(pool, LIMIT, headers, 0.0)

    assert 0.0 == pool.wait(5, 0.0)


def test_what_is_left_can_be_heard_too() -> None:
    """Where the venue says what remains instead of what was used, the same holds."""
    limit = Limit("calls", amount=10, seconds=1, remaining_header="X-Left")
    pool = SlidingBudget(limit)

    update_from_headers(pool, limit, {"X-Left": "1"}, 0.0)

    assert 0.0 == pool.wait(1, 0.0)
    assert pool.wait(2, 0.0) > 0


def test_a_closed_pool_opens_by_itself() -> None:
    """A pool that the venue closed asks to wait until it opens, even when nothing was spent."""
    pool = SlidingBudget(LIMIT)
    pool.close(120.0, 5.0)

    assert 100.0 == pool.wait(1, 25.0)
    assert 0.0 == pool.wait(1, 125.0)


def test_pauses_double_where_the_venue_names_no_time() -> None:
    """Each refusal in a row closes a pool for twice as long; after some quiet it begins anew."""
    pool, now, pauses = SlidingBudget(LIMIT), 0.0, []
    for _ in range(5):
        pauses.append(pool.close(None, now))
        now += pauses[-1]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0]

    assert 1.0 == pool.close(None, now + 17)


@pytest.mark.parametrize("told", [0.0, 0.02])
def test_a_time_that_is_over_is_no_answer_to_how_long(told: float) -> None:
    """What the venue names as now, by the error of two clocks, is treated like nothing named."""
    pool = SlidingBudget(LIMIT)

    assert 1.0 == pool.close(told, 0.0)
    assert 2.0 == pool.close(told, 1.0)


def test_the_venues_time_is_believed_unless_it_refuses_again_right_after_it() -> None:
    """The first time counts as told, the second one is no shorter than our own pause."""
    pool = SlidingBudget(LIMIT)

    assert 0.5 == pool.close(0.5, 0.0)
    assert 2.0 == pool.close(0.5, 0.5)
    assert 60.0 == pool.close(60.0, 2.5)


def test_what_left_before_a_pool_was_closed_does_not_lengthen_the_pause() -> None:
    """Twenty requests under way that are all refused are one refusal."""
    pool = SlidingBudget(LIMIT)
    pool.close(None, 0.0)
    for _ in range(20):
        pool.close(None, 0.1)

    assert pool.seconds_closed(0.1) == pytest.approx(0.9)


def test_a_ban_without_a_time_lasts_two_minutes_first() -> None:
    """A ban is known as one as long as it lasts, and doubles as well."""
    pool = SlidingBudget(LIMIT)

    assert 120.0 == pool.close(None, 0.0, banned=True)
    assert pool.is_banned(119.0)
    assert not pool.is_banned(120.0)
    assert 240.0 == pool.close(None, 120.0, banned=True)
    assert 1.0 == pool.close(None, 1000.0)
    assert not pool.is_banned(1000.5)


@given(st.lists(st.tuples(st.floats(0, 500), st.none() | st.floats(0, 400), st.booleans()), max_size=30))
def test_a_closed_pool_stays_closed_at_least_as_long_as_told(
    steps: list[tuple[float, float | None, bool]],
) -> None:
    """Whatever comes in whatever order, no refusal opens a pool earlier, and what it returns is how long that is."""
    pool, now, until = SlidingBudget(LIMIT), 0.0, 0.0
    for pause, told, banned in steps:
        now += pause
        shut = pool.close(told, now, banned=banned)
        until = max(until, now + (told or 0.0))
        assert shut > 0
        assert pool.seconds_closed(now) == pytest.approx(shut)
        assert now + shut >= until - 1e-6


def test_what_is_urgent_may_spend_what_a_walk_must_leave() -> None:
    """A walk through history leaves 40 % of a pool, a read 20 %, and a write may spend it all."""
    pool = SlidingBudget(LIMIT)
    history, read, risk = Priority.HISTORY.reserve, Priority.READ.reserve, Priority.RISK.reserve

    assert 0.0 == pay([(pool, 6)], 0.0, history)
    assert pool.wait(1, 0.0, history) > 0
    assert 0.0 == pay([(pool, 2)], 0.0, read)
    assert pool.wait(1, 0.0, read) > 0
    assert 0.0 == pay([(pool, 2)], 0.0, risk)
    assert pool.wait(1, 0.0, risk) > 0


def test_a_page_that_costs_more_than_its_share_is_paid_when_nothing_else_is() -> None:
    """A pool too small for a walk's page lets it pass when it is empty, rather than never."""
    assert 0.0 == SlidingBudget(LIMIT).wait(9, 0.0, Priority.HISTORY.reserve)


MIXED = st.lists(st.tuples(st.floats(0, 20), st.integers(1, 40), st.sampled_from(Priority)), max_size=40)


@given(MIXED, st.sampled_from([Limit("weight", amount=100, seconds=60), Limit("tokens", amount=100, refill=3)]))
def test_reads_never_take_the_last_fifth_and_walks_never_the_last_two(
    steps: list[tuple[float, int, Priority]], limit: Limit
) -> None:
    """Whatever was spent by others: after the payment of a read 20 % are left, after that of a walk 40 %."""
    pool, now = make_budget(limit), 0.0
    for pause, amount, priority in steps:
        now += pause
        if pay([(pool, amount)], now, priority.reserve) == 0.0:
            share = {Priority.READ: 80, Priority.HISTORY: 60}.get(priority, 100)
            assert pool.used(now) <= share


def test_a_write_that_can_only_reduce_risk_is_urgent() -> None:
    """By its declaration and its parameters, of which odd ones do no harm; the choice of another rank counts."""
    order: Endpoint[bytes] = Endpoint("POST", "/a", decode=bytes, reduces=lambda parameters: parameters["only"])
    read: Endpoint[bytes] = Endpoint("GET", "/b", decode=bytes)

    assert order.priority_of({"only": True}) is order.priority_of({"only": True}, Priority.RISK) is Priority.URGENT
    assert order.priority_of({"only": False}) is order.priority_of({}) is Priority.RISK
    assert order.priority_of({"only": True}, Priority.HISTORY) is Priority.HISTORY
    assert (read.priority_of({}), read.priority_of({}, Priority.RISK)) == (Priority.READ, Priority.RISK)


def test_a_request_dearer_than_the_pool_waits_until_it_is_empty() -> None:
    """It passes then, rather than never."""
    pool = SlidingBudget(LIMIT)
    pay([(pool, 3)], 0.0)
    pay([(pool, 3)], 20.0)

    assert 50.0 == pool.wait(12, 30.0)
    assert 0.0 == pool.wait(12, 80.0)


def test_an_endpoint_knows_how_urgent_it_is() -> None:
    """Writes come before reads, and reads before walks; told from what an endpoint does and serves."""
    write: Endpoint[bytes] = Endpoint("POST", "/a", decode=bytes)
    read: Endpoint[bytes] = Endpoint("GET", "/b", decode=bytes, serves=(BalanceReader.get_balances,))
    walk: Endpoint[bytes] = Endpoint("GET", "/c", decode=bytes, serves=(IncomeReader.iter_income,))
    both: Endpoint[bytes] = Endpoint("GET", "/d", decode=bytes, serves=(OrderReader.iter_orders, OrderReader.get_order))

    expected = [Priority.RISK, Priority.READ, Priority.HISTORY, Priority.READ]
    assert expected == [one.priority for one in (write, read, walk, both)]


@pytest.mark.looptime
async def test_a_view_may_be_more_patient_and_resolving_is_as_urgent_as_its_write(stage: Any) -> None:
    """Of a pool with a few calls left, a walk waits, a read that resolves a lost write does not."""
    limit = next(one for one in stage.account.venue.limits if one.name == "weight")
    pool = stage.account._session.pool(limit)
    pool.spend(limit.amount - 20, stage.clock.monotonic())
    started = stage.clock.monotonic()

    stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, DropAfter())
    await stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
    assert stage.clock.monotonic() - started < 1

    with pytest.raises(errors.Throttled, match="rate limit budget"):
        await stage.account.with_options(priority=Priority.HISTORY, max_wait=1).call(TOY.SETTINGS)

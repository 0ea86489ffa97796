"""A venue's own rows about its limits: counts correct pools, and amounts are compared with the declared ones."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from venuekit import Runtime
from venuekit.pipeline.pools import SlidingBudget, make_budget
from venuekit.pipeline.rate_limits import compare_amounts, find_other_amounts, update_from_rows
from venuekit.simulator import Rewrite, Simulation
from venuekit.testing import InstantClock
from venuekit.venue import Limit
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY

WEIGHT = Limit("weight", amount=2400, seconds=60, rate_limit="REQUEST_WEIGHT")
ORDERS_1M = Limit("orders_1m", amount=1200, seconds=60, rate_limit="ORDERS")
ORDERS_10S = Limit("orders_10s", amount=300, seconds=10, rate_limit="ORDERS")
OTHER = Limit("other", amount=5, refill=1)
LIMITS = (WEIGHT, ORDERS_1M, ORDERS_10S, OTHER)

#: as documented: rows of a frame of a WebSocket API, and those beside the instruments, which have no count
FRAME = [
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400, "count": 20},
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300, "count": 1},
]
LISTED = [
    {"interval": "MINUTE", "intervalNum": 1, "limit": 2400, "rateLimitType": "REQUEST_WEIGHT"},
    {"interval": "MINUTE", "intervalNum": 1, "limit": 1200, "rateLimitType": "ORDERS"},
    {"interval": "SECOND", "intervalNum": 10, "limit": 300, "rateLimitType": "ORDERS"},
]
#: rows that say nothing of a count
ODD: list[Any] = [
    None,
    "REQUEST_WEIGHT",
    {},
    {**FRAME[0], "count": "20"},
    {**FRAME[0], "count": True},
    {**FRAME[0], "count": -1},
    {**FRAME[0], "interval": "FORTNIGHT"},
    {**FRAME[0], "interval": ["MINUTE"]},
    {**FRAME[0], "intervalNum": None},
    {**FRAME[0], "rateLimitType": "RAW_REQUESTS"},
]


def test_a_count_corrects_the_pool_of_its_type_and_length() -> None:
    """Each row is about one window; pools of which there is no row, and buckets, stay as they are."""
    pools = [(limit, make_budget(limit)) for limit in LIMITS]

    counted = [update_from_rows(pool, limit, FRAME, 0.0) for limit, pool in pools]

    assert [pool.used(0.0) for _, pool in pools] == [20, 0, 1, 0]
    assert counted == [20, None, 1, None]
    assert [update_from_rows(pool, limit, LISTED, 0.0) for limit, pool in pools] == [None] * 4


@pytest.mark.parametrize("row", ODD)
def test_a_row_that_cannot_be_read_is_ignored(row: Any) -> None:
    """The pool stays as it is."""
    pool = SlidingBudget(WEIGHT)

    assert update_from_rows(pool, WEIGHT, [row], 0.0) is None
    assert pool.used(0.0) == 0


def test_other_amounts_than_the_declared_ones_are_found() -> None:
    """The rows as documented agree with the declaration; one that does not is named with its amount."""
    assert find_other_amounts(LIMITS, LISTED) == []
    assert find_other_amounts(LIMITS, [{**LISTED[0], "limit": 6000}, *LISTED[1:]]) == [(WEIGHT, 6000)]
    assert find_other_amounts(LIMITS, [*ODD, {**LISTED[0], "limit": None}]) == []


@pytest.mark.parametrize(
    ("amount", "words"), [(1200, "requests may be refused"), (6000, "requests may wait for no reason")]
)
async def test_an_answer_that_lists_another_amount_is_warned_of(amount: int, words: str) -> None:
    """The warning names venue, limit and both amounts; an answer without such rows is one like any other."""
    reading = attrs.evolve(TOY.SETTINGS, limit_rows=("rateLimits",))
    endpoints = tuple(reading if one is TOY.SETTINGS else one for one in TOY_PERP.endpoints)
    venue = attrs.evolve(TOY_PERP, endpoints=endpoints, limits=(attrs.evolve(WEIGHT, used_header=None),))

    def add_rows(body: bytes) -> bytes:
        return json.dumps({**json.loads(body), "rateLimits": [{**LISTED[0], "limit": amount}]}).encode()

    async with (
        Simulation((TOY_PERP,), clock=InstantClock()) as sim,
        Runtime(clock=sim._clock, journal=False) as runtime,
    ):
        account = await runtime.open(venue, sim.credentials("toy_perp"))
        plain = await account.call(reading)
        sim.disturb("toy_perp", TOY.SETTINGS, Rewrite(add_rows))
        with pytest.warns(UserWarning, match=f"toy_perp: its limit weight is {amount} .* declared as 2400: {words}"):
            assert await account.call(reading) == plain


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]", b'{"rateLimits": 7}', b'{"rateLimits": [{]}'])
def test_a_body_without_rows_is_no_fault(body: bytes) -> None:
    """No warning, and no error."""
    compare_amounts(TOY_PERP, body, ("rateLimits",))

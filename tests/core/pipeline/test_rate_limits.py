"""A venue's own rows about its limits: counts correct pools, and amounts are compared with the declared ones."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from venuekit import Runtime
from venuekit.message import HttpResponse
from venuekit.pipeline.payment import take_counts
from venuekit.pipeline.pools import make_budget
from venuekit.pipeline.rate_limits import compare_amounts, find_other_amounts, read_counts, window_of
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


#: texts that are no list of rows
NO_ROWS = [b"7", b"{}", b"null", b'{"ORDERS": 1}', b"[{]", b"\xff", b"[" * 100_000, b"[1e400]", b"[%s]" % (b"9" * 5000)]


def counts_of(rows: Any) -> Any:
    """Return the counts that are read from rows."""
    return read_counts(json.dumps(rows).encode())


def test_a_count_is_that_of_the_limit_of_its_type_and_length() -> None:
    """Each row is about one window; none is about a bucket, or has a count where it only lists the limits."""
    counts = counts_of(FRAME)

    assert [counts.get(window_of(limit)) for limit in LIMITS] == [20, None, 1, None]
    assert counts_of(LISTED) == {}


def test_the_counts_of_an_answer_correct_the_pools_that_it_has_rows_of() -> None:
    """The others stay as they are: buckets, and windows of which there is no row."""
    pools = [(limit, make_budget(limit), 1) for limit in LIMITS]
    venue_session = SimpleNamespace(shared=None, observers=())
    session = SimpleNamespace(clock=InstantClock(), venue_session=venue_session)
    operation: Any = SimpleNamespace(session=session, endpoint=TOY.SETTINGS)

    take_counts(operation, HttpResponse(200, {}, b"{}", json.dumps(FRAME).encode()), tuple(pools))

    assert [pool.used(session.clock.monotonic()) for _, pool, _ in pools] == [20, 0, 1, 0]


@pytest.mark.parametrize("more", [[], ODD])
def test_the_first_of_several_rows_about_one_limit_counts(more: list[Any]) -> None:
    """That is so whether other rows can be read or not."""
    counts = counts_of([*more, FRAME[0], {**FRAME[0], "count": 7}])

    assert [counts.get(window_of(limit)) for limit in LIMITS] == [20, None, None, None]


@pytest.mark.parametrize("row", ODD)
def test_a_row_that_cannot_be_read_is_ignored(row: Any) -> None:
    """It says nothing of a limit, and the rows beside it do."""
    counts = counts_of([row, *FRAME])

    assert [counts.get(window_of(limit)) for limit in LIMITS] == [20, None, 1, None]
    assert [counts_of([row]).get(window_of(limit)) for limit in LIMITS] == [None] * 4


@pytest.mark.parametrize("text", NO_ROWS, ids=lambda text: text[:10].decode("latin-1"))
def test_a_text_that_is_no_list_of_rows_has_no_counts(text: bytes) -> None:
    """Rows about limits are never a reason not to believe the answer beside them."""
    assert read_counts(text) == {}


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

"""Every kind of disturbance at every venue: an order is there once or not at all, and the client says which."""

from __future__ import annotations

from typing import Any

import pytest
from tests.plugins.stages import LeapingStage, leaping, venues

from venuekit.capabilities import OrderControl
from venuekit.errors import Outcome
from venuekit.simulator.fields import FieldError
from venuekit.simulator.script_kinds import KINDS
from venuekit.simulator.scripted import read_disturbance

PLACED, ABSENT = None, Outcome.NOT_APPLIED
#: each disturbance of an order as data, with the end of the call: an order, or the outcome of the error
WRITTEN: tuple[tuple[dict[str, Any], Outcome | None], ...] = (
    ({"kind": "step-clock", "seconds": 30}, PLACED),  # measured anew, and sent once more
    ({"kind": "step-clock", "seconds": -60}, PLACED),
    ({"kind": "drop"}, ABSENT),
    ({"kind": "drop", "after": True}, PLACED),
    ({"kind": "later", "seconds": 2}, PLACED),  # before the fence
    ({"kind": "later", "seconds": 40}, ABSENT),  # behind it
    ({"kind": "delay", "before": 1, "after": 1}, PLACED),
    ({"kind": "delay", "after": 100}, PLACED),
    ({"kind": "delay", "queued": 40}, ABSENT),
    # shorter than the waits between four reads, which are drawn by chance: all within 0.2 s in one run of fifty
    ({"kind": "refuse", "seconds": 0.02}, ABSENT),
    ({"kind": "half-open"}, ABSENT),
    ({"kind": "half-open", "applied": True}, PLACED),
    ({"kind": "answer", "status": 502, "text": "<html>"}, ABSENT),
    ({"kind": "answer", "status": 502, "text": "<html>", "applied": True}, PLACED),
    ({"kind": "reject", "reason": "insufficient_margin"}, ABSENT),
    ({"kind": "truncate", "keep": 10}, PLACED),
    ({"kind": "cut", "keep": 10}, PLACED),
    ({"kind": "cut", "keep": 0}, PLACED),
    ({"kind": "oversize", "size": 20_000_000}, PLACED),
    ({"kind": "oversize", "size": 20_000_000, "gzip": True}, PLACED),
    ({"kind": "unended-gzip"}, PLACED),
    ({"kind": "unended-gzip", "missing": 30}, PLACED),
    ({"kind": "content-type", "type": "text/html"}, PLACED),
    ({"kind": "drip", "every": 5}, PLACED),
    ({"kind": "swap", "within": 1}, PLACED),
    ({"kind": "half-close"}, PLACED),
    ({"kind": "actor", "command": "mark", "after": True}, PLACED),
    ({"kind": "twice"}, PLACED),
    ({"kind": "unasked", "status": 500}, PLACED),
    ({"kind": "unasked", "body": {"code": -1}, "status": 400, "first": True}, PLACED),
)


def _route(stage: LeapingStage) -> str:
    endpoints = stage.account.venue.endpoints
    return str(next(one.name for one in endpoints if OrderControl.place_order in one.serves and one.is_write))


@pytest.mark.looptime
@venues
async def test_the_client_ends_as_the_ledger_does(venue: str) -> None:
    """After each kind, the order is there exactly when the client says so; where it may be either, it says that."""
    async with leaping(venue) as (sim, account):
        stage = LeapingStage(sim, account)
        symbol, mark = stage.symbol, str(stage.ledger.mark(stage.symbol))
        ends = []
        for written, _ in WRITTEN:
            given = {**written, "with": {"symbol": symbol, "price": mark}} if written["kind"] == "actor" else written
            before = len(stage.ledger.orders(symbol, hidden=True))
            read_disturbance({**given, "route": _route(stage)}).add_to(sim)
            outcome = await stage.outcome_of_bid()
            await account.pause(60)  # nothing is under way any more
            ends.append((written, outcome, len(stage.ledger.orders(symbol, hidden=True)) - before))
            assert sim.script.is_played

        assert ends == [(given, outcome, 1 if outcome is PLACED else 0) for given, outcome in WRITTEN]


@pytest.mark.looptime
@venues
async def test_nobody_listens(venue: str) -> None:
    """A connection that is refused is a request that never left; once the venue is back, all is well."""
    async with leaping(venue) as (sim, account):
        stage = LeapingStage(sim, account)
        read_disturbance({"kind": "refuse", "seconds": 300, "route": _route(stage)}).add_to(sim)
        first = await stage.outcome_of_bid()
        second = await stage.outcome_of_bid()
        sim.requests.clear()
        await account.pause(300)

        assert (first, second, sim.requests) == (Outcome.UNKNOWN, Outcome.NOT_SENT, [])
        assert await stage.outcome_of_bid() is PLACED


def test_no_kind_is_left_out() -> None:
    """The list has every kind but the lag, which is for reads."""
    assert {given["kind"] for given, _ in WRITTEN} == set(KINDS) - {"lag"}


@pytest.mark.looptime
@venues
async def test_a_lag_is_for_reads(venue: str) -> None:
    """It is refused for a write, which it would carry out in a copy of the account."""
    async with leaping(venue) as (sim, account):
        stage = LeapingStage(sim, account)
        with pytest.raises(FieldError, match=f"route: a lag is for reads, and POST .* of {venue} writes"):
            read_disturbance({"kind": "lag", "route": _route(stage)}).add_to(sim)

"""Disturbances can be written as data: what is right is played, what is wrong is named with what was expected."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.endpoint import EndpointName
from venuekit.errors import ConfigurationError
from venuekit.simulator import (
    ApplyLater,
    CannedAnswer,
    Cut,
    Delay,
    Disturbance,
    DropAfter,
    DropBefore,
    HalfClose,
    Lag,
    Simulation,
    Truncate,
    Twice,
    simulate,
)
from venuekit.simulator.fields import FieldError
from venuekit.simulator.scripted import KINDS, read_disturbance, read_route
from venuekit_toy_perp.venue import TOY_PERP

ADD = "POST /v1/collateral"
#: a script as data, and the disturbance that it is
WRITTEN: tuple[tuple[dict[str, object], Disturbance], ...] = (
    ({"do": "drop"}, DropBefore()),
    ({"do": "drop", "before": True}, DropBefore()),
    ({"do": "drop", "after": True}, DropAfter()),
    ({"do": "later", "seconds": 4}, ApplyLater(4.0)),
    ({"do": "delay", "before": "0.5", "queued": Decimal(1), "after": 2}, Delay(0.5, 1.0, 2.0)),
    ({"do": "answer", "status": 503}, CannedAnswer(503)),
    (
        {"do": "answer", "status": 403, "text": "<html>", "headers": {"Content-Type": "text/html"}, "applied": True},
        CannedAnswer(403, b"<html>", {"Content-Type": "text/html"}, applied=True),
    ),
    ({"do": "answer", "status": 400, "body": {"code": -1}}, CannedAnswer.json(400, {"code": -1})),
    ({"do": "truncate", "keep": 7}, Truncate(7)),
    ({"do": "cut", "keep": 0}, Cut(0)),
    ({"do": "twice"}, Twice()),
    ({"do": "half-close"}, HalfClose()),
    ({"do": "lag", "reads": 2}, Lag(2)),
)


@pytest.mark.parametrize(("given", "disturbance"), WRITTEN, ids=str)
def test_each_kind_is_read(given: Mapping[str, object], disturbance: Disturbance) -> None:
    """Kind and fields give the disturbance of the same meaning, for one attempt at any venue."""
    scripted = read_disturbance({"route": "post /v1/collateral", **given})

    assert scripted.disturbance == disturbance
    assert (scripted.route, scripted.venue_id, scripted.times) == (EndpointName("POST", "/v1/collateral"), None, 1)


def test_no_kind_is_left_out() -> None:
    """The examples above show every kind that can be written."""
    assert {given["do"] for given, _ in WRITTEN} == set(KINDS)


def test_toml_is_read_as_it_stands() -> None:
    """A table of TOML is such data."""
    table = tomllib.loads('do = "delay"\nroute = "GET /v1/wallet"\nvenue = "toy_perp"\ntimes = 3\nafter = 0.25')
    scripted = read_disturbance(table)

    assert scripted.disturbance == Delay(after=0.25)
    assert (scripted.venue_id, scripted.times) == ("toy_perp", 3)


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({}, "do", "it is missing; expected one of drop, later"),
        ({"do": "drip"}, "do", "there is no 'drip'; expected one of drop, later"),
        ({"do": ["drop"]}, "do", "there is no ['drop']"),
        ({"do": "drop"}, "route", "it is missing; expected a text"),
        ({"do": "drop", "route": ADD, "aftr": True}, "aftr", "there is no such field; did you mean after?"),
        ({"do": "twice", "route": ADD, "qqq": 1}, "qqq", "there is no such field; there are route, venue, times"),
        ({"do": "drop", "route": ADD, "after": "yes"}, "after", "expected true or false, not 'yes'"),
        ({"do": "drop", "route": ADD, "times": 0}, "times", "expected a whole number from 1 to 1000, not 0"),
        (
            {"do": "drop", "route": ADD, "times": 10**9},
            "times",
            "expected a whole number from 1 to 1000, not 1000000000",
        ),
        ({"do": "lag", "route": ADD, "reads": 1001}, "reads", "expected a whole number from 1 to 1000, not 1001"),
        ({"do": "drop", "route": ADD, "times": True}, "times", "expected a whole number from 1 to 1000, not True"),
        ({"do": "drop", "route": ADD, "before": True, "after": True}, "after", "either before or after"),
        ({"do": "later", "route": ADD, "seconds": -1}, "seconds", "expected seconds from 0 to 86400, not -1"),
        ({"do": "later", "route": ADD, "seconds": float("inf")}, "seconds", "expected seconds"),
        ({"do": "later", "route": ADD, "seconds": "1_0"}, "seconds", "not '1_0'"),
        ({"do": "delay", "route": ADD}, None, "expected seconds above 0 for before, queued or after"),
        ({"do": "answer", "route": ADD}, "status", "expected a status, or the name of an answer that the venue docum"),
        ({"do": "answer", "route": ADD, "name": "x", "text": "y"}, "text", "an answer that a venue documents has its"),
        ({"do": "answer", "route": ADD, "status": 99}, "status", "expected an HTTP status from 200 to 599, not 99"),
        ({"do": "answer", "route": ADD, "status": 400, "text": "a", "body": 1}, "text", "either a body"),
        ({"do": "answer", "route": ADD, "status": 400, "headers": {"A": 1}}, "headers", "expected a table of texts"),
        (
            {"do": "answer", "route": ADD, "status": 400, "headers": {"A b": "1"}},
            "headers",
            "names and values of HTTP h",
        ),
        (
            {"do": "answer", "route": ADD, "status": 400, "headers": {"A": "1\r\nB: 2"}},
            "headers",
            "names and values of",
        ),
        (
            {"do": "answer", "route": ADD, "status": 400, "text": "\ud800"},
            "text",
            "expected a text of whole characters",
        ),
        (
            {"do": "answer", "route": ADD, "status": 400, "body": ["\ud800"]},
            "body",
            "expected a value that JSON can hold",
        ),
        ({"do": "cut", "route": ADD, "keep": "x" * 99}, "keep", "at least 0, not '" + "x" * 59 + "..."),
        ({"do": "drop", "route": "/v1/collateral"}, "route", 'expected a verb and the documented path, as "POST'),
        ({"do": "drop", "route": "POST v1"}, "route", "not 'POST v1'"),
        ({"do": "drop", "route": "POST"}, "route", "not 'POST'"),
        ({"do": "drop", "route": "SEND /v1/x"}, "route", "not 'SEND /v1/x'"),
        ({"do": "drop", "route": "GET /v1/x y"}, "route", "not 'GET /v1/x y'"),
        ({"do": "drop", "route": 7}, "route", "expected a text, not 7"),
    ],
)
def test_a_mistake_is_named_with_its_field(given: dict[str, Any], field: str | None, words: str) -> None:
    """The error has the field, and says in one sentence what was expected."""
    with pytest.raises(FieldError) as raised:
        read_disturbance(given)

    assert raised.value.field == field
    assert words in raised.value.problem
    assert isinstance(raised.value, ConfigurationError)
    assert str(raised.value) == (f"{field}: " if field else "") + raised.value.problem


def test_words_of_a_route() -> None:
    """Actions follow the path, in any order."""
    assert read_route("  put   /v1/op  b=2 a=1 ") == EndpointName("PUT", "/v1/op", (("a", "1"), ("b", "2")))


async def test_it_is_played_once_at_the_first_of_several_venues(toy: Any) -> None:
    """Without a venue, the first attempt at any venue that has the route plays it, and no other one does."""
    twin = attrs.evolve(TOY_PERP, id="toy_twin", realm="twin")
    async with Simulation((TOY_PERP, twin)) as sim, toy(sim) as client, toy(sim, "toy_twin") as other:
        where = read_disturbance({"do": "answer", "status": 503, "route": "GET /v1/wallet"}).add_to(sim)
        before = sim.script.waiting()
        first = await other.send("GET", "/v1/wallet")
        second = await client.send("GET", "/v1/wallet")

        assert where == ("toy_perp", "toy_twin")
        assert {venue for venue, _ in before} == {"toy_perp", "toy_twin"}
        assert (first.status, second.status, sim.script.is_played, sim.script.waiting()) == (503, 200, True, {})


async def test_it_is_played_as_often_as_told_at_its_venue(toy: Any) -> None:
    """With a venue it waits there alone, for so many attempts."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        given = {"do": "answer", "status": 418, "route": "GET /v1/wallet", "venue": "toy_perp", "times": 2}
        assert read_disturbance(given).add_to(sim) == ("toy_perp",)
        replies = [await client.send("GET", "/v1/wallet") for _ in range(3)]

    assert [reply.status for reply in replies] == [418, 418, 200]


async def test_a_lag_looks_back_to_the_moment_of_the_script(toy: Any) -> None:
    """A lag that is written shows the account as it was when it was added to the simulation."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        read_disturbance({"do": "lag", "route": "GET /v1/collateral/history"}).add_to(sim)
        await client.send("POST", "/v1/collateral", contract="TOYUSD", amount=5)
        shown = [await client.send("GET", "/v1/collateral/history", contract="TOYUSD") for _ in range(2)]

    assert [len(reply.json["changes"]) for reply in shown] == [0, 1]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"route": "POST /v1/colateral"}, "no simulated venue has POST /v1/colateral; the nearest are POST /v1/coll"),
        ({"route": "POST /v2", "venue": "toy_perp"}, "the simulated toy_perp does not have POST /v2; the nearest are"),
        ({"route": ADD, "venue": "toy_prep"}, "'toy_prep' is not simulated here; did you mean toy_perp?"),
        ({"route": ADD, "venue": "x"}, "'x' is not simulated here; there are toy_perp"),
    ],
)
def test_a_route_that_no_venue_has(given: dict[str, str], words: str) -> None:
    """The nearest routes are named, or the venues."""
    with pytest.raises(FieldError) as raised:
        read_disturbance({"do": "drop", **given}).add_to(simulate("toy_perp"))

    assert words in raised.value.problem


async def test_answers_that_a_venue_documents(toy: Any) -> None:
    """An answer does to the request as the venue documents, or as the script chooses where either may be."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        for name, applied in (("busy", {}), ("not-known", {"applied": True}), ("not-known", {})):
            read_disturbance({"do": "answer", "name": name, "route": ADD, **applied}).add_to(sim)
        replies = [await client.send("POST", "/v1/collateral", contract="TOYUSD", amount=n) for n in (1, 2, 3)]
        added = [change.amount for change in sim.ledger.margin_changes("TOYUSD")]

        assert [(reply.status, reply.code) for reply in replies] == [(503, 3002), (503, 3001), (503, 3001)]
        assert added == [2]
        for given, words in (
            ({"name": "bsy"}, "name: toy_perp documents no answer 'bsy'; did you mean busy?"),
            ({"name": "busy", "applied": True}, "applied: toy_perp documents that a request is not carried out where"),
        ):
            with pytest.raises(FieldError) as raised:
                read_disturbance({"do": "answer", "route": ADD, **given}).add_to(sim)
            assert str(raised.value).startswith(words)
    assert sim.script.is_played

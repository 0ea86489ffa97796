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
    ContentType,
    Cut,
    Delay,
    Disturbance,
    Drip,
    DropAfter,
    DropBefore,
    HalfClose,
    HalfOpen,
    Lag,
    Oversize,
    RefuseConnections,
    Reject,
    Response,
    SecondActor,
    Simulation,
    StepClock,
    Swap,
    Truncate,
    Twice,
    Unasked,
    UnendedGzip,
    simulate,
)
from venuekit.simulator.fields import FieldError
from venuekit.simulator.ledger import LedgerRefusal, Reason
from venuekit.simulator.script_kinds import KINDS, Actor
from venuekit.simulator.scripted import read_disturbance, read_route
from venuekit_toy_perp.venue import TOY_PERP

ADD = "POST /v1/collateral"
#: a script as data, and the disturbance that it is
WRITTEN: tuple[tuple[dict[str, object], Disturbance | Actor], ...] = (
    ({"kind": "drop"}, DropBefore()),
    ({"kind": "drop", "before": True}, DropBefore()),
    ({"kind": "drop", "after": True}, DropAfter()),
    ({"kind": "later", "seconds": 4}, ApplyLater(4.0)),
    ({"kind": "delay", "before": "0.5", "queued": Decimal(1), "after": 2}, Delay(0.5, 1.0, 2.0)),
    ({"kind": "answer", "status": 503}, CannedAnswer(503)),
    (
        {"kind": "answer", "status": 403, "text": "<html>", "headers": {"Content-Type": "text/html"}, "applied": True},
        CannedAnswer(403, b"<html>", {"Content-Type": "text/html"}, applied=True),
    ),
    ({"kind": "answer", "status": 400, "body": {"code": -1}}, CannedAnswer.json(400, {"code": -1})),
    ({"kind": "truncate", "keep": 7}, Truncate(7)),
    ({"kind": "cut", "keep": 0}, Cut(0)),
    ({"kind": "later", "seconds": 9, "unchecked": True}, ApplyLater(9.0, unchecked=True)),
    ({"kind": "refuse", "seconds": 3}, RefuseConnections(3.0)),
    ({"kind": "half-open", "applied": True}, HalfOpen(applied=True)),
    ({"kind": "reject", "reason": "open_orders"}, Reject(Reason.OPEN_ORDERS)),
    ({"kind": "reject", "reason": "no_change", "details": {"a": 1}}, Reject(Reason.NO_CHANGE, {"a": 1})),
    ({"kind": "oversize", "size": 99, "gzip": True}, Oversize(99, gzip=True)),
    ({"kind": "unended-gzip"}, UnendedGzip(8)),
    ({"kind": "unended-gzip", "missing": 20}, UnendedGzip(20)),
    ({"kind": "content-type", "type": "text/html"}, ContentType("text/html")),
    ({"kind": "drip", "every": "0.5", "size": 3}, Drip(0.5, 3)),
    ({"kind": "unasked", "status": 500}, Unasked(Response(500))),
    ({"kind": "unasked", "body": [1], "first": True, "lead": 2}, Unasked.json([1], first=True, lead=2.0)),
    ({"kind": "swap", "within": 3}, Swap(3.0)),
    ({"kind": "step-clock", "seconds": Decimal("-1.5"), "after": True}, StepClock(-1.5, after=True)),
    (
        {"kind": "actor", "command": "deposit", "with": {"asset": "USD", "amount": "5"}},
        Actor("deposit", {"asset": "USD", "amount": "5"}),
    ),
    ({"kind": "twice"}, Twice()),
    ({"kind": "half-close"}, HalfClose()),
    ({"kind": "lag", "reads": 2}, Lag(2)),
)


@pytest.mark.parametrize(("given", "disturbance"), WRITTEN, ids=str)
def test_each_kind_is_read(given: Mapping[str, object], disturbance: Disturbance | Actor) -> None:
    """Kind and fields give the disturbance of the same meaning, for one attempt at any venue."""
    scripted = read_disturbance({"route": "post /v1/collateral", **given})

    assert scripted.disturbance == disturbance
    assert (scripted.route, scripted.venue_id, scripted.times) == (EndpointName("POST", "/v1/collateral"), None, 1)


def test_no_kind_is_left_out() -> None:
    """The examples above show every kind that can be written."""
    assert {given["kind"] for given, _ in WRITTEN} == set(KINDS)


def test_toml_is_read_as_it_stands() -> None:
    """A table of TOML is such data."""
    table = tomllib.loads('kind = "delay"\nroute = "GET /v1/wallet"\nvenue = "toy_perp"\ntimes = 3\nafter = 0.25')
    scripted = read_disturbance(table)

    assert scripted.disturbance == Delay(after=0.25)
    assert (scripted.venue_id, scripted.times) == ("toy_perp", 3)


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({}, "kind", "it is missing; expected one of drop, later"),
        ({"kind": "dripp"}, "kind", "there is no 'dripp'; did you mean drip?"),
        ({"kind": "x"}, "kind", "there is no 'x'; expected one of drop, later"),
        ({"kind": ["drop"]}, "kind", "there is no ['drop']"),
        ({"kind": "drop"}, "route", "it is missing; expected a text"),
        ({"kind": "drop", "route": ADD, "aftr": True}, "aftr", "there is no such field; did you mean after?"),
        (
            {"kind": "twice", "route": ADD, "qqq": 1},
            "qqq",
            "there are route, venue, attempt, times",
        ),
        ({"kind": "drop", "route": ADD, "after": "yes"}, "after", "expected true or false, not 'yes'"),
        ({"kind": "drop", "route": ADD, "times": 0}, "times", "expected a whole number from 1 to 1000, not 0"),
        (
            {"kind": "drop", "route": ADD, "times": 10**9},
            "times",
            "expected a whole number from 1 to 1000, not 1000000000",
        ),
        ({"kind": "lag", "route": ADD, "reads": 1001}, "reads", "expected a whole number from 1 to 1000, not 1001"),
        ({"kind": "drop", "route": ADD, "times": True}, "times", "expected a whole number from 1 to 1000, not True"),
        ({"kind": "drop", "route": ADD, "before": True, "after": True}, "after", "either before or after"),
        ({"kind": "later", "route": ADD, "seconds": -1}, "seconds", "expected seconds from 0 to 86400, not -1"),
        ({"kind": "later", "route": ADD, "seconds": float("inf")}, "seconds", "expected seconds"),
        ({"kind": "later", "route": ADD, "seconds": "1_0"}, "seconds", "not '1_0'"),
        ({"kind": "delay", "route": ADD}, None, "expected seconds above 0 for before, queued or after"),
        (
            {"kind": "answer", "route": ADD},
            "status",
            "expected a status, or the name of an answer that the",
        ),
        (
            {"kind": "answer", "route": ADD, "name": "x", "text": "y"},
            "text",
            "an answer that a venue documents has",
        ),
        ({"kind": "answer", "route": ADD, "status": 99}, "status", "expected an HTTP status from 200 to 599, not 99"),
        ({"kind": "answer", "route": ADD, "status": 400, "text": "a", "body": 1}, "text", "either a body"),
        ({"kind": "answer", "route": ADD, "status": 400, "headers": {"A": 1}}, "headers", "expected a table of texts"),
        (
            {"kind": "answer", "route": ADD, "status": 400, "headers": {"A b": "1"}},
            "headers",
            "names and values of HTTP h",
        ),
        (
            {"kind": "answer", "route": ADD, "status": 400, "headers": {"A": "1\r\nB: 2"}},
            "headers",
            "names and values of",
        ),
        (
            {"kind": "answer", "route": ADD, "status": 400, "text": "\ud800"},
            "text",
            "expected a text of whole characters",
        ),
        (
            {"kind": "answer", "route": ADD, "status": 400, "body": ["\ud800"]},
            "body",
            "expected a value that JSON can hold",
        ),
        ({"kind": "drip", "route": ADD, "every": 0}, "every", "expected seconds above 0"),
        ({"kind": "step-clock", "route": ADD, "seconds": 1e6}, "seconds", "from -86400 to 86400, not 1000000.0"),
        ({"kind": "oversize", "route": ADD, "size": 10**10}, "size", "a whole number from 0 to 268435456, not 1000"),
        ({"kind": "content-type", "route": ADD, "type": "a\nb"}, "type", "expected the value of an HTTP header"),
        ({"kind": "unasked", "route": ADD, "lead": 2}, "lead", "only a response that comes first arrives before"),
        ({"kind": "unasked", "route": ADD, "status": 700}, "status", "expected an HTTP status from 200 to 599"),
        ({"kind": "reject", "route": ADD, "reason": "open_order"}, "reason", "did you mean open_orders, "),
        (
            {"kind": "reject", "route": ADD, "reason": "leverage_too_high"},
            "reason",
            "words is 'leverage_too_high'; did you mean leverage_above_bracket, ",
        ),
        ({"kind": "reject", "route": ADD, "reason": "no_change", "details": 1}, "details", "expected a table"),
        ({"kind": "actor", "route": ADD}, "command", "it is missing; expected one of mark, index, fund"),
        ({"kind": "actor", "route": ADD, "command": "fil"}, "command", "not 'fil'; did you mean fill?"),
        ({"kind": "actor", "route": ADD, "command": "mark", "with": [1]}, "with", "expected a table of the command's"),
        ({"kind": "actor", "route": ADD, "command": "mark"}, "with.symbol", "it is missing; expected a text"),
        (
            {"kind": "actor", "route": ADD, "command": "mark", "with": {"symbol": "A", "prise": 1}},
            "with.prise",
            "there is no such field; did you mean price?",
        ),
        ({"kind": "drop", "route": ADD, "attempt": 0}, "attempt", "expected a whole number from 1 to 1000, not 0"),
        ({"kind": "cut", "route": ADD, "keep": "x" * 99}, "keep", "at least 0, not '" + "x" * 59 + "..."),
        ({"kind": "drop", "route": "/v1/collateral"}, "route", 'expected a verb and the documented path, as "POST'),
        ({"kind": "drop", "route": "POST v1"}, "route", "not 'POST v1'"),
        ({"kind": "drop", "route": "POST"}, "route", "not 'POST'"),
        ({"kind": "drop", "route": "SEND /v1/x"}, "route", "not 'SEND /v1/x'"),
        ({"kind": "drop", "route": "GET /v1/x y"}, "route", "not 'GET /v1/x y'"),
        ({"kind": "drop", "route": 7}, "route", "expected a text, not 7"),
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
        where = read_disturbance({"kind": "answer", "status": 503, "route": "GET /v1/wallet"}).add_to(sim)
        before = sim.script.waiting()
        first = await other.send("GET", "/v1/wallet")
        second = await client.send("GET", "/v1/wallet")

        assert where == ("toy_perp", "toy_twin")
        assert {venue for venue, _ in before} == {"toy_perp", "toy_twin"}
        assert (first.status, second.status, sim.script.is_played, sim.script.waiting()) == (503, 200, True, {})


async def test_it_is_played_as_often_as_told_at_its_venue(toy: Any) -> None:
    """With a venue it waits there alone, for so many attempts."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        given = {"kind": "answer", "status": 418, "route": "GET /v1/wallet", "venue": "toy_perp", "times": 2}
        assert read_disturbance(given).add_to(sim) == ("toy_perp",)
        replies = [await client.send("GET", "/v1/wallet") for _ in range(3)]

    assert [reply.status for reply in replies] == [418, 418, 200]


async def test_a_lag_looks_back_to_the_moment_of_the_script(toy: Any) -> None:
    """A lag that is written shows the account as it was when it was added to the simulation."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        read_disturbance({"kind": "lag", "route": "GET /v1/collateral/history"}).add_to(sim)
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
        (
            {"kind": "actor", "command": "mark", "with": {"symbol": "TOYUSDD", "price": 1}, "route": ADD},
            "toy_perp has no TOYUSDD; did you mean TOYUSD?",
        ),
        (
            {
                "kind": "actor",
                "command": "deposit",
                "with": {"asset": "USD", "amount": 1, "account": "q"},
                "route": ADD,
            },
            "there is no account 'q'; there are 1",
        ),
    ],
)
def test_a_route_that_no_venue_has(given: dict[str, str], words: str) -> None:
    """The nearest routes are named, or the venues."""
    with pytest.raises(FieldError) as raised:
        read_disturbance({"kind": "drop", **given}).add_to(simulate("toy_perp"))

    assert words in raised.value.problem


async def test_answers_that_a_venue_documents(toy: Any) -> None:
    """An answer does to the request as the venue documents, or as the script chooses where either may be."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        for name, applied in (("busy", {}), ("not-known", {"applied": True}), ("not-known", {})):
            read_disturbance({"kind": "answer", "name": name, "route": ADD, **applied}).add_to(sim)
        replies = [await client.send("POST", "/v1/collateral", contract="TOYUSD", amount=n) for n in (1, 2, 3)]
        added = [change.amount for change in sim.ledger.margin_changes("TOYUSD")]

        assert [(reply.status, reply.code) for reply in replies] == [(503, 3002), (503, 3001), (503, 3001)]
        assert added == [2]
        for given, words in (
            ({"name": "bsy"}, "name: toy_perp documents no answer 'bsy'; did you mean busy?"),
            ({"name": "busy", "applied": True}, "applied: toy_perp documents that a request is not carried out where"),
        ):
            with pytest.raises(FieldError) as raised:
                read_disturbance({"kind": "answer", "route": ADD, **given}).add_to(sim)
            assert str(raised.value).startswith(words)
    assert sim.script.is_played


async def test_a_numbered_attempt(toy: Any) -> None:
    """Attempts count from now; several disturbances of one attempt are played together, and others come behind them."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        route = {"route": "GET /v1/wallet"}
        for given in (
            {"kind": "answer", "status": 500, "attempt": 2},
            {"kind": "answer", "status": 501, "attempt": 4, "times": 2},
            {"kind": "truncate", "keep": 1, "attempt": 1},
            {"kind": "cut", "keep": 3, "attempt": 4},
            {"kind": "answer", "status": 502},
        ):
            read_disturbance({**given, **route}).add_to(sim)
        waiting = sim.script.waiting()
        replies = [await client.send("GET", "/v1/wallet") for _ in range(7)]

        assert [reply.status for reply in replies] == [200, 500, 200, 501, 501, 502, 200]
        assert [reply.cut for reply in replies] == [True, *[False] * 6]
        assert [len(steps) for steps in waiting["toy_perp", EndpointName("GET", "/v1/wallet")]] == [1, 1, 0, 2, 1, 1]
        assert sim.script.is_played
        with pytest.raises(ValueError, match="expected an attempt from 1, of one venue, not attempt 0 of 1"):
            sim.disturb("toy_perp", ("GET", "/v1/wallet"), DropBefore(), attempt=0)

    twin = attrs.evolve(TOY_PERP, id="toy_twin", realm="twin")
    several = Simulation((TOY_PERP, twin))
    with pytest.raises(FieldError, match="venue: name the venue whose attempts count: toy_perp, toy_twin have GET /v1"):
        read_disturbance({"kind": "drop", "attempt": 2, **route}).add_to(several)


async def test_a_second_actor_gives_commands(toy: Any, caplog: pytest.LogCaptureFixture) -> None:
    """It acts at the venue and inside the attempt; a command that is refused is logged, and the attempt goes on."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        before = sim.ledger.balance("USD").wallet
        for given in (
            {"command": "deposit", "with": {"asset": "USD", "amount": "7"}},
            {"command": "fill", "with": {"order": "404"}, "after": True},
        ):
            read_disturbance({"kind": "actor", "route": "GET /v1/wallet", **given}).add_to(sim)
        replies = [await client.send("GET", "/v1/wallet") for _ in range(2)]

        assert [reply.status for reply in replies] == [200, 200]
        assert sim.ledger.balance("USD").wallet == before + 7
        assert "a second actor's fill had no effect: " in caplog.text


@pytest.mark.parametrize("with_account", [None, "b"])
async def test_a_second_actor_is_on_the_account_of_the_caller(toy: Any, with_account: str | None) -> None:
    """It acts on the account whose key the request carries, unless its command names another one."""
    async with simulate("toy_perp", accounts={"a": {"USD": 10}, "b": {"USD": 20}}) as sim, toy(sim) as client:
        key = sim.key_of("toy_perp", account="a")
        client.key, client.secret = key.key, key.secret
        more = {} if with_account is None else {"account": with_account}
        deposit = {"command": "deposit", "with": {"asset": "USD", "amount": 5, **more}}
        read_disturbance({"kind": "actor", "route": "GET /v1/wallet", **deposit}).add_to(sim)
        sim.disturb("toy_perp", ("GET", "/v1/wallet"), SecondActor(lambda ledger: ledger.deposit("USD", Decimal(1))))
        replies = [await client.send("GET", "/v1/wallet") for _ in range(2)]
        wallets = [sim.ledger_of("toy_perp", account=one).balance("USD").wallet for one in ("a", "b")]

    assert [reply.status for reply in replies] == [200, 200]
    assert wallets == ([16, 20] if with_account is None else [11, 25])


def test_a_refusal_that_the_venue_cannot_word() -> None:
    """Details that a venue's words need are asked for before anything is served."""
    sim = simulate("toy_perp")

    def refuse(refusal: LedgerRefusal, *_: object) -> Response:
        return Response(400, str(refusal.details["step"]).encode())

    sim._service("toy_perp").simulated.refuse = refuse  # type: ignore[assignment, method-assign]  # a venue of few words
    given = {"kind": "reject", "reason": "price_off_step", "route": ADD}
    with pytest.raises(
        FieldError,
        match=r"details: toy_perp has no words for price_off_step at POST /v1/collateral by .*: 'step' is mis",
    ):
        read_disturbance(given).add_to(sim)
    assert read_disturbance({**given, "details": {"step": 1}}).add_to(sim) == ("toy_perp",)

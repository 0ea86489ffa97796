"""A venue without sockets: routes, costs, the two halves of an answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit.endpoint import Area, Effect, Endpoint, Security
from venuekit.errors import ConfigurationError
from venuekit.parameters import Kind, Parameter
from venuekit.plugin import from_milliseconds
from venuekit.simulator import (
    Handler,
    Meter,
    Response,
    Route,
    Service,
    SimRequest,
    SimulatedVenue,
    Visit,
    json_response,
    make_key,
    open_ledger,
)
from venuekit.venue import Limit
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.simulated import SimulatedToy

NOW = 1_750_000_000_000
KEY = make_key(0)


def _service(simulated: SimulatedVenue) -> Service:
    ledger = open_ledger([simulated], lambda: from_milliseconds(NOW))
    return Service(TOY_PERP, simulated, ledger, keys={KEY.key: KEY}, now=lambda: NOW)


def test_a_simulated_venue_needs_no_socket() -> None:
    """A request value in, a response value out."""
    response = _service(SimulatedToy()).answer(SimRequest.of("GET", "/v1/time"))

    assert response == Response(200, b'{"now":%d}' % NOW, {"Content-Type": "application/json", "X-Toy-Used": "1"})


def test_a_route_that_is_answered_in_two_ways_is_an_error() -> None:
    """Two handlers for one verb and path are refused at start, and any two of handler, refusal and unserved route."""

    class Twice(SimulatedToy):
        def extra_routes(self) -> tuple[Route, ...]:
            return (Route("GET", "/v1/time", lambda _, visit: visit.milliseconds),)

    class Refused(SimulatedToy):
        refusals: Mapping[tuple[str, str], Response] = {("GET", "/v1/time"): Response(403)}

    class Unserved(SimulatedToy):
        unserved = frozenset({("GET", "/v1/time")})

    class RefusedAndUnserved(SimulatedToy):
        refusals: Mapping[tuple[str, str], Response] = {("GET", "/v9/time"): Response(403)}
        unserved = frozenset({("GET", "/v9/time")})

    for simulated in (Twice(), Refused(), Unserved(), RefusedAndUnserved()):
        with pytest.raises(ConfigurationError, match=r"GET /v./time in two ways"):
            _service(simulated)


def test_a_documented_route_that_is_not_simulated_answers_501(caplog: pytest.LogCaptureFixture) -> None:
    """The answer and a warning say so; another path is unknown to the venue, and no warning is due."""

    class Unserved(SimulatedToy):
        unserved = frozenset({("GET", "/v1/vault")})

    service = _service(Unserved())
    answer = service.answer(SimRequest.of("GET", "/v1/vault", query="secret=abc"))
    unknown = service.answer(SimRequest.of("POST", "/v1/vault"))

    assert (answer.status, unknown.status) == (501, 404)
    assert json.loads(answer.body) == {"msg": "not served by the simulator"}
    assert [record.getMessage() for record in caplog.records] == [
        "toy_perp: GET /v1/vault is not served by the simulator"
    ]


def test_extra_routes_and_payloads() -> None:
    """A route of the simulated venue's own is served; a handler's finished response is taken as it is."""

    class More(SimulatedToy):
        def extra_routes(self) -> tuple[Route, ...]:
            return (
                Route("GET", "/v1/plain", lambda _, visit: {"now": visit.now.year}),
                Route("GET", "/v1/teapot", lambda _request, _visit: Response(418, b"short and stout")),
                Route("GET", "/v1/mine", self._mine, security=Security.KEY, costs=lambda _: {"weight": 7}),
            )

        def _mine(self, request: SimRequest, visit: Visit) -> object:
            return {"read_only": visit.key is not None and visit.key.read_only}

    service = _service(More())
    plain, teapot = (service.answer(SimRequest.of("GET", path)) for path in ("/v1/plain", "/v1/teapot"))
    mine = service.answer(SimRequest.of("GET", "/v1/mine", headers={"X-Toy-Key": KEY.key}))

    assert json_response({"now": 2025}) == plain
    assert Response(418, b"short and stout") == teapot
    assert (mine.body, mine.headers["X-Toy-Used"]) == (b'{"read_only":false}', "7")
    assert service.answer(SimRequest.of("GET", "/v1/mine")).status == 401


def test_endpoints_of_one_route_share_their_handler() -> None:
    """Two declarations of one verb and path are one route when one handler answers both."""
    again = attrs.evolve(TOY.SERVER_TIME, serves=())

    class Both(SimulatedToy):
        def handlers(self) -> Mapping[Endpoint[Any], Handler]:
            mine = super().handlers()
            return {**mine, again: mine[TOY.SERVER_TIME]}

    assert _service(Both()).answer(SimRequest.of("GET", "/v1/time")).status == 200


def test_routes_know_what_a_read_only_key_may_do() -> None:
    """What changes something is a write; reads and sessions are not."""
    told = {effect: Route("PUT", "/x", lambda _r, _v: None, effect=effect).is_write for effect in Effect}

    assert {Effect.SET, Effect.DELTA, Effect.KEYED} == {effect for effect, is_write in told.items() if is_write}
    assert (
        Route.of(TOY.CONTRACTS, lambda _r, _v: None).is_write,
        Route.of(TOY.SET_LEVERAGE, lambda _r, _v: None).is_write,
    ) == (False, True)


@pytest.mark.parametrize(
    ("sent", "cost"), [({}, 2), ({"limit": "10"}, 1), ({"limit": "ten"}, 2), ({"limit": 10}, 1), ({"other": "1"}, 2)]
)
def test_costs_by_parameters(sent: Mapping[str, Any], cost: int) -> None:
    """A weight that depends on parameters gets them typed as declared; what cannot be read counts as not sent."""
    endpoint: Endpoint[bytes] = Endpoint(
        "GET",
        "/x",
        decode=bytes,
        parameters=(Parameter("limit", Kind.INTEGER),),
        weight=lambda parameters: 1 if parameters.get("limit", 100) < 50 else 2,
        weight_most=2,
        pools={"weight": None, "orders": 3},
    )

    assert {"weight": cost, "orders": 3} == Route.of(endpoint, lambda _r, _v: None).costs(sent)


@given(st.lists(st.tuples(st.integers(0, 30_000), st.integers(1, 5)), max_size=30))
def test_meter_counts_each_window(payments: list[tuple[int, int]]) -> None:
    """In every aligned window the used amount is the sum of what was paid in it, refused or not."""
    meter, limit = Meter(), Limit("weight", amount=10, seconds=5)
    paid: dict[int, int] = {}
    for at, cost in sorted(payments):
        (usage,) = meter.pay({"weight": cost}, (limit, Limit("other", amount=1, seconds=1)), at)
        paid[at // 5000] = paid.get(at // 5000, 0) + cost

        assert paid[at // 5000] == usage.used
        assert (max(0, 10 - usage.used), usage.used > 10) == (usage.remaining, usage.is_exceeded)
        assert at < usage.resets_at <= at + 5000


def test_a_session_that_ends_orders_needs_the_permission_of_a_write() -> None:
    """A read-only key is refused an endpoint of a session that a guard guards, and may keep any other session alive."""
    common: dict[str, Any] = {"decode": bytes, "security": Security.KEY, "effect": Effect.SESSION}
    countdown: Endpoint[bytes] = Endpoint("POST", "/countdown", area=Area.ORDERS, **common)
    listening: Endpoint[bytes] = Endpoint("POST", "/listen", **common)

    assert [Route.of(one, lambda _r, _v: None).is_write for one in (countdown, listening)] == [True, False]


@pytest.mark.parametrize("sent", [5, True, {}, Decimal("1.5")])
def test_a_list_that_is_none_counts_as_not_sent(sent: object) -> None:
    """A weight that counts the items of a list meets lists alone."""
    endpoint: Endpoint[bytes] = Endpoint(
        "POST",
        "/x",
        decode=bytes,
        parameters=(Parameter("items", Kind.LIST),),
        weight=lambda parameters: len(parameters.get("items", ())) + 1,
        weight_most=9,
        pools={"weight": None},
    )
    costs = Route.of(endpoint, lambda _r, _v: None).costs

    assert (costs({"items": sent}), costs({"items": [1, 2]})) == ({"weight": 1}, {"weight": 3})


def test_decimals_keep_their_type_for_weights() -> None:
    """Decimals and booleans reach a weight function as the client hands them in."""
    seen: list[Mapping[str, Any]] = []

    def weigh(parameters: Mapping[str, Any]) -> int:
        seen.append(parameters)
        return 1

    endpoint: Endpoint[bytes] = Endpoint(
        "GET",
        "/x",
        decode=bytes,
        parameters=(Parameter("size", Kind.DECIMAL), Parameter("flat", Kind.BOOLEAN), Parameter("name")),
        weight=weigh,
        weight_most=1,
        pools={"weight": None},
    )
    Route.of(endpoint, lambda _r, _v: None).costs({"size": "0.5", "flat": "true", "name": "x"})

    assert [{"size": Decimal("0.5"), "flat": True, "name": "x"}] == seen

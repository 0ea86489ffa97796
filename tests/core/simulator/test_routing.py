"""A simulated venue finds the route of a request by verb, path and action, and reads what the client has written."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.core.request_shapes import SHAPES, SimulatedShapes

from venuekit.encoding import Encoding
from venuekit.endpoint import Endpoint
from venuekit.errors import ConfigurationError
from venuekit.parameters import Kind, Parameter
from venuekit.simulator import Handler, Response, Route, SimRequest
from venuekit.simulator.routing import Routes

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def _endpoint(verb: str, path: str, *parameters: Parameter, **more: Any) -> Endpoint[bytes]:
    more.setdefault("encoding", Encoding.QUERY if verb == "GET" else Encoding.JSON)
    return Endpoint(verb, path, decode=bytes, parameters=parameters, **more)


ID, ROOM = Parameter("id", required=True), Parameter("room", required=True)
BY_ID = _endpoint("DELETE", "/orders/{id}", ID)
ALL = _endpoint("DELETE", "/orders/all")
OF_ROOM = _endpoint("DELETE", "/{room}/{id}", ROOM, ID)
FORM = _endpoint("POST", "/rooms/{room}", ROOM, Parameter("note"), encoding=Encoding.FORM)
FORM_A = attrs.evolve(FORM, action={"do": "a"})
FORM_AB = attrs.evolve(FORM, action={"do": "a", "and": "b"})
LIST = _endpoint("POST", "/lists/{room}", ROOM, Parameter("rows", Kind.LIST), encoding=Encoding.JSON_ARRAY)
ONE = _endpoint("POST", "/one/{room}", ROOM, Parameter("n", Kind.NUMBER), encoding=Encoding.JSON_ARRAY)
ENDPOINTS = (BY_ID, ALL, OF_ROOM, FORM, FORM_A, FORM_AB, LIST, ONE)


class Simulated(SimulatedShapes):
    """A venue whose paths overlap."""

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return a handler for each."""
        return {endpoint: lambda _request, _visit: None for endpoint in ENDPOINTS}

    refusals: Mapping[tuple[str, str], Response] = {}


ROUTES = Routes(SHAPES, Simulated())


def found(endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the name of the route that a request is taken to, and its parameters there."""
    path, query, body = endpoint.encode(parameters)
    headers = {} if endpoint.content_type is None else {"Content-Type": endpoint.content_type}
    request = SimRequest.of(endpoint.verb, path, query=query, body=body or b"", headers=headers)
    route, read = ROUTES.find(request)
    assert route is not None
    assert not read.is_malformed
    return str(route.name), read.parameters


@given(part=TEXTS, note=TEXTS)
def test_what_was_encoded_is_found_and_read(part: str, note: str) -> None:
    """Whatever stands in a path, a form or an array, the route reads the values that the caller gave."""
    assume(part not in {"", ".", ".."})

    assert found(FORM, {"room": part, "note": note}) == (str(FORM), {"room": part, "note": note})
    assert found(FORM_A, {"room": part, "note": note}) == (str(FORM_A), {"do": "a", "room": part, "note": note})
    assert found(FORM_AB, {"room": part}) == (str(FORM_AB), {"do": "a", "and": "b", "room": part})
    assert found(LIST, {"room": part, "rows": [note]}) == (str(LIST), {"rows": [note], "room": part})
    assert found(ONE, {"room": part, "n": Decimal("0.10")}) == (str(ONE), {"n": Decimal("0.10"), "room": part})


def test_a_fixed_part_goes_before_a_parameter() -> None:
    """Of overlapping paths the one that is fixed further to the left is meant."""
    assert found(ALL, {})[0] == "DELETE /orders/all"
    assert found(BY_ID, {"id": "17"})[0] == "DELETE /orders/{id}"
    assert found(OF_ROOM, {"room": "trades", "id": "17"})[0] == "DELETE /{room}/{id}"
    assert ROUTES.verbs_of("/orders/17") == {"DELETE"}
    assert ROUTES.verbs_of("/a/b/c") == frozenset()


def test_an_action_with_another_value_is_no_route() -> None:
    """Constants are compared as texts, and a request without any is the route that has none."""
    with_other = SimRequest.of("POST", "/one/x", body=b"[1,2]", headers={"Content-Type": "application/json"})
    route, read = ROUTES.find(with_other)

    assert route is not None
    assert read.is_malformed  # two items are not the one object
    assert found(FORM, {"room": "x"})[0] == str(FORM)


def test_names_in_another_case_are_the_declared_ones() -> None:
    """At a venue that ignores case: the declared name goes before another, the first of several others counts."""

    class IgnoresCase(Simulated):
        ignores_case = True

    def read(simulated: Simulated, query: str) -> Mapping[str, Any]:
        return Routes(SHAPES, simulated).find(SimRequest.of("POST", "/rooms/x", query=query))[1].parameters

    assert read(IgnoresCase(), "NOTE=a&Other=b") == {"room": "x", "note": "a", "Other": "b"}
    assert read(IgnoresCase(), "NOTE=a&note=b&Note=c") == {"room": "x", "note": "b"}
    assert read(IgnoresCase(), "NOTE=a&Note=b") == {"room": "x", "note": "a"}
    assert read(Simulated(), "NOTE=a") == {"room": "x", "NOTE": "a"}


def test_two_ways_to_answer_are_refused() -> None:
    """Two paths that differ in the names of parameters alone are one, and a fixed refusal is no second handler."""

    class Twice(Simulated):
        def extra_routes(self) -> tuple[Route, ...]:
            return (Route("DELETE", "/orders/{name}", lambda _request, _visit: None),)

    class Refused(Simulated):
        refusals: Mapping[tuple[str, str], Response] = {("DELETE", "/orders/all"): Response(403)}

    class RefusedBesides(Simulated):
        refusals: Mapping[tuple[str, str], Response] = {("POST", "/exchange"): Response(403)}

    for simulated in (Twice(), Refused()):
        with pytest.raises(ConfigurationError, match=r"DELETE /orders/\S+ in two ways"):
            Routes(SHAPES, simulated)
    assert Routes(SHAPES, RefusedBesides())

"""Each answer of a simulated venue has the documented fields in the documented types, all of them and no other ones."""

from __future__ import annotations

import tomllib
from collections import defaultdict

import pytest
from tests.contract.asking import fill_in, open_desk, route_of
from tests.contract.deviations import check_listed, routes_listed
from tests.contract.documented_bodies import (
    bodies_of,
    differences_of_client,
    differences_of_recorded,
    shape_of_client,
    shape_of_recorded,
)
from tests.contract.documented_parameters import select_parameters
from tests.contract.request_data import REQUESTS, DocumentedRequest, load_requests
from tests.contract.shapes import Shape

VENUES = tuple(dict.fromkeys(request.venue for request in load_requests()))


def by_route() -> dict[str, tuple[DocumentedRequest, ...]]:
    """Return the requests of each route that is served and whose body is documented."""
    found: dict[str, list[DocumentedRequest]] = defaultdict(list)
    for request in load_requests():
        if route_of(request.venue, request.route) is not None:
            found[f"{request.venue} {request.route}"].append(request)
    return {
        route: tuple(several)
        for route, several in found.items()
        if shape_of_client(several[0]) is not None or any(shape_of_recorded(one) is not None for one in several)
    }


BY_ROUTE = by_route()


async def answered(request: DocumentedRequest) -> Shape:
    """Return what the answer to a request is made of."""
    async with open_desk(request) as desk:
        route = route_of(request.venue, request.route)
        answer = await desk.ask(route, fill_in(select_parameters(request), desk.values))
    assert answer.code == request.code, f"{request.label}: {answer.body}"
    return Shape.of(answer.body, request.keyed)


@pytest.mark.parametrize("route", BY_ROUTE)
async def test_answers_are_made_of_the_documented_fields(route: str) -> None:
    """Nothing documented is missing, nothing is invented; what differs is listed with its reason, and nothing more."""
    answers = [(request, await answered(request)) for request in BY_ROUTE[route]]

    check_listed(differences_of_recorded(answers), "body", route, "recorded")
    check_listed(differences_of_client(answers), "body", route, "client")


def test_deviations_are_of_routes_that_are_compared() -> None:
    """A route that is listed with a deviation is one of those compared."""
    assert routes_listed("body") <= BY_ROUTE.keys()


@pytest.mark.parametrize("venue", VENUES)
def test_every_documented_body_is_compared(venue: str) -> None:
    """Each recorded success that is the documentation's own is the answer to a request."""
    compared = {name for request in load_requests() if request.venue == venue for name in request.bodies}
    published = {
        name for name, case in bodies_of(venue).items() if case.is_success and not case.source.startswith("constructed")
    }
    assert published <= compared


def test_every_route_is_compared() -> None:
    """Each route that is served has a documented body."""
    served = {f"{one.venue} {one.route}" for one in load_requests() if route_of(one.venue, one.route) is not None}

    assert served == BY_ROUTE.keys()


def test_every_body_of_a_request_is_recorded() -> None:
    """Each body that the data names is recorded for one venue at least: a line of it may be of several."""
    names = {
        (path.stem, name): [name.format_map(terms) in bodies_of(venue) for venue, terms in document["venues"].items()]
        for path in REQUESTS.glob("*.toml")
        for document in [tomllib.loads(path.read_text(encoding="utf-8"))]
        for table in document["request"]
        for name in table.get("bodies", ())
    }

    assert [name for name, known in names.items() if not any(known)] == []

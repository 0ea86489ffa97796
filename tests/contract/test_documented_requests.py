"""Every documented request is answered, without each optional parameter, too, and in any case the venue allows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import attrs
import pytest
from tests.contract.asking import Answer, Desk, fill_in, ignores_case, open_desk, route_of, routes_of
from tests.contract.deviations import check_listed, routes_listed
from tests.contract.documented_parameters import (
    choose_parameters,
    find_declared,
    find_documented,
    select_parameters,
)
from tests.contract.request_data import DocumentedRequest, load_requests

from venuekit.endpoint import Effect

#: writes a name in another case
Case = Callable[[str], str]
REQUESTS = load_requests()
SERVED = [request for request in REQUESTS if route_of(request.venue, request.route) is not None]
VENUES = tuple(dict.fromkeys(request.venue for request in REQUESTS))
#: the requests of each route that is served, by venue, verb and path
ROUTES: Mapping[str, list[DocumentedRequest]] = {
    f"{venue} {route}": [one for one in SERVED if (one.venue, one.route) == (venue, route)]
    for venue, route in dict.fromkeys((one.venue, one.route) for one in SERVED)
}
#: venues that read the names of parameters without regard to case
IGNORING_CASE = [venue for venue in VENUES if ignores_case(venue)]


@attrs.define
class Asker:
    """Sends requests that change nothing to one account, and each of the others to one of its own."""

    request: DocumentedRequest
    stack: AsyncExitStack
    desk: Desk | None = None

    async def ask(self, parameters: Mapping[str, Any], *, as_form: bool = False, case: Case = str) -> Answer:
        """Return the answer to the request with these parameters, their names in this case."""
        route = route_of(self.request.venue, self.request.route)
        if self.desk is None or route is None or route.effect is not Effect.READ:
            await self.stack.aclose()
            self.desk = await self.stack.enter_async_context(open_desk(self.request))
        sent = {case(name): value for name, value in fill_in(dict(parameters), self.desk.values).items()}
        return await self.desk.ask(route, sent, as_form=as_form)

    async def ask_without(self, name: str) -> Answer:
        """Return the answer to the request without a parameter."""
        sent = select_parameters(self.request)
        return await self.ask({one: value for one, value in sent.items() if one != name})


@pytest.fixture
async def asker(request_: DocumentedRequest) -> AsyncIterator[Asker]:
    """Whoever sends a test's request."""
    async with AsyncExitStack() as stack:
        yield Asker(request_, stack)


def named(request: DocumentedRequest) -> Any:
    """Return a request as a parameter of a test."""
    return pytest.param(request, id=request.label)


@pytest.mark.parametrize("request_", [named(one) for one in SERVED])
async def test_each_optional_parameter_may_be_left_out(request_: DocumentedRequest, asker: Asker) -> None:
    """A request is carried out; without an optional parameter, too, or refused with the code that its data says."""
    answer = await asker.ask(select_parameters(request_))
    assert answer.code == request_.code, answer

    for name in sorted(select_parameters(request_).keys() - choose_parameters(request_).required):
        answer = await asker.ask_without(name)
        assert answer.code == request_.needs.get(name, request_.code), f"without {name}: {answer}"


@pytest.mark.parametrize("request_", [named(one) for one in SERVED if choose_parameters(one).required])
async def test_a_mandatory_parameter_may_not_be_left_out(request_: DocumentedRequest, asker: Asker) -> None:
    """Without one of them a request is refused."""
    for name in sorted(choose_parameters(request_).required & select_parameters(request_).keys()):
        answer = await asker.ask_without(name)
        assert answer.status < 500, f"without {name}: {answer}"
        assert answer.code not in {0, request_.code}, f"without {name}: {answer}"


@pytest.mark.parametrize("request_", [named(one) for one in SERVED if one.parameters and one.venue in IGNORING_CASE])
async def test_names_are_read_in_any_case(request_: DocumentedRequest, asker: Asker) -> None:
    """A request is carried out with the names of its parameters in capitals or in small letters, in a form, too."""
    has_form = not request_.route.startswith("GET")
    for case, as_form in ((str.upper, False), (str.lower, has_form)):
        answer = await asker.ask(select_parameters(request_), as_form=as_form, case=case)
        assert answer.code == request_.code, f"{case.__name__}, as a form: {as_form}: {answer}"


def test_every_documented_request_is_served() -> None:
    """No request of the data is one that the simulated venue does not serve."""
    assert [one.label for one in REQUESTS if one not in SERVED] == []


@pytest.mark.parametrize("venue", VENUES)
def test_every_route_is_asked_for(venue: str) -> None:
    """Each route of a simulated venue has a documented request."""
    asked = {request.route for request in REQUESTS if request.venue == venue}

    assert {f"{route.verb} {route.path}" for route in routes_of(venue)} <= asked


@pytest.mark.parametrize("route", ROUTES)
def test_every_parameter_is_sent(route: str) -> None:
    """Each documented parameter of a route is part of a request, or listed with its reason."""
    requests = ROUTES[route]
    sent = {name for request in requests for name in select_parameters(request)}

    check_listed(choose_parameters(requests[0]).names - sent, "unsent", route)


@pytest.mark.parametrize("route", ROUTES)
def test_declared_parameters_are_the_documented_ones(route: str) -> None:
    """A route declares what is documented, and needs what is mandatory; what differs is listed with its reason."""
    venue, _, name = route.partition(" ")
    documented, declared = find_documented(venue, name), find_declared(venue, name)
    told = set()
    if documented is not None:
        told |= {f"undeclared {one}" for one in documented.names - declared.names}
        told |= {f"invented {one}" for one in declared.names - documented.names}
        for one in (documented.required ^ declared.required) & documented.names & declared.names:
            told.add(f"{'optional' if one in documented.required else 'mandatory'} {one}")

    check_listed(frozenset(told), "declared", route)


@pytest.mark.parametrize("kind", ["unsent", "declared"])
def test_listed_routes_are_served(kind: str) -> None:
    """A route that is listed with a deviation is one of those compared."""
    assert routes_listed(kind) <= ROUTES.keys()

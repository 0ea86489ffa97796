"""Routing: the route of a request, by verb, path and action, and its parameters as that route reads them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import attrs

from venuekit.encoding import Encoding, path_parameters, without_names
from venuekit.errors import ConfigurationError
from venuekit.simulator.message import SimRequest
from venuekit.simulator.simulated_venue import Route, SimulatedVenue
from venuekit.venue import Venue


@attrs.frozen
class _Template:
    """A route whose path has parameters, and the pattern of the paths that it takes."""

    route: Route
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, route: Route) -> _Template:
        parts = re.split(r"\{[^{}]*\}", route.path)
        return cls(route, re.compile("([^/]+)".join(map(re.escape, parts))))


class Routes:
    """
    The routes of a simulated venue.

    A fixed path goes before one with parameters, a part that is fixed before a parameter from left to right, and of
    the routes of one path, the one with the longest action.

    Raises:
        ConfigurationError: a request would have two handlers, or a handler, a fixed refusal and a place among the
            unserved, any two of them.
    """

    def __init__(self, venue: Venue[Any], simulated: SimulatedVenue) -> None:
        self._simulated = simulated
        self._routes = _routes(venue, simulated)
        self._fixed: dict[tuple[str, str], list[Route]] = defaultdict(list)
        self._templates: list[_Template] = []
        for route in sorted(self._routes, key=lambda route: (route.path.replace("{", "\x7f"), -len(route.action))):
            if path_parameters(route.path):
                self._templates.append(_Template.of(route))
            else:
                self._fixed[route.verb, route.path].append(route)

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def find(self, request: SimRequest) -> tuple[Route | None, SimRequest]:
        """Return the route of a request, None where the venue has none, and the request as that route reads it."""
        parameters = self._simulated.parameters_of(request)
        for route in self._fixed.get((request.verb, request.path), ()):
            read = self._read(request, route, parameters, {})
            if _acts(read, route):
                return route, read
        for template in self._templates:
            match = template.pattern.fullmatch(request.path) if template.route.verb == request.verb else None
            if match is not None:
                names = path_parameters(template.route.path)
                in_path = {name: unquote(text) for name, text in zip(names, match.groups(), strict=True)}
                read = self._read(request, template.route, parameters, in_path)
                if _acts(read, template.route):
                    return template.route, read
        return None, request

    def verbs_of(self, path: str) -> frozenset[str]:
        """Return the verbs with which a path is known."""
        matching = {one.route.verb for one in self._templates if one.pattern.fullmatch(path)}
        return frozenset(verb for verb, known in self._fixed if known == path) | matching

    def _read(
        self, request: SimRequest, route: Route, parameters: Mapping[str, Any], in_path: Mapping[str, str]
    ) -> SimRequest:
        """Return a request with the parameters that its path and a JSON array hold, by the names of its route."""
        is_malformed, in_array = request.is_malformed, {}
        if route.encoding is Encoding.JSON_ARRAY and request.items is not None:
            if route.array is not None:
                is_malformed, in_array = False, {route.array: request.items}
            elif len(request.items) == 1 and isinstance(request.items[0], dict):
                is_malformed, in_array = False, request.items[0]
        if self._simulated.ignores_case:
            parameters = _by_declared_names(parameters, route)
        if not in_array and not in_path and parameters is request.parameters:
            return request
        return request.with_parameters({**in_array, **parameters, **in_path}, is_malformed=is_malformed)


def _acts(request: SimRequest, route: Route) -> bool:
    return all(request.text(name) == value for name, value in route.action.items())


def _by_declared_names(parameters: Mapping[str, Any], route: Route) -> Mapping[str, Any]:
    """
    Return parameters by the names that a route declares, where they differ from those by their case alone.

    Of several such names, the declared one counts, or else the first.
    """
    declared = {parameter.name for parameter in route.parameters}
    others = parameters.keys() - declared
    if not others:
        return parameters
    names = {name.lower(): name for name in declared}
    renamed = {name: value for name, value in parameters.items() if name in declared}
    for name, value in parameters.items():
        if name in others:
            renamed.setdefault(names.get(name.lower(), name), value)
    return renamed if renamed.keys() != parameters.keys() else parameters


def _routes(venue: Venue[Any], simulated: SimulatedVenue) -> tuple[Route, ...]:
    """Return a simulated venue's routes; two endpoints of one verb, path and action must share their handler."""
    routes: dict[tuple[Any, ...], Route] = {}
    declared = [Route.of(endpoint, handler) for endpoint, handler in simulated.handlers().items()]
    for route in (*declared, *simulated.extra_routes()):
        name = route.name._replace(path=without_names(route.path))
        first = routes.setdefault(name, route)
        is_refused = not route.action and (route.verb, route.path) in simulated.refusals
        if first.handler != route.handler or is_refused or (route.verb, route.path) in simulated.unserved:
            raise ConfigurationError(f"{venue.id}: its simulated venue answers {route.name} in two ways")
    for verb, path in sorted(simulated.unserved & simulated.refusals.keys()):
        raise ConfigurationError(f"{venue.id}: its simulated venue answers {verb} {path} in two ways")
    return tuple(routes.values())

"""The documented parameters of each request: those of the venues' own clients, and tables of the documentation."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import attrs
from tests.contract.asking import route_of
from tests.contract.official_clients import CLIENTS, calls
from tests.contract.request_data import DocumentedRequest

_TABLES = Path(__file__).parent / "parameters"


@attrs.frozen
class Parameters:
    """The names of a request's parameters, and those of them that are mandatory."""

    names: frozenset[str]
    required: frozenset[str]


@cache
def tables_of(venue: str) -> Mapping[str, Parameters]:
    """
    Return the parameters by verb and path, as a venue's documentation has those that no client of its own sends.

    Its data has one line a request, in which mandatory parameters end in an exclamation mark.
    """
    path = _TABLES / f"{venue}.toml"
    if not path.exists():
        return {}
    lines = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        route: Parameters(
            frozenset(word.rstrip("!") for word in text.split()),
            frozenset(word[:-1] for word in text.split() if word.endswith("!")),
        )
        for route, text in lines.items()
    }


def find_documented(venue: str, route: str) -> Parameters | None:
    """Return the parameters of a request, by its verb and path; None where no documentation at hand has them."""
    verb, _, path = route.partition(" ")
    call = calls(venue).get((verb, path)) if venue in CLIENTS else None
    return tables_of(venue).get(route) if call is None else Parameters(call.parameters, call.required)


def find_declared(venue: str, route: str) -> Parameters:
    """Return the parameters that a simulated venue's route declares."""
    served = route_of(venue, route)
    declared = () if served is None else tuple(one for one in served.parameters if not one.local)
    return Parameters(frozenset(one.name for one in declared), frozenset(one.name for one in declared if one.required))


def choose_parameters(request: DocumentedRequest) -> Parameters:
    """Return the documented parameters of a request; where none are at hand, those that the route declares."""
    documented = find_documented(request.venue, request.route)
    return find_declared(request.venue, request.route) if documented is None else documented


def select_parameters(request: DocumentedRequest) -> dict[str, Any]:
    """Return the parameters of a request that the venue documents for it."""
    known = choose_parameters(request).names
    return {name: value for name, value in request.parameters.items() if name in known}

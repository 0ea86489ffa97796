"""The documented bodies of the simulated venues' answers: recorded ones, and the models of the venues' own clients."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.contract.asking import PLUGINS
from tests.contract.official_clients import CLIENTS, calls
from tests.contract.request_data import DocumentedRequest
from tests.contract.shapes import Shape, differences

from venuekit.testing.recorded import RecordedCase, find_recorded, load_recorded

_HERE = Path(__file__).parent
#: bodies of routes that the client does not use; those of the others are recorded beside the plugins
BODIES = _HERE / "bodies"


@cache
def bodies_of(venue: str) -> Mapping[str, RecordedCase]:
    """Return the recorded bodies of a venue, by name."""
    cases = [*load_recorded(find_recorded(PLUGINS.venue(venue))), *load_recorded(BODIES / venue)]
    return {case.name: case for case in cases}


def shape_of_recorded(request: DocumentedRequest) -> Shape | None:
    """Return what the recorded bodies of a request are made of together; None without any."""
    known = bodies_of(request.venue)
    shapes = [Shape.of(json.loads(known[name].body), request.keyed) for name in request.bodies if name in known]
    return Shape.union(shapes) if shapes else None


def shape_of_client(request: DocumentedRequest) -> Shape | None:
    """Return the body that the venue's own client has a model of; None without any."""
    verb, _, path = request.route.partition(" ")
    call = calls(request.venue).get((verb, path)) if request.venue in CLIENTS else None
    return None if call is None or call.body is None else call.body.with_keys(request.keyed)


def differences_of_recorded(answers: Iterable[tuple[DocumentedRequest, Shape]]) -> frozenset[str]:
    """
    Return how the answers of one route differ from their recorded bodies.

    A field that some answer has is ``lacking`` in the others, one that none has is ``missing``.
    """
    answered = [*answers]
    whole = Shape.union([shape for _, shape in answered])
    everywhere = {*_missing(whole, answered)}
    found = set()
    for request, shape in answered:
        documented = shape_of_recorded(request)
        if documented is not None:
            for one in differences(shape, documented):
                is_somewhere = one.startswith("missing ") and one not in everywhere
                found.add(one.replace("missing", "lacking", 1) if is_somewhere else one)
    return frozenset(found)


def _missing(whole: Shape, answers: Iterable[tuple[DocumentedRequest, Shape]]) -> Iterator[str]:
    for request, _ in answers:
        documented = shape_of_recorded(request)
        if documented is not None:
            yield from differences(whole, documented)


def differences_of_client(answers: Iterable[tuple[DocumentedRequest, Shape]]) -> frozenset[str]:
    """Return how the answers of one route differ, together, from the model of the venue's own client."""
    answered = [*answers]
    documented = shape_of_client(answered[0][0])
    if documented is None:
        return frozenset()
    # its models do not say which fields an answer always has
    told = differences(Shape.union([shape for _, shape in answered]), documented)
    return frozenset(one for one in told if not one.startswith("lacking "))

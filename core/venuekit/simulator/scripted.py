"""Scripted disturbances: read from the words of a command line, from JSON or from TOML, and added to a simulation."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from venuekit._util.texts import did_you_mean
from venuekit.endpoint import EndpointName
from venuekit.simulator.disturbances import (
    ApplyLater,
    CannedAnswer,
    Cut,
    Delay,
    Disturbance,
    DropAfter,
    DropBefore,
    HalfClose,
    Lag,
    Truncate,
    Twice,
)
from venuekit.simulator.fields import Field, FieldError, FieldKind, read_fields, refuse_constant
from venuekit.simulator.message import json_response
from venuekit.simulator.simulation import Simulation

_VERBS = ("GET", "POST", "PUT", "DELETE", "PATCH")
_ACTION = re.compile(r"[^=\s]+=\S+")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
#: how many routes an error about an unknown one names
_NEAREST = 3
#: the most attempts, and the most reads of each, that one command scripts: each is kept until it is played
_TIMES_MAX = 1000


def read_route(words: str) -> EndpointName:
    """
    Return the name of an endpoint from its words: ``"POST /v1/orders"``, with ``name=value`` for each of its actions.

    Raises:
        FieldError: the words are not a verb and a path.
    """
    verb, _, rest = words.strip().partition(" ")
    path, *actions = rest.split() or [""]
    if verb.upper() not in _VERBS or not path.startswith("/") or not all(map(_ACTION.fullmatch, actions)):
        problem = f'expected a verb and the documented path, as "POST /v1/orders", not {words!r}'
        raise FieldError(problem, "route")
    return EndpointName.of(verb.upper(), path, dict(action.split("=", 1) for action in actions))


@attrs.frozen
class Named:
    """An answer that a venue documents, by its name; ``applied`` as of :meth:`Simulation.documented`."""

    name: str
    applied: bool | None = None


@attrs.frozen
class Scripted:
    """
    A disturbance of the next ``times`` attempts on a route, not yet added to a simulation.

    A :class:`Named` one is an answer that a venue documents, and each venue gives its own.
    ``venue_id`` is the venue; None means every venue that has the route: the first attempt at any of them plays it.
    """

    route: EndpointName
    disturbance: Disturbance | Named
    venue_id: str | None = None
    times: int = 1

    def add_to(self, simulation: Simulation) -> tuple[str, ...]:
        """
        Let a simulation play it, and return the ids of the venues where it waits.

        Raises:
            FieldError: the simulation has no such venue, none of its venues has the route, or one of them documents
                no answer of this name.
        """
        venue_ids = self._venue_ids(simulation)
        steps = {venue_id: (self._step(simulation, venue_id),) for venue_id in venue_ids}
        simulation.disturb_any(steps, self.route, times=self.times)
        return venue_ids

    def _step(self, simulation: Simulation, venue_id: str) -> Disturbance:
        if not isinstance(self.disturbance, Named):
            return self.disturbance
        try:
            return simulation.documented(venue_id, self.disturbance.name, applied=self.disturbance.applied)
        except LookupError as error:
            raise FieldError(str(error), "name") from error
        except ValueError as error:
            raise FieldError(str(error), "applied") from error

    def _venue_ids(self, simulation: Simulation) -> tuple[str, ...]:
        places = simulation.venue_ids if self.venue_id is None else (find_venue(simulation, self.venue_id),)
        found = tuple(place for place in places if simulation.serves(place, self.route))
        if not found:
            known = dict.fromkeys(str(name) for place in places for name in simulation.route_names(place))
            nearest = difflib.get_close_matches(str(self.route), known, n=_NEAREST, cutoff=0.0)
            where = "no simulated venue" if self.venue_id is None else f"the simulated {self.venue_id}"
            has = "has" if self.venue_id is None else "does not have"
            raise FieldError(f"{where} {has} {self.route}; the nearest are {', '.join(nearest)}", "route")
        return found


def find_venue(simulation: Simulation, venue_id: str) -> str:
    """
    Return the id of a simulated venue.

    Raises:
        FieldError: the simulation has no such venue.
    """
    if venue_id not in simulation.venue_ids:
        others = did_you_mean(venue_id, simulation.venue_ids) or f"; there are {', '.join(simulation.venue_ids)}"
        raise FieldError(f"{venue_id!r} is not simulated here{others}", "venue")
    return venue_id


@attrs.frozen
class ScriptKind:
    """A kind of disturbance that can be written: its name, one sentence about it, and its own fields."""

    name: str
    title: str
    fields: tuple[Field, ...]
    make: Callable[[Mapping[str, Any]], Disturbance | Named]


ROUTE_FIELDS = (
    Field("route", FieldKind.TEXT, 'Verb and documented path, as "POST /v1/orders".', required=True, is_word=True),
    Field("venue", FieldKind.TEXT, "The venue; without it, the first attempt at any that has the route."),
    Field("times", FieldKind.WHOLE, "The number of attempts; 1 when left out.", minimum=1, maximum=_TIMES_MAX),
)
"""The fields of every kind."""

_KEEP = Field("keep", FieldKind.WHOLE, "The number of bytes that are sent.", required=True, minimum=0)


def _drop(fields: Mapping[str, Any]) -> Disturbance:
    if fields.get("before") and fields.get("after"):
        raise FieldError("a request is dropped either before or after it is carried out", "after")
    return DropAfter() if fields.get("after") else DropBefore()


def _delay(fields: Mapping[str, Any]) -> Disturbance:
    if not any(fields.values()):
        raise FieldError("expected seconds above 0 for before, queued or after")
    return Delay(**fields)


def _answer(fields: Mapping[str, Any]) -> Disturbance | Named:
    if "name" in fields:
        if extra := fields.keys() - {"name", "applied"}:
            raise FieldError("an answer that a venue documents has its own; leave it out", min(extra))
        return Named(fields["name"], fields.get("applied"))
    if "status" not in fields:
        raise FieldError("expected a status, or the name of an answer that the venue documents", "status")
    if "text" in fields and "body" in fields:
        raise FieldError("an answer has either a body, which is JSON, or a text", "text")
    status, headers, applied = fields["status"], fields.get("headers", {}), fields.get("applied", False)
    if not 200 <= status <= 599:
        raise FieldError(f"expected an HTTP status from 200 to 599, not {status}", "status")
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise FieldError(f"expected names and values of HTTP headers, not {name!r} = {value!r}", "headers")
    if "body" in fields:
        response = json_response(_read_body(fields["body"]), status, headers)
        return CannedAnswer(status, response.body, response.headers, applied=applied)
    return CannedAnswer(status, _encode(fields.get("text", "")), headers, applied=applied)


def _read_body(body: object) -> object:
    """Return a body that can be written as JSON; a number that is none (TOML has such) or half a character cannot."""
    try:
        json.loads(json_response(body).body, parse_constant=refuse_constant)
    except (TypeError, ValueError, RecursionError) as error:
        raise FieldError("expected a value that JSON can hold", "body") from error
    return body


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise FieldError("expected a text of whole characters", "text") from error


KINDS: Mapping[str, ScriptKind] = {
    kind.name: kind
    for kind in (
        ScriptKind(
            "drop",
            "Lose a request before it is carried out, or its answer after that.",
            (
                Field("before", FieldKind.FLAG, "Before it is carried out, as without a word."),
                Field("after", FieldKind.FLAG, "After it is carried out: only the answer is lost."),
            ),
            _drop,
        ),
        ScriptKind(
            "later",
            "Lose the answer at once, and carry the request out later.",
            (Field("seconds", FieldKind.SECONDS, "The seconds until then.", required=True, is_word=True),),
            lambda fields: ApplyLater(fields["seconds"]),
        ),
        ScriptKind(
            "delay",
            "Let seconds pass on the way of a request.",
            (
                Field("before", FieldKind.SECONDS, "Before the venue looks at it."),
                Field("queued", FieldKind.SECONDS, "Between its two checks of the time window."),
                Field("after", FieldKind.SECONDS, "After it was carried out, before the answer leaves."),
            ),
            _delay,
        ),
        ScriptKind(
            "answer",
            "Give this answer in place of the venue's.",
            (
                Field("name", FieldKind.TEXT, "The name of an answer that the venue documents."),
                Field("status", FieldKind.WHOLE, "The HTTP status, of any other answer."),
                Field("body", FieldKind.JSON, "The body, a JSON value."),
                Field("text", FieldKind.TEXT, "The body, a text."),
                Field("headers", FieldKind.TEXTS, "The headers, by their names."),
                Field("applied", FieldKind.FLAG, "Whether the request is carried out all the same."),
            ),
            _answer,
        ),
        ScriptKind(
            "truncate",
            "Break the connection in the middle of the answer's body.",
            (_KEEP,),
            lambda fields: Truncate(fields["keep"]),
        ),
        ScriptKind("cut", "Answer with the beginning of the body alone.", (_KEEP,), lambda fields: Cut(fields["keep"])),
        ScriptKind("twice", "Send the answer twice.", (), lambda _: Twice()),
        ScriptKind("half-close", "Answer, and close the sending half of the connection.", (), lambda _: HalfClose()),
        ScriptKind(
            "lag",
            "Answer the next reads of the route from the account as it is now.",
            (Field("reads", FieldKind.WHOLE, "The number of reads; 1 when left out.", minimum=1, maximum=_TIMES_MAX),),
            lambda fields: Lag(**fields),
        ),
    )
}
"""The kinds of disturbances that can be written, by name."""


def read_disturbance(given: Mapping[str, object]) -> Scripted:
    """
    Return the disturbance that a table of TOML or a JSON object holds: ``do`` is its kind, the rest are its fields.

    Raises:
        FieldError: the kind or a field is unknown, or a value cannot be used.
    """
    do = given.get("do")
    kind = KINDS.get(do) if isinstance(do, str) else None
    if kind is None:
        problem = "it is missing" if do is None else f"there is no {do!r}"
        raise FieldError(f"{problem}; expected one of {', '.join(KINDS)}", "do")
    rest = {name: value for name, value in given.items() if name != "do"}
    fields = read_fields((*ROUTE_FIELDS, *kind.fields), rest)
    own = {field.name: fields[field.name] for field in kind.fields if field.name in fields}
    return Scripted(read_route(fields["route"]), kind.make(own), fields.get("venue"), fields.get("times", 1))

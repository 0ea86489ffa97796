"""Scripted disturbances: read from the words of a command line, from JSON or from TOML, and added to a simulation."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs

from venuekit._util.texts import did_you_mean, nearest_few
from venuekit.endpoint import EndpointName
from venuekit.simulator.commands import find_venue
from venuekit.simulator.disturbances import Disturbance, RandomDisturbances
from venuekit.simulator.fields import FieldError, read_fields
from venuekit.simulator.script_kinds import KINDS, RANDOM_FIELDS, ROUTE_FIELDS, Actor, Named
from venuekit.simulator.simulation import Simulation
from venuekit.simulator.stream_kinds import STREAM_KINDS, ScriptedStream, read_stream_disturbance

_VERBS = ("GET", "POST", "PUT", "DELETE", "PATCH")
_ACTION = re.compile(r"[^=\s]+=\S+")


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
class Scripted:
    """
    A disturbance of the next ``times`` attempts on a route, not yet added to a simulation.

    A :class:`Named` one is an answer that a venue documents, and each venue gives its own; an :class:`Actor` gives a
    command. ``venue_id`` is the venue; None means every venue that has the route: the first attempt at any of them
    plays it. ``attempt`` is the first attempt that meets it, 1 for the next; None for the one behind all that are
    scripted.
    """

    route: EndpointName
    disturbance: Disturbance | Named | Actor
    venue_id: str | None = None
    times: int = 1
    attempt: int | None = None

    def add_to(self, simulation: Simulation) -> tuple[str, ...]:
        """
        Let a simulation play it, and return the ids of the venues where it waits.

        Raises:
            FieldError: the simulation has no such venue, none of its venues has the route, one of them documents no
                answer of this name or has no words for a refusal, an attempt is numbered and several have the route, or
                a lag is of a write.
        """
        venue_ids = self._venue_ids(simulation)
        if self.attempt is not None and len(venue_ids) > 1:
            raise FieldError(f"name the venue whose attempts count: {', '.join(venue_ids)} have {self.route}", "venue")
        steps = {venue_id: (self._step(simulation, venue_id),) for venue_id in venue_ids}
        simulation.disturb_any(steps, self.route, times=self.times, attempt=self.attempt)
        return venue_ids

    def _step(self, simulation: Simulation, venue_id: str) -> Disturbance:
        if isinstance(self.disturbance, Actor):
            return self.disturbance.make(simulation, venue_id)
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
            raise _unknown_route(simulation, self.route, self.venue_id)
        return found


def _unknown_route(simulation: Simulation, route: EndpointName, venue_id: str | None) -> FieldError:
    places = simulation.venue_ids if venue_id is None else (venue_id,)
    known = dict.fromkeys(str(name) for place in places for name in simulation.route_names(place))
    where = "no simulated venue" if venue_id is None else f"the simulated {venue_id}"
    has = "has" if venue_id is None else "does not have"
    return FieldError(f"{where} {has} {route}; the nearest are {', '.join(nearest_few(str(route), known))}", "route")


def read_disturbance(given: Mapping[str, object]) -> Scripted | ScriptedStream:
    """
    Return the disturbance that a table of TOML or a JSON object holds: ``kind`` is its kind, the rest are its fields.

    Raises:
        FieldError: the kind or a field is unknown, or a value cannot be used.
    """
    name = given.get("kind")
    rest = {name: value for name, value in given.items() if name != "kind"}
    if isinstance(name, str) and name in STREAM_KINDS:
        return read_stream_disturbance(STREAM_KINDS[name], rest)
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        known = (*KINDS, *STREAM_KINDS)
        problem = "it is missing" if name is None else f"there is no {name!r}"
        nearest = did_you_mean(name, known) if isinstance(name, str) else ""
        raise FieldError(f"{problem}{nearest or '; expected one of ' + ', '.join(known)}", "kind")
    fields = read_fields((*ROUTE_FIELDS, *kind.fields), rest)
    own = {field.name: fields[field.name] for field in kind.fields if field.name in fields}
    route, attempt = read_route(fields["route"]), fields.get("attempt")
    return Scripted(route, kind.make(own), fields.get("venue"), fields.get("times", 1), attempt)


@attrs.frozen
class ScriptedChance:
    """Random disturbances, not yet added to a simulation; of all venues, and of all routes, where it names none."""

    rate: float
    seed: int = 0
    venue_id: str | None = None
    route: EndpointName | None = None

    def add_to(self, simulation: Simulation) -> None:
        """
        Let a simulation play them; a rate of 0 ends those that it plays.

        Raises:
            FieldError: the simulation has no such venue, or none of its venues has the route.
        """
        places = simulation.venue_ids if self.venue_id is None else (find_venue(simulation, self.venue_id),)
        if self.route and not any(simulation.serves(place, self.route) for place in places):
            raise _unknown_route(simulation, self.route, self.venue_id)
        routes = (self.route,) if self.route else ()
        disturbances = RandomDisturbances(self.seed, self.rate, venue_ids=places, routes=routes)
        simulation.disturb_randomly(disturbances if self.rate else None)


def read_chance(given: Mapping[str, object]) -> ScriptedChance:
    """
    Return the random disturbances that a table of TOML or a JSON object holds.

    Raises:
        FieldError: a field is unknown, or a value cannot be used.
    """
    fields = read_fields(RANDOM_FIELDS, given)
    route = read_route(fields["route"]) if "route" in fields else None
    return ScriptedChance(float(fields["rate"]), fields.get("seed", 0), fields.get("venue"), route)

"""The table of all commands of the control port."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from venuekit.simulator.commands import ACTIONS, ControlCommand
from venuekit.simulator.control.state import OF_STATE
from venuekit.simulator.script_kinds import KINDS, RANDOM_FIELDS, ROUTE_FIELDS, ScriptKind
from venuekit.simulator.scripted import read_chance, read_disturbance, read_route
from venuekit.simulator.simulation import Simulation
from venuekit.simulator.stream_kinds import STREAM_FIELDS, STREAM_KINDS, StreamKind, read_stream_disturbance


def _script(kind: ScriptKind) -> ControlCommand:
    """Return the command that lets the next attempts on a route meet a disturbance of a kind."""

    def act(simulation: Simulation, fields: Mapping[str, Any]) -> object:
        places = read_disturbance({"kind": kind.name, **fields}).add_to(simulation)
        return {"venues": places, "route": str(read_route(fields["route"])), "times": fields.get("times", 1)}

    answers = "The venues where it waits, the route, and the number of attempts."
    return ControlCommand(kind.name, kind.title, (*ROUTE_FIELDS, *kind.fields), act, answers)


def _stream(kind: StreamKind) -> ControlCommand:
    """Return the command that disturbs streams by a kind."""

    def act(simulation: Simulation, fields: Mapping[str, Any]) -> object:
        return {"venues": read_stream_disturbance(kind, fields).add_to(simulation)}

    answers = "The venues whose streams are disturbed."
    return ControlCommand(kind.name, kind.title, (*STREAM_FIELDS, *kind.fields), act, answers)


def _random(simulation: Simulation, fields: Mapping[str, Any]) -> object:
    read_chance(fields).add_to(simulation)
    return fields


_CHANCE = ControlCommand(
    "random",
    "Disturb a share of all attempts for which nothing else is scripted; 0 ends it.",
    RANDOM_FIELDS,
    _random,
    "The fields that were given.",
)

COMMANDS: Mapping[str, ControlCommand] = {
    command.name: command
    for command in (
        *ACTIONS.values(),
        *map(_script, KINDS.values()),
        *map(_stream, STREAM_KINDS.values()),
        _CHANCE,
        *OF_STATE,
    )
}
"""Every command, by name."""

"""The table of all commands of the control port."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from venuekit.simulator.control.account import OF_ACCOUNTS
from venuekit.simulator.control.command import ControlCommand
from venuekit.simulator.control.market import MARKET
from venuekit.simulator.control.state import OF_STATE
from venuekit.simulator.scripted import KINDS, ROUTE_FIELDS, ScriptKind, read_disturbance
from venuekit.simulator.simulation import Simulation


def _script(kind: ScriptKind) -> ControlCommand:
    """Return the command that lets the next attempts on a route meet a disturbance of a kind."""

    def act(simulation: Simulation, fields: Mapping[str, Any]) -> object:
        scripted = read_disturbance({"do": kind.name, **fields})
        return {"venues": scripted.add_to(simulation), "route": str(scripted.route), "times": scripted.times}

    answers = "The venues where it waits, the route, and the number of attempts."
    return ControlCommand(kind.name, kind.title, (*ROUTE_FIELDS, *kind.fields), act, answers)


COMMANDS: Mapping[str, ControlCommand] = {
    command.name: command for command in (*MARKET, *OF_ACCOUNTS, *map(_script, KINDS.values()), *OF_STATE)
}
"""Every command, by name."""

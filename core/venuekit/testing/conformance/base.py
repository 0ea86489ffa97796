"""What every group of checks shares: the inventory it checks."""

from __future__ import annotations

from typing import Any, ClassVar

from venuekit.endpoint import Endpoint, Role
from venuekit.testing.conformance.inventory import Inventory
from venuekit.testing.recorded import RecordedCase
from venuekit.testing.sent import caller_parameters
from venuekit.testing.staged import Stage

__all__ = ["Checks", "parameters_on"]


class Checks:
    """A group of checks of one venue."""

    inventory: ClassVar[Inventory]


def parameters_on(stage: Stage, endpoint: Endpoint[Any], case: RecordedCase) -> dict[str, Any]:
    """Return the parameters of a recorded request, about a symbol that this stage has: the held one if there is one."""
    parameters = caller_parameters(endpoint, case.parameters)
    symbol = endpoint.name_of(Role.SYMBOL)
    if symbol in parameters:
        parameters[symbol] = stage.scenario.held or stage.scenario.flat
    return parameters

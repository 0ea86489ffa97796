"""The base of every group of checks: the inventory it checks, parameters, and expected errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from venuekit.endpoint import Endpoint, Role
from venuekit.testing.conformance.inventory import Inventory
from venuekit.testing.recorded import RecordedCase
from venuekit.testing.sent import caller_parameters
from venuekit.testing.staged import Stage

if TYPE_CHECKING:
    import pytest

__all__ = ["Checks", "parameters_on", "raises"]


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


E = TypeVar("E", bound=BaseException)


def raises(*kinds: type[E]) -> pytest.RaisesExc[E]:
    """Return ``pytest.raises`` of these kinds of error."""
    import pytest

    return pytest.raises(kinds)

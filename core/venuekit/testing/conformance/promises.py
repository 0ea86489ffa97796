"""Checks of capabilities: each promise is kept over a real socket, and what is not promised is refused at once."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable
from typing import Any

from venuekit.capabilities import Capability
from venuekit.errors import UnsupportedCapability
from venuekit.testing.conformance.base import Checks
from venuekit.testing.conformance.examples import arguments_for
from venuekit.testing.conformance.raising import raises
from venuekit.testing.staged import on_stage

__all__ = ["CapabilityChecks", "fits"]


class CapabilityChecks(Checks):
    """What the account class says it can, it can."""

    async def test_capability_method(self, capability_method: Callable[..., Any]) -> None:
        """A capability method returns a value of the promised type, and asks an endpoint that says it serves it."""
        sets = any(setter.method is capability_method for setter in self.inventory.setters)
        async with on_stage(self.inventory.venue, "flat" if sets else "holding") as stage:
            arguments = await arguments_for(capability_method, stage)
            stage.simulation.requests.clear()
            value = getattr(stage.account, capability_method.__name__)(**arguments)
            if inspect.isawaitable(value):
                value = await value
            promised = typing.get_type_hints(capability_method)["return"]
            assert fits(value, promised), f"{capability_method.__qualname__} returned {value!r}, not {promised}"
            asked = {(one.verb, one.path) for one in stage.simulation.requests}
            serving = {(e.verb, e.path) for e in stage.venue.endpoints if capability_method in e.serves}
            assert bool(serving) == bool(asked), f"{capability_method.__qualname__}: asked {asked}, serving {serving}"
            assert not asked or asked & serving, f"none of {asked} says that it serves {capability_method.__qualname__}"

    async def test_unsupported_capability(self, unsupported: type[Capability]) -> None:
        """A capability that is declared unsupported is refused with the declared reason, and nothing is sent."""
        async with on_stage(self.inventory.venue) as stage:
            reason = stage.venue.unsupported[unsupported]
            assert reason, f"{unsupported.__name__} is declared unsupported without a reason"
            with raises(UnsupportedCapability) as caught:
                unsupported.of(stage.account)
            assert reason in str(caught.value)
            assert not stage.simulation.requests


def fits(value: object, promised: Any) -> bool:
    """Say whether a value is of an annotated type; a promised tuple must hold something."""
    origin = typing.get_origin(promised)
    if origin is tuple:
        (item, *_) = typing.get_args(promised)
        return isinstance(value, tuple) and bool(value) and all(fits(each, item) for each in value)
    if origin in {typing.Union, types.UnionType}:
        return any(fits(value, option) for option in typing.get_args(promised))
    return isinstance(value, origin or promised)

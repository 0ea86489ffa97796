"""Checks of capabilities over a real socket: each promise is kept, all else is refused at once."""

from __future__ import annotations

import inspect
import typing
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import pytest

from venuekit.capabilities import (
    Capability,
    DeadManControl,
    DeadManSwitch,
    EventReader,
    InstrumentReader,
    MarginType,
    OrderBehaviour,
    OrderControl,
    Pager,
    Unit,
    UserStream,
)
from venuekit.clock import SystemClock
from venuekit.errors import InvalidArgument, UnsupportedCapability
from venuekit.testing.conformance.examples import arguments_for, example_order
from venuekit.testing.conformance.inventory import Checks
from venuekit.testing.conformance.plain_values import check_plain
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.staged import on_stage

#: methods that return a remainder
_MAY_BE_EMPTY = frozenset({OrderControl.cancel_all_orders})
#: methods whose block is entered, with the type of its value
_ENTERED: Mapping[Callable[..., Any], type] = {
    UserStream.events: EventReader,
    DeadManControl.dead_man_switch: DeadManSwitch,
}
_ENTERED_NAMES = frozenset(method.__name__ for method in _ENTERED)


class CapabilityChecks(Checks):
    """The account class keeps the promises of its capabilities."""

    tier = Tier.SILVER

    async def test_capability_method(self, capability_method: Callable[..., Any]) -> None:
        """
        A capability method returns a value of the promised type, from an endpoint that declares to serve it.

        Each field of the value has its type, too: no float, no time without a zone, no list.
        """
        sets = any(setter.method is capability_method for setter in self.inventory.setters)
        entered = _ENTERED.get(capability_method)
        if entered is not None and self.inventory.venue.simulated is None:
            pytest.skip("recorded answers have no stream")
        clock = None if entered is None else SystemClock()  # a session waits in real time
        async with on_stage(self.inventory.venue, "flat" if sets else "holding", clock=clock) as stage:
            arguments = await arguments_for(capability_method, stage)
            stage.simulation.requests.clear()
            value = await _call_method(getattr(stage.account, capability_method.__name__), arguments)
            promised = entered or typing.get_type_hints(capability_method)["return"]
            name = capability_method.__qualname__
            if isinstance(value, _Paged):
                for item in value.items:
                    check_plain(item, typing.get_args(promised)[0], name=name)
            else:
                check_plain(value, promised, name=name)
                assert value != () or capability_method in _MAY_BE_EMPTY, f"{name} returned nothing"
            requests = {arrival.endpoint_name for arrival in stage.simulation.requests}
            serving = {e.name for e in stage.venue.endpoints if capability_method in e.serves}
            assert bool(serving) == bool(requests), f"{name}: sent {requests}, serving {serving}"
            assert not requests or requests & serving, f"no endpoint of {requests} serves {name}"

    async def test_margin_type_of_an_order(self, margin_type: MarginType) -> None:
        """An order has the margin type that it names; where orders have none, naming one is refused before sending."""
        venue = self.inventory.venue
        async with on_stage(venue, "flat") as stage:
            request = attrs.evolve(example_order(stage), margin_type=margin_type)
            stage.simulation.requests.clear()
            if margin_type in venue.behaviour(OrderBehaviour).margin_types:
                order = await stage.account.place_order(request)
                assert order.margin_type is margin_type, f"the order was placed with {order.margin_type}"
                return
            with pytest.raises(InvalidArgument):
                await stage.account.place_order(request)
            assert not stage.simulation.requests

    async def test_units_of_instruments(self, instrument_reader: type[InstrumentReader]) -> None:
        """A contract settles in its base (inverse) or quote (linear), or it is quanto and says how much a point is."""
        async with on_stage(self.inventory.venue) as stage:
            for one in await instrument_reader.of(stage.account).get_instruments():
                assert one.is_inverse is (one.settle == one.base), f"{one.symbol}: inverse, settled in {one.settle}"
                counted = one.contract_unit is Unit.CONTRACTS and one.contract_size == 1 and one.multiplier is not None
                plain = one.contract_unit in {Unit.BASE, Unit.QUOTE} and one.multiplier is None
                assert counted if one.is_quanto else plain, f"{one.symbol}: {one.contract_unit} x {one.multiplier}"

    async def test_missing_batch(self, missing_batch: Callable[..., Any]) -> None:
        """A kind of batch that the venue declares not to have is refused as unsupported, and nothing is sent."""
        async with on_stage(self.inventory.venue) as stage:
            arguments = await arguments_for(missing_batch, stage)
            stage.simulation.requests.clear()
            with pytest.raises(UnsupportedCapability):
                await _call_method(getattr(stage.account, missing_batch.__name__), arguments)
            assert not stage.simulation.requests

    async def test_unsupported_capability(self, unsupported: type[Capability]) -> None:
        """A capability that is declared unsupported is refused with the declared reason, and nothing is sent."""
        async with on_stage(self.inventory.venue) as stage:
            reason = stage.venue.unsupported[unsupported]
            assert reason, f"{unsupported.__name__} is declared unsupported without a reason"
            with pytest.raises(UnsupportedCapability) as caught:
                unsupported.of(stage.account)
            assert reason in str(caught.value)
            assert not stage.simulation.requests


async def _call_method(method: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """
    Return a method's result; its warnings are irrelevant here.

    A walk was walked to its end then, and the value of a block is that of one that was entered.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        value = method(**arguments)
        if isinstance(value, Pager):
            return _Paged(await value.all())
        if method.__name__ in _ENTERED_NAMES:
            async with value as inner:
                return inner
        return await value if inspect.isawaitable(value) else value


@attrs.frozen
class _Paged:
    """All items of a walk; a history may be empty."""

    items: tuple[Any, ...]

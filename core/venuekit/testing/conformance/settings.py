"""Checks of settings: they take effect, can be repeated, and survive a lost answer."""

from __future__ import annotations

from typing import Any

from venuekit.errors import Outcome, OutcomeUnknown
from venuekit.testing.conformance.examples import Setter
from venuekit.testing.conformance.inventory import Checks, raises
from venuekit.testing.staged import Stage, on_stage


class SettingChecks(Checks):
    """A setter ends with the requested value, or raises that the outcome is unknown."""

    async def test_setting_takes_effect(self, setter: Setter) -> None:
        """A value that is set takes effect, and the setter reports a change."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            target = await self._another_value(setter, stage)
            setting = await setter.write(stage, target)
            assert setting.changed is True
            assert await setter.read(stage) == target
            assert len(stage.arrivals(self.inventory.endpoint_of(setter))) == 1

    async def test_setting_it_again(self, setter: Setter) -> None:
        """Setting the present value succeeds; where the venue has a code for "no need", ``changed`` is False."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            target = await self._another_value(setter, stage)
            await setter.write(stage, target)
            again = await setter.write(stage, target)
            if self.inventory.endpoint_of(setter).no_change:
                assert again.changed is False
            assert await setter.read(stage) == target

    async def test_answer_lost_after_it_was_applied(self, setter: Setter, loss: Any) -> None:
        """When the answer is lost or unreadable, the value holds and ``changed`` is None."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            target = await self._another_value(setter, stage)
            endpoint = self.inventory.endpoint_of(setter)
            stage.disturb(endpoint, loss)
            setting = await setter.write(stage, target)
            assert setting.changed is None
            assert await setter.read(stage) == target
            assert len(stage.arrivals(endpoint)) <= 2

    async def test_request_lost_before_it_was_applied(self, setter: Setter) -> None:
        """When the request is lost it is sent once more, and the value holds."""
        from venuekit.simulator import DropBefore

        async with on_stage(self.inventory.venue, "flat") as stage:
            target = await self._another_value(setter, stage)
            endpoint = self.inventory.endpoint_of(setter)
            stage.disturb(endpoint, DropBefore())
            setting = await setter.write(stage, target)
            assert setting.changed is None
            assert await setter.read(stage) == target
            assert len(stage.arrivals(endpoint)) == 2

    async def test_request_lost_twice(self, setter: Setter) -> None:
        """When both requests are lost the outcome is unknown, the old value holds, and nothing more is sent."""
        from venuekit.simulator import DropBefore

        async with on_stage(self.inventory.venue, "flat") as stage:
            present = await setter.read(stage)
            endpoint = self.inventory.endpoint_of(setter)
            stage.disturb(endpoint, DropBefore(), times=2)
            with raises(OutcomeUnknown) as caught:
                await setter.write(stage, setter.another(stage, present))
            assert caught.value.outcome is Outcome.UNKNOWN
            assert await setter.read(stage) == present
            assert len(stage.arrivals(endpoint)) == 2

    async def _another_value(self, setter: Setter, stage: Stage) -> Any:
        return setter.another(stage, await setter.read(stage))

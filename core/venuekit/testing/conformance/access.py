"""Checks of access: wrong keys are refused with a clear error, and a deviating clock is measured anew."""

from __future__ import annotations

from typing import Any

from venuekit.credentials import Credentials
from venuekit.endpoint import Endpoint
from venuekit.errors import AuthenticationFailed, Outcome, PermissionDenied
from venuekit.runtime import Runtime
from venuekit.testing.clocks import InstantClock
from venuekit.testing.conformance.examples import Setter
from venuekit.testing.conformance.inventory import Checks, parameters_on, raises
from venuekit.testing.fake import Watch, plugins_with
from venuekit.testing.sent import caller_parameters
from venuekit.testing.staged import on_stage
from venuekit.venue import RequestExpiry


def _spoil(text: str) -> str:
    """Return another text of the same length and letters."""
    return text[1:] + text[:1]


class AccessChecks(Checks):
    """Keys, secrets and clocks."""

    async def test_wrong_secret(self) -> None:
        """A secret that does not belong to the key is refused as a failed authentication."""
        await self._is_refused(spoil_key=False)

    async def test_unknown_key(self) -> None:
        """An unknown key is refused as a failed authentication."""
        await self._is_refused(spoil_key=True)

    async def _is_refused(self, *, spoil_key: bool) -> None:
        venue, endpoint = self.inventory.venue, self.inventory.signed_read
        async with on_stage(venue) as stage:
            key, secret = stage.simulation.key, stage.simulation.secret
            spoiled = (_spoil(key), secret) if spoil_key else (key, _spoil(secret))
            credentials = Credentials.sim(stage.simulation.rest(venue.id), *spoiled)
            async with Runtime(plugins=plugins_with(Watch()), clock=InstantClock(), journal=False) as runtime:
                with raises(AuthenticationFailed) as caught:
                    account = await runtime.open(venue, credentials)
                    await account.call(endpoint, **self._parameters(endpoint))
            assert caught.value.code is not None
            assert caught.value.message
            assert caught.value.outcome is Outcome.NOT_APPLIED

    def _parameters(self, endpoint: Endpoint[Any]) -> dict[str, Any]:
        case = self.inventory.example(endpoint)
        assert case is not None, f"no recorded success of {endpoint}"
        return caller_parameters(endpoint, case.parameters)

    async def test_read_only_key(self, setter: Setter) -> None:
        """A read-only key is refused a write, with the venue's code, and nothing is changed."""
        venue = self.inventory.venue
        async with on_stage(venue, "flat") as stage:
            present = await setter.read(stage)
            credentials = stage.simulation.credentials(venue.id, read_only=True)
            async with Runtime(plugins=plugins_with(Watch()), clock=stage.clock, journal=False) as runtime:
                account = await runtime.open(venue, credentials)
                arguments = setter.arguments(stage, setter.another(stage, present))
                with raises(AuthenticationFailed, PermissionDenied) as caught:
                    await getattr(account, setter.method.__name__)(**arguments)
            assert caught.value.code is not None
            assert caught.value.outcome is Outcome.NOT_APPLIED
            assert await setter.read(stage) == present

    async def test_clock_that_ran_away(self, skew: float) -> None:
        """When the venue's clock deviates, the request is refused, the clock is measured, and it is sent again once."""
        endpoint = self.inventory.signed_read
        case = self.inventory.example(endpoint)
        assert case is not None, f"no recorded success of {endpoint}"
        async with on_stage(self.inventory.venue) as stage:
            stage.simulation.skew(skew)
            await stage.account.call(endpoint, **parameters_on(stage, endpoint, case))
            applied = [arrival.applied for arrival in stage.arrivals(endpoint)]
            # only a window refuses a timestamp in the future
            is_two_sided = self.inventory.venue.expiry is RequestExpiry.WINDOW
            assert applied == [False, True] or (applied == [True] and not is_two_sided)

"""Checks of access: wrong keys are refused, and a deviating clock is measured anew."""

from __future__ import annotations

import pytest

from venuekit.credentials import Credentials
from venuekit.errors import AuthenticationFailed, CredentialsError, Outcome, PermissionDenied
from venuekit.request_bounds import RequestExpiry
from venuekit.runtime import Runtime
from venuekit.testing.clocks import InstantClock
from venuekit.testing.conformance.examples import Setter
from venuekit.testing.conformance.inventory import Checks
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.fake import Watch, plugins_with
from venuekit.testing.sent import caller_parameters
from venuekit.testing.staged import on_stage


class AccessChecks(Checks):
    """Keys, secrets and clocks."""

    tier = Tier.SILVER

    async def test_wrong_secret(self) -> None:
        """A secret that does not belong to the key is refused as a failed authentication."""
        await self._is_refused("secret")

    async def test_unknown_key(self) -> None:
        """An unknown key is refused as a failed authentication."""
        await self._is_refused("key")

    async def test_wrong_fields(self) -> None:
        """A passphrase or another secret field that does not belong to the key is refused as one, too."""
        for field in self.inventory.venue.credential_fields:
            if field.secret and field.required:
                await self._is_refused(field.name)

    async def _is_refused(self, spoiled: str) -> None:
        """
        Open an account with one text of another key, or with all of that key.

        A key that its secret does not belong to may be refused before anything is sent, as that of a wallet is.
        """
        venue, endpoint = self.inventory.venue, self.inventory.signed_read
        parameters = caller_parameters(endpoint, self.inventory.example(endpoint).parameters)
        async with on_stage(venue) as stage:
            own, other = stage.simulation.key_of(venue.id), stage.simulation.make_stranger(venue.id)
            base = other if spoiled == "key" else own
            secret = other.secret if spoiled == "secret" else base.secret
            fields = {**base.fields, **({spoiled: other.fields[spoiled]} if spoiled in other.fields else {})}
            credentials = Credentials.sim(stage.simulation.rest(venue.id), base.key, secret, fields=fields)
            async with Runtime(plugins=plugins_with(Watch()), clock=InstantClock(), journal=False) as runtime:
                with pytest.raises((AuthenticationFailed, CredentialsError)) as caught:  # noqa: PT012 - either may be
                    account = await runtime.open(venue, credentials)
                    await account.call(endpoint, **parameters)
            if isinstance(caught.value, CredentialsError):
                assert spoiled == "secret"
                assert not stage.simulation.requests
                return
            assert isinstance(caught.value, AuthenticationFailed)
            assert self.inventory.has_no_codes or caught.value.code is not None
            assert caught.value.message
            assert caught.value.outcome is Outcome.NOT_APPLIED

    async def test_read_only_key(self, setter: Setter) -> None:
        """A read-only key is refused a write, with the venue's code if there are codes, and nothing is changed."""
        venue = self.inventory.venue
        async with on_stage(venue, "flat") as stage:
            present = await setter.read(stage)
            credentials = stage.simulation.credentials(venue.id, read_only=True)
            async with Runtime(plugins=plugins_with(Watch()), clock=stage.clock, journal=False) as runtime:
                account = await runtime.open(venue, credentials)
                arguments = setter.arguments(stage, setter.another(stage, present))
                with pytest.raises((AuthenticationFailed, PermissionDenied)) as caught:
                    await getattr(account, setter.method.__name__)(**arguments)
            assert self.inventory.has_no_codes or caught.value.code is not None
            assert caught.value.outcome is Outcome.NOT_APPLIED
            assert await setter.read(stage) == present

    async def test_clock_that_ran_away(self, skew: float) -> None:
        """When the venue's clock deviates, the request is refused, the clock is measured, and it is sent again once."""
        endpoint = self.inventory.signed_read
        async with on_stage(self.inventory.venue) as stage:
            stage.simulation.skew(skew)
            await stage.account.call(endpoint, **self.inventory.parameters_on(stage, endpoint))
            applied = [arrival.applied for arrival in stage.arrivals(endpoint)]
            # only a window refuses a timestamp in the future
            is_two_sided = self.inventory.venue.expiry is RequestExpiry.WINDOW
            assert applied == [False, True] or (applied == [True] and not is_two_sided)

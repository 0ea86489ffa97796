"""Checks of access: wrong keys are refused, a deviating clock is measured anew, and no secret appears in any text."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import pytest

from venuekit.credentials import Credentials
from venuekit.endpoint import Endpoint
from venuekit.errors import AuthenticationFailed, CredentialsError, Outcome, PermissionDenied, VenuekitError
from venuekit.request_bounds import RequestExpiry
from venuekit.runtime import Runtime
from venuekit.simulator import CannedAnswer, Cut, DropBefore
from venuekit.testing.clocks import InstantClock
from venuekit.testing.conformance.examples import Setter
from venuekit.testing.conformance.inventory import Checks
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.fake import Watch, plugins_with
from venuekit.testing.sent import caller_parameters
from venuekit.testing.staged import Stage, on_stage, token_of


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


class SecretChecks(Checks):
    """Keys, secrets and signatures are shown nowhere."""

    tier = Tier.BRONZE
    needs_simulated = False

    async def test_planted_secrets_are_found_nowhere(self, caplog: pytest.LogCaptureFixture) -> None:
        """After answers, refusals and losses, no visible text contains a key, secret or signature."""
        caplog.set_level(logging.DEBUG)
        async with on_stage(self.inventory.staged, keep_raw=True) as stage:
            seen = [repr(stage.account), str(stage.account), repr(stage.simulation.credentials(stage.venue.id))]
            for endpoint in stage.venue.endpoints:
                parameters = self.inventory.parameters_on(stage, endpoint)
                for trouble in (None, *_troubles(stage)):
                    if trouble is not None:
                        stage.disturb(endpoint, trouble, times=4)
                    seen.append(await _everything_said(stage, endpoint, parameters))
                    stage.simulation.script.clear()
            seen += [repr(event) for event in stage.watch.events]
            seen += [str(event.error) for event in stage.watch.events if event.error is not None]
            seen.append(caplog.text)
            assert stage.watch.signatures, "nothing was signed"
            planted = [*_secrets(stage), *stage.watch.signatures, *filter(None, (token_of(stage.account),))]
            leaks = sorted({text for text in seen if any(secret in text for secret in planted)})
            assert not leaks, f"a secret is seen in {len(leaks)} texts; the first begins {leaks[0][:80]!r}"


def _secrets(stage: Stage) -> list[str]:
    """Return the texts of the account that must not be shown."""
    key = stage.simulation.key_of(stage.venue.id)
    hidden = [field.name for field in stage.venue.credential_fields if field.secret and field.name in key.fields]
    return [key.key, key.secret, *(key.fields[name] for name in hidden)]


def _troubles(stage: Stage) -> tuple[Any, ...]:
    """Return disturbances whose errors quote the request or the answer: a venue may echo a request."""
    echo = "&".join(f"apiKey={text}" for text in _secrets(stage))
    echoes = CannedAnswer(200, f"<html>{echo}</html>".encode()), CannedAnswer(400, echo.encode())
    return (DropBefore(), Cut(1), *echoes)


async def _everything_said(stage: Stage, endpoint: Endpoint[Any], parameters: dict[str, Any]) -> str:
    """Return the text of a call's result or error, with its whole chain and all local variables."""
    try:
        return repr(await stage.account.call(endpoint, **parameters))
    except VenuekitError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True).format()
        return "\n".join((*shown, str(error), repr(error), repr(error.args), repr(vars(error))))

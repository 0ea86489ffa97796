"""Checks of secrets: after answers, refusals and losses, no key, secret or signature appears in any text."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Collection
from typing import Any

import pytest

from venuekit.endpoint import Endpoint
from venuekit.errors import VenuekitError
from venuekit.simulator import CannedAnswer, Cut, DropBefore
from venuekit.testing.conformance.inventory import Checks
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.staged import Stage, on_stage, token_of

#: a word in which a secret of at least so many characters may be
_LONG_WORD = re.compile(r"[\w%+/=.~-]{16,}")


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
            leaks = find_leaks(seen, planted)
            assert not leaks, f"a secret is seen in {len(leaks)} texts; the first begins {leaks[0][:80]!r}"


def find_leaks(texts: Collection[str], secrets: Collection[str]) -> list[str]:
    """
    Return the texts in which a secret is, in order and each once.

    There may be thousands of both, so that long secrets are looked for in all long words at once.
    """
    long = {secret for secret in secrets if _LONG_WORD.fullmatch(secret)}
    words = "\n".join({word for text in texts for word in _LONG_WORD.findall(text)})
    leaked = {secret for secret in long if secret in words} | (set(secrets) - long)
    return sorted({text for text in texts if any(secret in text for secret in leaked)})


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

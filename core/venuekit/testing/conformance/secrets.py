"""Checks that no secret appears: not in a repr, an error, a log, a traceback or an observer's event."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any

from venuekit.errors import VenuekitError
from venuekit.testing.conformance.inventory import Checks, parameters_on
from venuekit.testing.staged import Stage, on_stage

if TYPE_CHECKING:
    import pytest

    from venuekit.endpoint import Endpoint


class SecretChecks(Checks):
    """Keys, secrets and signatures are shown nowhere."""

    async def test_planted_secrets_are_found_nowhere(self, caplog: pytest.LogCaptureFixture) -> None:
        """After answers, refusals and losses, no visible text contains a key, secret or signature."""
        caplog.set_level(logging.DEBUG)
        async with on_stage(self.inventory.venue, keep_raw=True) as stage:
            seen = [repr(stage.account), str(stage.account), repr(stage.simulation.credentials(stage.venue.id))]
            for endpoint in stage.venue.endpoints:
                case = self.inventory.example(endpoint)
                assert case is not None, f"no recorded success of {endpoint}"
                parameters = parameters_on(stage, endpoint, case)
                for trouble in (None, *_troubles(stage)):
                    if trouble is not None:
                        stage.disturb(endpoint, trouble, times=4)
                    seen.append(await _everything_said(stage, endpoint, parameters))
                    stage.simulation.script.clear()
            seen += [repr(event) for event in stage.watch.events]
            seen += [str(event.error) for event in stage.watch.events if event.error is not None]
            seen.append(caplog.text)
            planted = [stage.simulation.key, stage.simulation.secret, *stage.watch.signatures]
            assert len(planted) > 2, "nothing was signed"
            leaks = sorted({text for text in seen if any(secret in text for secret in planted)})
            assert not leaks, f"a secret is seen in {len(leaks)} texts; the first begins {leaks[0][:80]!r}"


def _troubles(stage: Stage) -> tuple[Any, ...]:
    """Return disturbances whose errors quote the request or the answer: a venue may echo a request."""
    from venuekit.simulator import CannedAnswer, Cut, DropBefore

    echo = f"apiKey={stage.simulation.key}&secret={stage.simulation.secret}"
    echoes = CannedAnswer(200, f"<html>{echo}</html>".encode()), CannedAnswer(400, echo.encode())
    return (DropBefore(), Cut(1), *echoes)


async def _everything_said(stage: Stage, endpoint: Endpoint[Any], parameters: dict[str, Any]) -> str:
    """Return the text of a call's result or error, with its whole chain and all local variables."""
    try:
        return repr(await stage.account.call(endpoint, **parameters))
    except VenuekitError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True).format()
        return "\n".join((*shown, str(error), repr(error), repr(error.args), repr(vars(error))))

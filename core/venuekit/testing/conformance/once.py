"""Checks of what must not be sent twice."""

from __future__ import annotations

from typing import Any

from venuekit.endpoint import Endpoint
from venuekit.errors import NotExecuted, OperationError, Outcome, OutcomeUnknown
from venuekit.testing.conformance.base import Checks, parameters_on
from venuekit.testing.staged import on_stage

__all__ = ["OnceChecks"]


class OnceChecks(Checks):
    """A write that would add up arrives once, whatever happens to its answer."""

    async def test_lost_write_arrives_once(self, once_endpoint: Endpoint[Any], fate: Any) -> None:
        """A write whose answer is lost is never sent again, and what is reported about it is true."""
        case = self.inventory.example(once_endpoint)
        assert case is not None, f"no recorded success of {once_endpoint}"
        async with on_stage(self.inventory.venue, "holding") as stage:
            stage.disturb(once_endpoint, fate)
            parameters = parameters_on(stage, once_endpoint, case)
            error: OperationError | None = None
            try:
                await stage.account.call(once_endpoint, **parameters)
            except OperationError as caught:
                error = caught
            (arrival,) = stage.arrivals(once_endpoint)
            if error is None:
                assert arrival.applied is True
            elif isinstance(error, NotExecuted):
                assert arrival.applied is False
            else:
                assert isinstance(error, OutcomeUnknown), f"a lost write ended in {error!r}"
                assert error.outcome is Outcome.UNKNOWN

"""Checks of reads: an answer nobody can read is an error that says so, and one that can be had is found."""

from __future__ import annotations

from typing import Any

from venuekit.endpoint import Endpoint
from venuekit.errors import AnswerLost, OutcomeNotStated
from venuekit.testing.conformance.base import Checks, parameters_on
from venuekit.testing.conformance.raising import raises
from venuekit.testing.staged import on_stage

__all__ = ["ReadChecks"]

_ATTEMPTS = 4


class ReadChecks(Checks):
    """A read never hands out what is not there."""

    async def test_unreadable_answer(self, read_endpoint: Endpoint[Any], unreadable: Any) -> None:
        """HTML, an empty and a cut body under a status of success are a transport error, after all attempts."""
        case = self.inventory.example(read_endpoint)
        assert case is not None, f"no recorded success of {read_endpoint}"
        async with on_stage(self.inventory.venue) as stage:
            stage.disturb(read_endpoint, unreadable, times=_ATTEMPTS)
            with raises(AnswerLost) as caught:
                await stage.account.call(read_endpoint, **parameters_on(stage, read_endpoint, case))
            assert caught.value.status in {200, None}
            assert caught.value.message
            assert len(stage.arrivals(read_endpoint)) == _ATTEMPTS

    async def test_gateway_page(self, read_endpoint: Endpoint[Any]) -> None:
        """A page of a gateway is no answer of the venue: its status is told, and it was tried again."""
        from venuekit.simulator import Answer

        case = self.inventory.example(read_endpoint)
        assert case is not None, f"no recorded success of {read_endpoint}"
        async with on_stage(self.inventory.venue) as stage:
            stage.disturb(read_endpoint, Answer.html(502), times=_ATTEMPTS)
            with raises(OutcomeNotStated) as caught:
                await stage.account.call(read_endpoint, **parameters_on(stage, read_endpoint, case))
            assert caught.value.status == 502
            assert len(stage.arrivals(read_endpoint)) == _ATTEMPTS

    async def test_read_survives_a_lost_answer(self, read_endpoint: Endpoint[Any]) -> None:
        """A read whose first answer is lost is asked again, with a new signature, and answered."""
        from venuekit.simulator import DropAfter

        case = self.inventory.example(read_endpoint)
        assert case is not None, f"no recorded success of {read_endpoint}"
        async with on_stage(self.inventory.venue) as stage:
            stage.disturb(read_endpoint, DropAfter())
            await stage.account.call(read_endpoint, **parameters_on(stage, read_endpoint, case))
            assert [one.applied for one in stage.arrivals(read_endpoint)] == [True, True]

"""Checks of reads: an unreadable answer is an error with a clear text, and a lost one is requested again."""

from __future__ import annotations

from typing import Any

from venuekit.endpoint import Endpoint, Role
from venuekit.errors import AnswerLost, NotFound, OutcomeNotStated
from venuekit.testing.conformance.inventory import Checks, parameters_on, raises
from venuekit.testing.recorded import RecordedCase
from venuekit.testing.staged import Stage, on_stage

_ATTEMPTS = 4
#: attempts of the read of the venue's time, which may not delay others for long
_ATTEMPTS_AT_TIME = 2


class ReadChecks(Checks):
    """A read never returns invented values."""

    async def test_unreadable_answer(self, read_endpoint: Endpoint[Any], unreadable: Any) -> None:
        """HTML, an empty and a cut body under a status of success are a transport error, after all attempts."""
        case = self.inventory.example(read_endpoint)
        assert case is not None, f"no recorded success of {read_endpoint}"
        async with on_stage(self.inventory.venue) as stage:
            parameters = await _answerable(stage, read_endpoint, case)
            attempts = _attempts(stage, read_endpoint)
            stage.disturb(read_endpoint, unreadable, times=attempts)
            with raises(AnswerLost) as caught:
                await stage.account.call(read_endpoint, **parameters)
            assert caught.value.status in {200, None}
            assert caught.value.message
            assert len(stage.arrivals(read_endpoint)) == attempts

    async def test_gateway_page(self, read_endpoint: Endpoint[Any]) -> None:
        """A gateway's page is no answer of the venue: the error has its status, and the read was tried again."""
        from venuekit.simulator import CannedAnswer

        case = self.inventory.example(read_endpoint)
        assert case is not None, f"no recorded success of {read_endpoint}"
        async with on_stage(self.inventory.venue) as stage:
            parameters = await _answerable(stage, read_endpoint, case)
            attempts = _attempts(stage, read_endpoint)
            stage.disturb(read_endpoint, CannedAnswer.html(502), times=attempts)
            with raises(OutcomeNotStated) as caught:
                await stage.account.call(read_endpoint, **parameters)
            assert caught.value.status == 502
            assert len(stage.arrivals(read_endpoint)) == attempts

    async def test_read_survives_a_lost_answer(self, read_endpoint: Endpoint[Any]) -> None:
        """A read whose first answer is lost is sent again, with a new signature, and answered."""
        from venuekit.simulator import DropAfter

        case = self.inventory.example(read_endpoint)
        assert case is not None, f"no recorded success of {read_endpoint}"
        async with on_stage(self.inventory.venue) as stage:
            parameters = await _answerable(stage, read_endpoint, case)
            stage.disturb(read_endpoint, DropAfter())
            await stage.account.call(read_endpoint, **parameters)
            assert [arrival.applied for arrival in stage.arrivals(read_endpoint)] == [True, True]


def _attempts(stage: Stage, endpoint: Endpoint[Any]) -> int:
    return _ATTEMPTS_AT_TIME if endpoint is stage.venue.server_time else _ATTEMPTS


async def _answerable(stage: Stage, endpoint: Endpoint[Any], case: RecordedCase) -> dict[str, Any]:
    """Return the parameters of a recorded read; an order named by its client id is made to exist."""
    from venuekit.simulator.ledger import Book, Side

    parameters = parameters_on(stage, endpoint, case)
    client_id = parameters.get(endpoint.name_of(Role.CLIENT_ID) or "")
    symbol = stage.scenario.held or stage.scenario.flat
    ledger = stage.simulation.ledger_of(stage.venue.id)
    for book in Book if client_id is not None else ():
        try:
            await stage.account.call(endpoint, **parameters)
            break
        except NotFound:
            order = ledger.contract(symbol).min_quantity, ledger.mark(symbol) / 2
            for waiting in ledger.orders(symbol, is_open=True):
                ledger.cancel_order(waiting.id)
            ledger.rest_order(symbol, Side.BUY, *order, book=book, client_id=client_id)
    stage.simulation.requests.clear()
    return parameters

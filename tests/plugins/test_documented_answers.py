"""Answers that a venue documents for trouble of its own: the simulator does what each means, and so ends the client."""

from __future__ import annotations

from typing import Any

import pytest
from tests.plugins.stages import PRICE, VENUES, LeapingStage, leaping

import venuekit
from venuekit.capabilities import OrderControl
from venuekit.endpoint import EndpointName
from venuekit.errors import Outcome
from venuekit.simulator import CannedAnswer, simulate
from venuekit.simulator.fields import FieldError
from venuekit.simulator.scripted import read_disturbance

#: refusals that the client waits out and sends again
SENT_AGAIN = {"too-many-requests", "too-many-requests-bare", "too-many-visits", "too-many-visits-bare"}
#: answers of whoever stands in front of the venue: the client takes nobody else's word for what the venue did
NOT_FROM_THE_VENUE = {"waf", "too-frequent"}


def _documented() -> list[Any]:
    """Return each venue with each of its answers, and what may happen to the request behind it."""
    return [
        pytest.param(venue, name, applied, id=f"{venue} {name} {applied}")
        for venue in VENUES
        for name, answer in simulate(venue).answers_of(venue).items()
        for applied in ((False, True) if answer.executed is None else (answer.executed,))
    ]


@pytest.mark.looptime
@pytest.mark.parametrize(("venue", "name", "applied"), _documented())
async def test_the_client_ends_with_the_documented_outcome(venue: str, name: str, applied: bool) -> None:
    """An order behind such an answer is there once or not at all, and the client says which."""
    async with leaping(venue) as (sim, account):
        stage = LeapingStage(sim, account)
        [place] = [one for one in account.venue.endpoints if OrderControl.place_order in one.serves and one.is_write][
            :1
        ]
        stage.disturb(place, sim.documented(venue, name, applied=applied))
        outcome = await stage.outcome_of_bid()
        await account.pause(1)  # where orders are decided later
        there = [one for one in stage.ledger.orders(stage.symbol, hidden=True) if one.price == PRICE]

        assert sim.script.is_played
        assert len(there) == (1 if outcome is None else 0)
        if applied or name in SENT_AGAIN:
            assert (outcome, len(stage.arrivals(place))) == (None, 1 if applied else 2)
        else:
            assert outcome is (Outcome.UNKNOWN if name in NOT_FROM_THE_VENUE else Outcome.NOT_APPLIED)


@pytest.mark.parametrize("venue", VENUES)
async def test_an_answer_that_is_not_documented(venue: str) -> None:
    """An unknown name is told with the nearest, and so is a meaning that the venue does not document."""
    async with venuekit.simulate(venue) as sim:
        with pytest.raises(LookupError, match=f"{venue} documents no answer 'wav'; did you mean waf?"):
            sim.documented(venue, "wav")
        with pytest.raises(
            ValueError, match=f"{venue} documents that a request is not carried out where it answers 'waf'"
        ):
            sim.documented(venue, "waf", applied=True)

        assert sim.documented(venue, "waf").status == 403
        assert b"<html>" in sim.documented(venue, "waf").body


async def test_documented_answers_as_data() -> None:
    """A script names them, and each venue gives its own; a venue that documents none of that name is told."""
    route = "POST /fapi/v1/order"
    async with venuekit.simulate("binance_usdm", "aster_usdm_v1") as sim:
        either = read_disturbance({"kind": "answer", "name": "unknown", "applied": True, "route": route}).add_to(sim)
        with pytest.raises(FieldError, match="name: aster_usdm_v1 documents no answer 'throttled'; it documents waf"):
            read_disturbance({"kind": "answer", "name": "throttled", "route": route}).add_to(sim)
        with pytest.raises(FieldError, match="applied: binance_usdm documents that a request is not carried out"):
            read_disturbance(
                {"kind": "answer", "name": "throttled", "applied": True, "route": route, "venue": "binance_usdm"}
            ).add_to(sim)
        with pytest.raises(FieldError, match="status: an answer that a venue documents has its own; leave it out"):
            read_disturbance({"kind": "answer", "name": "unknown", "status": 500, "route": route})
        [(answer,)] = sim.script.waiting()["binance_usdm", EndpointName("POST", "/fapi/v1/order")]

    assert either == ("binance_usdm", "aster_usdm_v1")
    assert isinstance(answer, CannedAnswer)
    assert (answer.status, answer.applied) == (503, True)

"""Refusals without a code: words that a venue is recognised by are a plain rejection, and anyone else's are not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit import errors
from venuekit.endpoint import Change
from venuekit.errors import Outcome
from venuekit.faults import Fault, FaultRow, FaultTable, is_listed
from venuekit.foreign import read_foreign
from venuekit.message import HttpResponse
from venuekit.simulator import CannedAnswer
from venuekit.testing.staged import Stage, on_stage
from venuekit.venue import Refusal
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY

FAULTS = FaultTable(
    (
        FaultRow(Fault.INVALID, prefix="Order has invalid", mend="Ask for its steps."),
        FaultRow(Fault.NOT_FOUND, prefix="Order has invalid id"),
        FaultRow(Fault.THROTTLED, prefix="Too many"),
        FaultRow(Fault.PERMISSION, message="Read only"),
    )
)


def read_words(response: HttpResponse) -> Refusal | None:
    """Return the refusal of a venue that writes ``{"error": words}`` under any status."""
    try:
        answer = json.loads(response.body)
    except ValueError:
        if response.status < 300:
            raise
        return read_foreign(response)
    words = answer.get("error")
    if words is None:
        return None if response.status < 300 else read_foreign(response)
    return Refusal(code=None, message=words, is_foreign=False)


WORDED = attrs.evolve(TOY_PERP, answers=read_words, faults=FAULTS, outdated_by=frozenset({"Tick size"}))
SET_LEVERAGE = attrs.evolve(
    TOY.SET_LEVERAGE,
    no_change=frozenset({"Leverage unchanged"}),
    faults={"Order has invalid": Fault.REJECTED, "Order has invalid size": Fault.PERMISSION},
)
ADD = attrs.evolve(TOY.ADD_COLLATERAL, doubtful=frozenset({"Seen before"}))


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """An account of a venue that gives words in place of codes."""
    async with on_stage(WORDED) as stage:
        yield stage


def refuse(stage: Stage, endpoint: Any, words: str, status: int = 400) -> None:
    """Let the next attempt be refused with words."""
    stage.disturb(endpoint, CannedAnswer.json(status, {"error": words}))


async def add(stage: Stage) -> Any:
    """Add a margin of five."""
    return await stage.account.call(ADD, contract="TOYUSD", amount=Decimal(5))


@pytest.mark.parametrize("status", [200, 400, 401, 404, 409])
async def test_unlisted_words_are_a_plain_rejection(stage: Stage, status: int) -> None:
    """Words that no row lists refuse a write whatever their status: it was not executed, and nothing is read."""
    refuse(stage, TOY.ADD_COLLATERAL, "The moon is full", status)

    with pytest.raises(errors.Rejected, match="The moon is full") as caught:
        await add(stage)

    assert (caught.value.code, caught.value.status, caught.value.outcome) == (None, status, Outcome.NOT_APPLIED)
    assert len(stage.simulation.requests) == 1


@pytest.mark.parametrize(
    ("words", "error", "mend"),
    [
        ("Order has invalid size 3 for TOYUSD", errors.InvalidRequest, "Ask for its steps."),
        ("Order has invalid id 17", errors.NotFound, ""),
        ("Read only", errors.PermissionDenied, ""),
        ("Read only mode", errors.Rejected, ""),
    ],
)
async def test_listed_words_are_what_their_row_says(
    stage: Stage, words: str, error: type[errors.OperationError], mend: str
) -> None:
    """The longest beginning decides, and a whole message is compared whole."""
    refuse(stage, TOY.ADD_COLLATERAL, words)

    with pytest.raises(error, match=words) as caught:
        await add(stage)

    assert (type(caught.value), caught.value.mend, caught.value.outcome) == (error, mend, Outcome.NOT_APPLIED)


async def test_words_of_a_limit_are_waited_for(stage: Stage) -> None:
    """A limit told in words closes the pool, and the write is sent again."""
    refuse(stage, TOY.ADD_COLLATERAL, "Too many requests")

    await add(stage)

    assert len(stage.arrivals(TOY.ADD_COLLATERAL)) == 2


async def test_nothing_to_change_in_words(stage: Stage) -> None:
    """Words that begin as `no_change` says are a success that changed nothing."""
    refuse(stage, TOY.SET_LEVERAGE, "Leverage unchanged: it is 7")

    change = await stage.account.call(SET_LEVERAGE, contract="GEMUSD", leverage=7)

    assert change == Change(None, changed=False)


async def test_words_mean_something_else_on_one_endpoint(stage: Stage) -> None:
    """`Endpoint.faults` goes before the table, by the longest beginning."""
    refuse(stage, TOY.SET_LEVERAGE, "Order has invalid size 3")

    with pytest.raises(errors.PermissionDenied):
        await stage.account.call(SET_LEVERAGE, contract="GEMUSD", leverage=7)


async def test_doubtful_words_are_looked_into(stage: Stage) -> None:
    """Words that may speak of an earlier attempt are resolved by reading."""
    refuse(stage, TOY.ADD_COLLATERAL, "Seen before: 17")

    with pytest.raises(errors.NotExecuted):
        await add(stage)

    assert stage.arrivals(TOY.COLLATERAL_HISTORY)


async def test_words_can_outdate_what_is_remembered(stage: Stage) -> None:
    """Words of a changed step have remembered instruments read again."""
    await stage.account.read_once(TOY.CONTRACTS)
    refuse(stage, TOY.ADD_COLLATERAL, "Tick size is 0.5")
    with pytest.raises(errors.Rejected):
        await add(stage)
    await stage.account.read_once(TOY.CONTRACTS)

    assert len(stage.arrivals(TOY.CONTRACTS)) == 2


@pytest.mark.parametrize(
    "answer",
    [
        CannedAnswer(400, b"<html>no</html>"),
        CannedAnswer(404, b""),
        CannedAnswer(400, b"{}"),
        CannedAnswer.json(500, {"error": "The moon is full"}),
        CannedAnswer.json(503, {"error": "Leverage unchanged"}),
        CannedAnswer.json(408, {"error": "The moon is full"}),
    ],
)
async def test_words_of_another_server_prove_nothing(stage: Stage, answer: CannedAnswer) -> None:
    """A page, or a server's own failure, leaves a write open: it is looked for, and only then said to be absent."""
    stage.disturb(TOY.ADD_COLLATERAL, answer)

    with pytest.raises(errors.NotExecuted):
        await add(stage)

    assert stage.arrivals(TOY.COLLATERAL_HISTORY)


def test_an_item_without_a_code_is_a_rejection() -> None:
    """The items of a batch are the venue's own words."""
    assert FAULTS.classify(200, None, "The moon is full", is_foreign=False) is Fault.REJECTED
    assert FAULTS.classify(200, None, "The moon is full") is Fault.UNKNOWN_OUTCOME


def test_a_code_is_never_compared_with_words() -> None:
    """Texts are beginnings for refusals without a code only; an empty one is the beginning of nothing."""
    assert is_listed({"110", 5}, 5, "110043 unchanged")
    assert not is_listed({"110"}, 110043, "110 unchanged")
    assert is_listed({"110"}, None, "110 unchanged")
    assert not is_listed({"", 110}, None, "110 unchanged")

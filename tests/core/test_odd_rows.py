"""Lists with rows that cannot be read: the others are there, and each odd one is told."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator
from typing import Any

import pytest

import venuekit
from venuekit.errors import OddRow, PayloadMismatch
from venuekit.simulator import Rewrite, Simulation
from venuekit.testing import InstantClock
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY


@pytest.fixture
async def sim() -> AsyncIterator[Simulation]:
    """The toy venue, on a clock on which waiting takes no time."""
    async with venuekit.simulate("toy_perp", clock=InstantClock()) as simulation:
        yield simulation


@pytest.fixture
async def runtime(sim: Simulation) -> AsyncIterator[venuekit.Runtime]:
    """A runtime on the same clock."""
    async with venuekit.Runtime(clock=sim._clock, journal=False) as made:
        yield made


def spoil(*places: int, **fields: Any) -> Rewrite:
    """Return what changes fields of some rows."""

    def edit(document: Any) -> Any:
        for place in places:
            document["positions"][place].update(fields)
        return document

    return Rewrite.json(edit)


@pytest.mark.parametrize("keep_raw", [False, True])
async def test_rows_are_read_without_those_that_cannot_be_read(
    sim: Simulation, runtime: venuekit.Runtime, keep_raw: bool
) -> None:
    """Value and raw lack the same rows; the warning names venue, endpoint, row and field, and holds the row."""
    account = await runtime.open(TOY_PERP, sim.credentials("toy_perp"), keep_raw=keep_raw)
    whole = await account.answer(TOY.POSITIONS, flat=True)
    sim.disturb("toy_perp", TOY.POSITIONS, spoil(1, size="NaN"))

    with pytest.warns(OddRow) as told:
        answer = await account.answer_rows(TOY.POSITIONS, flat=True)

    (odd,) = answer.odd
    assert [one.message for one in told] == [odd]
    assert odd.words == "positions[1].size: expected a decimal number, got 'NaN'"
    assert (odd.venue, odd.operation, odd.row["contract"]) == ("toy_perp", "GET /v1/positions", whole.value[1].contract)
    assert str(odd) == f"toy_perp: GET /v1/positions has a row that cannot be read, and is left out: {odd.words}"
    assert answer.value == (whole.value[0], *whole.value[2:])
    names = None if answer.raw is None else [row["contract"] for row in answer.raw["positions"]]
    assert names == ([row.contract for row in answer.value] if keep_raw else None)


async def test_what_needs_every_row_reads_all_or_none(sim: Simulation, runtime: venuekit.Runtime) -> None:
    """``call``, ``answer`` and ``made`` take no list with an odd row."""
    account = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
    for ask in (account.call, account.answer, lambda *which, **more: account.call_as(len, *which, **more)):
        sim.disturb("toy_perp", TOY.POSITIONS, spoil(1, size="NaN"))
        with pytest.raises(PayloadMismatch, match=r"positions\[1\]\.size"):
            await ask(TOY.POSITIONS, flat=True)


async def test_no_row_that_can_be_read_is_an_error(sim: Simulation, runtime: venuekit.Runtime) -> None:
    """So is a fault that is in no row: nothing is told as an empty list."""
    account = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
    for rewrite in (
        spoil(0, 1, size=None),
        Rewrite.json(lambda _: {"positions": None}),
        Rewrite.json(lambda _: {"positions": {"size": 1}}),
        Rewrite.json(lambda _: []),
        Rewrite.json(lambda document: {"rows": document["positions"]}),
    ):
        sim.disturb("toy_perp", TOY.POSITIONS, rewrite)
        with pytest.raises(PayloadMismatch):
            await account.answer_rows(TOY.POSITIONS, flat=True)


async def test_odd_rows_can_be_made_errors(sim: Simulation, runtime: venuekit.Runtime) -> None:
    """Whoever wants to stop at one says so to Python."""
    account = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
    sim.disturb("toy_perp", TOY.POSITIONS, spoil(0, size="1_000"))
    with warnings.catch_warnings():
        warnings.simplefilter("error", OddRow)
        with pytest.raises(OddRow, match=r"positions\[0\]\.size"):
            await account.get_positions(include_flat=True)


async def test_a_value_that_carries_its_odd_rows_may_have_no_others(sim: Simulation, runtime: venuekit.Runtime) -> None:
    """``answer_any_rows`` returns no rows where none can be read; a fault that is in no row is an error as ever."""
    account = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
    sim.disturb("toy_perp", TOY.POSITIONS, spoil(0, 1, size=None))
    with pytest.warns(OddRow):
        answer = await account.answer_any_rows(TOY.POSITIONS, flat=True)
    assert (answer.value, len(answer.odd)) == ((), 2)
    assert [row.text("contract") for row in answer.odd] == [row.row["contract"] for row in answer.odd]
    assert [row.text(field) for row in answer.odd for field in ("size", "nothing")] == [None] * 4
    sim.disturb("toy_perp", TOY.POSITIONS, Rewrite.json(lambda _: {"positions": None}))
    with pytest.raises(PayloadMismatch):
        await account.answer_any_rows(TOY.POSITIONS, flat=True)

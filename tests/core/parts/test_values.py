"""Values of answers that repeat: read once, and never taken for another answer's."""

from __future__ import annotations

import json
import warnings
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

import venuekit
from venuekit import Account
from venuekit.errors import OddRow, PayloadMismatch
from venuekit.message import Answer
from venuekit.parts.columns import number, text
from venuekit.parts.rows import Reads, Rows
from venuekit.parts.values import RepeatedRows
from venuekit_toy_perp.endpoints import TOY

NOW = datetime(2026, 11, 29, tzinfo=UTC)
LISTING = attrs.evolve(TOY.POSITIONS, rows=((),))


@attrs.frozen
class Setting:
    """The setting of a symbol."""

    symbol: str
    leverage: Decimal


@attrs.frozen
class Seen:
    """A value that says when it was seen."""

    symbol: str
    as_of: datetime
    raw: Any = None


SETTINGS = Reads(Setting, key="symbol", symbol=text("symbol"), leverage=number("leverage"))


@pytest.fixture
async def account() -> AsyncIterator[Account]:
    """An account, in whose name odd rows are warned of."""
    async with venuekit.simulate("toy_perp") as sim, venuekit.connect("toy_perp", sim.credentials("toy_perp")) as open_:
        yield open_


def answer(**leverages: str) -> Answer[Rows[Setting]]:
    """Return an answer with a row for each symbol."""
    rows = [{"symbol": symbol, "leverage": leverage} for symbol, leverage in leverages.items()]
    return Answer(SETTINGS(json.dumps(rows).encode()), NOW, NOW)


async def test_an_answer_that_repeats_is_read_once(account: Account) -> None:
    """The values of equal bytes are the same objects; further keys are read when they are asked for."""
    repeated = RepeatedRows(SETTINGS)

    first = dict(repeated.of(account, LISTING, answer(A="5", B="7", C="9"), ["A", "Z"]))
    again = repeated.of(account, LISTING, answer(A="5", B="7", C="9"), ["A", "C", "C", "Z"])

    assert first == {"A": Setting("A", Decimal(5))}
    assert again == {**first, "C": Setting("C", Decimal(9))}
    assert again["A"] is first["A"]


async def test_another_answer_is_read_anew(account: Account) -> None:
    """A changed setting shows at once, also when its answer alternates with others beyond those that are kept."""
    repeated = RepeatedRows(SETTINGS, answers=2)
    for leverage in ("5", "6", "7", "5", "6", "7", "5"):
        values = repeated.of(account, LISTING, answer(A=leverage), {"A"})
        assert values == {"A": Setting("A", Decimal(leverage))}


async def test_an_odd_row_is_warned_of_each_time(account: Account) -> None:
    """The others are there; the row is told anew with each answer, and refused where all rows are needed."""
    repeated = RepeatedRows(SETTINGS)
    for _ in range(2):
        with pytest.warns(OddRow, match="leverage"):
            values = repeated.of(account, LISTING, answer(A="5", B="many"), {"A", "B"})
        assert values == {"A": Setting("A", Decimal(5))}
    with warnings.catch_warnings(), pytest.raises(PayloadMismatch, match="leverage"):
        repeated.of(account, LISTING, answer(A="5", B="many"), {"A", "B"}, all_or_none=True)


def test_values_of_one_moment_are_not_kept() -> None:
    """A declaration without a key, or whose values say when they were read, is refused."""
    declarations: tuple[Reads[Any], ...] = (
        Reads(Setting, symbol=text("symbol"), leverage=number("leverage")),
        Reads(Seen, key="symbol", symbol=text("symbol")),
    )
    for reads in declarations:
        with pytest.raises(TypeError, match="needs a key, and values that are of their rows alone"):
            RepeatedRows(reads)

"""Histories are compared with the ledger as their venue declares them: rows that are joined, orders by their change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import HistoryBehaviour, IncomeKind, IncomeReader, OrderBehaviour, OrderReader
from venuekit.plugin import Venue
from venuekit.simulator.ledger import Side
from venuekit.testing.conformance.histories import _agree, _cut_digits
from venuekit.testing.conformance.ledger_records import SUBJECTS, HistorySubject
from venuekit.testing.conformance.trading_stage import TradingStage
from venuekit.testing.staged import fake_stage
from venuekit_toy_swap import TOY_SWAP

D = Decimal
NET: dict[IncomeKind, IncomeKind] = {IncomeKind.COMMISSION: IncomeKind.REALIZED_PNL}


def declaring(behaviour: Any) -> Venue[Any]:
    """Return the toy with another behaviour in place of that of its class."""
    rest = (one for one in TOY_SWAP.behaviours if type(one) is not type(behaviour))
    return attrs.evolve(TOY_SWAP, behaviours=(*rest, behaviour))


def subject_of(method: Any) -> HistorySubject:
    return next(one for one in SUBJECTS if one.method is method)


async def test_income_that_is_a_part_of_other_rows() -> None:
    """A commission is looked for among the rows that the venue books it with, and under no kind of its own."""
    subject = subject_of(IncomeReader.iter_income)
    assert subject.at(TOY_SWAP) is subject
    async with fake_stage(TOY_SWAP) as stage:
        kinds = [row["kind"] for row in subject.records(TradingStage(stage))]
        net = [
            row["kind"]
            for row in subject.at(declaring(HistoryBehaviour(income_parts=NET))).records(TradingStage(stage))
        ]
    assert IncomeKind.COMMISSION in kinds
    assert net == [NET.get(kind, kind) for kind in kinds]


async def test_orders_that_tell_no_creation() -> None:
    """They are walked, and compared, by the time of their last change."""
    subject, declared = subject_of(OrderReader.iter_orders), TOY_SWAP.behaviour(OrderBehaviour)
    assert subject.at(TOY_SWAP) is subject
    changed = subject.at(declaring(attrs.evolve(declared, tells_creation=False)))
    assert (changed.time, "created_at" in changed.needed) == ("updated_at", False)
    async with fake_stage(TOY_SWAP) as stage:
        place = TradingStage(stage)
        place.ledger.rest_order(place.symbol, Side.BUY, D(2), D("0.01"))
        (record,) = changed.records(place)
        (order,) = place.ledger.orders(place.symbol)
    assert record["updated_at"] == order.updated_at
    assert "created_at" not in record


@pytest.mark.parametrize(
    ("amounts", "missing"),
    [
        pytest.param(["1", "0.00000001"], "0", id="all digits"),
        pytest.param(["1", "0.000001", "3.5"], "0.000003", id="six decimals"),
        pytest.param(["0.5000000000"], "0", id="more digits"),
    ],
)
def test_sum_may_lack_the_digits_that_no_amount_has(amounts: list[str], missing: str) -> None:
    """An exact sum is asked of a venue whose finest amount has all digits of the ledger."""
    assert _cut_digits([D(one) for one in amounts], 8) == D(missing)


def test_joined_figures_agree_as_far_as_they_are_written() -> None:
    """Each given figure is one of the ledger's."""
    held = frozenset({D("99995.47748515"), D("1")})
    assert _agree(frozenset({D("99995.477485"), None}), held)
    assert not _agree(frozenset({D("99995.477485"), D("2")}), held)

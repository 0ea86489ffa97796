"""The tables of figures cover every field, and numbers are compared as far as they are written out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import Balance, LeverageSetting, MarginType
from venuekit.testing.conformance import account_figures, order_figures
from venuekit.testing.conformance.figures import Figures, equal_as_written, same
from venuekit.testing.staged import on_stage
from venuekit_toy_perp import TOY_PERP

TABLES = [
    table
    for module in (account_figures, order_figures)
    for table in vars(module).values()
    if isinstance(table, Figures)
]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.kind.__name__)
def test_every_field_is_compared_or_beyond_a_ledger(table: Figures[Any]) -> None:
    """A field of a value has a figure of the ledger, or is named as one that no ledger knows; none has both."""
    fields = {field.name for field in attrs.fields(table.kind)}
    assert set(table.fields) | table.beyond == fields
    assert not set(table.fields) & table.beyond
    assert set(table.needed) | table.rounded <= set(table.fields)


@pytest.mark.parametrize(
    ("given", "held", "agrees"),
    [
        ("1.5", "1.50000000", True),
        ("82554.43886097", "82554.438860971524", True),
        ("5000", "5000.4", True),
        ("0.123", "0.12301", True),
        ("0.12", "0.12399", False),
        ("0", "0", True),
        ("0", "0.4", False),
        ("0", "0.00004", False),
        ("-1.5", "1.5", False),
        ("150000000", "1.5", False),
        ("0.00000002", "2", False),
        ("1.50000001", "1.5", False),
        ("1E+2", "180", False),
    ],
)
def test_numbers_are_equal_as_written(given: str, held: str, agrees: bool) -> None:
    """A number may lack the last digits of another one; a sign, a scale and a digit that is there must be right."""
    assert equal_as_written(Decimal(given), Decimal(held)) is agrees


async def test_a_leverage_is_needed_only_under_a_margin_type_that_has_one() -> None:
    """Where a venue has none for cross positions, none may be shown; elsewhere one that is missing is told."""
    table, isolated = account_figures.LEVERAGE, frozenset({MarginType.ISOLATED})
    async with on_stage(TOY_PERP) as stage:
        symbol = stage.scenario.flat
        assert stage.ledger.margin_type(symbol) is MarginType.CROSS
        leverage = stage.ledger.leverage(symbol)
        given = LeverageSetting(symbol, leverage, leverage)
        missing = attrs.evolve(given, long=None, short=None)
        for margin_types, right, wrong in ((isolated, missing, given), (frozenset(MarginType), given, missing)):
            facts = account_figures.SymbolFacts(stage.ledger, symbol, margin_types=margin_types)
            assert not list(table.faults(right, facts, symbol, table.needed))
            assert len(list(table.faults(wrong, facts, symbol, table.needed))) == 2


def test_money_is_exact_where_no_price_is_in_it() -> None:
    """A wallet that lacks the digits behind the cents is another one; a profit may lack them."""
    table = Figures(Balance, fields=same("wallet", "unrealized_pnl"), rounded=frozenset({"unrealized_pnl"}))
    held = Balance("USD", wallet=Decimal("1000.004"), unrealized_pnl=Decimal("1000.004"))
    table.check(attrs.evolve(held, unrealized_pnl=Decimal("1000.00")), held, "USD")
    with pytest.raises(AssertionError, match=r"^USD: wallet is 1000.00; the ledger has 1000.004"):
        table.check(attrs.evolve(held, wallet=Decimal("1000.00")), held, "USD")


def test_field_that_is_needed_is_given() -> None:
    """A value without a field that it is worthless without is named; where the ledger has none either it may lack."""
    table: Figures[Balance] = Figures(Balance, fields=same("wallet"), needed=("wallet",))
    table.check(Balance("USD"), Balance("USD"), "USD")
    with pytest.raises(AssertionError, match=r"^USD: wallet is None; without it the value is worthless"):
        table.check(Balance("USD"), Balance("USD", wallet=Decimal(1)), "USD")

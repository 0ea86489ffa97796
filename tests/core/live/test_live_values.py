"""Live values: the source of each field, and the figures that follow from a mark price."""

from __future__ import annotations

import attrs
import pytest
from tests.core.ledger.made_up import NOW, D

from venuekit.capabilities import MarginType, Position, PositionSide, Unit
from venuekit.live import LivePosition, Provenance, ValueSource
from venuekit.live.shapes import POSITIONS

READ = Provenance(ValueSource.READ, None, NOW)
EVENT = Provenance(ValueSource.STREAM, NOW, NOW)
LONG = Position(
    "ONEUSDT",
    PositionSide.BOTH,
    D(20),
    D(1),
    Unit.BASE,
    entry_price=D("6563.665"),
    leverage=D(10),
    margin_type=MarginType.ISOLATED,
    isolated_wallet=D("13200.7"),
    unrealized_pnl=D(1),
    liquidation_price=D("5930.78"),
)


def test_each_field_has_the_source_that_gave_it() -> None:
    """Held fields are the event's, others as far as it gives them; an unknown field has none."""
    event = Position("ONEUSDT", PositionSide.BOTH, D(20), D(1), Unit.BASE, unrealized_pnl=D(1))
    live = LivePosition(LONG, EVENT, READ, event)

    assert live.provenance("quantity") is live.provenance("unrealized_pnl") is EVENT
    assert live.provenance("liquidation_price") is READ
    assert live.provenance("mark_price") is None
    with pytest.raises(AttributeError):
        live.provenance("mood")


def test_a_take_profit_that_was_removed_is_gone() -> None:
    """An event that shows none means none, as it does of a stop-loss and a trailing stop; others stay as they were."""
    guarded = attrs.evolve(LONG, take_profit=D(7000), stop_loss=D(6000), trailing_stop=D(50))
    event = attrs.evolve(guarded, take_profit=None, trailing_stop=None, leverage=None)
    held = POSITIONS.overlay(guarded, event)

    assert (held.take_profit, held.stop_loss, held.trailing_stop, held.leverage) == (None, D(6000), None, D(10))


def test_a_mark_price_gives_the_figures_of_a_linear_position() -> None:
    """Value, profit and margins follow; what follows from brackets does not, and is not made up."""
    position = LivePosition(LONG, EVENT, READ).at_mark(D("6679.50671178"))

    assert position.unrealized_pnl == 20 * (D("6679.50671178") - D("6563.665"))
    assert position.value == position.notional == 20 * D("6679.50671178")
    assert position.isolated_margin == D("13200.7") + position.unrealized_pnl
    assert position.position_initial_margin == 2 * D("6679.50671178")
    assert (position.liquidation_price, position.maintenance_margin) == (None, None)
    figures = LivePosition(LONG, EVENT, READ).figures_at_mark(D(6679), READ)
    assert figures.figures is not None
    assert figures.figures.source is ValueSource.COMPUTED
    with pytest.raises(ValueError, match="a mark price is above 0, not 0"):
        LivePosition(LONG, EVENT, READ).at_mark(D(0))


def test_a_mark_price_gives_the_figures_of_an_inverse_position() -> None:
    """Profit is in the base asset; a contract without a size, or a quanto one, gives none."""
    short = attrs.evolve(LONG, quantity=D(-10), contract_size=D(100), contract_unit=Unit.QUOTE, entry_price=D(50_000))
    short = attrs.evolve(short, margin_type=MarginType.CROSS, isolated_wallet=None)
    position = LivePosition(short, EVENT, READ).at_mark(D(40_000))

    assert position.unrealized_pnl == D("0.005")
    assert (position.value, position.notional, position.isolated_margin) == (D("0.025"), 1000, None)
    for unknown in (attrs.evolve(short, contract_size=None), attrs.evolve(short, contract_unit=Unit.CONTRACTS)):
        position = LivePosition(unknown, EVENT, READ).at_mark(D(40_000))
        assert (position.mark_price, position.value, position.unrealized_pnl) == (40_000, None, None)

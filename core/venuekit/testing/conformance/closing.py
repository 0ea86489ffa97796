"""Checks of closing positions: flat is flat, and nothing is closed twice, also where an answer is lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from venuekit.capabilities import OrderControl, PositionCloseControl
from venuekit.endpoint import Effect
from venuekit.simulator import DropAfter, DropBefore
from venuekit.testing.conformance.examples import small_quantity
from venuekit.testing.conformance.inventory import Checks, Inventory
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.staged import Stage, on_stage


def closing_cases(inventory: Inventory) -> dict[str, dict[str, Any]]:
    """Return the cases of these checks, by argument and readable id; none where the account closes no positions."""
    has_one = PositionCloseControl in inventory.capabilities and inventory.venue.simulated is not None
    return {"position_close_control": {PositionCloseControl.__name__: PositionCloseControl} if has_one else {}}


class ClosingChecks(Checks):
    """A position is closed by orders that can only reduce it, each once."""

    tier = Tier.GOLD

    async def test_flatten(self, position_close_control: type[PositionCloseControl]) -> None:
        """A symbol with a position ends flat, and the report says so."""
        async with on_stage(self.inventory.venue) as stage:
            report = await position_close_control.of(stage.account).flatten(_position_symbol(stage))
            assert report.is_flat, f"flatten ended otherwise: {report}"
            assert not _quantity(stage), f"it is said to be flat and holds {_quantity(stage)}"

    async def test_lost_closing_order(self, position_close_control: type[PositionCloseControl]) -> None:
        """A closing order that was executed, and whose answer was lost, is not sent again."""
        async with on_stage(self.inventory.venue) as stage:
            _disturb(stage, DropAfter())
            report = await position_close_control.of(stage.account).flatten(_position_symbol(stage))
            assert report.is_flat, f"flatten ended otherwise: {report}"
            assert not _quantity(stage), f"it is said to be flat and holds {_quantity(stage)}"
            sent = sum(len(stage.arrivals(one)) for one in _placing(stage))
            assert sent == len(report.orders), f"{sent} closing orders were sent, and {len(report.orders)} accepted"

    async def test_part_of_a_position(self, position_close_control: type[PositionCloseControl]) -> None:
        """No more is closed than was asked for, also where the first order never arrives."""
        async with on_stage(self.inventory.venue) as stage:
            symbol, before = _position_symbol(stage), abs(_quantity(stage))
            part = min(before, small_quantity(stage, symbol, stage.ledger.mark(symbol)))
            _disturb(stage, DropBefore())
            report = await position_close_control.of(stage.account).close_position(symbol, quantity=part)
            closed = before - abs(_quantity(stage))
            assert closed <= part, f"{closed} contracts were closed, and {part} asked for"
            assert closed == part or any(leg.why_left for leg in report.legs), "less was closed, and nothing says why"


def _position_symbol(stage: Stage) -> str:
    assert stage.scenario.held is not None, "the scenario has no position"
    return stage.scenario.held


def _quantity(stage: Stage) -> Decimal:
    return sum((one.quantity for one in stage.ledger.positions() if one.symbol == _position_symbol(stage)), Decimal(0))


def _placing(stage: Stage) -> list[Any]:
    return [
        one for one in stage.venue.endpoints if OrderControl.place_order in one.serves and one.effect is Effect.KEYED
    ]


def _disturb(stage: Stage, step: Any) -> None:
    for endpoint in _placing(stage):
        stage.disturb(endpoint, step)

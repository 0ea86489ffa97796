"""Checks of fills: each is read as the ledger has it, of makers and takers, opening and closing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from venuekit.capabilities import FillReader, PositionMode, PositionModeControl, PositionSide
from venuekit.errors import InvalidArgument, InvalidRequest
from venuekit.simulator.ledger import Execution, Side
from venuekit.testing.conformance.examples import half_price, small_quantity
from venuekit.testing.conformance.inventory import Checks, Inventory
from venuekit.testing.conformance.order_examples import other_symbols, rest, set_mode
from venuekit.testing.conformance.order_figures import check_fill
from venuekit.testing.conformance.order_refusals import NO_SYMBOL
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.staged import Stage, on_stage

_LONG, _SHORT, _BOTH = PositionSide.LONG, PositionSide.SHORT, PositionSide.BOTH
#: direction, leg in hedge mode, price in hundredths of the mark: it opens, adds, closes with a profit and at a loss
_TRADES = (
    (Side.BUY, _LONG, 100),
    (Side.BUY, _LONG, 101),
    (Side.SELL, _LONG, 104),
    (Side.SELL, _LONG, 98),
    (Side.SELL, _SHORT, 100),
    (Side.BUY, _SHORT, 103),
)


def fill_cases(inventory: Inventory) -> dict[str, dict[str, Any]]:
    """Return the cases of these checks, by argument and readable id; none where the venue lists no fills."""
    has_fills, has_modes = FillReader in inventory.capabilities, PositionModeControl in inventory.capabilities
    modes = tuple(PositionMode) if has_modes else (PositionMode.ONE_WAY,)
    return {
        "fills_in_mode": {mode.value: mode for mode in modes if has_fills},
        "fill_reader": {FillReader.__name__: FillReader} if has_fills else {},
    }


class FillChecks(Checks):
    """A fill is read as the ledger has it."""

    tier = Tier.GOLD

    async def test_fills_agree_with_the_ledger(self, fills_in_mode: PositionMode) -> None:
        """Fills of takers and makers, that open, add, close and turn, are read one by one, oldest first."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            set_mode(stage, fills_in_mode)
            symbol = stage.scenario.flat
            for other in other_symbols(stage):
                leg = _LONG if fills_in_mode is PositionMode.HEDGE else _BOTH
                _fill(stage, other, Side.BUY, Decimal(1), position_side=leg, is_maker=False)
            for side, leg, hundredths in _TRADES:
                position_side = leg if fills_in_mode is PositionMode.HEDGE else _BOTH
                for is_maker in (False, True):
                    await stage.clock.sleep(1)
                    share = Decimal(hundredths) / 100
                    _fill(stage, symbol, side, share, position_side=position_side, is_maker=is_maker)
            await _check_fills(stage, stage.ledger.fills(symbol))

    async def test_fills_of_an_order(self, fill_reader: type[FillReader]) -> None:
        """The fills of an order that was filled in parts name it, and each has its own part."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            order, step = rest(stage, stage.scenario.flat), stage.ledger.contract(stage.scenario.flat).quantity_step
            stage.ledger.fill_order(order, step)
            await stage.clock.sleep(1)
            stage.ledger.fill_order(order, is_maker=False)
            fills = stage.ledger.fills(order_id=order)
            assert len(fills) == 2
            assert fill_reader.of(stage.account) is stage.account
            await _check_fills(stage, fills)

    async def test_fills_of_an_unknown_symbol(self, fill_reader: type[FillReader]) -> None:
        """A symbol that the venue does not list has no fills: the walk is refused, and is not empty."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            with pytest.raises((InvalidRequest, InvalidArgument)):
                await fill_reader.of(stage.account).iter_fills(NO_SYMBOL).all()


async def _check_fills(stage: Stage, executions: tuple[Execution, ...]) -> None:
    fills = await FillReader.of(stage.account).iter_fills(stage.scenario.flat).all()
    assert len(fills) == len(executions), f"the ledger has {len(executions)} fills, and {len(fills)} were read"
    assert len({fill.key for fill in fills}) == len(fills), "two fills have one id"
    for fill, execution in zip(fills, executions, strict=True):
        check_fill(fill, execution, stage.ledger)


def _fill(
    stage: Stage, symbol: str, side: Side, share: Decimal, *, position_side: PositionSide = _BOTH, is_maker: bool
) -> None:
    """Trade a small quantity at a share of the mark."""
    ledger, tick = stage.ledger, stage.ledger.contract(symbol).price_tick
    quantity = small_quantity(stage, symbol, half_price(stage, symbol))
    price = ledger.mark(symbol) * share // tick * tick
    ledger.fill(symbol, side, quantity, price, position_side, is_maker=is_maker)

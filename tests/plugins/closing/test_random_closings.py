"""Closings under random losses of every request: the report is true, and nothing is closed twice."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest
from tests.plugins.closing.closing_stage import HELD, Stage, modes, opened

from venuekit.simulator import ApplyLater, CannedAnswer, Delay, DropAfter, DropBefore, Lag, SecondActor
from venuekit.simulator.ledger import Ledger, Side

pytestmark = pytest.mark.looptime
seeds = pytest.mark.parametrize("seed", range(6))


def _steps(chance: random.Random, *extra: Any) -> list[Any]:
    """Return what happens to the next requests of a write, one after the other."""
    kinds: list[Any] = [
        *(DropBefore(), DropAfter(), ApplyLater(2), ApplyLater(7), Delay(before=1), Delay(after=3), *extra),
        *(CannedAnswer(503, b"<html>"), Delay(before=0.1), Delay(before=0.1), Delay(before=0.1)),
    ]
    return [chance.choice(kinds) for _ in range(6)]


def _disturb(stage: Stage, chance: random.Random, *extra: Any) -> None:
    for step in _steps(chance, *extra):
        stage.disturb(stage.placing, step)
    for step in _steps(chance):
        stage.disturb(stage.cancel_all, step)
    stage.disturb(stage.read_positions, Delay(before=0.1), Lag(reads=chance.randrange(1, 4)))


@seeds
@modes
async def test_flatten(venue: str, is_hedge: bool, seed: int) -> None:
    """Beside orders that rest, are lost, or are filled meanwhile, it ends flat or says what is left."""
    chance = random.Random(f"{venue}{is_hedge}{seed}")  # noqa: S311 - the same disturbances each time
    async with opened(venue, is_hedge=is_hedge) as stage:
        leg: dict[str, Any] = {"position_side": stage.legs[0]} if is_hedge else {}

        def close_some(ledger: Ledger) -> None:
            quantity = ledger.position(stage.symbol, stage.legs[0]).quantity
            if quantity > 0:
                ledger.fill(stage.symbol, Side.SELL, stage.quantity, ledger.mark(stage.symbol), stage.legs[0])

        await stage.account.place_order(stage.bid(**leg))
        _disturb(stage, chance, SecondActor(close_some))

        report = await stage.account.flatten(stage.symbol)

        await stage.check(report)


@seeds
@modes
async def test_a_part(venue: str, is_hedge: bool, seed: int) -> None:
    """However its orders fare, no more than the part is ever closed, and the report says how much was."""
    chance = random.Random(f"part{venue}{is_hedge}{seed}")  # noqa: S311 - the same disturbances each time
    async with opened(venue, is_hedge=is_hedge) as stage:
        _disturb(stage, chance)
        part = chance.randrange(1, HELD) * stage.quantity
        (before, *_) = stage.quantities()
        side = stage.legs[0] if is_hedge else None

        report = await stage.account.close_position(stage.symbol, side=side, quantity=part)
        await stage.account.pause(60)

        closed = before - stage.quantities()[0]
        assert 0 <= closed <= part
        told = sum((leg.closed or Decimal(0) for leg in report.legs), Decimal(0))
        late = stage.quantity * len(report.late) * HELD
        assert told <= closed <= told + late or report.errors
        assert closed == part or any(leg.why_left for leg in report.legs)

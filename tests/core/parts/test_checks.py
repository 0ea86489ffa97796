"""Arguments that several kinds of calls have are checked in one place."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from venuekit.capabilities import PositionSide
from venuekit.errors import InvalidArgument
from venuekit.parts.checks import check_amount, check_one_way, check_side
from venuekit.testing.staged import on_stage
from venuekit_toy_perp import TOY_PERP


@pytest.mark.parametrize(
    "amount", [0, -1, True, 0.5, "1", None, Decimal("NaN"), Decimal("Infinity"), Decimal("0.00001")]
)
async def test_an_amount_that_cannot_be_sent_exactly_is_refused(amount: Any) -> None:
    """It is above zero, no float, and has no more decimals than the venue takes."""
    async with on_stage(TOY_PERP, "flat") as stage:
        with pytest.raises(InvalidArgument, match="a positive Decimal of at most 4 decimals"):
            check_amount(stage.account, "GEMUSD", amount, decimals=4)


@pytest.mark.parametrize("amount", [1, Decimal("0.0001"), Decimal("2.50000000"), Decimal("1E30")])
async def test_an_amount_is_kept_as_it_is(amount: Any) -> None:
    """Zeros behind the last decimal do not count, however large the number is."""
    async with on_stage(TOY_PERP, "flat") as stage:
        assert check_amount(stage.account, "GEMUSD", amount, decimals=4) == amount


async def test_sides_are_those_of_positions() -> None:
    """None is left to the venue; where every position is one-way nothing but BOTH is a side."""
    async with on_stage(TOY_PERP, "flat") as stage:
        assert check_side(stage.account, "GEMUSD", None) is None
        assert check_side(stage.account, "GEMUSD", PositionSide.LONG) is PositionSide.LONG
        with pytest.raises(InvalidArgument, match="both, long or short, not 'up'"):
            check_side(stage.account, "GEMUSD", "up")  # type: ignore[arg-type]
        check_one_way(stage.account, "GEMUSD", PositionSide.BOTH)
        with pytest.raises(InvalidArgument, match="has no side long"):
            check_one_way(stage.account, "GEMUSD", PositionSide.LONG)

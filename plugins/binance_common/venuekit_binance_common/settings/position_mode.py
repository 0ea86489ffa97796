"""Position mode: of the account, and of the other futures product with it."""

from __future__ import annotations

from typing import Protocol, TypeVar

from venuekit.capabilities import PositionMode
from venuekit.parts.settings.lens import AccountLens
from venuekit.plugin import Endpoint
from venuekit_binance_common.enums import position_mode_of


class HasPositionMode(Protocol):
    """An answer with the mode, among other fields."""

    @property
    def dual_side_position(self) -> bool:
        """Whether it is hedge mode."""


P = TypeVar("P", bound=HasPositionMode)


def position_mode_lens(endpoint: Endpoint[P]) -> AccountLens[P, PositionMode]:
    """Return the lens of the mode over the cheapest read that shows it."""
    return AccountLens(
        endpoint,
        lambda answer: position_mode_of(answer.dual_side_position),
        "dualSidePosition",
        {PositionMode.ONE_WAY: False, PositionMode.HEDGE: True},
    )

"""Brackets (risk tiers): how leverage and margin rates depend on the size of a position."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

from venuekit._util.quick_init import quick_init
from venuekit.capabilities._capability import Capability
from venuekit.capabilities.unit import Unit

__all__ = ["Bracket", "BracketReader"]


@quick_init
@attrs.frozen
class Bracket:
    """
    One tier of one symbol (or of one pair, on endpoints that only know pairs).

    It holds for position values in [``floor``, ``cap``), counted in ``unit``. Maintenance margin is
    ``value * maintenance_margin_rate - deduction``. ``initial_margin_rate`` is 1 / ``max_leverage`` where the venue
    does not print it. ``coefficient`` is the venue's multiplier of the caps for this account, None when it gave none;
    whether the caps already contain it is not documented, so nothing here is multiplied by it.
    """

    symbol: str | None
    pair: str | None
    tier: int
    floor: Decimal
    cap: Decimal
    unit: Unit
    max_leverage: Decimal
    initial_margin_rate: Decimal | None
    maintenance_margin_rate: Decimal
    deduction: Decimal | None
    coefficient: Decimal | None = None
    raw: Mapping[str, Any] | None = attrs.field(default=None, repr=False, eq=False)


class BracketReader(Capability):
    """Read brackets."""

    __slots__ = ()

    @abstractmethod
    async def get_brackets(self, *, symbol: str | None = None, pair: str | None = None) -> tuple[Bracket, ...]:
        """
        Return one flat tuple, ordered by symbol (or pair), then tier.

        Raises:
            InvalidArgument: a filter this venue does not have; nothing was sent.
            InvalidRequest: the venue does not know the symbol or pair.
        """

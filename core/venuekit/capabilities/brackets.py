"""Brackets (risk tiers): leverage and margin rates by size of a position, and the tier a symbol is set to."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

from venuekit._util.quick_init import quick_init
from venuekit.capabilities._capability import Capability
from venuekit.capabilities.enums import PositionSide, Unit


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


@attrs.frozen
class RiskLimitSetting:
    """The tier that holds for a symbol, and its cap in the settle asset."""

    symbol: str
    risk_id: int
    cap: Decimal | None = None
    changed: bool | None = None


class RiskLimitControl(Capability):
    """Set the tier of a symbol."""

    __slots__ = ()

    @abstractmethod
    async def set_risk_limit(self, symbol: str, risk_id: int, *, side: PositionSide | None = None) -> RiskLimitSetting:
        """Set the tier and return the one that holds now."""

"""Risk limit: which tier of the brackets a symbol is set to, where it can be set."""

from __future__ import annotations

from abc import abstractmethod
from decimal import Decimal

import attrs

from venuekit.capabilities._capability import Capability
from venuekit.capabilities.position_side import PositionSide

__all__ = ["RiskLimitControl", "RiskLimitSetting"]


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
        """Set the tier and return what holds now."""

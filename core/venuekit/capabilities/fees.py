"""Fees: what a trade costs."""

from __future__ import annotations

from abc import abstractmethod
from decimal import Decimal

import attrs

from venuekit.capabilities._capability import Capability

__all__ = ["CommissionRate", "CommissionReader"]


@attrs.frozen
class CommissionRate:
    """
    The rates that hold for this account, as fractions of the value: 0.0004 is 4 basis points.

    Positive costs, a rebate is negative. ``rpi`` is the rate of retail price improvement orders, None where there
    are none.
    """

    symbol: str
    maker: Decimal
    taker: Decimal
    rpi: Decimal | None = None


class CommissionReader(Capability):
    """Read commission rates."""

    __slots__ = ()

    @abstractmethod
    async def get_commission_rate(self, symbol: str) -> CommissionRate:
        """
        Return the rates of ``symbol``.

        Raises:
            InvalidRequest: the venue does not know the symbol.
        """

"""Trading stops: the take-profit, stop-loss and trailing stop that the venue keeps for a whole position."""

from __future__ import annotations

from abc import abstractmethod
from decimal import Decimal

import attrs

from venuekit.capabilities._capability import Capability
from venuekit.capabilities.enums import PositionSide


@attrs.frozen
class TradingStopSetting:
    """
    The trading stops that a call has set.

    Prices are quote per base, ``trailing_stop`` is a distance in the same unit. 0 was removed, and None left as it was:
    ``get_position`` has all that hold. ``changed`` as in :class:`~venuekit.capabilities.MarginTypeSetting`.
    """

    symbol: str
    side: PositionSide
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    trailing_stop: Decimal | None = None
    changed: bool | None = None


class TradingStopControl(Capability):
    """Set the prices at which the venue closes a whole position at the market."""

    __slots__ = ()

    @abstractmethod
    async def set_trading_stop(
        self,
        symbol: str,
        *,
        side: PositionSide | None = None,
        take_profit: Decimal | None = None,
        stop_loss: Decimal | None = None,
        trailing_stop: Decimal | None = None,
    ) -> TradingStopSetting:
        """
        Set, change or remove the trading stops of an open position; setting the present ones again succeeds.

        The venue keeps them until the position is closed, and adjusts them to its size. They watch the price that the
        venue uses by default.

        Args:
            side: The leg, in hedge mode.
            take_profit, stop_loss: The price that triggers; 0 removes it, None leaves it as it is.
            trailing_stop: The distance from the best price since then; 0 removes it, None leaves it as it is.

        Raises:
            InvalidArgument: none is given, or one is no number of 0 or more, or not on the price tick; nothing was
                sent.
            InvalidRequest: there is no open position, or a price would trigger at once.
            OutcomeUnknown: the answer was lost and could not be found out.
            Conflict: another actor changed them at the same time.
        """

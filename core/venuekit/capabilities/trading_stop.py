"""Trading stops: the take-profit, stop-loss and trailing stop that the venue keeps for a position, or a part of it."""

from __future__ import annotations

from abc import abstractmethod
from decimal import Decimal

import attrs

from venuekit.capabilities._capability import Capability
from venuekit.capabilities.enums import PositionSide, WorkingPrice


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
    take_profit_working_price: WorkingPrice | None = None
    stop_loss_working_price: WorkingPrice | None = None
    activation_price: Decimal | None = None


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
        take_profit_working_price: WorkingPrice | None = None,
        stop_loss_working_price: WorkingPrice | None = None,
        activation_price: Decimal | None = None,
    ) -> TradingStopSetting:
        """
        Set, change or remove the trading stops of an open position; setting the present ones again succeeds.

        The venue keeps them until the position is closed, and adjusts them to its size.

        Args:
            side: The leg, in hedge mode.
            take_profit, stop_loss: The price that triggers; 0 removes it, None leaves it as it is.
            trailing_stop: The distance from the best price since then; 0 removes it, None leaves it as it is.
            take_profit_working_price, stop_loss_working_price: The price that the trigger beside it watches; None
                leaves the choice to the venue.
            activation_price: The price from which on the trailing stop beside it follows; None for at once.

        Raises:
            InvalidArgument: no stop is given, one is no number of 0 or more or not on the price tick, or a working
                price or activation price has no stop above 0 beside it; nothing was sent.
            InvalidRequest: there is no open position, or a price would trigger at once.
            OutcomeUnknown: the answer was lost and could not be found out.
            Conflict: another actor changed them at the same time.
        """


@attrs.frozen
class PartialStop:
    """
    Stops that a call has added for a part of a position.

    ``quantity`` is in contracts, prices are quote per base; ``..._limit`` is the price of the order that is placed by
    the trigger, None for one at the market.
    """

    symbol: str
    side: PositionSide
    quantity: Decimal
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit_limit: Decimal | None = None
    stop_loss_limit: Decimal | None = None
    take_profit_working_price: WorkingPrice | None = None
    stop_loss_working_price: WorkingPrice | None = None


class PartialStopControl(Capability):
    """Add stops that close a part of a position, by market or limit orders."""

    __slots__ = ()

    @abstractmethod
    async def add_partial_stop(
        self,
        symbol: str,
        quantity: Decimal,
        *,
        side: PositionSide | None = None,
        take_profit: Decimal | None = None,
        stop_loss: Decimal | None = None,
        take_profit_limit: Decimal | None = None,
        stop_loss_limit: Decimal | None = None,
        take_profit_working_price: WorkingPrice | None = None,
        stop_loss_working_price: WorkingPrice | None = None,
    ) -> PartialStop:
        """
        Add a take-profit, a stop-loss or both for a part of an open position; each call adds others.

        They are conditional orders that the venue ends with the position. ``get_open_orders`` lists them, and
        ``cancel_order`` by their ids removes them; the position shows none of them.

        Args:
            quantity: The part, in contracts; both stops are about the same.
            side: The leg, in hedge mode.
            take_profit, stop_loss: The price that triggers.
            take_profit_limit, stop_loss_limit: The price of the order that is placed then; None for a market order.
            take_profit_working_price, stop_loss_working_price: The price that the trigger beside it watches; None
                leaves the choice to the venue.

        Raises:
            InvalidArgument: no stop is given, a number is not above 0 or not on its step, or a limit or working price
                has no stop beside it; nothing was sent.
            InvalidRequest: there is no open position, the part is larger than it, or a price would trigger at once.
            NotExecuted: the answer was lost, and it is proven that nothing was added.
            OutcomeUnknown: the answer was lost and could not be found out.
        """

"""Enumerations: those that several subjects share, and the words in which orders are described."""

from __future__ import annotations

import enum
from typing import Self


class OpenEnum(enum.StrEnum):
    """
    A text enumeration whose unknown members stay readable.

    ``Kind("brand-new")`` does not fail: it gives a member named ``OTHER`` whose value is the venue's own word.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = "OTHER"
        member._value_ = value
        return member


class PositionSide(OpenEnum):
    """BOTH is the one position of one-way mode; LONG and SHORT are the two legs of hedge mode."""

    BOTH = "both"
    LONG = "long"
    SHORT = "short"


class Unit(enum.StrEnum):
    """The unit of a number that comes without its asset's name."""

    BASE = "base"
    QUOTE = "quote"
    SETTLE = "settle"  #: the margin asset: quote if the contract is linear, base if it is inverse
    CONTRACTS = "contracts"  #: contracts themselves, where they are quanto: settled in neither base nor quote


class Setting(enum.StrEnum):
    """A setting that can be planned; ACCOUNT_MODE is only read, since it is changed at the venue."""

    ACCOUNT_MODE = "account_mode"
    POSITION_MODE = "position_mode"
    ASSET_MODE = "asset_mode"
    MARGIN_TYPE = "margin_type"
    LEVERAGE = "leverage"


class OrderSide(OpenEnum):
    """Whether an order buys or sells; its quantity is never signed."""

    BUY = "buy"
    SELL = "sell"


class OrderType(OpenEnum):
    """The type of an order; from STOP on it is conditional: a LIMIT or MARKET order once it triggers."""

    LIMIT = "limit"
    MARKET = "market"
    STOP = "stop"  #: a limit order behind a trigger against the position
    STOP_MARKET = "stop_market"
    TAKE_PROFIT = "take_profit"  #: a limit order behind a trigger in favour of the position
    TAKE_PROFIT_MARKET = "take_profit_market"
    TRAILING_STOP_MARKET = "trailing_stop_market"

    @property
    def is_conditional(self) -> bool:
        """Whether it waits for a trigger."""
        return self not in {OrderType.LIMIT, OrderType.MARKET}

    @property
    def is_market(self) -> bool:
        """Whether it trades at any price, be it once it triggers."""
        return self in {
            OrderType.MARKET,
            OrderType.STOP_MARKET,
            OrderType.TAKE_PROFIT_MARKET,
            OrderType.TRAILING_STOP_MARKET,
        }


class TimeInForce(OpenEnum):
    """How long an order rests."""

    GTC = "gtc"  #: until it is cancelled
    IOC = "ioc"  #: the quantity that does not fill at once is cancelled
    FOK = "fok"  #: all at once or not at all
    POST_ONLY = "post_only"  #: refused when it would fill at once
    GTD = "gtd"  #: until ``expires_at``
    RPI = "rpi"  #: retail price improvement: meets orders placed by hand only


class OrderKind(enum.StrEnum):
    """PLAIN orders rest in the market; CONDITIONAL ones wait for a trigger, at some venues in a list of their own."""

    PLAIN = "plain"
    CONDITIONAL = "conditional"


class OrderStatus(OpenEnum):
    """How far an order got."""

    PENDING = "pending"  #: accepted by the venue, which has not decided about it yet
    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNTRIGGERED = "untriggered"  #: a conditional order that waits
    TRIGGERED = "triggered"  #: a conditional order that became another one

    @property
    def is_final(self) -> bool:
        """Whether nothing more can happen to it."""
        return self in _FINAL


_FINAL = frozenset(
    {OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED, OrderStatus.TRIGGERED}
)


class WorkingPrice(OpenEnum):
    """Which price a trigger watches."""

    LAST = "last"
    MARK = "mark"
    INDEX = "index"


class FillKind(OpenEnum):
    """Why something was filled."""

    TRADE = "trade"
    LIQUIDATION = "liquidation"
    ADL = "adl"
    FUNDING = "funding"
    DELIVERY = "delivery"
    SPLIT = "split"  #: contracts counted anew, no trade
    DIVIDEND = "dividend"  #: paid or received for the underlying of a contract, no trade

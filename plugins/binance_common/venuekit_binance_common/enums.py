"""The words of the venue for the enumerations of the capabilities."""

from __future__ import annotations

from collections.abc import Mapping

from venuekit.capabilities import (
    AssetMode,
    MarginType,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    TimeInForce,
    WorkingPrice,
)

#: as requests spell them; answers also write ``cross`` and ``isolated``
MARGIN_TYPE_WORDS: Mapping[MarginType, str] = {MarginType.CROSS: "CROSSED", MarginType.ISOLATED: "ISOLATED"}


class _Sides(dict[str, PositionSide]):
    """An unknown word is kept as it was written."""

    def __missing__(self, word: str) -> PositionSide:
        return PositionSide(word)


POSITION_SIDES: Mapping[str, PositionSide] = _Sides({side.name: side for side in PositionSide})

_MARGIN_TYPES: Mapping[str, MarginType] = {
    "crossed": MarginType.CROSS,
    "cross": MarginType.CROSS,
    "isolated": MarginType.ISOLATED,
}


def margin_type_of(word: str | None) -> MarginType | None:
    """Return a margin type, None for a word that the venue does not document, and where there is none."""
    return _MARGIN_TYPES.get(word.lower()) if word else None


def position_mode_of(dual: bool) -> PositionMode:
    """Return the meaning of ``dualSidePosition``."""
    return PositionMode.HEDGE if dual else PositionMode.ONE_WAY


def asset_mode_of(multi: bool) -> AssetMode:
    """Return the meaning of ``multiAssetsMargin``."""
    return AssetMode.MULTI if multi else AssetMode.SINGLE


CLIENT_ID_PATTERN = r"[\.A-Z\:/a-z0-9_-]{1,36}"

SIDE_WORDS: Mapping[OrderSide, str] = {side: side.name for side in OrderSide}
SIDES: Mapping[str, OrderSide] = {word: side for side, word in SIDE_WORDS.items()}
#: the side that makes a leg of hedge mode smaller; the other makes it larger
CLOSING_SIDES: Mapping[PositionSide, OrderSide] = {
    PositionSide.LONG: OrderSide.SELL,
    PositionSide.SHORT: OrderSide.BUY,
}

TYPE_WORDS: Mapping[OrderType, str] = {
    OrderType.LIMIT: "LIMIT",
    OrderType.MARKET: "MARKET",
    OrderType.STOP: "STOP",
    OrderType.STOP_MARKET: "STOP_MARKET",
    OrderType.TAKE_PROFIT: "TAKE_PROFIT",
    OrderType.TAKE_PROFIT_MARKET: "TAKE_PROFIT_MARKET",
    OrderType.TRAILING_STOP_MARKET: "TRAILING_STOP_MARKET",
}
TYPES: Mapping[str, OrderType] = {word: kind for kind, word in TYPE_WORDS.items()}

TIME_WORDS: Mapping[TimeInForce, str] = {
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
    TimeInForce.POST_ONLY: "GTX",
    TimeInForce.GTD: "GTD",
    TimeInForce.RPI: "RPI",
}
TIMES: Mapping[str, TimeInForce] = {word: time for time, word in TIME_WORDS.items()}

TRIGGER_WORDS: Mapping[WorkingPrice, str] = {WorkingPrice.LAST: "CONTRACT_PRICE", WorkingPrice.MARK: "MARK_PRICE"}
TRIGGERS: Mapping[str, WorkingPrice] = {word: price for price, word in TRIGGER_WORDS.items()}

STATUSES: Mapping[str, OrderStatus] = {
    "NEW": OrderStatus.OPEN,
    "PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
    "FILLED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELED,
    "EXPIRED": OrderStatus.EXPIRED,
    "EXPIRED_IN_MATCH": OrderStatus.EXPIRED,
    "REJECTED": OrderStatus.REJECTED,
}
ALGO_STATUSES: Mapping[str, OrderStatus] = {
    "NEW": OrderStatus.UNTRIGGERED,
    "TRIGGERING": OrderStatus.TRIGGERED,
    "TRIGGERED": OrderStatus.TRIGGERED,
    "FINISHED": OrderStatus.TRIGGERED,
    "CANCELED": OrderStatus.CANCELED,
    "EXPIRED": OrderStatus.EXPIRED,
    "REJECTED": OrderStatus.REJECTED,
}
OPEN_STATUSES = frozenset({"NEW", "PARTIALLY_FILLED"})
OPEN_ALGO_STATUSES = frozenset({"NEW"})

#: the forms of an empty or absent word in the rows of orders
NOTHING = frozenset({"", "NONE"})

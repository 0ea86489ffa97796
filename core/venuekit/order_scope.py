"""The orders that a write is about: their names and client ids, their terms for a guard, and whether an order rests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

import attrs

#: beyond so many ids, those that went out long ago are forgotten
_MOST = 8192
#: an id older than this (milliseconds) is far outside every window and error of a clock
_LONG_AGO = 600_000


@attrs.frozen
class OrderName:
    """
    How a write names an order: by the venue's id, by the client's, or by both.

    None is unknown. An order without either id may be any order of its symbol, one without a symbol any order at all.
    """

    symbol: str | None = None
    id: str | None = None
    client_id: str | None = None

    def may_be(self, other: OrderName) -> bool:
        """Say whether two names can mean one order: equal ids of one kind do, different ones do not."""
        if None not in {self.symbol, other.symbol} and self.symbol != other.symbol:
            return False
        if self.id is not None and other.id is not None:
            return self.id == other.id
        if self.client_id is not None and other.client_id is not None:
            return self.client_id == other.client_id
        return True

    def __str__(self) -> str:
        name = self.id or self.client_id
        return f"order {name}" if name is not None else "an unknown order"


def read_items(
    items: str, *, order_id: str, client_id: str, symbol: str = "symbol"
) -> Callable[[Mapping[str, Any]], tuple[OrderName, ...]]:
    """Return the function that reads the orders of a batch: ``items`` is its list, the others are fields of an item."""

    def name_of(item: object) -> OrderName:
        if not isinstance(item, Mapping):
            return OrderName()
        values = (item.get(field) for field in (symbol, order_id, client_id))
        return OrderName(*(None if value is None else str(value) for value in values))

    return lambda parameters: tuple(map(name_of, parameters[items]))


@attrs.frozen(kw_only=True)
class Resting:
    """
    Says of an order whether it can rest, by the venue's own words.

    It cannot when it is a market order, or a limit order of a time in force that ends it at once, with nothing
    ``attached``: a trigger, or a take profit or stop loss that comes with it, rests. An unknown order rests.

    Attributes:
        kind: The parameter that holds the type of an order.
        market, limit: The two types that may not rest.
        attached: Parameters that make an order rest whatever its type is.
        time: The parameter that holds the time in force.
        at_once: The times in force that end an order at once.
    """

    kind: str
    market: str
    limit: str
    attached: frozenset[str]
    time: str = "timeInForce"
    at_once: frozenset[str] = frozenset({"IOC", "FOK"})

    def __call__(self, parameters: object) -> bool:
        """Say whether an order can rest; a value that is no order can."""
        if not isinstance(parameters, Mapping) or any(parameters.get(name) is not None for name in self.attached):
            return True
        kind = parameters.get(self.kind)
        return kind != self.market and (kind != self.limit or parameters.get(self.time) not in self.at_once)


@attrs.frozen(kw_only=True)
class Ask:
    """
    One order that a request asks for, or the new terms of an open one.

    Attributes:
        symbol: The contract.
        buys: Whether it buys; None for new terms that do not name the side.
        notional: Its value in the quote asset; None where it is unknown.
        reduces: Whether it can do nothing but make a position smaller.
        names: Ids by which the order is, or will be, known.
    """

    symbol: str
    buys: bool | None
    notional: Decimal | None
    reduces: bool = False
    names: frozenset[str] = frozenset()


class MadeId(str):
    """
    A client id that was made for one order and that no other order has: the order found under it is that one.

    ``str(made)`` is a plain text, and no such promise.
    """

    __slots__ = ()


def make_client_id() -> MadeId:
    """Return a new client id."""
    return MadeId(f"vk-{os.urandom(12).hex()}")


class ClientIds:
    """
    The client ids that went out lately, each with the last moment (milliseconds on the venue's clock) at which an
    order of it may have come into being: when its answer was there, else when it could not arrive any more.
    """

    __slots__ = ("_latest",)

    def __init__(self) -> None:
        self._latest: dict[str, int] | None = None  # most accounts of many place no order

    def latest(self, client_id: str) -> int:
        """Return that moment, 0 for an id that is not known here."""
        return 0 if self._latest is None else self._latest.get(client_id, 0)

    def note(self, client_ids: Iterable[str], moment: int) -> None:
        """Remember when an order of each id may have come into being at the latest."""
        latest = self._latest
        if latest is None:
            latest = self._latest = {}
        for client_id in client_ids:
            latest[client_id] = moment
        if len(latest) > _MOST:
            newest = max(latest.values())
            latest = {one: when for one, when in latest.items() if when > newest - _LONG_AGO}
            if len(latest) > _MOST // 2:
                latest = dict(sorted(latest.items(), key=lambda item: item[1])[-(_MOST // 2) :])
            self._latest = latest

    def absorb(self, other: ClientIds) -> None:
        """Remember the ids of another key of the same account, too."""
        for client_id, moment in (other._latest or {}).items():
            self.note((client_id,), max(moment, self.latest(client_id)))

    def forget(self, client_ids: Iterable[str]) -> None:
        """Forget ids of which no order came into being."""
        if self._latest is not None:
            for client_id in client_ids:
                self._latest.pop(client_id, None)

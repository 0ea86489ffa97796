"""The limit on a symbol's position: counted together with its open orders, and with those that are on their way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

import attrs

from venuekit.capabilities import Order, OrderReader, OrderSide, Position, PositionReader, PositionSide, Unit
from venuekit.clock import Clock
from venuekit.endpoint import Priority
from venuekit.errors import ConfigurationError, Outcome
from venuekit.order_scope import Ask

if TYPE_CHECKING:
    from venuekit.account import Account

#: seconds until the reads of any venue show an order that was accepted, and one that may still arrive
_SHOWN_AFTER = 10.0
_ARRIVES_WITHIN = 90.0
_CLOSING = {(PositionSide.LONG, OrderSide.SELL), (PositionSide.SHORT, OrderSide.BUY)}


@attrs.frozen
class Holdings:
    """The open positions and orders of a symbol."""

    positions: Sequence[Position]
    orders: Sequence[Order]


ReadHoldings: TypeAlias = Callable[[str], Awaitable[Holdings]]


def holdings_reader(account: Account) -> ReadHoldings:
    """
    Return a function that reads the holdings of a symbol through an account.

    Raises:
        ConfigurationError: the account reads no positions or no orders, so they cannot be counted.
    """
    urgent = account.with_options(priority=Priority.RISK)
    if not isinstance(urgent, PositionReader) or not isinstance(urgent, OrderReader):
        raise ConfigurationError(f"{account.venue.id}: max_position_notional needs an account that reads its positions")
    positions_of, orders_of = urgent.get_positions, urgent.get_open_orders

    async def read(symbol: str) -> Holdings:
        # orders first: one that is filled between the two reads is counted twice rather than not at all
        orders = await orders_of(symbol=symbol)
        return Holdings([one for one in await positions_of() if one.symbol == symbol], orders)

    return read


@attrs.frozen
class _OnItsWay:
    ask: Ask
    until: float


@attrs.define(eq=False)
class PositionLimit:
    """
    Keeps the position of each symbol below ``most`` (quote), whichever of its orders are filled.

    Counted for each direction: the position, open orders that may add to it, orders this process sent and no read shows
    yet, and the new ones. Orders of other processes count once they are open.
    """

    most: Decimal
    read: ReadHoldings
    clock: Clock
    _locks: dict[str, asyncio.Lock] = attrs.field(factory=dict, init=False)
    _on_their_way: dict[str, list[_OnItsWay]] = attrs.field(factory=dict, init=False)

    async def admit(self, asks: Sequence[Ask]) -> str | None:
        """
        Return why these orders must not be sent, None when they may; they count as sent from then on.

        Raises:
            OperationError: positions or orders cannot be read.
        """
        opening: dict[str, list[Ask]] = {}
        for ask in asks:
            if not ask.reduces:
                opening.setdefault(ask.symbol, []).append(ask)
        async with AsyncExitStack() as stack:
            for symbol in sorted(opening):
                await stack.enter_async_context(self._locks.setdefault(symbol, asyncio.Lock()))
            for symbol, wanted in opening.items():
                refusal = self._refusal(symbol, wanted, await self.read(symbol))
                if refusal is not None:
                    return refusal
            now = self.clock.monotonic()
            for symbol, wanted in opening.items():
                self._on_their_way.setdefault(symbol, []).extend(
                    _OnItsWay(ask, now + _ARRIVES_WITHIN) for ask in wanted
                )
        return None

    def note(self, asks: Sequence[Ask], outcome: Outcome) -> None:
        """Stop counting refused orders; count accepted ones until the reads show them."""
        until = self.clock.monotonic() + _SHOWN_AFTER
        for ask in asks:
            sent = self._on_their_way.get(ask.symbol, [])
            for one in [one for one in sent if one.ask is ask]:
                if outcome is Outcome.UNKNOWN:
                    continue
                sent.remove(one)
                if outcome is Outcome.APPLIED:
                    sent.append(_OnItsWay(ask, until))

    def _refusal(self, symbol: str, wanted: Sequence[Ask], holdings: Holdings) -> str | None:
        replaced = frozenset[str]().union(*(ask.names for ask in wanted))
        shown = {name for order in holdings.orders for name in (order.id, order.client_id) if name}
        now = self.clock.monotonic()
        sent = self._on_their_way.get(symbol, [])
        sent[:] = [one for one in sent if one.until > now and not one.ask.names & shown]
        open_orders = [order for order in holdings.orders if not {order.id, order.client_id} & replaced]
        for buys, direction in ((True, "long"), (False, "short")):
            parts = [
                *(_worth_of_position(one, buys=buys) for one in holdings.positions),
                *(_worth_of_order(one, buys=buys) for one in open_orders),
                *(ask.notional for ask in (*(one.ask for one in sent), *wanted) if ask.buys in {buys, None}),
            ]
            known = [part for part in parts if part is not None]
            if len(known) < len(parts):
                return f"the notional of {symbol} is unknown, and that of a position is limited"
            if sum(known) > self.most and any(ask.buys in {buys, None} for ask in wanted):
                return (
                    f"{symbol} could become {sum(known):f} {direction}, position and open orders counted,"
                    f" above {self.most:f}"
                )
        return None


def _worth_of_position(position: Position, *, buys: bool) -> Decimal | None:
    if not position.quantity or (position.quantity > 0) is not buys:
        return Decimal(0)
    return position.notional


def _worth_of_order(order: Order, *, buys: bool) -> Decimal | None:
    """Return the quantity an open order may add to one direction, None where that is unknown."""
    if order.reduce_only or order.close_position or (order.position_side, order.side) in _CLOSING:
        return Decimal(0)
    if (order.side is OrderSide.BUY) is not buys:
        return Decimal(0)
    price = order.price or order.trigger_price or order.activation_price
    if order.quantity is None or order.contract_size is None:
        return None
    size = (order.quantity - (order.filled or 0)) * order.contract_size
    if order.contract_unit is Unit.QUOTE:
        return size
    return None if price is None else size * price

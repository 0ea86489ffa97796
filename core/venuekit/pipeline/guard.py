"""Guards: the limits an account's owner sets: checked at the first station, that of a position by reads before it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from venuekit import errors
from venuekit._util.decimals import DECIMALS, EXACT, product, total
from venuekit.arguments import check_names
from venuekit.capabilities import Order, OrderReader, OrderSide, Position, PositionReader, PositionSide, Unit
from venuekit.clock import Clock
from venuekit.endpoint import Area, Endpoint, Priority
from venuekit.errors import ConfigurationError, Outcome
from venuekit.order_scope import Ask
from venuekit.parameters import Role

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.pipeline.operation import Operation

#: seconds until the reads of any venue show an order that was accepted, and one that may still arrive
_SHOWN_AFTER = 10.0
_ARRIVES_WITHIN = 90.0
_CLOSING = {(PositionSide.LONG, OrderSide.SELL), (PositionSide.SHORT, OrderSide.BUY)}


def _symbols(symbols: Iterable[str] | None) -> frozenset[str] | None:
    return None if symbols is None else frozenset(check_names(symbols, "symbols", "Guard"))


def _areas(areas: Iterable[Area]) -> frozenset[Area]:
    check_names(areas if isinstance(areas, str) else (), "allow", "Guard")
    return frozenset(areas)


@attrs.frozen(kw_only=True)
class Guard:
    """
    The limits of an account; None is no limit. Reads always pass, and so do requests that keep a session
    alive, unless it has an area: a countdown ends orders.

    ``symbols`` also forbids writes that touch the whole account. ``max_notional`` is quote per order, at the order's
    own price: a limit order to sell may be filled above it. ``max_position_notional`` is quote per symbol and
    direction, for the position, its open orders and the new one together; they are read before every order that can
    add to it. Orders that can only reduce a position are not limited; a request whose notional is unknown
    is refused, as is every one of a quanto contract, which has no worth in its quote asset.

    A text in place of ``symbols`` or ``allow`` is an :class:`~venuekit.errors.InvalidArgument`: it is one name, not
    several.

    An endpoint that the venue does not declare may do anything: beside any limit it passes only as a GET.
    """

    symbols: frozenset[str] | None = attrs.field(default=None, converter=_symbols)
    max_leverage: Decimal | None = None
    max_notional: Decimal | None = None
    max_position_notional: Decimal | None = None
    allow: frozenset[Area] = attrs.field(default=frozenset(Area), converter=_areas)
    read_only: bool = False
    #: why only cancels and reducing orders may pass: an operator's plugin is broken; None when nothing is wrong
    barred: str | None = None
    #: whether it forbids anything at all
    is_open: bool = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        limits = (self.symbols, self.max_leverage, self.max_notional, self.max_position_notional, self.barred)
        is_open = not self.read_only and self.allow == frozenset(Area) and all(limit is None for limit in limits)
        object.__setattr__(self, "is_open", is_open)

    def refusal(
        self, endpoint: Endpoint[Any], parameters: Mapping[str, Any], *, halted: bool, declared: bool = True
    ) -> str | None:
        """Return why a request is forbidden, None when it is not; ``declared`` says whether the venue declares it."""
        if not declared and endpoint.verb != "GET" and (halted or not self.is_open):
            return f"the venue does not declare {endpoint}, so it may do anything: only a GET passes beside a guard"
        if not endpoint.is_write and endpoint.area is None:
            return None
        if self.read_only:
            return "the account was opened read-only"
        if halted and not (endpoint.reduces is not None and endpoint.reduces(parameters)):
            return "the account is halted: only cancels and reducing orders may pass"
        if self.barred is not None and not (endpoint.reduces is not None and endpoint.reduces(parameters)):
            return f"{self.barred}. Until then only cancels and reducing orders may pass on live"
        if endpoint.area is not None and endpoint.area not in self.allow:
            return f"{endpoint.area} are not allowed"
        return self._symbol_refusal(endpoint, parameters) or self._size_refusal(endpoint, parameters)

    def _symbol_refusal(self, endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> str | None:
        if self.symbols is None:
            return None
        named = endpoint.symbols_of(parameters)
        if not named:
            return "it touches every symbol, and only some are allowed"
        for symbol in named:
            if symbol not in self.symbols:
                return f"{symbol} is not among the allowed symbols"
        return None

    def _size_refusal(self, endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> str | None:
        if self.max_leverage is not None:
            highest = max(endpoint.values_of(Role.LEVERAGE, parameters), default=None)
            if highest is not None and highest > self.max_leverage:
                return f"leverage {highest} is above {self.max_leverage}"
        has_quantity = endpoint.name_of(Role.QUANTITY) is not None
        if self.max_position_notional is not None and has_quantity and endpoint.asks is None:
            return "the orders of this request are unknown, and positions are limited"
        if self.max_notional is None or not has_quantity:
            return None
        if endpoint.reduces is not None and endpoint.reduces(parameters):
            return None
        with localcontext(DECIMALS):  # which a raw call has not
            notional = None if endpoint.notional is None else endpoint.notional(parameters)
        if notional is None:
            return "the notional of this order is unknown, and it is limited"
        return f"notional {notional} is above {self.max_notional}" if notional > self.max_notional else None


def check_guard(operation: Operation[Any]) -> None:
    """
    Ask the guard of an account whether an operation may be sent now.

    Raises:
        GuardRefused: it may not.
        InvalidArgument: the guard cannot read it: a list does not hold the documented fields.
    """
    session, endpoint = operation.session, operation.endpoint
    declared = session.venue_session.venue.declares(endpoint)
    try:
        forbidden = session.guard.refusal(endpoint, operation.parameters, halted=session.halted, declared=declared)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        words = f"{type(error).__name__}: the guard cannot read the contents of a list"
        raise operation.annotate(errors.InvalidArgument(words)) from None
    if forbidden is not None:
        outcome = Outcome.NOT_APPLIED if operation.attempts else Outcome.NOT_SENT
        raise operation.annotate(errors.GuardRefused(forbidden, outcome=outcome))


#: reads the open positions and orders of a symbol
ReadHoldings: TypeAlias = Callable[[str], Awaitable[tuple[Sequence[Position], Sequence[Order]]]]


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

    async def read(symbol: str) -> tuple[Sequence[Position], Sequence[Order]]:
        # orders first: one that is filled between the two reads is counted twice rather than not at all
        orders = await orders_of(symbol=symbol)
        return [one for one in await positions_of() if one.symbol == symbol], orders

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
                refusal = self._refusal(symbol, wanted, *await self.read(symbol))
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

    def _refusal(
        self, symbol: str, wanted: Sequence[Ask], positions: Sequence[Position], orders: Sequence[Order]
    ) -> str | None:
        replaced = frozenset[str]().union(*(ask.names for ask in wanted))
        shown = {name for order in orders for name in (order.id, order.client_id) if name}
        now = self.clock.monotonic()
        sent = self._on_their_way.get(symbol, [])
        sent[:] = [one for one in sent if one.until > now and not one.ask.names & shown]
        open_orders = [order for order in orders if not {order.id, order.client_id} & replaced]
        for buys, direction in ((True, "long"), (False, "short")):
            parts = [
                *(_worth_of_position(one, buys=buys) for one in positions),
                *(_worth_of_order(one, buys=buys) for one in open_orders),
                *(ask.notional for ask in (*(one.ask for one in sent), *wanted) if ask.buys in {buys, None}),
            ]
            known = [part for part in parts if part is not None]
            if len(known) < len(parts):
                return f"the notional of {symbol} is unknown, and that of a position is limited"
            worth = total(known)
            if worth > self.most and any(ask.buys in {buys, None} for ask in wanted):
                return (
                    f"{symbol} could become {worth:f} {direction}, position and open orders counted,"
                    f" above {self.most:f}"
                )
        return None


def _worth_of_position(position: Position, *, buys: bool) -> Decimal | None:
    if not position.quantity or (position.quantity > 0) is not buys:
        return Decimal(0)
    return position.notional


def _worth_of_order(order: Order, *, buys: bool) -> Decimal | None:
    """Return the notional (quote) that an open order may add to one direction, None where that is unknown."""
    if order.reduce_only or order.close_position or (order.position_side, order.side) in _CLOSING:
        return Decimal(0)
    if (order.side is OrderSide.BUY) is not buys:
        return Decimal(0)
    price = order.price or order.trigger_price or order.activation_price
    if order.quantity is None or order.contract_size is None:
        return None
    size = product(EXACT.subtract(order.quantity, order.filled or 0), order.contract_size)
    if order.contract_unit is Unit.QUOTE:
        return size
    # a quanto contract has no worth in the quote asset
    return product(size, price) if order.contract_unit is Unit.BASE and price is not None else None

"""The reads of checks of orders: each is made once, however many orders need it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from venuekit.account import Account
from venuekit.capabilities import (
    BalanceReader,
    Bracket,
    BracketReader,
    Instrument,
    InstrumentReader,
    LeverageReader,
    LeverageSetting,
    MarginType,
    MarginTypeReader,
    Order,
    OrderBehaviour,
    OrderKind,
    OrderReader,
    OrderRequest,
    Position,
    PositionMode,
    PositionModeBehaviour,
    PositionModeReader,
    PositionModeScope,
    PositionReader,
    PositionSide,
    Price,
    PriceReader,
)
from venuekit.errors import UnsupportedCapability
from venuekit.order_check.misfits import OpenOrderCount, OrderContext, named_leg, waits_as

if TYPE_CHECKING:
    import asyncio

B = TypeVar("B")
V = TypeVar("V")


class Looks:
    """
    The reads about the orders of a batch, as tasks of a group.

    A read that the account lacks shows nothing. One that fails is an error, and never taken for an empty answer.
    """

    def __init__(self, account: Account, requests: Sequence[OrderRequest], group: asyncio.TaskGroup) -> None:
        self._account = account
        self._group = group
        self._reads: dict[Hashable, asyncio.Task[Any]] = {}
        self._symbols = tuple(dict.fromkeys(one.symbol for one in requests))
        self._priced = tuple(dict.fromkeys(one.symbol for one in requests if not one.type.is_conditional))
        self._orders = self._behaviour(OrderBehaviour)
        modes = self._behaviour(PositionModeBehaviour)
        self._has_one_mode = modes is not None and modes.scope is PositionModeScope.ACCOUNT

    async def position_mode(self, symbol: str) -> PositionMode | None:
        """Return the position mode that holds for a symbol."""
        return await self._once(self._read_mode, None if self._has_one_mode else symbol)

    async def take(self, request: OrderRequest, *, is_moved: bool) -> OrderContext:
        """
        Read about an order, side by side.

        The position is left out where it ``is_moved`` by other orders of the batch. Of an order that waits for a
        trigger the open orders alone are read.
        """
        symbol, kind = request.symbol, waits_as(request)
        open_orders = None if kind is None else self._once(self._count_open, symbol, kind)
        if request.type.is_conditional:
            return OrderContext(open_orders=None if open_orders is None else await open_orders)
        position = None if is_moved else self._once(self._read_position, symbol, named_leg(request))
        price, instrument = self._once(self._read_prices), self._once(self._read_instruments)
        brackets, leverage = self._once(self._read_brackets, symbol), self._once(self._read_leverage, symbol)
        unbacked = self._once(self._read_unbacked, symbol)
        return OrderContext(
            open_orders=None if open_orders is None else await open_orders,
            position=None if position is None else await position,
            instrument=(await instrument).get(symbol),
            price=(await price).get(symbol),
            brackets=await brackets,
            leverage=await leverage,
            unbacked=await unbacked,
        )

    def _once(self, read: Callable[..., Coroutine[Any, Any, V]], *subject: Hashable) -> asyncio.Task[V]:
        """Return the read of a subject, which begins now unless it has begun before."""
        key = (read.__name__, *subject)
        if key not in self._reads:
            self._reads[key] = self._group.create_task(read(*subject))
        return self._reads[key]

    def _behaviour(self, kind: type[B]) -> B | None:
        venue = self._account.venue
        return venue.behaviour(kind) if venue.has_behaviour(kind) else None

    async def _read_mode(self, symbol: str | None) -> PositionMode | None:
        account = self._account
        if not isinstance(account, PositionModeReader):
            return None
        setting = await _or_none(account.get_position_mode(symbol=symbol))
        return None if setting is None else setting.mode

    async def _read_position(self, symbol: str, leg: PositionSide | None) -> Position | None:
        account = self._account
        return await _or_none(account.get_position(symbol, side=leg)) if isinstance(account, PositionReader) else None

    async def _read_instruments(self) -> Mapping[str, Instrument]:
        account = self._account
        if not isinstance(account, InstrumentReader):
            return {}
        symbol = self._symbols[0] if len(self._symbols) == 1 else None  # the whole list is one request
        return {one.symbol: one for one in await _or_none(account.get_instruments(symbol=symbol)) or ()}

    async def _read_prices(self) -> Mapping[str, Price]:
        account = self._account
        return await _or_none(account.get_prices(self._priced)) or {} if isinstance(account, PriceReader) else {}

    async def _read_brackets(self, symbol: str) -> Sequence[Bracket]:
        account = self._account
        return await _or_none(account.get_brackets(symbol=symbol)) or () if isinstance(account, BracketReader) else ()

    async def _read_leverage(self, symbol: str) -> LeverageSetting | None:
        account = self._account
        return await _or_none(account.get_leverage(symbol)) if isinstance(account, LeverageReader) else None

    async def _count_open(self, symbol: str, kind: OrderKind) -> OpenOrderCount | None:
        """
        Count the open orders of a symbol, where the venue says how many there may be.

        A conditional one without a client id may be the venue's own, for the take profit of a position, and need not
        count there.
        """
        instrument = (await self._once(self._read_instruments)).get(symbol)
        if kind is OrderKind.PLAIN:
            limits = [None if instrument is None else instrument.max_open_orders]
        else:
            everywhere = None if self._orders is None else self._orders.max_conditional_orders
            limits = [None if instrument is None else instrument.max_conditional_orders, everywhere]
        known = [limit for limit in limits if limit is not None]
        if not known:
            return None
        waiting = [one for one in await self._once(self._read_open_orders, symbol) if one.kind is kind]
        counted = [one for one in waiting if kind is OrderKind.PLAIN or one.client_id is not None]
        return OpenOrderCount(kind, len(counted), min(known))

    async def _read_open_orders(self, symbol: str) -> Sequence[Order]:
        account = self._account
        return await _or_none(account.get_open_orders(symbol=symbol)) or () if isinstance(account, OrderReader) else ()

    async def _read_unbacked(self, symbol: str) -> str | None:
        """Return the settle asset of a symbol that would have to be collateral, and is not."""
        account = self._account
        if self._orders is None or not self._orders.needs_collateral:
            return None
        if not isinstance(account, MarginTypeReader) or not isinstance(account, BalanceReader):
            return None
        setting = await _or_none(account.get_margin_type(symbol))
        instrument = (await self._once(self._read_instruments)).get(symbol)
        if setting is None or setting.margin_type is MarginType.ISOLATED or instrument is None:
            return None
        balances = await _or_none(account.get_balances(asset=instrument.settle)) or ()
        return instrument.settle if any(one.is_collateral is False for one in balances) else None


async def _or_none(read: Coroutine[Any, Any, V]) -> V | None:
    """Return what a read finds, None where the account cannot do it."""
    try:
        return await read
    except UnsupportedCapability:
        return None

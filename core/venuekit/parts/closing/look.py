"""A look: the positions and open orders of some symbols, read at once."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from venuekit.capabilities import Order, Position
from venuekit.errors import OddRow, OperationError
from venuekit.parts.concurrency import gather_all
from venuekit.payloads import gather_odd_rows

if TYPE_CHECKING:
    from venuekit.parts.closing.part import PositionClosePart

A = TypeVar("A")

#: beyond so many symbols their open orders are picked out of all
_ONE_BY_ONE = 10


@attrs.frozen
class Look:
    """
    Positions that are not flat and open orders, as they were read at one moment; None where they could not be read.

    ``at`` is on the monotonic clock, before the reads. ``odd`` are rows that could not be read: each may be a position
    or an order of these symbols.
    """

    at: float
    positions: tuple[Position, ...] | None
    orders: tuple[Order, ...] | None
    odd: tuple[OddRow, ...] = ()
    errors: tuple[OperationError, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether both were read, and nothing is there."""
        return self.positions == () and self.orders == () and not self.odd


async def look_at(account: PositionClosePart, symbols: frozenset[str] | None) -> Look:
    """Read positions and open orders of these symbols at once, None for all."""
    at = account.monotonic()
    with gather_odd_rows() as odd:
        positions, orders = await gather_all(
            [outcome_of(_positions(account, symbols)), outcome_of(_open_orders(account, symbols))]
        )
    failures = tuple(one for one in (positions, orders) if isinstance(one, OperationError))
    return Look(
        at,
        None if isinstance(positions, OperationError) else positions,
        None if isinstance(orders, OperationError) else orders,
        tuple(odd),
        failures,
    )


async def outcome_of(call: Coroutine[Any, Any, A]) -> A | OperationError:
    """Return the value of a call, or the error that it ended in."""
    try:
        return await call
    except OperationError as error:
        return error


async def _positions(account: PositionClosePart, symbols: frozenset[str] | None) -> Any:
    rows: Iterable[Position]
    if symbols is not None and len(symbols) == 1:
        (only,) = symbols
        rows = await account.get_positions(symbol=only)
    else:
        rows = await account.get_positions()
    return tuple(one for one in rows if one.quantity and (symbols is None or one.symbol in symbols))


async def _open_orders(account: PositionClosePart, symbols: frozenset[str] | None) -> Any:
    if symbols is None or len(symbols) > _ONE_BY_ONE:
        orders = await account.get_open_orders()
        return tuple(one for one in orders if symbols is None or one.symbol in symbols)
    lists = await gather_all(account.get_open_orders(symbol=symbol) for symbol in sorted(symbols))
    return tuple(order for orders in lists for order in orders)

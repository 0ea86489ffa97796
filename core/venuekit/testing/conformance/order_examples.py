"""Example orders of every type, and the accounts that they are placed in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from venuekit.capabilities import (
    OrderBehaviour,
    OrderRequest,
    OrderSide,
    OrderType,
    PositionMode,
)
from venuekit.simulator.ledger import Book, LedgerOrder, Side
from venuekit.testing.conformance.examples import half_price, small_quantity
from venuekit.testing.staged import Stage

#: ticks between the trigger and the price of a limit order behind a trigger
_BEHIND = 3
_CALLBACK = Decimal(1)  # percent


def make_order(
    stage: Stage, kind: OrderType = OrderType.LIMIT, side: OrderSide = OrderSide.BUY, *, lower: int = 0, **terms: Any
) -> OrderRequest:
    """
    Return an order in the scenario's flat symbol that rests, or waits for its trigger, far from the market.

    ``lower`` moves its prices down by so many ticks; ``terms`` are set besides.
    """
    symbol = stage.scenario.flat
    tick = stage.ledger.contract(symbol).price_tick
    half = half_price(stage, symbol)
    takes_profit = kind in {OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_MARKET}
    #: a buyer rests below the market and waits for a rise; one who takes profit, or trails, waits for a fall
    is_below = (side is OrderSide.BUY) is (takes_profit or not kind.is_conditional or _trails(kind))
    at = (half if is_below else 3 * half) - lower * tick
    prices: dict[str, Any] = {}
    if kind.is_conditional:
        prices = {"activation_price": at, "callback_rate": _CALLBACK} if _trails(kind) else {"trigger_price": at}
    if not kind.is_market:
        prices["price"] = at + _BEHIND * tick if kind.is_conditional else at
    return OrderRequest(
        **{
            "symbol": symbol,
            "side": side,
            "type": kind,
            "quantity": small_quantity(stage, symbol, half),
            "margin_type": min(stage.venue.behaviour(OrderBehaviour).margin_types, default=None),
            **prices,
            **terms,
        }
    )


def price_to_take(stage: Stage) -> Decimal:
    """Return a price a hundredth above the market, at which an order to buy in the scenario's flat symbol trades."""
    symbol = stage.scenario.flat
    tick = stage.ledger.contract(symbol).price_tick
    return (stage.ledger.mark(symbol) * Decimal("1.01") // tick + 1) * tick


def _trails(kind: OrderType) -> bool:
    return kind is OrderType.TRAILING_STOP_MARKET


def other_symbols(stage: Stage) -> tuple[str, ...]:
    """
    Return two other contracts of the venue than the scenario's flat one, or as many as there are.

    Those that settle in another asset come first.
    """
    ledger, flat = stage.ledger, stage.scenario.flat
    own = [one for one in ledger.contracts.values() if one.venue in {"", stage.venue.id} and one.symbol != flat]
    own.sort(key=lambda one: one.settle == ledger.contract(flat).settle)
    return tuple(one.symbol for one in own[:2])


def rest(stage: Stage, symbol: str, *, book: Book = Book.PLAIN, lower: int = 0, client_id: str | None = None) -> str:
    """Put an order into the ledger that the client has not placed, and return its id."""
    ledger = stage.ledger
    half = half_price(stage, symbol) - lower * ledger.contract(symbol).price_tick
    price = 3 * half if book is Book.CONDITIONAL else half
    return ledger.rest_order(
        symbol, Side.BUY, small_quantity(stage, symbol, half), price, book=book, client_id=client_id
    )


def books_of(stage: Stage) -> tuple[Book, ...]:
    """Return the books in which :func:`rest` can put orders of the venue."""
    is_conditional = OrderType.STOP in stage.venue.behaviour(OrderBehaviour).types
    return (Book.PLAIN, Book.CONDITIONAL) if is_conditional else (Book.PLAIN,)


def orders_of(stage: Stage) -> Mapping[str, LedgerOrder]:
    """Return every order of the ledger, open or ended, by its id."""
    return {order.id: order for order in stage.ledger.orders(hidden=True)}


def rest_of_account(stage: Stage) -> tuple[object, ...]:
    """Return everything that an order which rests, or is cancelled, leaves as it is: positions, cash and settings."""
    state = stage.ledger.snapshot()
    modes = state.position_mode, state.asset_mode, state.margin_type
    return state.legs, state.cash, state.symbols, modes


def set_mode(stage: Stage, mode: PositionMode) -> None:
    """Bring the account into a position mode, where it has another one."""
    if stage.ledger.position_mode is not mode:
        stage.ledger.set_position_mode(mode)


def buy(stage: Stage) -> None:
    """Open a long position in the scenario's flat symbol, in one-way mode."""
    symbol, ledger = stage.scenario.flat, stage.ledger
    set_mode(stage, PositionMode.ONE_WAY)
    ledger.fill(symbol, Side.BUY, 2 * small_quantity(stage, symbol, half_price(stage, symbol)), ledger.mark(symbol))


def empty_wallets(stage: Stage) -> None:
    """Move all money out of the account, as far as no position needs it."""
    for balance in stage.ledger.balances():
        if balance.withdrawable > 0:
            stage.ledger.deposit(balance.asset, -balance.withdrawable, purse=balance.purse)


def make_own_id(stage: Stage, number: int = 1) -> str:
    """
    Return a client id that the venue takes, another one for each number.

    Raises:
        LookupError: none of the usual forms fits the declared pattern.
    """
    forms = (f"kit-{number}", f"kit{number}", f"{number}", f"0x{number:032x}", str(UUID(int=number)))
    pattern = stage.venue.behaviour(OrderBehaviour).client_id_pattern
    for form in forms:
        if re.fullmatch(pattern, form):
            return form
    raise LookupError(f"{stage.venue.id}: no client id of a usual form fits {pattern}")

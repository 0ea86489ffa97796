"""Pre-flight of orders: an order that the account's mode, position or limits will refuse is refused before sending."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import attrs

from venuekit._util.decimals import EXACT, product, quotient
from venuekit.account import Account
from venuekit.account_check import check_account
from venuekit.capabilities import (
    Bracket,
    BracketReader,
    Instrument,
    InstrumentReader,
    LeverageReader,
    LeverageSetting,
    OrderRequest,
    OrderSide,
    OrderType,
    Position,
    PositionMode,
    PositionModeReader,
    PositionReader,
    PositionSide,
    Price,
    PriceReader,
    Unit,
)

_LEGS = frozenset({PositionSide.LONG, PositionSide.SHORT})


async def check_order(account: Account, request: OrderRequest) -> None:
    """
    Refuse an order that the venue would refuse, as far as reads of the account show it; nothing is sent but reads.

    Looked at are the position side against the position mode, a reducing order against the position, the quantity
    against the contract's bounds, the price against the bounds around the mark price, the smallest notional, and the
    position that the order may lead to against the brackets at the present leverage. An order that waits for a trigger
    is compared with the position mode alone, since the rest may have changed by then. A figure that the account does
    not read, or the venue does not say, refuses nothing: an order that passes may still be refused by the venue.

    The mode is read first, then everything else side by side.

    Raises:
        InvalidArgument: the venue would refuse it; the sentence says why, and the mend. Or it is no account.
        OperationError: a read failed.
    """
    check_account(account, check_order.__name__)
    mode = None
    if isinstance(account, PositionModeReader):
        mode = (await account.get_position_mode(symbol=request.symbol)).mode
    words = _side_misfit(request, mode)
    if words is None and not request.type.is_conditional:
        words = _misfit(request, mode, await _look(account, request))
    if words is not None:
        error = account.refuse(words, subject=request.symbol)
        error.operation = error.operation or check_order.__name__
        raise error


@attrs.frozen
class _Look:
    """The account and the contract, as reads show them; None or empty for a read that the account lacks."""

    position: Position | None
    instrument: Instrument | None
    price: Price | None
    brackets: Sequence[Bracket]
    leverage: LeverageSetting | None


async def _look(account: Account, request: OrderRequest) -> _Look:
    symbol = request.symbol
    side = request.position_side if request.position_side in _LEGS else None

    async def position() -> Position | None:
        # one that cannot be read is an error of this method, and not taken for a flat one
        return await account.get_position(symbol, side=side) if isinstance(account, PositionReader) else None

    async def instrument() -> Instrument | None:
        if not isinstance(account, InstrumentReader):
            return None
        return next(iter(await account.get_instruments(symbol=symbol)), None)

    async def price() -> Price | None:
        return (await account.get_prices(symbol)).get(symbol) if isinstance(account, PriceReader) else None

    async def brackets() -> Sequence[Bracket]:
        return await account.get_brackets(symbol=symbol) if isinstance(account, BracketReader) else ()

    async def leverage() -> LeverageSetting | None:
        return await account.get_leverage(symbol) if isinstance(account, LeverageReader) else None

    import asyncio  # declarations are read without it

    try:
        async with asyncio.TaskGroup() as group:
            reads = (
                group.create_task(position()),
                group.create_task(instrument()),
                group.create_task(price()),
                group.create_task(brackets()),
                group.create_task(leverage()),
            )
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    holding, contract, quote, tiers, setting = reads
    return _Look(holding.result(), contract.result(), quote.result(), tiers.result(), setting.result())


def _misfit(request: OrderRequest, mode: PositionMode | None, look: _Look) -> str | None:
    """Return why the venue would refuse an order, in one sentence with the mend; None where nothing shows it."""
    words = _quantity_misfit(request, look.instrument)
    if words is not None:
        return words
    if _reduces(request, mode):
        return _position_misfit(request, look.position)
    return _price_misfit(request, look) or _notional_misfit(request, look) or _bracket_misfit(request, look)


def _side_misfit(request: OrderRequest, mode: PositionMode | None) -> str | None:
    side = request.position_side
    if mode is PositionMode.HEDGE and side not in _LEGS:
        return "the account is in hedge mode, where an order names its leg: give position_side long or short"
    if mode is PositionMode.ONE_WAY and side in _LEGS:
        return f"the account is in one-way mode, which has no leg {side}: leave position_side out, or set hedge mode"
    return None


def _reduces(request: OrderRequest, mode: PositionMode | None) -> bool:
    """Say whether an order can do nothing but reduce a position."""
    if request.reduce_only or request.close_position:
        return True
    closes = OrderSide.SELL if request.position_side == PositionSide.LONG else OrderSide.BUY
    return mode is PositionMode.HEDGE and request.side == closes


def _position_misfit(request: OrderRequest, position: Position | None) -> str | None:
    if position is None:
        return None
    if not position.quantity:
        name = f"{position.side} position" if position.side in _LEGS else "position"
        return (
            f"there is no open {name} that it could reduce: to open one, leave reduce_only out or name the other side"
        )
    is_long = position.quantity > 0
    if is_long is (request.side == OrderSide.BUY):
        now, right = ("long", "sell") if is_long else ("short", "buy")
        return f"the position is {now} ({position.quantity}), and a {request.side} order does not reduce it: {right}"
    return None


def _quantity_misfit(request: OrderRequest, instrument: Instrument | None) -> str | None:
    quantity = request.quantity
    if instrument is None or quantity is None:
        return None
    most = instrument.max_quantity
    if request.type == OrderType.MARKET:
        most = instrument.max_market_quantity or most
    if instrument.min_quantity and quantity < instrument.min_quantity and not request.reduce_only:
        return f"quantity {quantity} is below {instrument.min_quantity}, the least that the contract takes"
    if most and quantity > most:
        return f"quantity {quantity} is above {most}, the most of one {request.type} order: split it"
    return None


def _price_misfit(request: OrderRequest, look: _Look) -> str | None:
    mark = None if look.price is None else look.price.mark
    if look.instrument is None or mark is None or request.price is None:
        return None
    if request.side == OrderSide.BUY:
        ratio = look.instrument.max_price_ratio
        if ratio and request.price > (bound := product(mark, ratio)):
            return f"price {request.price} is above {bound}, {ratio} times the mark price {mark}: buy lower"
        return None
    ratio = look.instrument.min_price_ratio
    if ratio and request.price < (bound := product(mark, ratio)):
        return f"price {request.price} is below {bound}, {ratio} times the mark price {mark}: sell higher"
    return None


def _notional_misfit(request: OrderRequest, look: _Look) -> str | None:
    least = None if look.instrument is None else look.instrument.min_notional
    price = request.price or (None if look.price is None else look.price.mark)
    if look.instrument is None or not least or request.quantity is None:
        return None
    notional = look.instrument.notional(request.quantity, price)
    if notional is None or notional >= least:
        return None
    return (
        f"its notional {notional} is below {least} {look.instrument.quote}, the least of an order: raise the quantity"
    )


def _bracket_misfit(request: OrderRequest, look: _Look) -> str | None:
    """
    Compare the position that the order may lead to with the highest bracket that the present leverage is allowed in.

    Open orders are not counted, and of two prices the one that makes less of it counts: the venue would refuse, too.
    """
    instrument, position = look.instrument, look.position
    mark = None if look.price is None else look.price.mark
    leverage = _leverage(look, request.side)
    if instrument is None or position is None or mark is None or leverage is None or request.quantity is None:
        return None
    change = request.quantity if request.side == OrderSide.BUY else EXACT.minus(request.quantity)
    after = EXACT.add(position.quantity, change).copy_abs()
    tiers = [one for one in look.brackets if one.max_leverage >= leverage]
    if after <= position.quantity.copy_abs() or not tiers:
        return None
    top = max(tiers, key=lambda one: one.cap)
    sizes = [_size(instrument, after, price, top.unit) for price in (mark, request.price or mark)]
    counts = [size for size in sizes if size is not None]
    if len(counts) < len(sizes) or min(counts) <= top.cap:
        return None
    return (
        f"it may lead to a position of {min(counts):f} {top.unit}, and leverage {leverage} is allowed up to"
        f" {top.cap:f}: lower the leverage or the quantity"
    )


def _leverage(look: _Look, side: OrderSide) -> Decimal | None:
    """Return the leverage of the position, or that of the symbol for an order that opens one; None if not known."""
    if look.position is not None and look.position.quantity:
        return look.position.leverage
    if look.leverage is None:
        return None
    return look.leverage.long if side == OrderSide.BUY else look.leverage.short


def _size(instrument: Instrument, quantity: Decimal, price: Decimal, unit: Unit) -> Decimal | None:
    """Return the size of a position in a unit of brackets, None where it cannot be counted."""
    notional = instrument.notional(quantity, price)
    if unit is Unit.CONTRACTS:
        return quantity
    if notional is None:
        return None
    in_base = unit is Unit.BASE or (unit is Unit.SETTLE and instrument.is_inverse)
    return quotient(notional, price) if in_base else notional

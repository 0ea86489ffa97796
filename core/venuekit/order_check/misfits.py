"""Reasons for which a venue refuses an order, as far as reads show them: each in one sentence, with the mend."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import attrs

from venuekit._util.decimals import EXACT, product, quotient
from venuekit.capabilities import (
    Bracket,
    Instrument,
    LeverageSetting,
    OrderKind,
    OrderRequest,
    OrderSide,
    OrderType,
    Position,
    PositionMode,
    PositionSide,
    Price,
    TimeInForce,
    Unit,
)
from venuekit.payloads import is_multiple

_LEGS = frozenset({PositionSide.LONG, PositionSide.SHORT})
_NOTHING = Decimal(0)
_NEVER_WAITS = frozenset({TimeInForce.IOC, TimeInForce.FOK})


@attrs.frozen
class OpenOrderCount:
    """The open orders of a symbol that count, and the most that there may be, of one kind."""

    kind: OrderKind
    count: int
    most: int


@attrs.frozen(kw_only=True)
class OrderContext:
    """
    The account and the contract, as reads show them; None or empty for a read that the account lacks.

    ``unbacked`` is the settle asset where it would have to be collateral, and is not.
    """

    open_orders: OpenOrderCount | None = None
    position: Position | None = None
    instrument: Instrument | None = None
    price: Price | None = None
    brackets: Sequence[Bracket] = ()
    leverage: LeverageSetting | None = None
    unbacked: str | None = None


def named_leg(request: OrderRequest) -> PositionSide | None:
    """Return the leg that an order names; None for the only position of one-way mode."""
    return request.position_side if request.position_side in _LEGS else None


def waits_as(request: OrderRequest) -> OrderKind | None:
    """Return the kind of open order that an order may become; None of one that is filled at once or never."""
    if request.type.is_conditional:
        return OrderKind.CONDITIONAL
    if request.type != OrderType.LIMIT or request.time_in_force in _NEVER_WAITS:
        return None
    return OrderKind.PLAIN


def misfit(request: OrderRequest, mode: PositionMode | None, context: OrderContext) -> str | None:
    """Return why the venue would refuse an order whose leg fits, in one sentence with the mend; None for no reason."""
    words = _form_misfit(request, context.instrument) or _quantity_misfit(request, context.instrument)
    words = words or _count_misfit(context.open_orders) or _price_misfit(request, context)
    if words is not None:
        return words
    if _reduces(request, mode):
        return _position_misfit(request, context.position)
    words = _notional_misfit(request, context)
    if words is not None or _fills_nothing(request, context.price):
        return words
    return _collateral_misfit(request, context) or _bracket_misfit(request, context)


def side_misfit(request: OrderRequest, mode: PositionMode | None) -> str | None:
    """Return why an order does not fit the position mode; None where it does, or the mode is not known."""
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


def off_step(name: str, number: Decimal, step: Decimal | None) -> str | None:
    """Return why a venue refuses a number of an order that must be a whole number of steps; None where it is one."""
    if not step or is_multiple(number, step):
        return None
    return f"{name} {number} is not a multiple of {step}; it is never rounded here"


def _form_misfit(request: OrderRequest, instrument: Instrument | None) -> str | None:
    """Return why an order is refused whatever the account has."""
    if request.type == OrderType.LIMIT and request.price is None and request.price_match is None:
        return "a limit order needs a price"
    if instrument is None:
        return None
    steps = {"quantity": instrument.quantity_step, "price": instrument.price_tick}
    given = ((name, getattr(request, name), step) for name, step in steps.items())
    return next((words for name, number, step in given if number and (words := off_step(name, number, step))), None)


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


def _count_misfit(orders: OpenOrderCount | None) -> str | None:
    if orders is None or orders.count < orders.most:
        return None
    return f"{orders.count} {orders.kind} orders are open, and the most is {orders.most}: cancel one first"


def _price_misfit(request: OrderRequest, context: OrderContext) -> str | None:
    mark = None if context.price is None else context.price.mark
    if context.instrument is None or mark is None or request.price is None:
        return None
    if request.side == OrderSide.BUY:
        ratio = context.instrument.max_price_ratio
        if ratio and request.price > (bound := product(mark, ratio)):
            return f"price {request.price} is above {bound}, {ratio} times the mark price {mark}: buy lower"
        return None
    ratio = context.instrument.min_price_ratio
    if ratio and request.price < (bound := product(mark, ratio)):
        return f"price {request.price} is below {bound}, {ratio} times the mark price {mark}: sell higher"
    return None


def _notional_misfit(request: OrderRequest, context: OrderContext) -> str | None:
    least = None if context.instrument is None else context.instrument.min_notional
    price = request.price or (None if context.price is None else context.price.mark)
    if context.instrument is None or not least or request.quantity is None:
        return None
    notional = context.instrument.notional(request.quantity, price)
    if notional is None or notional >= least:
        return None
    quote = context.instrument.quote
    return f"its notional {notional} is below {least} {quote}, the least of an order: raise the quantity"


def _collateral_misfit(request: OrderRequest, context: OrderContext) -> str | None:
    if context.unbacked is None or context.position is None or request.quantity is None:
        return None
    if not _grows(context.position, request):
        return None
    return (
        f"in cross and portfolio margin {context.unbacked} must be collateral, and it is not:"
        " switch it on at the venue, or set isolated margin"
    )


def _bracket_misfit(request: OrderRequest, context: OrderContext) -> str | None:
    """
    Compare the position that the order may lead to with the highest bracket that the present leverage is allowed in.

    Open orders are not counted, and of two prices the one that makes less of it counts: the venue would refuse, too.
    """
    instrument, position = context.instrument, context.position
    mark = None if context.price is None else context.price.mark
    leverage = _leverage(context, request.side)
    if instrument is None or position is None or mark is None or leverage is None or request.quantity is None:
        return None
    after = _size_after(position, request)
    tiers = [one for one in context.brackets if one.max_leverage >= leverage]
    if not _grows(position, request) or not tiers:
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


def _size_after(position: Position, request: OrderRequest) -> Decimal:
    """Return how large a position is once an order of a quantity is filled, contracts, of either side."""
    quantity = request.quantity or _NOTHING
    change = quantity if request.side == OrderSide.BUY else EXACT.minus(quantity)
    return EXACT.add(position.quantity, change).copy_abs()


def _fills_nothing(request: OrderRequest, price: Price | None) -> bool:
    """Say whether an order ends without a fill: one that never waits and is off the mark, a post-only one beyond it."""
    mark = None if price is None else price.mark
    if mark is None or request.price is None:
        return False
    crosses = request.price >= mark if request.side == OrderSide.BUY else request.price <= mark
    return request.time_in_force == TimeInForce.POST_ONLY if crosses else request.time_in_force in _NEVER_WAITS


def _grows(position: Position, request: OrderRequest) -> bool:
    return _size_after(position, request) > position.quantity.copy_abs()


def _leverage(context: OrderContext, side: OrderSide) -> Decimal | None:
    """Return the leverage of the position, or that of the symbol for an order that opens one; None if not known."""
    if context.position is not None and context.position.quantity:
        return context.position.leverage
    if context.leverage is None:
        return None
    return context.leverage.long if side == OrderSide.BUY else context.leverage.short


def _size(instrument: Instrument, quantity: Decimal, price: Decimal, unit: Unit) -> Decimal | None:
    """Return the size of a position in a unit of brackets, None where it cannot be counted."""
    notional = instrument.notional(quantity, price)
    if unit is Unit.CONTRACTS:
        return quantity
    if notional is None:
        return None
    in_base = unit is Unit.BASE or (unit is Unit.SETTLE and instrument.is_inverse)
    return quotient(notional, price) if in_base else notional

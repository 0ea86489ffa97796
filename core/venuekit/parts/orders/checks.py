"""Checks of orders before anything is sent: the form, the numbers and their steps, the names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from venuekit.account import Account
from venuekit.capabilities import OrderBehaviour, OrderRequest, OrderSide, OrderType, PositionSide
from venuekit.order_check.misfits import off_step
from venuekit.order_scope import OrderName
from venuekit.parts.checks import is_number
from venuekit.parts.orders.routes import OrderRoutes, OrderSteps

_SIDES, _POSITION_SIDES = tuple(OrderSide), tuple(PositionSide)
_LIMITS = frozenset({OrderType.LIMIT, OrderType.STOP, OrderType.TAKE_PROFIT})


def margin_type_misfit(declared: OrderBehaviour, request: OrderRequest) -> str | None:
    """Return why an order may not name its margin type, in one sentence; None where it may, or names none."""
    if request.margin_type is None or request.margin_type in declared.margin_types:
        return None
    if not declared.margin_types:
        return "an order has no margin type of its own here: leave margin_type out"
    return f"an order's margin_type is {' or '.join(sorted(declared.margin_types))} here, not {request.margin_type}"


def common_misfit(declared: OrderBehaviour, request: OrderRequest) -> str | None:
    """Return why no venue of this behaviour can take an order, in one sentence; None where its form is right."""
    kind = request.type
    if kind not in declared.types:
        return f"a {kind} order is not known here"
    if request.side not in _SIDES:
        return f"there is no side {request.side!r}"
    if request.position_side is not None and request.position_side not in _POSITION_SIDES:
        return f"there is no position side {request.position_side!r}"
    if request.time_in_force is not None and request.time_in_force not in declared.times_in_force:
        return f"{request.time_in_force!r} is not known here"
    if request.quantity is None and not request.close_position:
        return f"a {kind} order needs a quantity"
    is_conditional, has_price = kind in _CONDITIONAL, request.price is not None or request.price_match is not None
    if (kind in _LIMITS) is not has_price:
        return f"a {kind} order takes no price" if has_price else f"a {kind} order needs a price"
    needs_trigger = is_conditional and kind != OrderType.TRAILING_STOP_MARKET
    if needs_trigger is (request.trigger_price is None):
        return f"a {kind} order {'needs a' if needs_trigger else 'takes no'} trigger_price"
    if not is_conditional and (request.working_price is not None or request.price_protect is not None):
        return f"a {kind} order watches no price"
    if request.client_id is not None and not is_client_id(declared.client_id_pattern, request.client_id):
        return f"a client id is like {declared.client_id_pattern}, not {request.client_id!r}"
    return None


def missing_term(missing: Mapping[str, str], request: OrderRequest) -> str | None:
    """
    Return why the venue cannot take an order that names a term which it lacks; None where it names none of them.

    ``missing`` has a sentence for each field of the request that the form of the venue's orders has no place for. A
    term that no sentence refuses, and the form leaves out, would be dropped in silence.
    """
    return next((reason for name, reason in missing.items() if getattr(request, name)), None)


_CONDITIONAL = frozenset(kind for kind in OrderType if kind.is_conditional)


def check_name(account: Account, routes: OrderRoutes, name: OrderName) -> OrderName:
    """
    Return the name of an order; exactly one of both ids makes it.

    Raises:
        InvalidArgument: none or both are given, or it is no id of this venue; nothing was sent.
    """
    if (name.id is None) == (name.client_id is None) or name.id == "":
        raise account.refuse("name the order by order_id or by client_id", subject=name.symbol)
    if name.id is None:
        pattern = account.behaviour(OrderBehaviour).client_id_pattern
        if not is_client_id(pattern, name.client_id):
            words = f"name the order by order_id or by client_id: a client id is like {pattern}, not {name.client_id!r}"
            raise account.refuse(words, subject=name.symbol)
    elif routes.first.names.numbers and not _is_whole_number(name.id):
        words = f"an order id is a number here, as text, not {name.id!r}: a client id goes in as client_id"
        raise account.refuse(words, subject=name.symbol)
    return name


async def check_steps(
    account: Account, routes: OrderRoutes, symbol: str, numbers: Mapping[str, Decimal | None]
) -> None:
    """
    Refuse a quantity or price that is not positive, or not a whole number of the symbol's steps.

    Steps change: before anything is refused because of one, the instruments are read again.

    Raises:
        InvalidArgument: it does not fit; nothing was sent.
        InvalidRequest: the venue lists no such symbol.
    """
    given = {name: number for name, number in numbers.items() if number is not None}
    for name, number in given.items():
        if not is_number(number):
            raise account.refuse(f"{name} must be a Decimal, not {number!r}", subject=symbol)
        if number <= 0:
            raise account.refuse(f"{name} must be above 0, not {number}", subject=symbol)
    if _step_misfit(await routes.steps(account, symbol, False), given) is None:
        return
    words = _step_misfit(await routes.steps(account, symbol, True), given)
    if words is not None:
        raise account.refuse(words, subject=symbol)


def is_client_id(pattern: str, client_id: object) -> bool:
    """Say whether a value is a client id of a pattern."""
    return isinstance(client_id, str) and re.fullmatch(pattern, client_id) is not None


def _is_whole_number(order_id: object) -> bool:
    return isinstance(order_id, str) and order_id.isascii() and order_id.isdecimal()


def _step_misfit(steps: OrderSteps, numbers: Mapping[str, Decimal]) -> str | None:
    for name, number in numbers.items():
        words = off_step(name, number, steps.quantity if name == "quantity" else steps.price)
        if words is not None:
            return words
    return None

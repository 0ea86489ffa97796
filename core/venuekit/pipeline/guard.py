"""Guards: the limits an account's owner sets, checked at the first station."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs

from venuekit import errors
from venuekit.endpoint import Area, Endpoint, Role

if TYPE_CHECKING:
    from venuekit.pipeline.operation import Operation


def _symbols(symbols: Iterable[str] | None) -> frozenset[str] | None:
    return None if symbols is None else frozenset(symbols)


def _areas(areas: Iterable[Area]) -> frozenset[Area]:
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
    is refused.

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
        notional = None if endpoint.notional is None else endpoint.notional(parameters)
        if notional is None:
            return "the notional of this order is unknown, and it is limited"
        return f"notional {notional} is above {self.max_notional}" if notional > self.max_notional else None


def check_guard(operation: Operation[Any]) -> None:
    """
    Ask the guard of an account whether an operation may be sent now.

    Raises:
        GuardRefused: it may not.
        InvalidArgument: the guard cannot read it: a list does not hold what the venue documents.
    """
    session, endpoint = operation.session, operation.endpoint
    declared = session.venue_session.venue.declares(endpoint)
    try:
        forbidden = session.guard.refusal(endpoint, operation.parameters, halted=session.halted, declared=declared)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        words = f"{type(error).__name__}: the guard cannot read the contents of a list"
        raise operation.annotate(errors.InvalidArgument(words)) from None
    if forbidden is not None:
        outcome = errors.Outcome.NOT_APPLIED if operation.attempts else errors.Outcome.NOT_SENT
        raise operation.annotate(errors.GuardRefused(forbidden, outcome=outcome))

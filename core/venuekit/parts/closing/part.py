"""The part of an account class that closes positions, for every account that reads positions and places orders."""

from __future__ import annotations

from collections.abc import Callable, Collection
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from venuekit.account import Account
from venuekit.arguments import check_collection, check_seconds, refuse
from venuekit.capabilities import CloseReport, LateWrite, Position, PositionCloseControl, PositionSide
from venuekit.endpoint import Endpoint, Priority
from venuekit.errors import GuardRefused
from venuekit.parts.checks import is_number
from venuekit.parts.closing.leg import ClosingLeg

if TYPE_CHECKING:
    from venuekit.parts.closing.closing import Closing

T = TypeVar("T")

#: seconds for closing one position
_CLOSE_WITHIN = 30.0
_LEGS = (PositionSide.LONG, PositionSide.SHORT)


class PositionClosePart(Account, PositionCloseControl):
    """
    Closes positions by reduce-only orders at the market, in hedge mode of one leg.

    It needs no more than the methods of :class:`~venuekit.capabilities.PositionReader` and
    :class:`~venuekit.capabilities.OrderControl`, and takes the sizes of orders from
    :class:`~venuekit.capabilities.InstrumentReader` where the account has it. A venue whose orders cannot be
    reduce-only must not have it.
    """

    __slots__ = ()

    async def close_position(
        self,
        symbol: str,
        *,
        side: PositionSide | None = None,
        quantity: Decimal | None = None,
        price: Decimal | None = None,
    ) -> CloseReport:
        """Close the position of a symbol, or a part of it, at the market or by a limit order that rests."""
        for name, number in (("quantity", quantity), ("price", price)):
            if number is not None and not (is_number(number) and number > 0):
                raise self.refuse(f"{name} must be a Decimal above 0, not {number!r}", subject=symbol)
        _check_symbols(self, frozenset({symbol}))
        closing = self._closing(frozenset({symbol}), _CLOSE_WITHIN)
        closing.price = closing.sender.price = price
        closing.choose = _chooser(self, symbol, None if side is None else PositionSide(side), quantity)
        if quantity is not None:
            instrument = await closing.sender.instrument(symbol)
            if instrument is not None and instrument.round_quantity(quantity) != quantity:
                step = instrument.quantity_step
                words = f"quantity {quantity} is not a multiple of {step}; it is never rounded here"
                raise self.refuse(words, subject=symbol)
        return await closing.run()

    async def flatten(
        self,
        *symbols: str,
        all: bool = False,  # noqa: A002 - the word that says it
        cancel: bool = True,
        deadline: float = 30,
    ) -> CloseReport:
        """Cancel orders and close positions of these symbols, or of all, until they are flat or the time is over."""
        check_closing(symbols, deadline, all=all)
        allowed = self._session.guard.symbols
        if all and allowed is not None and not allowed:
            words = (
                "it allows no symbol, so no position may be looked at: name some in `symbols` of the Guard or of the"
                " accounts file, or leave it out to allow all"
            )
            raise self.make_error(GuardRefused, words)
        chosen = allowed if all else frozenset(symbols)
        _check_symbols(self, chosen)
        closing = self._closing(chosen, deadline)
        closing.cancel = cancel
        closing.is_guarded = all and allowed is not None
        return await closing.run()

    def _closing(self, symbols: frozenset[str] | None, seconds: float) -> Closing:
        # needs an event loop's package, and every account class has this part
        from venuekit.parts.closing.closing import Closing
        from venuekit.pipeline.late_orders import late_orders, read_lag, seconds_since_accepted

        session, reader = self._session, self.with_options(priority=Priority.RISK)

        async def read(endpoint: Endpoint[T], /, **parameters: Any) -> T:
            return await reader.call(endpoint, **parameters)

        async def late() -> tuple[LateWrite, ...]:
            return await late_orders(session, read, symbols)

        return Closing(
            account=self,
            symbols=symbols,
            turns=session.owner.write_scopes.take_closings(),
            late=late,
            seconds_since_accepted=lambda: seconds_since_accepted(session, symbols),
            lag=read_lag(session).total_seconds(),
            seconds=seconds if self.deadline is None else min(seconds, self.deadline),
        )


def check_closing(symbols: Collection[str], deadline: float, *, all: bool) -> None:  # noqa: A002 - as of flatten
    """
    Refuse arguments of ``flatten`` that do not say which positions are meant, or for how long.

    Raises:
        InvalidArgument: neither symbols nor all, or both, or a deadline that is no number above 0.
    """
    operation = PositionCloseControl.flatten.__name__
    check_collection(symbols, "symbols", operation)
    if symbols and all:
        raise refuse("name symbols or all, not both", operation)
    if not symbols and not all:
        raise refuse("name the symbols or say all=True for every one", operation)
    check_seconds(deadline, "deadline", operation)


def _check_symbols(account: PositionClosePart, symbols: frozenset[str] | None) -> None:
    """Refuse symbols that the guard does not allow, before anything is sent."""
    allowed = account._session.guard.symbols  # noqa: SLF001 - of the part itself
    for symbol in sorted(symbols or ()):
        if allowed is not None and symbol not in allowed:
            words = f"{symbol} is not among the allowed symbols"
            raise account.make_error(GuardRefused, words, subject=symbol)


def _chooser(
    account: PositionClosePart, symbol: str, side: PositionSide | None, quantity: Decimal | None
) -> Callable[[tuple[Position, ...]], list[ClosingLeg]]:
    """Return the function that chooses the legs to be closed, once the positions are known."""

    def choose(positions: tuple[Position, ...]) -> list[ClosingLeg]:
        if side in _LEGS and any(one.side is PositionSide.BOTH for one in positions):
            raise account.refuse(f"positions are one-way here, and none has the side {side}", subject=symbol)
        if side is PositionSide.BOTH and any(one.side in _LEGS for one in positions):
            raise account.refuse("positions have two legs here: name the side long or short", subject=symbol)
        chosen = [one for one in positions if side in {None, one.side}]
        if quantity is not None and len(chosen) > 1:
            raise account.refuse("several legs are held, and a quantity is of one: name the side", subject=symbol)
        held = ((one, one.quantity.copy_abs()) for one in chosen)
        return [ClosingLeg(one, size if quantity is None else min(size, quantity)) for one, size in held]

    return choose

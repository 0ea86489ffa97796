"""Closing positions: the report of fills and remainders, and the control that closes."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from decimal import Decimal

import attrs

from venuekit._util.texts import guard_limits
from venuekit.capabilities.enums import PositionSide
from venuekit.capabilities.order_values import Order
from venuekit.capabilities.orders import OrderControl
from venuekit.capabilities.positions import Position, PositionReader
from venuekit.errors import OperationError


@attrs.frozen(kw_only=True)
class LateWrite:
    """
    An order that was sent and may still arrive, or whose effect the venue's reads may not show yet.

    No ``symbols`` are all of them. ``until`` is the moment on the venue's clock after which it cannot arrive any more,
    None where nothing bounds it. ``client_id`` is None where it had none.
    """

    operation: str
    symbols: tuple[str, ...]
    sent_at: datetime
    until: datetime | None
    client_id: str | None = None

    def __str__(self) -> str:
        about = f" for {', '.join(self.symbols)}" if self.symbols else ""
        named = f" (client id {self.client_id})" if self.client_id else ""
        when = "at any time" if self.until is None else f"until {self.until:%Y-%m-%d %H:%M:%S} UTC"
        return f"{self.operation}{about}{named} may still arrive {when}"


@attrs.frozen(kw_only=True)
class ClosedLeg:
    """
    One leg of a position, and how much of it was closed.

    ``held`` is the quantity when it was read first, signed contracts (short < 0). ``closed`` is the contracts that the
    closing orders have filled, >= 0; None where the venue does not say it of each. ``average_price`` (quote per base)
    is that of these fills, None where there are none or one has no price. ``why_left`` says in one sentence why no more
    of it was closed, None where all that was asked for was. ``unordered`` is the contracts that were asked for and have
    no order, where others rest at a price.
    """

    symbol: str
    side: PositionSide
    held: Decimal
    closed: Decimal | None = None
    average_price: Decimal | None = None
    why_left: str | None = None
    unordered: Decimal = Decimal(0)


@attrs.frozen(kw_only=True)
class CloseReport:
    """
    The outcome of a closing: the orders, their fills, and the positions and orders that are left.

    Attributes:
        symbols: The symbols that it was about, empty for all of the account.
        is_guarded: Whether they are those that the guard allows, in place of all: no others were looked at.
        legs: The legs that were held, each with the fills of the closing orders.
        orders: The closing orders that the venue accepted, as they were seen last.
        positions: The positions that are left; None where they could not be read.
        open_orders: The open orders that are left, conditional ones too; None where they could not be read.
        late: Orders that may still arrive, by whichever process they were sent, as far as the journal shows them.
        doubt: Why positions that read flat may not be flat, in one sentence; None without a doubt.
        errors: Failures that were met, in the order in which they were met, also those that a later attempt mended.
    """

    symbols: tuple[str, ...] = ()
    is_guarded: bool = False
    legs: tuple[ClosedLeg, ...] = ()
    orders: tuple[Order, ...] = ()
    positions: tuple[Position, ...] | None = None
    open_orders: tuple[Order, ...] | None = None
    late: tuple[LateWrite, ...] = ()
    doubt: str | None = None
    errors: tuple[OperationError, ...] = ()

    @property
    def is_flat(self) -> bool:
        """Whether no position and no open order of ``symbols`` is left, and no order of them can still arrive."""
        return self.positions == () and self.open_orders == () and not self.late and self.doubt is None

    @property
    def limits(self) -> str:
        """The symbols that the guard allows, in words, where they are those of the report; else empty."""
        return guard_limits(self.symbols) if self.is_guarded else ""

    def __str__(self) -> str:
        limits = f" ({self.limits})" if self.limits else ""
        if self.is_flat:
            return f"flat{limits}"
        is_seen_flat = self.positions == () and self.open_orders == ()
        left = [f"{one.symbol} {one.side} {one.quantity:f}" for one in self.positions or ()]
        left += ["positions unknown"] if self.positions is None else []
        if self.open_orders is None:
            left.append("open orders unknown")
        elif self.open_orders:
            left.append(f"{len(self.open_orders)} open {'order' if len(self.open_orders) == 1 else 'orders'}")
        left += map(str, self.late)
        left += [self.doubt] if self.doubt else []
        return f"{'not certainly flat' if is_seen_flat else 'not flat'}{limits}: {'; '.join(left)}"


class PositionCloseControl(PositionReader, OrderControl):
    """Close positions, by market orders that can do nothing but reduce them."""

    __slots__ = ()

    @abstractmethod
    async def close_position(
        self,
        symbol: str,
        *,
        side: PositionSide | None = None,
        quantity: Decimal | None = None,
        price: Decimal | None = None,
    ) -> CloseReport:
        """
        Close the position of a symbol, or a part of it, and report the orders, their fills, and the remainder.

        Closed is the quantity that is held when it is read first, without anything that another actor adds later. Other
        orders of the symbol stay as they are. Each order is reduce-only, in hedge mode of its leg, and no larger than
        the venue takes; one whose answer is lost is looked for by its client id, and never sent again unless it is
        proven that it was not executed. Closings of one symbol by one process run one after the other. A flat position
        sends nothing.

        Args:
            symbol: The contract.
            side: The leg in hedge mode, LONG or SHORT; None for each that is held.
            quantity: How much of it, contracts > 0; None for all. More than is held closes all of it.
            price: A limit, quote per base: the order rests until it is filled. None closes at the market.

        Raises:
            InvalidArgument: a quantity off the steps of the contract or for two legs at once, a side that is no
                PositionSide, or one that the position mode does not have; nothing was sent.
            OperationError: the position could not be read, and nothing was sent; or the guard forbids it.
        """

    @abstractmethod
    async def flatten(
        self,
        *symbols: str,
        all: bool = False,  # noqa: A002 - the word that says it
        cancel: bool = True,
        deadline: float = 30,
    ) -> CloseReport:
        """
        Cancel the orders of these symbols, close their positions, and read again until they are flat.

        It closes all that these symbols hold until the end of the call, by whichever actor it was opened, as
        :meth:`close_position` closes one. It waits for no fence, passes a halted guard, and keeps to the symbols that
        the guard allows. Flat is said only when no order of these symbols can still arrive, and when the reads have had
        the time to show every accepted one. Two calls at once close once, and each has a report.

        Args:
            symbols: The contracts, one at least, unless ``all`` is True.
            all: Every contract of the account; where the guard names symbols, each of those, and the report says so.
            cancel: Whether open orders are cancelled first, and whenever more are seen.
            deadline: Seconds that it may take in all, and a second more for the last look where the venue does not
                answer; that of the account's own options counts, too. A report comes whenever it is over.

        Raises:
            InvalidArgument: no symbols without ``all=True``, or both, or a deadline that is no number above 0; nothing
                was sent.
            GuardRefused: a symbol that the guard does not allow, or ``all`` where it allows none; nothing was read.
            OperationError: nothing at all could be done or read, as with a wrong key; or the guard forbids it.
        """

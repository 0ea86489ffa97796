"""A leg that is being closed: its orders, their fills, and how much may still be sent."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from decimal import Decimal

import attrs

from venuekit._util.decimals import EXACT, product, quotient, total
from venuekit.capabilities import ClosedLeg, Order, OrderRequest, OrderSide, OrderType, Position, PositionSide, Unit
from venuekit.errors import (
    AccountClosed,
    AuthenticationFailed,
    GuardRefused,
    InvalidArgument,
    InvalidRequest,
    NotFound,
    OperationError,
    PermissionDenied,
    Rejected,
    UnsupportedCapability,
)

#: how many refusals in a row end the attempts to close a leg
_REFUSALS_AT_MOST = 3
#: refusals that another attempt meets as well
FINAL = (
    AccountClosed,
    AuthenticationFailed,
    GuardRefused,
    InvalidArgument,
    PermissionDenied,
    UnsupportedCapability,
)
#: refusals that may be others a moment later: of a price band, of a position that a read did not show yet
_COUNTED = (InvalidRequest, NotFound, Rejected)
_NOTHING = Decimal(0)


@attrs.define(eq=False)
class ClosingLeg:
    """
    One leg, as it was read last (``position``), and the orders that close it.

    ``most`` bounds what all orders together may close, contracts > 0; None closes until the leg is flat. ``open`` are
    the quantities of orders whose end is not known: as much as they may still close is never sent a second time.
    ``resting`` are the ids of those that rest at a price, and what they had not filled when they were accepted.
    """

    position: Position
    most: Decimal | None = None
    held: Decimal = attrs.field(init=False)
    orders: list[Order] = attrs.field(factory=list, init=False)
    open: dict[Hashable, Decimal] = attrs.field(factory=dict, init=False)
    resting: dict[str, Decimal] = attrs.field(factory=dict, init=False)
    refusals: int = attrs.field(default=0, init=False)
    is_given_up: bool = attrs.field(default=False, init=False)
    why_left: str | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.held = self.position.quantity

    @property
    def room(self) -> Decimal:
        """The contracts that may be sent now: those of the last read, less all that is sent and may still fill."""
        under_way = total(self.open.values())
        room = EXACT.subtract(self.position.quantity.copy_abs(), under_way)
        if self.most is not None:
            room = min(room, EXACT.subtract(self.unordered, under_way))
        return max(room, _NOTHING)

    @property
    def unordered(self) -> Decimal:
        """The contracts that were asked for, less all that is closed or rests; 0 where nothing bounds them."""
        if self.most is None:
            return _NOTHING
        return max(EXACT.subtract(self.most, total([self.most_closed, *self.resting.values()])), _NOTHING)

    @property
    def most_closed(self) -> Decimal:
        """The contracts that the accepted orders have closed at most."""
        return total(map(count_filled, self.orders))

    @property
    def may_send(self) -> bool:
        """Whether more is to be closed, and may be."""
        return not self.is_given_up and bool(self.room)

    def wants_more(self, *, is_flat: bool) -> bool:
        """Say whether less was closed than was asked for."""
        return not is_flat and (self.most is None or self.most_closed < self.most)

    def request(self, quantity: Decimal, price: Decimal | None, *, names_margin: bool) -> OrderRequest:
        """Return the order that closes so many contracts; it can do nothing but reduce this leg."""
        position, leg = self.position, self.position.side
        return OrderRequest(
            symbol=position.symbol,
            side=OrderSide.SELL if position.quantity > 0 else OrderSide.BUY,
            type=OrderType.MARKET if price is None else OrderType.LIMIT,
            quantity=quantity,
            price=price,
            position_side=leg if leg in {PositionSide.LONG, PositionSide.SHORT} else None,
            reduce_only=True,
            margin_type=position.margin_type if names_margin else None,
        )

    def take(self, order: Order) -> None:
        """Count an order that was accepted."""
        self.orders.append(order)
        if count_filled(order):
            self.refusals, self.why_left = 0, None

    def rest(self, order: Order, quantity: Decimal) -> None:
        """Remember an order of so many contracts that rests at its price."""
        self.resting[order.id] = EXACT.subtract(quantity, count_filled(order))

    def refuse(self, error: OperationError) -> None:
        """
        Take a refusal: the leg is given up after several in a row, or at once where another attempt cannot help.

        A venue that is too busy, or that cannot be reached, refuses nothing.
        """
        self.refusals += isinstance(error, _COUNTED)
        self.why_left = str(error)
        if isinstance(error, FINAL) or self.refusals >= _REFUSALS_AT_MOST:
            self.is_given_up = True

    def give_up(self, why: str) -> None:
        """Send nothing more for this leg, for a reason in one sentence."""
        self.is_given_up, self.why_left = True, why

    def result(self, latest: Mapping[str, Order], *, is_done: bool) -> ClosedLeg:
        """
        Return the part that was closed.

        ``latest`` has the orders as they were seen last, by their ids; ``is_done`` says whether all was closed that was
        asked for.
        """
        orders = [latest.get(order.id, order) for order in self.orders]
        filled = [order.filled for order in orders]
        known = [one for one in filled if one is not None]
        left = None if is_done else self._describe_rest()
        return ClosedLeg(
            symbol=self.position.symbol,
            side=self.position.side,
            held=self.held,
            closed=total(known) if len(known) == len(filled) else None,
            average_price=self._average_price(orders),
            why_left=left,
            unordered=self.unordered if self.resting and not is_done else _NOTHING,
        )

    def _describe_rest(self) -> str:
        why = self.why_left or "the deadline passed before it was closed"
        if not self.resting:
            return why
        several = f"{len(self.resting)} orders rest at their price"
        words = f"order {next(iter(self.resting))} rests at its price" if len(self.resting) == 1 else several
        return f"{words}; {self.unordered:f} contracts are not ordered: {why}" if self.unordered else words

    def _average_price(self, orders: Iterable[Order]) -> Decimal | None:
        """Return the price at which the same contracts would have had the same value; None where it is unknown."""
        fills = [(order.filled, order.average_price) for order in orders if order.filled != 0]
        priced = [(size, price) for size, price in fills if size is not None and price]
        if not priced or len(priced) < len(fills):
            return None
        contracts = total(size for size, _ in priced)
        if len({price for _, price in priced}) == 1:
            return priced[0][1]
        if self.position.contract_unit is Unit.QUOTE:
            return quotient(contracts, total(quotient(size, price) for size, price in priced))
        return quotient(total(product(size, price) for size, price in priced), contracts)


def count_filled(order: Order) -> Decimal:
    """Return the contracts that an order has filled; of an ended one all of it where the venue gives no figure."""
    if order.filled is not None:
        return order.filled
    return _NOTHING if order.is_open or order.quantity is None else order.quantity

"""Sending: the orders that close a leg, each once, and their ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

from venuekit._util.decimals import EXACT
from venuekit.capabilities import Instrument, InstrumentReader, Order, OrderBehaviour, OrderStatus
from venuekit.errors import InvalidRequest, NotExecuted, NotFound, OperationError, Outcome
from venuekit.parts.closing.leg import ClosingLeg, count_filled
from venuekit.parts.closing.look import outcome_of
from venuekit.parts.closing.slices import slices_of
from venuekit.parts.concurrency import gather_all
from venuekit.pipeline.close_turns import Expected

if TYPE_CHECKING:
    from venuekit.parts.closing.closing import Closing

#: seconds between two looks at an order that the venue decides later
_LOOKS = (0.05, 0.1, 0.25, 0.5)
#: the most seconds for the read of an instrument, without which an order is sent as one
_STEPS_WITHIN = 3.0
_NO_TIME = 0.001
_FLAT = Decimal(0)


@attrs.frozen(eq=False)
class _Unsettled:
    """An order whose end is not known, and how it is looked for."""

    leg: ClosingLeg
    mark: object
    quantity: Decimal
    find: Callable[[], Awaitable[Order]]


@attrs.define(eq=False)
class Sender:
    """
    Sends the closing orders of a :class:`Closing`, at the market or at a ``price``.

    ``orders`` are those that were accepted, as they were seen last. An order of unknown outcome is looked for in every
    round; as much as it may still close is never sent a second time.
    """

    closing: Closing
    price: Decimal | None
    #: whether any order has left
    has_sent: bool = attrs.field(default=False, init=False)
    _orders: dict[str, Order] = attrs.field(factory=dict, init=False)
    _instruments: dict[str, Instrument | None] = attrs.field(factory=dict, init=False)
    _unsettled: list[_Unsettled] = attrs.field(factory=list, init=False)

    @property
    def orders(self) -> tuple[Order, ...]:
        """The orders that were accepted, the first first."""
        return tuple(self._orders.values())

    async def close(self, leg: ClosingLeg) -> bool:
        """Send the orders that close the rest of a leg, at once; say whether any was accepted."""
        instrument = await self.instrument(leg.position.symbol)
        sizes = slices_of(leg.room, instrument, at_market=self.price is None)
        if not sizes:
            leg.give_up(f"{leg.room:f} contracts are less than a step: no order can close them")
            return False
        return any(await gather_all(self._place(leg, size) for size in sizes))

    async def settle(self) -> None:
        """Look once more for the orders whose end is not known."""
        unsettled, self._unsettled = self._unsettled, []
        await gather_all(map(self._look_for, unsettled))

    async def complete(self) -> None:
        """Read the orders that were filled once more where their answers gave no price; one that fails stays as is."""
        unpriced = [one for one in self._orders.values() if one.filled and not one.average_price]
        for order in unpriced if self.closing.rest else ():
            found = await outcome_of(self._read(order))
            if isinstance(found, Order) and found.average_price:
                self._orders[order.id] = found

    async def _place(self, leg: ClosingLeg, quantity: Decimal) -> bool:
        """Send one order; a failure of any kind is kept for the report."""
        closing = self.closing
        account = closing.within(closing.work).with_options(check_orders=False)  # a way out waits for no more reads
        names_margin = leg.position.margin_type in account.behaviour(OrderBehaviour).margin_types
        request = leg.request(quantity, self.price, names_margin=names_margin)
        mark = object()
        leg.open[mark] = quantity
        try:
            order = await account.place_order(request)
        except OperationError as error:
            self._fail(leg, mark, quantity, error)
            return False
        self.has_sent = True
        self._orders[order.id] = order
        self._take(leg, mark, quantity, await self._until_known(order))
        return True

    def _fail(self, leg: ClosingLeg, mark: object, quantity: Decimal, error: OperationError) -> None:
        """Count an order that was refused, and remember one whose outcome is unknown."""
        self.closing.note(error)
        self.has_sent = self.has_sent or error.outcome is not Outcome.NOT_SENT
        if error.outcome in {Outcome.NOT_SENT, Outcome.NOT_APPLIED}:
            del leg.open[mark]
            if isinstance(error, NotExecuted):
                leg.why_left = str(error)
            else:
                leg.refuse(error)
            return
        leg.why_left = str(error)
        self._unsettled.append(_Unsettled(leg, mark, quantity, error.resolve))

    def _take(self, leg: ClosingLeg, mark: object, quantity: Decimal, order: Order) -> None:
        """Count an order that was accepted; one that may still fill stays open."""
        self._orders[order.id] = order
        if order.is_open and self.price is None:
            leg.why_left = f"order {order.id} was accepted and is not seen to have ended"
            self._unsettled.append(_Unsettled(leg, mark, quantity, lambda: self._read(order)))
            return
        del leg.open[mark]
        leg.take(order)
        if order.is_open:
            leg.rest(order, quantity)
        filled = count_filled(order)
        if filled:
            self._expect(leg, filled, order.updated_at)

    def _expect(self, leg: ClosingLeg, filled: Decimal, filled_at: datetime | None) -> None:
        """Remember the quantity that a fill has left, until a read shows it."""
        expected = self.closing.turns.expected
        before = expected.get(leg.position.key)
        quantity = leg.position.quantity if before is None else before.quantity
        rest = max(EXACT.subtract(quantity.copy_abs(), filled), _FLAT).copy_sign(quantity)
        if before is not None and before.filled_at is not None and filled_at is not None:
            filled_at = max(filled_at, before.filled_at)
        now, read_at = self.closing.account.monotonic(), leg.position.updated_at
        expected[leg.position.key] = Expected(rest, now, filled_at, read_at)

    async def _until_known(self, order: Order) -> Order:
        """Look at an order until it has ended, one that may rest until the venue has decided, or the time is over."""
        looks = 0
        while (order.is_open if self.price is None else order.status is OrderStatus.PENDING) and self.closing.work:
            await self.closing.account.pause(_LOOKS[min(looks, len(_LOOKS) - 1)])
            looks += 1
            found = await outcome_of(self._read(order))
            if isinstance(found, OperationError):
                if not isinstance(found, NotFound):  # reads may lag behind placing
                    self.closing.note(found)
            else:
                order = found
        return order

    async def _read(self, order: Order) -> Order:
        account = self.closing.within(self.closing.rest)
        return await account.get_order(order.symbol, order_id=order.id)

    async def _look_for(self, one: _Unsettled) -> None:
        """Look for an order once; where its end stays unknown it is looked for again in the next round."""
        try:
            async with asyncio.timeout(max(self.closing.work, _NO_TIME)):
                order = await one.find()
        except NotExecuted as proof:
            self._fail(one.leg, one.mark, one.quantity, proof)
        except OperationError as error:
            self.closing.note(error)
            self._unsettled.append(one)
        except TimeoutError:
            self._unsettled.append(one)
        else:
            self._take(one.leg, one.mark, one.quantity, order)

    async def instrument(self, symbol: str) -> Instrument | None:
        """Return the contract of a symbol, read once; None where it is not listed or cannot be read now."""
        if symbol in self._instruments:
            return self._instruments[symbol]
        reader = self.closing.within(min(self.closing.work, _STEPS_WITHIN))
        if not isinstance(reader, InstrumentReader):
            return None
        found = await outcome_of(reader.get_instruments(symbol=symbol))
        if isinstance(found, OperationError):
            self.closing.note(found)
            if isinstance(found, InvalidRequest):
                self._instruments[symbol] = None
            return None
        self._instruments |= {one.symbol: one for one in found}
        return self._instruments.setdefault(symbol, None)

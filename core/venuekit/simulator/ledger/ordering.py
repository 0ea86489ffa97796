"""Ordering: the commands and reads of orders, as a part of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from venuekit.capabilities import PositionSide
from venuekit.simulator.ledger import orders, trading
from venuekit.simulator.ledger.base import LedgerBase
from venuekit.simulator.ledger.money import exact
from venuekit.simulator.ledger.order_values import (
    Book,
    Forced,
    LedgerOrder,
    LedgerOrderRequest,
    OrderStatus,
    RestingOrder,
    Side,
)
from venuekit.simulator.ledger.orders import OrderSelector
from venuekit.simulator.ledger.refusal import Reason, Refused
from venuekit.simulator.ledger.state import Alarm

__all__ = ["Ordering"]


class Ordering(LedgerBase):
    """Orders, from placing to history."""

    # -- commands

    @exact
    def place(self, request: LedgerOrderRequest) -> LedgerOrder:
        """
        Place an order; a plain one trades against the mark at once as far as it can.

        Returns:
            The order as it is afterwards; on an asynchronous venue PENDING, whatever became of it.
        """
        with self._command() as transaction:
            return orders.place(transaction, request, asynchronous=self.rules.asynchronous)

    @exact
    def test(self, request: LedgerOrderRequest) -> None:
        """Refuse what :meth:`place` would refuse or reject, and change nothing."""
        with self._command(keep=False) as transaction:
            orders.place(transaction, request, asynchronous=False)

    @exact
    def decide(self, order_id: str) -> LedgerOrder:
        """Decide an order that was only accepted; it may end REJECTED."""
        with self._command() as transaction:
            return orders.decide(transaction, order_id)

    @exact
    def amend_order(
        self,
        order_id: str | None = None,
        *,
        client_id: str | None = None,
        symbol: str | None = None,
        quantity: Decimal | None = None,
        price: Decimal | None = None,
        trigger_price: Decimal | None = None,
        labels: Mapping[str, object] | None = None,
    ) -> LedgerOrder:
        """
        Change the whole quantity or the price of a limit order that waits; None leaves a value as it is.

        ``labels`` are put over those that it has. An order that is filled up thereby, or a post-only one that would
        trade, ends CANCELED.
        """
        name = OrderSelector(order_id, client_id, symbol)
        with self._command() as transaction:
            return orders.amend(
                transaction, name, quantity=quantity, price=price, trigger_price=trigger_price, labels=labels or {}
            )

    @exact
    def cancel_order(
        self,
        order_id: str | None = None,
        *,
        client_id: str | None = None,
        symbol: str | None = None,
        book: Book | None = None,
    ) -> LedgerOrder:
        """Take an order out of its book and return it; ORDER_FINISHED if it has ended already."""
        with self._command() as transaction:
            return orders.cancel(transaction, OrderSelector(order_id, client_id, symbol, book))

    @exact
    def cancel_orders(
        self, symbol: str | None = None, book: Book | None = None, *, settle: str | None = None
    ) -> tuple[LedgerOrder, ...]:
        """Cancel every waiting order of a symbol, book or settle asset; returns what was canceled."""
        with self._command() as transaction:
            return orders.cancel_all(transaction, symbol, book, settle)

    @exact
    def countdown(self, symbol: str, delay: timedelta) -> None:
        """Let the plain orders of a symbol be canceled after ``delay``, unless this is called again; zero disarms."""
        with self._command() as transaction:
            orders.set_countdown(transaction, symbol, delay)

    @exact
    def set_decision_delay(self, delay: timedelta | None) -> None:
        """Let an asynchronous venue decide this long after it has accepted; None: by :meth:`decide` alone."""
        with self._command() as transaction:
            transaction.state.decision_delay = delay

    @exact
    def rest_order(
        self,
        symbol: str,
        side: Side,
        quantity: Decimal,
        price: Decimal,
        *,
        book: Book = Book.PLAIN,
        position_side: PositionSide = PositionSide.BOTH,
        reduce_only: bool = False,
        client_id: str | None = None,
    ) -> str:
        """Let an order wait, affordable or not, and return its id; of a conditional one ``price`` is the trigger."""
        with self._command() as transaction:
            return trading.rest_order(
                transaction,
                symbol,
                side,
                quantity,
                price,
                book=book,
                position_side=position_side,
                reduce_only=reduce_only,
                client_id=client_id,
            )

    # -- reads

    def order(
        self,
        order_id: str | None = None,
        *,
        client_id: str | None = None,
        symbol: str | None = None,
        book: Book | None = None,
    ) -> LedgerOrder:
        """Return an order, open or not; of a client id the newest. UNKNOWN_ORDER if there is none to be seen."""
        name = OrderSelector(order_id, client_id, symbol, book)
        for order in reversed(self.orders()):
            if name.means(order):
                return order
        raise Refused(Reason.UNKNOWN_ORDER, order_id=order_id, client_id=client_id)

    def orders(
        self,
        symbol: str | None = None,
        book: Book | None = None,
        *,
        is_open: bool | None = None,
        hidden: bool = False,
    ) -> tuple[LedgerOrder, ...]:
        """
        Return orders, oldest first, open ones and those that have ended; not those that are undecided.

        With ``hidden`` also those that no read shows yet: what a write of many orders means.
        """
        self.tick()
        state = self._state
        found = [] if is_open else [*state.finished]
        if is_open is not False:
            found.extend(order for order in state.orders.values() if order.status is not OrderStatus.PENDING)
        found = [order for order in found if symbol in (None, order.symbol) and book in (None, order.book)]
        found.sort(key=lambda order: int(order.id))
        return tuple(found) if hidden else self._visible(found)

    def forced_orders(self, symbol: str | None = None, forced: Forced | None = None) -> tuple[LedgerOrder, ...]:
        """Return the venue's own orders on behalf of the account, oldest first."""
        return tuple(order for order in self.orders(symbol) if order.forced and forced in (None, order.forced))

    def open_orders(self, symbol: str | None = None, book: Book | None = None) -> tuple[RestingOrder, ...]:
        """Return the short view of the waiting orders, oldest first."""
        return tuple(order.resting for order in self.orders(symbol, book, is_open=True))

    def deadline(self, symbol: str) -> datetime | None:
        """Return when the countdown of a symbol ends; None if it has none."""
        self.tick()
        return self._state.alarms.get((Alarm.COUNTDOWN, symbol))

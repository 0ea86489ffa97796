"""Alarms: what the clock alone brings about, at the moment it was due."""

from __future__ import annotations

from venuekit.simulator.ledger.matching import end
from venuekit.simulator.ledger.order_values import Book, OrderStatus
from venuekit.simulator.ledger.orders import cancel_all, decide
from venuekit.simulator.ledger.state import Alarm
from venuekit.simulator.ledger.transaction import Transaction

__all__ = ["ring"]


def ring(transaction: Transaction, alarm: Alarm, subject: str) -> None:
    """Do what an alarm is for; ``subject`` is a symbol for a countdown, else an order id."""
    transaction.state.alarms.pop((alarm, subject), None)
    if alarm is Alarm.COUNTDOWN:
        cancel_all(transaction, subject, Book.PLAIN if transaction.rules.countdown_spares_conditional else None, None)
    elif alarm is Alarm.DECISION:
        decide(transaction, subject)
    elif (order := transaction.state.orders.get(subject)) is not None:
        end(transaction, order, OrderStatus.EXPIRED)

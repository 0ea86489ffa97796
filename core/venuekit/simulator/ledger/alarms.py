"""Alarms: what the clock alone brings about, at the moment it was due."""

from __future__ import annotations

from venuekit.simulator.ledger.desk import Desk
from venuekit.simulator.ledger.matching import end
from venuekit.simulator.ledger.orders import Book, OrderStatus
from venuekit.simulator.ledger.placing import cancel_all, decide
from venuekit.simulator.ledger.state import Alarm

__all__ = ["ring"]


def ring(desk: Desk, alarm: Alarm, subject: str) -> None:
    """Do what an alarm is for; ``subject`` is a symbol for a countdown, else an order id."""
    desk.state.alarms.pop((alarm, subject), None)
    if alarm is Alarm.COUNTDOWN:
        cancel_all(desk, subject, Book.PLAIN if desk.rules.countdown_spares_conditional else None, None)
    elif alarm is Alarm.DECISION:
        decide(desk, subject)
    elif (order := desk.state.orders.get(subject)) is not None:
        end(desk, order, OrderStatus.EXPIRED)

"""Requests for orders of the made-up linear contract, and a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.core.ledger.made_up import NOW, D

from venuekit.capabilities import OrderType
from venuekit.simulator.ledger import LedgerOrderRequest, Reason, Refused, Side

ONE = "ONEUSDT"
SECOND = timedelta(seconds=1)


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, delay: timedelta) -> None:
        """Move on."""
        self.now += delay


def order(side: Side = Side.BUY, quantity: str = "1", price: str | None = None, **fields: Any) -> LedgerOrderRequest:
    """Return a request: a limit order if it has a price, else a market order."""
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    given = {"type": kind, "quantity": D(quantity), "price": None if price is None else D(price)}
    return LedgerOrderRequest(symbol=ONE, side=side, **{**given, **fields})


def stop(side: Side, trigger: str, kind: OrderType = OrderType.STOP_MARKET, **fields: Any) -> LedgerOrderRequest:
    """Return a conditional request."""
    return LedgerOrderRequest(
        symbol=ONE, side=side, type=kind, **{"quantity": D(1), "trigger_price": D(trigger), **fields}
    )


def trailing(side: Side, rate: str, **fields: Any) -> LedgerOrderRequest:
    """Return a trailing stop."""
    return LedgerOrderRequest(
        symbol=ONE, side=side, type=OrderType.TRAILING_STOP_MARKET, quantity=D(1), callback_rate=D(rate), **fields
    )


def reason_of(command: Callable[[], object]) -> Reason | None:
    """Return why a command was refused; None if it was not."""
    try:
        command()
    except Refused as refused:
        return refused.reason
    return None

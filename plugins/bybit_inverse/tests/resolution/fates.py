"""A stage for lost answers, what may become of a request, and orders to lose."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import OrderRequest, OrderSide, OrderType
from venuekit.simulator import ApplyLater, Arrival, CannedAnswer, Disturbance, DropAfter, DropBefore, Simulation
from venuekit.simulator.ledger import Ledger
from venuekit_bybit_inverse import BybitInverseAccount

D = Decimal
VENUE = "bybit_inverse"
#: the venue does not know whether it did it; it did, or it did not
DONE_UNKNOWN = CannedAnswer.json(200, {"retCode": 10000, "retMsg": "Server Timeout", "result": {}}, applied=True)
NOT_DONE_UNKNOWN = CannedAnswer.json(200, {"retCode": 10016, "retMsg": "Server error.", "result": {}})
#: within the window of five seconds, and past it
IN_TIME, TOO_LATE = ApplyLater(3), ApplyLater(7)
#: what happens to a request, and whether it is carried out in the end
FATES: dict[str, tuple[Disturbance, bool]] = {
    "applied": (DropAfter(), True),
    "never arrived": (DropBefore(), False),
    "arrives before the fence": (IN_TIME, True),
    "arrives after the fence": (TOO_LATE, False),
    "unknown, applied": (DONE_UNKNOWN, True),
    "unknown, not applied": (NOT_DONE_UNKNOWN, False),
    "a gateway's page": (CannedAnswer.html(502), False),
    "a gateway's page, applied": (CannedAnswer.html(504, applied=True), True),
}
fates = pytest.mark.parametrize(("fate", "applied"), FATES.values(), ids=FATES)


@attrs.frozen
class Stage:
    """A simulated venue and an account of it on one clock that leaps over waiting."""

    sim: Simulation
    account: BybitInverseAccount

    @property
    def ledger(self) -> Ledger:
        """What really holds."""
        return self.sim.ledger

    def arrivals(self, endpoint: Any) -> list[Arrival]:
        """Return what arrived at an endpoint."""
        return [one for one in self.sim.requests if (one.verb, one.path) == (endpoint.verb, endpoint.path)]

    def sent(self, endpoint: Any) -> int:
        """Return how many requests arrived at an endpoint."""
        return len(self.arrivals(endpoint))

    async def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)

    def disturb(self, endpoint: Any, *steps: Any, times: int = 1) -> None:
        """Script what happens to the next requests of an endpoint."""
        self.sim.disturb(VENUE, endpoint, *steps, times=times)


def bid(price: int = 2000, **details: Any) -> OrderRequest:
    """Return an order that rests far from the market."""
    plain: dict[str, Any] = {"type": OrderType.LIMIT, "quantity": D(100), "price": D(price)}
    return OrderRequest(symbol="ETHUSD", side=OrderSide.BUY, **(plain | details))

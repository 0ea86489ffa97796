"""A stage for lost answers about orders, and what may become of a request."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.stages import LeapingStage

from venuekit.capabilities import OrderRequest, OrderType
from venuekit.simulator import ApplyLater, CannedAnswer, Disturbance, DropAfter, DropBefore

D = Decimal
#: those that can amend orders
amending = pytest.mark.parametrize("stage", ["binance_usdm", "binance_coinm"], indirect=True)


def unknown(code: int, words: str, *, status: int = 400, applied: bool) -> CannedAnswer:
    return CannedAnswer.json(status, {"code": code, "msg": words}, applied=applied)


TIMEOUT = "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
THROTTLED = "Request throttled by system-level protection."
#: within the window of five seconds, and past it
IN_TIME, TOO_LATE = ApplyLater(3), ApplyLater(7)
#: what happens to a request, and whether it is carried out in the end
FATES: dict[str, tuple[Disturbance, bool]] = {
    "applied": (DropAfter(), True),
    "never arrived": (DropBefore(), False),
    "arrives before the fence": (IN_TIME, True),
    "arrives after the fence": (TOO_LATE, False),
    "-1007, applied": (unknown(-1007, TIMEOUT, status=408, applied=True), True),
    "-1007, not applied": (unknown(-1007, TIMEOUT, status=408, applied=False), False),
    "-1008, applied": (unknown(-1008, THROTTLED, status=503, applied=True), True),
    "-1008, not applied": (unknown(-1008, THROTTLED, status=503, applied=False), False),
    "503 without a code, applied": (
        CannedAnswer.json(503, {"msg": "Unknown error, please check your request or try again later."}, applied=True),
        True,
    ),
    "a gateway's page": (CannedAnswer.html(502), False),
}
fates = pytest.mark.parametrize(("fate", "applied"), FATES.values(), ids=FATES)


@attrs.frozen
class Stage(LeapingStage):
    """A simulated venue and an account of it on one clock that leaps over waiting."""

    @property
    def orders(self) -> Any:
        """The endpoints of orders."""
        return self.account.endpoints.ORDERS

    @property
    def conditional(self) -> Any:
        """The endpoints of conditional orders, those of all orders where they have no book of their own."""
        return self.orders.algo or self.orders

    def sent(self, endpoint: Any) -> int:
        """Return how many requests arrived at an endpoint."""
        return sum((one.verb, one.path) == (endpoint.verb, endpoint.path) for one in self.sim.requests)

    def taken(self, **details: Any) -> OrderRequest:
        """Return an order that is filled at once."""
        return self.bid(type=OrderType.MARKET, **{"price": None, **details})

    def stop(self, **details: Any) -> OrderRequest:
        """Return a conditional order far from its trigger."""
        return self.bid(type=OrderType.STOP_MARKET, **{"price": None, "trigger_price": D(4000), **details})

    async def resend_until(self) -> Any:
        """Return a view of the account that sends anew what is proven not to have been executed."""
        return self.account.with_options(resend_until=(await self.account.get_server_time()) + timedelta(minutes=2))

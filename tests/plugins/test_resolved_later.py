"""What ``resolve()`` finds later is what the method would have returned, on every venue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.stages import VENUES, LeapingStage, leaping

from venuekit.capabilities import (
    Amendment,
    LeverageSetting,
    MarginType,
    MarginTypeSetting,
    Order,
    OrderSide,
    OrderStatus,
)
from venuekit.errors import OutcomeUnknown
from venuekit.simulator import Delay

pytestmark = pytest.mark.looptime
D = Decimal


@attrs.frozen
class Stage(LeapingStage):
    """A simulated venue, an account of it, and one whose calls may take a second."""

    @property
    def hurried(self) -> Any:
        """The account of somebody who cannot wait."""
        return self.account.with_options(deadline=1)


def is_order(found: Any, client_id: str, status: OrderStatus) -> bool:
    """Say whether this is the order of that id, in that state."""
    return isinstance(found, Order) and (found.client_id, found.status) == (client_id, status)


async def placing(stage: Stage) -> Any:
    """Place one order."""
    return await stage.hurried.place_order(stage.bid(client_id="a"))


async def placing_two(stage: Stage) -> Any:
    """Place two orders in one request."""
    return await stage.hurried.place_orders([stage.bid(client_id="a"), stage.bid(client_id="b")])


async def canceling(stage: Stage) -> Any:
    """Cancel one order."""
    return await stage.hurried.cancel_order(stage.symbol, client_id="a")


async def canceling_two(stage: Stage) -> Any:
    """Cancel two orders in one request."""
    return await stage.hurried.cancel_orders(stage.symbol, client_ids=["a", "b"])


async def canceling_everything(stage: Stage) -> Any:
    """Cancel all orders of the symbol."""
    return await stage.hurried.cancel_all_orders(symbol=stage.symbol)


async def amending(stage: Stage) -> Any:
    """Amend one order."""
    return await stage.hurried.amend_order(
        stage.symbol, OrderSide.BUY, client_id="a", quantity=stage.quantity, price=D(1900)
    )


async def amending_two(stage: Stage) -> Any:
    """Amend two orders in one request."""
    changes = [
        Amendment(symbol=stage.symbol, side=OrderSide.BUY, client_id=one, quantity=stage.quantity, price=D(1900))
        for one in "ab"
    ]
    return await stage.hurried.amend_orders(changes)


async def levering(stage: Stage) -> Any:
    """Set the leverage."""
    return await stage.hurried.set_leverage(stage.symbol, 7)


async def choosing_margin(stage: Stage) -> Any:
    """Set the margin type of the symbol."""
    return await stage.hurried.set_margin_type(stage.symbol, MarginType.ISOLATED)


OPEN, CANCELED = OrderStatus.OPEN, OrderStatus.CANCELED
CASES: dict[Callable[[Stage], Awaitable[Any]], tuple[str, Callable[[Any], bool]]] = {
    placing: ("place", lambda found: isinstance(found, Order) and found.client_id == "a"),
    placing_two: (
        "place_batch",
        lambda found: [one.client_id for one in found if isinstance(one, Order)] == ["a", "b"],
    ),
    canceling: ("cancel", lambda found: is_order(found, "a", CANCELED)),
    canceling_two: ("cancel_batch", lambda found: all(map(is_order, found, "ab", [CANCELED] * 2)) and len(found) == 2),
    canceling_everything: ("cancel_all", lambda found: found == ()),
    amending: ("amend", lambda found: is_order(found, "a", OPEN) and found.price == 1900),
    amending_two: ("amend_batch", lambda found: all(map(is_order, found, "ab", [OPEN] * 2)) and len(found) == 2),
    levering: ("leverage", lambda found: isinstance(found, LeverageSetting) and found.long == 7),
    choosing_margin: ("margin_type", lambda found: isinstance(found, MarginTypeSetting) and found.changed is None),
}
ROUTES = {
    "place": (("POST", "/v1/order"), ("POST", "/v5/order/create")),
    "place_batch": (("POST", "/v1/batchOrders"), ("POST", "/v5/order/create-batch")),
    "cancel": (("DELETE", "/v1/order"), ("POST", "/v5/order/cancel")),
    "cancel_batch": (("DELETE", "/v1/batchOrders"), ("POST", "/v5/order/cancel-batch")),
    "cancel_all": (("DELETE", "/v1/allOpenOrders"), ("POST", "/v5/order/cancel-all")),
    "amend": (("PUT", "/v1/order"), ("POST", "/v5/order/amend")),
    "amend_batch": (("PUT", "/v1/batchOrders"), ("POST", "/v5/order/amend-batch")),
    "leverage": (("POST", "/v1/leverage"), ("POST", "/v5/position/set-leverage")),
    "margin_type": (("POST", "/v1/marginType"), None),
}
MISSING = {("aster_usdm_v1", "amend"), ("aster_usdm_v1", "amend_batch"), ("bybit_inverse", "margin_type")}


@pytest.mark.parametrize(
    ("venue", "operation"),
    [(venue, one) for venue in VENUES for one in CASES if (venue, CASES[one][0]) not in MISSING],
    ids=lambda one: getattr(one, "__name__", one),
)
async def test_resolving_later_gives_the_value_of_the_method(venue: str, operation: Any) -> None:
    """A call that met its deadline after it was sent is unknown; once it has arrived, resolve() returns its value."""
    name, fits = CASES[operation]
    binance, bybit = ROUTES[name]
    ending = (bybit if venue == "bybit_inverse" else binance) or ("", "")
    async with leaping(venue, "flat", pause=1) as (sim, account):
        stage = Stage(sim, account)
        if not name.startswith("place"):
            await account.place_orders([stage.bid(client_id="a"), stage.bid(client_id="b")])
        if name == "margin_type":
            await account.cancel_all_orders(symbol=stage.symbol)
        await account.pause(5)
        (endpoint,) = (one for one in account.venue.endpoints if one.verb == ending[0] and one.path.endswith(ending[1]))
        sim.disturb(venue, endpoint, Delay(before=3))
        with pytest.raises(OutcomeUnknown, match="deadline") as caught:
            await operation(stage)
        await account.pause(10)

        assert fits(await caught.value.resolve())
        assert len(stage.arrivals(endpoint)) == 1

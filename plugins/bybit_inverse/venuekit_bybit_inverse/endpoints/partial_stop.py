"""The endpoint that adds stops of a part of a position, and how a lost answer of it is found out about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import PartialStopControl
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.plugin import (
    AbsenceProof,
    Absent,
    Applied,
    Area,
    Call,
    Effect,
    Encoding,
    Endpoint,
    Kind,
    Lost,
    Parameter,
    Resolution,
    Unclear,
    WriteScope,
)
from venuekit_bybit_inverse.endpoints.stop_orders import read_ended, read_open
from venuekit_bybit_inverse.endpoints.trading_stop import POSITION_INDEX, TRIGGERS, decode_acceptance
from venuekit_bybit_inverse.limits import cost
from venuekit_bybit_inverse.order_rows import PARTIAL_STOPS, ListedOrder
from venuekit_bybit_inverse.wire import INVERSE, THE_SYMBOL

#: how far the clocks of two machines of the venue are believed to differ
_TOLERANCE = timedelta(seconds=1)


@attrs.frozen
class _Stop:
    """One of the two stops that a request asks for: the kind of its order, its terms, and None for a market order."""

    kind: str
    trigger_price: Decimal
    quantity: Decimal
    limit: Decimal | None
    trigger: str | None

    def fits(self, order: ListedOrder) -> bool:
        """Say whether an order is this stop."""
        return (
            (order.stop_type, order.trigger_price, order.quantity) == (self.kind, self.trigger_price, self.quantity)
            and order.type.is_market is (self.limit is None)
            and self.limit in {None, order.price}
            and self.trigger in {None, order.terms["triggerBy"]}
        )


def _stops_in(parameters: Mapping[str, Any]) -> list[_Stop]:
    """Return the stops that a request asks for."""
    return [
        _Stop(
            kind,
            Decimal(parameters[name]),
            Decimal(parameters[f"{short}Size"]),
            Decimal(parameters[f"{short}LimitPrice"]) if f"{short}LimitPrice" in parameters else None,
            parameters.get(f"{short}TriggerBy"),
        )
        for (kind, name), short in zip(PARTIAL_STOPS.items(), ("tp", "sl"), strict=True)
        if name in parameters
    ]


async def _read_ids(call: Call, parameters: Mapping[str, Any]) -> frozenset[str]:
    """Return the ids of the open orders of the symbol."""
    return frozenset(order.id for order in await read_open(call, parameters["symbol"]))


async def _resolve(call: Call, lost: Lost) -> Resolution[None]:
    """
    Look for the stops among the orders that were not there before the write; they bear no id of ours.

    All of it assumes that no other actor adds stops of parts of this position meanwhile.
    """
    symbol = lost.parameters["symbol"]
    for one in lost.others:
        if one.parameters["symbol"] == symbol and one.until + lost.clock_error >= lost.since:
            return Unclear("the journal has another stop of a part of this position since then, and either may be seen")
    if lost.before is None:
        return Unclear("the orders of before are not known, so none of those that are there is known to be new")
    open_orders = await read_open(call, symbol)
    ended = await read_ended(call, symbol, lost.since - lost.clock_error - _TOLERANCE)
    orders = {order.id: order for order in (*open_orders, *ended) if order.id not in lost.before}
    new = [order for order in orders.values() if order.stop_type in PARTIAL_STOPS]
    if not new:
        return Absent("no stop of a part of the position is there that was not there before")
    asked = _stops_in(lost.parameters)
    if len(new) == len(asked) and all(any(stop.fits(order) for order in new) for stop in asked):
        return Applied(None)
    return Unclear(f"{len(new)} new stops of parts of the position are there, and {len(asked)} others were asked for")


class PartialStopEndpoints(EndpointBook):
    """Stops of parts of positions."""

    ADD_PARTIAL_STOP = Endpoint(
        "POST",
        "/v5/position/trading-stop",
        action={"tpslMode": "Partial"},
        decode=decode_acceptance,
        parameters=(
            INVERSE,
            THE_SYMBOL,
            POSITION_INDEX,
            *(Parameter(name, Kind.DECIMAL, minimum=Decimal(0)) for name in PARTIAL_STOPS.values()),
            *TRIGGERS,
            *(Parameter(name, Kind.DECIMAL, minimum=Decimal(0)) for name in ("tpSize", "slSize")),
            *(Parameter(name, choices=frozenset({"Market", "Limit"})) for name in ("tpOrderType", "slOrderType")),
            *(Parameter(name, Kind.DECIMAL, minimum=Decimal(0)) for name in ("tpLimitPrice", "slLimitPrice")),
        ),
        encoding=Encoding.JSON,
        effect=Effect.DELTA,
        area=Area.ORDERS,
        write_scope=WriteScope.SYMBOL,
        before=_read_ids,
        resolve=_resolve,
        absence_proof=AbsenceProof(after=timedelta(seconds=5)),
        pools=cost("trading_stop"),
        serves=(PartialStopControl.add_partial_stop,),
        note="Each request adds orders, whose ids its answer does not have: a lost one is found out about by the orders"
        " of the symbol, read before and after, which assumes that nobody else adds such stops.",
    )

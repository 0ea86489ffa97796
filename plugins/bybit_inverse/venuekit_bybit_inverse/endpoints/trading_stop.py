"""The endpoint that sets take-profit, stop-loss and trailing stop of a whole position."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from venuekit.capabilities import Position, TradingStopControl
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.plugin import (
    Area,
    Call,
    Changing,
    Effect,
    Encoding,
    Endpoint,
    Kind,
    Lost,
    Parameter,
    Reading,
    WriteScope,
    read_json,
)
from venuekit_bybit_inverse.endpoints.positions import PositionEndpoints
from venuekit_bybit_inverse.endpoints.stop_orders import read_open
from venuekit_bybit_inverse.limits import cost
from venuekit_bybit_inverse.order_rows import STOP_LOSS, TAKE_PROFIT, TRAILING
from venuekit_bybit_inverse.wire import CATEGORY, INVERSE, THE_SYMBOL

#: the stops of a row, by the names of their parameters
_STOPS = ("takeProfit", "stopLoss", "trailingStop")
#: the terms that only the order of a stop shows, by the names of their parameters: its kind, and the name there
_TERMS = {"tpTriggerBy": TAKE_PROFIT, "slTriggerBy": STOP_LOSS, "activePrice": TRAILING}

POSITION_INDEX = Parameter("positionIdx", Kind.INTEGER, choices=frozenset({"0"}))
TRIGGERS = tuple(Parameter(name) for name in ("tpTriggerBy", "slTriggerBy"))


def _stops_of(position: Position) -> Mapping[str, Decimal]:
    """Return the stops of a position, 0 for none, as a request has them."""
    stops = (position.take_profit, position.stop_loss, position.trailing_stop)
    return {name: stop or Decimal(0) for name, stop in zip(_STOPS, stops, strict=True)}


async def _read_stops(call: Call, lost: Lost) -> Reading[None]:
    """Compare the stops of the open position with those asked for; a flat one has none of them any more."""
    symbol = lost.parameters["symbol"]
    page = await call(PositionEndpoints.POSITION_LIST, category=CATEGORY, symbol=symbol)
    position = next(iter(page.rows.of({symbol}).values()), None)
    if position is None or not position.quantity:
        return Reading(value="no open position", holds=False)
    present: dict[str, object] = {**_stops_of(position)}
    if any(name in lost.parameters for name in _TERMS):
        orders = {order.stop_type: order for order in await read_open(call, symbol)}
        for name, kind in _TERMS.items():
            order = orders.get(kind)
            if order is None:
                present[name] = None
            else:
                present[name] = order.activation_price if kind == TRAILING else order.terms["triggerBy"]
    asked = {name: lost.parameters[name] for name in (*_STOPS, *_TERMS) if name in lost.parameters}
    holds = all(present[name] == (value if name in TRIGGER_NAMES else Decimal(value)) for name, value in asked.items())
    return Reading(value=tuple(present[name] for name in asked), holds=holds)


TRIGGER_NAMES = frozenset(one.name for one in TRIGGERS)


def decode_acceptance(body: bytes) -> None:
    """Read an answer whose result is empty; ``ValueError`` where it is not JSON."""
    read_json(body)


class TradingStopEndpoints(EndpointBook):
    """Trading stops of positions."""

    SET_TRADING_STOP = Endpoint(
        "POST",
        "/v5/position/trading-stop",
        decode=Changing(decode_acceptance),
        parameters=(
            INVERSE,
            THE_SYMBOL,
            Parameter("tpslMode", choices=frozenset({"Full"})),
            POSITION_INDEX,
            *(Parameter(name, Kind.DECIMAL, minimum=Decimal(0)) for name in (*_STOPS, "activePrice")),
            *TRIGGERS,
            *(Parameter(name, choices=frozenset({"Market"})) for name in ("tpOrderType", "slOrderType")),
            # documented, and without effect on a whole position
            *(Parameter(name, Kind.DECIMAL) for name in ("tpSize", "slSize", "tpLimitPrice", "slLimitPrice")),
        ),
        encoding=Encoding.JSON,
        effect=Effect.SET,
        area=Area.ORDERS,
        write_scope=WriteScope.SYMBOL,
        sets=frozenset({"trading_stop"}),
        no_change=frozenset({34040}),
        no_change_is_read=True,
        readback=_read_stops,
        pools=cost("trading_stop"),
        serves=(TradingStopControl.set_trading_stop,),
        note="Of the whole position; 0 removes a stop. A lost answer is found out about by the stops of the position,"
        " and by their orders where it is about the price that a trigger watches or that activates one.",
    )

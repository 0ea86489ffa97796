"""Routes that place, amend and cancel orders; each answers before the order is decided."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from venuekit.capabilities import OrderType, TimeInForce
from venuekit.simulator import Denied, Response, Visit
from venuekit.simulator.ledger import LedgerOrder, LedgerOrderRequest, PositionFigures, Reason, Refused, Side
from venuekit_bybit_inverse.simulated.messages import envelope, milliseconds, words_of
from venuekit_bybit_inverse.simulated.order_routes import is_of_filter
from venuekit_bybit_inverse.simulated.order_rows import stop_type
from venuekit_bybit_inverse.simulated.parameters import Parameters
from venuekit_bybit_inverse.simulated.trading_stop import amend_stops, make_stops

_SIDES = {"Buy": Side.BUY, "Sell": Side.SELL}
_TIMES = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "PostOnly": TimeInForce.POST_ONLY,
    "RPI": TimeInForce.POST_ONLY,
}
#: by order type: plain, against the position, in its favour
_TYPES = {
    "Limit": (OrderType.LIMIT, OrderType.STOP, OrderType.TAKE_PROFIT),
    "Market": (OrderType.MARKET, OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET),
}
#: orders that are taken, and cancelled a moment later; anything else is refused at once
_DECIDED_LATER = frozenset({Reason.POST_ONLY_REJECTED, Reason.FOK_REJECTED})
_BATCH_AT_MOST = 20
#: the number of orders that one call cancels
_ALL_AT_MOST = 500
_LINK_ID = re.compile("[A-Za-z0-9_-]{1,36}")
_WORDS = ("triggerBy", "tpTriggerBy", "slTriggerBy", "tpOrderType", "slOrderType", "smpType", "tpslMode")
#: labels that are kept with the order and shown again
_PRICES = ("takeProfit", "stopLoss", "tpLimitPrice", "slLimitPrice")
_AMENDABLE = ("triggerBy", "tpslMode", "tpTriggerBy", "slTriggerBy", "tpOrderType", "slOrderType", *_PRICES)
_LABELS = (*_AMENDABLE, "smpType", "timeInForce", "closeOnTrigger")

#: an act on one order, in a request of its own or as an item of a batch
Act = Callable[[Parameters, Visit], LedgerOrder]


def single(act: Act) -> Callable[[Parameters, Visit], object]:
    """Return the handler of one order, which answers with its ids."""

    def handle(parameters: Parameters, visit: Visit) -> object:
        parameters.only_inverse()
        return _ids_of(act(parameters, visit))

    return handle


def batch(act: Act, *, created: bool = False) -> Callable[[Parameters, Visit], Response]:
    """
    Return the handler of a batch, which carries out one item after the other.

    Each has its own answer, and its own code beside it; with ``created`` also its time.
    """

    def handle(parameters: Parameters, visit: Visit) -> Response:
        parameters.only_inverse()
        items = parameters.fields.get("request")
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise parameters.invalid("params error: request invalid")
        if not 1 <= len(items) <= _BATCH_AT_MOST:
            raise parameters.invalid(f"The number of orders in a batch must be from 1 to {_BATCH_AT_MOST}.")
        acknowledged: list[dict[str, Any]] = []
        verdicts: list[dict[str, Any]] = []
        for item in items:
            row = {"category": "inverse", "symbol": str(item.get("symbol", ""))}
            try:
                order = act(Parameters(item, visit), visit)
            except (Refused, Denied) as refused:
                code, words = words_of(refused.refusal) if isinstance(refused, Refused) else _code_and_message(refused)
                row |= {"orderId": "", "orderLinkId": str(item.get("orderLinkId", ""))}
                moment = ""
            else:
                code, words = 0, "OK"
                row |= _ids_of(order)
                moment = milliseconds(order.created_at)
            acknowledged.append({**row, "createAt": moment} if created else row)
            verdicts.append({"code": code, "msg": words})
        return envelope({"list": acknowledged}, visit.milliseconds, {"list": verdicts})

    return handle


def _code_and_message(denied: Denied) -> tuple[int, str]:
    body = json.loads(denied.response.body)
    return body["retCode"], body["retMsg"]


def cancel_all(parameters: Parameters, visit: Visit) -> object:
    """Answer ``POST /v5/order/cancel-all``: of a symbol, base or settle coin; up to a maximum per call."""
    parameters.only_inverse()
    if not any(map(parameters.text, ("symbol", "baseCoin", "settleCoin"))):
        raise parameters.invalid("Missing some parameters that must be filled in, symbol or settleCoin or baseCoin")
    _, selects = parameters.only("symbol", "baseCoin", "settleCoin").selection()
    stop = parameters.text("stopOrderType") or None
    waiting = [
        order
        for order in visit.ledger.orders(is_open=True, hidden=True)
        if selects(order) and is_of_filter(order, parameters) and stop in {None, stop_type(order)}
    ]
    ended = [visit.ledger.cancel_order(order.id) for order in waiting[:_ALL_AT_MOST]]
    return {"list": [_ids_of(order) for order in ended], "success": "1"}


def place(item: Parameters, visit: Visit) -> LedgerOrder:
    """Place an order."""
    contract = item.contract()
    side, kind = _SIDES.get(item.require("side")), item.require("orderType")
    if side is None or kind not in _TYPES:
        raise item.invalid("params error: side or orderType invalid")
    if (item.text("positionIdx") or "0") != "0":
        raise item.invalid("position idx not match position mode")
    usual = "GTC" if kind == "Limit" else "IOC"
    time_in_force = _TIMES.get(item.text("timeInForce") or usual)
    if time_in_force is None:
        raise item.invalid("params error: timeInForce invalid")
    trigger, direction = item.number("triggerPrice"), item.text("triggerDirection")
    if trigger is not None and direction not in {"1", "2"}:
        raise item.invalid("TriggerDirection invalid")
    index = 0
    if trigger is not None:
        index = 1 if (direction == "1") is (side is Side.BUY) else 2
    price = item.require_number("price") if kind == "Limit" else None
    link_id = _link_id(item)
    _check_words(item)
    quantity = item.require_number("qty")
    reduces, closes = (item.fields.get(name) is True for name in ("reduceOnly", "closeOnTrigger"))
    if reduces and closes and not quantity:
        most = contract.max_market_quantity if kind == "Market" else None
        quantity = min(_reducible(visit.ledger.position(contract.symbol), side), most or contract.max_quantity)
    request = LedgerOrderRequest(
        symbol=contract.symbol,
        side=side,
        type=_TYPES[kind][index],
        quantity=quantity,
        price=price,
        time_in_force=time_in_force,
        reduce_only=reduces or closes,
        client_id=link_id,
        trigger_price=trigger,
        watches_index=_watches_index(item) or False,
        attached=make_stops(item, contract.symbol, side, price or trigger or visit.ledger.mark(contract.symbol)),
        labels=_labels(item, _LABELS),
    )
    try:
        visit.ledger.test(request)
    except Refused as refused:
        if refused.reason not in _DECIDED_LATER:
            raise
    return visit.ledger.place(request)


def _reducible(position: PositionFigures, side: Side) -> Decimal:
    """Return the number of contracts that an order of this side can close; refused where there is none."""
    if position.quantity * side.sign >= 0:
        raise Refused(Reason.REDUCE_ONLY_REJECTED, position=position.quantity)
    return abs(position.quantity)


def _watches_index(item: Parameters) -> bool | None:
    """Return whether a trigger watches the index price, None where the request does not say which price it watches."""
    word = item.text("triggerBy")
    return word == "IndexPrice" if word else None


def _labels(item: Parameters, names: tuple[str, ...]) -> dict[str, object]:
    return {name: text for name in names if (text := item.text(name))}


def _link_id(item: Parameters) -> str | None:
    """Return the client's own id: at most 36 letters, digits, dashes and underscores."""
    text = item.text("orderLinkId") or None
    if text is not None and not _LINK_ID.fullmatch(text):
        raise item.invalid("params error: orderLinkId invalid")
    return text


def _check_words(item: Parameters) -> None:
    """Refuse unknown words, and malformed prices."""
    item.check_words(*_WORDS)
    for name in _PRICES:
        item.number(name)


def amend(item: Parameters, visit: Visit) -> LedgerOrder:
    """Amend an order."""
    symbol = item.contract().symbol
    order_id, link_id = _name(item)
    _check_words(item)
    guards = None
    if any(item.text(name) for name in _PRICES):
        order = visit.ledger.order(order_id, client_id=link_id, symbol=symbol)
        guards = amend_stops(item, order, item.number("price") or order.price or visit.ledger.mark(symbol))
    return visit.ledger.amend_order(
        order_id,
        client_id=link_id,
        symbol=symbol,
        quantity=item.number("qty"),
        price=item.number("price"),
        trigger_price=item.number("triggerPrice"),
        watches_index=_watches_index(item),
        attached=guards,
        labels=_labels(item, _AMENDABLE),
    )


def cancel(item: Parameters, visit: Visit) -> LedgerOrder:
    """Cancel an order."""
    symbol = item.contract().symbol
    order_id, link_id = _name(item)
    return visit.ledger.cancel_order(order_id, client_id=link_id, symbol=symbol)


def _ids_of(order: LedgerOrder) -> dict[str, Any]:
    return {"orderId": order.id, "orderLinkId": order.client_id or ""}


def _name(item: Parameters) -> tuple[str | None, str | None]:
    """Return the id of an order, or else the client's."""
    order_id, link_id = item.text("orderId") or None, item.text("orderLinkId") or None
    if order_id is None and link_id is None:
        raise item.invalid("params error: orderId or orderLinkId is required")
    return order_id, None if order_id else link_id

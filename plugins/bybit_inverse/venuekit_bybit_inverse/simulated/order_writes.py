"""Routes that place, amend and cancel orders; each answers before the order is decided."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from venuekit.capabilities import OrderType, TimeInForce
from venuekit.simulator import Denied, Response, SimRequest, Visit
from venuekit.simulator.ledger import LedgerOrder, LedgerOrderRequest, Refused, Side
from venuekit_bybit_inverse.simulated.formatting import envelope, milliseconds
from venuekit_bybit_inverse.simulated.parameters import contract_of, decimal, invalid, only_inverse
from venuekit_bybit_inverse.simulated.refusals import words_of

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
_BATCH_AT_MOST = 20
#: the number of orders that one call cancels
_ALL_AT_MOST = 500
_LINK_ID = re.compile("[A-Za-z0-9_-]{1,36}")
_CHOICES = {
    **dict.fromkeys(("triggerBy", "tpTriggerBy", "slTriggerBy"), frozenset({"LastPrice", "MarkPrice", "IndexPrice"})),
    **dict.fromkeys(("tpOrderType", "slOrderType"), frozenset({"Limit", "Market"})),
    "smpType": frozenset({"None", "CancelMaker", "CancelTaker", "CancelBoth"}),
    "tpslMode": frozenset({"Full", "Partial"}),
}
#: labels that are kept with the order and shown again
_PRICES = ("takeProfit", "stopLoss", "tpLimitPrice", "slLimitPrice")
_AMENDABLE = ("triggerBy", "tpslMode", "tpTriggerBy", "slTriggerBy", *_PRICES)
_LABELS = (*_AMENDABLE, "smpType", "timeInForce")

Item = Mapping[str, Any]


def create(request: SimRequest, visit: Visit) -> object:
    """Answer ``POST /v5/order/create``."""
    only_inverse(request, visit)
    return _ids_of(_place(request.parameters, visit))


def amend(request: SimRequest, visit: Visit) -> object:
    """Answer ``POST /v5/order/amend``."""
    only_inverse(request, visit)
    return _ids_of(_amend(request.parameters, visit))


def cancel(request: SimRequest, visit: Visit) -> object:
    """Answer ``POST /v5/order/cancel``."""
    only_inverse(request, visit)
    return _ids_of(_cancel(request.parameters, visit))


def cancel_all(request: SimRequest, visit: Visit) -> object:
    """Answer ``POST /v5/order/cancel-all``: of a symbol, base or settle coin; up to a maximum per call."""
    only_inverse(request, visit)
    symbol, base, settle = (request.text(name) for name in ("symbol", "baseCoin", "settleCoin"))
    if symbol:
        contract_of(symbol, visit)
    elif not (base or settle):
        raise invalid("Missing some parameters that must be filled in, symbol or settleCoin or baseCoin", visit)
    contracts = visit.ledger.contracts
    waiting = [
        order
        for order in visit.ledger.orders(symbol or None, is_open=True, hidden=True)
        if symbol or base in {None, contracts[order.symbol].base}
        if symbol or base or settle in {None, contracts[order.symbol].settle}
    ]
    ended = [visit.ledger.cancel_order(order.id) for order in waiting[:_ALL_AT_MOST]]
    return {"list": [_ids_of(order) for order in ended], "success": "1"}


def create_batch(request: SimRequest, visit: Visit) -> Response:
    """Answer ``POST /v5/order/create-batch``."""
    return _batch(request, visit, _place, created=True)


def amend_batch(request: SimRequest, visit: Visit) -> Response:
    """Answer ``POST /v5/order/amend-batch``."""
    return _batch(request, visit, _amend)


def cancel_batch(request: SimRequest, visit: Visit) -> Response:
    """Answer ``POST /v5/order/cancel-batch``."""
    return _batch(request, visit, _cancel)


def _batch(
    request: SimRequest, visit: Visit, act: Callable[[Item, Visit], LedgerOrder], *, created: bool = False
) -> Response:
    """Carry out one item after the other; each has its own answer, and its own code beside it."""
    only_inverse(request, visit)
    items = request.parameters.get("request")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise invalid("params error: request invalid", visit)
    if not 1 <= len(items) <= _BATCH_AT_MOST:
        raise invalid(f"The number of orders in a batch must be from 1 to {_BATCH_AT_MOST}.", visit)
    acknowledged: list[dict[str, Any]] = []
    verdicts: list[dict[str, Any]] = []
    for item in items:
        row = {"category": "inverse", "symbol": str(item.get("symbol", ""))}
        try:
            order = act(item, visit)
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


def _code_and_message(denied: Denied) -> tuple[int, str]:
    body = json.loads(denied.response.body)
    return body["retCode"], body["retMsg"]


def _place(item: Item, visit: Visit) -> LedgerOrder:
    contract = contract_of(_require(item, "symbol", visit), visit)
    side, kind = _SIDES.get(_require(item, "side", visit)), _require(item, "orderType", visit)
    if side is None or kind not in _TYPES:
        raise invalid("params error: side or orderType invalid", visit)
    if (_text(item, "positionIdx") or "0") != "0":
        raise invalid("position idx not match position mode", visit)
    usual = "GTC" if kind == "Limit" else "IOC"
    time_in_force = _TIMES.get(_text(item, "timeInForce") or usual)
    if time_in_force is None:
        raise invalid("params error: timeInForce invalid", visit)
    trigger, direction = _number(item, "triggerPrice", visit), _text(item, "triggerDirection")
    if trigger is not None and direction not in {"1", "2"}:
        raise invalid("TriggerDirection invalid", visit)
    index = 0
    if trigger is not None:
        index = 1 if (direction == "1") is (side is Side.BUY) else 2
    price = _number(item, "price", visit) if kind == "Limit" else None
    if kind == "Limit" and price is None:
        raise invalid("params error: price is required", visit)
    link_id = _link_id(item, visit)
    _check_words(item, visit)
    return visit.ledger.place(
        LedgerOrderRequest(
            symbol=contract.symbol,
            side=side,
            type=_TYPES[kind][index],
            quantity=_number(item, "qty", visit) or Decimal(0),
            price=price,
            time_in_force=time_in_force,
            reduce_only=item.get("reduceOnly") is True,
            client_id=link_id,
            trigger_price=trigger,
            labels=_labels(item, _LABELS),
        )
    )


def _labels(item: Item, names: tuple[str, ...]) -> dict[str, object]:
    return {name: text for name in names if (text := _text(item, name))}


def _link_id(item: Item, visit: Visit) -> str | None:
    """Return the client's own id: at most 36 letters, digits, dashes and underscores."""
    text = _text(item, "orderLinkId") or None
    if text is not None and not _LINK_ID.fullmatch(text):
        raise invalid("params error: orderLinkId invalid", visit)
    return text


def _check_words(item: Item, visit: Visit) -> None:
    """Refuse unknown words, and malformed prices."""
    for name, words in _CHOICES.items():
        if (_text(item, name) or None) not in {None, *words}:
            raise invalid(f"params error: {name} invalid", visit)
    for name in _PRICES:
        _number(item, name, visit)


def _amend(item: Item, visit: Visit) -> LedgerOrder:
    symbol = contract_of(_require(item, "symbol", visit), visit).symbol
    order_id, link_id = _name(item, visit)
    _check_words(item, visit)
    return visit.ledger.amend_order(
        order_id,
        client_id=link_id,
        symbol=symbol,
        quantity=_number(item, "qty", visit),
        price=_number(item, "price", visit),
        trigger_price=_number(item, "triggerPrice", visit),
        labels=_labels(item, _AMENDABLE),
    )


def _cancel(item: Item, visit: Visit) -> LedgerOrder:
    symbol = contract_of(_require(item, "symbol", visit), visit).symbol
    order_id, link_id = _name(item, visit)
    return visit.ledger.cancel_order(order_id, client_id=link_id, symbol=symbol)


def _ids_of(order: LedgerOrder) -> dict[str, Any]:
    return {"orderId": order.id, "orderLinkId": order.client_id or ""}


def _name(item: Item, visit: Visit) -> tuple[str | None, str | None]:
    """Return the id of an order, or else the client's."""
    order_id, link_id = _text(item, "orderId") or None, _text(item, "orderLinkId") or None
    if order_id is None and link_id is None:
        raise invalid("params error: orderId or orderLinkId is required", visit)
    return order_id, None if order_id else link_id


def _text(item: Item, name: str) -> str | None:
    value = item.get(name)
    return None if value is None else str(value)


def _require(item: Item, name: str, visit: Visit) -> str:
    text = _text(item, name)
    if not text:
        raise invalid(f"params error: {name} is required", visit)
    return text


def _number(item: Item, name: str, visit: Visit) -> Decimal | None:
    text = _text(item, name)
    return decimal(text, name, visit) if text else None

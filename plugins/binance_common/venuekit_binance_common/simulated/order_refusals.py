"""Refusals of orders: codes and exact words, and the mapping of the ledger's refusals to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from venuekit.simulator.ledger import LedgerRefusal, Reason
from venuekit_binance_common.simulated.formatting import decimals_of

ORDER_WORDS: Mapping[int, str] = {
    -1106: "Parameter '{name}' sent when not required.",
    -1115: "Invalid timeInForce.",
    -1116: "Invalid orderType.",
    -1117: "Invalid side.",
    -1128: "Combination of optional parameters invalid.",
    -1136: "Invalid newOrderRespType.",
    -2007: "Invalid callBack rate.",
    -2011: "Unknown order sent.",
    -2013: "Order does not exist.",
    -2021: "Order would immediately trigger.",
    -2022: "ReduceOnly Order is rejected.",
    -2025: "Reach max open order limit.",
    -4001: "Price less than 0.",
    -4002: "Price greater than max price.",
    -4003: "Quantity less than zero.",
    -4004: "Quantity less than min quantity.",
    -4005: "Quantity greater than max quantity.",
    -4013: "Price less than min price.",
    -4014: "Price not increased by tick size.",
    -4015: "Client order id is not valid.",
    -4016: "Limit price can't be higher than {bound}.",
    -4023: "Qty not increased by step size.",
    -4024: "Limit price can't be lower than {bound}.",
    -4045: "Reach max stop order limit.",
    -4060: "Invalid position side.",
    -4061: "Order's position side does not match user's setting.",
    -4062: "Invalid or improper reduceOnly value.",
    -4082: "Invalid number of batch place orders.",
    -4116: "clientOrderId is duplicated",
    -4120: "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.",
    -4135: "Invalid activation price",
    -4136: "Target strategy invalid for orderType {type},closePosition true",
    -4137: "Quantity must be zero with closePosition equals true",
    -4138: "Reduce only must be true with closePosition equals true",
    -5021: (
        "Due to the order could not be filled immediately, the FOK order has been rejected. "
        "The order will not be recorded in the order history"
    ),
    -5022: (
        "Due to the order could not be executed as maker, the Post Only order will be rejected. "
        "The order will not be recorded in the order history"
    ),
    -5037: "Invalid price match",
    -5038: "Price match only supports order type: LIMIT, STOP AND TAKE_PROFIT",
    -5039: "Invalid self trade prevention mode",
    -5040: (
        "The goodTillDate timestamp must be greater than the current time plus 600 seconds "
        "and smaller than 253402300799000"
    ),
}

#: refusals whose code differs between the products
WORDS_OF_REASON: Mapping[Reason, str] = {
    Reason.ORDER_UNCHANGED: "No need to modify the order.",
    Reason.NOT_AMENDABLE: "Only limit order is supported.",
    Reason.NOTIONAL_TOO_SMALL: "Order's notional must be no smaller than {minimum} (unless you choose reduce only).",
}

_SIMPLE: Mapping[Reason, int] = {
    Reason.AMOUNT_NOT_POSITIVE: -4003,
    Reason.PRICE_NOT_POSITIVE: -4001,
    Reason.INVALID_CALLBACK_RATE: -2007,
    Reason.INVALID_ACTIVATION_PRICE: -4135,
    Reason.WOULD_TRIGGER: -2021,
    Reason.REDUCE_ONLY_REJECTED: -2022,
    Reason.EXCEEDS_POSITION: -2022,
    Reason.FOK_REJECTED: -5021,
    Reason.POST_ONLY_REJECTED: -5022,
    Reason.DUPLICATE_CLIENT_ID: -4116,
    Reason.SIDE_DOES_NOT_MATCH_MODE: -4061,
    Reason.INSUFFICIENT_MARGIN: -2019,
    Reason.COLLATERAL_OFF: -2019,
    Reason.MAX_POSITION_EXCEEDED: -2027,
    Reason.UNKNOWN_ORDER: -2013,
    Reason.ORDER_FINISHED: -2013,
}
_FIELDS: Mapping[object, str] = {
    "quantity": "quantity",
    "price": "price",
    "trigger_price": "triggerPrice",
    "callback_rate": "callbackRate",
}
_CONFLICTS: Mapping[object, int] = {
    ("close_position", "quantity"): -4137,
    ("close_position", "reduce_only"): -4138,
    ("close_position", "type"): -4136,
    ("expires_at",): -5040,
}


def order_refusal(refusal: LedgerRefusal) -> tuple[int, Mapping[str, object]] | None:
    """Return the code and the values for its placeholders, None for a refusal that is not about an order alone."""
    special = _SPECIAL.get(refusal.reason)
    if special is not None:
        return special(refusal.details)
    code = _SIMPLE.get(refusal.reason)
    return None if code is None else (code, {})


def _incomplete(details: Mapping[str, Any]) -> tuple[int, Mapping[str, object]]:
    return -1102, {"name": _FIELDS[details["field"]]}


def _conflict(details: Mapping[str, Any]) -> tuple[int, Mapping[str, object]]:
    code = _CONFLICTS.get(details["fields"])
    return (-1106, {"name": "price"}) if code is None else (code, {"type": details["type"].name})


def _off_step(other: int, number: str) -> Callable[[Mapping[str, Any]], tuple[int, Mapping[str, object]]]:
    def code(details: Mapping[str, Any]) -> tuple[int, Mapping[str, object]]:
        """Too many decimals are one refusal, decimals between two steps another."""
        value: Decimal = details[number]
        too_many = round(value, decimals_of(details["step"])) != value
        return (-1111 if too_many else other), {}

    return code


def _out_of_range(low: int, high: int, number: str) -> Callable[[Mapping[str, Any]], tuple[int, Mapping[str, object]]]:
    def code(details: Mapping[str, Any]) -> tuple[int, Mapping[str, object]]:
        too_low = details["minimum"] is not None and details[number] < details["minimum"]
        return (low if too_low else high), {}

    return code


def _too_many(details: Mapping[str, Any]) -> tuple[int, Mapping[str, object]]:
    return (-4045 if details["book"] == "conditional" else -2025), {}


_SPECIAL: Mapping[Reason, Callable[[Mapping[str, Any]], tuple[int, Mapping[str, object]]]] = {
    Reason.ORDER_INCOMPLETE: _incomplete,
    Reason.ORDER_CONFLICT: _conflict,
    Reason.PRICE_OFF_STEP: _off_step(-4014, "price"),
    Reason.QUANTITY_OFF_STEP: _off_step(-4023, "quantity"),
    Reason.PRICE_OUT_OF_RANGE: _out_of_range(-4013, -4002, "price"),
    Reason.QUANTITY_OUT_OF_RANGE: _out_of_range(-4004, -4005, "quantity"),
    Reason.TOO_MANY_ORDERS: _too_many,
}

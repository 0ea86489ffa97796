"""The venue's errors: codes, statuses and exact words, and the mapping of the ledger's refusals to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import Setting
from venuekit.simulator import Denied, Response, json_response
from venuekit.simulator.ledger import LedgerRefusal, Reason
from venuekit_binance_common.simulated.formatting import decimals_of

_WORDS: Mapping[int, str] = {
    -1021: "Timestamp for this request is outside of the recvWindow.",
    -1022: "Signature for this request is not valid.",
    -1023: "Start time is greater than end time.",
    -1102: "Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
    -1105: "Parameter '{name}' was empty.",
    -1106: "Parameter '{name}' sent when not required.",
    -1111: "Precision is over the maximum defined for this asset.",
    -1115: "Invalid timeInForce.",
    -1116: "Invalid orderType.",
    -1117: "Invalid side.",
    -1120: "Invalid interval.",
    -1121: "Invalid symbol.",
    -1125: "This listenKey does not exist. Please use `POST {root}/listenKey` to recreate `listenKey`",
    -1127: "Lookup interval is too big. More than {hours} hours between startTime and endTime.",
    -1128: "Combination of optional parameters invalid.",
    -1130: "Data sent for parameter '{name}' is not valid.",
    -1136: "Invalid newOrderRespType.",
    -2007: "Invalid callBack rate.",
    -2011: "Unknown order sent.",
    -2013: "Order does not exist.",
    -2014: "API-key format invalid.",
    -2015: "Invalid API-key, IP, or permissions for action.",
    -2019: "Margin is insufficient.",
    -2021: "Order would immediately trigger.",
    -2022: "ReduceOnly Order is rejected.",
    -2025: "Reach max open order limit.",
    -2027: "Exceeded the maximum allowable position at current leverage.",
    -2028: "Leverage is smaller than permitted: insufficient margin balance.",
    -4001: "Price less than 0.",
    -4002: "Price greater than max price.",
    -4003: "Quantity less than zero.",
    -4004: "Quantity less than min quantity.",
    -4005: "Quantity greater than max quantity.",
    -4013: "Price less than min price.",
    -4014: "Price not increased by tick size.",
    -4015: "Client order id is not valid.",
    -4016: "Limit price can't be higher than {bound}.",
    -4021: "{limit} is not valid depth limit.",
    -4023: "Qty not increased by step size.",
    -4024: "Limit price can't be lower than {bound}.",
    -4028: "Leverage {leverage} is not valid",
    -4045: "Reach max stop order limit.",
    -4046: "No need to change margin type.",
    -4047: "Margin type cannot be changed if there exists open orders.",
    -4048: "Margin type cannot be changed if there exists position.",
    -4049: "Add margin only support for isolated position.",
    -4050: "Cross balance insufficient.",
    -4051: "Isolated balance insufficient.",
    -4054: "Cannot add position margin: position is 0.",
    -4055: "Amount must be positive.",
    -4059: "No need to change position side.",
    -4060: "Invalid position side.",
    -4061: "Order's position side does not match user's setting.",
    -4062: "Invalid or improper reduceOnly value.",
    -4067: "Position side cannot be changed if there exists open orders.",
    -4068: "Position side cannot be changed if there exists position.",
    -4082: "Invalid number of batch place orders.",
    -4104: "Invalid contract type.",
    -4116: "clientOrderId is duplicated",
    -4120: "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.",
    -4135: "Invalid activation price",
    -4136: "Target strategy invalid for orderType {type.name},closePosition true",
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
    -5047: "The original order is not a reduce-only order.",
}
_TOO_LATE = "Timestamp for this request is outside of the ME recvWindow."
_UNKNOWN_PAIR = "Invalid pair."
_AHEAD = "Timestamp for this request was 1000ms ahead of the server's time."
_UNAUTHORIZED = frozenset({-2014, -2015})
#: refusals whose code differs between the products
_WORDS_OF_REASON: Mapping[Reason, str] = {
    Reason.LEVERAGE_REDUCTION_WHILE_ISOLATED: (
        "Leverage reduction is not supported in Isolated Margin Mode with open positions"
    ),
    Reason.ORDER_UNCHANGED: "No need to modify the order.",
    Reason.NOT_AMENDABLE: "Only limit order is supported.",
    Reason.NOTIONAL_TOO_SMALL: "Order's notional must be no smaller than {minimum} (unless you choose reduce only).",
}

#: the code of a refusal by its reason, with the setting or the last part of the path where they matter
_CODES: Mapping[object, int] = {
    Reason.UNKNOWN_SYMBOL: -1121,
    Reason.INVALID_LEVERAGE: -4028,
    Reason.LEVERAGE_ABOVE_BRACKET: -2027,
    Reason.OUTSIDE_WINDOW: -1021,
    Reason.INVALID_WINDOW: -1130,
    Reason.NOT_ISOLATED: -4049,
    Reason.REMOVABLE_EXCEEDED: -4051,
    Reason.FLAT_POSITION: -4054,
    (Reason.NO_CHANGE, Setting.MARGIN_TYPE): -4046,
    (Reason.NO_CHANGE, Setting.POSITION_MODE): -4059,
    (Reason.OPEN_ORDERS, Setting.MARGIN_TYPE): -4047,
    (Reason.OPEN_ORDERS, Setting.POSITION_MODE): -4067,
    (Reason.OPEN_POSITION, Setting.MARGIN_TYPE): -4048,
    (Reason.OPEN_POSITION, Setting.POSITION_MODE): -4068,
    (Reason.INSUFFICIENT_MARGIN, "leverage"): -2028,
    (Reason.INSUFFICIENT_MARGIN, "marginType"): -4050,
    (Reason.INSUFFICIENT_MARGIN, "positionMargin"): -4050,
    Reason.INSUFFICIENT_MARGIN: -2019,
    Reason.COLLATERAL_OFF: -2019,
    Reason.MAX_POSITION_EXCEEDED: -2027,
    Reason.ORDER_INCOMPLETE: -1102,
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
    Reason.UNKNOWN_ORDER: -2013,
    Reason.ORDER_FINISHED: -2013,
}
#: the parameter that a refusal names, by its reason and field
_NAMES: Mapping[tuple[Reason, object], str] = {
    (Reason.INVALID_WINDOW, None): "recvWindow",
    (Reason.ORDER_CONFLICT, None): "price",
    (Reason.ORDER_INCOMPLETE, "quantity"): "quantity",
    (Reason.ORDER_INCOMPLETE, "price"): "price",
    (Reason.ORDER_INCOMPLETE, "trigger_price"): "triggerPrice",
    (Reason.ORDER_INCOMPLETE, "callback_rate"): "callbackRate",
}
_CONFLICTS: Mapping[object, int] = {
    ("close_position", "quantity"): -4137,
    ("close_position", "reduce_only"): -4138,
    ("close_position", "type"): -4136,
    ("expires_at",): -5040,
}


def _off_step(code: int, value: Decimal, step: Decimal) -> int:
    """Return the code for decimals between two steps; too many decimals are a refusal of their own."""
    return code if round(value, decimals_of(step)) == value else -1111


def _out_of_range(low: int, high: int, value: Decimal, minimum: Decimal | None) -> int:
    return low if minimum is not None and value < minimum else high


#: the codes that depend on the details of a refusal
_BY_DETAILS: Mapping[Reason, Callable[[Mapping[str, Any]], int]] = {
    Reason.ORDER_CONFLICT: lambda details: _CONFLICTS.get(details["fields"], -1106),
    Reason.PRICE_OFF_STEP: lambda details: _off_step(-4014, details["price"], details["step"]),
    Reason.QUANTITY_OFF_STEP: lambda details: _off_step(-4023, details["quantity"], details["step"]),
    Reason.PRICE_OUT_OF_RANGE: lambda details: _out_of_range(-4013, -4002, details["price"], details["minimum"]),
    Reason.QUANTITY_OUT_OF_RANGE: lambda details: _out_of_range(-4004, -4005, details["quantity"], details["minimum"]),
    Reason.TOO_MANY_ORDERS: lambda details: -4045 if details["book"] == "conditional" else -2025,
}


@attrs.frozen(kw_only=True)
class Errors:
    """
    The errors of one product: those of all products, and its own.

    ``too_late`` is the code of the matching engine's own check of the window, ``unknown_pair`` that of a pair that is
    not listed. ``codes`` are this product's codes of refusals: by reason, by reason and setting, or by reason and the
    last part of the path. ``words`` are those of codes that only this product has; ``names`` maps parameters to the
    product's own names.
    """

    too_late: int
    unknown_pair: int
    codes: Mapping[object, int]
    words: Mapping[int, str] = attrs.field(factory=dict)
    names: Mapping[str, str] = attrs.field(factory=dict)

    def error(self, code: int, **details: object) -> Response:
        """Return an error as the venue sends it; ``details`` fill the placeholders in its words."""
        if "name" in details:
            details["name"] = self.names.get(str(details["name"]), details["name"])
        of_reasons = {self.codes[reason]: words for reason, words in _WORDS_OF_REASON.items()}
        words = {**of_reasons, **_WORDS, self.too_late: _TOO_LATE, self.unknown_pair: _UNKNOWN_PAIR, **self.words}
        status = 401 if code in _UNAUTHORIZED else 400
        return json_response({"code": code, "msg": words[code].format(**details)}, status=status)

    def denial(self, code: int, **details: object) -> Denied:
        """Return the exception that answers with an error."""
        return Denied(self.error(code, **details))

    def missing(self, name: str) -> Denied:
        """Return the exception for a missing or malformed parameter."""
        return self.denial(-1102, name=name)

    def words_of(self, refusal: LedgerRefusal) -> str:
        """Return the venue's words for a refusal of the ledger, without the code."""
        words: str = json.loads(self.of_ledger(refusal, "").body)["msg"]
        return words

    def of_ledger(self, refusal: LedgerRefusal, path: str) -> Response:
        """
        Return the venue's answer for a refusal of the ledger.

        Raises:
            LookupError: the venue has no words for it; no request of its routes can lead there.
        """
        reason, details = refusal.reason, refusal.details
        if reason is Reason.OUTSIDE_WINDOW and details["ahead"]:
            return json_response({"code": -1021, "msg": _AHEAD}, status=400)
        if reason in _BY_DETAILS:
            code = _BY_DETAILS[reason](details)
        else:
            codes = {**_CODES, **self.codes}
            narrow = ((reason, path.rpartition("/")[2]), (reason, details.get("setting")))
            code = codes[next((name for name in narrow if name in codes), reason)]
        name = _NAMES.get((reason, details.get("field")))
        return self.error(code, **{**details, "name": name})

"""The venue's errors: codes, statuses and exact words, and the mapping of the ledger's refusals to them."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from venuekit.capabilities import Setting
from venuekit.simulator import Denied, Response, json_response
from venuekit.simulator.ledger import LedgerRefusal, Reason
from venuekit_binance_common.simulated.order_refusals import ORDER_WORDS, WORDS_OF_REASON, order_refusal

_WORDS: Mapping[int, str] = {
    -1021: "Timestamp for this request is outside of the recvWindow.",
    -1022: "Signature for this request is not valid.",
    -1023: "Start time is greater than end time.",
    -1102: "Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
    -1105: "Parameter '{name}' was empty.",
    -1111: "Precision is over the maximum defined for this asset.",
    -1121: "Invalid symbol.",
    -1125: "This listenKey does not exist. Please use `POST {root}/v1/listenKey` to recreate `listenKey`",
    -1127: "Lookup interval is too big. More than {hours} hours between startTime and endTime.",
    -1130: "Data sent for parameter '{name}' is not valid.",
    -2014: "API-key format invalid.",
    -2015: "Invalid API-key, IP, or permissions for action.",
    -2019: "Margin is insufficient.",
    -2027: "Exceeded the maximum allowable position at current leverage.",
    -2028: "Leverage is smaller than permitted: insufficient margin balance.",
    -4028: "Leverage {leverage} is not valid",
    -4046: "No need to change margin type.",
    -4047: "Margin type cannot be changed if there exists open orders.",
    -4048: "Margin type cannot be changed if there exists position.",
    -4049: "Add margin only support for isolated position.",
    -4050: "Cross balance insufficient.",
    -4051: "Isolated balance insufficient.",
    -4054: "Cannot add position margin: position is 0.",
    -4055: "Amount must be positive.",
    -4059: "No need to change position side.",
    -4061: "Order's position side does not match user's setting.",
    -4067: "Position side cannot be changed if there exists open orders.",
    -4068: "Position side cannot be changed if there exists position.",
    -5047: "The original order is not a reduce-only order.",
}
_TOO_LATE = "Timestamp for this request is outside of the ME recvWindow."
_LOWER_LEVERAGE = "Leverage reduction is not supported in Isolated Margin Mode with open positions"
_AHEAD = "Timestamp for this request was 1000ms ahead of the server's time."
_UNAUTHORIZED = frozenset({-2014, -2015})

_BY_REASON: Mapping[Reason, int] = {
    Reason.UNKNOWN_SYMBOL: -1121,
    Reason.INVALID_LEVERAGE: -4028,
    Reason.LEVERAGE_ABOVE_BRACKET: -2027,
    Reason.OUTSIDE_WINDOW: -1021,
    Reason.NOT_ISOLATED: -4049,
    Reason.REMOVABLE_EXCEEDED: -4051,
    Reason.FLAT_POSITION: -4054,
}
_BY_REASON_AND_SETTING: Mapping[tuple[Reason, object], int] = {
    (Reason.NO_CHANGE, Setting.MARGIN_TYPE): -4046,
    (Reason.NO_CHANGE, Setting.POSITION_MODE): -4059,
    (Reason.OPEN_ORDERS, Setting.MARGIN_TYPE): -4047,
    (Reason.OPEN_ORDERS, Setting.POSITION_MODE): -4067,
    (Reason.OPEN_POSITION, Setting.MARGIN_TYPE): -4048,
    (Reason.OPEN_POSITION, Setting.POSITION_MODE): -4068,
}
#: the code for insufficient margin depends on the last part of the path
_INSUFFICIENT: Mapping[str, int] = {"leverage": -2028, "marginType": -4050, "positionMargin": -4050}
#: paths of orders, whose refusals have codes of their own
_ORDER_PATHS = frozenset({"order", "test", "batchOrders", "algoOrder"})


@attrs.frozen(kw_only=True)
class Errors:
    """
    The errors of one product: those of both products, and its own.

    ``too_late`` is the code of the matching engine's own check of the window, ``lower_leverage`` that for lowering the
    leverage of an isolated position. ``words`` are those of codes that only this product has; ``insufficient`` has the
    codes for insufficient margin, by the last part of the path, and ``by_order_reason`` the product's own codes for
    refusals of orders; ``names`` maps parameters to the product's own names.
    """

    too_late: int
    lower_leverage: int
    words: Mapping[int, str] = attrs.field(factory=dict)
    by_reason: Mapping[Reason, int] = attrs.field(factory=dict)
    by_reason_and_setting: Mapping[tuple[Reason, object], int] = attrs.field(factory=dict)
    insufficient: Mapping[str, int] = attrs.field(factory=dict)
    by_order_reason: Mapping[Reason, int] = attrs.field(factory=dict)
    names: Mapping[str, str] = attrs.field(factory=dict)

    def error(self, code: int, **details: object) -> Response:
        """Return an error as the venue sends it; ``details`` fill the placeholders in its words."""
        of_orders = {number: WORDS_OF_REASON[reason] for reason, number in self.by_order_reason.items()}
        if "name" in details:
            details["name"] = self.names.get(str(details["name"]), details["name"])
        words = {
            **ORDER_WORDS,
            **of_orders,
            **_WORDS,
            self.too_late: _TOO_LATE,
            self.lower_leverage: _LOWER_LEVERAGE,
            **self.words,
        }
        status = 401 if code in _UNAUTHORIZED else 400
        return json_response({"code": code, "msg": words[code].format(**details)}, status=status)

    def denial(self, code: int, **details: object) -> Denied:
        """Return the exception that answers with an error."""
        return Denied(self.error(code, **details))

    def missing(self, name: str) -> Denied:
        """Return the exception for a missing or malformed parameter."""
        return self.denial(-1102, name=name)

    def of_ledger(self, refusal: LedgerRefusal, path: str) -> Response:
        """
        Return the venue's answer for a refusal of the ledger.

        Raises:
            LookupError: the venue has no words for it; no request of its routes can lead there.
        """
        reason, details = refusal.reason, refusal.details
        if reason is Reason.OUTSIDE_WINDOW and details["ahead"]:
            return json_response({"code": -1021, "msg": _AHEAD}, status=400)
        if reason is Reason.INVALID_WINDOW:
            return self.error(-1130, name="recvWindow")
        if reason is Reason.INSUFFICIENT_MARGIN:
            return self.error({**_INSUFFICIENT, **self.insufficient}.get(path.rpartition("/")[2], -2019))
        if reason is Reason.LEVERAGE_REDUCTION_WHILE_ISOLATED:
            return self.error(self.lower_leverage)
        if path.rpartition("/")[2] in _ORDER_PATHS:
            if reason in self.by_order_reason:
                return self.error(self.by_order_reason[reason], **details)
            if (about_order := order_refusal(refusal)) is not None:
                return self.error(about_order[0], **about_order[1])
        of_setting = {**_BY_REASON_AND_SETTING, **self.by_reason_and_setting}
        code = of_setting.get((reason, details.get("setting"))) or {**_BY_REASON, **self.by_reason}[reason]
        return self.error(code, **details)

"""The venue's errors: codes, statuses and exact words, and which of the ledger's refusals each one answers."""

from __future__ import annotations

from collections.abc import Mapping

from venuekit.capabilities import Setting
from venuekit.simulator import Denied, Response, json_response
from venuekit.simulator.ledger import Reason, Refusal

__all__ = ["denied", "error", "missing", "of_ledger"]

_WORDS: Mapping[int, str] = {
    -1021: "Timestamp for this request is outside of the recvWindow.",
    -1022: "Signature for this request is not valid.",
    -1102: "Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
    -1105: "Parameter '{name}' was empty.",
    -1121: "Invalid symbol.",
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
    -4050: "Cross balance insufficient.",
    -4051: "Isolated balance insufficient.",
    -4059: "No need to change position side.",
    -4067: "Position side cannot be changed if there exists open orders.",
    -4068: "Position side cannot be changed if there exists position.",
    -4161: "Leverage reduction is not supported in Isolated Margin Mode with open positions",
    -4167: "Unable to adjust to Multi-Assets mode with symbols of USDⓈ-M Futures under isolated-margin mode.",
    -4168: "Unable to adjust to isolated-margin mode under the Multi-Assets mode.",
    -4169: "Unable to adjust Multi-Assets Mode with insufficient margin balance in USDⓈ-M Futures.",
    -4170: "Unable to adjust Multi-Assets Mode with open orders in USDⓈ-M Futures.",
    -4171: "Adjusted asset mode is currently set and does not need to be adjusted repeatedly.",
    -4172: (
        "Unable to adjust Multi-Assets Mode with a negative wallet balance of margin available asset "
        "in USDⓈ-M Futures account."
    ),
    -5028: "Timestamp for this request is outside of the ME recvWindow.",
}
_AHEAD = "Timestamp for this request was 1000ms ahead of the server's time."
_UNAUTHORIZED = frozenset({-2014, -2015})

_BY_REASON: Mapping[Reason, int] = {
    Reason.UNKNOWN_SYMBOL: -1121,
    Reason.INVALID_LEVERAGE: -4028,
    Reason.LEVERAGE_ABOVE_BRACKET: -2027,
    Reason.LEVERAGE_REDUCTION_WHILE_ISOLATED: -4161,
    Reason.ISOLATED_WHILE_MULTI_ASSET: -4168,
    Reason.MULTI_ASSET_WHILE_ISOLATED: -4167,
    Reason.NEGATIVE_BALANCE: -4172,
    Reason.OUTSIDE_WINDOW: -1021,
    Reason.INVALID_WINDOW: -1130,
}
_BY_REASON_AND_SETTING: Mapping[tuple[Reason, object], int] = {
    (Reason.NO_CHANGE, Setting.MARGIN_TYPE): -4046,
    (Reason.NO_CHANGE, Setting.POSITION_MODE): -4059,
    (Reason.NO_CHANGE, Setting.ASSET_MODE): -4171,
    (Reason.OPEN_ORDERS, Setting.MARGIN_TYPE): -4047,
    (Reason.OPEN_ORDERS, Setting.POSITION_MODE): -4067,
    (Reason.OPEN_ORDERS, Setting.ASSET_MODE): -4170,
    (Reason.OPEN_POSITION, Setting.MARGIN_TYPE): -4048,
    (Reason.OPEN_POSITION, Setting.POSITION_MODE): -4068,
}
#: what a lack of margin is called hangs on what was asked for
_INSUFFICIENT_BY_PATH: Mapping[str, int] = {
    "/fapi/v1/leverage": -2028,
    "/fapi/v1/marginType": -4050,
    "/fapi/v1/multiAssetsMargin": -4169,
}


def error(code: int, **details: object) -> Response:
    """Return an error as the venue sends it; ``details`` fill the gaps in its words."""
    return json_response(
        {"code": code, "msg": _WORDS[code].format(**details)}, status=401 if code in _UNAUTHORIZED else 400
    )


def denied(code: int, **details: object) -> Denied:
    """Return the exception that answers with an error."""
    return Denied(error(code, **details))


def missing(name: str) -> Denied:
    """Return the exception that says a parameter is missing or malformed."""
    return denied(-1102, name=name)


def of_ledger(refusal: Refusal, path: str) -> Response:
    """
    Return the venue's words for what the ledger refused.

    Raises:
        LookupError: the venue has no words for it; nothing that it is asked can lead there.
    """
    reason, details = refusal.reason, refusal.details
    if reason is Reason.OUTSIDE_WINDOW and details["ahead"]:
        return json_response({"code": -1021, "msg": _AHEAD}, status=400)
    if reason is Reason.INVALID_WINDOW:
        return error(-1130, name="recvWindow")
    if reason is Reason.INSUFFICIENT_MARGIN:
        return error(_INSUFFICIENT_BY_PATH.get(path, -2019))
    code = _BY_REASON_AND_SETTING.get((reason, details.get("setting"))) or _BY_REASON[reason]
    return error(code, **details)

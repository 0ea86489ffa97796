"""The meanings of refusals."""

from __future__ import annotations

import pytest

from venuekit.faults import Fault
from venuekit.testing.recorded import Recorded
from venuekit_binance_common.faults import read_answer
from venuekit_binance_usdm.aster.terms import V1_FAULTS as ASTER_FAULTS
from venuekit_binance_usdm.terms import FAULTS


@pytest.mark.parametrize(
    ("status", "code", "message", "fault"),
    [
        (400, -1021, "Timestamp for this request is outside of the recvWindow.", Fault.CLOCK),
        (400, -5028, "Timestamp for this request is outside of the ME recvWindow.", Fault.CLOCK),
        (429, -1003, "Too many requests; current limit is 2400 requests per minute.", Fault.THROTTLED),
        (400, -1003, "", Fault.THROTTLED),
        (400, -1015, "Too many new orders; current limit is 300 orders per TEN_SECONDS.", Fault.THROTTLED),
        (429, None, "", Fault.THROTTLED),
        (418, -1003, "Way too many requests; IP banned until 1621207852808.", Fault.BANNED),
        (418, None, "", Fault.BANNED),
        (503, None, "Service Unavailable.", Fault.OVERLOADED),
        (503, -1001, "Internal error; unable to process your request. Please try again.", Fault.OVERLOADED),
        (503, -1016, "Service is under maintenance.", Fault.UNAVAILABLE),
        (503, -1109, "Invalid account.", Fault.UNAVAILABLE),
        (400, -1109, "Invalid account.", Fault.INVALID),
        (503, "239999", "closed", Fault.UNAVAILABLE),
        (400, -1000, "", Fault.UNKNOWN_OUTCOME),
        (400, -1006, "", Fault.UNKNOWN_OUTCOME),
        (408, -1007, "Timeout waiting for response from backend server.", Fault.UNKNOWN_OUTCOME),
        (408, None, "", Fault.UNKNOWN_OUTCOME),
        (503, -1008, "Request throttled by system-level protection.", Fault.OVERLOADED_UNKNOWN),
        (503, None, "Unknown error, please check your request or try again later.", Fault.UNKNOWN_OUTCOME),
        (503, None, "<html>", Fault.UNKNOWN_OUTCOME),
        (502, None, "<html>", Fault.UNKNOWN_OUTCOME),
        (401, -2014, "API-key format invalid.", Fault.AUTHENTICATION),
        (401, -2015, "Invalid API-key, IP, or permissions for action.", Fault.AUTHENTICATION),
        (400, -1022, "Signature for this request is not valid.", Fault.AUTHENTICATION),
        (403, None, "<html>", Fault.THROTTLED),
        (451, 0, "Service unavailable from a restricted location", Fault.PERMISSION),
        (400, -4208, "Current symbol leverage cannot exceed 20 when using position limit service.", Fault.REJECTED),
        (400, -4209, "Leverage adjustment failed. Current symbol max leverage limit is 20x", Fault.REJECTED),
        (400, -4408, "This symbol is in reduce only mode due to regulation requirements.", Fault.REJECTED),
        (400, -5047, "The original order is not a reduce-only order.", Fault.REJECTED),
        (400, -1002, "You are not authorized to execute this request.", Fault.PERMISSION),
        (400, -4087, "User can only place reduce only order", Fault.PERMISSION),
        (400, -1121, "Invalid symbol.", Fault.INVALID),
        (400, -4028, "Leverage 200 is not valid", Fault.INVALID),
        (400, -2013, "Order does not exist.", Fault.NOT_FOUND),
        (400, -4046, "No need to change margin type.", Fault.REJECTED),
        (400, -4161, "", Fault.REJECTED),
        (400, -999_999, "a code that nobody documented", Fault.REJECTED),
    ],
)
def test_refusals_mean_what_the_venue_documents(
    status: int, code: int | str | None, message: str, fault: Fault
) -> None:
    """Code before words before status, by equality."""
    assert FAULTS.classify(status, code, message) is fault


@pytest.mark.parametrize(
    ("case", "fault"),
    [
        ("get_fapi_v3_balance_1021_ahead", Fault.CLOCK),
        ("get_fapi_v3_balance_418", Fault.BANNED),
        ("get_fapi_v3_balance_429", Fault.THROTTLED),
        ("get_fapi_v3_balance_maintenance", Fault.UNAVAILABLE),
        ("post_fapi_v1_leverage_408", Fault.UNKNOWN_OUTCOME),
        ("post_fapi_v1_leverage_503_internal", Fault.OVERLOADED),
        ("post_fapi_v1_leverage_503_throttled", Fault.OVERLOADED_UNKNOWN),
        ("post_fapi_v1_leverage_503_unavailable", Fault.OVERLOADED),
        ("post_fapi_v1_leverage_503_unknown_outcome", Fault.UNKNOWN_OUTCOME),
        ("post_fapi_v1_leverage_2027", Fault.REJECTED),
        ("post_fapi_v1_leverage_1121", Fault.INVALID),
    ],
)
def test_documented_error_bodies_mean_what_they_say(recorded: Recorded, case: str, fault: Fault) -> None:
    """The documented body goes through reader and table to its meaning."""
    response = recorded.case(case).response()
    refusal = read_answer(response)

    assert refusal is not None
    assert FAULTS.classify(response.status, refusal.code, refusal.message) is fault


def test_a_code_with_several_meanings_tells_all_of_them() -> None:
    """What is denied may be the key, the address, the product or the kind of account; the venue's words say three."""
    row = FAULTS.row(401, -2015, "Invalid API-key, IP, or permissions for action.")
    there = ASTER_FAULTS.row(401, -2015, "Invalid API-key, IP, or permissions for action.")

    assert row is not None
    assert there is not None
    for meaning in ("key is unknown", "environment or product", "address", "permission", "portfolio margin"):
        assert meaning in row.mend
    assert "portfolio margin" not in there.mend
    assert "address" in there.mend


def test_what_the_other_product_holds_up_is_told() -> None:
    """The position mode is one for both products, and the refusal's mend names the other one."""
    row = FAULTS.row(400, -4531, "Position mode change requires syncing UM and CM.")

    assert row is not None
    assert "orders of the other product" in row.mend

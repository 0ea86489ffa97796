"""Faults: what Bybit's codes mean, on the documented and observed bodies."""

from __future__ import annotations

import json

import pytest
from multidict import CIMultiDict

from venuekit.faults import Fault
from venuekit.message import HttpResponse
from venuekit.testing.recorded import Recorded
from venuekit_bybit_inverse.answers import bybit_answers
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.faults import FAULTS

OBSERVED = [
    (10000, "Server Timeout", Fault.UNKNOWN_OUTCOME),
    (10001, "position idx not match position mode", Fault.INVALID),
    (
        10002,
        (
            "invalid request, please check your server timestamp or recv_window param. "
            "req_timestamp[1678978981964],server_timestamp[1678978987372],recv_window[5000]"
        ),
        Fault.CLOCK,
    ),
    (10003, "API key is invalid.", Fault.AUTHENTICATION),
    (10004, "error sign! origin_string[...]", Fault.AUTHENTICATION),
    (10005, "Permission denied, please check your API key permissions.", Fault.PERMISSION),
    (10006, "Too many visits. Exceeded the API Rate Limit.", Fault.THROTTLED),
    (10032, "Demo trading are not supported.", Fault.UNSUPPORTED),
    (10010, "Unmatched IP, please check your API key's bound IP addresses.", Fault.PERMISSION),
    (100028, "unified account is forbidden", Fault.REJECTED),
    (110043, "leverage not modified", Fault.REJECTED),
    (110025, "Position mode is not modified", Fault.REJECTED),
]


@pytest.mark.parametrize(("code", "words", "fault"), OBSERVED, ids=[str(code) for code, _, _ in OBSERVED])
def test_observed_refusals_mean_what_they_should(code: int, words: str, fault: Fault) -> None:
    """Each observed body is told apart by its code alone."""
    body = {"retCode": code, "retMsg": words, "result": {}, "retExtInfo": {}, "time": 1706237201153}
    refusal = bybit_answers(HttpResponse(200, CIMultiDict(), json.dumps(body).encode()))
    assert refusal is not None
    assert (refusal.code, refusal.message) == (code, words)
    assert FAULTS.classify(200, refusal.code, refusal.message) is fault


def test_recorded_refusals_are_listed(recorded: Recorded) -> None:
    """Every recorded refusal gives its code, and one that is not a success of its endpoint has a row."""
    listed = {row.code for row in FAULTS.rows}
    refused = [case for case in recorded if case.code is not None]
    assert refused
    for case in refused:
        refusal = bybit_answers(case.response())
        assert refusal is not None, case.name
        assert refusal.code == case.code
        assert case.code in listed


@pytest.mark.parametrize("code", [10000, 10014, 10016, 40004])
def test_overload_and_duplicates_leave_the_outcome_open(code: int) -> None:
    """These codes do not say whether a copy of the request was executed."""
    assert FAULTS.classify(200, code, "") is Fault.UNKNOWN_OUTCOME


@pytest.mark.parametrize("code", [429, 3400214, 131230])
def test_overload_is_not_believed_of_an_order(code: int) -> None:
    """A read or a setting is asked again later; what became of an order has to be looked for."""
    assert FAULTS.classify(200, code, "") is Fault.OVERLOADED_UNKNOWN


@pytest.mark.parametrize("code", [110017, 110023, 110042, 110063])
def test_present_state_refuses(code: int) -> None:
    """Nothing to reduce, reduce only, settlement: no argument is wrong, as on every venue that has the like."""
    assert FAULTS.classify(200, code, "") is Fault.REJECTED


@pytest.mark.parametrize(
    ("status", "words", "fault"),
    [
        (429, "", Fault.THROTTLED),
        (403, "Request blocked.", Fault.THROTTLED),
        (401, "", Fault.AUTHENTICATION),
        (404, "", Fault.UNKNOWN_OUTCOME),
        (502, "", Fault.UNKNOWN_OUTCOME),
    ],
)
def test_bare_statuses(status: int, words: str, fault: Fault) -> None:
    """An answer without an envelope is judged by its status."""
    assert FAULTS.classify(status, None, words) is fault


def test_no_change_codes_stand_with_their_endpoints() -> None:
    """Setting what holds already is a success on these endpoints only."""
    listed = {str(endpoint): endpoint.no_change for endpoint in BYBIT if endpoint.no_change}
    assert listed == {
        "POST /v5/position/set-leverage": frozenset({110043}),
        "POST /v5/position/switch-mode": frozenset({110025}),
        "POST /v5/position/trading-stop": frozenset({34040}),
    }


def test_unknown_key_tells_all_that_it_can_mean() -> None:
    """The same code answers a key of another environment or site."""
    row = FAULTS.row(200, 10003, "API key is invalid.")
    assert row is not None
    for meaning in ("unknown", "expired", "testnet", "regional site"):
        assert meaning in row.mend

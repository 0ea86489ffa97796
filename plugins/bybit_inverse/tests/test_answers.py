"""Answers: what is a success, what is a refusal, what is not Bybit's at all."""

from __future__ import annotations

import json

import pytest
from multidict import CIMultiDict

from venuekit.faults import Fault
from venuekit.message import HttpResponse
from venuekit.plugin import from_milliseconds
from venuekit_bybit_inverse.answers import bybit_answers


def response(body: object, status: int = 200, **headers: str) -> HttpResponse:
    """An answer as the transport gives it."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpResponse(status, CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()}), raw)


@pytest.mark.parametrize("words", ["OK", "success", "SUCCESS", "Request accepted", ""])
def test_return_code_zero_is_a_success(words: str) -> None:
    """Only the code counts: its words differ by endpoint, and blanks in the JSON do not matter."""
    assert bybit_answers(response({"retCode": 0, "retMsg": words, "result": {}})) is None
    compact = b'{"retCode":0,"retMsg":"' + words.encode() + b'","result":{}}'
    assert bybit_answers(response(compact)) is None


def test_refusal_carries_code_and_words() -> None:
    """A refusal has status 200 and a code that is not zero."""
    refusal = bybit_answers(response({"retCode": 110043, "retMsg": "leverage not modified", "result": {}}))
    assert refusal is not None
    assert (refusal.code, refusal.message) == (110043, "leverage not modified")


def test_refusal_of_a_margin_mode_carries_its_reasons() -> None:
    """The reasons that stand beside the words are shown with them."""
    reasons = [{"reasonCode": "3400000", "reasonMsg": "Equity needs to be equal to or greater than 1000 USDC"}]
    body = {"retCode": 3400045, "retMsg": "Set margin mode failed", "result": {"reasons": reasons}}
    refusal = bybit_answers(response(body))
    assert refusal is not None
    assert refusal.message == ("Set margin mode failed; 3400000 Equity needs to be equal to or greater than 1000 USDC")


def test_too_many_visits_says_when_the_limit_resets() -> None:
    """The header names the moment; where it is missing the venue's advice is a second."""
    body = {"retCode": 10006, "retMsg": "Too many visits!", "result": {}}
    told = bybit_answers(response(body, X_Bapi_Limit_Reset_Timestamp="1769288404000"))
    assert told is not None
    assert (told.retry_at, told.retry_after) == (from_milliseconds(1769288404000), None)
    untold = bybit_answers(response(body))
    assert untold is not None
    assert (untold.retry_at, untold.retry_after) == (None, 1.0)


@pytest.mark.parametrize(
    "body",
    [
        b"access too frequent",
        b"403, access too frequent",
        b"<html><head><title>403</title></head><body><h1>Access too frequent.</h1></body></html>",
    ],
)
def test_shut_out_address_must_rest_for_ten_minutes(body: bytes) -> None:
    """The address limit has no envelope and no time, plain or on a page: the venue asks for ten minutes."""
    refusal = bybit_answers(response(body, 403))
    assert refusal is not None
    assert (refusal.code, refusal.fault, refusal.retry_after) == (None, Fault.BANNED, 600.0)
    assert "ccess too frequent" in refusal.message


def test_blocked_country_is_a_permission_and_says_so() -> None:
    """The page of the network in front of the venue has its words kept."""
    page = b"""<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY><H1>403 ERROR</H1>
    <HR noshade size="1px">The Amazon CloudFront distribution is configured to block access from your country.</BODY>"""
    refusal = bybit_answers(response(page, 403))
    assert refusal is not None
    assert refusal.fault is Fault.PERMISSION
    assert "block access from your country" in refusal.message


@pytest.mark.parametrize("body", [b"<html>Forbidden</html>", b"", b'{"unexpected": true}', b"Bad gateway. " * 500])
def test_gateway_page_is_a_foreign_refusal_without_code(body: bytes) -> None:
    """What a gateway wrote is told by the beginning of its text, and not taken for the venue's."""
    refusal = bybit_answers(response(body, 502))
    assert refusal is not None
    assert (refusal.code, refusal.is_foreign, refusal.fault) == (None, True, None)
    assert refusal.message in {"Forbidden", "empty body", '{"unexpected": true}', f"{('Bad gateway. ' * 500)[:300]}..."}


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b'{"retCode":0', b"[]", b"null", b'{"retCode": "0"}', b'{"result": {}}']
)
def test_success_status_without_an_envelope_is_not_an_answer(body: bytes) -> None:
    """A page, half an answer or another JSON under status 200 is no answer of Bybit's."""
    with pytest.raises(ValueError, match="not a Bybit envelope"):
        bybit_answers(response(body))

"""What arrives and what leaves, as values."""

from __future__ import annotations

import json
from decimal import Decimal
from string import ascii_letters, digits

from hypothesis import given
from hypothesis import strategies as st

from venuekit.simulator import SimRequest, is_hmac_sha256, json_response

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json; charset=utf-8"}


def test_query_wins_over_form() -> None:
    """A name in both is the query's; the form adds what the query does not have; the first of a repetition counts."""
    request = SimRequest.of("POST", "/x", query="a=1&b=&a=2", body=b"a=9&c=%26", headers=FORM)

    assert request.parameters == {"a": "1", "b": "", "c": "&"}
    assert request.query_parameters == {"a": "1", "b": ""}


def test_json_body() -> None:
    """A JSON object gives its values, fractions exactly, and their text on request."""
    body = b'{"s":"x","i":7,"d":0.10,"t":true,"n":null,"l":[1,{"a":0.5}]}'
    request = SimRequest.of("POST", "/x", body=body, headers=JSON)

    assert ("x", 7, Decimal("0.10"), True) == tuple(request.parameters[name] for name in "sidt")
    assert [request.text(name) for name in ("s", "i", "d", "t", "n", "-")] == ["x", "7", "0.10", "true", None, None]
    assert request.text("l") == '[1,{"a":0.5}]'
    assert not request.is_malformed


def test_malformed_json_is_told() -> None:
    """A body that claims to be JSON and is none, or no object, is malformed; without the claim it is not looked at."""
    told = [
        SimRequest.of("POST", "/x", body=body, headers=headers).is_malformed
        for body, headers in ((b"{", JSON), (b"[1]", JSON), (b"\xff", JSON), (b"{", {}), (b"", JSON))
    ]

    assert told == [True, True, True, False, False]


def test_repr_shows_no_parameters() -> None:
    """The repr has verb and path only: query, body and headers carry key and signature."""
    request = SimRequest.of("POST", "/x", query="signature=abc", body=b"def", headers={"X-Key": "ghi"})

    assert repr(request) == "SimRequest(POST /x)"


def test_headers_are_found_in_any_case() -> None:
    """Headers are looked up case-insensitively."""
    assert SimRequest.of("GET", "/x", headers={"X-Toy-Key": "k"}).headers["x-toy-KEY"] == "k"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8))
def test_decimals_are_json_numbers(value: Decimal) -> None:
    """A Decimal is written as a JSON number with exactly its digits."""
    body = json_response({"v": value}).body

    assert value == json.loads(body, parse_float=Decimal, parse_int=Decimal)["v"]


@given(st.text(alphabet=ascii_letters + digits, min_size=1), st.binary())
def test_signatures_fit_their_payload_alone(secret: str, payload: bytes) -> None:
    """A signature is accepted in either case of letters, and for nothing but its own payload and secret."""
    import hashlib
    import hmac

    signature = hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()

    assert is_hmac_sha256(secret, payload, signature)
    assert is_hmac_sha256(secret, payload, signature.upper())
    assert not is_hmac_sha256(secret, payload + b"x", signature)
    assert not is_hmac_sha256(secret + "x", payload, signature)
    assert not is_hmac_sha256(secret, payload, "")
    assert not is_hmac_sha256(secret, payload, "é")

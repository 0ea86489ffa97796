"""A request carries exactly the values of its parameters, whatever their kind and place."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit.encoding import Encoding
from venuekit.endpoint import Endpoint
from venuekit.parameters import Kind, Parameter, plain

ENDPOINT: Endpoint[bytes] = Endpoint(
    "POST",
    "/order",
    decode=bytes,
    parameters=(
        Parameter("symbol", required=True),
        Parameter("leverage", Kind.INTEGER, minimum=Decimal(1), maximum=Decimal(125)),
        Parameter("price", Kind.DECIMAL),
        Parameter("dual", Kind.BOOLEAN),
        Parameter("ids", Kind.LIST),
        Parameter("side", choices=frozenset({"BUY", "SELL"})),
        Parameter("name", pattern=r"[a-z]{1,3}"),
        Parameter("mode", Kind.INTEGER, choices=frozenset({"0", "3"})),
    ),
)


def test_parameters_are_encoded_once_in_the_callers_order() -> None:
    """Values are percent-encoded, booleans and lists written as venues read them, in the order they were given."""
    _, query, body = ENDPOINT.encode({"ids": [1, 2], "symbol": "Ａ B/", "dual": True, "price": Decimal("1E-7")})

    assert "ids=%5B1%2C2%5D&symbol=%EF%BC%A1%20B%2F&dual=true&price=0.0000001" == query
    assert body is None


@pytest.mark.parametrize("encoding", [Encoding.QUERY, Encoding.FORM, Encoding.JSON])
def test_what_is_only_told_is_checked_and_never_sent(encoding: Encoding) -> None:
    """A parameter for guards and subjects leaves no trace in the request, but has to be of its kind."""
    endpoint: Endpoint[bytes] = Endpoint(
        "DELETE",
        "/order",
        decode=bytes,
        encoding=encoding,
        parameters=(Parameter("id"), Parameter("symbol", local=True)),
    )

    assert endpoint.encode({"symbol": "A", "id": "7"}) == endpoint.encode({"id": "7"})
    with pytest.raises(ValueError, match="symbol must be a text"):
        endpoint.encode({"symbol": 7, "id": "7"})


def test_json_bodies_are_compact_and_keep_kinds() -> None:
    """In a JSON body numbers that are money travel as text, whole numbers and booleans as such."""
    endpoint: Endpoint[bytes] = Endpoint(
        "POST", "/order", decode=bytes, parameters=ENDPOINT.parameters, encoding=Encoding.JSON
    )

    _, query, body = endpoint.encode({"symbol": "X", "leverage": 5, "price": Decimal("0.10"), "dual": False})

    assert ("", b'{"symbol":"X","leverage":5,"price":"0.10","dual":false}') == (query, body)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({}, "needs symbol"),
        ({"symbol": "X", "lverage": 1}, "does not declare a parameter 'lverage'"),
        ({"symbol": 1}, "symbol must be a text, not 1"),
        ({"symbol": "X", "leverage": 0}, "leverage must be a whole number from 1 up to 125, not 0"),
        ({"symbol": "X", "leverage": 126}, "not 126"),
        ({"symbol": "X", "leverage": "ten"}, "not 'ten'"),
        ({"symbol": "X", "leverage": True}, "not True"),
        ({"symbol": "X", "leverage": Decimal("1.5")}, "not Decimal('1.5')"),
        ({"symbol": "X", "leverage": Decimal("NaN")}, "not Decimal('NaN')"),
        ({"symbol": "X", "price": 1.5}, "price must be an int or Decimal, not 1.5"),
        ({"symbol": "X", "leverage": Decimal("1E+999999999")}, "leverage must be a whole number"),
        ({"symbol": "X", "price": Decimal("1E+999999999")}, "price has more than 400 digits"),
        ({"symbol": "X", "price": Decimal("1E-999999999")}, "price has more than 400 digits"),
        ({"symbol": "X", "price": Decimal("0." + "1" * 400)}, "price has more than 400 digits"),
        ({"symbol": "X", "price": 10**5000}, "price has more than 400 digits"),
        ({"symbol": "X", "price": Decimal("Infinity")}, "price must be an int or Decimal"),
        ({"symbol": "X", "dual": "true"}, "dual must be True or False"),
        ({"symbol": "X", "ids": "12"}, "ids must be a list"),
        ({"symbol": "X", "side": "buy"}, "side must be one of BUY, SELL"),
        ({"symbol": "X", "name": "abcd"}, "name must be a text like"),
        ({"symbol": "X", "mode": 7}, "mode must be one of 0, 3, not 7"),
    ],
)
def test_what_the_declaration_refuses_is_refused(parameters: dict[str, Any], words: str) -> None:
    """A parameter that is undeclared, missing, of the wrong kind or out of range never becomes a request."""
    with pytest.raises(ValueError, match=r"\w") as caught:
        ENDPOINT.encode(parameters)

    assert words in str(caught.value)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_plain_numbers_have_no_exponent_and_lose_nothing(number: Decimal) -> None:
    """Whatever a Decimal looks like, it is sent as digits that read back as the same number."""
    text = plain(number)

    assert set(text) <= set("-.0123456789")
    assert number == Decimal(text)


@given(st.text(min_size=1))
def test_any_text_survives_percent_encoding(text: str) -> None:
    """A server that decodes the query sees exactly the text that was handed in."""
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        return
    _, query, _ = ENDPOINT.encode({"symbol": text})

    assert [("symbol", text)] == parse_qsl(query, keep_blank_values=True, encoding="utf-8", separator="&")

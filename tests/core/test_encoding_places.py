"""Path, form, JSON object and JSON array carry parameters; the standard library reads them back exactly."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from venuekit.encoding import Encoding
from venuekit.endpoint import Effect, Endpoint
from venuekit.parameters import Kind, Parameter, plain

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = (
    st.decimals(allow_nan=False, allow_infinity=False).filter(lambda one: abs(one.adjusted()) < 100) | st.integers()
)
KINDS: Mapping[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: TEXTS,
    Kind.INTEGER: st.integers(),
    Kind.DECIMAL: NUMBERS,
    Kind.NUMBER: NUMBERS,
    Kind.BOOLEAN: st.booleans(),
}
#: the contents of a list of numbers: what JSON has, and Decimals
ITEMS = st.recursive(
    TEXTS | NUMBERS | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def questions(draw: st.DrawFn) -> tuple[tuple[Parameter, ...], dict[str, Any]]:
    """Return parameters of any names and kinds, and a value for each."""
    kinds = draw(st.dictionaries(TEXTS.filter(bool), st.sampled_from([*KINDS]), max_size=5))
    values = {name: draw(KINDS[kind]) for name, kind in kinds.items()}
    return tuple(Parameter(name, kind) for name, kind in kinds.items()), values


def _endpoint(*parameters: Parameter, encoding: Encoding, path: str = "/it", **more: Any) -> Endpoint[bytes]:
    return Endpoint("POST", path, decode=bytes, parameters=parameters, encoding=encoding, **more)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain(value) if isinstance(value, int | Decimal) else str(value)


def _in_json(parameter: Parameter, value: Any) -> Any:
    """Return a value as a JSON body has it: a DECIMAL as text, a NUMBER as a number."""
    return _as_text(value) if parameter.kind is Kind.DECIMAL else value


def _read_json(body: bytes | None) -> Any:
    """Return a JSON body; a number with a fraction is a Decimal of the digits that were written."""
    return json.loads(body or b"", parse_float=Decimal)


@pytest.mark.parametrize("encoding", [Encoding.QUERY, Encoding.FORM])
@given(question=questions())
def test_pairs_are_read_back(encoding: Encoding, question: tuple[tuple[Parameter, ...], dict[str, Any]]) -> None:
    """A query and a form have every name and value, in the order of the caller, and a form has no query."""
    parameters, values = question

    path, query, body = _endpoint(*parameters, encoding=encoding).encode(values)

    written = query if encoding is Encoding.QUERY else (body or b"").decode("ascii")
    assert path == "/it"
    assert (body is None, query == "") == (encoding is Encoding.QUERY, encoding is Encoding.FORM or not values)
    assert parse_qsl(written, keep_blank_values=True) == [(name, _as_text(value)) for name, value in values.items()]


@pytest.mark.parametrize("encoding", [Encoding.JSON, Encoding.JSON_ARRAY])
@given(question=questions())
def test_an_object_is_read_back(encoding: Encoding, question: tuple[tuple[Parameter, ...], dict[str, Any]]) -> None:
    """A JSON object has every name and value, numbers digit for digit; an array without a list holds the one object."""
    parameters, values = question

    path, query, body = _endpoint(*parameters, encoding=encoding).encode(values)

    found = _read_json(body)
    assert (path, query) == ("/it", "")
    expected = {one.name: _in_json(one, values[one.name]) for one in parameters}
    assert found == (expected if encoding is Encoding.JSON else [expected])
    (whole,) = found if encoding is Encoding.JSON_ARRAY else [found]
    assert {name: type(value) is str for name, value in whole.items()} == {
        one.name: one.kind in {Kind.TEXT, Kind.DECIMAL} for one in parameters
    }


@given(number=NUMBERS)
def test_a_json_number_keeps_its_digits(number: Decimal | int) -> None:
    """A NUMBER is written in plain digits, without an exponent and without passing through a float."""
    _, _, body = _endpoint(Parameter("n", Kind.NUMBER), encoding=Encoding.JSON).encode({"n": number})

    assert body == f'{{"n":{plain(number)}}}'.encode()
    assert json.loads(body, parse_float=Decimal, parse_int=Decimal)["n"] == number


@given(items=st.lists(ITEMS, max_size=4))
@pytest.mark.parametrize("encoding", Encoding)
def test_a_list_of_numbers_is_read_back(encoding: Encoding, items: list[Any]) -> None:
    """A list whose items say NUMBER has its Decimals as numbers, at every depth and wherever the list travels."""
    parameter = Parameter("items", Kind.LIST, items=Kind.NUMBER)

    _, query, body = _endpoint(parameter, encoding=encoding).encode({"items": items})

    if encoding in {Encoding.QUERY, Encoding.FORM}:
        ((_, text),) = parse_qsl(query or (body or b"").decode("ascii"), keep_blank_values=True)
        found = _read_json(text.encode())
    else:
        found = _read_json(body)
    assert (found["items"] if encoding is Encoding.JSON else found) == items


@given(items=st.lists(ITEMS, max_size=4))
def test_a_list_of_texts_is_read_back(items: list[Any]) -> None:
    """A list whose items say DECIMAL has its Decimals as texts, at every depth, and ints as they are."""
    parameter = Parameter("items", Kind.LIST, items=Kind.DECIMAL)

    _, _, body = _endpoint(parameter, encoding=Encoding.JSON).encode({"items": items})

    def with_texts(value: Any) -> Any:
        if isinstance(value, Decimal):
            return plain(value)
        if isinstance(value, list):
            return [with_texts(one) for one in value]
        return {name: with_texts(one) for name, one in value.items()} if isinstance(value, dict) else value

    assert _read_json(body) == {"items": with_texts(items)}


@given(account=TEXTS, number=NUMBERS, flag=st.booleans(), rest=TEXTS)
@pytest.mark.parametrize("encoding", [Encoding.QUERY, Encoding.FORM, Encoding.JSON])
def test_a_path_is_read_back(encoding: Encoding, account: str, number: Decimal | int, *, flag: bool, rest: str) -> None:
    """Parameters of the path are percent-encoded there, each in its own part, and nowhere else."""
    assume(account and {".", ".."}.isdisjoint(re.split(r"[/\\]", account)))
    endpoint = _endpoint(
        Parameter("account", required=True),
        Parameter("number", Kind.NUMBER, required=True),
        Parameter("flag", Kind.BOOLEAN, required=True),
        Parameter("rest"),
        encoding=encoding,
        path="/v1/{account}/at/{number}/{flag}",
    )

    path, query, body = endpoint.encode({"rest": rest, "flag": flag, "number": number, "account": account})

    assert path.isascii()
    assert [unquote(part) for part in path.split("/")] == ["", "v1", account, "at", plain(number), _as_text(flag)]
    if encoding is Encoding.JSON:
        assert _read_json(body) == {"rest": rest}
    else:
        assert parse_qsl(query or (body or b"").decode(), keep_blank_values=True) == [("rest", rest)]


@pytest.mark.parametrize("part", ["", ".", "..", "../all", "1/../..", "1/.", "1\\.."])
def test_a_part_of_a_path_cannot_step_out_of_it(part: str) -> None:
    """A value that a server may take for a step to another path is refused by name: percent-encoding does not help."""
    endpoint = _endpoint(Parameter("id", required=True), encoding=Encoding.QUERY, path="/orders/{id}/cancel")

    with pytest.raises(ValueError, match=r"id must be a part of the path /orders/\{id\}/cancel, not "):
        endpoint.encode({"id": part})


@pytest.mark.parametrize("encoding", [Encoding.QUERY, Encoding.FORM, Encoding.JSON, Encoding.JSON_ARRAY])
def test_an_action_goes_with_every_request(encoding: Encoding) -> None:
    """Constant parameters are sent in front of the caller's, and cannot be sent by the caller."""
    endpoint = _endpoint(Parameter("asset"), encoding=encoding, action={"type": "update leverage", "v": "2"})

    _, query, body = endpoint.encode({"asset": "BTC"})

    written = {
        Encoding.QUERY: ("type=update%20leverage&v=2&asset=BTC", None),
        Encoding.FORM: ("", b"type=update%20leverage&v=2&asset=BTC"),
        Encoding.JSON: ("", b'{"type":"update leverage","v":"2","asset":"BTC"}'),
        Encoding.JSON_ARRAY: ("", b'[{"type":"update leverage","v":"2","asset":"BTC"}]'),
    }
    assert (query, body) == written[encoding]
    assert str(endpoint) == "POST /it type=update leverage v=2"
    with pytest.raises(ValueError, match="does not declare a parameter 'type'; it has asset"):
        endpoint.encode({"type": "other"})


def test_an_array_is_the_list() -> None:
    """The one list is the whole body of a JSON_ARRAY, empty where it is left out; the path has the rest."""
    endpoint = _endpoint(
        Parameter("settle", required=True),
        Parameter("orders", Kind.LIST),
        encoding=Encoding.JSON_ARRAY,
        path="/futures/{settle}/batch_orders",
        effect=Effect.KEYED,
    )

    assert endpoint.encode({"settle": "btc", "orders": [{"size": "1"}, "x"]}) == (
        "/futures/btc/batch_orders",
        "",
        b'[{"size":"1"},"x"]',
    )
    assert endpoint.encode({"settle": "btc"})[2] == b"[]"
    with pytest.raises(ValueError, match="does not declare a parameter 'size'; it has settle, orders"):
        endpoint.encode({"settle": "btc", "size": 1})


@pytest.mark.parametrize(
    ("items", "value", "words"),
    [
        (None, Decimal(1), "Decimal is not JSON serializable: within a list, write numbers as texts"),
        (None, float("nan"), "Out of range float"),
        (Kind.DECIMAL, {1, 2}, "set is not JSON serializable: within a list, write texts, numbers, lists and objects"),
        (Kind.DECIMAL, Decimal("NaN"), "NaN within a list is no number"),
        (Kind.NUMBER, Decimal("Infinity"), "Infinity within a list is no number"),
        (Kind.NUMBER, 0.1, "0.1 within a list is a float: write it as a Decimal"),
        (Kind.NUMBER, {1, 2}, "set is not JSON serializable: within a list, write numbers as texts"),
    ],
)
def test_what_json_lacks_is_refused_within_a_list(items: Kind | None, value: object, words: str) -> None:
    """A value that a list would write as something else is refused before it is sent."""
    endpoint = _endpoint(Parameter("list", Kind.LIST, items=items), encoding=Encoding.JSON)

    with pytest.raises(ValueError, match=words):
        endpoint.encode({"list": [{"deep": [value]}]})

"""Messages: requests and answers as the server carries them, refusals, and the log of arrivals."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Self
from urllib.parse import parse_qsl

import attrs
import msgspec
from multidict import CIMultiDict, CIMultiDictProxy

from venuekit.encoding import write_json
from venuekit.endpoint import EndpointName

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def _headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    return CIMultiDictProxy(CIMultiDict(headers))


def _fields(text: str) -> dict[str, str]:
    """Return the fields of a query string or form; of a repeated name, the first value."""
    fields: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        fields.setdefault(name, value)
    return fields


def _read_json(body: bytes) -> Any:
    """Return a body's JSON value with fractions as Decimal, None when it is not JSON."""
    try:
        return json.loads(body, parse_float=Decimal)
    except ValueError:
        return None


@attrs.frozen(kw_only=True)
class SimRequest:
    """
    One request as it arrived.

    ``path`` is the one that was sent (without the simulator's own prefix), ``query`` the raw text after ``?``, ``body``
    the raw bytes, so that the signed payload can be rebuilt byte for byte. ``headers`` are looked up
    case-insensitively. Query, body and headers carry key and signature, so the repr shows verb and path only.

    ``parameters`` holds the query's fields as text, then those of a form body (text) or of a JSON body's object (JSON
    values, fractions as Decimal); for a name in both, the query's value. A handler also finds there what its endpoint
    has in the path (text) or as the list of a JSON array. ``is_malformed`` means that the body claims to be JSON and
    holds no object; ``items`` are those of a body that is a JSON array, None where it is none.
    """

    verb: str
    path: str
    query: str
    body: bytes
    headers: Mapping[str, str]
    query_parameters: Mapping[str, str] = attrs.field(init=False)
    parameters: Mapping[str, Any] = attrs.field(init=False)
    is_malformed: bool = attrs.field(init=False, default=False)
    items: Sequence[Any] | None = attrs.field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        query = _fields(self.query)
        in_body: Mapping[str, Any] = {}
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if self.body and kind == _JSON:
            parsed = _read_json(self.body)
            object.__setattr__(self, "is_malformed", not isinstance(parsed, dict))
            object.__setattr__(self, "items", parsed if isinstance(parsed, list) else None)
            in_body = parsed if isinstance(parsed, dict) else {}
        elif self.body and kind == _FORM:
            in_body = _fields(self.body.decode(errors="replace"))
        object.__setattr__(self, "query_parameters", query)
        object.__setattr__(self, "parameters", {**in_body, **query})

    @classmethod
    def of(
        cls, verb: str, path: str, *, query: str = "", body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Self:
        """Return a request made of plain values."""
        return cls(verb=verb, path=path, query=query, body=body, headers=_headers(headers or {}))

    def with_parameters(self, parameters: Mapping[str, Any], *, is_malformed: bool) -> Self:
        """Return the same request with other parameters, as its endpoint reads them."""
        read = copy.copy(self)
        object.__setattr__(read, "parameters", parameters)
        object.__setattr__(read, "is_malformed", is_malformed)
        return read

    def text(self, name: str) -> str | None:
        """Return a parameter as text (numbers and booleans as JSON writes them), None when it was not sent."""
        value = self.parameters.get(name)
        if value is None or isinstance(value, str):
            return value
        return write_json(value)

    def __repr__(self) -> str:
        return f"SimRequest({self.verb} {self.path})"


@attrs.frozen
class Response:
    """One answer: status, body and headers."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = attrs.field(factory=dict)


class Denied(Exception):
    """Raised by a simulated venue that refuses a request: carries the answer; nothing was applied."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"status {response.status}")
        self.response = response


def encode_json(payload: object) -> bytes:
    """Return compact JSON; a Decimal becomes a JSON number with exactly the digits it prints."""
    return _ENCODER.encode(payload)


def json_response(payload: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer of compact JSON, as of :func:`encode_json`."""
    return Response(status, encode_json(payload), {"Content-Type": _JSON, **(headers or {})})


@attrs.frozen
class DocumentedAnswer:
    """
    An answer that a venue documents for trouble of its own: ``title`` says in one sentence when it gives it.

    ``make`` returns it from the venue's clock in milliseconds. ``executed`` is whether the request was carried out all
    the same, None where the venue says that it may have been.
    """

    title: str
    make: Callable[[int], Response]
    executed: bool | None = False


@attrs.define(kw_only=True)
class Arrival:
    """
    One request that arrived complete.

    ``verb``, ``path`` (the documented one) and ``action`` are the name of its endpoint; of a route that the venue does
    not have, ``path`` is as it was sent. ``parameters`` exclude the signature. ``at`` is in milliseconds on the venue's
    clock. ``applied`` is whether the venue carried the request out (reads too), None while undecided; ``status`` is the
    answer's, None until one is sent. ``disturbances`` are those it met, as Python writes them, the first one outermost.
    ``request`` has everything, key and signature too, and is not shown.
    """

    venue: str
    verb: str
    path: str
    parameters: Mapping[str, Any]
    at: int
    request: SimRequest = attrs.field(repr=False)
    action: tuple[tuple[str, str], ...] = ()
    applied: bool | None = None
    status: int | None = None
    disturbances: tuple[str, ...] = ()

    @property
    def endpoint_name(self) -> EndpointName:
        """The name of the endpoint that it arrived at."""
        return EndpointName(self.verb, self.path, self.action)

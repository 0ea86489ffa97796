"""The facts of a sent request, parsed from its bytes."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

import attrs

from venuekit._util.times import read_iso
from venuekit.encoding import write_json
from venuekit.endpoint import Endpoint, EndpointName, Security
from venuekit.message import HttpRequest
from venuekit.parameters import Kind, Parameter
from venuekit.simulator import Arrival, SimRequest


@attrs.frozen
class Sent:
    """
    The facts of one request; parameters as text, those added by signing apart from the endpoint's own.

    A parameter that holds the key itself is none of them: it names the account, of a read that is not signed, too.

    ``endpoint`` is the name of the endpoint that the simulated venue finds for it.
    """

    endpoint: EndpointName
    security: Security
    parameters: Mapping[str, str]
    added: frozenset[str]

    @classmethod
    def of(
        cls,
        request: HttpRequest,
        arrived: Arrival,
        endpoint: Endpoint[Any],
        *,
        key: str,
        signatures: Collection[str],
        token: str = "",
    ) -> Sent:
        """Parse a request as it arrives; its security follows from the key, the token and the signatures in it."""
        everything = "\n".join((request.url, *request.headers.values(), (request.body or b"").decode()))
        security = Security.KEY if key in everything else Security.NONE
        if token and token in everything:
            security = Security.TOKEN
        if any(signature in everything for signature in signatures):
            security = Security.SIGNED
        return cls(
            arrived.endpoint_name,
            security,
            {name: as_text(value) for name, value in arrived.parameters.items() if name in endpoint.by_name},
            frozenset(
                name
                for name in arrived.parameters.keys() - endpoint.by_name.keys() - endpoint.action.keys()
                if as_text(arrived.parameters[name]) != key
            ),
        )


def as_arrived(request: HttpRequest, base: str) -> SimRequest:
    """Return a request to ``base`` as a simulated venue receives it."""
    path, _, query = request.url.removeprefix(base).partition("?")
    return SimRequest.of(request.verb, path, query=query, body=request.body or b"", headers=request.headers)


def as_text(value: object) -> str:
    """Return a parameter in its query string form: ``true``, plain digits, compact JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    return write_json(value)


def caller_parameters(endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return recorded parameters as a caller passes them: each in its declared type."""
    declared = endpoint.by_name
    return {name: caller_value(declared[name], one) if name in declared else one for name, one in parameters.items()}


def caller_value(parameter: Parameter, value: Any) -> Any:
    """Return a recorded value of a parameter in the type that is declared."""
    kind = parameter.kind
    if kind is Kind.INTEGER:
        return int(as_text(value))
    if kind in {Kind.DECIMAL, Kind.NUMBER}:
        return Decimal(as_text(value))
    if kind is Kind.TIME:
        return read_iso(value)
    if kind is Kind.BOOLEAN:
        return as_text(value) == "true"
    if kind is Kind.LIST and isinstance(value, str):
        return json.loads(value, parse_float=Decimal)
    return value

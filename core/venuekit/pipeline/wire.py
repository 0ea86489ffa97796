"""
The wire of an account: parameters become one string, built once, which is then signed and carried.

Retry, budget, classification and decoding do not know how it does so.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Mapping
from typing import Any
from urllib.parse import quote

import attrs

from venuekit._util.texts import without_frames
from venuekit.credentials import Signer
from venuekit.credentials.redactor import redact_error
from venuekit.endpoint import Encoding, Endpoint, Security
from venuekit.errors import NeverSent, VenuekitError
from venuekit.message import ANSWER_LIMIT, HttpRequest, HttpResponse, Transport
from venuekit.parameters import CHECKS, CheckedValue, Kind
from venuekit.venue import EncodedRequest, SigningScheme, Stamp

#: characters without percent-encoding, so that most values pass without a call of quote
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*").fullmatch
_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

#: kinds whose values are digits, which are never percent-encoded
_DIGITS = frozenset({Kind.INTEGER, Kind.DECIMAL})


@attrs.frozen(eq=False)
class RestWire:
    """The wire over HTTP: one account's key and signer on a transport that many share."""

    base: str
    scheme: SigningScheme
    transport: Transport
    key: str = attrs.field(repr=False)
    signer: Signer = attrs.field(repr=False)

    def encode(self, endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> EncodedRequest:
        """Build query string or body once; raises ``ValueError`` for parameters that the declaration refuses."""
        query, body = encode(endpoint, parameters)
        return EncodedRequest(endpoint.verb, self.base, endpoint.path, query, body, endpoint.answer_limit)

    async def sign(
        self, encoded: EncodedRequest, security: Security, timestamp: int, recv_window: int, nonce: int = 0
    ) -> HttpRequest:
        """
        Return the request as it will be sent: signed at this timestamp (milliseconds), where the endpoint asks for it.

        Raises:
            NeverSent: signer or signing scheme failed. They hold secrets, so nothing of them is part of
                the traceback.
        """
        try:
            if security is Security.SIGNED:
                stamp = Stamp(self.key, timestamp, recv_window, nonce)
                payload = self.scheme.payload(encoded, stamp)
                request = self.scheme.attach_signature(encoded, stamp, payload, await self.signer.sign(payload))
            else:
                request = self.scheme.without_signature(encoded, self.key if security is Security.KEY else None)
            if encoded.answer_limit == ANSWER_LIMIT:
                return request
            return request._replace(answer_limit=encoded.answer_limit)
        except BaseException as error:  # noqa: BLE001 - raised below, without the frames that it comes from
            failure = self._failure(error)
        finally:
            stamp = payload = request = None  # type: ignore[assignment]  # a traceback with variables shows them
        raise failure

    def send(self, request: HttpRequest) -> Awaitable[HttpResponse]:
        """Hand the request to the transport, once."""
        return self.transport.send(request)

    def _failure(self, error: BaseException) -> BaseException:
        """Return the error of a request that could not be made; it holds no frame of it."""
        if isinstance(error, asyncio.CancelledError):
            return asyncio.CancelledError(*error.args)
        if isinstance(error, VenuekitError) or not isinstance(error, Exception):
            return without_frames(error)
        return NeverSent(f"the request could not be signed: {redact_error(error)}")

    @property
    def strays(self) -> int:
        """The number of answers without a request; 0 where the transport does not know."""
        return getattr(self.transport, "strays", 0)

    def distrust(self) -> None:
        """Use no connection of now for another request: one of them brought an answer to another request."""
        distrust = getattr(self.transport, "distrust", None)
        if distrust is not None:
            distrust()


def encode(endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> tuple[str, bytes | None]:
    """
    Return the query string and the body of a request, in the order the caller gave the parameters.

    Raises:
        ValueError: a parameter that is not declared or is missing, or a value that the declaration refuses.
    """
    if not endpoint.required <= parameters.keys():
        missing = ", ".join(sorted(endpoint.required - parameters.keys()))
        raise ValueError(f"{endpoint} needs {missing}")
    declared = endpoint.by_name
    if endpoint.local:
        parameters = _parameters_to_send(endpoint, parameters)
    if endpoint.encoding is Encoding.JSON:
        values = {name: _check_parameter(endpoint, name, value) for name, value in parameters.items()}
        return "", _json(values).encode()
    parts = []
    for name, value in parameters.items():
        parameter = declared.get(name)
        if parameter is None:
            raise _undeclared(endpoint, name)
        kind = parameter.kind
        checked = CHECKS[kind](parameter, value)
        parts.append(f"{name}={checked if kind in _DIGITS else _text(checked)}")
    return "&".join(parts), None


def _parameters_to_send(endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the parameters that are sent; local ones are checked like them, and stay here."""
    for name in endpoint.local & parameters.keys():
        _check_parameter(endpoint, name, parameters[name])
    return {name: value for name, value in parameters.items() if name not in endpoint.local}


def _check_parameter(endpoint: Endpoint[Any], name: str, value: Any) -> CheckedValue:
    parameter = endpoint.by_name.get(name)
    if parameter is None:
        raise _undeclared(endpoint, name)
    return CHECKS[parameter.kind](parameter, value)


def _undeclared(endpoint: Endpoint[Any], name: str) -> ValueError:
    known = ", ".join(endpoint.by_name) or "none"
    return ValueError(f"{endpoint} does not declare a parameter {name!r}; it has {known}")


def _text(value: CheckedValue) -> str:
    if isinstance(value, int):
        return str(value).lower()  # True and False too
    text = value if isinstance(value, str) else _json(value)
    return text if _UNRESERVED(text) else quote(text, safe="")


def _json(value: Any) -> str:
    try:
        return _compact(value)
    except TypeError as error:  # the contents of a list are not declared
        raise ValueError(f"{error}: within a list, write numbers as texts") from None

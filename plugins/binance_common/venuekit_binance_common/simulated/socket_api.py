"""The WebSocket API: requests as messages of one connection, signed each by itself or after a logon."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

import attrs

from venuekit.plugin import KeyKind, Limit, Security
from venuekit.simulator import (
    Denied,
    LedgerChange,
    Response,
    SimKey,
    SimRequest,
    SocketRequest,
    StreamConnection,
    is_signed_by,
    json_response,
)
from venuekit.simulator.ledger import Refused
from venuekit_binance_common.simulated.binance_venue import SimulatedBinance
from venuekit_binance_common.simulated.socket_peer import SocketPeer
from venuekit_binance_common.simulated.stream_terms import StreamTerms
from venuekit_binance_common.venue import LIMITS

Frame = dict[str, Any]

_INTERVALS = {60: ("MINUTE", 1), 10: ("SECOND", 10)}
#: parameters that sign a request, and are none of its route
_SIGNS = frozenset({"apiKey", "signature"})


@attrs.frozen
class Method:
    """A method of the WebSocket API: the verb, the path and the security of its route."""

    verb: str
    path: str
    security: Security = Security.SIGNED


def methods_of(root: str, reads: Mapping[str, str], *, has_algo: bool) -> Mapping[str, Method]:
    """Return the methods of a product by name: its ``reads``, orders, conditional ones where it has them, and keys."""
    verbs = {"place": "POST", "modify": "PUT", "cancel": "DELETE", "status": "GET"}
    methods = {name: Method("GET", path) for name, path in reads.items()}
    methods |= {f"order.{name}": Method(verb, f"{root}/order") for name, verb in verbs.items()}
    if has_algo:
        algo = {"place": "POST", "cancel": "DELETE"}
        methods |= {f"algoOrder.{name}": Method(verb, f"{root}/algoOrder") for name, verb in algo.items()}
    keys = {"start": "POST", "ping": "PUT", "stop": "DELETE"}
    return methods | {
        f"userDataStream.{name}": Method(verb, f"{root}/listenKey", Security.KEY) for name, verb in keys.items()
    }


class SocketApi(SocketPeer):
    """
    One connection to the WebSocket API.

    The text that is signed are the parameters by name in alphabetical order, as they are and not quoted. After
    ``session.logon``, which takes Ed25519 keys alone, requests need neither key nor signature. Answers come as they are
    ready, each with the ``id`` of its request.
    """

    def __init__(
        self, connection: StreamConnection, venue: SimulatedBinance, methods: Mapping[str, Method], terms: StreamTerms
    ) -> None:
        super().__init__(connection, terms)
        self._venue = venue
        self._methods = methods
        self._key: SimKey | None = None
        self._since: int | None = None
        query = dict(parse_qsl(connection.request.query))
        self._shows_limits = query.get("returnRateLimits", "true") != "false"

    def receive(self, text: str) -> None:
        """Carry out a request."""
        try:
            request = json.loads(text)
        except ValueError as error:
            self._send(None, json_response({"code": -1135, "msg": f"Invalid JSON: {error}"}, 400))
            return
        frame: Frame = request if isinstance(request, dict) else {}
        try:
            self._process(frame)
        except Denied as denied:
            self._send(frame, denied.response)
        except Refused as refused:
            asked = self.connection.request
            self._send(frame, self._venue.refuse(refused.refusal, asked, self.connection.now()))

    def _process(self, frame: Frame) -> None:
        name, parameters = frame.get("method"), frame.get("params") or {}
        if not isinstance(parameters, dict):
            raise self._venue.errors.missing("params")
        if isinstance(name, str) and name.startswith("session."):
            self._send(frame, json_response(self._session(name, parameters)))
            return
        method = self._methods.get(str(name))
        if method is None:
            raise Denied(json_response({"code": -1020, "msg": "This operation is not supported."}, 400))
        key = self._key_of(method.security, parameters)
        own = {one: value for one, value in parameters.items() if one not in _SIGNS}
        request = SimRequest.of(
            method.verb, method.path, query=urlencode({one: _text(value) for one, value in own.items()})
        )
        self.connection.carry_out(SocketRequest(request, lambda response: self._send(frame, response), signed_in=key))

    def _key_of(self, security: Security, parameters: Frame) -> SimKey:
        """Return the caller's key: the one of a request that is signed by itself, or that of the session."""
        text = parameters.get("apiKey")
        if text is None and self._key is not None:
            key = self._key
        else:
            key = self._find_key(parameters)
            if security is Security.SIGNED:
                self._check_signature(key, parameters)
        if security is Security.SIGNED:
            self._venue.check_window(self._as_request(parameters), self.connection.now())
        return key

    def _find_key(self, parameters: Frame) -> SimKey:
        key = self.connection.keys.get(str(parameters.get("apiKey")))
        if key is None:
            raise self._venue.errors.denial(-2015 if parameters.get("apiKey") else -2014)
        return key

    def _check_signature(self, key: SimKey, parameters: Frame) -> None:
        for name in ("timestamp", "signature"):
            if not parameters.get(name):
                raise self._venue.errors.missing(name)
        signed = {name: _text(parameters[name]) for name in sorted(parameters) if name != "signature"}
        payload = "&".join(f"{name}={value}" for name, value in signed.items())
        if not is_signed_by(key, payload.encode(), str(parameters["signature"])):
            raise self._venue.errors.denial(-1022)

    def _as_request(self, parameters: Frame) -> SimRequest:
        return SimRequest.of("GET", "", query=urlencode({name: _text(value) for name, value in parameters.items()}))

    # -- the session

    def _session(self, name: str, parameters: Frame) -> Frame:
        """Log on or out, and return the state of the session."""
        if name == "session.logon":
            key = self._find_key(parameters)
            if key.kind is not KeyKind.ED25519:
                words = f"{key.kind.label} API key is not supported."
                raise Denied(json_response({"code": -4056, "msg": words}, 400))
            self._check_signature(key, parameters)
            self._venue.check_window(self._as_request(parameters), self.connection.now())
            self._key, self._since = key, self.connection.now()
        elif name == "session.logout":
            self._key = self._since = None
        elif name != "session.status":
            raise Denied(json_response({"code": -1020, "msg": "This operation is not supported."}, 400))
        return {
            "apiKey": None if self._key is None else self._key.key,
            "authorizedSince": self._since,
            "connectedSince": self.connection.opened_at,
            "returnRateLimits": self._shows_limits,
            "serverTime": self.connection.now(),
        }

    # -- answers

    def _send(self, frame: Frame | None, response: Response) -> None:
        """Send an answer of a route as one of the socket; one that is none of the venue's goes as it is."""
        try:
            body = json.loads(response.body, parse_float=Decimal)
        except ValueError:
            self.connection.answer_bytes(response.body)
            return
        is_error = response.status >= 400
        answer: Frame = {
            "id": None if frame is None else frame.get("id"),
            "status": response.status,
            "error" if is_error else "result": body,
        }
        limits = [row for limit in LIMITS if (row := _limit_row(limit, response.headers))]
        if self._shows_limits and limits:
            answer["rateLimits"] = limits
        self.connection.answer(answer)

    def publish(self, change: LedgerChange) -> None:
        """Push nothing: user streams are connections of their own."""


def _text(value: object) -> str:
    """Return a parameter as it is signed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _limit_row(limit: Limit, headers: Mapping[str, str]) -> Frame | None:
    """Return the usage of a pool as a row, None where an answer has no header about it."""
    used = headers.get(limit.used_header or "")
    if used is None or limit.rate_limit is None or limit.seconds is None:
        return None
    interval, number = _INTERVALS[int(limit.seconds)]
    return {
        "rateLimitType": limit.rate_limit,
        "interval": interval,
        "intervalNum": number,
        "limit": limit.amount,
        "count": int(used),
    }

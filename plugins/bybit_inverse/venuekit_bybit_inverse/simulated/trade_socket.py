"""The trade socket: orders placed, amended and cancelled over one signed connection, many at a time."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from venuekit.plugin import Endpoint
from venuekit.simulator import LedgerChange, Response, SimRequest, SocketRequest, StreamConnection
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.simulated.parameters import CATEGORIES
from venuekit_bybit_inverse.simulated.signed_socket import MALFORMED, SignedSocket

_OPERATIONS: Mapping[object, Endpoint[Any]] = {
    "order.create": BYBIT.CREATE_ORDER,
    "order.amend": BYBIT.AMEND_ORDER,
    "order.cancel": BYBIT.CANCEL_ORDER,
    "order.create-batch": BYBIT.CREATE_BATCH,
    "order.amend-batch": BYBIT.AMEND_BATCH,
    "order.cancel-batch": BYBIT.CANCEL_BATCH,
}
_NOT_SIGNED_IN = (10007, "User not logged in.")
#: of an unknown operation, and of an unknown product
_NO_SUCH_OPERATION = (10404, "")
_REPEATED_ID = (20006, "Duplicate reqId")
_ID_LENGTH = 36
_SIGNED = ("X-BAPI-TIMESTAMP", "X-BAPI-RECV-WINDOW")


class TradeSocket(SignedSocket):
    """
    The trade socket of one connection.

    An order travels as its request does, with the time window in a ``header`` of its own and without a signature; the
    answer has the result as ``data``, and the limits in its ``header``.
    """

    def __init__(self, connection: StreamConnection, name: str) -> None:
        super().__init__(connection, name)
        self._ids: set[str] = set()
        self._traces: Iterator[int] = itertools.count(1)

    def process(self, frame: dict[str, Any]) -> None:
        """Process an ``auth``, a ``ping``, or an order."""
        operation, request_id = frame.get("op"), frame.get("reqId")
        endpoint = _OPERATIONS.get(operation)
        if operation == "ping":
            pong = {"retCode": 0, "retMsg": "OK", "op": "pong", "data": [str(self.connection.now())]}
            self._answer(frame, pong)
        elif operation == "auth":
            self.log_in(frame)
        elif endpoint is None:
            self.refuse(frame, *_NO_SUCH_OPERATION)
        elif self.key is None:
            self.refuse(frame, *_NOT_SIGNED_IN)
        elif request_id is not None and len(str(request_id)) > _ID_LENGTH:
            self.refuse(frame, MALFORMED, "reqId is too long")
        elif request_id is not None and str(request_id) in self._ids:
            self.refuse(frame, *_REPEATED_ID)
        else:
            self._ids |= set() if request_id is None else {str(request_id)}
            self._order(frame, endpoint)

    def _order(self, frame: dict[str, Any], endpoint: Endpoint[Any]) -> None:
        arguments, header = frame.get("args"), frame.get("header")
        if not (isinstance(arguments, list) and len(arguments) == 1 and isinstance(arguments[0], dict)):
            self.refuse(frame, MALFORMED, "params error: args invalid")
            return
        if not isinstance(header, dict) or _SIGNED[0] not in header:
            self.refuse(frame, MALFORMED, f"params error: {_SIGNED[0]} is required")
            return
        if arguments[0].get("category") not in CATEGORIES:
            self.refuse(frame, *_NO_SUCH_OPERATION)
            return
        headers = {name: str(header[name]) for name in _SIGNED if name in header}
        request = SimRequest.of(
            endpoint.verb,
            endpoint.path,
            body=json.dumps(arguments[0]).encode(),
            headers={"Content-Type": "application/json", **headers},
        )
        # the limit of an address is one of HTTP
        self.connection.carry_out(
            SocketRequest(
                request, lambda response: self._deliver(frame, response), signed_in=self.key, counts_for_address=False
            )
        )

    def _deliver(self, frame: dict[str, Any], response: Response) -> None:
        """Send the answer of a route as one of the socket; an answer that is not the venue's own goes as it is."""
        try:
            body = json.loads(response.body)
            outcome = {"retCode": body["retCode"], "retMsg": body["retMsg"]}
        except (ValueError, TypeError, LookupError):
            self.connection.answer_bytes(response.body)
            return
        limits = {name: value for name, value in response.headers.items() if name.startswith("X-Bapi-")}
        now = self.connection.now()
        trace = {"Traceid": f"{next(self._traces):032x}", "Timenow": str(now)}
        rest = {"data": body.get("result", {}), "retExtInfo": body.get("retExtInfo", {})}
        self._answer(frame, {**outcome, "op": frame["op"], **rest, "header": {**limits, **trace}})

    def accept(self, frame: dict[str, Any]) -> None:
        """Acknowledge a login."""
        self._answer(frame, {"retCode": 0, "retMsg": "OK", "op": frame["op"]})

    def refuse(self, frame: dict[str, Any], code: int, words: str) -> None:
        """Refuse an operation before it reaches its route."""
        self._answer(frame, {"retCode": code, "retMsg": words, "op": str(frame.get("op", ""))})

    def _answer(self, frame: dict[str, Any], reply: dict[str, Any]) -> None:
        asked = {} if frame.get("reqId") is None else {"reqId": str(frame["reqId"])}
        self.connection.answer({**asked, **reply, "connId": self.name})

    def publish(self, change: LedgerChange) -> None:
        """Push nothing: what becomes of an order is told by the private stream."""

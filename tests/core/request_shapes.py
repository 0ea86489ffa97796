"""A made-up venue on the toy venue's ground whose requests have every shape that the toy's own do not have."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs

from venuekit.plugin import (
    AbsenceProof,
    Absent,
    Account,
    Applied,
    Call,
    Changing,
    Effect,
    EncodedRequest,
    Encoding,
    Endpoint,
    HttpRequest,
    Kind,
    Lost,
    Parameter,
    Reading,
    Resolution,
    Role,
    Security,
    Stamp,
    Venue,
    WriteScope,
    payload_decoder,
)
from venuekit.simulator import Denied, Handler, SimKey, SimRequest, SimulatedVenue, Visit, json_response
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.payloads import CollateralRow, LeverageRow, SettingsRow
from venuekit_toy_perp.simulated import SimulatedToy

CONTRACT = Parameter("contract", required=True, role=Role.SYMBOL)
_WEIGHT = {"weight": None}


async def _read_leverage(call: Call, lost: Lost) -> Reading[LeverageRow]:
    (row,) = await call(SETTINGS, contract=lost.parameters["contract"])
    leverage = Decimal(lost.parameters["leverage"])
    return Reading(row.leverage, row.leverage == leverage, LeverageRow(row.contract, row.leverage))


async def _find_collateral(call: Call, lost: Lost) -> Resolution[CollateralRow]:
    rows = await call(HISTORY, contract=lost.parameters["contract"])
    fitting = [row for row in rows if row.amount == lost.parameters["amount"] and row.id not in lost.claimed]
    return Applied(fitting[0], claims=fitting[0].id) if fitting else Absent("no such change")


#: a read by POST, one of several behind one path; a form
SETTINGS = Endpoint(
    "POST",
    "/info",
    decode=payload_decoder(tuple[SettingsRow, ...], within=("settings",)),
    parameters=(CONTRACT,),
    action={"type": "settings"},
    encoding=Encoding.FORM,
    pools=_WEIGHT,
    effect=Effect.READ,
    note="Reads are posted here, and change nothing.",
)
HISTORY = Endpoint(
    "POST",
    "/info",
    decode=payload_decoder(tuple[CollateralRow, ...], within=("changes",)),
    parameters=(CONTRACT,),
    action={"type": "history"},
    encoding=Encoding.FORM,
    pools=_WEIGHT,
    effect=Effect.READ,
    note="Reads are posted here, and change nothing.",
)
#: a JSON number, and the contract in the path
SET_LEVERAGE = Endpoint(
    "POST",
    "/contracts/{contract}/leverage",
    decode=Changing(payload_decoder(LeverageRow)),
    parameters=(CONTRACT, Parameter("leverage", Kind.NUMBER, required=True, role=Role.LEVERAGE)),
    encoding=Encoding.JSON,
    pools=_WEIGHT,
    effect=Effect.SET,
    write_scope=WriteScope.SYMBOL,
    readback=_read_leverage,
)
#: a path beside it whose last part is fixed
BEST = Endpoint(
    "POST",
    "/contracts/{contract}/best",
    decode=Changing(payload_decoder(LeverageRow)),
    parameters=(CONTRACT,),
    encoding=Encoding.JSON,
    pools=_WEIGHT,
    effect=Effect.SET,
    write_scope=WriteScope.SYMBOL,
    note="Sets a leverage of 9 and cannot be read back.",
)
#: a JSON array of objects with JSON numbers
SET_MANY = Endpoint(
    "POST",
    "/many",
    decode=Changing(payload_decoder(tuple[LeverageRow, ...])),
    parameters=(Parameter("changes", Kind.LIST, required=True, items=Kind.NUMBER),),
    encoding=Encoding.JSON_ARRAY,
    pools=_WEIGHT,
    effect=Effect.SET,
    write_scope=WriteScope.ACCOUNT,
    note="Sets several at once and cannot be read back.",
)
#: writes behind one path, wrapped by the signing scheme; the second of them is what the first is, and a bit more
ADD = Endpoint(
    "POST",
    "/exchange",
    decode=payload_decoder(CollateralRow),
    parameters=(CONTRACT, Parameter("amount", Kind.NUMBER, required=True, role=Role.AMOUNT)),
    action={"type": "add"},
    encoding=Encoding.JSON,
    pools=_WEIGHT,
    effect=Effect.DELTA,
    write_scope=WriteScope.SYMBOL,
    claims=lambda row: row.id,
    resolve=_find_collateral,
    absence_proof=AbsenceProof(after=timedelta(seconds=1)),
)
ADD_TWICE = attrs.evolve(ADD, action={"type": "add", "times": "2"})


class ShapesSigning:
    """Headers sign verb, path, query and body; what is sent to ``/exchange`` is wrapped with its time."""

    def payload(self, encoded: EncodedRequest, stamp: Stamp) -> bytes:
        """Return the exact bytes to sign."""
        head = f"{stamp.timestamp} {stamp.recv_window} {encoded.verb} {encoded.path}?{encoded.query} "
        return head.encode() + _body(encoded, stamp.timestamp)

    def attach_signature(self, encoded: EncodedRequest, stamp: Stamp, payload: bytes, signature: bytes) -> HttpRequest:
        """Return the request with its signature."""
        times = {"X-Time": str(stamp.timestamp), "X-Window": str(stamp.recv_window), "X-Sign": signature.hex()}
        return self._request(encoded, {"X-Key": stamp.key, **times}, _body(encoded, stamp.timestamp))

    def without_signature(self, encoded: EncodedRequest, stamp: Stamp | None) -> HttpRequest:
        """Return a request that needs no signature."""
        return self._request(encoded, {} if stamp is None else {"X-Key": stamp.key}, encoded.body or b"")

    def _request(self, encoded: EncodedRequest, headers: Mapping[str, str], body: bytes) -> HttpRequest:
        url = f"{encoded.base}{encoded.path}" + (f"?{encoded.query}" if encoded.query else "")
        if encoded.content_type is None:
            return HttpRequest(encoded.verb, url, headers)
        return HttpRequest(encoded.verb, url, {**headers, "Content-Type": encoded.content_type}, body)


def _body(encoded: EncodedRequest, timestamp: int) -> bytes:
    body = encoded.body or b""
    return b'{"action":%b,"time":%d}' % (body, timestamp) if encoded.path == "/exchange" else body


class SimulatedShapes(SimulatedToy):
    """The toy's ledger behind requests of other shapes."""

    signature_parameters = frozenset({"time"})

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        mine = super().handlers()
        return {
            TOY.SERVER_TIME: mine[TOY.SERVER_TIME],
            SETTINGS: mine[TOY.SETTINGS],
            HISTORY: mine[TOY.COLLATERAL_HISTORY],
            SET_LEVERAGE: mine[TOY.SET_LEVERAGE],
            BEST: lambda request, visit: _leverage(visit, request.parameters["contract"], Decimal(9)),
            SET_MANY: _set_many,
            ADD: mine[TOY.ADD_COLLATERAL],
            ADD_TWICE: mine[TOY.ADD_COLLATERAL],
        }

    def parameters_of(self, request: SimRequest) -> Mapping[str, Any]:
        """Return the wrapped parameters beside those that wrap them."""
        action = request.parameters.get("action")
        return request.parameters if not isinstance(action, dict) else {**action, "time": request.parameters["time"]}

    def authenticate(
        self, request: SimRequest, security: Security, keys: Mapping[str, SimKey], milliseconds: int
    ) -> SimKey:
        """Check key, signature and window."""
        headers = request.headers
        key = keys[headers["X-Key"]]
        if security is Security.SIGNED:
            head = f"{headers['X-Time']} {headers['X-Window']} {request.verb} {request.path}?{request.query} "
            signature = hmac.new(key.secret.encode(), head.encode() + request.body, hashlib.sha256).hexdigest()
            if signature != headers["X-Sign"]:
                raise Denied(json_response({"error": {"code": 1002, "message": "the signature does not fit"}}, 401))
            self.recheck(request, milliseconds)
        return key

    def recheck(self, request: SimRequest, milliseconds: int) -> None:
        """Check time and window."""
        if not int(request.headers["X-Time"]) + int(request.headers["X-Window"]) >= milliseconds:
            raise Denied(json_response({"error": {"code": 1003, "message": "time is outside the window"}}, 400))


def _leverage(visit: Visit, contract: str, leverage: Decimal) -> object:
    visit.ledger.set_leverage(contract, leverage)
    return {"contract": contract, "leverage": leverage}


def _set_many(request: SimRequest, visit: Visit) -> object:
    changes = request.parameters["changes"]
    if json.loads(request.body, parse_float=Decimal) != changes:
        raise Denied(json_response({"error": {"code": 1006, "message": "the body is not the list"}}, 400))
    return [_leverage(visit, change["contract"], Decimal(change["leverage"])) for change in changes]


def _simulated() -> SimulatedVenue:
    return SimulatedShapes()


ENDPOINTS = (SETTINGS, HISTORY, SET_LEVERAGE, BEST, SET_MANY, ADD, ADD_TWICE)

SHAPES: Venue[Account] = Venue(
    id="shapes_perp",
    title="Shapes Perpetuals",
    account=Account,
    environments=TOY_PERP.environments,
    limits=TOY_PERP.limits,
    signing=ShapesSigning(),
    answers=TOY_PERP.answers,
    faults=TOY_PERP.faults,
    server_time=TOY.SERVER_TIME,
    endpoints=(TOY.SERVER_TIME, *ENDPOINTS),
    simulated=_simulated,
)

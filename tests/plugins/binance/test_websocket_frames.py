"""The messages of the WebSocket API, as the venue documents them: requests and their signatures, and every answer."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from venuekit.credentials import HmacSigner, Secret
from venuekit.endpoint import Security
from venuekit.message import HttpResponse
from venuekit.signing import Stamp
from venuekit.socket_declaration import SocketCall, SocketNotice
from venuekit_binance_coinm.venue import VENUE as COINM
from venuekit_binance_usdm.venue import VENUE as USDM

DOCUMENTED = json.loads(Path(__file__).with_name("documented_socket_answers.json").read_text(encoding="utf-8"))
VENUES = {USDM.id: USDM, COINM.id: COINM}
METHODS = [
    pytest.param(venue, one, id=f"{venue.id}-{one.websocket_method}")
    for venue in VENUES.values()
    for one in venue.endpoints
    if one.websocket_method is not None
]
#: the key of the documentation's examples, and the order that it signs there
KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
ORDER: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01000000",
    "price": "52000.00",
}
STAMP = Stamp(KEY, 1645423376532, 100)


def form() -> Any:
    """Return the form of messages."""
    assert USDM.socket_api is not None
    return USDM.socket_api.form


def fields(document: Any) -> dict[str, bytes]:
    """Return the fields of a message as the wire hands them on."""
    raw = msgspec.json.decode(json.dumps(document).encode(), type=dict[str, msgspec.Raw])
    return {name: bytes(value) for name, value in raw.items() if name != "id"}


@pytest.mark.parametrize(("venue", "endpoint"), METHODS)
def test_each_documented_answer_is_read(venue: Any, endpoint: Any) -> None:
    """Status, result and rows of limits are those of the frame; the endpoint's decoder reads the result."""
    frame = DOCUMENTED[venue.id][endpoint.websocket_method]

    response = form().read(fields(frame))

    assert (response.status, json.loads(response.body)) == (frame["status"], frame["result"])
    assert json.loads(response.rate_limits or b"[]") == frame.get("rateLimits", [])
    assert venue.answers(response) is None
    assert endpoint.decode(response.body) is not None or endpoint.websocket_method == "userDataStream.stop"


@pytest.mark.parametrize(("venue", "endpoint"), METHODS)
def test_each_method_is_documented(venue: Any, endpoint: Any) -> None:
    """No endpoint names a method without an example of its answer."""
    assert endpoint.websocket_method in DOCUMENTED[venue.id]


def test_a_refusal_is_that_of_http() -> None:
    """The error of a frame is the body of a refusal, with its status."""
    frame = {"id": "1", "status": 400, "error": {"code": -2010, "msg": "Account has insufficient balance."}}

    response = form().read(fields(frame))

    assert (response.status, json.loads(response.body)) == (400, frame["error"])
    refusal = USDM.answers(response)
    assert refusal is not None
    assert (refusal.code, refusal.message) == (-2010, "Account has insufficient balance.")


@pytest.mark.parametrize("frame", [{"status": 200}, {"result": {}}, {"status": "ok", "result": {}}])
def test_a_message_in_another_form_is_no_answer(frame: Any) -> None:
    """It is refused, and the request has no answer."""
    with pytest.raises((LookupError, ValueError)):
        form().read(fields(frame))


@pytest.mark.parametrize("rows", [b"[]", b"{}", b"[{]"])
def test_rows_of_limits_are_handed_on_as_they_are_written(rows: bytes) -> None:
    """The answer beside them is read whatever they are."""
    answer = {"status": b"200", "result": b"{}", "rateLimits": rows}

    assert form().read(answer) == HttpResponse(200, {}, b"{}", rows)


def test_a_message_without_an_id_ends_the_session() -> None:
    """As the venue sends it when a key is revoked."""
    revoked = {"id": None, "status": 401, "error": {"code": -2015, "msg": "Invalid API-key, IP, or permissions."}}

    assert form().notice(fields(revoked)) is SocketNotice.END


async def test_the_documented_order_is_signed_so() -> None:
    """Vector 7: all parameters with the key among them, by name, are what is signed."""
    call = SocketCall("order.place", {**ORDER, "newOrderRespType": "ACK"}, Security.SIGNED)
    message = form().fill(call, STAMP, is_logged_on=False)

    form().attach_signature(message, await HmacSigner(Secret(SECRET)).sign(form().payload(message)))

    assert message == {
        "method": "order.place",
        "params": {
            **ORDER,
            "newOrderRespType": "ACK",
            "apiKey": KEY,
            "recvWindow": 100,
            "timestamp": 1645423376532,
            "signature": "cc15477742bd704c29492d96c7ead9414dfd8e0ec4a00f947bb5bb454ddbd08a",
        },
    }


def test_an_ed25519_signature_comes_out() -> None:
    """With the first key of RFC 8032 and the documented payload; it is written in base64, and not quoted."""
    key = "4yNzx3yWC5bS6YTwEkSRaC0nRmSQIIStAUOh1b6kqaBrTLIhjCpI5lJH8q8R8WNO"
    call = SocketCall("order.place", ORDER, Security.SIGNED)
    message = form().fill(call, STAMP._replace(key=key), is_logged_on=False)
    private = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )

    form().attach_signature(message, private.sign(form().payload(message)))

    assert message["params"]["signature"] == (
        "Ws+5m/CMnpkko0uBFxGTZ2+fjqqBXsUjRiaz173fPhXTkhoDBYNZ6wcYNeWItdrGn1pvG7vkwx2fhmJdAZ3KDQ=="
    )


def test_after_a_logon_the_key_is_left_out_and_the_time_is_not() -> None:
    """The logon itself carries the key; a request of the listen key carries no time."""
    call = SocketCall("order.place", {"symbol": "BTCUSDT", "reduceOnly": True, "orderId": 7}, Security.SIGNED)
    assert form().fill(call, STAMP, is_logged_on=True)["params"] == {
        "symbol": "BTCUSDT",
        "reduceOnly": "true",
        "orderId": 7,
        "recvWindow": 100,
        "timestamp": 1645423376532,
    }
    start = SocketCall("userDataStream.start", {}, Security.KEY)
    assert form().fill(start, STAMP, is_logged_on=False)["params"] == {"apiKey": KEY}
    assert form().fill(start, STAMP, is_logged_on=True)["params"] == {}
    assert USDM.socket_api is not None
    assert USDM.socket_api.logon is not None
    assert USDM.socket_api.logon.message(STAMP) == {
        "method": "session.logon",
        "params": {"apiKey": KEY, "recvWindow": 100, "timestamp": 1645423376532},
    }


def test_values_travel_as_they_are_documented() -> None:
    """Whole numbers are numbers, decimals texts without an exponent, lists compact JSON."""
    place = next(one for one in USDM.endpoints if one.websocket_method == "order.place")
    values = place.check_values(
        {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "quantity": Decimal("1E-3"),
            "newClientOrderId": "mine",
            "goodTillDate": 1700000000000,
        }
    )
    call = SocketCall("order.place", {**values, "list": ["a", 1]}, Security.SIGNED)

    params = form().fill(call, STAMP, is_logged_on=True)["params"]

    assert (params["quantity"], params["goodTillDate"], params["list"]) == ("0.001", 1700000000000, '["a",1]')


def test_parameters_are_checked_as_over_http() -> None:
    """A missing one, an undeclared one and a wrong one are refused before anything is sent, in the same words."""
    cancel = next(one for one in USDM.endpoints if one.websocket_method == "algoOrder.cancel")
    place = next(one for one in USDM.endpoints if one.websocket_method == "order.place")
    assert cancel.check_values({"algoId": 7, "symbol": "BTCUSDT"}) == {"algoId": 7}  # which is local
    for given in ({}, {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "nonsense": 1}, {"symbol": 7}):
        words = []
        for check in (place.check_values, place.encode):
            with pytest.raises(ValueError, match=r".") as caught:
                check(given)
            words.append(str(caught.value))
        assert words[0] == words[1]


def test_nothing_shows_the_values_of_a_request() -> None:
    """They may hold a listen key."""
    call = SocketCall("userDataStream.ping", {"listenKey": "k3y"}, Security.KEY)

    assert repr(call) == "SocketCall(userDataStream.ping)"
    with pytest.raises(TypeError, match="cannot be pickled"):
        call.__reduce_ex__(4)

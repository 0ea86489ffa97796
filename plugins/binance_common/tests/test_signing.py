"""The signing scheme: published and recomputed vectors, byte for byte."""

from __future__ import annotations

from base64 import b64decode, b64encode
from urllib.parse import quote, unquote

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_public_key

from venuekit.credentials import HmacSigner, Secret, make_signer
from venuekit.endpoint import Effect, Endpoint
from venuekit.key_kinds import KeyKind
from venuekit.parameters import Kind, Parameter
from venuekit.signing import EncodedRequest, Stamp
from venuekit.simulator.key_pairs import make_key_pair
from venuekit_binance_common.venue import QuerySigning

FUTURES = (
    "dbefbc809e3e83c283a984c3a1459732ea7db1360ca80c5c2c8867408d28cc83",
    "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9",
)
SPOT = (
    "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
    "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j",
)
ORDER = "symbol={symbol}&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC"
LTC = "symbol={symbol}&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
DIGITS = "%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96"
HEAD, TAIL = "symbol={symbol}&side=BUY&type=LIMIT&timeInForce=GTC", "quantity=1&price=9000"


def encoded(query: str, body: str | None = None) -> EncodedRequest:
    return EncodedRequest(
        "POST", "https://example.test", "/fapi/v1/order", query, None if body is None else body.encode()
    )


@pytest.mark.parametrize(
    ("keys", "query", "body", "timestamp", "signature"),
    [
        pytest.param(
            FUTURES,
            ORDER.format(symbol="BTCUSDT"),
            None,
            1591702613943,
            "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9",
            id="1",
        ),
        pytest.param(
            FUTURES,
            HEAD.format(symbol="BTCUSDT"),
            TAIL,
            1591702613943,
            "30baaf0fab549bbeda7f5ef201898b34122da25fd23c646cac2c529aebe670a4",
            id="2",
        ),
        pytest.param(
            FUTURES,
            ORDER.format(symbol="BTCUSD_200925"),
            None,
            1591702613943,
            "04c8b9fbd55285a38fd6a3fc40ba3a7d114f22564dab61611bf24f2d2efb890f",
            id="3",
        ),
        pytest.param(
            FUTURES,
            HEAD.format(symbol="BTCUSD_200925"),
            TAIL,
            1591702613943,
            "35396865572e96da34b827284c33a2ba2ea2d013051ee4c41df844e958074952",
            id="4",
        ),
        pytest.param(
            SPOT,
            LTC.format(symbol="LTCBTC"),
            None,
            1499827319559,
            "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
            id="5",
        ),
        pytest.param(
            SPOT,
            LTC.format(symbol=DIGITS),
            None,
            1499827319559,
            "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3",
            id="6",
        ),
    ],
)
async def test_vectors_come_out(
    keys: tuple[str, str], query: str, body: str | None, timestamp: int, signature: str
) -> None:
    """Query and body are signed as one text, and what is sent is that text with the signature behind it."""
    scheme, stamp, sketch = QuerySigning(), Stamp(keys[0], timestamp, 5000), encoded(query, body)

    payload = scheme.payload(sketch, stamp)
    made = await HmacSigner(Secret(keys[1])).sign(payload)
    request = scheme.attach_signature(sketch, stamp, payload, made)

    assert made.hex() == signature
    assert request.headers["X-MBX-APIKEY"] == keys[0]
    sent = request.url.partition("?")[2] + (request.body or b"").decode()
    assert sent == f"{payload.decode()}&signature={signature}"
    assert (request.body is None) is (body is None)


async def test_vector_of_the_websocket_api_comes_out() -> None:
    """Vector 7: the WebSocket API signs all parameters, sorted by name; the signer is the same."""
    parameters = {
        "type": "LIMIT",
        "apiKey": SPOT[0],
        "newOrderRespType": "ACK",
        "price": "52000.00",
        "quantity": "0.01000000",
        "recvWindow": "100",
        "side": "SELL",
        "symbol": "BTCUSDT",
        "timeInForce": "GTC",
        "timestamp": "1645423376532",
    }
    payload = "&".join(f"{name}={parameters[name]}" for name in sorted(parameters))

    signature = await HmacSigner(Secret(SPOT[1])).sign(payload.encode())

    assert signature.hex() == "cc15477742bd704c29492d96c7ead9414dfd8e0ec4a00f947bb5bb454ddbd08a"


async def test_vectors_of_ed25519_come_out() -> None:
    """
    The payloads of the WebSocket API and of vector 3, signed with the first key of RFC 8032.

    The venue publishes no private key; the first signature is that of an independent test suite, too.
    """
    key = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )
    signer = make_signer(Secret(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()))
    websocket = (
        "apiKey=4yNzx3yWC5bS6YTwEkSRaC0nRmSQIIStAUOh1b6kqaBrTLIhjCpI5lJH8q8R8WNO&price=52000.00&quantity=0.01000000"
        "&recvWindow=100&side=SELL&symbol=BTCUSDT&timeInForce=GTC&timestamp=1645423376532&type=LIMIT"
    )
    scheme, stamp = QuerySigning(), Stamp(FUTURES[0], 1591702613943, 5000)
    sketch = encoded(ORDER.format(symbol="BTCUSD_200925"))
    payload = scheme.payload(sketch, stamp)

    assert b64encode(await signer.sign(websocket.encode())).decode() == (
        "Ws+5m/CMnpkko0uBFxGTZ2+fjqqBXsUjRiaz173fPhXTkhoDBYNZ6wcYNeWItdrGn1pvG7vkwx2fhmJdAZ3KDQ=="
    )
    request = scheme.attach_signature(sketch, stamp, payload, await signer.sign(payload))
    assert request.url.partition("&signature=")[2] == quote(
        "/b1dttYYZead7FL4D+QGHo7DGtES7FyO8zijrJ3XPfmwV/PJ7YyoIQ+b5HsowSMCOLendLpHOeIuO+Of1P3vDw==", safe=""
    )


async def test_signature_of_rsa_is_verified_by_its_public_half() -> None:
    """It travels as percent-encoded base64, the last parameter of query or body; the venue publishes no vector."""
    private, public = make_key_pair(KeyKind.RSA, "binance")
    key, signer = load_pem_public_key(public.encode()), make_signer(Secret(private))
    assert isinstance(key, RSAPublicKey)
    scheme, stamp = QuerySigning(), Stamp(FUTURES[0], 1591702613943, 5000)
    for sketch in (encoded(ORDER.format(symbol="BTCUSDT")), encoded(HEAD.format(symbol="BTCUSDT"), TAIL)):
        payload = scheme.payload(sketch, stamp)
        request = scheme.attach_signature(sketch, stamp, payload, await signer.sign(payload))
        sent = request.body.decode() if request.body else request.url
        written = sent.rpartition("&signature=")[2]
        assert set(written) & set("+/=") == set()
        key.verify(b64decode(unquote(written), validate=True), payload, PKCS1v15(), SHA256())


def test_symbols_are_encoded_before_they_are_signed() -> None:
    """A symbol outside ASCII reaches the signature percent-encoded, as vector 6 wants it."""
    endpoint = Endpoint("POST", "/x", decode=bytes, parameters=(Parameter("symbol", Kind.TEXT),), effect=Effect.DELTA)

    _, query, _ = endpoint.encode({"symbol": "１２３４５６"})

    assert query == f"symbol={DIGITS}"


def test_request_without_parameters_carries_window_timestamp_and_signature_alone() -> None:
    """No stray separator stands where the parameters would be."""
    scheme, stamp, sketch = QuerySigning(), Stamp("k", 1, 5000), encoded("")

    payload = scheme.payload(sketch, stamp)
    request = scheme.attach_signature(sketch, stamp, payload, b"\xab" * 32)

    assert request.url == f"https://example.test/fapi/v1/order?recvWindow=5000&timestamp=1&signature={'ab' * 32}"


def test_signature_in_base64_is_percent_encoded() -> None:
    """What RSA and Ed25519 give would not survive a query string as it is."""
    scheme, stamp, sketch = QuerySigning(), Stamp("k", 1, 5000), encoded("a=1")

    request = scheme.attach_signature(sketch, stamp, scheme.payload(sketch, stamp), b"\xfb\xef\xbf\xff" * 16)

    assert request.url.endswith("%3D%3D")
    assert "&signature=%2B%2B%2B%2F" in request.url


def test_public_request_carries_nothing_that_was_not_asked_for() -> None:
    """Without a key there is no header, without parameters no question mark."""
    request = QuerySigning().without_signature(encoded(""), None)

    assert request.url == "https://example.test/fapi/v1/order"
    assert dict(request.headers) == {}
    assert QuerySigning().without_signature(encoded("a=1"), Stamp("k", 1, 5000)).headers == {"X-MBX-APIKEY": "k"}

"""Signatures: the published and recomputed vectors, and where they travel."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from venuekit.credentials import HmacSigner, Secret, make_signer
from venuekit.key_kinds import KeyKind
from venuekit.signing import EncodedRequest, Stamp
from venuekit.simulator.key_pairs import make_key_pair
from venuekit.stream_declaration import SignedSession
from venuekit_bybit_inverse.signing import BybitSigning, websocket_payload
from venuekit_bybit_inverse.stream_session import STREAM

SCHEME = BybitSigning()
NAUTILUS = (Stamp("test_api_key", 1700000000000, 5000), "test_secret")
FEED = b"\xfe\xed" * 16
OURS = (Stamp("demoKey123", 1761955200000, 5000), "demoSecret456")


def encoded(query: str = "", body: bytes | None = None) -> EncodedRequest:
    """A request as the pipeline hands it over."""
    verb = "GET" if body is None else "POST"
    return EncodedRequest(verb, "https://api.bybit.com", "/v5/some/path", query, body)


@pytest.mark.parametrize(
    ("who", "request_", "expected"),
    [
        pytest.param(
            NAUTILUS,
            encoded("category=linear&symbol=BTCUSDT"),
            "fd4f31228a46109dc6673062328693696df9a96c7ff04e6491a45e7f63a0fdd7",
            id="C",
        ),
        pytest.param(
            NAUTILUS,
            encoded(body=b'{"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "test-order-1"}'),
            "2df4a0603d69c08d5dea29ba85b46eb7db64ce9e9ebd34a7802a3d69700cb2a1",
            id="D",
        ),
        pytest.param(OURS, encoded(), "f3061a398e9ee0b905861d2601a8eb764c1b1bc9a90be19645fc813084028899", id="F"),
        pytest.param(
            OURS,
            encoded("category=inverse&symbol=BTCUSD"),
            "89b41a93b9f37405ac8fa7b66e55bfcfd6232d40f57bd5af3590a367760826aa",
            id="G",
        ),
        pytest.param(
            OURS,
            encoded(body=b'{"category":"inverse","symbol":"BTCUSD","buyLeverage":"10","sellLeverage":"10"}'),
            "1f609ba6ea2c2e8e388eff594e6f2fe7307323e4cd7052b5b34c804358a88e32",
            id="H",
        ),
    ],
)
async def test_payload_and_signature_match_the_vectors(
    who: tuple[Stamp, str], request_: EncodedRequest, expected: str
) -> None:
    """Timestamp, key, receive window and what is sent, signed by HMAC-SHA256, give the known signature."""
    stamp, secret = who
    assert await HmacSigner(Secret(secret)).sign(SCHEME.payload(request_, stamp)) == bytes.fromhex(expected)


@pytest.mark.parametrize(
    ("secret", "expires", "expected"),
    [
        ("test_secret", 1700000000000, "bacffe7500499eb829bb58c45d36d1b3e5ac67c14eaeba91df5e99ccee013925"),
        ("demoSecret456", 1761955210000, "b544ad1fa932c56710596c15e3ac8cb5016d4dc189252744f2d18ab9e34fb6fc"),
    ],
    ids=["E", "I"],
)
async def test_websocket_authentication_matches_the_vectors(secret: str, expires: int, expected: str) -> None:
    """What authenticates a WebSocket is the literal text and the expiry, signed the same way."""
    assert await HmacSigner(Secret(secret)).sign(websocket_payload(expires)) == bytes.fromhex(expected)


async def test_signature_of_rsa_is_verified_by_its_public_half() -> None:
    """The header has it in base64, of a read, a write and a WebSocket's text alike; the venue publishes no vector."""
    private, public = make_key_pair(KeyKind.RSA, "bybit")
    key, signer = load_pem_public_key(public.encode()), make_signer(Secret(private))
    assert isinstance(key, RSAPublicKey)
    for sketch in (encoded("category=inverse&symbol=BTCUSD"), encoded(body=b'{"mode":0}')):
        payload = SCHEME.payload(sketch, OURS[0])
        request = SCHEME.attach_signature(sketch, OURS[0], payload, await signer.sign(payload))
        key.verify(b64decode(request.headers["X-BAPI-SIGN"], validate=True), payload, PKCS1v15(), SHA256())
        assert request.headers["X-BAPI-SIGN-TYPE"] == "2"
    key.verify(await signer.sign(websocket_payload(1)), b"GET/realtime1", PKCS1v15(), SHA256())


async def test_signer_matches_the_only_official_vector_with_a_secret() -> None:
    """The retired V2 example proves that the signature is HMAC-SHA256 in lower-case hex."""
    message = (
        b"api_key=B2Rou0PLPpGqcU0Vu2&side=Buy&symbol=BTCUSD&qty=100&price=3001.5&time_in_force=GoodTillCancel"
        b"&order_type=Limit&reduce_only=true&timestamp=1542434791000"
    )
    signer = HmacSigner(Secret("t7T0YlFnYXk0Fx3JswQsDrViLg1Gh3DUU5Mr"))
    signature = await signer.sign(message)
    assert signature.hex() == "52a6a6fc4da6d395baa8daccd21eb903eb47c19c03112cc2c80b005f2d181aef"


def test_signed_read_carries_its_query_as_signed() -> None:
    """The query of a GET is sent byte for byte, without a body, and the signature travels in headers."""
    request = SCHEME.attach_signature(encoded("cursor=page_args%3D200"), OURS[0], b"", FEED)
    assert request.url == "https://api.bybit.com/v5/some/path?cursor=page_args%3D200"
    assert request.body is None
    assert request.headers == {
        "X-BAPI-API-KEY": "demoKey123",
        "X-BAPI-TIMESTAMP": "1761955200000",
        "X-BAPI-RECV-WINDOW": "5000",
        "X-BAPI-SIGN": FEED.hex(),
        "X-BAPI-SIGN-TYPE": "2",
    }


@pytest.mark.parametrize(("body", "sent"), [(b'{"mode":0}', b'{"mode":0}'), (b"", b"{}")])
def test_signed_write_carries_its_body_as_signed(body: bytes, sent: bytes) -> None:
    """The body of a POST is what was signed; one without parameters signs and sends an empty object."""
    request = SCHEME.attach_signature(encoded(body=body), OURS[0], b"", FEED)
    assert request.body == sent
    assert request.headers["Content-Type"] == "application/json"
    assert SCHEME.payload(encoded(body=body), OURS[0]).endswith(b"5000" + sent)


def test_unsigned_request_carries_nothing_of_the_account() -> None:
    """A public read has no headers of ours; where a key is asked for, only that."""
    assert SCHEME.without_signature(encoded("category=inverse"), None).headers == {}
    assert SCHEME.without_signature(encoded(), OURS[0]).headers == {"X-BAPI-API-KEY": "demoKey123"}


def test_neither_key_nor_signature_is_shown() -> None:
    """The repr of a signed request shows verb and path only."""
    shown = repr(SCHEME.attach_signature(encoded("symbol=BTCUSD"), OURS[0], b"", FEED))
    assert shown == "HttpRequest(GET https://api.bybit.com/v5/some/path)"


async def test_a_login_of_the_private_stream_is_signed_until_its_expiry() -> None:
    """Ten seconds after the stamp, which the message names beside the key and the signature."""
    session = STREAM.session
    assert isinstance(session, SignedSession)
    stamp = Stamp("demoKey123", 1761955200000, 5000)
    payload = session.payload(stamp)
    assert payload == b"GET/realtime1761955210000"
    signature = await HmacSigner(Secret("demoSecret456")).sign(payload)
    expected = "b544ad1fa932c56710596c15e3ac8cb5016d4dc189252744f2d18ab9e34fb6fc"
    login = json.loads(session.authentication(stamp, signature))
    assert login == {"op": "auth", "args": ["demoKey123", 1761955210000, expected]}
    topics = [json.loads(message)["args"] for message in session.subscriptions]
    assert topics == [["position.inverse", "order.inverse", "execution.inverse"], ["wallet"]]

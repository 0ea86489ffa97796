"""The official clients of the venues sign byte for byte as core does, by their own cryptography, with the same PEMs."""

from __future__ import annotations

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from venuekit import Secret
from venuekit.credentials import make_signer
from venuekit.key_kinds import KeyKind
from venuekit.simulator.key_pairs import make_key_pair

TEXT = "symbol=BTCUSDT&side=BUY&recvWindow=5000&timestamp=1591702613943&note=%EF%BC%91"
WORD = "open Sesame"


@pytest.mark.parametrize("word", [None, WORD])
@pytest.mark.parametrize("kind", [KeyKind.RSA, KeyKind.ED25519])
async def test_binances_client_signs_alike(kind: KeyKind, word: str | None) -> None:
    """With RSA and Ed25519 keys, plain and with a passphrase."""
    utils = pytest.importorskip("binance_common.utils", reason="the official client is not installed")
    signature = pytest.importorskip("binance_common.signature", reason="the official client is not installed")
    configuration = pytest.importorskip("binance_common.configuration", reason="the official client is not installed")
    encryption = NoEncryption() if word is None else BestAvailableEncryption(word.encode())
    key = load_pem_private_key(make_key_pair(kind, "official")[0].encode(), None)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()
    try:
        signer = signature.Signers.get_signer(pem, word)
        official = configuration.ConfigurationRestAPI(api_key="k", private_key=pem, private_key_passphrase=word)
        theirs = utils.get_signature(official, TEXT, signer)
    finally:
        signature.Signers.clear_rsa_cache()
        signature.Signers.clear_ed25519_cache()

    ours = await make_signer(Secret(pem), None if word is None else Secret(word)).sign(TEXT.encode())
    assert b64encode(ours).decode() == theirs


async def test_bybits_client_signs_alike() -> None:
    """With an RSA key, and with an HMAC secret in hex."""
    manager = pytest.importorskip("pybit._http_manager", reason="the official client is not installed")
    pem = make_key_pair(KeyKind.RSA, "official")[0]

    ours = await make_signer(Secret(pem)).sign(TEXT.encode())
    assert b64encode(ours).decode() == manager.generate_signature(True, pem, TEXT)
    hmac = await make_signer(Secret("secret")).sign(TEXT.encode())
    assert hmac.hex() == manager.generate_signature(False, "secret", TEXT)

"""
Write the signatures that two other tools make: ``wallet_vectors.json``, which the tests compare with.

Run it where these packages are, which this project does not need for anything else::

    uv run --no-project --with ccxt==4.5.90 --with eth-account==0.14.0 \
        python plugins/binance_usdm/tests/make_wallet_vectors.py
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ccxt
from eth_account import Account
from eth_account.messages import encode_typed_data

TARGET = Path(__file__).with_name("wallet_vectors.json")
NONCE = 1_764_417_600_123_000
#: they open nothing: everybody can make them
KEYS = ["0x" + hashlib.sha256(f"venuekit example wallet {number}".encode()).hexdigest() for number in range(3)]
TEXTS = [
    "",
    "a=1",
    "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=0.001&price=88000&nonce=1764417600123000",
    "ä€😀",
    "x" * 500,
]
REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "v3/balance", {}),
    ("GET", "v3/positionRisk", {"symbol": "BTCUSDT"}),
    ("POST", "v3/leverage", {"symbol": "BTCUSDT", "leverage": 21}),
    ("POST", "v3/marginType", {"symbol": "ETHUSDT", "marginType": "ISOLATED"}),
    ("POST", "v3/order", {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}),
    ("DELETE", "v3/batchOrders", {"symbol": "BTCUSDT", "origClientOrderIdList": '["a-1","b:2"]'}),
]
_DOMAIN = [("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address")]


def typed_data(text: str, chain_id: int) -> dict[str, Any]:
    """Return the typed data of a text, as the venue documents it."""
    return {
        "types": {
            "EIP712Domain": [{"name": name, "type": kind} for name, kind in _DOMAIN],
            "Message": [{"name": "msg", "type": "string"}],
        },
        "primaryType": "Message",
        "domain": {
            "name": "AsterSignTransaction",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": "0x" + "0" * 40,
        },
        "message": {"msg": text},
    }


def sign_text(key: str, text: str, chain_id: int) -> dict[str, Any]:
    """Return the signature of eth-account over a text."""
    signed = Account.sign_message(encode_typed_data(full_message=typed_data(text, chain_id)), private_key=key)
    return {
        "private_key": key,
        "address": Account.from_key(key).address,
        "chain_id": chain_id,
        "text": text,
        "digest": signed.message_hash.hex().removeprefix("0x"),
        "signature": signed.signature.hex().removeprefix("0x"),
    }


def sign_request(key: str, verb: str, path: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the request that ccxt would send at the time of ``NONCE``."""
    client = ccxt.aster({"privateKey": key})
    client.milliseconds = lambda: NONCE // 1000
    made = client.sign(path, ["fapiPrivate"], verb, parameters)
    text = made["body"] or made["url"].partition("?")[2]
    return {
        "private_key": key,
        "verb": verb,
        "path": f"/fapi/{path}",
        "place": "body" if made["body"] else "query",
        "signed": text,
    }


def main() -> None:
    """Write the file."""
    vectors = {
        "made_by": {name: version(name) for name in ("ccxt", "eth-account")},
        "eth_account": [sign_text(key, text, chain) for key in KEYS for text in TEXTS for chain in (1666, 714)],
        "ccxt": [sign_request(key, *request) for key, request in zip(KEYS * 2, REQUESTS, strict=True)],
    }
    TARGET.write_text(json.dumps(vectors, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

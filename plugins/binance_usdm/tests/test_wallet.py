"""Wallets: signatures are those of eth-account and of ccxt, addresses and keys are checked, and nothing shows a key."""

from __future__ import annotations

import json
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit.plugin import ConfigurationError, Secret
from venuekit_binance_usdm.aster import wallet
from venuekit_binance_usdm.aster.wallet import (
    TypedText,
    WalletSigner,
    add_checksum,
    find_address_fault,
    find_private_key_fault,
    find_signer,
    require_extra,
)

VECTORS = json.loads(Path(__file__).with_name("wallet_vectors.json").read_text(encoding="utf-8"))
TEXTS: list[dict[str, Any]] = VECTORS["eth_account"]
REQUESTS: list[dict[str, Any]] = VECTORS["ccxt"]
NAME = "AsterSignTransaction"
KEY = TEXTS[0]["private_key"]


@pytest.mark.parametrize("vector", TEXTS, ids=lambda vector: f"{vector['chain_id']} {vector['text'][:20]!r}")
async def test_signatures_are_those_of_eth_account(vector: dict[str, Any]) -> None:
    """Address, digest and signature agree, byte for byte, and the signature leads back to the address."""
    typed_text = TypedText(NAME, vector["chain_id"])
    signer = WalletSigner(Secret(vector["private_key"]), typed_text)
    text = vector["text"].encode()
    signature = await signer.sign(text)

    assert signer.address == vector["address"]
    assert typed_text.digest(text).hex() == vector["digest"]
    assert signature.hex() == vector["signature"]
    assert find_signer(typed_text.digest(text), signature) == vector["address"]


@pytest.mark.parametrize("vector", REQUESTS, ids=lambda vector: f"{vector['verb']} {vector['path']}")
async def test_signatures_are_those_of_ccxt(vector: dict[str, Any]) -> None:
    """The signature that ccxt puts behind a parameter string is ours of that string."""
    text, _, signature = vector["signed"].partition("&signature=0x")
    signer = WalletSigner(Secret(vector["private_key"]), TypedText(NAME, 1666))

    assert (await signer.sign(text.encode())).hex() == signature.lower()


def test_addresses_have_one_spelling() -> None:
    """The letters of an address are its checksum: another case of one letter is a fault, and no fault repeats it."""
    address = TEXTS[0]["address"]
    assert add_checksum(address.lower()) == add_checksum(address.upper().replace("0X", "0x")) == address
    assert find_address_fault(address) is None
    for wrong in (address.lower(), address.swapcase().replace("0X", "0x"), address[:-1], address[2:], "x" * 64, ""):
        fault = find_address_fault(wrong)
        assert fault is not None
        assert address.lower()[2:] not in fault.lower()


def test_private_keys_are_numbers_of_the_curve() -> None:
    """With or without 0x; 0 and the curve's order are none, nor is anything that is no 64 digits."""
    order = f"{wallet._ORDER:064x}"
    for good in (KEY, KEY[2:], KEY.upper().replace("0X", "0x"), f"{wallet._ORDER - 1:064x}"):
        assert find_private_key_fault(good) is None
    for wrong in ("0" * 64, order, "f" * 64, KEY[:-1], KEY + "0", "0x", TEXTS[0]["address"], "g" * 64):
        fault = find_private_key_fault(wrong)
        assert fault is not None
        assert "is no wallet's private key" in fault


@given(st.binary(max_size=70))
def test_what_is_no_signature_has_no_signer(noise: bytes) -> None:
    """Bytes that are no signature lead to no address, or to another one; none raises."""
    found = find_signer(TypedText(NAME, 1666).digest(b"text"), noise)

    assert found is None or (len(noise) == 65 and found != TEXTS[0]["address"])


async def test_keys_are_nowhere_shown() -> None:
    """Neither a signer nor its attributes show the key."""
    signer = WalletSigner(Secret(KEY), TypedText(NAME, 1666))

    assert repr(signer) == str(signer) == "WalletSigner(***)"
    shown = " ".join(repr(getattr(signer, name)) for name in WalletSigner.__slots__)
    assert KEY[2:] not in shown


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra one sentence says how to get it, and addresses are checked for their form alone."""
    require_extra("aster_usdm")
    monkeypatch.setattr(wallet, "_MODULES", ("no_such_package",))
    with pytest.raises(ConfigurationError, match=r"pip install 'venuekit-binance-usdm\[aster\]'"):
        require_extra("aster_usdm")
    assert find_address_fault(TEXTS[0]["address"].lower()) is None


def test_the_extra_is_an_extra() -> None:
    """A plain installation of the distribution brings no cryptography."""
    needed = requires("venuekit-binance-usdm") or []
    extra = {one.split(">")[0] for one in needed if "extra == 'aster'" in one}

    assert extra == {"coincurve", "pycryptodome"}
    assert not any(name in one for one in needed if "extra" not in one for name in extra)

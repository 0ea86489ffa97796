"""
Wallets: addresses, private keys, signatures over typed data (EIP-712) with secp256k1, and their place in a request.

coincurve and pycryptodome are an extra of this distribution, loaded by the first account that signs so. They were
chosen over eth-account: a signature takes 0.04 ms against 0.29 ms, the import 0.07 s against 0.53 s, and eth-account
brings ten further packages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec

from venuekit.plugin import ConfigurationError, EncodedRequest, HttpRequest, Secret, Stamp

#: the domain of the venue's typed data, and the number of its chain
DOMAIN = "AsterSignTransaction"
CHAIN_ID = 1666
#: the field of credentials with the address of the wallet that signs
SIGNER = "signer"

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}

_ADDRESS = re.compile(r"0x[0-9A-Fa-f]{40}")
_PRIVATE_KEY = re.compile(r"(?:0x)?[0-9A-Fa-f]{64}")
#: the number of points of secp256k1; private keys are below it
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
#: what a recovery id is raised by in a signature that Ethereum's tools read
_RECOVERY = 27
_MODULES = ("coincurve", "Crypto")

_DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_MESSAGE_TYPE = b"Message(string msg)"
_NO_CONTRACT = bytes(32)


def require_extra(venue_id: str) -> None:
    """Raise ``ConfigurationError`` where the packages that sign are not installed."""
    if not _is_installed():
        words = f"{venue_id} signs with a wallet, which needs coincurve and pycryptodome"
        raise ConfigurationError(f"{words}: pip install 'venuekit-binance-usdm[aster]'")


def _is_installed() -> bool:
    return all(find_spec(name) is not None for name in _MODULES)


def _load_keccak() -> Callable[[bytes], bytes]:
    """Return the Keccak-256 hash, which is not the SHA3-256 of the standard library."""
    from Crypto.Hash import keccak

    def hash_of(data: bytes) -> bytes:
        return keccak.new(data=data, digest_bits=256).digest()

    return hash_of


def add_checksum(address: str) -> str:
    """Return an address in the upper and lower case letters that are its checksum (EIP-55)."""
    digits = address[2:].lower()
    shades = _load_keccak()(digits.encode("ascii")).hex()
    return "0x" + "".join(
        digit.upper() if shade >= "8" else digit for digit, shade in zip(digits, shades, strict=False)
    )


def find_address_fault(text: str) -> str | None:
    """
    Return the fault of a wallet's address, None for a good one.

    One spelling alone is taken, so that a mistyped address is found and one account has one name.
    """
    if not _ADDRESS.fullmatch(text):
        return "is no wallet's address, which is 0x and 40 hexadecimal digits"
    if _is_installed() and text != add_checksum(text):
        return "is no wallet's address as wallets show it: its upper and lower case letters are a checksum (EIP-55)"
    return None


def find_private_key_fault(text: str) -> str | None:
    """Return the fault of a wallet's private key, None for a good one."""
    if not _PRIVATE_KEY.fullmatch(text):
        return "is no wallet's private key, which is 64 hexadecimal digits, with or without 0x"
    if not 0 < int(text[-64:], 16) < _ORDER:
        return "is no wallet's private key: its number is outside the curve"
    return None


class TypedText:
    """
    The digests of texts as typed data: a ``Message`` with the text as ``msg``, in a domain of no contract.

    Args:
        name: The domain's name; its version is 1.
        chain_id: The domain's chain.
    """

    __slots__ = ("_domain", "_keccak", "_type")

    def __init__(self, name: str, chain_id: int) -> None:
        self._keccak = keccak = _load_keccak()
        self._type = keccak(_MESSAGE_TYPE)
        number = chain_id.to_bytes(32, "big")
        self._domain = keccak(keccak(_DOMAIN_TYPE) + keccak(name.encode()) + keccak(b"1") + number + _NO_CONTRACT)

    def digest(self, message: bytes) -> bytes:
        """Return the 32 bytes that a wallet signs."""
        keccak = self._keccak
        return keccak(b"\x19\x01" + self._domain + keccak(self._type + keccak(message)))


class WalletSigner:
    """
    Signs texts as typed data with a wallet's private key; the same text gives the same signature (RFC 6979).

    ``address`` is the wallet's own.
    """

    __slots__ = ("_key", "_typed_text", "address")

    kind = "wallet"

    def __init__(self, secret: Secret, typed_text: TypedText) -> None:
        from coincurve import PrivateKey

        self._key = PrivateKey(bytes.fromhex(secret.reveal()[-64:]))
        self._typed_text = typed_text
        self.address = _address_of(self._key.public_key.format(compressed=False))

    async def sign(self, payload: bytes) -> bytes:
        """Return the signature, 65 bytes: r, s, and 27 or 28 for the recovery of the public key."""
        signature = self._key.sign_recoverable(self._typed_text.digest(payload), hasher=None)
        return signature[:64] + bytes([signature[64] + _RECOVERY])

    def __repr__(self) -> str:
        return "WalletSigner(***)"


def find_signer(digest: bytes, signature: bytes) -> str | None:
    """Return the address of the wallet that signed a digest, None for 65 bytes that are no signature."""
    from coincurve import PublicKey

    if len(signature) != 65 or not 0 <= signature[64] - _RECOVERY <= 1:
        return None
    compact = signature[:64] + bytes([signature[64] - _RECOVERY])
    try:
        key = PublicKey.from_signature_and_message(compact, digest, hasher=None)
    except Exception:  # noqa: BLE001 - the library raises a bare Exception for numbers that are no signature
        return None
    return _address_of(key.format(compressed=False))


def _address_of(public_key: bytes) -> str:
    """Return the address of an uncompressed public key of 65 bytes."""
    return add_checksum("0x" + _load_keccak()(public_key[1:])[-20:].hex())


class WalletSigning:
    """
    The signature covers the parameters as they are sent, and is the last of them.

    A GET carries them in its query string, every other verb in a form, as the venue documents it. There is neither a
    key in a header nor a timestamp: the wallet's address is ``user``, and the nonce is the time.
    """

    __slots__ = ()

    def payload(self, encoded: EncodedRequest, stamp: Stamp) -> bytes:
        """Return the exact bytes to sign."""
        own = f"nonce={stamp.nonce}&user={stamp.key}&signer={stamp.fields[SIGNER]}"
        body = "" if encoded.body is None else encoded.body.decode("ascii")
        return "&".join(part for part in (encoded.query, body, own) if part).encode("ascii")

    def attach_signature(self, encoded: EncodedRequest, stamp: Stamp, payload: bytes, signature: bytes) -> HttpRequest:  # noqa: ARG002  (a wallet's address is signed, too)
        """Return the request with its signature; the bytes sent are those that were signed."""
        text = b"%b&signature=0x%b" % (payload, signature.hex().encode("ascii"))
        url = f"{encoded.base}{encoded.path}"
        if encoded.verb == "GET":
            return HttpRequest("GET", f"{url}?{text.decode('ascii')}", {})
        return HttpRequest(encoded.verb, url, dict(_FORM), text)

    def without_signature(self, encoded: EncodedRequest, stamp: Stamp | None) -> HttpRequest:  # noqa: ARG002  (a wallet signs or says nothing)
        """Return a request that needs no signature; nothing in it names the account."""
        query = f"?{encoded.query}" if encoded.query else ""
        headers = {} if encoded.body is None else dict(_FORM)
        return HttpRequest(encoded.verb, f"{encoded.base}{encoded.path}{query}", headers, encoded.body)

"""Key pairs of simulated accounts, RSA and Ed25519, which follow from a seed; and signatures by any kind of key."""

from __future__ import annotations

import functools
import hashlib
from base64 import b64decode
from itertools import combinations
from typing import TYPE_CHECKING

import attrs

from venuekit.key_kinds import KeyKind
from venuekit.simulator.access import SimKey, is_hmac_sha256

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

#: primes of 1024 bits are these far behind the numbers that follow from their places: found once, as it takes seconds
_PRIMES = (1614, 290, 998, 314, 2278, 816, 918, 46)
_EXPONENT = 65537


def make_key_pair(kind: KeyKind, seed: str) -> tuple[str, str]:
    """
    Return the private and the public key of a pair, in PEM; the same for the same seed.

    They open simulators and nothing else: of RSA there are 28 pairs.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    digest = hashlib.sha256(seed.encode()).digest()
    key = Ed25519PrivateKey.from_private_bytes(digest) if kind is KeyKind.ED25519 else _make_rsa(digest)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def with_kind(key: SimKey, kind: KeyKind) -> SimKey:
    """Return a key that signs by ``kind``; its pair follows from the secret of the HMAC key that is given."""
    if kind is KeyKind.HMAC:
        return key
    secret, public_key = make_key_pair(kind, key.secret)
    return attrs.evolve(key, secret=secret, kind=kind, public_key=public_key)


def _make_rsa(digest: bytes) -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    pairs = tuple(combinations(range(len(_PRIMES)), 2))
    p, q = (_make_prime(place) for place in pairs[digest[0] % len(pairs)])
    private = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=private,
        dmp1=rsa.rsa_crt_dmp1(private, p),
        dmq1=rsa.rsa_crt_dmq1(private, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(_EXPONENT, p * q),
    )
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)  # it is ours, and the check takes 30 ms


def _make_prime(place: int) -> int:
    start = int.from_bytes(hashlib.shake_256(f"venuekit prime {place}".encode()).digest(128), "big")
    return (start | 3 << 1022 | 1) + _PRIMES[place]


def find_kind(public_key: str) -> KeyKind:
    """
    Return the kind of a public key.

    Raises:
        ValueError: the text is no PEM of a public key, or of one that is neither RSA nor Ed25519.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    try:
        key: object = _load(public_key)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, RSAPublicKey):
        return KeyKind.RSA
    if isinstance(key, Ed25519PublicKey):
        return KeyKind.ED25519
    raise ValueError("expected the PEM of a public key, RSA or Ed25519: it begins with -----BEGIN PUBLIC KEY-----")


@functools.lru_cache(maxsize=128)
def _load(public_key: str) -> RSAPublicKey | Ed25519PublicKey:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    return load_pem_public_key(public_key.encode())  # type: ignore[return-value]  # find_kind refuses others


def is_signed_by(key: SimKey, payload: bytes, signature: str) -> bool:
    """
    Return whether ``signature`` is that of ``payload`` by a key of any kind.

    It is hexadecimal for HMAC-SHA256, and base64 for RSA (RSASSA-PKCS1-v1_5 over SHA-256) and Ed25519.
    """
    if key.kind is KeyKind.HMAC:
        return is_hmac_sha256(key.secret, payload, signature)

    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    public = _load(key.public_key)
    try:
        written = b64decode(signature, validate=True)
        if isinstance(public, RSAPublicKey):
            public.verify(written, payload, PKCS1v15(), hashes.SHA256())
        else:
            public.verify(written, payload)
    except (ValueError, InvalidSignature):
        return False
    return True

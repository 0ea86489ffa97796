"""Private keys in PEM: reading of RSA and Ed25519 keys, and the faults of texts that are none."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from venuekit.credential_fields import CredentialsFault
from venuekit.credentials.secret import Secret
from venuekit.key_kinds import KeyKind

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

#: venues refuse smaller RSA keys, which can be broken
LEAST_RSA_BITS = 2048
#: the name of the passphrase in credentials and in the accounts file
PASSPHRASE = "pem_passphrase"  # noqa: S105 - its name

_BEGIN = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")
#: how the base64 of a private key begins; no HMAC secret is so by chance
_BARE = re.compile(r"MC4CAQAwBQYDK2Vw|MII[A-Za-z0-9+/]{400}")
_MAKE_RSA = f"make one by: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:{LEAST_RSA_BITS} -out key.pem"
_OTHER_KIND = "give an RSA or Ed25519 key, as openssl genpkey makes it"
_WHOLE = "it begins with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----"
#: other things that a PEM can hold, by the label of its first line
_OTHER_LABELS = {
    "PUBLIC KEY": "is a public key, which the venue has; give the private key that belongs to it",
    "RSA PUBLIC KEY": "is a public key, which the venue has; give the private key that belongs to it",
    "CERTIFICATE": "is a certificate and no key; give the private key that the venue has the public half of",
    "OPENSSH PRIVATE KEY": f"is a key in the form of OpenSSH; {_OTHER_KIND}",
}


@attrs.frozen
class PrivateKey:
    """A private key that was read; ``bits`` are those of an RSA modulus, 256 for Ed25519, and it shows nothing else."""

    kind: KeyKind
    bits: int
    sign: Callable[[bytes], bytes] = attrs.field(repr=False)


def is_pem(secret: Secret) -> bool:
    """Return whether a secret is meant as a PEM, also a damaged one."""
    return "-----BEGIN" in secret.reveal()


def read_private_key(secret: Secret, passphrase: Secret | None = None) -> PrivateKey | CredentialsFault:
    """
    Return the private key of a PEM, or the fault of its text or passphrase, which repeats nothing of either.

    PKCS#8 and the older form of RSA keys are read, also encrypted ones. It computes for 30 ms for an RSA key of 2048
    bits, and for 200 ms for one of 4096: a damaged key could sign otherwise in a way that gives it away.
    """
    found = _find_label_fault(secret) or _load(secret, passphrase)
    return found if isinstance(found, CredentialsFault) else _find_kind(found)


def find_bare_fault(secret: Secret) -> CredentialsFault | None:
    """Return the fault of a secret that is no PEM, but the base64 of a private key without its first and last line."""
    if _BARE.match(secret.reveal()) is None:
        return None
    return _fault(f"is a private key without the first and the last line of its PEM; {_WHOLE}")


def _fault(words: str, field: str = "secret") -> CredentialsFault:
    return CredentialsFault(field, f"the {field} {words}")


def _find_label_fault(secret: Secret) -> CredentialsFault | None:
    """Return the fault that the labels of a PEM show, or that it has lost its line breaks."""
    labels = _BEGIN.findall(secret.reveal())
    if not labels:
        return _fault(f"is no PEM; {_WHOLE}")
    if _OTHER_LABELS.keys() >= set(labels):  # a private key may be among them
        return _fault(_OTHER_LABELS[labels[0]])
    if "-----END" in secret.reveal() and "\n" not in secret.reveal().strip():
        return _fault("is a PEM that has lost its line breaks; keep it with them in a file, and name that by file:PATH")
    return None


def _load(secret: Secret, passphrase: Secret | None) -> PrivateKeyTypes | CredentialsFault:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    is_encrypted = "ENCRYPTED" in secret.reveal()
    if is_encrypted and passphrase is None:
        return _fault(f'is an encrypted PEM; name its passphrase, as {PASSPHRASE} = "env:NAME" in the accounts file')
    if not is_encrypted and passphrase is not None:
        return _fault("belongs to no encrypted PEM; leave it out", PASSPHRASE)
    try:
        # nothing of it may be a variable: tracebacks show them
        return load_pem_private_key(
            secret.reveal().encode(), None if passphrase is None else passphrase.reveal().encode()
        )
    except UnsupportedAlgorithm:
        return _fault(f"is a key of an algorithm that is not supported; {_OTHER_KIND}")
    except (ValueError, TypeError):
        if is_encrypted:
            return _fault("does not open the PEM of the secret: it is that of another one, or misspelt", PASSPHRASE)
        return _fault(f"is no PEM that can be read; copy it whole: {_WHOLE}")


def _find_kind(key: PrivateKeyTypes) -> PrivateKey | CredentialsFault:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if isinstance(key, Ed25519PrivateKey):
        return PrivateKey(KeyKind.ED25519, 256, key.sign)
    if not isinstance(key, RSAPrivateKey):
        words = type(key).__name__.removesuffix("PrivateKey")
        return _fault(f"is a key of the kind {words}, by which no venue signs; {_OTHER_KIND}")
    if key.key_size < LEAST_RSA_BITS:
        return _fault(f"is an RSA key of {key.key_size} bits, and {LEAST_RSA_BITS} are the least; {_MAKE_RSA}")
    padding, digest = PKCS1v15(), hashes.SHA256()
    return PrivateKey(KeyKind.RSA, key.key_size, lambda payload: key.sign(payload, padding, digest))

"""Signers: they sign bytes with a secret or a private key; and the signer of an account that no operator signs for."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

import attrs

from venuekit._util.texts import without_frames
from venuekit.credential_fields import CredentialsFault
from venuekit.credentials.fields import find_unfit_key
from venuekit.credentials.private_keys import PrivateKey, find_bare_fault, is_pem, read_private_key
from venuekit.credentials.redactor import redact_error
from venuekit.credentials.secret import Secret
from venuekit.errors import CredentialsError, PluginError, VenuekitError
from venuekit.key_kinds import KeyKind

if TYPE_CHECKING:
    from venuekit.credentials.credentials import Credentials
    from venuekit.venue import EnvironmentName, Venue

#: the hash below an HMAC
Digest = Literal["sha256", "sha512"]
#: after more signatures than this the state of an HMAC's key is kept
_SELDOM = 16


class Signer(Protocol):
    """
    Signs bytes; an implementation may keep the key in another process or device.

    Requests of one account are signed concurrently. An error means that the request was not sent; its text is shown. An
    implementation may have an attribute ``kind``, a :class:`KeyKind` or a short text, which names the kind of its key
    to the user.
    """

    async def sign(self, payload: bytes) -> bytes:
        """Return the raw signature of ``payload``; the venue's signing scheme writes it as hex, base64 or otherwise."""


class HmacSigner:
    """
    HMAC; the key is the secret's text as UTF-8. A signature has 32 bytes with ``sha256``, 64 with ``sha512``.

    An account that signs often has the state of its key kept: that saves some 3 % of a write, and takes 0.8 KiB.

    Raises:
        ValueError: the digest is none of these.
    """

    __slots__ = ("_digest", "_keyed", "_secret", "_signed")

    kind = KeyKind.HMAC

    def __init__(self, secret: Secret, digest: Digest = "sha256") -> None:
        if digest not in get_args(Digest):
            raise ValueError(f"an HmacSigner has no digest {digest!r}; there are {', '.join(get_args(Digest))}")
        self._secret, self._digest = secret, digest
        self._signed = 0
        self._keyed: hmac.HMAC | None = None

    async def sign(self, payload: bytes) -> bytes:
        """Return the signature, as raw bytes."""
        if self._keyed is None:
            self._signed += 1
            if self._signed <= _SELDOM:
                return hmac.digest(self._secret.reveal().encode(), payload, self._digest)
            self._keyed = hmac.new(self._secret.reveal().encode(), digestmod=self._digest)
        keyed = self._keyed.copy()
        keyed.update(payload)
        return keyed.digest()

    def __repr__(self) -> str:
        return "HmacSigner(***)"


class PrivateKeySigner:
    """
    Signs with a private key, made by :func:`make_signer`.

    RSA signs by RSASSA-PKCS1-v1_5 over SHA-256 (a signature has the length of the key, 256 bytes for 2048 bits),
    Ed25519 the payload itself (64 bytes). ``bits`` is the size of an RSA key, 256 for Ed25519.

    It signs in the loop's own thread: 0.25 ms for RSA of 2048 bits, 0.02 ms for Ed25519. The library keeps the
    interpreter's lock meanwhile, so that a worker thread would only add its own cost.
    """

    __slots__ = ("_sign", "bits", "kind")

    def __init__(self, key: PrivateKey) -> None:
        self.kind = key.kind
        self.bits = key.bits
        self._sign = key.sign

    async def sign(self, payload: bytes) -> bytes:
        """Return the signature, as raw bytes."""
        return self._sign(payload)

    def __repr__(self) -> str:
        return f"PrivateKeySigner({self.kind.label} {self.bits})"


def make_signer(secret: Secret, pem_passphrase: Secret | None = None) -> HmacSigner | PrivateKeySigner:
    """
    Return core's signer for a secret: of a private key where it is a PEM, else of HMAC-SHA256.

    Raises:
        CredentialsError: the PEM cannot be read, its passphrase is wrong, missing or superfluous, or no venue signs by
            a key of its kind or size; the text repeats nothing of it.
    """
    found = read_private_key(secret, pem_passphrase) if is_pem(secret) else find_bare_fault(secret)
    return _sign_with(found, secret)


def _sign_with(found: PrivateKey | CredentialsFault | None, secret: Secret) -> HmacSigner | PrivateKeySigner:
    if isinstance(found, CredentialsFault):
        raise CredentialsError(found.words)
    return HmacSigner(secret) if found is None else PrivateKeySigner(found)


@attrs.frozen
class SignerFields:
    """
    The input of a venue's own ``make_signer``: key, secret and declared fields of one account of that venue.

    ``fields`` holds the fields that the account has, by name; ``environment`` is where they are valid;
    ``pem_passphrase`` opens a secret that is an encrypted PEM, None for others.
    """

    key: Secret
    secret: Secret
    environment: EnvironmentName
    fields: Mapping[str, Secret] = attrs.field(factory=dict, hash=False)
    pem_passphrase: Secret | None = None


def make_venue_signer(venue: Venue[Any], credentials: Credentials) -> Signer:
    """
    Return the venue's own signer of an account, core's for the kind of its secret where the venue brings none.

    Raises:
        CredentialsError: the secret is no key, or of a kind that the venue does not take; or the venue's function
            failed, and no frame of it is part of the traceback.
        PluginError: it returned no signer.
    """
    if venue.make_signer is None:
        if (fault := find_unfit_key(venue, credentials)) is not None:
            raise CredentialsError(fault.words)
        return _sign_with(credentials.read_key(), credentials.secret)
    fields = SignerFields(
        credentials.key, credentials.secret, credentials.environment, credentials.fields, credentials.pem_passphrase
    )
    failure: Exception
    try:
        signer: object = venue.make_signer(fields)
    except VenuekitError as error:
        failure = without_frames(error)
    except Exception as error:  # noqa: BLE001 - a plugin's own function, whose frames hold secrets
        failure = CredentialsError(f"{venue.id}: the signer could not be made: {redact_error(error)}")
    else:
        if callable(getattr(signer, "sign", None)):
            return signer  # type: ignore[return-value]  # it has the only method
        words = f"{venue.id}: its make_signer returned {type(signer).__name__}, which has no method sign"
        del signer  # a traceback with variables would show it, and it may be a secret
        failure = PluginError(f"{words}; return a venuekit.plugin.Signer")
    raise failure

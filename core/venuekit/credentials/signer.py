"""Signers: algorithms that sign bytes with a secret, and the signer of an account that no operator signs for."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

import attrs

from venuekit._util.texts import without_frames
from venuekit.credentials.redactor import redact_error
from venuekit.credentials.secret import Secret
from venuekit.errors import CredentialsError, PluginError, VenuekitError

if TYPE_CHECKING:
    from venuekit.credentials.credentials import Credentials
    from venuekit.venue import EnvironmentName, Venue

#: the hash below an HMAC
Digest = Literal["sha256", "sha512"]


class Signer(Protocol):
    """
    Signs bytes; an implementation may keep the key in another process or device.

    Requests of one account are signed concurrently. An error means that the request was not sent; its text is shown.
    """

    async def sign(self, payload: bytes) -> bytes:
        """Return the raw signature of ``payload``; the venue's signing scheme writes it as hex, base64 or otherwise."""


class HmacSigner:
    """
    HMAC; the key is the secret's text as UTF-8. A signature has 32 bytes with ``sha256``, 64 with ``sha512``.

    No state of the key is kept: it would save half a microsecond a signature, and take 0.8 KiB an account.

    Raises:
        ValueError: the digest is none of these.
    """

    __slots__ = ("_digest", "_secret")

    def __init__(self, secret: Secret, digest: Digest = "sha256") -> None:
        if digest not in get_args(Digest):
            raise ValueError(f"an HmacSigner has no digest {digest!r}; there are {', '.join(get_args(Digest))}")
        self._secret, self._digest = secret, digest

    async def sign(self, payload: bytes) -> bytes:
        """Return the signature, as raw bytes."""
        return hmac.digest(self._secret.reveal().encode(), payload, self._digest)

    def __repr__(self) -> str:
        return "HmacSigner(***)"


@attrs.frozen
class SignerFields:
    """
    The input of a venue's own ``make_signer``: key, secret and declared fields of one account of that venue.

    ``fields`` holds the fields that the account has, by name; ``environment`` is where they are valid.
    """

    key: Secret
    secret: Secret
    environment: EnvironmentName
    fields: Mapping[str, Secret] = attrs.field(factory=dict, hash=False)


def make_venue_signer(venue: Venue[Any], credentials: Credentials) -> Signer:
    """
    Return the venue's own signer of an account, core's HMAC-SHA256 where the venue brings none.

    Raises:
        CredentialsError: the venue's function failed; no frame of it is part of the traceback.
        PluginError: it returned no signer.
    """
    if venue.make_signer is None:
        return HmacSigner(credentials.secret)
    fields = SignerFields(credentials.key, credentials.secret, credentials.environment, credentials.fields)
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

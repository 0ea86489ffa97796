"""Credentials: keys and secrets, their sources, and signing."""

from __future__ import annotations

from venuekit.credentials.credentials import Credentials
from venuekit.credentials.redactor import redact
from venuekit.credentials.secret import Secret
from venuekit.credentials.signer import HmacSigner, PrivateKeySigner, Signer, SignerFields, make_signer

__all__ = [
    "Credentials",
    "HmacSigner",
    "PrivateKeySigner",
    "Secret",
    "Signer",
    "SignerFields",
    "make_signer",
    "redact",
]

"""Credentials: keys and secrets, their sources, and signing."""

from __future__ import annotations

from venuekit.credentials.credentials import Credentials
from venuekit.credentials.redactor import redact
from venuekit.credentials.secret import Secret
from venuekit.credentials.signer import HmacSigner, Signer, SignerFields

__all__ = ["Credentials", "HmacSigner", "Secret", "Signer", "SignerFields", "redact"]

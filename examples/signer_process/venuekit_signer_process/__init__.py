"""Keys of venuekit in a process of their own: the plugin of the trading process, which knows only the names of keys."""

from __future__ import annotations

from typing import Any

from venuekit.plugin import Credentials, Secret, Venue, hookimpl
from venuekit_signer_process.client import RemoteSigner, socket_path

VENUEKIT_API = 1
_SCHEME = "signer:"


@hookimpl
def venuekit_resolve_secret(reference: str) -> Secret | None:
    """Leave ``signer:NAME`` as it is: the secret of such an account is in the signer process."""
    return Secret(reference) if reference.startswith(_SCHEME) else None


@hookimpl
def venuekit_make_signer(venue: Venue[Any], credentials: Credentials) -> RemoteSigner | None:  # noqa: ARG001 - the hook's
    """Sign in the signer process for accounts whose secret is a name; others are left to venuekit."""
    scheme, colon, name = credentials.secret.reveal().partition(":")
    return RemoteSigner(socket_path(), name) if scheme + colon == _SCHEME else None

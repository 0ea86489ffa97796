"""The signer of an account that no operator's plugin signs for: its venue's own, else HMAC-SHA256."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from venuekit._util.texts import without_frames
from venuekit.credentials.redactor import redact_error
from venuekit.credentials.secret import Secret
from venuekit.credentials.signer import HmacSigner, Signer
from venuekit.errors import CredentialsError, PluginError, VenuekitError

if TYPE_CHECKING:
    from venuekit.credentials.credentials import Credentials
    from venuekit.venue import EnvironmentName, Venue


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

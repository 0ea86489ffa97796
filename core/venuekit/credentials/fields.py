"""Credentials checked by the declaration of their venue, and the names of the accounts that they open."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from venuekit._util.texts import did_you_mean
from venuekit.credential_fields import TextCheck
from venuekit.credentials.redactor import hide_secrets
from venuekit.credentials.secret import Secret, declassify
from venuekit.errors import CredentialsError

if TYPE_CHECKING:
    from venuekit.credentials.credentials import Credentials
    from venuekit.venue import Venue


def check_credentials(venue: Venue[Any], credentials: Credentials, *, signs_elsewhere: bool = False) -> None:
    """
    Check credentials by the declaration of their venue; nothing is sent.

    The texts of fields that are no secret may be shown from now on. With ``signs_elsewhere`` an operator's signer may
    keep the key in another place, and the form of the secret is not checked.

    Raises:
        CredentialsError: a field is unknown or missing, or a text has another form than the venue's.
    """
    for field in venue.credential_fields:
        if not field.secret and field.name in credentials.fields:
            declassify(credentials.fields[field.name])
    fault = _fault(venue, credentials, signs_elsewhere=signs_elsewhere)
    if fault is not None:
        raise CredentialsError(f"{venue.id}{fault}")


def account_fields(venue: Venue[Any], credentials: Credentials) -> Mapping[str, str]:
    """Return the fields that name the account below the key, by their names in order; empty without any."""
    given = credentials.fields
    names = sorted(field.name for field in venue.credential_fields if field.names_account)
    return {name: given[name].reveal() for name in names if name in given}


def fingerprint(secret: Secret, below: Mapping[str, str] | None = None) -> str:
    """
    Return a fingerprint that distinguishes keys, and the accounts ``below`` one by the fields that name them.

    It is a function, so that no variable holds the secret's text.
    """
    named = "".join(f"\n{name}={text}" for name, text in (below or {}).items())
    return hashlib.sha256(f"{secret.reveal()}{named}".encode()).hexdigest()[:12]


def _fault(venue: Venue[Any], credentials: Credentials, *, signs_elsewhere: bool) -> str | None:
    """Return the first fault of the credentials, as the rest of a sentence that begins with the venue."""
    declared = {field.name: field for field in venue.credential_fields}
    for name in credentials.fields:
        if name not in declared:
            takes = ("key", "secret", *declared)
            return f" takes no {name}; it takes {', '.join(takes)}{did_you_mean(name, declared)}"
    for field in declared.values():
        if field.required and field.name not in credentials.fields:
            return f" needs {field.name}: {field.why}"
    checks = [("key", venue.key_check, credentials.key)]
    if not signs_elsewhere:
        checks.append(("secret", venue.secret_check, credentials.secret))
    checks += [(name, declared[name].check, text) for name, text in credentials.fields.items()]
    for name, check, text in checks:
        if check is not None and (fault := _fault_of_text(check, text)) is not None:
            return f": the {name} {fault}"
    return None


def _fault_of_text(check: TextCheck, text: Secret) -> str | None:
    """Return the fault of a text; no frame of a check that raises stays, and no fault repeats a secret."""
    try:
        fault = check(text.reveal())
    except Exception as error:  # noqa: BLE001 - a plugin's own function
        return f"could not be checked: {type(error).__name__}"
    return None if fault is None else hide_secrets(str(fault))

"""Credentials checked by the declaration of their venue, and the names of the accounts that they open."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from venuekit._util.texts import did_you_mean
from venuekit.credential_fields import CredentialsFault, TextCheck
from venuekit.credentials.private_keys import PASSPHRASE, is_pem
from venuekit.credentials.redactor import hide_secrets
from venuekit.credentials.secret import Secret, declassify
from venuekit.errors import CredentialsError
from venuekit.key_kinds import KeyKind, list_kinds

if TYPE_CHECKING:
    from venuekit.credentials.credentials import Credentials
    from venuekit.venue import Venue


def check_credentials(venue: Venue[Any], credentials: Credentials, *, signs_elsewhere: bool = False) -> None:
    """
    Check credentials by the declaration of their venue; nothing is sent.

    A private key is read, which takes some 30 ms for RSA.

    The texts of fields that are no secret may be shown from now on. With ``signs_elsewhere`` an operator's signer may
    keep the key in another place, and the form of the secret is not checked.

    Raises:
        CredentialsError: a field is unknown or missing, or a text has another form than the venue's.
    """
    for field in venue.credential_fields:
        if not field.secret and field.name in credentials.fields:
            declassify(credentials.fields[field.name])
    fault = find_unfit_name(venue, credentials.fields) or find_unfit_text(
        venue, credentials, signs_elsewhere=signs_elsewhere
    )
    if fault is not None:
        raise CredentialsError(fault.words)


def account_fields(venue: Venue[Any], fields: Mapping[str, Secret]) -> Mapping[str, str]:
    """Return those of the fields that name the account below the key, by their names in order; empty without any."""
    names = sorted(field.name for field in venue.credential_fields if field.names_account)
    return {name: fields[name].reveal() for name in names if name in fields}


def fingerprint(secret: Secret | None, below: Mapping[str, str] | None = None) -> str:
    """
    Return a fingerprint that distinguishes keys, and the accounts ``below`` one by the fields that name them.

    Without a secret it is that of the fields alone. It is a function, so that no variable holds the secret's text.
    """
    named = "".join(f"\n{name}={text}" for name, text in (below or {}).items())
    return hashlib.sha256(f"{'' if secret is None else secret.reveal()}{named}".encode()).hexdigest()[:12]


def find_unfit_name(venue: Venue[Any], names: Collection[str]) -> CredentialsFault | None:
    """Return the first of these fields that the venue does not take, or of its own that is missing."""
    declared = {field.name: field for field in venue.credential_fields}
    for name in names:
        if name not in declared:
            takes = ", ".join(("key", "secret", *declared))
            return CredentialsFault(name, f"{venue.id} takes no {name}; it takes {takes}{did_you_mean(name, declared)}")
    for field in declared.values():
        if field.required and field.name not in names:
            return CredentialsFault(None, f"{venue.id} needs {field.name}: {field.why}")
    return None


def find_unfit_text(
    venue: Venue[Any], credentials: Credentials, *, signs_elsewhere: bool = False
) -> CredentialsFault | None:
    """Return the first text of another form than the venue's, or the fault of the secret as a key to sign with."""
    declared = {field.name: field.check for field in venue.credential_fields}
    texts = {"key": (venue.key_check, credentials.key), "secret": (venue.secret_check, credentials.secret)}
    if signs_elsewhere:
        del texts["secret"]
    texts |= {name: (declared[name], text) for name, text in credentials.fields.items()}
    for name, (check, text) in texts.items():
        if check is not None and (fault := _fault_of_text(check, text)) is not None:
            return CredentialsFault(name, f"{venue.id}: the {name} {fault}")
    if signs_elsewhere:
        return None
    find_fault = find_unfit_key if venue.make_signer is None else _find_needless_passphrase
    return find_fault(venue, credentials)


def find_unfit_key(venue: Venue[Any], credentials: Credentials) -> CredentialsFault | None:
    """Return why core cannot sign for a venue with this secret: it is no key, or of a kind that the venue lacks."""
    if (fault := _find_needless_passphrase(venue, credentials)) is not None:
        return fault
    found = credentials.read_key()
    if isinstance(found, CredentialsFault):
        return CredentialsFault(found.field, f"{venue.id}: {found.words}")
    kind = KeyKind.HMAC if found is None else found.kind
    if kind in venue.key_kinds:
        return None
    is_a = "no private key in PEM" if kind is KeyKind.HMAC else f"an {kind.label} key"
    takes = f"takes {list_kinds(venue.key_kinds)} keys: make one of them at the venue"
    return CredentialsFault("secret", f"{venue.id}: the secret is {is_a}; {venue.id} {takes}")


def _find_needless_passphrase(venue: Venue[Any], credentials: Credentials) -> CredentialsFault | None:
    if credentials.pem_passphrase is None or is_pem(credentials.secret):
        return None
    return CredentialsFault(PASSPHRASE, f"{venue.id}: the {PASSPHRASE} belongs to a secret that is a PEM; leave it out")


def _fault_of_text(check: TextCheck, text: Secret) -> str | None:
    """Return the fault of a text; no frame of a check that raises stays, and no fault repeats a secret."""
    try:
        fault = check(text.reveal())
    except Exception as error:  # noqa: BLE001 - a plugin's own function
        return f"could not be checked: {type(error).__name__}"
    return None if fault is None else hide_secrets(str(fault))

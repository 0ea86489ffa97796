"""Credential fields: further texts of an account besides key and secret, as a venue declares them, and their checks."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from venuekit._util.texts import did_you_mean
from venuekit.credentials.redactor import hide_secrets
from venuekit.credentials.secret import Secret, declassify
from venuekit.errors import CredentialsError

if TYPE_CHECKING:
    from venuekit.credentials.credentials import Credentials
    from venuekit.venue import Venue

#: returns the fault of a text, such as "is no wallet's address: it has 40 hex digits behind 0x"; None for a good one
TextCheck: TypeAlias = Callable[[str], str | None]

#: keys of an account's table in the accounts file, which no field can be named
ACCOUNT_KEYS = (
    *("venue", "environment", "key", "secret", "rest", "read_only"),
    *("symbols", "max_leverage", "max_notional", "max_position_notional"),
)
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@attrs.frozen
class CredentialField:
    """
    A text that a venue's credentials have besides key and secret: a passphrase, a wallet's address, a sub-account.

    ``name`` is the name in :class:`~venuekit.credentials.Credentials` and the key in the accounts file: lower case,
    digits and underscores. ``why`` is one sentence for the user who leaves it out. A field that is not ``secret`` may
    be written into the accounts file as plain text, and is not hidden in texts. ``names_account`` marks a field that
    names a sub-account, vault or margin account below the key: accounts that differ in it are different accounts.
    ``check`` returns the fault of a text ("is no wallet's address: ..."), None for a good one.

    Raises:
        ValueError: the name is malformed or one of the accounts file's own keys, or ``why`` is empty.
    """

    name: str
    why: str
    secret: bool = attrs.field(default=True, kw_only=True)
    required: bool = attrs.field(default=True, kw_only=True)
    names_account: bool = attrs.field(default=False, kw_only=True)
    check: TextCheck | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        name: object = self.name
        why: object = self.why
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            words = "name it by lower case letters, digits and underscores"
            raise ValueError(f"a credential field has the name {self.name!r}; {words}")
        if self.name in ACCOUNT_KEYS:
            words = f"a credential field cannot be named {self.name!r}, which is a key of the accounts file"
            raise ValueError(f"{words}; name it otherwise")
        if not isinstance(why, str) or not why.strip():
            raise ValueError(f"the credential field {self.name!r} has no reason; say in one sentence why it is needed")


def check_fields(venue_id: str, fields: tuple[CredentialField, ...]) -> None:
    """
    Check the fields that a venue declares.

    Raises:
        TypeError: one is no CredentialField.
        ValueError: two have one name.
    """
    names: set[str] = set()
    for field in fields:
        if not isinstance(field, CredentialField):
            raise TypeError(f"{venue_id}: its credential_fields hold {field!r}; each is a CredentialField")
        if field.name in names:
            raise ValueError(f"{venue_id}: two credential fields are named {field.name!r}; give each its own name")
        names.add(field.name)


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

"""Credential fields: further texts of an account besides key and secret, as a venue declares them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import attrs

#: returns the fault of a text, such as "is no wallet's address: it has 40 hex digits behind 0x"; None for a good one
TextCheck: TypeAlias = Callable[[str], str | None]

#: keys of an account's table in the accounts file, which no field can be named
ACCOUNT_KEYS = (
    *("venue", "environment", "key", "secret", "pem_passphrase", "rest", "transport", "read_only", "check_orders"),
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


class CredentialsFault(NamedTuple):
    """A fault of credentials as a sentence; ``field`` is None where the fault is that a field is missing."""

    field: str | None
    words: str


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

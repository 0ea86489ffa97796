"""Credentials: a key and its secret, bound to one environment."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Self
from urllib.parse import urlsplit

import attrs

from venuekit.credential_fields import CredentialsFault
from venuekit.credentials.private_keys import PASSPHRASE, PrivateKey, find_bare_fault, is_pem, read_private_key
from venuekit.credentials.secret import Secret
from venuekit.errors import CredentialsError
from venuekit.venue import EnvironmentName

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def _secret(value: Secret | str) -> Secret:
    return value if isinstance(value, Secret) else Secret(value)


def _environment(value: str) -> EnvironmentName:
    try:
        return EnvironmentName(value)
    except ValueError:
        raise CredentialsError(f"no environment {value!r}; there are {', '.join(EnvironmentName)}") from None


def _address(value: str | None) -> str | None:
    """Return a URL without a trailing slash."""
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and parts.port != 0 and not (parts.query or parts.fragment)
    except ValueError:  # unbalanced brackets, an invalid port
        usable = False
    if not usable:
        raise CredentialsError(f"{value!r} is not a URL such as http://127.0.0.1:8080/acme_perp")
    return value.rstrip("/")


def _secrets(fields: Mapping[str, Secret | str]) -> Mapping[str, Secret]:
    for name in fields:
        if not isinstance(fields[name], Secret | str):
            raise CredentialsError(f"the {name} must be a text, not {type(fields[name]).__name__}")
    return MappingProxyType({name: _secret(text) for name, text in fields.items()})


def _fault_of(secret: Secret, *, may_have_blanks: bool = False) -> str | None:
    """Return the reason why no header can carry the text or no venue accepts it; None for a usable one."""
    text = secret.reveal()
    if not text:
        return "is empty"
    if text != text.strip():
        return "begins or ends with blanks or line breaks, copied by mistake"
    if may_have_blanks and text.isascii() and text.isprintable():
        return None
    if not (text.isascii() and text.isprintable() and " " not in text):
        return "contains line breaks, blanks, control characters or letters that are not ASCII"
    return None


@attrs.frozen(init=False)
class Credentials:
    """
    A key and its secret; they are valid in ``environment`` and are sent nowhere else.

    ``secret`` is the HMAC secret, or a private key in PEM form, whose kind (RSA, Ed25519) the PEM says itself;
    ``pem_passphrase`` opens an encrypted one, and is None for others. A key, and a secret that is not PEM, is printable
    ASCII without blanks; one copied with its line end is refused here, before a venue sees it. ``rest`` is the
    simulator's URL and belongs to the environment ``sim`` alone. ``fields`` are the further texts that a venue declares
    (``Venue.credential_fields``), such as a passphrase of the API key, by name. Fields, and the kind of the key, are
    compared with the venue's declaration when an account is opened.
    """

    key: Secret
    secret: Secret
    environment: EnvironmentName = attrs.field(converter=_environment)
    rest: str | None = attrs.field(default=None, converter=_address)
    fields: Mapping[str, Secret] = attrs.field(factory=dict, hash=False)
    pem_passphrase: Secret | None = None
    _key: PrivateKey | CredentialsFault | None = attrs.field(default=None, init=False, eq=False, repr=False)

    def __init__(
        self,
        key: Secret | str,
        secret: Secret | str,
        environment: EnvironmentName | str,
        rest: str | None = None,
        *,
        fields: Mapping[str, Secret | str] | None = None,
        pem_passphrase: Secret | str | None = None,
    ) -> None:
        # first, so that no frame of a traceback holds a secret text
        key, secret, fields = _secret(key), _secret(secret), _secrets(fields or {})
        pem_passphrase = None if pem_passphrase is None else _secret(pem_passphrase)
        self.__attrs_init__(key, secret, environment, rest, fields, pem_passphrase)

    def __attrs_post_init__(self) -> None:
        if (self.rest is None) == (self.environment is EnvironmentName.SIM):
            raise CredentialsError("a rest URL belongs to the environment 'sim', and 'sim' needs one")
        if self.rest is not None and urlsplit(self.rest).hostname not in _LOOPBACK:
            raise CredentialsError(f"the simulator listens on this machine only, not on {urlsplit(self.rest).hostname}")
        if (fault := _fault_of(self.key)) is not None:
            raise CredentialsError(f"the key {fault}")
        if not is_pem(self.secret) and (fault := _fault_of(self.secret)) is not None:
            raise CredentialsError(f"the secret {fault}")
        for name, text in self.fields.items():
            if (fault := _fault_of(text, may_have_blanks=True)) is not None:
                raise CredentialsError(f"the {name} {fault}")
        if self.pem_passphrase is not None and not self.pem_passphrase:
            raise CredentialsError(f"the {PASSPHRASE} is empty")

    def read_key(self) -> PrivateKey | CredentialsFault | None:
        """Return the private key of a secret that is a PEM, or its fault; None for another secret. It is read once."""
        if self._key is None and is_pem(self.secret):
            object.__setattr__(self, "_key", read_private_key(self.secret, self.pem_passphrase))
        return self._key or find_bare_fault(self.secret)

    @classmethod
    def sim(
        cls,
        url: str,
        key: Secret | str,
        secret: Secret | str,
        *,
        fields: Mapping[str, Secret | str] | None = None,
        pem_passphrase: Secret | str | None = None,
    ) -> Self:
        """Return credentials for a simulator on this machine."""
        key, secret, fields = _secret(key), _secret(secret), _secrets(fields or {})
        pem_passphrase = None if pem_passphrase is None else _secret(pem_passphrase)
        return cls(key, secret, EnvironmentName.SIM, url, fields=fields, pem_passphrase=pem_passphrase)

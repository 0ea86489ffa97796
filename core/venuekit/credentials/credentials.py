"""Credentials: a key and its secret, bound to one environment."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit

import attrs

from venuekit.credentials.secret import Secret
from venuekit.errors import CredentialsError
from venuekit.venue import EnvironmentName

__all__ = ["Credentials"]

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def _secret(value: Secret | str) -> Secret:
    return value if isinstance(value, Secret) else Secret(value)


def _environment(value: str) -> EnvironmentName:
    try:
        return EnvironmentName(value)
    except ValueError:
        raise CredentialsError(f"no environment {value!r}; there are {', '.join(EnvironmentName)}") from None


def _address(value: str | None) -> str | None:
    """Return a URL without the slash that people put at its end."""
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and parts.port != 0 and not (parts.query or parts.fragment)
    except ValueError:  # brackets that do not match, a port that is none
        usable = False
    if not usable:
        raise CredentialsError(f"{value!r} is not a URL such as http://127.0.0.1:8080/acme_perp")
    return value.rstrip("/")


@attrs.frozen
class Credentials:
    """
    A key and its secret; they work in ``environment`` and are sent nowhere else.

    ``secret`` is the HMAC secret, or a private key in PEM form. ``rest`` is the simulator's URL and belongs to the
    environment ``sim`` alone.
    """

    key: Secret = attrs.field(converter=_secret)
    secret: Secret = attrs.field(converter=_secret)
    environment: EnvironmentName = attrs.field(converter=_environment)
    rest: str | None = attrs.field(default=None, converter=_address)

    def __attrs_post_init__(self) -> None:
        if (self.rest is None) == (self.environment is EnvironmentName.SIM):
            raise CredentialsError("a rest URL belongs to the environment 'sim', and 'sim' needs one")
        if self.rest is not None and urlsplit(self.rest).hostname not in _LOOPBACK:
            raise CredentialsError(f"the simulator listens on this machine only, not on {urlsplit(self.rest).hostname}")

    @classmethod
    def sim(cls, url: str, key: Secret | str, secret: Secret | str) -> Self:
        """Return credentials for a simulator on this machine."""
        return cls(key, secret, EnvironmentName.SIM, url)

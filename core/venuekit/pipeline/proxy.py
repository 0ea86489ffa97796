"""Proxies: the one a user names; the environment's own are never used without a word."""

from __future__ import annotations

import os
from base64 import b64encode
from typing import Self
from urllib.parse import unquote, urlsplit

import attrs

from venuekit.credentials import Secret
from venuekit.errors import ConfigurationError

#: the environment variable that names a proxy
VARIABLE = "VENUEKIT_PROXY"
#: variables that other programs read, and venuekit does not
_OTHERS = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


@attrs.frozen
class Proxy:
    """
    An HTTP proxy that connections to venues are tunnelled through.

    ``url`` is without user and password; ``authorization`` is the value of the header that carries them, None when
    the proxy wants none.
    """

    url: str
    authorization: Secret | None = attrs.field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str | Secret, *, named: str = "proxy") -> Self:
        """
        Return the proxy that a URL such as ``http://user:password@host:3128`` names.

        ``named`` is who said it, for the error.

        Raises:
            ConfigurationError: it is no such URL; the text does not repeat it, since it may hold a password.
        """
        url = Secret(url) if isinstance(url, str) else url
        found = _parts(url)
        if found is None:
            raise ConfigurationError(
                f"{named}: expected http://host:port or https://host:port, user:password@ before the host"
            )
        return cls(*found)

    def __str__(self) -> str:
        return self.url


def proxy_of(chosen: str | Secret | None) -> Proxy | None:
    """
    Return the proxy that was chosen, else the one in ``VENUEKIT_PROXY``; None when there is neither.

    Raises:
        ConfigurationError: it is no URL of a proxy.
    """
    if chosen is not None:
        chosen = Secret(chosen) if isinstance(chosen, str) else chosen  # no frame of a traceback has its password
        return Proxy.parse(chosen)
    named = Secret(os.environ.get(VARIABLE, "").strip())
    return Proxy.parse(named, named=VARIABLE) if named else None


def find_ignored_proxy() -> str | None:
    """Return the name of a variable that names a proxy for other programs, None when there is none."""
    return next((name for name in _OTHERS if os.environ.get(name)), None)


def _parts(url: Secret) -> tuple[str, Secret | None] | None:
    """Return address and authorization, None when it is no URL of a proxy; it raises nothing: its frame has them."""
    try:
        parts = urlsplit(url.reveal().strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or parts.path.strip("/") or parts.query or parts.fragment:
        return None
    if port == 0 or not (host.isascii() and host.isprintable()) or " " in host:
        return None
    host = f"[{host}]" if ":" in host else host
    address = f"{parts.scheme}://{host}" if port is None else f"{parts.scheme}://{host}:{port}"
    if parts.username is None:
        return address, None
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return address, Secret("Basic " + b64encode(pair.encode("utf-8", "replace")).decode("ascii"))

"""Proxies: the one a user names; the environment's own are never used without a word."""

from __future__ import annotations

import os
from base64 import b64encode
from typing import Self
from urllib.parse import unquote, urlsplit

import attrs

from venuekit.credentials import Secret
from venuekit.errors import ConfigurationError

__all__ = ["VARIABLE", "Proxy", "ignored_proxies", "proxy_of"]

#: the environment variable that names a proxy
VARIABLE = "VENUEKIT_PROXY"
#: what other programs read, and we do not
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
        wanted = f"{named}: expected http://host:port or https://host:port, with user:password@ where it wants them"
        text = (url.reveal() if isinstance(url, Secret) else url).strip()
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ConfigurationError(wanted) from None
        if parts.scheme not in {"http", "https"} or not host or parts.path.strip("/") or parts.query or parts.fragment:
            raise ConfigurationError(wanted)
        if not (host.isascii() and host.isprintable()) or " " in host:
            raise ConfigurationError(wanted)
        shown = f"[{host}]" if ":" in host else host
        address = f"{parts.scheme}://{shown}" + ("" if port is None else f":{port}")
        if parts.username is None:
            return cls(address)
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        return cls(address, Secret("Basic " + b64encode(pair.encode()).decode("ascii")))

    def __str__(self) -> str:
        return self.url


def proxy_of(chosen: str | Secret | None) -> Proxy | None:
    """
    Return the proxy that was chosen, else the one in ``VENUEKIT_PROXY``; None when there is neither.

    Raises:
        ConfigurationError: it is no URL of a proxy.
    """
    if chosen is not None:
        return Proxy.parse(chosen)
    text = os.environ.get(VARIABLE, "").strip()
    return Proxy.parse(text, named=VARIABLE) if text else None


def ignored_proxies() -> str | None:
    """Return the name of a variable that names a proxy for other programs, None when there is none."""
    return next((name for name in _OTHERS if os.environ.get(name)), None)

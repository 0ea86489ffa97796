"""Egress: the address that requests leave from, as far as it is known; pools of an address are kept by it."""

from __future__ import annotations

import os
import re
import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from venuekit.errors import ConfigurationError
from venuekit.pipeline.interlock import is_local
from venuekit.pipeline.proxy import Proxy
from venuekit.venue import Environment

#: the environment variable that names the address
VARIABLE = "VENUEKIT_ADDRESS"
#: the address of every machine that does not know its own: several behind one gateway share its pools
UNKNOWN = "any"
#: that of requests which never leave the machine
LOOPBACK = "loopback"

_ADDRESS = re.compile(r"[A-Za-z0-9._:\[\]-]{1,64}")
#: addresses without an owner: a socket that would send there shows from where, and nothing is sent
_NOWHERE = ((socket.AF_INET, "198.51.100.1"), (socket.AF_INET6, "2001:db8::1"))


class Egress:
    """
    Where the requests of one runtime leave.

    A chosen address holds for all of them. Else a proxy is one of its own, by host and port; without one it is the
    machine's own address where that is a global one. Behind a gateway it is :data:`UNKNOWN`, so that machines which
    share budgets spend from one pool: too slow where their addresses differ, rather than banned where they do not.

    Raises:
        ConfigurationError: ``chosen``, or ``VENUEKIT_ADDRESS`` in its place, is no name of an address.
    """

    def __init__(self, chosen: str | None, proxy: Proxy | None) -> None:
        self._chosen = _check(chosen, "address") if chosen is not None else _check(os.environ.get(VARIABLE), VARIABLE)
        self._proxy = proxy
        self._own: str | None = None

    def address_of(self, environment: Environment) -> str:
        """Return the address that requests to an environment leave from."""
        if self._chosen is not None:
            return self._chosen
        if is_local(environment.rest):
            return LOOPBACK
        if self._proxy is not None:
            return urlsplit(self._proxy.url).netloc
        if self._own is None:
            self._own = find_own_address()
        return self._own


def find_own_address() -> str:
    """Return the global address that this machine sends from, ``any`` where it has none or none is known."""
    for family, nowhere in _NOWHERE:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((nowhere, 9))
                own = ip_address(probe.getsockname()[0])
        except (OSError, ValueError):
            continue  # no way out by this version of the protocol
        return str(own) if own.is_global else UNKNOWN
    return UNKNOWN


def _check(address: str | None, named: str) -> str | None:
    address = (address or "").strip() or None if named == VARIABLE else address
    if address is not None and not _ADDRESS.fullmatch(address):
        raise ConfigurationError(
            f"{named}: {address!r} names no address; write the one that the venue sees, such as 203.0.113.7, or a name"
            " of your own for it: up to 64 letters, digits and . : - _ [ ]"
        )
    return address

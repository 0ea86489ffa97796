"""The endpoints of a venue, declared once as a class body that knows their names and their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from venuekit.endpoint import Endpoint, EndpointName

__all__ = ["EndpointBook"]


class EndpointBook:
    """
    The endpoints of a venue: names in a class body, in the order in which tables list them.

    A venue declares a subclass and makes one instance of it. Iterating over the instance yields the endpoints that
    :attr:`~venuekit.venue.Venue.endpoints` takes, those of base classes first; account parts, tables and the simulated
    venue read them by name::

        class AcmeEndpoints(EndpointBook):
            SERVER_TIME = Endpoint("GET", "/time", decode=...)
            WALLET = Endpoint("GET", "/wallet", decode=...)


        ENDPOINTS = AcmeEndpoints()
        tuple(ENDPOINTS)  # SERVER_TIME, WALLET
        ENDPOINTS.WALLET

    Books of one family share base classes, and a book may be a member of another one. A book may be an attrs class,
    whose fields are its members. Members that are neither an endpoint nor a book are reached by their name and not
    listed. An endpoint of two names is listed once, at the first.

    A part that several venues use states the endpoints that it needs as a protocol, so that a type checker finds a
    missing one, or one of another type, where a venue's account class names its book::

        class WalletEndpoints(Protocol):
            WALLET: Endpoint[tuple[WalletRow, ...]]


        class Balances(Account, BalanceReader):
            endpoints: ClassVar[WalletEndpoints]


        class AcmeAccount(Balances):
            endpoints = ENDPOINTS
    """

    __slots__ = ()

    def __iter__(self) -> Iterator[Endpoint[Any]]:
        """
        Yield every endpoint once.

        Raises:
            ValueError: two endpoints have the same verb, path and action.
        """
        listed: dict[EndpointName, Endpoint[Any]] = {}
        for endpoint in self._members():
            if listed.setdefault(endpoint.name, endpoint) is not endpoint:
                raise ValueError(f"{type(self).__name__}: {endpoint} is declared twice")
        return iter(listed.values())

    def _members(self) -> Iterator[Endpoint[Any]]:
        for name in _names(type(self)):
            member = getattr(self, name, None)
            if isinstance(member, Endpoint):
                yield member
            elif isinstance(member, EndpointBook):
                yield from member


def _names(book: type) -> dict[str, None]:
    """Return the public names of a body and of its bases, these first; those with a type before those without."""
    names = {name: None for base in book.__bases__ if issubclass(base, EndpointBook) for name in _names(base)}
    body = vars(book)
    names.update((name, None) for name in (*body.get("__annotations__", ()), *body) if not name.startswith("_"))
    return names

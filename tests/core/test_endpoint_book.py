"""An endpoint book knows the names and the order of a venue's endpoints; a part states which of them it needs."""

from __future__ import annotations

import re
from typing import ClassVar, Protocol

import attrs
import pytest

from venuekit.account import Account
from venuekit.endpoint import Endpoint
from venuekit.parts.endpoint_book import EndpointBook
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY, ToyEndpoints


def _words(body: bytes) -> str:
    return body.decode()


class Clock(EndpointBook):
    """The body that both products below have in common."""

    TIME = Endpoint("GET", "/time", decode=_words)


class Spot(Clock):
    """A product."""

    WALLET = Endpoint("GET", "/spot/wallet", decode=_words)
    PLACE = Endpoint("POST", "/spot/order", decode=_words)
    TOP_UP = PLACE
    PAGE_SIZE = 50


class Orders(EndpointBook):
    """A body of its own."""

    CANCEL = Endpoint("DELETE", "/order", decode=_words)
    PLACE = Endpoint("POST", "/order", decode=_words)


class Perp(Clock, Orders):
    """A product of two bodies, in which one endpoint is another one than in its base."""

    PLACE = Endpoint("POST", "/perp/order", decode=_words)
    POSITIONS = Endpoint("GET", "/perp/positions", decode=_words)


class Both(EndpointBook):
    """A book of which another one is a member."""

    STATUS = Endpoint("GET", "/status", decode=_words)
    SPOT = Spot()
    FEES = Endpoint("GET", "/fees", decode=_words)


@attrs.frozen
class Pair(EndpointBook):
    """A book that is made of its members; one of them may be missing."""

    second: Endpoint[str]
    first: Endpoint[str] | None
    size: int = 2


def _paths(book: EndpointBook) -> list[str]:
    return [str(endpoint) for endpoint in book]


def test_a_book_lists_its_endpoints_in_the_order_of_their_declaration() -> None:
    """Those of base classes come first, an endpoint of two names comes once, and other members do not come."""
    assert _paths(Spot()) == ["GET /time", "GET /spot/wallet", "POST /spot/order"]
    assert _paths(Perp()) == ["GET /time", "DELETE /order", "POST /perp/order", "GET /perp/positions"]


def test_the_fields_of_an_attrs_class_are_members_in_their_order() -> None:
    """A missing one is left out."""
    stop, start = Endpoint("PUT", "/stop", decode=_words), Endpoint("POST", "/start", decode=_words)

    assert [*Pair(stop, start)] == [stop, start]
    assert [*Pair(stop, None)] == [stop]


def test_a_book_within_a_book_is_listed_at_its_place() -> None:
    """The endpoints of a member follow those before it."""
    assert _paths(Both()) == ["GET /status", *_paths(Spot()), "GET /fees"]


def test_one_request_is_declared_once() -> None:
    """Two endpoints of the same verb and path would be two accounts of what a request costs and means."""

    class Twice(Spot):
        BALANCES = Endpoint("GET", "/spot/wallet", decode=_words)

    with pytest.raises(ValueError, match=re.escape("Twice: GET /spot/wallet is declared twice")):
        tuple(Twice())


def test_the_toy_venue_is_one_book() -> None:
    """The venue's endpoints are those of the body, by the same names and in the same order."""
    names = [name for name, member in vars(ToyEndpoints).items() if isinstance(member, Endpoint)]

    assert TOY_PERP.endpoints == tuple(getattr(TOY, name) for name in names)


class WalletEndpoints(Protocol):
    """What a part of two venues needs."""

    WALLET: Endpoint[str]


class Wallets(Account):
    """A part that states its need, so that mypy, which reads this file as well, checks the three accounts below."""

    __slots__ = ()

    endpoints: ClassVar[WalletEndpoints]


class NumberedWallet(EndpointBook):
    """A book in which the endpoint decodes to another type."""

    WALLET = Endpoint("GET", "/wallet", decode=len)


class SpotAccount(Wallets):
    """An account whose book has what its part needs."""

    endpoints = Spot()


class PerpAccount(Wallets):
    """An account whose book lacks it."""

    endpoints = Perp()  # type: ignore[assignment]


class NumberedAccount(Wallets):
    """An account whose book has it with another type."""

    endpoints = NumberedWallet()  # type: ignore[assignment]


def test_a_part_reads_the_book_of_its_account() -> None:
    """The part's name and the venue's name of an endpoint are the same one."""
    assert str(SpotAccount.endpoints.WALLET) == "GET /spot/wallet"
    assert not hasattr(PerpAccount.endpoints, "WALLET")

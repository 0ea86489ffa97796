"""Listing: the contracts that a venue lists, as orders, positions and histories of an account need them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import attrs

from venuekit._util import texts
from venuekit.account import Account
from venuekit.capabilities import Instrument
from venuekit.endpoint import Endpoint
from venuekit.errors import InvalidRequest, Outcome, VenueError
from venuekit.parts.orders.routes import OrderSteps
from venuekit.read_cache import key_of

T = TypeVar("T")

__all__ = ["Listing", "add_hint", "recall", "remember_symbols", "suggest_symbol", "unlisted_error"]


def recall(account: Account, endpoint: Endpoint[T], /, **parameters: Any) -> T | None:
    """Return the value that ``account.read_once`` remembers, without reading it; None where there is none of now."""
    remembered = account._session.venue_session.remembered  # noqa: SLF001 - there is no need to read, nor to wait
    fresh = remembered.fresh(key_of(endpoint, parameters))
    return None if fresh is None else fresh[0]


def suggest_symbol(symbol: str, listed: Iterable[Instrument]) -> str:
    """
    Return the end of a sentence about a symbol that is not listed: the one that was perhaps meant, or nothing.

    A text with a slash is taken for an :attr:`~venuekit.capabilities.Instrument.key`, also one that lacks its end.
    """
    return texts.suggest_symbol(symbol, {one.key: one.symbol for one in listed})


def add_hint(refused: VenueError, listed: Iterable[Instrument]) -> None:
    """End the refusal of a symbol with the one of ``listed`` that was perhaps meant, unless it ends so already."""
    refused.message = texts.with_hint(refused.message, refused.subject, {one.key: one.symbol for one in listed})


def remember_symbols(account: Account, listed: Iterable[Instrument]) -> None:
    """
    Remember all contracts that the venue lists, for accounts of its environment.

    A refusal of a symbol that is none of theirs then names the one that was perhaps meant.
    """
    remembered = account._session.venue_session.remembered  # noqa: SLF001 - shared by the venue's accounts
    remembered.symbols = {one.key: one.symbol for one in listed}


def unlisted_error(account: Account, words: str, symbol: str, listed: Iterable[Instrument] = ()) -> InvalidRequest:
    """
    Return the error for a symbol that the venue does not list, with the one that was perhaps meant.

    That is one of ``listed``, or else of those that are remembered.
    """
    remembered = account._session.venue_session.remembered  # noqa: SLF001 - shared by the venue's accounts
    words = f"{words}{suggest_symbol(symbol, listed) or texts.suggest_symbol(symbol, remembered.symbols)}"
    return account.make_error(InvalidRequest, words, subject=symbol, outcome=Outcome.NOT_APPLIED)


@attrs.frozen
class Listing:
    """
    The contracts of a venue that lists all of them at ``endpoint``, whose decoder returns instruments.

    They are read once and kept; the list is read again for a symbol that it does not have.
    """

    endpoint: Endpoint[tuple[Instrument, ...]]

    async def by_symbol(self, account: Account) -> Mapping[str, Instrument]:
        """Return the contracts that were listed when they were last read."""
        return {one.symbol: one for one in await account.read_once(self.endpoint)}

    async def find(self, account: Account, symbol: str, *, renew: bool = False) -> Instrument:
        """
        Return a contract; with ``renew`` as it is listed now.

        Raises:
            InvalidRequest: the venue does not list it.
        """
        listed: tuple[Instrument, ...] = ()
        for read_anew in (True,) if renew else (False, True):
            listed = await (account.refresh(self.endpoint, symbol) if read_anew else account.read_once(self.endpoint))
            for one in listed:
                if one.symbol == symbol:
                    return one
        raise unlisted_error(account, "the venue lists no such contract", symbol, listed)

    async def steps(self, account: Account, symbol: str, renew: bool) -> OrderSteps:
        """Return the steps of a contract, for ``OrderRoutes.steps``."""
        contract = await self.find(account, symbol, renew=renew)
        return OrderSteps(contract.quantity_step, contract.price_tick)

    async def sizes(self, account: Account) -> Callable[[str], Instrument | None]:
        """Return the contract of a symbol, None for one that is not listed, for ``OrderRoutes.sizes``."""
        return (await self.by_symbol(account)).get

"""Prices of the symbols that a caller names: which ones they are, and the rows of one answer or of several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from venuekit.account import Account
from venuekit.capabilities import Price
from venuekit.endpoint import Endpoint
from venuekit.parameters import Role
from venuekit.parts.concurrency import gather_all

__all__ = ["name_symbols", "prices_by_symbol", "rate_of_funding", "read_prices"]


def rate_of_funding(rate: Decimal | None, next_at: datetime | None) -> Decimal | None:
    """Return a funding rate where there is a next funding; for rows of contracts that expire and have neither."""
    return None if next_at is None else rate


def name_symbols(symbols: str | Iterable[str] | None) -> tuple[str, ...] | None:
    """Return the symbols that a caller names, each once and in their order; None for all."""
    if symbols is None:
        return None
    return tuple(dict.fromkeys((symbols,) if isinstance(symbols, str) else symbols))


async def read_prices(
    account: Account, endpoint: Endpoint[tuple[Price, ...]], symbols: tuple[str, ...] | None, **parameters: Any
) -> Mapping[str, Price]:
    """
    Return the rows of an endpoint by symbol: read symbol by symbol where that weighs less than the read of all.

    Args:
        account: Who asks.
        endpoint: A read of one symbol or, without its symbol, of all.
        symbols: None for all; rows of others are left out.
        parameters: Further parameters of each request.

    Raises:
        OperationError: a request fails; a symbol that the venue lists nowhere is in no row, or refused by the venue.
    """
    name = endpoint.name_of(Role.SYMBOL)
    if symbols is None or name is None:
        every = await account.call(endpoint, **parameters)
        return prices_by_symbol(every, symbols)
    alone = [{**parameters, name: symbol} for symbol in symbols]
    if len(alone) > 1 and sum(map(endpoint.cost, alone)) > endpoint.cost(parameters):
        alone = [parameters]
    answers = await gather_all([account.call(endpoint, **each) for each in alone])
    return prices_by_symbol((price for answer in answers for price in answer), symbols)


def prices_by_symbol(prices: Iterable[Price], symbols: tuple[str, ...] | None) -> Mapping[str, Price]:
    """Return prices by their symbols, without those of symbols that were not named."""
    chosen = None if symbols is None else frozenset(symbols)
    return {price.symbol: price for price in prices if chosen is None or price.symbol in chosen}

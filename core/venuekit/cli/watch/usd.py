"""Amounts of several assets: their sum in US dollars where a path to them is known, and by asset elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from venuekit.capabilities import Balance, Instrument

#: the asset in which sums over assets are counted; a stablecoin is another asset, whose price is not always 1
USD = "USD"


def usd_prices(
    balances: Iterable[Balance], instruments: Mapping[str, Instrument], marks: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    """
    Return what one unit of each asset is worth in USD, as far as a path is known.

    Args:
        balances: Those of the account; a venue that counts ``usd_value`` gives the price of its asset by it.
        instruments: By symbol; the mark price of one that is quoted in USD is the price of its base.
        marks: Mark prices by symbol.
    """
    prices: dict[str, Decimal] = {}
    for symbol, mark in marks.items():
        instrument = instruments.get(symbol)
        if instrument is not None and instrument.quote == USD:
            prices.setdefault(instrument.base, mark)
    for balance in balances:
        if balance.usd_value and balance.equity:
            prices.setdefault(balance.asset, balance.usd_value / balance.equity)
    prices[USD] = Decimal(1)
    return prices


def usd_sum(amounts: Mapping[str, Decimal], prices: Mapping[str, Decimal]) -> Decimal | None:
    """Return the worth of amounts by asset; None where an amount other than 0 has no known path to USD."""
    total = Decimal(0)
    for asset, amount in amounts.items():
        if amount:
            price = prices.get(asset)
            if price is None:
                return None
            total += amount * price
    return total

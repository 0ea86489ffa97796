"""The listed contracts with their tiers; realistic figures, not the venue's present ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from venuekit.simulator import Market, count_base, make_tick
from venuekit.simulator.ledger import Contract, LedgerTier, tiers
from venuekit_binance_common.simulated.symbols import match_symbol, read_expiry

VENUE_ID = "binance_coinm"
#: the coins of this product are separate from those of the USD-margined one, although the account is shared
PURSE = VENUE_ID
D = Decimal

#: caps are quantities of the base asset
_BTC = tiers(
    (5, 125, "0.004"),
    (10, 100, "0.005"),
    (20, 75, "0.0065"),
    (50, 50, "0.01"),
    (100, 20, "0.025"),
    (200, 10, "0.05"),
    (400, 5, "0.1"),
    (1000, 4, "0.125"),
    (1500, 2, "0.25"),
    (2500, 1, "0.5"),
)
_BTC_DELIVERY = tiers(
    (10, 50, "0.01"), (50, 20, "0.025"), (100, 10, "0.05"), (200, 5, "0.1"), (400, 2, "0.25"), (1000, 1, "0.5")
)
_ETH = tiers(
    (100, 100, "0.005"),
    (500, 75, "0.0065"),
    (1000, 50, "0.01"),
    (2500, 25, "0.02"),
    (5000, 10, "0.05"),
    (10_000, 5, "0.1"),
    (20_000, 2, "0.25"),
    (50_000, 1, "0.5"),
)
_OTHERS = tiers((500, 50, "0.01"), (2000, 20, "0.025"), (5000, 10, "0.05"), (20_000, 5, "0.1"), (80_000, 1, "0.5"))


def _inverse(
    base: str,
    suffix: str,
    size: int,
    tick: str,
    brackets: tuple[LedgerTier, ...],
    *,
    premium: str = "0",
    expires_at: datetime | None = None,
) -> Contract:
    return Contract(
        symbol=f"{base}USD_{suffix}",
        pair=f"{base}USD",
        base=base,
        quote="USD",
        settle=base,
        is_inverse=True,
        contract_size=D(size),
        brackets=brackets,
        premium=D(premium),
        venue=VENUE_ID,
        purse=PURSE,
        price_tick=D(tick),
        min_price=D(tick),
        max_price=D(4_520_958),
        max_market_quantity=D(60_000),
        taker_fee=D("0.0005"),
        listed_at=datetime(2020, 8, 10, 7, 0, tzinfo=UTC),
        expires_at=expires_at,
    )


CONTRACTS = (
    _inverse("BTC", "PERP", 100, "0.1", _BTC),
    _inverse("ETH", "PERP", 10, "0.01", _ETH),
    _inverse("BNB", "PERP", 10, "0.01", _OTHERS),
    _inverse(
        *("BTC", "270326", 100, "0.1", _BTC_DELIVERY),
        premium="0.0136364",
        expires_at=datetime(2027, 3, 26, 8, 0, tzinfo=UTC),
    ),
)

_SYMBOL = re.compile(r"([A-Z0-9]{1,20})USD_(PERP|[0-9]+)")
_FORMS = "SOLUSD_PERP or SOLUSD_270326"
#: brackets of further contracts: caps in USD, highest leverages, maintenance margin rates
_CAPS = (
    (500_000, 50, "0.01"),
    (2_000_000, 20, "0.025"),
    (5_000_000, 10, "0.05"),
    (20_000_000, 5, "0.1"),
    (80_000_000, 1, "0.5"),
)


def make_contract(market: Market, prices: Mapping[str, Decimal]) -> Contract:
    """
    Return a further contract of 10 USD, which follows from its symbol.

    Raises:
        FieldError: the symbol has no form of the venue, or the market has no price.
    """
    base, suffix = match_symbol(market.symbol, _SYMBOL, _FORMS).groups()
    price = market.price_of(base, prices)
    brackets = tiers(*((count_base(cap, price), leverage, rate) for cap, leverage, rate in _CAPS))
    expires_at = None if suffix == "PERP" else read_expiry(suffix)
    return _inverse(base, suffix, 10, f"{make_tick(price):f}", brackets, expires_at=expires_at)

"""The listed contracts with their tiers; realistic figures, not the venue's present ones."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from venuekit.simulator.ledger import Contract, LedgerTier, tiers

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

"""The listed contracts with their tiers; realistic figures, not the venue's present ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from venuekit.simulator import Market, make_tick
from venuekit.simulator.ledger import Contract, tiers
from venuekit_binance_common.simulated.symbols import match_symbol, read_expiry

VENUE_ID = "binance_usdm"
_LISTED_AT = datetime(2019, 9, 25, 8, 0, tzinfo=UTC)
D = Decimal

_BTC = tiers(
    (50_000, 125, "0.004"),
    (600_000, 100, "0.005"),
    (3_000_000, 75, "0.0065"),
    (12_000_000, 50, "0.01"),
    (70_000_000, 25, "0.02"),
    (100_000_000, 20, "0.025"),
    (230_000_000, 10, "0.05"),
    (480_000_000, 5, "0.1"),
    (600_000_000, 4, "0.125"),
    (800_000_000, 3, "0.15"),
    (1_200_000_000, 2, "0.25"),
    (1_800_000_000, 1, "0.5"),
)
_ETH = tiers(
    (50_000, 100, "0.005"),
    (600_000, 75, "0.0065"),
    (3_000_000, 50, "0.01"),
    (12_000_000, 25, "0.02"),
    (50_000_000, 20, "0.025"),
    (65_000_000, 10, "0.05"),
    (150_000_000, 5, "0.1"),
    (400_000_000, 3, "0.15"),
    (800_000_000, 1, "0.5"),
)
_OTHERS = tiers(
    (10_000, 75, "0.0065"),
    (100_000, 50, "0.01"),
    (750_000, 25, "0.02"),
    (2_000_000, 20, "0.025"),
    (4_000_000, 10, "0.05"),
    (12_000_000, 5, "0.1"),
    (20_000_000, 2, "0.25"),
    (30_000_000, 1, "0.5"),
)


def _linear(base: str, quote: str, tick: str, step: str, **others: object) -> dict[str, object]:
    return {
        "symbol": f"{base}{quote}",
        "pair": f"{base}{quote}",
        "base": base,
        "quote": quote,
        "settle": quote,
        "is_inverse": False,
        "contract_size": D(1),
        "venue": VENUE_ID,
        "price_tick": D(tick),
        "min_price": D(tick),
        "max_price": D(4_529_764),
        "quantity_step": D(step),
        "min_quantity": D(step),
        "max_quantity": D(1_000_000),
        "max_market_quantity": D(10_000),
        "min_notional": D(5),
        "taker_fee": D("0.0005"),
        "listed_at": _LISTED_AT,
        **others,
    }


CONTRACTS = tuple(
    Contract(**fields)  # type: ignore[arg-type]
    for fields in (
        _linear("BTC", "USDT", "0.10", "0.001", brackets=_BTC, min_notional=D(100), max_quantity=D(1000)),
        _linear("ETH", "USDT", "0.01", "0.001", brackets=_ETH, min_notional=D(20)),
        _linear("BNB", "USDT", "0.010", "0.01", brackets=_OTHERS),
        _linear("ADA", "USDT", "0.00010", "1", brackets=_OTHERS),
        _linear(
            *("BTC", "USDC", "0.1", "0.001"),
            premium=D("-0.0001136"),
            brackets=_BTC,
            min_notional=D(100),
            max_quantity=D(1000),
        ),
        _linear(
            *("BTC", "USDT", "0.1", "0.001"),
            premium=D("0.0136364"),
            brackets=_BTC,
            symbol="BTCUSDT_270326",
            expires_at=datetime(2027, 3, 26, 8, 0, tzinfo=UTC),
        ),
    )
)

_SYMBOL = re.compile(r"([A-Z0-9]{1,20}?)(USDT|USDC)(?:_([0-9]+))?")
_FORMS = "SOLUSDT, SOLUSDC or SOLUSDT_270326"


def make_contract(market: Market, prices: Mapping[str, Decimal]) -> Contract:
    """
    Return a further contract, which follows from its symbol.

    Raises:
        FieldError: the symbol has no form of the venue, or the market has no price.
    """
    base, quote, date = match_symbol(market.symbol, _SYMBOL, _FORMS).groups()
    price = market.price_of(base, prices)
    step = min(D(1), max(D("0.001"), D(1).scaleb(-price.adjusted())))
    fields = _linear(base, quote, f"{make_tick(price):f}", f"{step:f}", brackets=_OTHERS, symbol=market.symbol)
    if date is not None:
        fields["expires_at"] = read_expiry(date)
    return Contract(**fields)  # type: ignore[arg-type]

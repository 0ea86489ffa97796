"""The contracts of the simulated venue, and its accounting rules."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from venuekit.capabilities import AccountMode, MarginTypeScope, Setting
from venuekit.simulator import INDEX_PRICES, FieldError, Market, count_base, make_tick
from venuekit.simulator.ledger import (
    Asset,
    BreakEven,
    ClientIdRule,
    Contract,
    FundingFrom,
    IsolatedMargin,
    LedgerTier,
    Liquidation,
    Pool,
    Rounding,
    Rules,
    Triggered,
    tiers,
)

RULES = Rules(
    account_mode=AccountMode.UNIFIED,
    rounding=Rounding.NEAREST,
    margin_type_scope=MarginTypeScope.ACCOUNT,
    isolated_margin=IsolatedMargin.ENTRY,
    closing_fee_in_margin=True,
    tier_counts_orders=True,
    hedge_mode=False,
    asset_mode=False,
    pool=Pool.IN_CROSS,
    # The documentation does not mention setting the present margin mode again: it is accepted.
    no_change_refused=frozenset({Setting.LEVERAGE, Setting.POSITION_MODE}),
    orders_forbid=frozenset(),
    position_forbids=frozenset(),
    refuse_lower_leverage_isolated=False,
    liquidation=Liquidation.ENTRY,
    break_even=BreakEven.NONE,
    asynchronous=True,
    client_ids=ClientIdRule.UNIQUE_EVER,
    triggered=Triggered.SAME_ORDER,
    amend_conditional=True,
    funding_from=FundingFrom.BALANCE_FIRST,
    max_open_orders=500,
    max_conditional_orders=10,
    max_orders_per_symbol=True,
)


def _contract(symbol: str, base: str, brackets: tuple[LedgerTier, ...], **details: object) -> Contract:
    shared: dict[str, object] = {
        "min_price": Decimal("0.10"),
        "max_price": Decimal("1999999.80"),
        "price_tick": Decimal("0.10"),
        "max_quantity": Decimal(25_000_000),
        "max_market_quantity": Decimal(5_000_000),
        "funding_interval": timedelta(hours=8),
    }
    return Contract(
        symbol=symbol,
        pair=f"{base}USD",
        base=base,
        quote="USD",
        settle=base,
        is_inverse=True,
        contract_size=Decimal(1),
        brackets=brackets,
        venue="bybit_inverse",
        leverage=Decimal(10),
        leverage_step=Decimal("0.01"),
        min_notional=Decimal(5),
        taker_fee=Decimal("0.00055"),
        maker_fee=Decimal("0.0002"),
        **(shared | details),  # type: ignore[arg-type]  # every detail is a field of Contract, see above and below
    )


#: rows of cap, highest leverage, maintenance margin rate and initial margin rate
_BTC_TIERS = (("150", "100.00", "0.005", "0.01"), ("300", "66.67", "0.01", "0.015"))
_ETH_TIERS = (("1800", "100.00", "0.005", "0.01"), ("3600", "66.67", "0.01", "0.015"))

CONTRACTS = (
    _contract("BTCUSD", "BTC", tiers(*_BTC_TIERS), listed_at=datetime(2018, 11, 14, 16, tzinfo=UTC)),
    _contract(
        "ETHUSD",
        "ETH",
        tiers(*_ETH_TIERS),
        price_tick=Decimal("0.01"),
        listed_at=datetime(2019, 1, 25, tzinfo=UTC),
    ),
    _contract(
        "BTCUSDZ26",
        "BTC",
        tiers(("100", "100.00", "0.005", "0.01")),
        premium=Decimal("0.014"),
        price_tick=Decimal("0.50"),
        min_price=Decimal("0.50"),
        max_price=Decimal("9999999.00"),
        max_quantity=Decimal(5_000_000),
        max_market_quantity=Decimal(1_000_000),
        funding_interval=None,
        listed_at=datetime(2026, 6, 12, 8, tzinfo=UTC),
        expires_at=datetime(2026, 12, 25, 8, tzinfo=UTC),
    ),
)

_SYMBOL = re.compile(r"([A-Z0-9]{1,20})USD(?:([FGHJKMNQUVXZ])([0-9]{2}))?")
#: the letters of the months
_MONTHS = "FGHJKMNQUVXZ"
_FORMS = "SOLUSD or SOLUSDH27"


def make_contract(market: Market, prices: Mapping[str, Decimal]) -> Contract:
    """
    Return a further contract of 1 USD, which follows from its symbol.

    Raises:
        FieldError: the symbol has no form of the venue, or the market has no price.
    """
    match = _SYMBOL.fullmatch(market.symbol)
    if match is None:
        raise FieldError(f"expected a symbol such as {_FORMS}, not {market.symbol!r}", "symbol")
    base, letter, year = match.groups()
    price = market.price_of(base, prices)
    tick, cap = make_tick(price), count_base(1_000_000, price)
    dates: dict[str, object] = {"listed_at": datetime(2024, 1, 1, 8, tzinfo=UTC)}
    if letter is not None:
        expires_at = _find_expiry(2000 + int(year), _MONTHS.index(letter) + 1)
        dates |= {"funding_interval": None, "expires_at": expires_at}
    return _contract(
        market.symbol,
        base,
        tiers((cap, "50.00", "0.01", "0.02"), (2 * cap, "33.33", "0.015", "0.03")),
        price_tick=tick,
        min_price=tick,
        max_price=tick * 10_000_000,
        **dates,
    )


def _find_expiry(year: int, month: int) -> datetime:
    """Return 08:00 UTC of the last Friday of a month."""
    last = datetime(year, month, calendar.monthrange(year, month)[1], 8, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() - calendar.FRIDAY) % 7)


ASSETS = (
    Asset("BTC", index_price=INDEX_PRICES["BTC"], haircut=Decimal("0.05")),
    Asset("ETH", index_price=INDEX_PRICES["ETH"], haircut=Decimal("0.05")),
    Asset("USDT", index_price=INDEX_PRICES["USDT"]),
)

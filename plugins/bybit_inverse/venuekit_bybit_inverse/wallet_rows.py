"""Rows of ``GET /v5/account/wallet-balance``, totals in USD and coins, and of ``GET /v5/account/collateral-info``."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import AccountInfo, Balance, Collateral
from venuekit.parts.columns import Same, derived, flag, number, text
from venuekit.parts.rows import Document, Reads, Rows


def _sum(*parts: Decimal | None) -> Decimal | None:
    """Return the sum; None when one of the parts is not known."""
    return None if None in parts else sum((part for part in parts if part is not None), Decimal(0))


def _both(one: bool | None, other: bool | None) -> bool | None:
    return None if one is None or other is None else one and other


def _available(wallet: Decimal | None, *bound: Decimal | None) -> Decimal | None:
    """Return the part that is neither margin nor locked nor bonus; None when one of these is not known."""
    sum_of_bound = _sum(*bound)
    return None if wallet is None or sum_of_bound is None else wallet - sum_of_bound


_COIN: Mapping[str, Any] = {
    "asset": text("coin"),
    "wallet": number("walletBalance", may_be_blank=True),
    "unrealized_pnl": number("unrealisedPnl", may_be_blank=True),
    "equity": number("equity", may_be_blank=True),
    "position_initial_margin": number("totalPositionIM", may_be_blank=True),
    "open_order_initial_margin": number("totalOrderIM", may_be_blank=True),
    "initial_margin": derived(_sum, Same("position_initial_margin"), Same("open_order_initial_margin")),
    "maintenance_margin": number("totalPositionMM", may_be_blank=True),
    "borrowed": number("borrowAmount", may_be_blank=True),
    "accrued_interest": number("accruedInterest", may_be_blank=True),
    "locked": number("locked", may_be_blank=True),
    "bonus": number("bonus", may_be_blank=True),
    "is_collateral": derived(
        _both, flag("marginCollateral", may_be_blank=True), flag("collateralSwitch", may_be_blank=True)
    ),
    "usd_value": number("usdValue", may_be_blank=True),
}
_COINS = ("result", "list", 0, "coin")
#: in isolated mode: elsewhere all coins back all, and none of them has an available amount of its own
ISOLATED_COINS = Reads(
    Balance,
    within=_COINS,
    **_COIN,
    available=derived(_available, Same("wallet"), Same("initial_margin"), Same("locked"), Same("bonus")),
)


@attrs.frozen(eq=False)
class WalletRows:
    """The totals of the account, in USD, and its coins."""

    totals: Rows[AccountInfo]
    coins: Rows[Balance]


decode_wallet = Document(
    WalletRows,
    totals=Reads(
        AccountInfo,
        within=_COINS[:-1],
        is_single=True,
        total_wallet=number("totalWalletBalance", may_be_blank=True),
        total_equity=number("totalEquity", may_be_blank=True),
        total_unrealized_pnl=number("totalPerpUPL", may_be_blank=True),
        total_initial_margin=number("totalInitialMargin", may_be_blank=True),
        total_maintenance_margin=number("totalMaintenanceMargin", may_be_blank=True),
        total_available=number("totalAvailableBalance", may_be_blank=True),
        margin_ratio=number("accountMMRate", may_be_blank=True),
    ),
    coins=Reads(Balance, within=_COINS, **_COIN),
)

COLLATERAL = Reads(
    Collateral,
    within=("result", "list"),
    asset=text("currency"),
    allowed=flag("marginCollateral", may_be_blank=True),
    switched_on=flag("collateralSwitch", may_be_blank=True),
    ratio=number("collateralRatio", may_be_blank=True),
)

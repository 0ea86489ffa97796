"""What every simulated venue of the realm brings along: its venues share one ledger."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import Setting
from venuekit.simulator.ledger import Asset, Rules

__all__ = ["MARGIN_ASSETS", "RULES"]

RULES = Rules(
    max_conditional_orders=200,
    valuation_asset="USDT",
    orders_forbid=frozenset({Setting.MARGIN_TYPE, Setting.POSITION_MODE, Setting.ASSET_MODE}),
)

#: what may back positions in multi-assets mode, a mode of the account: index prices in USD, and what does not count
MARGIN_ASSETS = (
    Asset("USDT", index_price=Decimal(1)),
    Asset("USDC", index_price=Decimal(1)),
    Asset("BTC", index_price=Decimal(88_000), haircut=Decimal("0.05")),
    Asset("BNB", index_price=Decimal(900), is_collateral=False),
)

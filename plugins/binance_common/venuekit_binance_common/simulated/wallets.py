"""What both products tell about a wallet, in the balance read and in the account read."""

from __future__ import annotations

from collections.abc import Mapping

from venuekit.simulator.ledger import BalanceFigures
from venuekit_binance_common.simulated.formatting import amount, milliseconds

__all__ = ["asset_row", "balance_row"]


def balance_row(held: BalanceFigures, *, withdrawable: str) -> dict[str, object]:
    """Return a row of the balance read; what can be withdrawn goes by the product's name."""
    return {
        "accountAlias": "SgsR",
        "asset": held.asset,
        "balance": amount(held.wallet),
        "crossWalletBalance": amount(held.cross_wallet),
        "crossUnPnl": amount(held.cross_unrealized_pnl),
        "availableBalance": amount(held.available),
        withdrawable: amount(held.withdrawable),
        "updateTime": milliseconds(held.updated_at),
    }


def asset_row(held: BalanceFigures) -> Mapping[str, object]:
    """Return an asset of the account read."""
    return {
        "asset": held.asset,
        "walletBalance": amount(held.wallet),
        "unrealizedProfit": amount(held.unrealized_pnl),
        "marginBalance": amount(held.equity),
        "maintMargin": amount(held.maintenance_margin),
        "initialMargin": amount(held.initial_margin),
        "positionInitialMargin": amount(held.position_initial_margin),
        "openOrderInitialMargin": amount(held.open_order_initial_margin),
        "crossWalletBalance": amount(held.cross_wallet),
        "crossUnPnl": amount(held.cross_unrealized_pnl),
        "availableBalance": amount(held.available),
        "maxWithdrawAmount": amount(held.withdrawable),
        "updateTime": milliseconds(held.updated_at),
    }

"""Numbers, times, words and rows of wallets, as the venue writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from venuekit.capabilities import MarginType
from venuekit.simulator.ledger import BalanceFigures, Contract

__all__ = [
    "LATEST",
    "amount",
    "amount_or_zero",
    "asset_row",
    "balance_row",
    "decimals_of",
    "margin_type",
    "milliseconds",
    "number",
    "plain",
    "quantity",
]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
#: milliseconds since 1970 that no instant is behind
LATEST = 253_402_300_799_000


def amount(value: Decimal) -> str:
    """Return money with eight decimals, always: ``"0.00000000"``."""
    return f"{value:.8f}" if value else "0.00000000"


def amount_or_zero(value: Decimal | None) -> str:
    """Return money with eight decimals, ``"0"`` for none of it."""
    return f"{value:.8f}" if value else "0"


def plain(value: Decimal | None) -> str:
    """Return a number in plain digits without trailing zeros, ``"0"`` for none."""
    if not value:
        return "0"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def decimals_of(step: Decimal) -> int:
    """Return how many decimals a step has: 3 for 0.001, 0 for 1."""
    return len(plain(step).partition(".")[2])


def quantity(value: Decimal, contract: Contract) -> str:
    """Return a quantity with as many decimals as its step has."""
    return f"{value:.{decimals_of(contract.quantity_step)}f}"


def number(value: Decimal) -> int | Decimal:
    """Return what travels as a JSON number: without a fraction where it has none."""
    return int(value) if value == value.to_integral_value() else Decimal(plain(value))


def milliseconds(instant: datetime | None) -> int:
    """Return milliseconds since 1970, 0 for never."""
    return 0 if instant is None else (instant - _EPOCH) // _MILLISECOND


def margin_type(value: MarginType) -> str:
    """Return the word of requests and of symbolConfig."""
    return "ISOLATED" if value is MarginType.ISOLATED else "CROSSED"


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

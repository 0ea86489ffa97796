"""Numbers, times, words and rows of wallets, as the venue writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from venuekit.capabilities import MarginType
from venuekit.simulator.ledger import BalanceFigures, Contract

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
#: the latest instant, in milliseconds since 1970
LATEST = 253_402_300_799_000


def amount(value: Decimal) -> str:
    """Return money with eight decimals, always: ``"0.00000000"``."""
    return f"{value:.8f}" if value else "0.00000000"


def amount_or_zero(value: Decimal | None) -> str:
    """Return money with eight decimals, ``"0"`` for zero and None."""
    return f"{value:.8f}" if value else "0"


def plain(value: Decimal | None) -> str:
    """Return a number in plain digits without trailing zeros, ``"0"`` for zero and None."""
    if not value:
        return "0"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def decimals_of(step: Decimal) -> int:
    """Return the number of decimals of a step: 3 for 0.001, 0 for 1."""
    return len(plain(step).partition(".")[2])


def quantity(value: Decimal, contract: Contract) -> str:
    """Return a quantity with as many decimals as its step."""
    return f"{value:.{decimals_of(contract.quantity_step)}f}"


def number(value: Decimal) -> int | Decimal:
    """Return a number for JSON: an integer if it has no fraction."""
    return int(value) if value == value.to_integral_value() else Decimal(plain(value))


def milliseconds(instant: datetime | None) -> int:
    """Return milliseconds since 1970, 0 for None."""
    return 0 if instant is None else (instant - _EPOCH) // _MILLISECOND


def margin_type(value: MarginType) -> str:
    """Return the word for a margin type in requests and in symbolConfig."""
    return "ISOLATED" if value is MarginType.ISOLATED else "CROSSED"


def balance_row(balance: BalanceFigures, *, withdrawable: str) -> dict[str, object]:
    """Return a row of the balance read; ``withdrawable`` is the product's name of the withdrawable amount."""
    return {
        "accountAlias": "SgsR",
        "asset": balance.asset,
        "balance": amount(balance.wallet),
        "crossWalletBalance": amount(balance.cross_wallet),
        "crossUnPnl": amount(balance.cross_unrealized_pnl),
        "availableBalance": amount(balance.available),
        withdrawable: amount(balance.withdrawable),
        "updateTime": milliseconds(balance.updated_at),
    }


def asset_row(balance: BalanceFigures) -> Mapping[str, object]:
    """Return an asset of the account read."""
    return {
        "asset": balance.asset,
        "walletBalance": amount(balance.wallet),
        "unrealizedProfit": amount(balance.unrealized_pnl),
        "marginBalance": amount(balance.equity),
        "maintMargin": amount(balance.maintenance_margin),
        "initialMargin": amount(balance.initial_margin),
        "positionInitialMargin": amount(balance.position_initial_margin),
        "openOrderInitialMargin": amount(balance.open_order_initial_margin),
        "crossWalletBalance": amount(balance.cross_wallet),
        "crossUnPnl": amount(balance.cross_unrealized_pnl),
        "availableBalance": amount(balance.available),
        "maxWithdrawAmount": amount(balance.withdrawable),
        "updateTime": milliseconds(balance.updated_at),
    }

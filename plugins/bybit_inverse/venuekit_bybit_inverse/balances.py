"""Balances: the coins of the unified account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from venuekit.capabilities import Balance, BalanceReader, MarginType
from venuekit.parts.concurrency import gather
from venuekit.plugin import Account, Answer
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.payloads import CoinRow, WalletRow

__all__ = ["UNIFIED", "BybitBalances", "balances_of"]

#: the account type of a unified account
UNIFIED = "UNIFIED"


class BybitBalances(Account, BalanceReader):
    """Read the coins; without a name those whose balance is not zero."""

    __slots__ = ()

    async def get_balances(self, *, asset: str | None = None) -> tuple[Balance, ...]:
        """Return one balance per coin; ``available`` is known in isolated mode only, elsewhere all coins back all."""
        info, wallet = await gather(
            self.call(BYBIT.ACCOUNT_INFO), self.answer_rows(BYBIT.WALLET_BALANCE, accountType=UNIFIED, coin=asset)
        )
        found = balances_of(wallet, info.margin_mode.margin_type, wallet.as_of)
        return found if asset is None else tuple(balance for balance in found if balance.asset == asset)


def balances_of(wallet: Answer[WalletRow], margin_type: MarginType, as_of: datetime) -> tuple[Balance, ...]:
    """Return the balances of a wallet under a margin type."""
    coins = wallet.value.coin
    raw = (None,) * len(coins) if wallet.raw is None else wallet.raw["result"]["list"][0]["coin"]
    isolated = margin_type is MarginType.ISOLATED
    return tuple(
        _balance(row, isolated=isolated, as_of=as_of, received_at=wallet.received_at, raw=venue_row)
        for row, venue_row in zip(coins, raw, strict=True)
    )


def _balance(
    row: CoinRow, *, isolated: bool, as_of: datetime, received_at: datetime, raw: Mapping[str, Any] | None
) -> Balance:
    return Balance(
        asset=row.coin,
        wallet=row.wallet_balance,
        unrealized_pnl=row.unrealised_pnl,
        equity=row.equity,
        available=_available(row) if isolated else None,
        position_initial_margin=row.total_position_im,
        open_order_initial_margin=row.total_order_im,
        initial_margin=_sum(row.total_position_im, row.total_order_im),
        maintenance_margin=row.total_position_mm,
        borrowed=row.borrow_amount,
        accrued_interest=row.accrued_interest,
        locked=row.locked,
        bonus=row.bonus,
        is_collateral=_both(row.margin_collateral, row.collateral_switch),
        usd_value=row.usd_value,
        as_of=as_of,
        received_at=received_at,
        raw=raw,
    )


def _available(row: CoinRow) -> Decimal | None:
    """Return what is neither margin nor locked nor bonus; None when one of these is not known."""
    bound = _sum(row.total_position_im, row.total_order_im, row.locked, row.bonus)
    return None if row.wallet_balance is None or bound is None else row.wallet_balance - bound


def _sum(*parts: Decimal | None) -> Decimal | None:
    known = [part for part in parts if part is not None]
    return sum(known, Decimal(0)) if len(known) == len(parts) else None


def _both(one: bool | None, other: bool | None) -> bool | None:
    return None if one is None or other is None else one and other

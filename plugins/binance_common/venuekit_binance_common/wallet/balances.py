"""Balances: one per asset, from the read that is made for it; and the richer rows of the account read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from venuekit.capabilities import Balance, BalanceReader
from venuekit.plugin import Account, Endpoint
from venuekit_binance_common.payloads import AssetRow, BalanceRow

__all__ = ["BinanceBalances", "balances_of_assets"]


class BinanceBalances(Account, BalanceReader):
    """Where assets back each other, ``available`` is the account's figure expressed in each asset."""

    __slots__ = ()

    BALANCE: ClassVar[Endpoint[tuple[BalanceRow, ...]]]

    async def get_balances(self, *, asset: str | None = None) -> tuple[Balance, ...]:
        """Return one balance per asset, or that of ``asset``. This read tells no equity and no margins."""
        answer = await self.answer_rows(self.BALANCE)
        raws = answer.raw or [None] * len(answer.value)
        return tuple(
            _balance_of_balance_row(row, answer.as_of, answer.received_at, raw)
            for row, raw in zip(answer.value, raws, strict=True)
            if asset is None or row.asset == asset
        )


def _balance_of_balance_row(
    row: BalanceRow, as_of: datetime, received_at: datetime, raw: Mapping[str, Any] | None
) -> Balance:
    return Balance(
        asset=row.asset,
        wallet=row.balance,
        cross_wallet=row.cross_wallet_balance,
        cross_unrealized_pnl=row.cross_un_pnl,
        available=row.available_balance,
        withdrawable=row.withdrawable,
        is_collateral=row.margin_available,
        account_alias=row.account_alias,
        updated_at=row.update_time,
        as_of=as_of,
        received_at=received_at,
        raw=raw,
    )


def balances_of_assets(
    rows: Sequence[AssetRow], raw: Mapping[str, Any] | None, *, as_of: datetime, received_at: datetime
) -> tuple[Balance, ...]:
    """Return what the assets of the account read tell; ``raw`` is that whole answer when it is kept."""
    raws = [None] * len(rows) if raw is None else raw["assets"]
    return tuple(_balance_of_asset_row(row, as_of, received_at, each) for row, each in zip(rows, raws, strict=True))


def _balance_of_asset_row(
    row: AssetRow, as_of: datetime, received_at: datetime, raw: Mapping[str, Any] | None
) -> Balance:
    return Balance(
        asset=row.asset,
        wallet=row.wallet_balance,
        cross_wallet=row.cross_wallet_balance,
        cross_unrealized_pnl=row.cross_un_pnl,
        unrealized_pnl=row.unrealized_profit,
        equity=row.margin_balance,
        available=row.available_balance,
        withdrawable=row.max_withdraw_amount,
        position_initial_margin=row.position_initial_margin,
        open_order_initial_margin=row.open_order_initial_margin,
        initial_margin=row.initial_margin,
        maintenance_margin=row.maint_margin,
        is_collateral=row.margin_available,
        updated_at=row.update_time,
        as_of=as_of,
        received_at=received_at,
        raw=raw,
    )

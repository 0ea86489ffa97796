"""The account as a whole: totals and assets, joined with the flags and positions that the account read leaves out."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from venuekit.capabilities import AccountInfo, AccountKind, AccountReader
from venuekit.parts.concurrency import earliest, gather
from venuekit.plugin import Endpoint
from venuekit_binance_common.enums import asset_mode_of, position_mode_of
from venuekit_binance_common.wallet.balances import balances_of_assets
from venuekit_binance_usdm.payloads import AccountRow
from venuekit_binance_usdm.positions import BinancePositions, join_positions

__all__ = ["BinanceAccountInfo", "margin_ratio"]


class BinanceAccountInfo(BinancePositions, AccountReader):
    """In single-asset mode the totals count USDT alone; sum ``balances`` per asset for risk."""

    __slots__ = ()

    ACCOUNT: ClassVar[Endpoint[AccountRow]]

    async def get_account(self, *, include_flat: bool = False) -> AccountInfo:
        """Return totals, modes, balances and open positions; four reads at once, weight 20."""
        account, flags, rows, configs = await gather(
            self.answer_rows(self.ACCOUNT),
            self.answer(self.ACCOUNT_CONFIG),
            self.answer_rows(self.POSITION_RISK),
            self.answer_rows(self.SYMBOL_CONFIG),
        )
        totals, config = account.value, flags.value
        as_of = earliest(account, flags, rows, configs)
        is_multi = config.multi_assets_margin
        return AccountInfo(
            valuation_asset="USD" if is_multi else "USDT",
            total_wallet=totals.total_wallet_balance,
            total_equity=totals.total_margin_balance,
            total_unrealized_pnl=totals.total_unrealized_profit,
            total_initial_margin=totals.total_initial_margin,
            total_maintenance_margin=totals.total_maint_margin,
            total_available=totals.available_balance,
            total_withdrawable=totals.max_withdraw_amount,
            margin_ratio=margin_ratio(totals) if is_multi else None,
            position_mode=position_mode_of(config.dual_side_position),
            asset_mode=asset_mode_of(is_multi),
            kind=AccountKind.STANDARD,
            can_trade=config.can_trade,
            can_deposit=config.can_deposit,
            can_withdraw=config.can_withdraw,
            fee_tier=config.fee_tier,
            balances=balances_of_assets(totals.assets, account.raw, as_of=as_of, received_at=account.received_at),
            positions=join_positions(
                rows.value,
                configs.value,
                as_of=as_of,
                received_at=rows.received_at,
                raws=rows.raw,
                include_flat=include_flat,
            ),
            as_of=as_of,
            received_at=account.received_at,
            raw=account.raw,
        )


def margin_ratio(totals: AccountRow) -> Decimal | None:
    """Return maintenance margin to margin balance; None without a balance."""
    if totals.total_maint_margin is None or not totals.total_margin_balance:
        return None
    return totals.total_maint_margin / totals.total_margin_balance

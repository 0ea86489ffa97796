"""The account as a whole: one read, and those of the modes, which it does not tell."""

from __future__ import annotations

from typing import ClassVar

from venuekit.capabilities import AccountInfo, AccountKind, AccountReader
from venuekit.parts.concurrency import earliest, gather
from venuekit.plugin import Endpoint
from venuekit_binance_common.enums import asset_mode_of, position_mode_of
from venuekit_binance_common.payloads import PositionModeRow
from venuekit_binance_common.wallet.balances import balances_of_assets
from venuekit_binance_usdm.account_info import margin_ratio
from venuekit_binance_usdm.aster.payloads import AsterAccountRow
from venuekit_binance_usdm.aster.positions import AsterPositions, positions_of_account
from venuekit_binance_usdm.payloads import AssetModeRow

__all__ = ["AsterAccountInfo"]


class AsterAccountInfo(AsterPositions, AccountReader):
    """In single-asset mode the totals count USDT alone; sum ``balances`` per asset for risk."""

    __slots__ = ()

    ACCOUNT: ClassVar[Endpoint[AsterAccountRow]]
    ASSET_MODE: ClassVar[Endpoint[AssetModeRow]]
    POSITION_MODE: ClassVar[Endpoint[PositionModeRow]]

    async def get_account(self, *, include_flat: bool = False) -> AccountInfo:
        """Return totals, modes, balances and open positions; three reads at once, weight 65."""
        account, assets, sides = await gather(
            self.answer_rows(self.ACCOUNT), self.answer(self.ASSET_MODE), self.answer(self.POSITION_MODE)
        )
        row, is_multi = account.value, assets.value.multi_assets_margin
        as_of = earliest(account, assets, sides)
        return AccountInfo(
            valuation_asset="USD" if is_multi else "USDT",
            total_wallet=row.total_wallet_balance,
            total_equity=row.total_margin_balance,
            total_unrealized_pnl=row.total_unrealized_profit,
            total_initial_margin=row.total_initial_margin,
            total_maintenance_margin=row.total_maint_margin,
            total_available=row.available_balance,
            total_withdrawable=row.max_withdraw_amount,
            margin_ratio=margin_ratio(row) if is_multi else None,
            position_mode=position_mode_of(sides.value.dual_side_position),
            asset_mode=asset_mode_of(is_multi),
            kind=AccountKind.STANDARD,
            can_trade=row.can_trade,
            can_deposit=row.can_deposit,
            can_withdraw=row.can_withdraw,
            fee_tier=row.fee_tier,
            balances=balances_of_assets(row.assets, account.raw, as_of=as_of, received_at=account.received_at),
            positions=positions_of_account(
                row.positions,
                None if account.raw is None else account.raw["positions"],
                await self._contracts_held(row.positions),
                as_of=as_of,
                received_at=account.received_at,
                include_flat=include_flat,
            ),
            updated_at=row.update_time,
            as_of=as_of,
            received_at=account.received_at,
            raw=account.raw,
        )

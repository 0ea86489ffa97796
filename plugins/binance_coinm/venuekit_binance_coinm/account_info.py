"""The account as a whole: assets, positions and flags; this product has no totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from venuekit.capabilities import AccountInfo, AccountKind, AccountReader
from venuekit.plugin import Endpoint, from_milliseconds
from venuekit_binance_coinm.positions import BinanceCoinmPositions, mode_of
from venuekit_binance_common.enums import position_mode_of
from venuekit_binance_common.wallet.balances import balances_of_assets

if TYPE_CHECKING:
    from venuekit_binance_coinm.position_rows import AccountRow

__all__ = ["BinanceCoinmAccountInfo"]


class BinanceCoinmAccountInfo(BinanceCoinmPositions, AccountReader):
    """Each asset backs the positions that settle in it; nothing is summed over assets."""

    __slots__ = ()

    ACCOUNT: ClassVar[Endpoint[AccountRow]]

    async def get_account(self, *, include_flat: bool = False) -> AccountInfo:
        """
        Return flags, modes, balances and open positions; weight 5.

        Positions of this read have no mark and no liquidation price. The rows show the position mode; without any row
        it is read, which weighs 30 more.
        """
        answer = await self.answer_rows(self.ACCOUNT)
        account = answer.value
        mode, moment = mode_of(account.positions), account.update_time
        if mode is None:
            mode = position_mode_of((await self.call(self.POSITION_MODE)).dual_side_position)
        raws = None if answer.raw is None else answer.raw["positions"]
        return AccountInfo(
            position_mode=mode,
            kind=AccountKind.STANDARD,
            can_trade=account.can_trade,
            can_deposit=account.can_deposit,
            can_withdraw=account.can_withdraw,
            fee_tier=account.fee_tier,
            balances=balances_of_assets(account.assets, answer.raw, as_of=answer.as_of, received_at=answer.received_at),
            positions=await self._positions(self.ACCOUNT, answer, account.positions, raws, include_flat),
            updated_at=from_milliseconds(moment) if moment and moment > 0 else None,
            as_of=answer.as_of,
            received_at=answer.received_at,
            raw=answer.raw,
        )

"""The account as a whole: assets, positions and flags; this product has no totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from venuekit.capabilities import AccountInfo, AccountKind, AccountReader, Balance, Position
from venuekit.parts.columns import flag, milliseconds, whole
from venuekit.parts.rows import Document, Reads, Rows, values_of
from venuekit_binance_coinm.position_rows import POSITIONS_OF_ACCOUNT
from venuekit_binance_coinm.positions import BinanceCoinmPositions
from venuekit_binance_common.enums import position_mode_of
from venuekit_binance_common.positions.filters import mode_of
from venuekit_binance_common.wallet import BALANCES_OF_ACCOUNT

if TYPE_CHECKING:
    from venuekit_binance_coinm.endpoints import CoinmEndpoints


@attrs.frozen(eq=False)
class AccountRows:
    """The account read: flags, assets and positions; it has no totals."""

    info: Rows[AccountInfo]
    assets: Rows[Balance]
    positions: Rows[Position]


decode_account = Document(
    AccountRows,
    info=Reads(
        AccountInfo,
        is_single=True,
        given=("position_mode", "balances", "positions"),
        kind=AccountKind.STANDARD,
        can_trade=flag("canTrade"),
        can_deposit=flag("canDeposit"),
        can_withdraw=flag("canWithdraw"),
        fee_tier=whole("feeTier"),
        updated_at=milliseconds("updateTime"),
    ),
    assets=BALANCES_OF_ACCOUNT,
    positions=POSITIONS_OF_ACCOUNT,
)


class BinanceCoinmAccountInfo(BinanceCoinmPositions, AccountReader):
    """Each asset backs the positions that settle in it; nothing is summed over assets."""

    __slots__ = ()

    endpoints: ClassVar[CoinmEndpoints]

    async def get_account(self, *, include_flat: bool = False) -> AccountInfo:
        """
        Return flags, modes, balances and open positions; weight 5.

        Positions of this read have no mark and no liquidation price. The rows show the position mode; without any row
        it is read, which weighs 30 more.
        """
        answer = await self.answer_rows(self.endpoints.ACCOUNT)
        account = answer.value
        mode = mode_of(account.positions)
        if mode is None:
            mode = position_mode_of((await self.call(self.endpoints.POSITION_MODE)).dual_side_position)
        (info,) = values_of(
            self,
            self.endpoints.ACCOUNT,
            answer,
            account.info,
            position_mode=mode,
            balances=values_of(self, self.endpoints.ACCOUNT, answer, account.assets),
            positions=await self._positions(
                self.endpoints.ACCOUNT, answer, account.positions, include_flat=include_flat
            ),
        )
        return info

"""The account as a whole: one read, and those of the modes, which it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from venuekit.capabilities import AccountInfo, AccountKind, AccountReader, Position
from venuekit.parts.columns import flag, milliseconds, whole
from venuekit.parts.concurrency import earliest, gather
from venuekit.parts.rows import Document, Reads, Rows, values_of
from venuekit_binance_common.enums import asset_mode_of, position_mode_of
from venuekit_binance_common.wallet import BALANCES_OF_ACCOUNT
from venuekit_binance_usdm.account_info import TOTALS, AccountRows, valuation_asset
from venuekit_binance_usdm.aster.positions import POSITIONS_OF_ACCOUNT, AsterPositions, read_contracts

if TYPE_CHECKING:
    from venuekit_binance_usdm.aster.endpoints import AsterEndpoints


@attrs.frozen(eq=False)
class AsterAccountRows(AccountRows):
    """Totals with flags, assets and positions in one; neither of the modes."""

    positions: Rows[Position]


decode_account = Document(
    AsterAccountRows,
    totals=Reads(
        AccountInfo,
        is_single=True,
        given=("valuation_asset", "position_mode", "asset_mode", "balances", "positions"),
        kind=AccountKind.STANDARD,
        can_trade=flag("canTrade"),
        can_deposit=flag("canDeposit"),
        can_withdraw=flag("canWithdraw"),
        fee_tier=whole("feeTier"),
        updated_at=milliseconds("updateTime", may_be_blank=True),
        **TOTALS,
    ),
    assets=BALANCES_OF_ACCOUNT,
    positions=POSITIONS_OF_ACCOUNT,
)


class AsterAccountInfo(AsterPositions, AccountReader):
    """In single-asset mode the totals count USDT alone; sum ``balances`` per asset for risk."""

    __slots__ = ()

    endpoints: ClassVar[AsterEndpoints]

    async def get_account(self, *, include_flat: bool = False) -> AccountInfo:
        """Return totals, modes, balances and open positions; three reads at once, weight 65."""
        account, assets, sides = await gather(
            self.answer_rows(self.endpoints.ACCOUNT),
            self.answer(self.endpoints.ASSET_MODE),
            self.answer(self.endpoints.POSITION_MODE),
        )
        listed = account.value.positions
        positions = listed if include_flat else listed.without_flat()
        context: dict[str, Any] = {"as_of": earliest(account, assets, sides)}
        mode = asset_mode_of(assets.value.multi_assets_margin)
        contracts = await read_contracts(self, self.CONTRACTS, listed)
        (info,) = values_of(
            self,
            self.endpoints.ACCOUNT,
            account,
            account.value.totals,
            valuation_asset=valuation_asset(mode),
            position_mode=position_mode_of(sides.value.dual_side_position),
            asset_mode=mode,
            balances=values_of(self, self.endpoints.ACCOUNT, account, account.value.assets, **context),
            positions=values_of(self, self.endpoints.ACCOUNT, account, positions, joined=contracts, **context),
            **context,
        )
        return info

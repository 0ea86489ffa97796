"""The account as a whole: totals and assets, joined with the flags and positions that the account read leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from venuekit.capabilities import AccountInfo, AccountKind, AccountReader, AssetMode, Balance
from venuekit.parts.columns import derived, number, only_when
from venuekit.parts.concurrency import earliest, gather
from venuekit.parts.rows import Document, Reads, Rows, values_of
from venuekit.plugin import WireRow, payload_decoder
from venuekit_binance_common.enums import asset_mode_of, position_mode_of
from venuekit_binance_common.payloads import camel_names
from venuekit_binance_common.wallet import BALANCES_OF_ACCOUNT
from venuekit_binance_usdm.positions import BinancePositions, join_positions

if TYPE_CHECKING:
    from venuekit_binance_usdm.endpoints import UsdmEndpoints


@attrs.frozen(eq=False, repr=False)
class AccountConfig(WireRow):
    """The fields of the account that belong to no symbol; the venue's own ``updateTime`` here means nothing."""

    dual_side_position: bool
    multi_assets_margin: bool
    fee_tier: int | None = None
    can_trade: bool | None = None
    can_deposit: bool | None = None
    can_withdraw: bool | None = None
    trade_group_id: int | None = None


@attrs.frozen(eq=False, repr=False)
class AssetModeRow(WireRow):
    """True is multi-assets mode."""

    multi_assets_margin: bool


_NAMES = camel_names(AccountConfig, AssetModeRow)

decode_account_config = payload_decoder(AccountConfig, renames=_NAMES)
decode_asset_mode = payload_decoder(AssetModeRow, renames=_NAMES)


def _margin_ratio(maintenance: Decimal | None, equity: Decimal | None) -> Decimal | None:
    """Return maintenance margin to margin balance; None without a balance."""
    return None if maintenance is None or not equity else maintenance / equity


#: the totals of the account read
TOTALS: Mapping[str, Any] = {
    "total_wallet": number("totalWalletBalance"),
    "total_equity": number("totalMarginBalance"),
    "total_unrealized_pnl": number("totalUnrealizedProfit"),
    "total_initial_margin": number("totalInitialMargin"),
    "total_maintenance_margin": number("totalMaintMargin"),
    "total_available": number("availableBalance"),
    "total_withdrawable": number("maxWithdrawAmount"),
    "margin_ratio": only_when(
        derived(_margin_ratio, number("totalMaintMargin"), number("totalMarginBalance")), "asset_mode", AssetMode.MULTI
    ),
}


@attrs.frozen(eq=False)
class AccountRows:
    """The totals and assets of the account read; its positions lack entry price, leverage and margin type."""

    totals: Rows[AccountInfo]
    assets: Rows[Balance]


decode_account = Document(
    AccountRows,
    totals=Reads(
        AccountInfo,
        is_single=True,
        given=(
            *("valuation_asset", "position_mode", "asset_mode", "can_trade", "can_deposit", "can_withdraw", "fee_tier"),
            *("balances", "positions"),
        ),
        kind=AccountKind.STANDARD,
        **TOTALS,
    ),
    assets=BALANCES_OF_ACCOUNT,
)


def valuation_asset(mode: AssetMode) -> str:
    """Return the asset that totals are counted in."""
    return "USD" if mode is AssetMode.MULTI else "USDT"


class BinanceAccountInfo(BinancePositions, AccountReader):
    """In single-asset mode the totals count USDT alone; sum ``balances`` per asset for risk."""

    __slots__ = ()

    endpoints: ClassVar[UsdmEndpoints]

    async def get_account(self, *, include_flat: bool = False) -> AccountInfo:
        """Return totals, modes, balances and open positions; four reads at once, weight 20."""
        account, flags, rows, configs = await gather(
            self.answer_rows(self.endpoints.ACCOUNT),
            self.answer(self.endpoints.ACCOUNT_CONFIG),
            self.answer_rows(self.endpoints.POSITION_RISK),
            self.answer_rows(self.endpoints.SYMBOL_CONFIG),
        )
        config = flags.value
        context: dict[str, Any] = {"as_of": earliest(account, flags, rows, configs)}
        mode = asset_mode_of(config.multi_assets_margin)
        (info,) = values_of(
            self,
            self.endpoints.ACCOUNT,
            account,
            account.value.totals,
            valuation_asset=valuation_asset(mode),
            position_mode=position_mode_of(config.dual_side_position),
            asset_mode=mode,
            can_trade=config.can_trade,
            can_deposit=config.can_deposit,
            can_withdraw=config.can_withdraw,
            fee_tier=config.fee_tier,
            balances=values_of(self, self.endpoints.ACCOUNT, account, account.value.assets, **context),
            positions=join_positions(self, self.endpoints, rows, configs, include_flat=include_flat, **context),
            **context,
        )
        return info

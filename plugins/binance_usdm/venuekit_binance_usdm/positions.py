"""Positions, joined with margin type and leverage, which positionRisk lacks; the account as a whole likewise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from venuekit.capabilities import (
    AccountInfo,
    AccountKind,
    AccountReader,
    AssetMode,
    Balance,
    MarginType,
    Position,
    PositionMode,
    PositionReader,
    PositionSide,
    Unit,
)
from venuekit.parts.columns import (
    Joined,
    Same,
    beside,
    derived,
    flag,
    milliseconds,
    minor,
    number,
    only_when,
    price,
    text,
    whole,
    words,
)
from venuekit.parts.concurrency import earliest, gather
from venuekit.parts.rows import Document, Reads, Rows
from venuekit.parts.values import RepeatedRows, values_of
from venuekit.plugin import Account, Answer, Call, Endpoint, Outcome, PayloadMismatch, WireRow, payload_decoder
from venuekit_binance_common.enums import POSITION_SIDES, asset_mode_of, margin_type_of, position_mode_of
from venuekit_binance_common.payloads import camel_names
from venuekit_binance_common.positions.filters import check_filters, side_that_fits
from venuekit_binance_common.settings import HeldSettings
from venuekit_binance_common.wallet import BALANCES_OF_ACCOUNT

if TYPE_CHECKING:
    from venuekit_binance_usdm.endpoints import UsdmEndpoints


SYMBOL_CONFIGS = Reads(
    HeldSettings,
    key="symbol",
    symbol=text("symbol"),
    margin_word=text("marginType"),
    listed_leverage=minor("leverage", 0),
    largest=number("maxNotionalValue"),
    auto_add_margin=flag("isAutoAddMargin"),
)
#: positions are read again and again, while the settings of all symbols stay the same
_REPEATED_CONFIGS = RepeatedRows(SYMBOL_CONFIGS)


@attrs.frozen
class SymbolConfigReader:
    """Reads the settings of one symbol from symbolConfig; weight 5."""

    endpoint: Endpoint[Rows[HeldSettings]]

    async def __call__(self, call: Call, symbol: str) -> HeldSettings:
        """Return the settings of the symbol; the venue itself refuses an unknown one."""
        return config_of(await call(self.endpoint, symbol=symbol), symbol)


def config_of(rows: Rows[HeldSettings], symbol: str) -> HeldSettings:
    """
    Return the settings of a symbol.

    Raises:
        PayloadMismatch: there are none, although the venue did not refuse the symbol.
    """
    for config in rows.of({symbol}).values():
        return config
    raise PayloadMismatch(f"symbolConfig has no row for {symbol}", subject=symbol, outcome=Outcome.NOT_APPLIED)


#: one contract is one unit of the base asset, on every symbol
_CONTRACT_SIZE = Decimal(1)
#: the rank counts from 0 to 4
_ADL_TOP = 4


def _size(notional: Decimal | None) -> Decimal | None:
    return None if notional is None else abs(notional)


POSITIONS = Reads(
    Position,
    key="symbol",
    flat="quantity",
    unread=("askNotional", "bidNotional"),
    symbol=text("symbol"),
    side=words("positionSide", POSITION_SIDES, unknown=PositionSide),
    quantity=number("positionAmt"),
    contract_size=_CONTRACT_SIZE,
    contract_unit=Unit.BASE,
    settle=text("marginAsset"),
    entry_price=price("entryPrice"),
    break_even_price=price("breakEvenPrice"),
    mark_price=price("markPrice"),
    notional=derived(_size, number("notional")),
    value=Same("notional"),
    unrealized_pnl=number("unRealizedProfit"),
    leverage=Joined("listed_leverage"),
    # few words, many rows
    margin_type=derived(lru_cache(maxsize=16)(margin_type_of), Joined("margin_word")),
    isolated_wallet=only_when(number("isolatedWallet"), "margin_type", MarginType.ISOLATED),
    isolated_margin=only_when(number("isolatedMargin"), "margin_type", MarginType.ISOLATED),
    position_initial_margin=number("positionInitialMargin"),
    open_order_initial_margin=number("openOrderInitialMargin"),
    initial_margin=number("initialMargin"),
    maintenance_margin=number("maintMargin"),
    liquidation_price=price("liquidationPrice"),
    max_position=Joined("largest"),
    max_position_unit=beside("max_position", Unit.QUOTE),
    auto_add_margin=Joined("auto_add_margin"),
    adl_rank=whole("adl"),
    adl_rank_of=beside("adl_rank", _ADL_TOP),
    updated_at=milliseconds("updateTime"),
)


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


class BinancePositions(Account, PositionReader, AccountReader):
    """
    The venue lists a row only where there is a position or an open order.

    In single-asset mode the totals count USDT alone; sum ``balances`` per asset for risk.
    """

    __slots__ = ()

    endpoints: ClassVar[UsdmEndpoints]

    async def get_positions(
        self,
        *,
        symbol: str | None = None,
        pair: str | None = None,
        margin_asset: str | None = None,
        include_flat: bool = False,
    ) -> tuple[Position, ...]:
        """Return the open positions, with ``include_flat=True`` also flat symbols with open orders; weight 10."""
        check_filters(self, symbol=symbol, pair=pair, margin_asset=margin_asset)
        rows, configs = await gather(
            self.answer_rows(self.endpoints.POSITION_RISK, symbol=symbol),
            self.answer_rows(self.endpoints.SYMBOL_CONFIG, symbol=symbol),
        )
        return join_positions(self, self.endpoints, rows, configs, include_flat=include_flat)

    async def get_position(self, symbol: str, *, side: PositionSide | None = None) -> Position:
        """Return the position of a symbol, flat if need be; weight 10, and 5 more when the venue lists no row."""
        rows, configs = await gather(
            self.answer(self.endpoints.POSITION_RISK, symbol=symbol),
            self.answer(self.endpoints.SYMBOL_CONFIG, symbol=symbol),
        )
        positions = join_positions(self, self.endpoints, rows, configs, include_flat=True, all_or_none=True)
        fitting_side = side_that_fits(self, await self._position_mode(positions), side, symbol)
        for position in positions:
            if position.symbol == symbol and position.side is fitting_side:
                return position
        config = config_of(configs.value, symbol)
        # its size is known, no price or margin is
        return Position(
            symbol=symbol,
            side=fitting_side,
            quantity=Decimal(0),
            contract_size=_CONTRACT_SIZE,
            contract_unit=Unit.BASE,
            leverage=config.listed_leverage,
            margin_type=margin_type_of(config.margin_word),
            max_position=config.largest,
            max_position_unit=None if config.largest is None else Unit.QUOTE,
            auto_add_margin=config.auto_add_margin,
            as_of=earliest(rows, configs),
            received_at=rows.received_at,
        )

    async def _position_mode(self, positions: Iterable[Position]) -> PositionMode:
        """Return the mode: any position shows it, and where there is none the account's configuration is read."""
        for position in positions:
            return PositionMode.ONE_WAY if position.side is PositionSide.BOTH else PositionMode.HEDGE
        return position_mode_of((await self.call(self.endpoints.ACCOUNT_CONFIG)).dual_side_position)

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


def join_positions(
    account: Account,
    endpoints: UsdmEndpoints,
    rows: Answer[Rows[Position]],
    configs: Answer[Rows[HeldSettings]],
    *,
    include_flat: bool,
    all_or_none: bool = False,
    as_of: datetime | None = None,
) -> tuple[Position, ...]:
    """Return one position per row; where a symbol has no settings, the fields that depend on them are None."""
    chosen = rows.value if include_flat else rows.value.without_flat()
    settings = _REPEATED_CONFIGS.of(account, endpoints.SYMBOL_CONFIG, configs, chosen.keys, all_or_none=all_or_none)
    return values_of(
        account,
        endpoints.POSITION_RISK,
        rows,
        chosen,
        all_or_none=all_or_none,
        joined=settings,
        as_of=as_of or earliest(rows, configs),
    )

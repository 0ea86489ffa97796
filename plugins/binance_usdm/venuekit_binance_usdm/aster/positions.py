"""Positions and the account as a whole: every symbol has its rows, flat or not; its instrument has the settle asset."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from venuekit.capabilities import (
    AccountInfo,
    AccountKind,
    AccountReader,
    MarginType,
    Position,
    PositionReader,
    PositionSide,
    Unit,
)
from venuekit.parts.columns import (
    Constant,
    Joined,
    Same,
    beside,
    derived,
    flag,
    milliseconds,
    number,
    only_when,
    price,
    text,
    whole,
    words,
)
from venuekit.parts.concurrency import earliest, gather
from venuekit.parts.rows import Document, Reads, Rows
from venuekit.parts.values import values_of
from venuekit.plugin import Account, Call, Endpoint, Outcome, PayloadMismatch, Unfit
from venuekit_binance_common.enums import POSITION_SIDES, asset_mode_of, margin_type_of, position_mode_of
from venuekit_binance_common.market import BinanceContracts, unknown_symbol_error
from venuekit_binance_common.payloads import InstrumentRow
from venuekit_binance_common.positions.filters import check_filters, mode_of, side_that_fits
from venuekit_binance_common.positions.lost_margin import legs_read
from venuekit_binance_common.settings import HeldSettings
from venuekit_binance_common.wallet import BALANCES_OF_ACCOUNT
from venuekit_binance_usdm.positions import TOTALS, AccountRows, valuation_asset

if TYPE_CHECKING:
    from venuekit_binance_usdm.aster.endpoints import AsterEndpoints


def _wallet(wallet: Decimal | None, quantity: Decimal) -> Decimal:
    """Return the isolated wallet; an open position without one proves nothing."""
    if wallet is None and quantity:
        raise Unfit("an isolated wallet beside a position", None)
    return wallet or Decimal(0)


_SETTINGS = Reads(
    HeldSettings,
    key="symbol",
    symbol=text("symbol"),
    margin_word=text("marginType"),
    listed_leverage=number("leverage"),
    largest=number("maxNotionalValue"),
)
LEGS = legs_read(derived(_wallet, number("isolatedWallet", may_be_blank=True), Same("quantity")))


@attrs.frozen
class AsterSymbolReader:
    """Reads the settings of one symbol from positionRisk, which lists flat symbols too; weight 5."""

    endpoint: Endpoint[Rows[Position]]

    async def __call__(self, call: Call, symbol: str) -> HeldSettings:
        """Return the settings of the symbol; the venue itself refuses an unknown one."""
        rows = await call(self.endpoint, symbol=symbol)
        for settings in rows.read_by(_SETTINGS).of({symbol}).values():
            return settings
        words = f"{self.endpoint.path} has no row for {symbol}"
        raise PayloadMismatch(words, subject=symbol, outcome=Outcome.NOT_APPLIED)


_OF_FLAG = {True: MarginType.ISOLATED, False: MarginType.CROSS}


def _notional(notional: Decimal | None, quantity: Decimal, mark: Decimal | None) -> Decimal | None:
    """Return the size in the quote asset, >= 0; None where there is neither it nor a mark price."""
    if notional is not None:
        return abs(notional)
    return None if mark is None else abs(quantity * mark)


#: the columns that both reads have
_BOTH: Mapping[str, Any] = {
    "symbol": text("symbol"),
    "side": words("positionSide", POSITION_SIDES, unknown=PositionSide),
    "quantity": number("positionAmt"),
    "contract_size": Constant(Decimal(1)),
    "contract_unit": Constant(Unit.BASE),
    "settle": Joined("margin_asset"),
    "entry_price": price("entryPrice"),
    "leverage": number("leverage"),
    "max_position_unit": beside("max_position", Unit.QUOTE),
    "updated_at": milliseconds("updateTime", may_be_blank=True),
}

POSITIONS = Reads(
    Position,
    key="symbol",
    flat="quantity",
    break_even_price=price("breakEvenPrice", may_be_blank=True),
    mark_price=price("markPrice"),
    unrealized_pnl=number("unRealizedProfit"),
    margin_type=derived(margin_type_of, text("marginType")),
    isolated_wallet=only_when(number("isolatedWallet", may_be_blank=True), "margin_type", MarginType.ISOLATED),
    isolated_margin=only_when(number("isolatedMargin"), "margin_type", MarginType.ISOLATED),
    liquidation_price=price("liquidationPrice"),
    max_position=number("maxNotionalValue"),
    auto_add_margin=flag("isAutoAddMargin"),
    notional=derived(
        _notional, number("notional", may_be_blank=True), number("positionAmt", is_required=True), number("markPrice")
    ),
    value=Same("notional"),
    **_BOTH,
)

#: the positions of the account read: with margins, without mark and liquidation price
POSITIONS_OF_ACCOUNT = Reads(
    Position,
    within=("positions",),
    key="symbol",
    flat="quantity",
    unrealized_pnl=number("unrealizedProfit"),
    margin_type=derived(_OF_FLAG.get, flag("isolated")),
    position_initial_margin=number("positionInitialMargin"),
    open_order_initial_margin=number("openOrderInitialMargin"),
    initial_margin=number("initialMargin"),
    maintenance_margin=number("maintMargin"),
    max_position=number("maxNotional"),
    **_BOTH,
)


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


class AsterPositions(BinanceContracts, PositionReader, AccountReader):
    """
    One read gives everything about positions but margins; remembered instruments give the settlement asset.

    In single-asset mode the totals count USDT alone; sum ``balances`` per asset for risk.
    """

    __slots__ = ()

    endpoints: ClassVar[AsterEndpoints]

    async def get_positions(
        self,
        *,
        symbol: str | None = None,
        pair: str | None = None,
        margin_asset: str | None = None,
        include_flat: bool = False,
    ) -> tuple[Position, ...]:
        """Return the open positions, with ``include_flat=True`` all; weight 5, and once 1 for the instruments."""
        check_filters(self, symbol=symbol, pair=pair, margin_asset=margin_asset)
        answer = await self.answer_rows(self.endpoints.POSITION_RISK, symbol=symbol)
        rows = answer.value if include_flat else answer.value.without_flat()
        return values_of(
            self,
            self.endpoints.POSITION_RISK,
            answer,
            rows,
            joined=await read_contracts(self, self.CONTRACTS, answer.value),
        )

    async def get_position(self, symbol: str, *, side: PositionSide | None = None) -> Position:
        """Return the position of a symbol, flat if need be; weight 5."""
        answer = await self.answer(self.endpoints.POSITION_RISK, symbol=symbol)
        mode = mode_of(answer.value)
        if mode is not None:
            fitting_side = side_that_fits(self, mode, side, symbol)
            positions = values_of(
                self,
                self.endpoints.POSITION_RISK,
                answer,
                answer.value,
                all_or_none=True,
                joined=await read_contracts(self, self.CONTRACTS, answer.value),
            )
            for position in positions:
                if (position.symbol, position.side) == (symbol, fitting_side):
                    return position
        raise unknown_symbol_error(self, self.endpoints.POSITION_RISK, symbol)

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


async def read_contracts(
    account: Account, instruments: Endpoint[Mapping[str, InstrumentRow]], rows: Rows[Position]
) -> Mapping[str, InstrumentRow]:
    """Return all instruments; read again when a position is held in one that was not listed yet."""
    contracts = await account.read_once(instruments)
    unlisted = frozenset(set(rows.without_flat().keys) - contracts.keys())
    return await account.refresh(instruments, unlisted) if unlisted else contracts

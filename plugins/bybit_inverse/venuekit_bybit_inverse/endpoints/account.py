"""Endpoints of the account as a whole: margin mode, wallet, collateral, fees and key, and the rows of these."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import (
    AccountInfo,
    AccountModeReader,
    AccountReader,
    ApiKeyReader,
    Balance,
    BalanceReader,
    Collateral,
    CommissionRate,
    CommissionReader,
    IdentityReader,
    MarginType,
    MarginTypeReader,
    PositionReader,
    SettingsReader,
)
from venuekit.parts.columns import Joined, Same, derived, flag, milliseconds, number, text, whole, words
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.rows import Document, Reads, Rows
from venuekit.plugin import Echoes, Endpoint, Parameter, WireRow
from venuekit_bybit_inverse.limits import cost
from venuekit_bybit_inverse.wire import INVERSE, SYMBOL, wire_row

#: the account's margin modes, by the venue's names
MARGIN_MODES: Mapping[str, MarginType] = {
    "REGULAR_MARGIN": MarginType.CROSS,
    "ISOLATED_MARGIN": MarginType.ISOLATED,
    "PORTFOLIO_MARGIN": MarginType.PORTFOLIO,
}


@attrs.frozen
class AccountState:
    """The margin type and the kind of the account."""

    margin_type: MarginType
    unified_margin_status: int
    is_master_trader: bool | None
    updated_at: datetime | None


_STATE = Reads(
    AccountState,
    within=("result",),
    is_single=True,
    margin_type=words("marginMode", MARGIN_MODES),
    unified_margin_status=whole("unifiedMarginStatus"),
    is_master_trader=flag("isMasterTrader", may_be_blank=True),
    updated_at=milliseconds("updatedTime", as_text=True, may_be_blank=True),
)


@attrs.frozen(eq=False, repr=False)
class ApiKeyRow(WireRow):
    """
    Answer of ``GET /v5/user/query-api``, without the key; ``expired_at`` is a text in ISO 8601.

    ``uid`` is the account's, ``parent_uid`` that of its master, ``"0"`` where it is the master.
    """

    permissions: dict[str, tuple[str, ...]]
    read_only: bool
    ips: tuple[str, ...] = ()
    expired_at: str | None = None
    is_master: bool | None = None
    uid: int | None = None
    parent_uid: str | None = None


def _sum(*parts: Decimal | None) -> Decimal | None:
    """Return the sum; None when one of the parts is not known."""
    return None if None in parts else sum((part for part in parts if part is not None), Decimal(0))


def _both(one: bool | None, other: bool | None) -> bool | None:
    return None if one is None or other is None else one and other


def _available(wallet: Decimal | None, *bound: Decimal | None) -> Decimal | None:
    """Return the part that is neither margin nor locked nor bonus; None when one of these is not known."""
    sum_of_bound = _sum(*bound)
    return None if wallet is None or sum_of_bound is None else wallet - sum_of_bound


#: the sources of the balance of a coin
COIN: Mapping[str, Any] = {
    "asset": text("coin"),
    "wallet": number("walletBalance", may_be_blank=True),
    "unrealized_pnl": number("unrealisedPnl", may_be_blank=True),
    "equity": number("equity", may_be_blank=True),
    "position_initial_margin": number("totalPositionIM", may_be_blank=True),
    "open_order_initial_margin": number("totalOrderIM", may_be_blank=True),
    "initial_margin": derived(_sum, Same("position_initial_margin"), Same("open_order_initial_margin")),
    "maintenance_margin": number("totalPositionMM", may_be_blank=True),
    "borrowed": number("borrowAmount", may_be_blank=True),
    "accrued_interest": number("accruedInterest", may_be_blank=True),
    "locked": number("locked", may_be_blank=True),
    "bonus": number("bonus", may_be_blank=True),
    "is_collateral": derived(
        _both, flag("marginCollateral", may_be_blank=True), flag("collateralSwitch", may_be_blank=True)
    ),
    "usd_value": number("usdValue", may_be_blank=True),
}
_COINS = ("result", "list", 0, "coin")
#: the amount that may leave the account is told by another read, coin by coin
_WITHDRAWABLE: Mapping[str, Any] = {"key": "asset", "withdrawable": Joined()}
#: in isolated mode: elsewhere all coins back all, and none of them has an available amount of its own
ISOLATED_COINS = Reads(
    Balance,
    within=_COINS,
    **_WITHDRAWABLE,
    **COIN,
    available=derived(_available, Same("wallet"), Same("initial_margin"), Same("locked"), Same("bonus")),
)


@attrs.frozen(eq=False)
class WalletRows:
    """The totals of the account, in USD, and its coins."""

    totals: Rows[AccountInfo]
    coins: Rows[Balance]


decode_wallet = Document(
    WalletRows,
    totals=Reads(
        AccountInfo,
        within=_COINS[:-1],
        is_single=True,
        total_wallet=number("totalWalletBalance", may_be_blank=True),
        total_equity=number("totalEquity", may_be_blank=True),
        total_unrealized_pnl=number("totalPerpUPL", may_be_blank=True),
        total_initial_margin=number("totalInitialMargin", may_be_blank=True),
        total_maintenance_margin=number("totalMaintenanceMargin", may_be_blank=True),
        total_available=number("totalAvailableBalance", may_be_blank=True),
        margin_ratio=number("accountMMRate", may_be_blank=True),
    ),
    coins=Reads(Balance, within=_COINS, **_WITHDRAWABLE, **COIN),
)

#: the number of coins that one request may name
COINS_AT_MOST = 20


@attrs.frozen(eq=False, repr=False)
class _Transferable(WireRow):
    """Answer of ``GET /v5/account/withdrawal``: an amount by coin."""

    available_withdrawal_map: dict[str, Decimal | None]


_decode_amounts = wire_row(_Transferable)


def _decode_transferable(body: bytes) -> Mapping[str, Decimal | None]:
    """Return the amounts by coin; None for one that is not told."""
    return _decode_amounts(body).available_withdrawal_map


COLLATERAL = Reads(
    Collateral,
    within=("result", "list"),
    asset=text("currency"),
    allowed=flag("marginCollateral", may_be_blank=True),
    switched_on=flag("collateralSwitch", may_be_blank=True),
    ratio=number("collateralRatio", may_be_blank=True),
)

_FEE_RATES = Reads(
    CommissionRate,
    within=("result", "list"),
    symbol=text("symbol"),
    maker=number("makerFeeRate"),
    taker=number("takerFeeRate"),
)


class AccountEndpoints(EndpointBook):
    """Reads of the account."""

    ACCOUNT_INFO = Endpoint(
        "GET",
        "/v5/account/info",
        decode=_STATE.read_one,
        pools=cost("account_info"),
        serves=(
            AccountReader.get_account,
            AccountModeReader.get_account_mode,
            MarginTypeReader.get_margin_type,
            PositionReader.get_positions,
            PositionReader.get_position,
            BalanceReader.get_balances,
            SettingsReader.get_settings,
        ),
        note="Tells the kind of the account, once when it is opened, and its margin mode.",
    )

    WALLET_BALANCE = Endpoint(
        "GET",
        "/v5/account/wallet-balance",
        decode=decode_wallet,
        rows=(("result", "list", 0, "coin"),),
        parameters=(Parameter("accountType", required=True, choices=frozenset({"UNIFIED"})), Parameter("coin")),
        pools=cost("wallet_balance"),
        serves=(BalanceReader.get_balances, AccountReader.get_account),
        note="Without a coin, only coins whose balance is not zero.",
    )

    TRANSFERABLE = Endpoint(
        "GET",
        "/v5/account/withdrawal",
        decode=_decode_transferable,
        parameters=(Parameter("coinName", required=True),),
        pools=cost("transferable"),
        serves=(BalanceReader.get_balances, AccountReader.get_account),
        note=f"Of at most {COINS_AT_MOST} coins; `Balance.withdrawable` is joined from it.",
    )

    COLLATERAL_INFO = Endpoint(
        "GET",
        "/v5/account/collateral-info",
        decode=COLLATERAL,
        rows=(("result", "list"),),
        echoes=Echoes.each({"currency": "currency"}),
        parameters=(Parameter("currency"),),
        pools=cost("collateral_info"),
        serves=(AccountReader.get_account,),
        note="In cross margin an inverse contract needs its settle coin switched on as collateral.",
    )

    FEE_RATE = Endpoint(
        "GET",
        "/v5/account/fee-rate",
        decode=_FEE_RATES.read_all,
        rows=(("result", "list"),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(INVERSE, SYMBOL),
        pools=cost("fee_rate"),
        serves=(CommissionReader.get_commission_rate,),
    )

    KEY_INFO = Endpoint(
        "GET",
        "/v5/user/query-api",
        decode=wire_row(ApiKeyRow, uid="userID"),
        pools=cost("query_api"),
        serves=(ApiKeyReader.get_api_key, IdentityReader.get_identity),
        note="Any key may ask about itself.",
    )

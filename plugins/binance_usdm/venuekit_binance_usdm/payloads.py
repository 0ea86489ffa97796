"""The venue's objects, field by field, as they travel; decoders for all of them but the hot position read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import attrs

from venuekit.payloads import payload_decoder

__all__ = [
    "AccountConfig",
    "AccountRow",
    "Acknowledgement",
    "AssetModeRow",
    "AssetRow",
    "BalanceRow",
    "BracketRow",
    "FilterRow",
    "InstrumentRow",
    "LeverageRow",
    "OpenAlgoOrderRow",
    "OpenOrderRow",
    "PositionModeRow",
    "SymbolBracketsRow",
    "SymbolConfig",
    "decode_account",
    "decode_account_config",
    "decode_acknowledgement",
    "decode_asset_mode",
    "decode_balances",
    "decode_brackets",
    "decode_instruments",
    "decode_leverage",
    "decode_open_algo_orders",
    "decode_open_orders",
    "decode_position_mode",
    "decode_server_time",
    "decode_symbol_configs",
]

T = TypeVar("T")


@attrs.frozen
class Acknowledgement:
    """``{"code": 200, "msg": "success"}``: a change was accepted."""

    code: int
    msg: str


@attrs.frozen
class _ServerTimeRow:
    server_time: datetime


@attrs.frozen
class AccountConfig:
    """What belongs to the account and not to a symbol; the venue's own ``updateTime`` here means nothing."""

    fee_tier: int
    can_trade: bool
    can_deposit: bool
    can_withdraw: bool
    dual_side_position: bool
    multi_assets_margin: bool
    trade_group_id: int | None = None


@attrs.frozen
class SymbolConfig:
    """Margin type (``CROSSED``, ``ISOLATED``), leverage and largest notional at that leverage, of one symbol."""

    symbol: str
    margin_type: str
    leverage: int
    max_notional_value: Decimal | None = None
    is_auto_add_margin: bool | None = None


@attrs.frozen
class LeverageRow:
    """What a change of leverage answers."""

    symbol: str
    leverage: int
    max_notional_value: Decimal | None = None


@attrs.frozen
class PositionModeRow:
    """True is hedge mode."""

    dual_side_position: bool


@attrs.frozen
class AssetModeRow:
    """True is multi-assets mode."""

    multi_assets_margin: bool


@attrs.frozen
class BalanceRow:
    """One asset, as the balance read tells it."""

    asset: str
    balance: Decimal | None = None
    cross_wallet_balance: Decimal | None = None
    cross_un_pnl: Decimal | None = None
    available_balance: Decimal | None = None
    max_withdraw_amount: Decimal | None = None
    margin_available: bool | None = None
    account_alias: str | None = None
    update_time: datetime | None = None


@attrs.frozen
class AssetRow:
    """One asset, as the account read tells it."""

    asset: str
    wallet_balance: Decimal | None = None
    unrealized_profit: Decimal | None = None
    margin_balance: Decimal | None = None
    maint_margin: Decimal | None = None
    initial_margin: Decimal | None = None
    position_initial_margin: Decimal | None = None
    open_order_initial_margin: Decimal | None = None
    cross_wallet_balance: Decimal | None = None
    cross_un_pnl: Decimal | None = None
    available_balance: Decimal | None = None
    max_withdraw_amount: Decimal | None = None
    margin_available: bool | None = None
    update_time: datetime | None = None


@attrs.frozen
class AccountRow:
    """The totals and assets of the account read; its positions lack entry price, leverage and margin type."""

    assets: tuple[AssetRow, ...]
    total_wallet_balance: Decimal | None = None
    total_margin_balance: Decimal | None = None
    total_unrealized_profit: Decimal | None = None
    total_initial_margin: Decimal | None = None
    total_maint_margin: Decimal | None = None
    available_balance: Decimal | None = None
    max_withdraw_amount: Decimal | None = None


@attrs.frozen
class BracketRow:
    """One tier; caps and floors are quote notionals."""

    bracket: int
    initial_leverage: int
    notional_cap: Decimal
    notional_floor: Decimal
    maint_margin_ratio: Decimal
    cum: Decimal | None = None


@attrs.frozen
class SymbolBracketsRow:
    """The tiers of one symbol."""

    symbol: str
    brackets: tuple[BracketRow, ...]
    notional_coef: Decimal | None = None


@attrs.frozen
class FilterRow:
    """One filter of an instrument; which fields it has hangs on its type."""

    filter_type: str
    tick_size: Decimal | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    step_size: Decimal | None = None
    min_qty: Decimal | None = None
    max_qty: Decimal | None = None
    notional: Decimal | None = None


@attrs.frozen
class InstrumentRow:
    """One contract."""

    symbol: str
    pair: str
    contract_type: str
    status: str
    base_asset: str
    quote_asset: str
    margin_asset: str
    filters: tuple[FilterRow, ...] = ()
    onboard_date: datetime | None = None
    delivery_date: datetime | None = None


@attrs.frozen
class OpenOrderRow:
    """As much of an open order as the settings read needs."""

    symbol: str
    order_id: str


@attrs.frozen
class OpenAlgoOrderRow:
    """As much of an open conditional order as the settings read needs."""

    symbol: str
    algo_id: str


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


#: the venue's names are ours in camel case, throughout
_RENAMES: Mapping[type, Mapping[str, str]] = {
    shape: {field.name: _camel(field.name) for field in attrs.fields(shape)}
    for shape in (
        AccountConfig,
        AccountRow,
        AssetModeRow,
        AssetRow,
        BalanceRow,
        BracketRow,
        FilterRow,
        InstrumentRow,
        LeverageRow,
        OpenAlgoOrderRow,
        OpenOrderRow,
        PositionModeRow,
        _ServerTimeRow,
        SymbolBracketsRow,
        SymbolConfig,
    )
}


def _one_or_many(decode: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """Return a decoder of a list that also takes its only row without the brackets around it."""

    def decode_either(body: bytes) -> T:
        return decode(b"[" + body + b"]" if body.lstrip()[:1] == b"{" else body)

    return decode_either


decode_acknowledgement = payload_decoder(Acknowledgement)
_decode_server_time = payload_decoder(_ServerTimeRow, renames=_RENAMES)
decode_account_config = payload_decoder(AccountConfig, renames=_RENAMES)
decode_symbol_configs = payload_decoder(tuple[SymbolConfig, ...], renames=_RENAMES)
decode_leverage = payload_decoder(LeverageRow, renames=_RENAMES)
decode_position_mode = payload_decoder(PositionModeRow, renames=_RENAMES)
decode_asset_mode = payload_decoder(AssetModeRow, renames=_RENAMES)
decode_balances = payload_decoder(tuple[BalanceRow, ...], renames=_RENAMES)
decode_account = payload_decoder(AccountRow, renames=_RENAMES)
# documented as an object when a symbol is sent, seen as an array all the same
decode_brackets = _one_or_many(payload_decoder(tuple[SymbolBracketsRow, ...], renames=_RENAMES))
decode_instruments = payload_decoder(tuple[InstrumentRow, ...], renames=_RENAMES, within=("symbols",))
decode_open_orders = payload_decoder(tuple[OpenOrderRow, ...], renames=_RENAMES)
decode_open_algo_orders = payload_decoder(tuple[OpenAlgoOrderRow, ...], renames=_RENAMES)


def decode_server_time(body: bytes) -> datetime:
    """Return the venue's clock."""
    return _decode_server_time(body).server_time

"""The objects that only this venue answers with, field by field, with a decoder for each."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import attrs

from venuekit.plugin import WireRow, payload_decoder
from venuekit_binance_common.payloads import AssetRow, camel_names
from venuekit_binance_usdm.payloads import AccountRow

__all__ = ["AsterAccountPosition", "AsterAccountRow", "AsterRiskRow", "decode_account", "decode_risk"]


@attrs.frozen(eq=False, repr=False)
class AsterRiskRow(WireRow):
    """A row of positionRisk, of a flat symbol too: with margin type and leverage, without margins."""

    symbol: str
    position_side: str
    position_amt: Decimal
    entry_price: Decimal | None = None
    mark_price: Decimal | None = None
    un_realized_profit: Decimal | None = None
    liquidation_price: Decimal | None = None
    leverage: Decimal | None = None
    margin_type: str | None = None
    isolated_margin: Decimal | None = None
    break_even_price: Decimal | None = None
    max_notional_value: Decimal | None = None
    is_auto_add_margin: bool | None = None
    notional: Decimal | None = None
    isolated_wallet: Decimal | None = None
    update_time: datetime | None = None


@attrs.frozen(eq=False, repr=False)
class AsterAccountPosition(WireRow):
    """A position of the account read: with margins, without mark and liquidation price."""

    symbol: str
    position_side: str
    position_amt: Decimal
    entry_price: Decimal | None = None
    leverage: Decimal | None = None
    isolated: bool | None = None
    unrealized_profit: Decimal | None = None
    initial_margin: Decimal | None = None
    maint_margin: Decimal | None = None
    position_initial_margin: Decimal | None = None
    open_order_initial_margin: Decimal | None = None
    max_notional: Decimal | None = None
    update_time: datetime | None = None


@attrs.frozen(eq=False, repr=False)
class AsterAccountRow(AccountRow):
    """Totals, assets, positions and flags in one; it tells neither of the modes."""

    positions: tuple[AsterAccountPosition, ...] = ()
    fee_tier: int | None = None
    can_trade: bool | None = None
    can_deposit: bool | None = None
    can_withdraw: bool | None = None
    update_time: datetime | None = None


_NAMES = camel_names(AsterRiskRow, AsterAccountRow, AsterAccountPosition, AssetRow)

decode_risk = payload_decoder(tuple[AsterRiskRow, ...], renames=_NAMES)
decode_account = payload_decoder(AsterAccountRow, renames=_NAMES)

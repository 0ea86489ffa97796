"""
The rows of the income history, straight from bytes to values: there can be a hundred thousand of them.

Importing this module imports msgspec;
:func:`~venuekit_binance_common.wallet.income.decode_income` does so when it is first called.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from venuekit.capabilities import Income, IncomeKind
from venuekit_binance_common.rows import Milliseconds, Number, decode_with, rows_decoder

__all__ = ["INCOME_KINDS", "decode"]

#: the meaning of the venue's words; any other counts as OTHER
INCOME_KINDS: Mapping[str, IncomeKind] = {
    "REALIZED_PNL": IncomeKind.REALIZED_PNL,
    "COMMISSION": IncomeKind.COMMISSION,
    "FUNDING_FEE": IncomeKind.FUNDING,
    "SPECIAL_FUNDING_FEE": IncomeKind.FUNDING,
    "TRANSFER": IncomeKind.TRANSFER,
    "INTERNAL_TRANSFER": IncomeKind.TRANSFER,
    "CROSS_COLLATERAL_TRANSFER": IncomeKind.TRANSFER,
    "STRATEGY_UMFUTURES_TRANSFER": IncomeKind.TRANSFER,
    "DELIVERED_SETTELMENT": IncomeKind.DELIVERY,  # as the venue spells it
    "AUTO_EXCHANGE": IncomeKind.CONVERSION,
    "COIN_SWAP_DEPOSIT": IncomeKind.CONVERSION,
    "COIN_SWAP_WITHDRAW": IncomeKind.CONVERSION,
    "COMMISSION_REBATE": IncomeKind.REBATE,
    "API_REBATE": IncomeKind.REBATE,
    "REFERRAL_KICKBACK": IncomeKind.REBATE,
    "FEE_RETURN": IncomeKind.REBATE,
    "MARKET_MERCHANT_RETURN_REWARD": IncomeKind.REBATE,
    "WELCOME_BONUS": IncomeKind.BONUS,
    "CONTEST_REWARD": IncomeKind.BONUS,
    "BFUSD_REWARD": IncomeKind.BONUS,
    "INSURANCE_CLEAR": IncomeKind.INSURANCE,
    "OPTIONS_PREMIUM_FEE": IncomeKind.OTHER,
    "OPTIONS_SETTLE_PROFIT": IncomeKind.OTHER,
    "POSITION_LIMIT_INCREASE_FEE": IncomeKind.OTHER,
}


class _Row(msgspec.Struct, rename="camel", gc=False):
    """One row; ids are numbers on one product and text on the other, empty text or null says that there is none."""

    income_type: str
    income: Number
    asset: str
    time: Milliseconds
    tran_id: int | str
    symbol: str | None = None
    trade_id: int | str | None = None
    info: str | None = None


_DECODER = rows_decoder(list[_Row])


def decode(body: bytes) -> list[Income]:
    """
    Return the movements of an income answer, in the venue's order.

    Raises:
        ValueError, PayloadMismatch: as :func:`~venuekit_binance_common.rows.decode_with`.
    """
    kind_of, other, moment = INCOME_KINDS.get, IncomeKind.OTHER, datetime.fromtimestamp
    return [
        Income(
            str(row.tran_id),
            moment(row.time / 1000, UTC),
            row.asset,
            row.income,
            kind_of(row.income_type, other),
            row.income_type,
            row.symbol or None,
            str(row.trade_id or "") or None,
            None,  # order_id
            row.info or None,
        )
        for row in decode_with(_DECODER, body)
    ]

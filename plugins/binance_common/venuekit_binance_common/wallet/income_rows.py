"""The rows of the income history, as a declaration: there can be a hundred thousand of them."""

from __future__ import annotations

from collections.abc import Mapping

from venuekit.capabilities import Income, IncomeKind
from venuekit.parts.columns import Same, derived, identifier, milliseconds, number, text
from venuekit.parts.rows import Reads

#: the meanings of the venue's words; any other one counts as OTHER
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


def _kind(word: str) -> IncomeKind:
    return INCOME_KINDS.get(word, IncomeKind.OTHER)


#: ids are numbers on one product and text on the other
INCOME = Reads(
    Income,
    id=identifier("tranId"),
    time=milliseconds("time"),
    asset=text("asset"),
    amount=number("income"),
    venue_kind=text("incomeType"),
    kind=derived(_kind, Same("venue_kind")),
    symbol=text("symbol", may_be_blank=True),
    trade_id=derived(lambda trade: None if trade == "0" else trade, identifier("tradeId", may_be_blank=True)),
    info=text("info", may_be_blank=True),
)

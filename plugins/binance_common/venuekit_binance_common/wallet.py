"""Balances and income: one balance per asset, and the movements of the wallet from the own history of the venue."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from venuekit.capabilities import Balance, BalanceReader, Income, IncomeKind, IncomeReader
from venuekit.parts.columns import Same, derived, flag, identifier, milliseconds, number, text
from venuekit.parts.histories import FromTime, History, Retention, Track, VenueWords, number_twins
from venuekit.parts.rows import Reads
from venuekit.parts.values import values_of
from venuekit.plugin import Answer, Endpoint, Pager
from venuekit_binance_common.market import BinanceContracts

if TYPE_CHECKING:
    from venuekit_binance_common.endpoints import BinanceEndpoints


def balances_read(*, withdrawable: str) -> Reads[Balance]:
    """Return the declaration of the balance read, in which the withdrawable amount has the product's name."""
    return Reads(
        Balance,
        asset=text("asset"),
        wallet=number("balance"),
        cross_wallet=number("crossWalletBalance"),
        cross_unrealized_pnl=number("crossUnPnl"),
        available=number("availableBalance"),
        withdrawable=number(withdrawable),
        is_collateral=flag("marginAvailable", may_be_blank=True),
        account_alias=text("accountAlias", may_be_blank=True),
        updated_at=milliseconds("updateTime", may_be_blank=True),
    )


BALANCES_OF_ACCOUNT = Reads(
    Balance,
    within=("assets",),
    asset=text("asset"),
    wallet=number("walletBalance"),
    cross_wallet=number("crossWalletBalance"),
    cross_unrealized_pnl=number("crossUnPnl"),
    unrealized_pnl=number("unrealizedProfit"),
    equity=number("marginBalance"),
    available=number("availableBalance"),
    withdrawable=number("maxWithdrawAmount"),
    position_initial_margin=number("positionInitialMargin"),
    open_order_initial_margin=number("openOrderInitialMargin"),
    initial_margin=number("initialMargin"),
    maintenance_margin=number("maintMargin"),
    is_collateral=flag("marginAvailable", may_be_blank=True),
    updated_at=milliseconds("updateTime", may_be_blank=True),
)


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


#: the fields that identify a row
_IDENTITY = attrgetter("time", "venue_kind", "id", "asset", "symbol", "trade_id")
_BY_KIND = (
    "a millisecond holds more movements than the venue gives at once: they were asked for by every type that is known"
    " or was met, and, where that was not enough, by every contract that is listed or was met; any other is missing"
)


def income_history(
    endpoint: Endpoint[tuple[Income, ...]], retention: Retention, *, width: timedelta = timedelta(days=30)
) -> History[Income]:
    """Return the history of income of a product; ``width`` is the widest window that one request may ask for."""
    return History(
        endpoint=endpoint,
        paging=FromTime(_split),
        items=_read_items,
        track=Track(attrgetter("time"), attrgetter("key")),
        limit=1000,
        width=width,
        retention=retention,
        words={"kind": VenueWords(word="venue_kind", known=lambda: INCOME_KINDS, members=IncomeKind)},
    )


async def _read_items(_: Any, answer: Answer[tuple[Income, ...]]) -> Sequence[Income]:
    incomes: Sequence[Income] = answer.value
    if answer.raw is not None:
        incomes = [attrs.evolve(income, raw=raw) for income, raw in zip(incomes, answer.raw, strict=True)]
    return number_twins(incomes, _IDENTITY)


async def _split(
    account: BinanceContracts, filters: Mapping[str, Any], some: Sequence[Income]
) -> Sequence[Mapping[str, Any]]:
    """Return filters by type, and of a type by symbol, that together ask for a whole millisecond."""
    if "incomeType" not in filters:
        warnings.warn(_BY_KIND, UserWarning, stacklevel=2)
        kinds = dict.fromkeys((*(income.venue_kind for income in some), *INCOME_KINDS))
        return [{**filters, "incomeType": kind} for kind in kinds]
    # a row without a symbol cannot be asked for by one
    if "symbol" in filters or any(income.symbol is None for income in some):
        return ()
    listed = await account.read_once(account.CONTRACTS)
    symbols = dict.fromkeys((*(income.symbol for income in some), *listed))
    return [{**filters, "symbol": symbol} for symbol in symbols]


class BinanceWallet(BinanceContracts, BalanceReader, IncomeReader):
    """
    Balances, and the movements of this product's wallets.

    Where assets back each other, ``available`` of a balance is the account's figure expressed in each asset.
    A transaction id is unique only together with its type, so a row is identified by type, transaction, asset,
    symbol and trade, and rows that have all of them in common are counted. ``symbol`` is the venue's own filter.
    ``asset`` and ``kind`` are picked out here: the venue filters by one of its types, and has several for most kinds.
    """

    __slots__ = ()

    endpoints: ClassVar[BinanceEndpoints]
    INCOME_HISTORY: ClassVar[History[Income]]

    async def get_balances(self, *, asset: str | None = None) -> tuple[Balance, ...]:
        """Return one balance per asset, or that of ``asset``. This read has no equity and no margins."""
        answer = await self.answer_rows(self.endpoints.BALANCE)
        balances = values_of(self, self.endpoints.BALANCE, answer, answer.value)
        return tuple(balance for balance in balances if asset is None or balance.asset == asset)

    def iter_income(
        self,
        *,
        symbol: str | None = None,
        asset: str | None = None,
        kind: IncomeKind | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Income | None = None,
    ) -> Pager[Income]:
        """Walk the history by time, a thousand rows a page."""
        return self.INCOME_HISTORY.walk(
            self,
            start=start,
            end=end,
            after=after,
            filters={"symbol": symbol},
            matching={"asset": asset, "kind": kind},
        )

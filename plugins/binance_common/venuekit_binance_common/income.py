"""Income: what moved the wallet, as the venue's own history tells it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Hashable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import repeat
from typing import TYPE_CHECKING, Any, ClassVar

from venuekit.account import Account
from venuekit.capabilities import Income, IncomeKind, IncomeReader
from venuekit.endpoint import Endpoint
from venuekit.walk import Walk
from venuekit.walking import Span, Track, paged
from venuekit_binance_common.reach import Reach, milliseconds

if TYPE_CHECKING:
    from venuekit_binance_common.income_rows import IncomeRow

    #: a row, and the venue's own object where it is kept
    Found = tuple[IncomeRow, Mapping[str, Any] | None]

__all__ = ["INCOME_KINDS", "BinanceIncome", "decode_income"]

_PAGE_SIZE = 1000

#: what the venue's words mean; any other one counts as OTHER
INCOME_KINDS: Mapping[str, IncomeKind] = {
    "REALIZED_PNL": IncomeKind.REALIZED_PNL,
    "COMMISSION": IncomeKind.COMMISSION,
    "FUNDING_FEE": IncomeKind.FUNDING,
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
}


_OTHER = IncomeKind.OTHER


def decode_income(body: bytes) -> list[IncomeRow]:
    """Return the rows of an income answer; see :func:`~venuekit_binance_common.income_rows.decode`."""
    from venuekit_binance_common.income_rows import decode

    return decode(body)


def _key(found: Found) -> Hashable:
    row = found[0]
    return (row.income_type, str(row.tran_id), row.asset, row.symbol, str(row.trade_id))


def _moment(found: Found) -> int:
    return found[0].time


_TRACK: Track[Found] = Track(time=_moment, key=_key)


class BinanceIncome(Account, IncomeReader):
    """
    The movements of this product's wallets.

    A transaction id is unique only together with its type, so what identifies a row is type, transaction, asset,
    symbol and trade. ``symbol`` is the venue's own filter, and so is ``kind`` where one of the venue's types stands
    for it; ``asset`` and any other ``kind`` are picked out here.
    """

    __slots__ = ()

    INCOME: ClassVar[Endpoint[list[IncomeRow]]]
    INCOME_REACH: ClassVar[Reach]
    SERVER_TIME: ClassVar[Endpoint[datetime]]

    def iter_income(
        self,
        *,
        symbol: str | None = None,
        asset: str | None = None,
        kind: IncomeKind | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Income | None = None,
    ) -> Walk[Income]:
        """Walk the history, a thousand rows a page."""
        of_kind = [name for name, meaning in INCOME_KINDS.items() if meaning is kind]
        only_type = of_kind[0] if len(of_kind) == 1 else None

        async def walk() -> AsyncGenerator[Income, None]:
            span = await self.INCOME_REACH.span(
                self,
                self.SERVER_TIME,
                operation="iter_income",
                start=start,
                end=end,
                after=None if after is None else after.time,
            )
            found = paged(
                fetch,
                span.windows(self.INCOME_REACH.width),
                limit=_PAGE_SIZE,
                track=_TRACK,
                after=None if after is None else (_row_of(after), None),
            )
            async for row, raw in found:
                income = _income_of(row, raw)
                if (asset is None or asset == income.asset) and (kind is None or kind is income.kind):
                    yield income

        async def fetch(window: Span, page: int) -> Sequence[Found]:
            answer = await self.answer(
                self.INCOME,
                symbol=symbol,
                incomeType=only_type,
                startTime=window.start,
                endTime=window.end,
                page=page,
                limit=_PAGE_SIZE,
            )
            raws = repeat(None) if answer.raw is None else answer.raw
            return list(zip(answer.value, raws, strict=False))

        return Walk(walk, cost_per_page=self.INCOME.weight_most)


def _income_of(row: IncomeRow, raw: Mapping[str, Any] | None) -> Income:
    """Return a movement; its values are made by position, in the order of the fields of Income."""
    return Income(
        str(row.tran_id),
        datetime.fromtimestamp(row.time / 1000, UTC),
        row.asset,
        row.income,
        INCOME_KINDS.get(row.income_type, _OTHER),
        row.income_type,
        row.symbol or None,
        str(row.trade_id) or None,
        None,  # order_id
        row.info or None,
        None,  # balance_after
        raw,
    )


def _row_of(income: Income) -> IncomeRow:
    """Return the row that a movement was made from, as far as it identifies it."""
    from venuekit_binance_common.income_rows import IncomeRow

    return IncomeRow(
        income_type=income.venue_kind,
        income=income.amount,
        asset=income.asset,
        time=milliseconds(income.time),
        tran_id=income.id,
        symbol=income.symbol or "",
        trade_id=income.trade_id or "",
    )

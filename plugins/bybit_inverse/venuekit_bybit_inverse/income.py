"""Income: the transaction log of the unified account, each row split into its movements of the wallet."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Hashable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from operator import attrgetter

import attrs

from venuekit.capabilities import Income, IncomeKind, IncomeReader
from venuekit.parts.histories import HistoryCall, Track, VenueWords, merge_histories
from venuekit.plugin import Account, Pager, to_milliseconds
from venuekit_bybit_inverse.balances import UNIFIED
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.endpoints.history import LogRow
from venuekit_bybit_inverse.instruments import settle_coins
from venuekit_bybit_inverse.reading import TWO_YEARS, ReceivedRow, cursor_history, itself

_TRADES = ("TRADE", "LIQUIDATION", "ADL")
#: the kind of all components of a row, by its type
_WHOLE: Mapping[str, IncomeKind] = {
    "TRANSFER_IN": IncomeKind.TRANSFER,
    "TRANSFER_OUT": IncomeKind.TRANSFER,
    "CURRENCY_BUY": IncomeKind.CONVERSION,
    "CURRENCY_SELL": IncomeKind.CONVERSION,
    "FEE_REFUND": IncomeKind.REBATE,
    "BONUS": IncomeKind.BONUS,
    "BONUS_RECOLLECT": IncomeKind.BONUS,
    "AIRDROP": IncomeKind.BONUS,
    "INTEREST": IncomeKind.INTEREST,
    **dict.fromkeys(("FORWARD_SPLIT_SETTLE", "REVERSE_SPLIT_SETTLE", "DIVIDEND_SETTLEMENT"), IncomeKind.OTHER),
    **dict.fromkeys(("AUTO_DEDUCTION", "BORROW", "REPAY"), IncomeKind.OTHER),
}
#: the kind by type and component; any other is OTHER
_PARTS: Mapping[tuple[str, str], IncomeKind] = {
    **dict.fromkeys(((kind, "cashFlow") for kind in _TRADES), IncomeKind.REALIZED_PNL),
    **dict.fromkeys(((kind, "fee") for kind in (*_TRADES, "DELIVERY")), IncomeKind.COMMISSION),
    ("SETTLEMENT", "funding"): IncomeKind.FUNDING,
    ("DELIVERY", "cashFlow"): IncomeKind.DELIVERY,
}
#: by the side of a settlement's row: that of the position
_POSITIONS = {"Buy": 1, "Sell": -1}
_KNOWN = frozenset({*_WHOLE, *(word for word, _ in _PARTS)})
_WORDS = VenueWords(word="venue_kind", known=lambda: _KNOWN)
#: the identity of a row; an id alone is not enough, and may be missing
_IDENTITY: Callable[[LogRow], tuple[object, ...]] = attrgetter(*(field.name for field in attrs.fields(LogRow)))
_TRACK = Track[Income](attrgetter("time"), attrgetter("key"))
_LOG = cursor_history(
    BYBIT.TRANSACTION_LOG,
    itself,
    time=attrgetter("row.transaction_time"),
    key=lambda received: _IDENTITY(received.row),
    limit=50,
    accountType=UNIFIED,
)


class BybitIncome(Account, IncomeReader):
    """
    Read every movement of the unified account's wallets, of all its products.

    The venue's log has no filter by symbol or kind as venuekit means it: both are applied here; ``asset`` is the
    venue's own filter.
    """

    __slots__ = ()

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
        """
        Walk the log of two years, 7 days and 50 rows at a time; one row gives up to three movements.

        The venue has no filter by symbol that could refuse a wrong one: of a symbol that no row bears and that is not
        listed, the end of the walk warns.
        """
        call = HistoryCall(self)

        async def items() -> AsyncGenerator[Income, None]:
            span = await call.span(TWO_YEARS, start, end, after=None if after is None else after.time)
            rows = call.items(_LOG, span, currency=asset)
            of_kind = None if kind is None else _WORDS.only("kind", kind, call.origin.operation)
            is_met = symbol is None or (after is not None and after.symbol == symbol)
            async for income in merge_histories(_split(rows), track=_TRACK, after=after):
                if symbol in {None, income.symbol}:
                    is_met = True
                    if of_kind is None or of_kind(income):
                        yield income
            if not is_met and symbol is not None and symbol not in await settle_coins(self, frozenset({symbol})):
                words = f"no movement bears the symbol {symbol!r}, and the venue lists no inverse contract of that name"
                warnings.warn(words, UserWarning, stacklevel=2)

        return Pager(items, cost_per_page=_LOG.cost({}))


async def _split(rows: AsyncGenerator[ReceivedRow[LogRow], None]) -> AsyncGenerator[Income, None]:
    moment: datetime | None = None
    seen: Counter[Hashable] = Counter()
    async for received in rows:
        if received.row.transaction_time != moment:
            moment, seen = received.row.transaction_time, Counter()
        for income in incomes_of(received):
            twin = seen[income.key]
            seen[income.key] += 1
            yield attrs.evolve(income, twin=twin) if twin else income


def incomes_of(received: ReceivedRow[LogRow]) -> Iterable[Income]:
    """
    Return one movement per component of a row that is not zero; their sum is the row's ``change``.

    Where the components do not add up to it, the difference is a movement of its own. The wallet after the row
    goes with the last one. A row without an id gets one from its other fields.
    """
    row = received.row
    none = Decimal(0)
    parts = {"cashFlow": row.cash_flow or none, "funding": row.funding or none, "fee": none - (row.fee or none)}
    if row.change is not None:
        parts["rest"] = row.change - sum(parts.values())
    name_of_row = row.id or "/".join(
        str(part) for part in (to_milliseconds(row.transaction_time), row.order_id, row.change, row.cash_balance)
    )
    moved = [(name, amount) for name, amount in parts.items() if amount]
    for place, (name, amount) in enumerate(moved, start=1):
        yield Income(
            id=f"{name_of_row}:{name}",
            time=row.transaction_time,
            asset=row.currency,
            amount=amount,
            kind=_WHOLE.get(row.type) or _PARTS.get((row.type, name)) or IncomeKind.OTHER,
            venue_kind=row.type,
            symbol=row.symbol,
            trade_id=row.trade_id,
            order_id=row.order_id,
            info=row.trans_sub_type,
            balance_after=row.cash_balance if place == len(moved) else None,
            funding_rate=_funding_rate(row) if name == "funding" else None,
            raw=received.raw,
        )


def _funding_rate(row: LogRow) -> Decimal | None:
    """Return the market's rate of a settlement: a row has it as a long position pays it, or a short one receives it."""
    sign = _POSITIONS.get(row.side or "")
    return None if sign is None or row.fee_rate is None else sign * row.fee_rate

"""Withdrawals: what left for a chain or another account of the venue."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter

from venuekit.capabilities import Withdrawal, WithdrawalReader, WithdrawalStatus
from venuekit.parts.histories import Track, merge_histories, only
from venuekit.plugin import Account, Pager
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.history_pages import MONTH, TWO_YEARS, Found, milliseconds, newest_first, span_of
from venuekit_bybit_inverse.history_payloads import WithdrawalRow

__all__ = ["BybitWithdrawals"]

_PAGE_SIZE = 50
#: on chains and within the venue
_ALL = 2
_STATUSES: Mapping[str, WithdrawalStatus] = {
    "SecurityCheck": WithdrawalStatus.PENDING,
    "Pending": WithdrawalStatus.PENDING,
    "MoreInformationRequired": WithdrawalStatus.PENDING,
    "BlockchainConfirmed": WithdrawalStatus.PENDING,
    "success": WithdrawalStatus.SUCCESS,
    "CancelByUser": WithdrawalStatus.CANCELED,
    "Reject": WithdrawalStatus.FAILED,
    "Fail": WithdrawalStatus.FAILED,
}
#: no limit is documented, so an explicit start may lie anywhere
_ALL_TIME = 10 * TWO_YEARS
#: without a start, so far back from the end
_USUALLY = timedelta(milliseconds=TWO_YEARS)
_TRACK = Track[Withdrawal](time=lambda one: milliseconds(one.created_at), key=lambda one: one.id)


class BybitWithdrawals(Account, WithdrawalReader):
    """Read withdrawals; only a key of the master account may, another one gets the venue's refusal."""

    __slots__ = ()

    def iter_withdrawals(
        self,
        *,
        asset: str | None = None,
        status: WithdrawalStatus | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Withdrawal | None = None,
    ) -> Pager[Withdrawal]:
        """
        Walk less than 30 days at a time; ``status`` is applied here.

        How long the venue keeps withdrawals is not documented: without ``start`` two years back from ``end`` are asked
        for, and what is older must be asked for by its ``start``.
        """

        async def walk() -> AsyncGenerator[Withdrawal, None]:
            resume = None if after is None else after.created_at
            keeps = TWO_YEARS if start is None and end is None and after is None else _ALL_TIME
            begin = start or resume or (end and end - _USUALLY)
            span = await span_of(self, "iter_withdrawals", begin, end, keeps=keeps, words="20 years", after=resume)
            found = newest_first(
                self,
                BYBIT.WITHDRAWALS,
                span,
                operation="iter_withdrawals",
                time=lambda row: row.create_time,
                key=lambda row: row.withdraw_id,
                limit=_PAGE_SIZE,
                width=MONTH,
                rows_name="rows",
                coin=asset,
                withdrawType=_ALL,
            )
            has_status: Callable[[Withdrawal], bool] | None = None
            if status is not None:
                word, meaning = attrgetter("venue_status"), attrgetter("status")
                has_status = only(status, meaning, word=word, known=_STATUSES, operation="iter_withdrawals")
            async for one in merge_histories(_values(found), track=_TRACK, after=after):
                if has_status is None or has_status(one):
                    yield one

        return Pager(walk, cost_per_page=1)


async def _values(rows: AsyncGenerator[Found[WithdrawalRow], None]) -> AsyncGenerator[Withdrawal, None]:
    async for found in rows:
        row = found.row
        yield Withdrawal(
            id=row.withdraw_id,
            asset=row.coin,
            amount=-row.amount,
            fee=None if row.withdraw_fee is None else Decimal(0) - row.withdraw_fee,
            status=_STATUSES.get(row.status) or WithdrawalStatus(row.status),
            venue_status=row.status,
            created_at=row.create_time,
            chain=row.chain,
            address=row.to_address,
            tx_id=row.tx_id,
            raw=found.raw,
        )

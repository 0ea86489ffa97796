"""Withdrawals: to a chain or another account of the venue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter

import attrs

from venuekit.capabilities import Withdrawal, WithdrawalReader, WithdrawalStatus
from venuekit.parts.histories import VenueWords
from venuekit.plugin import Account, Pager
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.histories import ALL_TIME, TWO_YEARS, ReceivedRow, cursor_history
from venuekit_bybit_inverse.history_payloads import WithdrawalRow

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


def _withdrawal_of(received: ReceivedRow[WithdrawalRow]) -> Withdrawal:
    row = received.row
    return Withdrawal(
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
        raw=received.raw,
    )


_WITHDRAWALS = cursor_history(
    BYBIT.WITHDRAWALS,
    _withdrawal_of,
    time=attrgetter("created_at"),
    key=attrgetter("id"),
    limit=50,
    width=timedelta(days=30),  # less than 30 days, both ends included
    retention=attrs.evolve(ALL_TIME, usual=TWO_YEARS.age),
    words={"status": VenueWords(word="venue_status", known=lambda: _STATUSES)},
    rows_name="rows",
    withdrawType=_ALL,
)


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
        for, and older ones must be asked for by their ``start``.
        """
        return _WITHDRAWALS.walk(
            self, start=start, end=end, after=after, filters={"coin": asset}, matching={"status": status}
        )

"""Withdrawals: to a chain or another account of the venue."""

from __future__ import annotations

from datetime import datetime, timedelta
from operator import attrgetter

import attrs

from venuekit.capabilities import Withdrawal, WithdrawalReader, WithdrawalStatus
from venuekit.parts.histories import VenueWords
from venuekit.plugin import Account, Pager
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.endpoints.history import WITHDRAWAL_STATUSES
from venuekit_bybit_inverse.reading import ALL_TIME, TWO_YEARS, cursor_history, with_raw

#: on chains and within the venue
_ALL = 2
_WITHDRAWALS = cursor_history(
    BYBIT.WITHDRAWALS,
    with_raw,
    time=attrgetter("created_at"),
    key=attrgetter("id"),
    limit=50,
    width=timedelta(days=30),  # less than 30 days, both ends included
    retention=attrs.evolve(ALL_TIME, usual=TWO_YEARS.age),
    words={"status": VenueWords(word="venue_status", known=lambda: WITHDRAWAL_STATUSES)},
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

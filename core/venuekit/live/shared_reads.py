"""Shared reads: a read that one view makes serves every view of the same account that reads alike."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from copy import copy

import attrs

from venuekit.account import Account
from venuekit.capabilities import StreamState
from venuekit.errors import OperationError
from venuekit.live.freshness import Mark
from venuekit.live.reads import ReadGroup


@attrs.frozen(eq=False)
class ReadShare:
    """
    The share of one view in reads that are under way: how it was for the view when they were sent.

    Attributes:
        sent: When that was, on the monotonic clock.
        stream: The state of the stream.
        gaps: How many gaps there had been.
        mark: How much had moved.
        due: When each group was to be read.
        asked: Those who wait for each group.
    """

    sent: float
    stream: StreamState
    gaps: int
    mark: Mark
    due: Mapping[ReadGroup, float]
    asked: Mapping[ReadGroup, list[asyncio.Future[None]]]

    def answer(self, group: ReadGroup, failure: OperationError | None) -> None:
        """Have those who wait for a group go on; each gets a failure of its own."""
        for future in self.asked[group]:
            if not future.done():
                future.set_result(None) if failure is None else future.set_exception(copy(failure))


def read_alike(account: Account, other: Account) -> bool:
    """Say whether a read by one of two objects of an account is also one by the other: with the same options."""
    if account is other:
        return True
    is_same = (account.venue.id, account.keep_raw) == (other.venue.id, other.keep_raw)
    return is_same and account._options == other._options  # noqa: SLF001 - its deadlines and waits are its own

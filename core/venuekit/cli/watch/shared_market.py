"""Shared market: the limits and instruments that the watched accounts of one venue share, and whose turn it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from venuekit.capabilities import Instrument, InstrumentReader

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.credentials.accounts_file import AccountEntry

#: venue, environment and URL of a simulation: accounts that have them in common share limits, prices and instruments
MarketName: TypeAlias = tuple[str, str, str | None]
#: accounts that are opened at a time
_OPENED_AT_ONCE = 4


class SharedMarket:
    """
    The limits and instruments that the accounts of a group at one venue share.

    Args:
        size: How many they are.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        #: held while one is opened, since all of them at once would wait for the limits
        self.opening = asyncio.Semaphore(_OPENED_AT_ONCE)
        #: the instruments by symbol, empty as long as they are not known
        self.instruments: Mapping[str, Instrument] = {}
        self._untried = size
        self._all_tried = asyncio.Event()
        self._reading = asyncio.Lock()

    def note_tried(self) -> None:
        """Note that one more account has been opened for the first time, or could not be."""
        self._untried -= 1
        if self._untried <= 0:
            self._all_tried.set()

    async def wait_until_tried(self) -> None:
        """Wait until each account was opened once, or could not be: the reads that weigh most come after that."""
        await self._all_tried.wait()

    async def read_instruments(self, account: Account) -> None:
        """Read the instruments, once for all accounts; raises OperationError where that fails."""
        async with self._reading:
            if not self.instruments and account.support(InstrumentReader):
                instruments = await InstrumentReader.of(account).get_instruments()
                self.instruments = {instrument.symbol: instrument for instrument in instruments}


def name_market(entry: AccountEntry) -> MarketName:
    """Return the market of an account."""
    return entry.venue, str(entry.environment), entry.rest

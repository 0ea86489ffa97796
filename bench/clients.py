"""Our side of every benchmark that sends requests."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from bare import KEY, SECRET

import venuekit
from venuekit.clock import SystemClock, VenueClock


class FastClock(SystemClock):
    """
    Time whose monotonic seconds run a thousand times faster.

    A venue allows some 40 writes a second; the benchmark makes thousands. So the budget sees as many writes per
    window as it would in life, spends and forgets, and never has to wait.
    """

    __slots__ = ()

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic() * 1000


async def open_account(
    stack: AsyncExitStack, venue: str, base: str, *, journal: Path | bool = False, transport: str = "rest"
) -> Any:
    """Open an account of ours, to be closed with the stack."""
    runtime = await stack.enter_async_context(venuekit.Runtime(clock=FastClock(), journal=journal))
    credentials = venuekit.Credentials.sim(base, KEY, SECRET)
    account = await stack.enter_async_context(
        venuekit.connect(venue, credentials, runtime=runtime, transport=transport)
    )
    # only the budget's seconds run fast: the venue's time, which is signed, is that of the wall clock
    account._session.venue_session.clock = VenueClock(SystemClock())  # noqa: SLF001 - there is no other way to part the two
    return account

"""
From the bytes of a message of a user stream to a live view that has applied it, of 5 and of 500 symbols.

Prints JSON: microseconds of CPU per message with one asset and one position, for each size one number per round. The
messages wait in the process, so that nothing but decoding, the queue and the view is measured.
"""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime
from decimal import Decimal

from measure import pin
from view_account import BODY, make_account

from venuekit.capabilities import EventReader, StreamEvent, StreamPhase, StreamState
from venuekit.live import AccountView
from venuekit.plugin import MessageArrival
from venuekit_binance_common.stream.events import BinanceDecoder
from venuekit_binance_usdm.stream import MESSAGES as USDM_MESSAGES

MESSAGES, ROUNDS, SIZES = 2000, 7, (5, 500)


class _Reader(EventReader):
    """Decodes a message each time that one is asked for, and waits when there is none."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.arrived = asyncio.Event()
        self.done = asyncio.Event()
        self._decode = BinanceDecoder(USDM_MESSAGES)
        self._count = 0

    @property
    def state(self) -> StreamState:
        return StreamState(StreamPhase.LIVE, datetime.now(UTC), 1, is_confirmed=True)

    async def __anext__(self) -> StreamEvent:
        return (await self.read_message())[0]

    async def read_message(self) -> tuple[StreamEvent, ...]:
        while not self.bodies:
            self.done.set()
            self.arrived.clear()
            await self.arrived.wait()
        self._count += 1
        return tuple(self._decode(self.bodies.pop(), MessageArrival(datetime.now(UTC), self._count)))

    async def wait_until_live(self) -> None:
        return


async def _measure(size: int) -> list[float]:
    reader, figures = _Reader(), []
    account = make_account(size, reader)
    async with AccountView(account) as view:
        began_at = round(time.time() * 1000)
        for round_number in range(ROUNDS):
            numbers = range(round_number * MESSAGES, (round_number + 1) * MESSAGES)
            bodies = [BODY % {"time": began_at + n, "wallet": n + 1, "symbol": n % 5} for n in numbers]
            reader.bodies = [body.encode() for body in reversed(bodies)]
            reader.done.clear()
            began = time.process_time()
            reader.arrived.set()
            await reader.done.wait()
            figures.append((time.process_time() - began) / MESSAGES * 1e6)
        wallet = view.fresh().balance("USDT")
        assert wallet is not None
        assert wallet.balance.wallet == Decimal(f"{ROUNDS * MESSAGES}.59145825")
    return figures


if __name__ == "__main__":
    pin(-1)
    print(json.dumps({str(size): asyncio.run(_measure(size)) for size in SIZES}))

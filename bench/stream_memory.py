"""
The memory of a process that receives a million messages of a user stream, from their bytes to a live view.

    python bench/stream_memory.py [MESSAGES]

Prints JSON: the most MiB of the process after the first tenth of the messages and after all of them. The messages are
made in the process and take the way of a session: a connection, the delivery, the queue of a reader, and the view.
Every other one is a change of one asset and one position, the rest are orders that were filled, each with its own ids.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from measure import pin
from view_account import BODY, make_account

from venuekit.capabilities import StreamPhase, StreamState
from venuekit.clock import SystemClock
from venuekit.live import AccountView
from venuekit.pipeline.open_socket import End
from venuekit.streams.connection import Connection
from venuekit.streams.delivery import Delivery
from venuekit.streams.reader import QueuedReader
from venuekit_binance_common.stream.events import BinanceDecoder
from venuekit_binance_usdm.stream import MESSAGES as USDM_MESSAGES
from venuekit_binance_usdm.stream import STREAM

MESSAGES, TURN = 1_000_000, 100
_FILL = (
    '{"e":"ORDER_TRADE_UPDATE","T":%(time)d,"E":%(time)d,"o":{"s":"S%(symbol)dUSDT","c":"order-%(wallet)d","S":"%(side)s",'
    '"o":"MARKET","f":"GTC","q":"0.003","p":"0","ap":"2487.5100","sp":"0","x":"TRADE","X":"FILLED","i":%(wallet)d,'
    '"l":"0.003","z":"0.003","L":"2487.51","n":"0.00298501","N":"USDT","T":%(time)d,"t":%(wallet)d,"b":"0","a":"0",'
    '"m":false,"R":false,"wt":"CONTRACT_PRICE","ot":"MARKET","ps":"BOTH","cp":false,"rp":"0","pP":false,"si":0,"ss":0,'
    '"V":"NONE","pm":"NONE","gtd":0,"er":"0"}}'
)


class _Messages:
    """A socket that brings messages as quickly as they are read."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.sizes: list[float] = []
        self.done = asyncio.Event()

    async def send(self, text: str) -> None:
        """Send nothing."""

    async def ping(self) -> None:
        """Ask nobody."""

    async def close(self) -> None:
        """Close nothing."""

    async def receive(self, on_message: Callable[[bytes], object], on_sign: Callable[[], object]) -> End:
        """Bring all messages, some of them at a time."""
        del on_sign
        began = round(time.time() * 1000)
        for number in range(self._count):
            if number % TURN == 0:
                await asyncio.sleep(0)
            if number == self._count // 10:
                self.sizes.append(_most_memory())
            row = {
                "time": began + number,
                "wallet": number + 1,
                "symbol": number % 5,
                "side": ("BUY", "SELL")[number // 2 % 2],
            }
            on_message(((_FILL if number % 2 else BODY) % row).encode())
        await asyncio.sleep(0)
        self.sizes.append(_most_memory())
        self.done.set()
        return End("there are no more")


def _most_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _measure(count: int) -> dict[str, float]:
    messages, clock = _Messages(count), SystemClock()
    delivery = Delivery(STREAM, clock, on_expiry=lambda _: None, on_unlisted=lambda _: None, on_events=None)
    delivery.decode = BinanceDecoder(USDM_MESSAGES)
    reader = QueuedReader(
        10_000, "bench", lambda: datetime.now(UTC), lambda: StreamState(StreamPhase.LIVE, delivery.received_at, 1, True)
    )
    delivery.readers = (reader,)
    connection = Connection(messages, clock, 1, delivery.take, lambda: None)
    async with AccountView(make_account(5, reader)) as view:
        began = time.process_time()
        connection.start()
        await messages.done.wait()
        seconds = time.process_time() - began
        wallet = view.balances()[0].balance.wallet
        assert wallet is not None
        assert int(wallet) == count - 1
        await connection.close()
    return {"first": messages.sizes[0], "all": messages.sizes[1], "us": seconds / count * 1e6}


if __name__ == "__main__":
    pin(-1)
    print(json.dumps(asyncio.run(_measure(int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES))))

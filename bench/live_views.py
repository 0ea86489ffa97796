"""
From the bytes of a message of a user stream to a live view that has applied it, of 5 and of 500 symbols.

Prints JSON: microseconds of CPU per message with one asset and one position, for each size one number per round. The
messages wait in the process, so that nothing but decoding, the queue and the view is measured.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from measure import pin

from venuekit.account import Account
from venuekit.capabilities import (
    Balance,
    BalanceReader,
    EventReader,
    Position,
    PositionReader,
    PositionSide,
    StreamEvent,
    StreamPhase,
    StreamState,
    Support,
    SupportState,
    Unit,
    UserStream,
)
from venuekit.clock import SystemClock, VenueClock
from venuekit.live import AccountView
from venuekit.pipeline import WriteScopes
from venuekit.plugin import MessageArrival
from venuekit_binance_common.stream.events import BinanceDecoder
from venuekit_binance_usdm.stream import ROWS

MESSAGES, ROUNDS, SIZES = 2000, 7, (5, 500)
_BODY = (
    '{"e":"ACCOUNT_UPDATE","T":%(time)d,"E":%(time)d,"a":{"B":[{"a":"USDT","wb":"%(wallet)d.59145825",'
    '"cw":"%(wallet)d.59145825","bc":"0"}],"P":[{"s":"S%(symbol)dUSDT","pa":"%(wallet)d","ep":"2487.51000",'
    '"bep":"2488.1","cr":"0","up":"0.00077345","mt":"cross","iw":"0","ps":"BOTH","ma":"USDT"}],"m":"ORDER"}}'
)


class _Reader(EventReader):
    """Decodes a message each time that one is asked for, and waits when there is none."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.arrived = asyncio.Event()
        self.done = asyncio.Event()
        self._decode = BinanceDecoder(ROWS)
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


class _Account(Account, UserStream, BalanceReader, PositionReader):
    """An account with so many positions, without a venue."""

    __slots__ = ("at_venue", "clock", "reader", "scopes", "size")

    def __init__(self, size: int) -> None:
        self.size, self.clock, self.reader, self.scopes = size, SystemClock(), _Reader(), WriteScopes()
        self.at_venue = VenueClock(self.clock, synced=True)

    @property
    def venue(self) -> Any:
        return SimpleNamespace(id="bench")

    @property
    def venue_clock(self) -> VenueClock:
        return self.at_venue

    @property
    def write_scopes(self) -> WriteScopes:
        return self.scopes

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return self.clock.monotonic()

    async def pause(self, seconds: float) -> None:
        await self.clock.sleep(seconds)

    def support(self, capability: type[Any]) -> Support:
        return Support(SupportState.SUPPORTED if isinstance(self, capability) else SupportState.NOT_IMPLEMENTED)

    @asynccontextmanager
    async def _events(self) -> AsyncIterator[EventReader]:
        yield self.reader

    def events(self, *, queue: int = 10_000) -> AbstractAsyncContextManager[EventReader]:
        del queue
        return self._events()

    async def get_balances(self, *, asset: str | None = None) -> tuple[Balance, ...]:
        del asset
        return (Balance("USDT", Decimal(1), Decimal(1), updated_at=datetime(2026, 1, 1, tzinfo=UTC)),)

    async def get_position(self, symbol: str, *, side: PositionSide | None = None) -> Position:
        raise LookupError(symbol, side)

    async def get_positions(self, **_: object) -> tuple[Position, ...]:
        details: dict[str, Any] = {"entry_price": Decimal(100), "updated_at": datetime(2026, 1, 1, tzinfo=UTC)}
        both, base = PositionSide.BOTH, Unit.BASE
        return tuple(
            Position(f"S{number}USDT", both, Decimal(1), Decimal(1), base, **details) for number in range(self.size)
        )


async def _measure(size: int) -> list[float]:
    account, figures = _Account(size), []
    reader = account.reader
    async with AccountView(account) as view:
        began_at = round(time.time() * 1000)
        for round_number in range(ROUNDS):
            numbers = range(round_number * MESSAGES, (round_number + 1) * MESSAGES)
            bodies = [_BODY % {"time": began_at + n, "wallet": n + 1, "symbol": n % 5} for n in numbers]
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

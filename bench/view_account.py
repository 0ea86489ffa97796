"""An account without a venue, with as many positions as are asked for, for benchmarks of a live view."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from venuekit.account import Account
from venuekit.capabilities import (
    Balance,
    BalanceReader,
    EventReader,
    Position,
    PositionReader,
    PositionSide,
    Support,
    SupportState,
    Unit,
    UserStream,
)
from venuekit.clock import SystemClock, VenueClock
from venuekit.pipeline import WriteScopes

#: a message as USD-M sends it, to be filled in: one asset and one position
BODY = (
    '{"e":"ACCOUNT_UPDATE","T":%(time)d,"E":%(time)d,"a":{"B":[{"a":"USDT","wb":"%(wallet)d.59145825",'
    '"cw":"%(wallet)d.59145825","bc":"0"}],"P":[{"s":"S%(symbol)dUSDT","pa":"%(wallet)d","ep":"2487.51000",'
    '"bep":"2488.1","cr":"0","up":"0.00077345","mt":"cross","iw":"0","ps":"BOTH","ma":"USDT"}],"m":"ORDER"}}'
)


def make_account(size: int, reader: EventReader) -> Account:
    """Return an account with ``size`` positions, whose events are those of a reader."""
    return _Account(size, reader)


class _Account(Account, UserStream, BalanceReader, PositionReader):
    """An account with so many positions, without a venue."""

    __slots__ = ("at_venue", "clock", "reader", "scopes", "size")

    def __init__(self, size: int, reader: EventReader) -> None:
        self.size, self.clock, self.reader, self.scopes = size, SystemClock(), reader, WriteScopes()
        self.at_venue = VenueClock(self.clock, synced=True)

    @property
    def venue(self) -> Any:
        return SimpleNamespace(id="bench", stream=None)

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

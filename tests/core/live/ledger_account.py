"""An account over a ledger of the simulator: its reads can be slow or fail, and its stream loses what a test says."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, TypeVar

import attrs

from venuekit._util.times import from_milliseconds
from venuekit.account import Account
from venuekit.capabilities import (
    Balance,
    BalanceReader,
    BalanceUpdate,
    Capability,
    EventReader,
    Fill,
    FillKind,
    FillReader,
    FillUpdate,
    Gap,
    GapReason,
    Income,
    IncomeKind,
    IncomeReader,
    Order,
    OrderKind,
    OrderReader,
    OrderSide,
    OrderUpdate,
    OrderUpdateKind,
    Pager,
    Position,
    PositionMode,
    PositionModeReader,
    PositionModeSetting,
    PositionReader,
    PositionSide,
    PositionUpdate,
    Setting,
    SettingsUpdate,
    StreamEvent,
    StreamPhase,
    StreamState,
    Support,
    SupportState,
    Unit,
    UserStream,
)
from venuekit.clock import Clock, VenueClock
from venuekit.errors import AnswerLost, NotFound
from venuekit.pipeline import WriteScopes
from venuekit.simulator.ledger import (
    AccountEvent,
    Book,
    Event,
    Execution,
    Ledger,
    LedgerOrder,
    OrderEvent,
    PositionFigures,
    TradeKind,
)

R = TypeVar("R")
_FILL_KINDS = {TradeKind.LIQUIDATION: FillKind.LIQUIDATION, TradeKind.ADL: FillKind.ADL}


class LedgerReader(EventReader):
    """One reader of the stream of an account."""

    def __init__(self, stream: LedgerStream) -> None:
        self._stream = stream
        self.inbox: asyncio.Queue[tuple[StreamEvent, ...]] = asyncio.Queue()

    @property
    def state(self) -> StreamState:
        return self._stream.state

    async def __anext__(self) -> StreamEvent:
        raise AssertionError("the view reads whole messages")

    async def read_message(self) -> tuple[StreamEvent, ...]:
        return await self.inbox.get()

    async def wait_until_live(self) -> None:
        await self._stream.wait_until_live()


class LedgerStream:
    """The stream of one account: messages wait until a test delivers, loses, repeats or reorders them."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.outbox: deque[tuple[StreamEvent, ...]] = deque()
        self.phase = StreamPhase.LIVE
        self.connections = 1
        self.is_confirmed = True
        self.heard: datetime | None = now()
        self.readers: list[LedgerReader] = []
        self._live = asyncio.Event()
        self._live.set()

    @property
    def state(self) -> StreamState:
        return StreamState(self.phase, self.heard, self.connections, self.is_confirmed, self.heard)

    async def wait_until_live(self) -> None:
        await self._live.wait()

    def put(self, *events: StreamEvent) -> None:
        """Deliver events at once."""
        if self.phase is StreamPhase.LIVE:
            self.heard = self.now()
            self._hand(tuple(attrs.evolve(event, received_at=self.now()) for event in events))

    def _hand(self, message: tuple[StreamEvent, ...]) -> None:
        for reader in self.readers:
            reader.inbox.put_nowait(message)

    def deliver(self, count: int | None = None) -> None:
        """Deliver the oldest messages that wait."""
        for _ in range(len(self.outbox) if count is None else min(count, len(self.outbox))):
            self.put(*self.outbox.popleft())

    def cut(self, reason: GapReason = GapReason.CONNECTION_LOST) -> None:
        """Lose the connection with everything that was on its way."""
        self.outbox.clear()
        gap = Gap(received_at=self.now(), message=0, reason=reason, words="the connection was lost", since=self.heard)
        self._hand((gap,))
        self.phase = StreamPhase.DOWN
        self._live.clear()

    def reconnect(self) -> None:
        """Bring up another connection."""
        self.outbox.clear()
        self.phase, self.connections, self.heard = StreamPhase.LIVE, self.connections + 1, self.now()
        self._live.set()


class LedgerAccount(
    Account, UserStream, BalanceReader, PositionReader, OrderReader, FillReader, IncomeReader, PositionModeReader
):
    """An account whose venue is a ledger; ``read_time`` is how long each read takes, ``trouble`` has reads fail."""

    __slots__ = (
        "_clock",
        "_scopes",
        "closed",
        "counts",
        "hidden_until",
        "is_ordered",
        "ledger",
        "read_time",
        "seen",
        "stream",
        "trouble",
        "venue_id",
    )

    def __init__(self, ledger: Ledger, clock: Clock, *, is_ordered: bool = True) -> None:
        self.is_ordered = is_ordered
        self.ledger, self._clock = ledger, clock
        self._scopes = WriteScopes()
        self.read_time = 0.0
        self.trouble: set[str] = set()
        self.hidden_until = 0.0  #: until when histories lack their rows
        self.counts: dict[str, int] = {}
        self.seen = len(ledger.events())
        self.stream = LedgerStream(self.now)
        self.closed = 0

    # -- the parts of an account that a view uses

    @property
    def venue(self) -> Any:
        return SimpleNamespace(id="ledger", stream=SimpleNamespace(is_ordered=self.is_ordered))

    @property
    def venue_clock(self) -> VenueClock:
        return VenueClock(self._clock, synced=True)

    @property
    def write_scopes(self) -> WriteScopes:
        return self._scopes

    def now(self) -> datetime:
        return from_milliseconds(self._clock.milliseconds())

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def pause(self, seconds: float) -> None:
        await self._clock.sleep(seconds)

    def support(self, capability: type[Capability]) -> Support:
        has = isinstance(self, capability)
        return Support(SupportState.SUPPORTED if has else SupportState.NOT_IMPLEMENTED)

    def __repr__(self) -> str:
        return "<LedgerAccount>"

    @asynccontextmanager
    async def _events(self) -> AsyncIterator[EventReader]:
        reader = LedgerReader(self.stream)
        self.stream.readers.append(reader)
        try:
            yield reader
        finally:
            self.stream.readers.remove(reader)
            self.closed += 1

    def events(self, *, queue: int = 10_000) -> Any:
        return self._events()

    # -- reads

    async def _look(self, name: str, read: Callable[[], R]) -> R:
        """Read the state of a moment within the time that it takes."""
        self.counts[name] = self.counts.get(name, 0) + 1
        await self.pause(self.read_time / 2)
        if name in self.trouble:
            raise AnswerLost("no answer", venue="ledger", operation=name)
        value = read()
        await self.pause(self.read_time / 2)
        return value

    async def get_balances(self, *, asset: str | None = None) -> tuple[Balance, ...]:
        return await self._look("balances", lambda: balances_of(self.ledger))

    async def get_positions(
        self,
        *,
        symbol: str | None = None,
        pair: str | None = None,
        margin_asset: str | None = None,
        include_flat: bool = False,
    ) -> tuple[Position, ...]:
        return await self._look("positions", lambda: positions_of(self.ledger))

    async def get_position(self, symbol: str, *, side: PositionSide | None = None) -> Position:
        raise AssertionError("a view reads all positions at once")

    async def get_open_orders(self, *, symbol: str | None = None) -> tuple[Order, ...]:
        return await self._look("orders", lambda: tuple(map(order_of, self.ledger.open_orders())))

    async def get_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        order = await self._look("order", lambda: [one for one in self.ledger.orders() if one.id == order_id])
        if not order:
            raise NotFound("no such order", venue="ledger", operation="get_order")
        return order_of(order[0])

    async def get_open_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        raise AssertionError("a view reads all open orders at once")

    def iter_orders(self, **_: Any) -> Pager[Order]:
        raise AssertionError("a view reads no history of orders")

    async def get_position_mode(self, *, symbol: str | None = None) -> PositionModeSetting:
        return await self._look("mode", lambda: PositionModeSetting(self.ledger.position_mode))

    def iter_fills(
        self, symbol: str, *, start: datetime | None = None, end: datetime | None = None, after: Fill | None = None
    ) -> Pager[Fill]:
        async def items() -> AsyncGenerator[Fill, None]:
            for row in await self._look("fills", lambda: self.ledger.fills(symbol)):
                if (start is None or row.time >= start) and self.monotonic() >= self.hidden_until:
                    yield fill_of(row)

        return Pager(items, cost_per_page=1)

    def iter_income(
        self,
        *,
        symbol: str | None = None,
        asset: str | None = None,
        kind: IncomeKind | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Income | None = None,
    ) -> Pager[Income]:
        async def items() -> AsyncGenerator[Income, None]:
            for row in await self._look("income", self.ledger.incomes):
                if start is None or row.time >= start:
                    yield Income(row.id, row.time, row.asset, row.amount, row.kind, str(row.kind), row.symbol)

        return Pager(items, cost_per_page=1)

    # -- events

    def emit(self) -> int:
        """Put the messages about everything that happened in the ledger since into the outbox; return how many."""
        events = self.ledger.events(self.seen)
        self.seen += len(events)
        for event in events:
            self.stream.outbox.append(tuple(message_of(self.ledger, event, self.now())))
        return len(events)


def balances_of(ledger: Ledger) -> tuple[Balance, ...]:
    """Return every balance of a ledger."""
    return tuple(
        Balance(
            asset=one.asset,
            wallet=one.wallet,
            cross_wallet=one.cross_wallet,
            available=one.available,
            equity=one.equity,
            updated_at=one.updated_at,
        )
        for one in ledger.balances()
    )


def positions_of(ledger: Ledger) -> tuple[Position, ...]:
    """Return the open positions of a ledger."""
    return tuple(_position(ledger, one) for one in ledger.positions())


def _position(ledger: Ledger, one: PositionFigures) -> Position:
    contract = ledger.contract(one.symbol)
    return Position(
        symbol=one.symbol,
        side=one.side,
        quantity=one.quantity,
        contract_size=contract.contract_size,
        contract_unit=Unit.QUOTE if contract.is_inverse else Unit.BASE,
        settle=one.settle,
        entry_price=one.entry_price,
        mark_price=one.mark_price,
        unrealized_pnl=one.unrealized_pnl,
        leverage=one.leverage,
        margin_type=one.margin_type,
        isolated_wallet=one.isolated_wallet,
        initial_margin=one.initial_margin,
        liquidation_price=one.liquidation_price,
        updated_at=one.updated_at,
    )


def order_of(one: LedgerOrder) -> Order:
    """Return an order of a ledger."""
    return Order(
        id=one.id,
        client_id=one.client_id,
        symbol=one.symbol,
        kind=OrderKind.CONDITIONAL if one.book is Book.CONDITIONAL else OrderKind.PLAIN,
        side=OrderSide(str(one.side)),
        type=one.type,
        status=one.status,
        position_side=one.position_side,
        quantity=one.quantity,
        filled=one.filled,
        price=one.price,
        created_at=one.created_at,
        updated_at=one.updated_at,
    )


def fill_of(one: Execution) -> Fill:
    """Return a fill of a ledger."""
    return Fill(
        id=one.trade_id,
        order_id=one.order_id or "",
        symbol=one.symbol,
        side=OrderSide(str(one.side)),
        price=one.price,
        quantity=one.quantity,
        time=one.time,
        position_side=one.position_side,
        kind=_FILL_KINDS.get(one.kind, FillKind.TRADE),
    )


def message_of(ledger: Ledger, event: Event, at: datetime) -> Iterable[StreamEvent]:
    """Yield the events of one message about a change of a ledger."""
    details: dict[str, Any] = {"time": event.time, "received_at": at, "message": event.sequence}
    if isinstance(event, AccountEvent):
        for wallet in event.balances:
            balance = Balance(asset=wallet.asset, wallet=wallet.wallet, cross_wallet=wallet.cross_wallet)
            yield BalanceUpdate(balance=balance, change=wallet.change, reason=str(event.reason), **details)
        for leg in event.positions:
            contract = ledger.contract(leg.symbol)
            position = Position(
                symbol=leg.symbol,
                side=leg.side,
                quantity=leg.quantity,
                contract_size=contract.contract_size,
                contract_unit=Unit.QUOTE if contract.is_inverse else Unit.BASE,
                entry_price=leg.entry_price,
                isolated_wallet=None if leg.margin_type == "cross" else leg.isolated_wallet,
                margin_type=leg.margin_type,
            )
            yield PositionUpdate(position=position, reason=str(event.reason), **details)
    elif isinstance(event, OrderEvent):
        yield OrderUpdate(order=order_of(event.order), change=OrderUpdateKind(str(event.change)), **details)
        if event.execution is not None and event.execution.kind is not TradeKind.FUNDING:
            yield FillUpdate(fill=fill_of(event.execution), **details)
    else:
        yield _setting(event.setting, event.symbol, event.value, details)


def _setting(setting: Setting, symbol: str | None, value: object, details: dict[str, Any]) -> StreamEvent:
    if setting is Setting.LEVERAGE and isinstance(value, Decimal):
        return SettingsUpdate(symbol=symbol, leverage=value, **details)
    if setting is Setting.POSITION_MODE and isinstance(value, PositionMode):
        return SettingsUpdate(position_mode=value, **details)
    return SettingsUpdate(symbol=symbol, **details)

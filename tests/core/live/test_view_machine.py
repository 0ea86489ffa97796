"""
The state machine of the view: everything that can happen to an account, while its stream and reads misbehave.

Whatever the view calls fresh is what the ledger holds; it becomes fresh again; and each fill comes once.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Coroutine, Hashable
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import looptime
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from tests.core.ledger.made_up import NOW, D, case_of, sides, symbols
from tests.core.ledger.order_commands import OrderCommands, prices, quantities
from tests.core.live.ledger_account import LedgerAccount, order_of

from venuekit.capabilities import FillUpdate, Gap, GapReason, Order, StreamEvent, StreamPhase
from venuekit.live import AccountView, StaleView, ViewChange, ViewPart
from venuekit.simulator.ledger import AccountEvent, LedgerOrderRequest, OrderEvent, Refused, Rules, Side

Held = dict[Hashable, tuple[object, ...]]
_STREAMED = (ViewPart.WALLETS, ViewPart.POSITIONS, ViewPart.ORDERS)


class MachineClock:
    """A clock whose time is that of a loop, also while the loop does not run."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop

    def milliseconds(self) -> int:
        return round(NOW.timestamp() * 1000) + round(self.loop.time() * 1000)

    def monotonic(self) -> float:
        return self.loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ViewMachine(OrderCommands):
    """An account that others act on, its stream, and its views."""

    account: LedgerAccount | None = None
    #: whether the venue sends messages of one moment in their order
    is_ordered = True
    #: how many views it has, which share their reads
    count = 1

    def __init__(self) -> None:
        super().__init__()
        self.loop = looptime.new_event_loop()
        self.clock = MachineClock(self.loop)

    # -- time is the loop's

    @property
    def now(self) -> datetime:
        return NOW + timedelta(milliseconds=round(self.loop.time() * 1000))

    @now.setter
    def now(self, moment: datetime) -> None:
        if self.account is not None:
            self.run(asyncio.sleep((moment - self.now).total_seconds()))

    def run(self, work: Coroutine[Any, Any, object]) -> None:
        self.loop.run_until_complete(work)

    @initialize(isolated=st.booleans(), hedge=st.booleans(), leverage=st.integers(1, 125))
    def open(self, isolated: bool, hedge: bool, leverage: int) -> None:
        """Open an account and its view."""
        super().open(isolated=isolated, hedge=hedge, leverage=leverage)
        account = self.account = LedgerAccount(self.ledger, self.clock, is_ordered=self.is_ordered)
        self.is_dead = False
        self.history: dict[tuple[ViewPart, Hashable], list[tuple[int, datetime, tuple[object, ...] | None]]] = {}
        self.noted = self.account.seen
        for part, values in self.held().items():
            self.history |= {(part, key): [(0, NOW, value)] for key, value in values.items()}
        self.delivered: deque[tuple[StreamEvent, ...]] = deque(maxlen=12)
        self.fills: list[Counter[tuple[str, str]]] = []
        self.opened_with = {row.trade_id for row in self.ledger.fills()}
        self.note_state()
        self.views = [AccountView(account) for _ in range(self.count)]
        for view in self.views:
            self.run(view.__aenter__())
            self.count_fills(view)

    def count_fills(self, view: AccountView) -> None:
        fills: Counter[tuple[str, str]] = Counter()

        def count(change: ViewChange) -> None:
            if isinstance(change.event, FillUpdate) and not change.event.is_preliminary:
                fills[change.event.fill.key] += 1

        view.subscribe(count)
        self.fills.append(fills)

    # -- disturbances

    @rule(count=st.integers(1, 4))
    def deliver(self, count: int) -> None:
        """Deliver a few messages."""
        stream = self.stream
        for _ in range(min(count, len(stream.outbox))):
            self.delivered.append(stream.outbox[0])
            stream.deliver(1)

    @rule(back=st.integers(1, 12))
    def repeat(self, back: int) -> None:
        """Deliver a message a second time."""
        if len(self.delivered) >= back and not self.is_dead:
            self.stream.put(*self.delivered[-back])

    @rule(index=st.integers(0, 5))
    def reorder(self, index: int) -> None:
        """Have a message overtake the one before it; of one moment only where the venue promises no order."""
        outbox = self.stream.outbox
        is_later = len(outbox) > index + 1 and outbox[index][0].time != outbox[index + 1][0].time
        if is_later or (not self.is_ordered and len(outbox) > index + 1):
            outbox[index], outbox[index + 1] = outbox[index + 1], outbox[index]

    @rule()
    def cut(self) -> None:
        """Lose the connection with everything on its way."""
        if self.stream.phase is StreamPhase.LIVE:
            self.stream.cut()

    @rule(is_dead=st.booleans())
    def reconnect(self, is_dead: bool) -> None:
        """Bring up another connection; a dead one looks the same and delivers nothing."""
        if self.stream.phase is not StreamPhase.LIVE:
            self.is_dead = is_dead
            self.stream.is_confirmed = not is_dead
            self.stream.reconnect()

    @rule(count=st.integers(1, 3), reason=st.sampled_from([GapReason.OVERFLOW, GapReason.UNREADABLE]))
    def lose(self, count: int, reason: GapReason) -> None:
        """Lose messages and say so."""
        stream = self.stream
        if stream.phase is StreamPhase.LIVE and not self.is_dead and stream.outbox:
            for _ in range(min(count, len(stream.outbox))):
                stream.outbox.popleft()
            stream.put(Gap(received_at=self.now, message=0, reason=reason, words="too much", since=stream.heard))

    @rule(read_time=st.sampled_from([0.0, 0.0, 0.3, 2.5]), trouble=st.sets(st.sampled_from(["balances", "orders"])))
    def read_slowly(self, read_time: float, trouble: set[str]) -> None:
        """Have reads take long, or fail."""
        assert self.account is not None
        self.account.read_time, self.account.trouble = read_time, trouble

    @rule(symbol=symbols, side=sides, quantity=quantities, price=prices, first=st.booleans(), wait=st.booleans())
    def place_own(self, *, symbol: str, side: Side, quantity: Decimal, price: Decimal, first: bool, wait: bool) -> None:
        """Place an order by a request of our own, whose answer comes before or after its event."""
        assert self.account is not None
        self.note_state()
        begun = [view.begin_write() for view in self.views]
        order: Order | None = None
        request = LedgerOrderRequest(symbol=symbol, side=side, quantity=quantity, price=price)
        with suppress(Refused):
            order = order_of(self.ledger.place(request))
        self.note_state()
        if first:
            self.deliver(count=4)
        if wait:
            self.run(asyncio.sleep(0.7))
        for view, write in zip(self.views, begun, strict=True):
            view.end_write(write, order)

    # -- what holds

    @property
    def stream(self) -> Any:
        assert self.account is not None
        return self.account.stream

    def note_state(self) -> None:
        """Remember the state of the ledger, and put the messages about it on their way."""
        assert self.account is not None
        self.account.emit()
        if self.is_dead or self.stream.phase is not StreamPhase.LIVE:
            self.stream.outbox.clear()
        self.note_history()

    def held(self) -> dict[ViewPart, Held]:
        wallets: Held = {one.asset: (one.wallet, one.cross_wallet) for one in self.ledger.balances()}
        positions: Held = {
            (one.symbol, one.side): (one.quantity, one.entry_price, one.isolated_wallet or D(0))
            for one in self.ledger.positions()
        }
        orders: Held = {one.id: _terms(order_of(one)) for one in self.ledger.open_orders()}
        return {ViewPart.WALLETS: wallets, ViewPart.POSITIONS: positions, ViewPart.ORDERS: orders}

    def shown(self, view: AccountView) -> dict[ViewPart, Held]:
        wallets: Held = {
            live.balance.asset: (live.balance.wallet, live.balance.cross_wallet) for live in view.balances()
        }
        positions: Held = {
            (live.position.symbol, live.position.side): (
                live.position.quantity,
                live.position.entry_price,
                live.position.isolated_wallet or D(0),
            )
            for live in view.positions()
        }
        orders: Held = {live.order.id: _terms(live.order) for live in view.open_orders()}
        return {ViewPart.WALLETS: wallets, ViewPart.POSITIONS: positions, ViewPart.ORDERS: orders}

    @invariant()
    def fresh_is_true(self) -> None:
        """What is called fresh is the ledger's, or was since the oldest message on its way, or within its age."""
        if self.account is None:
            return
        self.note_state()
        self.run(asyncio.sleep(0.002))
        for view, part in product(self.views, _STREAMED):
            try:
                view.fresh(3600, parts=[part])
            except StaleView:
                continue
            assert self.stream.phase is StreamPhase.LIVE
            shown = self.shown(view)[part]
            keys = {key for name, key in self.history if name is part} | set(shown)
            for key in keys:
                possible = self.possible(view, part, key)
                assert shown.get(key) in possible, (part, key, shown.get(key), possible)

    def possible(self, view: AccountView, part: ViewPart, key: Hashable) -> list[tuple[object, ...] | None]:
        """Return the states that may be shown: the present one, and those that messages on their way have followed."""
        outbox = self.stream.outbox
        oldest = min((message[0].message for message in outbox), default=10**9)
        since = self.now - timedelta(seconds=view.age(part) + 0.01)
        states = self.history.get((part, key), [])
        ends = [*states[1:], (10**9, self.now, None)]
        return [None] * (not states) + [
            state
            for (_, _, state), (end, until, _) in zip(states, ends, strict=True)
            if end >= oldest or (self.is_dead and until >= since)
        ]

    def note_history(self) -> None:
        """Remember each state that an event learnt of."""
        for event in self.ledger.events(self.noted):
            self.noted = event.sequence
            if isinstance(event, AccountEvent):
                for wallet in event.balances:
                    self.note_value(event, ViewPart.WALLETS, wallet.asset, (wallet.wallet, wallet.cross_wallet))
                for leg in event.positions:
                    held = (leg.quantity, leg.entry_price, leg.isolated_wallet) if leg.quantity else None
                    self.note_value(event, ViewPart.POSITIONS, (leg.symbol, leg.side), held)
            elif isinstance(event, OrderEvent):
                order = order_of(event.order)
                self.note_value(event, ViewPart.ORDERS, order.id, _terms(order) if order.is_open else None)

    def note_value(self, event: Any, part: ViewPart, key: Hashable, value: tuple[object, ...] | None) -> None:
        states = self.history.setdefault((part, key), [(0, NOW, None)])
        states.append((event.sequence, event.time, value))

    @property
    def account_now(self) -> LedgerAccount:
        assert self.account is not None
        return self.account

    def teardown(self) -> None:
        """Let the disturbances stop: the view becomes fresh, shows the ledger, and has handed out each fill once."""
        try:
            if self.account is not None:
                try:
                    self.calm()
                finally:
                    for view in self.views:
                        self.run(view.__aexit__(None, None, None))
                assert not asyncio.all_tasks(self.loop)
        finally:
            self.loop.close()

    def calm(self) -> None:
        account = self.account_now
        account.read_time, account.trouble = 0.0, set()
        self.note_state()
        if self.stream.phase is StreamPhase.LIVE and self.is_dead:
            self.stream.cut()
        if self.stream.phase is not StreamPhase.LIVE:
            self.is_dead, self.stream.is_confirmed = False, True
            self.stream.reconnect()
        self.run(asyncio.sleep(6))  # nothing is left that the clock alone would end
        self.note_state()
        self.stream.deliver()
        made = {(row.symbol, row.trade_id) for row in self.ledger.fills() if row.trade_id not in self.opened_with}
        for view, fills in zip(self.views, self.fills, strict=True):
            self.run(view.wait_fresh(200, parts=[*_STREAMED, ViewPart.FILLS]))
            assert self.shown(view) == self.held()
            assert fills == Counter(dict.fromkeys(made, 1))


def _terms(order: Order) -> tuple[object, ...]:
    return (order.status, order.filled, order.quantity, order.price)


class UnorderedMachine(ViewMachine):
    """The same at a venue whose messages of one moment come in any order."""

    is_ordered = False


class SharedMachine(ViewMachine):
    """The same with two views of the account, each of whose reads serves both."""

    count = 2


TestSharedViews = case_of(SharedMachine, Rules(), max_examples=20, stateful_step_count=30)
TestUnorderedView = case_of(UnorderedMachine, Rules(), max_examples=20, stateful_step_count=30)
TestView = case_of(ViewMachine, Rules(), max_examples=30, stateful_step_count=30)

"""The transaction of a command: a draft of the state, discarded if the command is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal

import attrs

from venuekit.capabilities import IncomeKind, OrderStatus
from venuekit.simulator.ledger.account_events import account_event, setting_events
from venuekit.simulator.ledger.contract import AssetKey, Contract
from venuekit.simulator.ledger.events import EventReason, OrderChange, OrderEvent
from venuekit.simulator.ledger.order_values import Book, LedgerOrder, LedgerOrderRequest
from venuekit.simulator.ledger.records import Execution, LedgerIncome, Record
from venuekit.simulator.ledger.refusal import LedgerRefusal, Reason, Refused
from venuekit.simulator.ledger.rules import Rules
from venuekit.simulator.ledger.state import Alarm, LedgerState, Leg, LegKey
from venuekit.simulator.ledger.view import LedgerView


def positive(number: Decimal, reason: Reason) -> Decimal:
    """Return a number above zero, or refuse it; NaN and infinities are refused too."""
    if not number.is_finite() or number <= 0:
        raise Refused(reason, value=number)
    return number


@attrs.define
class Transaction:
    """Rules, contracts, the state before a command, its time, a draft of the state, and the state at its last event."""

    rules: Rules
    contracts: Mapping[str, Contract]
    before: LedgerState
    time: datetime
    state: LedgerState = attrs.field(init=False)
    reported: LedgerState = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.state, self.reported = self.before.copy(), self.before

    def read(self) -> LedgerView:
        """Return a view of the draft in its present state; later changes show in another view only."""
        return LedgerView(self.rules, self.contracts, self.state.still())

    def next_id(self) -> str:
        """Return an id that no other order, trade or row of this ledger has."""
        self.state.last_id += 1
        return str(self.state.last_id)

    def next_sequence(self) -> int:
        """Return the number of the next execution of this ledger."""
        self.state.sequence += 1
        return self.state.sequence

    def attempt(self, action: Callable[[], object]) -> LedgerRefusal | None:
        """Run a part of the command that may be refused by itself: a refusal reverts its changes and is returned."""
        state, reported = self.state.copy(), self.reported
        try:
            action()
        except Refused as refused:
            self.state, self.reported = state, reported
            return refused.refusal
        return None

    # -- money and positions

    def move_cash(self, key: AssetKey, amount: Decimal) -> None:
        """Change a cross wallet; the caller also changes an isolated wallet or writes an income row."""
        cash = self.state.cash[key]
        self.state.cash[key] = attrs.evolve(cash, cross_wallet=cash.cross_wallet + amount, updated_at=self.time)

    def earn(
        self,
        key: AssetKey,
        kind: IncomeKind,
        amount: Decimal,
        *,
        symbol: str | None = None,
        trade_id: str | None = None,
        order_id: str | None = None,
        rate: Decimal | None = None,
        info: str | None = None,
        time: datetime | None = None,
    ) -> LedgerIncome:
        """Move a rounded amount into a cross wallet (out of it if negative) and write its row; zero does neither."""
        income_id = self.next_id()
        if amount:
            self.move_cash(key, amount)
        income = LedgerIncome(
            id=income_id,
            time=time or self.time,
            asset=key[1],
            purse=key[0],
            symbol=symbol,
            kind=kind,
            amount=amount,
            trade_id=trade_id,
            order_id=order_id,
            balance_after=LedgerView(self.rules, self.contracts, self.state).wallet(key),
            rate=rate,
            info=info,
            visible_at=self.visible_at(Record.INCOMES) if amount else None,
        )
        if amount:
            self.state.incomes.append(income)
        return income

    def set_leg(self, key: LegKey, leg: Leg) -> None:
        """Replace a leg, and move the change of its isolated wallet out of or into the cross wallet."""
        before = self.state.legs.get(key, Leg())
        moved = leg.isolated_wallet - before.isolated_wallet
        if moved:
            self.move_cash(self.contracts[key[0]].asset_key, -moved)
        self.state.legs[key] = leg

    # -- orders

    def make_order(self, request: LedgerOrderRequest, status: OrderStatus, book: Book | None = None) -> LedgerOrder:
        """Return a new order for a request, in no book yet."""
        conditional = Book.CONDITIONAL if request.type.is_conditional else Book.PLAIN
        return LedgerOrder(
            **{field.name: getattr(request, field.name) for field in attrs.fields(LedgerOrderRequest)},
            id=self.next_id(),
            book=book or conditional,
            status=status,
            created_at=self.time,
            updated_at=self.time,
            leverage=self.read().symbol(request.symbol).leverage,
            visible_at=self.visible_at(Record.ORDERS),
        )

    def put_order(
        self, order: LedgerOrder, change: OrderChange | None, execution: Execution | None = None
    ) -> LedgerOrder:
        """Store the present state of an order and record its event; without a change there is no event yet."""
        if order.is_open:
            self.state.orders[order.id] = order
        else:
            self.state.orders.pop(order.id, None)
            self.state.finished.append(order)
            self.state.alarms.pop((Alarm.EXPIRY, order.id), None)
            self.state.alarms.pop((Alarm.DECISION, order.id), None)
        if change is not None:
            self.state.events.append(OrderEvent(len(self.state.events) + 1, self.time, change, order, execution))
        return order

    def visible_at(self, record: Record) -> datetime | None:
        """Return the time from which reads show a record made now; None means at once."""
        lag = self.state.lags.get(record)
        if not lag:
            return None
        visible = self.time + lag
        self.state.hidden_until = max(self.state.hidden_until or visible, visible)
        return visible

    # -- events

    def report(self, reason: EventReason, symbol: str | None = None, execution: Execution | None = None) -> None:
        """Record an event about the wallets and positions that changed since the last one, if any have."""
        event = account_event(self.read(), self.reported, self.time, reason, symbol)
        if event is not None:
            self.state.events.append(attrs.evolve(event, execution=execution))
            self.reported = self.state.copy()

    def report_settings(self) -> None:
        """Record an event for each setting that differs from the state before."""
        for event in setting_events(self.rules, self.before, self.state, self.time):
            self.state.events.append(event)

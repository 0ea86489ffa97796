"""
What holds after any sequence of orders, prices, clock and cash: each order agrees with its fills, events tell it all.

The machine replays the ledger's events over its first snapshot and keeps comparing.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import partial

import attrs
from hypothesis.stateful import invariant
from tests.core.ledger.made_up import ASSETS, NEAREST, NOW, UNIT, WIDE, D, case_of
from tests.core.ledger.order_commands import CONTRACTS, OrderCommands

from venuekit.capabilities import IncomeKind, OrderStatus, PositionSide, Setting
from venuekit.simulator.ledger import (
    AccountEvent,
    Book,
    FundingFrom,
    Ledger,
    LedgerOrderRequest,
    OrderEvent,
    Reason,
    Refused,
    Rules,
    SettingEvent,
    Side,
    TradeKind,
    Triggered,
)

AT_ONCE = Rules()
LATER = attrs.evolve(
    NEAREST,
    asynchronous=True,
    triggered=Triggered.SAME_ORDER,
    amend_conditional=True,
    funding_from=FundingFrom.BALANCE_FIRST,
)


class OrderAccount(OrderCommands):
    """What holds after each of them."""

    @invariant()
    def orders_agree_with_their_fills(self) -> None:
        """What an order says is filled, paid and gained is the sum of its fills, and its status fits."""
        state = self.ledger.snapshot()
        trades = [row for row in state.executions if row.kind is not TradeKind.FUNDING]
        everything = {order.id: order for order in (*state.finished, *state.orders.values())}
        assert {row.order_id for row in trades} <= set(everything)
        for order in everything.values():
            own = [row for row in trades if row.order_id == order.id]
            assert order.filled == sum((row.quantity for row in own), D(0)) <= max(order.quantity, D(0))
            assert order.filled_value == sum((row.value for row in own), D(0))
            assert order.commission == sum((row.commission for row in own), D(0))
            assert order.realized_pnl == sum((row.realized_pnl for row in own), D(0))
            assert (order.average_price is None) is (not own)
            assert order.status is not OrderStatus.OPEN or not own
            assert order.status is not OrderStatus.PARTIALLY_FILLED or 0 < order.filled < order.quantity
            assert (order.status is OrderStatus.FILLED) is (bool(own) and order.filled == order.quantity)
            assert (order.status is OrderStatus.TRIGGERED) is (order.triggered_order_id is not None)
            if order.triggered_order_id:
                assert everything[order.triggered_order_id].triggered_by == order.id

    @invariant()
    def positions_are_the_sum_of_fills(self) -> None:
        """Each leg holds what was traded on it; a short leg is never long, nor the other way round."""
        sums = {(symbol, side): D(0) for symbol in CONTRACTS for side in PositionSide}
        for row in self.ledger.fills():
            sums[row.symbol, row.position_side] += row.side.sign * row.quantity
        for (symbol, side), quantity in sums.items():
            assert self.ledger.position(symbol, side).quantity == quantity
            assert side is not PositionSide.LONG or quantity >= 0
            assert side is not PositionSide.SHORT or quantity <= 0

    @invariant()
    def profit_is_cash_at_mark(self) -> None:
        """Realised and unrealised profit are what was paid and received for the fills, and what is left is worth."""
        for symbol, contract in CONTRACTS.items():
            rows = [self.ledger.position(symbol, side) for side in PositionSide]
            trades = self.ledger.fills(symbol)
            with localcontext(WIDE):
                paid = sum((contract.value(row.side.sign * row.quantity, row.price) for row in trades), D(0))
                held = sum((contract.value(row.quantity, row.mark_price) for row in rows), D(0))
                worth = paid - held if contract.is_inverse else held - paid
                shown = sum((row.total_realized_pnl + row.unrealized_pnl for row in rows), D(0))
                assert abs(worth - shown) <= UNIT * (2 * len(trades) + len(rows))

    @invariant()
    def rows_add_up(self) -> None:
        """Wallets are the sums of rows, each row says the wallet after it, and each trade's rows are its figures."""
        rows = self.ledger.incomes()
        for balance in self.ledger.balances():
            total = D(0)
            for row in rows:
                if row.asset == balance.asset:
                    total += row.amount
                    assert row.balance_after == total
            assert balance.wallet == total
            assert all(row.amount for row in rows)
        gained: dict[str | None, Decimal] = {}
        for row in rows:
            if row.kind in {IncomeKind.REALIZED_PNL, IncomeKind.COMMISSION, IncomeKind.FUNDING}:
                gained[row.trade_id] = gained.get(row.trade_id, D(0)) + row.amount
        for execution in self.ledger.fills(kinds=set(TradeKind)):
            assert gained.get(execution.trade_id, D(0)) == execution.realized_pnl + execution.commission

    @invariant()
    def closed_profit_is_net_of_fees(self) -> None:
        """Over positions that were closed entirely, net profit is all profit and all commission there was."""
        for symbol in CONTRACTS:
            rows = [self.ledger.position(symbol, side) for side in PositionSide]
            still_paid = sum(
                (self.ledger.snapshot().legs[symbol, row.side].open_fee for row in rows if row.quantity), D(0)
            )
            net = sum((record.pnl for record in self.ledger.closed_pnls(symbol)), D(0))
            assert net == sum((row.total_realized_pnl + row.total_commission for row in rows), D(0)) - still_paid

    @invariant()
    def events_replay_to_the_ledger(self) -> None:
        """The first snapshot and every event since give wallets, legs, orders and settings, number by number."""
        for event in self.ledger.events(self.seen):
            self.seen += 1
            assert event.sequence == self.seen
            if isinstance(event, AccountEvent):
                for wallet in event.balances:
                    self.wallets[wallet.purse, wallet.asset] = (wallet.wallet, wallet.cross_wallet)
                for position in event.positions:
                    self.positions[position.symbol, position.side] = (
                        position.quantity,
                        position.entry_price,
                        position.isolated_wallet,
                    )
            elif isinstance(event, OrderEvent):
                self.open_orders.pop(event.order.id, None)
                if event.order.is_open:
                    self.open_orders[event.order.id] = event.order
            elif isinstance(event, SettingEvent):
                assert self.settings.get((event.setting, event.symbol)) != event.value, "an event without a change"
                self.settings[event.setting, event.symbol] = event.value
        assert self.wallets == {(b.purse, b.asset): (b.wallet, b.cross_wallet) for b in self.ledger.balances()}
        for (symbol, side), told in self.positions.items():
            row = self.ledger.position(symbol, side)
            leg = self.ledger.snapshot().legs[symbol, side]
            assert told == (row.quantity, row.entry_price, leg.isolated_wallet)
        assert {row.symbol for row in self.ledger.positions()} <= {symbol for symbol, _ in self.positions}
        held = {order.id: (order.filled, order.status) for order in self.ledger.orders(is_open=True)}
        assert held == {order.id: (order.filled, order.status) for order in self.open_orders.values()}
        for (setting, subject), value in self.settings.items():
            readers: dict[Setting, Callable[[], object]] = {
                Setting.LEVERAGE: partial(self.ledger.leverage, subject or ""),
                Setting.MARGIN_TYPE: partial(self.ledger.margin_type, subject or ""),
                Setting.POSITION_MODE: lambda: self.ledger.position_mode,
                Setting.ASSET_MODE: lambda: self.ledger.asset_mode,
            }
            assert readers[setting]() == value

    @invariant()
    def margin_orders_and_reducers_make_sense(self) -> None:
        """A plain order that only reduces has something to reduce, and client ids are unique among open orders."""
        waiting = self.ledger.orders(is_open=True)
        for order in waiting:
            if order.only_closes and order.book is Book.PLAIN:
                assert self.ledger.position(order.symbol, order.position_side).quantity * order.side.sign < 0
        ids = [order.client_id for order in waiting if order.client_id]
        assert len(ids) == len(set(ids))


#: decides at once, with a book of conditional orders of its own
TestOrdersDecidedAtOnce = case_of(OrderAccount, AT_ONCE, max_examples=50, stateful_step_count=50)
#: accepts first and decides later, with one margin type, and triggers that keep the order's id
TestOrdersDecidedLater = case_of(OrderAccount, LATER, max_examples=50, stateful_step_count=50)


def test_a_client_id_names_one_open_order_and_may_name_another_after_it() -> None:
    """Among open orders a client id is unique; once the first has ended, the same id makes a second order."""
    ledger = Ledger(AT_ONCE, CONTRACTS.values(), ASSETS, now=lambda: NOW)
    ledger.deposit("USDT", D(10**6))
    request = LedgerOrderRequest(symbol="ONEUSDT", side=Side.BUY, quantity=D(1), price=D(900), client_id="mine")
    first = ledger.place(request)

    try:
        ledger.place(request)
    except Refused as refused:
        reason = refused.reason
    ledger.fill_order(first.id)
    second = ledger.place(request)

    assert reason is Reason.DUPLICATE_CLIENT_ID
    assert first.id != second.id
    assert ledger.order(client_id="mine") == second

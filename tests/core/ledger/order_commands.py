"""Commands: everything that can happen to orders, as the rules of a state machine over one ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from tests.core.ledger.made_up import ASSETS, NOW, D, sides, symbols
from tests.core.ledger.made_up import CONTRACTS as CONTRACTS_OF_ONE

from venuekit.capabilities import (
    IncomeKind,
    MarginType,
    MarginTypeScope,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    Setting,
    TimeInForce,
)
from venuekit.simulator.ledger import (
    Book,
    Ledger,
    LedgerOrder,
    LedgerOrderRequest,
    Reason,
    Refused,
    Rules,
    Side,
    TradeKind,
)
from venuekit.simulator.ledger.order_values import LIMIT_TIMES

R = TypeVar("R")
CONTRACTS = {
    symbol: attrs.evolve(contract, venue=venue)
    for (symbol, contract), venue in zip(CONTRACTS_OF_ONE.items(), ("one", "other", "other"), strict=True)
}
legs = st.sampled_from([PositionSide.BOTH, PositionSide.BOTH, PositionSide.LONG, PositionSide.SHORT])
quantities = st.integers(1, 900).map(D)
prices = st.integers(9_000, 11_000).map(lambda tenths: D(tenths) / 10)
amounts = st.integers(1, 10**10).map(lambda satoshis: D(satoshis) / 10**7)
names = st.sampled_from([None, None, "mine", "yours"])


class OrderCommands(RuleBasedStateMachine):
    """Orders of all kinds on a linear and an inverse contract of one account, which belong to two venues."""

    venue: Rules

    @initialize(isolated=st.booleans(), hedge=st.booleans(), leverage=st.integers(1, 125))
    def open(self, isolated: bool, hedge: bool, leverage: int) -> None:
        """Open an account in any mode, with money, and remember its first snapshot."""
        self.now = NOW
        contracts = [attrs.evolve(contract, leverage=D(leverage)) for contract in CONTRACTS.values()]
        self.ledger = Ledger(
            self.venue,
            contracts,
            ASSETS,
            now=lambda: self.now,
            margin_type=MarginType.ISOLATED if isolated else MarginType.CROSS,
            position_mode=PositionMode.HEDGE if hedge and self.venue.hedge_mode else PositionMode.ONE_WAY,
        )
        self.ledger.deposit("USDT", D(200_000))
        self.ledger.deposit("ONE", D(200))
        first = self.ledger.snapshot()
        self.seen = len(first.events)
        self.wallets = {(b.purse, b.asset): (b.wallet, b.cross_wallet) for b in self.ledger.balances()}
        self.positions: dict[tuple[str, PositionSide], tuple[Decimal, Decimal | None, Decimal]] = {}
        self.open_orders: dict[str, LedgerOrder] = {}
        self.settings: dict[tuple[Setting, str | None], object] = {}

    def attempt(self, command: Callable[[], R]) -> R | None:
        """Give a command; if it is refused it has changed nothing."""
        before = self.ledger.snapshot()
        try:
            return command()
        except Refused:
            assert before == self.ledger.snapshot(), "a refused command changed something"
            return None

    @rule(
        symbol=symbols,
        side=sides,
        quantity=quantities,
        price=prices,
        leg=legs,
        lasting=st.sampled_from(LIMIT_TIMES),
        reduces=st.booleans(),
        name=names,
        seconds=st.sampled_from([None, None, 5]),
    )
    def place_limit(
        self,
        *,
        symbol: str,
        side: Side,
        quantity: Decimal,
        price: Decimal,
        leg: PositionSide,
        lasting: TimeInForce,
        reduces: bool,
        name: str | None,
        seconds: int | None,
    ) -> None:
        """Place a limit order, that may be marketable."""
        request = LedgerOrderRequest(
            symbol=symbol,
            side=side,
            quantity=quantity,
            price=price,
            position_side=leg,
            time_in_force=lasting,
            reduce_only=reduces and leg is PositionSide.BOTH,
            client_id=name,
            expires_at=None if seconds is None else self.now + timedelta(seconds=seconds),
        )
        self.try_then_place(request)

    @rule(symbol=symbols, side=sides, quantity=quantities, leg=legs, name=names)
    def place_market(self, *, symbol: str, side: Side, quantity: Decimal, leg: PositionSide, name: str | None) -> None:
        """Place a market order."""
        request = LedgerOrderRequest(
            symbol=symbol, side=side, type=OrderType.MARKET, quantity=quantity, position_side=leg, client_id=name
        )
        self.try_then_place(request)

    @rule(
        symbol=symbols,
        side=sides,
        quantity=quantities,
        kind=st.sampled_from([kind for kind in OrderType if kind.is_conditional]),
        trigger=prices,
        price=prices,
        leg=legs,
        closes=st.booleans(),
    )
    def place_conditional(
        self,
        *,
        symbol: str,
        side: Side,
        quantity: Decimal,
        kind: OrderType,
        trigger: Decimal,
        price: Decimal,
        leg: PositionSide,
        closes: bool,
    ) -> None:
        """Place an order that waits for a trigger."""
        trailing = kind is OrderType.TRAILING_STOP_MARKET
        closes = closes and kind in {OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET}
        request = LedgerOrderRequest(
            symbol=symbol,
            side=side,
            type=kind,
            quantity=D(0) if closes else quantity,
            price=None if kind.is_market else price,
            trigger_price=None if trailing else trigger,
            activation_price=trigger if trailing and closes else None,
            callback_rate=D("0.01") if trailing else None,
            position_side=leg,
            close_position=closes,
        )
        self.try_then_place(request)

    def try_then_place(self, request: LedgerOrderRequest) -> None:
        """Test an order, then place it: the test says the same, and changes nothing."""
        before = self.ledger.snapshot()
        reason: Reason | None = None
        try:
            self.ledger.test(request)
        except Refused as refused:
            reason = refused.reason
        assert before == self.ledger.snapshot()
        placed = self.attempt(lambda: self.ledger.place(request))
        if self.venue.asynchronous and placed is not None:
            assert placed.status is OrderStatus.PENDING
            rejected = [order for order in self.ledger.orders() if order.id == placed.id and order.reject_reason]
            if self.ledger.snapshot().decision_delay == timedelta(0):
                assert [order.reject_reason.reason for order in rejected if order.reject_reason] == [
                    reason for reason in [reason] if reason
                ]
        else:
            assert (placed is None) is (reason is not None)

    @rule(pick=st.integers(0, 20), quantity=quantities, price=prices, both=st.booleans())
    def amend(self, pick: int, quantity: Decimal, price: Decimal, both: bool) -> None:
        """Amend an order that waits."""
        waiting = self.ledger.orders(is_open=True)
        if waiting:
            order = waiting[pick % len(waiting)]
            self.attempt(lambda: self.ledger.amend_order(order.id, quantity=quantity if both else None, price=price))

    @rule(pick=st.integers(0, 20))
    def cancel(self, pick: int) -> None:
        """Cancel an order of any age; one that has ended is refused as that."""
        known = self.ledger.orders()
        if known:
            order = known[pick % len(known)]
            canceled = self.attempt(lambda: self.ledger.cancel_order(order.id))
            assert (canceled is not None) is order.is_open
            assert canceled is None or canceled.status is OrderStatus.CANCELED

    @rule(symbol=symbols, book=st.sampled_from([None, *Book]))
    def cancel_all(self, symbol: str, book: Book | None) -> None:
        """Cancel what waits for a symbol, in one book or both."""
        expected = {order.id for order in self.ledger.orders(symbol, book, is_open=True)}
        canceled = self.attempt(lambda: self.ledger.cancel_orders(symbol, book))
        assert {order.id for order in canceled or ()} == expected
        assert not self.ledger.orders(symbol, book, is_open=True)

    @rule(pick=st.integers(0, 20), share=st.sampled_from([None, 1, 2]), price=prices)
    def fill_order(self, pick: int, share: int | None, price: Decimal) -> None:
        """Let the market take a part of an order."""
        waiting = self.ledger.orders(book=Book.PLAIN, is_open=True)
        if waiting:
            order = waiting[pick % len(waiting)]
            self.attempt(lambda: self.ledger.fill_order(order.id, None if share is None else D(share), price))

    @rule(symbol=symbols, price=prices)
    def set_mark(self, symbol: str, price: Decimal) -> None:
        """Move the mark: nothing that it crosses stays unfilled for want of depth, and nothing outlives its margin."""
        self.attempt(lambda: self.ledger.set_mark(symbol, price))
        for order in self.ledger.orders(symbol, Book.PLAIN, is_open=True):
            limited = self.ledger.snapshot().symbols[symbol].depth is not None
            assert order.price is not None
            assert limited or (price > order.price if order.side is Side.BUY else price < order.price)
        for row in self.ledger.positions():
            if row.isolated_margin is not None:
                assert row.maintenance_margin < row.isolated_margin

    @rule(pick=st.integers(0, 20))
    def reach(self, pick: int) -> None:
        """Move the mark to where an order waits: it does not wait there any longer, if it waited for a trigger."""
        waiting = [order for order in self.ledger.orders(is_open=True) if order.trigger_price or order.price]
        if waiting:
            order = waiting[pick % len(waiting)]
            self.set_mark(symbol=order.symbol, price=order.trigger_price or order.price or D(1000))
            now = self.ledger.order(order.id)
            assert order.book is Book.PLAIN or now.book is Book.PLAIN or not now.is_open

    @rule(symbol=symbols, tenths=st.sampled_from([5, 8, 12, 20]))
    def crash(self, symbol: str, tenths: int) -> None:
        """Move the mark far."""
        self.set_mark(symbol=symbol, price=self.ledger.mark(symbol) * tenths / 10)
        self.set_mark(symbol=symbol, price=D(1000))

    @rule(symbol=symbols, depth=st.sampled_from([None, D(0), D(7)]))
    def set_depth(self, symbol: str, depth: Decimal | None) -> None:
        """Say how much a match can take."""
        self.attempt(lambda: self.ledger.set_depth(symbol, depth))

    @rule(symbol=symbols, rate=st.integers(-300, 300))
    def fund(self, symbol: str, rate: int) -> None:
        """Let positions pay and receive funding."""
        before = {row.side: row for row in self.ledger.positions() if row.symbol == symbol}
        rows = self.attempt(lambda: self.ledger.fund(symbol, D(rate) / 10_000)) or ()
        for row in rows:
            execution = next(
                one for one in self.ledger.fills(kinds={TradeKind.FUNDING}) if one.trade_id == row.trade_id
            )
            pays = (before[execution.position_side].quantity > 0) is (rate > 0)
            assert (row.amount < 0) is pays

    @rule(symbol=symbols, leg=legs)
    def deleverage(self, symbol: str, leg: PositionSide) -> None:
        """Let the venue close a position."""
        if self.attempt(lambda: self.ledger.deleverage(symbol, leg)) is not None:
            assert self.ledger.position(symbol, leg).quantity == 0

    @rule(symbol=symbols, leg=legs, amount=amounts)
    def adjust_margin(self, symbol: str, leg: PositionSide, amount: Decimal) -> None:
        """Add margin by hand."""
        self.attempt(lambda: self.ledger.adjust_margin(symbol, amount, leg))

    @rule(amount=amounts, kind=st.sampled_from(["withdraw", "convert", "rebate"]))
    def move_money(self, amount: Decimal, kind: str) -> None:
        """Move money without a trade."""
        if kind == "withdraw":
            self.attempt(lambda: self.ledger.withdraw("USDT", amount, fee=D("0.1")))
        elif kind == "convert":
            self.attempt(lambda: self.ledger.convert("USDT", amount * 100, "ONE", amount / 10))
        else:
            self.attempt(lambda: self.ledger.book("USDT", IncomeKind.REBATE, amount))

    @rule(symbol=symbols, leverage=st.integers(1, 125))
    def set_leverage(self, symbol: str, leverage: int) -> None:
        """Change a leverage."""
        self.attempt(lambda: self.ledger.set_leverage(symbol, D(leverage)))

    @rule(margin_type=st.sampled_from([MarginType.CROSS, MarginType.ISOLATED]), symbol=symbols)
    def set_margin_type(self, margin_type: MarginType, symbol: str) -> None:
        """Change a margin type."""
        of_account = self.venue.margin_type_scope is MarginTypeScope.ACCOUNT
        self.attempt(lambda: self.ledger.set_margin_type(margin_type, None if of_account else symbol))

    @rule(mode=st.sampled_from(PositionMode))
    def set_position_mode(self, mode: PositionMode) -> None:
        """Change the position mode: an order or a position on either venue of the account forbids it."""
        busy = bool(self.ledger.orders(is_open=True) or self.ledger.positions())
        before = self.ledger.position_mode
        changed = self.attempt(lambda: self.ledger.set_position_mode(mode))
        allowed = mode is not before and not busy and (self.venue.hedge_mode or mode is PositionMode.ONE_WAY)
        assert bool(changed) is allowed

    @rule(symbol=symbols, seconds=st.integers(0, 5))
    def countdown(self, symbol: str, seconds: int) -> None:
        """Arm or disarm the countdown of a symbol."""
        self.attempt(lambda: self.ledger.countdown(symbol, timedelta(seconds=seconds)))
        assert self.ledger.deadline(symbol) == (self.now + timedelta(seconds=seconds) if seconds else None)

    @rule(seconds=st.integers(1, 8))
    def wait(self, seconds: int) -> None:
        """Let time pass: what was due has happened."""
        deadlines = {symbol: self.ledger.deadline(symbol) for symbol in CONTRACTS}
        self.now += timedelta(seconds=seconds)
        for symbol, deadline in deadlines.items():
            if deadline is not None and deadline <= self.now:
                assert self.ledger.deadline(symbol) is None
                decided_later = self.venue.asynchronous
                assert decided_later or not self.ledger.orders(symbol, Book.PLAIN, is_open=True)
        for order in self.ledger.orders(is_open=True):
            assert order.expires_at is None or order.expires_at > self.now

    @rule(delay=st.sampled_from([timedelta(0), timedelta(0), timedelta(seconds=3), None]))
    def set_decision_delay(self, delay: timedelta | None) -> None:
        """Change how long an asynchronous venue takes to decide."""
        if self.venue.asynchronous:
            self.attempt(lambda: self.ledger.set_decision_delay(delay))

    @rule()
    def decide(self) -> None:
        """Decide what was only accepted."""
        for order in tuple(self.ledger.snapshot().orders.values()):
            if order.status is OrderStatus.PENDING:
                self.attempt(lambda order=order: self.ledger.decide(order.id))  # type: ignore[misc]

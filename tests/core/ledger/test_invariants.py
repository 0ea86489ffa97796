"""
What holds after any sequence of commands: linear, inverse and quanto, one-way and hedge, cross and isolated.

Each machine drives one ledger and keeps its own much simpler books beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import TypeVar

import attrs
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.core.ledger.made_up import ASSETS, CONTRACTS, CUTTING, NEAREST, NOW, UNIT, WIDE, D, case_of, sides, symbols

from venuekit.capabilities import AssetMode, MarginType, MarginTypeScope, PositionMode, PositionSide, Setting
from venuekit.simulator.ledger import Book, Ledger, LedgerState, Refused, Rules, Side

R = TypeVar("R")

legs = st.sampled_from(PositionSide)
quantities = st.integers(1, 5000).map(lambda hundredths: D(hundredths) / 100)
prices = st.integers(50_000, 200_000).map(lambda cents: D(cents) / 100)
amounts = st.integers(-(10**9), 10**11).map(lambda satoshis: D(satoshis) / 10**7)


def settings_of(ledger: Ledger) -> dict[tuple[Setting, str | None], object]:
    """Return every setting that holds, by setting and symbol."""
    held: dict[tuple[Setting, str | None], object] = {
        (Setting.POSITION_MODE, None): ledger.position_mode,
        (Setting.ASSET_MODE, None): ledger.asset_mode,
    }
    for symbol in CONTRACTS:
        held[Setting.LEVERAGE, symbol] = ledger.leverage(symbol)
        held[Setting.MARGIN_TYPE, symbol] = ledger.margin_type(symbol)
    return held


def without_records(state: LedgerState, like: LedgerState) -> LedgerState:
    """Return a state with the records and events of margin moved by hand, and the ids spent on them, of another."""
    return attrs.evolve(state, margin_changes=like.margin_changes, events=like.events, last_id=like.last_id)


class Account(RuleBasedStateMachine):
    """Commands in any order, on a linear, an inverse and a quanto contract of one account."""

    venue: Rules

    @initialize(isolated=st.booleans(), hedge=st.booleans(), leverage=st.integers(1, 125))
    def open(self, isolated: bool, hedge: bool, leverage: int) -> None:
        """Open an account in any mode and put money into it."""
        self.ledger = Ledger(
            self.venue,
            CONTRACTS.values(),
            ASSETS,
            now=lambda: NOW,
            margin_type=MarginType.ISOLATED if isolated else MarginType.CROSS,
            position_mode=PositionMode.HEDGE if hedge and self.venue.hedge_mode else PositionMode.ONE_WAY,
        )
        self.quantities: dict[tuple[str, PositionSide], Decimal] = defaultdict(Decimal)
        self.cash: dict[str, Decimal] = defaultdict(Decimal)
        for asset in ASSETS:
            self.attempt(lambda asset=asset: self.ledger.deposit(asset.name, D(100_000)))  # type: ignore[misc]
        for symbol in CONTRACTS:
            self.attempt(
                lambda symbol=symbol: self.ledger.set_leverage(symbol, D(leverage)),  # type: ignore[misc]
                {(Setting.LEVERAGE, symbol)},
            )

    def attempt(self, command: Callable[[], R], may_set: set[tuple[Setting, str | None]] = frozenset()) -> R | None:  # type: ignore[assignment]
        """Give a command, and check what holds for every command there is."""
        before, before_fills, held = self.ledger.snapshot(), len(self.ledger.fills()), settings_of(self.ledger)
        wallets = {balance.asset: balance.wallet for balance in self.ledger.balances()}
        try:
            result = command()
        except Refused:
            assert before == self.ledger.snapshot(), "a refused command changed something"
            return None
        rows = self.ledger.incomes()[len(before.incomes) :]
        for balance in self.ledger.balances():
            moved = sum((row.amount for row in rows if row.asset == balance.asset), D(0))
            assert balance.wallet - wallets[balance.asset] == moved, "a wallet moved by something else than its rows"
        assert all(row.amount for row in rows), "a row without a movement"
        now_held = settings_of(self.ledger)
        changed = {key for key, value in now_held.items() if value != held[key]}
        assert changed <= may_set, "a setting changed by another route than its own"
        for trade in self.ledger.fills()[before_fills:]:
            signed = trade.side.sign * trade.quantity
            self.quantities[trade.symbol, trade.position_side] += signed
            with localcontext(WIDE):
                value = CONTRACTS[trade.symbol].value(signed, trade.price)
                self.cash[trade.symbol] += value if CONTRACTS[trade.symbol].is_inverse else -value
        return result

    @rule(asset=st.sampled_from(["USDT", "ONE"]), amount=amounts)
    def deposit(self, asset: str, amount: Decimal) -> None:
        """Move money in or out."""
        self.attempt(lambda: self.ledger.deposit(asset, amount))

    @rule(symbol=symbols, side=sides, quantity=quantities, price=prices, leg=legs, any_leg=st.booleans())
    def fill(
        self, *, symbol: str, side: Side, quantity: Decimal, price: Decimal, leg: PositionSide, any_leg: bool
    ) -> None:
        """Trade; mostly on the leg that the mode has."""
        if not any_leg and self.ledger.position_mode is PositionMode.ONE_WAY:
            leg = PositionSide.BOTH
        self.attempt(lambda: self.ledger.fill(symbol, side, quantity, price, leg))

    @rule(symbol=symbols, leg=legs, price=prices)
    def close(self, symbol: str, leg: PositionSide, price: Decimal) -> None:
        """Close a leg."""
        quantity = self.ledger.position(symbol, leg).quantity
        if quantity:
            side = Side.SELL if quantity > 0 else Side.BUY
            self.fill(symbol=symbol, side=side, quantity=abs(quantity), price=price, leg=leg, any_leg=True)
            assert self.ledger.position(symbol, leg).quantity == 0

    @rule(symbol=symbols, leg=legs, amount=amounts)
    def adjust_margin(self, symbol: str, leg: PositionSide, amount: Decimal) -> None:
        """Move margin by hand; taking it back restores everything but the record of it."""
        before = self.ledger.snapshot()
        if self.attempt(lambda: self.ledger.adjust_margin(symbol, amount, leg)) is None:
            return
        assert before.incomes == self.ledger.snapshot().incomes
        if self.attempt(lambda: self.ledger.adjust_margin(symbol, -amount, leg)) is not None:
            assert before == without_records(self.ledger.snapshot(), before)
            self.attempt(lambda: self.ledger.adjust_margin(symbol, amount, leg))

    @rule(symbol=symbols, side=sides, quantity=quantities, price=prices, leg=legs, book=st.sampled_from(Book))
    def rest_order(
        self, *, symbol: str, side: Side, quantity: Decimal, price: Decimal, leg: PositionSide, book: Book
    ) -> None:
        """Let an order wait."""
        self.attempt(lambda: self.ledger.rest_order(symbol, side, quantity, price, book=book, position_side=leg))

    @rule()
    def cancel_all(self) -> None:
        """Cancel what waits."""
        for order in self.ledger.open_orders():
            self.attempt(lambda order=order: self.ledger.cancel_order(order.id))  # type: ignore[misc]
        assert not self.ledger.open_orders()

    @rule(symbol=symbols, price=prices)
    def set_mark(self, symbol: str, price: Decimal) -> None:
        """Move the mark."""
        self.attempt(lambda: self.ledger.set_mark(symbol, price))

    @rule(symbol=symbols, leverage=st.integers(0, 130))
    def set_leverage(self, symbol: str, leverage: int) -> None:
        """Change a leverage."""
        self.attempt(lambda: self.ledger.set_leverage(symbol, D(leverage)), {(Setting.LEVERAGE, symbol)})

    @rule(symbol=symbols, margin_type=st.sampled_from(MarginType))
    def set_margin_type(self, symbol: str, margin_type: MarginType) -> None:
        """Change a margin type, of the symbol or of the account."""
        of_account = self.venue.margin_type_scope is MarginTypeScope.ACCOUNT
        may_set = {(Setting.MARGIN_TYPE, name) for name in CONTRACTS if of_account or name == symbol}
        self.attempt(lambda: self.ledger.set_margin_type(margin_type, None if of_account else symbol), set(may_set))

    @rule(mode=st.sampled_from(PositionMode))
    def set_position_mode(self, mode: PositionMode) -> None:
        """Change the position mode."""
        self.attempt(lambda: self.ledger.set_position_mode(mode), {(Setting.POSITION_MODE, None)})

    @rule(mode=st.sampled_from(AssetMode))
    def set_asset_mode(self, mode: AssetMode) -> None:
        """Change the asset mode."""
        self.attempt(lambda: self.ledger.set_asset_mode(mode), {(Setting.ASSET_MODE, None)})

    @invariant()
    def wallets_are_the_sum_of_their_rows(self) -> None:
        """The wallet is the sum of all rows, to the last digit, and is split into cross and isolated without a rest."""
        for balance in self.ledger.balances():
            rows = [row.amount for row in self.ledger.incomes() if row.asset == balance.asset]
            isolated = [
                self.ledger.position(contract.symbol, side).isolated_wallet or D(0)
                for contract in CONTRACTS.values()
                if contract.settle == balance.asset
                for side in PositionSide
            ]
            assert balance.wallet == sum(rows, D(0))
            assert balance.wallet == balance.cross_wallet + sum(isolated, D(0))
            assert balance.equity == balance.wallet + balance.unrealized_pnl

    @invariant()
    def isolated_wallets_belong_to_open_isolated_positions(self) -> None:
        """What is flat or in cross margin has nothing set apart."""
        for (symbol, _), leg in self.ledger.snapshot().legs.items():
            if leg.quantity == 0 or self.ledger.margin_type(symbol) is MarginType.CROSS:
                assert leg.isolated_wallet == 0 == leg.added_margin

    @invariant()
    def quantities_are_the_sum_of_fills(self) -> None:
        """Each leg holds what was traded on it, and only the legs of the mode hold anything."""
        hedge = self.ledger.position_mode is PositionMode.HEDGE
        for symbol in CONTRACTS:
            both, long, short = (self.ledger.position(symbol, side).quantity for side in PositionSide)
            assert [both, long, short] == [self.quantities[symbol, side] for side in PositionSide]
            assert (both == 0 and long >= 0 >= short) if hedge else long == 0 == short

    @invariant()
    def profit_is_cash_at_mark(self) -> None:
        """Realised and unrealised profit are what was paid and received for the fills, and what is left is worth."""
        for symbol, contract in CONTRACTS.items():
            rows = [self.ledger.position(symbol, side) for side in PositionSide]
            with localcontext(WIDE):
                held = sum((contract.value(row.quantity, row.mark_price) for row in rows), D(0))
                worth = self.cash[symbol] + (-held if contract.is_inverse else held)
                shown = sum((row.total_realized_pnl + row.unrealized_pnl for row in rows), D(0))
                movements = len(self.ledger.incomes()) + len(rows)
                assert abs(worth - shown) <= UNIT * movements

    @invariant()
    def figures_make_sense(self) -> None:
        """Magnitudes are not negative, parts add up, and a liquidation price lies above zero."""
        for symbol in CONTRACTS:
            for side in PositionSide:
                row = self.ledger.position(symbol, side)
                parts = row.position_initial_margin, row.open_order_initial_margin
                assert row.initial_margin == sum(parts)
                assert min(row.value, row.maintenance_margin, row.open_order_initial_margin) >= 0
                assert (row.notional is None) is CONTRACTS[symbol].is_quanto
                assert row.notional is None or row.notional >= 0
                assert row.liquidation_price is None or (row.liquidation_price > 0 and row.quantity != 0)
                assert self.ledger.removable_margin(symbol, side) >= 0
        for balance in self.ledger.balances():
            assert 0 <= balance.withdrawable <= max(balance.available, D(0))

    @invariant()
    def one_margin_type_where_it_is_the_accounts(self) -> None:
        """Where the margin type belongs to the account, every symbol shows the same."""
        if self.venue.margin_type_scope is MarginTypeScope.ACCOUNT:
            assert {self.ledger.margin_type()} == {self.ledger.margin_type(symbol) for symbol in CONTRACTS}

    @invariant()
    def multi_assets_exclude_isolated(self) -> None:
        """While assets back each other, no symbol is isolated."""
        if self.ledger.asset_mode is AssetMode.MULTI:
            assert {MarginType.CROSS} == {self.ledger.margin_type(symbol) for symbol in CONTRACTS}


TestCuttingAccount = case_of(Account, CUTTING, max_examples=60, stateful_step_count=30)
TestNearestAccount = case_of(Account, NEAREST, max_examples=60, stateful_step_count=30)

fills = st.lists(st.tuples(sides, quantities, prices), min_size=1, max_size=15)


@given(fills=fills, mark=prices, symbol=symbols, cuts=st.booleans())
def test_two_accounts_that_trade_with_each_other_gain_nothing_together(
    fills: list[tuple[Side, Decimal, Decimal]], mark: Decimal, symbol: str, cuts: bool
) -> None:
    """Fees apart, the profit of one is the loss of the other, realised and unrealised, to the last digit."""
    rules = CUTTING if cuts else NEAREST
    one, other = (
        Ledger(rules, [attrs.evolve(CONTRACTS[symbol], leverage=D(5))], ASSETS, now=lambda: NOW) for _ in range(2)
    )
    for ledger in one, other:
        ledger.deposit(CONTRACTS[symbol].settle, D(10) ** 12)
    for side, quantity, price in fills:
        one.fill(symbol, side, quantity, price)
        other.fill(symbol, Side.SELL if side is Side.BUY else Side.BUY, quantity, price)
    for ledger in one, other:
        ledger.set_mark(symbol, mark)

    mine, theirs = one.position(symbol), other.position(symbol)

    assert mine.total_realized_pnl == -theirs.total_realized_pnl
    assert mine.unrealized_pnl == -theirs.unrealized_pnl
    assert mine.quantity == -theirs.quantity


@given(fills=fills, symbol=symbols)
def test_reading_changes_nothing(fills: list[tuple[Side, Decimal, Decimal]], symbol: str) -> None:
    """A snapshot before and after all reads is the same, and the same reads give the same values."""
    ledger = Ledger(CUTTING, CONTRACTS.values(), ASSETS, now=lambda: NOW)
    for side, quantity, price in fills:
        ledger.fill(symbol, side, quantity, price)
    before = ledger.snapshot()

    first = (ledger.positions(include_flat=True), ledger.balances(), ledger.totals(), ledger.max_leverage(symbol))
    second = (ledger.positions(include_flat=True), ledger.balances(), ledger.totals(), ledger.max_leverage(symbol))

    assert first == second
    assert before == ledger.snapshot()

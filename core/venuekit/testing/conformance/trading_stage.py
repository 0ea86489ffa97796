"""A venue on stage for histories: symbols to trade, wallets with money, and trades."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import attrs

from venuekit.capabilities import PositionMode, PositionSide
from venuekit.simulator.ledger import AssetKey, Contract, Ledger, Side
from venuekit.testing.staged import FakeStage

#: more than all acts withdraw or convert
_SPENT = Decimal(10)


@attrs.frozen
class TradingStage:
    """A venue on stage, with a symbol to trade that has no position at first, and another one."""

    stage: FakeStage

    @property
    def ledger(self) -> Ledger:
        """The ledger behind the account."""
        return self.stage.simulation.ledger_of(self.stage.venue.id)

    @property
    def symbol(self) -> str:
        """The symbol to trade."""
        return self.stage.simulation.scenario(self.stage.venue.id).flat

    @property
    def other(self) -> str:
        """Another symbol: the one with a position, where there is one."""
        held = self.stage.simulation.scenario(self.stage.venue.id).held
        listed = self.stage.simulation.symbols(self.stage.venue.id)
        return held or next((symbol for symbol in listed if symbol != self.symbol), self.symbol)

    @property
    def contract(self) -> Contract:
        """The contract of the symbol to trade."""
        return self.ledger.contract(self.symbol)

    @property
    def purses(self) -> frozenset[str]:
        """The wallets of the venue's contracts."""
        symbols = self.stage.simulation.symbols(self.stage.venue.id)
        return frozenset(self.ledger.contract(symbol).purse for symbol in symbols)

    @property
    def assets(self) -> Sequence[AssetKey]:
        """The wallets with money, the settle asset of the symbol to trade first."""
        rich = [(purse, one.asset) for purse in self.purses for one in self.ledger.balances(purse=purse) if one.wallet]
        return sorted(rich, key=lambda key: (key != self.contract.asset_key, key))

    @property
    def leg(self) -> PositionSide:
        """The leg to trade: the long one in hedge mode."""
        return PositionSide.LONG if self.ledger.position_mode is PositionMode.HEDGE else PositionSide.BOTH

    def price(self, ticks: int = 0) -> Decimal:
        """Return a price on the contract's steps, so many ticks below the mark."""
        tick = self.contract.price_tick
        return self.ledger.mark(self.symbol) // tick * tick - ticks * tick

    def deposit_enough(self) -> None:
        """Put as much into each wallet with money as acts can use up."""
        traded = self.contract.value(self.contract.min_quantity * 300, self.price())
        for purse, asset in self.assets:
            amount = traded if (purse, asset) == self.contract.asset_key else Decimal(0)
            self.ledger.deposit(asset, _SPENT + self.ledger.rules.money(amount), purse=purse)

    def buy(self, number: int, *, is_maker: bool = False) -> None:
        """Trade some contracts of the symbol."""
        quantity = self.contract.min_quantity * (2 + number % 3)
        self.ledger.fill(self.symbol, Side.BUY, quantity, self.price(number), self.leg, is_maker=is_maker)

    def sell(self, number: int, least: int = 1) -> None:
        """Close a few of the contracts that were bought."""
        quantity = self.contract.min_quantity * least
        self.ledger.fill(self.symbol, Side.SELL, quantity, self.price(-number), self.leg)

    def trade_other(self, number: int) -> None:
        """Trade the other symbol, which a history of the first one must not show."""
        contract = self.ledger.contract(self.other)
        price = self.ledger.mark(self.other) // contract.price_tick * contract.price_tick
        legs = (PositionSide.LONG, PositionSide.SHORT) if self.leg is PositionSide.LONG else (PositionSide.BOTH,)
        leg = next((leg for leg in legs if self.ledger.position(self.other, leg).quantity), legs[0])
        is_short = self.ledger.position(self.other, leg).quantity < 0
        side = Side.SELL if is_short else Side.BUY
        self.ledger.fill(self.other, side, contract.min_quantity * (1 + number % 2), price, leg)

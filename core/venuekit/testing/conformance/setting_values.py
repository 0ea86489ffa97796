"""Checks of settings: a value reaches the ledger under the names that it was set for, and under no other."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import attrs
import pytest

from venuekit.capabilities import (
    LeverageBehaviour,
    LeverageControl,
    LeverageScope,
    MarginType,
    OrderControl,
    PositionSide,
    SettingsReader,
)
from venuekit.errors import InvalidArgument
from venuekit.simulator.ledger import Book, Side
from venuekit.testing.conformance.examples import SETTERS, Setter
from venuekit.testing.conformance.inventory import Checks, Inventory
from venuekit.testing.conformance.order_examples import books_of, other_symbols, rest
from venuekit.testing.conformance.snapshots import differing_parts, snapshot
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.staged import Stage, on_stage

#: the names of settings in a snapshot
_SETTINGS = {
    "set_leverage": "leverage",
    "set_margin_type": "margin type",
    "set_position_mode": "position mode",
    "set_asset_mode": "asset mode",
}
_LEVERAGE = next(setter for setter in SETTERS if setter.method is LeverageControl.set_leverage)
_NO_LEVERAGES = (12.5, True, "12", Decimal("NaN"), Decimal("Infinity"), Decimal(0), Decimal(-5))


@attrs.frozen
class LeverageName:
    """The names of one of several leverages of a symbol."""

    side: PositionSide | None
    margin_type: MarginType | None

    def __str__(self) -> str:
        return "-".join(one.value for one in (self.side, self.margin_type) if one is not None)

    async def read(self, stage: Stage) -> Decimal:
        """Return the leverage that holds under these names."""
        account = LeverageControl.of(stage.account)
        setting = await account.get_leverage(stage.scenario.flat, margin_type=self.margin_type)
        leverage = setting.short if self.side is PositionSide.SHORT else setting.long
        assert leverage is not None, f"there is no leverage of {self}"
        return leverage


def leverage_names(inventory: Inventory) -> dict[str, LeverageName]:
    """Return the names of a symbol's leverages; none where it has one."""
    if LeverageControl not in inventory.capabilities:
        return {}
    declared = inventory.venue.behaviour(LeverageBehaviour)
    of_side, of_type = LeverageScope.SIDE in declared.scope, LeverageScope.MARGIN_TYPE in declared.scope
    if not of_side and not of_type:
        return {}
    sides = (PositionSide.LONG, PositionSide.SHORT) if of_side else (None,)
    margin_types = sorted(declared.margin_types) if of_type else (None,)
    return {str(name): name for name in (LeverageName(*names) for names in product(sides, margin_types))}


class SettingValueChecks(Checks):
    """A setting that is written holds in the ledger, for the names that it was written for."""

    tier = Tier.GOLD

    async def test_setting_changes_nothing_else(self, setter: Setter) -> None:
        """
        A setting reaches the ledger with its value, and nothing of another symbol or another setting changes.

        The setter returns the value that holds.
        """
        async with on_stage(self.inventory.venue, "flat") as stage:
            symbol = setter.scope(stage).get("symbol")
            name = (symbol or "account", _SETTINGS[setter.method.__name__])
            if symbol is not None:
                _hold_others(stage, symbol)
            target = setter.another(stage, await setter.read(stage))
            before = snapshot(stage.ledger)
            setting = await setter.write(stage, target)
            returned = (getattr(setting, "symbol", symbol), getattr(setting, setter.field))
            assert returned == (symbol, target), f"{setter.method.__name__} returned {setting}"
            after = snapshot(stage.ledger)
            assert after[name] == target, f"{name} is {after[name]}; {target} was set"
            # a margin type may bring a leverage of its own into force
            also = {(name[0], "leverage")} if name[1] == "margin type" else set()
            others = differing_parts(before, after) - {name} - also
            assert not others, f"{setter.method.__name__} of {name[0]} changed {others}"

    async def test_leverage_of_one_name_leaves_the_others(self, leverage_name: LeverageName) -> None:
        """Where a symbol has several leverages, the one that is set holds under its names, and the others stay."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            names = leverage_names(self.inventory).values()
            before = {name: await name.read(stage) for name in names}
            target = _LEVERAGE.another(stage, before[leverage_name])
            account = LeverageControl.of(stage.account)
            side, margin_type = leverage_name.side, leverage_name.margin_type
            await account.set_leverage(stage.scenario.flat, target, side=side, margin_type=margin_type)
            after = {name: await name.read(stage) for name in names}
            assert after == {**before, leverage_name: target}

    async def test_leverage_that_is_no_number_is_refused(self, leverage_control: type[LeverageControl]) -> None:
        """A leverage that is a float, a text, a flag, or not above zero is refused, and nothing is sent."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            for leverage in _NO_LEVERAGES:
                with pytest.raises(InvalidArgument):
                    await leverage_control.of(stage.account).set_leverage(**_LEVERAGE.arguments(stage, leverage))
            assert not stage.arrivals(self.inventory.endpoint_of(_LEVERAGE)), "a leverage that is no number was sent"

    async def test_settings_count_every_order(self, settings_reader: type[SettingsReader]) -> None:
        """The settings of a symbol, alone or beside others, count its open orders, plain and conditional ones."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            symbols = (stage.scenario.flat, *other_symbols(stage))
            takes_orders = OrderControl in self.inventory.capabilities
            for book in books_of(stage) if takes_orders else (Book.PLAIN,):
                for lower, symbol in enumerate(symbols, start=1):
                    rest(stage, symbol, book=book, lower=lower)
            reader = settings_reader.of(stage.account)
            for orders in (True, symbols, symbols[:1]):
                read = await reader.get_settings(symbols, orders=orders)
                counted = {row.symbol: row.open_orders for row in read.symbols if row.open_orders is not None}
                held = {symbol: len(stage.ledger.open_orders(symbol)) for symbol in counted}
                assert counted == held, f"the open orders are {held}, and {counted} were counted"

    async def test_highest_leverage_is_that_of_the_position(self, settings_reader: type[SettingsReader]) -> None:
        """The highest leverage is that of the bracket that a position is in: the first one, or the one above it."""
        for share in (Decimal("0.25"), Decimal("1.25")):
            async with on_stage(self.inventory.venue, "flat") as stage:
                ledger, contract = stage.ledger, stage.ledger.contract(stage.scenario.flat)
                if share > 1 and len(contract.brackets) == 1:
                    return
                mark, worth = ledger.mark(contract.symbol), share * contract.brackets[0].cap
                quantity = worth / contract.value(Decimal(1), mark) // contract.quantity_step * contract.quantity_step
                ledger.deposit(contract.settle, 2 * worth, purse=contract.purse)
                ledger.set_leverage(contract.symbol, max(Decimal(1), contract.min_leverage))
                reader = settings_reader.of(stage.account)
                flat = (await reader.get_settings((contract.symbol,), brackets=True)).symbol(contract.symbol)
                ledger.fill(contract.symbol, Side.BUY, quantity, mark)
                held = (await reader.get_settings((contract.symbol,), brackets=True)).symbol(contract.symbol)
                assert flat is not None
                assert held is not None
                highest, read = ledger.max_leverage(contract.symbol), held.max_leverage
                words = f"a position worth {worth} may have a leverage of {highest}, and {read} was read"
                # a venue without brackets knows none, whatever the position is
                assert read == (None if flat.max_leverage is None else highest), words


def _hold_others(stage: Stage, symbol: str) -> None:
    """Open a small position in every other contract whose asset the account has."""
    ledger = stage.ledger
    for one in ledger.contracts.values():
        if one.symbol != symbol and ledger.balance(one.settle, purse=one.purse).available > 0:
            ledger.fill(one.symbol, Side.BUY, one.min_quantity, ledger.mark(one.symbol))

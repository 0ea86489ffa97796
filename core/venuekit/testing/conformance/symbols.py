"""Checks of symbols: a filter gives the rows of the named one, and one that is not listed is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import pytest

from venuekit.capabilities import (
    AdlReader,
    BalanceReader,
    BracketReader,
    CommissionReader,
    InstrumentReader,
    LeverageControl,
    LeverageReader,
    MarginTypeBehaviour,
    MarginTypeControl,
    MarginTypeReader,
    MarginTypeScope,
    OrderControl,
    PositionBehaviour,
    PositionMarginControl,
    PositionReader,
    PriceReader,
    SettingsReader,
)
from venuekit.errors import InvalidArgument, InvalidRequest
from venuekit.simulator.ledger import Contract
from venuekit.testing.conformance.account_states import AccountState, on_account
from venuekit.testing.conformance.examples import arguments_for
from venuekit.testing.conformance.inventory import Checks, Inventory, Method
from venuekit.testing.conformance.snapshots import differing_parts, snapshot
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.staged import Stage, on_stage

#: the facts about a contract by which rows are filtered
_FILTERS: Mapping[str, Callable[[Contract], str]] = {
    "symbol": lambda contract: contract.symbol,
    "pair": lambda contract: contract.pair,
    "margin_asset": lambda contract: contract.settle,
    "asset": lambda contract: contract.settle,
}
#: reads of several rows, with their filters
_FILTERED: Mapping[Method, tuple[str, ...]] = {
    BalanceReader.get_balances: ("asset",),
    PositionReader.get_positions: ("symbol", "pair", "margin_asset"),
    InstrumentReader.get_instruments: ("symbol",),
    BracketReader.get_brackets: ("symbol", "pair"),
    AdlReader.get_adl_quantiles: ("symbol",),
}
#: the methods that refuse a symbol that is not listed
_OF_A_SYMBOL = frozenset(
    {
        PositionReader.get_positions,
        PositionReader.get_position,
        InstrumentReader.get_instruments,
        BracketReader.get_brackets,
        CommissionReader.get_commission_rate,
        PriceReader.get_prices,
        LeverageReader.get_leverage,
        MarginTypeReader.get_margin_type,
        SettingsReader.get_settings,
        LeverageControl.set_leverage,
        MarginTypeControl.set_margin_type,
        PositionMarginControl.add_margin,
        PositionMarginControl.reduce_margin,
        OrderControl.place_order,
    }
)


@attrs.frozen
class Filter:
    """One filter of a read of several rows."""

    method: Method
    name: str

    def is_declared(self, stage: Stage) -> bool:
        """Return whether the venue must have it: a symbol, an asset, or a filter of positions that it declares."""
        if self.method is PositionReader.get_positions:
            return self.name in stage.venue.behaviour(PositionBehaviour).filters
        return self.name in {"symbol", "asset"}

    async def read(self, stage: Stage, **named: str) -> tuple[Any, ...]:
        """Return the rows that a filter gives, or all."""
        rows: tuple[Any, ...] = await getattr(stage.account, self.method.__name__)(**named)
        return rows

    async def ask(self, stage: Stage, contract: Contract) -> tuple[Any, ...] | None:
        """Return the rows of a contract, None where the filter is refused."""
        try:
            return await self.read(stage, **{self.name: _FILTERS[self.name](contract)})
        except InvalidArgument:
            return None

    def fits(self, stage: Stage, row: Any, contract: Contract) -> bool:
        """Return whether a row passes the filter for a contract."""
        wanted = _FILTERS[self.name](contract)
        if self.name == "asset" or getattr(row, "symbol", None) is None:
            return bool(getattr(row, self.name) == wanted)
        return _FILTERS[self.name](stage.ledger.contract(row.symbol)) == wanted


def filters_of(inventory: Inventory) -> dict[str, Filter]:
    """Return the filters of a venue's reads, by name."""
    found = (Filter(method, name) for method in inventory.methods for name in _FILTERED.get(method, ()))
    return {f"{one.method.__qualname__}-{one.name}": one for one in found}


def methods_of_a_symbol(inventory: Inventory) -> dict[str, Method]:
    """Return the methods that refuse a symbol that is not listed, by name."""
    methods = {method.__qualname__: method for method in inventory.methods if method in _OF_A_SYMBOL}
    declared = inventory.venue.has_behaviour(MarginTypeBehaviour)
    if declared and inventory.venue.behaviour(MarginTypeBehaviour).scope is MarginTypeScope.ACCOUNT:
        for method in (MarginTypeReader.get_margin_type, MarginTypeControl.set_margin_type):
            methods.pop(method.__qualname__, None)
    return methods


class SymbolChecks(Checks):
    """A symbol that is named is the one that is read, and it is listed."""

    tier = Tier.GOLD

    async def test_filter_is_honoured(self, row_filter: Filter) -> None:
        """
        A filter gives all rows that pass it, and no other row; one that the venue does not have is refused.

        Nothing is sent where it is refused.
        """
        async with on_account(self.inventory.venue, AccountState.CROSS_FIRST) as stage:
            rows = await row_filter.read(stage)
            stage.simulation.requests.clear()
            for contract in stage.ledger.contracts.values():
                given = await row_filter.ask(stage, contract)
                if given is None:
                    assert not row_filter.is_declared(stage), f"{row_filter.name} is refused, and declared"
                    assert not stage.simulation.requests
                    continue
                odd = [row for row in given if not row_filter.fits(stage, row, contract)]
                assert not odd, f"{contract.symbol}: {row_filter.name} lets pass {odd[0]}"
                passing = [row for row in rows if row_filter.fits(stage, row, contract)]
                # a row of a pair is one of all its contracts, where the venue has such rows
                least = min(len(passing), 1) if _are_of_pairs(given) else len(passing)
                assert len(given) >= least, f"{contract.symbol}: {len(given)} of {len(passing)} rows"

    async def test_unknown_symbol_is_refused(self, symbol_method: Method) -> None:
        """A symbol that is not listed is refused, by the venue or before sending; nothing is invented or changed."""
        async with on_stage(self.inventory.venue) as stage:
            arguments = _with_symbol(await arguments_for(symbol_method, stage), find_unlisted(stage))
            before = snapshot(stage.ledger)
            with pytest.raises((InvalidRequest, InvalidArgument)):
                await getattr(stage.account, symbol_method.__name__)(**arguments)
            assert not differing_parts(before, snapshot(stage.ledger))

    async def test_unknown_asset_has_no_balance(self, balance_reader: type[BalanceReader]) -> None:
        """An asset that the venue does not list gives no balance."""
        async with on_stage(self.inventory.venue) as stage:
            balances = await balance_reader.of(stage.account).get_balances(asset="QXQ")
            assert balances == (), f"asset QXQ gives {balances}"


def _are_of_pairs(rows: tuple[Any, ...]) -> bool:
    return bool(rows) and all(getattr(row, "symbol", "") is None for row in rows)


def find_unlisted(stage: Stage) -> str:
    """Return a symbol that the venue does not list, in the form of one that it does."""
    symbol = f"QXQ{stage.scenario.flat[3:]}"
    assert symbol not in stage.ledger.contracts
    return symbol


def _with_symbol(arguments: Mapping[str, Any], symbol: str) -> Mapping[str, Any]:
    """Return arguments of a method for another symbol."""
    if "request" in arguments:
        return {**arguments, "request": attrs.evolve(arguments["request"], symbol=symbol)}
    if "symbols" in arguments:
        return {**arguments, "symbols": (symbol,)}
    return {**arguments, "symbol": symbol}

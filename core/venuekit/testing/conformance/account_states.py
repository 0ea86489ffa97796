"""States of an account: positions in every contract, long and short, isolated and cross, in profit and in loss."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from venuekit.capabilities import AssetMode, MarginType, MarginTypeScope, PositionMode, PositionSide
from venuekit.simulator.ledger import Contract, Ledger, PositionFigures, Side
from venuekit.testing.staged import Stage, on_stage
from venuekit.venue import Venue

#: a minute between two events, so that no two of their times are equal
_MINUTE = 60.0
#: a position is worth this share of its asset, and marks rise by this share, the more the later
_SHARE, _MOVE = Decimal("0.08"), Decimal("0.001")
#: more positions show nothing new
_MOST_CONTRACTS = 4


class AccountState(enum.StrEnum):
    """
    The states in which the values of an account are compared with its ledger.

    In each, half of the contracts are held long and half short, with a leverage of their own. They differ in the
    margin type of a contract, or of the account, in the legs, and in whether all assets back all positions.
    """

    CROSS_FIRST = "cross-first"
    ISOLATED_FIRST = "isolated-first"
    HEDGED = "hedged"
    POOLED = "pooled"


def states_of(venue: Venue[Any]) -> tuple[AccountState, ...]:
    """Return the states that an account of a venue can be in; none without a simulated venue."""
    if venue.simulated is None:
        return ()
    rules = venue.simulated().rules
    states = [AccountState.CROSS_FIRST, AccountState.ISOLATED_FIRST]
    if rules.hedge_mode:
        states.append(AccountState.HEDGED)
    if rules.asset_mode:
        states.append(AccountState.POOLED)
    return tuple(states)


@asynccontextmanager
async def on_account(venue: Venue[Any], state: AccountState) -> AsyncIterator[Stage]:
    """Simulate a venue with an account in a state."""
    async with on_stage(venue, "flat") as stage:
        await _bring(stage, state)
        stage.simulation.requests.clear()
        yield stage


async def _bring(stage: Stage, state: AccountState) -> None:
    """Set leverages and modes, open positions, move the marks, close a part, add margin, and rest an order."""
    ledger = stage.ledger
    contracts = _choose(ledger)
    _set_modes(ledger, state, contracts)
    for number, contract in enumerate(contracts):
        ledger.set_leverage(contract.symbol, min(Decimal(number + 3), contract.max_leverage))
        await stage.clock.sleep(_MINUTE)
        for side, position_side, share in _legs(state, number):
            quantity = _size(ledger, contract, share)
            ledger.fill(contract.symbol, side, quantity, ledger.mark(contract.symbol), position_side)
    for number, contract in enumerate(contracts):
        mark, tick = ledger.mark(contract.symbol), contract.price_tick
        ledger.set_mark(contract.symbol, mark + (number + 1) * max(tick, mark * _MOVE // tick * tick))
    for act in (_close_a_part, _add_margin, _rest_order):
        await stage.clock.sleep(_MINUTE)
        act(ledger, contracts[0])
    await stage.clock.sleep(_MINUTE)


def _choose(ledger: Ledger) -> Sequence[Contract]:
    """Return contracts whose asset the account has: first one of each kind, then others."""
    backed = [one for one in ledger.contracts.values() if ledger.balance(one.settle, purse=one.purse).available > 0]
    kinds = {(one.settle, one.is_quanto, one.expires_at is None): one for one in reversed(backed)}
    rare = [one for one in backed if one in kinds.values()]
    return (rare + [one for one in backed if one not in rare])[:_MOST_CONTRACTS]


def _set_modes(ledger: Ledger, state: AccountState, contracts: Sequence[Contract]) -> None:
    """Set position mode, asset mode and margin types, each only if it is another one."""
    if state is AccountState.HEDGED and ledger.position_mode is not PositionMode.HEDGE:
        ledger.set_position_mode(PositionMode.HEDGE)
    if state is AccountState.POOLED:
        ledger.set_asset_mode(AssetMode.MULTI)
    first = MarginType.CROSS if state in {AccountState.CROSS_FIRST, AccountState.POOLED} else MarginType.ISOLATED
    if ledger.rules.margin_type_scope is MarginTypeScope.ACCOUNT:
        if ledger.margin_type() is not first:
            ledger.set_margin_type(first)
        return
    for number, contract in enumerate(contracts):
        is_cross = state is AccountState.POOLED or (number % 2 == 0) is (first is MarginType.CROSS)
        wanted = MarginType.CROSS if is_cross else MarginType.ISOLATED
        if ledger.margin_type(contract.symbol) is not wanted:
            ledger.set_margin_type(wanted, contract.symbol)


def _legs(state: AccountState, number: int) -> tuple[tuple[Side, PositionSide, Decimal], ...]:
    """Return side, leg and size of the positions of a contract: long and short in turn, or both."""
    if state is AccountState.HEDGED:
        return (Side.BUY, PositionSide.LONG, _SHARE), (Side.SELL, PositionSide.SHORT, _SHARE / 2)
    return ((Side.SELL if number % 2 else Side.BUY, PositionSide.BOTH, _SHARE),)


def _size(ledger: Ledger, contract: Contract, share: Decimal) -> Decimal:
    """Return the contracts that are worth a share of the free money of their asset, as far as they are allowed."""
    free = ledger.balance(contract.settle, purse=contract.purse).available
    worth = min(free * share, ledger.max_position(contract.symbol) / 4)
    quantity = worth / contract.value(Decimal(1), ledger.mark(contract.symbol))
    allowed = min(quantity, contract.max_quantity) // contract.quantity_step * contract.quantity_step
    return max(allowed, contract.min_quantity)


def _close_a_part(ledger: Ledger, contract: Contract) -> None:
    """Sell a quarter of a long position at its mark."""
    long = _long(ledger, contract)
    part = long.quantity / 4 // contract.quantity_step * contract.quantity_step
    ledger.fill(contract.symbol, Side.SELL, part, ledger.mark(contract.symbol), long.side)


def _add_margin(ledger: Ledger, _: Contract) -> None:
    """Add a tenth to the margin of each isolated position."""
    for leg in ledger.positions():
        if leg.isolated_wallet:
            ledger.adjust_margin(leg.symbol, leg.isolated_wallet / 10, leg.side)


def _rest_order(ledger: Ledger, contract: Contract) -> None:
    """Rest an order to buy more, a tenth below the mark."""
    price = ledger.mark(contract.symbol) * Decimal("0.9") // contract.price_tick * contract.price_tick
    side = _long(ledger, contract).side
    ledger.rest_order(contract.symbol, Side.BUY, 3 * contract.min_quantity, price, position_side=side)


def _long(ledger: Ledger, contract: Contract) -> PositionFigures:
    return next(leg for leg in ledger.positions() if leg.symbol == contract.symbol and leg.quantity > 0)

"""Checks of moved margin: by the amount, of the named leg, in the right direction, and of nothing else."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import MarginChange, MarginType, PositionMarginControl, PositionMode, PositionSide
from venuekit.errors import InvalidArgument, InvalidRequest, Rejected
from venuekit.simulator.ledger import PositionFigures
from venuekit.testing.conformance.account_states import AccountState, on_account, states_of
from venuekit.testing.conformance.inventory import Checks, Inventory
from venuekit.testing.conformance.snapshots import differing_parts, snapshot
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.staged import Stage

#: the places of an amount that every venue takes
_PLACES = Decimal("0.0001")
#: an amount below the smallest unit of every venue
_TINY = Decimal("1e-12")


@attrs.frozen
class MarginMove:
    """Margin that is added (``sign`` 1) or reduced (-1) in a state of the account."""

    state: AccountState
    sign: int

    def amount_of(self, stage: Stage, leg: PositionFigures) -> Decimal:
        """Return an amount that can be moved: a part of the margin that was added by hand, or that can be taken."""
        most = leg.added_margin if self.sign > 0 else stage.ledger.removable_margin(leg.symbol, leg.side)
        amount = (most / 3).quantize(_PLACES, ROUND_DOWN)
        assert amount > 0, f"{leg.symbol} {leg.side.name} has too little margin"
        return amount

    async def make(self, stage: Stage, leg: PositionFigures, amount: Decimal) -> MarginChange:
        """Move the margin of a leg."""
        hedged = stage.ledger.position_mode is PositionMode.HEDGE
        return await self.move(stage, leg.symbol, amount, leg.side if hedged else None)

    async def move(self, stage: Stage, symbol: str, amount: Decimal, side: PositionSide | None) -> MarginChange:
        """Move margin of a symbol, and of one side of it where sides have positions of their own."""
        account = PositionMarginControl.of(stage.account)
        move = account.add_margin if self.sign > 0 else account.reduce_margin
        return await move(symbol, amount, side=side)


def moves_of(inventory: Inventory) -> dict[str, MarginMove]:
    """Return the moves of margin that a venue has, by name."""
    if PositionMarginControl not in inventory.capabilities:
        return {}
    states = [
        state for state in states_of(inventory.venue) if state in {AccountState.ISOLATED_FIRST, AccountState.HEDGED}
    ]
    return {
        f"{words}-{state.value}": MarginMove(state, sign)
        for state in states
        for words, sign in (("add", 1), ("reduce", -1))
    }


class MarginMoveChecks(Checks):
    """Margin moves by the amount, to or from the named leg."""

    tier = Tier.GOLD

    async def test_margin_moves_by_the_amount(self, margin_move: MarginMove) -> None:
        """
        The isolated margin of the named leg grows or shrinks by exactly the amount, and nothing else changes.

        The returned change has the sign of the move, and the leg, asset and amount of the ledger's.
        """
        async with on_account(self.inventory.venue, margin_move.state) as stage:
            legs = [leg for leg in stage.ledger.positions() if leg.margin_type is MarginType.ISOLATED]
            assert legs, "no position is isolated"
            for leg in legs:
                amount = margin_move.amount_of(stage, leg)
                before = snapshot(stage.ledger)
                await stage.clock.sleep(60)
                change = await margin_move.make(stage, leg, amount)
                after = snapshot(stage.ledger)
                margin = (leg.symbol, f"{leg.side.value} margin")
                others = differing_parts(before, after) - {margin}
                assert not others, f"{leg.symbol} {leg.side.name}: {others} changed as well"
                moved = margin_move.sign * amount
                held = stage.ledger.position(leg.symbol, leg.side)
                by = held.added_margin - leg.added_margin
                assert by == moved, f"{leg.symbol} {leg.side.name}: its margin changed by {by}; {moved} was asked for"
                _check_change(stage, change, leg, moved)

    async def test_margin_of_no_amount_is_refused(self, margin_move: MarginMove) -> None:
        """An amount that is not above zero is refused before it is sent: its sign never turns the move around."""
        async with on_account(self.inventory.venue, margin_move.state) as stage:
            leg = next(leg for leg in stage.ledger.positions() if leg.margin_type is MarginType.ISOLATED)
            before = snapshot(stage.ledger)
            amount = margin_move.amount_of(stage, leg)
            odd_amounts: tuple[Any, ...] = (-amount, Decimal(0), Decimal("NaN"), float(amount))
            for odd in odd_amounts:
                with pytest.raises(InvalidArgument):
                    await margin_move.make(stage, leg, odd)
            assert not differing_parts(before, snapshot(stage.ledger))

    async def test_margin_amount_is_not_rounded(self, margin_move: MarginMove) -> None:
        """An amount with more places than the venue takes is refused, and nothing is moved, or moved as it is."""
        async with on_account(self.inventory.venue, margin_move.state) as stage:
            leg = next(leg for leg in stage.ledger.positions() if leg.margin_type is MarginType.ISOLATED)
            amount, before = margin_move.amount_of(stage, leg) + _TINY, snapshot(stage.ledger)
            try:
                await margin_move.make(stage, leg, amount)
            except (InvalidArgument, InvalidRequest, Rejected):
                assert not differing_parts(before, snapshot(stage.ledger))
            else:
                by = stage.ledger.position(leg.symbol, leg.side).added_margin - leg.added_margin
                assert by == margin_move.sign * amount, f"{amount} was asked for, and the margin changed by {by}"

    async def test_margin_of_another_leg_is_refused(self, margin_move: MarginMove) -> None:
        """
        A leg that the position mode lacks, a cross position and a flat one have no margin to move, and none is moved.

        The first is refused before it is sent, or by the venue as the others are.
        """
        async with on_account(self.inventory.venue, margin_move.state) as stage:
            ledger = stage.ledger
            held = next(leg for leg in ledger.positions() if leg.margin_type is MarginType.ISOLATED)
            amount = margin_move.amount_of(stage, held)
            hedged = ledger.position_mode is PositionMode.HEDGE
            legs = [attrs.evolve(held, side=PositionSide.BOTH if hedged else PositionSide.LONG)]
            before = snapshot(ledger)
            legs += [
                leg for leg in ledger.positions(include_flat=True) if leg.isolated_wallet is None or not leg.quantity
            ]
            for leg in legs:
                with pytest.raises((InvalidArgument, Rejected, InvalidRequest)):
                    await margin_move.move(
                        stage, leg.symbol, amount, None if leg.side is PositionSide.BOTH else leg.side
                    )
            assert not differing_parts(before, snapshot(ledger))


def _check_change(stage: Stage, change: MarginChange, leg: PositionFigures, moved: Decimal) -> None:
    """Fail unless the change that a move returned is the last one of the ledger."""
    held = stage.ledger.margin_changes(leg.symbol)[-1]
    name = f"the change of {leg.symbol} {leg.side.name}"
    assert (change.symbol, change.amount) == (leg.symbol, moved), f"{name} is {change}"
    assert change.side in {None, leg.side}, f"{name} is of {change.side}"
    assert change.asset in {None, leg.settle}, f"{name} is in {change.asset}; the position settles in {leg.settle}"
    assert change.time in {None, held.time}, f"{name} was at {change.time}; the ledger has {held.time}"

"""Positions: one leg of a symbol with every derived figure, and margin added or removed by hand."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import attrs

from venuekit.capabilities import MarginType, PositionSide, Unit
from venuekit.simulator.ledger.contract import Contract, max_position
from venuekit.simulator.ledger.events import EventReason
from venuekit.simulator.ledger.margin import LegMargin, break_even, entry_backing, liquidation_price
from venuekit.simulator.ledger.money import ZERO, exact, to_price
from venuekit.simulator.ledger.records import LedgerMarginChange, Record
from venuekit.simulator.ledger.refusal import Reason, Refused
from venuekit.simulator.ledger.rules import IsolatedMargin, Liquidation
from venuekit.simulator.ledger.state import Leg
from venuekit.simulator.ledger.transaction import Transaction
from venuekit.simulator.ledger.view import LedgerView


@attrs.frozen(kw_only=True)
class PositionFigures(LegMargin):
    """
    One leg of a symbol; money is in the settle asset but for ``notional``: in the quote asset, and None if quanto.

    ``quantity`` is signed, in contracts. Magnitudes (values, margins) are never negative. ``isolated_*`` are None in
    cross margin; prices are None without a position, the liquidation price also where nothing can liquidate it.
    ``realized_pnl`` is before fees and ``commission`` an effect on the account (paid < 0), both since the position was
    opened; ``total_*`` since the first fill. ``bid_value`` and ``ask_value`` are the values of the plain orders that
    would open more of it.
    ``max_position`` is the cap at the present leverage, ``tier`` the present tier, both in ``max_position_unit``.
    ``margin_ratio`` is maintenance margin to isolated margin, 1 is liquidation, None in cross margin, when flat or when
    no margin remains.
    """

    symbol: str
    side: PositionSide
    venue: str
    settle: str
    quantity: Decimal
    entry_price: Decimal | None
    break_even_price: Decimal | None
    mark_price: Decimal
    liquidation_price: Decimal | None
    notional: Decimal | None
    entry_value: Decimal
    realized_pnl: Decimal
    commission: Decimal
    total_realized_pnl: Decimal
    total_commission: Decimal
    leverage: Decimal
    margin_type: MarginType
    isolated_wallet: Decimal | None
    isolated_margin: Decimal | None
    added_margin: Decimal
    initial_margin: Decimal
    margin_ratio: Decimal | None
    max_position: Decimal
    max_position_unit: Unit
    bid_value: Decimal
    ask_value: Decimal
    opened_at: datetime | None
    updated_at: datetime | None
    sequence: int | None


@exact
def position_figures(reading: LedgerView, symbol: str, side: PositionSide) -> PositionFigures:
    """Return a leg with all derived figures; also a flat one."""
    contract, symbol_state, money = reading.contract(symbol), reading.symbol(symbol), reading.rules.money
    leg, margin, orders = reading.leg(symbol, side), reading.margin(symbol, side), reading.order_values(symbol, side)
    isolated_margin = leg.isolated_wallet + margin.unrealized_pnl
    notional = contract.notional(leg.quantity, symbol_state.mark)
    ratio = None
    if margin.isolated and leg.quantity and isolated_margin > 0:
        ratio = margin.maintenance_margin / isolated_margin
    return PositionFigures(
        **attrs.asdict(margin, recurse=False),
        symbol=symbol,
        side=side,
        venue=contract.venue,
        settle=contract.settle,
        quantity=leg.quantity,
        entry_price=to_price(leg.entry),
        break_even_price=to_price(break_even(reading.rules, contract, leg)),
        mark_price=symbol_state.mark,
        liquidation_price=to_price(_liquidation(reading, contract, leg)),
        notional=None if notional is None else money(abs(notional)),
        entry_value=money(abs(contract.value(leg.quantity, leg.entry))) if leg.quantity else ZERO,
        realized_pnl=leg.realized_pnl,
        commission=leg.commission,
        total_realized_pnl=leg.total_realized_pnl,
        total_commission=leg.total_commission,
        leverage=symbol_state.leverage,
        margin_type=reading.margin_type(symbol),
        isolated_wallet=leg.isolated_wallet if margin.isolated else None,
        isolated_margin=isolated_margin if margin.isolated else None,
        added_margin=leg.added_margin,
        initial_margin=margin.position_initial_margin + margin.open_order_initial_margin,
        margin_ratio=ratio,
        max_position=max_position(contract.brackets, symbol_state.leverage),
        max_position_unit=contract.value_unit,
        bid_value=money(orders.bids),
        ask_value=money(orders.asks),
        opened_at=leg.opened_at,
        updated_at=leg.updated_at,
        sequence=leg.sequence,
    )


@exact
def removable_margin(reading: LedgerView, symbol: str, side: PositionSide) -> Decimal:
    """
    Return the largest amount of margin that can be removed from an isolated position by hand.

    The rest must cover the maintenance margin, and together with the profit the initial margin at mark. Where margin
    is counted at entry, only margin added by hand can be removed.
    """
    leg, margin, symbol_state = reading.leg(symbol, side), reading.margin(symbol, side), reading.symbol(symbol)
    value = abs(reading.contract(symbol).value(leg.quantity, symbol_state.mark))
    # the initial margin as shown (rounded): otherwise some of the margin added by hand could not be removed again
    after_profit = leg.isolated_wallet + margin.unrealized_pnl - reading.rules.money(value / symbol_state.leverage)
    removable = min(leg.isolated_wallet - margin.maintenance_margin, after_profit)
    if reading.rules.isolated_margin is IsolatedMargin.ENTRY:
        removable = min(removable, leg.added_margin)
    return reading.rules.money(max(ZERO, removable))


def adjust_margin(
    transaction: Transaction, symbol: str, amount: Decimal, position_side: PositionSide = PositionSide.BOTH
) -> LedgerMarginChange:
    """Add margin to an isolated position by hand, or remove it if negative; writes no income row."""
    reading = transaction.read()
    contract, leg = reading.contract(symbol), reading.leg(symbol, position_side)
    check_side(reading, position_side)
    if not amount.is_finite() or not (moved := transaction.rules.money(amount)):
        raise Refused(Reason.AMOUNT_NOT_POSITIVE, value=amount)
    if not reading.is_isolated(symbol):
        raise Refused(Reason.NOT_ISOLATED, symbol=symbol)
    if leg.quantity == 0:
        raise Refused(Reason.FLAT_POSITION, symbol=symbol, side=position_side)
    if moved > (addable := reading.withdrawable(contract.asset_key)):
        raise Refused(Reason.INSUFFICIENT_MARGIN, asset=contract.settle, needed=moved, available=addable)
    if -moved > (removable := removable_margin(reading, symbol, position_side)):
        raise Refused(Reason.REMOVABLE_EXCEEDED, symbol=symbol, amount=amount, removable=removable)
    transaction.set_leg(
        (symbol, position_side),
        attrs.evolve(
            leg,
            isolated_wallet=leg.isolated_wallet + moved,
            added_margin=leg.added_margin + moved,
            updated_at=transaction.time,
        ),
    )
    visible_at = transaction.visible_at(Record.MARGIN_CHANGES)
    change = LedgerMarginChange(
        transaction.next_id(), transaction.time, symbol, position_side, contract.settle, moved, visible_at
    )
    transaction.state.margin_changes.append(change)
    transaction.report(EventReason.MARGIN_TRANSFER, symbol)
    return change


def check_side(reading: LedgerView, side: PositionSide) -> None:
    """Refuse a leg that does not exist in the present position mode."""
    if side not in reading.sides:
        raise Refused(Reason.SIDE_DOES_NOT_MATCH_MODE, side=side, mode=reading.state.position_mode)


def _liquidation(reading: LedgerView, contract: Contract, leg: Leg) -> Decimal | None:
    if leg.quantity == 0:
        return None
    by_entry = reading.rules.liquidation is Liquidation.ENTRY
    if reading.is_isolated(contract.symbol):
        leverage = reading.symbol(contract.symbol).leverage
        backing = entry_backing(contract, leg, leverage) if by_entry else leg.isolated_wallet
        return liquidation_price(contract, [leg], backing)
    if by_entry:
        return None
    legs = reading.legs(contract.symbol)
    return liquidation_price(contract, list(legs.values()), _cross_backing(reading, contract, legs))


def _cross_backing(reading: LedgerView, contract: Contract, legs: dict[PositionSide, Leg]) -> Decimal:
    """Return the cross wallet, or the pool, plus profit and less maintenance margin of all other positions."""
    key = contract.asset_key
    own = [reading.margin(contract.symbol, side) for side in legs]
    own_claim = sum((margin.unrealized_pnl - margin.maintenance_margin for margin in own), ZERO)
    if not reading.is_pooled(key):
        return reading.surplus(key, lambda sums: sums.cross_maintenance_margin) - own_claim
    price = reading.state.assets[key].price
    backing = -price * own_claim
    for asset in reading.pool_members(contract.purse):
        sums = reading.sums(asset.key)
        claim = sums.cross_unrealized_pnl - sums.cross_maintenance_margin
        backing += asset.worth(reading.cross_wallet(asset.key)) + asset.price * claim
    return backing / price

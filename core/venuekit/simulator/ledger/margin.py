"""The margin bound by one leg of a symbol and by the orders that would open more of it; the liquidation price."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from decimal import Decimal

import attrs

from venuekit.capabilities import PositionSide
from venuekit.simulator.ledger.contract import Contract, LedgerTier, tier_of
from venuekit.simulator.ledger.money import ZERO, exact
from venuekit.simulator.ledger.order_values import Book, LedgerOrder, Side
from venuekit.simulator.ledger.rules import BreakEven, IsolatedMargin, Rules
from venuekit.simulator.ledger.state import Leg


@attrs.frozen
class OrderValues:
    """The values of the plain orders that would open more of a leg, in the settle asset, unrounded."""

    bids: Decimal = ZERO
    asks: Decimal = ZERO

    @exact
    def exposure(self, value: Decimal) -> Decimal:
        """Return the largest value that a signed position value can grow to when the orders fill."""
        return max(abs(value + self.bids), abs(value - self.asks))


@attrs.frozen
class LegMargin:
    """The worth and margin of a leg, in the settle asset; rounded as the venue does, except for ``exposure``."""

    isolated: bool
    value: Decimal
    exposure: Decimal
    unrealized_pnl: Decimal
    closing_fee: Decimal
    position_initial_margin: Decimal
    open_order_initial_margin: Decimal
    maintenance_margin: Decimal
    tier: LedgerTier


@exact
def opening_orders(contract: Contract, side: PositionSide, orders: Iterable[LedgerOrder]) -> OrderValues:
    """
    Return the values of those orders of a symbol that open more of a leg.

    Conditional and reduce-only orders bind nothing, nor do orders that close a leg of hedge mode.
    """
    values = {Side.BUY: ZERO, Side.SELL: ZERO}
    for order in orders:
        if order.position_side is side and order.book is Book.PLAIN and not order.only_closes and order.price:
            values[order.side] += contract.value(order.remaining, order.price)
    return OrderValues(values[Side.BUY], values[Side.SELL])


@exact
def closing_fee(contract: Contract, leg: Leg, leverage: Decimal) -> Decimal:
    """Return the taker fee of closing at the price that uses up the initial margin, unrounded."""
    value = contract.value(leg.quantity, leg.entry) if leg.quantity else ZERO
    lost = value / leverage
    return abs(value + (abs(lost) if contract.is_inverse else -abs(lost))) * contract.taker_fee


@exact
def entry_isolated_wallet(rules: Rules, contract: Contract, leg: Leg, leverage: Decimal) -> Decimal:
    """Return the isolated wallet of a leg whose margin is counted at entry: value / leverage, plus added margin."""
    if leg.quantity == 0:
        return ZERO
    return rules.money(abs(contract.value(leg.quantity, leg.entry)) / leverage) + leg.added_margin


@exact
def leg_margin(
    rules: Rules,
    contract: Contract,
    leg: Leg,
    *,
    mark: Decimal,
    leverage: Decimal,
    isolated: bool,
    orders: OrderValues,
) -> LegMargin:
    """Return the worth and margin of a leg at a mark price."""
    signed = contract.value(leg.quantity, mark)
    value, exposure = abs(signed), orders.exposure(signed)
    fee = closing_fee(contract, leg, leverage) if rules.closing_fee_in_margin else ZERO
    if isolated and rules.isolated_margin is IsolatedMargin.ENTRY:
        initial = entry_isolated_wallet(rules, contract, leg, leverage) + rules.money(fee)
    else:
        initial = rules.money(value / leverage + fee)
    maintenance = tier_of(contract.brackets, value).maintenance_margin(value) + fee
    profit = contract.profit(leg.quantity, leg.entry, mark) if leg.quantity else ZERO
    return LegMargin(
        isolated=isolated,
        value=rules.money(value),
        exposure=exposure,
        unrealized_pnl=rules.money(profit),
        closing_fee=rules.money(fee),
        position_initial_margin=initial,
        open_order_initial_margin=rules.money((exposure - value) / leverage),
        maintenance_margin=rules.money(maintenance),
        tier=tier_of(contract.brackets, exposure if rules.tier_counts_orders else value),
    )


@exact
def entry_backing(contract: Contract, leg: Leg, leverage: Decimal) -> Decimal:
    """
    Return the backing of an isolated position whose margin is counted at entry, unrounded.

    Margin added by hand to an inverse position pays the taker fee of its use.
    """
    sign = 1 if leg.quantity > 0 else -1
    added = leg.added_margin / (1 + sign * contract.taker_fee) if contract.is_inverse else leg.added_margin
    return abs(contract.value(leg.quantity, leg.entry)) / leverage + added


@exact
def liquidation_price(contract: Contract, legs: Sequence[Leg], backing: Decimal) -> Decimal | None:
    """
    Return the mark at which ``backing`` and the profit of the legs equal their maintenance margin.

    ``legs`` is one open leg, or both legs of a symbol that share the cross wallet; of two such prices it is the one
    on the losing side of the larger leg. The tier is the one that applies at that price. None if no price above zero
    satisfies this, or if the margin is exhausted at any price.
    """
    # The surplus is a straight line in the price (in 1 / price if inverse) for each tier. The applicable tier is the
    # one with the least surplus, so the surplus is above zero exactly where every line is: no tier has to be looked up.
    lower, upper = ZERO, None
    for tiers in itertools.product(contract.brackets, repeat=len(legs)):
        slope, start = _line(contract, legs, tiers, backing)
        root = -start / slope if slope else None
        if root is not None and slope > 0:
            lower = max(lower, root)
        elif root is not None:
            upper = root if upper is None else min(upper, root)
        elif start <= 0:
            return None
    if upper is not None and upper <= lower:
        return None
    net = sum((leg.quantity for leg in legs), ZERO)
    losing_below = (net > 0) is not contract.is_inverse
    limit = (lower or upper) if losing_below else (upper or lower)
    if not limit:
        return None
    return 1 / limit if contract.is_inverse else limit


def _line(
    contract: Contract, legs: Sequence[Leg], tiers: Sequence[LedgerTier], backing: Decimal
) -> tuple[Decimal, Decimal]:
    """Return slope and start of the surplus above the maintenance margin, if it were counted by these tiers."""
    size = contract.unit_value
    rate = sum((abs(leg.quantity) * tier.maintenance_margin_rate for leg, tier in zip(legs, tiers, strict=True)), ZERO)
    net = sum((leg.quantity for leg in legs), ZERO)
    start = backing + sum((tier.deduction for tier in tiers), ZERO)
    if contract.is_inverse:
        return -size * (net + rate), start + size * sum((leg.quantity / leg.entry for leg in legs), ZERO)
    return size * (net - rate), start - size * sum((leg.quantity * leg.entry for leg in legs), ZERO)


def break_even(rules: Rules, contract: Contract, leg: Leg) -> Decimal | None:
    """Return the price at which closing a leg yields nothing after its fee, 0 when flat; None where none is shown."""
    if rules.break_even is BreakEven.NONE or contract.is_inverse:
        return None
    sign = 1 if leg.quantity > 0 else -1
    return leg.entry * (1 + sign * contract.taker_fee)

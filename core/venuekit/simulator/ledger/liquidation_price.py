"""The liquidation price: the mark at which the backing of a position has shrunk to its maintenance margin."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from decimal import Decimal

from venuekit.simulator.ledger.brackets import LedgerTier
from venuekit.simulator.ledger.contract import Contract
from venuekit.simulator.ledger.money import ZERO, exact
from venuekit.simulator.ledger.state import Leg


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
    size = contract.contract_size
    rate = sum((abs(leg.quantity) * tier.maintenance_margin_rate for leg, tier in zip(legs, tiers, strict=True)), ZERO)
    net = sum((leg.quantity for leg in legs), ZERO)
    start = backing + sum((tier.deduction for tier in tiers), ZERO)
    if contract.is_inverse:
        return -size * (net + rate), start + size * sum((leg.quantity / leg.entry for leg in legs), ZERO)
    return size * (net - rate), start - size * sum((leg.quantity * leg.entry for leg in legs), ZERO)

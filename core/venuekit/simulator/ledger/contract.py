"""
Contracts, with the arithmetic of value, profit and mean price for linear, inverse and quanto ones, and their brackets.

Brackets are leverage and maintenance margin as functions of a position's value, in the settle asset.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import attrs

from venuekit.capabilities import Unit
from venuekit.simulator.ledger.money import ZERO, exact

AssetKey = tuple[str, str]


@attrs.frozen
class LedgerTier:
    """
    One tier, for values in [``floor``, ``cap``).

    ``initial_margin_rate`` is the venue's printed rate; None means 1 / ``max_leverage``.
    """

    tier: int
    floor: Decimal
    cap: Decimal
    max_leverage: Decimal
    maintenance_margin_rate: Decimal
    deduction: Decimal = ZERO
    initial_margin_rate: Decimal | None = None

    @exact
    def maintenance_margin(self, value: Decimal) -> Decimal:
        """Return the maintenance margin of a position of this value, unrounded and never negative."""
        return max(ZERO, value * self.maintenance_margin_rate - self.deduction)


@exact
def tiers(*rows: Sequence[Decimal | int | str]) -> tuple[LedgerTier, ...]:
    """
    Return tiers from rows of (cap, highest leverage, maintenance margin rate), or with a printed initial margin rate.

    The deduction of a tier is the one before it plus its floor times the step of the rate, which makes the
    maintenance margin continuous.
    """
    result: list[LedgerTier] = []
    floor = deduction = rate_before = ZERO
    for number, row in enumerate(rows, start=1):
        cap, leverage, rate, *initial_rate = map(Decimal, row)
        deduction += floor * (rate - rate_before)
        result.append(LedgerTier(number, floor, cap, leverage, rate, deduction, *initial_rate))
        floor, rate_before = cap, rate
    return tuple(result)


def check_tiers(brackets: Sequence[LedgerTier]) -> None:
    """
    Check that tiers start at zero, follow each other without a gap, and get stricter.

    Raises:
        ValueError: a tier breaks these rules; the liquidation price relies on them.
    """
    if not brackets or brackets[0].floor != 0:
        raise ValueError("brackets start with a tier whose floor is 0")
    for lower, upper in itertools.pairwise(brackets):
        if upper.floor != lower.cap or upper.cap <= upper.floor:
            raise ValueError(f"tier {upper.tier} does not follow tier {lower.tier}")
        if upper.maintenance_margin_rate < lower.maintenance_margin_rate or upper.max_leverage > lower.max_leverage:
            raise ValueError(f"tier {upper.tier} is less strict than tier {lower.tier}")


def tier_of(brackets: Sequence[LedgerTier], value: Decimal) -> LedgerTier:
    """Return the tier that holds a value; the last one also holds everything beyond its cap."""
    return next((tier for tier in brackets if value < tier.cap), brackets[-1])


def max_position(brackets: Sequence[LedgerTier], leverage: Decimal) -> Decimal:
    """Return the largest value allowed at a leverage: the cap of the highest tier that still allows it, else 0."""
    return max((tier.cap for tier in brackets if tier.max_leverage >= leverage), default=ZERO)


def max_leverage(brackets: Sequence[LedgerTier], value: Decimal) -> Decimal:
    """Return the highest leverage allowed at a value (its cap included); that of the last tier beyond all caps."""
    return max((tier.max_leverage for tier in brackets if value <= tier.cap), default=brackets[-1].max_leverage)


@attrs.frozen
class Contract:
    """
    One contract, as a simulated venue declares it.

    Quantities are contracts, signed where they are positions (long > 0). One contract is ``contract_size`` of the base
    if linear, of the quote if inverse. A quanto contract settles in neither: it is worth ``multiplier`` of the settle
    asset for each point of its price, and its ``contract_size`` is 1, a contract. ``value`` always means the worth in
    the settle asset; caps and floors of ``brackets`` are counted in it. ``mark`` and ``leverage`` are the initial ones;
    without a mark a simulation takes the index price of the base, higher by the share ``premium``. ``purse`` names the
    wallet of margin and profit: venues whose assets are kept apart give theirs different names.
    """

    symbol: str
    pair: str
    base: str
    quote: str
    settle: str
    is_inverse: bool
    contract_size: Decimal
    brackets: tuple[LedgerTier, ...] = attrs.field(repr=False)
    mark: Decimal | None = None
    premium: Decimal = ZERO
    venue: str = ""
    purse: str = ""
    price_tick: Decimal = Decimal("0.1")
    quantity_step: Decimal = Decimal(1)
    min_quantity: Decimal = Decimal(1)
    max_quantity: Decimal = Decimal(1_000_000)
    max_market_quantity: Decimal | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    min_notional: Decimal | None = None
    leverage: Decimal = Decimal(20)
    min_leverage: Decimal = Decimal(1)
    leverage_step: Decimal = Decimal(1)
    taker_fee: Decimal = Decimal("0.0004")
    maker_fee: Decimal = Decimal("0.0002")
    liquidation_fee: Decimal = Decimal("0.0125")
    listed_at: datetime | None = None
    expires_at: datetime | None = None
    funding_interval: timedelta | None = None
    multiplier: Decimal | None = None

    def __attrs_post_init__(self) -> None:
        check_tiers(self.brackets)
        if self.is_quanto is (self.multiplier is None):
            words = "has a multiplier exactly when it settles in neither its base nor its quote"
            raise ValueError(f"{self.symbol}: a contract {words}")
        if self.multiplier is not None and (self.multiplier <= 0 or self.contract_size != 1):
            raise ValueError(f"{self.symbol}: the multiplier of a quanto contract is positive, and its size is 1")
        if self.is_quanto and self.min_notional is not None:
            raise ValueError(f"{self.symbol}: a quanto contract has no worth in its quote, so no smallest one either")
        if self.contract_size <= 0 or (self.mark is not None and self.mark <= 0):
            raise ValueError(f"{self.symbol}: contract size and mark are positive")
        if self.premium <= -1:
            raise ValueError(f"{self.symbol}: a premium is above -1")
        if (self.settle == self.base) is not self.is_inverse:
            raise ValueError(f"{self.symbol}: a contract is inverse exactly when it settles in its base")

    @property
    def asset_key(self) -> AssetKey:
        """The wallet of margin and profit: purse and asset."""
        return self.purse, self.settle

    @property
    def first_mark(self) -> Decimal:
        """The mark of a contract that has one; ValueError otherwise."""
        if self.mark is None:
            raise ValueError(f"{self.symbol} has no mark")
        return self.mark

    @property
    def contract_unit(self) -> Unit:
        """The unit of ``contract_size``."""
        if self.is_quanto:
            return Unit.CONTRACTS
        return Unit.QUOTE if self.is_inverse else Unit.BASE

    @property
    def value_unit(self) -> Unit:
        """The unit of ``value``; always the settle asset."""
        if self.is_quanto:
            return Unit.SETTLE
        return Unit.BASE if self.is_inverse else Unit.QUOTE

    @property
    def is_quanto(self) -> bool:
        """Whether it settles in neither its base nor its quote."""
        return self.settle not in {self.base, self.quote}

    @property
    def unit_value(self) -> Decimal:
        """The worth of a contract for each point of price, or if inverse the worth in the quote: size or multiplier."""
        return self.contract_size if self.multiplier is None else self.multiplier

    @property
    def max_leverage(self) -> Decimal:
        """The highest leverage of any tier."""
        return self.brackets[0].max_leverage

    @exact
    def value(self, quantity: Decimal, price: Decimal) -> Decimal:
        """
        Return the worth of a quantity at a price, in the settle asset, signed like the quantity and unrounded.

        Linear: ``quantity * contract_size * price``; inverse: ``quantity * contract_size / price``; quanto:
        ``quantity * multiplier * price``.
        """
        worth = quantity * self.unit_value
        return worth / price if self.is_inverse else worth * price

    @exact
    def notional(self, quantity: Decimal, price: Decimal) -> Decimal | None:
        """
        Return the worth in the quote asset, signed like the quantity; None if quanto.

        Linear: ``quantity * contract_size * price``; inverse: ``quantity * contract_size``, whatever the price is. A
        quanto contract is worth something in its settle asset alone.
        """
        if self.is_quanto:
            return None
        size = quantity * self.contract_size
        return size if self.is_inverse else size * price

    @exact
    def profit(self, quantity: Decimal, entry: Decimal, price: Decimal) -> Decimal:
        """
        Return the profit at ``price`` of a signed quantity entered at ``entry``, in the settle asset.

        Linear and quanto: ``value(quantity, price) - value(quantity, entry)``; inverse: the negative of it.
        """
        gain = self.value(quantity, price) - self.value(quantity, entry)
        return -gain if self.is_inverse else gain

    @exact
    def mean_entry(self, quantity: Decimal, entry: Decimal, added: Decimal, price: Decimal) -> Decimal:
        """Return the entry price after adding: the harmonic mean price if inverse, else the arithmetic one."""
        if quantity == 0:
            return price
        if self.is_inverse:
            return (quantity + added) / (quantity / entry + added / price)
        return (quantity * entry + added * price) / (quantity + added)

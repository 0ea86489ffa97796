"""Instruments: contracts with their steps and limits, mark prices and commission rates; and the venue's time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

import attrs

from venuekit._util.quick_init import quick_init
from venuekit.capabilities._capability import Capability
from venuekit.capabilities.enums import OpenEnum, Unit


class InstrumentKind(OpenEnum):
    """Whether a contract ever expires."""

    PERPETUAL = "perpetual"
    DELIVERY = "delivery"


class InstrumentStatus(OpenEnum):
    """Whether a contract trades; open, other states keep the venue's word."""

    TRADING = "trading"


@quick_init
@attrs.frozen
class Instrument:
    """
    One contract; None means that the venue does not say.

    One contract is ``contract_size`` of ``contract_unit``. Prices are quote per base, quantities contracts,
    ``min_notional`` quote. ``settle`` is the asset in which margin and profit are counted; the contract is inverse
    when that is the base asset, and quanto when it is neither base nor quote: then it is worth ``multiplier`` of the
    settle asset for each point of its price, ``contract_size`` is 1 and ``contract_unit`` CONTRACTS, and nothing of it
    has a notional. ``expires_at`` is None for perpetuals, ``funding_interval`` None without funding.
    """

    symbol: str
    pair: str
    base: str
    quote: str
    settle: str
    kind: InstrumentKind
    is_inverse: bool
    contract_size: Decimal | None
    contract_unit: Unit
    status: InstrumentStatus
    listed_at: datetime | None = None
    price_tick: Decimal | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    quantity_step: Decimal | None = None
    min_quantity: Decimal | None = None
    max_quantity: Decimal | None = None
    max_market_quantity: Decimal | None = None
    min_notional: Decimal | None = None
    leverage_min: Decimal | None = None
    leverage_max: Decimal | None = None
    leverage_step: Decimal | None = None
    expires_at: datetime | None = None
    funding_interval: timedelta | None = None
    multiplier: Decimal | None = None
    raw: Mapping[str, Any] | None = attrs.field(default=None, repr=False, eq=False)

    @property
    def is_quanto(self) -> bool:
        """Whether it settles in neither its base nor its quote asset."""
        return self.settle not in {self.base, self.quote}

    def notional(self, quantity: Decimal, price: Decimal | None) -> Decimal | None:
        """
        Return the worth of contracts in the quote asset, signed like the quantity; the price matters if linear.

        None of a quanto contract, of one whose size is not known, and of a linear one without a price.
        """
        if self.is_quanto or self.contract_size is None:
            return None
        size = quantity * self.contract_size
        return size if self.is_inverse else None if price is None else size * price

    def round_quantity(self, quantity: Decimal) -> Decimal:
        """Return ``quantity`` (contracts) cut to the quantity step, toward zero; unchanged where there is no step."""
        return _cut(quantity, self.quantity_step)

    def round_price(self, price: Decimal) -> Decimal:
        """Return ``price`` cut to the price tick, downwards; unchanged where there is no tick."""
        return _cut(price, self.price_tick)


def _cut(number: Decimal, step: Decimal | None) -> Decimal:
    if not step:
        return number
    return (number / step).to_integral_value(ROUND_DOWN) * step


@attrs.frozen
class MarkPrice:
    """
    The price that profit, margin and liquidation are counted with; quote per base.

    ``funding_rate`` is the fraction paid by longs at ``next_funding_at``; None where there is no funding.
    """

    symbol: str
    mark_price: Decimal
    index_price: Decimal | None = None
    funding_rate: Decimal | None = None
    next_funding_at: datetime | None = None
    time: datetime | None = None


class MarkPriceReader(Capability):
    """Read mark prices."""

    __slots__ = ()

    @abstractmethod
    async def get_mark_price(self, symbol: str) -> MarkPrice:
        """
        Return the mark price of ``symbol``.

        Raises:
            InvalidRequest: the venue does not know the symbol.
        """


class InstrumentReader(Capability):
    """Read instruments."""

    __slots__ = ()

    @abstractmethod
    async def get_instruments(self, *, symbol: str | None = None) -> tuple[Instrument, ...]:
        """
        Return every instrument the venue lists, or the one of ``symbol``.

        Raises:
            InvalidRequest: the venue does not know the symbol.
        """


class ServerTimeReader(Capability):
    """Ask the venue for its time."""

    __slots__ = ()

    @abstractmethod
    async def get_server_time(self) -> datetime:
        """Return the venue's clock as an aware UTC datetime."""


@attrs.frozen
class CommissionRate:
    """
    The rates that hold for this account, as fractions of the value: 0.0004 is 4 basis points.

    Positive costs, a rebate is negative. ``rpi`` is the rate of retail price improvement orders, None where there
    are none.
    """

    symbol: str
    maker: Decimal
    taker: Decimal
    rpi: Decimal | None = None


class CommissionReader(Capability):
    """Read commission rates."""

    __slots__ = ()

    @abstractmethod
    async def get_commission_rate(self, symbol: str) -> CommissionRate:
        """
        Return the rates of ``symbol``.

        Raises:
            InvalidRequest: the venue does not know the symbol.
        """

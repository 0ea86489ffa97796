"""Instruments: contracts with their steps and limits, and commission rates; and the venue's time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

import attrs

from venuekit._util.decimals import EXACT, product, quotient
from venuekit._util.quick_init import quick_init
from venuekit.capabilities._capability import Capability
from venuekit.capabilities.enums import OpenEnum, Unit

#: parts of a step that every mode of rounding treats as it does a remainder below, at or above a half
_BELOW_HALF, _HALF, _ABOVE_HALF = Decimal("0.3"), Decimal("0.5"), Decimal("0.7")


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
    ``min_notional`` quote. An order to buy may cost no more than ``max_price_ratio`` times the mark price, and one to
    sell no less than ``min_price_ratio`` times. No more than ``max_open_orders`` plain orders of the symbol, and
    ``max_conditional_orders`` conditional ones, may be open at once. ``settle`` is the asset in which margin and profit
    are counted; the contract is inverse when that is the base asset, and quanto when it is neither base nor quote: then
    it is worth ``multiplier`` of the settle asset for each point of its price, ``contract_size`` is 1 and
    ``contract_unit`` CONTRACTS, and nothing of it has a notional. ``expires_at`` is None for perpetuals,
    ``funding_interval`` None without funding.
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
    max_price_ratio: Decimal | None = None
    min_price_ratio: Decimal | None = None
    max_open_orders: int | None = None
    max_conditional_orders: int | None = None

    @property
    def key(self) -> str:
        """
        One name for one thing on every venue: ``BTC/USDT:USDT``, and ``BTC/USD:BTC-261225`` with a day of expiry (UTC).

        It is base, quote and settle asset, as ccxt writes them. A contract that expires at an unknown time has its
        symbol in place of the day.
        """
        name = f"{self.base}/{self.quote}:{self.settle}"
        if self.kind == InstrumentKind.PERPETUAL:
            return name
        return (
            f"{name}-{self.symbol if self.expires_at is None else self.expires_at.astimezone(UTC).strftime('%y%m%d')}"
        )

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
        size = product(quantity, self.contract_size)
        return size if self.is_inverse else None if price is None else product(size, price)

    def contracts(
        self,
        *,
        notional: Decimal | None = None,
        base: Decimal | None = None,
        price: Decimal | None = None,
        rounding: str = ROUND_DOWN,
    ) -> Decimal | None:
        """
        Return how many contracts are worth ``notional`` (quote) or hold ``base`` (base asset), signed like the amount.

        ``price`` is quote per base; without it there is no answer for the notional of a linear contract and the base
        of an inverse one. The result is a whole number of quantity steps, rounded by a mode of :mod:`decimal`: the
        default never gives more than was asked for. Without a step, a quotient that is not exact has 34 digits.

        None of a quanto contract, of one whose size is not known, and without a price that is needed.

        Raises:
            TypeError: not exactly one of ``notional`` and ``base`` is given.
            ValueError: ``price`` is no number above 0.
        """
        if (notional is None) == (base is None):
            raise TypeError("contracts are counted for notional= or for base=: give one of them")
        if price is not None:
            _check_price(price)
        size = self.contract_size
        if self.is_quanto or not size:
            return None
        amount = notional if notional is not None else base
        assert amount is not None  # noqa: S101 - one of them is given
        if self.is_inverse is (notional is not None):
            worth = size
        elif price is None:
            return None
        elif self.is_inverse:
            amount, worth = product(amount, price), size
        else:
            worth = product(size, price)
        if not self.quantity_step:
            return quotient(amount, worth)
        return product(_whole(amount, product(worth, self.quantity_step), rounding), self.quantity_step)

    def pnl(self, entry_price: Decimal, exit_price: Decimal, quantity: Decimal) -> Decimal | None:
        """
        Return the profit of contracts, in the settle asset and before fees; ``quantity`` is below 0 for a short.

        Linear: quantity x size x (exit - entry). Inverse: quantity x size x (1 / entry - 1 / exit). Quanto: quantity x
        multiplier x (exit - entry). Nothing is rounded to the venue's decimals; a quotient that is not exact has 34
        digits. None where size or multiplier is not known.

        Raises:
            ValueError: a price is no number above 0.
        """
        _check_price(entry_price)
        _check_price(exit_price)
        worth = self.multiplier if self.is_quanto else self.contract_size
        if worth is None:
            return None
        moved = product(quantity, worth, EXACT.subtract(exit_price, entry_price))
        return quotient(moved, product(entry_price, exit_price)) if self.is_inverse else moved

    def round_quantity(self, quantity: Decimal) -> Decimal:
        """Return ``quantity`` (contracts) cut to the quantity step, toward zero; unchanged where there is no step."""
        return _cut(quantity, self.quantity_step)

    def round_price(self, price: Decimal) -> Decimal:
        """Return ``price`` cut to the price tick, downwards; unchanged where there is no tick."""
        return _cut(price, self.price_tick)


def _check_price(price: Decimal) -> None:
    if not (price.is_finite() and price > 0):
        raise ValueError(f"a price must be above 0, not {price}")


def _whole(amount: Decimal, unit: Decimal, rounding: str) -> Decimal:
    """Return how many units are in an amount, rounded by a mode of :mod:`decimal`."""
    whole, rest = EXACT.divmod(amount, unit)
    if not rest:
        return whole
    twice = product(rest, Decimal(2)).copy_abs()
    part = _HALF if twice == unit else _BELOW_HALF if twice < unit else _ABOVE_HALF
    return EXACT.add(whole, part.copy_sign(amount)).to_integral_value(rounding)


def _cut(number: Decimal, step: Decimal | None) -> Decimal:
    if not step:
        return number
    return product(EXACT.divide_int(number, step), step)


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

    async def find(
        self,
        *,
        key: str | None = None,
        base: str | None = None,
        quote: str | None = None,
        settle: str | None = None,
        kind: InstrumentKind | None = None,
    ) -> tuple[Instrument, ...]:
        """
        Return the listed instruments that fit everything that is given, in the venue's order; empty for none.

        ``key`` is an :attr:`Instrument.key`; assets and keys may be written in lower case. It is one read of all
        instruments.

        Raises:
            OperationError: they cannot be read.
        """
        wanted = {"key": key, "base": base, "quote": quote, "settle": settle}
        words = {name: word.casefold() for name, word in wanted.items() if word is not None}
        return tuple(
            one
            for one in await self.get_instruments()
            if kind in {None, one.kind} and all(getattr(one, name).casefold() == word for name, word in words.items())
        )


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

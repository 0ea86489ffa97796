"""Markets of one's own: contracts that a simulated venue lists besides its own ones, or in place of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import attrs

from venuekit.simulator.fields import Field, FieldError, FieldKind, Number, read_fields
from venuekit.simulator.ledger import Contract
from venuekit.simulator.ledger.money import exact
from venuekit.simulator.prices import round_to_tick

MARKET_FIELDS = (
    Field("tick", FieldKind.NUMBER, "The step of prices."),
    Field("step", FieldKind.NUMBER, "The step of quantities, in contracts."),
    Field("mark", FieldKind.NUMBER, "The first mark price, a multiple of the tick."),
    Field("min_quantity", FieldKind.NUMBER, "The smallest quantity of an order; the step when left out."),
    Field("max_quantity", FieldKind.NUMBER, "The largest quantity of an order."),
    Field("min_notional", FieldKind.NUMBER, "The smallest worth of an order, in the quote asset."),
    Field("leverage", FieldKind.NUMBER, "The leverage that an account begins with."),
    Field("maker_fee", FieldKind.NUMBER, "The fee of a maker as a share of the value; below 0 a rebate."),
    Field("taker_fee", FieldKind.NUMBER, "The fee of a taker as a share of the value."),
)
"""The fields of a market besides its symbol."""

#: fields that may be zero or below
_ANY_SIGN = frozenset({"maker_fee", "taker_fee"})


@attrs.frozen(init=False)
class Market:
    """
    One market of a simulated venue, by its symbol in the venue's own form: ``Market("ACMEUSD", tick="0.01", step=1)``.

    A market with a symbol that the venue lists changes the given fields of its contract; another symbol is a further
    contract, whose other fields follow from the symbol. Without a ``mark`` the market begins at the index price of its
    base, with a ``step`` the smallest quantity is the step. Quantities are contracts, ``min_notional`` is in the quote
    asset, fees are shares of the value. None means that the field was not given.
    """

    symbol: str
    tick: Decimal | None = None
    step: Decimal | None = None
    mark: Decimal | None = None
    min_quantity: Decimal | None = None
    max_quantity: Decimal | None = None
    min_notional: Decimal | None = None
    leverage: Decimal | None = None
    maker_fee: Decimal | None = None
    taker_fee: Decimal | None = None

    def __init__(self, symbol: str, /, **fields: Number) -> None:
        """
        Read the fields; each is a Decimal, an int, a float or a text in plain digits.

        Raises:
            FieldError: a field is unknown, no number or not above 0, or the mark is no multiple of the tick.
        """
        numbers = read_fields(MARKET_FIELDS, fields)
        for name, number in numbers.items():
            if number <= 0 and name not in _ANY_SIGN:
                raise FieldError(f"expected a number above 0, not {number:f}", name)
        self.__attrs_init__(symbol, **numbers)  # pyright: ignore[reportAttributeAccessIssue] - attrs makes it
        if self.mark is not None and self.tick is not None:
            check_mark(self.mark, self.tick)

    def price_of(self, base: str, prices: Mapping[str, Decimal]) -> Decimal:
        """
        Return the first price of the market: its mark, or the index price of its base.

        Raises:
            FieldError: it has no mark, and ``prices`` has no price of the base.
        """
        price = prices.get(base) if self.mark is None else self.mark
        if price is None:
            raise FieldError(f"it is missing; expected a price, since {base} has no index price", "mark")
        return price


@exact
def check_mark(mark: Decimal, tick: Decimal, field: str = "mark") -> None:
    """Raise FieldError, which names ``field``, where a mark is no multiple of its tick."""
    if mark % tick:
        near = round_to_tick(mark, tick)
        raise FieldError(f"expected a multiple of the tick {tick:f}, as {near:f}, not {mark:f}", field)


@exact
def change_contract(contract: Contract, market: Market) -> Contract:
    """
    Return a contract, which has a mark, with the fields that a market gives.

    Raises:
        FieldError: the mark is no multiple of the contract's tick or above its highest price, the smallest quantity is
            no multiple of the step or above the largest one, or the leverage is out of the contract's range.
    """
    tick = market.tick or contract.price_tick
    step = market.step or contract.quantity_step
    mark = market.mark or round_to_tick(contract.first_mark, tick)
    check_mark(mark, tick)
    highest = contract.max_price if contract.max_price is None else contract.max_price // tick * tick
    if highest is not None and mark > highest:
        raise FieldError(f"expected at most the highest price {highest:f}, not {mark:f}", "mark")
    smallest = market.min_quantity or (contract.min_quantity if market.step is None else step)
    largest = market.max_quantity or contract.max_quantity
    if smallest % step:
        raise FieldError(f"expected a multiple of the step {step:f}, not {smallest:f}", "min_quantity")
    if largest < smallest:
        raise FieldError(f"expected at least the smallest quantity {smallest:f}, not {largest:f}", "max_quantity")
    leverage = market.leverage or contract.leverage
    if not contract.min_leverage <= leverage <= contract.max_leverage or leverage % contract.leverage_step:
        bounds = f"from {contract.min_leverage:f} to {contract.max_leverage:f}, in steps of {contract.leverage_step:f}"
        raise FieldError(f"expected a leverage {bounds}, not {leverage:f}", "leverage")
    at_once = contract.max_market_quantity
    return attrs.evolve(
        contract,
        price_tick=tick,
        quantity_step=step,
        mark=mark,
        min_price=contract.min_price if market.tick is None or contract.min_price is None else tick,
        max_price=highest,
        min_quantity=smallest,
        max_quantity=largest,
        max_market_quantity=None if at_once is None else max(smallest, min(at_once, largest)),
        min_notional=market.min_notional or contract.min_notional,
        leverage=leverage,
        maker_fee=contract.maker_fee if market.maker_fee is None else market.maker_fee,
        taker_fee=contract.taker_fee if market.taker_fee is None else market.taker_fee,
    )

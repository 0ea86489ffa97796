"""Index prices: one per base asset, the same at every simulated venue; a contract has a premium over its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from types import MappingProxyType

import attrs

from venuekit.simulator.fields import Field, FieldKind, Number
from venuekit.simulator.ledger import Asset, Contract, Ledger
from venuekit.simulator.ledger.money import exact

_TWO_DIGITS = Context(prec=2)

#: index prices in USD; realistic, not the present ones
INDEX_PRICES: Mapping[str, Decimal] = MappingProxyType(
    {
        "BTC": Decimal(88_000),
        "ETH": Decimal(3_000),
        "BNB": Decimal(900),
        "ADA": Decimal("0.41"),
        "USDT": Decimal(1),
        "USDC": Decimal(1),
    }
)


def read_prices(prices: Mapping[str, Number]) -> dict[str, Decimal]:
    """Return prices by asset as Decimals; FieldError, which names ``prices.`` and the asset, for one that is none."""
    return {base: Field(f"prices.{base}", FieldKind.NUMBER, "A price.").read(price) for base, price in prices.items()}


@exact
def round_to_tick(price: Decimal, tick: Decimal) -> Decimal:
    """Return the multiple of a tick that is next to a price, at least one tick."""
    steps = (price / tick).quantize(Decimal(1), ROUND_HALF_EVEN)
    return max(steps, Decimal(1)) * tick


@exact
def make_tick(price: Decimal) -> Decimal:
    """Return the power of ten that lets a price have five digits: 0.01 for 150, 1 for 88,000."""
    return Decimal(1).scaleb(price.adjusted() - 4)


@exact
def count_base(worth: Decimal | int, price: Decimal) -> Decimal:
    """Return a quantity of a base asset that is worth about so much at a price: two digits, for caps of brackets."""
    quantity = _TWO_DIGITS.divide(Decimal(worth), price)
    return Decimal(f"{quantity:f}")


def find_price(ledger: Ledger, symbol: str, share: Decimal) -> Decimal:
    """Return the price on the tick of a symbol that is next to a share of its mark: for scenarios at any market."""
    return round_to_tick(ledger.mark(symbol) * share, ledger.contract(symbol).price_tick)


@exact
def price_contract(contract: Contract, prices: Mapping[str, Decimal] = INDEX_PRICES) -> Contract:
    """
    Return a contract with its first mark: the index price of its base and its premium, on its tick.

    A contract that declares a mark keeps it.

    Raises:
        ValueError: it declares none, and its base has no index price.
    """
    if contract.mark is not None:
        return contract
    index = prices.get(contract.base)
    if index is None:
        raise ValueError(f"{contract.symbol}: it declares no mark, and {contract.base} has no index price")
    return attrs.evolve(contract, mark=round_to_tick(index * (1 + contract.premium), contract.price_tick))


def price_assets(assets: Iterable[Asset], prices: Mapping[str, Decimal] = INDEX_PRICES) -> tuple[Asset, ...]:
    """Return assets at their index prices; those that back nothing, and those of unknown price, are unchanged."""
    return tuple(
        attrs.evolve(asset, index_price=prices[asset.name])
        if asset.index_price is not None and asset.name in prices
        else asset
        for asset in assets
    )

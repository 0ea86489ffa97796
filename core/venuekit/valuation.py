"""Valuation: the worth of amounts in another asset, by the prices of contracts, and the path that leads there."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from decimal import Decimal

import attrs

from venuekit._util.decimals import EXACT, product, quotient
from venuekit.capabilities import Instrument, InstrumentKind, Price
from venuekit.errors import InvalidArgument

#: the asset in which sums over assets are counted; a stablecoin is another asset, whose price is not always 1
USD = "USD"
_ONE = Decimal(1)


@attrs.frozen
class Money:
    """
    An amount of an asset.

    ``path`` names the prices that led there, in their order: the key of a contract, or two assets such as
    ``USDT/USD`` for a rate that was handed in. It is empty where the asset is that of the amount itself.
    """

    amount: Decimal
    asset: str
    path: tuple[str, ...] = ()


@attrs.frozen
class _Step:
    """The way from one asset to another: one unit is worth ``times / over`` of the other."""

    to: str
    times: Decimal
    over: Decimal
    name: str


class Valuation:
    """
    The worth of amounts in other assets: pure, and by nothing but the prices that are handed in.

    A price is quote per base and leads both ways. The path with the fewest prices is taken; of paths of one length that
    of perpetuals before that of contracts that expire, and prices before rates. The price of a contract is that of its
    base asset but for what the market pays for its term.

    Args:
        prices: By symbol, quote per base: mark prices, or any other. Of :class:`~venuekit.capabilities.Price` values,
            by symbol as ``get_prices`` returns them or in a list, the mark is taken; one without a mark above 0 leads
            nowhere.
        instruments: The contracts of these symbols; a price of none of them leads nowhere.
        rates: The worth of one unit of the first asset in the second one, for what no contract says:
            ``{("USDT", "USD"): Decimal(1)}``. No stablecoin is taken for its currency without that.

    Raises:
        InvalidArgument: a price or rate is no Decimal or whole number above 0.
    """

    def __init__(
        self,
        prices: Mapping[str, Decimal | int | Price] | Iterable[Price],
        instruments: Iterable[Instrument],
        rates: Mapping[tuple[str, str], Decimal | int] | None = None,
    ) -> None:
        self._steps: dict[str, list[_Step]] = {}
        numbers = _numbers_of(prices)
        priced = [one for one in instruments if one.symbol in numbers]
        for instrument in sorted(priced, key=lambda one: one.kind != InstrumentKind.PERPETUAL):
            self._lead(instrument.base, instrument.quote, numbers[instrument.symbol], instrument.key)
        for (asset, other), rate in (rates or {}).items():
            self._lead(asset, other, rate, f"{asset}/{other}")
        self._paths: dict[tuple[str, str], tuple[_Step, ...] | None] = {}

    def worth(self, amount: Decimal | int, asset: str, in_asset: str = USD) -> Money | None:
        """
        Return the worth of an amount, None where no path leads there: never 0.

        It is exact but for a quotient that has no end, which has 34 digits.

        Raises:
            InvalidArgument: the amount is no Decimal or whole number.
        """
        amount = _exact(amount, f"the amount of {asset}")
        path = self._path(asset, in_asset)
        if path is None:
            return None
        times, over = product(amount, *(step.times for step in path)), product(*(step.over for step in path))
        return Money(times if over == 1 else quotient(times, over), in_asset, tuple(step.name for step in path))

    def total(self, amounts: Mapping[str, Decimal | int], in_asset: str = USD) -> Money | None:
        """
        Return the worth of amounts by asset together; None where one that is not 0 has no path.

        Raises:
            InvalidArgument: an amount is no Decimal or whole number.
        """
        sum_of_all, names = Decimal(0), dict[str, None]()
        for asset, number in amounts.items():
            amount = _exact(number, f"the amount of {asset}")
            if amount:
                worth = self.worth(amount, asset, in_asset)
                if worth is None:
                    return None
                sum_of_all = EXACT.add(sum_of_all, worth.amount)
                names |= dict.fromkeys(worth.path)
        return Money(sum_of_all, in_asset, tuple(names))

    def _lead(self, base: str, quote: str, number: Decimal | int, name: str) -> None:
        price = _exact(number, f"the price of {name}")
        if not (price.is_finite() and price > 0):
            raise InvalidArgument(f"the price of {name} must be above 0, not {price}")
        self._steps.setdefault(base, []).append(_Step(quote, price, _ONE, name))
        self._steps.setdefault(quote, []).append(_Step(base, _ONE, price, name))

    def _path(self, asset: str, to: str) -> tuple[_Step, ...] | None:
        if (asset, to) not in self._paths:
            self._paths[asset, to] = self._find_path(asset, to)
        return self._paths[asset, to]

    def _find_path(self, asset: str, to: str) -> tuple[_Step, ...] | None:
        """Return the shortest path between two assets, None without any."""
        seen, ahead = {asset}, deque[tuple[str, tuple[_Step, ...]]]([(asset, ())])
        while ahead:
            here, path = ahead.popleft()
            if here == to:
                return path
            for step in self._steps.get(here, ()):
                if step.to not in seen:
                    seen.add(step.to)
                    ahead.append((step.to, (*path, step)))
        return None


def _numbers_of(prices: Mapping[str, Decimal | int | Price] | Iterable[Price]) -> dict[str, Decimal | int]:
    """Return prices by symbol; of values that have several the mark, where there is one."""
    numbers: dict[str, Decimal | int] = {}
    for symbol, price in prices.items() if isinstance(prices, Mapping) else ((None, one) for one in prices):
        if isinstance(price, Price):
            if price.mark is not None and price.mark > 0:
                numbers[symbol or price.symbol] = price.mark
        elif symbol is None:
            raise InvalidArgument(f"prices are numbers by symbol, or Price values, and {price!r} is neither")
        else:
            numbers[symbol] = _exact(price, f"the price of {symbol}")
    return numbers


def _exact(number: object, words: str) -> Decimal:
    """Return a number as a Decimal; raises InvalidArgument for one that may have been rounded, or is none."""
    if isinstance(number, Decimal):
        return number
    if isinstance(number, int) and not isinstance(number, bool):
        return Decimal(number)
    raise InvalidArgument(f'{words} must be a Decimal or a whole number, not {number!r}: write Decimal("{number}")')

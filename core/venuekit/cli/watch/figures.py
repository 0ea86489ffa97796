"""Figures: numbers as far as they are known, and why one may be out of date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal, localcontext

import attrs

from venuekit._util.decimals import EXACT
from venuekit.valuation import USD, Valuation

#: for display only
_SIX_DIGITS, _THREE_DIGITS = Context(prec=6), Context(prec=3)
_CENT = Decimal("0.01")


@attrs.frozen
class Figure:
    """
    A number as far as it is known.

    Attributes:
        value: None where it is unknown.
        unit: Its asset, or ``%``; None for a plain number.
        more: How many further assets there are, which cannot be added to it.
        bound: ``<`` where it may be lower, ``>`` where it may be higher, since a part of it is unknown.
        doubt: Why it may be out of date, None where it is not.
    """

    value: Decimal | None = None
    unit: str | None = None
    more: int = 0
    bound: str = ""
    doubt: str | None = None

    def text(self, width: int) -> str:
        """Return it in so many characters, at least eight: with fewer digits or no unit where there is no room."""
        if self.value is None:
            return "-"
        is_share = self.unit == "%"
        unit = "" if self.unit is None else "%" if is_share else f" {self.unit}"
        rest = f"{f' +{self.more}' if self.more else ''}{'~' if self.doubt else ''}"
        with localcontext(EXACT):  # a format rounds by the context of its thread
            numbers = _spellings(self.value, is_share=is_share)
        tails = (f"{unit}{rest}", rest, "~" if self.doubt else "")
        texts = [f"{self.bound}{number}{tail}" for tail in tails for number in numbers]
        return next((text for text in texts if len(text) <= width), texts[-1])


#: a number of which nothing is known
UNKNOWN = Figure()


def _spellings(value: Decimal, *, is_share: bool) -> list[str]:
    """Return a number with ever fewer digits."""
    if is_share:
        return [f"{value:.1f}", f"{value:.0f}", f"{value:.0e}"]
    if abs(value) >= 100:
        rounded = value.quantize(_CENT)
        return [f"{rounded:,f}", f"{rounded:f}", f"{value:,.0f}", f"{value:.0f}", f"{value:.2e}", f"{value:.0e}"]
    return [f"{_plain(digits.plus(value)):f}" for digits in (_SIX_DIGITS, _THREE_DIGITS)] + [f"{value:.0e}"]


def _plain(value: Decimal) -> Decimal:
    """Return a number without the zeros at its end, and without an exponent."""
    normal = value.normalize()
    return normal.quantize(Decimal(1)) if normal.as_tuple().exponent > 0 else normal  # type: ignore[operator]  # finite


def amount_of(amounts: Mapping[str, Decimal], valuation: Valuation, doubt: str | None) -> Figure:
    """
    Return amounts by asset as one figure: in USD where all have a path to it, else the first one and how many more.

    Args:
        amounts: By asset; those of 0 are left out as long as another one is not.
        valuation: By the prices that are known.
        doubt: Why the amounts may be out of date, None where they are not.
    """
    assets = [asset for asset, amount in amounts.items() if amount] or list(amounts)[:1]
    if not assets:
        return Figure(Decimal(0), doubt=doubt)
    if len(assets) > 1:
        total = valuation.total(amounts)
        if total is not None:
            return Figure(total.amount, USD, doubt=doubt)
    return Figure(amounts[assets[0]], assets[0], len(assets) - 1, doubt=doubt)


def first_doubt(doubts: Iterable[str | None]) -> str | None:
    """Return the first reason, None without any."""
    return next(filter(None, doubts), None)

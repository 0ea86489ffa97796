"""Alerts: conditions on the figures of an account, such as ``distance<8%``, and whether they hold."""

from __future__ import annotations

import enum
import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType

import attrs
import click

from venuekit._util.texts import did_you_mean
from venuekit.exports.rows import Row

_COMPARISONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = MappingProxyType(
    {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}
)
_FORM = re.compile(r"\s*([a-z_]+)\s*(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)\s*(%|d)?\s*")
_HUNDRED = Decimal(100)
#: each figure with the unit that its threshold may have
FIGURES: Mapping[str, str | None] = MappingProxyType(
    {
        "distance": "%",
        "equity_usd": None,
        "key_expires_in": "d",
        "margin_ratio": "%",
        "orders": None,
        "unresolved": None,
    }
)


class Verdict(enum.StrEnum):
    """Whether an alert holds of an account."""

    HOLDS = "holds"
    QUIET = "quiet"
    UNKNOWN = "unknown"  #: the figure is not known, or only a part of it


@attrs.frozen
class Alert:
    """
    One condition; ``text`` is as it was typed.

    The threshold of a share is a fraction (``8%`` is 0.08), that of a time to come days.
    """

    text: str
    figure: str
    comparison: str
    threshold: Decimal

    def judge(self, row: Row, unknown: frozenset[str]) -> Verdict:
        """
        Return whether it holds of an account's row.

        Args:
            row: The figures by name; None is one that there is not, such as the distance without positions.
            unknown: The figures of which a part is not known: the known part may be less extreme than the whole.
        """
        value = row.get(self.figure)
        if value is not None and _COMPARISONS[self.comparison](Decimal(str(value)), self.threshold):
            return Verdict.HOLDS
        return Verdict.UNKNOWN if self.figure in unknown else Verdict.QUIET


def parse_alert(text: str) -> Alert:
    """Parse a condition; raises ``click.BadParameter`` with the figures that there are."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise click.BadParameter(f"{text!r} is not a condition such as 'distance<8%' or 'unresolved>0'")
    figure, comparison, digits, unit = match.groups()
    if figure not in FIGURES:
        words = f"there is no figure {figure!r}, but {', '.join(FIGURES)}{did_you_mean(figure, FIGURES)}"
        raise click.BadParameter(words)
    if unit is not None and unit != FIGURES[figure]:
        raise click.BadParameter(f"{figure} is not counted in {unit}")
    threshold = Decimal(digits)
    return Alert(text.strip(), figure, comparison, threshold / _HUNDRED if unit == "%" else threshold)

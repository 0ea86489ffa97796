"""The picture of profits: the sum of all days so far, a panel for each asset, a line for each account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import accumulate

from venuekit._util.decimals import EXACT
from venuekit.cli.pictures import Panel, PlottedLine
from venuekit.profits import Profit, sum_profits


def sums_of(amounts: Sequence[Decimal]) -> list[Decimal]:
    """Return the exact sums so far, one after each amount."""
    return list(accumulate(amounts, EXACT.add))


def profit_panels(profits: Mapping[str, Sequence[Profit]]) -> list[Panel]:
    """Return a panel for each asset with the profits of accounts, by name."""
    panels = []
    for asset in sorted({one.asset for several in profits.values() for one in several}):
        lines = []
        for name, several in profits.items():
            days = sum_profits((one for one in several if one.asset == asset), lambda one: (one.day,))
            times = [datetime(one.day.year, one.day.month, one.day.day, tzinfo=UTC) for one in days]
            lines.append(PlottedLine(name, times, sums_of([one.total for one in days])))
        panels.append(Panel(f"profit so far, {asset}", asset, [line for line in lines if line.times], has_zero=True))
    return panels

"""Pictures of profits: the sum of all days so far, a picture for each asset, by matplotlib (the extra ``plot``)."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import accumulate
from pathlib import Path

import click

from venuekit._util.decimals import EXACT
from venuekit.errors import ConfigurationError
from venuekit.profits import Profit, sum_profits

_SUFFIXES = (".png", ".svg")
#: dates are drawn as the days since then
_EPOCH = date(1970, 1, 1).toordinal()


def check_plot(path: Path) -> None:
    """
    Check that a picture can be drawn and written there, before anything is read.

    Raises:
        UsageError: the file has another suffix, or its directory is not there.
        ConfigurationError: matplotlib is not installed.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise click.UsageError(f"--plot {path}: the name of a picture ends with {' or '.join(_SUFFIXES)}")
    if not path.parent.is_dir():
        raise click.UsageError(f"--plot {path}: there is no directory {path.parent}")
    if importlib.util.find_spec("matplotlib") is None:
        raise ConfigurationError("--plot needs matplotlib: pip install 'venuekit[plot]'")


def draw_profits(profits: Mapping[str, Sequence[Profit]], path: Path) -> None:
    """
    Draw the profits of accounts, by name: for each asset the sum of all days so far, one line for each account.

    Raises:
        OSError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    assets = sorted({one.asset for several in profits.values() for one in several})
    figure = Figure(figsize=(10, 4 * max(len(assets), 1)), layout="constrained")
    for number, asset in enumerate(assets, 1):
        axes = figure.add_subplot(len(assets), 1, number)
        axes.set_title(f"profit so far, {asset}")
        for name, several in profits.items():
            days = sum_profits((one for one in several if one.asset == asset), lambda one: (one.day,))
            if days:
                sums = accumulate((one.total for one in days), EXACT.add, initial=Decimal(0))
                steps = [float(amount) for amount in sums][1:]
                axes.plot(
                    [one.day.toordinal() - _EPOCH for one in days],
                    steps,
                    drawstyle="steps-post",
                    marker=".",
                    label=name,
                )
        axes.xaxis_date()
        axes.tick_params(axis="x", rotation=30)
        axes.axhline(0, color="grey", linewidth=0.5)
        axes.legend()
    if not assets:
        figure.suptitle("no profit and no loss")
    figure.savefig(path)

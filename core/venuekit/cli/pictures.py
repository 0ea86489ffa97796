"""Pictures: panels over time, one below the other, drawn by matplotlib (the extra ``plot``) into PNG or SVG."""

from __future__ import annotations

import importlib
import importlib.util
import io
import textwrap
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

import attrs
import click

from venuekit._util.whole_files import write_whole
from venuekit.cli.errors import Status, print_error, status_of
from venuekit.cli.output import note
from venuekit.cli.replaced_file import check_replaced
from venuekit.errors import ConfigurationError, VenuekitError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SUFFIXES = (".png", ".svg")
#: more panels than these are not drawn: a picture would be longer than programs show
_MOST_PANELS = 24
#: a line of more points has no marks, which would hide it
_MOST_MARKS = 500
#: characters of a sentence below the panels in one line
_SENTENCE = 130
#: the time before and after a lone point
_AROUND_ONE = timedelta(hours=1)
#: area of the largest dot, in points
_AREA = 120.0
_SETTINGS: Mapping[Any, Any] = MappingProxyType(
    {
        "agg.path.chunksize": 20_000,  # a longer line in one piece is refused
        "svg.fonttype": "none",  # text stays text, which can be searched for
        "text.parse_math": False,  # a name may have two dollar signs
    }
)


class Layer(Protocol):
    """One set of points in a panel."""

    @property
    def times(self) -> Sequence[datetime]:
        """The time of each point."""

    def draw(self, axes: Axes) -> None:
        """Draw the points."""


@attrs.frozen
class PlottedLine:
    """Values with a line through them; each holds until the next one, as sums and rates do."""

    label: str
    times: Sequence[datetime]
    values: Sequence[Decimal]

    def draw(self, axes: Axes) -> None:
        """Draw the line, with a mark at each value unless they are many."""
        axes.plot(
            _numbers(self.times),
            _floats(self.values),
            drawstyle="steps-post",
            label=_label(self.label),
            marker="." if len(self.times) <= _MOST_MARKS else "",
        )


@attrs.frozen
class Dots:
    """Points of a price, with an area for each quantity; ``largest`` is the quantity that has the largest area."""

    label: str
    times: Sequence[datetime]
    prices: Sequence[Decimal]
    quantities: Sequence[Decimal]
    largest: Decimal
    is_buy: bool
    is_hollow: bool = False

    def draw(self, axes: Axes) -> None:
        """Draw green triangles that point up to buy, and red ones that point down to sell."""
        colour = "tab:green" if self.is_buy else "tab:red"
        axes.scatter(
            _numbers(self.times),
            _floats(self.prices),
            s=[max(_AREA * float(one / self.largest), 4.0) if self.largest else 4.0 for one in self.quantities],
            marker="^" if self.is_buy else "v",
            facecolors="none" if self.is_hollow else colour,
            edgecolors=colour,
            alpha=0.7,
            label=_label(self.label),
        )


@attrs.frozen
class Candlesticks:
    """Prices of intervals: ``bars`` has open, high, low and close of each."""

    times: Sequence[datetime]
    bars: Sequence[tuple[Decimal, Decimal, Decimal, Decimal]]
    interval: timedelta

    def draw(self, axes: Axes) -> None:
        """Draw a line from low to high, and a body from open to close, green where the price did not fall."""
        from matplotlib.collections import LineCollection, PolyCollection

        wide = self.interval / timedelta(days=1)
        lines, bodies, colours = [], [], []
        for begin, bar in zip(_numbers(self.times), self.bars, strict=True):
            first, high, low, last = _floats(bar)
            left, middle, right = begin + 0.1 * wide, begin + 0.5 * wide, begin + 0.9 * wide
            lines.append([(middle, low), (middle, high)])
            bodies.append([(left, first), (left, last), (right, last), (right, first)])
            colours.append("tab:red" if last < first else "tab:green")
        axes.add_collection(LineCollection(lines, colors=colours, linewidths=0.8))
        axes.add_collection(PolyCollection(bodies, facecolors=colours, edgecolors=colours, linewidths=0.8))
        axes.autoscale_view()


@attrs.frozen
class Panel:
    """One pair of axes: over time, and over values in a ``unit``."""

    title: str
    unit: str
    layers: Sequence[Layer]
    has_zero: bool = False

    @property
    def points(self) -> int:
        """The number of points in all layers."""
        return sum(len(layer.times) for layer in self.layers)


def check_plot(path: Path) -> None:
    """
    Check that a picture can be drawn and written there, before anything is read.

    Raises:
        UsageError: the file has another suffix, or its directory is not there.
        ConfigurationError: matplotlib is not installed, or a file is there that it did not draw.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise click.UsageError(f"--plot {path}: the name of a picture ends with {' or '.join(_SUFFIXES)}")
    if not path.parent.is_dir():
        raise click.UsageError(f"--plot {path}: there is no directory {path.parent}")
    if importlib.util.find_spec("matplotlib") is None:
        raise ConfigurationError("--plot needs matplotlib: pip install 'venuekit[plot]'")
    check_replaced(path, "--plot", "picture of matplotlib", b"Matplotlib v")


def draw_picture(
    path: Path, title: str, panels: Sequence[Panel], notes: Collection[str], *, as_json: bool = False
) -> Status:
    """
    Draw panels into a file, which is replaced in one step, say so on standard error, and return the status of that.

    ``notes`` are sentences about the things that are not drawn: they are in the picture, and on standard error. Without
    any point nothing is drawn, which is an error; the former file is then still there.

    Raises:
        OSError: the file cannot be written; the former one is still there.
    """
    drawable = [panel for panel in panels if panel.points]
    if not drawable:
        error = VenuekitError(f"{path}: not drawn: {'; '.join([title, *notes])}")
        print_error(error, as_json=as_json)
        return status_of(error)
    chosen = sorted(drawable, key=lambda panel: -panel.points)[:_MOST_PANELS]
    notes = [*notes]
    if others := [panel.title for panel in drawable if panel not in chosen]:
        named = f"{', '.join(others[:3])}{', ...' if len(others) > 3 else ''}"
        notes.append(f"{len(others)} of {len(drawable)} panels are not drawn, those of the fewest points: {named}")
    write_whole(path, _render(path, title, [panel for panel in drawable if panel in chosen], notes), mode=0o644)
    note("; ".join([f"{path}: drawn", *notes]), as_json=as_json)
    return Status.DONE


def _render(path: Path, title: str, panels: Sequence[Panel], notes: Sequence[str]) -> bytes:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    dates = _dates()
    file, suffix = io.BytesIO(), path.suffix.lower().removeprefix(".")
    with mpl.rc_context({**_SETTINGS}):
        figure = Figure(figsize=(10, 1 + 4 * len(panels)), layout="constrained")
        figure.suptitle(textwrap.fill(title, 100))
        if notes:
            wrapped = "\n".join(textwrap.fill(sentence, _SENTENCE) for sentence in notes)
            figure.supxlabel(wrapped, x=0.01, ha="left", fontsize="small", color="tab:red")
        axes = None
        for number, panel in enumerate(panels, 1):
            axes = figure.add_subplot(len(panels), 1, number, sharex=axes)
            axes.set_title(panel.title)
            axes.set_ylabel(panel.unit)
            axes.set_xlabel("time, UTC")
            for layer in panel.layers:
                layer.draw(axes)
            locator = dates.AutoDateLocator(tz=UTC)
            axes.xaxis.set_major_locator(locator)
            axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=UTC))
            axes.ticklabel_format(axis="y", style="plain", useOffset=False)
            if panel.has_zero:
                axes.axhline(0, color="grey", linewidth=0.5)
            if axes.get_legend_handles_labels()[1]:
                axes.legend(loc="upper left", fontsize="small")
        times = [time for panel in panels for layer in panel.layers for time in layer.times]
        if axes is not None and min(times) == max(times):
            axes.set_xlim(*_numbers([times[0] - _AROUND_ONE, times[0] + _AROUND_ONE]))
        figure.savefig(file, format=suffix)
    return file.getvalue()


def _dates() -> Any:
    """Return the module of dates, whose functions have no types."""
    return importlib.import_module("matplotlib.dates")


def _numbers(times: Sequence[datetime]) -> list[float]:
    return [float(number) for number in _dates().date2num(times)]


def _floats(values: Sequence[Decimal]) -> list[float]:
    return [float(value) for value in values]


def _label(text: str) -> str:
    """Return a label that a legend shows: it leaves out those that begin with an underscore."""
    return f" {text}" if text.startswith("_") else text

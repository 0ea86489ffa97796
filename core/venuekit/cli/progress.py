"""Progress on a terminal: of the steps of a plan, and of downloads."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from venuekit.cli.tables import cell_text
from venuekit.clock import SystemClock, from_milliseconds
from venuekit.exports.rows import plain

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from venuekit.settings import Plan, PlannedStep, Result


@contextmanager
def progress(plan: Plan, *, visible: bool) -> Iterator[Callable[[Result], None] | None]:
    """Yield a function that shows the result of a step; None without a terminal."""
    if not visible or not sys.stdout.isatty():
        yield None
        return
    from rich.live import Live
    from rich.text import Text

    ended: dict[str, str] = {}

    def text() -> Text:
        return Text("\n".join(f"{ended.get(str(step), 'waiting'):>9}  {_sentence(step)}" for step in plan.pending))

    with Live(text(), auto_refresh=False, transient=True) as live:

        def note(result: Result) -> None:
            ended[str(result)] = result.status
            live.update(text(), refresh=True)

        yield note


def _sentence(step: PlannedStep) -> str:
    where = " ".join(filter(None, (step.account, step.symbol, step.setting, step.side)))
    return f"{where}: {cell_text(step.present)} -> {cell_text(step.target)}"


class Bar:
    """One line per account on a terminal; the bar shows time, since the number of rows is unknown in advance."""

    def __init__(self, progress: Progress | None, start: datetime | None, end: datetime | None) -> None:
        self._progress = progress
        self._task: TaskID
        self._start = self._from = start
        self._last = end or from_milliseconds(SystemClock().milliseconds())
        self._rows = 0

    def begin(self, name: str, since: datetime | None) -> None:
        """Note that an account's download begins, after the items that the file already has."""
        self._from, self._rows = since or self._start, 0
        if self._progress is not None:
            self._task = self._progress.add_task(name, total=None, rows=0, moment="")

    def advance(self, moment: datetime | None) -> None:
        """Note one item and its time."""
        self._rows += 1
        if self._progress is None or moment is None:
            return
        self._from = self._from or moment
        self._progress.update(
            self._task,
            total=(self._last - self._from).total_seconds(),
            completed=(moment - self._from).total_seconds(),
            rows=self._rows,
            moment=plain(moment),
        )


@contextmanager
def progress_bar(start: datetime | None, end: datetime | None) -> Iterator[Bar]:
    """Yield the display of downloads from ``start`` to ``end``; it shows nothing without a terminal."""
    if not sys.stderr.isatty():
        yield Bar(None, start, end)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rows]} rows {task.fields[moment]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Bar(progress, start, end)

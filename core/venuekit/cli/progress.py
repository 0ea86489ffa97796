"""Progress: what becomes of each step while it is carried out, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from venuekit.cli.tables import cell_text

if TYPE_CHECKING:
    from venuekit.settings import Plan, PlannedStep, Result

__all__ = ["progress"]


@contextmanager
def progress(plan: Plan, *, visible: bool) -> Iterator[Callable[[Result], None] | None]:
    """Give a function that notes the result of a step; None where nobody watches."""
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

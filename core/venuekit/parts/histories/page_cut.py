"""A cut of pages, for tests: histories ask for a few rows at a time, so that a short list has many pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from venuekit.parts.histories.history import History


@attrs.define(eq=False)
class PageCut:
    """
    The most ``rows`` of a page while pages are cut, None for as many as each history declares.

    ``histories`` are those that were walked meanwhile, in the order of their first walk.
    """

    rows: int | None
    histories: list[History[Any]] = attrs.field(factory=list, init=False)

    def note(self, history: History[Any]) -> None:
        """Remember that a history is walked."""
        if not any(known.endpoint is history.endpoint for known in self.histories):
            self.histories.append(history)


_CUT: ContextVar[PageCut | None] = ContextVar("venuekit_page_cut", default=None)


@contextmanager
def small_pages(rows: int | None) -> Iterator[PageCut]:
    """
    Let every :class:`~venuekit.parts.histories.History` that is walked inside take ``rows`` rows for a full page.

    It asks the venue for so many where it sends a limit. A venue whose page is fixed must be cut as well, by
    :meth:`~venuekit.simulator.Simulation.cut_pages`. None cuts nothing, and notes only the histories that are walked.

    Raises:
        ValueError: less than two rows; a page of one row has no last one to go on behind.
    """
    if rows is not None and rows < 2:
        raise ValueError(f"a page has two rows at least, not {rows}")
    cut = PageCut(rows)
    token = _CUT.set(cut)
    try:
        yield cut
    finally:
        _CUT.reset(token)


def rows_of_page(history: History[Any]) -> int:
    """Return the rows of a full page of a history: its limit, or fewer while pages are cut."""
    cut = _CUT.get()
    return history.limit if cut is None or cut.rows is None else min(history.limit, cut.rows)


def note_walk(history: History[Any]) -> None:
    """Note that a history is walked, where a test wants to know."""
    cut = _CUT.get()
    if cut is not None:
        cut.note(history)

"""Fixtures of tests about several venues."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from venuekit.parts.histories.page_cut import small_pages


@pytest.fixture
def short_pages() -> Iterator[Callable[[int], None]]:
    """Let a page of each history hold a few rows; for other fixtures, which run in the context that it ends in."""
    with ExitStack() as cuts:

        def shorten(rows: int) -> None:
            cuts.enter_context(small_pages(rows))

        yield shorten

"""The capability methods under way: their names are those of operations, and their arithmetic is not the caller's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import localcontext

from venuekit._util.decimals import DECIMALS

#: names of the methods under way in this task, the one that the caller called first
CALLED: ContextVar[tuple[str, ...]] = ContextVar("venuekit_called", default=())


def called_method() -> str:
    """Return the name of the method that runs, the innermost one; empty outside of all."""
    return next(reversed(CALLED.get()), "")


@contextmanager
def run_as(called: tuple[str, ...]) -> Iterator[None]:
    """Have the block run as a part of these methods, and count as they do."""
    token = CALLED.set(called)
    try:
        with localcontext(DECIMALS):
            yield
    finally:
        CALLED.reset(token)

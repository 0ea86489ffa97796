"""The capability methods under way: their names are those of operations, and their arithmetic is not the caller's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import ROUND_HALF_EVEN, Context, DivisionByZero, InvalidOperation, Overflow, localcontext

#: names of the methods under way in this task, the one that the caller called first
CALLED: ContextVar[tuple[str, ...]] = ContextVar("venuekit_called", default=())
#: the context in which money is counted, that of Python as it comes: a caller may have set fewer digits, another
#: rounding or other traps for its thread, as ccxt does, and no amount may depend on it
DECIMALS = Context(
    prec=28,
    rounding=ROUND_HALF_EVEN,
    Emin=-999_999,
    Emax=999_999,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[InvalidOperation, DivisionByZero, Overflow],
)


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

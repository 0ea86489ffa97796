"""Which capability methods are being carried out: what errors, events and the journal call an operation."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

from venuekit.errors import OperationError

__all__ = ["CALLED", "names_operation"]

#: names of the methods under way in this task, the one that the caller called first
CALLED: ContextVar[tuple[str, ...]] = ContextVar("venuekit_called", default=())


def names_operation(
    method: Callable[..., Coroutine[Any, Any, Any]],
) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Return a method that tells its name for as long as it runs, also to the tasks that it starts."""
    name = method.__name__

    @functools.wraps(method)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        token = CALLED.set((*CALLED.get(), name))
        try:
            return await method(*args, **kwargs)
        except OperationError as error:
            if not error.venue:  # raised by what reads an answer, which knows the field and not whose answer it is
                error.venue, error.operation = args[0].venue.id, error.operation or name
            raise
        finally:
            CALLED.reset(token)

    return wrapper
